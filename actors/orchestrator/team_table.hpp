#pragma once

#include <caf/expected.hpp>
#include <map>
#include <set>

#include "actors/messages/errors.hpp"
#include "actors/messages/listing.hpp"

namespace arbees {

/// How a team was recognised; earlier is better.
enum class Certainty : std::uint8_t {
  code,  ///< the source's own code
  label, ///< the venue's label or the full name
  name,  ///< a nickname
};

struct ResolvedTeam {
  std::string id; ///< canonical inside the league
  Certainty certainty = Certainty::code;

  bool operator==(const ResolvedTeam&) const = default;
};

/// Who speaks: each source has its own codes.
enum class Source : std::uint8_t { espn, kalshi, polymarket };

/// What identifies a team of a league.
enum class TeamIdRule : std::uint8_t {
  code,   ///< ESPN's code; the table is complete
  club,   ///< ESPN's code, or the name of a club that the scoreboard taught
  school, ///< the school's name; codes mean different schools at different sources
};

/// The teams of one league: codes, labels and names of each source, from `config/teams/*.csv` and,
/// where the league is too big for a table, from the scoreboard. Whole names only; what could be
/// two teams is none.
class TeamTable {
public:
  /// Parses the columns `espn,kalshi,polymarket,name,city,nickname,kalshi_label,aliases`; aliases
  /// are `e:` `k:` `p:` codes and `n:` names, parted by ';'. A city counts only while one team of
  /// the league has it.
  /// @returns Errc::bad_configuration with the line, also if a code means two teams.
  static caf::expected<TeamTable> parse(std::string_view csv, TeamIdRule rule);

  /// Adds a team that the scoreboard lists. Does nothing in a league whose table is complete.
  void learn(const TeamLabels& labels);

  [[nodiscard]] std::optional<ResolvedTeam> by_code(Source source, std::string_view code) const;
  [[nodiscard]] std::optional<ResolvedTeam> by_name(std::string_view name) const;

  /// By code, else by name. Nothing if the two mean different teams.
  [[nodiscard]] std::optional<ResolvedTeam>
  resolve(Source source, std::string_view code, std::string_view name) const;

  /// A scoreboard's team: all of its labels that mean a team must mean the same one.
  [[nodiscard]] std::optional<ResolvedTeam> resolve(const TeamLabels& labels) const;

  /// The one cut of `block` ("LALLAC") into two codes. Nothing if there is none, or more than one.
  [[nodiscard]] std::optional<std::pair<std::string, std::string>>
  split(Source source, std::string_view block) const;

  [[nodiscard]] TeamIdRule rule() const { return rule_; }
  /// Grows when `learn` taught something.
  [[nodiscard]] std::size_t names_known() const { return names_.size(); }

private:
  struct Row;
  struct Meaning {
    std::set<std::string> ids; ///< more than one: ambiguous
    Certainty certainty = Certainty::name;
  };

  caf::error add(const Row& row);
  caf::error add_code(Source source, std::string_view code, const std::string& id);
  void add_name(std::string_view name, const std::string& id, Certainty certainty);

  TeamIdRule rule_ = TeamIdRule::code;
  std::map<std::pair<Source, std::string>, std::string> codes_;
  std::map<std::string, Meaning> names_;
  std::size_t learned_ = 0;
};

} // namespace arbees
