// load_socket.h: the socket engine's link: an ordinary user's UDP sockets, one per simulated client.
#pragma once
#include <netinet/in.h>

#include <memory>
#include <vector>

#include "load_link.h"
#include "load_raw.h"
#include "unique_fd.h"

namespace ntpd {

struct SocketConfig {
  std::vector<uint8_t> target;                // 4 or 16 octets
  uint16_t target_port = 0;
  uint32_t scope = 0;                         // interface index of a link-local target
  std::vector<uint8_t> local;                 // addresses to ask from, one after the other; empty: the kernel's choice
  uint32_t clients = 1;                       // sockets
};

class SocketLink : public LoadLink {
 public:
  static std::unique_ptr<SocketLink> Open(const SocketConfig& config, LinkError& failure);

  void Compose(uint32_t at, const Request& request) noexcept override { batch_[at] = request; }
  int Transmit(uint32_t count, uint64_t& refused) noexcept override;
  uint32_t Receive(Ledger& ledger, int64_t real_minus_mono_ns) noexcept override;
  void CollectStamps(Ledger& ledger) noexcept override;
  uint32_t TakeDrops() noexcept override;

 private:
  struct Client {
    UniqueFd fd;
    uint32_t sampled = 0;      // sequence whose transmit stamp is awaited
    bool awaits = false;
    uint32_t drops_seen = 0;   // the kernel's count of datagrams that found the buffer full
    uint32_t drops = 0;
  };
  SocketLink() = default;
  bool OpenClient(uint32_t index, LinkError& failure);
  uint32_t ReceiveFrom(uint32_t client, Ledger& ledger, int64_t real_minus_mono_ns) noexcept;

  SocketConfig config_;
  sockaddr_storage target_{};
  socklen_t target_octets_ = 0;
  UniqueFd poll_;
  std::vector<Client> clients_;
  std::vector<uint32_t> awaiting_;  // clients whose stamp is awaited
  Request batch_[kBatch];
};

}  // namespace ntpd
