// load_bpf.cc: see load_bpf.h.
#include "load_bpf.h"

#include <linux/bpf.h>
#include <string.h>
#include <unistd.h>

#include "load_octets.h"

// Constants of newer headers than Debian 12's; the kernel says EINVAL where it does not know them.
constexpr uint32_t kAttachTcxIngress = 46;  // enum bpf_attach_type, Linux 6.6

namespace ntpd {
namespace {

constexpr int kTcxDrop = 2;
constexpr int kTcxNext = -1;

using namespace bpf;
using Program = BpfProgram;

// Jumps are written to offset kToEnd and pointed at the last two instructions (r0 = miss; exit) when sealed.
constexpr int16_t kToEnd = 0x7fff;

void Seal(Program& program, int32_t miss) {
  const size_t end = program.size();
  for (size_t i = 0; i < end; i++) {
    if (program[i].off == kToEnd) program[i].off = static_cast<int16_t>(end - i - 1);
  }
  program.push_back(MoveImm(0, miss));
  program.push_back(Exit());
}

BpfResult Attach(int program, int interface_index, uint32_t attach_type) noexcept {
  bpf_attr attr;
  memset(&attr, 0, sizeof attr);
  attr.link_create.prog_fd = static_cast<uint32_t>(program);
  attr.link_create.target_ifindex = static_cast<uint32_t>(interface_index);
  attr.link_create.attach_type = attach_type;
  return {Bpf(BPF_LINK_CREATE, attr), "bpf(LINK_CREATE)"};
}

// Swaps two fields of equal size through r2 and r3; r7 points at the frame.
void Swap(Program& p, uint8_t size, int16_t a, int16_t b) {
  p.push_back(Load(size, 2, 7, a));
  p.push_back(Load(size, 3, 7, b));
  p.push_back(Store(size, 7, a, 3));
  p.push_back(Store(size, 7, b, 2));
}

// An NTP responder for IPv4 of 34 instructions: swaps the addresses, turns mode 3 into mode 4 at stratum 1, echoes
// the transmit stamp as origin and leaves it as receive and transmit. Its replies carry no UDP checksum.
Program Reflector() {
  constexpr int16_t kIp = 14;
  constexpr int16_t kUdp = 34;
  constexpr int16_t kNtp = 42;
  Program p;
  p.push_back(Load(BPF_W, 7, 1, 0));  // xdp_md.data
  p.push_back(Load(BPF_W, 8, 1, 4));  // xdp_md.data_end
  p.push_back(MoveReg(2, 7));
  p.push_back(AluImm(BPF_ADD, 2, kNtp + 48));
  p.push_back(Make(BPF_JMP | BPF_JGT | BPF_X, 2, 8, kToEnd, 0));
  p.push_back(Load(BPF_H, 2, 7, 12));
  p.push_back(JumpNe(2, 0x0008, kToEnd));
  p.push_back(Load(BPF_B, 2, 7, kIp + 9));
  p.push_back(JumpNe(2, 17, kToEnd));
  p.push_back(Load(BPF_H, 2, 7, kUdp + 2));
  p.push_back(JumpNe(2, 123 << 8, kToEnd));
  Swap(p, BPF_W, 0, 6);
  Swap(p, BPF_H, 4, 10);
  Swap(p, BPF_W, kIp + 12, kIp + 16);
  Swap(p, BPF_H, kUdp, kUdp + 2);
  p.push_back(StoreImm(BPF_H, 7, kUdp + 6, 0));
  p.push_back(Load(BPF_B, 2, 7, kNtp));
  p.push_back(AluImm(BPF_AND, 2, 0x38));
  p.push_back(AluImm(BPF_OR, 2, 4));
  p.push_back(Store(BPF_B, 7, kNtp, 2));
  p.push_back(StoreImm(BPF_B, 7, kNtp + 1, 1));
  for (int16_t word = 0; word < 8; word += 4) {
    p.push_back(Load(BPF_W, 2, 7, static_cast<int16_t>(kNtp + 40 + word)));
    p.push_back(Store(BPF_W, 7, static_cast<int16_t>(kNtp + 24 + word), 2));
    p.push_back(Store(BPF_W, 7, static_cast<int16_t>(kNtp + 32 + word), 2));
  }
  p.push_back(MoveImm(0, XDP_TX));
  p.push_back(Exit());
  Seal(p, XDP_PASS);
  return p;
}

// The beginning of a program that looks at the headers of a UDP packet: r7 its start, r8 its end, and it is long enough.
Program BeginUdp() {
  Program p;
  p.push_back(Load(BPF_W, 7, 1, 0));
  p.push_back(Load(BPF_W, 8, 1, 4));
  p.push_back(MoveReg(2, 7));
  p.push_back(AluImm(BPF_ADD, 2, 42));
  p.push_back(Make(BPF_JMP | BPF_JGT | BPF_X, 2, 8, kToEnd, 0));
  return p;
}

// IPv4 to UDP port 123 goes to the socket, everything else to the stack.
Program Redirector(int map) {
  Program p = BeginUdp();
  p.push_back(Load(BPF_H, 2, 7, 12));
  p.push_back(JumpNe(2, 0x0008, kToEnd));
  p.push_back(Load(BPF_B, 2, 7, 23));
  p.push_back(JumpNe(2, 17, kToEnd));
  p.push_back(Load(BPF_H, 2, 7, 36));
  p.push_back(JumpNe(2, 123 << 8, kToEnd));
  p.push_back(Make(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, map));
  p.push_back(Make(0, 0, 0, 0, 0));
  p.push_back(MoveImm(2, 0));
  p.push_back(MoveImm(3, XDP_PASS));
  p.push_back(Call(BPF_FUNC_redirect_map));
  p.push_back(Exit());
  Seal(p, XDP_PASS);
  return p;
}

// IPv4 to UDP port 123 is dropped, ARP and the rest go on.
Program Dropper() {
  Program p = BeginUdp();
  p.push_back(Load(BPF_H, 2, 7, 36));
  p.push_back(JumpNe(2, 123 << 8, kToEnd));
  p.push_back(MoveImm(0, XDP_DROP));
  p.push_back(Exit());
  Seal(p, XDP_PASS);
  return p;
}

}  // namespace

BpfResult AttachReplyDrop(int interface_index, bool ipv6, const uint8_t* network, uint32_t prefix_bits,
                          uint16_t target_port) noexcept {
  Program p;
  p.push_back(MoveReg(6, 1));
  p.push_back(LoadAbs(BPF_H, 12));
  p.push_back(JumpNe(0, ipv6 ? 0x86dd : 0x0800, kToEnd));
  p.push_back(LoadAbs(BPF_B, ipv6 ? 20 : 23));
  p.push_back(JumpNe(0, 17, kToEnd));
  p.push_back(LoadAbs(BPF_H, ipv6 ? 54 : 34));
  p.push_back(JumpNe(0, target_port, kToEnd));
  const int32_t destination = ipv6 ? 38 : 30;
  for (uint32_t word = 0; word * 32 < prefix_bits; word++) {
    const uint32_t bits = prefix_bits - word * 32;
    const uint32_t mask = bits >= 32 ? 0xffff'ffffu : ~(0xffff'ffffu >> bits);
    p.push_back(LoadAbs(BPF_W, destination + static_cast<int32_t>(word) * 4));
    p.push_back(Make(BPF_ALU | BPF_AND | BPF_K, 0, 0, 0, static_cast<int32_t>(mask)));
    p.push_back(JumpNe(0, static_cast<int32_t>(LoadBig32(network + word * 4) & mask), kToEnd));
  }
  p.push_back(MoveImm(0, kTcxDrop));
  p.push_back(Exit());
  Seal(p, kTcxNext);
  const BpfResult program = LoadBpf(BPF_PROG_TYPE_SCHED_CLS, kAttachTcxIngress, p);
  if (program.fd < 0) return program;
  const BpfResult link = Attach(program.fd, interface_index, kAttachTcxIngress);
  close(program.fd);
  return link;
}

BpfResult LoadXdp(XdpSink sink, int socket_map) noexcept {
  Program p;
  switch (sink) {
    case XdpSink::kDrop: p = Dropper(); break;
    case XdpSink::kReflect: p = Reflector(); break;
    case XdpSink::kRedirect: p = Redirector(socket_map); break;
    case XdpSink::kPass: Seal(p, XDP_PASS); break;
  }
  return LoadBpf(BPF_PROG_TYPE_XDP, BPF_XDP, p);
}

BpfResult AttachXdp(int program, int interface_index) noexcept { return Attach(program, interface_index, BPF_XDP); }

BpfResult CreateSocketMap() noexcept {
  bpf_attr attr;
  memset(&attr, 0, sizeof attr);
  attr.map_type = BPF_MAP_TYPE_XSKMAP;
  attr.key_size = 4;
  attr.value_size = 4;
  attr.max_entries = 1;
  return {Bpf(BPF_MAP_CREATE, attr), "bpf(MAP_CREATE)"};
}

int SetSocketMap(int map, int socket) noexcept {
  const uint32_t key = 0;
  const uint32_t value = static_cast<uint32_t>(socket);
  bpf_attr attr;
  memset(&attr, 0, sizeof attr);
  attr.map_fd = static_cast<uint32_t>(map);
  attr.key = reinterpret_cast<uint64_t>(&key);
  attr.value = reinterpret_cast<uint64_t>(&value);
  return Bpf(BPF_MAP_UPDATE_ELEM, attr);
}

}  // namespace ntpd
