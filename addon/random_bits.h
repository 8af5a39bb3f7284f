// random_bits.h: random bits for the places of a stamp below its precision. Seeded from the system; not for keys.
#pragma once
#include <sys/random.h>

#include <cstdint>

namespace ntpd {

class RandomBits {
 public:
  RandomBits() {
    // getrandom cannot fail for so few octets once the pool is up; a zero state would stay zero.
    if (getrandom(state_, sizeof state_, 0) != sizeof state_ || (state_[0] | state_[1]) == 0) state_[0] = 0x9e37'79b9'7f4a'7c15;
  }

  /** xoroshiro128+: its upper bits are good; the lowest are not, so they are not used. */
  uint64_t Next() {
    const uint64_t a = state_[0];
    uint64_t b = state_[1];
    const uint64_t sum = a + b;
    b ^= a;
    state_[0] = Rotate(a, 24) ^ b ^ (b << 16);
    state_[1] = Rotate(b, 37);
    return sum >> 8;
  }

 private:
  static uint64_t Rotate(uint64_t x, int by) { return (x << by) | (x >> (64 - by)); }
  uint64_t state_[2] = {};
};

}  // namespace ntpd
