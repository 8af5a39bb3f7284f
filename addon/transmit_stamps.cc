// transmit_stamps.cc: asks for transmit stamps and reads them from the error queue (MSG_ERRQUEUE), in batches.
//
// A stamp comes with the id of its reply. From Linux 6.13 on that is one we choose. An older kernel numbers the replies of
// a socket that ask, in the order of sending; where that count stands when a worker takes a socket over, or after a reply
// that was refused, is not known. Then one reply alone asks, when those before have left the kernel, and the number of its
// stamp tells; a stamp from before the reading of the clock that was made for it is of one of those. A number or a time
// that does not fit what was counted has the count be learned anew.
#include <errno.h>
#include <sys/ioctl.h>
#include <time.h>

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "packet_path.h"

namespace ntpd {

namespace {
constexpr uint32_t kErrorBatch = 32;
constexpr uint32_t kErrorControlOctets = 256;
constexpr int64_t kAskLifeNs = 1'000'000'000;

/** Whether all that was sent by a socket has left the queues of the kernel, so that its stamps were taken. */
bool HasSentAll(int fd) {
  int octets = 0;
  return ioctl(fd, SIOCOUTQ, &octets) == 0 && octets == 0;
}
}  // namespace

/**
 * Books an ask for the reply in `slot`; its clock reading is filled in when there is one. Null when it cannot be told
 * apart from others: too many open, or some under way at a socket whose count is not known.
 */
TxAsk* PacketPath::PrepareAsk(uint32_t slot, uint32_t place, uint32_t delayRow, int64_t nowMonoNs, bool sample) {
  PathSocket& socket = sockets_[slots_[slot].socket];
  if (asksOpen_ >= kAsksMax) ExpireAsks(nowMonoNs);
  if (socket.idByCounter && socket.count != StampCount::kKnown) {
    if (socket.asksOpen > 0 || !HasSentAll(socket.transmitFd)) return nullptr;
  }
  const uint32_t id = nextAskId_++;
  TxAsk& ask = asks_[id % kAsksMax];
  if (ask.open) {
    if (nowMonoNs - ask.clockMonoNs < kAskLifeNs) return nullptr;
    GiveUpAsk(ask);
  }
  const uint32_t* row = Row(slot);
  ask.id = id;
  ask.cookie = row[kSlotTxCookie];
  ask.clockMonoNs = nowMonoNs;
  ask.socket = slots_[slot].socket;
  ask.delayRow = static_cast<uint16_t>(delayRow);
  ask.place = static_cast<uint8_t>(place);
  ask.open = true;
  ask.hardware = row[kSlotRxSource] == kStampHardware;
  ask.softwareMonoNs = 0;
  ask.interface = slots_[slot].cardInterface;
  ask.report = (row[kSlotReplyFlags] & kReplyReportTx) != 0;
  ask.sample = sample;
  socket.asksOpen++;
  asksOpen_++;
  return &ask;
}

/**
 * Empties the error queues of the sockets that wait for stamps, or that poll says have something. An error of the socket
 * itself, not in the queue, is told by poll until it is fetched: left alone it would end every wait at once.
 */
void PacketPath::CollectTransmitStamps() {
  for (size_t s = 0; s < sockets_.size(); s++) {
    PathSocket& socket = sockets_[s];
    pollfd& polled = polled_[sockets_.size() + s];
    const bool polledError = ((polled_[s].revents | polled.revents) & POLLERR) != 0;
    polled_[s].revents = 0;
    polled.revents = 0;
    if (socket.asksOpen == 0 && !polledError) continue;
    if (CollectFrom(socket) == 0 && polledError) {
      FetchError(socket.fd);
      if (socket.transmitFd != socket.fd) FetchError(socket.transmitFd);
    }
  }
}

/** Takes an error that waits at a socket, if there is one. */
void PacketPath::FetchError(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error != 0) Count(kCounterReceiveErrors);
}

/** Empties one socket's error queue. Returns how many entries it had. */
uint32_t PacketPath::CollectFrom(PathSocket& socket) {
  struct Entry {
    alignas(cmsghdr) uint8_t control[kErrorControlOctets];
    iovec data;
    uint8_t octet;
  };
  Entry entries[kErrorBatch];
  mmsghdr headers[kErrorBatch];
  uint32_t read = 0;
  // Bounded: others wait for us, and what the report has no room for can wait in the queue.
  for (uint32_t round = 0; round < kAsksMax / kErrorBatch && txReports_ < txReportsMax_; round++) {
    const uint32_t wanted = std::min(kErrorBatch, txReportsMax_ - txReports_);
    for (uint32_t i = 0; i < wanted; i++) {
      entries[i].data = {&entries[i].octet, 1};
      headers[i] = {};
      headers[i].msg_hdr.msg_iov = &entries[i].data;
      headers[i].msg_hdr.msg_iovlen = 1;
      headers[i].msg_hdr.msg_control = entries[i].control;
      headers[i].msg_hdr.msg_controllen = kErrorControlOctets;
    }
    const int count = recvmmsg(socket.transmitFd, headers, wanted, MSG_ERRQUEUE | MSG_DONTWAIT, nullptr);
    if (count > 0) read += static_cast<uint32_t>(count);
    for (int i = 0; i < count; i++) {
      scm_timestamping stamps = {};
      sock_extended_err error = {};
      bool errorSeen = false;
      msghdr& header = headers[i].msg_hdr;
      for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
        const size_t octets = part->cmsg_len - CMSG_LEN(0);
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SO_TIMESTAMPING && octets >= sizeof stamps) {
          std::memcpy(&stamps, CMSG_DATA(part), sizeof stamps);
        } else if (((part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_RECVERR) ||
                    (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_RECVERR)) &&
                   octets >= sizeof error) {
          std::memcpy(&error, CMSG_DATA(part), sizeof error);
          errorSeen = true;
        }
      }
      if (!errorSeen || error.ee_origin != SO_EE_ORIGIN_TIMESTAMPING) continue;
      const int64_t softwareNs = Nanoseconds(stamps.ts[0]);
      const int64_t cardNs = Nanoseconds(stamps.ts[2]);
      if (softwareNs != 0) TakeTransmitStamp(socket, error.ee_data, softwareNs, kStampKernel);
      if (cardNs != 0) TakeTransmitStamp(socket, error.ee_data, cardNs, kStampHardware);
    }
    if (count < static_cast<int>(wanted)) break;
  }
  return read;
}

/** A reply that asked was sent by a socket whose stamps the kernel numbers: it has the next number. */
void PacketPath::NumberAsk(PathSocket& socket, TxAsk& ask) {
  const auto place = static_cast<uint16_t>(&ask - asks_.get());
  if (socket.count == StampCount::kKnown) {
    ask.id = socket.nextId++;
    socket.numbered[ask.id % kAsksMax] = place;
  } else {
    socket.count = StampCount::kProbed;
    socket.probe = place;
  }
}

/** The open ask that a stamp with this id is of, or may be of while the count is being learned; null for none. */
TxAsk* PacketPath::AskOf(PathSocket& socket, uint32_t id) {
  uint32_t place = id % kAsksMax;
  if (socket.idByCounter) {
    if (socket.count == StampCount::kProbed) return &asks_[socket.probe];
    if (socket.count == StampCount::kKnown && static_cast<int32_t>(id - socket.nextId) >= 0) {
      LoseCount(socket);  // the kernel counted more than we did
      return nullptr;
    }
    place = socket.numbered[place];
  }
  TxAsk& ask = asks_[place];
  return ask.open && ask.id == id && &sockets_[ask.socket] == &socket ? &ask : nullptr;
}

/** The numbers of a socket's stamps are not what was thought: of what is under way none is known. */
void PacketPath::LoseCount(PathSocket& socket) {
  for (uint32_t i = 0; i < kAsksMax && socket.asksOpen > 0; i++) {
    if (asks_[i].open && &sockets_[asks_[i].socket] == &socket) GiveUpAsk(asks_[i]);
  }
  socket.count = StampCount::kLost;
}

/**
 * One transmit stamp, of CLOCK_REALTIME or of a card. Where T2 is the card's, both may come for one reply, in this
 * order, or either alone: the kernel's is kept until the card's has come and agrees with it.
 */
void PacketPath::TakeTransmitStamp(PathSocket& socket, uint32_t id, int64_t stampNs, StampSource source) {
  TxAsk* found = AskOf(socket, id);
  if (found == nullptr) return;
  TxAsk& ask = *found;
  int64_t monoNs;
  if (source == kStampKernel) {
    monoNs = clock_.MonoFromReal(stampNs);
  } else {
    const int64_t earliestNs = ask.softwareMonoNs != 0 ? ask.softwareMonoNs : ask.clockMonoNs;
    if (!ask.hardware || !hardware_.TransmitMonoNs(ask.interface, stampNs, earliestNs, monoNs)) return;
  }
  if (socket.idByCounter) {
    const bool early = source == kStampKernel && monoNs < ask.clockMonoNs;
    if (socket.count == StampCount::kProbed) {
      if (early) return;  // one that was sent before the count was lost, or by a worker before us
      socket.count = StampCount::kKnown;
      socket.nextId = id;
      NumberAsk(socket, ask);
    } else if (early) {
      return LoseCount(socket);  // of an earlier reply: we counted less than the kernel did
    }
  }
  if (source == kStampKernel && ask.hardware) {
    ask.softwareMonoNs = monoNs;
    return;
  }
  FinishAsk(ask, monoNs, source);
}

/** The stamp is there: reported to the reply's owner, and a lesson for the delay of its place if it is of T2's kind. */
void PacketPath::FinishAsk(TxAsk& ask, int64_t stampMonoNs, StampSource source) {
  CloseAsk(ask);
  Count(kCounterTxStamps);
  if (ask.hardware != (source == kStampHardware)) ask.sample = false;
  if (ask.sample && correct_ && !withhold_) {
    delays_.LearnAsked(ask.delayRow, ask.place, stampMonoNs - ask.clockMonoNs, ask.returnMonoNs - stampMonoNs, stampMonoNs);
    for (int chunks = 0; chunks < 2; chunks++) {
      const int32_t spreadNs = delays_.SpreadNs(chunks == 1, stampMonoNs);
      precisionFloors_[chunks] =
          spreadNs > 0 ? static_cast<int32_t>(std::ceil(std::log2(spreadNs * 1e-9))) : kPrecisionNone;
    }
  }
  // On the clock as it ran when T2 was read, whatever was learned since; and never from before the send: such a stamp
  // belongs to another clock setting. The send's uncorrected time counts, because a corrected T3 may lie after it.
  const int64_t sinceNs = stampMonoNs - ask.clockMonoNs;
  if (ask.report && sinceNs >= 0 && sinceNs < kAskLifeNs) {
    ReportTransmit(ask.cookie, ask.clock + static_cast<uint64_t>(NtpUnits(sinceNs)), source);
  }
}

void PacketPath::ReportTransmit(uint32_t cookie, NtpTime stamp, StampSource source) {
  if (txReports_ >= txReportsMax_) return;
  Count(static_cast<CounterWord>(kCounterTxReports + uint32_t{source}));
  int32_t* report = txReport_.data() + size_t{txReports_} * kTxReportWords;
  report[kTxReportCookie] = static_cast<int32_t>(cookie);
  report[kTxReportSeconds] = static_cast<int32_t>(stamp >> 32);
  report[kTxReportFraction] = static_cast<int32_t>(stamp);
  report[kTxReportSource] = source;
  txReports_++;
}

void PacketPath::CloseAsk(TxAsk& ask) {
  PathSocket& socket = sockets_[ask.socket];
  ask.open = false;
  if (socket.count == StampCount::kProbed) socket.count = StampCount::kLost;
  socket.asksOpen--;
  asksOpen_--;
}

/** The stamp will not come: who waits for one gets the next best, the kernel's or the daemon's own. */
void PacketPath::GiveUpAsk(TxAsk& ask) {
  if (ask.softwareMonoNs != 0) return FinishAsk(ask, ask.softwareMonoNs, kStampKernel);
  CloseAsk(ask);
  Count(kCounterTxStampsLost);
  if (ask.report) ReportTransmit(ask.cookie, ask.expected, kStampDaemon);
}

/** Gives up asks whose stamp did not come within a second. */
void PacketPath::ExpireAsks(int64_t nowMonoNs) {
  for (uint32_t i = 0; i < kAsksMax; i++) {
    TxAsk& ask = asks_[i];
    if (!ask.open || nowMonoNs - ask.clockMonoNs < kAskLifeNs) continue;
    GiveUpAsk(ask);
  }
}

}  // namespace ntpd
