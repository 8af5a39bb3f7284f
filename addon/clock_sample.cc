// clock_sample.cc: the kernel's four clocks at one instant, and how finely they can be read.
#include <algorithm>
#include <cmath>

#include "args.h"
#include "clocks.h"

namespace ntpd {

namespace {

constexpr int kAttempts = 5;
constexpr int kPrecisionReadings = 1000;

enum SampleWord : uint32_t {
  kRealSeconds = 0,
  kRealNs = 1,
  kMonoSeconds = 2,
  kMonoNs = 3,
  kRawSeconds = 4,
  kRawNs = 5,
  kBootSeconds = 6,
  kBootNs = 7,
  kWindowNs = 8,  // all four were read within this
  kSampleWords = 9,
};

struct Reading {
  timespec real, mono, raw, boot;
  int64_t windowNs;
};

Reading ReadOnce() {
  Reading reading;
  const int64_t before = ReadClock(CLOCK_MONOTONIC);
  clock_gettime(CLOCK_MONOTONIC_RAW, &reading.raw);
  clock_gettime(CLOCK_REALTIME, &reading.real);
  clock_gettime(CLOCK_MONOTONIC, &reading.mono);
  clock_gettime(CLOCK_BOOTTIME, &reading.boot);
  reading.windowNs = ReadClock(CLOCK_MONOTONIC) - before;
  return reading;
}

void Store(double* words, const timespec& time) {
  words[0] = static_cast<double>(time.tv_sec);
  words[1] = static_cast<double>(time.tv_nsec);
}

/**
 * sampleClocks(out): out is a Float64Array of 9: CLOCK_REALTIME, _MONOTONIC, _MONOTONIC_RAW and _BOOTTIME, each as
 * seconds and nanoseconds, then the width in ns of the window they were read in: the narrowest of a few tries, so
 * that an interruption between two readings does not show.
 */
Napi::Value SampleClocks(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  SharedView<double> out;
  if (!out.Attach(env, info[0], kSampleWords, "sampleClocks")) return env.Undefined();
  Reading best = ReadOnce();
  for (int i = 1; i < kAttempts; i++) {
    const Reading next = ReadOnce();
    if (next.windowNs < best.windowNs) best = next;
  }
  double* words = out.data();
  Store(words + kRealSeconds, best.real);
  Store(words + kMonoSeconds, best.mono);
  Store(words + kRawSeconds, best.raw);
  Store(words + kBootSeconds, best.boot);
  words[kWindowNs] = static_cast<double>(best.windowNs);
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
