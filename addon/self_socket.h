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
  /** Sends one octet, asking for its transmit stamp or not. */
  bool Send(bool ask);
  /** CLOCK_REALTIME of the next datagram's arrival, or 0. */
  int64_t ReceiveStampNs();
  /** CLOCK_REALTIME of the next datagram's departure, if it was asked for, or 0. */
  int64_t TransmitStampNs();

 private:
  int64_t ReadStampNs(int flags);

  UniqueFd fd_;
};

}  // namespace ntpd
