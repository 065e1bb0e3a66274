#include "tools/examples/scanner_actor.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace arbees {

namespace {

/// What one contract of a side costs, and how many there are.
struct Ask {
  Venue venue = Venue::kalshi;
  Price price;
  Quantity size;
};

/// The cheapest way to buy that the contract is true, or that it is not, per venue.
std::array<std::optional<Ask>, 2>
cheapest(const ScannerState& state, const Contract& contract, bool is_true) {
  std::array<std::optional<Ask>, 2> best;
  for (const auto& expression : contract.expressions) {
    const auto book = state.books.find(expression.market);
    if (book == state.books.end() || book->second.status != BookStatus::ok) {
      continue;
    }
    const auto side = is_true ? expression.pays : opposite(expression.pays);
    // NO is bought from those who bid for YES.
    const auto& levels = side == Side::yes ? book->second.asks : book->second.bids;
    if (levels.empty()) {
      continue;
    }
    const auto level = levels.best();
    const auto price = side == Side::yes ? level.price : complement(level.price);
    auto& known = best[static_cast<std::size_t>(book->second.venue)];
    if (!known || price < known->price) {
      known = Ask{.venue = book->second.venue, .price = price, .size = level.quantity};
    }
  }
  return best;
}

std::optional<Finding> find(const ScannerState& state, const ScannerState::Proposition& what) {
  const auto yes = cheapest(state, what.contract, true);
  const auto no = cheapest(state, what.contract, false);
  for (std::size_t venue = 0; venue < 2; ++venue) {
    const auto& a = yes[venue];
    const auto& b = no[1 - venue];
    if (a && b && a->price.value() + b->price.value() < price_one.value()) {
      return Finding{.game = what.game,
                     .subject = what.contract.subject,
                     .venues = {a->venue, b->venue},
                     .asks = {a->price, b->price},
                     .size = std::min(a->size, b->size)};
    }
  }
  return std::nullopt;
}

void look(ScannerState& state, ContractId id) {
  const auto finding = find(state, state.propositions.at(id));
  const auto text = finding ? to_string(*finding) : std::string{};
  if (std::exchange(state.told[id], text) != text && finding) {
    state.report(*finding);
  }
}

void forget(ScannerState& state, GameId game) {
  for (auto entry = state.propositions.begin(); entry != state.propositions.end();) {
    if (entry->second.contract.game != game) {
      ++entry;
      continue;
    }
    for (const auto& expression : entry->second.contract.expressions) {
      state.by_market.erase(expression.market);
      state.books.erase(expression.market);
    }
    state.told.erase(entry->first);
    entry = state.propositions.erase(entry);
  }
}

} // namespace

std::string to_string(const Finding& finding) {
  return fmt::format(
    "{} {}: yes on {} at {}, no on {} at {}, {} contracts, {:.1f} cents before fees", finding.game,
    finding.subject, to_string(finding.venues[0]), to_string(finding.asks[0]),
    to_string(finding.venues[1]), to_string(finding.asks[1]), to_string(finding.size),
    (price_one.value() - finding.asks[0].value() - finding.asks[1].value()) / 100.0);
}

ScannerActor::behavior_type scanner(ScannerActor::stateful_pointer<ScannerState> self,
                                    std::function<void(const Finding&)> report) {
  self->state.report = std::move(report);
  return {
    [self](const BookUpdate& book) {
      auto& state = self->state;
      state.books[book.market] = book;
      const auto contracts = state.by_market.find(book.market);
      if (contracts == state.by_market.end()) {
        return;
      }
      for (const auto& id : contracts->second) {
        look(state, id);
      }
    },
    [self](const MatchedGame& match) {
      auto& state = self->state;
      for (const auto& contract : match.contracts) {
        state.propositions[contract.id] = {.game = match.game.key, .contract = contract};
        for (const auto& expression : contract.expressions) {
          state.by_market[expression.market].insert(contract.id);
        }
        look(state, contract.id);
      }
    },
    [self](const GameEnded& ended) { forget(self->state, ended.game.id); },
  };
}

} // namespace arbees
