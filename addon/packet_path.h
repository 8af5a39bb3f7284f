// packet_path.h: one worker's packet path: its borrowed sockets, its arena, its copy of the time page, and the
// exchange that moves packets between them. Bound to one thread; nothing here is shared but the page (read) and
// the worker's own row of counters (written).
#pragma once
#include <napi.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <memory>
#include <vector>

#include "args.h"
#include "clocks.h"
#include "hardware_map.h"
#include "key_ring.h"
#include "layout.h"
#include "page_reader.h"
#include "random_bits.h"
#include "self_socket.h"
#include "smear.h"
#include "transmit_delay.h"
#include "unique_stamps.h"

namespace ntpd {

constexpr int32_t kPrecisionNone = -32;
constexpr int kWaitMs = 500;  // a wait for packets ends after this at the latest
constexpr uint32_t kReceiveControlOctets = 192;
constexpr uint32_t kSendControlOctets = 96;
// Full batches in a row before chunks are formed, and batches that are not full before replies go alone again: a
// burst is over before, so only overload pays with the steadiness of T3 for its throughput; and while chunks win back
// a little room the server does not go to and fro (bench/load: best answers/s).
constexpr uint32_t kFullBatchesMin = 32;
constexpr uint32_t kSlackBatchesMin = 8;
// Full batches in a row before transmit stamps are saved on, too: more than it takes to work off a full queue at three
// quarters of what a worker can answer, so that a pause of some tens of milliseconds does not cost the kernel's stamps.
constexpr uint32_t kSparingBatchesMin = 512;
constexpr uint32_t kAsksMax = 4096;       // transmit stamps awaited at once; a power of two
static_assert(kAsksMax <= 1u << 16, "their places are kept as 16 bits");

/** What is known of the numbers that a kernel without SCM_TS_OPT_ID gives the stamps of a socket (transmit_stamps.cc). */
enum class StampCount : uint8_t {
  kLost,    // which number comes next is not known
  kProbed,  // one reply that asked is under way, and no other: its stamp will tell
  kKnown,
};

/** A socket the worker borrows from the coordinator. */
struct PathSocket {
  int fd;
  // Where replies leave by: a second socket of the same address, whose error queue is its own, so that transmit stamps
  // are not lost to a full receive queue (both are charged to one buffer). The same as fd where there is none.
  int transmitFd;
  int family;           // AF_INET or AF_INET6
  uint32_t listener;
  uint32_t smear;       // SmearKind of its listener
  uint16_t port;        // host order, as bound
  bool wildcard;        // bound to no address: replies must name the one that was asked
  in6_addr address;     // as bound, v4 in the first word
  uint32_t interface;   // index of the one that has this address, 0 for none
  bool stamped;         // its datagrams are stamped (timestamping is not "none")
  bool idByCounter;     // kernel without SCM_TS_OPT_ID: ids of transmit stamps are the socket's own count
  bool hot = true;      // had packets at the last look
  uint32_t queueMax;    // packets its queue can hold at most
  uint32_t suspects = 0; // packets still to come that may have been stamped before the realtime clock was set
  uint32_t drops = 0;   // datagrams that the kernel dropped since it was opened, when that was last asked
  uint32_t asksOpen = 0;
  // With idByCounter: what is known of the count, the number that comes next when it is, the place of the ask that is to
  // tell, and of each number, modulo their count, the place of the ask that has it.
  StampCount count = StampCount::kLost;
  uint32_t nextId = 0;
  uint16_t probe = 0;
  std::vector<uint16_t> numbered;
};

/** Who waits for a transmit stamp. */
struct TxAsk {
  uint32_t id;          // that its stamp comes with; one that the kernel numbers has it when the reply was sent
  uint32_t cookie;
  int64_t clockMonoNs;  // the clock reading its T3 was made from
  int64_t returnMonoNs;  // when the call returned that sent it; of samples
  NtpTime clock;        // the served clock at that reading, as it ran then
  NtpTime expected;     // when the reply should leave on that clock, as its T3 has it
  uint32_t socket;
  uint16_t delayRow;
  uint8_t place;
  bool open;
  bool hardware;        // T2 is the card's, so the card's transmit stamp is wanted
  int64_t softwareMonoNs;  // the kernel's stamp while the card's is awaited, 0 before
  uint32_t interface;   // whose card it is
  bool report;          // for kReplyReportTx, else a sample of our own
  bool sample;          // may teach the delay of its place
};

/** A slot as the kernel sees it. */
struct SlotIo {
  sockaddr_in6 address;  // large enough for both families
  iovec data;
  alignas(cmsghdr) uint8_t control[kReceiveControlOctets];
  in6_addr localAddress;  // where the request was sent to; v4 in the first word
  uint32_t localInterface;  // where it came in, for all that is known: at a bound socket that which has the address
  uint32_t cardInterface;  // whose card stamped it: below bonds and VLANs another than localInterface
  uint16_t socket;
  bool suspect;           // read while its socket was suspect
};

class PacketPath : public Napi::ObjectWrap<PacketPath> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit PacketPath(const Napi::CallbackInfo& info);

 private:
  // packet_path.cc
  Napi::Value Exchange(const Napi::CallbackInfo& info);
  Napi::Value Flush(const Napi::CallbackInfo& info);
  Napi::Value UseKeys(const Napi::CallbackInfo& info);
  void TakePage(int64_t nowMonoNs);
  void SuspectQueued();
  bool WaitForPackets(int timeoutMs);

  // path_sockets.cc
  Napi::Value UseSockets(const Napi::CallbackInfo& info);
  bool AttachSockets(Napi::Env env, Napi::Value list);
  void PollSockets();
  void CountDrops(int64_t nowMonoNs);

  // path_probes.cc
  Napi::Value Echo(const Napi::CallbackInfo& info);

  // receive_packets.cc
  uint32_t ReceiveAll();
  uint32_t ReceiveFrom(uint32_t socket, uint32_t firstSlot);
  void ConvertStamps(uint32_t firstSlot, uint32_t count, int64_t nowMonoNs);
  struct ReceiveStamps {
    int64_t realNs = 0;       // the kernel's, 0 for none
    int64_t cardNs = 0;       // the card's, 0 for none
    uint32_t interface = 0;   // the card's interface, where the kernel says it (below bonds and VLANs)
    uint32_t linkOctets = 0;  // length of the frame, where the kernel says it
  };
  ReceiveStamps ReadControl(uint32_t slot);
  uint32_t* Row(uint32_t slot) { return reinterpret_cast<uint32_t*>(table_.data()) + slot * kSlotWords; }

  // send_replies.cc
  enum class Sample { kNone, kAsked, kPlain };
  void SendReplies(uint32_t slots);
  uint32_t SendChunk(const uint32_t* slots, uint32_t count, uint32_t firstPlace);
  void FeelPressure(bool full);
  bool WarmPath(int family);
  bool ShareChunk(uint32_t a, uint32_t b);
  uint32_t PlanSample(uint32_t delayRow, uint32_t firstPlace, uint32_t count, int64_t nowMonoNs, Sample& sample);
  size_t WriteSendControl(uint32_t slot, const TxAsk* ask, uint8_t* control);
  TxAsk* PrepareAsk(uint32_t slot, uint32_t place, uint32_t delayRow, int64_t nowMonoNs, bool sample);
  bool SendPrepared(PathSocket& socket, uint32_t count);
  void GiveUpAsksFrom(uint32_t first, uint32_t count);
  void CountSendFailure(int error);

  // transmit_stamps.cc
  void CollectTransmitStamps();
  uint32_t CollectFrom(PathSocket& socket);
  void FetchError(int fd);
  void TakeTransmitStamp(PathSocket& socket, uint32_t id, int64_t stampNs, StampSource source);
  void FinishAsk(TxAsk& ask, int64_t stampMonoNs, StampSource source);
  TxAsk* AskOf(PathSocket& socket, uint32_t id);
  void NumberAsk(PathSocket& socket, TxAsk& ask);
  void LoseCount(PathSocket& socket);
  void ExpireAsks(int64_t nowMonoNs);
  void CloseAsk(TxAsk& ask);
  void GiveUpAsk(TxAsk& ask);
  void ReportTransmit(uint32_t cookie, NtpTime stamp, StampSource source);

  void Count(CounterWord counter, double by = 1) { counters_.data()[counter] += by; }

  SharedView<uint8_t> arena_;
  SharedView<int32_t> table_;
  SharedView<int32_t> page_;
  SharedView<int32_t> copy_;
  SharedView<int32_t> phcPage_;
  HardwareMap hardware_;
  SharedView<int32_t> txReport_;
  SharedView<double> counters_;
  SharedView<int32_t> standing_;  // this worker's row of the standing map; empty where there is no filter
  std::vector<PathSocket> sockets_;
  std::vector<pollfd> polled_;  // receiving sockets, transmitting sockets, then the wake-up
  int wakeFd_ = -1;
  double dropsOfClosed_ = 0;  // datagrams that the kernel dropped at sockets no longer in use
  int64_t lastDropsMonoNs_ = 0;
  uint32_t capacity_ = 0;
  uint32_t slotOctets_ = 0;
  bool correct_ = true;
  bool ready_ = false;

  std::unique_ptr<SlotIo[]> slots_;
  std::unique_ptr<mmsghdr[]> receiveHeaders_;
  mmsghdr sendHeaders_[kSendChunk] = {};
  iovec sendData_[kSendChunk] = {};
  alignas(cmsghdr) uint8_t sendControl_[kSendChunk][kSendControlOctets] = {};
  TxAsk* sendAsks_[kSendChunk] = {};  // what each reply of the chunk asked, nullptr for nothing

  PageSnapshot snapshot_ = {};
  ServedClock clock_;
  Smear smear_;
  bool pageSeen_ = false;
  int32_t precisionFloors_[2] = {kPrecisionNone, kPrecisionNone};  // of replies that go alone, and in chunks
  bool contradicted_ = false;  // the page says that the clock was set
  bool withhold_ = false;      // the batch at hand gets no answers
  int32_t epoch_ = 0;
  uint32_t exchangesSincePoll_ = 0;
  uint32_t receivedLast_ = 0;
  uint32_t rotate_ = 0;
  bool pressed_ = false;   // overload: replies go in chunks
  bool sparing_ = false;   // overload that lasts: transmit stamps are not asked for where the daemon's will do
  uint32_t fullRun_ = 0;   // full batches in a row
  uint32_t slackRun_ = 0;  // others in a row

  KeyRing* keys_ = nullptr;  // kept alive by keysReference_
  Napi::ObjectReference keysReference_;

  RandomBits random_;
  NtpTime fuzzMask_ = 0;
  std::unique_ptr<UniqueStamps> receiveStamps_;

  TransmitDelay delays_;
  std::unique_ptr<TxAsk[]> asks_;
  uint32_t nextAskId_ = static_cast<uint32_t>(random_.Next());  // not that of a stamp of a lost worker, still to come
  uint32_t asksOpen_ = 0;
  int64_t lastSampleMonoNs_ = 0;
  int64_t lastExpiryMonoNs_ = 0;
  int64_t exchangedMonoNs_ = 0;  // when the last exchange returned
  int64_t lastSendMonoNs_ = 0;
  SelfSocket selfV4_{AF_INET};
  SelfSocket selfV6_{AF_INET6};
  uint32_t samplesDue_ = 0;
  bool plainWanted_ = false;  // a reply went without asking since the last sample, or would have
  uint32_t txReports_ = 0;
  uint32_t txReportsMax_ = 0;
};

}  // namespace ntpd
