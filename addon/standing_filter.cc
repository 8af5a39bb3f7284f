// standing_filter.cc: an eBPF socket filter that in overload chooses what may enter a worker's queue, before the packet
// costs the worker anything. Clients in good standing always may; of the others a share that the worker keeps setting.
// Who is in good standing stands in a map that the workers write as plain memory (src/core/server/standing.ts has its
// form); the filter finds a client in it by the same keyed hash.
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "args.h"
#include "bpf.h"
#include "layout.h"
#include "sys_error.h"

namespace ntpd {

namespace {

using namespace bpf;

constexpr uint32_t kElementOctets = 4 * kStandingRowWords;
constexpr uint32_t kRowsMax = 1u << 24;

// Of the IP header, version 4 and 6; both are there in any datagram that reaches a socket.
constexpr int16_t kHeaderOctets = 24;
constexpr int16_t kSourceV4 = 12;
constexpr int16_t kSourceV6 = 8;

// The frame of the program, from r10 down.
constexpr int16_t kKey = -4;
constexpr int16_t kEnd = -8;  // third word of the hash's message: its length and label
constexpr int16_t kHeader = -32;

struct FilterOptions {
  int map;
  uint32_t sets;  // a power of two
  uint32_t worker;
  uint32_t hashKey[2];
  int32_t labelV4;
  int32_t labelV6;
};

/** A program under construction, whose jumps forward are pointed at labels when these are placed. */
class Assembly {
 public:
  static constexpr int kLabels = 16;
  void Add(bpf_insn insn) { program_.push_back(insn); }
  void Jump(bpf_insn insn, int label) {
    jumps_.push_back({program_.size(), label});
    Add(insn);
  }
  void Place(int label) { places_[label] = program_.size(); }
  BpfProgram Finish() {
    for (const auto& [at, label] : jumps_) program_[at].off = static_cast<int16_t>(places_[label] - at - 1);
    return program_;
  }

 private:
  BpfProgram program_;
  std::vector<std::pair<size_t, int>> jumps_;
  size_t places_[kLabels] = {};
};

/** r0 = the element of the map that the key on the frame names; to `missing` without. */
void Lookup(Assembly& a, int map, int missing) {
  a.Add(Make(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, map));
  a.Add(Make(0, 0, 0, 0, 0));
  a.Add(MoveReg(2, 10));
  a.Add(AluImm(BPF_ADD, 2, kKey));
  a.Add(Call(BPF_FUNC_map_lookup_elem));
  a.Jump(Make(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 0, 0), missing);
}

/** Rotates to the left, by way of r4. */
void Rotate(Assembly& a, uint8_t reg, int32_t bits) {
  a.Add(Make(BPF_ALU | BPF_MOV | BPF_X, 4, reg, 0, 0));
  a.Add(Alu32Imm(BPF_LSH, reg, bits));
  a.Add(Alu32Imm(BPF_RSH, 4, 32 - bits));
  a.Add(Alu32Reg(BPF_OR, reg, 4));
}

/**
 * HalfSipHash-1-3 as src/core/server/keyed-hash.ts has it, over r8, r9 and the word at kEnd; v0 to v3 are r0 to r3.
 * Leaves low in r1 and high in r0.
 */
void Hash(Assembly& a, const uint32_t* key) {
  constexpr int kRounds = 6;
  constexpr int kFinal = 3;
  const auto set = [&](uint8_t reg, uint32_t value) {
    a.Add(Make(BPF_ALU | BPF_MOV | BPF_K, reg, 0, 0, static_cast<int32_t>(value)));
  };
  set(0, key[0]);
  set(1, key[1]);
  set(2, 0x6c79'6765u ^ key[0]);
  set(3, 0x7465'6462u ^ key[1]);
  for (int round = 0; round < kRounds; round++) {
    const uint8_t word = round == 0 ? 8 : round == 1 ? 9 : 5;
    if (round == 2) a.Add(Load(BPF_W, 5, 10, kEnd));
    if (round == kFinal) a.Add(Alu32Imm(BPF_XOR, 2, 0xff));
    if (round < kFinal) a.Add(Alu32Reg(BPF_XOR, 3, word));
    a.Add(Alu32Reg(BPF_ADD, 0, 1));
    Rotate(a, 1, 5);
    a.Add(Alu32Reg(BPF_XOR, 1, 0));
    Rotate(a, 0, 16);
    a.Add(Alu32Reg(BPF_ADD, 2, 3));
    Rotate(a, 3, 8);
    a.Add(Alu32Reg(BPF_XOR, 3, 2));
    a.Add(Alu32Reg(BPF_ADD, 0, 3));
    Rotate(a, 3, 7);
    a.Add(Alu32Reg(BPF_XOR, 3, 0));
    a.Add(Alu32Reg(BPF_ADD, 2, 1));
    Rotate(a, 1, 13);
    a.Add(Alu32Reg(BPF_XOR, 1, 2));
    Rotate(a, 2, 16);
    if (round < kFinal) a.Add(Alu32Reg(BPF_XOR, 0, word));
  }
  a.Add(Alu32Reg(BPF_XOR, 1, 3));
  a.Add(Alu32Reg(BPF_XOR, 0, 2));
}

/** Adds one to the counter of 64 bits at `word` of the worker's row, r7; several cores may be at it. */
void CountAt(Assembly& a, uint32_t word) {
  a.Add(MoveImm(1, 1));
  a.Add(Make(BPF_STX | BPF_ATOMIC | BPF_DW, 7, 1, static_cast<int16_t>(4 * word), BPF_ADD));
}

/** The program. r6 the packet, r7 the worker's row, r8 and r9 the source's words, then r8 its tag. */
BpfProgram StandingFilter(const FilterOptions& options) {
  enum Label { kPass, kHashIt, kV6, kUnknown, kFound, kNext };  // kNext: one for each way from here on
  static_assert(kNext + kStandingWays <= Assembly::kLabels);
  Assembly a;
  a.Add(MoveReg(6, 1));
  a.Add(StoreImm(BPF_W, 10, kKey, static_cast<int32_t>(options.sets + options.worker)));
  Lookup(a, options.map, kPass);
  a.Add(MoveReg(7, 0));

  a.Add(MoveReg(1, 6));
  a.Add(MoveImm(2, 0));
  a.Add(MoveReg(3, 10));
  a.Add(AluImm(BPF_ADD, 3, kHeader));
  a.Add(MoveImm(4, kHeaderOctets));
  a.Add(MoveImm(5, BPF_HDR_START_NET));
  a.Add(Call(BPF_FUNC_skb_load_bytes_relative));
  a.Jump(JumpNe(0, 0, 0), kPass);
  a.Add(Load(BPF_B, 1, 10, kHeader));
  a.Add(Alu32Imm(BPF_RSH, 1, 4));
  a.Jump(Make(BPF_JMP32 | BPF_JEQ | BPF_K, 1, 0, 0, 6), kV6);
  a.Add(MoveImm(8, 0));
  a.Add(Load(BPF_W, 9, 10, kHeader + kSourceV4));
  a.Add(StoreImm(BPF_W, 10, kEnd, options.labelV4));
  a.Jump(Make(BPF_JMP | BPF_JA, 0, 0, 0, 0), kHashIt);
  a.Place(kV6);
  a.Add(Load(BPF_W, 8, 10, kHeader + kSourceV6));
  a.Add(Load(BPF_W, 9, 10, kHeader + kSourceV6 + 4));
  a.Add(ToHost32(8));
  a.Add(StoreImm(BPF_W, 10, kEnd, options.labelV6));
  a.Place(kHashIt);
  a.Add(ToHost32(9));
  Hash(a, options.hashKey);

  a.Add(MoveReg(8, 0));
  a.Add(Alu32Imm(BPF_OR, 8, 1));
  a.Add(Alu32Imm(BPF_RSH, 1, 32 - __builtin_ctz(options.sets)));
  a.Add(Store(BPF_W, 10, kKey, 1));
  Lookup(a, options.map, kPass);
  for (uint32_t way = 0; way < kStandingWays; way++) {
    a.Add(Load(BPF_W, 2, 0, static_cast<int16_t>(4 * way)));
    a.Jump(Make(BPF_JMP32 | BPF_JNE | BPF_X, 2, 8, 0, 0), kNext + static_cast<int>(way));
    constexpr auto kTimes = static_cast<int16_t>(4 * kStandingWays);
    a.Add(MoveReg(5, 0));
    a.Add(AluImm(BPF_ADD, 5, kTimes + 4 * static_cast<int32_t>(way)));
    a.Add(Load(BPF_W, 3, 5, 0));
    a.Jump(Make(BPF_JMP | BPF_JA, 0, 0, 0, 0), kFound);
    a.Place(kNext + static_cast<int>(way));
  }
  a.Jump(Make(BPF_JMP | BPF_JA, 0, 0, 0, 0), kUnknown);

  // r5 where its times stand, r1 = since, r2 = last: seen twice, long enough ago for the first time, and lately for the
  // last. That it asks keeps it there: a worker in overload does not look at each request (src/core/server/gate.ts).
  a.Place(kFound);
  a.Add(MoveReg(1, 3));
  a.Add(Alu32Imm(BPF_RSH, 1, 16));
  a.Add(MoveReg(2, 3));
  a.Add(Alu32Imm(BPF_AND, 2, 0xffff));
  a.Jump(Make(BPF_JMP32 | BPF_JEQ | BPF_X, 1, 2, 0, 0), kUnknown);
  a.Add(Load(BPF_W, 4, 7, 4 * kStandingAdmitBefore));
  a.Add(Alu32Reg(BPF_SUB, 4, 1));
  a.Add(Alu32Imm(BPF_AND, 4, 0xffff));
  a.Jump(Make(BPF_JMP32 | BPF_JGT | BPF_K, 4, 0, 0, 0x7fff), kUnknown);
  a.Add(Load(BPF_W, 4, 7, 4 * kStandingNow));
  a.Add(Alu32Reg(BPF_SUB, 4, 2));
  a.Add(Alu32Imm(BPF_AND, 4, 0xffff));
  a.Jump(Make(BPF_JMP32 | BPF_JEQ | BPF_K, 4, 0, 0, 0), kPass);
  a.Jump(Make(BPF_JMP32 | BPF_JGT | BPF_K, 4, 0, 0, kStandingQuietUnitsMax), kUnknown);
  a.Add(Load(BPF_W, 4, 7, 4 * kStandingNow));
  a.Add(Store(BPF_H, 5, 0, 4));
  a.Jump(Make(BPF_JMP | BPF_JA, 0, 0, 0, 0), kPass);

  a.Place(kUnknown);
  a.Add(Call(BPF_FUNC_get_prandom_u32));
  a.Add(Alu32Imm(BPF_AND, 0, 0xffff));
  a.Add(Load(BPF_W, 2, 7, 4 * kStandingShare));
  constexpr int16_t kShedInstructions = 4;
  a.Add(Make(BPF_JMP32 | BPF_JLT | BPF_X, 0, 2, kShedInstructions, 0));
  CountAt(a, kStandingShed);
  a.Add(MoveImm(0, 0));
  a.Add(Exit());
  CountAt(a, kStandingAdmitted);
  a.Place(kPass);
  a.Add(MoveImm(0, -1));
  a.Add(Exit());
  return a.Finish();
}

/** createStandingMap(rows): a map of so many rows of kStandingRowWords words. Returns its descriptor. */
Napi::Value CreateStandingMap(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const uint32_t rows = info[0].As<Napi::Number>().Uint32Value();
  if (rows < 1 || rows > kRowsMax) {
    ThrowType(env, "rows", "1 to 16777216");
    return env.Undefined();
  }
  bpf_attr attr;
  memset(&attr, 0, sizeof attr);
  attr.map_type = BPF_MAP_TYPE_ARRAY;
  attr.key_size = 4;
  attr.value_size = kElementOctets;
  attr.max_entries = rows;
  attr.map_flags = BPF_F_MMAPABLE;
  const int map = Bpf(BPF_MAP_CREATE, attr);
  if (map < 0) return ThrowErrno(env, "bpf(MAP_CREATE)", -map);
  return Napi::Number::New(env, map);
}

/** mapStanding(fd, rows): the map's memory, as an ArrayBuffer that keeps it mapped. */
Napi::Value MapStanding(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const size_t octets = size_t{info[1].As<Napi::Number>().Uint32Value()} * kElementOctets;
  void* memory = mmap(nullptr, octets, PROT_READ | PROT_WRITE, MAP_SHARED, info[0].As<Napi::Number>().Int32Value(), 0);
  if (memory == MAP_FAILED) return ThrowErrno(env, "mmap", errno);
  return Napi::ArrayBuffer::New(env, memory, octets, [octets](Napi::Env, void* data) { munmap(data, octets); });
}

/** loadStandingFilter({ map, sets, worker, hashLow, hashHigh, labelV4, labelV6 }): the descriptor of the program. */
Napi::Value LoadStandingFilter(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Object given = info[0].As<Napi::Object>();
  FilterOptions options = {};
  options.map = static_cast<int>(IntegerOption(given, "map", -1));
  options.sets = static_cast<uint32_t>(IntegerOption(given, "sets", 0));
  options.worker = static_cast<uint32_t>(IntegerOption(given, "worker", 0));
  options.hashKey[0] = static_cast<uint32_t>(IntegerOption(given, "hashLow", 0));
  options.hashKey[1] = static_cast<uint32_t>(IntegerOption(given, "hashHigh", 0));
  options.labelV4 = static_cast<int32_t>(IntegerOption(given, "labelV4", 0));
  options.labelV6 = static_cast<int32_t>(IntegerOption(given, "labelV6", 0));
  if (env.IsExceptionPending()) return env.Undefined();
  if (options.sets < 2 || options.sets > kRowsMax || (options.sets & (options.sets - 1)) != 0) {
    ThrowType(env, "sets", "a power of two");
    return env.Undefined();
  }
  const BpfResult program = LoadBpf(BPF_PROG_TYPE_SOCKET_FILTER, 0, StandingFilter(options));
  if (program.fd < 0) return ThrowErrno(env, program.syscall, -program.fd);
  return Napi::Number::New(env, program.fd);
}

/** attachSocketFilter(fd, program): the program decides from now on what enters the queue of this socket. */
Napi::Value AttachSocketFilter(const Napi::CallbackInfo& info) {
  const int fd = info[0].As<Napi::Number>().Int32Value();
  const int program = info[1].As<Napi::Number>().Int32Value();
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &program, sizeof program) != 0) {
    return ThrowErrno(info.Env(), "setsockopt SO_ATTACH_BPF", errno);
  }
  return info.Env().Undefined();
}

/** detachSocketFilter(fd): everything enters again, also where there was no filter. */
Napi::Value DetachSocketFilter(const Napi::CallbackInfo& info) {
  const int unused = 0;
  if (setsockopt(info[0].As<Napi::Number>().Int32Value(), SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused) != 0 &&
      errno != ENOENT) {
    return ThrowErrno(info.Env(), "setsockopt SO_DETACH_FILTER", errno);
  }
  return info.Env().Undefined();
}

}  // namespace

void ExportStandingFilter(Napi::Env env, Napi::Object exports) {
  exports.Set("createStandingMap", Napi::Function::New<CreateStandingMap>(env, "createStandingMap"));
  exports.Set("mapStanding", Napi::Function::New<MapStanding>(env, "mapStanding"));
  exports.Set("loadStandingFilter", Napi::Function::New<LoadStandingFilter>(env, "loadStandingFilter"));
  exports.Set("attachSocketFilter", Napi::Function::New<AttachSocketFilter>(env, "attachSocketFilter"));
  exports.Set("detachSocketFilter", Napi::Function::New<DetachSocketFilter>(env, "detachSocketFilter"));
}

}  // namespace ntpd
