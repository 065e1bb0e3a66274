#include <caf/all.hpp>
#include <catch2/catch.hpp>

#include "bridges/envelope/json_text.hpp"
#include "bridges/envelope/payload_codec.hpp"
#include "tests/bridges/envelope/sample_messages.hpp"

using namespace arbees;
using namespace arbees::test;

namespace {

MarketDirectory known() {
  MarketDirectory directory;
  directory.add(sample_match());
  return directory;
}

template <class T, class... Rest>
std::string encoded(const T& message, const Rest&... rest) {
  std::string out;
  encode_payload(out, message, rest...);
  REQUIRE(JsonDocument::parse(out));
  return out;
}

PositionUpdate position() {
  const auto match = sample_match();
  PositionUpdate update{.id = PairId{0xabc},
                        .game = match.game.id,
                        .contract = ContractId{5},
                        .state = PositionState::exiting,
                        .matched = Quantity{10'000'000},
                        .realised = Money{-120'000},
                        .fees = Money{330'000},
                        .unrealised = Money{250'000},
                        .lockup_hours = 7,
                        .reason = "early_exit",
                        .opened_at = from_us(1'000'000),
                        .at = from_us(2'000'000)};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& market = match.markets[i];
    update.legs[i] = {.market = market.id,
                      .venue = market.ref.venue,
                      .side = i == 0 ? Side::yes : Side::no,
                      .quantity = Quantity{10'000'000},
                      .cost = Money{4'500'000},
                      .realised = Money{-60'000},
                      .fees = Money{165'000},
                      .mark = Money{4'620'000},
                      .sellable = Quantity{10'000'000},
                      .marked_at = from_us(1'900'000)};
  }
  return update;
}

ExitSignal exit_signal() {
  const auto update = position();
  ExitSignal exit{.id = SignalId{7},
                  .position = update.id,
                  .game = update.game,
                  .reason = ExitReason::flatten,
                  .detail = "by hand",
                  .triggered_by = from_us(2'000'000),
                  .expires_at = from_us(2'500'000)};
  for (std::size_t i = 0; i < 2; ++i) {
    exit.legs[i] = {.market = update.legs[i].market,
                    .venue = update.legs[i].venue,
                    .side = update.legs[i].side,
                    .limit = Price{4'600},
                    .quantity = Quantity{10'000'000},
                    .proceeds = Money{4'620'000},
                    .fee = Money{170'000},
                    .book_version = 12,
                    .received_at = from_us(1'900'000)};
  }
  return exit;
}

} // namespace

TEST_CASE("a position travels whole, and names what it is") {
  const auto update = position();
  const auto text = encoded(update, known());
  CAPTURE(text);
  CHECK_THAT(text, Catch::Contains(R"("position_id":"0000000000000abc")")
                     && Catch::Contains(R"("side":"no")") && Catch::Contains(R"("entry":0.45)")
                     && Catch::Contains(R"("mark":0.462)") && Catch::Contains(R"("pnl":-0.2)")
                     && Catch::Contains(R"("reason":"early_exit")"));
  const auto copy = decode_payload<PositionUpdate>(text);
  REQUIRE(copy);
  CHECK(caf::deep_to_string(*copy) == caf::deep_to_string(update));
}

TEST_CASE("a position without marks has none, instead of a zero") {
  auto update = position();
  update.unrealised.reset();
  update.lockup_hours.reset();
  for (auto& leg : update.legs) {
    leg.mark.reset();
  }
  const auto text = encoded(update, known());
  CHECK_THAT(text, Catch::Contains(R"("mark":null)") && Catch::Contains(R"("pnl":null)")
                     && Catch::Contains(R"("lockup_hours":null)"));
  const auto copy = decode_payload<PositionUpdate>(text);
  REQUIRE(copy);
  CHECK(caf::deep_to_string(*copy) == caf::deep_to_string(update));
}

TEST_CASE("an exit travels whole, with what became of it") {
  const auto exit = exit_signal();
  const auto copy = decode_payload<ExitSignal>(encoded(exit, known()));
  REQUIRE(copy);
  CHECK(caf::deep_to_string(*copy) == caf::deep_to_string(exit));
  const auto same = [](const auto& message, const std::string& text) {
    CAPTURE(text);
    const auto read = decode_payload<std::decay_t<decltype(message)>>(text);
    REQUIRE(read);
    CHECK(caf::deep_to_string(*read) == caf::deep_to_string(message));
  };
  const ExitRequest request{.exit = exit, .approved_at = from_us(5)};
  same(request, encoded(request, known()));
  const ExitRejected rejected{
    .exit = exit, .filter = "held", .measured = "2", .limit = "1", .at = from_us(6)};
  same(rejected, encoded(rejected, known()));
  const ExitEnded ended{.exit = exit.id,
                        .position = exit.position,
                        .reason = ExitReason::flatten,
                        .sold = {Quantity{1'000'000}, Quantity{}},
                        .proceeds = Money{460'000},
                        .fees = Money{10'000},
                        .refused = "not_settled",
                        .at = from_us(7)};
  same(ended, encoded(ended));
  CHECK_FALSE(decode_payload<ExitEnded>("{}"));
  CHECK_THAT(encoded(PositionsSnapshot{.positions = {position()}, .settled = 2}, known()),
             Catch::Contains(R"("held":1)") && Catch::Contains(R"("settled":2)"));
}

TEST_CASE("a position that lacks something is refused with its name") {
  auto text = encoded(position(), known());
  const auto at = text.find(R"("state":"exiting")");
  REQUIRE(at != std::string::npos);
  text.replace(at, 17, R"("state":"lost")");
  const auto wrong = decode_payload<PositionUpdate>(text);
  REQUIRE_FALSE(wrong);
  CHECK_THAT(describe(wrong.error()), Catch::Contains("state"));
  CHECK_FALSE(decode_payload<PositionUpdate>("[]"));
  CHECK_FALSE(decode_payload<ExitSignal>("{}"));
}
