// ask_cost.h: measures how much later a packet leaves because its transmit stamp was asked for.
#pragma once
#include <netinet/in.h>

#include <cstdint>

#include "transmit_delay.h"
#include "unique_fd.h"

namespace ntpd {

/**
 * The kernel does the work of a transmit stamp (control message, memory for the report) before it takes the stamp,
 * and it does so rarely, so with cold caches: some microseconds that other replies do not spend. They are measured
 * on a datagram to ourselves over loopback: once plain, by its receive stamp, and once asking, by its transmit
 * stamp. The two points lie some 50 ns apart in the loopback driver.
 */
class AskCost {
 public:
  /** Opens the socket; without it (no loopback) the cost stays unknown. */
  AskCost();

  /** One measurement; three datagrams to ourselves. `mappingNs` is CLOCK_REALTIME - CLOCK_MONOTONIC. */
  void Measure(int64_t mappingNs);

  bool Known() const { return costs_.count() >= DelayPlace::kSamplesMin; }
  /** Nanoseconds by which a stamp that was asked for is late. */
  int32_t CostNs() const { return costs_.medianNs() > 0 ? costs_.medianNs() : 0; }

 private:
  bool SendToSelf(bool ask);
  int64_t ReceiveStampNs();
  int64_t TransmitStampNs();

  UniqueFd fd_;
  sockaddr_in self_ = {};
  DelayPlace costs_;
};

}  // namespace ntpd
