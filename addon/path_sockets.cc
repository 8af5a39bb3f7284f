// path_sockets.cc: the sockets that a packet path borrows, and what the kernel says about them.
#include <errno.h>
#include <ifaddrs.h>
#include <linux/net_tstamp.h>
#include <linux/sock_diag.h>
#include <net/if.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "packet_path.h"
#include "sys_error.h"

namespace ntpd {

namespace {

// Smallest memory the kernel charges a queued datagram for; bounds how many a queue can hold.
constexpr uint32_t kQueuedOctetsMin = 512;

/**
 * Datagrams that the kernel dropped at this socket since it was opened. SO_RXQ_OVFL would have the kernel tell the same
 * count with every datagram from the first drop on, which is when there is no time for it, and not before another
 * datagram comes.
 */
uint32_t SocketDrops(int fd) {
  uint32_t info[SK_MEMINFO_VARS] = {};
  socklen_t length = sizeof info;
  if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &length) != 0) return 0;
  return info[SK_MEMINFO_DROPS];
}

/** Index of the interface that has an address (v4 in the first word), or 0. */
uint32_t InterfaceOf(int family, const in6_addr& address) {
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return 0;
  uint32_t index = 0;
  for (const ifaddrs* each = all; each != nullptr && index == 0; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != family) continue;
    const bool same =
        family == AF_INET
            ? std::memcmp(&reinterpret_cast<const sockaddr_in*>(each->ifa_addr)->sin_addr, &address, 4) == 0
            : std::memcmp(&reinterpret_cast<const sockaddr_in6*>(each->ifa_addr)->sin6_addr, &address, 16) == 0;
    if (same) index = if_nametoindex(std::string(each->ifa_name, strcspn(each->ifa_name, ":")).c_str());
  }
  freeifaddrs(all);
  return index;
}

/** Whether the kernel is to stamp this socket's datagrams. */
bool IsStamped(int fd) {
  int flags = 0;
  socklen_t length = sizeof flags;
  return getsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, &length) == 0 && (flags & SOF_TIMESTAMPING_SOFTWARE) != 0;
}

uint32_t QueueMax(int fd) {
  int octets = 0;
  socklen_t length = sizeof octets;
  if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &octets, &length) != 0) return 65'536;
  return static_cast<uint32_t>(octets) / kQueuedOctetsMin;
}

}  // namespace

void PacketPath::PollSockets() {
  polled_.clear();
  for (const PathSocket& socket : sockets_) polled_.push_back({socket.fd, POLLIN, 0});
  for (const PathSocket& socket : sockets_) polled_.push_back({socket.transmitFd, 0, 0});
  polled_.push_back({wakeFd_, POLLIN, 0});
}

/**
 * useSockets(list): the sockets from now on, those that stay among them. To be called when no reply waits to be sent;
 * transmit stamps still awaited are given up.
 */
Napi::Value PacketPath::UseSockets(const Napi::CallbackInfo& info) {
  for (uint32_t i = 0; i < kAsksMax; i++) {
    if (asks_[i].open) CloseAsk(asks_[i]);
  }
  if (ready_) CountDrops(exchangedMonoNs_);
  const std::vector<PathSocket> before = std::move(sockets_);
  sockets_.clear();
  ready_ = AttachSockets(info.Env(), info[0]);
  for (const PathSocket& old : before) {
    const auto same = std::find_if(sockets_.begin(), sockets_.end(),
                                   [&](const PathSocket& socket) { return socket.fd == old.fd; });
    if (same == sockets_.end()) {
      dropsOfClosed_ += old.drops;
      continue;
    }
    same->suspects = old.suspects;  // the queue stays; all else is as it is found now
  }
  PollSockets();
  return info.Env().Undefined();
}

bool PacketPath::AttachSockets(Napi::Env env, Napi::Value list) {
  if (env.IsExceptionPending()) return false;
  if (!list.IsArray()) {
    ThrowType(env, "sockets", "an array");
    return false;
  }
  Napi::Array array = list.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); i++) {
    Napi::Object options = array.Get(i).As<Napi::Object>();
    PathSocket socket = {};
    socket.fd = static_cast<int>(IntegerOption(options, "fd", -1));
    socket.transmitFd = static_cast<int>(IntegerOption(options, "transmitFd", socket.fd));
    socket.listener = static_cast<uint32_t>(IntegerOption(options, "listener", 0));
    socket.smear = static_cast<uint32_t>(IntegerOption(options, "smear", kSmearNone));
    socket.port = static_cast<uint16_t>(IntegerOption(options, "port", 0));
    socket.wildcard = BooleanOption(options, "wildcard", true);
    socket.idByCounter = !BooleanOption(options, "chosenIds", false);
    if (socket.idByCounter) socket.numbered.resize(kAsksMax);
    int family = 0;
    socklen_t length = sizeof family;
    if (getsockopt(socket.fd, SOL_SOCKET, SO_DOMAIN, &family, &length) != 0) {
      ThrowErrno(env, "getsockopt", errno);
      return false;
    }
    socket.family = family;
    sockaddr_in6 bound = {};
    length = sizeof bound;
    if (getsockname(socket.fd, reinterpret_cast<sockaddr*>(&bound), &length) != 0) {
      ThrowErrno(env, "getsockname", errno);
      return false;
    }
    if (family == AF_INET) {
      std::memcpy(&socket.address, &reinterpret_cast<sockaddr_in*>(&bound)->sin_addr, sizeof(in_addr));
    } else {
      socket.address = bound.sin6_addr;
    }
    if (!socket.wildcard) socket.interface = InterfaceOf(family, socket.address);
    socket.hot = true;
    socket.stamped = IsStamped(socket.transmitFd);
    socket.drops = SocketDrops(socket.fd);
    socket.queueMax = QueueMax(socket.fd);
    sockets_.push_back(socket);
  }
  return !env.IsExceptionPending();
}

/** Asks the kernel what it dropped. */
void PacketPath::CountDrops(int64_t nowMonoNs) {
  lastDropsMonoNs_ = nowMonoNs;
  double drops = dropsOfClosed_;
  for (PathSocket& socket : sockets_) {
    socket.drops = SocketDrops(socket.fd);
    drops += socket.drops;
  }
  if (standing_.data() != nullptr) {
    // The kernel counts what the filter kept out as dropped, too; and the filter may have counted more since.
    const double shed = static_cast<double>(
        __atomic_load_n(reinterpret_cast<const uint64_t*>(standing_.data() + kStandingShed), __ATOMIC_RELAXED));
    counters_.data()[kCounterShed] = shed;
    drops = std::max(drops - shed, counters_.data()[kCounterKernelDrops]);
  }
  counters_.data()[kCounterKernelDrops] = drops;
}

}  // namespace ntpd
