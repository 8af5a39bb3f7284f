// self_socket.h: datagrams to ourselves over loopback, which go through what a reply goes through in the kernel,
// so that the next reply finds the caches warm.
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
  /** Sends one octet that asks for its transmit stamp; false where that is not possible. */
  bool Ask();
  /** Takes what came of that. */
  void Drain();

 private:
  UniqueFd fd_;
};

}  // namespace ntpd
