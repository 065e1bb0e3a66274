#include "bridges/polymarket/polymarket_funds.hpp"

#include "bridges/polymarket/polymarket_login.hpp"

namespace arbees {

PolymarketFunds::PolymarketFunds(const Clock& clock, std::shared_ptr<Worker> worker,
                                 std::shared_ptr<PolymarketOrderClient> client,
                                 PolymarketOrderDesk& desk, PolymarketFundsConfig config,
                                 BalanceUpdate balance,
                                 std::function<void(const BalanceUpdate&)> told,
                                 std::function<void()> learned)
  : clock_{clock},
    worker_{std::move(worker)},
    client_{std::move(client)},
    desk_{desk},
    config_{config},
    told_{std::move(told)},
    learned_{std::move(learned)},
    balance_{std::move(balance)},
    last_balance_{balance_.at},
    last_allowances_{balance_.at} {}

void PolymarketFunds::tick(Timestamp now) {
  if (now >= last_balance_ + config_.balance_period) {
    read_balance();
  }
  if (now >= last_allowances_ + config_.allowance_period) {
    last_allowances_ = now;
    for (const auto& [exchange, token] : token_samples_) {
      read_token_allowance(token);
    }
  }
}

void PolymarketFunds::learn(const MatchedGame& match) {
  for (const auto& spec : match.markets) {
    const auto exchange = exchange_of(spec.ref.tokens[0]);
    if (spec.ref.venue == Venue::polymarket
        && token_samples_.emplace(exchange, spec.ref.tokens[0]).second) {
      read_token_allowance(spec.ref.tokens[0]);
    }
  }
}

void PolymarketFunds::read_if_moved(Timestamp now) {
  constexpr Duration settling = std::chrono::seconds{1};
  if (moved_ && now >= last_balance_ + settling) {
    read_balance();
  }
}

/// An approval that was given is seen only when the venue is told to look.
void PolymarketFunds::read_token_allowance(const std::string& token) {
  client_->fresh_balance(config_.type, token,
                         [weak = weak_from_this()](caf::expected<PolymarketBalance> tokens) {
                           if (const auto self = weak.lock()) {
                             self->worker_->post(weak, [tokens = std::move(tokens)](auto& here) {
                               if (tokens) {
                                 here.desk_.learn_token_allowances(*tokens);
                               } else {
                                 spdlog::warn("polymarket_gateway.allowance_unread reason=\"{}\"",
                                              describe(tokens.error()));
                               }
                               here.learned_();
                             });
                           }
                         });
}

void PolymarketFunds::read_balance() {
  if (asked_) {
    return;
  }
  asked_ = true;
  last_balance_ = clock_.now();
  moved_ = false;
  auto done = [weak = weak_from_this()](caf::expected<PolymarketBalance> balance) {
    if (const auto self = weak.lock()) {
      self->worker_->post(weak,
                          [balance = std::move(balance)](auto& here) { here.on_balance(balance); });
    }
  };
  if (allowance_missing_) {
    client_->fresh_balance(config_.type, {}, std::move(done));
  } else {
    client_->balance(config_.type, {}, std::move(done));
  }
}

void PolymarketFunds::on_balance(const caf::expected<PolymarketBalance>& balance) {
  asked_ = false;
  if (!balance) {
    spdlog::warn("polymarket_gateway.balance_unread reason=\"{}\"", describe(balance.error()));
    return learned_();
  }
  balance_.available = Money{balance->balance};
  balance_.at = clock_.now();
  desk_.learn_money_allowances(*balance);
  const auto problem = check_allowances(*balance);
  if (problem && !std::exchange(allowance_missing_, true)) {
    spdlog::error("polymarket_gateway.allowance_missing what=\"{}\"", describe(problem));
  }
  allowance_missing_ = static_cast<bool>(problem);
  told_(balance_);
  learned_();
}

} // namespace arbees
