#include "bridges/redis/redis_stream_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "bridges/redis/redis_mirror.hpp"

namespace arbees {

namespace {

caf::error refused(const RedisReply& reply) {
  return caf::make_error(Errc::io_failed, "Redis: " + reply.text);
}

std::optional<std::pair<std::uint64_t, std::uint64_t>> entry_id(std::string_view text) {
  std::pair<std::uint64_t, std::uint64_t> id;
  const auto* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, id.first);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '-') {
    return std::nullopt;
  }
  const auto second = std::from_chars(first.ptr + 1, end, id.second);
  return second.ec == std::errc{} && second.ptr == end ? std::optional{id} : std::nullopt;
}

std::map<std::string, std::string> fields_of(const std::vector<RedisReply>& list) {
  std::map<std::string, std::string> fields;
  for (std::size_t i = 0; i + 1 < list.size(); i += 2) {
    fields.emplace(list[i].text, list[i + 1].text);
  }
  return fields;
}

} // namespace

RedisStreamReader::RedisStreamReader(RedisConnection connection, std::vector<std::string> prefixes,
                                     RedisTimeouts timeouts)
  : connection_{std::move(connection)}, prefixes_{std::move(prefixes)}, timeouts_{timeouts} {
  for (const auto& stream : redis_streams()) {
    positions_[std::string{stream.key}];
  }
}

caf::expected<RedisStreamReader>
RedisStreamReader::open(const RedisAddress& address, std::vector<std::string> prefixes,
                        RedisTimeouts timeouts) {
  auto connection = RedisConnection::open(address, timeouts);
  if (!connection) {
    return connection.error();
  }
  return RedisStreamReader{std::move(*connection), std::move(prefixes), timeouts};
}

caf::expected<std::vector<WireMessage>> RedisStreamReader::last(std::size_t count) {
  std::vector<Entry> entries;
  const auto most = std::to_string(std::max<std::size_t>(count, 1));
  for (const auto& [stream, position] : positions_) {
    const auto reply = connection_.ask({"XREVRANGE", stream, "+", "-", "COUNT", most});
    if (!reply) {
      return reply.error();
    }
    if (reply->is_error()) {
      return refused(*reply);
    }
    for (const auto& entry : reply->items) {
      take(entry, stream, entries);
    }
  }
  std::ranges::stable_sort(entries, {}, &Entry::id);
  std::vector<WireMessage> messages;
  const auto surplus = entries.size() - std::min(entries.size(), count);
  for (auto i = surplus; i < entries.size(); ++i) {
    messages.push_back(std::move(entries[i].message));
  }
  return messages;
}

caf::expected<std::vector<WireMessage>>
RedisStreamReader::next(std::chrono::milliseconds patience) {
  // Redis's own wait must end before ours.
  const auto wait = std::clamp<std::int64_t>(patience.count(), 1, timeouts_.silence.count() / 2);
  const auto wait_text = std::to_string(wait);
  std::vector<std::string> positions;
  std::vector<std::string_view> words{"XREAD", "COUNT", "1000", "BLOCK", wait_text, "STREAMS"};
  for (const auto& [stream, position] : positions_) {
    words.push_back(stream);
    positions.push_back(fmt::format("{}-{}", position.first, position.second));
  }
  words.insert(words.end(), positions.begin(), positions.end());
  const auto reply = connection_.ask(words);
  if (!reply) {
    return reply.error();
  }
  if (reply->is_error()) {
    return refused(*reply);
  }
  std::vector<Entry> entries;
  for (const auto& stream : reply->items) {
    if (stream.items.size() != 2) {
      ++unreadable_;
      continue;
    }
    for (const auto& entry : stream.items[1].items) {
      take(entry, stream.items[0].text, entries);
    }
  }
  std::ranges::stable_sort(entries, {}, &Entry::id);
  std::vector<WireMessage> messages;
  for (auto& entry : entries) {
    messages.push_back(std::move(entry.message));
  }
  return messages;
}

void RedisStreamReader::take(const RedisReply& entry, const std::string& stream,
                             std::vector<Entry>& entries) {
  const auto id = entry.items.size() == 2 ? entry_id(entry.items[0].text) : std::nullopt;
  const auto position = positions_.find(stream);
  if (!id || position == positions_.end()) {
    ++unreadable_;
    return;
  }
  position->second = std::max(position->second, *id);
  auto message = message_of(fields_of(entry.items[1].items));
  if (!message) {
    ++unreadable_;
  } else if (wanted(message->topic)) {
    entries.push_back({.id = *id, .message = std::move(*message)});
  }
}

bool RedisStreamReader::wanted(const std::string& topic) const {
  return std::ranges::any_of(prefixes_,
                             [&](const std::string& prefix) { return topic.starts_with(prefix); });
}

} // namespace arbees
