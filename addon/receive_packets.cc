// receive_packets.cc: the only caller of recvmmsg(2). Fills slots from the sockets and turns kernel stamps into T2.
#include <errno.h>
#include <time.h>

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>

#include <algorithm>
#include <cstring>

#include "packet_path.h"

namespace ntpd {

namespace {

// A stamp this far ahead of the clock means that the clock was set back after it.
constexpr int64_t kFutureNs = 1'000'000;
// Octets on the link before those of UDP: Ethernet, IP and UDP headers.
constexpr uint32_t kHeadersV4 = 42;
constexpr uint32_t kHeadersV6 = 62;

// What we ask the kernel to tell with a datagram has room. Something else may have been asked for on our socket; what is
// cut short then is what comes last, and the stamps come first.
static_assert(CMSG_SPACE(sizeof(scm_ts_pktinfo)) + CMSG_SPACE(sizeof(scm_timestamping)) +
                  CMSG_SPACE(sizeof(in6_pktinfo)) <=
              kReceiveControlOctets);

bool SameAddress(const SlotIo& slot, int family) {
  if (family == AF_INET) {
    const auto& from = reinterpret_cast<const sockaddr_in&>(slot.address);
    return std::memcmp(&from.sin_addr, &slot.localAddress, sizeof from.sin_addr) == 0;
  }
  return std::memcmp(&slot.address.sin6_addr, &slot.localAddress, sizeof slot.localAddress) == 0;
}

void WriteAddress(const SlotIo& slot, int family, uint32_t* row) {
  if (family == AF_INET) {
    const auto& from = reinterpret_cast<const sockaddr_in&>(slot.address);
    row[kSlotAddress] = 0;
    row[kSlotAddress + 1] = 0;
    row[kSlotAddress + 2] = 0xffff;
    row[kSlotAddress + 3] = ntohl(from.sin_addr.s_addr);
    row[kSlotPort] = ntohs(from.sin_port);
    return;
  }
  for (int i = 0; i < 4; i++) {
    uint32_t word;
    std::memcpy(&word, slot.address.sin6_addr.s6_addr + 4 * i, sizeof word);
    row[kSlotAddress + i] = ntohl(word);
  }
  row[kSlotPort] = ntohs(slot.address.sin6_port);
}

}  // namespace

/** Reads what is queued at the sockets that had something, fairly, without waiting. */
uint32_t PacketPath::ReceiveAll() {
  uint32_t filled = 0;
  const uint32_t count = static_cast<uint32_t>(sockets_.size());
  for (uint32_t i = 0; i < count && filled < capacity_; i++) {
    const uint32_t index = (rotate_ + i) % count;
    if (!sockets_[index].hot) continue;
    filled += ReceiveFrom(index, filled);
  }
  rotate_++;
  return filled;
}

uint32_t PacketPath::ReceiveFrom(uint32_t socketIndex, uint32_t firstSlot) {
  PathSocket& socket = sockets_[socketIndex];
  const uint32_t room = capacity_ - firstSlot;
  for (uint32_t i = firstSlot; i < capacity_; i++) {
    msghdr& header = receiveHeaders_[i].msg_hdr;
    if (header.msg_namelen == sizeof(sockaddr_in6) && header.msg_controllen == kReceiveControlOctets) break;
    header.msg_namelen = sizeof(sockaddr_in6);
    header.msg_controllen = kReceiveControlOctets;
  }
  int received;
  do {
    received = recvmmsg(socket.fd, &receiveHeaders_[firstSlot], room, MSG_DONTWAIT, nullptr);
  } while (received < 0 && errno == EINTR);
  if (received < 0) {
    if (errno != EAGAIN && errno != EWOULDBLOCK) Count(kCounterReceiveErrors);
    received = 0;
  }
  const uint32_t count = static_cast<uint32_t>(received);
  socket.hot = count > 0;
  for (uint32_t i = firstSlot; i < firstSlot + count; i++) {
    slots_[i].socket = static_cast<uint16_t>(socketIndex);
    slots_[i].suspect = socket.suspects > 0;
  }
  // An empty queue, or one turned over once, holds nothing from before the clock was set.
  socket.suspects = count < room || socket.suspects < count ? 0 : socket.suspects - count;
  return count;
}

/** Walks the control messages of one datagram: stamps, own address, interface. One cut short is as good as none. */
PacketPath::ReceiveStamps PacketPath::ReadControl(uint32_t slotIndex) {
  ReceiveStamps read;
  SlotIo& slot = slots_[slotIndex];
  msghdr& header = receiveHeaders_[slotIndex].msg_hdr;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    const size_t octets = part->cmsg_len - CMSG_LEN(0);
    if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SO_TIMESTAMPING && octets >= sizeof(scm_timestamping)) {
      scm_timestamping stamps;
      std::memcpy(&stamps, CMSG_DATA(part), sizeof stamps);
      read.realNs = Nanoseconds(stamps.ts[0]);
      read.cardNs = Nanoseconds(stamps.ts[2]);
    } else if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_TIMESTAMPING_PKTINFO &&
               octets >= sizeof(scm_ts_pktinfo)) {
      scm_ts_pktinfo info;
      std::memcpy(&info, CMSG_DATA(part), sizeof info);
      read.interface = info.if_index;
      read.linkOctets = info.pkt_length;
    } else if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO && octets >= sizeof(in_pktinfo)) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(part), sizeof info);
      std::memcpy(&slot.localAddress, &info.ipi_spec_dst, sizeof info.ipi_spec_dst);
      slot.localInterface = static_cast<uint32_t>(info.ipi_ifindex);
    } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO && octets >= sizeof(in6_pktinfo)) {
      in6_pktinfo info;
      std::memcpy(&info, CMSG_DATA(part), sizeof info);
      slot.localAddress = info.ipi6_addr;
      slot.localInterface = info.ipi6_ifindex;
    }
  }
  return read;
}

/** Completes the table's rows for the datagrams just read. */
void PacketPath::ConvertStamps(uint32_t firstSlot, uint32_t count, int64_t nowMonoNs) {
  for (uint32_t i = firstSlot; i < firstSlot + count; i++) {
    SlotIo& slot = slots_[i];
    const PathSocket& socket = sockets_[slot.socket];
    uint32_t* row = Row(i);
    const msghdr& header = receiveHeaders_[i].msg_hdr;

    slot.localInterface = socket.interface;
    slot.localAddress = socket.address;
    const ReceiveStamps stamps = ReadControl(i);
    slot.cardInterface = stamps.interface != 0 ? stamps.interface : slot.localInterface;

    uint32_t flags = 0;
    int64_t monoNs = nowMonoNs;
    uint32_t source = kStampDaemon;
    if (stamps.realNs != 0) {
      monoNs = clock_.MonoFromReal(stamps.realNs);
      source = kStampKernel;
      if (pageSeen_ && (slot.suspect || withhold_ || monoNs > nowMonoNs + kFutureNs)) {
        flags |= kSlotEpochChanged;
        Count(kCounterStepped);
      }
    }
    const uint32_t linkOctets =
        stamps.linkOctets != 0 ? stamps.linkOctets
                               : (socket.family == AF_INET ? kHeadersV4 : kHeadersV6) + receiveHeaders_[i].msg_len;
    if (hardware_.ReceiveMonoNs(slot.cardInterface, stamps.cardNs, monoNs, linkOctets, monoNs)) source = kStampHardware;
    if (source == kStampDaemon) Count(kCounterUnstamped);
    if ((header.msg_flags & MSG_TRUNC) != 0) flags |= kSlotTruncated;
    if ((header.msg_flags & MSG_CTRUNC) != 0) Count(kCounterReceiveErrors);

    const NtpTime shown = smear_.Show(socket.smear, clock_.AtMono(monoNs));
    const NtpTime stamp = receiveStamps_->Make(shown, fuzzMask_, random_.Next());
    const int64_t ageUs = (nowMonoNs - monoNs) / 1'000;
    row[kSlotLength] = receiveHeaders_[i].msg_len;
    row[kSlotRxSeconds] = static_cast<uint32_t>(stamp >> 32);
    row[kSlotRxFraction] = static_cast<uint32_t>(stamp);
    row[kSlotRxSource] = source;
    WriteAddress(slot, socket.family, row);
    row[kSlotListener] = socket.listener;
    row[kSlotReplyLength] = 0;
    row[kSlotReplyFlags] = 0;
    row[kSlotAgeUs] = static_cast<uint32_t>(ageUs < 0 ? 0 : (ageUs > (1 << 30) ? (1 << 30) : ageUs));
    row[kSlotInterface] = slot.localInterface;
    if (row[kSlotPort] == socket.port && SameAddress(slot, socket.family)) flags |= kSlotFromSelf;
    row[kSlotFlags] = flags;
  }
}

}  // namespace ntpd
