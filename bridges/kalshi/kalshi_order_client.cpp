#include "bridges/kalshi/kalshi_order_client.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <bit>
#include <boost/asio.hpp>

namespace arbees {

namespace asio = boost::asio;

namespace {

constexpr unsigned too_many_requests = 429;
constexpr unsigned unauthorized = 401;

Urgency urgency_of(OrderPurpose purpose) {
  return purpose == OrderPurpose::open ? Urgency::normal : Urgency::urgent;
}

OrderAnswer unknown_answer(const caf::error& error) {
  return {.verdict = Verdict::unknown, .reason = describe(error)};
}

void call(const KalshiOrderClient::CancelDone& done, const CancelAnswer& answer) {
  if (done) {
    done(answer);
  }
}

} // namespace

KalshiOrderClient::KalshiOrderClient(asio::io_context& context, const Clock& clock,
                                     std::shared_ptr<KalshiRest> rest,
                                     KalshiOrderClientConfig config, KalshiOrderClientEvents events)
  : context_{context},
    clock_{clock},
    rest_{std::move(rest)},
    config_{std::move(config)},
    events_{std::move(events)},
    tracker_{config_.tracker},
    pacer_{clock.now()},
    venue_{config_.venue},
    pace_timer_{context} {}

void KalshiOrderClient::start(const std::string& ws_path, std::function<void()> on_ready) {
  rest_->warm_up(ws_path, std::move(on_ready));
  tick(clock_.now());
}

void KalshiOrderClient::stop() {
  stopped_ = true;
  events_ = {};
  waiting_.clear();
  pace_timer_.cancel();
}

void KalshiOrderClient::tell(const OrderNews& news) {
  if (!news.fills.empty()) {
    balance_at_ = std::min(balance_at_, clock_.now() + config_.balance_after_fill);
  }
  if (events_.on_news && (!news.fills.empty() || !news.reports.empty())) {
    events_.on_news(news);
  }
}

// --- create ---

void KalshiOrderClient::place(const OrderIntent& order) {
  const auto now = clock_.now();
  const auto& id = order.client_order_id;
  const auto tracked = tracker_.track(order, now);
  if (tracked == TrackResult::known) {
    ++counters_["orders_repeated"];
    return tell({.fills = {}, .reports = {*tracker_.report(id, now)}});
  }
  if (tracked == TrackResult::full) {
    ++counters_["orders_refused:full"];
    const OrderAnswer full{.verdict = Verdict::rejected,
                           .status = OrderStatus::rejected,
                           .reason = "too_many_orders_tracked"};
    return tell({.fills = {}, .reports = {to_report(full, order, now, now)}});
  }
  if (auto why = objection(order, now); !why.empty()) {
    return refuse(id, Verdict::paused, std::move(why));
  }
  auto body = encode_kalshi_create(order);
  if (!body) {
    return refuse(id, Verdict::rejected, describe(body.error()));
  }
  queue_create(order, std::move(*body), now + config_.longest_pacing);
}

std::string KalshiOrderClient::objection(const OrderIntent& order, Timestamp now) const {
  if (!halted_.empty() && order.purpose == OrderPurpose::open) {
    return "halted: " + halted_;
  }
  return venue_.objection(order.exchange_index, order.purpose, now);
}

/// Reports the order rejected; it was not sent.
void KalshiOrderClient::refuse(const std::string& client_order_id, Verdict verdict,
                               std::string reason) {
  const auto total = ++counters_["orders_refused"];
  if (std::has_single_bit(static_cast<std::uint64_t>(total))) {
    spdlog::warn("kalshi_gateway.order_refused total={} order={} reason=\"{}\"", total,
                 client_order_id, reason);
  }
  tell(tracker_.answered(
    client_order_id,
    {.verdict = verdict, .status = OrderStatus::rejected, .reason = std::move(reason)},
    clock_.now()));
}

void KalshiOrderClient::queue_create(const OrderIntent& order, std::string body,
                                     Timestamp give_up_at) {
  const auto go = [this, order, body, give_up_at] {
    ++creates_under_way_;
    ++counters_["orders_sent"];
    rest_->send(KalshiLane::orders, HttpMethod::post, std::string{kalshi_orders_target}, body,
                config_.order_deadline,
                [weak = weak_from_this(), order, body,
                 give_up_at](const caf::expected<HttpResponse>& answer) {
                  if (const auto self = weak.lock(); self && !self->stopped_) {
                    self->on_created(order, body, give_up_at, answer);
                  }
                });
  };
  const auto give_up = [this, id = order.client_order_id] {
    refuse(id, Verdict::retry_later, "rate_limited");
  };
  enqueue({.shard = order.exchange_index,
           .cost = kalshi_order_cost,
           .urgency = urgency_of(order.purpose),
           .give_up_at = give_up_at,
           .go = go,
           .give_up = give_up});
}

void KalshiOrderClient::on_created(const OrderIntent& order, const std::string& body,
                                   Timestamp give_up_at,
                                   const caf::expected<HttpResponse>& response) {
  const auto now = clock_.now();
  const auto& id = order.client_order_id;
  --creates_under_way_;
  const auto answer = response ? decode_kalshi_create(response->status, response->body, order)
                               : unknown_answer(response.error());
  ++counters_["answers:" + std::string{to_string(answer.verdict)}];
  note(answer, order.exchange_index, response ? response->status : 0);
  if (answer.verdict == Verdict::retry_later && now < give_up_at) {
    return queue_create(order, body, give_up_at); // the venue has not looked at it
  }
  if (answer.verdict == Verdict::unknown || answer.verdict == Verdict::duplicate) {
    spdlog::warn("kalshi_gateway.order_unknown order={} verdict={} reason=\"{}\"", id,
                 to_string(answer.verdict), answer.reason);
    want_look_up(id, now, answer.verdict == Verdict::duplicate, false);
  }
  if (answer.filled > Quantity{0}) {
    balance_at_ = std::min(balance_at_, now + config_.balance_after_fill);
  }
  tell(tracker_.answered(id, answer, now));
  look_up_due(now);
}

/// What an answer says about the venue and the account.
void KalshiOrderClient::note(const OrderAnswer& answer, std::int32_t shard, unsigned status) {
  const auto now = clock_.now();
  if (status == too_many_requests) {
    pacer_.refused_write(shard, now);
  }
  if (answer.verdict == Verdict::paused) {
    status_at_ = now;
  }
  if (answer.verdict == Verdict::fatal) {
    ++counters_["halts"];
    halted_ = answer.reason;
    halted_by_key_ = status == unauthorized;
    balance_at_ = std::min(balance_at_, now + config_.balance_after_fill);
    spdlog::error("kalshi_gateway.halted status={} reason=\"{}\"", status, answer.reason);
  }
}

// --- pacing ---

void KalshiOrderClient::enqueue(Waiting waiting) {
  // Urgent ones stand before all others, and behind the urgent ones that were here first.
  const auto place = waiting.urgency == Urgency::urgent
                       ? std::ranges::find(waiting_, Urgency::normal, &Waiting::urgency)
                       : waiting_.end();
  const auto before = waiting_.size();
  waiting_.insert(place, std::move(waiting));
  pump();
  if (waiting_.size() > before) {
    ++counters_["paced"];
  }
}

/// Sends what there are tokens for, and comes back when there are more.
void KalshiOrderClient::pump() {
  const auto now = clock_.now();
  auto next = Duration::max();
  std::deque<Waiting> still;
  std::vector<Waiting> gone;
  for (auto& waiting : std::exchange(waiting_, {})) {
    // Behind one that waits for the same tokens nobody overtakes.
    const auto blocked = std::ranges::any_of(still, [&](const Waiting& before) {
      return before.shard == waiting.shard && before.urgency == waiting.urgency;
    });
    const auto wait = blocked
                        ? Duration::max()
                        : pacer_.take_write(waiting.shard, waiting.cost, waiting.urgency, now);
    if (wait == Duration::zero()) {
      waiting.go();
    } else if (now >= waiting.give_up_at) {
      gone.push_back(std::move(waiting));
    } else {
      next = std::min({next, wait, waiting.give_up_at - now});
      still.push_back(std::move(waiting));
    }
  }
  waiting_.insert(waiting_.begin(), std::make_move_iterator(still.begin()),
                  std::make_move_iterator(still.end()));
  for (const auto& waiting : gone) {
    waiting.give_up();
  }
  if (!waiting_.empty()) {
    pump_after(next);
  }
}

void KalshiOrderClient::pump_after(Duration wait) {
  pace_timer_.expires_after(wait);
  pace_timer_.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
    if (const auto self = weak.lock(); self && !ec && !self->stopped_) {
      self->pump();
    }
  });
}

// --- cancel ---

void KalshiOrderClient::cancel(const std::string& client_order_id, CancelDone done) {
  const auto* const order = tracker_.intent(client_order_id);
  const auto order_id = tracker_.venue_order_id(client_order_id);
  if (order == nullptr || order_id.empty()) {
    if (order != nullptr) {
      want_look_up(client_order_id, clock_.now(), false, false);
    }
    return call(done, {.reason = "venue_order_id_unknown"});
  }
  if (!venue_.takes_cancels(order->exchange_index)) {
    return call(done, {.verdict = Verdict::paused, .reason = "exchange_paused"});
  }
  const auto go = [this, intent = *order, order_id, done] { send_cancel(intent, order_id, done); };
  const auto give_up = [done] {
    call(done, {.verdict = Verdict::retry_later, .reason = "rate_limited"});
  };
  enqueue({.shard = order->exchange_index,
           .cost = kalshi_cancel_cost,
           .urgency = Urgency::urgent,
           .give_up_at = clock_.now() + config_.order_deadline,
           .go = go,
           .give_up = give_up});
}

void KalshiOrderClient::send_cancel(const OrderIntent& order, const std::string& order_id,
                                    const CancelDone& done) {
  ++counters_["cancels_sent"];
  rest_->send(KalshiLane::cancels_and_reads, HttpMethod::delete_resource,
              kalshi_cancel_target(order_id, order.exchange_index), {}, config_.order_deadline,
              [weak = weak_from_this(), order, order_id,
               done](const caf::expected<HttpResponse>& answer) {
                if (const auto self = weak.lock(); self && !self->stopped_) {
                  self->on_cancelled(order, order_id, answer, done);
                }
              });
}

void KalshiOrderClient::on_cancelled(const OrderIntent& order, const std::string& order_id,
                                     const caf::expected<HttpResponse>& response,
                                     const CancelDone& done) {
  const auto now = clock_.now();
  const auto answer = response ? decode_kalshi_cancel(response->status, response->body, order_id)
                               : CancelAnswer{.reason = describe(response.error())};
  if (response && response->status == too_many_requests) {
    pacer_.refused_write(order.exchange_index, now);
  }
  const auto reduced = answer.reduced_by.value_or(Quantity{-1});
  if (answer.verdict == Verdict::taken && reduced >= Quantity{0} && reduced <= order.quantity) {
    tell(tracker_.apply(OrderEvent{.client_order_id = order.client_order_id,
                                   .venue_order_id = order_id,
                                   .ended = true,
                                   .filled = order.quantity - reduced,
                                   .reason = "canceled"},
                        now));
  } else {
    // Filled, cancelled, closed with its market, or elsewhere: the lists tell.
    want_look_up(order.client_order_id, now, true, false);
    look_up_due(now);
  }
  call(done, answer);
}

void KalshiOrderClient::cancel_all(std::int32_t subaccount, CancelDone done) {
  ++counters_["cancel_alls_sent"];
  // Billed to the unscoped bucket, but a kill switch waits for no tokens.
  pacer_.take_write(0, kalshi_cancel_cost, Urgency::urgent, clock_.now());
  rest_->send(KalshiLane::cancels_and_reads, HttpMethod::delete_resource,
              kalshi_cancel_all_target(subaccount), {}, config_.order_deadline,
              [weak = weak_from_this(), done](const caf::expected<HttpResponse>& response) {
                const auto self = weak.lock();
                if (!self || self->stopped_) {
                  return;
                }
                CancelAnswer answer;
                if (!response) {
                  answer.reason = describe(response.error());
                } else if (const auto error = decode_kalshi_error(response->body);
                           error || response->status >= 300) {
                  answer.verdict =
                    judge_kalshi_error(response->status, error.value_or(KalshiError{}));
                  answer.reason = error ? error->code : fmt::format("http_{}", response->status);
                } else {
                  answer.verdict = Verdict::taken;
                }
                self->look_up_open(self->clock_.now());
                call(done, answer);
              });
}

// --- stream ---

void KalshiOrderClient::apply(const OrderEvent& event) {
  stream_heard_at_ = clock_.now();
  tell(tracker_.apply(event, stream_heard_at_));
}

void KalshiOrderClient::apply(const FillEvent& event) {
  stream_heard_at_ = clock_.now();
  tell(tracker_.apply(event, stream_heard_at_));
}

void KalshiOrderClient::stream_opened() {
  // Our clock and the venue's may differ, and so may two of its machines.
  constexpr Duration overlap = std::chrono::minutes{1};
  stream_open_ = true;
  const auto now = clock_.now();
  const auto since = stream_heard_at_ == Timestamp{} ? now : stream_heard_at_;
  stream_heard_at_ = now;
  spawn(reconcile(weak_from_this(), since - overlap));
  look_up_open(now);
}

void KalshiOrderClient::stream_closed() {
  stream_open_ = false;
  open_orders_at_ = clock_.now();
}

// --- time ---

bool KalshiOrderClient::due(Timestamp& at, Duration period, Timestamp now) {
  if (now < at) {
    return false;
  }
  at = now + period;
  return true;
}

void KalshiOrderClient::tick(Timestamp now) {
  if (stopped_) {
    return;
  }
  rest_->tick(now);
  if (due(limits_at_, config_.limits_every, now)) {
    spawn(read_limits(weak_from_this()));
  }
  if (due(status_at_, config_.status_every, now)) {
    spawn(read_status(weak_from_this()));
  }
  if (due(balance_at_, config_.balance_every, now)) {
    spawn(read_balance(weak_from_this()));
  }
  if (!stream_open_ && due(open_orders_at_, config_.open_orders_every, now)) {
    look_up_open(now);
  }
  for (const auto& id : tracker_.unresolved()) {
    want_look_up(id, now + config_.stream_grace, false, false);
  }
  look_up_due(now);
  for (const auto& id : tracker_.forget_old(now)) {
    look_ups_.erase(id);
    if (events_.on_forgotten) {
      events_.on_forgotten(id);
    }
  }
}

void KalshiOrderClient::spawn(asio::awaitable<void> work) {
  asio::co_spawn(context_, std::move(work), asio::detached);
}

void KalshiOrderClient::failed(const char* what, const caf::error& error) {
  const auto total = ++counters_[std::string{"failed:"} + what];
  if (std::has_single_bit(static_cast<std::uint64_t>(total))) {
    spdlog::warn("kalshi_gateway.{}_failed total={} error=\"{}\"", what, total, describe(error));
  }
}

std::map<std::string, std::int64_t> KalshiOrderClient::metrics() const {
  auto values = counters_;
  for (const auto& [name, value] : tracker_.counters()) {
    values["tracker:" + name] = value;
  }
  for (const auto& [name, value] : rest_->metrics()) {
    values[name] = value;
  }
  values["orders_tracked"] = static_cast<std::int64_t>(tracker_.size());
  values["orders_unresolved"] = static_cast<std::int64_t>(tracker_.unresolved().size());
  values["orders_waiting_for_tokens"] = static_cast<std::int64_t>(waiting_.size());
  values["look_ups_pending"] = static_cast<std::int64_t>(look_ups_.size());
  values["paused_shards"] = venue_.paused_shards();
  values["halted"] = halted_.empty() ? 0 : 1;
  values["stream_open"] = stream_open_ ? 1 : 0;
  return values;
}

} // namespace arbees
