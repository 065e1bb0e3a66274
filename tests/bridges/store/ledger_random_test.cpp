#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "tests/bridges/store/open_ledger.hpp"
#include "tests/bridges/store/temp_directory.hpp"
#include "tests/bridges/store/trades.hpp"

// Thousands of pairs whose records come late, twice, changed and in any order, against an oracle
// that keeps what should have been accepted and adds it up from the beginning.

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp now{100s};

enum class Fate { recorded, duplicate, refused };

std::ostream& operator<<(std::ostream& out, Fate fate) {
  return out << (fate == Fate::recorded    ? "recorded"
                 : fate == Fate::duplicate ? "duplicate"
                                           : "refused");
}

MarketRef ref_of(std::uint64_t pair, std::uint8_t leg) {
  auto ref = leg == 0 ? kalshi_ref : polymarket_ref;
  // Some pairs share a market.
  ref.native_id += "-" + std::to_string(pair - pair % 3);
  return ref;
}

class Oracle {
public:
  Fate judge(const LedgerRecord& record) {
    return std::visit([this](const auto& x) { return on(x); }, record);
  }

  std::map<std::pair<MarketId, Side>, Position> positions() const {
    std::map<std::pair<MarketId, Side>, Position> held;
    for (const auto& fill : fills_) {
      if (fill.state != FillState::voided) {
        auto& position = held[{fill.market, fill.side}];
        position = after(position, fill);
      }
    }
    for (auto& [key, position] : held) {
      if (const auto paid = settlements_.find(key); paid != settlements_.end()) {
        position = after(position, own_part(position, paid->second));
      }
    }
    return held;
  }

  /// What the venue's free money must be now, counted dollar by dollar.
  Money available(Venue venue) const {
    return *baseline_.at(venue) + (moved(venue) - moved_before_.at(venue));
  }

  std::set<std::uint64_t> open_pairs() const {
    std::set<std::uint64_t> open;
    for (const auto& [id, pair] : pairs_) {
      if (!pair.end) {
        open.insert(id.value());
      }
    }
    for (const auto& [id, order] : orders_) {
      if (!order.report || !terminal(order.report->status)) {
        open.insert(order.intent.pair.value());
      } else if (told_of(order.intent) < order.report->filled + order.report->voided) {
        open.insert(order.intent.pair.value()); // executions that were not told one by one
      }
    }
    for (const auto& fill : fills_) {
      if (fill.state == FillState::provisional && pairs_.contains(fill.pair)) {
        open.insert(fill.pair.value());
      }
    }
    return open;
  }

  /// The sum of an order's executions, voided ones included.
  Quantity told_of(const OrderIntent& order) const {
    Quantity sum;
    for (const auto& fill : fills_) {
      if (fill.pair == order.pair && fill.client_order_id == order.client_order_id) {
        sum += fill.quantity;
      }
    }
    return sum;
  }

  struct Pair {
    std::uint32_t batches = 0;
    std::optional<std::uint32_t> last_revision;
    std::optional<PairClosed> end;
  };
  struct Order {
    OrderIntent intent;
    std::optional<OrderReport> report;
  };

  const std::map<PairId, Pair>& pairs() const { return pairs_; }
  const std::map<std::string, Order>& orders() const { return orders_; }
  const std::vector<Fill>& fills() const { return fills_; }

private:
  Fate on(const CommitIntent& intent) {
    for (const auto& order : intent.orders) {
      if (orders_.contains(order.client_order_id)) {
        return Fate::refused;
      }
    }
    auto& pair = pairs_[intent.request.pair];
    pair.batches = std::max(pair.batches, intent.batch);
    pair.end.reset();
    for (const auto& order : intent.orders) {
      orders_[order.client_order_id].intent = order;
      venues_[order.market] = order.ref.venue;
    }
    return Fate::recorded;
  }

  Fate on(const OrderReport& report) {
    const auto order = orders_.find(report.client_order_id);
    if (order == orders_.end()) {
      return Fate::refused;
    }
    auto& known = order->second.report;
    const auto older =
      known
      && (report.voided < known->voided
          || (report.voided == known->voided && report.reported_at < known->reported_at));
    const auto undone = known && terminal(known->status) && !terminal(report.status);
    if (!older && !undone) {
      known = report;
    }
    return Fate::recorded;
  }

  Fate on(const Fill& fill) {
    const auto [place, is_new] =
      fill_places_.try_emplace({fill.market, fill.fill_id}, fills_.size());
    if (is_new) {
      fills_.push_back(fill);
      return Fate::recorded;
    }
    auto* const known = &fills_[place->second];
    if (known->quantity != fill.quantity || known->price != fill.price || known->fee != fill.fee
        || known->client_order_id != fill.client_order_id) {
      return Fate::refused;
    }
    if (fill.state == FillState::provisional || fill.state == known->state) {
      return Fate::duplicate;
    }
    if (known->state != FillState::provisional) {
      return Fate::refused;
    }
    known->state = fill.state;
    return Fate::recorded;
  }

  Fate on(const PairClosed& closed) {
    const auto found = pairs_.find(closed.pair);
    if (found == pairs_.end()) {
      return Fate::refused;
    }
    auto& pair = found->second;
    if (!pair.last_revision || closed.revision > *pair.last_revision) {
      pair.last_revision = closed.revision;
      pair.end = closed;
      return Fate::recorded;
    }
    if (!pair.end) {
      return Fate::refused;
    }
    return closed.revision < *pair.last_revision
               || caf::deep_to_string(*pair.end) == caf::deep_to_string(closed)
             ? Fate::duplicate
             : Fate::refused;
  }

  Fate on(const BalanceUpdate& balance) {
    if (!baseline_[balance.venue]) {
      baseline_[balance.venue] = balance.available;
      moved_before_[balance.venue] = moved(balance.venue);
    }
    return Fate::recorded;
  }

  Fate on(const Settlement& settlement) {
    const auto [known, is_new] =
      settlements_.try_emplace({settlement.market, settlement.side}, settlement);
    if (!is_new && caf::deep_to_string(known->second) == caf::deep_to_string(settlement)) {
      return Fate::duplicate;
    }
    known->second = settlement;
    return Fate::recorded;
  }

  Fate on(const TradingControl&) { return Fate::recorded; }
  Fate on(const Reconciliation&) { return Fate::recorded; }
  Fate on(const MoneyAccepted& accepted) {
    auto& baseline = baseline_[accepted.venue];
    if (!baseline) {
      return Fate::refused;
    }
    baseline = *baseline + accepted.amount;
    return Fate::recorded;
  }

  Money moved(Venue venue) const {
    Money sum;
    for (const auto& fill : fills_) {
      const auto known = venues_.find(fill.market);
      if (known == venues_.end() || known->second != venue || fill.state == FillState::voided) {
        continue;
      }
      sum += fill.action == Action::buy ? -notional(fill.price, fill.quantity, Rounding::up)
                                        : notional(fill.price, fill.quantity, Rounding::down);
      sum -= fill.fee;
    }
    for (const auto& [key, settlement] : settlements_) {
      if (settlement.venue == venue) {
        sum += settlement.payout - settlement.fee;
      }
    }
    std::map<MarketId, std::array<Quantity, 2>> sides;
    for (const auto& [key, position] : positions()) {
      sides[key.first][static_cast<std::size_t>(key.second)] = position.quantity;
    }
    for (const auto& [market, held] : sides) {
      const auto known = venues_.find(market);
      if (venue == Venue::kalshi && known != venues_.end() && known->second == venue) {
        sum += payout(std::min(held[0], held[1]));
      }
    }
    return sum;
  }

  std::map<PairId, Pair> pairs_;
  std::map<std::string, Order> orders_;
  std::map<MarketId, Venue> venues_;
  std::vector<Fill> fills_;
  std::map<std::pair<MarketId, std::string>, std::size_t> fill_places_;
  std::map<std::pair<MarketId, Side>, Settlement> settlements_;
  std::map<Venue, std::optional<Money>> baseline_;
  std::map<Venue, Money> moved_before_;
};

/// The records of one pair, each with the place that it takes among all.
class Story {
public:
  Story(std::uint64_t number, std::mt19937_64& random) : number_(number), random_(random) {}

  using Placed = std::vector<std::pair<double, LedgerRecord>>;

  Placed tell() {
    const auto start = static_cast<double>(number_);
    std::vector<OrderIntent> orders;
    for (std::uint32_t batch = 1; batch <= 1 + pick(3); ++batch) {
      CommitIntent intent{.request = make_request(number_), .batch = batch};
      for (std::uint8_t leg = 0; leg < 2; ++leg) {
        intent.orders.push_back(order_of(batch, leg));
        orders.push_back(intent.orders.back());
      }
      // Seldom after what it is about.
      add(start + batch * 0.5 + (pick(10) == 0 ? 3 : 0), intent);
    }
    for (const auto& order : orders) {
      tell_order(start, order);
    }
    for (std::uint32_t revision = 0; revision < pick(3); ++revision) {
      auto closed =
        make_closed(number_, pick(2) == 0 ? PairOutcome::complete : PairOutcome::exposed);
      closed.revision = revision;
      closed.reason = pick(2) == 0 ? "late" : "";
      add(start + 1 + part() * 5, closed);
    }
    return std::move(placed_);
  }

private:
  std::uint64_t pick(std::uint64_t below) { return random_() % below; }
  double part() { return static_cast<double>(pick(1'000'000)) / 1e6; }
  /// Most records come once, some twice.
  void add(double place, const LedgerRecord& record) {
    placed_.emplace_back(place, record);
    if (pick(8) == 0) {
      placed_.emplace_back(place + part() * 3, record);
    }
  }

  OrderIntent order_of(std::uint32_t batch, std::uint8_t leg) {
    auto order = make_order(number_, leg, batch == 1 ? OrderPurpose::open : OrderPurpose::unwind);
    order.attempt = static_cast<std::uint8_t>(batch);
    order.client_order_id =
      client_order_id(order.pair, leg, order.purpose, static_cast<std::uint8_t>(batch));
    order.action = batch == 1 || pick(2) == 0 ? Action::buy : Action::sell;
    order.ref = ref_of(number_, leg);
    order.market = id_of(order.ref);
    order.side = pick(4) == 0 ? Side::no : Side::yes;
    return order;
  }

  void tell_order(double start, const OrderIntent& order) {
    constexpr std::array statuses = {OrderStatus::accepted, OrderStatus::filled,
                                     OrderStatus::partial, OrderStatus::unfilled,
                                     OrderStatus::unknown};
    for (std::uint64_t i = 0; i < 1 + pick(3); ++i) {
      auto report = make_report(order, statuses[pick(statuses.size())],
                                Quantity{static_cast<std::int64_t>(pick(10'000'000))},
                                Timestamp{102s + pick(5) * 1ms});
      report.voided = Quantity{static_cast<std::int64_t>(pick(6) == 0 ? pick(3) : 0)};
      add(start + 1 + part() * 5, report);
    }
    for (std::uint64_t i = 0; i < pick(3); ++i) {
      auto fill = make_fill(order, fmt::format("{}-{}", order.client_order_id, i),
                            Quantity{static_cast<std::int64_t>(1 + pick(9'999'999))});
      fill.price = Price{static_cast<std::int32_t>(pick(10'001))};
      fill.fee = Money{static_cast<std::int64_t>(pick(99'999))};
      tell_fill(start + 1 + part() * 3, fill);
    }
    if (pick(6) == 0) {
      for (std::uint64_t i = 0; i < 1 + pick(3); ++i) {
        add(start + 2 + part() * 6,
            Settlement{.venue = order.ref.venue,
                       .market = order.market,
                       .native_id = order.ref.native_id,
                       .side = order.side,
                       .quantity = Quantity{static_cast<std::int64_t>(pick(20'000'000))},
                       .payout =
                         Money{static_cast<std::int64_t>(pick(3) == 0 ? 0 : pick(9'999'999))},
                       .fee = Money{static_cast<std::int64_t>(pick(2) * pick(1000))},
                       .at = Timestamp{200s + i * 1s}});
      }
    }
  }

  void tell_fill(double place, Fill fill) {
    for (const auto state : {FillState::provisional, FillState::confirmed, FillState::voided}) {
      if (pick(2) == 0) {
        fill.state = state;
        // Now and then in the wrong order.
        add(place + static_cast<double>(state) * 0.3 + (pick(5) == 0 ? -part() : part()), fill);
      }
    }
    if (pick(20) == 0) {
      fill.quantity += Quantity{1};
      add(place + part() * 3, fill);
    }
  }

  std::uint64_t number_;
  std::mt19937_64& random_;
  Placed placed_;
};

std::vector<LedgerEntry> all_stories(std::uint64_t sequences, std::mt19937_64& random) {
  Story::Placed placed;
  for (std::uint64_t number = 1; number <= sequences; ++number) {
    auto story = Story{number, random}.tell();
    placed.insert(placed.end(), story.begin(), story.end());
  }
  for (const auto venue : {Venue::kalshi, Venue::polymarket}) {
    for (auto i = 0; i < 20; ++i) {
      placed.emplace_back(
        random() % sequences,
        BalanceUpdate{.venue = venue,
                      .available = Money{static_cast<std::int64_t>(random() % 1'000'000'000)},
                      .at = Timestamp{90s}});
      placed.emplace_back(
        random() % sequences,
        MoneyAccepted{.venue = venue,
                      .amount = Money{static_cast<std::int64_t>(random() % 2'000'000) - 1'000'000},
                      .by = "person",
                      .at = Timestamp{90s}});
    }
  }
  std::stable_sort(placed.begin(), placed.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<LedgerEntry> entries;
  for (auto& [place, record] : placed) {
    entries.push_back({.record = std::move(record), .received_at = now});
  }
  return entries;
}

Fate fate_of(const LedgerOutcome& outcome) {
  return outcome.refused ? Fate::refused : outcome.duplicate ? Fate::duplicate : Fate::recorded;
}

void check_positions(Ledger& ledger, const Oracle& oracle) {
  auto expected = oracle.positions();
  const auto positions = ledger.positions();
  REQUIRE(positions);
  CHECK(positions->size() == expected.size());
  for (const auto& record : *positions) {
    CAPTURE(record.market.value(), to_string(record.side));
    REQUIRE(expected.contains({record.market, record.side}));
    REQUIRE(record.position == expected[{record.market, record.side}]);
  }
}

void check_pairs(Ledger& ledger, const Oracle& oracle) {
  const auto pairs = ledger.open_pairs();
  REQUIRE(pairs);
  std::set<std::uint64_t> open;
  for (const auto& pair : *pairs) {
    CAPTURE(pair.request.pair.value());
    open.insert(pair.request.pair.value());
    const auto& expected = oracle.pairs().at(pair.request.pair);
    REQUIRE(pair.batches == expected.batches);
    REQUIRE(pair.closed_before == (expected.last_revision ? *expected.last_revision + 1 : 0));
    for (const auto& order : pair.orders) {
      const auto& known = oracle.orders().at(order.intent.client_order_id);
      REQUIRE(caf::deep_to_string(order.intent) == caf::deep_to_string(known.intent));
      REQUIRE(caf::deep_to_string(order.report) == caf::deep_to_string(known.report));
    }
    std::vector<std::string> fills;
    for (const auto& fill : oracle.fills()) {
      if (fill.pair == pair.request.pair) {
        fills.push_back(caf::deep_to_string(fill));
      }
    }
    std::vector<std::string> found;
    for (const auto& fill : pair.fills) {
      found.push_back(caf::deep_to_string(fill));
    }
    REQUIRE(found == fills);
  }
  CHECK(open == oracle.open_pairs());
}

} // namespace

TEST_CASE("Whatever comes in whatever order, the ledger is what an oracle adds up") {
  const LedgerSite site{GENERATE(Store::sqlite, Store::postgres)};
  // The stories are the same code's; a server costs ten times the time for each.
  const std::uint64_t sequences = site.is_file() ? 4000 : 400;
  std::mt19937_64 random{20261121};
  const auto entries = all_stories(sequences, random);
  CHECK(entries.size() > 10 * sequences);
  Oracle oracle;
  std::map<Fate, std::size_t> fates;
  {
    auto ledger = site.open();
    for (std::size_t first = 0; first < entries.size();) {
      const auto count = std::min<std::size_t>(entries.size() - first, 1 + random() % 256);
      const auto outcomes = ledger.write(std::span{entries}.subspan(first, count));
      REQUIRE(outcomes);
      for (std::size_t i = 0; i < count; ++i) {
        CAPTURE(first + i, std::visit([](const auto& x) { return caf::deep_to_string(x); },
                                      entries[first + i].record));
        const auto expected = oracle.judge(entries[first + i].record);
        REQUIRE(fate_of((*outcomes)[i]) == expected);
        ++fates[expected];
      }
      first += count;
    }
  }
  CHECK(fates[Fate::duplicate] > sequences / 2);
  CHECK(fates[Fate::refused] > sequences / 2);
  auto ledger = site.open();
  check_positions(ledger, oracle);
  check_pairs(ledger, oracle);
  for (const auto venue : {Venue::kalshi, Venue::polymarket}) {
    CHECK(ledger.account(venue)->available == oracle.available(venue));
  }
  CHECK(fault_of(ledger).empty());
}
