// clock_adjust.cc: the only caller of clock_adjtime(2). Reading and writing are two functions, so that code which
// only looks can never write.
#include <sys/timex.h>
#include <time.h>

#include <cerrno>

#include "args.h"

namespace ntpd {

namespace {

// The fields of struct timex as a row of doubles; every one of them is far below 2^53 in a sane kernel.
// src/native/timex.ts has the same order.
enum TimexWord : uint32_t {
  kModes,
  kOffset,
  kFrequency,
  kMaxError,
  kEstError,
  kStatus,
  kConstant,
  kPrecision,
  kTolerance,
  kTimeSeconds,
  kTimeFraction,
  kTick,
  kPpsFrequency,
  kJitter,
  kShift,
  kStability,
  kJitterCount,
  kCalibrationCount,
  kErrorCount,
  kStabilityCount,
  kTai,
  kTimexWords,
};

void Load(const double* words, timex& t) {
  t.modes = static_cast<unsigned int>(words[kModes]);
  t.offset = static_cast<long>(words[kOffset]);
  t.freq = static_cast<long>(words[kFrequency]);
  t.maxerror = static_cast<long>(words[kMaxError]);
  t.esterror = static_cast<long>(words[kEstError]);
  t.status = static_cast<int>(words[kStatus]);
  t.constant = static_cast<long>(words[kConstant]);
  t.time.tv_sec = static_cast<time_t>(words[kTimeSeconds]);
  t.time.tv_usec = static_cast<suseconds_t>(words[kTimeFraction]);
  t.tick = static_cast<long>(words[kTick]);
}

void Store(double* words, const timex& t) {
  const double fields[kTimexWords] = {
      static_cast<double>(t.modes),   static_cast<double>(t.offset),       static_cast<double>(t.freq),
      static_cast<double>(t.maxerror), static_cast<double>(t.esterror),    static_cast<double>(t.status),
      static_cast<double>(t.constant), static_cast<double>(t.precision),   static_cast<double>(t.tolerance),
      static_cast<double>(t.time.tv_sec), static_cast<double>(t.time.tv_usec), static_cast<double>(t.tick),
      static_cast<double>(t.ppsfreq), static_cast<double>(t.jitter),       static_cast<double>(t.shift),
      static_cast<double>(t.stabil),  static_cast<double>(t.jitcnt),       static_cast<double>(t.calcnt),
      static_cast<double>(t.errcnt),  static_cast<double>(t.stbcnt),       static_cast<double>(t.tai),
  };
  for (uint32_t word = 0; word < kTimexWords; word++) words[word] = fields[word];
}

int Call(timex& t) {
  const int state = clock_adjtime(CLOCK_REALTIME, &t);
  return state < 0 ? -errno : state;
}

/** readTimex(fields): fills a row of 21 doubles; returns the clock state (0–5) or -errno. Changes nothing. */
Napi::Value ReadTimex(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  SharedView<double> fields;
  if (!fields.Attach(env, info[0], kTimexWords, "readTimex")) return env.Undefined();
  timex t = {};
  const int state = Call(t);
  if (state >= 0) Store(fields.data(), t);
  return Napi::Number::New(env, state);
}

/**
 * adjustTimex(fields): does what `modes` and the fields ask for, then fills the row with the kernel's state; returns
 * the clock state (0–5) or -errno (the row is then untouched). Needs CAP_SYS_TIME.
 */
Napi::Value AdjustTimex(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  SharedView<double> fields;
  if (!fields.Attach(env, info[0], kTimexWords, "adjustTimex")) return env.Undefined();
  timex t = {};
  Load(fields.data(), t);
  const int state = Call(t);
  if (state >= 0) Store(fields.data(), t);
  return Napi::Number::New(env, state);
}

}  // namespace

void ExportClockAdjust(Napi::Env env, Napi::Object exports) {
  exports.Set("readTimex", Napi::Function::New<ReadTimex>(env, "readTimex"));
  exports.Set("adjustTimex", Napi::Function::New<AdjustTimex>(env, "adjustTimex"));
}

}  // namespace ntpd
