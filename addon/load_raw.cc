// load_raw.cc: composing, sending and taking frames. Opening the sockets is load_raw_open.cc.
#include "load_raw.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <initializer_list>

#include "load_octets.h"

namespace ntpd {
namespace {

constexpr uint32_t kRingFrame = 256;
constexpr uint32_t kReceiveBatch = 256;
constexpr uint32_t kControlMax = 256;
constexpr uint32_t kEtherIpv4 = 0x0800;
constexpr uint32_t kEtherIpv6 = 0x86dd;

// Frames are staggered inside their chunks: at equal offsets they would all compete for two sets of the L1 cache.
uint32_t Offset(uint32_t at) noexcept { return at * kXdpChunk + at % 8 * 128; }

}  // namespace

RawLink::~RawLink() {
  if (ring_ != nullptr) munmap(ring_, ring_octets_);
  for (const int fd : {stamps_, packet_, drop_link_}) {
    if (fd >= 0) close(fd);
  }
}

uint8_t* RawLink::Place(uint32_t at) noexcept {
  return xdp_.fd() >= 0 ? xdp_.At(Offset(at)) : frames_.data() + Offset(at);
}

void RawLink::Compose(uint32_t at, const Request& request) noexcept {
  uint8_t* frame = Place(at);
  const uint32_t address = address_base_ + request.client;
  const uint16_t port = PortOf(request.client);
  if (config_.ipv6) {
    StoreBig32(frame + ip_ + 20, address);
  } else {
    StoreBig32(frame + ip_ + 12, address);
    StoreBig16(frame + ip_ + 10, ChecksumFold(ip_sum_ + (address >> 16) + (address & 0xffff)));
  }
  StoreBig16(frame + udp_, port);
  std::memcpy(frame + ntp_, request.ntp, kNtpOctets);
  // Octets 2 to 23 of a request are zero.
  uint32_t sum = udp_sum_ + (address >> 16) + (address & 0xffff) + port + LoadBig16(request.ntp);
  sum = ChecksumAdd(request.ntp + 24, 24, sum);
  const uint16_t checksum = ChecksumFold(sum);
  StoreBig16(frame + udp_ + 6, checksum == 0 ? 0xffff : checksum);
  batch_[at].sequence = request.sequence;
  if (request.sample && stamps_ >= 0) sampled_ |= 1ull << at;
}

int RawLink::Transmit(uint32_t count, uint64_t& refused) noexcept {
  refused = 0;
  for (uint64_t left = sampled_; left != 0; left &= left - 1) {
    const auto at = static_cast<uint32_t>(__builtin_ctzll(left));
    const uint32_t octets = static_cast<uint32_t>(config_.frame.size());
    if (send(stamps_, Place(at), octets, MSG_DONTWAIT) < 0) {
      if (errno != ENOBUFS && errno != EAGAIN) return -errno;
      refused |= 1ull << at;
      continue;
    }
    stamp_sequences_[stamp_number_++ % stamp_sequences_.size()] = batch_[at].sequence;
  }
  const int result = xdp_.fd() >= 0 ? TransmitXdp(count, refused) : TransmitPacket(count, refused);
  sampled_ = 0;
  return result;
}

int RawLink::TransmitXdp(uint32_t count, uint64_t& refused) noexcept {
  uint32_t place_of[kBatch];
  uint32_t queued = 0;
  for (uint32_t i = 0; i < count; i++) {
    if ((sampled_ >> i & 1) != 0) continue;
    place_of[queued++] = i;
    xdp_.Send(Offset(i), static_cast<uint32_t>(config_.frame.size()));
  }
  uint64_t dropped = 0;
  const int result = xdp_.Flush(dropped);
  for (; dropped != 0; dropped &= dropped - 1) refused |= 1ull << place_of[__builtin_ctzll(dropped)];
  return result;
}

int RawLink::TransmitPacket(uint32_t count, uint64_t& refused) noexcept {
  mmsghdr messages[kBatch];
  iovec parts[kBatch];
  uint32_t place_of[kBatch];
  uint32_t queued = 0;
  std::memset(messages, 0, sizeof messages);
  for (uint32_t i = 0; i < count; i++) {
    if ((sampled_ >> i & 1) != 0) continue;
    place_of[queued] = i;
    parts[queued] = {Place(i), config_.frame.size()};
    messages[queued].msg_hdr.msg_iov = &parts[queued];
    messages[queued].msg_hdr.msg_iovlen = 1;
    queued++;
  }
  for (uint32_t at = 0; at < queued;) {
    const int sent = sendmmsg(packet_, messages + at, queued - at, MSG_DONTWAIT);
    if (sent >= 0) {
      at += static_cast<uint32_t>(sent);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != ENOBUFS && errno != EAGAIN) return -errno;
    refused |= 1ull << place_of[at++];
  }
  return 0;
}

uint32_t RawLink::Receive(Ledger& ledger, int64_t real_minus_mono_ns) noexcept {
  uint32_t taken = 0;
  while (taken < kReceiveBatch) {
    auto* header = reinterpret_cast<tpacket2_hdr*>(ring_ + static_cast<size_t>(ring_at_) * kRingFrame);
    const uint32_t status = __atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE);
    if ((status & TP_STATUS_USER) == 0) break;
    const int64_t arrival_ns = static_cast<int64_t>(header->tp_sec) * kNsPerSecond + header->tp_nsec;
    Take(reinterpret_cast<const uint8_t*>(header) + header->tp_mac, header->tp_snaplen, header->tp_len,
         (status & TP_STATUS_CSUMNOTREADY) == 0, arrival_ns, real_minus_mono_ns, ledger);
    __atomic_store_n(&header->tp_status, static_cast<uint32_t>(TP_STATUS_KERNEL), __ATOMIC_RELEASE);
    if (++ring_at_ == config_.ring_frames) ring_at_ = 0;
    taken++;
  }
  return taken;
}

void RawLink::Take(const uint8_t* frame, uint32_t captured, uint32_t length, bool checksum_ready,
                   int64_t arrival_real_ns, int64_t real_minus_mono_ns, Ledger& ledger) noexcept {
  if (captured < 14) return;
  const uint32_t type = LoadBig16(frame + 12);
  const bool is_ip = type == (config_.ipv6 ? kEtherIpv6 : kEtherIpv4) && captured >= ntp_;
  if (!is_ip || frame[ip_ + (config_.ipv6 ? 6 : 9)] != 17) {
    if (control_.size() < kControlMax) control_.emplace_back(frame, frame + captured);
    return;
  }
  const uint32_t address_octets = config_.ipv6 ? 16 : 4;
  const uint8_t* source = frame + ip_ + (config_.ipv6 ? 8 : 12);
  const uint8_t* destination = source + address_octets;
  const uint8_t* own = config_.frame.data() + ip_ + (config_.ipv6 ? 8 : 12);
  const uint16_t udp_length = LoadBig16(frame + udp_ + 4);
  Reply reply{};
  reply.ntp = frame + ntp_;
  reply.length = udp_length < 8 || udp_ + udp_length > length ? 0u : udp_length - 8u;
  reply.arrival_real_ns = arrival_real_ns;
  reply.arrival_mono_ns = arrival_real_ns - real_minus_mono_ns;
  reply.client = LoadBig32(destination + address_octets - 4) - address_base_;
  reply.client_known = true;
  if (std::memcmp(destination, own, address_octets - 4) != 0 || reply.client >= config_.clients ||
      LoadBig16(frame + udp_ + 2) != PortOf(reply.client)) {
    reply.client = ~0u;
  }
  reply.from_target = std::memcmp(source, target_, address_octets) == 0 && LoadBig16(frame + udp_) == target_port_;
  // A frame that never left this machine may still be waiting for its checksum; zero means none on IPv4.
  const uint16_t checksum = LoadBig16(frame + udp_ + 6);
  if (checksum_ready && reply.length > 0 && udp_ + udp_length <= captured && (checksum != 0 || config_.ipv6)) {
    uint32_t sum = ChecksumAdd(source, 2 * address_octets, 17u + udp_length);
    sum = ChecksumAdd(frame + udp_, udp_length, sum);
    reply.checksum_wrong = ChecksumFold(sum) != 0;
  }
  if (reply.length > captured - ntp_) reply.length = captured - ntp_;
  ledger.Account(reply);
}

void RawLink::CollectStamps(Ledger& ledger) noexcept {
  for (int i = 0; i < 64; i++) {
    alignas(cmsghdr) uint8_t control[256];
    uint8_t octet;
    iovec part{&octet, 1};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    if (recvmsg(stamps_, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return;
    int64_t stamp_ns = 0;
    uint32_t number = 0;
    bool numbered = false;
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
      if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPING) {
        scm_timestamping stamps;
        std::memcpy(&stamps, CMSG_DATA(c), sizeof stamps);
        stamp_ns = NsOf(stamps.ts[0]);
      } else if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_TX_TIMESTAMP) {
        sock_extended_err error;
        std::memcpy(&error, CMSG_DATA(c), sizeof error);
        numbered = error.ee_origin == SO_EE_ORIGIN_TIMESTAMPING;
        number = error.ee_data;
      }
    }
    const uint32_t behind = stamp_number_ - number;
    if (!numbered || stamp_ns == 0 || behind == 0 || behind > stamp_sequences_.size()) continue;
    ledger.StampSent(stamp_sequences_[number % stamp_sequences_.size()], stamp_ns);
  }
}

uint32_t RawLink::TakeDrops() noexcept {
  tpacket_stats stats{};
  socklen_t octets = sizeof stats;
  if (getsockopt(packet_, SOL_PACKET, PACKET_STATISTICS, &stats, &octets) < 0) return 0;
  return stats.tp_drops;
}

int RawLink::SendControl(const uint8_t* frame, uint32_t octets) noexcept {
  return send(packet_, frame, octets, 0) < 0 ? -errno : 0;
}

}  // namespace ntpd
