#include "bridges/kalshi/kalshi_account.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio.hpp>

namespace arbees {

namespace asio = boost::asio;

namespace {

constexpr std::size_t most_markets = 10'000;

} // namespace

KalshiAccount::KalshiAccount(const Clock& clock, std::shared_ptr<KalshiReads> reads,
                             std::shared_ptr<KalshiRest> rest, KalshiAccountConfig config,
                             KalshiAccountEvents events)
  : clock_{clock},
    reads_{std::move(reads)},
    rest_{std::move(rest)},
    config_{config},
    events_{std::move(events)} {}

void KalshiAccount::tick(Timestamp now) {
  if (now >= balance_at_) {
    balance_at_ = now + config_.balance_every;
    read_balance();
  }
  if (now >= settlements_at_ && !reading_settlements_) {
    settlements_at_ = now + config_.settlements_every;
    auto since = now - config_.look_back;
    const auto latest = settlements_.latest();
    if (latest && now < settlements_again_at_) {
      since = std::max(since, *latest - config_.settlements_overlap);
    } else {
      settlements_again_at_ = now + config_.settlements_again_every;
    }
    reading_settlements_ = true;
    settlements_.forget_before(now - 2 * config_.look_back);
    reads_->spawn(read_settlements(weak_from_this(), since));
  }
}

void KalshiAccount::balance_changed() {
  balance_at_ = std::min(balance_at_, clock_.now() + config_.balance_after_fill);
}

void KalshiAccount::position_changed(const std::string& ticker, Quantity position) {
  if (positions_.size() < most_markets || positions_.contains(ticker)) {
    positions_[ticker] = position;
  }
  if (position == Quantity{0}) {
    settlements_at_ = std::min(settlements_at_, clock_.now() + config_.settlements_after_close);
  }
}

std::optional<Quantity> KalshiAccount::position(const std::string& ticker) const {
  const auto found = positions_.find(ticker);
  return found == positions_.end() ? std::nullopt : std::optional{found->second};
}

// --- balance ---

void KalshiAccount::read_balance() {
  const auto decode = [](std::string_view body, Timestamp) { return decode_kalshi_balance(body); };
  reads_->read("balance", KalshiLane::reads, "/portfolio/balance", decode,
               [weak = weak_from_this()](const caf::expected<KalshiBalance>& balance,
                                         Timestamp at) {
                 if (const auto self = weak.lock(); self && balance) {
                   self->learn(*balance, at);
                 }
               });
}

void KalshiAccount::learn(const KalshiBalance& balance, Timestamp at) {
  balance_ = to_balance_update(balance, at);
  treasury_.learn(*balance_);
  counters_["balance_micros"] = balance.total.value();
  if (events_.on_balance) {
    events_.on_balance(*balance_);
  }
}

void KalshiAccount::check_funds(const OrderIntent& order) {
  if (const auto proposal = treasury_.need(order.exchange_index, most_needed(order))) {
    ++counters_["transfers_proposed"];
    spdlog::warn(
      "kalshi_gateway.transfer_proposed from_shard={} to_shard={} amount_dollars={} "
      "available_dollars={} needed_dollars={}",
      proposal->from, proposal->to, to_string(proposal->amount), to_string(proposal->available),
      to_string(proposal->needed));
  }
}

// --- the whole account ---

KalshiGet KalshiAccount::lists() const {
  return [reads = std::weak_ptr{reads_}](std::string target) {
    return KalshiReads::get(reads, KalshiLane::reads, std::move(target));
  };
}

void KalshiAccount::read_view() {
  if (!std::exchange(reading_view_, true)) {
    ++counters_["account_views"];
    reads_->spawn(read_all(weak_from_this()));
  }
}

asio::awaitable<void> KalshiAccount::read_all(std::weak_ptr<KalshiAccount> weak) {
  auto view = co_await view_of(weak);
  const auto self = weak.lock();
  if (!self) {
    co_return;
  }
  self->reading_view_ = false;
  if (!view) {
    self->reads_->failed("account", view.error());
  }
  if (self->events_.on_view) {
    self->events_.on_view(std::move(view));
  }
  ++self->counters_["account_answers"];
}

/// The venue's lists are behind its engine: what they hold for certain is told by their own stamp,
/// read before them and turned into our clock's time.
asio::awaitable<caf::expected<AccountView>>
KalshiAccount::view_of(std::weak_ptr<KalshiAccount> weak) {
  auto self = weak.lock();
  if (!self) {
    co_return caf::make_error(Errc::io_failed, std::string{"stopped"});
  }
  const auto get = self->lists();
  const auto& clock = self->clock_;
  const auto started_at = clock.now();
  const auto lag = self->config_.reads_lag;
  const auto offset = self->rest_->clock_offset();
  self.reset();
  const auto stamp = co_await get("/exchange/user_data_timestamp");
  const auto positions = co_await list_kalshi_positions(get, "count_filter=position&limit=200");
  if (!positions) {
    co_return positions.error();
  }
  const auto orders = co_await list_kalshi_orders(get, "status=resting&limit=200");
  if (!orders) {
    co_return orders.error();
  }
  const auto answer = co_await get("/portfolio/balance");
  const auto balance =
    answer ? decode_kalshi_balance(answer->body) : caf::expected<KalshiBalance>{answer.error()};
  if (!balance) {
    co_return balance.error();
  }
  const auto as_of = stamp ? decode_kalshi_data_timestamp(stamp->body) : std::nullopt;
  const auto complete_at = as_of ? *as_of - offset : started_at - lag;
  co_return to_account_view(*positions, *orders, *balance, std::min(started_at, complete_at),
                            answer->received_at);
}

// --- settlements ---

asio::awaitable<void>
KalshiAccount::read_settlements(std::weak_ptr<KalshiAccount> weak, Timestamp since) {
  auto self = weak.lock();
  if (!self) {
    co_return;
  }
  const auto get = self->lists();
  self.reset();
  auto listed =
    co_await list_kalshi_settlements(get, fmt::format("min_ts={}&limit=200", to_ms(since) / 1000));
  self = weak.lock();
  if (!self) {
    co_return;
  }
  self->reading_settlements_ = false;
  if (!listed) {
    self->reads_->failed("settlements", listed.error());
    co_return;
  }
  ++self->counters_["settlement_reads"];
  for (const auto& paid : self->settlements_.take(std::move(*listed))) {
    ++self->counters_["settlements"];
    spdlog::info("kalshi_gateway.settled market={} side={} quantity={} payout_dollars={}",
                 paid.native_id, to_string(paid.side), to_string(paid.quantity),
                 to_string(paid.payout));
    if (self->events_.on_settlement) {
      self->events_.on_settlement(paid);
    }
  }
}

std::map<std::string, std::int64_t> KalshiAccount::metrics() const {
  auto values = counters_;
  for (const auto& [shard, proposal] : treasury_.proposed()) {
    values[fmt::format("transfer_proposed_micros:shard_{}", shard)] = proposal.amount.value();
  }
  values["positions_heard_of"] = static_cast<std::int64_t>(positions_.size());
  return values;
}

} // namespace arbees
