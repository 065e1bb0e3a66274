#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio.hpp>

#include "bridges/kalshi/kalshi_lists.hpp"
#include "bridges/kalshi/kalshi_order_client.hpp"
#include "bridges/kalshi/kalshi_private_codec.hpp"
#include "bridges/net/answer_fields.hpp"
#include "bridges/net/poll_session.hpp"

// What the order client reads: orders whose outcome is unknown, the account, the venue's state.
// The coroutines hold it weakly, because their requests may outlive it.

namespace arbees {

namespace asio = boost::asio;

namespace {

constexpr std::int64_t look_up_cost = 2 * kalshi_read_cost; ///< orders, then fills

std::int64_t seconds(Timestamp at) {
  return to_ms(at) / 1000;
}

} // namespace

void KalshiOrderClient::look_up(const OrderIntent& order) {
  const auto now = clock_.now();
  const auto& id = order.client_order_id;
  const auto tracked = tracker_.track(order, now);
  if (tracked == TrackResult::full) {
    ++counters_["look_ups_refused"];
    return; // the question comes again
  }
  if (tracked == TrackResult::added) {
    tell(tracker_.waiting_for(id, now));
  }
  const auto report = tracker_.report(id, now);
  if (terminal(report->status)) {
    return tell({.fills = {}, .reports = {*report}}); // what is untold of it is looked up anyway
  }
  want_look_up(id, now, false, true);
  look_up_due(now);
}

void KalshiOrderClient::want_look_up(const std::string& client_order_id, Timestamp at, bool exists,
                                     bool asked) {
  const auto [entry, added] = look_ups_.try_emplace(client_order_id);
  auto& wanted = entry->second;
  wanted.exists = wanted.exists || exists;
  wanted.asked = wanted.asked || asked;
  if (added || (asked && !wanted.busy)) {
    wanted.next_at = at;
  }
}

void KalshiOrderClient::look_up_open(Timestamp now) {
  for (const auto& id : tracker_.open()) {
    want_look_up(id, now + config_.stream_grace, false, false);
  }
}

void KalshiOrderClient::look_up_due(Timestamp now) {
  for (auto entry = look_ups_.begin(); entry != look_ups_.end();) {
    auto& [id, wanted] = *entry;
    const auto report = tracker_.report(id, now);
    if (wanted.busy || (report && !terminal(report->status))) {
      ++entry;
      continue;
    }
    if (report && std::exchange(wanted.asked, false)) {
      tell({.fills = {}, .reports = {*report}});
    }
    // The answer or the stream was faster; but executions may still be untold.
    entry = !report || tracker_.is_complete(id) ? look_ups_.erase(entry) : std::next(entry);
  }
  for (auto& [id, wanted] : look_ups_) {
    const auto* const order = tracker_.intent(id);
    if (wanted.busy || now < wanted.next_at || order == nullptr) {
      continue;
    }
    const auto wait = parts_.pacer->take_read(look_up_cost, Urgency::urgent, now);
    if (wait != Duration::zero()) {
      wanted.next_at = now + wait;
      continue;
    }
    wanted.busy = true;
    ++counters_["look_ups"];
    parts_.reads->spawn(run_look_up(weak_from_this(), *order));
  }
}

asio::awaitable<void>
KalshiOrderClient::run_look_up(std::weak_ptr<KalshiOrderClient> weak, OrderIntent order) {
  const auto found = co_await look_for(weak, order);
  auto absent = false;
  if (found && !*found) {
    absent = co_await proven_absent(weak, order);
  }
  if (const auto self = weak.lock(); self && !self->stopped_) {
    self->looked_up(order, found, absent);
  }
}

/// Looks for the order in the list of its market and tells the tracker of it and of its fills.
/// @returns whether it was there
asio::awaitable<caf::expected<bool>>
KalshiOrderClient::look_for(std::weak_ptr<KalshiOrderClient> weak, OrderIntent order) {
  auto self = weak.lock();
  if (!self) {
    co_return caf::make_error(Errc::io_failed, std::string{"stopped"});
  }
  const auto get = self->lists();
  const auto market = fmt::format("ticker={}&limit=200", percent_encoded(order.ref.native_id));
  self.reset();
  const auto listed = co_await list_kalshi_orders(get, market);
  if (!listed) {
    co_return listed.error();
  }
  const auto* const mine = find_order(*listed, order);
  if (mine == nullptr) {
    co_return false;
  }
  const auto of_order = market + "&order_id=" + percent_encoded(mine->order_id);
  const auto fills = co_await list_kalshi_fills(get, of_order);
  if (!fills) {
    co_return fills.error();
  }
  self = weak.lock();
  if (!self || self->stopped_) {
    co_return caf::make_error(Errc::io_failed, std::string{"stopped"});
  }
  const auto now = self->clock_.now();
  self->tell(self->tracker_.apply(to_order_event(*mine), now));
  for (const auto& fill : *fills) {
    if (fill.order_id == mine->order_id) {
      self->tell(self->tracker_.apply(to_fill_event(fill), now));
    }
  }
  co_return true;
}

/// True if an order that is in no list was never taken: its request can be under way no more, and
/// the lists are newer than that.
asio::awaitable<bool>
KalshiOrderClient::proven_absent(std::weak_ptr<KalshiOrderClient> weak, OrderIntent order) {
  auto self = weak.lock();
  if (!self) {
    co_return false;
  }
  const auto sent = self->tracker_.sent_at(order.client_order_id);
  const auto wanted = self->look_ups_.find(order.client_order_id);
  const auto& config = self->config_;
  if (!sent || wanted == self->look_ups_.end() || wanted->second.exists) {
    co_return false;
  }
  const auto over = *sent + config.longest_pacing + config.order_deadline;
  const auto absent_at = over + config.absent_after;
  const auto now = self->clock_.now();
  if (now < absent_at) {
    co_return false;
  }
  const auto get = self->lists();
  const auto blind_at = absent_at + config.absent_after;
  const auto over_there = over + self->parts_.rest->clock_offset();
  self.reset();
  const auto answer = co_await get("/exchange/user_data_timestamp");
  const auto fresh = answer ? decode_kalshi_data_timestamp(answer->body) : std::nullopt;
  // Without the venue's word on how fresh its lists are we wait twice as long.
  co_return fresh ? *fresh > over_there : now >= blind_at;
}

void KalshiOrderClient::looked_up(const OrderIntent& order, const caf::expected<bool>& found,
                                  bool absent) {
  const auto now = clock_.now();
  const auto& id = order.client_order_id;
  const auto entry = look_ups_.find(id);
  if (entry == look_ups_.end()) {
    return;
  }
  auto& wanted = entry->second;
  if (!found) {
    parts_.reads->failed("look_up", found.error());
  }
  if (absent) {
    tell(tracker_.not_found(id, now));
  }
  const auto report = tracker_.report(id, now);
  const auto rests =
    found && *found && may_rest(order) && report && report->status == OrderStatus::accepted;
  const auto unresolved = tracker_.unresolved();
  const auto open_question = std::ranges::binary_search(unresolved, id);
  if (!report || tracker_.is_complete(id) || (rests && !open_question)) {
    const auto asked = wanted.asked;
    look_ups_.erase(entry);
    if (asked && report) {
      tell({.fills = {}, .reports = {*report}});
    }
    return;
  }
  if (wanted.asked) {
    wanted.asked = false;
    tell({.fills = {}, .reports = {*report}});
  }
  wanted.busy = false;
  const auto doublings = std::min(wanted.attempts++, 12);
  wanted.next_at =
    now + std::min(config_.look_up_every * (1 << doublings), config_.longest_look_up);
}

/// Reads what the stream did not tell while it was down.
asio::awaitable<void>
KalshiOrderClient::reconcile(std::weak_ptr<KalshiOrderClient> weak, Timestamp since) {
  auto self = weak.lock();
  if (!self) {
    co_return;
  }
  const auto get = self->lists();
  self->parts_.pacer->take_read(look_up_cost, Urgency::urgent, self->clock_.now());
  self.reset();
  const auto fills_since = fmt::format("min_ts={}&limit=200", seconds(since));
  const auto fills = co_await list_kalshi_fills(get, fills_since);
  const std::string resting = "status=resting&limit=200";
  const auto orders = co_await list_kalshi_orders(get, resting);
  self = weak.lock();
  if (!self || self->stopped_) {
    co_return;
  }
  const auto now = self->clock_.now();
  if (!orders || !fills) {
    self->parts_.reads->failed("reconcile", orders ? fills.error() : orders.error());
  }
  if (orders) {
    std::int64_t foreign = 0;
    for (const auto& order : *orders) {
      if (self->tracker_.intent(order.client_order_id) == nullptr) {
        ++foreign;
        continue;
      }
      self->tell(self->tracker_.apply(to_order_event(order), now));
    }
    self->counters_["foreign_resting_orders"] = foreign;
  }
  if (fills) {
    for (const auto& fill : *fills) {
      self->tell(self->tracker_.apply(to_fill_event(fill), now));
    }
  }
  ++self->counters_["reconciled"];
}

KalshiGet KalshiOrderClient::lists() const {
  // Their tokens are taken before, all at once.
  return [rest = std::weak_ptr{parts_.rest}, deadline = config_.read_deadline](std::string target) {
    return KalshiRest::get(rest, KalshiLane::reads, std::move(target), deadline);
  };
}

void KalshiOrderClient::read_limits() {
  const auto decode = [](std::string_view body, Timestamp) { return decode_kalshi_limits(body); };
  const auto done = [weak = weak_from_this()](const caf::expected<KalshiAccountLimits>& limits,
                                              Timestamp) {
    // Without an answer the smallest tier's numbers stay, which the venue grants everyone.
    if (const auto self = weak.lock(); self && limits) {
      self->parts_.pacer->configure(*limits, self->clock_.now());
      self->counters_["write_tokens_per_second"] = limits->write_per_second;
      self->counters_["read_tokens_per_second"] = limits->read_per_second;
    }
  };
  parts_.reads->read("limits", KalshiLane::reads, "/account/limits", decode, done);
}

} // namespace arbees
