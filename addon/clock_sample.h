// clock_sample.h: the kernel's four clocks at one instant, as a row of doubles.
#pragma once
#include "clocks.h"

namespace ntpd {

enum SampleWord : uint32_t {
  kRealSeconds = 0,
  kRealNs = 1,
  kMonoSeconds = 2,
  kMonoNs = 3,
  kRawSeconds = 4,
  kRawNs = 5,
  kBootSeconds = 6,
  kBootNs = 7,
  kWindowNs = 8,  // all but the last were read within this
  kSampleWords = 9,
};

struct ClockReading {
  timespec real, mono, raw, boot;
  int64_t windowNs;
};

/** The raw clock is read before and after the two others and its middle taken, so that all three are of one instant. */
inline ClockReading ReadClocksOnce() {
  ClockReading reading;
  clock_gettime(CLOCK_BOOTTIME, &reading.boot);
  const int64_t before = ReadClock(CLOCK_MONOTONIC_RAW);
  clock_gettime(CLOCK_REALTIME, &reading.real);
  clock_gettime(CLOCK_MONOTONIC, &reading.mono);
  reading.windowNs = ReadClock(CLOCK_MONOTONIC_RAW) - before;
  const int64_t middle = before + reading.windowNs / 2;
  reading.raw = {static_cast<time_t>(middle / kNsPerSecond), static_cast<long>(middle % kNsPerSecond)};
  return reading;
}

inline void StoreTime(double* words, const timespec& time) {
  words[0] = static_cast<double>(time.tv_sec);
  words[1] = static_cast<double>(time.tv_nsec);
}

/** The narrowest of a few tries, so that an interruption between two readings does not show. */
inline void StoreSample(double* words) {
  constexpr int kAttempts = 5;
  ClockReading best = ReadClocksOnce();
  for (int i = 1; i < kAttempts; i++) {
    const ClockReading next = ReadClocksOnce();
    if (next.windowNs < best.windowNs) best = next;
  }
  StoreTime(words + kRealSeconds, best.real);
  StoreTime(words + kMonoSeconds, best.mono);
  StoreTime(words + kRawSeconds, best.raw);
  StoreTime(words + kBootSeconds, best.boot);
  words[kWindowNs] = static_cast<double>(best.windowNs);
}

}  // namespace ntpd
