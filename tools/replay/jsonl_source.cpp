#include "tools/replay/jsonl_source.hpp"

#include <fstream>

#include "bridges/envelope/envelope.hpp"
#include "bridges/envelope/payload_codec.hpp"

namespace arbees::replay {

namespace {

/// A line of the observer, as far as it matters.
struct Line {
  std::string topic;
  std::string payload;
  Timestamp at;
};

class Player {
public:
  Player(Session& session, const Pace& pace) : session_{session}, pace_{pace} {}

  void take(std::string_view text) {
    ++played_.lines;
    const auto line = parse(text);
    if (line) {
      give(*line);
    }
  }

  [[nodiscard]] const JsonlPlayed& played() const { return played_; }

private:
  void refuse(const std::string& why) { ++played_.refused[why]; }

  std::optional<Line> parse(std::string_view text) {
    constexpr std::string_view mark = R"("topic":")";
    const auto begin = text.find(mark);
    if (begin == std::string_view::npos) {
      if (!text.ends_with('}')) {
        refuse("torn");
      }
      return std::nullopt; // a notice of the observer's own
    }
    const auto topic =
      text.substr(begin + mark.size(), text.find('"', begin + mark.size()) - begin - mark.size());
    // A line is an envelope with two more keys: its own reader decides what is whole.
    auto message = decode_envelope(topic, text, Timestamp{});
    if (const auto* const rejected = std::get_if<WireRejected>(&message)) {
      refuse(rejected->reason);
      return std::nullopt;
    }
    auto& whole = std::get<WireMessage>(message);
    return Line{.topic = std::move(whole.topic),
                .payload = std::move(whole.payload),
                .at = from_ms(whole.timestamp_ms)};
  }

  void give(const Line& line) {
    const auto& topic = line.topic;
    if (topic.starts_with("orderbook.")) {
      give(decode_orderbook(line.payload), [&](const BookUpdate& book) {
        wait(book.received_at);
        session_.book(book);
      });
    } else if (topic.starts_with("telemetry.feed.")) {
      give(decode_payload<FeedStatus>(line.payload), [&](const FeedStatus& status) {
        wait(status.at);
        session_.feed(status);
      });
    } else if (topic.starts_with("markets.matched.")) {
      give(decode_payload<MatchedGame>(line.payload), [&](const MatchedGame& match) {
        wait(match.at);
        session_.match(match);
      });
    } else if (topic.starts_with("games.discovered.")) {
      give_game<GameDiscovered>(line);
    } else if (topic.starts_with("games.ended.")) {
      give_game<GameEnded>(line);
    } else if (topic.starts_with("games.")) {
      give_game<GameUpdate>(line);
    }
  }

  template <class Event>
  void give_game(const Line& line) {
    give(decode_payload<Event>(line.payload), [&](const Event& event) {
      wait(line.at);
      session_.game(event, line.at);
    });
  }

  template <class Message, class Take>
  void give(const caf::expected<Message>& message, Take take) {
    if (!message) {
      return refuse("bad_payload");
    }
    ++played_.given;
    take(*message);
  }

  void wait(Timestamp at) const {
    if (pace_) {
      pace_(at);
    }
  }

  Session& session_;
  const Pace& pace_;
  JsonlPlayed played_;
};

} // namespace

caf::expected<JsonlPlayed>
play_jsonl(const std::filesystem::path& file, Session& session, const Pace& pace) {
  std::ifstream stream{file};
  if (!stream) {
    return caf::make_error(Errc::io_failed, "cannot read " + file.string());
  }
  Player player{session, pace};
  std::string line;
  while (std::getline(stream, line)) {
    player.take(line);
  }
  session.finish();
  return player.played();
}

} // namespace arbees::replay
