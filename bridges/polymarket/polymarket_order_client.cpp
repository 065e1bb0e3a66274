#include "bridges/polymarket/polymarket_order_client.hpp"

#include <algorithm>

#include "bridges/net/answer_fields.hpp"
#include "bridges/net/json_fields.hpp"

namespace arbees {

namespace {

constexpr unsigned ok = 200;
constexpr unsigned not_found = 404;
/// A page holds a hundred trades or more; what is older than these is not looked for.
constexpr int most_pages = 20;

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

std::string prefix_of(const Endpoint& endpoint) {
  return endpoint.target == "/" ? std::string{} : endpoint.target;
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
  if (const auto* const fee = fields.find("fd")) {
    AnswerFields schedule{*fee};
    terms.taker_ppm = schedule.money("r").value(); // a rate of 1 is 1e6 millionths, as a dollar
    const auto exponent = schedule.integer_if_any("e").value_or(1);
    if (!schedule.ok() || *terms.taker_ppm < 0 || exponent < 0 || exponent > 10) {
      fields.fail("fd");
    }
    terms.fee_exponent = static_cast<std::int32_t>(exponent);
  }
  if (fields.flag("cbos")) {
    // Also in a form with a space and a short offset; what cannot be read is not known.
    const auto text = fields.text_or_empty("gst");
    terms.cleared_at = parse_utc(text);
  }
  return fields.finish(terms);
}

caf::expected<PolymarketPlace> decode_polymarket_place(std::string_view body) {
  const auto json = parse_json(body);
  if (!json) {
    return json.error();
  }
  AnswerFields fields{*json};
  if (fields.find("blocked") == nullptr) {
    fields.fail("blocked");
  }
  return fields.finish(PolymarketPlace{.blocked = fields.flag("blocked"),
                                       .country = printable(fields.text_or_empty("country"))});
}

caf::expected<bool> decode_polymarket_closed_only(std::string_view body) {
  const auto json = parse_json(body);
  if (!json) {
    return json.error();
  }
  AnswerFields fields{*json};
  const auto closed_only = fields.flag("closed_only");
  return fields.finish(closed_only);
}

caf::expected<PolymarketHeartbeatAnswer>
decode_polymarket_heartbeat(unsigned status, std::string_view body) {
  const auto json = parse_json(body);
  if (!json) {
    return json.error();
  }
  AnswerFields fields{*json};
  auto next = fields.text_or_empty("heartbeat_id");
  // The first one after a while is answered with an empty id if it carried an old one.
  if (!json->is_object() || !fields.ok()
      || (status != ok && !json->as_object().contains("heartbeat_id"))) {
    return caf::make_error(Errc::http_status,
                           "HTTP " + std::to_string(status) + ": " + printable(body));
  }
  if (status == ok && next.empty()) {
    fields.fail("heartbeat_id");
  }
  return fields.finish(
    PolymarketHeartbeatAnswer{.taken = status == ok, .next_id = std::move(next)});
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
    prefix_{prefix_of(config.rest)},
    data_prefix_{prefix_of(config.data)},
    credentials_{std::move(credentials)},
    offset_{clock_offset.count()},
    orders_{network, clock, {.endpoint = config.rest}},
    cancels_{network, clock, {.endpoint = config.rest}},
    cancel_all_{network, clock, {.endpoint = config.rest}},
    heartbeats_{network, clock, {.endpoint = config.rest}},
    reads_{network, clock, {.endpoint = config.rest}},
    data_{network, clock, {.endpoint = config.data}},
    geoblock_{network, clock, {.endpoint = config.geoblock}} {}

HttpClient& PolymarketOrderClient::connection(Line line) {
  switch (line) {
    case Line::orders:
      return orders_;
    case Line::cancels:
      return cancels_;
    case Line::cancel_all:
      return cancel_all_;
    case Line::heartbeats:
      return heartbeats_;
    case Line::reads:
      break;
  }
  return reads_;
}

void PolymarketOrderClient::send(Line line, HttpMethod method, std::string target, std::string body,
                                 Duration deadline, HttpClient::Callback done) {
  const auto now = clock_.now() + offset();
  const auto path = prefix_ + target;
  auto headers = credentials_.l2_headers(to_ms(now) / 1000, to_string(method), path, body);
  if (!body.empty()) {
    headers.emplace_back("Content-Type", "application/json");
  }
  connection(line).request(
    {.method = method, .target = path, .body = std::move(body), .headers = std::move(headers)},
    deadline, std::move(done));
}

template <class T, class Decode>
void PolymarketOrderClient::get(std::string target, Decode decode, Result<T> done) {
  send(Line::reads, HttpMethod::get, std::move(target), {}, config_.read_deadline,
       [decode, done = std::move(done)](const caf::expected<HttpResponse>& response) {
         done(decoded<T>(response, decode));
       });
}

template <class T, class Decode>
void PolymarketOrderClient::get(HttpClient& from, std::string target, Decode decode,
                                Result<T> done) {
  from.request({.target = std::move(target)}, config_.read_deadline,
               [decode, done = std::move(done)](const caf::expected<HttpResponse>& response) {
                 done(decoded<T>(response, decode));
               });
}

void PolymarketOrderClient::place(const SignedPolymarketOrder& order, PolymarketPostOptions options,
                                  Done<Posted> done) {
  options.owner = credentials_.api_key();
  auto body = encode_polymarket_order(order, options);
  if (!body) {
    return done({.answer = {.verdict = Verdict::rejected,
                            .status = OrderStatus::rejected,
                            .reason = describe(body.error())},
                 .at = clock_.now()});
  }
  send(Line::orders, HttpMethod::post, std::string{polymarket_order_target}, std::move(*body),
       config_.order_deadline,
       [&clock = clock_, order, time_in_force = options.time_in_force,
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
  send(Line::cancels, HttpMethod::delete_resource, std::string{polymarket_order_target},
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
  send(Line::cancel_all, HttpMethod::delete_resource, std::string{polymarket_cancel_all_target}, {},
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
  send(Line::reads, HttpMethod::get, polymarket_lookup_target(order_id), {}, config_.read_deadline,
       [done = std::move(done)](const caf::expected<HttpResponse>& response) {
         if (response && response->status == not_found) {
           return done(Found{});
         }
         done(decoded<Found>(response, decode_polymarket_lookup));
       });
}

/// One list, read page by page.
template <class T>
struct PolymarketOrderClient::List {
  std::function<std::string(const std::string& cursor)> target;
  caf::expected<PolymarketPage<T>> (*decode)(std::string_view body) = nullptr;
  Results<T> done;
  bool whole = true;          ///< a part of it is worth nothing
  HttpClient* from = nullptr; ///< null: a private read
  std::vector<T> so_far{};
  std::string cursor{};
  int pages_left = most_pages;
};

template <class T>
void PolymarketOrderClient::read_on(const std::shared_ptr<List<T>>& list) {
  auto next = [weak = weak_from_this(), list](caf::expected<PolymarketPage<T>> page) {
    if (const auto self = weak.lock()) {
      return self->take_page(list, std::move(page));
    }
    list->done(caf::make_error(Errc::io_failed, std::string{"client stopped"}));
  };
  if (list->from != nullptr) {
    get<PolymarketPage<T>>(*list->from, list->target(list->cursor), list->decode, std::move(next));
  } else {
    get<PolymarketPage<T>>(list->target(list->cursor), list->decode, std::move(next));
  }
}

template <class T>
void PolymarketOrderClient::take_page(const std::shared_ptr<List<T>>& list,
                                      caf::expected<PolymarketPage<T>> page) {
  if (!page) {
    return list->done(std::move(page.error()));
  }
  list->so_far.insert(list->so_far.end(), std::make_move_iterator(page->items.begin()),
                      std::make_move_iterator(page->items.end()));
  // A server that gives the same page for ever is not followed for ever.
  const auto same = page->cursor == list->cursor;
  list->cursor = std::move(page->cursor);
  if (list->cursor.empty()) {
    return list->done(std::move(list->so_far));
  }
  if (same || --list->pages_left == 0) {
    return list->whole ? list->done(caf::make_error(Errc::io_failed, std::string{"endless list"}))
                       : list->done(std::move(list->so_far));
  }
  read_on(list);
}

void PolymarketOrderClient::trades(const std::string& condition, Timestamp since,
                                   Results<PolymarketTrade> done) {
  // Some trades too many do no harm; one too few would.
  constexpr Duration margin = std::chrono::minutes{1};
  const auto from = std::max(since + offset() - margin, Timestamp{});
  read_on(std::make_shared<List<PolymarketTrade>>(List<PolymarketTrade>{
    .target = [condition, from](
                const auto& cursor) { return polymarket_trades_target(condition, cursor, from); },
    .decode = decode_polymarket_trades,
    .done = std::move(done),
    .whole = false}));
}

void PolymarketOrderClient::open_orders(Results<PolymarketOpenOrder> done) {
  read_on(std::make_shared<List<PolymarketOpenOrder>>(List<PolymarketOpenOrder>{
    .target = [](const auto& cursor) { return polymarket_orders_target({}, cursor); },
    .decode = decode_polymarket_orders,
    .done = std::move(done)}));
}

void PolymarketOrderClient::positions(Results<PolymarketPosition> done) {
  read_on(std::make_shared<List<PolymarketPosition>>(List<PolymarketPosition>{
    .target =
      [prefix = data_prefix_, wallet = config_.wallet](const auto& cursor) {
        return prefix + polymarket_positions_target(wallet, cursor);
      },
    .decode = decode_polymarket_positions,
    .done = std::move(done),
    .from = &data_}));
}

void PolymarketOrderClient::activity(const std::vector<std::string>& conditions, Timestamp since,
                                     Results<PolymarketActivity> done) {
  read_on(std::make_shared<List<PolymarketActivity>>(List<PolymarketActivity>{
    .target =
      [prefix = data_prefix_, wallet = config_.wallet, conditions, since](const auto& cursor) {
        return prefix + polymarket_activity_target(wallet, conditions, since, cursor);
      },
    .decode = decode_polymarket_activity,
    .done = std::move(done),
    .from = &data_}));
}

void PolymarketOrderClient::balance(SignatureType type, const std::string& token,
                                    Result<PolymarketBalance> done) {
  get<PolymarketBalance>(polymarket_balance_target(token, type, exchange_of(token)),
                         decode_polymarket_balance, std::move(done));
}

void PolymarketOrderClient::fresh_balance(SignatureType type, const std::string& token,
                                          Result<PolymarketBalance> done) {
  send(Line::reads, HttpMethod::get,
       polymarket_balance_update_target(token, type, exchange_of(token)), {}, config_.read_deadline,
       [weak = weak_from_this(), type, token,
        done = std::move(done)](const caf::expected<HttpResponse>& /*updated*/) {
         if (const auto self = weak.lock()) {
           return self->balance(type, token, done);
         }
         done(caf::make_error(Errc::io_failed, std::string{"client stopped"}));
       });
}

void PolymarketOrderClient::market_terms(const std::string& condition,
                                         Result<PolymarketMarketTerms> done) {
  get<PolymarketMarketTerms>("/clob-markets/" + condition, decode_polymarket_market_terms,
                             std::move(done));
}

void PolymarketOrderClient::market_result(const std::string& condition,
                                          Result<PolymarketMarketResult> done) {
  get<PolymarketMarketResult>("/markets/" + condition, decode_polymarket_market_result,
                              std::move(done));
}

void PolymarketOrderClient::heartbeat(const std::string& id, Duration deadline,
                                      Result<PolymarketHeartbeatAnswer> done) {
  constexpr unsigned mismatch = 400;
  send(Line::heartbeats, HttpMethod::post, std::string{polymarket_heartbeat_target},
       encode_polymarket_heartbeat(id), deadline,
       [done = std::move(done)](const caf::expected<HttpResponse>& response) {
         if (!response) {
           return done(response.error());
         }
         if (response->status != ok && response->status != mismatch) {
           return done(refused(*response));
         }
         done(decode_polymarket_heartbeat(response->status, response->body));
       });
}

void PolymarketOrderClient::place_of_orders(Result<PolymarketPlace> done) {
  get<PolymarketPlace>(geoblock_, config_.geoblock.target, decode_polymarket_place,
                       std::move(done));
}

void PolymarketOrderClient::closed_only(Result<bool> done) {
  get<bool>(std::string{polymarket_ban_target}, decode_polymarket_closed_only, std::move(done));
}

void PolymarketOrderClient::keep_ready(Done<caf::error> done) {
  for (auto* const line : {&cancels_, &cancel_all_}) {
    line->request({.target = prefix_ + "/time"}, config_.read_deadline,
                  [](const caf::expected<HttpResponse>&) {});
  }
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
