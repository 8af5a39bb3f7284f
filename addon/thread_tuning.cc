// thread_tuning.cc: pins the calling thread and raises its priority.
#include <errno.h>
#include <sched.h>

#include "args.h"
#include "sys_error.h"

namespace ntpd {

namespace {

/** setThreadAffinity(cpu): the calling thread runs on this core alone. */
Napi::Value SetThreadAffinity(const Napi::CallbackInfo& info) {
  const int cpu = info[0].As<Napi::Number>().Int32Value();
  if (cpu < 0 || cpu >= CPU_SETSIZE) return ThrowErrno(info.Env(), "sched_setaffinity", EINVAL);
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) return ThrowErrno(info.Env(), "sched_setaffinity", errno);
  return info.Env().Undefined();
}

/** setThreadPriority(priority): real-time round robin at 1-99 for the calling thread. */
Napi::Value SetThreadPriority(const Napi::CallbackInfo& info) {
  sched_param param = {};
  param.sched_priority = info[0].As<Napi::Number>().Int32Value();
  if (sched_setscheduler(0, SCHED_RR, &param) != 0) return ThrowErrno(info.Env(), "sched_setscheduler", errno);
  return info.Env().Undefined();
}

/** probeThreadAffinity(cpu): throws what setThreadAffinity would; the calling thread may run where it might before. */
Napi::Value ProbeThreadAffinity(const Napi::CallbackInfo& info) {
  cpu_set_t before;
  if (sched_getaffinity(0, sizeof before, &before) != 0) return ThrowErrno(info.Env(), "sched_getaffinity", errno);
  SetThreadAffinity(info);
  sched_setaffinity(0, sizeof before, &before);
  return info.Env().Undefined();
}

/** probeThreadPriority(priority): throws what setThreadPriority would; the calling thread is scheduled as before. */
Napi::Value ProbeThreadPriority(const Napi::CallbackInfo& info) {
  sched_param before = {};
  const int policy = sched_getscheduler(0);
  if (policy < 0 || sched_getparam(0, &before) != 0) return ThrowErrno(info.Env(), "sched_getscheduler", errno);
  SetThreadPriority(info);
  sched_setscheduler(0, policy, &before);
  return info.Env().Undefined();
}

}  // namespace

void ExportThreadTuning(Napi::Env env, Napi::Object exports) {
  exports.Set("setThreadAffinity", Napi::Function::New<SetThreadAffinity>(env, "setThreadAffinity"));
  exports.Set("setThreadPriority", Napi::Function::New<SetThreadPriority>(env, "setThreadPriority"));
  exports.Set("probeThreadAffinity", Napi::Function::New<ProbeThreadAffinity>(env, "probeThreadAffinity"));
  exports.Set("probeThreadPriority", Napi::Function::New<ProbeThreadPriority>(env, "probeThreadPriority"));
}

}  // namespace ntpd
