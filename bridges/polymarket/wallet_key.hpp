#pragma once

#include <caf/expected.hpp>
#include <memory>

#include "actors/messages/errors.hpp"
#include "bridges/net/secret.hpp"
#include "bridges/polymarket/eip712.hpp"

namespace arbees {

/// r, s and v = 27 or 28.
using EthereumSignature = std::array<std::uint8_t, 65>;

/// The private key of an Ethereum wallet. It can sign and tell its address, and nothing else: it
/// cannot be copied or printed, and is overwritten when it goes.
class WalletKey {
public:
  /// @param hex 64 hexadecimal digits, with or without "0x"
  /// @returns Errc::bad_credential, without a digit of the key in it
  static caf::expected<WalletKey> parse(const Secret& hex);

  ~WalletKey();
  WalletKey(WalletKey&&) noexcept;
  WalletKey& operator=(WalletKey&&) noexcept;
  WalletKey(const WalletKey&) = delete;
  WalletKey& operator=(const WalletKey&) = delete;

  [[nodiscard]] const Address& address() const;

  /// Recoverable ECDSA on secp256k1: low s, nonce after RFC 6979, so that the same digest always
  /// has the same signature. Safe to call from several threads.
  [[nodiscard]] EthereumSignature sign(const Word& digest) const;

private:
  struct Impl;
  explicit WalletKey(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

/// Whose key made `signature` of `digest`; nothing if it is no valid signature.
std::optional<Address> recover(const Word& digest, const EthereumSignature& signature);

} // namespace arbees
