// delay_median.h: the typical value of a duration that is measured again and again.
// Plain arithmetic over samples; time is an argument.
#pragma once
#include <cstdint>

namespace ntpd {

/**
 * The median of the last samples and, where they come fast, its mean over half a second, so that what is made of it does
 * not itself scatter; and how far they spread.
 */
class DelayMedian {
 public:
  static constexpr uint32_t kSamples = 31;
  static constexpr uint32_t kSamplesMin = 5;
  static constexpr int64_t kForgetNs = 60'000'000'000;

  void Learn(int32_t sampleNs, int64_t nowMonoNs);
  bool Known(int64_t nowMonoNs) const { return count_ >= kSamplesMin && nowMonoNs - lastMonoNs_ < kForgetNs; }
  /** Whether there are too few samples, or was none for a while. */
  bool Wants(int64_t nowMonoNs) const;
  uint32_t count() const { return count_; }
  int64_t lastMonoNs() const { return lastMonoNs_; }
  int32_t ns() const { return static_cast<int32_t>(medianNs_); }
  /** Half the central 68 % of the samples. */
  int32_t spreadNs() const { return spreadNs_; }

 private:
  int32_t samples_[kSamples] = {};
  uint32_t count_ = 0;
  uint32_t next_ = 0;
  uint32_t misfits_ = 0;  // samples in a row beyond the noise of what was learned
  int32_t spreadNs_ = 0;
  double medianNs_ = 0;
  int64_t lastMonoNs_ = 0;
};

}  // namespace ntpd
