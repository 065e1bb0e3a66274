#include "bridges/polymarket/polymarket_account_reader.hpp"

#include <algorithm>
#include <set>

namespace arbees {

namespace {

/// How far back a start looks for markets that were decided while nobody watched.
constexpr Duration first_look = std::chrono::hours{72};
/// The chain is seen late: what was read is read again for so long.
constexpr Duration overlap = std::chrono::minutes{10};
/// So many conditions fit into one question.
constexpr std::size_t most_conditions = 20;

} // namespace

struct PolymarketAccountReader::Read {
  Account account;
  std::vector<Done> waiting;
  int left = 3;
  caf::error failure;
  bool over = false;
};

/// One search for settlements.
struct PolymarketAccountReader::Round {
  std::vector<PolymarketPosition> positions;
  std::map<std::string, PolymarketMarketResult> results;
  std::vector<std::vector<std::string>> histories; ///< to be read
  std::vector<std::string> asked;
  std::size_t left = 0;
};

PolymarketAccountReader::PolymarketAccountReader(const Clock& clock, std::shared_ptr<Worker> worker,
                                                 std::shared_ptr<PolymarketOrderClient> client,
                                                 SignatureType type, Told told)
  : clock_{clock},
    worker_{std::move(worker)},
    client_{std::move(client)},
    type_{type},
    told_{std::move(told)},
    deadline_{worker_->context()} {}

template <class T, class Member>
auto PolymarketAccountReader::back(Member member) {
  return [weak = weak_from_this(), member](caf::expected<T> result) {
    if (const auto self = weak.lock()) {
      self->worker_->post(weak, [member, result = std::move(result)](auto& here) {
        member(here, result);
      });
    }
  };
}

void PolymarketAccountReader::read(Duration deadline, Done done) {
  if (read_) {
    read_->waiting.push_back(std::move(done));
    return;
  }
  const auto read = std::make_shared<Read>();
  read_ = read;
  read->waiting.push_back(std::move(done));
  read->account.asked_at = clock_.now();
  deadline_.expires_after(deadline);
  deadline_.async_wait([weak = weak_from_this(), read](boost::system::error_code ec) {
    const auto self = weak.lock();
    if (!ec && self && !read->over) {
      read->failure = caf::make_error(Errc::timed_out, std::string{"the account's answers"});
      self->finish(read);
    }
  });
  client_->open_orders(back<std::vector<PolymarketOpenOrder>>([read](auto& self, auto& orders) {
    if (orders) {
      read->account.orders = *orders;
    }
    self.take(read, orders ? caf::error{} : orders.error());
  }));
  client_->positions(back<std::vector<PolymarketPosition>>([read](auto& self, auto& positions) {
    if (positions) {
      read->account.positions = *positions;
    }
    self.take(read, positions ? caf::error{} : positions.error());
  }));
  client_->balance(type_, {}, back<PolymarketBalance>([read](auto& self, auto& balance) {
                     if (balance) {
                       read->account.available = Money{balance->balance};
                     }
                     self.take(read, balance ? caf::error{} : balance.error());
                   }));
}

void PolymarketAccountReader::take(const std::shared_ptr<Read>& read, const caf::error& failure) {
  if (read->over) {
    return;
  }
  if (failure) {
    read->failure = failure;
    return finish(read); // a view that is not whole is none
  }
  if (--read->left > 0) {
    return;
  }
  read->account.at = clock_.now();
  if (settling_) {
    return finish(read);
  }
  settling_ = true;
  begin(read->account.positions);
}

void PolymarketAccountReader::finish(const std::shared_ptr<Read>& read) {
  read->over = true;
  deadline_.cancel();
  if (read_ == read) {
    read_.reset();
  }
  const auto result =
    read->failure ? caf::expected<Account>{read->failure} : caf::expected<Account>{read->account};
  for (const auto& done : read->waiting) {
    done(result);
  }
}

void PolymarketAccountReader::settle() {
  if (settling_) {
    return;
  }
  settling_ = true;
  client_->positions(back<std::vector<PolymarketPosition>>([](auto& self, auto& positions) {
    if (positions) {
      self.begin(*positions);
    } else {
      spdlog::warn("polymarket_account.positions_unread reason=\"{}\"",
                   describe(positions.error()));
      self.end_round();
    }
  }));
}

/// First the markets that were touched of late, then how those stand of which nothing tradable is
/// held, at last all that the account did in the decided ones.
void PolymarketAccountReader::begin(std::vector<PolymarketPosition> positions) {
  const auto round = std::make_shared<Round>(Round{.positions = std::move(positions)});
  round_ = round;
  const auto now = clock_.now();
  const auto since = looked_at_.value_or(now - first_look);
  looked_at_ = now - overlap;
  client_->activity({}, since,
                    back<std::vector<PolymarketActivity>>(
                      [round](auto& self, auto& recent) { self.on_recent(round, recent); }));
}

void PolymarketAccountReader::on_recent(
  const std::shared_ptr<Round>& round,
  const caf::expected<std::vector<PolymarketActivity>>& recent) {
  const auto now = clock_.now();
  if (recent) {
    for (const auto& each : *recent) {
      if (each.kind != PolymarketActivityKind::other && !each.condition.empty()) {
        book_.follow(each.condition, now);
      }
    }
  } else {
    looked_at_.reset();
    spdlog::warn("polymarket_account.activity_unread reason=\"{}\"", describe(recent.error()));
  }
  round->asked = book_.questions(round->positions, now);
  round->left = round->asked.size();
  if (round->left == 0) {
    return end_round();
  }
  for (const auto& condition : round->asked) {
    client_->market_result(condition, back<PolymarketMarketResult>(
                                        [round, condition](auto& self, auto& result) {
                                          self.on_result(round, condition, result);
                                        }));
  }
}

void PolymarketAccountReader::on_result(const std::shared_ptr<Round>& round,
                                        const std::string& condition,
                                        const caf::expected<PolymarketMarketResult>& result) {
  if (result && result->closed) {
    round->results.emplace(condition, *result);
  } else if (result) {
    tell(condition, book_.learn(condition, {}, clock_.now())); // a decision that was taken back
  } else {
    spdlog::warn("polymarket_account.result_unread condition={} reason=\"{}\"", condition,
                 describe(result.error()));
  }
  if (--round->left > 0) {
    return;
  }
  std::vector<std::string> batch;
  for (const auto& [closed, its_result] : round->results) {
    batch.push_back(closed);
    if (batch.size() == most_conditions) {
      round->histories.push_back(std::exchange(batch, {}));
    }
  }
  if (!batch.empty()) {
    round->histories.push_back(std::move(batch));
  }
  round->left = round->histories.size();
  if (round->left == 0) {
    return end_round();
  }
  for (const auto& conditions : round->histories) {
    client_->activity(conditions, {},
                      back<std::vector<PolymarketActivity>>(
                        [round](auto& self, auto& history) { self.on_history(round, history); }));
  }
}

void PolymarketAccountReader::on_history(
  const std::shared_ptr<Round>& round,
  const caf::expected<std::vector<PolymarketActivity>>& history) {
  if (!history) {
    spdlog::warn("polymarket_account.activity_unread reason=\"{}\"", describe(history.error()));
  }
  std::set<std::string> named;
  for (const auto& each : history ? *history : std::vector<PolymarketActivity>{}) {
    named.insert(each.condition);
  }
  for (const auto& condition : named) {
    const auto result = round->results.find(condition);
    if (result == round->results.end()) {
      continue;
    }
    const auto settled =
      polymarket_settlements(condition, result->second, *history, round->positions);
    tell(condition, book_.learn(condition, settled, clock_.now()));
  }
  if (--round->left == 0) {
    end_round();
  }
}

void PolymarketAccountReader::tell(const std::string& condition,
                                   const std::vector<Settlement>& settlements) {
  for (const auto& settlement : settlements) {
    spdlog::info("polymarket_account.settled condition={} side={} quantity={} payout={}", condition,
                 to_string(settlement.side), to_string(settlement.quantity),
                 to_string(settlement.payout));
    told_(settlement);
  }
}

void PolymarketAccountReader::end_round() {
  settling_ = false;
  round_.reset();
  if (const auto read = read_; read && read->left == 0 && !read->over) {
    finish(read);
  }
}

} // namespace arbees
