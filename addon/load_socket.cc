// load_socket.cc: see load_socket.h.
#include "load_socket.h"

#include <errno.h>
#include <linux/net_tstamp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <iterator>

#include "control_message.h"
#include "load_octets.h"
#include "load_address.h"

namespace ntpd {
namespace {

constexpr uint32_t kReceiveBatch = 32;
constexpr uint32_t kEvents = 64;
constexpr int kReceiveBuffer = 1 << 20;
constexpr uint32_t kPayloadMax = 256;

bool Fail(LinkError& failure, const char* syscall) {
  failure.error = errno;
  failure.syscall = syscall;
  return false;
}

// The kernel's software stamp in a message's control data; 0 when there is none. `drops` is left alone without one.
int64_t ReadControl(msghdr& message, uint32_t& drops) noexcept {
  int64_t stamp_ns = 0;
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET) continue;
    if (c->cmsg_type == SCM_TIMESTAMPING) {
      timespec stamp;
      std::memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
      stamp_ns = NsOf(stamp);
    } else if (c->cmsg_type == SO_RXQ_OVFL) {
      std::memcpy(&drops, CMSG_DATA(c), sizeof drops);
    }
  }
  return stamp_ns;
}

}  // namespace

std::unique_ptr<SocketLink> SocketLink::Open(const SocketConfig& config, LinkError& failure) {
  std::unique_ptr<SocketLink> link(new SocketLink());
  link->config_ = config;
  link->target_octets_ = FillAddress(link->target_, config.target.data(), config.target.size(),
                                           config.target_port, config.scope);
  link->poll_.Reset(epoll_create1(EPOLL_CLOEXEC));
  if (!link->poll_.valid()) {
    Fail(failure, "epoll_create1");
    return nullptr;
  }
  link->clients_.resize(config.clients);
  link->awaiting_.reserve(config.clients);
  for (uint32_t i = 0; i < config.clients; i++) {
    if (!link->OpenClient(i, failure)) return nullptr;
  }
  return link;
}

bool SocketLink::OpenClient(uint32_t index, LinkError& failure) {
  Client& client = clients_[index];
  client.fd.Reset(socket(target_.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int fd = client.fd.get();
  if (fd < 0) return Fail(failure, "socket");
  const int one = 1;
  const int flags = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY |
                    SOF_TIMESTAMPING_OPT_ID;
  if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags) < 0) {
    return Fail(failure, "setsockopt(SO_TIMESTAMPING)");
  }
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer);
  setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &one, sizeof one);
  const size_t octets = config_.target.size();
  if (config_.local.size() >= octets) {
    sockaddr_storage local{};
    const uint8_t* address = config_.local.data() + index % (config_.local.size() / octets) * octets;
    const socklen_t length = FillAddress(local, address, octets, 0, config_.scope);
    if (bind(fd, reinterpret_cast<sockaddr*>(&local), length) < 0) return Fail(failure, "bind");
  }
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u32 = index;
  if (epoll_ctl(poll_.get(), EPOLL_CTL_ADD, fd, &event) < 0) return Fail(failure, "epoll_ctl");
  return true;
}

int SocketLink::Transmit(uint32_t count, uint64_t& refused) noexcept {
  refused = 0;
  for (uint32_t i = 0; i < count; i++) {
    Request& request = batch_[i];
    Client& client = clients_[request.client];
    iovec part{request.ntp, kNtpOctets};
    msghdr message{};
    message.msg_name = &target_;
    message.msg_namelen = target_octets_;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    alignas(cmsghdr) uint8_t control[CMSG_SPACE(sizeof(uint32_t))];
    const bool sample = request.sample && !client.awaits;
    if (sample) {
      size_t used = 0;
      AppendControl(control, used, SOL_SOCKET, SO_TIMESTAMPING, uint32_t{SOF_TIMESTAMPING_TX_SOFTWARE});
      message.msg_control = control;
      message.msg_controllen = used;
    }
    if (sendmsg(client.fd.get(), &message, 0) < 0) {
      // An unreachable target is an answer about the target; the request counts as refused all the same.
      if (errno == EBADF || errno == EINVAL || errno == EAFNOSUPPORT) return -errno;
      refused |= 1ull << i;
      continue;
    }
    if (!sample) continue;
    client.sampled = request.sequence;
    client.awaits = true;
    awaiting_.push_back(request.client);
  }
  return 0;
}

uint32_t SocketLink::Receive(Ledger& ledger, int64_t real_minus_mono_ns) noexcept {
  epoll_event events[kEvents];
  const int ready = epoll_wait(poll_.get(), events, kEvents, 0);
  uint32_t taken = 0;
  for (int i = 0; i < ready; i++) taken += ReceiveFrom(events[i].data.u32, ledger, real_minus_mono_ns);
  return taken;
}

uint32_t SocketLink::ReceiveFrom(uint32_t index, Ledger& ledger, int64_t real_minus_mono_ns) noexcept {
  Client& client = clients_[index];
  uint8_t payloads[kReceiveBatch][kPayloadMax];
  sockaddr_storage sources[kReceiveBatch];
  alignas(cmsghdr) uint8_t controls[kReceiveBatch][128];
  iovec parts[kReceiveBatch];
  mmsghdr messages[kReceiveBatch] = {};
  for (uint32_t i = 0; i < kReceiveBatch; i++) {
    parts[i] = {payloads[i], kPayloadMax};
    messages[i].msg_hdr.msg_name = &sources[i];
    messages[i].msg_hdr.msg_namelen = sizeof sources[i];
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
    messages[i].msg_hdr.msg_control = controls[i];
    messages[i].msg_hdr.msg_controllen = sizeof controls[i];
  }
  const int count = recvmmsg(client.fd.get(), messages, kReceiveBatch, MSG_DONTWAIT | MSG_TRUNC, nullptr);
  for (int i = 0; i < count; i++) {
    Reply reply{};
    reply.ntp = payloads[i];
    reply.length = messages[i].msg_len;
    reply.arrival_real_ns = ReadControl(messages[i].msg_hdr, client.drops);
    if (reply.arrival_real_ns == 0) reply.arrival_real_ns = NowNs(CLOCK_REALTIME);
    reply.arrival_mono_ns = reply.arrival_real_ns - real_minus_mono_ns;
    reply.client = index;
    reply.client_known = true;
    reply.from_target = SameAddress(sources[i], target_);
    ledger.Account(reply);
  }
  return count < 0 ? 0 : static_cast<uint32_t>(count);
}

void SocketLink::CollectStamps(Ledger& ledger) noexcept {
  size_t kept = 0;
  for (const uint32_t index : awaiting_) {
    Client& client = clients_[index];
    alignas(cmsghdr) uint8_t control[256];
    msghdr message{};
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    if (recvmsg(client.fd.get(), &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) {
      awaiting_[kept++] = index;
      continue;
    }
    uint32_t drops = 0;
    const int64_t stamp_ns = ReadControl(message, drops);
    if (stamp_ns != 0) ledger.StampSent(client.sampled, stamp_ns);
    client.awaits = false;
  }
  awaiting_.resize(kept);
}

uint32_t SocketLink::TakeDrops() noexcept {
  uint32_t drops = 0;
  for (Client& client : clients_) {
    drops += client.drops - client.drops_seen;
    client.drops_seen = client.drops;
  }
  return drops;
}

}  // namespace ntpd
