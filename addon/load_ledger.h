// load_ledger.h: what both engines of `ntpd-ts load` share: when each request is due and who asks it, what became
// of it, and every count and distribution of a step. Single-threaded; memory is fixed when a step begins.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "load_hdr.h"

namespace ntpd {

constexpr uint32_t kNtpOctets = 48;
constexpr int64_t kNsPerSecond = 1'000'000'000;

// src/load/step-result.ts repeats these lists in this order.
enum LoadCount : uint32_t {
  kCountDue = 0,           // requests whose intended time has come
  kCountSent,              // requests handed to the kernel
  kCountSendFailed,        // refused by the kernel, never on the wire
  kCountReplies,           // datagrams from the server's port, of any kind
  kCountAnswered,          // requests with a first, valid reply in time
  kCountUnsynchronised,    // the same, but stratum 16 (0 on the wire without a kiss) or leap 3
  kCountKissed,            // a kiss in time
  kCountLost,              // nothing valid within the timeout
  kCountLate,              // of those lost: a valid reply came after the timeout
  kCountDuplicate,         // replies to a request that already had one
  kCountInvalidLength,
  kCountInvalidMode,
  kCountInvalidVersion,
  kCountInvalidOrigin,     // origin is no stamp that was sent
  kCountInvalidAddress,    // not from the address or port that was asked, or not to the client that asked
  kCountInvalidStratum,    // above 16
  kCountInvalidStamps,     // a synchronised reply with receive or transmit stamp zero
  kCountInvalidChecksum,
  kCountKissDeny,
  kCountKissRstr,
  kCountKissRate,
  kCountKissNtsn,
  kCountKissOther,
  kCountInterleavedSent,
  kCountInterleavedReplies,
  kCountAbuserSent,
  kCountAbuserAnswered,
  kCountRingDrops,         // replies the kernel could not hand to the generator
  kCountOctetsSent,
  kCountStampsLost,        // sampled requests whose transmit stamp never came
  kCounts,
};

enum LoadDistribution : uint32_t {
  kLatency = 0,      // intended time -> arrival of the valid reply
  kRoundTrip,        // moment of sending -> arrival
  kLateness,         // intended time -> moment of sending: the generator's own fault
  kResidence,        // T3 - T2
  kReceiveError,     // T2 - the request's transmit stamp
  kTransmitError,    // arrival - T3
  kDistributions,
};

struct StepPlan {
  double rate = 0;                // requests per second
  int64_t duration_ns = 0;
  int64_t timeout_ns = kNsPerSecond;
  bool exponential = false;       // spacing; else constant
  uint32_t clients = 1;
  uint32_t stride = 1;            // order in which clients ask, coprime with the number of those that do not abuse
  uint32_t abusers = 0;           // the first so many clients do nothing else, unless all do, and ...
  double abuser_share = 0;        // ... send this share of the requests
  int64_t crowd_start_ns = 0;     // from here ...
  int64_t crowd_end_ns = 0;       // ... to here the rate is
  double crowd_factor = 1;        // this many times as high
  double samples_per_second = 0;  // requests to take a transmit stamp of
  uint64_t seed = 1;
  std::vector<uint8_t> mix;       // 1000 entries: version | kMixInterleaved
};
constexpr uint8_t kMixInterleaved = 0x08;

// One request about to be sent.
struct Request {
  uint32_t sequence;
  uint32_t client;
  bool sample;  // wants a transmit stamp; report it with StampSent
  uint8_t ntp[kNtpOctets];
};

// One reply as it arrived. Flags about addresses are the engine's to find out.
struct Reply {
  const uint8_t* ntp;
  uint32_t length;       // as received
  int64_t arrival_mono_ns;
  int64_t arrival_real_ns;
  uint32_t client;       // whom it was sent to
  bool from_target;
  bool client_known;     // false: the engine cannot tell clients apart
  bool checksum_wrong;
};

class Ledger {
 public:
  Ledger(double* counts, double* sums, uint32_t* cells) noexcept;

  // Forgets the last step and starts the clock of a new one. False: not enough memory.
  bool Begin(const StepPlan& plan, int64_t now_ns) noexcept;

  // Takes the next request whose time has come; false when none is due (or the step is over).
  bool Next(int64_t now_ns, Request& out) noexcept;
  // Commits what Next gave as sent at `now_ns`, and takes it back when the kernel refused it after all.
  void Sent(const Request& request, int64_t now_ns) noexcept;
  void Refused(const Request& request) noexcept;

  void StampSent(uint32_t sequence, int64_t real_ns) noexcept;
  void Account(const Reply& reply) noexcept;

  // When the next request is due; the end of the step when none is left.
  int64_t NextDueNs() const noexcept { return next_due_ns_; }
  bool SendingOver() const noexcept { return next_due_ns_ >= end_ns_; }
  int64_t DrainedAtNs() const noexcept { return std::max(end_ns_, last_sent_ns_) + plan_.timeout_ns; }
  // Sends nothing more when it is this far behind: the step is worth nothing and would last for ever.
  void GiveUpWhenHopeless(int64_t now_ns) noexcept;
  // Counts whatever is still open as lost.
  void Finish() noexcept;
  double* counts() noexcept { return counts_; }

 private:
  enum State : uint8_t { kFree = 0, kOpen, kSettled };
  struct Pending {
    int64_t intended_ns;
    int64_t sent_ns;
    uint32_t sequence;
    uint32_t client;
    State state;
    uint8_t version;
    bool interleaved;
    bool abuser;
    uint32_t sample;  // index + 1 in samples_, 0 = none
  };
  struct Sample {
    uint32_t sequence;
    bool sent;
    bool received;
    int64_t transmit_real_ns;
    int64_t receive_ns;  // T2 as Unix nanoseconds
  };
  // What an interleaved client remembers of its last reply.
  struct Memory {
    uint64_t receive;         // T2 as it stood in the reply
    int64_t receive_ns;
    int64_t arrival_real_ns;  // T4
  };

  void AdvanceSchedule() noexcept;
  uint64_t Random() noexcept;
  uint64_t StampOf(uint32_t sequence, bool receive_field) const noexcept;
  Pending* Find(uint64_t origin, bool& interleaved, bool& expired) noexcept;
  void Settle(Pending& pending, const Reply& reply, bool interleaved) noexcept;
  void RecordStamps(Pending& pending, const Reply& reply, bool interleaved) noexcept;
  void CountKiss(const uint8_t* refid) noexcept;
  void Lose(Pending& pending) noexcept;
  void MatchSample(Sample& sample) noexcept;

  StepPlan plan_;
  double* counts_;
  Distribution distributions_[kDistributions];
  std::vector<Pending> pending_;
  uint32_t mask_ = 0;
  std::vector<Memory> memory_;  // by client; empty when no client is interleaved
  std::vector<Memory> asked_;   // by request: what its client remembered when it asked
  std::vector<Sample> samples_;
  uint32_t next_sample_ = 0;
  double sample_debt_ = 0;
  uint64_t random_ = 1;
  uint32_t key_ = 0;
  uint32_t first_sequence_ = 0;
  uint32_t next_sequence_ = 0;
  uint32_t next_client_ = 0;
  int64_t start_ns_ = 0;
  int64_t end_ns_ = 0;
  int64_t next_due_ns_ = 0;
  int64_t last_sent_ns_ = 0;
  double schedule_ns_ = 0;  // since start, with the fraction that a whole nanosecond would lose
};

}  // namespace ntpd
