// load_responder.cc: an NTP responder that misbehaves exactly as told, to check the generator against. Faults go by
// the number of the request (every n-th), delays by an even sequence; all are counted.
#include <errno.h>
#include <napi.h>
#include <sys/socket.h>

#include <algorithm>
#include <vector>

#include "args.h"
#include "load_ledger.h"
#include "load_octets.h"
#include "load_address.h"
#include "sys_error.h"
#include "unique_fd.h"

namespace ntpd {
namespace {

constexpr uint32_t kBatchSize = 32;
constexpr size_t kQueueMax = 1u << 20;
constexpr uint64_t kNtpUnixSeconds = 2'208'988'800;
constexpr uint64_t kGolden = 0x9e37'79b9'7f4a'7c15;  // 2^64 over the golden section

// What is done to a reply besides sending it; src/native/load-responder.ts has the same order.
enum Fault : uint32_t {
  kFaultNone = 0,
  kFaultDrop,
  kFaultDuplicate,
  kFaultOrigin,
  kFaultMode,
  kFaultVersion,
  kFaultLength,
  kFaultStratum,
  kFaultStamps,
  kFaultElsewhere,
  kFaultKiss,
  kFaultUnsynchronised,
  kFaults,
};

uint64_t NtpFromUnixNs(int64_t ns) noexcept {
  const uint64_t seconds = static_cast<uint64_t>(ns / kNsPerSecond) + kNtpUnixSeconds;
  const uint64_t fraction = (static_cast<uint64_t>(ns % kNsPerSecond) << 32) / kNsPerSecond;
  return seconds << 32 | fraction;
}

struct Waiting {
  int64_t due_ns;
  sockaddr_storage to;
  uint8_t request[kNtpOctets];
  uint64_t receive;
  Fault fault;
  bool operator<(const Waiting& other) const { return due_ns > other.due_ns; }
};

}  // namespace

class LoadResponder : public Napi::ObjectWrap<LoadResponder> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "LoadResponder",
                       {
                           InstanceMethod<&LoadResponder::Slice>("slice"),
                           InstanceMethod<&LoadResponder::Counts>("counts"),
                           InstanceMethod<&LoadResponder::Close>("close"),
                       });
  }

  // ({address, elsewhere, port, delayMinNs, delayMaxNs, stallEveryNs, stallNs}, every: Uint32Array of kFaults)
  explicit LoadResponder(const Napi::CallbackInfo& info) : Napi::ObjectWrap<LoadResponder>(info) {
    const Napi::Env env = info.Env();
    const Napi::Object options = info[0].As<Napi::Object>();
    Napi::Uint32Array every = info[1].As<Napi::Uint32Array>();
    if (every.ElementLength() != kFaults) {
      ThrowType(env, "every", "an array with one number per fault");
      return;
    }
    std::copy_n(every.Data(), kFaults, every_);
    port_ = static_cast<uint16_t>(IntegerOption(options, "port", 0));
    delay_min_ns_ = IntegerOption(options, "delayMinNs", 0);
    delay_max_ns_ = IntegerOption(options, "delayMaxNs", 0);
    stall_every_ns_ = IntegerOption(options, "stallEveryNs", 0);
    stall_ns_ = IntegerOption(options, "stallNs", 0);
    if (env.IsExceptionPending()) return;
    if (!Bind(env, options, "address", main_) || !Bind(env, options, "elsewhere", elsewhere_)) return;
    queue_.reserve(4096);
  }

 private:
  bool Bind(Napi::Env env, Napi::Object options, const char* key, UniqueFd& fd) {
    const Napi::Value value = options.Get(key);
    if (!value.IsTypedArray()) return true;
    Napi::Uint8Array octets = value.As<Napi::Uint8Array>();
    sockaddr_storage address;
    const socklen_t length = FillAddress(address, octets.Data(), octets.ByteLength(), port_, 0);
    fd.Reset(socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int one = 1;
    const int buffer = 8 << 20;
    if (!fd.valid() || bind(fd.get(), reinterpret_cast<sockaddr*>(&address), length) < 0 ||
        setsockopt(fd.get(), SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one) < 0) {
      ThrowErrno(env, "bind", errno);
      return false;
    }
    if (setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) < 0) {
      setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    }
    return true;
  }

  // Answers for at most `milliseconds`, without sleeping: delays are to be exact.
  Napi::Value Slice(const Napi::CallbackInfo& info) {
    const int64_t until = NowNs(CLOCK_MONOTONIC) + static_cast<int64_t>(info[0].As<Napi::Number>().DoubleValue() * 1e6);
    while (main_.valid()) {
      const int64_t now = NowNs(CLOCK_MONOTONIC);
      if (now >= until) break;
      if (Stalls(now)) continue;
      Receive(now);
      while (!queue_.empty() && queue_.front().due_ns <= now) {
        std::pop_heap(queue_.begin(), queue_.end());
        Answer(queue_.back());
        queue_.pop_back();
      }
    }
    return info.Env().Undefined();
  }

  // The first stall comes one period after the first request.
  bool Stalls(int64_t now) noexcept {
    if (stall_every_ns_ == 0 || received_ == 0) return false;
    const int64_t since = now - first_ns_;
    return since >= stall_every_ns_ && since % stall_every_ns_ < stall_ns_;
  }

  void Receive(int64_t now) {
    uint8_t payloads[kBatchSize][kNtpOctets];
    alignas(cmsghdr) uint8_t controls[kBatchSize][64];
    sockaddr_storage sources[kBatchSize];
    iovec parts[kBatchSize];
    mmsghdr messages[kBatchSize] = {};
    for (uint32_t i = 0; i < kBatchSize; i++) {
      parts[i] = {payloads[i], kNtpOctets};
      messages[i].msg_hdr.msg_name = &sources[i];
      messages[i].msg_hdr.msg_namelen = sizeof sources[i];
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      messages[i].msg_hdr.msg_control = controls[i];
      messages[i].msg_hdr.msg_controllen = sizeof controls[i];
    }
    const int count = recvmmsg(main_.get(), messages, kBatchSize, MSG_DONTWAIT, nullptr);
    if (count <= 0) return;
    const int64_t real_minus_mono_ns = NowNs(CLOCK_REALTIME) - NowNs(CLOCK_MONOTONIC);
    for (int i = 0; i < count; i++) {
      if (messages[i].msg_len != kNtpOctets || queue_.size() >= kQueueMax) continue;
      if (received_++ == 0) first_ns_ = now;
      int64_t arrived_ns = now + real_minus_mono_ns;
      for (cmsghdr* c = CMSG_FIRSTHDR(&messages[i].msg_hdr); c != nullptr; c = CMSG_NXTHDR(&messages[i].msg_hdr, c)) {
        timespec stamp;
        std::memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) arrived_ns = NsOf(stamp);
      }
      const Fault fault = FaultOf(received_);
      faults_[fault]++;
      if (fault == kFaultDrop) continue;
      Waiting waiting;
      waiting.due_ns = arrived_ns - real_minus_mono_ns + Delay();
      waiting.to = sources[i];
      std::memcpy(waiting.request, payloads[i], kNtpOctets);
      waiting.receive = NtpFromUnixNs(arrived_ns);
      waiting.fault = fault;
      if (waiting.due_ns <= now) {
        Answer(waiting);
        continue;
      }
      queue_.push_back(waiting);
      std::push_heap(queue_.begin(), queue_.end());
    }
  }

  Fault FaultOf(uint64_t number) const noexcept {
    for (uint32_t fault = 1; fault < kFaults; fault++) {
      if (every_[fault] != 0 && number % every_[fault] == 0) return static_cast<Fault>(fault);
    }
    return kFaultNone;
  }

  int64_t Delay() noexcept {
    if (delay_max_ns_ <= delay_min_ns_) return delay_min_ns_;
    // Multiples of the golden section fill the range evenly, however few they are.
    weyl_ += kGolden;
    return delay_min_ns_ + static_cast<int64_t>(static_cast<double>(weyl_ >> 11) * 0x1p-53 *
                                                static_cast<double>(delay_max_ns_ - delay_min_ns_));
  }

  void Answer(const Waiting& waiting) noexcept {
    uint8_t reply[kNtpOctets] = {};
    uint32_t length = kNtpOctets;
    reply[0] = static_cast<uint8_t>((waiting.request[0] & 0x38) | 4);
    reply[1] = 1;
    reply[2] = waiting.request[2];
    reply[3] = static_cast<uint8_t>(-20);
    std::memcpy(reply + 12, "TEST", 4);
    std::memcpy(reply + 24, waiting.request + 40, 8);
    StoreBig64(reply + 32, waiting.receive);
    const int64_t now_ns = NowNs(CLOCK_REALTIME);
    StoreBig64(reply + 16, NtpFromUnixNs(now_ns - kNsPerSecond));
    StoreBig64(reply + 40, NtpFromUnixNs(now_ns));
    switch (waiting.fault) {
      case kFaultOrigin: reply[27] ^= 0x10; break;
      case kFaultMode: reply[0] = static_cast<uint8_t>(reply[0] ^ 1); break;
      case kFaultVersion: reply[0] = static_cast<uint8_t>(reply[0] ^ 0x38); break;
      case kFaultLength: length = kNtpOctets - 4; break;
      case kFaultStratum: reply[1] = 17; break;
      case kFaultStamps: std::memset(reply + 32, 0, 8); break;
      case kFaultUnsynchronised: reply[0] |= 0xc0; reply[1] = 16; break;
      case kFaultKiss:
        reply[1] = 0;
        std::memcpy(reply + 12, "RATE", 4);
        break;
      default: break;
    }
    const int fd = waiting.fault == kFaultElsewhere ? elsewhere_.get() : main_.get();
    const socklen_t octets = waiting.to.ss_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    const int copies = waiting.fault == kFaultDuplicate ? 2 : 1;
    for (int i = 0; i < copies; i++) {
      if (sendto(fd, reply, length, 0, reinterpret_cast<const sockaddr*>(&waiting.to), octets) >= 0) sent_++;
    }
  }

  // Requests received, datagrams sent, then how often each fault was done.
  Napi::Value Counts(const Napi::CallbackInfo& info) {
    Napi::Array counts = Napi::Array::New(info.Env(), 2 + kFaults);
    counts.Set(0u, static_cast<double>(received_));
    counts.Set(1u, static_cast<double>(sent_));
    for (uint32_t i = 0; i < kFaults; i++) counts.Set(2 + i, static_cast<double>(faults_[i]));
    return counts;
  }

  Napi::Value Close(const Napi::CallbackInfo& info) {
    main_.Reset(-1);
    elsewhere_.Reset(-1);
    return info.Env().Undefined();
  }

  UniqueFd main_;
  UniqueFd elsewhere_;
  uint16_t port_ = 0;
  uint32_t every_[kFaults] = {};
  uint64_t faults_[kFaults] = {};
  int64_t delay_min_ns_ = 0;
  int64_t delay_max_ns_ = 0;
  int64_t stall_every_ns_ = 0;
  int64_t stall_ns_ = 0;
  int64_t first_ns_ = 0;
  uint64_t received_ = 0;
  uint64_t sent_ = 0;
  uint64_t weyl_ = 0;
  std::vector<Waiting> queue_;
};

void ExportLoadResponder(Napi::Env env, Napi::Object exports) {
  exports.Set("LoadResponder", LoadResponder::Define(env));
}

}  // namespace ntpd
