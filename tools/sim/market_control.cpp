#include "tools/sim/market_control.hpp"

#include <algorithm>
#include <cmath>

#include "tools/sim/control_call.hpp"

namespace arbees::sim {

namespace json = boost::json;

namespace {

constexpr UnixSeconds longest = 10LL * 365 * 86'400;

/// A number of 0 to `most` in steps of 1 / `scale`.
std::optional<int> scaled(const json::object& body, std::string_view key, int scale, double most) {
  const auto* const value = body.if_contains(key);
  const auto number = value == nullptr     ? -1.0
                      : value->is_int64()  ? static_cast<double>(value->get_int64())
                      : value->is_double() ? value->get_double()
                                           : -1.0;
  return number >= 0 && number <= most
           ? std::optional{static_cast<int>(std::lround(number * scale))}
           : std::nullopt;
}

/// Index of a market by its name, also of one that is not listed; -1 if there is none.
template <class Markets, class Name>
int find(const Markets& markets, std::string_view name, Name field) {
  const auto found = std::ranges::find(markets, name, field);
  return name.empty() || found == markets.end() ? -1 : static_cast<int>(found - markets.begin());
}

// --- lifecycle ---

/// Takes a market off the lists or announces it as new. Nothing if `action` is neither.
std::optional<HttpReply> list_or_hide(Engine& engine, int book, std::string_view action) {
  const auto lists = action == "create";
  if (!lists && action != "hide") {
    return std::nullopt;
  }
  if (engine.hidden(book) != lists || engine.status(book).decided) {
    return usage("only a hidden market can be created, and only a listed one hidden");
  }
  if (lists) {
    engine.list(book);
  } else {
    engine.hide(book);
  }
  return done();
}

HttpReply lifecycle(Engine& engine, KalshiPrivate& kalshi, const json::object& body) {
  const auto action = text_of(body, "action");
  const auto after = seconds(body, "seconds", 0, {.most = longest});
  const auto& slate = engine.slate();
  const auto ticker = find(slate.kalshi_markets, text_of(body, "ticker"), &KalshiMarket::ticker);
  const auto condition = find(slate.poly_markets, text_of(body, "market"), &PolyMarket::condition);
  if ((ticker < 0) == (condition < 0) || !after) {
    return usage("ticker names a market of Kalshi, or market a condition of Polymarket");
  }
  const auto book = ticker >= 0 ? slate.kalshi_markets[static_cast<std::size_t>(ticker)].book
                                : slate.poly_markets[static_cast<std::size_t>(condition)].book;
  if (auto answer = list_or_hide(engine, book, action)) {
    return *std::move(answer);
  }
  const auto& status = engine.status(book);
  const auto open = ticker >= 0 && !status.decided && !engine.hidden(book);
  if (open && action == "deactivate" && status.active && !engine.closed(book)) {
    engine.deactivate(book);
  } else if (open && action == "activate" && !status.active) {
    kalshi.activate(ticker);
  } else if (open && action == "close-early" && !engine.closed(book)) {
    engine.move_close(book, engine.steady_ms());
  } else if (open && action == "move-close" && body.contains("seconds")) {
    engine.move_close(book, engine.steady_ms() + 1000 * *after);
  } else {
    return usage(
      "action is hide, create, or on a fitting market of Kalshi deactivate, activate, "
      "close-early, move-close with seconds");
  }
  return done();
}

// --- fees ---

/// The new fee of a series or an event; nothing if a part of it is no fee.
std::optional<KalshiFee> read_fee(const json::object& body, const KalshiFee& now) {
  auto fee = now;
  if (body.contains("fee_type")) {
    fee.type = text_of(body, "fee_type");
  }
  if (body.contains("fee_multiplier")) {
    fee.multiplier_milli = scaled(body, "fee_multiplier", 1000, 100).value_or(-1);
  }
  return fee.type.empty() || fee.multiplier_milli < 0 ? std::nullopt : std::optional{fee};
}

HttpReply fee_change(Engine& engine, const json::object& body) {
  const auto in = seconds(body, "in_seconds", 0, {.most = longest});
  if (!in) {
    return usage("in_seconds is a number of seconds from now");
  }
  const auto& slate = engine.slate();
  const auto at_ms = engine.steady_ms() + 1000 * *in;
  const auto condition = find(slate.poly_markets, text_of(body, "market"), &PolyMarket::condition);
  const auto series = find(slate.series, text_of(body, "series"), &KalshiSeries::ticker);
  const auto event = find(slate.kalshi_events, text_of(body, "event"), &KalshiEvent::ticker);
  if (condition >= 0) {
    const auto rate = scaled(body, "rate", 1'000'000, 1);
    if (!rate) {
      return usage("rate is 0 to 1");
    }
    engine.fees().change_poly(condition, *rate, at_ms);
    return done();
  }
  if (event >= 0 && body.contains("clear")) {
    engine.fees().change_event(std::string{text_of(body, "event")}, std::nullopt, at_ms);
    return done();
  }
  const auto fee = read_fee(body, {});
  if (!fee || (series < 0) == (event < 0)) {
    return usage("series or event with fee_type and fee_multiplier, or market with rate");
  }
  if (series >= 0) {
    engine.fees().change_series(std::string{text_of(body, "series")}, *fee, at_ms);
  } else {
    engine.fees().change_event(std::string{text_of(body, "event")}, *fee, at_ms);
  }
  return done();
}

// --- games, places, approvals ---

/// Moves the start of a game by the venues' clock. Where it was moved, resting orders are not
/// cleared, unless the call says that they are.
HttpReply move_start(Engine& engine, PolyAccounts& polymarket, const json::object& body) {
  const auto game = find(engine.slate().games, text_of(body, "espn_id"), &Game::espn_id);
  const auto in = seconds(body, "in_seconds", -1, {.most = longest});
  if (game < 0 || !in || *in < 0 || engine.tape().game(game).phase != Phase::scheduled) {
    return usage("espn_id names a game that has not begun, in_seconds when it begins");
  }
  const auto game_seconds = static_cast<double>(*in) * engine.slate().config.speed;
  engine.move_start(game, engine.tape().game_clock() + std::llround(std::ceil(game_seconds)));
  const auto* const clears = body.if_contains("clears");
  if (clears != nullptr && *clears == json::value(true)) {
    polymarket.clear_at_start_again(game);
  } else {
    polymarket.keep_at_start(game);
  }
  return done();
}

HttpReply attest(KalshiPrivate& kalshi, const json::object& body) {
  const auto length = seconds(body, "seconds", 90LL * 86'400, {.least = -1, .most = longest});
  if (!length) {
    return usage("seconds from now; -1: never attested");
  }
  kalshi.attest(*length);
  return done();
}

std::optional<PolyExchange> exchange_named(std::string_view name) {
  for (const auto exchange :
       {PolyExchange::regular_v2, PolyExchange::negative_risk_v2, PolyExchange::v3}) {
    const auto* const word = exchange == PolyExchange::regular_v2         ? "regular"
                             : exchange == PolyExchange::negative_risk_v2 ? "neg_risk"
                                                                          : "v3";
    if (name == word || name == contract_of(exchange)) {
      return exchange;
    }
  }
  return std::nullopt;
}

HttpReply allowance(PolyAccounts& accounts, const json::object& body) {
  const auto owner = parse_address(text_of(body, "address"));
  const auto asset = text_of(body, "asset");
  const auto spender = exchange_named(text_of(body, "spender"));
  const auto amount = text_of(body, "amount");
  const auto units =
    amount == "unlimited" ? std::optional{PolyAllowances::unlimited} : parse_decimal(amount, 0);
  auto* const wallet = owner ? accounts.known_wallet(*owner) : nullptr;
  if (wallet == nullptr || !spender || !units || *units < 0
      || (asset != "COLLATERAL" && asset != "CONDITIONAL")) {
    return usage(
      "address of a key that has called before, asset COLLATERAL or CONDITIONAL, "
      "spender regular, neg_risk or v3, amount in base units or unlimited");
  }
  wallet->allowances.approve(asset == "COLLATERAL" ? PolyAsset::collateral : PolyAsset::conditional,
                             *spender, *units);
  return done();
}

} // namespace

std::optional<HttpReply> market_control(Engine& engine, KalshiPrivate& kalshi,
                                        ClobPrivate& polymarket, const HttpRequest& request) {
  const auto path = std::string_view{request.path};
  const auto known = path == "/sim/lifecycle" || path == "/sim/fee-change"
                     || path == "/sim/move-start" || path == "/sim/attest"
                     || path == "/sim/allowance";
  if (!known || request.method != "POST") {
    return std::nullopt;
  }
  const auto body = control_body(request);
  if (!body) {
    return usage("body is not a JSON object");
  }
  return path == "/sim/lifecycle"    ? lifecycle(engine, kalshi, *body)
         : path == "/sim/fee-change" ? fee_change(engine, *body)
         : path == "/sim/move-start" ? move_start(engine, polymarket.accounts(), *body)
         : path == "/sim/attest"     ? attest(kalshi, *body)
                                     : allowance(polymarket.accounts(), *body);
}

} // namespace arbees::sim
