// self_socket.h: datagrams to ourselves over loopback, which go through what a reply goes through in the kernel.
#pragma once
#include <netinet/in.h>

#include <cstdint>

#include "unique_fd.h"

namespace ntpd {

/** A socket connected to itself, with kernel stamps. Nothing here waits; without loopback it does nothing. */
class SelfSocket {
 public:
  /** `family`: AF_INET or AF_INET6. */
  explicit SelfSocket(int family);

  bool valid() const { return fd_.valid(); }
  /** Gives the descriptor back; from then on it does nothing. */
  void Close() { fd_.Reset(-1); }
  /**
   * How the kernel finds the way out: the one it kept when the socket was connected (but not for a datagram with
   * control messages, so not for one that asks), or each time anew, as for replies.
   */
  enum class Way { kKept, kLookedUp };

  /** Sends one octet, asking for its transmit stamp or not. */
  bool Send(bool ask, Way way = Way::kKept);
  /** CLOCK_REALTIME of the next datagram's arrival, or 0. */
  int64_t ReceiveStampNs();
  /** CLOCK_REALTIME of the next datagram's departure, if it was asked for, or 0. */
  int64_t TransmitStampNs();

 private:
  int64_t ReadStampNs(int flags);

  UniqueFd fd_;
  sockaddr_in6 self_ = {};  // large enough for both families
  socklen_t selfOctets_ = 0;
};

}  // namespace ntpd
