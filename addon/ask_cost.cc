// ask_cost.cc: see the header.
#include "ask_cost.h"

#include <errno.h>
#include <time.h>

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <sys/socket.h>

#include <cstring>

#include "clocks.h"

namespace ntpd {

namespace {

constexpr int64_t kCostNsMax = 100'000;

/** The software stamp of the next message at the socket, or 0. */
int64_t ReadStampNs(int fd, int flags) {
  uint8_t octet;
  iovec data = {&octet, 1};
  alignas(cmsghdr) uint8_t control[256];
  msghdr header = {};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  if (recvmsg(fd, &header, flags | MSG_DONTWAIT) < 0) return 0;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SO_TIMESTAMPING) continue;
    scm_timestamping stamps;
    std::memcpy(&stamps, CMSG_DATA(part), sizeof stamps);
    return Nanoseconds(stamps.ts[0]);
  }
  return 0;
}

}  // namespace

AskCost::AskCost() {
  UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  self_.sin_family = AF_INET;
  self_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof self_;
  const int flags = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID |
                    SOF_TIMESTAMPING_OPT_TSONLY;
  if (!fd.valid() || bind(fd.get(), reinterpret_cast<sockaddr*>(&self_), sizeof self_) != 0 ||
      getsockname(fd.get(), reinterpret_cast<sockaddr*>(&self_), &length) != 0 ||
      connect(fd.get(), reinterpret_cast<sockaddr*>(&self_), sizeof self_) != 0 ||
      setsockopt(fd.get(), SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags) != 0) {
    return;
  }
  fd_ = std::move(fd);
}

bool AskCost::SendToSelf(bool ask) {
  uint8_t octet = 0;
  iovec data = {&octet, 1};
  alignas(cmsghdr) uint8_t control[CMSG_SPACE(sizeof(uint32_t))] = {};
  msghdr header = {};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  if (ask) {
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    cmsghdr* part = CMSG_FIRSTHDR(&header);
    const uint32_t wish = SOF_TIMESTAMPING_TX_SOFTWARE;
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SO_TIMESTAMPING;
    part->cmsg_len = CMSG_LEN(sizeof wish);
    std::memcpy(CMSG_DATA(part), &wish, sizeof wish);
  }
  return sendmsg(fd_.get(), &header, MSG_DONTWAIT) == 1;
}

int64_t AskCost::ReceiveStampNs() { return ReadStampNs(fd_.get(), 0); }

int64_t AskCost::TransmitStampNs() { return ReadStampNs(fd_.get(), MSG_ERRQUEUE); }

void AskCost::Measure(int64_t mappingNs) {
  if (!fd_.valid()) return;
  // The first warms what the path over loopback shares, so that the other two differ by the asking alone.
  if (!SendToSelf(false)) return;
  const int64_t plainMonoNs = ReadClock(CLOCK_MONOTONIC);
  if (!SendToSelf(false)) return;
  const int64_t askedMonoNs = ReadClock(CLOCK_MONOTONIC);
  if (!SendToSelf(true)) return;
  ReceiveStampNs();
  const int64_t receivedNs = ReceiveStampNs();
  ReceiveStampNs();
  const int64_t transmittedNs = TransmitStampNs();
  if (receivedNs == 0 || transmittedNs == 0) return;
  const int64_t plainNs = receivedNs - mappingNs - plainMonoNs;
  const int64_t askedNs = transmittedNs - mappingNs - askedMonoNs;
  const int64_t costNs = askedNs - plainNs;
  if (costNs > -kCostNsMax && costNs < kCostNsMax) costs_.Learn(static_cast<int32_t>(costNs), askedMonoNs);
}

}  // namespace ntpd
