#include <fmt/format.h>

#include <cassert>
#include <cstring>

#include "actors/monitor/kalshi_books.hpp"
#include "actors/monitor/polymarket_books.hpp"
#include "bridges/kalshi/kalshi_market_data_codec.hpp"
#include "bridges/polymarket/polymarket_market_data_codec.hpp"
#include "tools/bench/benchmarks.hpp"
#include "tools/bench/market_data.hpp"

namespace arbees::bench {

namespace {

constexpr std::size_t market_count = 48;
constexpr std::size_t frame_count = 1024;
constexpr std::size_t batch = 16;
constexpr Target microseconds_1_5{.kind = Target::Kind::nanoseconds, .limit = 1'500};
constexpr std::int64_t first_ms = 1'795'226'400'000;
constexpr Timestamp begin = from_ms(first_ms);

/// Frames in a row and how far we are; the books begin again when the row ends.
struct Tape {
  std::vector<std::string> frames;
  std::size_t next = 0;
  Timestamp now = begin;

  const std::string& take() {
    now += std::chrono::milliseconds{1};
    return frames[next++];
  }
};

MarketSpec spec(MarketId id, MarketRef ref) {
  return {.id = id,
          .ref = std::move(ref),
          .price_bands = {{.start = Price{100}, .end = Price{9'900}, .step = Price{100}}},
          .accepts_orders = true};
}

/// What the measured code does with each frame, without the arithmetic around it.
template <class Feed>
void apply_frames(Feed& feed, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto& actions = feed.apply(feed.tape.take());
    assert(actions.updates.size() == 1 && actions.updates[0].status == BookStatus::ok);
    keep(actions);
  }
}

/// The frames of `feed` parsed into a JSON value, in memory that is used again.
template <class Feed>
Runner parse_alone(const std::shared_ptr<Feed>& feed) {
  return {.name = "Boost.JSON parse alone",
          .batch = batch,
          .run = [feed, scratch = std::make_shared<JsonScratch>(),
                  next = std::size_t{0}](std::size_t count) mutable {
            for (std::size_t i = 0; i < count; ++i) {
              const auto* const value = scratch->parse(feed->tape.frames[next++ % frame_count]);
              assert(value != nullptr);
              keep(*value);
            }
          }};
}

template <class Feed>
Runner copy_alone(const std::shared_ptr<Feed>& feed) {
  return {.name = "memcpy of the bytes",
          .batch = 4 * batch,
          .run = [feed, to = std::make_shared<std::array<char, 4'096>>(),
                  next = std::size_t{0}](std::size_t count) mutable {
            for (std::size_t i = 0; i < count; ++i) {
              const auto& frame = feed->tape.frames[next++ % frame_count];
              std::memcpy(to->data(), frame.data(), frame.size());
              keep(*to);
            }
          }};
}

template <class Feed>
Race race_of(std::string name, std::string what, const std::shared_ptr<Feed>& feed) {
  return {.name = std::move(name),
          .what = std::move(what),
          .subject = {.name = "decode and apply",
                      .batch = batch,
                      .run = [feed](std::size_t count) { apply_frames(*feed, count); },
                      .prepare =
                        [feed](std::size_t count) {
                          if (feed->tape.next + count > feed->tape.frames.size()) {
                            feed->restart();
                            // New books are cold: that is the start of the day, not the day.
                            apply_frames(*feed, 4 * batch);
                          }
                        }},
          .baselines = {parse_alone(feed), copy_alone(feed)},
          .target = microseconds_1_5,
          .verify = [feed] { return feed->verify(); }};
}

/// Plays the whole tape: each frame must show the book that the market had after it.
template <class Feed, class Shown>
std::optional<std::string> play(Feed& feed, Shown shown) {
  feed.restart();
  Market truth{market_count};
  for (std::size_t i = 0; i < frame_count; ++i) {
    const auto& actions = feed.apply(feed.tape.take());
    const auto change = truth.change();
    if (actions.updates.size() != 1 || actions.updates[0].market != feed.specs[change.market].id
        || !truth.shows(actions.updates[0], change.market)) {
      return fmt::format("frame {} does not show the book: {}", i, feed.tape.frames[i]);
    }
    if (auto wrong = shown(actions.updates[0], change)) {
      return wrong;
    }
  }
  feed.restart();
  return std::nullopt;
}

/// Deltas as Kalshi sends them (venues/kalshi.md 3.4).
struct KalshiSide {
  Tape tape;
  std::vector<MarketSpec> specs;
  JsonScratch scratch;
  std::optional<KalshiBooks> books;

  KalshiSide() {
    for (std::size_t i = 0; i < market_count; ++i) {
      const auto ticker = fmt::format("KXNBAGAME-26NOV22LALBOS-M{:02}", i);
      specs.push_back(
        spec(market_id(Venue::kalshi, ticker), {.venue = Venue::kalshi, .native_id = ticker}));
    }
    Market market{market_count};
    for (std::size_t i = 0; i < frame_count; ++i) {
      tape.frames.push_back(frame(market.change(), market_count + 1 + i));
    }
    restart();
  }

  [[nodiscard]] std::string frame(const Change& change, std::size_t seq) const {
    const Quantity delta = change.after - change.before;
    return fmt::format(
      R"({{"type":"orderbook_delta","sid":1,"seq":{},"msg":{{"market_ticker":"{}",)"
      R"("market_id":"11111111-1111-4111-8111-1111111111{:02}","price_dollars":"{}",)"
      R"("delta_fp":"{}","side":"{}","ts":"2026-11-21T02:00:00.{:03}Z","ts_ms":{}}}}})",
      seq, specs[change.market].ref.native_id, change.market, to_string(change.price),
      to_string(delta), change.side == BookSide::bid ? "yes" : "no", seq % 1000,
      first_ms + static_cast<std::int64_t>(seq));
  }

  void restart() {
    const Market market{market_count};
    tape.next = 0;
    tape.now = begin;
    books.emplace(MonitorConfig{});
    books->watch({.markets = specs}, begin);
    books->on(FeedConnected{.venue = Venue::kalshi, .at = begin});
    for (std::size_t i = 0; i < market_count; ++i) {
      books->on(KalshiSnapshot{.position = {.sid = 1, .seq = i + 1},
                               .market = specs[i].id,
                               .bids = market.levels(i, BookSide::bid),
                               .asks = market.levels(i, BookSide::ask),
                               .received_at = begin});
    }
  }

  const MonitorActions& apply(std::string_view text) {
    const auto frame = decode_kalshi_frame(scratch, text, tape.now);
    assert(frame);
    return books->on(std::get<KalshiDelta>(*frame));
  }

  std::optional<std::string> verify() {
    auto seq = static_cast<std::int64_t>(market_count);
    return play(*this, [&](const BookUpdate& update, const Change&) -> std::optional<std::string> {
      return update.exchange_time == from_ms(first_ms + ++seq)
               ? std::nullopt
               : std::optional<std::string>{"a delta's stamp is not the venue's"};
    });
  }
};

/// A change and its mirror on the other token in one frame, as is usual (venues/polymarket.md 2.2).
struct PolymarketSide {
  Tape tape;
  std::vector<MarketSpec> specs;
  PolymarketAssets assets;
  JsonScratch scratch;
  std::optional<PolymarketBooks> books;

  PolymarketSide() {
    for (std::size_t i = 0; i < market_count; ++i) {
      const auto condition = fmt::format("0x{:064x}", fnv1a("condition") + i);
      const auto id = market_id(Venue::polymarket, condition);
      const auto token = [&](int side) {
        return fmt::format("71321045679252212594626385532706912750332728571942532289{:019}{:02}",
                           fnv1a("token") + i, side);
      };
      specs.push_back(spec(
        id, {.venue = Venue::polymarket, .native_id = condition, .tokens = {token(1), token(2)}}));
      assets.emplace(token(1), PolymarketAsset{id, Side::yes});
      assets.emplace(token(2), PolymarketAsset{id, Side::no});
    }
    Market market{market_count};
    for (std::size_t i = 0; i < frame_count; ++i) {
      tape.frames.push_back(frame(market.change(), i));
    }
    restart();
  }

  [[nodiscard]] std::string frame(const Change& change, std::size_t number) const {
    const auto& ref = specs[change.market].ref;
    const auto is_bid = change.side == BookSide::bid;
    const auto entry = [&](Side token, Price price, bool buys, Price best_bid, Price best_ask) {
      return fmt::format(
        R"({{"asset_id":"{}","price":"{}","size":"{}","side":"{}","hash":"{:040x}",)"
        R"("best_bid":"{}","best_ask":"{}"}})",
        ref.tokens[static_cast<std::size_t>(token)], format_decimal(price.value(), 4, 2),
        format_decimal(change.after.value(), 6, 0), buys ? "BUY" : "SELL", fnv1a("order") + number,
        format_decimal(best_bid.value(), 4, 2), format_decimal(best_ask.value(), 4, 2));
    };
    return fmt::format(
      R"({{"event_type":"price_change","market":"{}","timestamp":"{}","price_changes":[{},{}]}})",
      ref.native_id, first_ms + static_cast<std::int64_t>(number) + 1,
      entry(Side::yes, change.price, is_bid, change.tops[0], change.tops[1]),
      entry(Side::no, complement(change.price), !is_bid, complement(change.tops[1]),
            complement(change.tops[0])));
  }

  void restart() {
    const Market market{market_count};
    tape.next = 0;
    tape.now = begin;
    books.emplace(MonitorConfig{});
    books->watch({.markets = specs}, begin);
    books->on(FeedConnected{.venue = Venue::polymarket, .at = begin});
    for (std::size_t i = 0; i < market_count; ++i) {
      books->on(PolymarketBook{.market = specs[i].id,
                               .bids = market.levels(i, BookSide::bid),
                               .asks = market.levels(i, BookSide::ask),
                               .tick = Price{100},
                               .exchange_time = begin,
                               .received_at = begin});
    }
  }

  const MonitorActions& apply(std::string_view text) {
    const auto frame = decode_polymarket_frame(scratch, text, tape.now, assets);
    assert(frame.events.size() == 1);
    return books->on(std::get<PolymarketChanges>(frame.events[0]));
  }

  std::optional<std::string> verify() {
    auto number = std::int64_t{0};
    return play(*this, [&](const BookUpdate& update, const Change&) -> std::optional<std::string> {
      return update.exchange_time == from_ms(first_ms + ++number)
               ? std::nullopt
               : std::optional<std::string>{"a change's stamp is not the venue's"};
    });
  }
};

} // namespace

Race kalshi_delta() {
  return race_of("kalshi-delta", "an orderbook_delta frame to the updated book",
                 std::make_shared<KalshiSide>());
}

Race polymarket_price_change() {
  return race_of("polymarket-price-change", "a price_change frame of 2 entries to the updated book",
                 std::make_shared<PolymarketSide>());
}

} // namespace arbees::bench
