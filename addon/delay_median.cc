// delay_median.cc: see the header.
#include "delay_median.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace ntpd {

namespace {
// A run of samples this long beyond the noise of what was learned is a new path and not bad luck.
constexpr uint32_t kMisfitsMax = 12;
constexpr int32_t kMisfitNsMin = 1'000;
// Over so long the medians are averaged.
constexpr double kSmoothNs = 5e8;
constexpr int64_t kSampleAgeWantedNs = 4'000'000'000;
constexpr uint32_t kSamplesWanted = 15;
}  // namespace

void DelayMedian::Learn(int32_t sampleNs, int64_t nowMonoNs) {
  if (count_ > 0 && nowMonoNs - lastMonoNs_ >= kForgetNs) *this = DelayMedian();
  if (count_ >= kSamplesMin && std::abs(sampleNs - ns()) > std::max(4 * spreadNs_, kMisfitNsMin)) {
    // Left out of the median, so that it cannot widen what the next ones are judged by.
    if (++misfits_ < kMisfitsMax) return;
    *this = DelayMedian();
  }
  misfits_ = 0;
  const double gain = count_ < kSamples ? 1 : std::min(1.0, static_cast<double>(nowMonoNs - lastMonoNs_) / kSmoothNs);
  samples_[next_] = sampleNs;
  next_ = (next_ + 1) % kSamples;
  count_ = std::min(count_ + 1, kSamples);
  lastMonoNs_ = nowMonoNs;

  int32_t sorted[kSamples];
  std::memcpy(sorted, samples_, count_ * sizeof sorted[0]);
  std::sort(sorted, sorted + count_);
  medianNs_ += (sorted[count_ / 2] - medianNs_) * gain;
  spreadNs_ = (sorted[(count_ * 84) / 100] - sorted[(count_ * 16) / 100]) / 2;
}

bool DelayMedian::Wants(int64_t nowMonoNs) const {
  return count_ < kSamplesWanted || nowMonoNs - lastMonoNs_ > kSampleAgeWantedNs;
}

}  // namespace ntpd
