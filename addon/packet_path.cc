// packet_path.cc: construction, the exchange, and the worker's copy of the time page.
#include "packet_path.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace ntpd {

namespace {

// After a batch of this size more is probably waiting, so the sockets are read without asking poll first; but
// every few exchanges poll is asked anyway, so that a quiet socket is not forgotten beside a busy one.
constexpr uint32_t kBusyBatch = 4;
constexpr uint32_t kExchangesBetweenPolls = 8;
// So often the kernel is asked what it dropped.
constexpr int64_t kDropsIntervalNs = 100'000'000;

}  // namespace

Napi::Function PacketPath::Define(Napi::Env env) {
  return DefineClass(env, "PacketPath",
                     {
                         InstanceMethod<&PacketPath::Exchange>("exchange"),
                         InstanceMethod<&PacketPath::Flush>("flush"),
                         InstanceMethod<&PacketPath::Echo>("echo"),
                         InstanceMethod<&PacketPath::UseKeys>("useKeys"),
                         InstanceMethod<&PacketPath::UseSockets>("useSockets"),
                     });
}

PacketPath::PacketPath(const Napi::CallbackInfo& info) : Napi::ObjectWrap<PacketPath>(info) {
  Napi::Env env = info.Env();
  if (info.Length() < 1 || !info[0].IsObject()) {
    ThrowType(env, "PacketPath", "an options object");
    return;
  }
  Napi::Object options = info[0].As<Napi::Object>();
  capacity_ = static_cast<uint32_t>(IntegerOption(options, "capacity", 64));
  slotOctets_ = static_cast<uint32_t>(IntegerOption(options, "slotOctets", 2112));
  const uint32_t workerIndex = static_cast<uint32_t>(IntegerOption(options, "workerIndex", 0));
  const uint32_t workerBits = static_cast<uint32_t>(IntegerOption(options, "workerBits", 0));
  correct_ = BooleanOption(options, "correctTransmit", true);
  wakeFd_ = static_cast<int>(IntegerOption(options, "wakeFd", -1));
  if (capacity_ < 1 || capacity_ > 1024 || slotOctets_ < 64 || slotOctets_ > 65'536 || workerBits > 12 ||
      workerIndex >= (1u << workerBits)) {
    ThrowType(env, "PacketPath", "capacity 1-1024, slotOctets 64-65536, workerIndex below 2^workerBits");
    return;
  }
  if (!arena_.Attach(env, options.Get("arena"), size_t{capacity_} * slotOctets_, "arena") ||
      !table_.Attach(env, options.Get("table"), size_t{capacity_} * kSlotWords, "table") ||
      !page_.Attach(env, options.Get("page"), kPageWords, "page") ||
      !phcPage_.Attach(env, options.Get("phcPage"), kPhcPageWords, "phcPage") ||
      !copy_.Attach(env, options.Get("copy"), kCopyWords, "copy") ||
      !txReport_.Attach(env, options.Get("txReport"), kTxReportWords, "txReport") ||
      !counters_.Attach(env, options.Get("counters"), kNativeCounters, "counters") ||
      (options.Has("standing") && !standing_.Attach(env, options.Get("standing"), kStandingRowWords, "standing")) ||
      !AttachSockets(env, options.Get("sockets"))) {
    return;
  }
  txReportsMax_ = static_cast<uint32_t>(txReport_.length() / kTxReportWords);
  copy_.data()[kCopyState] = kCopyNever;

  slots_ = std::make_unique<SlotIo[]>(capacity_);
  receiveHeaders_ = std::make_unique<mmsghdr[]>(capacity_);
  receiveStamps_ = std::make_unique<UniqueStamps>(workerIndex, workerBits);
  asks_ = std::make_unique<TxAsk[]>(kAsksMax);
  for (uint32_t i = 0; i < capacity_; i++) {
    SlotIo& slot = slots_[i];
    slot.data = {arena_.data() + size_t{i} * slotOctets_, slotOctets_};
    msghdr& header = receiveHeaders_[i].msg_hdr;
    header.msg_name = &slot.address;
    header.msg_iov = &slot.data;
    header.msg_iovlen = 1;
    header.msg_control = slot.control;
    Row(i)[kSlotStart] = i * slotOctets_;
  }
  PollSockets();
  ready_ = true;
}

/** useKeys(keyRing | null): what MACs are written with from now on. */
Napi::Value PacketPath::UseKeys(const Napi::CallbackInfo& info) {
  if (info[0].IsObject()) {
    Napi::Object ring = info[0].As<Napi::Object>();
    keys_ = KeyRing::Unwrap(ring);
    keysReference_ = Napi::Persistent(ring);
  } else {
    keys_ = nullptr;
    keysReference_.Reset();
  }
  return info.Env().Undefined();
}

/**
 * exchange(replies): sends the replies standing in the first `replies` slots, collects transmit stamps, waits for
 * packets (at most 500 ms, or until woken) and reads them into the slots from 0 on. Returns how many.
 */
Napi::Value PacketPath::Exchange(const Napi::CallbackInfo& info) {
  if (!ready_) return Napi::Number::New(info.Env(), 0);
  SendReplies(std::min(info[0].As<Napi::Number>().Uint32Value(), capacity_));
  if (asksOpen_ > 0) CollectTransmitStamps();

  uint32_t received = 0;
  if (receivedLast_ >= kBusyBatch && exchangesSincePoll_ < kExchangesBetweenPolls) {
    exchangesSincePoll_++;
    received = ReceiveAll();
  }
  if (received == 0) {
    exchangesSincePoll_ = 0;
    if (WaitForPackets(kWaitMs)) received = ReceiveAll();
  }
  receivedLast_ = received;

  const int64_t nowMonoNs = ReadClock(CLOCK_MONOTONIC);
  exchangedMonoNs_ = nowMonoNs;
  if (asksOpen_ > 0 && nowMonoNs - lastExpiryMonoNs_ > kNsPerSecond) {
    lastExpiryMonoNs_ = nowMonoNs;
    ExpireAsks(nowMonoNs);
  }
  TakePage(nowMonoNs);
  hardware_.Take(phcPage_.data());
  ConvertStamps(0, received, nowMonoNs);
  if (nowMonoNs - lastDropsMonoNs_ >= kDropsIntervalNs) CountDrops(nowMonoNs);
  copy_.data()[kCopyTxReports] = static_cast<int32_t>(txReports_);
  txReports_ = 0;  // what a flush adds before the next exchange is told of then
  Count(kCounterReceived, received);
  Count(kCounterHeartbeat);
  return Napi::Number::New(info.Env(), received);
}

/** flush(replies): sends without waiting for more; the last call of a worker that stops, whose counts are then whole. */
Napi::Value PacketPath::Flush(const Napi::CallbackInfo& info) {
  if (ready_) {
    SendReplies(std::min(info[0].As<Napi::Number>().Uint32Value(), capacity_));
    CountDrops(exchangedMonoNs_);
  }
  return info.Env().Undefined();
}

/** Waits until a socket has packets (true), or until woken or the time is over (false). */
bool PacketPath::WaitForPackets(int timeoutMs) {
  polled_.back().revents = 0;
  const int ready = poll(polled_.data(), polled_.size(), timeoutMs);
  if (ready == 0) {
    for (PathSocket& socket : sockets_) socket.suspects = 0;  // all queues are empty
  }
  if (ready <= 0) return false;
  bool packets = false;
  bool errors = false;
  for (size_t i = 0; i < sockets_.size(); i++) {
    const short events = polled_[i].revents;
    sockets_[i].hot = (events & POLLIN) != 0;
    if (!sockets_[i].hot) sockets_[i].suspects = 0;
    packets |= sockets_[i].hot;
    errors |= ((events | polled_[sockets_.size() + i].revents) & POLLERR) != 0;
  }
  // POLLERR cannot be masked and stays until the error queue is empty.
  if (errors) CollectTransmitStamps();
  if ((polled_.back().revents & POLLIN) != 0) {
    uint64_t woken;
    if (read(polled_.back().fd, &woken, sizeof woken) < 0) woken = 0;  // somebody else was quicker
  }
  return packets;
}

/** What is queued by now may carry stamps of the clock as it was before it was set: it gets no answer. */
void PacketPath::SuspectQueued() {
  const bool known = poll(polled_.data(), sockets_.size(), 0) >= 0;
  for (size_t i = 0; i < sockets_.size(); i++) {
    const bool empty = known && (polled_[i].revents & POLLIN) == 0;
    sockets_[i].suspects = empty ? 0 : sockets_[i].queueMax;
  }
}

void PacketPath::TakePage(int64_t nowMonoNs) {
  const int32_t sequence = __atomic_load_n(&page_.data()[kPageSequence], __ATOMIC_SEQ_CST);
  if (!pageSeen_ || sequence != snapshot_.words[kPageSequence]) {
    PageSnapshot fresh;
    if (ReadPage(page_.data(), fresh)) {
      if (pageSeen_ && fresh.words[kPageEpoch] != epoch_) contradicted_ = true;
      snapshot_ = fresh;
      pageSeen_ = true;
      epoch_ = fresh.words[kPageEpoch];
      clock_.Load(snapshot_);
      smear_.Load(snapshot_);
      fuzzMask_ = receiveStamps_->MaskFor(snapshot_.words[kPagePrecision]);
      std::copy_n(snapshot_.words, kPageWords, copy_.data());
      copy_.data()[kCopyState] = kCopyFresh;
    } else {
      Count(kCounterPageFailures);
      if (pageSeen_) copy_.data()[kCopyState] = kCopyKept;
    }
  }
  if (!pageSeen_) return;

  const bool steppedNow = MappingContradicted(clock_.mappingNs);
  if (contradicted_ || steppedNow) {
    SuspectQueued();
    delays_.Forget();
    for (uint32_t i = 0; i < kAsksMax; i++) asks_[i].sample = false;
    std::fill_n(precisionFloors_, 2, kPrecisionNone);
  }
  withhold_ = contradicted_ || steppedNow;
  contradicted_ = false;

  const int64_t ageMs = (nowMonoNs - snapshot_.Int64(kPagePublishedMonoNs)) / 1'000'000;
  const double sinceAnchor = static_cast<double>(nowMonoNs - clock_.anchorMonoNs) * 1e-9;
  const NtpTime now = clock_.AtMono(nowMonoNs);
  int32_t* copy = copy_.data();
  copy[kCopyAgeMs] = static_cast<int32_t>(std::clamp<int64_t>(ageMs, 0, 1 << 30));
  std::memcpy(&copy[kCopySinceAnchor], &sinceAnchor, sizeof sinceAnchor);
  copy[kCopyMonoSeconds] = static_cast<int32_t>(nowMonoNs / kNsPerSecond);
  copy[kCopyMonoNanoseconds] = static_cast<int32_t>(nowMonoNs % kNsPerSecond);
  copy[kCopyNowSeconds] = static_cast<int32_t>(now >> 32);
  copy[kCopyNowFraction] = static_cast<int32_t>(now);
  copy[kCopyPrecisionFloor] = precisionFloors_[pressed_ ? 1 : 0];
}

/**
 * replayDelays(samples, nowMs) -> { askedNs, plainNs, spreadNs, chunkPlacesKnown }: what the correction of T3 makes of
 * samples, for tests to see. They are a Float64Array of (kind, place, ns, more ns, time in ms), where kind is 0 for a
 * reply that asked (its delay, and the rest of its call), 1 for a plain one (its call).
 */
static Napi::Value ReplayDelays(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  SharedView<double> samples;
  if (!samples.Attach(env, info[0], 0, "samples")) return env.Undefined();
  const DelayClass of = {1, kStampKernel, kWorkPlain};
  TransmitDelay delays;
  const auto ns = [](double ms) { return static_cast<int64_t>(ms * 1e6); };
  for (size_t i = 0; i + 4 < samples.length(); i += 5) {
    const double* sample = samples.data() + i;
    const uint32_t place = std::min(static_cast<uint32_t>(sample[1]), kDelayPlaces - 1);
    const int64_t firstNs = static_cast<int64_t>(sample[2]);
    const int64_t sampleMonoNs = ns(sample[4]);
    const uint32_t row = delays.Find(of, sampleMonoNs);
    if (sample[0] == 0) delays.LearnAsked(row, place, firstNs, static_cast<int64_t>(sample[3]), sampleMonoNs);
    if (sample[0] == 1) delays.LearnPlain(row, place, firstNs, sampleMonoNs);
  }
  const int64_t nowMonoNs = ns(info[1].As<Napi::Number>().DoubleValue());
  const uint32_t row = delays.Find(of, nowMonoNs);
  Napi::Array askedNs = Napi::Array::New(env);
  Napi::Array plainNs = Napi::Array::New(env);
  for (uint32_t place = 0; place < kDelayPlaces; place++) {
    askedNs.Set(place, delays.DelayNs(row, place, true, nowMonoNs));
    plainNs.Set(place, delays.DelayNs(row, place, false, nowMonoNs));
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("askedNs", askedNs);
  result.Set("plainNs", plainNs);
  result.Set("spreadNs", delays.SpreadNs(false, nowMonoNs));
  result.Set("chunkPlacesKnown", delays.KnownFrom(row, kPlaceChunk, kSendChunk, false, nowMonoNs));
  return result;
}

/**
 * replayStamps(stamps, workerIndex, workerBits, precisionLog2): turns instants, an Int32Array of (seconds, fraction), into
 * the receive stamps that would be given for them one after the other, in place; for tests to see.
 */
static Napi::Value ReplayStamps(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  SharedView<int32_t> stamps;
  if (!stamps.Attach(env, info[0], 0, "stamps")) return env.Undefined();
  UniqueStamps unique(info[1].As<Napi::Number>().Uint32Value(), info[2].As<Napi::Number>().Uint32Value());
  const NtpTime mask = unique.MaskFor(info[3].As<Napi::Number>().Int32Value());
  RandomBits random;
  for (size_t i = 0; i + 1 < stamps.length(); i += 2) {
    int32_t* words = stamps.data() + i;
    const NtpTime exact = (NtpTime{static_cast<uint32_t>(words[0])} << 32) | static_cast<uint32_t>(words[1]);
    const NtpTime stamp = unique.Make(exact, mask, random.Next());
    words[0] = static_cast<int32_t>(stamp >> 32);
    words[1] = static_cast<int32_t>(stamp);
  }
  return env.Undefined();
}

void ExportPacketPath(Napi::Env env, Napi::Object exports) {
  exports.Set("PacketPath", PacketPath::Define(env));
  exports.Set("replayStamps", Napi::Function::New<ReplayStamps>(env, "replayStamps"));
  exports.Set("replayDelays", Napi::Function::New<ReplayDelays>(env, "replayDelays"));
}

}  // namespace ntpd
