// load_xdp.h: an AF_XDP socket in copy mode, for any driver. All four rings; a user of one direction leaves the other
// alone.
#pragma once
#include <linux/if_xdp.h>

#include <cstddef>
#include <cstdint>

namespace ntpd {

constexpr uint32_t kXdpChunk = 2048;

// Numbers of chunks and ring entries; each a power of two, receive 0 for a socket that only sends.
struct XdpSizes {
  uint32_t chunks;
  uint32_t fill;
  uint32_t completion;
  uint32_t receive;
  uint32_t transmit;
};

class XdpSocket {
 public:
  XdpSocket() = default;
  XdpSocket(const XdpSocket&) = delete;
  XdpSocket& operator=(const XdpSocket&) = delete;
  ~XdpSocket() { Close(); }

  // Returns 0 or -errno, and is closed then.
  int Open(int interface_index, uint32_t queue, const XdpSizes& sizes) noexcept;
  void Close() noexcept;
  int fd() const noexcept { return fd_; }
  uint8_t* At(uint64_t address) noexcept { return umem_ + address; }

  // Queues a frame; nothing is sent before Flush. At most `transmit` frames fit between two flushes.
  void Send(uint64_t address, uint32_t octets) noexcept {
    static_cast<xdp_desc*>(transmit_.entries)[transmit_.next++ & transmit_.mask] = {address, octets, 0};
  }
  // Makes the kernel take all queued frames. Bit i of `refused`: the device dropped the i-th of them (of the first
  // 64). Returns 0, or -errno when the link is dead.
  int Flush(uint64_t& refused) noexcept;
  bool TakeCompletion(uint64_t& address) noexcept {
    if (completion_.next == __atomic_load_n(completion_.producer, __ATOMIC_ACQUIRE)) return false;
    address = static_cast<const uint64_t*>(completion_.entries)[completion_.next++ & completion_.mask];
    __atomic_store_n(completion_.consumer, completion_.next, __ATOMIC_RELEASE);
    return true;
  }

  void Fill(uint64_t address) noexcept {
    static_cast<uint64_t*>(fill_.entries)[fill_.next++ & fill_.mask] = address;
  }
  void PublishFill() noexcept { __atomic_store_n(fill_.producer, fill_.next, __ATOMIC_RELEASE); }
  bool Receive(xdp_desc& frame) noexcept {
    if (receive_.next == __atomic_load_n(receive_.producer, __ATOMIC_ACQUIRE)) return false;
    frame = static_cast<const xdp_desc*>(receive_.entries)[receive_.next++ & receive_.mask];
    return true;
  }
  void ReleaseReceived() noexcept { __atomic_store_n(receive_.consumer, receive_.next, __ATOMIC_RELEASE); }

 private:
  struct Ring {
    uint8_t* mapping = nullptr;
    size_t octets = 0;
    uint32_t* producer = nullptr;
    uint32_t* consumer = nullptr;
    void* entries = nullptr;
    uint32_t mask = 0;
    uint32_t next = 0;  // our own end of the ring
  };
  bool Map(Ring& ring, uint64_t page, const xdp_ring_offset& at, uint32_t count, size_t entry_octets) noexcept;
  void DropCompletions() noexcept {
    completion_.next = __atomic_load_n(completion_.producer, __ATOMIC_ACQUIRE);
    __atomic_store_n(completion_.consumer, completion_.next, __ATOMIC_RELEASE);
  }

  int fd_ = -1;
  bool receives_ = false;
  uint8_t* umem_ = nullptr;
  size_t umem_octets_ = 0;
  Ring fill_;
  Ring completion_;
  Ring receive_;
  Ring transmit_;
};

}  // namespace ntpd
