// smear.h: what a smeared listener's clock shows, from what the served clock shows. Plain arithmetic; the same as
// src/core/server/smear.ts, and test/native/smear.test.ts holds the two together.
#pragma once
#include <algorithm>
#include <cmath>

#include "served_clock.h"

namespace ntpd {

enum SmearKind : uint32_t { kSmearNone = 0, kSmearLinear = 1, kSmearSlew = 2 };

/** The leap second that smears are about. */
struct Smear {
  static constexpr int64_t kDaySeconds = 86'400;
  static constexpr int64_t kHalfDaySeconds = 43'200;
  static constexpr int64_t kSlewSeconds = 62'500;
  static constexpr double kUnits = 4'294'967'296.0;

  NtpTime event = 0;
  int64_t sign = 0;
  bool applied = false;
  /** 1: the linear smear is withheld, from 2 on: both are. */
  int32_t lateness = 0;

  void Load(const PageSnapshot& page) {
    event = static_cast<NtpTime>(static_cast<uint32_t>(page.words[kPageSmearEventSeconds])) << 32;
    sign = page.words[kPageSmearSign];
    applied = page.words[kPageSmearApplied] != 0;
    lateness = page.words[kPageSmearLate];
  }

  /** The instant as a listener of this kind shows it. */
  NtpTime Show(uint32_t kind, NtpTime served) const {
    if (kind == kSmearNone || sign == 0 || lateness > (kind == kSmearLinear ? 0 : 1)) return served;
    return served + static_cast<uint64_t>(OffsetUnits(kind, served));
  }

  int64_t OffsetUnits(uint32_t kind, NtpTime served) const {
    const int64_t undone = applied ? sign * (int64_t{1} << 32) : 0;
    // On a count that knows no leap.
    const int64_t since = static_cast<int64_t>(served - event) + undone;
    if (kind == kSmearLinear) {
      const int64_t total = kDaySeconds + sign;
      const int64_t passed = std::clamp<int64_t>(since + (kHalfDaySeconds << 32), 0, total << 32);
      return undone - sign * (passed / total);
    }
    const double x = (static_cast<double>(since) / kUnits + (sign < 0 ? 1 : 0)) / static_cast<double>(kSlewSeconds);
    return undone - sign * std::llrint(Share(x) * kUnits);
  }

 private:
  static double Share(double x) {
    if (x <= 0) return 0;
    if (x >= 1) return 1;
    return x < 0.5 ? 2 * x * x : 1 - 2 * (1 - x) * (1 - x);
  }
};

}  // namespace ntpd
