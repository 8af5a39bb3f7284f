// ask_cost.cc: see the header.
#include "ask_cost.h"

#include <time.h>

#include "clocks.h"

namespace ntpd {

namespace {
constexpr int64_t kCostNsMax = 100'000;
}  // namespace

void AskCost::Measure(SelfSocket& self, int64_t mappingNs, bool overload) {
  const SelfSocket::Way way = overload ? SelfSocket::Way::kLookedUp : SelfSocket::Way::kKept;
  // The first warms what the path over loopback shares, so that the other two differ by the asking alone.
  if (!self.Send(false, way)) return;
  const int64_t plainMonoNs = ReadClock(CLOCK_MONOTONIC);
  if (!self.Send(false, way)) return;
  const int64_t askedMonoNs = ReadClock(CLOCK_MONOTONIC);
  if (!self.Send(true, way)) return;
  self.ReceiveStampNs();
  const int64_t receivedNs = self.ReceiveStampNs();
  self.ReceiveStampNs();
  const int64_t transmittedNs = self.TransmitStampNs();
  if (receivedNs == 0 || transmittedNs == 0) return;
  const int64_t plainNs = receivedNs - mappingNs - plainMonoNs;
  const int64_t askedNs = transmittedNs - mappingNs - askedMonoNs;
  const int64_t costNs = askedNs - plainNs;
  if (costNs > -kCostNsMax && costNs < kCostNsMax) costs_[overload].Learn(static_cast<int32_t>(costNs), askedMonoNs);
}

}  // namespace ntpd
