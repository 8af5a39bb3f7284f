// unique_stamps.h: receive stamps that nobody can foresee below the clock's precision, and none of which comes twice,
// also when the clock they are read from goes back.
#pragma once
#include <algorithm>
#include <memory>

#include "served_clock.h"

namespace ntpd {

/**
 * Bit 0 of a receive stamp is 1 (transmit stamps have 0). The bits above it name the worker, the next ones a sequence,
 * and what is left below the precision is random.
 *
 * A sequence goes forward: an instant far behind the latest of a sequence takes the next one that has not come so far,
 * whatever brought it there: a clock that was set back, listeners whose smears show different times, a queue that was
 * read later than others. So stamps of two sequences differ by their bits. Within a sequence a ring over the last
 * instants knows which were given. That fails only where the clock passes one instant more often than there are
 * sequences.
 */
class UniqueStamps {
 public:
  static constexpr uint32_t kSequenceBits = 2;

  UniqueStamps(uint32_t workerIndex, uint32_t workerBits)
      : workerShift_(1), sequenceShift_(workerShift_ + workerBits), valueShift_(sequenceShift_ + kSequenceBits),
        named_((NtpTime{workerIndex} << workerShift_) | 1), rings_(std::make_unique<Group[]>(kSequences * kGroups)) {}

  /** Bits of the fraction to be given up for a clock of this precision: the named ones and a random one at least. */
  NtpTime MaskFor(int32_t precisionLog2) const {
    const int32_t least = static_cast<int32_t>(valueShift_) + 1;
    const int32_t most = static_cast<int32_t>(valueShift_ + kValuesLog2 + kGroupsLog2) - 2;
    return (NtpTime{1} << std::clamp(32 + precisionLog2, least, most)) - 1;
  }

  /** The stamp to give for this instant. @param mask - of MaskFor. @param random - bits that nobody knows. */
  NtpTime Make(NtpTime exact, NtpTime mask, uint64_t random) {
    const uint32_t sequence = SequenceOf(exact);
    Group* ring = &rings_[size_t{sequence} * kGroups];
    uint64_t value = ((exact & ~mask) | (random & mask)) >> valueShift_;
    for (;; value++) {
      Group& group = ring[(value >> kValuesLog2) % kGroups];
      const uint32_t id = static_cast<uint32_t>(value >> kValuesLog2);
      const uint32_t bit = 1u << (value % kValues);
      if (group.id != id) group = {id, 0};
      if ((group.given & bit) != 0) continue;
      group.given |= bit;
      return (value << valueShift_) | (NtpTime{sequence} << sequenceShift_) | named_;
    }
  }

 private:
  static constexpr uint32_t kSequences = 1u << kSequenceBits;
  static constexpr uint32_t kValuesLog2 = 5;
  static constexpr uint32_t kValues = 1u << kValuesLog2;
  static constexpr uint32_t kGroupsLog2 = 12;
  static constexpr uint32_t kGroups = 1u << kGroupsLog2;
  /** 34 years: where a sequence that has given no stamp stands. */
  static constexpr NtpTime kLongAgo = NtpTime{1} << 62;

  /** Neighbouring values, and which of them were given. */
  struct Group {
    uint32_t id;
    uint32_t given;
  };

  /** The first sequence whose latest instant is before this one, or so little after it that the ring has both. */
  uint32_t SequenceOf(NtpTime exact) {
    if (!begun_) {
      std::fill_n(latest_, kSequences, exact - kLongAgo);
      begun_ = true;
    }
    const int64_t slack = int64_t{1} << (valueShift_ + kValuesLog2 + kGroupsLog2 - 1);
    uint32_t lowest = 0;
    for (uint32_t i = 0; i < kSequences; i++) {
      const int64_t after = static_cast<int64_t>(exact - latest_[i]);
      if (after > 0) latest_[i] = exact;
      if (after >= -slack) return i;
      if (static_cast<int64_t>(latest_[i] - latest_[lowest]) < 0) lowest = i;
    }
    latest_[lowest] = exact;
    return lowest;
  }

  const uint32_t workerShift_;
  const uint32_t sequenceShift_;
  const uint32_t valueShift_;
  const NtpTime named_;
  std::unique_ptr<Group[]> rings_;
  NtpTime latest_[kSequences] = {};
  bool begun_ = false;
};

}  // namespace ntpd
