#include "bridges/envelope/payload_fields.hpp"

namespace arbees {

namespace {

/// Within what 64-bit nanoseconds can hold: the years 1970 to 2262.
constexpr std::int64_t max_us = std::numeric_limits<std::int64_t>::max() / 1000;

} // namespace

std::optional<Price> FieldReader::as_price(JsonValue value) {
  const auto digits = value.number();
  return digits ? parse_price(*digits) : std::nullopt;
}

std::optional<Quantity> FieldReader::as_quantity(JsonValue value) {
  const auto digits = value.number();
  const auto quantity = digits ? parse_quantity(*digits) : std::nullopt;
  return quantity && *quantity >= Quantity{0} ? quantity : std::nullopt;
}

std::optional<Money> FieldReader::as_money(JsonValue value) {
  const auto digits = value.number();
  return digits ? parse_money(*digits) : std::nullopt;
}

std::string FieldReader::text_or_empty(std::string_view key) {
  const auto value = object_[key];
  return !value || value.is_null() ? std::string{} : text(key);
}

std::optional<Price> FieldReader::price_or_null(std::string_view key) {
  return object_[key].is_null() ? std::nullopt : std::optional{price(key)};
}

Timestamp FieldReader::time_us(std::string_view key) {
  if (object_[key].is_null()) {
    return {};
  }
  const auto us = count(key);
  if (us > static_cast<std::uint64_t>(max_us)) {
    fail(key);
    return {};
  }
  return from_us(static_cast<std::int64_t>(us));
}

Timestamp FieldReader::time_ms(std::string_view key) {
  if (object_[key].is_null()) {
    return {};
  }
  const auto ms = count(key);
  if (ms > static_cast<std::uint64_t>(max_us / 1000)) {
    fail(key);
    return {};
  }
  return from_ms(static_cast<std::int64_t>(ms));
}

MarketId FieldReader::market(Venue venue) {
  if (object_["market_id"].is_null()) {
    return MarketId{hash("market_hash")};
  }
  return market_id(venue, text("market_id"));
}

GameId FieldReader::game() {
  if (object_["game_id"].is_null()) {
    return GameId{hash("game_hash")};
  }
  return game_id(text("game_id"));
}

void FieldReader::fail(std::string_view key) {
  if (failed_.empty()) {
    failed_ = key;
  }
}

void FieldReader::include(const FieldReader& part, std::string_view key) {
  if (!part.ok() && ok()) {
    failed_ = std::string{key} + "." + part.failed_;
  }
}

void write_time_us(JsonWriter& json, std::string_view key, Timestamp at) {
  json.key(key);
  if (at == Timestamp{}) {
    json.null();
  } else {
    json.integer(to_us(at));
  }
}

void write_span_us(JsonWriter& json, std::string_view key, Timestamp from, Timestamp to) {
  json.key(key);
  if (from == Timestamp{} || to == Timestamp{}) {
    json.null();
  } else {
    json.integer(std::chrono::duration_cast<std::chrono::microseconds>(to - from).count());
  }
}

void write_market(JsonWriter& json, const MarketDirectory& directory, MarketId market) {
  if (const auto* const listing = directory.find(market)) {
    json.key("market_id").text(listing->ref.native_id);
  } else {
    json.key("market_id").null().key("market_hash").text(to_hex(market));
  }
}

void write_game(JsonWriter& json, const MarketDirectory& directory, GameId game) {
  if (const auto* const key = directory.game_key(game)) {
    json.key("game_id").text(*key);
  } else {
    json.key("game_id").null().key("game_hash").text(to_hex(game));
  }
}

namespace {

void write_team(JsonWriter& json, std::string_view key, const Team& team) {
  json.key(key).open_object().key("id").text(team.id).key("name").text(team.name).close_object();
}

Team read_team(FieldReader& fields, std::string_view key) {
  FieldReader team{fields[key]};
  Team result{.id = team.text("id"), .name = team.text("name")};
  fields.include(team, key);
  return result;
}

} // namespace

void write_game_info(JsonWriter& json, const GameInfo& game) {
  json.key("game_id").text(game.key).key("sport").text(to_string(game.league));
  write_team(json, "away", game.away);
  write_team(json, "home", game.home);
  json.key("start_ts_ms").integer(to_ms(game.start));
  json.key("start_is_exact").boolean(game.start_is_exact);
  json.key("neutral_site").boolean(game.neutral_site);
}

GameInfo read_game_info(FieldReader& fields) {
  GameInfo game{.key = fields.text("game_id"), .league = fields.name("sport", League::uel)};
  game.id = game_id(game.key);
  game.away = read_team(fields, "away");
  game.home = read_team(fields, "home");
  game.start = fields.time_ms("start_ts_ms");
  game.start_is_exact = fields.boolean("start_is_exact");
  game.neutral_site = fields.boolean("neutral_site");
  return game;
}

} // namespace arbees
