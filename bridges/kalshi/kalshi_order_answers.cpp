#include <algorithm>
#include <array>

#include "bridges/kalshi/kalshi_order_codec.hpp"
#include "bridges/net/answer_fields.hpp"

// What Kalshi answers to writes. Two rules: an error is known by its code, not by its status alone;
// and what cannot be read is unknown, never failed, because a 5xx or a garbled 201 may stand for an
// order that was executed.

namespace arbees {

namespace {

struct CodeRule {
  std::string_view code; ///< lower case
  Verdict verdict;
};
constexpr std::array code_rules{
  CodeRule{"order_already_exists", Verdict::duplicate},
  CodeRule{"fill_or_kill_insufficient_resting_volume", Verdict::no_fill},
  CodeRule{"trading_is_paused", Verdict::paused},
  CodeRule{"exchange_is_paused", Verdict::paused},
  CodeRule{"too many requests", Verdict::retry_later},
  CodeRule{"too_many_requests", Verdict::retry_later},
  CodeRule{"market_inactive", Verdict::rejected},
  CodeRule{"invalid_parameters", Verdict::rejected},
  CodeRule{"invalid_order", Verdict::rejected},
  CodeRule{"invalid order", Verdict::rejected},
  CodeRule{"invalid_order_size", Verdict::rejected},
  CodeRule{"insufficient_balance", Verdict::rejected},
  CodeRule{"available_balance_too_low", Verdict::rejected},
  CodeRule{"user_not_found", Verdict::rejected},
  CodeRule{"authentication_error", Verdict::fatal},
  CodeRule{"header_timestamp_expired", Verdict::fatal},
  CodeRule{"deprecated_v1_order_endpoint", Verdict::fatal},
};

std::string lower(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return result;
}

std::optional<Verdict> by_code(std::string_view code) {
  const auto key = lower(code);
  // The order's group is gone or was triggered; the exact codes are not documented.
  if (key.starts_with("order_group")) {
    return Verdict::rejected;
  }
  const auto* const rule = std::find_if(code_rules.begin(), code_rules.end(),
                                        [&](const auto& r) { return r.code == key; });
  return rule == code_rules.end() ? std::nullopt : std::optional{rule->verdict};
}

Verdict by_status(unsigned status) {
  if (status == 429) {
    return Verdict::retry_later;
  }
  if (status == 401 || status == 403 || status == 410) {
    return Verdict::fatal;
  }
  // 408: the venue gave up on it. 409: some conflict that we do not know by its name.
  if (status < 400 || status >= 500 || status == 408 || status == 409) {
    return Verdict::unknown;
  }
  return Verdict::rejected;
}

std::optional<VenueMode> mode_of(std::string_view code) {
  const auto key = lower(code);
  if (key == "trading_is_paused") {
    return VenueMode::cancel_only;
  }
  return key == "exchange_is_paused" ? std::optional{VenueMode::closed} : std::nullopt;
}

/// A string, or JSON of whatever else the venue put there.
std::string text_of(const boost::json::object& object, const char* key) {
  const auto* const value = object.if_contains(key);
  if (value == nullptr || value->is_null()) {
    return {};
  }
  return value->is_string() ? std::string{value->get_string()} : boost::json::serialize(*value);
}

std::optional<KalshiError> error_in(const boost::json::value& json) {
  const auto* const object = json.if_object();
  if (object == nullptr) {
    return std::nullopt;
  }
  if (const auto* const error = object->if_contains("error"); error != nullptr) {
    if (const auto* const nested = error->if_object()) {
      return KalshiError{text_of(*nested, "code"), text_of(*nested, "message"),
                         text_of(*nested, "details")};
    }
    if (error->is_string()) {
      return KalshiError{.code = std::string{error->get_string()}, .message = {}, .details = {}};
    }
    if (!error->is_null()) {
      return KalshiError{.code = boost::json::serialize(*error), .message = {}, .details = {}};
    }
  }
  if (object->contains("code")) {
    return KalshiError{text_of(*object, "code"), text_of(*object, "message"),
                       text_of(*object, "details")};
  }
  return std::nullopt;
}

std::string reason_of(const KalshiError& error, unsigned status) {
  const auto words = lower(error.code + ' ' + error.message + ' ' + error.details);
  if (words.find("post only cross") != std::string::npos) {
    return "post_only_cross";
  }
  auto reason = error.code.empty() ? "http_" + std::to_string(status) : lower(error.code);
  const auto& more = error.details.empty() ? error.message : error.details;
  return more.empty() ? reason : reason + ": " + more;
}

OrderAnswer of_verdict(Verdict verdict, std::string reason) {
  return {.verdict = verdict, .status = status_of(verdict), .reason = std::move(reason)};
}

OrderAnswer of_error(unsigned status, const KalshiError& error) {
  auto answer = of_verdict(judge_kalshi_error(status, error), reason_of(error, status));
  answer.mode = mode_of(error.code);
  return answer;
}

bool success(unsigned status) {
  return status >= 200 && status < 300;
}

/// What `count` contracts of the order's own side came to at the average YES price `average`.
Money notional_at(Money average, Quantity count, Side side) {
  const auto own = side == Side::yes ? average.value() : money_per_dollar - average.value();
  return Money{divide(Int128{own} * count.value(), money_per_dollar, Rounding::half_up)};
}

/// True if a match at `average` may happen to `order`: no worse than its limit. It also catches an
/// average that is meant for the other leg than we think (venues/kalshi.md, Uncertain).
bool within_limit(Money average, const OrderIntent& order) {
  const auto leg = to_kalshi_leg(order.side, order.action, order.limit);
  const auto limit = payout(Quantity{leg.price.value() * std::int64_t{100}});
  return leg.side == KalshiBookSide::bid
           ? average > Money{0} && average <= limit
           : average >= limit && average < payout(Quantity{1'000'000});
}

OrderStatus status_after(const OrderIntent& order, Quantity filled, Quantity resting) {
  if (filled == order.quantity) {
    return OrderStatus::filled;
  }
  if (order.time_in_force == TimeInForce::good_till_cancelled && resting > Quantity{0}) {
    return OrderStatus::accepted;
  }
  return filled > Quantity{0} ? OrderStatus::partial : OrderStatus::unfilled;
}

OrderAnswer of_created(const boost::json::value& json, const OrderIntent& order) {
  AnswerFields fields{json};
  OrderAnswer answer;
  answer.venue_order_id = fields.text("order_id");
  const auto client_order_id = fields.text_or_empty("client_order_id");
  answer.filled = fields.quantity("fill_count");
  answer.resting = fields.quantity("remaining_count");
  const auto average = fields.money_if_any("average_fill_price");
  const auto fee = fields.money_if_any("average_fee_paid");
  if (!fields.ok()) {
    return of_verdict(Verdict::unknown, describe(fields.error()));
  }
  if (!client_order_id.empty() && client_order_id != order.client_order_id) {
    return of_verdict(Verdict::unknown, "answer about another order");
  }
  if (answer.filled < Quantity{0} || answer.filled > order.quantity || answer.resting < Quantity{0}
      || answer.resting > order.quantity) {
    return of_verdict(Verdict::unknown, "impossible counts");
  }
  if (answer.filled > Quantity{0}) {
    if (!average || !fee || !within_limit(*average, order)) {
      return of_verdict(Verdict::unknown, "no plausible average price and fee of the fill");
    }
    answer.notional = notional_at(*average, answer.filled, order.side);
    answer.fee =
      Money{divide(Int128{std::max<std::int64_t>(fee->value(), 0)} * answer.filled.value(),
                   quantity_per_contract, Rounding::up)};
  }
  answer.verdict = Verdict::taken;
  answer.status = status_after(order, answer.filled, answer.resting);
  return answer;
}

} // namespace

std::optional<KalshiError> decode_kalshi_error(std::string_view body) {
  const auto json = parse_json(body);
  return json ? error_in(*json) : std::nullopt;
}

Verdict judge_kalshi_error(unsigned status, const KalshiError& error) {
  const auto known = by_code(error.code);
  if (!known) {
    return by_status(status);
  }
  // A broken server's "rejected" is not to be believed: the order may be on its way.
  const auto refusal = *known == Verdict::rejected || *known == Verdict::fatal;
  return status >= 500 && refusal ? Verdict::unknown : *known;
}

OrderAnswer decode_kalshi_create(unsigned status, std::string_view body, const OrderIntent& order) {
  const auto json = parse_json(body);
  const auto error = json ? error_in(*json) : std::nullopt;
  if (error) {
    return of_error(status, *error);
  }
  if (!success(status)) {
    return of_error(status, {});
  }
  return json ? of_created(*json, order) : of_verdict(Verdict::unknown, describe(json.error()));
}

CancelAnswer decode_kalshi_cancel_all(unsigned status, std::string_view body) {
  const auto error = decode_kalshi_error(body);
  if (!error && success(status)) {
    return {.verdict = Verdict::taken};
  }
  const auto judged = error.value_or(KalshiError{});
  return {.verdict = judge_kalshi_error(status, judged),
          .reason = reason_of(judged, status),
          .mode = mode_of(judged.code)};
}

CancelAnswer
decode_kalshi_cancel(unsigned status, std::string_view body, std::string_view order_id) {
  const auto json = parse_json(body);
  const auto error = json ? error_in(*json) : std::nullopt;
  if (error || !success(status)) {
    const auto judged = error.value_or(KalshiError{});
    const auto verdict = status == 404 ? Verdict::unknown : judge_kalshi_error(status, judged);
    return {.verdict = verdict, .reason = reason_of(judged, status), .mode = mode_of(judged.code)};
  }
  if (!json) {
    return {.reason = describe(json.error())};
  }
  AnswerFields fields{*json};
  CancelAnswer answer{.verdict = Verdict::taken};
  answer.venue_order_id = fields.text("order_id");
  answer.reduced_by = fields.quantity_if_any("reduced_by");
  if (!fields.ok()) {
    return {.reason = describe(fields.error())};
  }
  if (answer.venue_order_id != order_id) {
    return {.reason = "answer about another order"};
  }
  return answer;
}

} // namespace arbees
