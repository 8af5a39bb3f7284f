// key_ring.cc: finds keys by id, verifies and writes MACs. Nothing is allocated after construction.
#include "key_ring.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace ntpd {

namespace {

uint32_t LoadKeyId(const uint8_t* at) {
  uint32_t big;
  std::memcpy(&big, at, sizeof big);
  return __builtin_bswap32(big);
}

void StoreKeyId(uint8_t* at, uint32_t id) {
  const uint32_t big = __builtin_bswap32(id);
  std::memcpy(at, &big, sizeof big);
}

}  // namespace

Napi::Function KeyRing::Define(Napi::Env env) {
  return DefineClass(env, "KeyRing",
                     {
                         InstanceMethod<&KeyRing::VerifyAt>("verify"),
                         InstanceMethod<&KeyRing::SealAt>("seal"),
                         InstanceMethod<&KeyRing::MacOctetsOf>("macOctets"),
                     });
}

/** new KeyRing(memory, [{id, algorithm, secret}…]), sorted by id here. */
KeyRing::KeyRing(const Napi::CallbackInfo& info) : Napi::ObjectWrap<KeyRing>(info) {
  Napi::Env env = info.Env();
  if (!memory_.Attach(env, info[0], 0, "memory")) return;
  if (!info[1].IsArray()) {
    ThrowType(env, "keys", "an array");
    return;
  }
  Napi::Array list = info[1].As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) {
    Napi::Object entry = list.Get(i).As<Napi::Object>();
    const int64_t id = IntegerOption(entry, "id", 0);
    const std::string algorithm = StringOption(entry, "algorithm");
    SharedView<uint8_t> secret;
    if (!secret.Attach(env, entry.Get("secret"), 1, "secret")) return;
    MacKey key;
    if (id < 1 || id > UINT32_MAX ||
        !key.Prepare(static_cast<uint32_t>(id), algorithm, secret.data(), secret.length())) {
      Napi::Error::New(env, "key " + std::to_string(id) + ": OpenSSL does not offer " + algorithm + " for this key")
          .ThrowAsJavaScriptException();
      return;
    }
    keys_.push_back(std::move(key));
  }
  std::sort(keys_.begin(), keys_.end(), [](const MacKey& a, const MacKey& b) { return a.id() < b.id(); });
}

int32_t KeyRing::Find(uint32_t id) const {
  const auto at = std::lower_bound(keys_.begin(), keys_.end(), id,
                                   [](const MacKey& key, uint32_t wanted) { return key.id() < wanted; });
  return at != keys_.end() && at->id() == id ? static_cast<int32_t>(at - keys_.begin()) : kUnknownKey;
}

int32_t KeyRing::Verify(const uint8_t* packet, size_t macAt, size_t end, uint32_t version) {
  if (end - macAt < kMacKeyIdOctets) return kBadMac;
  const int32_t slot = Find(LoadKeyId(packet + macAt));
  if (slot < 0) return kUnknownKey;
  MacKey& key = keys_[slot];
  const uint32_t octets = key.DigestOctets(version);
  uint8_t digest[EVP_MAX_MD_SIZE];
  if (end - macAt != kMacKeyIdOctets + octets || !key.Digest(packet, macAt, digest)) return kBadMac;
  return CRYPTO_memcmp(digest, packet + macAt + kMacKeyIdOctets, octets) == 0 ? slot : kBadMac;
}

uint32_t KeyRing::Seal(uint8_t* packet, size_t macAt, uint32_t slot, uint32_t version) {
  if (slot >= keys_.size()) return 0;
  MacKey& key = keys_[slot];
  uint8_t digest[EVP_MAX_MD_SIZE];
  if (!key.Digest(packet, macAt, digest)) return 0;
  StoreKeyId(packet + macAt, key.id());
  std::memcpy(packet + macAt + kMacKeyIdOctets, digest, key.DigestOctets(version));
  return kMacKeyIdOctets + key.DigestOctets(version);
}

/** verify(start, macAt, end, version): offsets into the memory; returns a slot, -1 unknown key, -2 bad MAC. */
Napi::Value KeyRing::VerifyAt(const Napi::CallbackInfo& info) {
  const uint32_t start = info[0].As<Napi::Number>().Uint32Value();
  const uint32_t macAt = info[1].As<Napi::Number>().Uint32Value();
  const uint32_t end = info[2].As<Napi::Number>().Uint32Value();
  const uint32_t version = info[3].As<Napi::Number>().Uint32Value();
  const bool inside = start <= macAt && macAt <= end && end <= memory_.length();
  const int32_t slot = inside ? Verify(memory_.data() + start, macAt - start, end - start, version) : kBadMac;
  return Napi::Number::New(info.Env(), slot);
}

/** seal(start, macAt, slot, version): writes the MAC, for which there must be room; returns its octets. */
Napi::Value KeyRing::SealAt(const Napi::CallbackInfo& info) {
  const uint32_t start = info[0].As<Napi::Number>().Uint32Value();
  const uint32_t macAt = info[1].As<Napi::Number>().Uint32Value();
  const uint32_t slot = info[2].As<Napi::Number>().Uint32Value();
  const uint32_t version = info[3].As<Napi::Number>().Uint32Value();
  const bool inside = start <= macAt && size_t{macAt} + MacOctets(slot, version) <= memory_.length();
  return Napi::Number::New(info.Env(), inside ? Seal(memory_.data() + start, macAt - start, slot, version) : 0);
}

/** macOctets(slot, version): key id and digest as they stand on the wire; 0 for no such slot. */
Napi::Value KeyRing::MacOctetsOf(const Napi::CallbackInfo& info) {
  return Napi::Number::New(
      info.Env(), MacOctets(info[0].As<Napi::Number>().Uint32Value(), info[1].As<Napi::Number>().Uint32Value()));
}

void ExportKeyRing(Napi::Env env, Napi::Object exports) { exports.Set("KeyRing", KeyRing::Define(env)); }

}  // namespace ntpd
