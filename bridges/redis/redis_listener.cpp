#include "bridges/redis/redis_listener.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <random>

#include "bridges/net/backoff.hpp"

namespace arbees {

namespace {

using std::chrono::steady_clock;

/// How soon the thread notices that it shall end.
constexpr std::chrono::milliseconds look_every{100};

bool confirms(const RedisReply& reply) {
  return !reply.items.empty()
         && (reply.items[0].text == "subscribe" || reply.items[0].text == "psubscribe");
}

} // namespace

RedisListener::RedisListener(RedisListenerConfig config, OnMessage on_message)
  : config_{std::move(config)}, on_message_{std::move(on_message)}, thread_{[this] { run(); }} {}

RedisListener::~RedisListener() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  stop_.notify_all();
  thread_.join();
}

void RedisListener::run() {
  Backoff backoff{config_.first_wait, config_.longest_wait, std::random_device{}()};
  while (!stopping()) {
    const auto error = listen();
    if (std::exchange(heard_, false)) {
      backoff.reset();
    }
    if (error && !std::exchange(away_, true)) {
      spdlog::warn("redis_listener.deaf address={} channels={} error=\"{}\": tried again",
                   config_.address.shown(), shown_channels(), describe(error));
    }
    if (!wait(backoff.next())) {
      return;
    }
  }
}

caf::error RedisListener::listen() {
  auto connection = RedisConnection::open(config_.address, config_.timeouts);
  if (!connection) {
    return connection.error();
  }
  if (auto failed = subscribe(*connection)) {
    return failed;
  }
  spdlog::info("redis_listener.listening address={} channels={}", config_.address.shown(),
               shown_channels());
  away_ = false;
  heard_ = true;
  return hear(*connection);
}

caf::error RedisListener::subscribe(RedisConnection& connection) {
  for (const auto& channel : config_.channels) {
    if (auto failed = connection.send({"SUBSCRIBE", channel})) {
      return failed;
    }
  }
  for (const auto& pattern : config_.patterns) {
    if (auto failed = connection.send({"PSUBSCRIBE", pattern})) {
      return failed;
    }
  }
  const auto wanted = config_.channels.size() + config_.patterns.size();
  const auto end = steady_clock::now() + config_.timeouts.silence;
  for (std::size_t confirmed = 0; confirmed < wanted;) {
    const auto reply = connection.receive(look_every);
    if (!reply) {
      return reply.error();
    }
    if (*reply && (*reply)->is_error()) {
      return caf::make_error(Errc::bad_credential, "Redis: SUBSCRIBE: " + (*reply)->text);
    }
    if (*reply) {
      // Behind the confirmation a message may follow at once.
      confirmed += confirms(**reply) ? 1 : 0;
      pass_on(**reply);
    } else if (steady_clock::now() > end) {
      return caf::make_error(Errc::timed_out, std::string{"Redis: SUBSCRIBE was not answered"});
    }
  }
  return {};
}

caf::error RedisListener::hear(RedisConnection& connection) {
  auto heard_at = steady_clock::now();
  auto probed = false;
  while (!stopping()) {
    auto reply = connection.receive(look_every);
    if (!reply) {
      return reply.error();
    }
    const auto now = steady_clock::now();
    if (*reply) {
      heard_at = now;
      probed = false;
      pass_on(**reply);
    } else if (probed && now - heard_at > 2 * config_.probe_after) {
      return caf::make_error(Errc::timed_out, std::string{"Redis: no sign of life"});
    } else if (!probed && now - heard_at > config_.probe_after) {
      probed = true;
      if (auto failed = connection.send({"PING"})) {
        return failed;
      }
    }
  }
  return {};
}

void RedisListener::pass_on(const RedisReply& reply) {
  if (reply.items.size() == 3 && reply.items[0].text == "message") {
    on_message_(reply.items[1].text, reply.items[2].text);
  } else if (reply.items.size() == 4 && reply.items[0].text == "pmessage") {
    on_message_(reply.items[2].text, reply.items[3].text);
  }
}

std::string RedisListener::shown_channels() const {
  auto names = config_.channels;
  names.insert(names.end(), config_.patterns.begin(), config_.patterns.end());
  return fmt::format("{}", fmt::join(names, ","));
}

bool RedisListener::stopping() const {
  const std::lock_guard lock{mutex_};
  return stopping_;
}

bool RedisListener::wait(Duration span) {
  std::unique_lock lock{mutex_};
  return !stop_.wait_for(lock, span, [this] { return stopping_; });
}

} // namespace arbees
