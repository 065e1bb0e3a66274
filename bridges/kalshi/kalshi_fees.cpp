#include "bridges/kalshi/kalshi_fees.hpp"

#include <algorithm>

#include "bridges/kalshi/kalshi_fee_fields.hpp"

namespace arbees {

namespace json = boost::json;

namespace {

constexpr std::int64_t coefficient_ppm = 70'000;
constexpr Money direct_member_grid{100}; ///< $0.0001

struct InForce {
  KalshiFeeTerms terms;
  Timestamp since;
};

std::span<const KalshiFeeChange>
changes_of(const std::map<std::string, std::vector<KalshiFeeChange>>& changes,
           const std::string& ticker) {
  const auto place = changes.find(ticker);
  return place == changes.end() ? std::span<const KalshiFeeChange>{} : place->second;
}

/// @param changes by time
InForce in_force(const KalshiFeeTerms& read, Timestamp read_at,
                 std::span<const KalshiFeeChange> changes, Timestamp now) {
  InForce result{.terms = read, .since = read_at};
  for (const auto& change : changes) {
    if (change.at > now) {
      break;
    }
    if (change.at > read_at) {
      result = {.terms = change.terms, .since = change.at};
    } else if (change.terms == read) {
      result.since = change.at; // what was read is what this change brought
    }
  }
  return result;
}

caf::expected<KalshiFeeChangesPage>
decode_changes(std::string_view text, std::string_view list, auto read_row) {
  const auto document = parse_json(text);
  if (!document) {
    return document.error();
  }
  const auto* const object = document->if_object();
  const auto* const rows = object == nullptr ? nullptr : array_field(*object, list);
  if (rows == nullptr) {
    return caf::make_error(Errc::bad_frame, "no list of fee changes");
  }
  KalshiFeeChangesPage page;
  page.cursor = text_field(*object, "cursor");
  for (const auto& element : *rows) {
    const auto* const row = element.if_object();
    const auto at = row == nullptr ? std::nullopt : time_field(*row, "scheduled_ts");
    auto change = at ? std::optional<KalshiFeeChange>{read_row(*row)} : std::nullopt;
    if (!change || change->ticker.empty()) {
      ++page.dropped;
      continue;
    }
    change->at = *at;
    page.changes.push_back(std::move(*change));
  }
  return page;
}

} // namespace

std::optional<FeeSchedule>
kalshi_fee_schedule(const KalshiSeriesFees& fees, std::string source, Timestamp effective_from) {
  // Shares of the taker's coefficient that makers pay, in quarters.
  const std::map<std::string_view, std::int64_t> maker_quarters = {
    {"quadratic", 0}, {"quadratic_with_maker_fees", 1}, {"quadratic_with_combo_maker_fees", 2}};
  const auto maker = maker_quarters.find(fees.type);
  if (maker == maker_quarters.end() || fees.multiplier_ppm < 0
      || fees.multiplier_ppm > 100'000'000) {
    return std::nullopt;
  }
  const auto taker = divide(Int128{coefficient_ppm} * fees.multiplier_ppm, 1'000'000, Rounding::up);
  return FeeSchedule{.rounding = Venue::kalshi,
                     .taker_ppm = taker,
                     .maker_ppm = divide(Int128{taker} * maker->second, 4, Rounding::up),
                     .exponent = 1,
                     .balance_step = direct_member_grid,
                     .source = fmt::format("{}: {} x {}", source, fees.type,
                                           format_decimal(fees.multiplier_ppm, 6, 1)),
                     .effective_from = effective_from};
}

std::optional<FeeSchedule>
fees_in_force(const KalshiSeriesFees* series, const KalshiEventFees& event,
              const KalshiFeeChanges& changes, Timestamp now) {
  const auto read = series == nullptr ? KalshiFeeTerms{}
                                      : KalshiFeeTerms{.type = series->type,
                                                       .multiplier_ppm = series->multiplier_ppm};
  const auto base = in_force(read, series == nullptr ? Timestamp{} : series->read_at,
                             changes_of(changes.series, event.series), now);
  const auto own =
    in_force(event.terms, event.read_at, changes_of(changes.events, event.ticker), now);
  const auto& type = own.terms.type ? own.terms.type : base.terms.type;
  const auto& multiplier =
    own.terms.multiplier_ppm ? own.terms.multiplier_ppm : base.terms.multiplier_ppm;
  if (!type || !multiplier) {
    return std::nullopt;
  }
  const auto is_own = own.terms.type || own.terms.multiplier_ppm;
  const auto is_all_own = own.terms.type && own.terms.multiplier_ppm;
  const auto since = is_all_own ? own.since : is_own ? std::max(own.since, base.since) : base.since;
  return kalshi_fee_schedule({.type = *type, .multiplier_ppm = *multiplier},
                             is_own ? "event override" : "series " + event.series, since);
}

std::optional<Timestamp> next_fee_change(const KalshiFeeChanges& changes, Timestamp now) {
  std::optional<Timestamp> next;
  for (const auto* const all : {&changes.series, &changes.events}) {
    for (const auto& [ticker, list] : *all) {
      for (const auto& change : list) {
        if (change.at > now && (!next || change.at < *next)) {
          next = change.at;
        }
      }
    }
  }
  return next;
}

void take_fee_changes(std::vector<KalshiFeeChange>& known, std::vector<KalshiFeeChange> read,
                      Timestamp read_at, Timestamp now) {
  std::erase_if(known, [&](const KalshiFeeChange& change) {
    return change.at <= read_at || change.at > now
           || std::ranges::any_of(read, [&](const auto& its) { return its.at == change.at; });
  });
  std::ranges::move(read, std::back_inserter(known));
  std::ranges::stable_sort(known, {}, &KalshiFeeChange::at);
}

caf::expected<KalshiFeeChangesPage> decode_kalshi_series_fee_changes(std::string_view text) {
  return decode_changes(text, "series_fee_change_arr", [](const json::object& row) {
    const auto ticker = text_field(row, "series_ticker");
    return KalshiFeeChange{.ticker = ticker,
                           .series = ticker,
                           .terms = {.type = text_field(row, "fee_type"),
                                     .multiplier_ppm =
                                       decimal_field(row, "fee_multiplier", 6).value_or(-1)},
                           .at = {}};
  });
}

caf::expected<KalshiFeeChangesPage> decode_kalshi_event_fee_changes(std::string_view text) {
  return decode_changes(text, "event_fee_changes", [](const json::object& row) {
    return KalshiFeeChange{.ticker = text_field(row, "event_ticker"),
                           .series = text_field(row, "series_ticker"),
                           .terms = kalshi_event_terms(row),
                           .at = {}};
  });
}

} // namespace arbees
