// service_notify.cc: tells systemd how the service is doing. Node has no AF_UNIX datagram sockets.
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

#include "args.h"
#include "unique_fd.h"

namespace ntpd {

namespace {

/** serviceNotify(path, text): one datagram to a Unix socket; a leading @ is an abstract name. Returns 0 or -errno. */
Napi::Value ServiceNotify(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const std::string path = info[0].As<Napi::String>().Utf8Value();
  const std::string text = info[1].As<Napi::String>().Utf8Value();
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return Napi::Number::New(env, -EINVAL);
  memcpy(address.sun_path, path.data(), path.size());
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return Napi::Number::New(env, -errno);
  const ssize_t sent = sendto(fd.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                              reinterpret_cast<sockaddr*>(&address), length);
  return Napi::Number::New(env, sent < 0 ? -errno : 0);
}

}  // namespace

void ExportServiceNotify(Napi::Env env, Napi::Object exports) {
  exports.Set("serviceNotify", Napi::Function::New<ServiceNotify>(env, "serviceNotify"));
}

}  // namespace ntpd
