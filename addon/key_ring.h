// key_ring.h: the symmetric keys of one thread, over one piece of packet memory.
#pragma once
#include <napi.h>

#include <vector>

#include "args.h"
#include "mac_key.h"

namespace ntpd {

class KeyRing : public Napi::ObjectWrap<KeyRing> {
 public:
  static constexpr int32_t kUnknownKey = -1;
  static constexpr int32_t kBadMac = -2;

  static Napi::Function Define(Napi::Env env);
  explicit KeyRing(const Napi::CallbackInfo& info);

  /** Slot of the key that made the MAC at [macAt, end) over [packet, macAt), or kUnknownKey or kBadMac. */
  int32_t Verify(const uint8_t* packet, size_t macAt, size_t end, uint32_t version);
  /** Writes the MAC over [packet, macAt) to macAt. Returns its octets, 0 when it cannot. */
  uint32_t Seal(uint8_t* packet, size_t macAt, uint32_t slot, uint32_t version);
  uint32_t MacOctets(uint32_t slot, uint32_t version) const {
    return slot < keys_.size() ? kMacKeyIdOctets + keys_[slot].DigestOctets(version) : 0;
  }

 private:
  Napi::Value VerifyAt(const Napi::CallbackInfo& info);
  Napi::Value SealAt(const Napi::CallbackInfo& info);
  Napi::Value MacOctetsOf(const Napi::CallbackInfo& info);
  int32_t Find(uint32_t id) const;

  std::vector<MacKey> keys_;  // sorted by id
  SharedView<uint8_t> memory_;
};

}  // namespace ntpd
