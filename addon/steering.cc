// steering.cc: makes the kernel choose the socket of a reuseport group by the source address, under a key.
#include <errno.h>
#include <linux/filter.h>
#include <sys/socket.h>

#include <vector>

#include "args.h"
#include "sys_error.h"

namespace ntpd {

namespace {

constexpr uint32_t kNetworkHeader = static_cast<uint32_t>(SKF_NET_OFF);
constexpr uint32_t kSourceV4 = 12;
constexpr uint32_t kSourceV6 = 8;
// The source port, where no options or extension headers come before it.
constexpr uint32_t kPortV4 = 20;
constexpr uint32_t kPortV6 = 40;
constexpr size_t kKeyWords = 10;

sock_filter Op(uint16_t code, uint32_t k) { return {code, 0, 0, k}; }

/**
 * The program: a sum of the address words, each times a random odd key, folded so that the high bits (where such a
 * sum is well mixed) decide, modulo the sockets. Without the key nobody can aim at one worker.
 */
std::vector<sock_filter> SteerBySource(bool v6, bool byFlow, uint32_t sockets, const uint32_t* keys) {
  if (sockets == 1) return {Op(BPF_RET | BPF_K, 0)};
  const uint32_t words = v6 ? 4 : 1;
  const uint32_t source = kNetworkHeader + (v6 ? kSourceV6 : kSourceV4);
  std::vector<sock_filter> program;
  for (uint32_t i = 0; i < words; i++) {
    program.push_back(Op(BPF_LD | BPF_W | BPF_ABS, source + 4 * i));
    program.push_back(Op(BPF_ALU | BPF_XOR | BPF_K, keys[i]));
    program.push_back(Op(BPF_ALU | BPF_MUL | BPF_K, keys[4 + i] | 1));
    if (i > 0) {
      program.push_back(Op(BPF_LDX | BPF_MEM, 0));
      program.push_back(Op(BPF_ALU | BPF_ADD | BPF_X, 0));
    }
    program.push_back(Op(BPF_ST, 0));
  }
  if (byFlow) {
    program.push_back(Op(BPF_LD | BPF_H | BPF_ABS, kNetworkHeader + (v6 ? kPortV6 : kPortV4)));
    program.push_back(Op(BPF_ALU | BPF_MUL | BPF_K, keys[9] | 1));
    program.push_back(Op(BPF_LDX | BPF_MEM, 0));
    program.push_back(Op(BPF_ALU | BPF_ADD | BPF_X, 0));
  }
  program.push_back(Op(BPF_MISC | BPF_TAX, 0));
  program.push_back(Op(BPF_ALU | BPF_RSH | BPF_K, 15));
  program.push_back(Op(BPF_ALU | BPF_XOR | BPF_X, 0));
  program.push_back(Op(BPF_ALU | BPF_MUL | BPF_K, keys[8] | 1));
  program.push_back(Op(BPF_ALU | BPF_RSH | BPF_K, 12));
  program.push_back(Op(BPF_ALU | BPF_MOD | BPF_K, sockets));
  program.push_back(Op(BPF_RET | BPF_A, 0));
  return program;
}

/**
 * attachSteering(fd, sockets, byFlow, key): `fd` is any socket of a group. Datagrams then go to the `sockets` members
 * that were opened first, while these are not all there yet to any; members opened later get none. A client's go to one
 * of them, whatever its port, or by flow each port's to one. `key`: an Int32Array of kKeyWords random words; groups with
 * the same one choose alike.
 */
Napi::Value AttachSteering(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() < 4 || !info[0].IsNumber() || !info[1].IsNumber() || info[1].As<Napi::Number>().Int32Value() < 1) {
    ThrowType(env, "attachSteering", "a descriptor, the number of sockets, a boolean and a key");
    return env.Undefined();
  }
  SharedView<int32_t> key;
  if (!key.Attach(env, info[3], kKeyWords, "key")) return env.Undefined();
  const int fd = info[0].As<Napi::Number>().Int32Value();
  int family = 0;
  socklen_t length = sizeof family;
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &length) != 0) return ThrowErrno(env, "getsockopt", errno);
  const auto* words = reinterpret_cast<const uint32_t*>(key.data());
  std::vector<sock_filter> program =
      SteerBySource(family == AF_INET6, info[2].ToBoolean(), info[1].As<Napi::Number>().Uint32Value(), words);
  const sock_fprog attach = {static_cast<unsigned short>(program.size()), program.data()};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &attach, sizeof attach) != 0) {
    return ThrowErrno(env, "setsockopt SO_ATTACH_REUSEPORT_CBPF", errno);
  }
  return env.Undefined();
}

}  // namespace

void ExportSteering(Napi::Env env, Napi::Object exports) {
  exports.Set("attachSteering", Napi::Function::New<AttachSteering>(env, "attachSteering"));
}

}  // namespace ntpd
