#include "bridges/store/ledger_actor.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <bit>

namespace arbees {

namespace {

constexpr std::array<const char*, std::variant_size_v<LedgerRecord>> count_names = {
  "intents",     "order_reports",    "fills",           "pairs_closed",  "balances",
  "settlements", "trading_controls", "reconciliations", "money_accepted"};

bool is_intent(const LedgerEntry& entry) {
  return std::holds_alternative<CommitIntent>(entry.record);
}

/// Takes out what a newer entry of the same venue makes useless: without this, a file that fails
/// for long would make the backlog grow with time instead of with open orders.
void drop_outdated(std::vector<LedgerEntry>& entries) {
  std::array<bool, 2> newer_balance{};
  std::array<const Reconciliation*, 2> newer_comparison{};
  std::vector<LedgerEntry> kept;
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    if (const auto* const balance = std::get_if<BalanceUpdate>(&entry->record)) {
      if (std::exchange(newer_balance[static_cast<std::size_t>(balance->venue)], true)) {
        continue;
      }
    }
    if (const auto* const compared = std::get_if<Reconciliation>(&entry->record)) {
      const auto* const newer =
        std::exchange(newer_comparison[static_cast<std::size_t>(compared->venue)], compared);
      if (newer != nullptr && (compared->drifts.empty() || compared->drifts == newer->drifts)) {
        continue;
      }
    }
    kept.push_back(*entry);
  }
  entries.assign(kept.rbegin(), kept.rend());
}

} // namespace

LedgerDesk::LedgerDesk(Ledger ledger, Clock clock)
  : ledger_(std::move(ledger)),
    clock_(std::move(clock)),
    backoff_(first_retry, longest_retry, static_cast<std::uint64_t>(::getpid())) {}

void LedgerDesk::add(LedgerRecord record) {
  entries_.push_back({.record = std::move(record), .received_at = clock_()});
}

void LedgerDesk::add(const CommitIntent& intent, Promise promise) {
  const auto received_at = clock_();
  std::optional<Timestamp> triggered_by;
  if (intent.batch == 1) {
    triggered_by = intent.request.signal.triggered_by;
    tick_to_intent_.record(received_at - *triggered_by);
  }
  intents_.push_back({.entry = entries_.size(),
                      .pair = intent.request.pair,
                      .triggered_by = triggered_by,
                      .received_at = received_at,
                      .promise = std::move(promise)});
  entries_.push_back({.record = intent, .received_at = received_at});
}

void LedgerDesk::flush() {
  if (entries_.empty()) {
    return;
  }
  if (ledger_.lost()) {
    // Not tried here: an intent must not wait for a server that is away.
    failed(caf::make_error(Errc::ledger_refused, ledger_.name() + ": the connection is lost"));
    return;
  }
  const auto started = clock_();
  const auto outcomes = ledger_.write(entries_);
  if (outcomes) {
    committed(*outcomes, started);
  } else {
    failed(outcomes.error());
  }
}

void LedgerDesk::committed(const std::vector<LedgerOutcome>& outcomes, Timestamp started) {
  const auto now = clock_();
  commit_.record(now - started);
  ++counts_["commits"];
  counts_["batch_max"] = std::max(counts_["batch_max"], static_cast<std::int64_t>(outcomes.size()));
  if (failures_in_a_row_ > 0) {
    spdlog::info("ledger.recovered failures={} records={}", failures_in_a_row_,
                 entries_.size() - intents_.size());
    failures_in_a_row_ = 0;
  }
  for (auto& intent : intents_) {
    answer(intent, outcomes[intent.entry].refused, now);
  }
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    count_record(entries_[i], outcomes[i]);
  }
  entries_.clear();
  intents_.clear();
}

void LedgerDesk::failed(const caf::error& why) {
  ++counts_["failures"];
  if (std::has_single_bit(++failures_in_a_row_)) {
    spdlog::error("ledger.failed times={} refused_intents={} waiting_records={} error={}",
                  failures_in_a_row_, intents_.size(), entries_.size() - intents_.size(),
                  describe(why));
  }
  for (auto& intent : intents_) {
    answer(intent, why, {});
  }
  intents_.clear();
  if (ledger_.in_doubt() && doubtful_.empty()) {
    doubtful_ = std::exchange(entries_, {});
    return;
  }
  std::erase_if(entries_, is_intent);
  drop_outdated(entries_);
}

void LedgerDesk::tick() {
  if (ledger_.lost() && clock_() >= retry_at_) {
    resume();
  }
  flush();
}

void LedgerDesk::finish() {
  if (ledger_.lost()) {
    resume();
  }
  flush();
}

void LedgerDesk::resume() {
  const auto outcomes = ledger_.resume();
  if (!outcomes) {
    retry_at_ = clock_() + backoff_.next();
    if (std::has_single_bit(++failed_resumptions_)) {
      spdlog::error("ledger.away times={} waiting_records={} error={}", failed_resumptions_,
                    waiting(), describe(outcomes.error()));
    }
    return;
  }
  ++counts_["reconnects"];
  backoff_.reset();
  failed_resumptions_ = 0;
  settle_doubt(*outcomes);
  spdlog::warn("ledger.reconnected place={} waiting_records={}", ledger_.name(), waiting());
}

/// What is in the ledger is not written again, what is not goes before anything newer. Nobody was
/// told that an intent is committed, so that none of its orders was sent.
void LedgerDesk::settle_doubt(const std::optional<std::vector<LedgerOutcome>>& outcomes) {
  const auto doubtful = std::exchange(doubtful_, {});
  std::vector<LedgerEntry> first;
  for (std::size_t i = 0; i < doubtful.size(); ++i) {
    const auto* const intent = std::get_if<CommitIntent>(&doubtful[i].record);
    if (!outcomes && intent == nullptr) {
      first.push_back(doubtful[i]);
    }
    if (outcomes) {
      count_record(doubtful[i], (*outcomes)[i]);
    }
    if (outcomes && intent != nullptr && !(*outcomes)[i].refused) {
      const auto reports = unsent(*intent);
      first.insert(first.end(), reports.begin(), reports.end());
    }
  }
  if (!doubtful.empty()) {
    spdlog::warn("ledger.doubt_settled entries={} committed={}", doubtful.size(),
                 outcomes.has_value());
  }
  entries_.insert(entries_.begin(), first.begin(), first.end());
  for (auto& intent : intents_) {
    intent.entry += first.size();
  }
}

std::vector<LedgerEntry> LedgerDesk::unsent(const CommitIntent& intent) {
  std::vector<LedgerEntry> reports;
  const auto now = clock_();
  for (const auto& order : intent.orders) {
    reports.push_back({.record = OrderReport{.pair = order.pair,
                                             .leg = order.leg,
                                             .client_order_id = order.client_order_id,
                                             .market = order.market,
                                             .venue = order.ref.venue,
                                             .side = order.side,
                                             .action = order.action,
                                             .status = OrderStatus::rejected,
                                             .reason = "not sent: its commit was not answered",
                                             .sent_at = now,
                                             .reported_at = now},
                       .received_at = now});
  }
  return reports;
}

void LedgerDesk::answer(Intent& intent, const caf::error& refused, Timestamp now) {
  if (refused) {
    ++counts_["intents_refused"];
    spdlog::warn("ledger.intent_refused pair={} error={}", to_hex(intent.pair), describe(refused));
    intent.promise.deliver(refused);
    return;
  }
  if (intent.triggered_by) {
    tick_to_commit_.record(now - *intent.triggered_by);
  }
  intent.promise.deliver(
    IntentCommitted{.pair = intent.pair, .received_at = intent.received_at, .committed_at = now});
}

void LedgerDesk::count_record(const LedgerEntry& entry, const LedgerOutcome& outcome) {
  const std::string name = count_names[entry.record.index()];
  if (outcome.refused && is_intent(entry)) {
    return; // counted with its answer
  }
  ++counts_[outcome.duplicate ? name + "_duplicate" : outcome.refused ? name + "_refused" : name];
  if (outcome.refused) {
    ++counts_["records_refused"];
    spdlog::error("ledger.record_refused error={}", describe(outcome.refused));
    return;
  }
  if (const auto* const fill = std::get_if<Fill>(&entry.record); fill && !outcome.duplicate) {
    ++counts_[fmt::format("fills_{}", to_string(fill->state))];
  }
}

caf::result<AccountView> LedgerDesk::account(const ReadAccount& question) {
  const auto asked_at = clock_();
  flush();
  if (waiting() > 0) {
    return caf::make_error(Errc::ledger_refused, "the ledger fails: what waits is not in it");
  }
  auto view = ledger_.account(question.venue);
  if (!view) {
    return view.error();
  }
  view->asked_at = asked_at;
  view->at = asked_at;
  return std::move(*view);
}

Metrics LedgerDesk::metrics() const {
  Metrics metrics{.source = "ledger", .values = counts_};
  metrics.values["waiting"] = static_cast<std::int64_t>(waiting());
  metrics.values["failing"] = failures_in_a_row_ > 0 || ledger_.lost() ? 1 : 0;
  tick_to_intent_.report("tick_to_intent_us", metrics.values);
  tick_to_commit_.report("tick_to_commit_us", metrics.values);
  commit_.report("commit_us", metrics.values);
  return metrics;
}

LedgerState::~LedgerState() {
  if (!desk) {
    return;
  }
  desk->finish();
  if (desk->waiting() > 0) {
    spdlog::error("ledger.records_lost count={}", desk->waiting());
  }
}

LedgerActor::behavior_type
ledger(LedgerActor::stateful_pointer<LedgerState> self, Ledger file, LedgerDesk::Clock clock) {
  self->state.desk.emplace(std::move(file), std::move(clock));
  // Only this thread takes messages out, so that an empty mailbox means: nobody else waits.
  const auto flush_if_last = [self] {
    auto& desk = *self->state.desk;
    if ((desk.urgent() && self->mailbox().empty()) || desk.full()) {
      self->state.desk->flush();
    }
  };
  const auto record = [self, flush_if_last](const auto& message) {
    self->state.desk->add(message);
    flush_if_last();
  };
  // Whatever else is the last message of a batch must not hold it up.
  self->set_down_handler([flush_if_last](const caf::down_msg&) { flush_if_last(); });
  // By default an error from anybody, such as one that bounces back, would end the ledger.
  self->set_error_handler([flush_if_last](const caf::error& error) {
    spdlog::warn("ledger.error_received error={}", describe(error));
    flush_if_last();
  });
  self->set_default_handler(
    [flush_if_last](caf::scheduled_actor*, caf::message_view&) -> caf::result<caf::message> {
      flush_if_last();
      return caf::sec::unexpected_message;
    });
  self->set_exit_handler([self](const caf::exit_msg& message) {
    self->state.desk->finish();
    self->quit(message.reason);
  });
  return {
    [self, flush_if_last](const CommitIntent& intent) {
      auto promise = self->make_response_promise<IntentCommitted>();
      self->state.desk->add(intent, promise);
      flush_if_last();
      return promise;
    },
    [record](const OrderReport& report) { record(report); },
    [record](const Fill& fill) { record(fill); },
    [record](const PairClosed& pair) { record(pair); },
    [record](const BalanceUpdate& balance) { record(balance); },
    [record](const Settlement& settlement) { record(settlement); },
    [record](const Reconciliation& compared) { record(compared); },
    [self](const TradingControl& control) {
      // Somebody said stop: a crash right after it must not lose that.
      self->state.desk->add(control);
      self->state.desk->flush();
    },
    [self](const ReadAccount& question) { return self->state.desk->account(question); },
    [self](const Tick&) { self->state.desk->tick(); },
    [self](caf::get_atom) {
      self->state.desk->flush();
      return self->state.desk->metrics();
    },
  };
}

LedgerActor spawn_ledger(caf::actor_system& system, Ledger file, LedgerDesk::Clock clock) {
  return system.spawn<caf::detached>(ledger, std::move(file), std::move(clock));
}

} // namespace arbees
