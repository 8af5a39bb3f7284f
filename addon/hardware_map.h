// hardware_map.h: from a network card's clock to CLOCK_MONOTONIC, by lines that the coordinator publishes. No system
// calls; the lines are made and tested in src/core/server/phc-mapping.ts.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

#include "layout.h"

namespace ntpd {

/** One card's line: CLOCK_MONOTONIC = anchorMonoNs + (card - anchorCardNs) x (1 + rate), until validMonoNs. */
struct HardwareLine {
  uint32_t interface = 0;
  int64_t anchorCardNs = 0;
  int64_t anchorMonoNs = 0;
  double rate = 0;
  int64_t validMonoNs = 0;
  double nsPerOctet = 0;  // at the link's speed

  int64_t MonoNs(int64_t cardNs) const {
    const int64_t since = cardNs - anchorCardNs;
    return anchorMonoNs + since + std::llrint(static_cast<double>(since) * rate);
  }
};

// A card stamps before the kernel does on receipt and after it on sending, by no more than interrupts are held back.
// What lies outside is of a card that was set, or of another one.
constexpr int64_t kHardwareAheadNs = 50'000;
constexpr int64_t kHardwareBehindNs = 5'000'000;

/** Whether `earlierNs` may be the stamp of the same packet as `laterNs`, taken before it. */
inline bool StampsAgree(int64_t earlierNs, int64_t laterNs) {
  return earlierNs <= laterNs + kHardwareAheadNs && laterNs - earlierNs <= kHardwareBehindNs;
}

class HardwareMap {
 public:
  /** Takes the page over when it changed; a page that is being written is taken the next time. */
  void Take(const int32_t* page) {
    if (page == nullptr) return;
    const int32_t before = __atomic_load_n(&page[kPhcSequence], __ATOMIC_SEQ_CST);
    if (before == sequence_ || (before & 1) != 0) return;
    int32_t words[kPhcPageWords];
    for (uint32_t i = 0; i < kPhcPageWords; i++) words[i] = __atomic_load_n(&page[i], __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&page[kPhcSequence], __ATOMIC_SEQ_CST) != before) return;
    sequence_ = before;
    count_ = static_cast<uint32_t>(words[kPhcCount]) < kPhcLines ? static_cast<uint32_t>(words[kPhcCount]) : kPhcLines;
    for (uint32_t i = 0; i < count_; i++) {
      const int32_t* line = words + kPhcFirstLine + i * kPhcLineWords;
      lines_[i].interface = static_cast<uint32_t>(line[kPhcLineInterface]);
      std::memcpy(&lines_[i].anchorCardNs, line + kPhcLineAnchorCardNs, sizeof(int64_t));
      std::memcpy(&lines_[i].anchorMonoNs, line + kPhcLineAnchorMonoNs, sizeof(int64_t));
      std::memcpy(&lines_[i].rate, line + kPhcLineRate, sizeof(double));
      std::memcpy(&lines_[i].validMonoNs, line + kPhcLineValidMonoNs, sizeof(int64_t));
      std::memcpy(&lines_[i].nsPerOctet, line + kPhcLineNsPerOctet, sizeof(double));
    }
  }

  /**
   * A receive stamp of a card on CLOCK_MONOTONIC. The card stamps the start of a frame, NTP wants its end: what
   * `octets` and the frame's check sequence take on the link is added. False when the card's clock is not known, or
   * the stamp cannot be of the packet that the kernel met at `kernelMonoNs`.
   */
  bool ReceiveMonoNs(uint32_t interface, int64_t cardNs, int64_t kernelMonoNs, uint32_t octets, int64_t& out) const {
    const HardwareLine* line = Find(interface, kernelMonoNs);
    if (line == nullptr || cardNs == 0) return false;
    const int64_t monoNs = line->MonoNs(cardNs) + std::llrint((octets + kFrameCheckOctets) * line->nsPerOctet);
    if (!StampsAgree(monoNs, kernelMonoNs)) return false;
    out = monoNs;
    return true;
  }

  /** A transmit stamp of a card likewise; it comes after `kernelMonoNs`, the kernel's stamp or the clock reading. */
  bool TransmitMonoNs(uint32_t interface, int64_t cardNs, int64_t kernelMonoNs, int64_t& out) const {
    const HardwareLine* line = Find(interface, kernelMonoNs);
    if (line == nullptr || cardNs == 0) return false;
    const int64_t monoNs = line->MonoNs(cardNs);
    if (!StampsAgree(kernelMonoNs, monoNs)) return false;
    out = monoNs;
    return true;
  }

 private:
  static constexpr uint32_t kFrameCheckOctets = 4;

  /** The line of an interface while it is valid, or null. */
  const HardwareLine* Find(uint32_t interface, int64_t nowMonoNs) const {
    for (uint32_t i = 0; i < count_; i++) {
      if (lines_[i].interface == interface) return nowMonoNs < lines_[i].validMonoNs ? &lines_[i] : nullptr;
    }
    return nullptr;
  }

  int32_t sequence_ = 0;
  uint32_t count_ = 0;
  HardwareLine lines_[kPhcLines];
};

}  // namespace ntpd
