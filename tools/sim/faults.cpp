#include "tools/sim/faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace arbees::sim {

namespace {

struct Row {
  std::string_view name;
  double usual;
};

/// In the order of FaultClass. With the usual rates a client is hurt every few seconds and can
/// still trade in between.
constexpr std::array<Row, fault_classes> rows{{{"drop", 0.0005},
                                               {"duplicate", 0.001},
                                               {"delay", 0.001},
                                               {"reorder", 0.0005},
                                               {"partial", 0.005},
                                               {"cut", 0.005},
                                               {"freeze", 0.005},
                                               {"http_429", 0.01},
                                               {"http_425", 0.005},
                                               {"http_500_before", 0.005},
                                               {"http_500_after", 0.01},
                                               {"http_timeout_before", 0.005},
                                               {"http_timeout_after", 0.01},
                                               {"http_cut", 0.01},
                                               {"http_delay", 0.02},
                                               {"http_garbage", 0.01},
                                               {"ghost_fill", 0.02},
                                               {"clock_jump", 0.01},
                                               {"insufficient_funds", 0.01},
                                               {"pause", 0.005},
                                               {"restart", 0.003},
                                               {"settlement_reversal", 0.1}}};

std::optional<std::size_t> class_of(std::string_view name) {
  const auto found = std::ranges::find(rows, name, &Row::name);
  return found == rows.end() ? std::nullopt
                             : std::optional{static_cast<std::size_t>(found - rows.begin())};
}

std::optional<double> rate_of(std::string_view text) {
  auto rate = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
  const auto good =
    error == std::errc{} && end == text.data() + text.size() && rate >= 0 && rate <= 1;
  return good ? std::optional{rate} : std::nullopt;
}

std::string known_names() {
  std::string names = "all";
  for (const auto& row : rows) {
    names += fmt::format(", {}", row.name);
  }
  return names;
}

/// Applies one entry. Returns what is wrong with it, empty if nothing is.
std::string apply(FaultRates& rates, std::string_view entry) {
  const auto equals = std::min(entry.find('='), entry.size());
  const auto word = entry.substr(0, equals);
  const auto at = class_of(word);
  if (word != "all" && !at) {
    return fmt::format("no fault class \"{}\"; there are {}", word, known_names());
  }
  const auto named = equals < entry.size();
  const auto rate = named ? rate_of(entry.substr(equals + 1)) : std::nullopt;
  if (named && !rate) {
    return fmt::format("\"{}\": a rate is a number of 0 to 1", entry);
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!at || *at == i) {
      rates.set(static_cast<FaultClass>(i), rate.value_or(rows[i].usual));
    }
  }
  return {};
}

} // namespace

std::string_view name(FaultClass fault) {
  return rows[static_cast<std::size_t>(fault)].name;
}

bool FaultRates::any() const {
  return std::ranges::any_of(rates_, [](double rate) { return rate > 0; });
}

std::string FaultRates::text() const {
  std::string out;
  for (std::size_t i = 0; i < rates_.size(); ++i) {
    if (rates_[i] > 0) {
      out += fmt::format("{}{}={}", out.empty() ? "" : ",", rows[i].name, rates_[i]);
    }
  }
  return out.empty() ? "off" : out;
}

std::variant<FaultRates, std::string> parse_faults(std::string_view spec) {
  FaultRates rates;
  if (spec == "off") {
    return rates;
  }
  for (auto rest = spec;;) {
    const auto comma = std::min(rest.find(','), rest.size());
    if (auto wrong = apply(rates, rest.substr(0, comma)); !wrong.empty()) {
      return wrong;
    }
    if (comma == rest.size()) {
      return rates;
    }
    rest = rest.substr(comma + 1);
  }
}

} // namespace arbees::sim
