// path_probes.cc: what benchmarks ask of a packet path: the bare echo.
#include <algorithm>

#include "packet_path.h"

namespace ntpd {

/**
 * echo(milliseconds): sends every datagram back as it came, without stamps or policy, until the time is over or
 * the wake-up fires. The yardstick for what the packet path itself costs. Returns the datagrams echoed.
 */
Napi::Value PacketPath::Echo(const Napi::CallbackInfo& info) {
  double echoed = 0;
  const int64_t endMonoNs = ReadClock(CLOCK_MONOTONIC) + info[0].As<Napi::Number>().Int64Value() * 1'000'000;
  while (ready_) {
    const uint32_t received = ReceiveAll();
    for (uint32_t first = 0; first < received; first += kSendChunk) {
      const uint32_t count = std::min(kSendChunk, received - first);
      for (uint32_t i = 0; i < count; i++) {
        SlotIo& slot = slots_[first + i];
        sendData_[i] = {slot.data.iov_base, receiveHeaders_[first + i].msg_len};
        msghdr& header = sendHeaders_[i].msg_hdr;
        header = {};
        header.msg_name = &slot.address;
        header.msg_namelen = receiveHeaders_[first + i].msg_hdr.msg_namelen;
        header.msg_iov = &sendData_[i];
        header.msg_iovlen = 1;
      }
      const int sent = sendmmsg(sockets_[slots_[first].socket].fd, sendHeaders_, count, MSG_DONTWAIT);
      if (sent > 0) echoed += sent;
    }
    if (received > 0) continue;
    if (!WaitForPackets(kWaitMs) && (polled_.back().revents != 0 || ReadClock(CLOCK_MONOTONIC) > endMonoNs)) break;
  }
  return Napi::Number::New(info.Env(), echoed);
}

}  // namespace ntpd
