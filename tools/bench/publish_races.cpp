#include <fmt/format.h>

#include "bridges/envelope/payload_codec.hpp"
#include "bridges/zmq/publisher.hpp"
#include "tools/bench/benchmarks.hpp"

namespace arbees::bench {

namespace {

constexpr auto role = PublishRole::kalshi_monitor;
constexpr std::size_t markets = 4'000;

/// Order books of many markets onto the bus, that nobody hears.
class Bus {
public:
  explicit Bus(const std::string& snapshot_endpoint) {
    auto opened = Publisher::open(context_, {.endpoints = {{role, "tcp://127.0.0.1:*"}},
                                             .snapshot_endpoint = snapshot_endpoint,
                                             .run = "bench",
                                             .clock = [] { return Timestamp{}; }});
    if (opened) {
      publisher_.emplace(std::move(*opened));
    }
    for (std::int32_t depth = 0; depth < 10; ++depth) {
      book_.bids.push_back({Price{4'700 - 100 * depth}, Quantity{5'000'000}});
      book_.asks.push_back({Price{4'900 + 100 * depth}, Quantity{5'000'000}});
    }
    listing_.head = R"("market_id":"KXNBAGAME-26NOV21LACLAL-LAL","platform":"kalshi")";
    for (std::size_t i = 0; i < markets; ++i) {
      topics_.push_back(
        fmt::format("orderbook.kalshi.KXNBAGAME-26NOV21-{:05}", i * 7'919 % 100'000));
    }
  }

  void publish(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      next_ = (next_ + 31) % markets;
      publisher_->publish(role, topics_[next_],
                          [this](std::string& out) { encode_orderbook(out, book_, listing_); });
    }
  }

  [[nodiscard]] bool open() const { return publisher_.has_value(); }
  [[nodiscard]] std::size_t kept() const { return publisher_->kept().entries().size(); }

private:
  zmq::context_t context_;
  std::optional<Publisher> publisher_;
  BookUpdate book_{.market = market_id(Venue::kalshi, "X"), .status = BookStatus::ok};
  MarketListing listing_;
  std::vector<std::string> topics_;
  std::size_t next_ = 0;
};

} // namespace

Race publish_book() {
  const auto keeping = std::make_shared<Bus>("tcp://127.0.0.1:*");
  const auto plain = std::make_shared<Bus>("");
  const auto runner = [](std::string name, std::shared_ptr<Bus> bus) {
    return Runner{.name = std::move(name),
                  .batch = 200,
                  .run = [bus = std::move(bus)](std::size_t count) { bus->publish(count); }};
  };
  return {.name = "publish-book",
          .what = "an order book of 20 levels onto the bus, kept for late readers",
          .subject = runner("arbees", keeping),
          .baselines = {runner("the same, not kept", plain)},
          .target = std::nullopt,
          .verify = [keeping, plain]() -> std::optional<std::string> {
            if (!keeping->open() || !plain->open()) {
              return "a publisher cannot be opened";
            }
            keeping->publish(markets);
            plain->publish(markets);
            return keeping->kept() == markets && plain->kept() == 0
                     ? std::nullopt
                     : std::optional<std::string>{"it keeps other topics than were published"};
          }};
}

} // namespace arbees::bench
