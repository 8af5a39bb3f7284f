// load_raw_open.cc: the sockets of the raw engine.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load_bpf.h"
#include "load_octets.h"
#include "load_raw.h"

namespace ntpd {
namespace {

constexpr uint32_t kRingFrame = 256;
constexpr uint32_t kCompletions = 8192;
constexpr uint32_t kStampNumbers = 8192;

// Replies from the target's port to this worker's ports, and ARP or neighbour discovery; nothing else enters the
// ring. Classic BPF; jumps count instructions to skip.
std::vector<sock_filter> ReplyFilter(const RawConfig& config, uint16_t target_port) {
  const uint32_t udp = config.ipv6 ? 54 : 34;
  std::vector<sock_filter> f;
  f.push_back(BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12));
  const auto accept = [&f] { f.push_back(BPF_STMT(BPF_RET | BPF_K, 0xffff)); };
  const auto reject = [&f] { f.push_back(BPF_STMT(BPF_RET | BPF_K, 0)); };
  if (!config.ipv6) {
    f.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ARP, 0, 1));
    accept();
  }
  f.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, config.ipv6 ? 0x86ddu : 0x0800u, 1, 0));
  reject();
  f.push_back(BPF_STMT(BPF_LD | BPF_B | BPF_ABS, config.ipv6 ? 20u : 23u));
  if (config.ipv6) {
    f.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 58, 0, 5));
    f.push_back(BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 54));
    f.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 135, 1, 0));
    f.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 136, 0, 1));
    accept();
    reject();
  }
  f.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 17, 1, 0));
  reject();
  f.push_back(BPF_STMT(BPF_LD | BPF_H | BPF_ABS, udp));
  f.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, target_port, 1, 0));
  reject();
  f.push_back(BPF_STMT(BPF_LD | BPF_H | BPF_ABS, udp + 2));
  f.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, config.port_first, 1, 0));
  reject();
  f.push_back(BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, config.port_first));
  f.push_back(BPF_STMT(BPF_MISC | BPF_TAX, 0));
  f.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, uint32_t{config.port_count} * config.port_stride, 0, 1));
  reject();
  f.push_back(BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, config.port_stride));
  f.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0));
  reject();
  accept();
  return f;
}

bool Fail(LinkError& failure, const char* syscall) {
  failure.error = errno;
  failure.syscall = syscall;
  return false;
}

int Set(int fd, int level, int name, int value) { return setsockopt(fd, level, name, &value, sizeof value); }

}  // namespace

std::unique_ptr<RawLink> RawLink::Open(const RawConfig& config, LinkError& failure) {
  std::unique_ptr<RawLink> link(new RawLink());
  link->config_ = config;
  const bool v6 = config.ipv6;
  const uint8_t* frame = link->config_.frame.data();
  link->udp_ = link->ip_ + (v6 ? 40 : 20);
  link->ntp_ = link->udp_ + 8;
  const uint32_t address_octets = v6 ? 16 : 4;
  const uint8_t* source = frame + link->ip_ + (v6 ? 8 : 12);
  std::memcpy(link->target_, source + address_octets, address_octets);
  link->target_port_ = LoadBig16(frame + link->udp_ + 2);
  link->address_base_ = LoadBig32(source + address_octets - 4);
  // What stays the same: the sum without the source address' low word, the source port and the payload.
  if (!v6) link->ip_sum_ = ChecksumAdd(frame + link->ip_, 12) + ChecksumAdd(frame + link->ip_ + 16, 4);
  const uint32_t udp_octets = static_cast<uint32_t>(config.frame.size()) - link->udp_;
  link->udp_sum_ = ChecksumAdd(source, address_octets - 4, 17 + udp_octets);
  link->udp_sum_ = ChecksumAdd(link->target_, address_octets, link->udp_sum_);
  link->udp_sum_ = ChecksumAdd(frame + link->udp_ + 2, 4, link->udp_sum_);

  if (!link->OpenReceive(failure) || !link->OpenStamps(failure)) return nullptr;
  const BpfResult drop = AttachReplyDrop(config.interface_index, v6, source, config.prefix_bits, link->target_port_);
  if (drop.fd == -EPERM || drop.fd == -EACCES) {
    failure = {-drop.fd, drop.syscall};
    return nullptr;
  }
  link->drop_link_ = drop.fd;  // not there before Linux 6.6: the caller hears of it through DropsReplies
  // In copy mode the kernel has copied a batch when the call that sends it returns: its frames are all the memory
  // needed. Where AF_XDP is missing, the packet socket sends.
  if (!config.packet_transmit) {
    link->xdp_.Open(config.interface_index, config.queue, XdpSizes{kBatch, kBatch, kCompletions, 0, 2 * kBatch});
  }
  if (link->xdp_.fd() < 0) link->frames_.resize(kBatch * kXdpChunk);
  for (uint32_t i = 0; i < kBatch; i++) std::memcpy(link->Place(i), frame, config.frame.size());
  return link;
}

bool RawLink::OpenReceive(LinkError& failure) {
  packet_ = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (packet_ < 0) return Fail(failure, "socket(AF_PACKET)");
  std::vector<sock_filter> filter = ReplyFilter(config_, target_port_);
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  if (setsockopt(packet_, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0) {
    return Fail(failure, "setsockopt(SO_ATTACH_FILTER)");
  }
  Set(packet_, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
  Set(packet_, SOL_PACKET, PACKET_QDISC_BYPASS, 1);
  Set(packet_, SOL_SOCKET, SO_SNDBUFFORCE, 16 << 20);
  // Stamps are then taken as a frame enters the stack, not when the ring gets its copy.
  Set(packet_, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  if (Set(packet_, SOL_PACKET, PACKET_VERSION, TPACKET_V2) < 0) return Fail(failure, "setsockopt(PACKET_VERSION)");
  tpacket_req request{};
  request.tp_block_size = 1u << 18;
  request.tp_frame_size = kRingFrame;
  request.tp_frame_nr = config_.ring_frames;
  request.tp_block_nr = config_.ring_frames / (request.tp_block_size / kRingFrame);
  if (setsockopt(packet_, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) < 0) {
    return Fail(failure, "setsockopt(PACKET_RX_RING)");
  }
  ring_octets_ = static_cast<size_t>(config_.ring_frames) * kRingFrame;
  void* ring = mmap(nullptr, ring_octets_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, packet_, 0);
  if (ring == MAP_FAILED) return Fail(failure, "mmap(PACKET_RX_RING)");
  ring_ = static_cast<uint8_t*>(ring);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);  // only taps of every protocol come before tc ingress
  address.sll_ifindex = config_.interface_index;
  if (bind(packet_, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) return Fail(failure, "bind(AF_PACKET)");
  return true;
}

bool RawLink::OpenStamps(LinkError& failure) {
  stamps_ = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (stamps_ < 0) return Fail(failure, "socket(AF_PACKET)");
  Set(stamps_, SOL_PACKET, PACKET_QDISC_BYPASS, 1);
  Set(stamps_, SOL_SOCKET, SO_SNDBUFFORCE, 4 << 20);
  Set(stamps_, SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20);
  const int flags = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY |
                    SOF_TIMESTAMPING_OPT_ID;
  if (Set(stamps_, SOL_SOCKET, SO_TIMESTAMPING, flags) < 0) return Fail(failure, "setsockopt(SO_TIMESTAMPING)");
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = config_.interface_index;
  if (bind(stamps_, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) return Fail(failure, "bind(AF_PACKET)");
  stamp_sequences_.resize(kStampNumbers);
  return true;
}

}  // namespace ntpd
