#include "actors/market/settlement_rules.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

using namespace arbees;

namespace {

std::string rules_file() {
  std::ifstream file{std::string{ARBEES_SOURCE} + "/config/settlement_rules.csv"};
  REQUIRE(file);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

const SettlementTable& real_rules() {
  static const auto table = [] {
    auto parsed = parse_settlement_rules(rules_file());
    REQUIRE(parsed);
    return *parsed;
  }();
  return table;
}

Payoff cents(std::int64_t worst, std::int64_t best) {
  return {Money{worst * 10'000}, Money{best * 10'000}};
}

const Payoff sure = cents(100, 100);
const Payoff open = cents(0, 200);
constexpr auto never = std::nullopt;

/// A pair with Kalshi's `side`, which pays if the contract is true or if it is false, and the other
/// side at Polymarket, where one market has both.
struct RuleCase {
  League league;
  MarketKind kind;
  std::string subject;
  Side kalshi;
  bool kalshi_pays_when_true;
  PayoffMatrix pays; ///< win, loss, tie, postponed, cancelled, abandoned, void
};

PayoffMatrix matrix_of(const RuleCase& rule) {
  const auto* const kalshi = real_rules().find(Venue::kalshi, rule.league, rule.kind);
  const auto* const polymarket = real_rules().find(Venue::polymarket, rule.league, rule.kind);
  REQUIRE(kalshi != nullptr);
  REQUIRE(polymarket != nullptr);
  const Contract contract{.kind = rule.kind, .subject = rule.subject};
  return payoffs(contract, {*kalshi, rule.kalshi, rule.kalshi_pays_when_true},
                 {*polymarket, rule.kalshi_pays_when_true ? Side::no : Side::yes,
                  !rule.kalshi_pays_when_true});
}

constexpr auto winner = MarketKind::winner;
constexpr auto spread = MarketKind::spread;
constexpr auto total = MarketKind::total;

/// 24 pairs, each with its seven branches. Postponed: Kalshi stops waiting after two days and pays
/// what it thinks fair, Polymarket waits (games.md section 4).
const std::vector<RuleCase> rule_cases = {
  // No ties: overtime is played until somebody wins. Cancelled: fair price against 50-50.
  {League::nba,
   winner,
   "LAL",
   Side::yes,
   true,
   {sure, sure, never, open, cents(50, 150), open, open}},
  {League::nba,
   winner,
   "LAL",
   Side::no,
   true,
   {sure, sure, never, open, cents(50, 150), open, open}},
  {League::nba,
   winner,
   "LAL",
   Side::no,
   false,
   {sure, sure, never, open, cents(50, 150), open, open}},
  {League::nba,
   total,
   "over",
   Side::yes,
   true,
   {sure, sure, sure, open, cents(50, 150), open, open}},
  {League::nba,
   spread,
   "BOS",
   Side::no,
   false,
   {sure, sure, sure, open, cents(50, 150), open, open}},
  {League::wnba,
   winner,
   "NY",
   Side::yes,
   true,
   {sure, sure, never, open, cents(50, 150), open, open}},
  {League::nhl,
   winner,
   "VGK",
   Side::yes,
   true,
   {sure, sure, never, open, cents(50, 150), open, open}},
  {League::nhl,
   total,
   "over",
   Side::no,
   false,
   {sure, sure, sure, open, cents(50, 150), open, open}},
  {League::ncaaf,
   winner,
   "Miami (OH)",
   Side::yes,
   true,
   {sure, sure, never, open, cents(50, 150), open, open}},
  {League::ncaamb,
   winner,
   "Duke",
   Side::no,
   false,
   {sure, sure, never, open, cents(50, 150), open, open}},
  // A tie: Polymarket 50-50, Kalshi 50 cents or NO on both teams (kalshi.md 8, games.md Uncertain).
  {League::nfl,
   winner,
   "GB",
   Side::yes,
   true,
   {sure, sure, cents(50, 100), open, cents(50, 150), open, open}},
  {League::nfl,
   winner,
   "GB",
   Side::no,
   true, // NO of the rival's market
   {sure, sure, cents(100, 150), open, cents(50, 150), open, open}},
  {League::nfl,
   winner,
   "GB",
   Side::no,
   false,
   {sure, sure, cents(100, 150), open, cents(50, 150), open, open}},
  {League::nfl,
   winner,
   "GB",
   Side::yes,
   false, // YES of the rival's market
   {sure, sure, cents(50, 100), open, cents(50, 150), open, open}},
  {League::nfl,
   spread,
   "LAR",
   Side::yes,
   true, // a tie is a margin like any other
   {sure, sure, sure, open, cents(50, 150), open, open}},
  {League::nfl,
   total,
   "over",
   Side::yes,
   true,
   {sure, sure, sure, open, cents(50, 150), open, open}},
  // Kalshi's text for a cancelled game was read as a fair price, and once as NO.
  {League::mlb,
   winner,
   "NYY",
   Side::yes,
   true,
   {sure, sure, never, open, cents(50, 150), open, open}},
  {League::mlb,
   total,
   "over",
   Side::no,
   false,
   {sure, sure, sure, open, cents(50, 150), open, open}},
  // Ninety minutes decide, and a draw is an outcome. Cancelled: Polymarket pays the draw.
  {League::epl,
   winner,
   "LIV",
   Side::yes,
   true,
   {sure, sure, sure, open, cents(100, 200), open, open}},
  {League::epl,
   winner,
   "LIV",
   Side::no,
   false,
   {sure, sure, sure, open, cents(0, 100), open, open}},
  {League::epl,
   winner,
   "draw",
   Side::yes,
   true,
   {sure, sure, sure, open, cents(0, 100), open, open}},
  {League::epl,
   winner,
   "draw",
   Side::no,
   false,
   {sure, sure, sure, open, cents(100, 200), open, open}},
  {League::mls,
   winner,
   "ATL",
   Side::no,
   false,
   {sure, sure, sure, open, cents(0, 100), open, open}},
  {League::ucl, total, "over", Side::yes, true, {sure, sure, sure, open, open, open, open}},
};

constexpr std::string_view header =
  "venue,league,kinds,overtime,tie,window_hours,postponed,cancelled,abandoned,void,lockup_hours,"
  "as_of,source\n";

std::string one_line(const std::string& line) {
  return std::string{header} + line + "\n";
}

SettlementProfile
profile(bool overtime, Payments tie, std::optional<std::int32_t> window, Payment postponed) {
  const auto half = static_cast<Payments>(Payment::half);
  return {.overtime = overtime,
          .tie = tie,
          .window_hours = window,
          .postponed = static_cast<Payments>(postponed),
          .cancelled = half,
          .abandoned = half,
          .void_ = half};
}

} // namespace

TEST_CASE("What a pair pays in each branch follows from both venues' rules") {
  for (const auto& rule : rule_cases) {
    const auto matrix = matrix_of(rule);
    for (std::size_t i = 0; i < branch_count; ++i) {
      CAPTURE(to_string(rule.league), to_string(rule.kind), rule.subject,
              static_cast<int>(rule.kalshi), rule.kalshi_pays_when_true,
              to_string(static_cast<Branch>(i)));
      REQUIRE(matrix[i].has_value() == rule.pays[i].has_value());
      if (matrix[i]) {
        CHECK(matrix[i]->worst == rule.pays[i]->worst);
        CHECK(matrix[i]->best == rule.pays[i]->best);
      }
    }
  }
  CHECK(rule_cases.size() * branch_count >= 60);
}

TEST_CASE("Every league that both venues list has rules for each kind of market") {
  for (auto i = 0; i <= static_cast<int>(League::uel); ++i) {
    const auto league = static_cast<League>(i);
    // Polymarket's names of these are not known (config/leagues.csv).
    const auto one_venue = league == League::ncaawb || league == League::ligamx;
    for (const auto kind : {winner, spread, total}) {
      CAPTURE(to_string(league), to_string(kind));
      CHECK(real_rules().find(Venue::kalshi, league, kind) != nullptr);
      CHECK((real_rules().find(Venue::polymarket, league, kind) == nullptr) == one_venue);
    }
  }
}

TEST_CASE("Every rule says where and when it was read") {
  for (const auto venue : {Venue::kalshi, Venue::polymarket}) {
    const auto* const rules = real_rules().find(venue, League::nfl, winner);
    REQUIRE(rules != nullptr);
    CHECK_FALSE(rules->source.empty());
    CHECK(rules->as_of == "2026-11-21");
    CHECK(rules->lockup_hours > 0);
  }
}

TEST_CASE("Branches in which the rules differ carry their flag") {
  const auto flag = [](SettlementFlag one) { return static_cast<std::uint8_t>(one); };
  const auto tie = static_cast<Payments>(Payment::half);
  const Contract contract{.subject = "GB"};
  const auto flags_of = [&](const SettlementProfile& a, const SettlementProfile& b) {
    const HedgeLeg left{a, Side::yes, true};
    const HedgeLeg right{b, Side::no, false};
    return tail_flags(payoffs(contract, left, right), left, right);
  };
  const auto same = profile(true, tie, std::nullopt, Payment::result);
  CHECK(flags_of(same, same) == 0);
  SECTION("one venue waits, the other pays NO") {
    CHECK(flags_of(profile(true, tie, 48, Payment::no), same)
          == flag(SettlementFlag::postpone_asymmetry));
  }
  SECTION("one venue pays a tie in halves, the other as NO") {
    CHECK(flags_of(profile(true, static_cast<Payments>(Payment::no), std::nullopt, Payment::result),
                   same)
          == flag(SettlementFlag::tie_possible));
  }
  SECTION("one venue does not count overtime") {
    CHECK(flags_of(profile(false, static_cast<Payments>(Payment::result), std::nullopt,
                           Payment::result),
                   same)
          == flag(SettlementFlag::regulation_only));
  }
  SECTION("a cancelled game is worth what one venue thinks") {
    auto fair = same;
    fair.cancelled = static_cast<Payments>(Payment::anything);
    CHECK(flags_of(fair, same) == flag(SettlementFlag::void_price));
  }
}

TEST_CASE("Level after regulation, a pair across overtime rules may lose on both sides") {
  const auto regulation =
    profile(false, static_cast<Payments>(Payment::result), std::nullopt, Payment::result);
  const auto full = profile(true, 0, std::nullopt, Payment::result);
  const Contract contract{.subject = "LIV"};
  const auto at = [](const PayoffMatrix& matrix, Branch branch) {
    return matrix[static_cast<std::size_t>(branch)];
  };
  // YES of "wins in ninety minutes" is lost, NO of "wins at all" may be lost too.
  CHECK(at(payoffs(contract, {regulation, Side::yes, true}, {full, Side::no, false}), Branch::tie)
        == cents(0, 100));
  // NO of "wins in ninety minutes" is won.
  CHECK(at(payoffs(contract, {regulation, Side::no, false}, {full, Side::yes, true}), Branch::tie)
        == cents(100, 200));
  const Contract goals{.kind = total, .subject = "over"};
  CHECK(at(payoffs(goals, {regulation, Side::yes, true}, {full, Side::no, false}), Branch::tie)
        == cents(0, 200));
}

TEST_CASE("Windows of two venues decide who stops waiting first") {
  const Contract contract{.subject = "LAL"};
  const auto postponed = [&](std::optional<std::int32_t> a, std::optional<std::int32_t> b) {
    const auto left = profile(true, 0, a, Payment::no);
    const auto right = profile(true, 0, b, Payment::half);
    return *payoffs(contract, {left, Side::yes, true},
                    {right, Side::no, false})[static_cast<std::size_t>(Branch::postponed)];
  };
  CHECK(postponed(std::nullopt, std::nullopt) == sure);
  CHECK(postponed(48, std::nullopt) == cents(0, 100)); // NO loses YES; the other leg by the result
  CHECK(postponed(std::nullopt, 48) == cents(50, 150));
  CHECK(postponed(48, 48) == cents(50, 50));
  CHECK(postponed(24, 48) == cents(0, 100));
}

TEST_CASE("A rule that cannot be read is named with its line") {
  struct Row {
    std::string text;
    std::string problem;
  };
  const auto row = GENERATE(values<Row>({
    {"", "empty"},
    {"venue,league\n", "line 1: the columns must be"},
    {one_line("kalshi,nba,winner"), "line 2: 13 fields wanted"},
    {one_line("betfair,nba,winner,yes,-,48,fair,fair,fair,fair,5,2026-11-21,x"), "unknown venue"},
    {one_line("kalshi,cricket,winner,yes,-,48,fair,fair,fair,fair,5,2026-11-21,x"),
     "unknown league"},
    {one_line("kalshi,nba,half,yes,-,48,fair,fair,fair,fair,5,2026-11-21,x"), "unknown kind"},
    {one_line("kalshi,nba,winner,maybe,-,48,fair,fair,fair,fair,5,2026-11-21,x"), "overtime"},
    {one_line("kalshi,nba,winner,yes,luck,48,fair,fair,fair,fair,5,2026-11-21,x"), "tie"},
    {one_line("kalshi,nba,winner,yes,-,-1,fair,fair,fair,fair,5,2026-11-21,x"), "window_hours"},
    {one_line("kalshi,nba,winner,yes,-,48,-,fair,fair,fair,5,2026-11-21,x"), "postponed"},
    {one_line("kalshi,nba,winner,yes,-,48,fair,-,fair,fair,5,2026-11-21,x"), "cancelled"},
    {one_line("kalshi,nba,winner,yes,-,48,fair,fair,,fair,5,2026-11-21,x"), "abandoned"},
    {one_line("kalshi,nba,winner,yes,-,48,fair,fair,fair,fair|,5,2026-11-21,x"), "void"},
    {one_line("kalshi,nba,winner,yes,-,48,fair,fair,fair,fair,soon,2026-11-21,x"), "lockup_hours"},
    {one_line("kalshi,nba,winner,yes,-,48,fair,fair,fair,fair,5,yesterday,x"), "as_of"},
    {one_line("kalshi,nba,winner,yes,-,48,fair,fair,fair,fair,5,2026-11-21,"), "source"},
    {one_line("kalshi,nba,winner/winner,yes,-,48,fair,fair,fair,fair,5,2026-11-21,x"),
     "a second rule"},
  }));
  CAPTURE(row.text);
  const auto parsed = parse_settlement_rules(row.text);
  REQUIRE_FALSE(parsed);
  CHECK_THAT(caf::to_string(parsed.error()), Catch::Contains(row.problem));
}
