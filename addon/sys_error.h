// sys_error.h: a failed system call as a JavaScript error with code, errno and syscall, as Node's own carry.
#pragma once
#include <napi.h>

#include <cstring>
#include <string>

namespace ntpd {

/** Name of the errors an operator meets at set-up; others are shown by number. */
inline const char* ErrnoName(int error) {
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 32)
  const char* name = strerrorname_np(error);
  if (name != nullptr) return name;
#else
  switch (error) {
    case EACCES: return "EACCES";
    case EPERM: return "EPERM";
    case EADDRINUSE: return "EADDRINUSE";
    case EADDRNOTAVAIL: return "EADDRNOTAVAIL";
    case ENODEV: return "ENODEV";
    case EMFILE: return "EMFILE";
    case ENFILE: return "ENFILE";
    case EINVAL: return "EINVAL";
    case EOPNOTSUPP: return "EOPNOTSUPP";
    case ERANGE: return "ERANGE";
    case ENOMEM: return "ENOMEM";
    case EAFNOSUPPORT: return "EAFNOSUPPORT";
    case ENOPROTOOPT: return "ENOPROTOOPT";
    default: break;
  }
#endif
  return "ERRNO";
}

/** Throws in JavaScript; the caller returns at once. `syscall` says what was tried, e.g. "bind". */
inline Napi::Value ThrowErrno(Napi::Env env, const char* syscall, int error) {
  Napi::Error thrown = Napi::Error::New(env, std::string(syscall) + " " + ErrnoName(error) + ": " + strerror(error));
  thrown.Set("code", Napi::String::New(env, ErrnoName(error)));
  thrown.Set("errno", Napi::Number::New(env, error));
  thrown.Set("syscall", Napi::String::New(env, syscall));
  thrown.ThrowAsJavaScriptException();
  return env.Undefined();
}

}  // namespace ntpd
