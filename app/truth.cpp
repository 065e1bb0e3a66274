#include "app/truth.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "actors/messages/errors.hpp"

namespace arbees {

namespace json = boost::json;

namespace {

std::string text(const json::object& object, std::string_view key) {
  return json::value_to<std::string>(object.at(key));
}

/// The text of a value that may be null.
std::string text_or_none(const json::object& object, std::string_view key) {
  const auto& value = object.at(key);
  return value.is_null()     ? "none"
         : value.is_string() ? std::string{value.as_string()}
                             : json::serialize(value);
}

/// What YES and NO of a market pay on. Where one of two teams must win, NO of one is the other.
std::array<std::string, 2> propositions(const json::object& game, const json::object& market,
                                        const std::string& team, bool two_way) {
  const auto kind = text(market, "kind");
  const auto yes = fmt::format("{} {} {}", kind, team, text_or_none(market, "line"));
  if (kind == "winner" && two_way) {
    const auto other = team == text(game, "home") ? text(game, "away") : text(game, "home");
    return {yes, fmt::format("{} {} {}", kind, other, text_or_none(market, "line"))};
  }
  return {yes, "not " + yes};
}

bool has_draw(const json::value& venue) {
  for (const auto& market : venue.at("markets").as_array()) {
    if (market.at("kind").as_string() == "draw") {
      return true;
    }
  }
  return false;
}

} // namespace

caf::expected<Truth> Truth::parse(std::string_view text_of_truth) {
  Truth truth;
  try {
    const auto root = json::parse(text_of_truth);
    for (const auto& entry : root.at("games").as_array()) {
      const auto& game = entry.as_object();
      const auto key = fmt::format("{}:{}", text(game, "league"), text(game, "espn_id"));
      if (const auto& kalshi = game.at("kalshi"); !kalshi.is_null()) {
        for (const auto& market : kalshi.at("markets").as_array()) {
          truth.markets_[{Venue::kalshi, text(market.as_object(), "ticker")}] = {
            key, propositions(game, market.as_object(), text_or_none(market.as_object(), "team"),
                              !has_draw(kalshi))};
        }
      }
      if (const auto& polymarket = game.at("polymarket"); !polymarket.is_null()) {
        for (const auto& market : polymarket.at("markets").as_array()) {
          const auto& first = market.at("tokens").as_array().at(0).as_object();
          truth.markets_[{Venue::polymarket, text(market.as_object(), "condition_id")}] = {
            key, propositions(game, market.as_object(), text_or_none(first, "team"),
                              !has_draw(polymarket))};
        }
      }
    }
  } catch (const std::exception& failure) {
    return caf::make_error(Errc::bad_frame, fmt::format("truth: {}", failure.what()));
  }
  return truth;
}

std::vector<std::string> Truth::false_matches(const std::vector<MatchedGame>& matches) const {
  std::vector<std::string> faults;
  for (const auto& match : matches) {
    if (auto found = fault(match); !found.empty()) {
      faults.push_back(std::move(found));
    }
  }
  return faults;
}

std::string Truth::fault(const MatchedGame& match) const {
  std::map<MarketId, const Market*> known;
  for (const auto& spec : match.markets) {
    const auto market = markets_.find({spec.ref.venue, spec.ref.native_id});
    if (market == markets_.end()) {
      return fmt::format("{}: {} is not a market of any game", match.game.key, spec.ref.native_id);
    }
    if (market->second.game != match.game.key) {
      return fmt::format("{}: {} belongs to {}", match.game.key, spec.ref.native_id,
                         market->second.game);
    }
    known[spec.id] = &market->second;
  }
  for (const auto& contract : match.contracts) {
    std::string proposition;
    for (const auto& expression : contract.expressions) {
      const auto market = known.find(expression.market);
      if (market == known.end()) {
        return fmt::format("{}: a contract names a market that is not listed", match.game.key);
      }
      const auto& pays = market->second->pays_if[static_cast<std::size_t>(expression.pays)];
      if (!proposition.empty() && pays != proposition) {
        return fmt::format("{}: \"{}\" taken for \"{}\"", match.game.key, pays, proposition);
      }
      proposition = pays;
    }
  }
  return {};
}

} // namespace arbees
