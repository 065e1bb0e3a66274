#include "bridges/redis/redis_writer.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <limits>
#include <random>

#include "bridges/envelope/json_writer.hpp"

namespace arbees {

namespace {

/// Of commands that belong to no message: heartbeats. They are not tried again.
constexpr auto nobody = std::numeric_limits<std::size_t>::max();

/// Refusals that pass: the command is kept and tried again.
bool may_pass(std::string_view error) {
  constexpr std::array<std::string_view, 9> words{"OOM",        "LOADING",  "BUSY",
                                                  "MISCONF",    "READONLY", "MASTERDOWN",
                                                  "NOREPLICAS", "TRYAGAIN", "CLUSTERDOWN"};
  return std::ranges::any_of(words, [&](std::string_view word) {
    return error == word || error.starts_with(std::string{word} + ' ');
  });
}

double seconds(Duration span) {
  return std::chrono::duration<double>(span).count();
}

} // namespace

RedisWriter::RedisWriter(RedisWriterConfig config)
  : config_{std::move(config)},
    backoff_{config_.first_wait, config_.longest_wait, std::random_device{}()} {
  assert(config_.clock && "a writer needs a clock");
}

void RedisWriter::take(const OutputBatch& batch) {
  assert(idle() && "one batch at a time");
  batch_.emplace();
  batch_->output = batch.output;
  batch_->messages = batch.messages.size();
  batch_->notices = batch.notices.size();
  for (const auto& notice : batch.notices) {
    if (notice.event == "statistics") {
      statistics_ = notice.text;
    }
  }
  for (std::size_t i = 0; i < batch.messages.size(); ++i) {
    const auto before = pipeline_.size();
    mirror(pipeline_, i, config_.mirror, batch.messages[i]);
    batch_->unmirrored += pipeline_.size() == before ? 1 : 0;
    batch_->received_at.push_back(batch.messages[i].received_at);
  }
}

std::optional<OutputDone> RedisWriter::advance() {
  const auto now = config_.clock();
  if (now < retry_at_ || (!connection_ && !connect())) {
    return std::nullopt;
  }
  if (now >= beat_at_) {
    beat(now);
  }
  if (!pipeline_.empty()) {
    write();
  }
  return batch_ && pipeline_.empty() ? std::optional{finish()} : std::nullopt;
}

Duration RedisWriter::rest() const {
  constexpr Duration shortest = std::chrono::milliseconds{5};
  // A batch may come, and fail, at any time: the next attempt must not wait for the heartbeat.
  constexpr Duration longest = std::chrono::milliseconds{250};
  const auto next = connection_ && pipeline_.empty() ? beat_at_ : retry_at_;
  return std::clamp<Duration>(next - config_.clock(), shortest, longest);
}

bool RedisWriter::connect() {
  auto connection = RedisConnection::open(config_.address, config_.timeouts);
  if (!connection) {
    fail(connection.error());
    return false;
  }
  connection_.emplace(std::move(*connection));
  if (!down_since_) {
    spdlog::info("redis_writer.connected address={}", config_.address.shown());
  }
  return true;
}

void RedisWriter::write() {
  RedisPipeline again;
  const auto error =
    connection_->run(pipeline_, [&](const RedisReply& reply) { hear(reply, again); });
  if (error) {
    counters_.resent += pipeline_.size();
  }
  // What Redis could not do now, and then what it has not answered.
  while (!pipeline_.empty()) {
    if (pipeline_.front_owner() != nobody) {
      again.add_encoded(pipeline_.front_owner(), pipeline_.front());
    }
    pipeline_.pop();
  }
  const auto full = !error && !again.empty();
  pipeline_ = std::move(again);
  if (error) {
    connection_.reset();
    fail(error);
  } else if (full) {
    fail(caf::make_error(Errc::io_failed, std::string{"Redis: takes nothing now (memory full?)"}));
  } else {
    recover();
  }
}

void RedisWriter::hear(const RedisReply& reply, RedisPipeline& again) {
  const auto owner = pipeline_.front_owner();
  if (!reply.is_error()) {
    return;
  }
  auto& total = counters_.refusals[error_word(reply.text)];
  if (std::has_single_bit(static_cast<std::uint64_t>(++total))) {
    spdlog::warn("redis_writer.refused reason={} total={}", error_word(reply.text), total);
  }
  if (owner == nobody) {
    return;
  }
  if (may_pass(reply.text)) {
    again.add_encoded(owner, pipeline_.front());
  } else {
    batch_->refused.insert(owner);
  }
}

void RedisWriter::beat(Timestamp now) {
  beat_at_ = now + config_.heartbeat_every;
  add_heartbeat("running", now);
}

void RedisWriter::add_heartbeat(std::string_view status, Timestamp now) {
  std::string text;
  JsonWriter json{text};
  json.open_object().key("service").text("zmq_listener").key("node").text(config_.node);
  json.key("status").text(status).key("mode").text(config_.mode);
  json.key("timestamp_ms").integer(to_ms(now));
  json.key("written").count(counters_.written).key("refused").count(counters_.refused);
  json.key("resent").count(counters_.resent).key("outages").count(counters_.outages);
  json.key("lag_p99_us").integer(lag_.quantile_us(0.99));
  json.key("statistics").text(statistics_).close_object();
  const auto lives = std::chrono::ceil<std::chrono::seconds>(3 * config_.heartbeat_every);
  const auto ttl = std::to_string(lives.count());
  pipeline_.add(nobody, {"SET", fmt::format("health:hb:{}", config_.node), text, "EX", ttl});
  pipeline_.add(nobody, {"SET", "service:zmq_listener:status", text, "EX", ttl});
}

void RedisWriter::say_goodbye() {
  if (!connection_) {
    return;
  }
  pipeline_.clear();
  add_heartbeat("stopped", config_.clock());
  static_cast<void>(connection_->run(pipeline_, [](const RedisReply&) {}));
  pipeline_.clear();
}

void RedisWriter::fail(const caf::error& error) {
  const auto now = config_.clock();
  ++counters_.attempts_failed;
  if (!down_since_) {
    down_since_ = now;
    ++counters_.outages;
    spdlog::warn("redis_writer.away address={} error=\"{}\": tried again, what comes waits",
                 config_.address.shown(), describe(error));
  }
  retry_at_ = now + backoff_.next();
}

void RedisWriter::recover() {
  if (down_since_) {
    spdlog::warn("redis_writer.back address={} away_s={:.1f} resent={}", config_.address.shown(),
                 seconds(config_.clock() - *down_since_), counters_.resent);
    down_since_.reset();
  }
  backoff_.reset();
}

OutputDone RedisWriter::finish() {
  const auto now = config_.clock();
  const auto refused = batch_->refused.size();
  const auto mirrored = batch_->messages - batch_->unmirrored;
  counters_.written += mirrored - refused;
  counters_.refused += refused;
  counters_.unmirrored += batch_->unmirrored;
  for (const auto received : batch_->received_at) {
    lag_.record(now - received);
  }
  const OutputDone done{.output = batch_->output,
                        .written = batch_->messages + batch_->notices - refused,
                        .failed = refused};
  batch_.reset();
  return done;
}

Metrics RedisWriter::metrics() const {
  Metrics metrics{.source = "redis"};
  const auto put = [&](std::string name, std::uint64_t value) {
    metrics.values[std::move(name)] = static_cast<std::int64_t>(value);
  };
  put("connected", connection_ ? 1 : 0);
  put("written", counters_.written);
  put("unmirrored", counters_.unmirrored);
  put("refused", counters_.refused);
  put("resent", counters_.resent);
  put("outages", counters_.outages);
  put("attempts_failed", counters_.attempts_failed);
  for (const auto& [reason, total] : counters_.refusals) {
    metrics.values["refused:" + reason] = total;
  }
  lag_.report("lag_us", metrics.values);
  return metrics;
}

} // namespace arbees
