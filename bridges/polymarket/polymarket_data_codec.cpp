#include "bridges/polymarket/polymarket_data_codec.hpp"

#include <algorithm>

#include "bridges/net/answer_fields.hpp"

namespace arbees {

namespace {

constexpr std::int64_t year_2200 = 7'258'118'400;
constexpr Price half{price_one.value() / 2};
constexpr int page_size = 500;

Side side_at(std::int64_t index, AnswerFields& fields) {
  if (index != 0 && index != 1) {
    fields.fail("outcome_index");
  }
  return index == 1 ? Side::no : Side::yes;
}

Quantity at_least_none(Quantity size) {
  return std::max(size, Quantity{});
}

/// Prices of the Data API are averages: they are cut to the grid of all prices.
Price price_of(AnswerFields& fields, std::string_view key) {
  const auto money = fields.money(key);
  if (money < Money{} || money > Money{money_per_dollar}) {
    fields.fail(key);
    return {};
  }
  return Price{static_cast<std::int32_t>(divide(money.value(), 100, Rounding::half_up))};
}

caf::expected<PolymarketPosition> read_position(const boost::json::value& json) {
  AnswerFields fields{json};
  PolymarketPosition position{.condition = fields.text("condition_id")};
  position.side = side_at(fields.integer("outcome_index"), fields);
  // A trade that failed after its tokens were redeemed leaves less than nothing.
  position.size = at_least_none(fields.quantity("current_size"));
  position.price = price_of(fields, "current_price");
  position.redeemable = fields.flag("redeemable");
  return fields.finish(std::move(position));
}

PolymarketActivityKind kind_of(std::string_view word) {
  using Kind = PolymarketActivityKind;
  return word == "TRADE"    ? Kind::trade
         : word == "SPLIT"  ? Kind::split
         : word == "MERGE"  ? Kind::merge
         : word == "REDEEM" ? Kind::redeem
                            : Kind::other;
}

caf::expected<PolymarketActivity> read_activity(const boost::json::value& json) {
  AnswerFields fields{json};
  PolymarketActivity activity{.kind = kind_of(fields.text("type")),
                              .condition = fields.text_or_empty("condition_id")};
  const auto seconds = fields.integer("timestamp");
  if (seconds < 0 || seconds > year_2200) {
    fields.fail("timestamp");
  } else {
    activity.at = from_ms(seconds * 1000);
  }
  if (activity.kind == PolymarketActivityKind::other) {
    return fields.finish(std::move(activity)); // rewards and the like: no tokens of a market
  }
  activity.size = fields.quantity("size");
  activity.cash = fields.money("usdc_size");
  if (activity.size < Quantity{} || activity.cash < Money{}) {
    fields.fail("size");
  }
  if (activity.kind == PolymarketActivityKind::trade) {
    activity.side = side_at(fields.integer("outcome_index"), fields);
    const auto side = fields.text("side");
    if (side != "BUY" && side != "SELL") {
      fields.fail("side");
    }
    activity.action = side == "SELL" ? Action::sell : Action::buy;
  }
  return fields.finish(std::move(activity));
}

/// `{data, pagination{has_more, next_cursor}}`.
template <class T, class Read>
caf::expected<PolymarketPage<T>> read_page(std::string_view body, Read read) {
  const auto json = parse_json(body);
  if (!json) {
    return json.error();
  }
  AnswerFields fields{*json};
  if (fields.find("data") == nullptr) {
    fields.fail("data");
  }
  const auto& rows = fields.array("data");
  PolymarketPage<T> page;
  if (const auto* const pagination = fields.find("pagination")) {
    AnswerFields paging{*pagination};
    if (paging.flag("has_more")) {
      page.cursor = paging.text("next_cursor");
    }
    if (!paging.ok()) {
      return paging.error();
    }
  }
  if (!fields.ok()) {
    return fields.error();
  }
  auto items = decode_each(rows, read);
  if (!items) {
    return std::move(items.error());
  }
  page.items = std::move(*items);
  return page;
}

void add(std::string& target, std::string_view cursor) {
  target += "&limit=" + std::to_string(page_size);
  if (!cursor.empty()) {
    target.append("&cursor=").append(cursor);
  }
}

/// What a token of each side pays; nothing if that is not decided.
std::optional<std::array<Price, 2>>
pays(const PolymarketMarketResult& result, bool tokens_show_it) {
  if (result.winner[0] != result.winner[1]) {
    return result.winner[0] ? std::array{price_one, price_zero} : std::array{price_zero, price_one};
  }
  const auto tie = result.closed && result.price[0] == half && result.price[1] == half;
  return tie && tokens_show_it ? std::optional{std::array{half, half}} : std::nullopt;
}

/// All that the account did in one market.
struct Account {
  std::array<Quantity, 2> net{};
  Money redeemed;
  Timestamp latest;
};

Account sum_of(const std::string& condition, const std::vector<PolymarketActivity>& activity) {
  using Kind = PolymarketActivityKind;
  Account sum;
  for (const auto& each : activity) {
    if (each.condition != condition) {
      continue;
    }
    sum.latest = std::max(sum.latest, each.at);
    auto& own = sum.net[static_cast<std::size_t>(each.side)];
    if (each.kind == Kind::trade) {
      own = each.action == Action::buy ? own + each.size : own - each.size;
    } else if (each.kind == Kind::split || each.kind == Kind::merge) {
      for (auto& side : sum.net) {
        side = each.kind == Kind::split ? side + each.size : side - each.size;
      }
    } else if (each.kind == Kind::redeem) {
      sum.redeemed += each.cash;
    }
  }
  return sum;
}

} // namespace

caf::expected<PolymarketPage<PolymarketPosition>>
decode_polymarket_positions(std::string_view body) {
  return read_page<PolymarketPosition>(body, read_position);
}

caf::expected<PolymarketPage<PolymarketActivity>>
decode_polymarket_activity(std::string_view body) {
  return read_page<PolymarketActivity>(body, read_activity);
}

caf::expected<PolymarketMarketResult> decode_polymarket_market_result(std::string_view body) {
  const auto json = parse_json(body);
  if (!json) {
    return json.error();
  }
  AnswerFields fields{*json};
  PolymarketMarketResult result{.closed = fields.flag("closed")};
  const auto& tokens = fields.array("tokens");
  if (tokens.size() != 2) {
    fields.fail("tokens");
    return fields.error();
  }
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    AnswerFields token{tokens[i]};
    result.winner[i] = token.flag("winner");
    result.price[i] = price_of(token, "price");
    if (!token.ok()) {
      return token.error();
    }
  }
  return fields.finish(result);
}

std::string polymarket_positions_target(std::string_view wallet, std::string_view cursor) {
  // Without the filter small holdings are left out.
  auto target = "/v2/positions?user=" + std::string{wallet} + "&filter_amount=0";
  add(target, cursor);
  return target;
}

std::string
polymarket_activity_target(std::string_view wallet, const std::vector<std::string>& conditions,
                           Timestamp since, std::string_view cursor) {
  auto target = "/v2/activity?user=" + std::string{wallet} + "&sort_direction=ASC";
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    target.append(i == 0 ? "&condition=" : ",").append(conditions[i]);
  }
  if (since > Timestamp{}) {
    target += "&start=" + std::to_string(to_ms(since) / 1000);
  }
  add(target, cursor);
  return target;
}

std::vector<Holding> polymarket_holdings(const std::vector<PolymarketPosition>& positions) {
  std::vector<Holding> holdings;
  for (const auto& position : positions) {
    const auto lost = position.redeemable && position.price == price_zero;
    if (!lost && position.size > Quantity{}) {
      holdings.push_back({.market = market_id(Venue::polymarket, position.condition),
                          .native_id = position.condition,
                          .side = position.side,
                          .quantity = position.size});
    }
  }
  return holdings;
}

std::vector<Settlement>
polymarket_settlements(const std::string& condition, const PolymarketMarketResult& result,
                       const std::vector<PolymarketActivity>& activity,
                       const std::vector<PolymarketPosition>& held) {
  const auto account = sum_of(condition, activity);
  const auto redeemable = std::ranges::any_of(held, [&](const auto& position) {
    return position.condition == condition && position.redeemable;
  });
  const auto paid = pays(result, redeemable || account.redeemed > Money{});
  std::vector<Settlement> settlements;
  if (!paid) {
    return settlements;
  }
  auto left = account.redeemed;
  for (const auto side : {Side::yes, Side::no}) {
    const auto price = (*paid)[static_cast<std::size_t>(side)];
    auto quantity = account.net[static_cast<std::size_t>(side)];
    if (quantity <= Quantity{}) {
      continue;
    }
    const auto due = notional(price, quantity, Rounding::down);
    const auto came = std::min(due, left);
    left -= came;
    if (price > price_zero && came < due) {
      quantity =
        Quantity{divide(Int128{came.value()} * price_one.value(), price.value(), Rounding::down)};
    }
    if (price == price_zero || came > Money{}) {
      settlements.push_back({.venue = Venue::polymarket,
                             .market = market_id(Venue::polymarket, condition),
                             .native_id = condition,
                             .side = side,
                             .quantity = quantity,
                             .payout = came,
                             .fee = {},
                             .at = account.latest});
    }
  }
  return settlements;
}

} // namespace arbees
