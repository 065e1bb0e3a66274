#include "actors/market/settlement_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <variant>

#include "actors/messages/errors.hpp"

namespace arbees {

namespace {

constexpr std::string_view columns =
  "venue,league,kinds,overtime,tie,window_hours,postponed,cancelled,abandoned,void,lockup_hours,"
  "as_of,source";
constexpr std::size_t column_count = 13;
constexpr std::size_t venue_count = 2;
constexpr std::size_t kind_count = 3;
constexpr std::size_t league_count = static_cast<std::size_t>(League::uel) + 1;
constexpr Money dollar{money_per_dollar};
constexpr Money half_dollar{money_per_dollar / 2};

using Fields = std::vector<std::string_view>;

std::size_t place(Venue venue, League league, MarketKind kind) {
  return (static_cast<std::size_t>(venue) * league_count + static_cast<std::size_t>(league))
           * kind_count
         + static_cast<std::size_t>(kind);
}

Fields split(std::string_view text, char separator) {
  Fields fields;
  while (true) {
    const auto end = text.find(separator);
    fields.push_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      return fields;
    }
    text.remove_prefix(end + 1);
  }
}

std::optional<MarketKind> parse_kind(std::string_view text) {
  for (const auto kind : {MarketKind::winner, MarketKind::spread, MarketKind::total}) {
    if (text == to_string(kind)) {
      return kind;
    }
  }
  return std::nullopt;
}

constexpr std::array payment_names = {
  std::pair{std::string_view{"result"}, Payment::result},
  std::pair{std::string_view{"half"}, Payment::half},
  std::pair{std::string_view{"no"}, Payment::no},
  std::pair{std::string_view{"draw"}, Payment::draw},
  // Two names for people: what the venue may choose, and what nobody has read.
  std::pair{std::string_view{"fair"}, Payment::anything},
  std::pair{std::string_view{"unknown"}, Payment::anything},
};

/// "half|no"; "-" is a branch that cannot happen.
std::optional<Payments> parse_payments(std::string_view text) {
  if (text == "-") {
    return Payments{0};
  }
  Payments payments = 0;
  for (const auto name : split(text, '|')) {
    const auto* const found =
      std::ranges::find(payment_names, name, &decltype(payment_names)::value_type::first);
    if (found == payment_names.end()) {
      return std::nullopt;
    }
    payments |= static_cast<Payments>(found->second);
  }
  return payments;
}

std::optional<std::int32_t> parse_hours(std::string_view text) {
  std::int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto whole = error == std::errc{} && end == text.data() + text.size();
  return whole && value >= 0 && value <= 10'000 ? std::optional{value} : std::nullopt;
}

bool is_date(std::string_view text) {
  return text.size() == 10 && text[4] == '-' && text[7] == '-'
         && std::ranges::count_if(text, [](char c) { return c >= '0' && c <= '9'; }) == 8;
}

caf::error bad_line(std::size_t line, std::string_view why) {
  return caf::make_error(Errc::bad_configuration,
                         fmt::format("settlement rules line {}: {}", line, why));
}

/// The rules of one line, or the name of the first column that is bad.
std::variant<SettlementProfile, std::string_view> parse_profile(const Fields& fields) {
  SettlementProfile profile{.source = std::string{fields[12]}, .as_of = std::string{fields[11]}};
  if (fields[3] != "yes" && fields[3] != "no") {
    return "overtime";
  }
  profile.overtime = fields[3] == "yes";
  if (!fields[5].empty()) {
    profile.window_hours = parse_hours(fields[5]);
    if (!profile.window_hours) {
      return "window_hours";
    }
  }
  struct Cell {
    std::size_t column;
    std::string_view name;
    Payments& target;
    bool possible; ///< of every game
  };
  for (const auto& cell :
       {Cell{4, "tie", profile.tie, false},
        Cell{6, "postponed", profile.postponed, profile.window_hours.has_value()},
        Cell{7, "cancelled", profile.cancelled, true},
        Cell{8, "abandoned", profile.abandoned, true}, Cell{9, "void", profile.void_, true}}) {
    const auto payments = parse_payments(fields[cell.column]);
    if (!payments || (cell.possible && *payments == 0)) {
      return cell.name;
    }
    cell.target = *payments;
  }
  const auto lockup = parse_hours(fields[10]);
  if (!lockup) {
    return "lockup_hours";
  }
  profile.lockup_hours = *lockup;
  if (!is_date(profile.as_of)) {
    return "as_of";
  }
  if (profile.source.empty()) {
    return "source";
  }
  return profile;
}

caf::error add_line(SettlementTable& table, const Fields& fields, std::size_t line) {
  const auto venue = parse_venue(fields[0]);
  const auto league = parse_league(fields[1]);
  if (!venue || !league) {
    return bad_line(line, fmt::format("unknown {} '{}'", venue ? "league" : "venue",
                                      venue ? fields[1] : fields[0]));
  }
  const auto profile = parse_profile(fields);
  if (const auto* const column = std::get_if<std::string_view>(&profile)) {
    return bad_line(line, fmt::format("{} is missing or unknown", *column));
  }
  for (const auto name : split(fields[2], '/')) {
    const auto kind = parse_kind(name);
    if (!kind) {
      return bad_line(line, fmt::format("unknown kind '{}'", name));
    }
    if (table.find(*venue, *league, *kind) != nullptr) {
      return bad_line(line, fmt::format("a second rule for {} {} {}", fields[0], fields[1], name));
    }
    table.add(*venue, *league, *kind, std::get<SettlementProfile>(profile));
  }
  return {};
}

/// How the game itself ended, where that matters.
enum class Truth : std::uint8_t { yes, no };

struct Range {
  Money low;
  Money high;
};

Range pays(bool wins) {
  return wins ? Range{dollar, dollar} : Range{Money{0}, Money{0}};
}

Range pays(Payment payment, const HedgeLeg& leg, Truth truth, bool about_draw) {
  switch (payment) {
    case Payment::result:
      return pays(leg.pays_when_true == (truth == Truth::yes));
    case Payment::half:
      return {half_dollar, half_dollar};
    case Payment::no:
      return pays(leg.side == Side::no);
    case Payment::draw:
      return pays(leg.pays_when_true == about_draw);
    case Payment::anything:
      break;
  }
  return {Money{0}, dollar};
}

/// The widest range over all that the rules leave open.
Range pays(Payments payments, const HedgeLeg& leg, Truth truth, bool about_draw) {
  Range range{dollar, Money{0}};
  for (const auto& [name, payment] : payment_names) {
    if ((payments & static_cast<Payments>(payment)) != 0) {
      const auto one = pays(payment, leg, truth, about_draw);
      range = {std::min(range.low, one.low), std::max(range.high, one.high)};
    }
  }
  return range;
}

/// What the two venues apply to one course of events.
struct Applied {
  Payments a = 0;
  Payments b = 0;
};

constexpr auto by_result = static_cast<Payments>(Payment::result);
constexpr auto by_draw = static_cast<Payments>(Payment::draw);
constexpr auto by_anything = static_cast<Payments>(Payment::anything);

/// Level after regulation time, and the venues differ in whether that is the end: the one that
/// counts overtime pays by a result that the other does not see.
Payments level(const SettlementProfile& rules, MarketKind kind) {
  if (rules.overtime) {
    return by_anything;
  }
  return kind == MarketKind::winner ? by_draw : by_anything;
}

std::optional<Applied> tie(const Contract& contract, const HedgeLeg& a, const HedgeLeg& b) {
  if (a.rules.overtime != b.rules.overtime) {
    return Applied{level(a.rules, contract.kind), level(b.rules, contract.kind)};
  }
  if (a.rules.tie == 0 && b.rules.tie == 0) {
    return std::nullopt;
  }
  const auto rule = [&](const HedgeLeg& leg) {
    const auto payments = leg.rules.tie == 0 ? by_anything : leg.rules.tie;
    // Who wins a game that nobody wins is known: that result is the draw.
    return contract.kind == MarketKind::winner && (payments & by_result) != 0
             ? static_cast<Payments>((payments & ~by_result) | by_draw)
             : payments;
  };
  return Applied{rule(a), rule(b)};
}

/// The game is played after one venue has stopped waiting, and perhaps after both have.
std::vector<Applied> postponed(const HedgeLeg& a, const HedgeLeg& b) {
  const auto& first = a.rules.window_hours;
  const auto& second = b.rules.window_hours;
  if (!first && !second) {
    return {{by_result, by_result}};
  }
  std::vector<Applied> courses;
  if (first != second) {
    const auto a_stops = first && (!second || *first < *second);
    courses.push_back(a_stops ? Applied{a.rules.postponed, by_result}
                              : Applied{by_result, b.rules.postponed});
  }
  if (first && second) {
    courses.push_back({a.rules.postponed, b.rules.postponed});
  }
  return courses;
}

Payoff pair_payoff(const Contract& contract, const HedgeLeg& a, const HedgeLeg& b, Applied rules,
                   std::initializer_list<Truth> truths) {
  const auto about_draw = contract.subject == "draw";
  std::optional<Payoff> all;
  for (const auto truth : truths) {
    const auto left = pays(rules.a, a, truth, about_draw);
    const auto right = pays(rules.b, b, truth, about_draw);
    const Payoff one{left.low + right.low, left.high + right.high};
    all = all ? Payoff{std::min(all->worst, one.worst), std::max(all->best, one.best)} : one;
  }
  return *all;
}

} // namespace

std::string_view to_string(Branch branch) {
  constexpr std::array<std::string_view, branch_count> names = {
    "win", "loss", "tie", "postponed", "cancelled", "abandoned", "void"};
  return names[static_cast<std::size_t>(branch)];
}

void SettlementTable::add(Venue venue, League league, MarketKind kind, SettlementProfile profile) {
  profiles_.resize(venue_count * league_count * kind_count);
  profiles_[place(venue, league, kind)] = std::move(profile);
}

const SettlementProfile* SettlementTable::find(Venue venue, League league, MarketKind kind) const {
  const auto index = place(venue, league, kind);
  return index < profiles_.size() && profiles_[index] ? &*profiles_[index] : nullptr;
}

std::size_t SettlementTable::size() const {
  return static_cast<std::size_t>(
    std::ranges::count_if(profiles_, [](const auto& profile) { return profile.has_value(); }));
}

caf::expected<SettlementTable> parse_settlement_rules(std::string_view csv) {
  SettlementTable table;
  const auto lines = split(csv, '\n');
  auto header = false;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto line = lines[i];
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (line.empty() || line.starts_with('#')) {
      continue;
    }
    if (!header) {
      if (line != columns) {
        return bad_line(i + 1, fmt::format("the columns must be {}", columns));
      }
      header = true;
      continue;
    }
    const auto fields = split(line, ',');
    if (fields.size() != column_count) {
      return bad_line(i + 1, fmt::format("{} fields wanted", column_count));
    }
    if (auto problem = add_line(table, fields, i + 1)) {
      return problem;
    }
  }
  if (!header) {
    return bad_line(1, "the file is empty");
  }
  return table;
}

PayoffMatrix payoffs(const Contract& contract, const HedgeLeg& a, const HedgeLeg& b) {
  PayoffMatrix matrix;
  const auto set = [&](Branch branch, Applied rules, std::initializer_list<Truth> truths) {
    auto& cell = matrix[static_cast<std::size_t>(branch)];
    const auto one = pair_payoff(contract, a, b, rules, truths);
    cell = cell ? Payoff{std::min(cell->worst, one.worst), std::max(cell->best, one.best)} : one;
  };
  set(Branch::win, {by_result, by_result}, {Truth::yes});
  set(Branch::loss, {by_result, by_result}, {Truth::no});
  const auto either = {Truth::yes, Truth::no};
  if (const auto rules = tie(contract, a, b)) {
    set(Branch::tie, *rules, either);
  }
  for (const auto& rules : postponed(a, b)) {
    set(Branch::postponed, rules, either);
  }
  set(Branch::cancelled, {a.rules.cancelled, b.rules.cancelled}, either);
  set(Branch::abandoned, {a.rules.abandoned, b.rules.abandoned}, either);
  set(Branch::void_, {a.rules.void_, b.rules.void_}, either);
  return matrix;
}

std::uint8_t tail_flags(const PayoffMatrix& matrix, const HedgeLeg& a, const HedgeLeg& b) {
  std::uint8_t flags = 0;
  const auto look = [&](Branch branch, SettlementFlag flag) {
    const auto& payoff = matrix[static_cast<std::size_t>(branch)];
    if (payoff && payoff->worst < dollar) {
      flags |= static_cast<std::uint8_t>(flag);
    }
  };
  const auto same_time = a.rules.overtime == b.rules.overtime;
  look(Branch::tie, same_time ? SettlementFlag::tie_possible : SettlementFlag::regulation_only);
  look(Branch::postponed, SettlementFlag::postpone_asymmetry);
  look(Branch::cancelled, SettlementFlag::void_price);
  look(Branch::abandoned, SettlementFlag::void_price);
  look(Branch::void_, SettlementFlag::void_price);
  return flags;
}

} // namespace arbees
