#include "bridges/polymarket/polymarket_order_traffic.hpp"

#include <algorithm>
#include <bit>

namespace arbees {

PolymarketOrderTraffic::PolymarketOrderTraffic(const Clock& clock, std::shared_ptr<Worker> worker,
                                               std::shared_ptr<PolymarketOrderClient> client,
                                               PolymarketOrderDesk& desk, const OrderSinks& sinks,
                                               PolymarketTrafficEvents events)
  : clock_{clock},
    worker_{std::move(worker)},
    client_{std::move(client)},
    desk_{desk},
    sinks_{sinks},
    events_{std::move(events)},
    due_timer_{worker_->context()} {}

template <class Action>
void PolymarketOrderTraffic::post(const std::weak_ptr<PolymarketOrderTraffic>& weak,
                                  Action action) {
  if (const auto self = weak.lock()) {
    self->worker_->post(weak, [action = std::move(action)](auto& here) mutable {
      action(here);
      here.events_.after_event();
    });
  }
}

template <class Action>
void PolymarketOrderTraffic::later(Duration wait, Action action) {
  auto timer = std::make_shared<boost::asio::steady_timer>(worker_->context(), wait);
  timer->async_wait([weak = weak_from_this(), action, timer](boost::system::error_code ec) {
    const auto self = weak.lock();
    if (!ec && self) {
      action(*self);
      self->events_.after_event();
    }
  });
}

void PolymarketOrderTraffic::place(const OrderIntent& order, std::uint64_t stops) {
  if (stops != stops_ && !desk_.knows(order.client_order_id)) {
    const OrderAnswer answer{.verdict = Verdict::rejected,
                             .status = OrderStatus::rejected,
                             .reason = "all_orders_cancelled"};
    const auto now = clock_.now();
    return sinks_.tell(order.client_order_id, to_report(answer, order, now, now));
  }
  carry_out(order, desk_.place(order, clock_.now()), stops);
}

void PolymarketOrderTraffic::query(const OrderIntent& order) {
  auto output = desk_.query(order, clock_.now());
  if (!output.condition) {
    return carry_out(order, std::move(output), stops_);
  }
  read_terms(*output.condition, [order](auto& self, bool known) {
    if (known) {
      self.carry_out(order, self.desk_.query(order, self.clock_.now()), self.stops_);
    } else {
      self.report_unknown(order, "the market's terms cannot be read");
    }
  });
}

void PolymarketOrderTraffic::cancel(const OrderIntent& order) {
  if (!desk_.knows(order.client_order_id)) { // of an earlier run: its id is made again
    auto output = desk_.query(order, clock_.now());
    if (output.condition) {
      return read_terms(*output.condition, [order](auto& self, bool known) {
        if (known) {
          self.cancel(order);
        } else {
          self.report_unknown(order, "market terms unread");
        }
      });
    }
    tell(output.news);
  }
  const auto now = clock_.now();
  if (const auto order_id = desk_.cancel(order.client_order_id, now)) {
    return send_cancel(*order_id);
  }
  if (desk_.knows(order.client_order_id)) {
    later(desk_.cancel_wait(now), [order](auto& self) { self.cancel(order); });
  }
}

void PolymarketOrderTraffic::carry_out(const OrderIntent& order, PolymarketDeskOutput output,
                                       std::uint64_t stops) {
  tell(output.news);
  if (output.send) {
    send(std::move(*output.send));
  }
  if (output.wait) {
    later(*output.wait, [order, stops](auto& self) {
      if (self.sinks_.knows(order.client_order_id)) {
        self.place(order, stops);
      }
    });
  }
  if (output.condition) {
    read_terms(*output.condition, [](auto&, bool) {});
  }
}

void PolymarketOrderTraffic::send(PolymarketSend order) {
  events_.on_send(order.condition);
  client_->place(order.order, order.options,
                 [weak = weak_from_this(),
                  id = order.client_order_id](const PolymarketOrderClient::Posted& posted) {
                   post(weak, [id, posted](auto& self) { self.on_answer(id, posted); });
                 });
}

void PolymarketOrderTraffic::on_answer(const std::string& id,
                                       const PolymarketOrderClient::Posted& posted) {
  const auto& answer = posted.answer;
  const auto level = answer.verdict == Verdict::fatal     ? spdlog::level::err
                     : answer.verdict == Verdict::unknown ? spdlog::level::warn
                                                          : spdlog::level::debug;
  spdlog::log(level, "polymarket_gateway.order_answered order={} verdict={} reason=\"{}\"", id,
              to_string(answer.verdict), answer.reason);
  if (answer.reason == "unauthorized" || answer.reason.starts_with(polymarket_no_answer)) {
    events_.on_bad_line(); // the clocks may have drifted apart; the connection has to be made anew
  }
  auto output = desk_.answered(id, answer, posted.at);
  tell(output.news);
  if (output.condition) {
    read_terms(*output.condition, [](auto&, bool) {});
  }
  if (output.cancel) {
    send_cancel(*output.cancel);
  }
}

void PolymarketOrderTraffic::send_cancel(const std::string& order_id) {
  client_->cancel(order_id, [weak = weak_from_this(), order_id](const CancelAnswer& answer) {
    spdlog::info("polymarket_gateway.cancel_answered order={} verdict={} reason=\"{}\"", order_id,
                 to_string(answer.verdict), answer.reason);
    post(weak, [order_id](auto& self) {
      self.desk_.canceled(self.desk_.client_order_id(order_id), self.clock_.now());
    });
  });
}

void PolymarketOrderTraffic::cancel_all(const std::string& reason) {
  ++stops_;
  spdlog::warn("polymarket_gateway.cancel_all reason=\"{}\"", reason);
  send_cancel_all(1);
  post(weak_from_this(), [](auto& self) { self.desk_.canceled_all(self.clock_.now()); });
}

/// Again and again until the venue has taken it: an order that stays is worse than a call too many.
void PolymarketOrderTraffic::send_cancel_all(int attempt) {
  client_->cancel_all([weak = weak_from_this(), attempt](const caf::error& error) {
    if (!error) {
      spdlog::info("polymarket_gateway.cancel_all_done attempt={}", attempt);
      return post(weak, [](auto& self) { self.desk_.reconcile(self.clock_.now()); });
    }
    spdlog::error("polymarket_gateway.cancel_all_failed attempt={} error={}", attempt,
                  describe(error));
    post(weak, [attempt](auto& self) {
      constexpr int most = 20;
      ++self.cancel_alls_failed_;
      if (attempt < most) {
        const Duration wait = std::chrono::milliseconds{100} * std::min(attempt, 10);
        self.later(wait, [attempt](auto& again) { again.send_cancel_all(attempt + 1); });
      }
    });
  });
}

void PolymarketOrderTraffic::apply(const PolymarketUserFrame& frame) {
  const auto now = clock_.now();
  for (const auto& event : frame.events) {
    std::visit([&](const auto& each) { tell(desk_.apply(each, now).news); }, event);
  }
  for (const auto& reason : frame.rejected) {
    ++rejected_[reason];
    if (std::has_single_bit(static_cast<std::uint64_t>(++rejected_total_))) {
      spdlog::warn("polymarket_user.frame_rejected total={} reason=\"{}\"", rejected_total_,
                   reason);
    }
  }
  if (!frame.rejected.empty()) {
    desk_.reconcile(now); // it may have been about an order of ours
  }
}

void PolymarketOrderTraffic::tell(const OrderNews& news) {
  for (const auto& fill : news.fills) {
    if (fill.state == FillState::voided) {
      spdlog::error("polymarket_gateway.fill_voided order={} fill={} quantity={}",
                    fill.client_order_id, fill.fill_id, to_string(fill.quantity));
    }
  }
  sinks_.tell(news);
  if (std::ranges::any_of(news.reports,
                          [](const auto& report) { return report.filled > Quantity{}; })) {
    events_.on_executed();
  }
}

void PolymarketOrderTraffic::report_unknown(const OrderIntent& order, std::string why) {
  const OrderAnswer answer{.reason = std::move(why)};
  sinks_.tell(order.client_order_id, to_report(answer, order, order.created_at, clock_.now()));
}

template <class Done>
void PolymarketOrderTraffic::read_terms(const std::string& condition, Done done) {
  client_->market_terms(condition, [weak = weak_from_this(), condition, done](auto terms) {
    post(weak, [condition, done, terms = std::move(terms)](auto& self) {
      if (terms) {
        self.desk_.learn(condition, *terms);
      } else {
        spdlog::warn("polymarket_gateway.terms_unread condition={} reason=\"{}\"", condition,
                     describe(terms.error()));
      }
      done(self, static_cast<bool>(terms));
    });
  });
}

void PolymarketOrderTraffic::refresh_terms() {
  for (const auto& condition : desk_.open_conditions()) {
    read_terms(condition, [](auto&, bool) {});
  }
}

/// First the order, then the trades: what is matched in between is in both, not in neither.
void PolymarketOrderTraffic::check(const PolymarketCheck& check) {
  client_->look_up(check.order_id, [weak = weak_from_this(), check](auto found) {
    post(weak, [check, found = std::move(found)](auto& self) {
      self.client_->trades(check.condition, check.since,
                           [weak = self.weak_from_this(), check, found](auto trades) {
                             post(weak, [check, found, trades = std::move(trades)](auto& again) {
                               again.on_checked(check, found, trades);
                             });
                           });
    });
  });
}

void PolymarketOrderTraffic::on_checked(
  const PolymarketCheck& check, const caf::expected<std::optional<PolymarketOpenOrder>>& found,
  const caf::expected<std::vector<PolymarketTrade>>& trades) {
  if (!found || !trades) {
    spdlog::warn("polymarket_gateway.check_failed order={} reason=\"{}\"", check.client_order_id,
                 describe(found ? trades.error() : found.error()));
  }
  tell(desk_.checked(check.client_order_id, found, trades, clock_.now()).news);
}

void PolymarketOrderTraffic::check_due(Timestamp now) {
  for (const auto& due : desk_.due(now)) {
    check(due);
  }
  const auto next = desk_.next_due();
  if (!next) {
    due_timer_.cancel();
    return;
  }
  due_timer_.expires_after(*next - now);
  due_timer_.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
    const auto self = weak.lock();
    if (!ec && self) {
      self->events_.after_event();
    }
  });
}

std::map<std::string, std::int64_t> PolymarketOrderTraffic::counters() const {
  std::map<std::string, std::int64_t> values{{"cancel_all_failures", cancel_alls_failed_}};
  for (const auto& [reason, count] : rejected_) {
    values["rejected:" + reason] = count;
  }
  return values;
}

} // namespace arbees
