// transmit_delay.cc: medians per class and place; see the header.
#include "transmit_delay.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace ntpd {

namespace {
// A run of samples this long, all on one side of what was learned and beyond its noise, is a new path and not bad
// luck (2^-12 for a stable one).
constexpr uint32_t kMisfitsMax = 12;
constexpr int32_t kMisfitNsMin = 1'000;
// Over so long the medians of a place are averaged.
constexpr double kSmoothNs = 5e8;
constexpr int64_t kSampleAgeWantedNs = 4'000'000'000;
constexpr uint32_t kSamplesWanted = 15;
constexpr int64_t kDelayNsSane = 1'000'000'000;
}  // namespace

void DelayPlace::Learn(int32_t delayNs, int64_t nowMonoNs) {
  if (count_ > 0 && nowMonoNs - lastMonoNs_ >= kForgetNs) Forget();
  if (count_ >= kSamplesMin && std::abs(delayNs - this->delayNs()) > std::max(4 * spreadNs_, kMisfitNsMin)) {
    // Left out of the median, so that it cannot widen what the next ones are judged by.
    if (++misfits_ < kMisfitsMax) return;
    Forget();
  }
  misfits_ = 0;
  const double gain = count_ < kSamples ? 1 : std::min(1.0, static_cast<double>(nowMonoNs - lastMonoNs_) / kSmoothNs);
  samples_[next_] = delayNs;
  next_ = (next_ + 1) % kSamples;
  count_ = std::min(count_ + 1, kSamples);
  lastMonoNs_ = nowMonoNs;

  int32_t sorted[kSamples];
  std::memcpy(sorted, samples_, count_ * sizeof sorted[0]);
  std::sort(sorted, sorted + count_);
  delayNs_ += (sorted[count_ / 2] - delayNs_) * gain;
  spreadNs_ = (sorted[(count_ * 84) / 100] - sorted[(count_ * 16) / 100]) / 2;
}

uint32_t TransmitDelay::Find(const DelayClass& wanted, int64_t nowMonoNs) {
  if (rows_[last_].used && rows_[last_].of == wanted) {
    rows_[last_].usedMonoNs = nowMonoNs;
    return last_;
  }
  uint32_t oldest = 0;
  for (uint32_t i = 0; i < kClasses; i++) {
    if (rows_[i].used && rows_[i].of == wanted) {
      rows_[i].usedMonoNs = nowMonoNs;
      return last_ = i;
    }
    if (!rows_[i].used) {
      if (rows_[oldest].used) oldest = i;
    } else if (rows_[oldest].used && rows_[i].usedMonoNs < rows_[oldest].usedMonoNs) {
      oldest = i;
    }
  }
  rows_[oldest] = Row();
  rows_[oldest].of = wanted;
  rows_[oldest].used = true;
  rows_[oldest].usedMonoNs = nowMonoNs;
  return last_ = oldest;
}

int32_t TransmitDelay::DelayNs(uint32_t row, uint32_t place, int64_t nowMonoNs) const {
  const uint32_t lowest = std::min(place, kPlaceChunk);
  for (uint32_t i = place + 1; i-- > lowest;) {
    const DelayPlace& candidate = rows_[row].places[i];
    if (candidate.Known(nowMonoNs)) return std::clamp(candidate.delayNs(), 0, kDelayNsMax);
  }
  return 0;
}

uint32_t TransmitDelay::KnownFrom(uint32_t row, uint32_t place, uint32_t count, int64_t nowMonoNs) const {
  uint32_t known = 0;
  while (known < count && Knows(row, place + known, nowMonoNs)) known++;
  if (known > 0) return known;
  for (const DelayPlace& any : rows_[row].places) {
    if (any.count() > 0 && nowMonoNs - any.lastMonoNs() < DelayPlace::kForgetNs) return 0;
  }
  return count;
}

void TransmitDelay::Learn(uint32_t row, uint32_t place, int64_t delayNs, int64_t nowMonoNs) {
  if (delayNs < 0 || delayNs > kDelayNsSane) return;
  rows_[row].places[place].Learn(static_cast<int32_t>(delayNs), nowMonoNs);
}

bool TransmitDelay::Wants(uint32_t row, uint32_t place, int64_t nowMonoNs) const {
  const DelayPlace& wanted = rows_[row].places[place];
  return wanted.count() < kSamplesWanted || nowMonoNs - wanted.lastMonoNs() > kSampleAgeWantedNs;
}

int32_t TransmitDelay::SpreadNs(bool chunks, int64_t nowMonoNs) const {
  const uint32_t begin = chunks ? kPlaceChunk : 0;
  const uint32_t end = chunks ? kDelayPlaces : kPlaceChunk;
  int32_t spread = 0;
  for (const Row& row : rows_) {
    for (uint32_t i = begin; i < end && row.used; i++) {
      if (row.places[i].Known(nowMonoNs)) spread = std::max(spread, row.places[i].spreadNs());
    }
  }
  return spread;
}

}  // namespace ntpd
