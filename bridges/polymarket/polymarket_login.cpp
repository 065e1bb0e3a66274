#include "bridges/polymarket/polymarket_login.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <future>
#include <thread>

#include "bridges/net/answer_fields.hpp"
#include "bridges/net/secret_file.hpp"

namespace arbees {

namespace {

constexpr unsigned ok = 200;
constexpr std::int64_t known_version = 2;
const std::array<std::string_view, 2> spenders = {exchange_contract(ExchangeVersion::v2, false),
                                                  exchange_contract(ExchangeVersion::v2, true)};

template <class... Parts>
caf::error refuse(Errc code, const Parts&... parts) {
  std::string text = "Polymarket: ";
  (text.append(parts), ...);
  return caf::make_error(code, std::move(text));
}

bool same_address(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

/// One connection, one call after the other.
class Caller {
public:
  Caller(Network& network, const Clock& clock, const Endpoint& endpoint, Duration deadline)
    : http_{network, clock, {.endpoint = endpoint}},
      deadline_{deadline},
      prefix_{endpoint.target == "/" ? "" : endpoint.target} {}

  caf::expected<HttpResponse> call(HttpRequest request) {
    request.target = prefix_ + request.target;
    const auto promise = std::make_shared<std::promise<caf::expected<HttpResponse>>>();
    auto future = promise->get_future();
    http_.request(std::move(request), deadline_, [promise](caf::expected<HttpResponse> response) {
      promise->set_value(std::move(response));
    });
    // The client keeps its deadline; only a network that was stopped says nothing at all.
    if (future.wait_for(deadline_ + std::chrono::seconds{1}) != std::future_status::ready) {
      return refuse(Errc::io_failed, "the network was stopped");
    }
    return future.get();
  }

  /// The body of a 200.
  caf::expected<std::string> body(HttpRequest request) {
    const auto target = request.target.substr(0, request.target.find('?'));
    auto response = call(std::move(request));
    if (!response) {
      return std::move(response.error());
    }
    if (response->status != ok) {
      return refuse(Errc::http_status, target, " answered HTTP ", std::to_string(response->status),
                    ": ", printable(response->body));
    }
    return std::move(response->body);
  }

  [[nodiscard]] const std::string& prefix() const { return prefix_; }

private:
  HttpClient http_;
  Duration deadline_;
  std::string prefix_;
};

caf::expected<PolymarketOrderSigner> make_signer(const PolymarketAccountConfig& config) {
  const auto text = read_secret_file(config.wallet_key_file);
  if (!text) {
    return text.error();
  }
  auto key = WalletKey::parse(*text);
  if (!key) {
    return std::move(key.error());
  }
  const auto funder =
    config.funder.empty() ? std::optional{key->address()} : parse_address(config.funder);
  if (!funder) {
    return refuse(Errc::bad_configuration, "the funder is no address: ", config.funder);
  }
  const auto builder =
    config.builder_code.empty() ? std::optional{Word{}} : parse_word(config.builder_code);
  if (!builder) {
    return refuse(Errc::bad_configuration, "the builder code is no 0x and 64 hexadecimal digits");
  }
  return PolymarketOrderSigner::make(
    std::move(*key),
    {.funder = *funder, .type = config.signature_type, .chain_id = config.chain_id}, *builder);
}

/// The address that asks must be one from which orders are accepted: no way round is offered.
caf::error
check_place(Network& network, const Clock& clock, const PolymarketAccountConfig& config) {
  const auto endpoint = parse_url(config.geoblock_url);
  if (!endpoint) {
    return endpoint.error();
  }
  Caller caller{network,
                clock,
                {.tls = endpoint->tls, .host = endpoint->host, .port = endpoint->port},
                config.step_deadline};
  const auto body = caller.body({.target = endpoint->target});
  if (!body) {
    return body.error();
  }
  const auto place = decode_polymarket_place(*body);
  if (!place) {
    return place.error();
  }
  return place->blocked
           ? refuse(Errc::bad_configuration, "refuses orders from this place (country '",
                    place->country, "'): live trading is not possible from here")
           : caf::error{};
}

caf::error check_version(Caller& caller) {
  const auto body = caller.body({.target = "/version"});
  if (!body) {
    return body.error();
  }
  const auto json = parse_json(*body);
  if (!json) {
    return json.error();
  }
  AnswerFields fields{*json};
  const auto version = fields.integer("version");
  if (!fields.ok()) {
    return fields.error();
  }
  return version == known_version
           ? caf::error{}
           : refuse(Errc::bad_configuration, "the exchange has version ", std::to_string(version),
                    ", this arbees knows version 2");
}

caf::expected<Duration> read_offset(Caller& caller, const Clock& clock) {
  // The first exchange makes the connection; the second has nothing but the way to and fro.
  for (const auto last : {false, true}) {
    const auto asked_at = clock.now();
    const auto body = caller.body({.target = "/time"});
    const auto answered_at = clock.now();
    if (!body) {
      return body.error();
    }
    const auto seconds = decode_polymarket_time(*body);
    if (!seconds) {
      return seconds.error();
    }
    if (last) {
      return clock_offset(*seconds, asked_at, answered_at);
    }
  }
  return Duration{};
}

/// Those that exist for the wallet, or new ones.
caf::expected<ApiCredentials>
derive_credentials(Caller& caller, const Clock& clock, const PolymarketOrderSigner& signer,
                   Duration offset) {
  const auto headers = [&] {
    return l1_headers(signer.key(), signer.account().chain_id, to_ms(clock.now() + offset) / 1000);
  };
  auto derived = caller.call({.target = "/auth/derive-api-key", .headers = headers()});
  if (!derived) {
    return std::move(derived.error());
  }
  if (derived->status != ok) {
    auto created =
      caller.body({.method = HttpMethod::post, .target = "/auth/api-key", .headers = headers()});
    if (!created) {
      return std::move(created.error());
    }
    derived->body = std::move(*created);
  }
  return ApiCredentials::decode(signer.key().address(), derived->body);
}

caf::expected<ApiCredentials>
get_credentials(Caller& caller, const Clock& clock, const PolymarketAccountConfig& config,
                const PolymarketOrderSigner& signer, Duration offset) {
  if (config.credentials_file.empty()) {
    return derive_credentials(caller, clock, signer, offset);
  }
  const auto text = read_secret_file(config.credentials_file);
  if (!text) {
    return text.error();
  }
  return ApiCredentials::decode(signer.key().address(), text->reveal());
}

/// What the private calls at the start have in common.
struct Private {
  Caller& caller;
  const Clock& clock;
  const ApiCredentials& credentials;
  Duration offset;

  caf::expected<std::string> get(const std::string& target) const {
    return caller.body({.target = target,
                        .headers = credentials.l2_headers(to_ms(clock.now() + offset) / 1000, "GET",
                                                          caller.prefix() + target, {})});
  }
};

caf::error check_ban(const Private& venue) {
  const auto body = venue.get(std::string{polymarket_ban_target});
  if (!body) {
    return body.error();
  }
  const auto closed_only = decode_polymarket_closed_only(*body);
  if (!closed_only) {
    return closed_only.error();
  }
  return *closed_only ? refuse(Errc::bad_credential,
                               "the account is in closed-only mode: it may not open positions")
                      : caf::error{};
}

caf::expected<PolymarketBalance> read_balance(const Private& venue, SignatureType type) {
  const auto target = polymarket_balance_target({}, type);
  const auto read = [&]() -> caf::expected<PolymarketBalance> {
    const auto body = venue.get(target);
    if (!body) {
      return body.error();
    }
    return decode_polymarket_balance(*body);
  };
  auto balance = read();
  if (!balance || (balance->balance > 0 && !check_allowances(*balance))) {
    return balance;
  }
  // The venue shows neither money nor approvals before it is told to look at the chain
  // (venues/polymarket.md section 10).
  const auto updated = venue.get(polymarket_balance_update_target({}, type));
  if (!updated) {
    return updated.error();
  }
  return read();
}

} // namespace

std::int64_t allowance_of(const PolymarketBalance& balance, std::string_view contract) {
  const auto named = std::ranges::find_if(balance.allowances, [&](const auto& allowance) {
    return same_address(allowance.spender, contract);
  });
  return named == balance.allowances.end() ? 0 : named->amount;
}

std::span<const std::string_view> polymarket_spenders() {
  return spenders;
}

caf::error check_allowances(const PolymarketBalance& balance) {
  for (const auto& spender : spenders) {
    const auto allowed = allowance_of(balance, spender);
    if (allowed < balance.balance || allowed == 0) {
      return refuse(Errc::bad_configuration, "the exchange ", spender, " may spend ",
                    to_string(Money{allowed}), " of ", to_string(Money{balance.balance}),
                    " pUSD: approve it for the account's wallet");
    }
  }
  return {};
}

namespace {

/// A venue that answers badly now may answer well in a second; a wrong key does not get better.
bool may_pass(const caf::error& error) {
  return error == Errc::io_failed || error == Errc::timed_out || error == Errc::http_status
         || error == Errc::bad_frame;
}

caf::expected<PolymarketLogin>
try_to_log_in(Network& network, const Clock& clock, const PolymarketAccountConfig& config) {
  const auto endpoint = parse_url(config.rest_url);
  if (!endpoint) {
    return endpoint.error();
  }
  auto signer = make_signer(config);
  if (!signer) {
    return std::move(signer.error());
  }
  if (auto error = check_place(network, clock, config)) {
    return error;
  }
  Caller caller{network, clock, *endpoint, config.step_deadline};
  if (auto error = check_version(caller)) {
    return error;
  }
  const auto offset = read_offset(caller, clock);
  if (!offset) {
    return offset.error();
  }
  auto credentials = get_credentials(caller, clock, config, *signer, *offset);
  if (!credentials) {
    return std::move(credentials.error());
  }
  const Private venue{caller, clock, *credentials, *offset};
  if (auto error = check_ban(venue)) {
    return error;
  }
  const auto balance = read_balance(venue, config.signature_type);
  if (!balance) {
    return balance.error();
  }
  if (auto error = check_allowances(*balance)) {
    return error;
  }
  if (allowance_of(*balance, exchange_contract(ExchangeVersion::v3, false)) <= 0) {
    spdlog::warn("polymarket_login.no_allowance exchange={} markets=v3: approve it to trade them",
                 exchange_contract(ExchangeVersion::v3, false));
  }
  spdlog::info("polymarket_login.done address={} signature_type={} balance={} clock_offset_ms={}",
               to_string(signer->key().address()), static_cast<int>(config.signature_type),
               to_string(Money{balance->balance}),
               std::chrono::duration_cast<std::chrono::milliseconds>(*offset).count());
  return PolymarketLogin{.signer = std::move(*signer),
                         .credentials = std::move(*credentials),
                         .clock_offset = *offset,
                         .balance = *balance,
                         .at = clock.now()};
}

} // namespace

caf::expected<PolymarketLogin>
log_in_to_polymarket(Network& network, const Clock& clock, const PolymarketAccountConfig& config) {
  auto wait = config.first_retry;
  for (int attempt = 1;; ++attempt) {
    auto login = try_to_log_in(network, clock, config);
    if (login || !may_pass(login.error()) || attempt >= config.attempts) {
      return login;
    }
    spdlog::warn("polymarket_login.failed attempt={} of={} error={}", attempt, config.attempts,
                 describe(login.error()));
    std::this_thread::sleep_for(wait);
    wait *= 2;
  }
}

} // namespace arbees
