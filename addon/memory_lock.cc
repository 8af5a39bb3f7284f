// memory_lock.cc: keeps code and buffers in memory, page by page as they are touched (mlock2(2)).
//
// Not mlockall(2): V8 gives pages of its heaps back with madvise(2), the kernel refuses that for locked memory, and V8
// ends the process then.
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <memory>

#include "args.h"
#include "sys_error.h"

namespace ntpd {

namespace {

/** Locks the pages that [begin, end) lies in. Returns 0 or -errno. */
int LockRange(uintptr_t begin, uintptr_t end) {
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  begin &= ~(page - 1);
  end = (end + page - 1) & ~(page - 1);
  return mlock2(reinterpret_cast<void*>(begin), end - begin, MLOCK_ONFAULT) == 0 ? 0 : -errno;
}

struct CloseFile {
  void operator()(FILE* file) const { fclose(file); }
};

/** lockCode(): locks what is mapped from files: the program, its libraries, this addon. */
Napi::Value LockCode(const Napi::CallbackInfo& info) {
  std::unique_ptr<FILE, CloseFile> maps(fopen("/proc/self/maps", "re"));
  if (maps == nullptr) return ThrowErrno(info.Env(), "open /proc/self/maps", errno);
  char line[4352];  // a path and the columns before it
  while (fgets(line, sizeof line, maps.get()) != nullptr) {
    uintptr_t begin = 0;
    uintptr_t end = 0;
    char rights[5] = {};
    uint64_t inode = 0;
    if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s %*x %*s %" SCNu64, &begin, &end, rights, &inode) != 4) continue;
    if (inode == 0 || rights[0] != 'r') continue;
    const int result = LockRange(begin, end);
    if (result < 0) return ThrowErrno(info.Env(), "mlock2", -result);
  }
  return info.Env().Undefined();
}

/** lockBuffer(octets) -> whether a Uint8Array's memory is locked now. It stays so until it is freed. */
Napi::Value LockBuffer(const Napi::CallbackInfo& info) {
  SharedView<uint8_t> octets;
  if (!octets.Attach(info.Env(), info[0], 1, "lockBuffer")) return info.Env().Undefined();
  const auto begin = reinterpret_cast<uintptr_t>(octets.data());
  return Napi::Boolean::New(info.Env(), LockRange(begin, begin + octets.length()) == 0);
}

}  // namespace

void ExportMemoryLock(Napi::Env env, Napi::Object exports) {
  exports.Set("lockCode", Napi::Function::New<LockCode>(env, "lockCode"));
  exports.Set("lockBuffer", Napi::Function::New<LockBuffer>(env, "lockBuffer"));
}

}  // namespace ntpd
