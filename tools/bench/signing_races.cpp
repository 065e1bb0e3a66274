#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include <algorithm>
#include <cassert>
#include <memory>

#include "bridges/kalshi/kalshi_signer.hpp"
#include "bridges/polymarket/polymarket_order_signer.hpp"
#include "tools/bench/benchmarks.hpp"

namespace arbees::bench {

namespace {

constexpr Target ratio_1_3{.kind = Target::Kind::ratio, .limit = 1.3};
constexpr std::size_t input_count = 64;
constexpr Timestamp begin = from_ms(1'795'226'400'000);

template <class T, void (*free)(T*)>
std::shared_ptr<T> own(T* object) {
  assert(object != nullptr);
  return {object, free};
}

// Polymarket.

constexpr std::string_view nested_type =
  "TypedDataSign(Order contents,string name,string version,uint256 chainId,"
  "address verifyingContract,bytes32 salt)Order(uint256 salt,address maker,address signer,"
  "uint256 tokenId,uint256 makerAmount,uint256 takerAmount,uint8 side,uint8 signatureType,"
  "uint256 timestamp,bytes32 metadata,bytes32 builder)";

Word random_key() {
  Word key{};
  [[maybe_unused]] const auto done = RAND_bytes(key.data(), static_cast<int>(key.size()));
  assert(done == 1);
  return key;
}

/// The library itself, its context randomised as ours is.
struct BareKey {
  std::shared_ptr<secp256k1_context> context = own<secp256k1_context, secp256k1_context_destroy>(
    secp256k1_context_create(SECP256K1_CONTEXT_NONE));
  Word key;

  explicit BareKey(const Word& bytes) : key{bytes} {
    [[maybe_unused]] const auto done =
      secp256k1_context_randomize(context.get(), random_key().data());
    assert(done == 1);
  }

  [[nodiscard]] secp256k1_ecdsa_recoverable_signature sign(const Word& digest) const {
    secp256k1_ecdsa_recoverable_signature made;
    [[maybe_unused]] const auto done =
      secp256k1_ecdsa_sign_recoverable(context.get(), &made, digest.data(), key.data(), nullptr,
                                       nullptr);
    assert(done == 1);
    return made;
  }
};

OrderIntent intent(std::size_t number) {
  OrderIntent order;
  order.pair = PairId{number};
  order.client_order_id = client_order_id(order.pair, 1, OrderPurpose::open, 0);
  order.ref.venue = Venue::polymarket;
  order.ref.tokens = {
    "71321045679252212594626385532706912750332728571942532289631379312455583992563",
    "52114319501245915516055106046884209969926127482827954674443846427813813222426"};
  order.side = number % 2 == 0 ? Side::yes : Side::no;
  order.limit = Price{static_cast<std::int32_t>(4'000 + number % 10 * 100)};
  order.quantity = Quantity{static_cast<std::int64_t>(100 + number) * quantity_per_contract};
  return order;
}

/// Orders of one account, and the digests that its key signs for them.
class OrderDesk {
public:
  explicit OrderDesk(SignatureType type) : type_{type}, bare_{random_key()} {
    auto key = WalletKey::parse(Secret{to_hex(bare_.key)});
    assert(key);
    address_ = key->address();
    auto funder = address_;
    funder[0] ^= type == SignatureType::eoa ? 0U : 1U;
    auto signer = PolymarketOrderSigner::make(std::move(*key), {.funder = funder, .type = type});
    assert(signer);
    signer_ = std::make_unique<PolymarketOrderSigner>(std::move(*signer));
    for (std::size_t i = 0; i < input_count; ++i) {
      intents_.push_back(intent(i));
      digests_.push_back(digest(sign(i)));
    }
  }

  [[nodiscard]] SignedPolymarketOrder sign(std::size_t number) const {
    auto made = signer_->sign(intents_[number % input_count], terms_, begin);
    assert(made);
    return std::move(*made);
  }

  [[nodiscard]] secp256k1_ecdsa_recoverable_signature sign_bare(std::size_t number) const {
    return bare_.sign(digests_[number % input_count]);
  }

  /// Each order's signature must lead back to the key's address, and be the library's own.
  [[nodiscard]] std::optional<std::string> verify() const {
    for (std::size_t i = 0; i < input_count; ++i) {
      EthereumSignature ours{};
      const auto wrapped = bytes(sign(i));
      std::copy_n(wrapped.begin(), ours.size(), ours.begin());
      if (recover(digests_[i], ours) != address_) {
        return fmt::format("the signature of order {} is not the key's", i);
      }
      EthereumSignature theirs{};
      auto recovery_id = 0;
      const auto made = sign_bare(i);
      secp256k1_ecdsa_recoverable_signature_serialize_compact(bare_.context.get(), theirs.data(),
                                                              &recovery_id, &made);
      theirs[64] = static_cast<std::uint8_t>(27 + recovery_id);
      if (ours != theirs) {
        return fmt::format("order {} and its baseline are not the same signature", i);
      }
    }
    return std::nullopt;
  }

private:
  static std::vector<std::uint8_t> bytes(const SignedPolymarketOrder& order) {
    const auto bytes = parse_hex_bytes(order.signature, (order.signature.size() - 2) / 2);
    assert(bytes);
    return *bytes;
  }

  /// What the key signs of `order`: its hash, or ERC-7739's nested hash for a deposit wallet, whose
  /// signature carries the domain and the contents behind the key's own 65 bytes.
  [[nodiscard]] Word digest(const SignedPolymarketOrder& order) const {
    if (type_ != SignatureType::deposit_wallet) {
      return order.hash;
    }
    const auto wrapped = bytes(order);
    Word domain{};
    Word contents{};
    std::copy_n(wrapped.begin() + 65, 32, domain.begin());
    std::copy_n(wrapped.begin() + 97, 32, contents.begin());
    const auto& account = signer_->account();
    const std::array words{keccak256(nested_type),
                           contents,
                           keccak256("DepositWallet"),
                           keccak256("1"),
                           to_word(account.chain_id),
                           to_word(account.funder),
                           Word{}};
    return eip712_digest(domain, keccak256(std::span<const Word>{words}));
  }

  SignatureType type_;
  BareKey bare_;
  Address address_{};
  PolymarketTerms terms_{.tick = Price{100}};
  std::unique_ptr<PolymarketOrderSigner> signer_;
  std::vector<OrderIntent> intents_;
  std::vector<Word> digests_;
};

Race order_race(SignatureType type, std::string name, std::string what) {
  const auto desk = std::make_shared<const OrderDesk>(type);
  return {.name = std::move(name),
          .what = std::move(what),
          .subject = {.name = "intent to signed order",
                      .run =
                        [desk, next = std::size_t{0}](std::size_t count) mutable {
                          for (std::size_t i = 0; i < count; ++i) {
                            keep(desk->sign(next++));
                          }
                        }},
          .baselines = {{.name = "libsecp256k1 signature alone",
                         .run =
                           [desk, next = std::size_t{0}](std::size_t count) mutable {
                             for (std::size_t i = 0; i < count; ++i) {
                               keep(desk->sign_bare(next++));
                             }
                           }}},
          .target = ratio_1_3,
          .verify = [desk] { return desk->verify(); }};
}

// Kalshi.

using PKey = std::shared_ptr<EVP_PKEY>;
using Bytes = std::vector<unsigned char>;

std::string pem_of(const PKey& key) {
  const auto bio = own<BIO, BIO_free_all>(BIO_new(BIO_s_mem()));
  [[maybe_unused]] const auto written =
    PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  assert(written == 1);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

bool use_pss(EVP_PKEY_CTX* context) {
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0
         && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, 32) > 0;
}

const unsigned char* bytes_of(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// Requests signed by one key, by our signer and by OpenSSL itself.
class RequestDesk {
public:
  explicit RequestDesk(PKey key) : key_{std::move(key)} {
    auto signer = KalshiSigner::make("11111111-1111-4111-8111-111111111111", pem_of(key_));
    assert(signer);
    signer_ = std::make_unique<KalshiSigner>(std::move(*signer));
    for (std::size_t i = 0; i < input_count; ++i) {
      messages_.push_back(kalshi_message(to_ms(stamp(i)), "POST", path));
    }
  }

  [[nodiscard]] HttpHeaders sign(std::size_t number) const {
    auto headers = signer_->headers(stamp(number), "POST", path);
    assert(headers);
    return std::move(*headers);
  }

  [[nodiscard]] Bytes sign_bare(std::size_t number) const {
    const auto& message = messages_[number % input_count];
    const auto context = own<EVP_MD_CTX, EVP_MD_CTX_free>(EVP_MD_CTX_new());
    EVP_PKEY_CTX* parameters = nullptr;
    Bytes signature(256);
    auto length = signature.size();
    [[maybe_unused]] const auto done =
      EVP_DigestSignInit(context.get(), &parameters, digest(), nullptr, key_.get()) == 1
      && (!is_rsa() || use_pss(parameters))
      && EVP_DigestSign(context.get(), signature.data(), &length, bytes_of(message), message.size())
           == 1;
    assert(done);
    signature.resize(length);
    return signature;
  }

  [[nodiscard]] std::optional<std::string> verify() const {
    for (std::size_t i = 0; i < input_count; ++i) {
      const auto headers = sign(i);
      const auto ours = std::ranges::find(headers, "KALSHI-ACCESS-SIGNATURE",
                                          [](const auto& h) { return h.first; });
      if (ours == headers.end() || !valid(i, from_base64(ours->second))) {
        return fmt::format("the signature of request {} is not the key's", i);
      }
      if (!valid(i, sign_bare(i)) || valid(i + 1, sign_bare(i))) {
        return fmt::format("the baseline's signature of request {} is not the key's", i);
      }
    }
    return std::nullopt;
  }

private:
  static constexpr std::string_view path = "/trade-api/v2/portfolio/events/orders";

  static Timestamp stamp(std::size_t number) {
    return begin + std::chrono::milliseconds{number % input_count};
  }

  static Bytes from_base64(const std::string& text) {
    Bytes bytes(text.size());
    const auto length =
      EVP_DecodeBlock(bytes.data(), bytes_of(text), static_cast<int>(text.size()));
    const auto padding = std::ranges::count(text, '=');
    bytes.resize(length < padding ? 0 : static_cast<std::size_t>(length - padding));
    return bytes;
  }

  [[nodiscard]] bool is_rsa() const { return EVP_PKEY_get_base_id(key_.get()) == EVP_PKEY_RSA; }
  [[nodiscard]] const EVP_MD* digest() const { return is_rsa() ? EVP_sha256() : nullptr; }

  [[nodiscard]] bool valid(std::size_t number, const Bytes& signature) const {
    const auto& message = messages_[number % input_count];
    const auto context = own<EVP_MD_CTX, EVP_MD_CTX_free>(EVP_MD_CTX_new());
    EVP_PKEY_CTX* parameters = nullptr;
    return EVP_DigestVerifyInit(context.get(), &parameters, digest(), nullptr, key_.get()) == 1
           && (!is_rsa() || use_pss(parameters))
           && EVP_DigestVerify(context.get(), signature.data(), signature.size(), bytes_of(message),
                               message.size())
                == 1;
  }

  PKey key_;
  std::unique_ptr<KalshiSigner> signer_;
  std::vector<std::string> messages_;
};

Race request_race(EVP_PKEY* key, std::string name, std::string what) {
  const auto desk = std::make_shared<const RequestDesk>(own<EVP_PKEY, EVP_PKEY_free>(key));
  return {.name = std::move(name),
          .what = std::move(what),
          .subject = {.name = "request to signed headers",
                      .run =
                        [desk, next = std::size_t{0}](std::size_t count) mutable {
                          for (std::size_t i = 0; i < count; ++i) {
                            keep(desk->sign(next++));
                          }
                        }},
          .baselines = {{.name = "OpenSSL EVP signature alone",
                         .run =
                           [desk, next = std::size_t{0}](std::size_t count) mutable {
                             for (std::size_t i = 0; i < count; ++i) {
                               keep(desk->sign_bare(next++));
                             }
                           }}},
          .verify = [desk] { return desk->verify(); }};
}

} // namespace

std::vector<Race> polymarket_sign() {
  return {order_race(SignatureType::eoa, "polymarket-sign:type-0", "an order of a plain key"),
          order_race(SignatureType::deposit_wallet, "polymarket-sign:type-3",
                     "an order of a deposit wallet, wrapped after ERC-7739")};
}

std::vector<Race> kalshi_sign() {
  return {request_race(EVP_RSA_gen(2048), "kalshi-sign:rsa-2048", "a request, RSA-PSS"),
          request_race(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), "kalshi-sign:ed25519",
                       "a request, Ed25519")};
}

} // namespace arbees::bench
