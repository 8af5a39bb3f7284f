// mac_key.h: one symmetric key and the contexts that compute its digest, prepared once (RFC 5905 §7.3, RFC 8573).
#pragma once
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ntpd {

struct FreeDigest { void operator()(EVP_MD* it) const { EVP_MD_free(it); } };
struct FreeDigestContext { void operator()(EVP_MD_CTX* it) const { EVP_MD_CTX_free(it); } };
struct FreeCipherContext { void operator()(EVP_CIPHER_CTX* it) const { EVP_CIPHER_CTX_free(it); } };

constexpr uint32_t kMacKeyIdOctets = 4;
/** A longer digest is cut to this in version 4, so that it cannot be taken for an extension field. */
constexpr uint32_t kMacDigestOctetsMax = 20;
constexpr uint32_t kCmacBlock = 16;

/** A key ready for use. Single-threaded: its contexts carry state within a call. */
class MacKey {
 public:
  /** False when OpenSSL does not offer the algorithm or the key has the wrong length for it. */
  bool Prepare(uint32_t id, const std::string& algorithm, const uint8_t* secret, size_t octets);
  ~MacKey() { OPENSSL_cleanse(secret_.data(), secret_.size()); }
  MacKey() = default;
  MacKey(MacKey&&) = default;
  MacKey& operator=(MacKey&&) = default;

  uint32_t id() const { return id_; }
  /** Octets of the digest on the wire in a packet of this version. */
  uint32_t DigestOctets(uint32_t version) const {
    return version >= 4 && octets_ > kMacDigestOctetsMax ? kMacDigestOctetsMax : octets_;
  }
  /** The whole digest of `octets` octets of a packet, a multiple of four; at most EVP_MAX_MD_SIZE octets. */
  bool Digest(const uint8_t* packet, size_t octets, uint8_t* out);

 private:
  bool PrepareCmac(const char* cipher, size_t wanted);
  bool Cmac(const uint8_t* packet, size_t octets, uint8_t* out);

  uint32_t id_ = 0;
  uint32_t octets_ = 0;
  std::vector<uint8_t> secret_;
  std::unique_ptr<EVP_MD, FreeDigest> digest_;
  std::unique_ptr<EVP_MD_CTX, FreeDigestContext> context_;
  std::unique_ptr<EVP_CIPHER_CTX, FreeCipherContext> cbc_;
  uint8_t whole_[kCmacBlock] = {};    // K1 of RFC 4493: for a last block that is whole
  uint8_t partial_[kCmacBlock] = {};  // K2: for one that is padded
};

}  // namespace ntpd
