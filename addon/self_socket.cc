// self_socket.cc: see the header.
#include "self_socket.h"

#include <linux/net_tstamp.h>
#include <sys/socket.h>

#include <cstring>

#include "control_message.h"

namespace ntpd {

SelfSocket::SelfSocket(int family) {
  UniqueFd fd(socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in6 self = {};  // large enough for both families
  socklen_t length = sizeof self;
  if (family == AF_INET) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(self);
    v4.sin_family = AF_INET;
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    length = sizeof v4;
  } else {
    self.sin6_family = AF_INET6;
    self.sin6_addr = in6addr_loopback;
  }
  auto* address = reinterpret_cast<sockaddr*>(&self);
  const int flags = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID |
                    SOF_TIMESTAMPING_OPT_TSONLY;
  if (!fd.valid() || bind(fd.get(), address, length) != 0 || getsockname(fd.get(), address, &length) != 0 ||
      connect(fd.get(), address, length) != 0 ||
      setsockopt(fd.get(), SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags) != 0) {
    return;
  }
  fd_ = std::move(fd);
}

bool SelfSocket::Ask() {
  uint8_t octet = 0;
  iovec data = {&octet, 1};
  alignas(cmsghdr) uint8_t control[CMSG_SPACE(sizeof(uint32_t))] = {};
  size_t used = 0;
  AppendControl(control, used, SOL_SOCKET, SO_TIMESTAMPING, uint32_t{SOF_TIMESTAMPING_TX_SOFTWARE});
  msghdr header = {};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = used;
  return fd_.valid() && sendmsg(fd_.get(), &header, MSG_DONTWAIT) == 1;
}

void SelfSocket::Drain() {
  uint8_t octet;
  iovec data = {&octet, 1};
  alignas(cmsghdr) uint8_t control[256];
  for (const int queue : {0, int{MSG_ERRQUEUE}}) {
    msghdr header = {};
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    recvmsg(fd_.get(), &header, queue | MSG_DONTWAIT);
  }
}

}  // namespace ntpd
