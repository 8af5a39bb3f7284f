// load_ledger.cc: the schedule of a step and the fate of each of its requests.
#include "load_ledger.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "load_octets.h"

namespace ntpd {
namespace {

constexpr uint32_t kSamples = 4096;
constexpr uint32_t kPendingMax = 1u << 24;
constexpr int64_t kHopelessNs = 250'000'000;
constexpr uint8_t kModeClient = 3;
constexpr uint8_t kModeServer = 4;

// Scrambles a sequence so that neighbours share no bits and a guessed origin is noticed (murmur3's finaliser).
uint32_t Mix(uint32_t x) noexcept {
  x ^= x >> 16;
  x *= 0x85ebca6bu;
  x ^= x >> 13;
  x *= 0xc2b2ae35u;
  return x ^ (x >> 16);
}

}  // namespace

Ledger::Ledger(double* counts, double* sums, uint32_t* cells) noexcept : counts_(counts) {
  for (uint32_t i = 0; i < kDistributions; i++) {
    distributions_[i].cells = cells + i * 2 * kHdrCells;
    distributions_[i].sums = sums + i * 5;
  }
}

bool Ledger::Begin(const StepPlan& plan, int64_t now_ns) noexcept {
  plan_ = plan;
  // Every request stays in the table for longer than its timeout, so that reuse of its place means it is lost.
  const double peak = plan.rate * std::max(1.0, plan.crowd_factor);
  const double needed = peak * (static_cast<double>(plan.timeout_ns) / kNsPerSecond) * 1.5 + 4096;
  uint32_t size = 4096;
  while (size < needed && size < kPendingMax) size *= 2;
  if (size < needed) return false;
  pending_.assign(size, Pending{});
  mask_ = size - 1;
  samples_.assign(kSamples, Sample{});
  bool interleaved = false;
  for (const uint8_t entry : plan.mix) interleaved |= (entry & kMixInterleaved) != 0;
  memory_.assign(interleaved ? plan.clients : 0, Memory{});
  asked_.assign(interleaved ? size : 0, Memory{});
  std::memset(counts_, 0, sizeof(double) * kCounts);
  for (Distribution& distribution : distributions_) {
    std::memset(distribution.cells, 0, sizeof(uint32_t) * 2 * kHdrCells);
    std::memset(distribution.sums, 0, sizeof(double) * 5);
  }
  random_ = plan.seed * 0x9e3779b97f4a7c15ull + 1;
  key_ = static_cast<uint32_t>(Random());
  first_sequence_ = next_sequence_;
  next_client_ = 0;
  sample_debt_ = 1;  // the first request of a step is stamped
  start_ns_ = now_ns;
  end_ns_ = now_ns + plan.duration_ns;
  last_sent_ns_ = now_ns;
  schedule_ns_ = 0;
  next_due_ns_ = now_ns;
  return true;
}

// xorshift64*: a seed fixes the whole step.
uint64_t Ledger::Random() noexcept {
  random_ ^= random_ >> 12;
  random_ ^= random_ << 25;
  random_ ^= random_ >> 27;
  return random_ * 0x2545f4914f6cdd1dull;
}

void Ledger::AdvanceSchedule() noexcept {
  const auto since = static_cast<int64_t>(schedule_ns_);
  const bool crowd = since >= plan_.crowd_start_ns && since < plan_.crowd_end_ns;
  double gap_ns = 1e9 / (plan_.rate * (crowd ? plan_.crowd_factor : 1));
  if (plan_.exponential) gap_ns *= -std::log((static_cast<double>(Random() >> 11) + 1) * 0x1p-53);
  schedule_ns_ += gap_ns;
  next_due_ns_ = start_ns_ + static_cast<int64_t>(schedule_ns_);
}

void Ledger::GiveUpWhenHopeless(int64_t now_ns) noexcept {
  if (!SendingOver() && now_ns - next_due_ns_ > plan_.duration_ns / 4 + kHopelessNs) end_ns_ = next_due_ns_;
}

// The transmit (or receive) stamp of a request carries its sequence: fraction = sequence under a key, seconds =
// a check of it, different for the two fields because an interleaved reply echoes the receive stamp instead.
uint64_t Ledger::StampOf(uint32_t sequence, bool receive_field) const noexcept {
  const uint32_t check = Mix(sequence ^ key_) ^ (receive_field ? 0x5bd1e995u : 0);
  return static_cast<uint64_t>(check) << 32 | (sequence ^ key_);
}

bool Ledger::Next(int64_t now_ns, Request& out) noexcept {
  if (next_due_ns_ > now_ns || SendingOver()) return false;
  out.sequence = next_sequence_++;
  bool abuser = false;
  if (plan_.abusers > 0) abuser = static_cast<double>(Random() >> 11) * 0x1p-53 < plan_.abuser_share;
  if (abuser) {
    out.client = static_cast<uint32_t>((Random() >> 32) * plan_.abusers >> 32);
  } else {
    const uint32_t first = plan_.abusers < plan_.clients ? plan_.abusers : 0;
    out.client = first + next_client_;
    next_client_ += plan_.stride;
    if (next_client_ >= plan_.clients - first) next_client_ -= plan_.clients - first;
  }
  Pending& pending = pending_[out.sequence & mask_];
  if (pending.state == kOpen) Lose(pending);
  const uint8_t kind = plan_.mix[out.client % plan_.mix.size()];
  pending = Pending{next_due_ns_, 0, out.sequence, out.client, kFree, static_cast<uint8_t>(kind & 7), false, abuser, 0};
  counts_[kCountDue] += 1;

  std::memset(out.ntp, 0, kNtpOctets);
  out.ntp[0] = static_cast<uint8_t>(pending.version << 3 | kModeClient);
  StoreBig64(out.ntp + 40, StampOf(out.sequence, false));
  if ((kind & kMixInterleaved) != 0 && memory_[out.client].receive != 0) {
    pending.interleaved = true;
    asked_[out.sequence & mask_] = memory_[out.client];
    StoreBig64(out.ntp + 24, memory_[out.client].receive);
    StoreBig64(out.ntp + 32, StampOf(out.sequence, true));
  }
  sample_debt_ += plan_.samples_per_second / plan_.rate;
  out.sample = sample_debt_ >= 1;
  if (out.sample) {
    sample_debt_ -= std::floor(sample_debt_);
    const uint32_t index = next_sample_++ % kSamples;
    if (samples_[index].sequence != 0 && !samples_[index].sent) counts_[kCountStampsLost] += 1;
    samples_[index] = Sample{out.sequence, false, false, 0, 0};
    pending.sample = index + 1;
  }
  AdvanceSchedule();
  return true;
}

void Ledger::Sent(const Request& request, int64_t now_ns) noexcept {
  Pending& pending = pending_[request.sequence & mask_];
  pending.state = kOpen;
  pending.sent_ns = now_ns;
  last_sent_ns_ = now_ns;
  distributions_[kLateness].Record(now_ns - pending.intended_ns);
  counts_[kCountSent] += 1;
  counts_[kCountOctetsSent] += kNtpOctets;
  if (pending.interleaved) counts_[kCountInterleavedSent] += 1;
  if (pending.abuser) counts_[kCountAbuserSent] += 1;
}

void Ledger::Refused(const Request& request) noexcept {
  Pending& pending = pending_[request.sequence & mask_];
  if (pending.sequence != request.sequence || pending.state != kOpen) return;
  pending.state = kFree;
  counts_[kCountSendFailed] += 1;
  counts_[kCountSent] -= 1;
  counts_[kCountOctetsSent] -= kNtpOctets;
  if (pending.interleaved) counts_[kCountInterleavedSent] -= 1;
  if (pending.abuser) counts_[kCountAbuserSent] -= 1;
}

void Ledger::MatchSample(Sample& sample) noexcept {
  if (sample.sent && sample.received) distributions_[kReceiveError].Record(sample.receive_ns - sample.transmit_real_ns);
}

void Ledger::StampSent(uint32_t sequence, int64_t real_ns) noexcept {
  const Pending& pending = pending_[sequence & mask_];
  if (pending.sequence != sequence || pending.sample == 0) return;
  Sample& sample = samples_[pending.sample - 1];
  if (sample.sequence != sequence || sample.sent) return;
  sample.sent = true;
  sample.transmit_real_ns = real_ns;
  MatchSample(sample);
}

Ledger::Pending* Ledger::Find(uint64_t origin, bool& interleaved, bool& expired) noexcept {
  const uint32_t sequence = static_cast<uint32_t>(origin) ^ key_;
  if (origin == StampOf(sequence, false)) {
    interleaved = false;
  } else if (origin == StampOf(sequence, true)) {
    interleaved = true;
  } else {
    return nullptr;
  }
  const uint32_t age = next_sequence_ - sequence;
  if (age == 0 || age > next_sequence_ - first_sequence_) return nullptr;
  Pending& pending = pending_[sequence & mask_];
  expired = pending.sequence != sequence;
  return expired ? nullptr : &pending;
}

void Ledger::Lose(Pending& pending) noexcept {
  pending.state = kSettled;
  counts_[kCountLost] += 1;
}

void Ledger::Finish() noexcept {
  for (Pending& pending : pending_) {
    if (pending.state == kOpen) Lose(pending);
  }
}

void Ledger::CountKiss(const uint8_t* refid) noexcept {
  counts_[kCountKissed] += 1;
  if (std::memcmp(refid, "DENY", 4) == 0) {
    counts_[kCountKissDeny] += 1;
  } else if (std::memcmp(refid, "RSTR", 4) == 0) {
    counts_[kCountKissRstr] += 1;
  } else if (std::memcmp(refid, "RATE", 4) == 0) {
    counts_[kCountKissRate] += 1;
  } else if (std::memcmp(refid, "NTSN", 4) == 0) {
    counts_[kCountKissNtsn] += 1;
  } else {
    counts_[kCountKissOther] += 1;
  }
}

void Ledger::Account(const Reply& reply) noexcept {
  counts_[kCountReplies] += 1;
  if (reply.checksum_wrong) {
    counts_[kCountInvalidChecksum] += 1;
    return;
  }
  if (reply.length < kNtpOctets) {
    counts_[kCountInvalidLength] += 1;
    return;
  }
  const uint8_t* ntp = reply.ntp;
  bool interleaved = false;
  bool expired = false;
  Pending* pending = Find(LoadBig64(ntp + 24), interleaved, expired);
  if (expired) {
    counts_[kCountLate] += 1;
    return;
  }
  if (pending == nullptr || pending->state == kFree || (interleaved && !pending->interleaved)) {
    counts_[kCountInvalidOrigin] += 1;
    return;
  }
  if (!reply.from_target || (reply.client_known && reply.client != pending->client)) {
    counts_[kCountInvalidAddress] += 1;
    return;
  }
  if (reply.length != kNtpOctets) {
    counts_[kCountInvalidLength] += 1;
    return;
  }
  if ((ntp[0] & 7) != kModeServer) {
    counts_[kCountInvalidMode] += 1;
    return;
  }
  if ((ntp[0] >> 3 & 7) != pending->version) {
    counts_[kCountInvalidVersion] += 1;
    return;
  }
  if (ntp[1] > 16) {
    counts_[kCountInvalidStratum] += 1;
    return;
  }
  if (pending->state == kSettled) {
    counts_[kCountDuplicate] += 1;
    return;
  }
  Settle(*pending, reply, interleaved);
}

void Ledger::Settle(Pending& pending, const Reply& reply, bool interleaved) noexcept {
  const uint8_t* ntp = reply.ntp;
  const bool kiss = ntp[1] == 0 && LoadBig32(ntp + 12) != 0;
  const bool unsynchronised = !kiss && (ntp[1] == 0 || ntp[1] == 16 || ntp[0] >> 6 == 3);
  if (!kiss && !unsynchronised && (LoadBig64(ntp + 32) == 0 || LoadBig64(ntp + 40) == 0)) {
    counts_[kCountInvalidStamps] += 1;
    return;
  }
  const int64_t latency_ns = reply.arrival_mono_ns - pending.intended_ns;
  if (reply.arrival_mono_ns - pending.sent_ns > plan_.timeout_ns) {
    Lose(pending);
    counts_[kCountLate] += 1;
    return;
  }
  pending.state = kSettled;
  distributions_[kLatency].Record(latency_ns);
  distributions_[kRoundTrip].Record(reply.arrival_mono_ns - pending.sent_ns);
  if (kiss) {
    CountKiss(ntp + 12);
    return;
  }
  counts_[unsynchronised ? kCountUnsynchronised : kCountAnswered] += 1;
  if (pending.abuser) counts_[kCountAbuserAnswered] += 1;
  if (interleaved) counts_[kCountInterleavedReplies] += 1;
  RecordStamps(pending, reply, interleaved);
}

void Ledger::RecordStamps(Pending& pending, const Reply& reply, bool interleaved) noexcept {
  const uint64_t receive = LoadBig64(reply.ntp + 32);
  const int64_t receive_ns = UnixNsFromNtp(receive);
  const int64_t transmit_ns = UnixNsFromNtp(LoadBig64(reply.ntp + 40));
  // An interleaved reply brings the transmit stamp of the one before it.
  const Memory told = interleaved ? asked_[pending.sequence & mask_] : Memory{receive, receive_ns, reply.arrival_real_ns};
  distributions_[kResidence].Record(transmit_ns - told.receive_ns);
  distributions_[kTransmitError].Record(told.arrival_real_ns - transmit_ns);
  const bool remembers = (plan_.mix[pending.client % plan_.mix.size()] & kMixInterleaved) != 0;
  if (remembers) memory_[pending.client] = Memory{receive, receive_ns, reply.arrival_real_ns};
  if (pending.sample == 0) return;
  Sample& sample = samples_[pending.sample - 1];
  if (sample.sequence != pending.sequence) return;
  sample.received = true;
  sample.receive_ns = receive_ns;
  MatchSample(sample);
}

}  // namespace ntpd
