// ask_cost.h: measures how much later a packet leaves because its transmit stamp was asked for.
#pragma once
#include <cstdint>

#include "self_socket.h"
#include "transmit_delay.h"

namespace ntpd {

/**
 * The kernel does the work of a transmit stamp (control message, memory for the report) before it takes the stamp,
 * and on a busy server it does so rarely, so with cold caches: some microseconds that other replies do not spend. They
 * are measured on a datagram to ourselves over loopback: once plain, by its receive stamp, and once asking, by its
 * transmit stamp. The two points lie some 50 ns apart in the loopback driver.
 */
class AskCost {
 public:
  /** One measurement; three datagrams to ourselves. `mappingNs` is CLOCK_REALTIME - CLOCK_MONOTONIC. */
  void Measure(SelfSocket& self, int64_t mappingNs);

  bool Known(int64_t nowMonoNs) const { return costs_.Known(nowMonoNs); }
  /** Nanoseconds by which a stamp that was asked for is late. */
  int32_t CostNs() const { return costs_.delayNs() > 0 ? costs_.delayNs() : 0; }

 private:
  DelayPlace costs_;
};

}  // namespace ntpd
