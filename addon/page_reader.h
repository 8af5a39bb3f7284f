// page_reader.h: reads the time page under its sequence lock.
#pragma once
#include "served_clock.h"

namespace ntpd {

constexpr int kPageReadAttempts = 3;

/**
 * Copies the page into `out`. Every access is seq_cst, as the writer's are. False when the page changed under
 * three attempts or was never written; `out` is then not to be used.
 */
inline bool ReadPage(const int32_t* page, PageSnapshot& out) {
  for (int attempt = 0; attempt < kPageReadAttempts; attempt++) {
    const int32_t before = __atomic_load_n(&page[kPageSequence], __ATOMIC_SEQ_CST);
    if (before == 0 || (before & 1) != 0) continue;
    for (uint32_t i = 0; i < kPageWords; i++) out.words[i] = __atomic_load_n(&page[i], __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&page[kPageSequence], __ATOMIC_SEQ_CST) == before) return true;
  }
  return false;
}

}  // namespace ntpd
