#include "tools/replay/store_source.hpp"

#include <array>
#include <charconv>
#include <fstream>

#include "bridges/envelope/payload_codec.hpp"
#include "bridges/store/duckdb_file.hpp"
#include "bridges/store/history_select.hpp"

namespace arbees::replay {

namespace {

constexpr auto memory_limit = "1GB";

/// Of what was received in the same microsecond, games come first and books last.
constexpr auto everything = R"(
SELECT stamp, what, payload, market_id, venue, bid, bid_size, ask, ask_size, version, exchange_us
FROM (
  SELECT epoch_us(fetched_at) AS stamp, 0 AS place, event AS what, payload, NULL AS market_id,
    NULL AS venue, NULL AS bid, NULL AS bid_size, NULL AS ask, NULL AS ask_size, NULL AS version,
    NULL AS exchange_us
  FROM games WHERE payload IS NOT NULL
  UNION ALL BY NAME
  SELECT epoch_us(matched_at) AS stamp, 1 AS place, 'matched' AS what, payload
  FROM matches WHERE payload IS NOT NULL
  UNION ALL BY NAME
  SELECT epoch_us(reported_at) AS stamp, 2 AS place, if(connected, 'up', 'down') AS what,
    reason AS payload, venue
  FROM feeds
  UNION ALL BY NAME
  SELECT epoch_us(received_at) AS stamp, 3 AS place, status AS what, market_id, venue,
    CAST(yes_bid * 10000 AS BIGINT) AS bid, CAST(yes_bid_size * 1000000 AS BIGINT) AS bid_size,
    CAST(yes_ask * 10000 AS BIGINT) AS ask, CAST(yes_ask_size * 1000000 AS BIGINT) AS ask_size,
    version, epoch_us(exchange_time) AS exchange_us
  FROM prices)
ORDER BY stamp, place, version)";

enum Column : std::size_t {
  at_us,
  what,
  payload,
  market_id_hex,
  venue_name,
  bid_e4,
  bid_size_e6,
  ask_e4,
  ask_size_e6,
  version_number,
  exchange_us,
  column_count,
};

std::optional<std::int64_t> number_of(const std::optional<std::string>& text) {
  std::int64_t value = 0;
  if (!text) {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  return error == std::errc{} && end == text->data() + text->size() ? std::optional{value}
                                                                    : std::nullopt;
}

Timestamp from_us(std::int64_t microseconds) {
  return Timestamp{std::chrono::microseconds{microseconds}};
}

class Player {
public:
  Player(Session& session, const Pace& pace) : session_{session}, pace_{pace} {}

  void take(const SelectRow& row) {
    ++played_.rows;
    const auto at = number_of(row[at_us]);
    if (!at || !row[what]) {
      return refuse("no_time");
    }
    now_ = from_us(*at);
    const auto& kind = *row[what];
    if (kind == "matched") {
      give(decode_payload<MatchedGame>(row[payload].value_or("")),
           [&](const MatchedGame& match) { session_.match(match); });
    } else if (kind == "discovered") {
      give_game<GameDiscovered>(row);
    } else if (kind == "update") {
      give_game<GameUpdate>(row);
    } else if (kind == "ended") {
      give_game<GameEnded>(row);
    } else if (kind == "up" || kind == "down") {
      give_feed(row, kind == "up");
    } else {
      give_book(row);
    }
  }

  [[nodiscard]] const StorePlayed& played() const { return played_; }

private:
  void refuse(const std::string& why) { ++played_.refused[why]; }

  void wait() {
    ++played_.given;
    if (pace_) {
      pace_(now_);
    }
  }

  template <class Message, class Take>
  void give(const caf::expected<Message>& message, Take take) {
    if (!message) {
      return refuse("bad_payload");
    }
    wait();
    take(*message);
  }

  template <class Event>
  void give_game(const SelectRow& row) {
    give(decode_payload<Event>(row[payload].value_or("")),
         [&](const Event& event) { session_.game(event, now_); });
  }

  void give_feed(const SelectRow& row, bool connected) {
    const auto venue = parse_venue(row[venue_name].value_or(""));
    if (!venue) {
      return refuse("bad_venue");
    }
    wait();
    session_.feed(
      {.venue = *venue, .connected = connected, .reason = row[payload].value_or(""), .at = now_});
  }

  void give_book(const SelectRow& row) {
    const auto status = parse_book_status(*row[what]);
    const auto venue = parse_venue(row[venue_name].value_or(""));
    const auto market = parse_hex(row[market_id_hex].value_or(""));
    if (!status || !venue || !market) {
      return refuse("bad_price");
    }
    BookUpdate book{.market = MarketId{*market},
                    .venue = *venue,
                    .status = *status,
                    .reason = StaleReason::none,
                    .version =
                      static_cast<std::uint64_t>(number_of(row[version_number]).value_or(0)),
                    .exchange_time = from_us(number_of(row[exchange_us]).value_or(0)),
                    .received_at = now_};
    if (!add_level(book.bids, row[bid_e4], row[bid_size_e6])
        || !add_level(book.asks, row[ask_e4], row[ask_size_e6])) {
      return refuse("bad_price");
    }
    wait();
    session_.book(book);
  }

  /// False if there is a price that is none.
  static bool add_level(Depth& side, const std::optional<std::string>& price,
                        const std::optional<std::string>& size) {
    if (!price) {
      return true;
    }
    const auto e4 = number_of(price);
    const auto e6 = number_of(size);
    if (!e4 || !e6 || *e4 < 0 || *e4 > price_one.value() || *e6 < 0) {
      return false;
    }
    side.push_back({Price{static_cast<std::int32_t>(*e4)}, Quantity{*e6}});
    return true;
  }

  Session& session_;
  const Pace& pace_;
  Timestamp now_;
  StorePlayed played_;
};

} // namespace

bool is_store(const std::filesystem::path& file) {
  std::array<char, 12> head{};
  std::ifstream stream{file, std::ios::binary};
  return stream.read(head.data(), head.size())
         && std::string_view{head.data(), head.size()}.ends_with("DUCK");
}

caf::expected<StorePlayed>
play_store(const std::filesystem::path& file, Session& session, const Pace& pace) {
  auto database = open_duckdb(file, DatabaseAccess::read, memory_limit);
  if (!database) {
    return std::move(database.error());
  }
  auto connection = connect_to(*database);
  if (!connection) {
    return std::move(connection.error());
  }
  Player player{session, pace};
  const SelectSink sink{
    .columns = [](const std::vector<SelectColumn>& columns) -> caf::error {
      return columns.size() == column_count
               ? caf::error{}
               : caf::make_error(Errc::bad_frame, "history: not the columns that were asked for");
    },
    .rows = [&](const std::vector<SelectRow>& rows) -> caf::error {
      for (const auto& row : rows) {
        player.take(row);
      }
      return {};
    }};
  const SelectStop stop;
  auto ended = run_select(connection->get(), {.sql = everything, .max_rows = 0}, sink, stop);
  if (!ended) {
    return std::move(ended.error());
  }
  session.finish();
  return player.played();
}

} // namespace arbees::replay
