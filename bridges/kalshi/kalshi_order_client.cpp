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

} // namespace

KalshiOrderClient::KalshiOrderClient(asio::io_context& context, const Clock& clock,
                                     KalshiOrderClientParts parts, KalshiOrderClientConfig config,
                                     KalshiOrderClientEvents events)
  : clock_{clock},
    parts_{std::move(parts)},
    config_{std::move(config)},
    events_{std::move(events)},
    tracker_{config_.tracker},
    pace_timer_{context},
    stop_timer_{context} {}

void KalshiOrderClient::start(const std::string& ws_path, std::function<void()> on_ready) {
  parts_.rest->warm_up(ws_path, std::move(on_ready));
  tick(clock_.now());
}

void KalshiOrderClient::stop() {
  stopped_ = true;
  events_ = {};
  waiting_.clear();
  pace_timer_.cancel();
  stop_timer_.cancel();
}

void KalshiOrderClient::tell(const OrderNews& news) {
  if (!news.fills.empty()) {
    parts_.account->balance_changed();
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
  const auto options = to_kalshi_options(order, parts_.groups->group_of(order.exchange_index),
                                         parts_.account->position(order.ref.native_id));
  auto body = encode_kalshi_create(order, options);
  if (!body) {
    return refuse(id, Verdict::rejected, describe(body.error()));
  }
  parts_.account->check_funds(order);
  queue_create({order, std::move(*body), now + config_.longest_pacing, stops_});
}

std::string KalshiOrderClient::objection(const OrderIntent& order, Timestamp now) const {
  auto why = parts_.venue->objection(order.exchange_index, order.purpose, now);
  if (why.empty() && may_rest(order) && parts_.groups->group_of(order.exchange_index).empty()) {
    return "order_group_missing"; // nothing rests that the venue would not take out by itself
  }
  return why;
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

void KalshiOrderClient::queue_create(const Create& create) {
  const auto& order = create.order;
  const auto go = [this, create] {
    ++counters_["orders_sent"];
    parts_.rest->send(KalshiLane::orders, HttpMethod::post, std::string{kalshi_orders_target},
                      create.body, config_.order_deadline,
                      [weak = weak_from_this(), create](const caf::expected<HttpResponse>& answer) {
                        if (const auto self = weak.lock(); self && !self->stopped_) {
                          self->on_created(create, answer);
                        }
                      });
  };
  const auto give_up = [this, id = order.client_order_id](const std::string& reason) {
    refuse(id, Verdict::retry_later, reason);
  };
  enqueue({.shard = order.exchange_index,
           .cost = kalshi_order_cost,
           .urgency = urgency_of(order.purpose),
           .give_up_at = create.give_up_at,
           .go = go,
           .give_up = give_up,
           .creates = true});
}

void KalshiOrderClient::on_created(const Create& create,
                                   const caf::expected<HttpResponse>& response) {
  const auto now = clock_.now();
  const auto& order = create.order;
  const auto& id = order.client_order_id;
  const auto answer = response ? decode_kalshi_create(response->status, response->body, order)
                               : unknown_answer(response.error());
  ++counters_["answers:" + std::string{to_string(answer.verdict)}];
  note(answer, order.exchange_index, response ? response->status : 0);
  if (answer.verdict == Verdict::retry_later && now < create.give_up_at && create.stops == stops_) {
    return queue_create(create); // the venue has not looked at it
  }
  if (answer.verdict == Verdict::unknown || answer.verdict == Verdict::duplicate) {
    spdlog::warn("kalshi_gateway.order_unknown order={} verdict={} reason=\"{}\"", id,
                 to_string(answer.verdict), answer.reason);
    want_look_up(id, now, answer.verdict == Verdict::duplicate, false);
  }
  if (answer.filled > Quantity{0}) {
    parts_.account->balance_changed();
  }
  tell(tracker_.answered(id, answer, now));
  if (create.stops != stops_) {
    cancels_[id] = now; // it left before the stop and came after it
  }
  cancel_due(now);
  look_up_due(now);
}

/// What an answer says about the venue and the account.
void KalshiOrderClient::note(const OrderAnswer& answer, std::int32_t shard, unsigned status) {
  if (status == too_many_requests) {
    parts_.pacer->refused_write(shard, clock_.now());
  }
  if (answer.verdict == Verdict::paused) {
    parts_.watch->doubt();
  }
  if (answer.reason.starts_with("order_group")) {
    parts_.groups->lost(shard);
  }
  if (answer.verdict == Verdict::fatal) {
    ++counters_["halts"];
    parts_.venue->refuse(status == unauthorized ? KalshiRefusal::key : KalshiRefusal::account,
                         answer.reason);
    parts_.account->balance_changed();
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
    const auto wait =
      blocked ? Duration::max()
              : parts_.pacer->take_write(waiting.shard, waiting.cost, waiting.urgency, now);
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
    waiting.give_up("rate_limited");
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

void KalshiOrderClient::cancel(const OrderIntent& order) {
  const auto now = clock_.now();
  const auto& id = order.client_order_id;
  const auto tracked = tracker_.track(order, now); // it may be of an earlier run
  if (tracked == TrackResult::full) {
    ++counters_["cancels_refused"];
    return;
  }
  if (tracked == TrackResult::added) {
    tell(tracker_.waiting_for(id, now));
  }
  if (const auto report = tracker_.report(id, now); terminal(report->status)) {
    return tell({.fills = {}, .reports = {*report}});
  }
  cancels_[id] = now;
  cancel_due(now);
  look_up_due(now);
}

/// Cancels what is to be cancelled and still open. Without the venue's id it is looked up first.
void KalshiOrderClient::cancel_due(Timestamp now) {
  std::erase_if(cancels_, [&](const auto& entry) {
    const auto report = tracker_.report(entry.first, now);
    return !report || terminal(report->status);
  });
  for (auto& [id, due_at] : cancels_) {
    const auto& order = *tracker_.intent(id);
    const auto order_id = tracker_.venue_order_id(id);
    if (order_id.empty()) {
      want_look_up(id, now, false, false);
    } else if (now >= due_at && parts_.venue->takes_cancels(order.exchange_index)) {
      due_at = now + config_.cancel_again_after;
      queue_cancel(order, order_id);
    }
  }
}

void KalshiOrderClient::queue_cancel(const OrderIntent& order, const std::string& order_id) {
  const auto go = [this, order, order_id] { send_cancel(order, order_id); };
  const auto give_up = [this](const std::string&) { ++counters_["cancels_late"]; };
  enqueue({.shard = order.exchange_index,
           .cost = kalshi_cancel_cost,
           .urgency = Urgency::urgent,
           .give_up_at = clock_.now() + config_.order_deadline,
           .go = go,
           .give_up = give_up});
}

void KalshiOrderClient::send_cancel(const OrderIntent& order, const std::string& order_id) {
  ++counters_["cancels_sent"];
  parts_.rest->send(
    KalshiLane::cancels, HttpMethod::delete_resource,
    kalshi_cancel_target(order_id, order.exchange_index), {}, config_.order_deadline,
    [weak = weak_from_this(), order, order_id](const caf::expected<HttpResponse>& answer) {
      if (const auto self = weak.lock(); self && !self->stopped_) {
        self->on_cancelled(order, order_id, answer);
      }
    });
}

void KalshiOrderClient::on_cancelled(const OrderIntent& order, const std::string& order_id,
                                     const caf::expected<HttpResponse>& response) {
  const auto now = clock_.now();
  const auto answer = response ? decode_kalshi_cancel(response->status, response->body, order_id)
                               : CancelAnswer{.reason = describe(response.error())};
  ++counters_["cancel_answers:" + std::string{to_string(answer.verdict)}];
  if (response && response->status == too_many_requests) {
    parts_.pacer->refused_write(order.exchange_index, now);
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
}

// --- stop ---

void KalshiOrderClient::cancel_all() {
  ++stops_;
  send_stop(1); // before all else
  parts_.groups->trigger();
  // Orders that have not left will not.
  std::deque<Waiting> cancels;
  std::vector<Waiting> creates;
  for (auto& waiting : std::exchange(waiting_, {})) {
    if (waiting.creates) {
      creates.push_back(std::move(waiting));
    } else {
      cancels.push_back(std::move(waiting));
    }
  }
  waiting_ = std::move(cancels);
  for (const auto& create : creates) {
    create.give_up("all_cancelled");
  }
  // What is under way, or was not hit, is cancelled by its own name until it is gone.
  const auto again_at = clock_.now() + config_.cancel_again_after;
  for (const auto& id : tracker_.open()) {
    cancels_.try_emplace(id, again_at);
  }
}

void KalshiOrderClient::send_stop(int attempt) {
  ++counters_["cancel_alls_sent"];
  stop_timer_.cancel();
  // Billed to the unscoped bucket, but a kill switch waits for no tokens.
  parts_.pacer->take_write(0, kalshi_cancel_cost, Urgency::urgent, clock_.now());
  parts_.rest->send(
    KalshiLane::stop, HttpMethod::delete_resource, kalshi_cancel_all_target(0), {},
    config_.stop_deadline,
    [weak = weak_from_this(), attempt, stop = stops_](const caf::expected<HttpResponse>& answer) {
      if (const auto self = weak.lock(); self && !self->stopped_ && self->stops_ == stop) {
        self->on_stopped(attempt, answer);
      }
    });
}

void KalshiOrderClient::on_stopped(int attempt, const caf::expected<HttpResponse>& response) {
  const auto answer = response ? decode_kalshi_cancel_all(response->status, response->body)
                               : CancelAnswer{.reason = describe(response.error())};
  ++counters_["cancel_all_answers:" + std::string{to_string(answer.verdict)}];
  spdlog::info("kalshi_gateway.cancel_all_answered attempt={} verdict={} reason=\"{}\"", attempt,
               to_string(answer.verdict), answer.reason);
  if (answer.verdict == Verdict::taken) {
    return look_up_open(clock_.now());
  }
  if (attempt >= config_.stop_attempts) {
    spdlog::error("kalshi_gateway.cancel_all_failed attempts={} reason=\"{}\"", attempt,
                  answer.reason);
    return;
  }
  stop_timer_.expires_after(config_.stop_again_after);
  stop_timer_.async_wait([weak = weak_from_this(), attempt](boost::system::error_code ec) {
    if (const auto self = weak.lock(); self && !ec && !self->stopped_) {
      self->send_stop(attempt + 1);
    }
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
  parts_.reads->spawn(reconcile(weak_from_this(), since - overlap));
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
  parts_.rest->tick(now);
  if (due(limits_at_, config_.limits_every, now)) {
    read_limits();
  }
  if (!stream_open_ && due(open_orders_at_, config_.open_orders_every, now)) {
    look_up_open(now);
  }
  for (const auto& id : tracker_.unresolved()) {
    want_look_up(id, now + config_.stream_grace, false, false);
  }
  if (due(untold_at_, config_.untold_every, now)) {
    for (const auto& id : tracker_.untold()) {
      want_look_up(id, now + config_.stream_grace, true, false);
    }
  }
  cancel_due(now);
  look_up_due(now);
  for (const auto& id : tracker_.forget_old(now)) {
    look_ups_.erase(id);
    cancels_.erase(id);
    if (events_.on_forgotten) {
      events_.on_forgotten(id);
    }
  }
}

std::map<std::string, std::int64_t> KalshiOrderClient::metrics() const {
  auto values = counters_;
  for (const auto& [name, value] : tracker_.counters()) {
    values["tracker:" + name] = value;
  }
  for (const auto& [name, value] : parts_.rest->metrics()) {
    values[name] = value;
  }
  values["orders_tracked"] = static_cast<std::int64_t>(tracker_.size());
  values["orders_unresolved"] = static_cast<std::int64_t>(tracker_.unresolved().size());
  values["orders_waiting_for_tokens"] = static_cast<std::int64_t>(waiting_.size());
  values["look_ups_pending"] = static_cast<std::int64_t>(look_ups_.size());
  values["cancels_pending"] = static_cast<std::int64_t>(cancels_.size());
  values["stream_open"] = stream_open_ ? 1 : 0;
  return values;
}

} // namespace arbees
