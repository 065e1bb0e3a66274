#include "bridges/kalshi/kalshi_market_data_codec.hpp"

namespace arbees {

namespace json = boost::json;

namespace {

caf::error bad(const char* reason) {
  return caf::make_error(Errc::bad_frame, std::string{reason});
}

struct Frame {
  const json::object& whole;
  const json::object* msg;
  Timestamp received_at;
  KalshiPrices prices;
};

std::optional<KalshiSequence> position_of(const json::object& frame) {
  const auto sid = find_unsigned(frame, "sid");
  const auto seq = find_unsigned(frame, "seq");
  if (!sid || !seq) {
    return std::nullopt;
  }
  return KalshiSequence{.sid = *sid, .seq = *seq};
}

/// The integer-cent form was removed on 2026-03-12 (venues/kalshi.md 3.4): whoever sends it is not
/// the venue that we know.
bool is_legacy_snapshot(const json::object& msg) {
  return !msg.contains("yes_dollars_fp") && !msg.contains("no_dollars_fp")
         && (msg.contains("yes") || msg.contains("no"));
}

bool is_legacy_delta(const json::object& msg) {
  return !msg.contains("price_dollars") && !msg.contains("delta_fp")
         && (msg.contains("price") || msg.contains("delta"));
}

std::optional<Level> decode_level(const json::value& value) {
  const auto* const pair = value.if_array();
  if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_string() || !(*pair)[1].is_string()) {
    return std::nullopt;
  }
  const auto price = parse_price((*pair)[0].get_string());
  const auto quantity = parse_quantity((*pair)[1].get_string());
  if (!price || !quantity) {
    return std::nullopt;
  }
  return Level{*price, *quantity};
}

/// The levels under `key`; a side that is missing is empty.
std::optional<std::vector<Level>> decode_levels(const json::object& msg, std::string_view key) {
  std::vector<Level> levels;
  const auto* const value = msg.if_contains(key);
  if (value == nullptr) {
    return levels;
  }
  const auto* const array = value->if_array();
  if (array == nullptr) {
    return std::nullopt;
  }
  levels.reserve(array->size());
  for (const auto& element : *array) {
    const auto level = decode_level(element);
    if (!level) {
      return std::nullopt;
    }
    levels.push_back(*level);
  }
  return levels;
}

caf::expected<KalshiFrame> decode_snapshot(const Frame& frame) {
  const auto position = position_of(frame.whole);
  if (!position) {
    return bad("snapshot_position");
  }
  if (frame.msg == nullptr) {
    return bad("snapshot_msg");
  }
  if (is_legacy_snapshot(*frame.msg)) {
    return bad("legacy_form");
  }
  const auto ticker = find_text(*frame.msg, "market_ticker");
  if (!ticker) {
    return bad("snapshot_ticker");
  }
  auto bids = decode_levels(*frame.msg, "yes_dollars_fp");
  auto asks = decode_levels(*frame.msg, "no_dollars_fp");
  if (!bids || !asks) {
    return bad("snapshot_levels");
  }
  if (frame.prices == KalshiPrices::no_leg) {
    for (auto& level : *asks) {
      level.price = complement(level.price);
    }
  }
  return KalshiSnapshot{.position = *position,
                        .market = market_id(Venue::kalshi, *ticker),
                        .bids = std::move(*bids),
                        .asks = std::move(*asks),
                        .received_at = frame.received_at};
}

caf::expected<KalshiFrame> decode_delta(const Frame& frame) {
  const auto position = position_of(frame.whole);
  if (!position) {
    return bad("delta_position");
  }
  if (frame.msg == nullptr) {
    return bad("delta_msg");
  }
  const auto& msg = *frame.msg;
  if (is_legacy_delta(msg)) {
    return bad("legacy_form");
  }
  const auto ticker = find_text(msg, "market_ticker");
  const auto side = find_text(msg, "side");
  if (!ticker || !side || (*side != "yes" && *side != "no")) {
    return bad(ticker ? "delta_side" : "delta_ticker");
  }
  const auto price = parse_price(find_text(msg, "price_dollars").value_or(""));
  const auto change = parse_quantity(find_text(msg, "delta_fp").value_or(""));
  if (!price || !change) {
    return bad(price ? "delta_change" : "delta_price");
  }
  const auto is_bid = *side == "yes";
  const auto mirrored = !is_bid && frame.prices == KalshiPrices::no_leg;
  const auto ms = find_unsigned(msg, "ts_ms");
  return KalshiDelta{
    .position = *position,
    .market = market_id(Venue::kalshi, *ticker),
    .side = is_bid ? BookSide::bid : BookSide::ask,
    .price = mirrored ? complement(*price) : *price,
    .change = *change,
    // The stamp is not promised: without one the change is as young as its arrival.
    .exchange_time = (ms ? stamp_of_ms(*ms) : std::nullopt).value_or(frame.received_at),
    .received_at = frame.received_at};
}

caf::expected<KalshiFrame> decode_subscribed(const Frame& frame) {
  const auto sid = frame.msg != nullptr ? find_unsigned(*frame.msg, "sid") : std::nullopt;
  if (!sid) {
    return bad("subscribed_sid");
  }
  return KalshiSubscribed{.command_id = find_unsigned(frame.whole, "id").value_or(0),
                          .sid = *sid,
                          .channel = std::string{find_text(*frame.msg, "channel").value_or("")}};
}

/// What an `event_type` means for trading; nothing for one that nobody knows.
std::optional<KalshiMarketChange> market_change(std::string_view type) {
  if (type == "deactivated") {
    return KalshiMarketChange::deactivated;
  }
  if (type == "activated") {
    return KalshiMarketChange::activated;
  }
  if (type == "close_date_updated") {
    return KalshiMarketChange::close_moved;
  }
  if (type == "determined" || type == "settled" || type == "closed") {
    return KalshiMarketChange::ended;
  }
  return std::nullopt;
}

/// What changes the market's data and not whether it trades: the catalogue reads it.
bool is_for_catalogue(std::string_view type) {
  return type == "created" || type == "metadata_updated" || type == "price_level_structure_updated";
}

caf::expected<KalshiFrame> decode_lifecycle(const Frame& frame) {
  if (frame.msg == nullptr) {
    return bad("lifecycle_msg");
  }
  const auto ticker = find_text(*frame.msg, "market_ticker");
  const auto type = find_text(*frame.msg, "event_type").value_or("");
  if (ticker && is_for_catalogue(type)) {
    return KalshiIgnored{};
  }
  const auto change = market_change(type);
  if (!ticker || !change) {
    return bad(ticker ? "lifecycle_type" : "lifecycle_ticker");
  }
  KalshiMarketEvent event{.market = market_id(Venue::kalshi, *ticker),
                          .change = *change,
                          .closes_at = {},
                          .received_at = frame.received_at};
  if (event.change == KalshiMarketChange::close_moved) {
    constexpr std::uint64_t year_2100_s = 4'102'444'800;
    const auto seconds = find_unsigned(*frame.msg, "close_ts");
    const auto at = seconds && *seconds < year_2100_s ? stamp_of_ms(*seconds * 1000) : std::nullopt;
    if (!at) {
      return bad("lifecycle_close_ts");
    }
    event.closes_at = *at;
  }
  return event;
}

caf::expected<KalshiFrame> decode_failure(const Frame& frame) {
  const auto code = frame.msg != nullptr ? find_unsigned(*frame.msg, "code") : std::nullopt;
  if (!code || *code > 1'000'000) {
    return bad("error_code");
  }
  return KalshiCommandFailed{.command_id = find_unsigned(frame.whole, "id").value_or(0),
                             .code = static_cast<std::int32_t>(*code),
                             .text = std::string{find_text(*frame.msg, "msg").value_or("")}};
}

std::string command(std::uint64_t id, std::string_view verb, json::object params) {
  return json::serialize(json::object{{"id", id}, {"cmd", verb}, {"params", std::move(params)}});
}

json::array to_array(std::span<const std::string> tickers) {
  json::array array;
  array.reserve(tickers.size());
  for (const auto& ticker : tickers) {
    array.emplace_back(ticker);
  }
  return array;
}

std::string_view to_text(KalshiUpdate action) {
  switch (action) {
    case KalshiUpdate::add_markets:
      return "add_markets";
    case KalshiUpdate::delete_markets:
      return "delete_markets";
    case KalshiUpdate::get_snapshot:
      return "get_snapshot";
  }
  return "";
}

} // namespace

caf::expected<KalshiFrame> decode_kalshi_frame(JsonScratch& scratch, std::string_view text,
                                               Timestamp received_at, KalshiPrices prices) {
  const auto* const value = scratch.parse(text);
  if (value == nullptr) {
    return bad("not_json");
  }
  const auto* const object = value->if_object();
  if (object == nullptr) {
    return bad("not_an_object");
  }
  const auto type = find_text(*object, "type");
  if (!type) {
    return bad("no_type");
  }
  const Frame frame{*object, find_object(*object, "msg"), received_at, prices};
  if (*type == "orderbook_delta") {
    return decode_delta(frame);
  }
  if (*type == "orderbook_snapshot") {
    return decode_snapshot(frame);
  }
  if (*type == "market_lifecycle_v2") {
    return decode_lifecycle(frame);
  }
  if (*type == "subscribed") {
    return decode_subscribed(frame);
  }
  if (*type == "error") {
    return decode_failure(frame);
  }
  if (const auto position = position_of(*object)) {
    return KalshiAck{.command_id = find_unsigned(*object, "id").value_or(0), .position = *position};
  }
  return KalshiIgnored{};
}

std::string kalshi_subscribe(std::uint64_t id, std::span<const std::string> tickers) {
  // The default of use_yes_price is announced to flip: always said (venues/kalshi.md section 4).
  return command(id, "subscribe",
                 {{"channels", json::array{"orderbook_delta"}},
                  {"market_tickers", to_array(tickers)},
                  {"use_yes_price", true}});
}

std::string kalshi_subscribe_lifecycle(std::uint64_t id) {
  return command(id, "subscribe", {{"channels", json::array{"market_lifecycle_v2"}}});
}

std::string kalshi_update(std::uint64_t id, std::uint64_t sid, KalshiUpdate action,
                          std::span<const std::string> tickers) {
  return command(id, "update_subscription",
                 {{"sids", json::array{sid}},
                  {"action", to_text(action)},
                  {"market_tickers", to_array(tickers)}});
}

} // namespace arbees
