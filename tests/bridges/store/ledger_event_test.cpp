#include "bridges/store/ledger_event.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "actors/messages/errors.hpp"
#include "bridges/store/hash_chain.hpp"
#include "tests/bridges/store/trades.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

const std::string odd{"a b%-\"\n\t\x01\x7f\xc3\xa9 -", 15};

OrderIntent resting_order() {
  auto order = make_order(1, 1);
  order.post_only = true;
  order.expires_at = Timestamp{77s};
  order.ref.outcomes = {odd, "-"};
  order.time_in_force = TimeInForce::good_till_cancelled;
  return order;
}

/// One event of every kind, with what it was made from.
std::vector<std::pair<EventText, std::string>> all_kinds() {
  auto intent = make_intent(0xfffffffffffffff1);
  intent.orders.push_back(resting_order());
  CommitIntent follows{.request = {.pair = PairId{1}}, .batch = 7, .orders = {resting_order()}};
  auto fill = make_fill(make_order(1, 0), odd, Quantity{-5});
  fill.state = FillState::voided;
  auto closed = make_closed(1, PairOutcome::exposed);
  closed.revision = 4;
  closed.reason = odd;
  closed.signal = {};
  closed.game = {};
  closed.triggered_by = {};
  const BalanceUpdate balance{.venue = Venue::polymarket,
                              .available = Money{-1},
                              .at = Timestamp{5ns},
                              .shards = {{.exchange_index = 2, .available = Money{7}}, {}}};
  const Settlement settlement{.market = id_of(kalshi_ref),
                              .native_id = "KXT-LAL",
                              .side = Side::no,
                              .quantity = Quantity{1},
                              .payout = Money{2},
                              .fee = Money{3},
                              .at = Timestamp{4ns}};
  const TradingControl control{
    .state = TradingState::halted, .by = "file", .reason = "", .at = Timestamp{9ns}};
  const Reconciliation drift{.venue = Venue::kalshi,
                             .drifts = {{"money", "available", "1", ""}},
                             .at = Timestamp{8ns}};
  OrderReport report{.client_order_id = "a-1",
                     .venue_order_id = "-",
                     .status = OrderStatus::partial,
                     .filled = Quantity{INT64_MAX},
                     .notional = Money{INT64_MIN},
                     .fee = Money{0},
                     .reason = odd,
                     .sent_at = Timestamp{1ns},
                     .reported_at = Timestamp{2ns},
                     .voided = Quantity{3}};
  const auto text = [](const auto& x) { return caf::deep_to_string(x); };
  return {{event_text(intent, IntentEvent::opens), text(intent)},
          {event_text(follows, IntentEvent::follows), text(follows)},
          {event_text(report), text(report)},
          {event_text(fill), text(fill)},
          {event_text(closed), text(closed)},
          {event_text(balance), text(balance)},
          {event_text(settlement), text(settlement)},
          {event_text(control), text(control)},
          {event_text(drift), text(drift)}};
}

/// The event's text made anew from what it was decoded to.
std::string encode_again(std::string_view kind, const LedgerRecord& record) {
  return std::visit(
    [&](const auto& x) {
      if constexpr (std::is_same_v<std::decay_t<decltype(x)>, CommitIntent>) {
        return event_text(x, kind == intent_kind ? IntentEvent::opens : IntentEvent::follows)
          .content;
      } else {
        return event_text(x).content;
      }
    },
    record);
}

} // namespace

TEST_CASE("An event's text gives the record back, whatever its texts hold") {
  for (const auto& [event, original] : all_kinds()) {
    CAPTURE(event.kind, event.content);
    const auto record = decode_event(event.kind, event.content);
    REQUIRE(record);
    CHECK(std::visit([](const auto& x) { return caf::deep_to_string(x); }, *record) == original);
    CHECK(event.content.find_first_of("\n\t\x01\x7f") == std::string::npos);
  }
}

TEST_CASE("The text of a fill is one that people can read") {
  CHECK(event_text(make_fill(make_order(1, 0), "f 1", Quantity{10'000'000})).content
        == "4165bb23e150bd0c f%201 a0000000000000001-0o0 0000000000000001 yes buy 4200 10000000 "
           "170520 102000000000 confirmed");
}

TEST_CASE("A text that was changed is no event, or another record with that very text") {
  std::mt19937_64 random{20261121};
  auto other = 0;
  for (const auto& [event, original] : all_kinds()) {
    for (auto round = 0; round < 3000; ++round) {
      auto content = event.content;
      const auto place = random() % content.size();
      switch (random() % 3) {
        case 0:
          content[place] = static_cast<char>(random());
          break;
        case 1:
          content.erase(place, 1 + random() % 3);
          break;
        default:
          content.insert(place, 1, " -%019a"[random() % 7]);
      }
      const auto record = decode_event(event.kind, content);
      if (record && content != event.content) {
        ++other;
        REQUIRE(encode_again(event.kind, *record) == content);
      }
    }
  }
  CHECK(other > 100); // numbers have other numbers next to them
  CHECK(decode_event("fill", "").error() == Errc::bad_frame);
  CHECK(decode_event("tale", "1").error() == Errc::bad_frame);
  CHECK_FALSE(decode_event("balance", "kalshi 1 1 999999999999999999"));
}

TEST_CASE("The chain's hash is the SHA-256 of what sha256sum is given") {
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const auto head = next_head({.seq = 4, .hash = "00ff"}, "fill", Timestamp{12ns}, "a b");
  CHECK(head.seq == 5);
  CHECK(head.hash == sha256_hex("00ff\n5\nfill\n12\na b"));
  CHECK(chain_origin("paper") != chain_origin("live"));
}
