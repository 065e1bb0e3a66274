#pragma once

#include <caf/expected.hpp>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "actors/messages/discovery.hpp"
#include "bridges/redis/redis_connection.hpp"

namespace arbees {

/// A question as it lies on the list, and where its answer goes.
struct DiscoveryLetter {
  std::string reply_to; ///< empty: it cannot even be answered
  DiscoveryRequest request;
  /// Why the question cannot be asked, a stable name: too_large, bad_json, bad_reply_to, bad_id,
  /// bad_deadline, bad_league, bad_game_id, bad_teams, nothing_asked; empty if it can.
  std::string malformed;
};

/// Reads `{"id":"1","reply_to":"discovery:reply:1","deadline_ms":1795226400123,"game_id":…,
/// "teams":[…],"league":…}`. @param now a deadline further ahead than a minute is refused
DiscoveryLetter parse_discovery(std::string_view text, Timestamp now);

/// `{"id":"1","at_ms":…,"games":[…],"error":null}`, each game as in `markets.matched.*`; or
/// `"error":{"code":"not_matched","reason":"…"}`.
std::string discovery_text(const DiscoveryAnswer& answer);

struct RedisDiscoveryConfig {
  RedisAddress address;
  RedisTimeouts timeouts{.connect = std::chrono::milliseconds{1'000},
                         .silence = std::chrono::milliseconds{2'000}};
  std::string requests = "discovery:requests"; ///< list that questions are pushed to
  std::chrono::seconds reply_lives{60};        ///< then Redis forgets a list of answers
  Duration first_wait = std::chrono::milliseconds{100};
  Duration longest_wait = std::chrono::seconds{5};
  std::function<Timestamp()> clock; ///< required
};

/// Answers questions that others push to a list of a Redis, one after the other, on a thread of its
/// own. What comes from there is hostile until proven otherwise: sizes, names of lists and
/// deadlines are bounded, and all that is refused is counted by reason.
class RedisDiscovery {
public:
  static constexpr std::size_t max_request_bytes = 4'096;
  static constexpr std::size_t max_answer_bytes = 4U << 20U;
  static constexpr std::string_view reply_prefix = "discovery:reply:";

  /// The answer, within the time given, or why there is none. Runs on this thread.
  using Ask = std::function<caf::expected<DiscoveryAnswer>(const DiscoveryRequest&, Duration)>;

  RedisDiscovery(RedisDiscoveryConfig config, Ask ask);
  ~RedisDiscovery();
  RedisDiscovery(const RedisDiscovery&) = delete;
  RedisDiscovery& operator=(const RedisDiscovery&) = delete;

  /// requests, replies, refused:<reason>, replies_refused, replies_unsent, connected. Any thread.
  [[nodiscard]] std::map<std::string, std::int64_t> counters() const;

private:
  void run();
  caf::error serve();
  caf::error answer(RedisConnection& connection, std::string_view text);
  caf::error reply(RedisConnection& connection, const std::string& list, std::string text);
  [[nodiscard]] DiscoveryAnswer ask_about(const DiscoveryLetter& letter);
  void count(const std::string& name);
  [[nodiscard]] bool stopping() const;
  bool wait(Duration span);

  const RedisDiscoveryConfig config_;
  const Ask ask_;
  mutable std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false; ///< with what follows, under the mutex
  bool connected_ = false;
  std::map<std::string, std::int64_t> counters_;
  bool away_ = false; ///< the thread's own: it was said
  std::thread thread_;
};

} // namespace arbees
