// layout.h: the memory that C++ and TypeScript share. Declared here once; src/core/server/slot.ts and
// src/core/server/page.ts repeat the numbers and src/native/binding.ts compares them at load, word by word.
#pragma once
#include <cstdint>

namespace ntpd {

constexpr uint32_t kLayoutVersion = 1;

// The packet table: kSlotWords 32-bit words per slot, native endian. The table, not the code, says where a
// packet starts, so the same encoder works over sockets and over memory that a network card shares.
enum SlotWord : uint32_t {
  kSlotStart = 0,         // octet offset of the packet in the arena
  kSlotLength = 1,        // octets received
  kSlotRxSeconds = 2,     // T2 on the served clock, NTP seconds
  kSlotRxFraction = 3,    // T2, NTP fraction
  kSlotRxSource = 4,      // StampSource: where T2 was taken
  kSlotAddress = 5,       // four words, network order read as numbers; IPv4 is v4-mapped (::ffff:a.b.c.d)
  kSlotPort = 9,          // source port, host order
  kSlotListener = 10,     // index of the [[server]] the packet came in by
  kSlotReplyLength = 11,  // octets to send, 0 = nothing
  kSlotReplyFlags = 12,   // ReplyFlag bits
  kSlotSealKey = 13,      // key slot for kSealMac / session slot for kSealNts
  kSlotTxSeconds = 14,    // written by the addon: T3 as it stands in the reply
  kSlotTxFraction = 15,
  kSlotAgeUs = 16,        // microseconds the request has waited when it was read
  kSlotFlags = 17,        // SlotFlag bits, set on receive
  kSlotTxCookie = 18,     // opaque word handed back with the transmit stamp (interleaved store)
  kSlotInterface = 19,    // interface index the packet came in by (a bound socket's has the address), 0 = not known
  kSlotWords = 20,
};
static_assert(kSlotInterface < kSlotWords);

enum StampSource : uint32_t { kStampDaemon = 0, kStampKernel = 1, kStampHardware = 2 };

enum ReplyFlag : uint32_t {
  kReplyReportTx = 1u << 0,  // report this reply's transmit stamp (with kSlotTxCookie)
  kReplyXmtGiven = 1u << 1,  // xmt already stands in the packet (interleaved reply); else the addon writes now
  kReplySealMac = 1u << 2,   // append/refresh the MAC with key slot kSlotSealKey
  kReplySealNts = 1u << 3,
};

enum SlotFlag : uint32_t {
  kSlotTruncated = 1u << 0,  // datagram was larger than a slot
  kSlotEpochChanged = 1u << 1,  // stamped across a clock step: gets no answer
  kSlotFromSelf = 1u << 2,  // source is the address and port the packet was sent to: a spoofed loop
};

// The time page: 64 Int32 words in a SharedArrayBuffer, written by the coordinator under a sequence lock,
// every access seq_cst. A double is two words (low, high), an int64 likewise.
enum PageWord : uint32_t {
  kPageSequence = 0,         // odd while being written
  kPageLeap = 1,             // 0..3
  kPageStratum = 2,          // 1..16; 16 = unsynchronised
  kPagePrecision = 3,        // log2 s
  kPageRefid = 4,
  kPageReftimeSeconds = 5,
  kPageReftimeFraction = 6,
  kPageRootDelay = 7,        // double, seconds
  kPageRootDispersion = 9,   // double, seconds, at the anchor
  kPageDispersionRate = 11,  // double, s/s
  kPageAnchorMonoNs = 13,    // int64, CLOCK_MONOTONIC of the anchor
  kPageAnchorSeconds = 15,   // served clock at the anchor, NTP seconds
  kPageAnchorFraction = 16,
  kPageRate = 17,            // double: seconds gained on CLOCK_MONOTONIC per second of it (0: both run alike)
  kPageMappingNs = 19,       // int64, CLOCK_REALTIME - CLOCK_MONOTONIC
  kPageEpoch = 21,           // bumped when the realtime clock was set
  kPagePublishedMonoNs = 22, // int64; a page older than 5 s means leap 3
  kPageGeneration = 24,      // number of the publication
  kPageLeapEventSeconds = 25, // NTP second before which a leap second is inserted/deleted, 0 = none known
  kPageLeapSign = 26,        // +1 insert, -1 delete, 0 none
  kPageSlewEpoch = 27,       // bumped when stored stamps can no longer be converted (step of the served clock)
  kPageSmearEventSeconds = 28, // NTP midnight of the leap second that smears are about; valid while kPageSmearSign is not 0
  kPageSmearSign = 29,         // +1 insert, -1 delete, 0 none
  kPageSmearApplied = 30,      // 1: this clock has done the leap
  kPageSmearLate = 31,         // 1: learned after the linear smear should have begun, 2: nobody knows
  kPageWords = 64,
};

// The worker's own copy of the page, in plain memory: the page's words followed by what the addon adds at each
// exchange. TypeScript reads this, never the page.
enum CopyWord : uint32_t {
  kCopyState = 64,            // CopyState
  kCopyAgeMs = 65,            // age of the publication, saturating at 2^30
  kCopySinceAnchor = 66,      // double: seconds from the anchor to this exchange
  kCopyNowSeconds = 68,       // the served clock at this exchange
  kCopyNowFraction = 69,
  kCopyPrecisionFloor = 70,   // log2 s: precision on the wire is never finer than the spread of the T3 correction
  kCopyTxReports = 71,        // rows of the transmit report filled by this exchange
  kCopyMonoSeconds = 72,      // the monotonic clock at this exchange: whole seconds, and nanoseconds
  kCopyMonoNanoseconds = 73,
  kCopyWords = 74,
};
static_assert(static_cast<uint32_t>(kCopyState) == kPageWords);

enum CopyState : uint32_t { kCopyFresh = 0, kCopyKept = 1, kCopyNever = 2 };

// The transmit report: what became of the replies that asked for it with kReplyReportTx.
enum TxReportWord : uint32_t {
  kTxReportCookie = 0,
  kTxReportSeconds = 1,  // true transmit stamp on the served clock
  kTxReportFraction = 2,
  kTxReportSource = 3,   // StampSource
  kTxReportWords = 4,
};

// The page of network cards' clocks: a sequence lock, a count, and a line per interface. A double or an int64 takes two
// words, low first.
constexpr uint32_t kPhcLines = 16;
enum PhcWord : uint32_t { kPhcSequence = 0, kPhcCount = 1, kPhcFirstLine = 2 };
enum PhcLineWord : uint32_t {
  kPhcLineInterface = 0,
  kPhcLineAnchorCardNs = 1,   // int64
  kPhcLineAnchorMonoNs = 3,   // int64, CLOCK_MONOTONIC at that reading of the card
  kPhcLineRate = 5,           // double: seconds that CLOCK_MONOTONIC gains on the card per second of it
  kPhcLineValidMonoNs = 7,    // int64: not to be used after
  kPhcLineNsPerOctet = 9,     // double: how long an octet takes on the link
  kPhcLineWords = 11,
};
constexpr uint32_t kPhcPageWords = kPhcFirstLine + kPhcLines * kPhcLineWords;

// Counters that the addon writes, at the start of a worker's row of doubles. One writer per row.
enum CounterWord : uint32_t {
  kCounterHeartbeat = 0,       // exchanges finished; moves at least twice a second
  kCounterReceived = 1,        // datagrams read
  kCounterSent = 2,            // replies the kernel took
  kCounterKernelDrops = 3,     // datagrams the kernel dropped for want of queue space, since the sockets opened
  kCounterSendNoBuffer = 4,    // replies lost to ENOBUFS or ENOMEM; not in the queue of an interface, which is not told
  kCounterSendWouldBlock = 5,  // replies lost to a full send queue
  kCounterSendRefused = 6,     // replies the kernel refused for another reason (no route, filter, bogus address)
  kCounterTxStamps = 8,        // transmit stamps collected
  kCounterTxStampsLost = 9,    // asked for and never seen
  kCounterPageFailures = 10,   // exchanges that kept the old copy of the page
  kCounterUnstamped = 11,      // datagrams without a kernel stamp (T2 is the daemon's)
  kCounterStepped = 12,        // datagrams withheld because the realtime clock was set around their stamp
  // recvmmsg failures other than "nothing there", errors that waited at a socket, control messages cut short
  kCounterReceiveErrors = 13,
  kCounterShed = 14,           // datagrams that the standing filter kept out in overload; not among kCounterKernelDrops
  kCounterTxReports = 16,      // transmit stamps reported, three counters by StampSource
  kNativeCounters = 24,
};

// The standing map (addon/standing_filter.cc): first the sets of clients that are known, then a row for each worker.
constexpr uint32_t kStandingRowWords = 16;  // of a set and of a worker's row alike: a cache line
constexpr uint32_t kStandingWays = 8;       // a set: so many tags (0 = free), then as many times, since << 16 | last
// A client that was quiet for longer is no longer in good standing.
constexpr uint32_t kStandingQuietUnitsMax = 900;
enum StandingWord : uint32_t {
  kStandingShare = 0,        // of 2^16 unknown clients so many may enter
  kStandingNow = 1,          // the present, in the units of since and last, modulo 2^16
  kStandingAdmitBefore = 2,  // who has been there since then or longer is in good standing
  kStandingShed = 4,         // counters of 64 bits that the filter writes: unknown and kept out ...
  kStandingAdmitted = 6,     // ... unknown and let in
};
static_assert(2 * kStandingWays == kStandingRowWords);

}  // namespace ntpd
