// load_sink.cc: what the generator itself is measured against: an interface that drops requests in XDP, one that
// reflects them there, or an AF_XDP socket that answers in place. All vanish with the process.
#include <errno.h>
#include <linux/if_xdp.h>
#include <napi.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <memory>

#include "args.h"
#include "load_bpf.h"
#include "load_octets.h"
#include "load_xdp.h"
#include "sys_error.h"
#include "unique_fd.h"

namespace ntpd {
namespace {

constexpr uint32_t kFrames = 16'384;  // 27 ms at 600 k/s, should the core be taken away
constexpr uint32_t kEchoBatch = 64;
constexpr uint32_t kIp = 14;
constexpr uint32_t kUdp = 34;
constexpr uint32_t kNtp = 42;
constexpr uint32_t kFrameOctets = kNtp + 48;
constexpr uint64_t kNtpUnixSeconds = 2'208'988'800;

template <uint32_t kOctets>
void SwapOctets(uint8_t* a, uint8_t* b) noexcept {
  uint8_t held[kOctets];
  std::memcpy(held, a, kOctets);
  std::memcpy(a, b, kOctets);
  std::memcpy(b, held, kOctets);
}

// Turns an IPv4 request into its reply, in place; checksums of swapped fields stay right, UDP's is left out.
void Answer(uint8_t* frame, uint64_t stamp) noexcept {
  SwapOctets<6>(frame, frame + 6);
  SwapOctets<4>(frame + kIp + 12, frame + kIp + 16);
  SwapOctets<2>(frame + kUdp, frame + kUdp + 2);
  StoreBig16(frame + kUdp + 6, 0);
  uint8_t* ntp = frame + kNtp;
  ntp[0] = static_cast<uint8_t>((ntp[0] & 0x38) | 4);
  ntp[1] = 1;
  std::memcpy(ntp + 24, ntp + 40, 8);
  StoreBig64(ntp + 32, stamp);
  StoreBig64(ntp + 40, stamp);
}

}  // namespace

class LoadSink : public Napi::ObjectWrap<LoadSink> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "LoadSink",
                       {InstanceMethod<&LoadSink::Slice>("slice"), InstanceMethod<&LoadSink::Close>("close")});
  }

  // ({kind: 'pass' | 'drop' | 'reflect' | 'echo', interfaceIndex})
  explicit LoadSink(const Napi::CallbackInfo& info) : Napi::ObjectWrap<LoadSink>(info) {
    const Napi::Env env = info.Env();
    const Napi::Object options = info[0].As<Napi::Object>();
    const std::string kind = StringOption(options, "kind");
    const int interface = static_cast<int>(IntegerOption(options, "interfaceIndex", 0));
    XdpSink program = XdpSink::kPass;
    if (kind == "drop") program = XdpSink::kDrop;
    if (kind == "reflect") program = XdpSink::kReflect;
    if (kind == "echo") {
      program = XdpSink::kRedirect;
      const BpfResult map = CreateSocketMap();
      if (Failed(env, map)) return;
      map_.Reset(map.fd);
    }
    const BpfResult loaded = LoadXdp(program, map_.get());
    if (Failed(env, loaded)) return;
    const UniqueFd loaded_fd(loaded.fd);
    const BpfResult link = AttachXdp(loaded.fd, interface);
    if (Failed(env, link)) return;
    link_.Reset(link.fd);
    if (kind != "echo") return;
    const int result = xdp_.Open(interface, 0, XdpSizes{kFrames, kFrames, kFrames, kFrames, kFrames});
    if (result < 0) {
      ThrowErrno(env, "socket(AF_XDP)", -result);
      return;
    }
    const int stored = SetSocketMap(map_.get(), xdp_.fd());
    if (stored < 0) {
      ThrowErrno(env, "bpf(MAP_UPDATE_ELEM)", -stored);
      return;
    }
    for (uint32_t i = 0; i < kFrames; i++) xdp_.Fill(static_cast<uint64_t>(i) * kXdpChunk);
    xdp_.PublishFill();
  }

 private:
  static bool Failed(Napi::Env env, const BpfResult& result) {
    if (result.fd < 0) ThrowErrno(env, result.syscall, -result.fd);
    return result.fd < 0;
  }

  // Echoes for at most `milliseconds`; returns how many requests it answered.
  Napi::Value Slice(const Napi::CallbackInfo& info) {
    const int64_t until = NowNs(CLOCK_MONOTONIC) + static_cast<int64_t>(info[0].As<Napi::Number>().DoubleValue() * 1e6);
    double answered = 0;
    while (xdp_.fd() >= 0) {
      const int64_t now = NowNs(CLOCK_MONOTONIC);
      if (now >= until) break;
      uint64_t done;
      while (xdp_.TakeCompletion(done)) xdp_.Fill(done & ~static_cast<uint64_t>(kXdpChunk - 1));
      xdp_.PublishFill();
      const int64_t real = NowNs(CLOCK_REALTIME);
      const uint64_t stamp = (static_cast<uint64_t>(real / 1'000'000'000) + kNtpUnixSeconds) << 32 |
                             (static_cast<uint64_t>(real % 1'000'000'000) << 32) / 1'000'000'000;
      uint32_t count = 0;
      xdp_desc frame;
      while (count < kEchoBatch && xdp_.Receive(frame)) {
        if (frame.len < kFrameOctets) {
          xdp_.Fill(frame.addr & ~static_cast<uint64_t>(kXdpChunk - 1));
          continue;
        }
        Answer(xdp_.At(frame.addr), stamp);
        xdp_.Send(frame.addr, frame.len);
        count++;
      }
      xdp_.ReleaseReceived();
      if (count > 0) {
        answered += count;
        uint64_t refused;
        xdp_.Flush(refused);
        continue;
      }
      pollfd wait{xdp_.fd(), POLLIN, 0};
      poll(&wait, 1, 1);
    }
    return Napi::Number::New(info.Env(), answered);
  }

  Napi::Value Close(const Napi::CallbackInfo& info) {
    link_.Reset(-1);
    map_.Reset(-1);
    xdp_.Close();
    return info.Env().Undefined();
  }

  UniqueFd map_;
  UniqueFd link_;
  XdpSocket xdp_;
};

void ExportLoadSink(Napi::Env env, Napi::Object exports) { exports.Set("LoadSink", LoadSink::Define(env)); }

}  // namespace ntpd
