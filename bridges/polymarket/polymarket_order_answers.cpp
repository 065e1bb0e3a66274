#include <algorithm>
#include <array>

#include "bridges/net/answer_fields.hpp"
#include "bridges/polymarket/polymarket_order_codec.hpp"

// What Polymarket answers to writes. Its errors have no codes: they are known by parts of their
// texts. What cannot be read is unknown, never failed.

namespace arbees {

namespace {

/// The venue cuts matched sizes to 0.01 share; less is dust.
constexpr std::int64_t dust = 10'000;

struct TextRule {
  std::string_view part; ///< lower case
  std::string_view reason;
  Verdict verdict;
};
/// The first that fits counts.
constexpr std::array text_rules{
  TextRule{"couldn't be fully filled", "fok_killed", Verdict::no_fill},
  TextRule{"no orders found to match", "fak_killed", Verdict::no_fill},
  TextRule{"duplicated", "duplicated", Verdict::duplicate},
  // Documented as a kind of success with a delay: it may be at the venue.
  TextRule{"order match delayed", "match_delayed", Verdict::unknown},
  TextRule{"error delaying the order", "match_delayed", Verdict::unknown},
  TextRule{"context canceled", "context_canceled", Verdict::unknown},
  TextRule{"timed out", "timed_out", Verdict::unknown},
  TextRule{"not yet ready to process", "market_not_ready", Verdict::retry_later},
  TextRule{"error code: 1015", "rate_limited", Verdict::retry_later},
  TextRule{"too many requests", "rate_limited", Verdict::retry_later},
  TextRule{"post_only_mode", "post_only_mode", Verdict::paused},
  TextRule{"cancel-only", "cancel_only", Verdict::paused},
  TextRule{"trading is currently disabled", "trading_disabled", Verdict::paused},
  TextRule{"not enough balance", "insufficient_balance", Verdict::rejected},
  TextRule{"breaks minimum tick size", "off_grid", Verdict::rejected},
  TextRule{"lower than the minimum", "below_minimum", Verdict::rejected},
  TextRule{"invalid expiration", "invalid_expiration", Verdict::rejected},
  TextRule{"invalid amounts", "invalid_amounts", Verdict::rejected},
  TextRule{"crosses", "post_only_cross", Verdict::rejected},
  TextRule{"order_version_mismatch", "order_version_mismatch", Verdict::rejected},
  TextRule{"invalid signature", "invalid_signature", Verdict::fatal},
  TextRule{"invalid order payload", "invalid_order_payload", Verdict::fatal},
  TextRule{"owner of the api key", "wrong_owner", Verdict::fatal},
  TextRule{"address of the api key", "wrong_signer", Verdict::fatal},
  TextRule{"maker address not allowed", "deposit_wallet_needed", Verdict::fatal},
  TextRule{"address banned", "banned", Verdict::fatal},
  TextRule{"closed only mode", "closed_only", Verdict::fatal},
  TextRule{"unauthorized", "unauthorized", Verdict::fatal},
  TextRule{"invalid api key", "unauthorized", Verdict::fatal},
  TextRule{"invalid l1 request headers", "unauthorized", Verdict::fatal},
};

std::string lower(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return result;
}

std::optional<VenueMode> mode_of(std::string_view reason) {
  if (reason == "post_only_mode") {
    return VenueMode::post_only;
  }
  if (reason == "cancel_only") {
    return VenueMode::cancel_only;
  }
  return reason == "trading_disabled" ? std::optional{VenueMode::closed} : std::nullopt;
}

Verdict by_status(unsigned status) {
  if (status == 429) {
    return Verdict::retry_later;
  }
  if (status == 401 || status == 403) {
    return Verdict::fatal;
  }
  // 200 with an error and no order is a refusal; 408 and 425 leave open what became of it.
  const auto refused = (status >= 400 && status < 500) || status == 200;
  return refused && status != 408 && status != 425 ? Verdict::rejected : Verdict::unknown;
}

/// The text of an error, from either of the two keys that the venue uses, or the whole body where
/// it is not JSON (Cloudflare).
std::string error_text(const caf::expected<boost::json::value>& json, std::string_view body) {
  constexpr std::size_t longest = 300;
  if (!json || !json->is_object()) {
    return std::string{body.substr(0, longest)};
  }
  for (const auto* const key : {"error", "errorMsg", "code", "message"}) {
    const auto* const value = json->get_object().if_contains(key);
    if (value != nullptr && value->is_string() && !value->get_string().empty()) {
      return std::string{value->get_string()};
    }
  }
  return {};
}

std::optional<Duration>
wait_of(const caf::expected<boost::json::value>& json, std::string_view header) {
  if (const auto wait = parse_retry_after(header)) {
    return wait;
  }
  if (!json || !json->is_object()) {
    return std::nullopt;
  }
  AnswerFields fields{*json};
  const auto seconds = fields.integer_if_any("retry_after_seconds");
  return seconds ? parse_retry_after(std::to_string(*seconds)) : std::nullopt;
}

OrderAnswer of_verdict(Verdict verdict, std::string reason) {
  return {.verdict = verdict, .status = status_of(verdict), .reason = std::move(reason)};
}

OrderAnswer of_refusal(PolymarketRefusal refusal) {
  auto answer = of_verdict(refusal.verdict, std::move(refusal.reason));
  answer.mode = refusal.mode;
  return answer;
}

struct Matched {
  std::int64_t shares = 0;
  std::int64_t dollars = 0;
};

std::optional<std::int64_t> amount(AnswerFields& fields, std::string_view key) {
  const auto* const value = fields.find(key);
  const auto text = value != nullptr ? decimal_text(*value) : std::nullopt;
  return text ? parse_decimal(truncate_decimals(*text, 6), 6) : std::nullopt;
}

/// What was matched, in base units. The venue writes plain decimals where its documents say base
/// units; which of both it is shows in what we gave, which cannot exceed what we offered. Nothing
/// if the numbers are missing or worse than the order's limit.
std::optional<Matched> matched(AnswerFields& fields, const PolymarketOrder& order) {
  auto making = amount(fields, "makingAmount");
  auto taking = amount(fields, "takingAmount");
  if (!making || !taking || *making <= 0 || *taking <= 0) {
    return std::nullopt;
  }
  if (*making > order.amounts.maker + dust) {
    *making /= 1'000'000;
    *taking /= 1'000'000;
  }
  const auto got =
    order.side == Action::buy ? Matched{*taking, *making} : Matched{*making, *taking};
  // Nothing smaller than 0.01 share is matched: it was no base units after all, but nonsense.
  if (got.shares < dust || got.dollars <= 0 || *making > order.amounts.maker + dust) {
    return std::nullopt;
  }
  // making / taking <= maker / taker: not dearer than agreed, but for what rounding takes.
  const auto worth = Int128{*taking} * order.amounts.maker / order.amounts.taker;
  return *making <= worth + dust ? std::optional{got} : std::nullopt;
}

OrderAnswer
of_matched(AnswerFields& fields, const SignedPolymarketOrder& sent, TimeInForce time_in_force) {
  const auto got = matched(fields, sent.order);
  if (!got) {
    return of_verdict(Verdict::unknown, "matched without plausible amounts");
  }
  const auto& amounts = sent.order.amounts;
  const auto buy = sent.order.side == Action::buy;
  const auto asked = buy ? amounts.taker : amounts.maker;
  // A buy is also over when its dollars are spent.
  const auto done = asked - got->shares < dust || (buy && amounts.maker - got->dollars < dust);
  OrderAnswer answer{.verdict = Verdict::taken,
                     .status = OrderStatus::partial,
                     .filled = Quantity{got->shares},
                     .notional = Money{got->dollars}};
  if (done) {
    answer.status = OrderStatus::filled;
  } else if (time_in_force == TimeInForce::good_till_cancelled) {
    answer.status = OrderStatus::accepted;
    answer.resting = Quantity{asked - got->shares};
  }
  return answer;
}

OrderAnswer
of_status(AnswerFields& fields, const SignedPolymarketOrder& sent, TimeInForce time_in_force) {
  auto status = lower(fields.text_or_empty("status"));
  constexpr std::string_view prefix = "order_status_";
  if (status.starts_with(prefix)) {
    status.erase(0, prefix.size());
  }
  if (status == "matched") {
    return of_matched(fields, sent, time_in_force);
  }
  const auto rests = time_in_force == TimeInForce::good_till_cancelled;
  const auto& amounts = sent.order.amounts;
  const Quantity asked{sent.order.side == Action::buy ? amounts.taker : amounts.maker};
  if (status == "live" || (status == "unmatched" && rests)) {
    auto answer = of_verdict(Verdict::taken, {});
    answer.resting = asked;
    return answer;
  }
  if (status == "delayed") {
    return of_verdict(Verdict::taken, "delayed");
  }
  if (status == "unmatched") {
    return of_verdict(Verdict::no_fill, "unmatched");
  }
  return of_verdict(Verdict::unknown, "unknown status '" + status + "'");
}

OrderAnswer of_posted(const boost::json::value& json, const SignedPolymarketOrder& sent,
                      TimeInForce time_in_force) {
  AnswerFields fields{json};
  const auto order_id = fields.text_or_empty("orderID");
  auto error = fields.text_or_empty("errorMsg");
  if (error.empty()) {
    error = fields.text_or_empty("error");
  }
  const auto& trades = fields.array("tradeIDs");
  if (!fields.ok()) {
    return of_verdict(Verdict::unknown, describe(fields.error()));
  }
  if (order_id.empty()) {
    return error.empty() ? of_verdict(Verdict::unknown, "neither order nor error")
                         : of_refusal(judge_polymarket_error(200, error));
  }
  // Our hash is the order's id. If the venue has another one, one of us hashed something else.
  if (lower(order_id) != sent.order_id) {
    return of_verdict(Verdict::unknown, "answer about another order");
  }
  auto answer = OrderAnswer{};
  if (error.empty()) {
    answer = of_status(fields, sent, time_in_force);
  } else {
    auto refusal = judge_polymarket_error(200, error);
    // With an id the order was taken in: only a kill is sure to be its end.
    refusal.verdict = refusal.verdict == Verdict::no_fill ? Verdict::no_fill : Verdict::unknown;
    answer = of_refusal(std::move(refusal));
  }
  answer.venue_order_id = sent.order_id;
  for (const auto& trade : trades) {
    if (const auto* const id = trade.if_string()) {
      answer.trades.emplace_back(*id);
    }
  }
  return answer;
}

} // namespace

std::optional<Duration> parse_retry_after(std::string_view header) {
  const auto seconds = parse_decimal(header, 0);
  if (!seconds || *seconds < 0 || *seconds > 3600) {
    return std::nullopt;
  }
  return std::chrono::seconds{*seconds};
}

PolymarketRefusal judge_polymarket_error(unsigned status, std::string_view text) {
  const auto words = lower(text);
  const auto* const rule = std::find_if(text_rules.begin(), text_rules.end(), [&](const auto& r) {
    return words.find(r.part) != std::string::npos;
  });
  const auto known = rule != text_rules.end();
  PolymarketRefusal refusal{.verdict = known ? rule->verdict : by_status(status),
                            .reason = known          ? std::string{rule->reason}
                                      : text.empty() ? "http_" + std::to_string(status)
                                                     : std::string{text},
                            .mode = known ? mode_of(rule->reason) : std::nullopt};
  if (status == 425) {
    // The engine restarts: an order in flight may have reached the old one.
    return {.verdict = Verdict::unknown,
            .reason = "engine_restarting",
            .mode = VenueMode::restarting};
  }
  if ((status == 401 || status == 403) && refusal.verdict != Verdict::retry_later) {
    refusal.verdict = Verdict::fatal;
  }
  // A broken server's refusal is not to be believed, but that the venue pauses or is busy is.
  const auto believed =
    refusal.verdict == Verdict::paused || refusal.verdict == Verdict::retry_later;
  if (status >= 500 && !believed) {
    refusal.verdict = Verdict::unknown;
  }
  return refusal;
}

OrderAnswer
decode_polymarket_post(unsigned status, std::string_view body, std::string_view retry_after,
                       const SignedPolymarketOrder& sent, TimeInForce time_in_force) {
  const auto json = parse_json(body);
  auto answer = OrderAnswer{};
  if (status < 200 || status >= 300) {
    answer = of_refusal(judge_polymarket_error(status, error_text(json, body)));
  } else if (!json) {
    answer = of_verdict(Verdict::unknown, describe(json.error()));
  } else {
    answer = of_posted(*json, sent, time_in_force);
  }
  answer.retry_after = wait_of(json, retry_after);
  return answer;
}

CancelAnswer
decode_polymarket_cancel(unsigned status, std::string_view body, std::string_view order_id) {
  const auto json = parse_json(body);
  if (status < 200 || status >= 300) {
    const auto refusal = judge_polymarket_error(status, error_text(json, body));
    // 404: the venue does not know it, or no more.
    return {.verdict = status == 404 ? Verdict::unknown : refusal.verdict,
            .reason = refusal.reason,
            .mode = refusal.mode};
  }
  if (!json) {
    return {.reason = describe(json.error())};
  }
  AnswerFields fields{*json};
  const auto wanted = lower(order_id);
  for (const auto& id : fields.array("canceled")) {
    if (id.is_string() && lower(std::string_view{id.get_string()}) == wanted) {
      return {.verdict = Verdict::taken, .venue_order_id = std::string{order_id}};
    }
  }
  const auto* const refused = fields.find("not_canceled");
  if (refused != nullptr && refused->is_object()) {
    for (const auto& [id, why] : refused->get_object()) {
      if (lower(std::string_view{id}) == wanted) {
        return {.venue_order_id = std::string{order_id},
                .reason = why.is_string() ? std::string{why.get_string()} : "not_canceled"};
      }
    }
  }
  return {.reason = "answer about another order"};
}

} // namespace arbees
