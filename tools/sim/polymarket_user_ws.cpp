#include "tools/sim/polymarket_user_ws.hpp"

#include <boost/json.hpp>

namespace arbees::sim {

namespace json = boost::json;

namespace {

std::vector<int> markets_of(const Engine& engine, const json::object& message) {
  std::vector<int> found;
  const auto* const names = message.if_contains("markets");
  if (names == nullptr || !names->is_array()) {
    return found;
  }
  for (const auto& name : names->get_array()) {
    const auto market = name.is_string() ? engine.poly_market(name.get_string()) : -1;
    if (market >= 0) {
      found.push_back(market);
    }
  }
  return found;
}

} // namespace

std::vector<std::string> PolymarketUserSession::on_text(std::string_view text) {
  if (text == "PING") {
    return {"PONG"};
  }
  json::error_code failure;
  const auto parsed = json::parse(text, failure);
  if (failure || !parsed.is_object()) {
    return {"INVALID OPERATION"};
  }
  const auto& message = parsed.get_object();
  const auto named = markets_of(*engine_, message);
  const auto verb = text_of(message, "operation");
  if (verb == "subscribe") {
    markets_.insert(named.begin(), named.end());
    return {};
  }
  if (verb == "unsubscribe") {
    for (const auto market : named) {
      markets_.erase(market);
    }
    return {};
  }
  const auto* const auth = message.if_contains("auth");
  if (auth == nullptr || !auth->is_object() || text_of(message, "type") != "user") {
    return {"INVALID OPERATION"};
  }
  const auto& parts = auth->get_object();
  const auto* const key =
    keys_->find(text_of(parts, "apiKey"), text_of(parts, "secret"), text_of(parts, "passphrase"));
  key_ = key != nullptr ? std::optional{key->index} : std::nullopt;
  const auto* const markets = message.if_contains("markets");
  all_ = markets == nullptr || (markets->is_array() && markets->get_array().empty());
  markets_ = {named.begin(), named.end()};
  return {};
}

std::vector<std::string>
PolymarketUserSession::on_events(std::span<const MarketEvent> events) const {
  std::vector<std::string> frames;
  for (const auto& event : events) {
    const auto* const own = std::get_if<PrivateEvent>(&event);
    if (own != nullptr && own->venue == Venue::polymarket && own->account == key_
        && (all_ || markets_.contains(own->market))) {
      frames.push_back(own->message);
    }
  }
  return frames;
}

} // namespace arbees::sim
