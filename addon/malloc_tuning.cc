// malloc_tuning.cc: the only caller of mallopt(3).
#include <malloc.h>

#include "args.h"

namespace ntpd {

namespace {

/**
 * returnFreedMemory(): from now on glibc's malloc gives back what is freed. By itself it keeps twice the largest block
 * that was ever freed, in each thread's arena, also when the thread has ended. musl keeps next to nothing.
 */
Napi::Value ReturnFreedMemory(const Napi::CallbackInfo& info) {
#ifdef __GLIBC__
  constexpr int keptOctets = 128 * 1024;  // what malloc begins with
  mallopt(M_MMAP_THRESHOLD, keptOctets);
  mallopt(M_TRIM_THRESHOLD, keptOctets);
#endif
  return info.Env().Undefined();
}

}  // namespace

void ExportMallocTuning(Napi::Env env, Napi::Object exports) {
  exports.Set("returnFreedMemory", Napi::Function::New<ReturnFreedMemory>(env, "returnFreedMemory"));
}

}  // namespace ntpd
