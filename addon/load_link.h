// load_link.h: how the load generator's loop reaches the wire. One implementation per engine.
#pragma once
#include <cstdint>

#include "load_ledger.h"

namespace ntpd {

constexpr uint32_t kBatch = 64;

class LoadLink {
 public:
  virtual ~LoadLink() = default;
  // Puts a request into place `at` (< kBatch) of the batch.
  virtual void Compose(uint32_t at, const Request& request) noexcept = 0;
  // Sends places [0, count). Sets bit i of `refused` where the kernel dropped request i. Returns 0 or -errno when
  // the link is dead; every request is then to be taken as refused.
  virtual int Transmit(uint32_t count, uint64_t& refused) noexcept = 0;
  // Accounts for what has arrived, at most a few hundred replies. `real_minus_mono_ns` turns kernel stamps into
  // CLOCK_MONOTONIC. Returns how many frames there were.
  virtual uint32_t Receive(Ledger& ledger, int64_t real_minus_mono_ns) noexcept = 0;
  // Hands transmit stamps of sampled requests to the ledger.
  virtual void CollectStamps(Ledger& ledger) noexcept = 0;
  // Replies the kernel had no room for since the last call.
  virtual uint32_t TakeDrops() noexcept = 0;
};

}  // namespace ntpd
