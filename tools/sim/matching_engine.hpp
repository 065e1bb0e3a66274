#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/sim/ladder.hpp"

namespace arbees::sim {

using OrderId = std::uint64_t; ///< 0 means the simulated makers and takers

constexpr BookSide opposite(BookSide side) {
  return side == BookSide::bid ? BookSide::ask : BookSide::bid;
}

/// An order of a client, in terms of the book's YES.
struct Incoming {
  OrderId id = 0;
  int account = 0;
  BookSide side = BookSide::bid;
  Price limit;
  Quantity size;
  bool may_rest = false; ///< good till cancelled; else what does not match at once is cancelled
  bool all_or_nothing = false;
  bool post_only = false;
  std::string client_id{}; ///< the client's own name of it
};

/// The size that stands at a price has changed.
struct LevelUpdate {
  BookSide side = BookSide::bid;
  Price price;
  Quantity delta;
  Quantity total;                ///< after the change
  std::optional<Price> best_bid; ///< of the whole book, after the change
  std::optional<Price> best_ask;
  OrderId cause = 0;
};

/// Two orders met at the maker's price.
struct Match {
  Price price;
  Quantity size;
  BookSide taker_side = BookSide::bid;
  OrderId taker = 0;
  OrderId maker = 0;
  std::uint64_t number = 0; ///< counts trades of the whole world; the engine gives it
};

enum class SubmitResult : std::uint8_t { done, killed, would_cross };

struct BookReport {
  std::vector<Match> matches{};
  std::vector<LevelUpdate> levels{};
  SubmitResult result = SubmitResult::done;
  Quantity filled{};
  Quantity resting{};
  bool self_trade = false; ///< the rest was cancelled because it met the account's own order
};

/// One book with price-time priority. The simulated size of a level stands before the orders of
/// clients at that price: a client is always last in the queue, which is the pessimistic choice.
class MatchingBook {
public:
  /// The simulated makers show `size` at `price` from now on. What crosses a client's order trades.
  BookReport set_simulated(BookSide side, Price price, Quantity size);

  /// A simulated taker of `size`. It takes better-priced clients first, then the simulated size at
  /// `price`, then clients behind it. The tape sets the level's new simulated size by itself.
  BookReport simulated_taker(BookSide taker, Price price, Quantity size);

  BookReport submit(const Incoming& order);

  /// Takes a resting order out. The report's `resting` is what was left of it, 0 if unknown.
  BookReport cancel(OrderId id);

  [[nodiscard]] std::optional<Price> best(BookSide side) const;
  [[nodiscard]] std::vector<LadderLevel> levels(BookSide side) const; ///< best first, totals
  [[nodiscard]] Quantity total(BookSide side, Price price) const;
  [[nodiscard]] std::vector<LadderLevel> simulated(BookSide side) const; ///< the makers' part

private:
  struct Resting {
    OrderId id = 0;
    int account = 0;
    Quantity left;
  };
  struct Level {
    Quantity simulated;
    std::deque<Resting> clients;
  };
  using Levels = std::map<Price, Level>;

  [[nodiscard]] const Levels& side(BookSide side) const;
  Levels& side(BookSide side);
  [[nodiscard]] static Quantity sum(const Level& level);
  [[nodiscard]] Levels::iterator best_level(BookSide side);
  [[nodiscard]] static bool crosses(BookSide taker, Price limit, Price resting);
  [[nodiscard]] Quantity fillable(const Incoming& order) const;
  void take_clients(BookReport& report, BookSide taker, OrderId taker_id, Levels::iterator level,
                    Quantity& left, std::optional<int> account);
  void note(BookReport& report, BookSide side, Price price, Quantity before, OrderId cause) const;
  void drop_if_empty(BookSide side, Levels::iterator level);

  Levels bids_;
  Levels asks_;
};

} // namespace arbees::sim
