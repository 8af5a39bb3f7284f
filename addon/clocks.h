// clocks.h: readings of the kernel's clocks through the vDSO, and how they lie to each other.
#pragma once
#include <time.h>

#include <cstdint>

#include "served_clock.h"

namespace ntpd {

inline int64_t Nanoseconds(const timespec& time) { return time.tv_sec * kNsPerSecond + time.tv_nsec; }

inline int64_t ReadClock(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return Nanoseconds(now);
}

/** Bounds of CLOCK_REALTIME - CLOCK_MONOTONIC from one reading of the first between two of the second. */
struct MappingBounds {
  int64_t lowNs;
  int64_t highNs;
};

inline MappingBounds BracketMapping() {
  const int64_t before = ReadClock(CLOCK_MONOTONIC);
  const int64_t real = ReadClock(CLOCK_REALTIME);
  const int64_t after = ReadClock(CLOCK_MONOTONIC);
  return {real - after, real - before};
}

// The mapping is constant between two settings of the realtime clock; a reading that contradicts it by more than
// this means that the clock was set. Above the few nanoseconds by which a published mapping may be off.
constexpr int64_t kMappingToleranceNs = 200;

/** Whether `mappingNs` is contradicted by the clocks as they are now. Two readings when all is well. */
inline bool MappingContradicted(int64_t mappingNs) {
  const int64_t mono = ReadClock(CLOCK_MONOTONIC);
  const int64_t real = ReadClock(CLOCK_REALTIME);
  const int64_t high = real - mono;  // the true mapping is at most this, and close to it unless we were interrupted
  if (high >= mappingNs - kMappingToleranceNs && high <= mappingNs + 500) return false;
  for (int attempt = 0; attempt < 8; attempt++) {
    const MappingBounds bounds = BracketMapping();
    if (mappingNs < bounds.lowNs - kMappingToleranceNs || mappingNs > bounds.highNs + kMappingToleranceNs) return true;
    if (bounds.highNs - bounds.lowNs < 2'000) return false;
  }
  return false;
}

}  // namespace ntpd
