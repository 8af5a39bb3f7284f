// clock_sample.cc: the kernel's four clocks at one instant, and how finely they can be read.
#include <algorithm>
#include <cmath>

#include "args.h"
#include "clock_sample.h"

namespace ntpd {

namespace {

constexpr int kPrecisionReadings = 1000;

/**
 * sampleClocks(out): out is a Float64Array of 9: CLOCK_REALTIME, _MONOTONIC, _MONOTONIC_RAW and _BOOTTIME, each as
 * seconds and nanoseconds, then the width in ns of the window they were read in: the narrowest of a few tries, so
 * that an interruption between two readings does not show.
 */
Napi::Value SampleClocks(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  SharedView<double> out;
  if (!out.Attach(env, info[0], kSampleWords, "sampleClocks")) return env.Undefined();
  StoreSample(out.data());
  return env.Undefined();
}

/**
 * clockPrecision(): log2 of the seconds that reading CLOCK_REALTIME takes, or of its resolution where that is coarser
 * (RFC 5905 §7.3, precision): the smallest step seen between two readings.
 */
Napi::Value ClockPrecision(const Napi::CallbackInfo& info) {
  int64_t smallest = kNsPerSecond;
  int64_t last = ReadClock(CLOCK_REALTIME);
  for (int i = 0; i < kPrecisionReadings; i++) {
    const int64_t now = ReadClock(CLOCK_REALTIME);
    if (now > last) smallest = std::min(smallest, now - last);
    last = now;
  }
  const double log2Seconds = std::ceil(std::log2(static_cast<double>(smallest) / 1e9));
  return Napi::Number::New(info.Env(), log2Seconds);
}

}  // namespace

void ExportClockSample(Napi::Env env, Napi::Object exports) {
  exports.Set("sampleClocks", Napi::Function::New<SampleClocks>(env, "sampleClocks"));
  exports.Set("clockPrecision", Napi::Function::New<ClockPrecision>(env, "clockPrecision"));
}

}  // namespace ntpd
