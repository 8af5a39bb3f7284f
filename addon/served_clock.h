// served_clock.h: the served clock as integer arithmetic on a snapshot of the time page. No system calls.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

#include "layout.h"

namespace ntpd {

constexpr int64_t kNsPerSecond = 1'000'000'000;
constexpr uint64_t kUnixEpochNtp = 2'208'988'800;  // seconds from 1900 to 1970

/** An NTP time as one word: seconds in the high half, fraction in the low half, wrapping at eras. */
using NtpTime = uint64_t;

/** Nanoseconds (any sign, |ns| below 68 years) as NTP units of 2^-32 s, rounded down. */
inline int64_t NtpUnits(int64_t ns) {
  int64_t seconds = ns / kNsPerSecond;
  int64_t rest = ns % kNsPerSecond;
  if (rest < 0) {
    rest += kNsPerSecond;
    seconds -= 1;
  }
  return static_cast<int64_t>((static_cast<uint64_t>(seconds) << 32) +
                              (static_cast<uint64_t>(rest) << 32) / static_cast<uint64_t>(kNsPerSecond));
}

/** A CLOCK_REALTIME reading in Unix nanoseconds as NTP time. */
inline NtpTime NtpFromUnixNs(int64_t unixNs) { return (kUnixEpochNtp << 32) + static_cast<uint64_t>(NtpUnits(unixNs)); }

/** What a worker needs of the time page, read in one go. */
struct PageSnapshot {
  int32_t words[kPageWords];

  int64_t Int64(uint32_t word) const {
    return static_cast<int64_t>((static_cast<uint64_t>(static_cast<uint32_t>(words[word + 1])) << 32) |
                                static_cast<uint32_t>(words[word]));
  }
  double Double(uint32_t word) const {
    const int64_t bits = Int64(word);
    double value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
};

/** The served clock between two publications of the page. */
struct ServedClock {
  int64_t anchorMonoNs = 0;
  NtpTime anchor = 0;
  double rateUnitsPerNs = 0;  // NTP units gained per nanosecond of CLOCK_MONOTONIC beyond its own
  int64_t mappingNs = 0;      // CLOCK_REALTIME - CLOCK_MONOTONIC

  void Load(const PageSnapshot& page) {
    anchorMonoNs = page.Int64(kPageAnchorMonoNs);
    anchor = (static_cast<uint64_t>(static_cast<uint32_t>(page.words[kPageAnchorSeconds])) << 32) |
             static_cast<uint32_t>(page.words[kPageAnchorFraction]);
    rateUnitsPerNs = page.Double(kPageRate) * 4.294967296;
    mappingNs = page.Int64(kPageMappingNs);
  }

  NtpTime AtMono(int64_t monoNs) const {
    const int64_t since = monoNs - anchorMonoNs;
    const double gained = static_cast<double>(since) * rateUnitsPerNs;
    return anchor + static_cast<uint64_t>(NtpUnits(since)) + static_cast<uint64_t>(std::llrint(gained));
  }
  int64_t MonoFromReal(int64_t realNs) const { return realNs - mappingNs; }
};

}  // namespace ntpd
