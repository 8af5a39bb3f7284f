// read_clocks.cc: one consistent reading of the kernel's clocks, in words as the time page holds them.
#include <algorithm>

#include "args.h"
#include "clocks.h"

namespace ntpd {

namespace {

constexpr int kMappingReadings = 64;

/**
 * CLOCK_REALTIME - CLOCK_MONOTONIC, which is constant until the clock is set: each bracket bounds it, and the
 * intersection of a few dozen is a few nanoseconds wide. When the clock is set meanwhile, the newest bracket rules.
 */
int64_t ReadMapping() {
  MappingBounds bounds = BracketMapping();
  for (int i = 1; i < kMappingReadings; i++) {
    const MappingBounds next = BracketMapping();
    const MappingBounds both = {std::max(bounds.lowNs, next.lowNs), std::min(bounds.highNs, next.highNs)};
    bounds = both.lowNs <= both.highNs ? both : next;
  }
  return bounds.lowNs + (bounds.highNs - bounds.lowNs) / 2;
}

/**
 * readClocks(out): out is an Int32Array of 6: CLOCK_MONOTONIC in ns (low word, high word), the mapping REALTIME -
 * MONOTONIC in ns (low, high), and CLOCK_REALTIME at that instant as NTP seconds and fraction.
 */
Napi::Value ReadClocks(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  SharedView<int32_t> out;
  if (!out.Attach(env, info[0], 6, "readClocks")) return env.Undefined();
  const int64_t mapping = ReadMapping();
  const int64_t mono = ReadClock(CLOCK_MONOTONIC);
  const NtpTime real = NtpFromUnixNs(mono + mapping);
  int32_t* words = out.data();
  words[0] = static_cast<int32_t>(mono);
  words[1] = static_cast<int32_t>(mono >> 32);
  words[2] = static_cast<int32_t>(mapping);
  words[3] = static_cast<int32_t>(mapping >> 32);
  words[4] = static_cast<int32_t>(real >> 32);
  words[5] = static_cast<int32_t>(real);
  return env.Undefined();
}

}  // namespace

void ExportReadClocks(Napi::Env env, Napi::Object exports) {
  exports.Set("readClocks", Napi::Function::New<ReadClocks>(env, "readClocks"));
}

}  // namespace ntpd
