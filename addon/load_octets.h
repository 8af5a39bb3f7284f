// load_octets.h: big-endian access, Internet checksums (RFC 1071) and clocks for the load generator.
#pragma once
#include <time.h>

#include <bit>
#include <cstdint>
#include <cstring>

namespace ntpd {

inline uint16_t LoadBig16(const uint8_t* at) noexcept { return static_cast<uint16_t>(at[0] << 8 | at[1]); }
inline uint32_t LoadBig32(const uint8_t* at) noexcept {
  uint32_t word;
  std::memcpy(&word, at, 4);
  return __builtin_bswap32(word);
}
inline uint64_t LoadBig64(const uint8_t* at) noexcept {
  uint64_t word;
  std::memcpy(&word, at, 8);
  return __builtin_bswap64(word);
}
inline void StoreBig16(uint8_t* at, uint16_t value) noexcept {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}
inline void StoreBig32(uint8_t* at, uint32_t value) noexcept {
  value = __builtin_bswap32(value);
  std::memcpy(at, &value, 4);
}
inline void StoreBig64(uint8_t* at, uint64_t value) noexcept {
  value = __builtin_bswap64(value);
  std::memcpy(at, &value, 8);
}
static_assert(std::endian::native == std::endian::little);

// One's complement sum of `octets` (an odd last octet is padded), unfolded, in network order.
inline uint32_t ChecksumAdd(const uint8_t* at, uint32_t octets, uint32_t sum = 0) noexcept {
  uint32_t i = 0;
  for (; i + 1 < octets; i += 2) sum += LoadBig16(at + i);
  if (i < octets) sum += static_cast<uint32_t>(at[i]) << 8;
  return sum;
}
inline uint16_t ChecksumFold(uint32_t sum) noexcept {
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

inline int64_t NsOf(const timespec& t) noexcept { return t.tv_sec * 1'000'000'000ll + t.tv_nsec; }
inline int64_t NowNs(clockid_t clock) noexcept {
  timespec t;
  clock_gettime(clock, &t);
  return NsOf(t);
}

// A 64-bit NTP time as Unix nanoseconds, in the era that puts it between 1968 and 2104.
inline int64_t UnixNsFromNtp(uint64_t stamp) noexcept {
  constexpr int64_t kUnixEpoch = 2'208'988'800;
  int64_t seconds = static_cast<int64_t>(stamp >> 32);
  if ((seconds & 0x8000'0000) == 0) seconds += 1ll << 32;
  return (seconds - kUnixEpoch) * 1'000'000'000 + static_cast<int64_t>(((stamp & 0xffff'ffff) * 1'000'000'000) >> 32);
}

}  // namespace ntpd
