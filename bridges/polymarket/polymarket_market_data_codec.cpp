#include "bridges/polymarket/polymarket_market_data_codec.hpp"

#include <charconv>

namespace arbees {

namespace json = boost::json;

namespace {

/// Reads the events of one frame into `frame`.
class Reader {
public:
  Reader(PolymarketFrame& frame, Timestamp received_at, const PolymarketAssets& assets)
    : frame_{frame}, received_at_{received_at}, assets_{assets} {}

  void read(const json::value& value) {
    const auto* const object = value.if_object();
    condition_ = object != nullptr ? find_text(*object, "market") : std::nullopt;
    const auto type = object != nullptr ? find_text(*object, "event_type") : std::nullopt;
    if (!type) {
      return reject("no_event_type");
    }
    if (*type == "price_change") {
      read_changes(*object);
    } else if (*type == "book") {
      read_book(*object, false);
    } else if (*type == "tick_size_change") {
      read_tick_change(*object);
    } else if (*type == "market_resolved") {
      read_resolved();
    }
  }

  void read_book(const json::object& object, bool from_rest) {
    const auto* const asset = find_asset(object);
    if (asset == nullptr) {
      return;
    }
    const auto stamp = find_stamp(object);
    if (!stamp) {
      return reject("book_timestamp");
    }
    auto bids = read_levels(object, "bids");
    auto asks = read_levels(object, "asks");
    if (!bids || !asks) {
      return reject("book_levels");
    }
    frame_.events.emplace_back(PolymarketBook{.market = asset->market,
                                              .token = asset->token,
                                              .bids = std::move(*bids),
                                              .asks = std::move(*asks),
                                              .tick = find_tick(object, "tick_size"),
                                              .from_rest = from_rest,
                                              .exchange_time = *stamp,
                                              .received_at = received_at_});
  }

private:
  void reject(const char* reason) { frame_.rejected.push_back({reason, market()}); }

  /// Of the event that is being read. Made only when it is asked for: hashing the condition costs
  /// as much as reading a price, and tokens name their market themselves.
  [[nodiscard]] std::optional<MarketId> market() const {
    return condition_ ? std::optional{market_id(Venue::polymarket, *condition_)} : std::nullopt;
  }

  /// Null if the token is not wanted, which is no error, or is not named, which is.
  const PolymarketAsset* find_asset(const json::object& object) {
    const auto id = find_text(object, "asset_id");
    if (!id) {
      reject("no_asset_id");
      return nullptr;
    }
    const auto place = assets_.find(*id);
    return place == assets_.end() ? nullptr : &place->second;
  }

  /// Milliseconds, as text.
  static std::optional<Timestamp> find_stamp(const json::object& object) {
    const auto text = find_text(object, "timestamp").value_or("");
    std::uint64_t ms = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
    if (error != std::errc{} || end != text.data() + text.size()) {
      return std::nullopt;
    }
    return stamp_of_ms(ms);
  }

  static std::optional<Price> find_price(const json::object& object, std::string_view key) {
    return parse_price(find_text(object, key).value_or(""));
  }

  static std::optional<Price> find_tick(const json::object& object, std::string_view key) {
    const auto tick = find_price(object, key);
    return tick && tradable(*tick) ? tick : std::nullopt;
  }

  /// A best price; "", 0 and 1 stand for an empty side.
  static std::optional<Price> find_top(const json::object& object, std::string_view key) {
    return find_tick(object, key);
  }

  static std::optional<std::vector<Level>>
  read_levels(const json::object& object, std::string_view key) {
    const auto* const value = object.if_contains(key);
    const auto* const array = value != nullptr ? value->if_array() : nullptr;
    if (array == nullptr) {
      return std::nullopt;
    }
    std::vector<Level> levels;
    levels.reserve(array->size());
    for (const auto& element : *array) {
      const auto* const level = element.if_object();
      const auto price = level != nullptr ? find_price(*level, "price") : std::nullopt;
      const auto size =
        level != nullptr ? parse_quantity(find_text(*level, "size").value_or("")) : std::nullopt;
      if (!price || !size) {
        return std::nullopt;
      }
      levels.push_back({*price, *size});
    }
    return levels;
  }

  void read_changes(const json::object& object) {
    const auto* const value = object.if_contains("price_changes");
    const auto* const array = value != nullptr ? value->if_array() : nullptr;
    if (array == nullptr) {
      // Until 2025-09-15 the array was called "changes" (venues/polymarket.md 2.2).
      return reject(object.contains("changes") ? "legacy_form" : "changes_array");
    }
    // The check of mirrored levels compares pairs: no honest frame is near this.
    constexpr std::size_t most_changes = 2000;
    if (array->size() > most_changes) {
      return reject("changes_too_many");
    }
    const auto stamp = find_stamp(object);
    if (!stamp) {
      return reject("changes_timestamp");
    }
    PolymarketChanges changes{.exchange_time = *stamp, .received_at = received_at_};
    changes.changes.reserve(array->size());
    for (const auto& element : *array) {
      if (!read_change(element, changes)) {
        return;
      }
    }
    if (!changes.changes.empty()) {
      frame_.events.emplace_back(std::move(changes));
    }
  }

  /// False if the frame is to be given up: without one of its changes the book would be wrong. The
  /// rejection names the market, so that its book is fetched anew.
  bool read_change(const json::value& value, PolymarketChanges& changes) {
    const auto* const object = value.if_object();
    if (object == nullptr) {
      reject("change_object");
      return false;
    }
    const auto known = frame_.rejected.size();
    const auto* const asset = find_asset(*object);
    if (asset == nullptr) {
      return frame_.rejected.size() == known;
    }
    const auto side = find_text(*object, "side");
    const auto price = find_price(*object, "price");
    const auto size = parse_quantity(find_text(*object, "size").value_or(""));
    if (!price || !size || !side || (*side != "BUY" && *side != "SELL")) {
      reject("change_fields");
      return false;
    }
    if (!changes.changes.empty() && changes.market != asset->market) {
      reject("changes_of_two_markets");
      return false;
    }
    changes.market = asset->market;
    changes.changes.push_back({.token = asset->token,
                               .side = *side == "BUY" ? BookSide::bid : BookSide::ask,
                               .level = {*price, *size},
                               .best_bid = find_top(*object, "best_bid"),
                               .best_ask = find_top(*object, "best_ask")});
    return true;
  }

  void read_tick_change(const json::object& object) {
    const auto* const asset = find_asset(object);
    if (asset == nullptr) {
      return;
    }
    const auto tick = find_tick(object, "new_tick_size");
    if (!tick) {
      return reject("tick_size");
    }
    frame_.events.emplace_back(
      PolymarketTickChange{.market = asset->market,
                           .new_tick = *tick,
                           .exchange_time = find_stamp(object).value_or(received_at_),
                           .received_at = received_at_});
  }

  void read_resolved() {
    const auto closed = market();
    if (!closed) {
      return reject("resolved_market");
    }
    frame_.events.emplace_back(MarketClosed{.market = *closed, .at = received_at_});
  }

  PolymarketFrame& frame_;
  Timestamp received_at_;
  const PolymarketAssets& assets_;
  std::optional<std::string_view> condition_; ///< of the event that is being read
};

json::array to_array(const std::vector<std::string>& tokens) {
  json::array array;
  array.reserve(tokens.size());
  for (const auto& token : tokens) {
    array.emplace_back(token);
  }
  return array;
}

} // namespace

PolymarketFrame decode_polymarket_frame(JsonScratch& scratch, std::string_view text,
                                        Timestamp received_at, const PolymarketAssets& assets) {
  PolymarketFrame frame;
  if (text == "INVALID OPERATION") {
    frame.rejected.push_back({"invalid_operation", {}});
    return frame;
  }
  if (!text.starts_with('{') && !text.starts_with('[')) {
    return frame; // PONG, NO NEW ASSETS and whatever else it says in plain words
  }
  const auto* const value = scratch.parse(text);
  if (value == nullptr) {
    frame.rejected.push_back({"not_json", {}});
    return frame;
  }
  Reader reader{frame, received_at, assets};
  if (const auto* const array = value->if_array()) {
    for (const auto& element : *array) {
      reader.read(element);
    }
  } else {
    reader.read(*value);
  }
  return frame;
}

PolymarketFrame decode_polymarket_rest_book(JsonScratch& scratch, std::string_view text,
                                            Timestamp received_at, const PolymarketAssets& assets) {
  PolymarketFrame frame;
  const auto* const value = scratch.parse(text);
  const auto* const object = value != nullptr ? value->if_object() : nullptr;
  if (object == nullptr) {
    frame.rejected.push_back({"rest_not_json", {}});
    return frame;
  }
  Reader{frame, received_at, assets}.read_book(*object, true);
  return frame;
}

std::string polymarket_first_message(const std::vector<std::string>& tokens) {
  return json::serialize(json::object{
    {"type", "market"}, {"assets_ids", to_array(tokens)}, {"custom_feature_enabled", true}});
}

std::string
polymarket_operation(PolymarketOperation operation, const std::vector<std::string>& tokens) {
  if (operation == PolymarketOperation::unsubscribe) {
    return json::serialize(
      json::object{{"operation", "unsubscribe"}, {"assets_ids", to_array(tokens)}});
  }
  return json::serialize(json::object{{"operation", "subscribe"},
                                      {"assets_ids", to_array(tokens)},
                                      {"custom_feature_enabled", true}});
}

} // namespace arbees
