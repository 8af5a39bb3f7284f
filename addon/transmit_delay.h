// transmit_delay.h: learns how long after the clock reading a reply really leaves, by its place in the send.
// Plain arithmetic over samples; time is an argument.
#pragma once
#include <cstdint>

namespace ntpd {

constexpr uint32_t kSendChunk = 8;  // replies per sendmmsg under pressure; see send_replies.cc

// Places: a reply that goes alone, as the first after a long wait (the path was just warmed, see send_replies.cc), as
// the first of its batch or later in it; and the places of a chunk under pressure.
constexpr uint32_t kPlaceIdle = 0;
constexpr uint32_t kPlaceFirst = 1;
constexpr uint32_t kPlaceLater = 2;
constexpr uint32_t kPlaceChunk = 3;
constexpr uint32_t kDelayPlaces = kPlaceChunk + kSendChunk;

/**
 * Which replies share a delay: the interface they leave by, the kind of stamp that T2 has (a T3 of another kind
 * would add the path between the two to the client's offset), and what is done to them between the clock reading
 * and the send.
 */
struct DelayClass {
  uint32_t interface;  // index, 0 where it is not known; with kBoundSocket where replies need not name their address
  uint8_t stampSource; // StampSource
  uint8_t work;        // ReplyWork
  bool operator==(const DelayClass& other) const {
    return interface == other.interface && stampSource == other.stampSource && work == other.work;
  }
};

constexpr uint32_t kBoundSocket = 0x8000'0000;
enum ReplyWork : uint8_t { kWorkPlain = 0, kWorkMac = 1, kWorkNts = 2 };

/**
 * Delay and spread of one place: the median of the last samples and, where they come fast, its mean over half a second,
 * so that what is added to T3 does not itself scatter.
 */
class DelayPlace {
 public:
  static constexpr uint32_t kSamples = 31;
  static constexpr uint32_t kSamplesMin = 5;
  static constexpr int64_t kForgetNs = 60'000'000'000;

  void Learn(int32_t delayNs, int64_t nowMonoNs);
  bool Known(int64_t nowMonoNs) const { return count_ >= kSamplesMin && nowMonoNs - lastMonoNs_ < kForgetNs; }
  uint32_t count() const { return count_; }
  int64_t lastMonoNs() const { return lastMonoNs_; }
  int32_t delayNs() const { return static_cast<int32_t>(delayNs_); }
  /** Half the central 68 % of the samples. */
  int32_t spreadNs() const { return spreadNs_; }
  void Forget() { *this = DelayPlace(); }

 private:
  int32_t samples_[kSamples] = {};
  uint32_t count_ = 0;
  uint32_t next_ = 0;
  uint32_t misfits_ = 0;  // samples in a row on one side of what was learned
  double delayNs_ = 0;
  int32_t spreadNs_ = 0;
  int64_t lastMonoNs_ = 0;
};

class TransmitDelay {
 public:
  static constexpr uint32_t kClasses = 16;
  static constexpr int32_t kDelayNsMax = 50'000;

  /** Row of a class, made on first sight; the one used longest ago gives way when the table is full. */
  uint32_t Find(const DelayClass& wanted, int64_t nowMonoNs);

  /**
   * Nanoseconds to add to a clock reading taken just before the send, for a reply at `place` that asks for its transmit
   * stamp, as all samples do: the delay of the place, or of the nearest earlier place of its chunk that is known (too
   * early rather than too late), or 0; at most 50 µs.
   */
  int32_t DelayNs(uint32_t row, uint32_t place, int64_t nowMonoNs) const;

  /** Whether the delay of just this place is known. */
  bool Knows(uint32_t row, uint32_t place, int64_t nowMonoNs) const {
    return rows_[row].places[place].Known(nowMonoNs);
  }

  /**
   * How many of `count` places from `place` on are known, up to the first that is not; all, where nothing is
   * learned of the class: its transmit stamps may never come.
   */
  uint32_t KnownFrom(uint32_t row, uint32_t place, uint32_t count, int64_t nowMonoNs) const;

  /** One transmit stamp less its clock reading. Samples outside 0…1 s are no delays and are ignored. */
  void Learn(uint32_t row, uint32_t place, int64_t delayNs, int64_t nowMonoNs);

  /** Whether a place has too few samples, or none for a while. */
  bool Wants(uint32_t row, uint32_t place, int64_t nowMonoNs) const;

  /** Largest spread among the known places of replies that go alone, or in chunks; 0 when nothing is known. */
  int32_t SpreadNs(bool chunks, int64_t nowMonoNs) const;

  /** Forgets everything: the clock was set. */
  void Forget() { *this = TransmitDelay(); }

  struct Row {
    DelayClass of = {};
    bool used = false;
    int64_t usedMonoNs = 0;
    DelayPlace places[kDelayPlaces];
  };
  const Row& row(uint32_t index) const { return rows_[index]; }

 private:
  Row rows_[kClasses];
  uint32_t last_ = 0;
};

}  // namespace ntpd
