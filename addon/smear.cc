// smear.cc: the smear as a function of its own, so that a test can compare it with TypeScript's.
#include "smear.h"

#include <napi.h>

namespace ntpd {

namespace {

/** smearOffset(kind, seconds, fraction, eventSeconds, sign, applied) -> seconds. */
Napi::Value SmearOffset(const Napi::CallbackInfo& info) {
  const auto word = [&](size_t i) { return static_cast<uint64_t>(info[i].As<Napi::Number>().Uint32Value()); };
  Smear smear;
  smear.event = word(3) << 32;
  smear.sign = info[4].As<Napi::Number>().Int32Value();
  smear.applied = info[5].ToBoolean();
  const NtpTime served = (word(1) << 32) | word(2);
  const uint64_t shown = smear.Show(static_cast<uint32_t>(word(0)), served);
  return Napi::Number::New(info.Env(), static_cast<double>(static_cast<int64_t>(shown - served)) / Smear::kUnits);
}

}  // namespace

void ExportSmear(Napi::Env env, Napi::Object exports) {
  exports.Set("smearOffset", Napi::Function::New<SmearOffset>(env, "smearOffset"));
}

}  // namespace ntpd
