#include "bridges/kalshi/kalshi_catalogue_codec.hpp"

#include "bridges/kalshi/kalshi_fee_fields.hpp"

namespace arbees {

namespace json = boost::json;

namespace {

constexpr Quantity count_step{10'000}; ///< 0.01 contract

struct Milestone {
  Timestamp start;
  std::string home;
  std::string away;
};

using Milestones = std::map<std::string, Milestone>; ///< by event ticker

struct Context {
  const std::map<std::string, KalshiSeriesFees>& fees;
  const KalshiFeeChanges& changes;
  const Milestones& milestones;
  Timestamp fetched_at;
  std::map<std::string, std::int64_t>& dropped;
};

void add_tickers(Milestones& out, const json::object& object, std::string_view key,
                 const Milestone& milestone) {
  const auto* tickers = array_field(object, key);
  if (tickers == nullptr) {
    return;
  }
  for (const auto& element : *tickers) {
    if (const auto* ticker = element.if_string()) {
      out.emplace(std::string{ticker->data(), ticker->size()}, milestone);
    }
  }
}

Milestones decode_milestones(const json::object& document) {
  Milestones result;
  const auto* milestones = array_field(document, "milestones");
  if (milestones == nullptr) {
    return result;
  }
  for (const auto& element : *milestones) {
    const auto* object = element.if_object();
    const auto start = object == nullptr ? std::nullopt : time_field(*object, "start_date");
    if (!start) {
      continue;
    }
    Milestone milestone{.start = *start, .home = {}, .away = {}};
    if (const auto* details = object_field(*object, "details")) {
      milestone.home = text_field(*details, "home_team_id");
      milestone.away = text_field(*details, "away_team_id");
    }
    add_tickers(result, *object, "primary_event_tickers", milestone);
    add_tickers(result, *object, "related_event_tickers", milestone);
  }
  return result;
}

/// Empty if one of them is not understood: a market without a grid is not tradable.
std::vector<PriceBand> decode_bands(const json::object& market) {
  std::vector<PriceBand> bands;
  const auto* ranges = array_field(market, "price_ranges");
  if (ranges == nullptr || ranges->size() > 100) {
    return bands;
  }
  for (const auto& element : *ranges) {
    const auto* range = element.if_object();
    const auto start = range == nullptr ? std::nullopt : decimal_field(*range, "start", 4);
    const auto end = range == nullptr ? std::nullopt : decimal_field(*range, "end", 4);
    const auto step = range == nullptr ? std::nullopt : decimal_field(*range, "step", 4);
    if (!start || !end || !step || *start < 0 || *end > price_one.value() || *start >= *end
        || *step <= 0 || *step > *end - *start) {
      return {};
    }
    bands.push_back(PriceBand{.start = Price{static_cast<std::int32_t>(*start)},
                              .end = Price{static_cast<std::int32_t>(*end)},
                              .step = Price{static_cast<std::int32_t>(*step)}});
  }
  return bands;
}

std::optional<FeeSchedule>
fees_of(const json::object& event, const VenueEvent& decoded, const Context& context) {
  const auto known = context.fees.find(decoded.series);
  return fees_in_force(known == context.fees.end() ? nullptr : &known->second,
                       {.ticker = decoded.id,
                        .series = decoded.series,
                        .terms = kalshi_event_terms(event),
                        .read_at = context.fetched_at},
                       context.changes, context.fetched_at);
}

std::string team_key(const json::object& market) {
  const auto* strike = object_field(market, "custom_strike");
  if (strike == nullptr || strike->size() != 1) {
    return {};
  }
  return text_field(*strike, strike->begin()->key());
}

std::optional<std::int32_t> decode_line(const json::object& market) {
  const auto line = decimal_field(market, "floor_strike", 1);
  return line && *line > -100'000 && *line < 100'000
           ? std::optional{static_cast<std::int32_t>(*line)}
           : std::nullopt;
}

std::optional<VenueMarket> decode_market(const json::object& object, const json::object& event,
                                         const std::optional<FeeSchedule>& fees) {
  const auto ticker = text_field(object, "ticker");
  const auto type = text_field(object, "market_type");
  if (ticker.empty() || ticker.size() > 100 || (!type.empty() && type != "binary")) {
    return std::nullopt;
  }
  VenueMarket market;
  market.listing = ticker;
  market.type = text_field(object, "strike_type");
  market.title = text_field(object, "title");
  market.team_key = team_key(object);
  market.status = text_field(object, "status");
  market.rules = text_field(object, "rules_primary") + "\n" + text_field(object, "rules_secondary");
  market.line_tenths = decode_line(object);
  market.expected_end = time_field(object, "expected_expiration_time");
  auto& spec = market.spec;
  spec.id = market_id(Venue::kalshi, ticker);
  spec.ref = MarketRef{.venue = Venue::kalshi,
                       .native_id = ticker,
                       .tokens = {},
                       .outcomes = {text_field(object, "yes_sub_title"),
                                    text_field(object, "no_sub_title")}};
  spec.price_bands = decode_bands(object);
  spec.quantity_step = count_step;
  spec.min_quantity = count_step;
  spec.fees = fees;
  const auto own_shard = decimal_field(object, "exchange_index", 0);
  const auto shard = own_shard ? own_shard : decimal_field(event, "exchange_index", 0);
  spec.exchange_index =
    shard && *shard >= 0 && *shard < 1'000 ? static_cast<std::int32_t>(*shard) : 0;
  spec.accepts_orders = market.status == "active";
  return market;
}

std::optional<VenueEvent> decode_event(const json::object& object, const Context& context) {
  VenueEvent event;
  event.id = text_field(object, "event_ticker");
  if (event.id.empty() || event.id.size() > 80) {
    return std::nullopt;
  }
  event.series = text_field(object, "series_ticker");
  if (event.series.empty()) {
    event.series = event.id.substr(0, event.id.find('-'));
  }
  event.title = text_field(object, "title");
  if (const auto milestone = context.milestones.find(event.id);
      milestone != context.milestones.end()) {
    event.start = milestone->second.start;
    event.home_team_key = milestone->second.home;
    event.away_team_key = milestone->second.away;
  }
  const auto fees = fees_of(object, event, context);
  if (const auto* markets = array_field(object, "markets")) {
    for (const auto& element : *markets) {
      const auto* market = element.if_object();
      if (auto decoded = market == nullptr ? std::nullopt : decode_market(*market, object, fees)) {
        event.markets.push_back(std::move(*decoded));
      } else {
        ++context.dropped["market"];
      }
    }
  }
  return event;
}

} // namespace

caf::expected<KalshiSeries> decode_kalshi_series(std::string_view text) {
  const auto document = parse_json(text);
  if (!document) {
    return document.error();
  }
  const auto* object = document->if_object();
  const auto* series = object == nullptr ? nullptr : object_field(*object, "series");
  if (series == nullptr) {
    return caf::make_error(Errc::bad_frame, "no series");
  }
  KalshiSeries result{.ticker = text_field(*series, "ticker"),
                      .fees = {.type = text_field(*series, "fee_type")}};
  const auto multiplier = decimal_field(*series, "fee_multiplier", 6);
  if (result.ticker.empty() || !multiplier) {
    return caf::make_error(Errc::bad_frame, "series without ticker or fee_multiplier");
  }
  result.fees.multiplier_ppm = *multiplier;
  return result;
}

caf::expected<CataloguePage>
decode_kalshi_events(std::string_view text, const std::map<std::string, KalshiSeriesFees>& fees,
                     Timestamp fetched_at, const KalshiFeeChanges& changes) {
  const auto document = parse_json(text);
  if (!document) {
    return document.error();
  }
  const auto* object = document->if_object();
  const auto* events = object == nullptr ? nullptr : array_field(*object, "events");
  if (events == nullptr) {
    return caf::make_error(Errc::bad_frame, "no list of events");
  }
  CataloguePage page;
  page.cursor = text_field(*object, "cursor");
  const auto milestones = decode_milestones(*object);
  const Context context{fees, changes, milestones, fetched_at, page.dropped};
  for (const auto& element : *events) {
    const auto* event = element.if_object();
    if (auto decoded = event == nullptr ? std::nullopt : decode_event(*event, context)) {
      page.events.push_back(std::move(*decoded));
    } else {
      ++page.dropped["event"];
    }
  }
  return page;
}

} // namespace arbees
