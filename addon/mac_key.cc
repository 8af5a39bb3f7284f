// mac_key.cc: digests of NTP's symmetric keys: hash(key || packet), or AES-CMAC (RFC 4493) composed from a CBC context
// that keeps its key, because setting an AES key costs more than the three blocks of a packet.
#include "mac_key.h"

#include <cstring>

namespace ntpd {

namespace {

constexpr size_t kPacketOctetsMax = 2048;

/** Doubling in GF(2^128), most significant bit first (RFC 4493 §2.3). */
void Double(const uint8_t* in, uint8_t* out) {
  const uint8_t carry = in[0] >> 7;
  for (uint32_t i = 0; i + 1 < kCmacBlock; i++) out[i] = static_cast<uint8_t>((in[i] << 1) | (in[i + 1] >> 7));
  out[kCmacBlock - 1] = static_cast<uint8_t>((in[kCmacBlock - 1] << 1) ^ (carry ? 0x87 : 0));
}

}  // namespace

bool MacKey::Prepare(uint32_t id, const std::string& algorithm, const uint8_t* secret, size_t octets) {
  id_ = id;
  secret_.assign(secret, secret + octets);
  if (algorithm == "aes128-cmac") return PrepareCmac("AES-128-CBC", 16);
  if (algorithm == "aes256-cmac") return PrepareCmac("AES-256-CBC", 32);
  digest_.reset(EVP_MD_fetch(nullptr, algorithm.c_str(), nullptr));
  context_.reset(EVP_MD_CTX_new());
  if (!digest_ || !context_ || EVP_DigestInit_ex(context_.get(), digest_.get(), nullptr) != 1) return false;
  octets_ = static_cast<uint32_t>(EVP_MD_get_size(digest_.get()));
  return true;
}

bool MacKey::PrepareCmac(const char* name, size_t wanted) {
  if (secret_.size() != wanted) return false;
  EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, name, nullptr);
  cbc_.reset(EVP_CIPHER_CTX_new());
  const uint8_t zero[kCmacBlock] = {};
  uint8_t l[kCmacBlock];
  int written = 0;
  const bool ready = cipher != nullptr && cbc_ &&
                     EVP_EncryptInit_ex(cbc_.get(), cipher, nullptr, secret_.data(), zero) == 1 &&
                     EVP_CIPHER_CTX_set_padding(cbc_.get(), 0) == 1 &&
                     EVP_EncryptUpdate(cbc_.get(), l, &written, zero, kCmacBlock) == 1;
  EVP_CIPHER_free(cipher);
  if (!ready) return false;
  Double(l, whole_);
  Double(whole_, partial_);
  OPENSSL_cleanse(l, sizeof l);
  octets_ = kCmacBlock;
  return true;
}

bool MacKey::Digest(const uint8_t* packet, size_t octets, uint8_t* out) {
  if (cbc_) return Cmac(packet, octets, out);
  // The same digest again: the context is reused as it stands, without a fetch or an allocation.
  return EVP_DigestInit_ex(context_.get(), nullptr, nullptr) == 1 &&
         EVP_DigestUpdate(context_.get(), secret_.data(), secret_.size()) == 1 &&
         EVP_DigestUpdate(context_.get(), packet, octets) == 1 &&
         EVP_DigestFinal_ex(context_.get(), out, nullptr) == 1;
}

bool MacKey::Cmac(const uint8_t* packet, size_t octets, uint8_t* out) {
  if (octets == 0 || octets > kPacketOctetsMax) return false;
  const size_t last = (octets - 1) / kCmacBlock * kCmacBlock;
  const size_t rest = octets - last;
  uint8_t blocks[kPacketOctetsMax];
  uint8_t chained[kPacketOctetsMax];
  std::memcpy(blocks, packet, octets);
  if (rest < kCmacBlock) {
    std::memset(blocks + octets, 0, kCmacBlock - rest);
    blocks[octets] = 0x80;
  }
  const uint8_t* subkey = rest == kCmacBlock ? whole_ : partial_;
  for (uint32_t i = 0; i < kCmacBlock; i++) blocks[last + i] ^= subkey[i];
  const uint8_t zero[kCmacBlock] = {};
  int written = 0;
  if (EVP_EncryptInit_ex(cbc_.get(), nullptr, nullptr, nullptr, zero) != 1 ||
      EVP_EncryptUpdate(cbc_.get(), chained, &written, blocks, static_cast<int>(last + kCmacBlock)) != 1) {
    return false;
  }
  std::memcpy(out, chained + last, kCmacBlock);
  return true;
}

}  // namespace ntpd
