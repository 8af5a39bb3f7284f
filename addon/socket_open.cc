// socket_open.cc: makes the daemon's UDP sockets. Set-up only: errors are thrown, with the system call that failed.
#include <errno.h>
#include <linux/net_tstamp.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cstring>

#include "args.h"
#include "control_message.h"
#include "socket_address.h"
#include "sys_error.h"
#include "unique_fd.h"

#ifndef SCM_TS_OPT_ID
#define SCM_TS_OPT_ID 81
#endif

namespace ntpd {

namespace {

/** Sets the queue's size, past the sysctl where we may; returns what the kernel granted (it doubles what is asked). */
int SetReceiveBuffer(int fd, int octets) {
  if (!SetInt(fd, SOL_SOCKET, SO_RCVBUFFORCE, octets)) SetInt(fd, SOL_SOCKET, SO_RCVBUF, octets);
  int granted = 0;
  socklen_t length = sizeof granted;
  getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &granted, &length);
  return granted / 2;
}

bool SetDscp(int fd, bool v6, int dscp) {
  return v6 ? SetInt(fd, IPPROTO_IPV6, IPV6_TCLASS, dscp << 2) : SetInt(fd, IPPROTO_IP, IP_TOS, dscp << 2);
}

/** Has datagrams stamped: 0 not at all, 1 by the kernel, 2 by the card too. The numbering of transmit stamps goes on. */
bool SetTimestamping(int fd, int64_t timestamping) {
  int flags = SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY;
  if (timestamping > 0) flags |= SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
  if (timestamping > 1) {
    flags |= SOF_TIMESTAMPING_RX_HARDWARE | SOF_TIMESTAMPING_RAW_HARDWARE | SOF_TIMESTAMPING_OPT_PKTINFO |
             SOF_TIMESTAMPING_OPT_TX_SWHW;
  }
  return SetInt(fd, SOL_SOCKET, SO_TIMESTAMPING, flags);
}

/**
 * Has datagrams come with the address they were sent to, and the interface they came in by. A socket bound to one address
 * answers from it anyway: it needs the interface alone, and that only to know whose card a stamp is of.
 */
bool SetPacketInfo(int fd, bool v6, bool wildcard, int64_t timestamping) {
  const int on = wildcard || timestamping > 1 ? 1 : 0;
  return v6 ? SetInt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, on) : SetInt(fd, IPPROTO_IP, IP_PKTINFO, on);
}

/**
 * openSocket(options) -> { fd, receiveBufferOctets, wildcard, port }. The caller owns the descriptor (closeSocket).
 * options: address (literal), port, interface (name to bind to, also the scope of a link-local address), reusePort,
 * freebind, receiveBufferOctets, dscp, timestamping (0 none, 1 kernel, 2 hardware too).
 */
Napi::Value OpenSocket(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() < 1 || !info[0].IsObject()) {
    ThrowType(env, "openSocket", "an options object");
    return env.Undefined();
  }
  Napi::Object options = info[0].As<Napi::Object>();
  const std::string text = StringOption(options, "address");
  const std::string interface = StringOption(options, "interface");
  const int64_t port = IntegerOption(options, "port", 0);
  const bool reusePort = BooleanOption(options, "reusePort", false);
  const bool freebind = BooleanOption(options, "freebind", false);
  const int receiveBuffer = static_cast<int>(IntegerOption(options, "receiveBufferOctets", 0));
  const int dscp = static_cast<int>(IntegerOption(options, "dscp", 0));
  const int64_t timestamping = IntegerOption(options, "timestamping", 1);
  if (env.IsExceptionPending()) return env.Undefined();

  uint32_t scope = 0;
  if (!interface.empty()) {
    scope = if_nametoindex(interface.c_str());
    if (scope == 0) return ThrowErrno(env, "if_nametoindex", ENODEV);
  }
  Address address;
  if (port < 0 || port > 65'535 || !ParseAddress(text, static_cast<uint16_t>(port), scope, address)) {
    ThrowType(env, "address", "an IP address and a port");
    return env.Undefined();
  }

  UniqueFd fd(socket(address.family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return ThrowErrno(env, "socket", errno);
  const bool v6 = address.family == AF_INET6;
  if (v6 && !SetInt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1)) return ThrowErrno(env, "setsockopt IPV6_V6ONLY", errno);
  if (reusePort && !SetInt(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1)) {
    return ThrowErrno(env, "setsockopt SO_REUSEPORT", errno);
  }
  if (freebind && !SetInt(fd.get(), IPPROTO_IP, IP_FREEBIND, 1)) return ThrowErrno(env, "setsockopt IP_FREEBIND", errno);
  if (!interface.empty() &&
      setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, interface.c_str(), interface.size() + 1) != 0) {
    return ThrowErrno(env, "setsockopt SO_BINDTODEVICE", errno);
  }
  if (!SetPacketInfo(fd.get(), v6, address.wildcard, timestamping)) return ThrowErrno(env, "setsockopt PKTINFO", errno);
  if (dscp > 0 && !SetDscp(fd.get(), v6, dscp)) return ThrowErrno(env, "setsockopt DSCP", errno);
  // A reply is as long as its request and fits where that came from; a forged "fragmentation needed" must not change
  // it for a client. And what must not be fragmented needs no identification, which costs the kernel 3 % of a reply.
  if (v6) {
    SetInt(fd.get(), IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
  } else {
    SetInt(fd.get(), IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
  }
  // IP_RECVERR stays off: with it every ICMP error that a reply meets, also one to a forged address, is queued and has
  // the next send fail. The price: replies that the queue of an interface drops count as sent.
  if (timestamping > 0 && !SetTimestamping(fd.get(), timestamping)) {
    return ThrowErrno(env, "setsockopt SO_TIMESTAMPING", errno);
  }
  const int granted = SetReceiveBuffer(fd.get(), receiveBuffer > 0 ? receiveBuffer : 212'992);
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address.storage), address.length) != 0) {
    return ThrowErrno(env, "bind", errno);
  }

  sockaddr_storage bound = {};
  socklen_t length = sizeof bound;
  if (getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &length) != 0) {
    return ThrowErrno(env, "getsockname", errno);
  }
  const uint16_t boundPort = ntohs(v6 ? reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port
                                      : reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
  Napi::Object result = Napi::Object::New(env);
  result.Set("receiveBufferOctets", granted);
  result.Set("wildcard", address.wildcard);
  result.Set("port", boundPort);
  result.Set("fd", fd.Release());
  return result;
}

/**
 * adjustSocket(fd, options) -> octets granted: changes an open socket, whose queue is kept. options:
 * receiveBufferOctets, dscp, timestamping, as openSocket has them; all are set.
 */
Napi::Value AdjustSocket(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() < 2 || !info[0].IsNumber() || !info[1].IsObject()) {
    ThrowType(env, "adjustSocket", "a descriptor and an options object");
    return env.Undefined();
  }
  const int fd = info[0].As<Napi::Number>().Int32Value();
  Napi::Object options = info[1].As<Napi::Object>();
  const int receiveBuffer = static_cast<int>(IntegerOption(options, "receiveBufferOctets", 0));
  const int dscp = static_cast<int>(IntegerOption(options, "dscp", 0));
  const int64_t timestamping = IntegerOption(options, "timestamping", 1);
  if (env.IsExceptionPending()) return env.Undefined();
  sockaddr_in6 bound = {};
  socklen_t length = sizeof bound;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &length) != 0) return ThrowErrno(env, "getsockname", errno);
  const bool v6 = bound.sin6_family == AF_INET6;
  const bool wildcard = v6 ? IN6_IS_ADDR_UNSPECIFIED(&bound.sin6_addr)
                           : reinterpret_cast<sockaddr_in*>(&bound)->sin_addr.s_addr == htonl(INADDR_ANY);
  if (!SetPacketInfo(fd, v6, wildcard, timestamping)) return ThrowErrno(env, "setsockopt PKTINFO", errno);
  if (!SetDscp(fd, v6, dscp)) return ThrowErrno(env, "setsockopt DSCP", errno);
  if (!SetTimestamping(fd, timestamping)) return ThrowErrno(env, "setsockopt SO_TIMESTAMPING", errno);
  return Napi::Number::New(env, SetReceiveBuffer(fd, receiveBuffer > 0 ? receiveBuffer : 212'992));
}

Napi::Value CloseSocket(const Napi::CallbackInfo& info) {
  UniqueFd closing(info[0].As<Napi::Number>().Int32Value());
  return info.Env().Undefined();
}

/** probeChosenIds() -> whether this kernel lets a sender choose the id of a transmit stamp (SCM_TS_OPT_ID, 6.13). */
Napi::Value ProbeChosenIds(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return Napi::Boolean::New(env, false);
  sockaddr_in self = {};
  self.sin_family = AF_INET;
  self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof self;
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&self), sizeof self) != 0 ||
      getsockname(fd.get(), reinterpret_cast<sockaddr*>(&self), &length) != 0 ||
      !SetInt(fd.get(), SOL_SOCKET, SO_TIMESTAMPING,
              SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY)) {
    return Napi::Boolean::New(env, false);
  }
  uint8_t octet = 0;
  iovec data = {&octet, 1};
  alignas(cmsghdr) uint8_t control[CMSG_SPACE(sizeof(uint32_t)) * 2] = {};
  msghdr header = {};
  header.msg_name = &self;
  header.msg_namelen = sizeof self;
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  size_t used = 0;
  AppendControl(control, used, SOL_SOCKET, SO_TIMESTAMPING, uint32_t{SOF_TIMESTAMPING_TX_SOFTWARE});
  AppendControl(control, used, SOL_SOCKET, SCM_TS_OPT_ID, uint32_t{0x5eed});
  header.msg_control = control;
  header.msg_controllen = used;
  // An older kernel refuses a control message that it does not know.
  return Napi::Boolean::New(env, sendmsg(fd.get(), &header, 0) == 1);
}

}  // namespace

void ExportSocketOpen(Napi::Env env, Napi::Object exports) {
  exports.Set("openSocket", Napi::Function::New<OpenSocket>(env, "openSocket"));
  exports.Set("adjustSocket", Napi::Function::New<AdjustSocket>(env, "adjustSocket"));
  exports.Set("closeSocket", Napi::Function::New<CloseSocket>(env, "closeSocket"));
  exports.Set("probeChosenIds", Napi::Function::New<ProbeChosenIds>(env, "probeChosenIds"));
}

}  // namespace ntpd
