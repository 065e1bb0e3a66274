#include "tools/sim/poly_order.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "tools/sim/poly_book.hpp"

namespace arbees::sim {

namespace json = boost::json;

namespace {

constexpr std::uint64_t salt_limit = std::uint64_t{1} << 53U;
constexpr std::int64_t hundredth = 10'000; ///< base units: 0.01 share, or a cent
constexpr UnixSeconds shortest_life_s = 180;
/// Undocumented at the venue; wide, but it finds a timestamp in seconds or of a broken clock.
constexpr UnixMillis oldest_ms = 3'600'000;
constexpr UnixMillis newest_ms = 60'000;

using Checked = std::optional<ClobRefusal>;

ClobRefusal payload() {
  return {400, "Invalid order payload"};
}

/// A hundred million dollars or shares, so that nothing computed from it overflows.
constexpr std::int64_t largest_amount = 100'000'000'000'000;

bool sensible(std::optional<std::int64_t> amount) {
  return amount && *amount > 0 && *amount <= largest_amount;
}

/// Decimal digits without sign or leading zero, as the venue's clients write amounts.
std::optional<std::int64_t> whole(const json::object& object, std::string_view key) {
  const auto text = text_of(object, key);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value < 0
      || (text.front() == '0' && text.size() > 1)) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::int64_t> integer(const json::object& object, std::string_view key) {
  const auto* const value = object.if_contains(key);
  return value != nullptr && value->is_int64() ? std::optional{value->get_int64()} : std::nullopt;
}

bool absent_or_bool(const json::object& object, std::string_view key) {
  const auto* const value = object.if_contains(key);
  return value == nullptr || value->is_bool();
}

/// A posted body, read but not yet judged.
struct Posted {
  PostedOrder order;
  std::string token{};
  std::string signature{};
  PolyDraft draft;
};

std::optional<PostedOrder> read_signed_fields(const json::object& order) {
  const auto salt = integer(order, "salt");
  const auto maker = parse_address(text_of(order, "maker"));
  const auto signer = parse_address(text_of(order, "signer"));
  const auto token = parse_uint256(text_of(order, "tokenId"));
  const auto maker_amount = whole(order, "makerAmount");
  const auto taker_amount = whole(order, "takerAmount");
  const auto side = text_of(order, "side");
  const auto type = integer(order, "signatureType");
  const auto timestamp = whole(order, "timestamp");
  const auto metadata = parse_word(text_of(order, "metadata"));
  const auto builder = parse_word(text_of(order, "builder"));
  if (!salt || *salt < 0 || static_cast<std::uint64_t>(*salt) >= salt_limit || !maker || !signer
      || !token || !sensible(maker_amount) || !sensible(taker_amount)
      || (side != "BUY" && side != "SELL") || !type || *type < 0 || *type > 3 || !timestamp
      || !metadata || !builder) {
    return std::nullopt;
  }
  return PostedOrder{.salt = static_cast<std::uint64_t>(*salt),
                     .maker = *maker,
                     .signer = *signer,
                     .token = *token,
                     .maker_amount = *maker_amount,
                     .taker_amount = *taker_amount,
                     .buys = side == "BUY",
                     .signature_type = static_cast<int>(*type),
                     .timestamp_ms = *timestamp,
                     .metadata = *metadata,
                     .builder = *builder};
}

std::optional<PolyOrderType> order_type(std::string_view text) {
  constexpr std::array types{PolyOrderType::gtc, PolyOrderType::gtd, PolyOrderType::fok,
                             PolyOrderType::fak};
  const auto* const found =
    std::ranges::find_if(types, [&](PolyOrderType type) { return name(type) == text; });
  return found == types.end() ? std::nullopt : std::optional{*found};
}

std::variant<ClobRefusal, Posted> read(const json::value& body) {
  const auto* const top = body.if_object();
  const auto* const inner = top != nullptr ? top->if_contains("order") : nullptr;
  if (inner == nullptr || !inner->is_object()) {
    return payload();
  }
  const auto& order = inner->get_object();
  if (order.contains("nonce") || order.contains("feeRateBps") || order.contains("taker")) {
    return ClobRefusal{400, "order_version_mismatch"}; // the twelve fields of the first exchange
  }
  const auto fields = read_signed_fields(order);
  const auto type = order_type(text_of(*top, "orderType"));
  const auto expiration = whole(order, "expiration");
  if (!fields || !type || !expiration || !absent_or_bool(*top, "postOnly")
      || !absent_or_bool(*top, "deferExec")) {
    return payload();
  }
  Posted posted{.order = *fields,
                .token = std::string{text_of(order, "tokenId")},
                .signature = std::string{text_of(order, "signature")}};
  auto& draft = posted.draft;
  draft.maker = to_string(fields->maker);
  draft.signature_type = fields->signature_type;
  draft.buys = fields->buys;
  draft.type = *type;
  draft.expiration = *expiration;
  draft.post_only = top->contains("postOnly") && top->at("postOnly").get_bool();
  draft.shares = Quantity{fields->buys ? fields->taker_amount : fields->maker_amount};
  draft.dollars = Money{fields->buys ? fields->maker_amount : fields->taker_amount};
  return posted;
}

/// Maker and signer by signature type, and the signature itself.
Checked check_signer(const Posted& posted, PolyExchange exchange, const PolyKey& key) {
  const auto& order = posted.order;
  const auto wallet = order.signature_type == 3;
  const ClobRefusal wrong_signer{400,
                                 "the order signer address has to be the address of the API KEY"};
  if (wallet ? order.maker != order.signer || order.signer == key.owner
             : order.signer != key.owner) {
    return wrong_signer;
  }
  if (order.signature_type == 0 ? order.maker != order.signer : order.maker == key.owner) {
    return ClobRefusal{400,
                       "invalid signature"}; // an EOA is its own funder, a wallet never the key
  }
  const auto signer = order_signer(order, exchange, posted.signature);
  if (!signer) {
    return ClobRefusal{400, "invalid signature"};
  }
  if (*signer != key.owner) {
    return wallet ? wrong_signer : ClobRefusal{400, "invalid signature"};
  }
  return std::nullopt;
}

Checked check_times(const Posted& posted, const Engine& engine) {
  const auto& draft = posted.draft;
  if (posted.order.timestamp_ms < engine.now_ms() - oldest_ms
      || posted.order.timestamp_ms > engine.now_ms() + newest_ms) {
    return payload();
  }
  const auto wanted = draft.type == PolyOrderType::gtd;
  if (wanted ? draft.expiration < engine.now() + shortest_life_s : draft.expiration != 0) {
    return ClobRefusal{400, "invalid expiration value"};
  }
  if (draft.post_only && !draft.rests()) {
    return ClobRefusal{400, "invalid post-only order: only GTC and GTD orders can be post-only"};
  }
  return std::nullopt;
}

ClobRefusal off_tick(Price tick) {
  return {400, fmt::format("order is invalid. Price breaks minimum tick size rule: {}",
                           poly_price(tick))};
}

/// The limit, or nothing if it is on no tick. An immediate buy names dollars and what they get at
/// the limit, rounded down: its limit is the tick that explains both numbers.
std::optional<Price> limit_of(const PolyDraft& draft, Price tick, std::int64_t unit) {
  const auto shares = Int128{draft.shares.value()};
  const auto scaled = Int128{draft.dollars.value()} * price_one.value();
  if (draft.buys && !draft.rests()) {
    const auto step = Int128{tick.value()};
    const auto ticks = (scaled * 2 + shares * step) / (shares * step * 2);
    const auto price = ticks * step;
    const auto fits = price > 0 && scaled / price / unit * unit == shares;
    return fits ? std::optional{Price{static_cast<std::int32_t>(price)}} : std::nullopt;
  }
  const auto fits = scaled % shares == 0 && scaled / shares % tick.value() == 0
                    && scaled / shares <= price_one.value();
  return fits ? std::optional{Price{static_cast<std::int32_t>(scaled / shares)}} : std::nullopt;
}

Checked check_amounts(PolyDraft& draft, Price tick) {
  const auto decimals = amount_decimals(tick);
  auto unit = std::int64_t{1};
  for (auto i = decimals; i < 6; ++i) {
    unit *= 10;
  }
  const auto immediate_buy = draft.buys && !draft.rests();
  const auto dollar_step = immediate_buy ? hundredth : unit;
  const auto share_step = immediate_buy ? unit : hundredth;
  if (draft.dollars.value() % dollar_step != 0 || draft.shares.value() % share_step != 0) {
    return ClobRefusal{
      400, fmt::format("invalid amounts, the {} orders maker amount supports a max accuracy of {} "
                       "decimals, taker amount a max of {} decimals",
                       immediate_buy ? "market buy"
                       : draft.buys  ? "buy"
                                     : "sell",
                       immediate_buy || !draft.buys ? 2 : decimals,
                       draft.buys && !immediate_buy ? 2 : decimals)};
  }
  const auto limit = limit_of(draft, tick, unit);
  if (!limit) {
    return off_tick(tick);
  }
  const auto highest = Price{price_one.value() - tick.value()};
  if (*limit < tick || *limit > highest) {
    return ClobRefusal{400, fmt::format("invalid price ({}), min: {} - max: {}", poly_price(*limit),
                                        poly_price(tick), poly_price(highest))};
  }
  draft.price = *limit;
  if (draft.rests() && draft.shares < poly_min_size) {
    return ClobRefusal{400, fmt::format("order is invalid. Size ({}) lower than the minimum: {}",
                                        poly_size(draft.shares), poly_size(poly_min_size))};
  }
  return std::nullopt;
}

} // namespace

std::string_view name(PolyOrderType type) {
  constexpr std::array<std::string_view, 4> names{"GTC", "GTD", "FOK", "FAK"};
  return names[static_cast<std::size_t>(type)];
}

PolyExchange exchange_of(const PolyMarket& market) {
  return market.exchange_v3 ? PolyExchange::v3
         : market.neg_risk  ? PolyExchange::negative_risk_v2
                            : PolyExchange::regular_v2;
}

int amount_decimals(Price tick) {
  switch (tick.value()) {
    case 1000:
      return 3;
    case 100:
      return 4;
    case 50:
    case 10:
      return 5;
    default:
      return 6;
  }
}

std::variant<ClobRefusal, PolyDraft>
check_posted(const Engine& engine, const json::value& body, const PolyKey& key) {
  auto readable = read(body);
  if (auto* const refusal = std::get_if<ClobRefusal>(&readable)) {
    return *refusal;
  }
  auto& posted = std::get<Posted>(readable);
  auto& draft = posted.draft;
  std::tie(draft.market, draft.token) = engine.poly_token(posted.token);
  if (draft.market < 0) {
    return ClobRefusal{404, "No orderbook exists for the requested token id"};
  }
  const auto& market = engine.slate().poly_markets[static_cast<std::size_t>(draft.market)];
  const auto& status = engine.status(market.book);
  if (status.decided) {
    return ClobRefusal{400, fmt::format("the orderbook {} does not exist", posted.token)};
  }
  if (text_of(body.get_object(), "owner") != key.api_key) {
    return ClobRefusal{400, "the order owner has to be the owner of the API KEY"};
  }
  const auto exchange = exchange_of(market);
  for (const auto& check : {check_signer(posted, exchange, key), check_times(posted, engine),
                            check_amounts(draft, status.tick)}) {
    if (check) {
      return *check;
    }
  }
  draft.hash = to_hex(order_digest(posted.order, exchange));
  return draft;
}

} // namespace arbees::sim
