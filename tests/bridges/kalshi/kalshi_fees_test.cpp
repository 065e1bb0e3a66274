#include "bridges/kalshi/kalshi_fees.hpp"

#include <catch2/catch.hpp>

#include "bridges/net/json_fields.hpp"

using namespace arbees;
using namespace std::chrono_literals;

namespace {

const Timestamp now = *parse_utc("2026-11-21T12:00:00Z");
const std::string with_makers = "quadratic_with_maker_fees";

KalshiFeeChange change(Timestamp at, KalshiFeeTerms terms, const std::string& ticker = "S") {
  return {.ticker = ticker, .series = "S", .terms = std::move(terms), .at = at};
}

KalshiFeeTerms terms(const std::string& type, std::int64_t ppm) {
  return {.type = type, .multiplier_ppm = ppm};
}

/// A series that was read an hour ago and an event that was read just now.
struct Fees {
  std::optional<FeeSchedule> at(Timestamp when) const {
    return fees_in_force(series ? &*series : nullptr,
                         {.ticker = "S-E", .series = "S", .terms = own, .read_at = now - 1min},
                         changes, when);
  }

  std::optional<KalshiSeriesFees> series = KalshiSeriesFees{with_makers, 1'000'000, now - 1h};
  KalshiFeeTerms own;
  KalshiFeeChanges changes;
};

} // namespace

TEST_CASE("a series' fees hold since they were read, or since the change that brought them") {
  Fees fees;
  CHECK(fees.at(now)->taker_ppm == 70'000);
  CHECK(fees.at(now)->effective_from == now - 1h);
  fees.changes.series["S"] = {change(now - 48h, terms("quadratic", 500'000)),
                              change(now - 24h, terms(with_makers, 1'000'000))};
  CHECK(fees.at(now)->taker_ppm == 70'000);
  CHECK(fees.at(now)->effective_from == now - 24h);
  CHECK(fees.at(now)->source == "series S: quadratic_with_maker_fees x 1.0");
}

TEST_CASE("an announced change is in force from its moment on, not before") {
  Fees fees;
  fees.changes.series["S"] = {change(now, terms("quadratic", 500'000)),
                              change(now + 1h, terms(with_makers, 2'000'000))};
  CHECK(fees.at(now - 1ns)->taker_ppm == 70'000);
  CHECK(fees.at(now)->taker_ppm == 35'000);
  CHECK(fees.at(now)->maker_ppm == 0);
  CHECK(fees.at(now)->effective_from == now);
  CHECK(fees.at(now + 1h)->taker_ppm == 140'000);
  CHECK(fees.at(now + 1h)->effective_from == now + 1h);
  CHECK(next_fee_change(fees.changes, now - 1ns) == now);
  CHECK(next_fee_change(fees.changes, now) == now + 1h);
  CHECK_FALSE(next_fee_change(fees.changes, now + 1h));
}

TEST_CASE("changes of others do not count") {
  Fees fees;
  fees.changes.series["T"] = {change(now - 1min, terms("quadratic", 0))};
  fees.changes.events["S-F"] = {change(now - 30s, terms("quadratic", 0))};
  CHECK(fees.at(now)->taker_ppm == 70'000);
}

TEST_CASE("an event's own fees win, part by part, until they are cleared") {
  Fees fees;
  SECTION("read with the event") {
    fees.own = terms("quadratic", 250'000);
    CHECK(fees.at(now)->taker_ppm == 17'500);
    CHECK(fees.at(now)->maker_ppm == 0);
    CHECK(fees.at(now)->effective_from == now - 1min);
    CHECK(fees.at(now)->source == "event override: quadratic x 0.25");
  }
  SECTION("only the multiplier") {
    fees.own.multiplier_ppm = 500'000;
    CHECK(fees.at(now)->taker_ppm == 35'000);
    CHECK(fees.at(now)->maker_ppm == 8'750);
    fees.changes.series["S"] = {change(now, terms("quadratic", 3'000'000))};
    CHECK(fees.at(now)->taker_ppm == 35'000);
    CHECK(fees.at(now)->maker_ppm == 0);
    CHECK(fees.at(now)->effective_from == now);
  }
  SECTION("announced, then cleared") {
    fees.changes.events["S-E"] = {change(now, terms("quadratic", 500'000), "S-E"),
                                  change(now + 1h, {}, "S-E")};
    CHECK(fees.at(now - 1ns)->taker_ppm == 70'000);
    CHECK(fees.at(now)->taker_ppm == 35'000);
    CHECK(fees.at(now)->effective_from == now);
    CHECK(fees.at(now + 1h)->taker_ppm == 70'000);
    CHECK(fees.at(now + 1h)->effective_from == now - 1h);
  }
}

TEST_CASE("fees that are not known or not understood are none") {
  Fees fees;
  SECTION("the series was never read") {
    fees.series.reset();
    CHECK_FALSE(fees.at(now));
    fees.own.type = "quadratic";
    CHECK_FALSE(fees.at(now));
    fees.own.multiplier_ppm = 1'000'000;
    CHECK(fees.at(now)->taker_ppm == 70'000);
  }
  SECTION("the series turns to a type that nobody knows") {
    fees.changes.series["S"] = {change(now, terms("flat", 1'000'000))};
    CHECK(fees.at(now - 1ns));
    CHECK_FALSE(fees.at(now));
    fees.own = terms("quadratic", 1'000'000);
    CHECK(fees.at(now));
  }
  SECTION("the event has a type or a multiplier that nobody knows") {
    fees.own = GENERATE(terms("", 1), terms("cubic", 1), terms("quadratic", -1),
                        terms("quadratic", 100'000'001));
    CHECK_FALSE(fees.at(now));
  }
}

TEST_CASE("a new reading of changes keeps what has come and is no longer listed") {
  std::vector known{change(now - 2h, terms("a", 1)), change(now - 1min, terms("b", 1)),
                    change(now + 1h, terms("withdrawn", 1))};
  take_fee_changes(known, {change(now + 2h, terms("d", 1))}, now - 1h, now);
  REQUIRE(known.size() == 2);
  CHECK(known[0].terms.type == "b");
  CHECK(known[1].terms.type == "d");
  // Listed again, it is there once; the fees were read since: it is no longer needed.
  take_fee_changes(known, {change(now - 1min, terms("b", 2)), change(now + 2h, terms("d", 1))},
                   now - 1h, now);
  REQUIRE(known.size() == 2);
  CHECK(known[0].terms.multiplier_ppm == 2);
  take_fee_changes(known, {}, now, now);
  CHECK(known.empty());
}

TEST_CASE("announced changes are decoded as the venue writes them") {
  const auto series = decode_kalshi_series_fee_changes(
    R"({"series_fee_change_arr":[{"id":"1111","series_ticker":"KXMLBGAME","fee_type":"quadratic",)"
    R"("fee_multiplier":0.5,"scheduled_ts":"2026-12-01T05:00:00Z"}]})");
  REQUIRE(series);
  REQUIRE(series->changes.size() == 1);
  CHECK(series->changes[0].ticker == "KXMLBGAME");
  CHECK(series->changes[0].series == "KXMLBGAME");
  CHECK(series->changes[0].terms == terms("quadratic", 500'000));
  CHECK(series->changes[0].at == *parse_utc("2026-12-01T05:00:00Z"));
  CHECK(series->cursor.empty());

  const auto events = decode_kalshi_event_fee_changes(
    R"({"event_fee_changes":[{"id":"1","event_ticker":"S-E","series_ticker":"S",)"
    R"("fee_type_override":null,"fee_multiplier_override":"1.5",)"
    R"("scheduled_ts":"2026-12-01T05:00:00.5Z"},{"id":"2","event_ticker":"S-E",)"
    R"("series_ticker":"S","fee_type_override":null,"fee_multiplier_override":null,)"
    R"("scheduled_ts":"2026-12-02T05:00:00Z"}],"cursor":"next"})");
  REQUIRE(events);
  REQUIRE(events->changes.size() == 2);
  CHECK(events->changes[0].ticker == "S-E");
  CHECK(events->changes[0].series == "S");
  CHECK(events->changes[0].terms
        == KalshiFeeTerms{.type = std::nullopt, .multiplier_ppm = 1'500'000});
  CHECK(events->changes[1].terms == KalshiFeeTerms{});
  CHECK(events->cursor == "next");
}

TEST_CASE("rows without a ticker or a time are left out, unknown fees are kept as unknown") {
  const auto page = decode_kalshi_series_fee_changes(
    R"({"series_fee_change_arr":[7,null,{},[],)"
    R"({"series_ticker":"","scheduled_ts":"2026-12-01T05:00:00Z"},)"
    R"({"series_ticker":"S","scheduled_ts":"soon"},{"series_ticker":"S","scheduled_ts":null},)"
    R"({"series_ticker":{},"scheduled_ts":"2026-12-01T05:00:00Z"},)"
    R"({"series_ticker":"S","fee_type":["x"],"fee_multiplier":1e99,)"
    R"("scheduled_ts":"2026-12-01T05:00:00Z"}],"cursor":null})");
  REQUIRE(page);
  CHECK(page->dropped == 8);
  REQUIRE(page->changes.size() == 1);
  CHECK(page->changes[0].terms == terms("", -1));
  CHECK(page->cursor.empty());
  const auto events = decode_kalshi_event_fee_changes(
    R"({"event_fee_changes":[{"event_ticker":"S-E","fee_type_override":{},)"
    R"("fee_multiplier_override":"much","scheduled_ts":"2026-12-01T05:00:00Z"}]})");
  REQUIRE(events);
  CHECK(events->changes.at(0).terms == terms("", -1));
}

TEST_CASE("what is no list of fee changes is refused, and no truncation crashes") {
  for (const auto* const text : {"", "[]", "{}", "null", R"({"series_fee_change_arr":{}})",
                                 R"({"event_fee_changes":"none"})", "\xff\xfe"}) {
    CHECK(decode_kalshi_series_fee_changes(text).error() == Errc::bad_frame);
    CHECK(decode_kalshi_event_fee_changes(text).error() == Errc::bad_frame);
  }
  const std::string_view whole =
    R"({"event_fee_changes":[{"event_ticker":"S-E","fee_type_override":"quadratic",)"
    R"("fee_multiplier_override":1,"scheduled_ts":"2026-12-01T05:00:00Z"}]})";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CHECK_FALSE(decode_kalshi_event_fee_changes(whole.substr(0, length)));
  }
  CHECK(decode_kalshi_event_fee_changes(whole));
}
