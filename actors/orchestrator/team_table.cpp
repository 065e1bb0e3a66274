#include "actors/orchestrator/team_table.hpp"

#include "actors/orchestrator/csv.hpp"
#include "actors/orchestrator/team_names.hpp"

namespace arbees {

namespace {

constexpr std::string_view columns =
  "espn,kalshi,polymarket,name,city,nickname,kalshi_label,aliases";

/// A scoreboard that teaches more teams than any league has is not believed.
constexpr std::size_t most_learned = 2'000;

std::string upper(std::string_view code) {
  std::string result{code};
  for (auto& c : result) {
    if (c >= 'a' && c <= 'z') {
      c = static_cast<char>(c - 'a' + 'A');
    }
  }
  return result;
}

caf::error bad_line(std::size_t line, std::string_view why) {
  return caf::make_error(Errc::bad_configuration, fmt::format("team table line {}: {}", line, why));
}

} // namespace

struct TeamTable::Row {
  std::string_view espn, kalshi, polymarket, name, city, nickname, kalshi_label, aliases;
};

caf::expected<TeamTable> TeamTable::parse(std::string_view csv, TeamIdRule rule) {
  TeamTable table;
  table.rule_ = rule;
  const auto lines = split_lines(csv);
  if (lines.empty() || lines.front() != columns) {
    return bad_line(1, fmt::format("the columns must be {}", columns));
  }
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto fields = split_fields(lines[i], ',');
    if (fields.size() != 8) {
      return bad_line(i + 1, "8 fields wanted");
    }
    const Row row{fields[0], fields[1], fields[2], fields[3],
                  fields[4], fields[5], fields[6], fields[7]};
    if (auto error = table.add(row)) {
      return bad_line(i + 1, describe(error));
    }
  }
  return table;
}

caf::error TeamTable::add(const Row& row) {
  if (row.name.empty() || (row.espn.empty() && rule_ != TeamIdRule::school)) {
    return caf::make_error(Errc::bad_configuration, "a team needs a code and a name");
  }
  const auto id = rule_ == TeamIdRule::school ? slug_of(row.name) : std::string{row.espn};
  for (const auto& [source, code] : {std::pair{Source::espn, row.espn},
                                     {Source::kalshi, row.kalshi},
                                     {Source::polymarket, row.polymarket}}) {
    if (auto error = add_code(source, code, id)) {
      return error;
    }
  }
  add_name(row.name, id, Certainty::label);
  add_name(row.kalshi_label, id, Certainty::label);
  add_name(row.city, id, Certainty::label);
  add_name(row.nickname, id, Certainty::name);
  for (const auto alias : split_fields(row.aliases, ';')) {
    if (alias.empty()) {
      continue;
    }
    const auto value = alias.substr(std::min<std::size_t>(2, alias.size()));
    if (alias.starts_with("n:")) {
      add_name(value, id, Certainty::label);
      continue;
    }
    const auto source = alias.starts_with("e:")   ? std::optional{Source::espn}
                        : alias.starts_with("k:") ? std::optional{Source::kalshi}
                        : alias.starts_with("p:") ? std::optional{Source::polymarket}
                                                  : std::nullopt;
    if (!source) {
      return caf::make_error(Errc::bad_configuration, std::string{alias});
    }
    if (auto error = add_code(*source, value, id)) {
      return error;
    }
  }
  return caf::none;
}

caf::error TeamTable::add_code(Source source, std::string_view code, const std::string& id) {
  if (code.empty()) {
    return caf::none;
  }
  const auto [entry, added] = codes_.emplace(std::pair{source, upper(code)}, id);
  if (!added && entry->second != id) {
    return caf::make_error(Errc::bad_configuration,
                           fmt::format("{} means {} and {}", code, entry->second, id));
  }
  return caf::none;
}

void TeamTable::add_name(std::string_view name, const std::string& id, Certainty certainty) {
  auto key = normalise_name(name);
  if (key.empty()) {
    return;
  }
  auto& meaning = names_[std::move(key)];
  meaning.ids.insert(id);
  meaning.certainty = std::min(meaning.certainty, certainty);
}

void TeamTable::learn(const TeamLabels& labels) {
  if (rule_ == TeamIdRule::code || learned_ >= most_learned) {
    return;
  }
  const auto& principal = rule_ == TeamIdRule::school ? labels.location : labels.full_name;
  if (normalise_name(principal).empty()) {
    return;
  }
  const auto known = by_name(principal);
  const auto by_code_too =
    rule_ == TeamIdRule::club ? by_code(Source::espn, labels.code) : std::optional<ResolvedTeam>{};
  const auto id = known ? known->id : by_code_too ? by_code_too->id : slug_of(principal);
  learned_ += known || by_code_too ? 0 : 1;
  add_name(principal, id, Certainty::label);
  add_name(labels.full_name, id, Certainty::label);
  if (rule_ == TeamIdRule::club) {
    add_name(labels.short_name, id, Certainty::label);
  }
}

std::optional<ResolvedTeam> TeamTable::by_code(Source source, std::string_view code) const {
  const auto entry = codes_.find({source, upper(code)});
  if (entry == codes_.end()) {
    return std::nullopt;
  }
  return ResolvedTeam{.id = entry->second, .certainty = Certainty::code};
}

std::optional<ResolvedTeam> TeamTable::by_name(std::string_view name) const {
  const auto entry = names_.find(normalise_name(name));
  if (entry == names_.end() || entry->second.ids.size() != 1) {
    return std::nullopt;
  }
  return ResolvedTeam{.id = *entry->second.ids.begin(), .certainty = entry->second.certainty};
}

std::optional<ResolvedTeam>
TeamTable::resolve(Source source, std::string_view code, std::string_view name) const {
  const auto coded = by_code(source, code);
  const auto named = by_name(name);
  if (coded && named && coded->id != named->id) {
    return std::nullopt;
  }
  return coded ? coded : named;
}

std::optional<ResolvedTeam> TeamTable::resolve(const TeamLabels& labels) const {
  if (rule_ == TeamIdRule::school) {
    const auto school = by_name(labels.location);
    const auto full = by_name(labels.full_name);
    const auto agree = !school || !full || school->id == full->id;
    return !agree ? std::nullopt : school ? school : full;
  }
  auto result = resolve(Source::espn, labels.code, labels.full_name);
  // A code that means one team beside the short name of another is nobody's.
  const auto short_named = by_name(labels.short_name);
  if (result && short_named && short_named->id != result->id) {
    return std::nullopt;
  }
  return result;
}

std::optional<std::pair<std::string, std::string>>
TeamTable::split(Source source, std::string_view block) const {
  std::optional<std::pair<std::string, std::string>> found;
  for (std::size_t cut = 1; cut < block.size(); ++cut) {
    const auto left = block.substr(0, cut);
    const auto right = block.substr(cut);
    if (!by_code(source, left) || !by_code(source, right)) {
      continue;
    }
    if (found) {
      return std::nullopt;
    }
    found.emplace(left, right);
  }
  return found;
}

} // namespace arbees
