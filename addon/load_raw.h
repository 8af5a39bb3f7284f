// load_raw.h: the raw engine's link: frames of simulated clients out through AF_XDP (or a packet socket that
// bypasses the queueing discipline), replies in through a packet ring that the host's stack does not see past.
#pragma once
#include <memory>
#include <vector>

#include "load_link.h"
#include "load_xdp.h"

namespace ntpd {

struct RawConfig {
  int interface_index = 0;
  uint32_t queue = 0;
  bool ipv6 = false;
  bool packet_transmit = false;   // do not try AF_XDP
  std::vector<uint8_t> frame;     // Ethernet, IP, UDP and NTP of client 0, with checksums zero
  uint32_t prefix_bits = 0;       // of the client network
  uint32_t clients = 1;
  uint16_t port_first = 0;        // client c asks from port_first + (c % port_count) * port_stride
  uint16_t port_count = 1;
  uint16_t port_stride = 1;       // workers on one interface tell their replies apart by the remainder
  uint32_t ring_frames = 1u << 16;
};

// A failed set-up step: what to tell the operator.
struct LinkError {
  int error = 0;
  const char* syscall = "";
};

class RawLink : public LoadLink {
 public:
  static std::unique_ptr<RawLink> Open(const RawConfig& config, LinkError& failure);
  ~RawLink() override;

  void Compose(uint32_t at, const Request& request) noexcept override;
  int Transmit(uint32_t count, uint64_t& refused) noexcept override;
  uint32_t Receive(Ledger& ledger, int64_t real_minus_mono_ns) noexcept override;
  void CollectStamps(Ledger& ledger) noexcept override;
  uint32_t TakeDrops() noexcept override;

  // ARP and neighbour discovery are TypeScript's: frames that came, oldest first, and frames to send.
  std::vector<std::vector<uint8_t>> TakeControl() { return std::move(control_); }
  bool HasControl() const noexcept { return !control_.empty(); }
  int SendControl(const uint8_t* frame, uint32_t octets) noexcept;
  const char* TransmitName() const noexcept { return xdp_.fd() >= 0 ? "af_xdp" : "packet"; }
  bool DropsReplies() const noexcept { return drop_link_ >= 0; }
  // Room for composed frames: the link sends straight from it.
  uint8_t* Place(uint32_t at) noexcept;

 private:
  RawLink() = default;
  bool OpenReceive(LinkError& failure);
  bool OpenStamps(LinkError& failure);
  int TransmitXdp(uint32_t count, uint64_t& refused) noexcept;
  int TransmitPacket(uint32_t count, uint64_t& refused) noexcept;
  void Take(const uint8_t* frame, uint32_t captured, uint32_t length, bool checksum_ready, int64_t arrival_real_ns,
            int64_t real_minus_mono_ns, Ledger& ledger) noexcept;
  uint16_t PortOf(uint32_t client) const noexcept {
    return static_cast<uint16_t>(config_.port_first + client % config_.port_count * config_.port_stride);
  }

  RawConfig config_;
  uint32_t ip_ = 14;       // offsets in a frame
  uint32_t udp_ = 0;
  uint32_t ntp_ = 0;
  uint32_t address_base_ = 0;  // low word of client 0's address
  uint32_t ip_sum_ = 0;        // checksum of what is the same in every frame
  uint32_t udp_sum_ = 0;
  uint8_t target_[16] = {};
  uint16_t target_port_ = 0;
  int packet_ = -1;
  int stamps_ = -1;
  int drop_link_ = -1;
  uint8_t* ring_ = nullptr;
  size_t ring_octets_ = 0;
  uint32_t ring_at_ = 0;
  XdpSocket xdp_;
  std::vector<uint8_t> frames_;  // for the packet socket
  Request batch_[kBatch];        // sampled requests leave by the stamping socket
  uint64_t sampled_ = 0;
  std::vector<uint32_t> stamp_sequences_;  // by the kernel's stamp number
  uint32_t stamp_number_ = 0;
  std::vector<std::vector<uint8_t>> control_;
};

}  // namespace ntpd
