// transmit_delay.h: learns how long after the clock reading a reply really leaves, by its place in the send.
// Plain arithmetic over samples; time is an argument.
#pragma once
#include <cstdint>

#include "delay_median.h"

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
 * What is measured at one place. A reply that asks for its transmit stamp leaves later than one that does not: the
 * kernel does the work of asking (control message, memory for the report) before it takes the stamp, and rarely, so with
 * cold caches. Where a plain reply leaves, no stamp tells; but how long its system call takes is
 * known, and how much of such a call follows a stamp is known from the calls that asked:
 *
 *     reading |--------- asked ---------| stamp |------------- rest -------------| return
 *     reading |---- a plain reply's ----| T3    |------------- rest -------------| return
 *
 * so that its T3 is plainCall - rest: as far before the reply's arrival as a transmit stamp is, so that clients see the
 * same offset in basic and in interleaved mode. (The rest begins with queueing the stamp's report, which a plain reply is
 * spared. To add what that takes, measured over loopback, made T3 late by up to 0.45 us, and scatter:
 * bench/accuracy/stamps.ts.)
 */
struct PlaceDelays {
  DelayMedian asked;      // clock reading to transmit stamp, of replies that ask
  DelayMedian rest;       // their transmit stamp to the return of the call
  DelayMedian plainCall;  // clock reading to the return of the call, of replies that do not ask
};

class TransmitDelay {
 public:
  static constexpr uint32_t kClasses = 16;
  static constexpr int32_t kDelayNsMax = 50'000;

  /** Row of a class, made on first sight; the one used longest ago gives way when the table is full. */
  uint32_t Find(const DelayClass& wanted, int64_t nowMonoNs);

  /**
   * Nanoseconds to add to a clock reading taken just before the send, for a reply at `place` that asks for its transmit
   * stamp or does not: the delay of the place, or of the nearest earlier place of its chunk that is known (too early
   * rather than too late), or 0; at most 50 µs.
   */
  int32_t DelayNs(uint32_t row, uint32_t place, bool asks, int64_t nowMonoNs) const;

  /** Whether the delay of just this place is known. */
  bool Knows(uint32_t row, uint32_t place, bool asks, int64_t nowMonoNs) const;

  /**
   * How many of `count` places from `place` on are known, also for plain replies where those matter, up to the first
   * that is not; all, where nothing is learned of the class: its transmit stamps may never come.
   */
  uint32_t KnownFrom(uint32_t row, uint32_t place, uint32_t count, bool plain, int64_t nowMonoNs) const;

  /**
   * One transmit stamp less its clock reading, and the return of the call less the stamp (negative where a card stamped
   * later). Samples outside 0…1 s are no delays and are ignored.
   */
  void LearnAsked(uint32_t row, uint32_t place, int64_t delayNs, int64_t restNs, int64_t nowMonoNs);
  /** How long the call took for a reply, or a chunk up to it, that did not ask. */
  void LearnPlain(uint32_t row, uint32_t place, int64_t callNs, int64_t nowMonoNs);

  /** Whether a place has too few samples, or none for a while. */
  bool Wants(uint32_t row, uint32_t place, bool asks, int64_t nowMonoNs) const;

  /**
   * Largest spread among the known places of replies that go alone, or in chunks, be they plain or with a wish for their
   * stamp: what the precision on the wire must not be finer than. 0 when nothing is known.
   */
  int32_t SpreadNs(bool chunks, int64_t nowMonoNs) const;

  /** Forgets everything: the clock was set. */
  void Forget() { *this = TransmitDelay(); }

  struct Row {
    DelayClass of = {};
    bool used = false;
    int64_t usedMonoNs = 0;
    PlaceDelays places[kDelayPlaces];
  };
  const Row& row(uint32_t index) const { return rows_[index]; }

 private:
  int32_t PlaceNs(const Row& row, uint32_t place, bool asks) const;
  static int32_t PlaceSpreadNs(const PlaceDelays& place, bool asks);

  Row rows_[kClasses];
  uint32_t last_ = 0;
};

}  // namespace ntpd
