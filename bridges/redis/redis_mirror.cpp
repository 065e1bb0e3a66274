#include "bridges/redis/redis_mirror.hpp"

#include <fmt/format.h>

#include <charconv>

#include "bridges/envelope/json_text.hpp"

namespace arbees {

namespace {

constexpr std::string_view day_seconds = "86400";

template <class Integer>
std::optional<Integer> whole(std::string_view text) {
  Integer value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional{value}
                                                                  : std::nullopt;
}

/// The game that a price belongs to; empty if the payload names none.
std::string game_of(std::string_view payload) {
  const auto document = JsonDocument::parse(payload);
  return document ? document->root()["game_id"].text().value_or("") : std::string{};
}

void add_to_stream(RedisPipeline& pipeline, std::size_t owner, const RedisStream& stream,
                   const WireMessage& message) {
  const fmt::format_int seq{message.seq};
  const fmt::format_int sent{message.timestamp_ms};
  const fmt::format_int received{to_ms(message.received_at)};
  const auto view = [](const fmt::format_int& number) {
    return std::string_view{number.data(), number.size()};
  };
  pipeline.add(owner, {"XADD",        stream.key,
                       "MAXLEN",      "~",
                       stream.length, "*",
                       "topic",       message.topic,
                       "payload",     message.payload,
                       "zmq_seq",     view(seq),
                       "zmq_ts",      view(sent),
                       "recv_ts",     view(received),
                       "source",      message.source,
                       "run",         message.run});
}

void publish_price(RedisPipeline& pipeline, std::size_t owner, const WireMessage& message) {
  if (const auto game = game_of(message.payload); !game.empty()) {
    pipeline.add(owner, {"PUBLISH", fmt::format("game:{}:price", game), message.payload});
  }
  const auto kalshi = message.topic.starts_with("prices.kalshi.");
  pipeline.add(owner, {"PUBLISH", kalshi ? "prices:kalshi" : "prices:poly", message.payload});
}

/// Of `games.{league}.{game_id}`; discoveries, ends and what shards say have other second words.
void publish_game(RedisPipeline& pipeline, std::size_t owner, const WireMessage& message) {
  const auto rest = std::string_view{message.topic}.substr(std::string_view{"games."}.size());
  const auto dot = rest.find('.');
  const auto league = rest.substr(0, dot);
  if (dot == std::string_view::npos || league == "discovered" || league == "ended") {
    return;
  }
  const auto game = rest.substr(dot + 1);
  pipeline.add(owner, {"PUBLISH", fmt::format("game:{}:state", game), message.payload});
  if (league != "state") {
    pipeline.add(owner, {"SET", fmt::format("games:{}:{}", league, game), message.payload, "EX",
                         day_seconds});
  }
}

void publish(RedisPipeline& pipeline, std::size_t owner, const WireMessage& message) {
  const std::string_view topic = message.topic;
  if (topic.starts_with("prices.")) {
    publish_price(pipeline, owner, message);
  } else if (topic.starts_with("signals.trade.")) {
    pipeline.add(owner, {"PUBLISH", "signals:new", message.payload});
    pipeline.add(owner, {"PUBLISH", "signals:trades", message.payload});
  } else if (topic.starts_with("games.")) {
    publish_game(pipeline, owner, message);
  }
}

} // namespace

const std::vector<RedisStream>& redis_streams() {
  static const std::vector<RedisStream> streams{
    {"prices.kalshi.", "stream:prices:kalshi", "50000"},
    {"prices.poly.", "stream:prices:polymarket", "50000"},
    {"signals.", "stream:signals", "5000"},
    {"execution.", "stream:executions", "5000"},
    {"trades.", "stream:trades", "5000"},
    {"games.", "stream:games", "5000"},
    {"markets.", "stream:games", "5000"},
  };
  return streams;
}

const RedisStream* redis_stream_of(std::string_view topic) {
  for (const auto& stream : redis_streams()) {
    if (topic.starts_with(stream.prefix)) {
      return &stream;
    }
  }
  return nullptr;
}

void mirror(RedisPipeline& pipeline, std::size_t owner, const RedisMirrorConfig& config,
            const WireMessage& message) {
  if (const auto* const stream = redis_stream_of(message.topic); stream && config.streams) {
    add_to_stream(pipeline, owner, *stream, message);
  }
  if (config.publish) {
    publish(pipeline, owner, message);
  }
}

std::optional<WireMessage> message_of(const std::map<std::string, std::string>& fields) {
  const auto field = [&](const char* name) {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string{} : found->second;
  };
  const auto seq = whole<std::uint64_t>(field("zmq_seq"));
  const auto sent = whole<std::int64_t>(field("zmq_ts"));
  const auto received = whole<std::int64_t>(field("recv_ts"));
  if (!seq || !sent || !received || field("topic").empty() || field("source").empty()) {
    return std::nullopt;
  }
  return WireMessage{.topic = field("topic"),
                     .source = field("source"),
                     .run = field("run"),
                     .seq = *seq,
                     .timestamp_ms = *sent,
                     .payload = field("payload"),
                     .received_at = from_ms(*received)};
}

} // namespace arbees
