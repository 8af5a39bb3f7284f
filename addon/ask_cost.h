// ask_cost.h: measures how much later a packet leaves because its transmit stamp was asked for.
#pragma once
#include <algorithm>
#include <cstdint>

#include "self_socket.h"
#include "transmit_delay.h"

namespace ntpd {

/**
 * The kernel does the work of a transmit stamp (control message, memory for the report) before it takes the stamp,
 * and on a busy server it does so rarely, so with cold caches: some microseconds that other replies do not spend. They
 * are measured on a datagram to ourselves over loopback: once plain, by its receive stamp, and once asking, by its
 * transmit stamp. The two points lie some 50 ns apart in the loopback driver.
 *
 * In overload all three look up the way out, as all replies do: what is left is what asking costs, some 0.5 µs. At
 * other times it is more, because the caches are colder, and hardly to be measured: there the plain one has its way out
 * kept and the asking one has to look it up, some 0.7 µs that come close to it (bench:stamps).
 */
class AskCost {
 public:
  /** One measurement; three datagrams to ourselves. `mappingNs` is CLOCK_REALTIME - CLOCK_MONOTONIC. */
  void Measure(SelfSocket& self, int64_t mappingNs, bool overload);

  /** Whether the cost is known for this state of the server. */
  bool Known(bool overload, int64_t nowMonoNs) const { return costs_[overload].Known(nowMonoNs); }
  /** Nanoseconds by which a stamp that was asked for is late; as in the other state while not known; -1 for neither. */
  int32_t CostNs(bool overload, int64_t nowMonoNs) const {
    const DelayPlace& costs = costs_[Known(overload, nowMonoNs) ? overload : !overload];
    return costs.Known(nowMonoNs) ? std::max(costs.delayNs(), 0) : -1;
  }

 private:
  DelayPlace costs_[2];  // at other times, in overload
};

}  // namespace ntpd
