#include "tools/sim/storm.hpp"

#include "tools/sim/clob_rest.hpp"

namespace arbees::sim {

namespace json = boost::json;

namespace {

constexpr int shards_with_sports = 2;
constexpr std::array<int, shards_with_sports> sports_shards{0, 3};

} // namespace

Storm::Storm(Engine& engine, KalshiPrivate& kalshi, ClobPrivate& polymarket,
             const FaultConfig& config)
  : engine_(&engine),
    kalshi_(&kalshi),
    polymarket_(&polymarket),
    plan_(config.rates, config.seed),
    http_(plan_, config),
    random_(plan_.stream(2)),
    ghosts_(plan_.stream(3)),
    second_ms_(engine.steady_ms()) {
  polymarket.fail_trades([this] { return plan_.strikes(FaultClass::ghost_fill, ghosts_); });
}

void Storm::on_events(std::span<const MarketEvent> events) {
  if (!plan_.active()) {
    return;
  }
  for (const auto& event : events) {
    const auto* const settled = std::get_if<BookSettled>(&event);
    const auto* const decided = std::get_if<BookDecided>(&event);
    const auto book = settled != nullptr ? settled->book : decided != nullptr ? decided->book : -1;
    // Kalshi pays when its timer has run out, Polymarket at once.
    const auto pays =
      settled != nullptr
      || (decided != nullptr
          && engine_->slate().books[static_cast<std::size_t>(book)].venue == Venue::polymarket);
    if (pays && strikes(FaultClass::settlement_reversal)) {
      reversals_.push_back({engine_->steady_ms() + random_.range(2000, 8000), book});
    }
  }
}

void Storm::on_time() {
  if (!plan_.active() && jumped_until_ms_ == 0) {
    return;
  }
  const auto now = engine_->steady_ms();
  if (jumped_until_ms_ != 0 && now >= jumped_until_ms_) {
    jumped_until_ms_ = 0;
    engine_->set_skew(0);
  }
  if (now - second_ms_ >= 1000) {
    second_ms_ = now;
    new_second(now);
  }
  std::erase_if(reversals_, [&](const Reversal& reversal) {
    const auto due = now >= reversal.due_ms;
    if (due) {
      reverse(reversal.book);
    }
    return due;
  });
}

void Storm::new_second(UnixMillis now) {
  if (jumped_until_ms_ == 0 && strikes(FaultClass::clock_jump)) {
    jump(now);
  }
  if (strikes(FaultClass::insufficient_funds)) {
    run_dry(now);
  }
  if (strikes(FaultClass::pause)) {
    pause();
  }
  if (strikes(FaultClass::restart)) {
    restart();
  }
}

/// Far enough that both venues refuse signatures by a clock that does not follow.
void Storm::jump(UnixMillis now) {
  const auto size = random_.range(5'000, 75'000);
  engine_->set_skew(random_.chance(0.5) ? size : -size);
  jumped_until_ms_ = now + random_.range(5'000, 20'000);
}

void Storm::run_dry(UnixMillis now) {
  const auto until = now + random_.range(3'000, 10'000);
  const auto which = random_.range(0, shards_with_sports);
  if (which == shards_with_sports) {
    polymarket_->run_dry(until);
  } else {
    kalshi_->run_dry(sports_shards[static_cast<std::size_t>(which)], until);
  }
}

void Storm::pause() {
  const auto seconds = random_.range(2, 5);
  const auto mild = random_.chance(0.5);
  const auto where = random_.range(0, shards_with_sports + 1);
  if (where > shards_with_sports) {
    polymarket_->pause(mild ? ClobMode::cancel_only : ClobMode::disabled, seconds);
  } else {
    const auto all = where == shards_with_sports;
    kalshi_->pause(mild ? KalshiPause::trading : KalshiPause::exchange, seconds,
                   all ? std::nullopt
                       : std::optional{sports_shards[static_cast<std::size_t>(where)]});
  }
}

void Storm::restart() {
  polymarket_->restart(random_.range(1, 3), random_.range(2, 4));
}

/// Pays a market as if the other outcome had come; half a dollar becomes a dollar.
void Storm::reverse(int book) {
  const auto before = engine_->status(book).value;
  const auto half = before != price_zero && before != price_one;
  engine_->reverse(book, half ? price_one : complement(before));
  const auto& spec = engine_->slate().books[static_cast<std::size_t>(book)];
  if (spec.venue == Venue::kalshi) {
    kalshi_->repay(spec.market);
  } else {
    polymarket_->repay(spec.market, before);
  }
}

void Storm::change(const FaultRates& rates) {
  plan_.change(rates);
  calm(engine_->steady_ms());
}

void Storm::calm(UnixMillis now) {
  const auto off = [&](FaultClass fault) { return plan_.rates().of(fault) <= 0; };
  if (off(FaultClass::clock_jump)) {
    engine_->set_skew(0);
    jumped_until_ms_ = 0;
  }
  if (off(FaultClass::insufficient_funds)) {
    polymarket_->run_dry(now);
    for (const auto shard : sports_shards) {
      kalshi_->run_dry(shard, now);
    }
  }
  if (off(FaultClass::settlement_reversal)) {
    reversals_.clear();
  }
}

json::object Storm::status() const {
  json::object counts;
  for (std::size_t i = 0; i < fault_classes; ++i) {
    const auto fault = static_cast<FaultClass>(i);
    counts[name(fault)] = plan_.count(fault);
  }
  return {{"spec", plan_.rates().text()}, {"seed", plan_.seed()}, {"counts", std::move(counts)}};
}

std::optional<HttpReply> Storm::control(const HttpRequest& request) {
  if (request.path != "/sim/faults") {
    return std::nullopt;
  }
  if (request.method == "POST") {
    json::error_code failure;
    const auto body = json::parse(request.body, failure);
    const auto* const object = failure ? nullptr : body.if_object();
    const auto* const spec = object != nullptr ? object->if_contains("spec") : nullptr;
    if (spec == nullptr || !spec->is_string()) {
      return clob_error(400, R"(body is {"spec":"…"})");
    }
    const auto rates = parse_faults(spec->get_string());
    if (const auto* const wrong = std::get_if<std::string>(&rates)) {
      return clob_error(400, *wrong);
    }
    change(std::get<FaultRates>(rates));
  } else if (request.method != "GET") {
    return clob_error(405, "method not allowed");
  }
  return reply(status());
}

} // namespace arbees::sim
