#pragma once

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "bridges/polymarket/polymarket_auth.hpp"
#include "bridges/polymarket/polymarket_order_signer.hpp"
#include "tests/bridges/polymarket/polymarket_vectors.hpp"
#include "tests/tools/sim/world.hpp"
#include "tools/sim/clob_private.hpp"
#include "tools/sim/poly_book.hpp"

namespace arbees::sim {

inline HttpRequest with_headers(HttpRequest request, const HttpHeaders& headers) {
  for (const auto& [name, value] : headers) {
    auto lower = std::string{name};
    for (auto& c : lower) {
      c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    request.headers[lower] = value;
  }
  return request;
}

/// A trader of the CLOB: logs in, signs and calls as a client does, without a socket.
class PolyTrader {
public:
  PolyTrader(Engine& engine, ClobPrivate& clob, const std::string& key = first_key)
    : engine_(&engine), clob_(&clob), key_(key_of(key)) {}

  HttpReply login(const char* method, const char* path) {
    return clob_
      ->answer(with_headers(parse_target(method, path), l1_headers(key_, 137, engine_->now())))
      .value();
  }

  void log_in() {
    const auto created = login("POST", "/auth/api-key");
    REQUIRE(created.status == 200);
    auto decoded = ApiCredentials::decode(key_.address(), created.body);
    REQUIRE(decoded);
    credentials.emplace(std::move(*decoded));
  }

  [[nodiscard]] HttpRequest
  request(const char* method, const std::string& target, const std::string& body = {}) const {
    auto made = parse_target(method, target);
    made.body = body;
    return with_headers(std::move(made),
                        credentials->l2_headers(engine_->now(), method, target, body));
  }

  HttpReply call(const char* method, const std::string& target, const std::string& body = {}) {
    return clob_->answer(request(method, target, body)).value();
  }

  boost::json::object get(const std::string& target) {
    return boost::json::parse(call("GET", target).body).as_object();
  }

  [[nodiscard]] const WalletKey& key() const { return key_; }

  std::optional<ApiCredentials> credentials;

private:
  Engine* engine_;
  ClobPrivate* clob_;
  WalletKey key_;
};

/// What an order asks for; `size` is dollars for an immediate buy that names `dollars`.
struct Wish {
  int token = 0;
  Action action = Action::buy;
  Price price;
  const char* size = "10";
  const char* type = "GTC";
  bool dollars = false;
  bool post_only = false;
  std::int64_t expiration = 0;
  SignatureType signature_type = SignatureType::eoa;
};

} // namespace arbees::sim
