#include "bridges/polymarket/gamma_catalogue_codec.hpp"

#include <algorithm>

#include "bridges/net/json_fields.hpp"

namespace arbees {

namespace json = boost::json;

namespace {

constexpr Quantity share_step{10'000}; ///< 0.01 share
constexpr Money least_buy{1'000'000};  ///< $1 for a marketable buy
constexpr auto longest_delay = std::chrono::minutes{1};

using Pair = std::array<std::string, 2>;

/// Two texts from JSON inside a string, "[\"Lakers\", \"Clippers\"]", or from an array.
std::optional<Pair> decode_pair(const json::object& object, std::string_view key) {
  const auto* value = field(object, key);
  if (value == nullptr) {
    return std::nullopt;
  }
  json::value parsed = *value;
  if (const auto* text = value->if_string()) {
    json::error_code ec;
    parsed = json::parse({text->data(), text->size()}, ec);
    if (ec) {
      return std::nullopt;
    }
  }
  const auto* array = parsed.if_array();
  if (array == nullptr || array->size() != 2 || !(*array)[0].is_string()
      || !(*array)[1].is_string()) {
    return std::nullopt;
  }
  const auto& first = (*array)[0].get_string();
  const auto& second = (*array)[1].get_string();
  return first.empty() || second.empty() || first == second
           ? std::nullopt
           : std::optional{Pair{std::string{first.data(), first.size()},
                                std::string{second.data(), second.size()}}};
}

bool is_condition(std::string_view text) {
  return text.size() == 66 && text.starts_with("0x")
         && text.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= 78
         && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<FeeSchedule>
make_fees(std::optional<std::int64_t> rate_ppm, std::optional<std::int64_t> exponent,
          std::string source, Timestamp at) {
  // Another exponent than 1 or 2 was never seen: a formula that is not known is not used.
  if (!rate_ppm || *rate_ppm < 0 || *rate_ppm > 1'000'000 || !exponent || *exponent < 1
      || *exponent > 2) {
    return std::nullopt;
  }
  return FeeSchedule{.rounding = Venue::polymarket,
                     .taker_ppm = *rate_ppm,
                     .maker_ppm = 0,
                     .exponent = static_cast<std::int32_t>(*exponent),
                     .balance_step = Money{},
                     .source = std::move(source),
                     .effective_from = at};
}

/// Nothing unless Gamma says outright that there are no fees, or what they are.
std::optional<FeeSchedule> decode_fees(const json::object& market, Timestamp at) {
  const auto enabled = flag_field(market, "feesEnabled");
  if (enabled && !*enabled) {
    return make_fees(0, 1, "feesEnabled false", at);
  }
  const auto* schedule = object_field(market, "feeSchedule");
  if (!enabled || schedule == nullptr || !flag_field(*schedule, "takerOnly").value_or(false)) {
    return std::nullopt;
  }
  return make_fees(decimal_field(*schedule, "rate", 6), decimal_field(*schedule, "exponent", 0),
                   "feeSchedule " + text_field(market, "feeType"), at);
}

std::vector<PriceBand> decode_grid(const json::object& market) {
  const auto tick = decimal_field(market, "orderPriceMinTickSize", 4);
  if (!tick || *tick <= 0 || *tick > 1'000 || price_one.value() % *tick != 0) {
    return {};
  }
  const auto step = Price{static_cast<std::int32_t>(*tick)};
  return {PriceBand{.start = step, .end = complement(step), .step = step}};
}

/// `acceptingOrders` alone lies (venues/polymarket.md 8.2).
bool is_ready(const json::object& market) {
  const auto is = [&](std::string_view key) { return flag_field(market, key).value_or(false); };
  return is("active") && !is("closed") && !is("archived") && is("acceptingOrders")
         && is("enableOrderBook");
}

/// The ids under which the market trades. Its version chooses, never the field that is there:
/// markets of the first version carry both (venues/polymarket.md 5.3).
std::optional<Pair> decode_tokens(const json::object& market) {
  const auto version = text_field(market, "version");
  if (version.empty() || version == "v1") {
    return decode_pair(market, "clobTokenIds");
  }
  return version == "v2" ? decode_pair(market, "positionIds") : std::nullopt;
}

/// Nothing if the market cannot be named or understood.
std::optional<VenueMarket> decode_market(const json::object& object, Timestamp fetched_at) {
  const auto condition = text_field(object, "conditionId");
  const auto outcomes = decode_pair(object, "outcomes");
  const auto tokens = decode_tokens(object);
  const auto min_size = decimal_field(object, "orderMinSize", 6);
  if (!is_condition(condition) || !outcomes || !tokens || !is_token((*tokens)[0])
      || !is_token((*tokens)[1]) || !min_size || *min_size < 0) {
    return std::nullopt;
  }
  VenueMarket market;
  market.listing = text_field(object, "slug");
  market.type = text_field(object, "sportsMarketType");
  market.title = text_field(object, "question");
  market.group = text_field(object, "groupItemTitle");
  market.status = is_ready(object) ? "open" : "not_ready";
  market.rules = text_field(object, "description");
  market.start = time_field(object, "gameStartTime");
  if (const auto line = decimal_field(object, "line", 1); line && std::abs(*line) < 100'000) {
    market.line_tenths = static_cast<std::int32_t>(*line);
  }
  auto& spec = market.spec;
  spec.id = market_id(Venue::polymarket, condition);
  spec.ref = MarketRef{
    .venue = Venue::polymarket, .native_id = condition, .tokens = *tokens, .outcomes = *outcomes};
  spec.price_bands = decode_grid(object);
  spec.quantity_step = share_step;
  spec.min_quantity = Quantity{*min_size};
  spec.min_notional = least_buy;
  spec.fees = decode_fees(object, fetched_at);
  spec.negative_risk = flag_field(object, "negRisk").value_or(false);
  spec.accepts_orders = is_ready(object);
  const auto delay = decimal_field(object, "secondsDelay", 3).value_or(0);
  if (delay < 0 || std::chrono::milliseconds{delay} > longest_delay) {
    return std::nullopt;
  }
  spec.taker_delay = std::chrono::milliseconds{delay};
  return market;
}

TeamRole role_of(std::string_view ordering) {
  return ordering == "home"   ? TeamRole::home
         : ordering == "away" ? TeamRole::away
                              : TeamRole::unknown;
}

std::vector<VenueTeam> decode_teams(const json::object& event) {
  std::vector<VenueTeam> teams;
  const auto* list = array_field(event, "teams");
  if (list == nullptr || list->size() > 4) {
    return teams;
  }
  for (const auto& element : *list) {
    if (const auto* team = element.if_object()) {
      teams.push_back(VenueTeam{.code = text_field(*team, "abbreviation"),
                                .name = text_field(*team, "name"),
                                .role = role_of(text_field(*team, "ordering"))});
    }
  }
  return teams;
}

bool is_in_scope(const json::object& market) {
  const auto type = text_field(market, "sportsMarketType");
  return type == "moneyline" || type == "spreads" || type == "totals";
}

std::optional<VenueEvent> decode_event(const json::object& object, Timestamp fetched_at,
                                       std::map<std::string, std::int64_t>& dropped) {
  VenueEvent event;
  event.id = text_field(object, "slug");
  if (event.id.empty() || event.id.size() > 200) {
    return std::nullopt;
  }
  event.series = text_field(object, "seriesSlug");
  event.title = text_field(object, "title");
  event.start = time_field(object, "startTime");
  event.derived =
    field(object, "parentEventId") != nullptr || field(object, "parent_event_id") != nullptr;
  event.teams = decode_teams(object);
  const auto* markets = array_field(object, "markets");
  if (markets == nullptr) {
    return event;
  }
  for (const auto& element : *markets) {
    const auto* market = element.if_object();
    if (market == nullptr || !is_in_scope(*market)) {
      continue;
    }
    if (auto decoded = decode_market(*market, fetched_at)) {
      event.markets.push_back(std::move(*decoded));
    } else {
      ++dropped["market"];
    }
  }
  return event;
}

} // namespace

caf::expected<std::vector<GammaSport>> decode_gamma_sports(std::string_view text) {
  const auto document = parse_json(text);
  if (!document) {
    return document.error();
  }
  const auto* list = document->if_array();
  if (list == nullptr) {
    return caf::make_error(Errc::bad_frame, "no list of sports");
  }
  std::vector<GammaSport> sports;
  for (const auto& element : *list) {
    if (const auto* sport = element.if_object()) {
      sports.push_back(
        GammaSport{.sport = text_field(*sport, "sport"), .series = text_field(*sport, "series")});
    }
  }
  return sports;
}

caf::expected<CataloguePage> decode_gamma_events(std::string_view text, Timestamp fetched_at) {
  const auto document = parse_json(text);
  if (!document) {
    return document.error();
  }
  CataloguePage page;
  const auto* object = document->if_object();
  const auto* list = document->if_array();
  if (object != nullptr && object->contains("events")) {
    list = array_field(*object, "events");
    page.cursor = text_field(*object, "next_cursor");
  } else if (object != nullptr && object->contains("slug")) {
    if (auto event = decode_event(*object, fetched_at, page.dropped)) {
      page.events.push_back(std::move(*event));
    }
    return page;
  }
  if (list == nullptr) {
    return caf::make_error(Errc::bad_frame, "no list of events");
  }
  for (const auto& element : *list) {
    const auto* event = element.if_object();
    auto decoded = event == nullptr ? std::nullopt : decode_event(*event, fetched_at, page.dropped);
    if (decoded) {
      page.events.push_back(std::move(*decoded));
    } else {
      ++page.dropped["event"];
    }
  }
  return page;
}

caf::expected<FeeSchedule> decode_clob_market_fees(std::string_view text, Timestamp fetched_at) {
  const auto document = parse_json(text);
  if (!document) {
    return document.error();
  }
  const auto* object = document->if_object();
  const auto* fees = object == nullptr ? nullptr : object_field(*object, "fd");
  if (fees == nullptr || !flag_field(*fees, "to").value_or(false)) {
    return caf::make_error(Errc::bad_frame, "no fee details");
  }
  auto schedule = make_fees(decimal_field(*fees, "r", 6), decimal_field(*fees, "e", 0),
                            "clob-markets fd", fetched_at);
  if (!schedule) {
    return caf::make_error(Errc::bad_frame, "fee details that are not understood");
  }
  return *schedule;
}

} // namespace arbees
