// bpf.h: the only door to bpf(2), and an assembler for small programs. They are put together here because they must
// not need a compiler on the target.
#pragma once
#include <linux/bpf.h>

#include <cstdint>
#include <vector>

namespace ntpd {

struct BpfResult {
  int fd;         // >= 0, or -errno
  const char* syscall;
};

// bpf(2). Returns what it returns, or -errno.
int Bpf(int command, bpf_attr& attr) noexcept;

using BpfProgram = std::vector<bpf_insn>;

BpfResult LoadBpf(uint32_t type, uint32_t attach_type, const BpfProgram& program) noexcept;

// What the instructions are made of. Registers are numbers: r0 result, r1 to r5 arguments, r10 the frame.
namespace bpf {

inline bpf_insn Make(uint8_t code, uint8_t dst, uint8_t src, int16_t off, int32_t imm) {
  bpf_insn insn{};
  insn.code = code;
  insn.dst_reg = dst & 0xf;
  insn.src_reg = src & 0xf;
  insn.off = off;
  insn.imm = imm;
  return insn;
}
inline bpf_insn MoveImm(uint8_t dst, int32_t imm) { return Make(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm); }
inline bpf_insn MoveReg(uint8_t dst, uint8_t src) { return Make(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0); }
inline bpf_insn LoadAbs(uint8_t size, int32_t at) { return Make(BPF_LD | BPF_ABS | size, 0, 0, 0, at); }
inline bpf_insn JumpNe(uint8_t dst, int32_t imm, int16_t off) { return Make(BPF_JMP32 | BPF_JNE | BPF_K, dst, 0, off, imm); }
inline bpf_insn Load(uint8_t size, uint8_t dst, uint8_t src, int16_t off) { return Make(BPF_LDX | BPF_MEM | size, dst, src, off, 0); }
inline bpf_insn Store(uint8_t size, uint8_t dst, int16_t off, uint8_t src) { return Make(BPF_STX | BPF_MEM | size, dst, src, off, 0); }
inline bpf_insn StoreImm(uint8_t size, uint8_t dst, int16_t off, int32_t imm) { return Make(BPF_ST | BPF_MEM | size, dst, 0, off, imm); }
inline bpf_insn AluImm(uint8_t op, uint8_t dst, int32_t imm) { return Make(BPF_ALU64 | op | BPF_K, dst, 0, 0, imm); }
inline bpf_insn Alu32Imm(uint8_t op, uint8_t dst, int32_t imm) { return Make(BPF_ALU | op | BPF_K, dst, 0, 0, imm); }
inline bpf_insn Alu32Reg(uint8_t op, uint8_t dst, uint8_t src) { return Make(BPF_ALU | op | BPF_X, dst, src, 0, 0); }
inline bpf_insn ToHost32(uint8_t dst) { return Make(BPF_ALU | BPF_END | BPF_TO_BE, dst, 0, 0, 32); }
inline bpf_insn Call(int32_t helper) { return Make(BPF_JMP | BPF_CALL, 0, 0, 0, helper); }
inline bpf_insn Exit() { return Make(BPF_JMP | BPF_EXIT, 0, 0, 0, 0); }

}  // namespace bpf

}  // namespace ntpd
