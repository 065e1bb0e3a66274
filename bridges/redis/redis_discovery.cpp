#include "bridges/redis/redis_discovery.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <random>

#include "bridges/envelope/json_text.hpp"
#include "bridges/envelope/json_writer.hpp"
#include "bridges/envelope/payload_codec.hpp"
#include "bridges/net/backoff.hpp"

namespace arbees {

namespace {

constexpr std::size_t longest_name = 128;
constexpr std::size_t longest_team = 64;
constexpr std::size_t most_teams = 2;
constexpr std::chrono::seconds furthest_deadline{60};
/// Answers that nobody fetches: the newest so many of a list are kept.
constexpr auto most_replies = "99";

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= longest_name
         && std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

std::string read_teams(JsonValue value, std::vector<std::string>& teams) {
  if (!value || value.is_null()) {
    return {};
  }
  const auto children = value.children();
  if (!value.is(JsonKind::array) || children.size() > most_teams) {
    return "bad_teams";
  }
  for (const auto& child : children) {
    auto team = child.text();
    if (!team || team->empty() || team->size() > longest_team) {
      return "bad_teams";
    }
    teams.push_back(std::move(*team));
  }
  return {};
}

/// Fills `request`; a stable name of what is wrong, or nothing.
std::string read_question(JsonValue root, Timestamp now, DiscoveryRequest& request) {
  const auto deadline = root["deadline_ms"].count();
  const auto latest = static_cast<std::uint64_t>(to_ms(now + furthest_deadline));
  if (!deadline || *deadline > latest) {
    return "bad_deadline";
  }
  request.deadline = from_ms(static_cast<std::int64_t>(*deadline));
  if (const auto league = root["league"]; league && !league.is_null()) {
    request.league = parse_league(league.text().value_or(""));
    if (!request.league) {
      return "bad_league";
    }
  }
  if (const auto game = root["game_id"]; game && !game.is_null()) {
    request.game = game.text().value_or("");
    if (!is_name(request.game)) {
      return "bad_game_id";
    }
  }
  if (auto wrong = read_teams(root["teams"], request.teams); !wrong.empty()) {
    return wrong;
  }
  return !request.league && request.game.empty() && request.teams.empty() ? "nothing_asked" : "";
}

DiscoveryAnswer
problem(const DiscoveryRequest& request, DiscoveryProblem what, std::string reason, Timestamp at) {
  return {.id = request.id, .games = {}, .problem = what, .reason = std::move(reason), .at = at};
}

} // namespace

DiscoveryLetter parse_discovery(std::string_view text, Timestamp now) {
  const auto refuse = [](const char* why) {
    DiscoveryLetter letter;
    letter.malformed = why;
    return letter;
  };
  if (text.size() > RedisDiscovery::max_request_bytes) {
    return refuse("too_large");
  }
  const auto document = JsonDocument::parse(text);
  if (!document || !document->root().is(JsonKind::object)) {
    return refuse("bad_json");
  }
  const auto root = document->root();
  DiscoveryLetter letter;
  auto reply_to = root["reply_to"].text().value_or("");
  // Answers go to lists that are there for answers, and nowhere else.
  if (!is_name(reply_to) || !reply_to.starts_with(RedisDiscovery::reply_prefix)) {
    return refuse("bad_reply_to");
  }
  letter.reply_to = std::move(reply_to);
  const auto id = root["id"].text().value_or("");
  if (is_name(id)) {
    letter.request.id = id;
    letter.malformed = read_question(root, now, letter.request);
  } else {
    letter.malformed = "bad_id";
  }
  return letter;
}

std::string discovery_text(const DiscoveryAnswer& answer) {
  std::string text;
  JsonWriter json{text};
  json.open_object().key("id").text(answer.id).key("at_ms").integer(to_ms(answer.at));
  json.key("games").open_array();
  std::string game;
  for (const auto& match : answer.games) {
    game.clear();
    encode_payload(game, match);
    json.raw(game);
  }
  json.close_array().key("error");
  if (answer.problem) {
    json.open_object().key("code").text(to_string(*answer.problem));
    json.key("reason").text(answer.reason).close_object();
  } else {
    json.null();
  }
  json.close_object();
  return text;
}

RedisDiscovery::RedisDiscovery(RedisDiscoveryConfig config, Ask ask)
  : config_{std::move(config)}, ask_{std::move(ask)}, thread_{[this] { run(); }} {}

RedisDiscovery::~RedisDiscovery() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  stop_.notify_all();
  thread_.join();
}

std::map<std::string, std::int64_t> RedisDiscovery::counters() const {
  const std::lock_guard lock{mutex_};
  auto values = counters_;
  values["connected"] = connected_ ? 1 : 0;
  return values;
}

void RedisDiscovery::run() {
  Backoff backoff{config_.first_wait, config_.longest_wait, std::random_device{}()};
  while (!stopping()) {
    const auto error = serve();
    {
      const std::lock_guard lock{mutex_};
      if (std::exchange(connected_, false)) {
        backoff.reset();
      }
    }
    if (error && !std::exchange(away_, true)) {
      spdlog::warn("redis_discovery.away address={} error=\"{}\": tried again",
                   config_.address.shown(), describe(error));
    }
    if (!wait(backoff.next())) {
      return;
    }
  }
}

caf::error RedisDiscovery::serve() {
  auto connection = RedisConnection::open(config_.address, config_.timeouts);
  if (!connection) {
    return connection.error();
  }
  {
    const std::lock_guard lock{mutex_};
    connected_ = true;
  }
  away_ = false;
  spdlog::info("redis_discovery.listening address={} list={}", config_.address.shown(),
               config_.requests);
  while (!stopping()) {
    // Redis's own wait ends before ours, and soon enough for the end of this thread.
    const auto popped = connection->ask({"BRPOP", config_.requests, "0.2"});
    if (!popped) {
      return popped.error();
    }
    if (popped->is_error()) {
      return caf::make_error(Errc::io_failed, "Redis: BRPOP: " + error_word(popped->text));
    }
    if (popped->items.size() == 2) {
      if (auto failed = answer(*connection, popped->items[1].text)) {
        return failed;
      }
    }
  }
  return {};
}

caf::error RedisDiscovery::answer(RedisConnection& connection, std::string_view text) {
  count("requests");
  const auto letter = parse_discovery(text, config_.clock());
  if (letter.reply_to.empty()) {
    count("refused:" + letter.malformed);
    return {};
  }
  auto reply_text = discovery_text(ask_about(letter));
  if (reply_text.size() > max_answer_bytes) {
    count("refused:too_many");
    reply_text = discovery_text(problem(letter.request, DiscoveryProblem::too_many,
                                        "the answer is too large: ask by teams", config_.clock()));
  }
  return reply(connection, letter.reply_to, std::move(reply_text));
}

DiscoveryAnswer RedisDiscovery::ask_about(const DiscoveryLetter& letter) {
  const auto now = config_.clock();
  const auto& request = letter.request;
  if (!letter.malformed.empty()) {
    count("refused:" + letter.malformed);
    return problem(request, DiscoveryProblem::malformed, letter.malformed, now);
  }
  if (now >= request.deadline) {
    count("refused:too_late");
    return problem(request, DiscoveryProblem::too_late, "past its deadline", now);
  }
  auto answer = ask_(request, request.deadline - now);
  const auto after = config_.clock();
  if (!answer || after > request.deadline) {
    count("refused:too_late");
    return problem(request, DiscoveryProblem::too_late, "no answer before the deadline", after);
  }
  return std::move(*answer);
}

caf::error
RedisDiscovery::reply(RedisConnection& connection, const std::string& list, std::string text) {
  const auto lives = std::to_string(config_.reply_lives.count());
  RedisPipeline commands;
  commands.add(0, {"LPUSH", list, text});
  commands.add(0, {"LTRIM", list, "0", most_replies});
  commands.add(0, {"EXPIRE", list, lives});
  auto refused = false;
  auto broken = connection.run(commands, [&](const RedisReply& answer) {
    refused = refused || answer.is_error();
  });
  count(broken ? "replies_unsent" : refused ? "replies_refused" : "replies");
  return broken;
}

void RedisDiscovery::count(const std::string& name) {
  const std::lock_guard lock{mutex_};
  ++counters_[name];
}

bool RedisDiscovery::stopping() const {
  const std::lock_guard lock{mutex_};
  return stopping_;
}

bool RedisDiscovery::wait(Duration span) {
  std::unique_lock lock{mutex_};
  return !stop_.wait_for(lock, span, [this] { return stopping_; });
}

} // namespace arbees
