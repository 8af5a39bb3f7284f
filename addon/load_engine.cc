// load_engine.cc: the generator's loop, and its door to TypeScript. A step is begun, then driven in slices of a few
// milliseconds, between which JavaScript may look at the counts, answer ARP or stop.
#include <napi.h>
#include <sys/prctl.h>

#include <algorithm>
#include <memory>

#include "args.h"
#include "load_octets.h"
#include "load_raw.h"
#include "load_socket.h"
#include "sys_error.h"

namespace ntpd {
namespace {

constexpr int64_t kMappingNs = 10'000'000;   // the mapping of the two clocks is refreshed this often
constexpr int64_t kSpinNs = 80'000;          // shorter waits are spun: sleeping wakes up too late
constexpr int64_t kSleepNsMax = 1'000'000;
constexpr uint32_t kReceiveRounds = 8;

enum SliceState : uint32_t { kRunning = 0, kDraining, kDone, kControlWaits };

/** A number option that need not be whole. */
double NumberOption(Napi::Object options, const char* key) {
  const Napi::Value value = options.Get(key);
  if (!value.IsNumber()) {
    ThrowType(options.Env(), key, "a number");
    return 0;
  }
  return value.As<Napi::Number>().DoubleValue();
}

std::vector<uint8_t> OctetsOption(Napi::Object options, const char* key) {
  const Napi::Value value = options.Get(key);
  if (!value.IsTypedArray()) {
    ThrowType(options.Env(), key, "a Uint8Array");
    return {};
  }
  Napi::Uint8Array array = value.As<Napi::Uint8Array>();
  return {array.Data(), array.Data() + array.ByteLength()};
}

}  // namespace

class LoadEngine : public Napi::ObjectWrap<LoadEngine> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "LoadEngine",
                       {
                           InstanceMethod<&LoadEngine::Begin>("begin"),
                           InstanceMethod<&LoadEngine::Slice>("slice"),
                           InstanceMethod<&LoadEngine::TakeControl>("takeControl"),
                           InstanceMethod<&LoadEngine::SendControl>("sendControl"),
                           InstanceMethod<&LoadEngine::Describe>("describe"),
                           InstanceMethod<&LoadEngine::BareRate>("bareRate"),
                           InstanceMethod<&LoadEngine::Close>("close"),
                       });
  }

  // (options, counts: Float64Array, sums: Float64Array, cells: Uint32Array); the arrays stay the caller's to read.
  explicit LoadEngine(const Napi::CallbackInfo& info) : Napi::ObjectWrap<LoadEngine>(info) {
    const Napi::Env env = info.Env();
    const Napi::Object options = info[0].As<Napi::Object>();
    Napi::Float64Array counts = info[1].As<Napi::Float64Array>();
    Napi::Float64Array sums = info[2].As<Napi::Float64Array>();
    Napi::Uint32Array cells = info[3].As<Napi::Uint32Array>();
    if (counts.ElementLength() != kCounts || sums.ElementLength() != 5 * kDistributions ||
        cells.ElementLength() != 2 * kHdrCells * kDistributions) {
      Napi::TypeError::New(env, "LoadEngine: arrays do not have the sizes of loadLayout").ThrowAsJavaScriptException();
      return;
    }
    for (uint32_t i = 0; i < 3; i++) arrays_[i] = Napi::Persistent(info[i + 1].As<Napi::Object>());
    ledger_ = std::make_unique<Ledger>(counts.Data(), sums.Data(), cells.Data());
    if (StringOption(options, "kind") == "raw") {
      OpenRaw(env, options);
    } else {
      OpenSocket(env, options);
    }
    prctl(PR_SET_TIMERSLACK, 1000);
  }

 private:
  void OpenRaw(Napi::Env env, Napi::Object options) {
    RawConfig config;
    config.interface_index = static_cast<int>(IntegerOption(options, "interfaceIndex", 0));
    config.queue = static_cast<uint32_t>(IntegerOption(options, "queue", 0));
    config.ipv6 = BooleanOption(options, "ipv6", false);
    config.packet_transmit = BooleanOption(options, "packetTransmit", false);
    config.frame = OctetsOption(options, "frame");
    config.prefix_bits = static_cast<uint32_t>(IntegerOption(options, "prefixBits", 0));
    config.clients = static_cast<uint32_t>(IntegerOption(options, "clients", 1));
    config.port_first = static_cast<uint16_t>(IntegerOption(options, "portFirst", 0));
    config.port_count = static_cast<uint16_t>(IntegerOption(options, "portCount", 1));
    config.port_stride = static_cast<uint16_t>(IntegerOption(options, "portStride", 1));
    if (env.IsExceptionPending()) return;
    const size_t expected = 14u + (config.ipv6 ? 40u : 20u) + 8u + kNtpOctets;
    if (config.frame.size() != expected || config.port_count == 0 || config.port_stride == 0) {
      ThrowType(env, "frame, portCount, portStride", "a whole frame and at least one port");
      return;
    }
    LinkError failure;
    auto raw = RawLink::Open(config, failure);
    if (raw == nullptr) {
      ThrowErrno(env, failure.syscall, failure.error);
      return;
    }
    raw_ = raw.get();
    link_ = std::move(raw);
  }

  void OpenSocket(Napi::Env env, Napi::Object options) {
    SocketConfig config;
    config.target = OctetsOption(options, "target");
    config.local = OctetsOption(options, "local");
    config.target_port = static_cast<uint16_t>(IntegerOption(options, "targetPort", 123));
    config.scope = static_cast<uint32_t>(IntegerOption(options, "scope", 0));
    config.clients = static_cast<uint32_t>(IntegerOption(options, "clients", 1));
    if (env.IsExceptionPending()) return;
    if (config.target.size() != 4 && config.target.size() != 16) {
      ThrowType(env, "target", "4 or 16 octets");
      return;
    }
    LinkError failure;
    link_ = SocketLink::Open(config, failure);
    if (link_ == nullptr) ThrowErrno(env, failure.syscall, failure.error);
  }

  Napi::Value Begin(const Napi::CallbackInfo& info) {
    const Napi::Object options = info[0].As<Napi::Object>();
    StepPlan plan;
    plan.rate = NumberOption(options, "rate");
    plan.duration_ns = static_cast<int64_t>(NumberOption(options, "durationSeconds") * 1e9);
    plan.timeout_ns = static_cast<int64_t>(NumberOption(options, "timeoutSeconds") * 1e9);
    plan.exponential = BooleanOption(options, "exponential", false);
    plan.clients = static_cast<uint32_t>(IntegerOption(options, "clients", 1));
    plan.stride = static_cast<uint32_t>(IntegerOption(options, "stride", 1));
    plan.abusers = static_cast<uint32_t>(IntegerOption(options, "abusers", 1));
    plan.abuser_share = NumberOption(options, "abuserShare");
    plan.crowd_start_ns = static_cast<int64_t>(NumberOption(options, "crowdStartSeconds") * 1e9);
    plan.crowd_end_ns = static_cast<int64_t>(NumberOption(options, "crowdEndSeconds") * 1e9);
    plan.crowd_factor = NumberOption(options, "crowdFactor");
    plan.samples_per_second = NumberOption(options, "samplesPerSecond");
    plan.seed = static_cast<uint64_t>(IntegerOption(options, "seed", 1));
    plan.mix = OctetsOption(options, "mix");
    if (info.Env().IsExceptionPending()) return info.Env().Undefined();
    const uint32_t ordinary = plan.abusers < plan.clients ? plan.clients - plan.abusers : plan.clients;
    const bool sound = plan.rate > 0 && plan.duration_ns >= 0 && plan.timeout_ns > 0 && plan.clients > 0 &&
                       plan.stride > 0 && plan.stride <= ordinary && plan.abusers <= plan.clients &&
                       plan.crowd_factor > 0 && !plan.mix.empty();
    if (link_ == nullptr || !sound) {
      Napi::TypeError::New(info.Env(), "LoadEngine.begin: impossible step").ThrowAsJavaScriptException();
      return info.Env().Undefined();
    }
    link_->TakeDrops();
    // Sending starts a little later, so that the first requests are not late.
    if (!ledger_->Begin(plan, NowNs(CLOCK_MONOTONIC) + kSleepNsMax)) {
      Napi::RangeError::New(info.Env(), "LoadEngine.begin: rate times timeout is more than can be remembered")
          .ThrowAsJavaScriptException();
    }
    return info.Env().Undefined();
  }

  // Runs for at most `milliseconds`; returns a SliceState.
  Napi::Value Slice(const Napi::CallbackInfo& info) {
    if (link_ == nullptr) {
      Napi::Error::New(info.Env(), "LoadEngine is closed").ThrowAsJavaScriptException();
      return info.Env().Undefined();
    }
    int64_t now = NowNs(CLOCK_MONOTONIC);
    const int64_t until = now + static_cast<int64_t>(info[0].As<Napi::Number>().DoubleValue() * 1e6);
    uint32_t state = kRunning;
    do {
      if (now - mapped_at_ns_ > kMappingNs) Remap(now);
      const int failed = SendDue(now);
      if (failed < 0) {
        ThrowErrno(info.Env(), "send", -failed);
        return info.Env().Undefined();
      }
      uint32_t received = 0;
      for (uint32_t round = 0; round < kReceiveRounds; round++) {
        const uint32_t taken = link_->Receive(*ledger_, real_minus_mono_ns_);
        received += taken;
        if (taken == 0 || ledger_->NextDueNs() <= NowNs(CLOCK_MONOTONIC)) break;
      }
      if (sampled_) link_->CollectStamps(*ledger_);
      now = NowNs(CLOCK_MONOTONIC);
      state = StateAt(now);
      if (state == kDone || (raw_ != nullptr && raw_->HasControl())) break;
      if (received == 0) now = Rest(now, until);
    } while (now < until);
    ledger_->counts()[kCountRingDrops] += link_->TakeDrops();
    if (state == kDone) ledger_->Finish();
    if (state != kDone && raw_ != nullptr && raw_->HasControl()) state = kControlWaits;
    return Napi::Number::New(info.Env(), state);
  }

  uint32_t StateAt(int64_t now) const noexcept {
    if (!ledger_->SendingOver()) return kRunning;
    return now >= ledger_->DrainedAtNs() ? kDone : kDraining;
  }

  void Remap(int64_t now) noexcept {
    // The pair read fastest of three is the one that was not interrupted.
    int64_t best = INT64_MAX;
    for (int i = 0; i < 3; i++) {
      const int64_t before = NowNs(CLOCK_MONOTONIC);
      const int64_t real = NowNs(CLOCK_REALTIME);
      const int64_t after = NowNs(CLOCK_MONOTONIC);
      if (after - before >= best) continue;
      best = after - before;
      real_minus_mono_ns_ = real - (before + best / 2);
    }
    mapped_at_ns_ = now;
  }

  int SendDue(int64_t now) noexcept {
    uint32_t count = 0;
    while (count < kBatch && ledger_->Next(now, requests_[count])) {
      link_->Compose(count, requests_[count]);
      sampled_ |= requests_[count].sample;
      count++;
    }
    if (count == 0) return 0;
    ledger_->GiveUpWhenHopeless(now);
    const int64_t sent_ns = NowNs(CLOCK_MONOTONIC);
    // Before the kernel gets them: on a veth the replies may be there when the call returns.
    for (uint32_t i = 0; i < count; i++) ledger_->Sent(requests_[i], sent_ns);
    uint64_t refused = 0;
    const int result = link_->Transmit(count, refused);
    if (result < 0) return result;
    for (; refused != 0; refused &= refused - 1) ledger_->Refused(requests_[__builtin_ctzll(refused)]);
    return 0;
  }

  // Sleeps while nothing is due. Replies need no wake-up: their stamps are the kernel's, and a wake-up per reply
  // would be paid by the server's core.
  int64_t Rest(int64_t now, int64_t until) noexcept {
    const int64_t due = ledger_->SendingOver() ? ledger_->DrainedAtNs() : ledger_->NextDueNs();
    const int64_t wait = std::min({due - kSpinNs, until, now + kSleepNsMax}) - now;
    if (wait <= 0) return now;
    const timespec pause{0, wait};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, nullptr);
    return NowNs(CLOCK_MONOTONIC);
  }

  Napi::Value TakeControl(const Napi::CallbackInfo& info) {
    Napi::Array frames = Napi::Array::New(info.Env());
    if (raw_ == nullptr) return frames;
    uint32_t i = 0;
    for (const std::vector<uint8_t>& frame : raw_->TakeControl()) {
      frames.Set(i++, Napi::Buffer<uint8_t>::Copy(info.Env(), frame.data(), frame.size()));
    }
    return frames;
  }

  Napi::Value SendControl(const Napi::CallbackInfo& info) {
    Napi::Uint8Array frame = info[0].As<Napi::Uint8Array>();
    const int result = raw_ == nullptr ? -ENOTCONN : raw_->SendControl(frame.Data(), frame.ByteLength());
    if (result < 0) ThrowErrno(info.Env(), "send", -result);
    return info.Env().Undefined();
  }

  Napi::Value Describe(const Napi::CallbackInfo& info) {
    Napi::Object about = Napi::Object::New(info.Env());
    about.Set("transmit", raw_ == nullptr ? "socket" : raw_->TransmitName());
    about.Set("dropsReplies", raw_ == nullptr || raw_->DropsReplies());
    return about;
  }

  // What the link alone can do, without schedule, accounts or distributions: the same frames over and over for
  // `milliseconds`. Requests per second.
  Napi::Value BareRate(const Napi::CallbackInfo& info) {
    if (link_ == nullptr) return info.Env().Undefined();
    Request request{};
    request.ntp[0] = 0x23;
    const int64_t start = NowNs(CLOCK_MONOTONIC);
    const int64_t until = start + static_cast<int64_t>(info[0].As<Napi::Number>().DoubleValue() * 1e6);
    for (uint32_t i = 0; i < kBatch; i++) link_->Compose(i, request);
    double sent = 0;
    int64_t now = start;
    while (now < until) {
      uint64_t refused = 0;
      const int result = link_->Transmit(kBatch, refused);
      if (result < 0) return ThrowErrno(info.Env(), "send", -result);
      sent += kBatch - static_cast<uint32_t>(__builtin_popcountll(refused));
      now = NowNs(CLOCK_MONOTONIC);
    }
    return Napi::Number::New(info.Env(), sent * 1e9 / static_cast<double>(now - start));
  }

  Napi::Value Close(const Napi::CallbackInfo& info) {
    raw_ = nullptr;
    link_.reset();
    return info.Env().Undefined();
  }

  Napi::ObjectReference arrays_[3];
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<LoadLink> link_;
  RawLink* raw_ = nullptr;  // the same object, when the engine is raw
  Request requests_[kBatch];
  bool sampled_ = false;
  int64_t real_minus_mono_ns_ = 0;
  int64_t mapped_at_ns_ = INT64_MIN / 2;
};

void ExportLoadEngine(Napi::Env env, Napi::Object exports) {
  Napi::Object layout = Napi::Object::New(env);
  layout.Set("counts", static_cast<uint32_t>(kCounts));
  layout.Set("distributions", static_cast<uint32_t>(kDistributions));
  layout.Set("cells", kHdrCells);
  exports.Set("loadLayout", layout);
  exports.Set("LoadEngine", LoadEngine::Define(env));
}

}  // namespace ntpd
