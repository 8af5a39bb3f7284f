// load_xdp.cc: see load_xdp.h.
#include "load_xdp.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <initializer_list>

namespace ntpd {
namespace {

constexpr int kMaxTxSkbBudget = 9;  // XDP_MAX_TX_SKB_BUDGET, Linux 6.17
constexpr int kFlushSpins = 64;
constexpr int kFlushTries = 2000;
constexpr int kSendBuffer = 16 << 20;
constexpr int kBindTries = 50;
constexpr useconds_t kBindPauseUs = 20'000;

int Set(int fd, int name, uint32_t value) noexcept { return setsockopt(fd, SOL_XDP, name, &value, sizeof value); }

uint32_t Acquire(const uint32_t* at) noexcept { return __atomic_load_n(at, __ATOMIC_ACQUIRE); }

}  // namespace

bool XdpSocket::Map(Ring& ring, uint64_t page, const xdp_ring_offset& at, uint32_t count, size_t entry_octets) noexcept {
  ring.octets = at.desc + count * entry_octets;
  void* mapped =
      mmap(nullptr, ring.octets, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd_, static_cast<off_t>(page));
  if (mapped == MAP_FAILED) return false;
  ring.mapping = static_cast<uint8_t*>(mapped);
  ring.producer = reinterpret_cast<uint32_t*>(ring.mapping + at.producer);
  ring.consumer = reinterpret_cast<uint32_t*>(ring.mapping + at.consumer);
  ring.entries = ring.mapping + at.desc;
  ring.mask = count - 1;
  return true;
}

int XdpSocket::Open(int interface_index, uint32_t queue, const XdpSizes& sizes) noexcept {
  const auto fail = [this] {
    const int error = errno;
    Close();
    return -error;
  };
  fd_ = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return fail();
  receives_ = sizes.receive > 0;
  // The default holds some 250 frames, less than may wait for a softirq.
  if (setsockopt(fd_, SOL_SOCKET, SO_SNDBUFFORCE, &kSendBuffer, sizeof kSendBuffer) < 0) {
    setsockopt(fd_, SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
  }
  umem_octets_ = static_cast<size_t>(sizes.chunks) * kXdpChunk;
  void* umem = mmap(nullptr, umem_octets_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (umem == MAP_FAILED) return fail();
  umem_ = static_cast<uint8_t*>(umem);
  xdp_umem_reg registration{};
  registration.addr = reinterpret_cast<uint64_t>(umem);
  registration.len = umem_octets_;
  registration.chunk_size = kXdpChunk;
  if (setsockopt(fd_, SOL_XDP, XDP_UMEM_REG, &registration, sizeof registration) < 0) return fail();
  if (Set(fd_, XDP_UMEM_FILL_RING, sizes.fill) < 0 || Set(fd_, XDP_UMEM_COMPLETION_RING, sizes.completion) < 0 ||
      Set(fd_, XDP_TX_RING, sizes.transmit) < 0 || (receives_ && Set(fd_, XDP_RX_RING, sizes.receive) < 0)) {
    return fail();
  }
  xdp_mmap_offsets at{};
  socklen_t octets = sizeof at;
  if (getsockopt(fd_, SOL_XDP, XDP_MMAP_OFFSETS, &at, &octets) < 0) return fail();
  if (!Map(fill_, XDP_UMEM_PGOFF_FILL_RING, at.fr, sizes.fill, sizeof(uint64_t)) ||
      !Map(completion_, XDP_UMEM_PGOFF_COMPLETION_RING, at.cr, sizes.completion, sizeof(uint64_t)) ||
      !Map(transmit_, XDP_PGOFF_TX_RING, at.tx, sizes.transmit, sizeof(xdp_desc)) ||
      (receives_ && !Map(receive_, XDP_PGOFF_RX_RING, at.rx, sizes.receive, sizeof(xdp_desc)))) {
    return fail();
  }
  // A whole batch in one call: 3 % more requests a second (bench:generator). Older kernels take 32 frames a call.
  Set(fd_, kMaxTxSkbBudget, sizes.transmit);
  sockaddr_xdp address{};
  address.sxdp_family = AF_XDP;
  address.sxdp_ifindex = static_cast<uint32_t>(interface_index);
  address.sxdp_queue_id = queue;
  address.sxdp_flags = XDP_COPY;
  // A queue is free again only some time after its last socket was closed.
  for (int tries = 0; bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0; tries++) {
    if (errno != EBUSY || tries >= kBindTries) return fail();
    usleep(kBindPauseUs);
  }
  return 0;
}

void XdpSocket::Close() noexcept {
  for (Ring* ring : {&fill_, &completion_, &receive_, &transmit_}) {
    if (ring->mapping != nullptr) munmap(ring->mapping, ring->octets);
    *ring = Ring{};
  }
  if (umem_ != nullptr) munmap(umem_, umem_octets_);
  umem_ = nullptr;
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

// EBUSY says that the device dropped the frame consumed last.
int XdpSocket::Flush(uint64_t& refused) noexcept {
  refused = 0;
  const uint32_t first = *transmit_.producer;
  __atomic_store_n(transmit_.producer, transmit_.next, __ATOMIC_RELEASE);
  for (int tries = 0; tries < kFlushTries; tries++) {
    const uint32_t before = Acquire(transmit_.consumer);
    if (before == transmit_.next) return 0;
    if (sendto(fd_, nullptr, 0, MSG_DONTWAIT, nullptr, 0) >= 0) continue;
    const int error = errno;
    const uint32_t after = Acquire(transmit_.consumer);
    if (error == EBUSY && after != before && after - 1 - first < 64) refused |= 1ull << (after - 1 - first);
    if (error != ENOBUFS && error != EAGAIN && error != EBUSY) return -error;
    // A sender that takes no completions itself must not be stopped by a full ring of them.
    if (!receives_) DropCompletions();
    // What holds the frames up may need this core (ksoftirqd): spinning on would keep it away.
    if (after == before && tries >= kFlushSpins) usleep(50);
  }
  return -ENOBUFS;
}

}  // namespace ntpd
