#include "bridges/store/history_actor.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <bit>
#include <numeric>

namespace arbees {

namespace {

using Self = HistoryActor::stateful_pointer<HistoryState>;

/// Longer than any write that still makes sense to wait for.
constexpr auto write_timeout = std::chrono::minutes{10};
/// Metrics come about once a second and source: without other news they are the clock of retries.
constexpr std::int64_t beats_per_retry = 16;

void add_sizes(const HistoryBatch& batch, HistoryCounts& sums) {
  std::apply(
    [&](const auto&... rows) {
      std::size_t i = 0;
      ((sums[i++] += static_cast<std::int64_t>(rows.size())), ...);
    },
    batch.tables);
}

void advance(Self self);

void give(Self self) {
  auto& state = self->state;
  state.writer_busy = true;
  self->request(state.writer, write_timeout, state.on_its_way)
    .then(
      [self] {
        auto& done = self->state;
        add_sizes(*done.on_its_way, done.written);
        done.on_its_way.reset();
        done.writer_busy = false;
        advance(self);
      },
      [self](const caf::error&) {
        // The writer has logged it. The rows go first when it is tried again.
        auto& failed = self->state;
        failed.writer_busy = false;
        ++failed.failures;
        failed.beats_since_failure = 0;
        failed.retry_at = failed.buffer->now() + failed.config.retry_after;
      });
}

/// Has old rows deleted; until the answer comes nothing is written.
void forget(Self self) {
  auto& state = self->state;
  const auto now = state.buffer->now();
  state.forget_at = now + state.config.retention_interval;
  state.writer_busy = true;
  self->request(state.writer, write_timeout, Tick{now})
    .then(
      [self](const HistoryCountsPtr& gone) {
        auto& expired = self->state.expired;
        std::transform(gone->begin(), gone->end(), expired.begin(), expired.begin(), std::plus{});
        const auto most = *std::max_element(gone->begin(), gone->end());
        if (most >= static_cast<std::int64_t>(self->state.config.forget_rows)) {
          // There may be more. What waits to be written comes first.
          self->state.forget_at = self->state.buffer->now() + self->state.config.max_age;
        }
        self->state.writer_busy = false;
        advance(self);
      },
      [self](const caf::error&) { // the writer has logged it; the next hour tries again
        ++self->state.failures;
        self->state.writer_busy = false;
        advance(self);
      });
}

/// Starts the next write if one is due and none is under way.
void advance(Self self) {
  auto& state = self->state;
  if (state.writer_busy || !state.writer) {
    return;
  }
  if (state.on_its_way) {
    if (state.buffer->now() >= state.retry_at || state.beats_since_failure >= beats_per_retry) {
      give(self);
    }
    return;
  }
  const auto& kept = state.config.retention;
  if ((kept.prices || kept.others) && state.buffer->now() >= state.forget_at) {
    forget(self);
    return;
  }
  if (state.buffer->due()) {
    state.on_its_way = std::make_shared<const HistoryBatch>(state.buffer->take());
    give(self);
  }
}

template <class Row>
void keep(Self self, Row row, Timestamp stamp) {
  self->state.buffer->add(std::move(row), stamp);
  advance(self);
}

PriceRow price_row(const BookUpdate& x) {
  const auto best = [](const Depth& depth) {
    return depth.empty() ? std::nullopt : std::optional{depth.best()};
  };
  return {.market = x.market,
          .venue = x.venue,
          .status = x.status,
          .reason = x.reason,
          .bid = best(x.bids),
          .ask = best(x.asks),
          .version = x.version,
          .exchange_time = x.exchange_time,
          .received_at = x.received_at};
}

template <class Event>
void keep_game(Self self, std::string_view event, const Event& x) {
  keep(self, GameRow{.event = event, .game = x.game, .state = x.state}, x.state.fetched_at);
}

void keep_match(Self self, const MatchedGame& x) {
  for (const auto& market : x.markets) {
    keep(self, MarketRow{.market = market.id, .ref = market.ref, .game = x.game.id, .at = x.at},
         x.at);
  }
  keep(self,
       MatchRow{.whole = std::make_shared<const MatchedGame>(x),
                .matched = true,
                .game = x.game,
                .score = x.score,
                .tradable = x.tradable,
                .detail = fmt::format("{}", fmt::join(x.reasons, "; ")),
                .at = x.at},
       x.at);
}

void keep_rejection(Self self, const MatchRejected& x) {
  keep(self,
       MatchRow{.game = x.candidate,
                .venue = x.venue,
                .listing = x.listing,
                .gate = x.gate,
                .detail = x.detail,
                .at = x.at},
       x.at);
}

void keep_request(Self self, const ExecutionRequest& x) {
  keep(self, DecisionRow{.signal = x.signal.id, .pair = x.pair, .at = x.approved_at},
       x.approved_at);
  keep(self, x, x.approved_at);
}

void keep_refusal(Self self, const SignalRejected& x) {
  keep(self,
       DecisionRow{.signal = x.signal.id,
                   .filter = x.filter,
                   .measured = x.measured,
                   .limit = x.limit,
                   .at = x.at},
       x.at);
}

Metrics metrics(const HistoryState& state) {
  Metrics metrics{.source = "history"};
  const auto names = history_table_names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    metrics.values["rows:" + names[i]] = state.written[i];
    metrics.values["dropped:" + names[i]] = state.buffer->dropped()[i] + state.lost[i];
    metrics.values["expired:" + names[i]] = state.expired[i];
  }
  metrics.values["errors"] = state.failures;
  metrics.values["buffered"] = static_cast<std::int64_t>(
    state.buffer->size() + (state.on_its_way ? state.on_its_way->size() : 0));
  return metrics;
}

/// Hands everything over and leaves: the writer ends after it has written.
void leave(Self self, const caf::error& reason) {
  auto& state = self->state;
  if (state.writer) {
    self->send(state.writer, caf::flush_atom_v,
               HistoryBatchPtr{std::make_shared<const HistoryBatch>(state.buffer->take())});
    self->send_exit(state.writer, caf::exit_reason::user_shutdown);
  }
  self->quit(reason);
}

void writer_lost(Self self, const caf::down_msg& message) {
  auto& state = self->state;
  if (message.source != state.writer) {
    return;
  }
  spdlog::error("history.writer_lost reason={}", describe(message.reason));
  state.writer = nullptr;
  if (state.on_its_way) {
    add_sizes(*state.on_its_way, state.lost);
    state.on_its_way.reset();
  }
}

} // namespace

HistoryActor::behavior_type history(Self self, HistoryConfig config, HistoryWriterActor writer) {
  self->state.buffer.emplace(config);
  self->state.config = std::move(config);
  self->state.writer = std::move(writer);
  self->monitor(self->state.writer);
  self->set_down_handler([self](const caf::down_msg& message) { writer_lost(self, message); });
  self->set_exit_handler([self](const caf::exit_msg& message) { leave(self, message.reason); });
  self->set_error_handler([](const caf::error& error) {
    spdlog::warn("history.error_received error={}", describe(error));
  });
  return {
    [self](const Metrics&) {
      ++self->state.beats_since_failure;
      advance(self);
    },
    [self](const BookUpdate& x) { keep(self, price_row(x), x.received_at); },
    [self](const Candle& x) { keep(self, x, x.start); },
    [self](const FeedStatus& x) { keep(self, x, x.at); },
    [self](const GameDiscovered& x) { keep_game(self, "discovered", x); },
    [self](const GameUpdate& x) { keep_game(self, "update", x); },
    [self](const GameEnded& x) { keep_game(self, "ended", x); },
    [self](const MatchedGame& x) { keep_match(self, x); },
    [self](const MatchRejected& x) { keep_rejection(self, x); },
    [self](const Signal& x) { keep(self, x, x.triggered_by); },
    [self](const ExecutionRequest& x) { keep_request(self, x); },
    [self](const SignalRejected& x) { keep_refusal(self, x); },
    [self](const OrderReport& x) { keep(self, x, x.reported_at); },
    [self](const Fill& x) { keep(self, x, x.at); },
    [self](const PairClosed& x) { keep(self, x, x.closed_at); },
    [](const ExitRequest&) {},
    [](const ExitRejected&) {},
    [self](const ExitEnded& x) { keep(self, x, x.at); },
    [self](const PositionUpdate& x) { keep(self, x, x.at); },
    [](const PositionsSnapshot&) {},
    [](const ExitSignal&) {},
    [self](const BalanceUpdate& x) { keep(self, x, x.at); },
    [self](const VenueStatus& x) { keep(self, x, x.at); },
    [self](const Settlement& x) { keep(self, x, x.at); },
    [self](const Reconciliation& x) {
      for (const auto& drift : x.drifts) {
        keep(self, DriftRow{.venue = x.venue, .drift = drift, .at = x.at}, x.at);
      }
    },
    [self](const TradingControl& x) { keep(self, x, x.at); },
    [self](caf::get_atom) { return metrics(self->state); },
  };
}

namespace {

caf::error open_store(HistoryWriterState& state) {
  if (state.store) {
    return {};
  }
  auto opened = open_history_store(state.config);
  if (!opened) {
    return opened.error();
  }
  state.store = std::move(*opened);
  spdlog::info("history.open place={}", shown_place(state.config.place));
  if (const auto* const file = state.store->shared_file()) {
    state.readers->open(*file);
  }
  return {};
}

caf::error open_and_write(HistoryWriterState& state, const HistoryBatch& batch) {
  if (auto error = open_store(state)) {
    return error;
  }
  auto error = state.store->write(batch);
  // Whoever reads shares the memory that DuckDB may use: then there is enough again.
  if (error && state.readers->send_away("the writer needs what it uses")) {
    error = state.store->write(batch);
  }
  if (error && state.store->shared_file() != nullptr) {
    // After a fatal error DuckDB wants to be opened anew. A PostgreSQL session is taken up again by
    // the store itself, which remembers a commit that got no answer.
    state.close();
  }
  return error;
}

caf::expected<HistoryCountsPtr> forget_old(HistoryWriterState& state, Timestamp now) {
  if (auto error = open_store(state)) {
    return error;
  }
  auto gone = state.store->forget(now);
  if (!gone) {
    spdlog::warn("history.retention_failed error={}", describe(gone.error()));
    return gone.error();
  }
  if (const auto rows = std::accumulate(gone->begin(), gone->end(), std::int64_t{0}); rows > 0) {
    spdlog::info("history.expired rows={}", rows);
  }
  return std::make_shared<const HistoryCounts>(*gone);
}

caf::error write(HistoryWriterState& state, const HistoryBatch& batch) {
  auto error = open_and_write(state, batch);
  if (error && std::has_single_bit(++state.failures_in_a_row)) {
    spdlog::warn("history.failed times={} rows={} error={}", state.failures_in_a_row, batch.size(),
                 describe(error));
  }
  if (!error && state.failures_in_a_row > 0) {
    spdlog::info("history.recovered failures={} rows={}", state.failures_in_a_row, batch.size());
    state.failures_in_a_row = 0;
  }
  return error;
}

} // namespace

HistoryWriterActor::behavior_type
history_writer(HistoryWriterActor::stateful_pointer<HistoryWriterState> self, HistoryConfig config,
               std::shared_ptr<HistoryReaders> readers) {
  self->state.config = std::move(config);
  self->state.readers = std::move(readers);
  // The file and its tables are there before the first row.
  write(self->state, {});
  return {
    [self](const HistoryBatchPtr& batch) -> caf::result<void> {
      auto error = write(self->state, *batch);
      self->state.refused = error ? batch : nullptr;
      return error ? caf::result<void>{error} : caf::result<void>{};
    },
    [self](const Tick& tick) -> caf::result<HistoryCountsPtr> {
      return forget_old(self->state, tick.now);
    },
    [self](caf::flush_atom, const HistoryBatchPtr& last) {
      for (const auto& batch : {self->state.refused, last}) {
        if (batch != nullptr && batch->size() > 0 && write(self->state, *batch)) {
          spdlog::error("history.rows_lost count={}", batch->size());
        }
      }
    },
  };
}

HistoryActor spawn_history(caf::actor_system& system, const HistoryConfig& config,
                           std::shared_ptr<HistoryReaders> readers) {
  const auto writer = system.spawn<caf::detached>(history_writer, config, std::move(readers));
  return system.spawn(history, config, writer);
}

} // namespace arbees
