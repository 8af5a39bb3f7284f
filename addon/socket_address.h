// socket_address.h: socket addresses from text, and integer socket options.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace ntpd {

struct Address {
  sockaddr_storage storage = {};
  socklen_t length = 0;
  bool wildcard = false;
  int family = AF_UNSPEC;
};

/** Reads an address literal; `scope` is the interface of a link-local one, 0 for none. */
inline bool ParseAddress(const std::string& text, uint16_t port, uint32_t scope, Address& out) {
  auto* v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
  if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    out.length = sizeof *v4;
    out.wildcard = v4->sin_addr.s_addr == htonl(INADDR_ANY);
    out.family = AF_INET;
    return true;
  }
  out.storage = {};
  if (inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) != 1) return false;
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(port);
  v6->sin6_scope_id = IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr) ? scope : 0;
  out.length = sizeof *v6;
  out.wildcard = IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr);
  out.family = AF_INET6;
  return true;
}

inline bool SetInt(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

}  // namespace ntpd
