// load_hdr.h: counts values into a fixed HDR layout, exact to three significant digits. TypeScript reads the
// same layout (src/load/histogram.ts): bucket b holds 1024 sub-buckets of width 2^b, the first 2048 of width 1.
#pragma once
#include <bit>
#include <cstdint>

namespace ntpd {

constexpr uint32_t kHdrHalfCount = 1024;  // 2048 sub-buckets: an error below 1/1024 of the value
constexpr uint32_t kHdrValueBits = 37;    // up to 137 s in nanoseconds
constexpr uint32_t kHdrCells = (kHdrValueBits - 11 + 2) * kHdrHalfCount;

inline uint32_t HdrCell(uint64_t value) noexcept {
  if (value >= (1ull << kHdrValueBits)) value = (1ull << kHdrValueBits) - 1;
  const uint32_t shift = static_cast<uint32_t>(std::bit_width(value | 2047)) - 11;
  return shift * kHdrHalfCount + static_cast<uint32_t>(value >> shift);
}

// A distribution of nanoseconds: one half for values >= 0, one for the magnitudes of negative ones, and the
// exact sums that percentiles cannot give.
struct Distribution {
  uint32_t* cells = nullptr;  // 2 * kHdrCells
  double* sums = nullptr;     // count, sum, sum of squares, smallest, largest

  void Record(int64_t ns) noexcept {
    const bool negative = ns < 0;
    cells[(negative ? kHdrCells : 0) + HdrCell(static_cast<uint64_t>(negative ? -ns : ns))]++;
    const double value = static_cast<double>(ns);
    if (sums[0] == 0 || value < sums[3]) sums[3] = value;
    if (sums[0] == 0 || value > sums[4]) sums[4] = value;
    sums[0] += 1;
    sums[1] += value;
    sums[2] += value * value;
  }
};

}  // namespace ntpd
