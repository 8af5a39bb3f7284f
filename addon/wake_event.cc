// wake_event.cc: eventfds that end a worker's wait.
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "args.h"
#include "sys_error.h"
#include "unique_fd.h"

namespace ntpd {

namespace {

Napi::Value OpenWakeEvent(const Napi::CallbackInfo& info) {
  UniqueFd fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd.valid()) return ThrowErrno(info.Env(), "eventfd", errno);
  return Napi::Number::New(info.Env(), fd.Release());
}

Napi::Value SignalWakeEvent(const Napi::CallbackInfo& info) {
  const uint64_t one = 1;
  // EAGAIN means that it is signalled 2^64 - 2 times over already.
  if (write(info[0].As<Napi::Number>().Int32Value(), &one, sizeof one) < 0 && errno != EAGAIN) {
    return ThrowErrno(info.Env(), "write", errno);
  }
  return info.Env().Undefined();
}

}  // namespace

void ExportWakeEvent(Napi::Env env, Napi::Object exports) {
  exports.Set("openWakeEvent", Napi::Function::New<OpenWakeEvent>(env, "openWakeEvent"));
  exports.Set("signalWakeEvent", Napi::Function::New<SignalWakeEvent>(env, "signalWakeEvent"));
}

}  // namespace ntpd
