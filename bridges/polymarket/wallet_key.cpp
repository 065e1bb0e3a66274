#include "bridges/polymarket/wallet_key.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include <algorithm>
#include <cassert>

namespace arbees {

namespace {

struct ContextDeleter {
  void operator()(secp256k1_context* context) const { secp256k1_context_destroy(context); }
};
using Context = std::unique_ptr<secp256k1_context, ContextDeleter>;

/// Randomised, so that timing and power of a signature tell nothing about the key.
Context make_context() {
  Context context{secp256k1_context_create(SECP256K1_CONTEXT_NONE)};
  Word seed{};
  if (RAND_priv_bytes(seed.data(), static_cast<int>(seed.size())) != 1
      || secp256k1_context_randomize(context.get(), seed.data()) != 1) {
    context.reset();
  }
  OPENSSL_cleanse(seed.data(), seed.size());
  return context;
}

/// The last 20 bytes of the hash of the public key's two coordinates.
Address address_of(const secp256k1_context* context, const secp256k1_pubkey& key) {
  std::array<std::uint8_t, 65> bytes{};
  auto size = bytes.size();
  secp256k1_ec_pubkey_serialize(context, bytes.data(), &size, &key, SECP256K1_EC_UNCOMPRESSED);
  const auto hash = keccak256(std::span<const std::uint8_t>{bytes}.subspan(1));
  Address address{};
  std::copy(hash.begin() + 12, hash.end(), address.begin());
  return address;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const auto lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

} // namespace

struct WalletKey::Impl {
  Context context = make_context();
  Word key{};
  Address address{};

  Impl() = default;
  ~Impl() { OPENSSL_cleanse(key.data(), key.size()); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
};

WalletKey::WalletKey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WalletKey::~WalletKey() = default;
WalletKey::WalletKey(WalletKey&&) noexcept = default;
WalletKey& WalletKey::operator=(WalletKey&&) noexcept = default;

caf::expected<WalletKey> WalletKey::parse(const Secret& hex) {
  auto text = hex.reveal();
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
  }
  if (text.size() != 64) {
    return caf::make_error(Errc::bad_credential, "wallet key: 64 hexadecimal digits expected");
  }
  // Decoded straight into its place: no copy is left behind on the way.
  auto impl = std::make_unique<Impl>();
  for (std::size_t i = 0; i < 32; ++i) {
    const auto high = hex_value(text[2 * i]);
    const auto low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) {
      return caf::make_error(Errc::bad_credential, "wallet key: not hexadecimal");
    }
    impl->key[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  if (!impl->context) {
    return caf::make_error(Errc::bad_credential, "wallet key: no randomness for the context");
  }
  secp256k1_pubkey public_key;
  if (secp256k1_ec_pubkey_create(impl->context.get(), &public_key, impl->key.data()) != 1) {
    return caf::make_error(Errc::bad_credential, "wallet key: outside the range of the curve");
  }
  impl->address = address_of(impl->context.get(), public_key);
  return WalletKey{std::move(impl)};
}

const Address& WalletKey::address() const {
  return impl_->address;
}

EthereumSignature WalletKey::sign(const Word& digest) const {
  secp256k1_ecdsa_recoverable_signature made;
  [[maybe_unused]] const auto done =
    secp256k1_ecdsa_sign_recoverable(impl_->context.get(), &made, digest.data(), impl_->key.data(),
                                     nullptr, nullptr);
  assert(done == 1 && "a key that gave an address signs any digest");
  EthereumSignature signature{};
  int recovery_id = 0;
  secp256k1_ecdsa_recoverable_signature_serialize_compact(impl_->context.get(), signature.data(),
                                                          &recovery_id, &made);
  signature[64] = static_cast<std::uint8_t>(27 + recovery_id);
  return signature;
}

std::optional<Address> recover(const Word& digest, const EthereumSignature& signature) {
  const auto* const context = secp256k1_context_static;
  secp256k1_ecdsa_recoverable_signature parsed;
  secp256k1_pubkey public_key;
  const auto v = signature[64];
  if ((v != 27 && v != 28)
      || secp256k1_ecdsa_recoverable_signature_parse_compact(context, &parsed, signature.data(),
                                                             v - 27)
           != 1
      || secp256k1_ecdsa_recover(context, &public_key, &parsed, digest.data()) != 1) {
    return std::nullopt;
  }
  return address_of(context, public_key);
}

} // namespace arbees
