#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <memory>

#include "actors/game_shard/arbitrage_scan.hpp"
#include "tests/actors/signal_processor/sample_signal.hpp"
#include "tools/bench/benchmarks.hpp"

namespace arbees::bench {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t batch = 16;
constexpr Price fair{4'800};

/// Winner, spread and total of one game: 7 markets, because Kalshi lists the winner once per team.
/// Polymarket lets takers wait for `delay`: orders rest there then.
MatchedGame game_of_seven(Duration delay) {
  auto match = test::matched_game();
  const auto add = [&](MarketKind kind, std::uint64_t id) {
    match.markets.push_back(test::kalshi_spec(MarketId{id}));
    match.markets.push_back(test::poly_spec(MarketId{id + 1}));
    match.contracts.push_back(
      {.id = ContractId{id},
       .game = match.game.id,
       .kind = kind,
       .expressions = {{MarketId{id}, Side::yes}, {MarketId{id + 1}, Side::yes}}});
  };
  add(MarketKind::spread, 4);
  add(MarketKind::total, 6);
  for (auto& market : match.markets) {
    market.taker_delay = market.ref.venue == Venue::polymarket ? delay : Duration{};
  }
  return match;
}

/// Makers on both sides of `middle`, 16 levels a cent apart, no two books alike.
BookUpdate book_around(const MarketSpec& spec, Price middle, std::size_t number) {
  BookUpdate update{.market = spec.id,
                    .venue = spec.ref.venue,
                    .status = BookStatus::ok,
                    .reason = StaleReason::none};
  for (std::int32_t depth = 1; depth <= 16; ++depth) {
    const auto quantity = test::contracts(20 + static_cast<std::int64_t>(number) * 7 % 90 + depth);
    update.bids.push_back({Price{middle.value() - depth * 100}, quantity});
    update.asks.push_back({Price{middle.value() + depth * 100}, quantity});
  }
  return update;
}

/// One game of a shard and the books that come to it, 1 ms apart. What is not the scan's own work
/// is done before the clock runs.
class Shard {
public:
  explicit Shard(Duration delay = {}) : game_{game_of_seven(delay)} {
    scan_.assign({.match = game_, .epoch = 3, .lease_until = Timestamp::max()});
    settle();
  }

  /// Readies that many books of the markets in turn, all around the same price, so that no pair is
  /// cheaper than a dollar.
  void ready_quiet(std::size_t count) {
    pending_.clear();
    for (std::size_t i = 0; i < count; ++i) {
      pending_.push_back(quiet(++number_ % game_.markets.size()));
    }
    observe();
  }

  /// Readies one book: Polymarket's winner has fallen by 7 cents, so that buying it there and the
  /// other side on Kalshi earns some 2 cents after fees.
  void ready_dislocated() {
    settle();
    pending_ = {stamped(book_around(game_.markets[2], Price{fair.value() - 700}, ++number_))};
  }

  /// Scans all books that are ready, and returns how many signals they made.
  std::size_t scan_all() {
    std::size_t signals = 0;
    for (const auto& book : pending_) {
      const auto made = scan_.update(book);
      keep(made);
      signals += made.size();
    }
    return signals;
  }

  /// The least that a shard can do with the books: keep them.
  void store_all() {
    for (const auto& book : pending_) {
      auto& place = stored_[book.market.value() % stored_.size()];
      place = book;
      keep(place);
    }
  }

  /// Signals, and routes looked at, so far.
  [[nodiscard]] std::pair<std::int64_t, std::int64_t> counts() const {
    const auto metrics = scan_.metrics();
    return {metrics.values.at("signals"), metrics.values.at("scans")};
  }

private:
  BookUpdate quiet(std::size_t market) {
    // The rival's YES is the other team's win.
    const auto& spec = game_.markets[market];
    const auto middle = spec.id == test::kalshi_rival ? complement(fair) : fair;
    return stamped(book_around(spec, middle, number_));
  }

  BookUpdate stamped(BookUpdate book) {
    now_ += 1ms;
    book.version = ++version_;
    book.exchange_time = now_ - 10ms;
    book.received_at = now_;
    return book;
  }

  /// The scoreboard must not be old.
  void observe() { scan_.observe(test::game_update(Phase::live, now_)); }

  /// Prices come back, and a signal's claims run out.
  void settle() {
    now_ += 1s;
    observe();
    for (std::size_t market = 0; market < game_.markets.size(); ++market) {
      scan_.update(quiet(market));
    }
  }

  MatchedGame game_;
  ArbitrageScan scan_{GameShardConfig{.rest_interval = {}}};
  Timestamp now_ = test::noon;
  std::uint64_t version_ = 0;
  std::size_t number_ = 0;
  std::vector<BookUpdate> pending_;
  std::array<std::optional<BookUpdate>, 8> stored_;
};

Runner store_alone() {
  const auto shard = std::make_shared<Shard>();
  return {.name = "copy of the book alone",
          .batch = batch,
          .run = [shard](std::size_t) { shard->store_all(); },
          .prepare = [shard](std::size_t count) { shard->ready_quiet(count); }};
}

Race quiet_race(const std::string& name, const std::string& what, Duration delay) {
  const auto shard = std::make_shared<Shard>(delay);
  return {.name = name,
          .what = what + "; 7 markets, 3 contracts, 16 levels",
          .subject = {.name = "update",
                      .batch = batch,
                      .run = [shard](std::size_t) { keep(shard->scan_all()); },
                      .prepare = [shard](std::size_t count) { shard->ready_quiet(count); }},
          .baselines = {store_alone()},
          .verify = [shard]() -> std::optional<std::string> {
            const auto [signals, scans] = shard->counts();
            shard->ready_quiet(70);
            // Two routes for each expression of a pair: 4 of the winner, 2 each of the others, and
            // the winner's Polymarket market is in all 4.
            const auto made = shard->scan_all();
            const auto scanned = shard->counts().second - scans;
            return made == 0 && signals == 0 && scanned == 160
                     ? std::nullopt
                     : std::optional{fmt::format("{} signals, {} routes scanned", made, scanned)};
          }};
}

Race signal_race(const std::string& name, const std::string& what, Duration delay) {
  const auto shard = std::make_shared<Shard>(delay);
  return {.name = name,
          .what = what + "; 7 markets, 3 contracts, 16 levels",
          .subject = {.name = "update",
                      .run = [shard](std::size_t) { keep(shard->scan_all()); },
                      .prepare = [shard](std::size_t) { shard->ready_dislocated(); }},
          .baselines = {store_alone()},
          .verify = [shard]() -> std::optional<std::string> {
            for (auto i = 0; i < 100; ++i) {
              shard->ready_dislocated();
              if (const auto made = shard->scan_all(); made != 1) {
                return fmt::format("{} signals instead of 1", made);
              }
            }
            return std::nullopt;
          }};
}

/// Signals that pass every filter, each of another quantity.
struct Judge {
  RiskConfig config;
  RiskState state = test::ready_state(config);
  std::vector<Signal> signals;
  std::size_t next = 0;

  Judge() {
    for (std::size_t i = 0; i < 64; ++i) {
      auto signal = test::sample_signal(test::contracts(100 + static_cast<std::int64_t>(i) * 4));
      signal.id = SignalId{i + 1};
      signals.push_back(signal);
    }
  }

  const Signal& take() { return signals[next++ % signals.size()]; }

  [[nodiscard]] std::optional<std::string> verify() const {
    for (const auto& signal : signals) {
      const auto decision = judge(signal, state, config);
      if (const auto* const rejected = std::get_if<SignalRejected>(&decision)) {
        return fmt::format("the filter {} rejects: {} against {}", rejected->filter,
                           rejected->measured, rejected->limit);
      }
      const auto& request = std::get<ExecutionRequest>(decision);
      if (request.quantity != signal.quantity || request.pair != pair_id(signal.id)) {
        return "a request is not its signal's";
      }
    }
    return std::nullopt;
  }
};

} // namespace

std::vector<Race> shard_update() {
  return {quiet_race("shard-update:quiet", "a book to no signal", {}),
          signal_race("shard-update:signal", "a book that makes a signal", {}),
          quiet_race("shard-update:quiet-rest", "a book on which no order would rest", 1s),
          signal_race("shard-update:rest", "a book on which an order is to rest", 1s)};
}

Race filters_judge() {
  const auto judges = std::make_shared<Judge>();
  return {.name = "filters",
          .what = "a signal through all filters to a request",
          .subject = {.name = "judge",
                      .batch = batch,
                      .run =
                        [judges](std::size_t count) {
                          for (std::size_t i = 0; i < count; ++i) {
                            keep(judge(judges->take(), judges->state, judges->config));
                          }
                        }},
          .baselines = {{.name = "request without a filter",
                         .batch = batch,
                         .run =
                           [judges](std::size_t count) {
                             for (std::size_t i = 0; i < count; ++i) {
                               const auto& signal = judges->take();
                               keep(ExecutionRequest{.pair = pair_id(signal.id),
                                                     .signal = signal,
                                                     .quantity = signal.quantity,
                                                     .approved_at = judges->state.now()});
                             }
                           }}},
          .verify = [judges] { return judges->verify(); }};
}

} // namespace arbees::bench
