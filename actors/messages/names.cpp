#include <array>
#include <utility>

#include "actors/messages/control.hpp"
#include "actors/messages/position.hpp"

namespace arbees {

namespace {

template <class Enum>
using Names = std::initializer_list<std::pair<Enum, std::string_view>>;

template <class Enum>
std::string_view name_of(Enum value, Names<Enum> names) {
  for (const auto& [candidate, name] : names) {
    if (candidate == value) {
      return name;
    }
  }
  return "unknown";
}

template <class Enum>
std::optional<Enum> value_of(std::string_view text, Names<Enum> names) {
  for (const auto& [candidate, name] : names) {
    if (name == text) {
      return candidate;
    }
  }
  return std::nullopt;
}

const Names<League> leagues = {
  {League::nba, "nba"},
  {League::wnba, "wnba"},
  {League::nfl, "nfl"},
  {League::ncaaf, "ncaaf"},
  {League::ncaamb, "ncaamb"},
  {League::ncaawb, "ncaawb"},
  {League::nhl, "nhl"},
  {League::mlb, "mlb"},
  {League::epl, "epl"},
  {League::mls, "mls"},
  {League::laliga, "laliga"},
  {League::seriea, "seriea"},
  {League::bundesliga, "bundesliga"},
  {League::ligue1, "ligue1"},
  {League::ligamx, "ligamx"},
  {League::ucl, "ucl"},
  {League::uel, "uel"},
};

const Names<Phase> phases = {
  {Phase::scheduled, "scheduled"}, {Phase::live, "live"},           {Phase::pause, "pause"},
  {Phase::delayed, "delayed"},     {Phase::suspended, "suspended"}, {Phase::final, "final"},
  {Phase::void_, "void"},          {Phase::unknown, "unknown"},
};

const Names<BookStatus> book_statuses = {
  {BookStatus::ok, "ok"},
  {BookStatus::stale, "stale"},
  {BookStatus::closed, "closed"},
};

const Names<StaleReason> stale_reasons = {
  {StaleReason::none, "none"},
  {StaleReason::no_snapshot, "no_snapshot"},
  {StaleReason::disconnected, "disconnected"},
  {StaleReason::sequence_gap, "sequence_gap"},
  {StaleReason::crossed, "crossed"},
  {StaleReason::negative_level, "negative_level"},
  {StaleReason::off_grid, "off_grid"},
  {StaleReason::top_mismatch, "top_mismatch"},
  {StaleReason::tick_change, "tick_change"},
  {StaleReason::audit, "audit"},
};

const Names<TradingState> trading_states = {
  {TradingState::active, "active"},
  {TradingState::reduce_only, "reduce_only"},
  {TradingState::flatten, "flatten"},
  {TradingState::halted, "halted"},
};

} // namespace

std::string_view to_string(TradingState state) {
  return name_of(state, trading_states);
}

std::optional<TradingState> parse_trading_state(std::string_view text) {
  return value_of(text, trading_states);
}

std::string_view to_string(VenueState state) {
  return name_of(state, {{VenueState::open, "open"},
                         {VenueState::post_only, "post_only"},
                         {VenueState::cancel_only, "cancel_only"},
                         {VenueState::down, "down"},
                         {VenueState::refused, "refused"}});
}

std::string_view to_string(MarketKind kind) {
  return name_of(kind, {{MarketKind::winner, "winner"},
                        {MarketKind::spread, "spread"},
                        {MarketKind::total, "total"}});
}

std::string_view to_string(BookStatus status) {
  return name_of(status, book_statuses);
}
std::optional<BookStatus> parse_book_status(std::string_view text) {
  return value_of(text, book_statuses);
}
std::string_view to_string(StaleReason reason) {
  return name_of(reason, stale_reasons);
}
std::string_view to_string(League league) {
  return name_of(league, leagues);
}
std::optional<League> parse_league(std::string_view text) {
  return value_of(text, leagues);
}
std::string_view to_string(Phase phase) {
  return name_of(phase, phases);
}
std::optional<Phase> parse_phase(std::string_view text) {
  return value_of(text, phases);
}

std::string_view to_string(SignalType type) {
  return type == SignalType::arbitrage ? "arbitrage" : "directional";
}

std::string_view to_string(Side side) {
  return side == Side::yes ? "yes" : "no";
}
std::string_view to_string(Action action) {
  return action == Action::buy ? "buy" : "sell";
}

std::string_view to_string(OrderPurpose purpose) {
  return name_of(purpose, {{OrderPurpose::open, "open"},
                           {OrderPurpose::complete, "complete"},
                           {OrderPurpose::unwind, "unwind"},
                           {OrderPurpose::exit, "exit"}});
}

std::string_view to_string(FillState state) {
  return name_of(state, {{FillState::provisional, "provisional"},
                         {FillState::confirmed, "confirmed"},
                         {FillState::voided, "voided"}});
}

std::string_view to_string(OrderStatus status) {
  return name_of(status, {{OrderStatus::accepted, "accepted"},
                          {OrderStatus::filled, "filled"},
                          {OrderStatus::partial, "partial"},
                          {OrderStatus::unfilled, "unfilled"},
                          {OrderStatus::rejected, "rejected"},
                          {OrderStatus::unknown, "unknown"}});
}

std::string_view to_string(PairOutcome outcome) {
  return name_of(outcome, {{PairOutcome::complete, "complete"},
                           {PairOutcome::balanced_partial, "balanced_partial"},
                           {PairOutcome::unwound, "unwound"},
                           {PairOutcome::exposed, "exposed"},
                           {PairOutcome::void_, "void"}});
}

std::string_view to_string(PositionState state) {
  return name_of(state, {{PositionState::open, "open"},
                         {PositionState::exiting, "exiting"},
                         {PositionState::settled, "settled"},
                         {PositionState::closed, "closed"}});
}

std::string_view to_string(ExitReason reason) {
  return name_of(reason, {{ExitReason::take_profit, "take_profit"},
                          {ExitReason::stop_loss, "stop_loss"},
                          {ExitReason::early_exit, "early_exit"},
                          {ExitReason::flatten, "flatten"}});
}

std::string
client_order_id(PairId pair, std::uint8_t leg, OrderPurpose purpose, std::uint8_t attempt) {
  return fmt::format("a{}-{}{}{}", to_hex(pair), leg, to_string(purpose).front(), attempt);
}

} // namespace arbees
