// send_replies.cc: the only caller of sendmmsg(2) on the reply path. Writes T3 into each reply just before it goes.
//
// Each reply has a clock reading and a system call of its own, which keeps the time to the wire short and steady. Only
// when one full batch after the other shows that the worker cannot keep up do replies go in chunks: one reading and
// one call for kSendChunk, T3 of each being the reading plus what its place has been seen to cost. A larger chunk
// saves calls and adds uncertainty to its last places; past eight the saving is below one per cent (bench/loop).
//
// A reply whose transmit stamp is to be reported asks the kernel for it, which costs a seventh of all that is spent on
// the reply. In overload that lasts that is saved where the time to the wire is known by its place: the daemon's stamp,
// the reading plus what the place costs, is reported instead, and the samples that keep the delays fresh are the only
// ones that ask (bench:interleaved). What a card stamped on receipt goes on asking for the card's stamp: who has it
// switched on wants its accuracy, and the time to the link is not the place's alone.
#include <errno.h>
#include <time.h>

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>

#include <algorithm>
#include <cstring>

#include "control_message.h"
#include "packet_path.h"

#ifndef SCM_TS_OPT_ID
#define SCM_TS_OPT_ID 81
#endif

namespace ntpd {

namespace {

constexpr uint32_t kHeaderXmt = 40;
constexpr uint32_t kHeaderRec = 32;
constexpr uint32_t kHeaderOctets = 48;

// After so long without a reply the caches have forgotten the way.
constexpr int64_t kIdleNs = 2'500'000;
// A reply asks for its transmit stamp for the correction at most every kSampleIntervalNs: one in hundreds on a busy
// server, every one on an idle one, whose caches are cold in a way that only its own replies can tell.
constexpr int64_t kSampleIntervalNs = 2'500'000;
constexpr int64_t kLearnIntervalNs = 1'000'000;

void StoreNtp(uint8_t* at, NtpTime time) {
  const uint64_t big = __builtin_bswap64(time);
  std::memcpy(at, &big, sizeof big);
}

NtpTime LoadNtp(const uint8_t* at) {
  uint64_t big;
  std::memcpy(&big, at, sizeof big);
  return __builtin_bswap64(big);
}

ReplyWork WorkOf(uint32_t flags) {
  if ((flags & kReplySealNts) != 0) return kWorkNts;
  return (flags & kReplySealMac) != 0 ? kWorkMac : kWorkPlain;
}

}  // namespace

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the packet path writes network order by swapping");

/** Sends the replies that stand in slots [0, slots), in order, alone or in chunks that share a socket and a class. */
void PacketPath::SendReplies(uint32_t slots) {
  FeelPressure(slots == capacity_);
  const uint32_t chunkMax = pressed_ ? kSendChunk : 1;
  uint32_t chunk[kSendChunk];
  uint32_t count = 0;
  bool first = true;
  bool idle = false;
  const auto send = [&] {
    for (uint32_t done = 0; done < count;) {
      const uint32_t place = chunkMax > 1 ? kPlaceChunk : !first ? kPlaceLater : idle ? kPlaceIdle : kPlaceFirst;
      done += SendChunk(chunk + done, count - done, place);
      first = false;
    }
    count = 0;
  };
  for (uint32_t i = 0; i < slots; i++) {
    const uint32_t length = Row(i)[kSlotReplyLength];
    if (length < kHeaderOctets || length > slotOctets_) continue;
    if (first && count == 0) idle = WarmPath(sockets_[slots_[i].socket].family);
    if (count == chunkMax || (count > 0 && !ShareChunk(chunk[0], i))) send();
    chunk[count++] = i;
  }
  send();
}

/**
 * Before the first reply after a long wait: sends a datagram to ourselves, as the reply will be sent, so that the
 * kernel's way out lies in the caches when the clock is read. Without that the delay is long and scatters by several
 * microseconds. Returns whether the wait was long.
 */
bool PacketPath::WarmPath(int family) {
  if (!correct_ || exchangedMonoNs_ - lastSendMonoNs_ < kIdleNs) return false;
  SelfSocket& self = family == AF_INET ? selfV4_ : selfV6_;
  if (self.Ask()) self.Drain();
  return true;
}

/** Overload begins with a run of full batches, is there to stay after a longer one, and ends with a run of others. */
void PacketPath::FeelPressure(bool full) {
  fullRun_ = full ? fullRun_ + 1 : 0;
  slackRun_ = full ? 0 : slackRun_ + 1;
  if (slackRun_ >= kSlackBatchesMin) pressed_ = sparing_ = false;
  if (fullRun_ >= kFullBatchesMin) pressed_ = true;
  if (fullRun_ >= kSparingBatchesMin) sparing_ = true;
}

/** Whether two slots' replies go by one socket and, for the correction of T3, belong to one class. */
bool PacketPath::ShareChunk(uint32_t a, uint32_t b) {
  return slots_[a].socket == slots_[b].socket && slots_[a].localInterface == slots_[b].localInterface &&
         Row(a)[kSlotRxSource] == Row(b)[kSlotRxSource] &&
         WorkOf(Row(a)[kSlotReplyFlags]) == WorkOf(Row(b)[kSlotReplyFlags]);
}

/**
 * Decides whether a chunk is a sample, whose last reply asks for its transmit stamp or whose call is timed without, and
 * returns how many of `count` it may then have. It is no longer than its places are known but by the one that is learned
 * next, so that the first tenth of a second of an overload does not cost the accuracy of T3.
 */
uint32_t PacketPath::PlanSample(uint32_t delayRow, uint32_t firstPlace, uint32_t count, int64_t nowMonoNs,
                                Sample& sample) {
  const int64_t sinceSampleNs = nowMonoNs - lastSampleMonoNs_;
  // Asked and plain take turns, so that both meet the same state of the caches; only where a reply went without asking,
  // or would rather have.
  const Sample next = plainWanted_ && samplesDue_ % 2 == 0 ? Sample::kPlain : Sample::kAsked;
  const uint32_t known = delays_.KnownFrom(delayRow, firstPlace, count, plainWanted_, nowMonoNs);
  if (known < count) {
    if (sinceSampleNs >= kLearnIntervalNs) sample = next;
    count = known + (sample != Sample::kNone || known == 0 ? 1 : 0);
  } else if (sinceSampleNs >= kSampleIntervalNs) {
    sample = next;
    count = static_cast<uint32_t>(random_.Next() % count) + 1;
  } else if (sinceSampleNs >= kLearnIntervalNs) {
    for (uint32_t i = 0; i < count && sample == Sample::kNone; i++) {
      if (!delays_.Wants(delayRow, firstPlace + i, next == Sample::kAsked, nowMonoNs)) continue;
      sample = next;
      count = i + 1;
    }
  }
  if (sample == Sample::kNone) return count;
  lastSampleMonoNs_ = nowMonoNs;
  samplesDue_++;
  return count;
}

/**
 * Stamps, seals and sends up to `count` replies that share a socket and a class. Returns how many slots are done:
 * a chunk ends after a reply that asks for its stamp, because asking delays those behind it; unless T2 is the card's,
 * for then all may ask, and what is learned of their places is of that. `firstPlace` is the place of the first.
 */
uint32_t PacketPath::SendChunk(const uint32_t* slots, uint32_t count, uint32_t firstPlace) {
  PathSocket& socket = sockets_[slots_[slots[0]].socket];
  const uint32_t* firstRow = Row(slots[0]);
  const DelayClass of = {slots_[slots[0]].localInterface | (socket.wildcard ? 0 : kBoundSocket),
                         static_cast<uint8_t>(firstRow[kSlotRxSource]), WorkOf(firstRow[kSlotReplyFlags])};

  // What can be done before the clock is read is done before, by the time of the last reading.
  const int64_t nowMonoNs = std::max(exchangedMonoNs_, lastSendMonoNs_);
  const bool correct = correct_ && socket.stamped;
  const uint32_t delayRow = correct ? delays_.Find(of, nowMonoNs) : 0;
  Sample sample = Sample::kNone;
  if (correct) count = PlanSample(delayRow, firstPlace, count, nowMonoNs, sample);

  NtpTime delays[kSendChunk];
  bool anyAsked = false;
  const bool fromCard = of.stampSource == kStampHardware;
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t slot = slots[i];
    const uint32_t* row = Row(slot);
    const bool report = (row[kSlotReplyFlags] & kReplyReportTx) != 0 && socket.stamped;
    const bool spare = sparing_ && !fromCard;
    const uint32_t place = firstPlace + i;
    // A plain sample is told in any case, or nothing would ever be learned where all replies are to be reported.
    const bool told = spare && correct && (sample == Sample::kPlain || delays_.Knows(delayRow, place, false, nowMonoNs));
    const bool asks = (sample == Sample::kAsked && i + 1 == count) || (report && !told);
    if (asks && correct && !fromCard) count = i + 1;
    const bool sampled = sample == Sample::kAsked && i + 1 == count;
    sendAsks_[i] = asks ? PrepareAsk(slot, place, delayRow, nowMonoNs, sampled) : nullptr;
    const bool asked = sendAsks_[i] != nullptr;
    if (correct) plainWanted_ = !asked || (report && spare) || (plainWanted_ && !sampled);
    anyAsked |= asked;
    const int32_t delayNs = correct ? delays_.DelayNs(delayRow, place, asked, nowMonoNs) : 0;
    delays[i] = static_cast<NtpTime>(NtpUnits(delayNs));
    sendData_[i] = {arena_.data() + row[kSlotStart], row[kSlotReplyLength]};
    msghdr& header = sendHeaders_[i].msg_hdr;
    header.msg_name = &slots_[slot].address;
    header.msg_namelen = receiveHeaders_[slot].msg_hdr.msg_namelen;
    header.msg_iov = &sendData_[i];
    header.msg_iovlen = 1;
    header.msg_controllen = WriteSendControl(slot, sendAsks_[i], sendControl_[i]);
    header.msg_control = header.msg_controllen > 0 ? sendControl_[i] : nullptr;
  }

  const int64_t clockMonoNs = ReadClock(CLOCK_MONOTONIC);
  const NtpTime clock = smear_.Show(socket.smear, clock_.AtMono(clockMonoNs));
  lastSendMonoNs_ = clockMonoNs;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t* row = Row(slots[i]);
    uint8_t* packet = arena_.data() + row[kSlotStart];
    const uint32_t flags = row[kSlotReplyFlags];
    if (sendAsks_[i] != nullptr) {
      sendAsks_[i]->clockMonoNs = clockMonoNs;
      sendAsks_[i]->clock = clock;
      sendAsks_[i]->expected = clock + delays[i];
    } else if ((flags & kReplyReportTx) != 0) {
      ReportTransmit(row[kSlotTxCookie], clock + delays[i], kStampDaemon);
    }
    if ((flags & kReplyXmtGiven) == 0) {
      NtpTime xmt = clock + delays[i];
      xmt = ((xmt & ~fuzzMask_) | (random_.Next() & fuzzMask_)) & ~NtpTime{1};
      const NtpTime rec = LoadNtp(packet + kHeaderRec);
      // Never before T2, nor equal to it: T2 ends in 1, T3 in 0.
      if (static_cast<int64_t>(xmt - rec) < 0) xmt = rec + 1;
      StoreNtp(packet + kHeaderXmt, xmt);
      row[kSlotTxSeconds] = static_cast<uint32_t>(xmt >> 32);
      row[kSlotTxFraction] = static_cast<uint32_t>(xmt);
    }
    if ((flags & kReplySealMac) != 0) {
      const uint32_t length = row[kSlotReplyLength];
      const uint32_t version = (packet[0] >> 3) & 7;
      const uint32_t macAt = length - (keys_ != nullptr ? keys_->MacOctets(row[kSlotSealKey], version) : 0);
      // One that cannot be sealed goes without, for the client to refuse.
      sendData_[i].iov_len = macAt + (keys_ != nullptr ? keys_->Seal(packet, macAt, row[kSlotSealKey], version) : 0);
    }
  }

  const bool atOnce = SendPrepared(socket, count);
  if (sample != Sample::kNone) {
    const int64_t returnMonoNs = ReadClock(CLOCK_MONOTONIC);
    TxAsk* asked = sendAsks_[count - 1];
    if (asked != nullptr) {
      asked->returnMonoNs = returnMonoNs;
      asked->sample = asked->sample && atOnce;
    }
    if (!anyAsked && atOnce) delays_.LearnPlain(delayRow, firstPlace + count - 1, returnMonoNs - clockMonoNs, returnMonoNs);
  }
  return count;
}

/**
 * Sends the first `count` messages that stand ready. The kernel stops at one it cannot send: the others go on. Returns
 * whether all went in one call, which took as long as such calls do.
 */
bool PacketPath::SendPrepared(PathSocket& socket, uint32_t count) {
  int refused = -1;  // the message that was refused last
  bool atOnce = true;
  for (uint32_t done = 0; done < count;) {
    const int sent = sendmmsg(socket.transmitFd, sendHeaders_ + done, count - done, MSG_DONTWAIT);
    const int error = errno;
    for (int i = 0; i < sent && socket.idByCounter; i++) {
      if (sendAsks_[done + i] != nullptr) NumberAsk(socket, *sendAsks_[done + i]);
    }
    if (sent > 0) {
      Count(kCounterSent, sent);
      done += static_cast<uint32_t>(sent);
    }
    if (done == count) break;
    atOnce = false;
    // Kernels differ in whether they number a reply before they refuse it: if it asked, whose number is whose is not
    // known from here on, also if it goes at another attempt.
    if (socket.idByCounter && sendAsks_[done] != nullptr) {
      GiveUpAsksFrom(done, count);
      socket.count = StampCount::kLost;
    }
    if (sent > 0 || error == EINTR) continue;
    const bool full = error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == ENOMEM;
    if (!full && refused != static_cast<int>(done)) {
      // It may be an error that waited at the socket (FetchError): told once, and to whoever sends next.
      refused = static_cast<int>(done);
      continue;
    }
    CountSendFailure(error);
    if (sendAsks_[done] != nullptr) GiveUpAsk(*sendAsks_[done]);
    done++;
  }
  return atOnce;
}

/** Replies of the chunk from `first` on do not wait for their transmit stamps any more, though they may ask for them. */
void PacketPath::GiveUpAsksFrom(uint32_t first, uint32_t count) {
  for (uint32_t i = first; i < count; i++) {
    if (sendAsks_[i] == nullptr) continue;
    GiveUpAsk(*sendAsks_[i]);
    sendAsks_[i] = nullptr;
  }
}

void PacketPath::CountSendFailure(int error) {
  if (error == ENOBUFS || error == ENOMEM) {
    Count(kCounterSendNoBuffer);
  } else if (error == EAGAIN || error == EWOULDBLOCK) {
    Count(kCounterSendWouldBlock);
  } else {
    Count(kCounterSendRefused);
  }
}

/** The control messages of one reply: the address to answer from, and the wish for a transmit stamp. */
size_t PacketPath::WriteSendControl(uint32_t slotIndex, const TxAsk* ask, uint8_t* control) {
  const SlotIo& slot = slots_[slotIndex];
  const PathSocket& socket = sockets_[slot.socket];
  size_t used = 0;
  if (socket.wildcard && socket.family == AF_INET) {
    in_pktinfo info = {};
    std::memcpy(&info.ipi_spec_dst, &slot.localAddress, sizeof info.ipi_spec_dst);
    AppendControl(control, used, IPPROTO_IP, IP_PKTINFO, info);
  } else if (socket.wildcard) {
    in6_pktinfo info = {};
    info.ipi6_addr = slot.localAddress;
    if (IN6_IS_ADDR_LINKLOCAL(&slot.localAddress)) info.ipi6_ifindex = slot.localInterface;
    AppendControl(control, used, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
  if (ask != nullptr) {
    const bool hardware = Row(slotIndex)[kSlotRxSource] == kStampHardware;
    const uint32_t wish =
        SOF_TIMESTAMPING_TX_SOFTWARE | (hardware ? uint32_t{SOF_TIMESTAMPING_TX_HARDWARE} : 0u);
    AppendControl(control, used, SOL_SOCKET, SO_TIMESTAMPING, wish);
    if (!socket.idByCounter) AppendControl(control, used, SOL_SOCKET, SCM_TS_OPT_ID, ask->id);
  }
  return used;
}

}  // namespace ntpd
