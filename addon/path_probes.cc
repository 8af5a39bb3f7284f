// path_probes.cc: what benchmarks and tests ask of a packet path: the bare echo, and what the correction of T3 learned.
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

/** delayReport(): what the correction of T3 has learned: per class and place. */
Napi::Value PacketPath::DelayReport(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Array report = Napi::Array::New(env);
  uint32_t used = 0;
  for (uint32_t i = 0; i < TransmitDelay::kClasses; i++) {
    const TransmitDelay::Row& row = delays_.row(i);
    if (!row.used) continue;
    Napi::Object entry = Napi::Object::New(env);
    Napi::Array delays = Napi::Array::New(env);
    Napi::Array spreads = Napi::Array::New(env);
    Napi::Array samples = Napi::Array::New(env);
    for (uint32_t place = 0; place < kDelayPlaces; place++) {
      delays.Set(place, row.places[place].delayNs());
      spreads.Set(place, row.places[place].spreadNs());
      samples.Set(place, row.places[place].count());
    }
    entry.Set("interface", row.of.interface);
    entry.Set("stampSource", static_cast<uint32_t>(row.of.stampSource));
    entry.Set("work", static_cast<uint32_t>(row.of.work));
    entry.Set("delaysNs", delays);
    entry.Set("spreadsNs", spreads);
    entry.Set("samples", samples);
    entry.Set("askCostNs", askCost_.CostNs(pressed_, row.usedMonoNs));
    report.Set(used++, entry);
  }
  return report;
}

}  // namespace ntpd
