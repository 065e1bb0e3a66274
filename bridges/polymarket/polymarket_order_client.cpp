#include "bridges/polymarket/polymarket_order_client.hpp"

#include <algorithm>

#include "bridges/net/answer_fields.hpp"

namespace arbees {

namespace {

constexpr unsigned ok = 200;
constexpr unsigned not_found = 404;
/// A page holds a hundred trades or more; what is older than these is not looked for.
constexpr int most_pages = 20;

std::string_view name_of(HttpMethod method) {
  switch (method) {
    case HttpMethod::get:
      return "GET";
    case HttpMethod::post:
      return "POST";
    case HttpMethod::put:
      return "PUT";
    case HttpMethod::delete_resource:
      return "DELETE";
  }
  return "GET";
}

/// The text of an answer that is no success, short enough for a log line.
caf::error refused(const HttpResponse& response) {
  return caf::make_error(Errc::http_status, "HTTP " + std::to_string(response.status) + ": "
                                              + printable(response.body));
}

template <class T, class Decode>
caf::expected<T> decoded(const caf::expected<HttpResponse>& response, Decode decode) {
  if (!response) {
    return response.error();
  }
  if (response->status != ok) {
    return refused(*response);
  }
  return decode(response->body);
}

OrderAnswer no_answer(const caf::error& error) {
  const auto late = error == Errc::timed_out;
  return {.verdict = Verdict::unknown,
          .status = OrderStatus::unknown,
          .reason =
            std::string{polymarket_no_answer} + (late ? ": timed out" : ": connection lost")};
}

} // namespace

std::string printable(std::string_view text) {
  constexpr std::size_t enough = 200;
  std::string line{text.substr(0, enough)};
  std::ranges::replace_if(
    line, [](char c) { return c < ' ' || c > '~' || c == '"'; }, '?');
  return line;
}

caf::expected<PolymarketMarketTerms> decode_polymarket_market_terms(std::string_view body) {
  const auto json = parse_json(body);
  if (!json) {
    return json.error();
  }
  AnswerFields fields{*json};
  PolymarketMarketTerms terms{.tick = fields.price("mts"), .negative_risk = fields.flag("nr")};
  if (!amount_decimals(terms.tick)) {
    fields.fail("mts");
  }
  return fields.finish(terms);
}

caf::expected<std::int64_t> decode_polymarket_time(std::string_view body) {
  constexpr std::int64_t year_2020 = 1'577'836'800;
  constexpr std::int64_t year_2200 = 7'258'118'400;
  const auto json = parse_json(body);
  const auto text = json ? decimal_text(*json) : std::nullopt;
  const auto seconds = text ? parse_decimal(*text, 0) : std::nullopt;
  if (!seconds || *seconds < year_2020 || *seconds > year_2200) {
    return caf::make_error(Errc::bad_frame, std::string{"the venue's time is no Unix time"});
  }
  return *seconds;
}

Duration clock_offset(std::int64_t venue_seconds, Timestamp asked_at, Timestamp answered_at) {
  // It was somewhere within that second when it was read, somewhere between our two stamps.
  const Timestamp earliest{std::chrono::seconds{venue_seconds}};
  const auto least = earliest - answered_at;
  const auto most = earliest + std::chrono::seconds{1} - asked_at;
  return least > Duration::zero() ? least : most < Duration::zero() ? most : Duration::zero();
}

PolymarketOrderClient::PolymarketOrderClient(Network& network, const Clock& clock,
                                             const PolymarketClientConfig& config,
                                             ApiCredentials credentials, Duration clock_offset)
  : clock_{clock},
    config_{config},
    prefix_{config.rest.target == "/" ? "" : config.rest.target},
    credentials_{std::move(credentials)},
    offset_{clock_offset.count()},
    orders_{network, clock, {.endpoint = config.rest}},
    others_{network, clock, {.endpoint = config.rest}} {}

void PolymarketOrderClient::send(Line line, HttpMethod method, std::string target, std::string body,
                                 Duration deadline, HttpClient::Callback done) {
  const auto now = clock_.now() + offset();
  auto headers =
    credentials_.l2_headers(to_ms(now) / 1000, name_of(method), prefix_ + target, body);
  if (!body.empty()) {
    headers.emplace_back("Content-Type", "application/json");
  }
  auto& connection = line == Line::orders ? orders_ : others_;
  connection.request({.method = method,
                      .target = prefix_ + target,
                      .body = std::move(body),
                      .headers = std::move(headers)},
                     deadline, std::move(done));
}

template <class T, class Decode>
void PolymarketOrderClient::get(std::string target, Decode decode, Result<T> done) {
  send(Line::others, HttpMethod::get, std::move(target), {}, config_.read_deadline,
       [decode, done = std::move(done)](const caf::expected<HttpResponse>& response) {
         done(decoded<T>(response, decode));
       });
}

void PolymarketOrderClient::place(const SignedPolymarketOrder& order, TimeInForce time_in_force,
                                  Done<Posted> done) {
  auto body = encode_polymarket_order(order, {.owner = credentials_.api_key(),
                                              .time_in_force = time_in_force});
  if (!body) {
    return done({.answer = {.verdict = Verdict::rejected,
                            .status = OrderStatus::rejected,
                            .reason = describe(body.error())},
                 .at = clock_.now()});
  }
  send(Line::orders, HttpMethod::post, std::string{polymarket_order_target}, std::move(*body),
       config_.order_deadline,
       [&clock = clock_, order, time_in_force,
        done = std::move(done)](const caf::expected<HttpResponse>& response) {
         if (!response) {
           return done({.answer = no_answer(response.error()), .at = clock.now()});
         }
         const auto wait = response->header("Retry-After").value_or("");
         done({.answer = decode_polymarket_post(response->status, response->body, wait, order,
                                                time_in_force),
               .at = response->received_at});
       });
}

void PolymarketOrderClient::cancel(const std::string& order_id, Done<CancelAnswer> done) {
  send(Line::others, HttpMethod::delete_resource, std::string{polymarket_order_target},
       encode_polymarket_cancel(order_id), config_.read_deadline,
       [order_id, done = std::move(done)](const caf::expected<HttpResponse>& response) {
         if (!response) {
           return done({.reason = describe(response.error())});
         }
         auto answer = decode_polymarket_cancel(response->status, response->body, order_id);
         answer.retry_after = parse_retry_after(response->header("Retry-After").value_or(""));
         done(std::move(answer));
       });
}

void PolymarketOrderClient::cancel_all(Done<caf::error> done) {
  send(Line::others, HttpMethod::delete_resource, std::string{polymarket_cancel_all_target}, {},
       config_.read_deadline,
       [done = std::move(done)](const caf::expected<HttpResponse>& response) {
         done(!response                ? response.error()
              : response->status == ok ? caf::error{}
                                       : refused(*response));
       });
}

void PolymarketOrderClient::look_up(const std::string& order_id,
                                    Result<std::optional<PolymarketOpenOrder>> done) {
  using Found = std::optional<PolymarketOpenOrder>;
  send(Line::others, HttpMethod::get, polymarket_lookup_target(order_id), {}, config_.read_deadline,
       [done = std::move(done)](const caf::expected<HttpResponse>& response) {
         if (response && response->status == not_found) {
           return done(Found{});
         }
         done(decoded<Found>(response, decode_polymarket_lookup));
       });
}

/// One list, read page by page.
struct PolymarketOrderClient::TradesCall {
  std::string condition;
  Timestamp since;
  Result<std::vector<PolymarketTrade>> done;
  std::vector<PolymarketTrade> so_far{};
  std::string cursor{};
  int pages_left = most_pages;
};

void PolymarketOrderClient::trades(const std::string& condition, Timestamp since,
                                   Result<std::vector<PolymarketTrade>> done) {
  // Some trades too many do no harm; one too few would.
  constexpr Duration margin = std::chrono::minutes{1};
  const auto from = std::max(since + offset() - margin, Timestamp{});
  more_trades(std::make_shared<TradesCall>(
    TradesCall{.condition = condition, .since = from, .done = std::move(done)}));
}

void PolymarketOrderClient::more_trades(const std::shared_ptr<TradesCall>& call) {
  using Page = PolymarketPage<PolymarketTrade>;
  get<Page>(polymarket_trades_target(call->condition, call->cursor, call->since),
            decode_polymarket_trades, [weak = weak_from_this(), call](caf::expected<Page> page) {
              const auto self = weak.lock();
              if (!page || !self) {
                return call->done(
                  page ? caf::make_error(Errc::io_failed, std::string{"client stopped"})
                       : std::move(page.error()));
              }
              call->so_far.insert(call->so_far.end(), std::make_move_iterator(page->items.begin()),
                                  std::make_move_iterator(page->items.end()));
              // A server that gives the same page for ever is not followed for ever.
              const auto same = page->cursor == call->cursor;
              call->cursor = std::move(page->cursor);
              if (call->cursor.empty() || same || --call->pages_left == 0) {
                return call->done(std::move(call->so_far));
              }
              self->more_trades(call);
            });
}

void PolymarketOrderClient::balance(SignatureType type, Result<PolymarketBalance> done) {
  get<PolymarketBalance>(polymarket_balance_target({}, type), decode_polymarket_balance,
                         std::move(done));
}

void PolymarketOrderClient::market_terms(const std::string& condition,
                                         Result<PolymarketMarketTerms> done) {
  get<PolymarketMarketTerms>("/clob-markets/" + condition, decode_polymarket_market_terms,
                             std::move(done));
}

void PolymarketOrderClient::keep_ready(Done<caf::error> done) {
  const auto asked_at = clock_.now();
  orders_.request({.target = prefix_ + "/time"}, config_.read_deadline,
                  [weak = weak_from_this(), asked_at,
                   done = std::move(done)](const caf::expected<HttpResponse>& response) {
                    const auto seconds = decoded<std::int64_t>(response, decode_polymarket_time);
                    if (!seconds) {
                      return done(seconds.error());
                    }
                    if (const auto self = weak.lock()) {
                      self->offset_ =
                        clock_offset(*seconds, asked_at, response->received_at).count();
                    }
                    done({});
                  });
}

} // namespace arbees
