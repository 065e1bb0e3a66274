#include "tools/sim/poly_keys.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>

#include "tools/sim/clob_rest.hpp"
#include "tools/sim/slate.hpp"

namespace arbees::sim {

namespace json = boost::json;

namespace {

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto whole = error == std::errc{} && end == text.data() + text.size() && !text.empty();
  return whole ? std::optional{value} : std::nullopt;
}

bool fresh(std::string_view stamp, UnixSeconds now) {
  const auto at = parse_number<UnixSeconds>(stamp);
  return at && *at >= 0 && std::abs(now - *at) <= PolyKeys::window_s;
}

HttpReply unauthorized() {
  return clob_error(401, "Unauthorized/Invalid api key");
}

PolyKey make_key(const Address& owner, std::uint64_t nonce) {
  const auto part = [&](const char* which) {
    return keccak256(std::string{which} + to_string(owner) + std::to_string(nonce));
  };
  const auto seed = part("api key");
  auto number = std::uint64_t{0};
  for (std::size_t i = 0; i < 8; ++i) {
    number = number << 8U | seed[i];
  }
  Random random{number};
  return {.owner = owner,
          .nonce = nonce,
          .api_key = make_uuid(random),
          .secret = base64url(part("secret")),
          .passphrase = to_hex(part("passphrase")).substr(2)};
}

json::object credentials(const PolyKey& key) {
  return {{"apiKey", key.api_key}, {"secret", key.secret}, {"passphrase", key.passphrase}};
}

} // namespace

std::optional<HttpReply> PolyKeys::login(const HttpRequest& request, UnixSeconds now) {
  const auto creates = request.method == "POST" && request.path == "/auth/api-key";
  if (!creates && !(request.method == "GET" && request.path == "/auth/derive-api-key")) {
    return std::nullopt;
  }
  const auto stamp = request.header("poly_timestamp");
  const auto address = parse_address(request.header("poly_address"));
  const auto nonce_text = request.header("poly_nonce");
  const auto nonce =
    nonce_text.empty() ? std::optional<std::uint64_t>{0} : parse_number<std::uint64_t>(nonce_text);
  if (!address || !nonce || !fresh(stamp, now)
      || login_signer(*address, stamp, *nonce, request.header("poly_signature")) != address) {
    return clob_error(401, "Invalid L1 Request headers");
  }
  const auto known = by_owner_.find({*address, *nonce});
  if (!creates) {
    return known == by_owner_.end() || at(known->second).revoked
             ? clob_error(400, "Could not derive api key!")
             : reply(credentials(at(known->second)));
  }
  if (known != by_owner_.end()) {
    return clob_error(400, "Could not create api key");
  }
  auto key = make_key(*address, *nonce);
  key.index = static_cast<int>(keys_.size());
  by_owner_.emplace(std::pair{*address, *nonce}, key.index);
  by_key_.emplace(key.api_key, key.index);
  keys_.push_back(std::move(key));
  return reply(credentials(keys_.back()));
}

std::variant<HttpReply, const PolyKey*>
PolyKeys::authenticate(const HttpRequest& request, UnixSeconds now) const {
  const auto found = by_key_.find(request.header("poly_api_key"));
  if (found == by_key_.end()) {
    return unauthorized();
  }
  const auto& key = at(found->second);
  const auto stamp = request.header("poly_timestamp");
  const auto right =
    !key.revoked && parse_address(request.header("poly_address")) == key.owner
    && request.header("poly_passphrase") == key.passphrase && fresh(stamp, now)
    && request.header("poly_signature")
         == expected_hmac(key.secret, stamp, request.method, request.path, request.body);
  if (!right) {
    return unauthorized();
  }
  return &key;
}

const PolyKey* PolyKeys::find(std::string_view api_key, std::string_view secret,
                              std::string_view passphrase) const {
  const auto found = by_key_.find(api_key);
  if (found == by_key_.end()) {
    return nullptr;
  }
  const auto& key = at(found->second);
  return !key.revoked && key.secret == secret && key.passphrase == passphrase ? &key : nullptr;
}

} // namespace arbees::sim
