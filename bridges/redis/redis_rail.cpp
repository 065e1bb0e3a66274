#include "bridges/redis/redis_rail.hpp"

#include <spdlog/spdlog.h>

#include <bit>
#include <random>

namespace arbees {

namespace {

/// One write, after which the answers are read: what a Redis that hangs can hold up.
constexpr std::size_t most_at_once = 1'024;
constexpr std::size_t most_bytes_at_once = 1U << 20U;

} // namespace

RedisRail::RedisRail(RedisRailConfig config)
  : config_{std::move(config)},
    backoff_{config_.first_wait, config_.longest_wait, std::random_device{}()},
    thread_{[this] { run(); }} {}

RedisRail::~RedisRail() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  work_.notify_all();
  thread_.join();
}

void RedisRail::put(std::string_view topic, std::string_view envelope) {
  Waiting message{.channel = config_.channel_prefix, .envelope = std::string{envelope}};
  message.channel += topic;
  std::uint64_t dropped = 0;
  auto first = false;
  {
    const std::lock_guard lock{mutex_};
    first = waiting_.empty();
    const auto before = dropped_;
    waiting_bytes_ += message.channel.size() + message.envelope.size();
    waiting_.push_back(std::move(message));
    while (waiting_.size() > config_.max_messages || waiting_bytes_ > config_.max_bytes) {
      drop_oldest();
    }
    dropped = dropped_ == before ? 0 : dropped_;
  }
  if (first) {
    work_.notify_one();
  }
  if (dropped > 0 && std::has_single_bit(dropped)) {
    spdlog::warn("redis_rail.dropped total={}: Redis takes too little", dropped);
  }
}

void RedisRail::drop_oldest() {
  const auto& oldest = waiting_.front();
  waiting_bytes_ -= oldest.channel.size() + oldest.envelope.size();
  waiting_.pop_front();
  ++dropped_;
}

void RedisRail::report(std::map<std::string, std::int64_t>& values) const {
  const auto put_value = [&](const char* name, std::uint64_t value) {
    values[std::string{"redis_"} + name] = static_cast<std::int64_t>(value);
  };
  put_value("connected", connected_ ? 1 : 0);
  put_value("sent", sent_);
  put_value("refused", refused_);
  put_value("resent", resent_);
  put_value("outages", outages_);
  const std::lock_guard lock{mutex_};
  put_value("waiting", waiting_.size());
  put_value("dropped", dropped_);
}

void RedisRail::run() {
  while (wait_for_work()) {
    if (!connection_ && !connect()) {
      rest();
      continue;
    }
    if (pipeline_.empty()) {
      take_waiting();
    }
    write();
  }
  // The last words: only if that needs no waiting for a Redis that is away.
  for (take_waiting(); connection_ && !pipeline_.empty(); take_waiting()) {
    write();
  }
}

bool RedisRail::wait_for_work() {
  std::unique_lock lock{mutex_};
  work_.wait(lock, [this] {
    return stopping_ || !waiting_.empty() || !connection_ || !pipeline_.empty();
  });
  return !stopping_;
}

bool RedisRail::connect() {
  auto opened = RedisConnection::open(config_.address, config_.timeouts);
  if (!opened) {
    lose_connection(opened.error());
    return false;
  }
  connection_.emplace(std::move(*opened));
  connected_ = true;
  spdlog::info("redis_rail.connected address={}", config_.address.shown());
  away_ = false;
  resent_ += pipeline_.size();
  return true;
}

void RedisRail::take_waiting() {
  const std::lock_guard lock{mutex_};
  while (!waiting_.empty() && pipeline_.size() < most_at_once
         && pipeline_.bytes().size() < most_bytes_at_once) {
    const auto& next = waiting_.front();
    waiting_bytes_ -= next.channel.size() + next.envelope.size();
    pipeline_.add(0, {"PUBLISH", next.channel, next.envelope});
    waiting_.pop_front();
  }
}

void RedisRail::write() {
  if (pipeline_.empty()) {
    return;
  }
  if (const auto error =
        connection_->run(pipeline_, [this](const RedisReply& reply) { hear(reply); })) {
    lose_connection(error);
  } else {
    backoff_.reset();
  }
}

void RedisRail::hear(const RedisReply& reply) {
  if (!reply.is_error()) {
    ++sent_;
    return;
  }
  if (const auto total = ++refused_; std::has_single_bit(total)) {
    spdlog::warn("redis_rail.refused reason={} total={}", error_word(reply.text), total);
  }
}

void RedisRail::lose_connection(const caf::error& error) {
  connection_.reset();
  connected_ = false;
  if (!std::exchange(away_, true)) {
    ++outages_;
    spdlog::warn("redis_rail.away address={} error=\"{}\": tried again, what comes waits",
                 config_.address.shown(), describe(error));
  }
}

void RedisRail::rest() {
  std::unique_lock lock{mutex_};
  work_.wait_for(lock, backoff_.next(), [this] { return stopping_; });
}

} // namespace arbees
