#include "bridges/polymarket/polymarket_gateway.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <bit>
#include <boost/asio.hpp>
#include <mutex>

#include "bridges/polymarket/polymarket_account_reader.hpp"
#include "bridges/polymarket/polymarket_user_stream.hpp"

namespace arbees {

namespace asio = boost::asio;

namespace {

/// The gateway's half that lives on the worker's thread.
class PolymarketGateway : public std::enable_shared_from_this<PolymarketGateway> {
public:
  PolymarketGateway(Network& network, const Clock& clock, PolymarketGatewayConfig config,
                    PolymarketLogin login, PolymarketClientConfig endpoints, Endpoint user_socket,
                    std::shared_ptr<Worker> worker)
    : network_{network},
      clock_{clock},
      config_{std::move(config)},
      user_socket_{std::move(user_socket)},
      worker_{std::move(worker)},
      signer_{std::move(login.signer)},
      desk_{signer_, config_.desk, clock.now()},
      client_{std::make_shared<PolymarketOrderClient>(
        network, clock, endpoints, std::move(login.credentials), login.clock_offset)},
      timer_{worker_->context()},
      gate_timer_{worker_->context()},
      ready_timer_{worker_->context()},
      balance_{.venue = Venue::polymarket,
               .available = Money{login.balance.balance},
               .at = login.at},
      last_place_{login.at} {
    desk_.learn_money_allowances(login.balance);
  }

  void start() {
    stream_ = std::make_shared<PolymarketUserStream>(
      network_, clock_,
      PolymarketStreamConfig{.endpoint = user_socket_,
                             .ping_period = config_.ping_period,
                             .pong_timeout = config_.pong_timeout,
                             .first_retry = config_.first_retry,
                             .longest_retry = config_.longest_retry},
      client_,
      PolymarketStreamEvents{
        .on_open = [weak =
                      weak_from_this()] { post(weak, [](auto& self) { self.on_stream_open(); }); },
        .on_frame =
          [weak = weak_from_this()](PolymarketUserFrame frame) {
            post(weak, [frame = std::move(frame)](auto& self) { self.on_frame(frame); });
          },
        .on_close =
          [weak = weak_from_this()](const std::string& /*reason*/) {
            post(weak, [](auto& self) { self.stream_open_ = false; });
          }});
    stream_->start();
    account_ =
      std::make_shared<PolymarketAccountReader>(clock_, worker_, client_, signer_.account().type,
                                                [weak =
                                                   weak_from_this()](const Settlement& settlement) {
                                                  if (const auto self = weak.lock()) {
                                                    self->tell_all(settlement);
                                                  }
                                                });
    if (config_.heartbeat) {
      heartbeat_ = std::make_shared<PolymarketHeartbeat>(
        clock_, worker_, client_, config_.heartbeats, [weak = weak_from_this()] {
          post(weak, [](auto& self) { self.desk_.reconcile(self.clock_.now()); });
        });
    }
    post(weak_from_this(), [](auto& self) {
      if (self.heartbeat_) {
        self.heartbeat_->start();
      }
      self.keep_ready();
      self.tell_standing();
    });
  }

  /// Runs `action` on the worker's thread, from any thread, unless the gateway has gone.
  template <class Action>
  static void post(const std::weak_ptr<PolymarketGateway>& weak, Action action) {
    if (const auto self = weak.lock()) {
      asio::post(self->worker_->context(), [weak, action = std::move(action)]() mutable {
        // Handlers that never ran die with the worker, and must not keep the gateway alive.
        if (const auto here = weak.lock()) {
          action(*here);
          here->after_event();
        }
      });
    }
  }

  /// The kill switch, from any thread: nothing waits in front of it, and what was handed in before
  /// and is not sent yet will not be.
  void cancel_all(const std::string& reason) {
    ++stops_;
    spdlog::warn("polymarket_gateway.cancel_all reason=\"{}\"", reason);
    send_cancel_all(1);
    post(weak_from_this(), [](auto& self) { self.desk_.canceled_all(self.clock_.now()); });
  }
  [[nodiscard]] std::uint64_t stops() const { return stops_; }

  // On the worker's thread.

  /// @param stops how often everything had been cancelled when the order was handed in
  void place(const OrderIntent& order, const OrderSink& sink, std::uint64_t stops) {
    subscribe(sink);
    sinks_.insert_or_assign(order.client_order_id, sink);
    if (stops != stops_ && !desk_.knows(order.client_order_id)) {
      const OrderAnswer answer{.verdict = Verdict::rejected,
                               .status = OrderStatus::rejected,
                               .reason = "all_orders_cancelled"};
      const auto now = clock_.now();
      return tell(order.client_order_id, to_report(answer, order, now, now));
    }
    carry_out(order, desk_.place(order, clock_.now()), stops);
  }

  void query(const OrderIntent& order, const OrderSink& sink) {
    sinks_.insert_or_assign(order.client_order_id, sink);
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

  void cancel(const OrderIntent& order, const OrderSink& sink) {
    sinks_.insert_or_assign(order.client_order_id, sink);
    if (!desk_.knows(order.client_order_id)) { // of an earlier run: its id is made again
      auto output = desk_.query(order, clock_.now());
      if (output.condition) {
        return read_terms(*output.condition, [order, sink](auto& self, bool known) {
          if (known) {
            self.cancel(order, sink);
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
      later(desk_.cancel_wait(now), [order, sink](auto& self) { self.cancel(order, sink); });
    }
  }

  /// Reads the account, for take_view().
  void read_account() {
    account_->read(
      config_.account_deadline,
      [weak = weak_from_this()](const caf::expected<PolymarketAccountReader::Account>& account) {
        if (const auto self = weak.lock()) {
          const std::lock_guard lock{self->shared_mutex_};
          self->view_ = account ? caf::expected<AccountView>{self->view_of(*account)}
                                : caf::expected<AccountView>{
                                  caf::make_error(Errc::io_failed, describe(account.error()))};
        }
      });
  }

  /// The account once it has been read; from any thread.
  std::optional<caf::expected<AccountView>> take_view() {
    const std::lock_guard lock{shared_mutex_};
    return std::exchange(view_, std::nullopt);
  }

  void learn(const MatchedGame& match) {
    desk_.learn(match);
    for (const auto& spec : match.markets) {
      const auto exchange = exchange_of(spec.ref.tokens[0]);
      if (spec.ref.venue == Venue::polymarket
          && token_samples_.emplace(exchange, spec.ref.tokens[0]).second) {
        read_token_allowance(spec.ref.tokens[0]);
      }
    }
  }

  /// Whoever is new is told what is known.
  void subscribe(const OrderSink& sink) {
    if (std::ranges::find(subscribers_, sink) != subscribers_.end()) {
      return;
    }
    subscribers_.push_back(sink);
    caf::anon_send(sink, balance_);
    caf::anon_send(sink, status_of_venue());
    for (const auto& settlement : account_->settlements().known()) {
      caf::anon_send(sink, settlement);
    }
  }

  void tick() {
    const auto now = clock_.now();
    for (const auto& id : desk_.forget_old(now)) {
      sinks_.erase(id);
    }
    if (now >= last_balance_ + config_.balance_period) {
      read_balance();
    }
    if (now >= last_order_ + config_.keep_ready_period) {
      keep_ready();
    }
    if (now >= last_settle_ + config_.settlement_period) {
      last_settle_ = now;
      account_->settle();
    }
    if (now >= last_place_ + config_.place_period) {
      last_place_ = now;
      check_admission();
    }
    if (now >= last_terms_ + config_.terms_period) {
      last_terms_ = now;
      for (const auto& condition : desk_.open_conditions()) {
        read_terms(condition, [](auto&, bool) {});
      }
    }
    publish_metrics(now);
  }

  /// As of the last tick; from any thread.
  [[nodiscard]] Metrics metrics() const {
    const std::lock_guard lock{shared_mutex_};
    return {.source = "polymarket_gateway", .values = metrics_};
  }

private:
  void carry_out(const OrderIntent& order, PolymarketDeskOutput output, std::uint64_t stops) {
    tell(output.news);
    if (output.send) {
      send(std::move(*output.send));
    }
    if (output.wait) {
      later(*output.wait, [order, stops](auto& self) {
        if (const auto sink = self.sinks_.find(order.client_order_id); sink != self.sinks_.end()) {
          self.place(order, OrderSink{sink->second}, stops);
        }
      });
    }
    if (output.condition) {
      read_terms(*output.condition, [](auto&, bool) {});
    }
  }

  void send(PolymarketSend order) {
    last_order_ = clock_.now();
    account_->follow(order.condition);
    client_->place(order.order, order.options,
                   [weak = weak_from_this(),
                    id = order.client_order_id](const PolymarketOrderClient::Posted& posted) {
                     post(weak, [id, posted](auto& self) { self.on_answer(id, posted); });
                   });
  }

  void on_answer(const std::string& id, const PolymarketOrderClient::Posted& posted) {
    const auto& answer = posted.answer;
    const auto bad = answer.verdict == Verdict::fatal;
    const auto level = bad                                  ? spdlog::level::err
                       : answer.verdict == Verdict::unknown ? spdlog::level::warn
                                                            : spdlog::level::debug;
    spdlog::log(level, "polymarket_gateway.order_answered order={} verdict={} reason=\"{}\"", id,
                to_string(answer.verdict), answer.reason);
    if (answer.reason == "unauthorized" || answer.reason.starts_with(polymarket_no_answer)) {
      keep_ready(); // the clocks may have drifted apart; the connection has to be made anew
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

  void send_cancel(const std::string& order_id) {
    client_->cancel(order_id, [weak = weak_from_this(), order_id](const CancelAnswer& answer) {
      spdlog::info("polymarket_gateway.cancel_answered order={} verdict={} reason=\"{}\"", order_id,
                   to_string(answer.verdict), answer.reason);
      post(weak, [order_id](auto& self) {
        self.desk_.canceled(self.desk_.client_order_id(order_id), self.clock_.now());
      });
    });
  }

  /// Again and again until the venue has taken it: an order that stays is worse than a call too
  /// many.
  void send_cancel_all(int attempt) {
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

  /// Runs `action` after `wait`, unless the gateway has gone.
  template <class Action>
  void later(Duration wait, Action action) {
    auto timer = std::make_shared<asio::steady_timer>(worker_->context(), wait);
    timer->async_wait([weak = weak_from_this(), action, timer](boost::system::error_code ec) {
      const auto self = weak.lock();
      if (!ec && self) {
        action(*self);
        self->after_event();
      }
    });
  }

  [[nodiscard]] AccountView view_of(const PolymarketAccountReader::Account& account) const {
    AccountView view{.venue = Venue::polymarket,
                     .holdings = polymarket_holdings(account.positions),
                     .available = account.available,
                     .asked_at = account.asked_at,
                     .at = account.at};
    for (const auto& order : account.orders) {
      view.working.push_back({.client_order_id = desk_.client_order_id(order.id),
                              .venue_order_id = order.id,
                              .native_id = order.condition,
                              .filled = desk_.matched(order)});
    }
    return view;
  }

  void on_stream_open() {
    stream_open_ = true;
    desk_.reconcile(clock_.now()); // what was missed is not told again
  }

  void on_frame(const PolymarketUserFrame& frame) {
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

  void tell(const OrderNews& news) {
    for (const auto& fill : news.fills) {
      if (fill.state == FillState::voided) {
        spdlog::error("polymarket_gateway.fill_voided order={} fill={} quantity={}",
                      fill.client_order_id, fill.fill_id, to_string(fill.quantity));
      }
      tell(fill.client_order_id, fill);
    }
    for (const auto& report : news.reports) {
      tell(report.client_order_id, report);
      balance_moved_ = balance_moved_ || report.filled > Quantity{};
    }
  }

  template <class T>
  void tell(const std::string& client_order_id, const T& event) {
    if (const auto sink = sinks_.find(client_order_id); sink != sinks_.end()) {
      caf::anon_send(sink->second, event);
    }
  }

  void report_unknown(const OrderIntent& order, std::string why) {
    const OrderAnswer answer{.reason = std::move(why)};
    tell(order.client_order_id, to_report(answer, order, order.created_at, clock_.now()));
  }

  /// `done` gets the gateway and whether the terms are known now.
  template <class Done>
  void read_terms(const std::string& condition, Done done) {
    client_->market_terms(condition, [weak = weak_from_this(), condition,
                                      done](caf::expected<PolymarketMarketTerms> terms) {
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

  /// First the order, then the trades: what is matched in between is in both, not in neither.
  void check(const PolymarketCheck& check) {
    client_->look_up(check.order_id, [weak = weak_from_this(), check](
                                       caf::expected<std::optional<PolymarketOpenOrder>> found) {
      post(weak, [check, found = std::move(found)](auto& self) {
        self.client_->trades(check.condition, check.since,
                             [weak = self.weak_from_this(), check,
                              found](caf::expected<std::vector<PolymarketTrade>> trades) {
                               post(weak, [check, found, trades = std::move(trades)](auto& again) {
                                 again.on_checked(check, found, trades);
                               });
                             });
      });
    });
  }

  void on_checked(const PolymarketCheck& check,
                  const caf::expected<std::optional<PolymarketOpenOrder>>& found,
                  const caf::expected<std::vector<PolymarketTrade>>& trades) {
    if (!found || !trades) {
      spdlog::warn("polymarket_gateway.check_failed order={} reason=\"{}\"", check.client_order_id,
                   describe(found ? trades.error() : found.error()));
    }
    tell(desk_.checked(check.client_order_id, found, trades, clock_.now()).news);
  }

  /// An approval that was given is seen only when the venue is told to look.
  void read_token_allowance(const std::string& token) {
    client_->fresh_balance(signer_.account().type, token,
                           [weak = weak_from_this()](caf::expected<PolymarketBalance> tokens) {
                             post(weak, [tokens = std::move(tokens)](auto& self) {
                               if (tokens) {
                                 self.desk_.learn_token_allowances(*tokens);
                               } else {
                                 spdlog::warn("polymarket_gateway.allowance_unread reason=\"{}\"",
                                              describe(tokens.error()));
                               }
                             });
                           });
  }

  /// Whether this place and this account may still trade.
  void check_admission() {
    client_->place_of_orders([weak = weak_from_this()](caf::expected<PolymarketPlace> place) {
      post(weak, [place = std::move(place)](auto& self) {
        if (!place) {
          spdlog::warn("polymarket_gateway.place_unread reason=\"{}\"", describe(place.error()));
        } else {
          self.desk_.gate().learn_place(place->blocked ? std::optional{place->country}
                                                       : std::nullopt);
        }
      });
    });
    client_->closed_only([weak = weak_from_this()](caf::expected<bool> closed_only) {
      post(weak, [closed_only = std::move(closed_only)](auto& self) {
        if (closed_only) {
          self.desk_.gate().learn_closed_only(*closed_only);
        }
      });
    });
    for (const auto& [exchange, token] : token_samples_) {
      read_token_allowance(token);
    }
  }

  void read_balance() {
    if (balance_asked_) {
      return;
    }
    balance_asked_ = true;
    last_balance_ = clock_.now();
    balance_moved_ = false;
    auto done = [weak = weak_from_this()](caf::expected<PolymarketBalance> balance) {
      post(weak, [balance = std::move(balance)](auto& self) { self.on_balance(balance); });
    };
    if (allowance_missing_) {
      client_->fresh_balance(signer_.account().type, {}, std::move(done));
    } else {
      client_->balance(signer_.account().type, {}, std::move(done));
    }
  }

  void on_balance(const caf::expected<PolymarketBalance>& balance) {
    balance_asked_ = false;
    if (!balance) {
      spdlog::warn("polymarket_gateway.balance_unread reason=\"{}\"", describe(balance.error()));
      return;
    }
    balance_.available = Money{balance->balance};
    balance_.at = clock_.now();
    desk_.learn_money_allowances(*balance);
    const auto problem = check_allowances(*balance);
    if (problem && !std::exchange(allowance_missing_, true)) {
      spdlog::error("polymarket_gateway.allowance_missing what=\"{}\"", describe(problem));
    }
    allowance_missing_ = static_cast<bool>(problem);
    tell_all(balance_);
  }

  template <class T>
  void tell_all(const T& event) {
    for (const auto& sink : subscribers_) {
      caf::anon_send(sink, event);
    }
  }

  [[nodiscard]] VenueStatus status_of_venue() const {
    return {.venue = Venue::polymarket,
            .exchange_index = std::nullopt,
            .state = standing_.state,
            .reason = standing_.reason,
            .at = standing_at_};
  }

  /// Tells how the venue stands, if that has changed, and sees to it that a pause that ends by time
  /// is told as well.
  void tell_standing() {
    const auto now = clock_.now();
    auto standing = desk_.gate().standing(now);
    if (standing != standing_) {
      standing_ = std::move(standing);
      standing_at_ = now;
      const auto open = standing_.state == VenueState::open;
      spdlog::log(open ? spdlog::level::info : spdlog::level::warn,
                  "polymarket_gateway.venue state={} reason=\"{}\"", to_string(standing_.state),
                  standing_.reason);
      tell_all(status_of_venue());
    }
    if (const auto next = desk_.gate().next_change(now); next && next != next_standing_) {
      next_standing_ = next;
      gate_timer_.expires_after(*next - now);
      gate_timer_.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
        const auto self = weak.lock();
        if (!ec && self) {
          self->next_standing_.reset();
          self->tell_standing();
        }
      });
    }
  }

  /// Says whether the venue answers at all; asks again soon as long as it does not.
  void keep_ready() {
    if (asking_ready_) {
      return;
    }
    asking_ready_ = true;
    last_order_ = clock_.now();
    client_->keep_ready([weak = weak_from_this()](const caf::error& error) {
      post(weak, [error](auto& self) {
        self.asking_ready_ = false;
        if (!error) {
          return self.desk_.gate().reached();
        }
        spdlog::warn("polymarket_gateway.not_ready reason=\"{}\"", describe(error));
        if (error != Errc::http_status) { // a refusal is an answer
          self.desk_.gate().unreached(describe(error));
        }
        self.ready_timer_.expires_after(self.config_.down_retry);
        self.ready_timer_.async_wait([weak = self.weak_from_this()](boost::system::error_code ec) {
          const auto again = weak.lock();
          if (!ec && again) {
            again->keep_ready();
          }
        });
      });
    });
  }

  /// Whatever happened may have made checks due, or changed when the next is.
  void after_event() {
    constexpr Duration settling = std::chrono::seconds{1};
    const auto now = clock_.now();
    tell_standing();
    for (const auto& due : desk_.due(now)) {
      check(due);
    }
    if (balance_moved_ && now >= last_balance_ + settling) {
      read_balance();
    }
    const auto next = desk_.next_due();
    if (!next) {
      timer_.cancel();
      return;
    }
    timer_.expires_after(*next - now);
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
      const auto self = weak.lock();
      if (!ec && self) {
        self->after_event();
      }
    });
  }

  void publish_metrics(Timestamp now) {
    auto values = desk_.metrics(now);
    for (const auto& [reason, count] : rejected_) {
      values["rejected:" + reason] = count;
    }
    values["user_stream_open"] = stream_open_ ? 1 : 0;
    values["balance_micros"] = balance_.available.value();
    values["venue_state"] = static_cast<std::int64_t>(standing_.state);
    values["allowance_missing"] = allowance_missing_ ? 1 : 0;
    values["cancel_all_failures"] = cancel_alls_failed_;
    values["markets_followed"] = static_cast<std::int64_t>(account_->settlements().followed());
    if (heartbeat_) {
      const auto& beats = heartbeat_->counters();
      values["heartbeats_sent"] = beats.sent;
      values["heartbeats_taken"] = beats.taken;
      values["heartbeats_mended"] = beats.mended;
      values["heartbeats_failed"] = beats.failed;
      values["heartbeats_lost"] = beats.lost;
    }
    const std::lock_guard lock{shared_mutex_};
    metrics_ = std::move(values);
  }

  Network& network_;
  const Clock& clock_;
  const PolymarketGatewayConfig config_;
  const Endpoint user_socket_;
  std::shared_ptr<Worker> worker_;
  PolymarketOrderSigner signer_;
  PolymarketOrderDesk desk_;
  std::shared_ptr<PolymarketOrderClient> client_;
  std::shared_ptr<PolymarketUserStream> stream_;
  std::shared_ptr<PolymarketAccountReader> account_;
  std::shared_ptr<PolymarketHeartbeat> heartbeat_;
  asio::steady_timer timer_;
  asio::steady_timer gate_timer_;
  asio::steady_timer ready_timer_;
  std::map<std::string, OrderSink> sinks_; ///< by client order id
  std::vector<OrderSink> subscribers_;
  BalanceUpdate balance_;
  Timestamp last_balance_ = balance_.at;
  Timestamp last_order_;
  Timestamp last_settle_;
  Timestamp last_place_;
  Timestamp last_terms_;
  PolymarketVenueGate::Standing standing_{VenueState::down, "starting"};
  Timestamp standing_at_;
  std::optional<Timestamp> next_standing_; ///< what its timer waits for
  std::map<ExchangeVersion, std::string> token_samples_;
  std::atomic<std::uint64_t> stops_ = 0; ///< how often everything was cancelled
  std::int64_t cancel_alls_failed_ = 0;
  bool allowance_missing_ = false;
  bool asking_ready_ = false;
  std::map<std::string, std::int64_t> rejected_; ///< frames, by reason
  std::int64_t rejected_total_ = 0;
  bool stream_open_ = false;
  bool balance_moved_ = false;
  bool balance_asked_ = false; ///< one read at a time: a slow venue is not asked ever more
  mutable std::mutex shared_mutex_;
  std::map<std::string, std::int64_t> metrics_;
  std::optional<caf::expected<AccountView>> view_;
};

struct PolymarketGatewayState {
  static constexpr auto name = "polymarket_gateway";

  PolymarketGatewayState() = default;
  ~PolymarketGatewayState() {
    if (worker) {
      worker->stop(); // before the gateway goes, so that nothing runs in it
    }
  }
  PolymarketGatewayState(const PolymarketGatewayState&) = delete;
  PolymarketGatewayState& operator=(const PolymarketGatewayState&) = delete;

  std::shared_ptr<Worker> worker;
  std::shared_ptr<PolymarketGateway> gateway;
  std::vector<caf::typed_response_promise<AccountView>> asking; ///< for the account
};

/// Answers those who asked, once the gateway's thread has read the account.
void deliver_view(PolymarketGatewayState& state) {
  const auto view = state.gateway->take_view();
  if (!view) {
    return;
  }
  for (auto& promise : std::exchange(state.asking, {})) {
    if (*view) {
      promise.deliver(**view);
    } else {
      promise.deliver(view->error());
    }
  }
}

PolymarketGatewayActor::behavior_type
polymarket_gateway(PolymarketGatewayActor::stateful_pointer<PolymarketGatewayState> self,
                   std::shared_ptr<Worker> worker, std::shared_ptr<PolymarketGateway> gateway) {
  self->state.worker = std::move(worker);
  self->state.gateway = std::move(gateway);
  const auto post = [self](auto action) {
    PolymarketGateway::post(self->state.gateway, std::move(action));
  };
  return {
    [post](const MatchedGame& match) { post([match](auto& here) { here.learn(match); }); },
    [post](const CancelOrder& cancel, const OrderSink& sink) {
      post([order = cancel.order, sink](auto& here) { here.cancel(order, sink); });
    },
    [post](caf::subscribe_atom, const OrderSink& sink) {
      post([sink](auto& here) { here.subscribe(sink); });
    },
    [self, post](const Tick&) {
      deliver_view(self->state);
      post([](auto& here) { here.tick(); });
    },
    [self, post](const OrderIntent& order, const OrderSink& sink) {
      post([order, sink, stops = self->state.gateway->stops()](auto& here) {
        here.place(order, sink, stops);
      });
    },
    [post](const QueryOrder& query, const OrderSink& sink) {
      post([order = query.order, sink](auto& here) { here.query(order, sink); });
    },
    [self](const CancelAllOrders& all) { self->state.gateway->cancel_all(all.reason); },
    [self, post](const ReadAccount&) -> caf::result<AccountView> {
      auto promise = self->make_response_promise<AccountView>();
      self->state.asking.push_back(promise);
      if (self->state.asking.size() == 1) {
        post([](auto& here) { here.read_account(); });
      }
      return promise;
    },
    [self](caf::get_atom) { return self->state.gateway->metrics(); },
  };
}

} // namespace

caf::expected<PolymarketGatewayActor>
spawn_polymarket_gateway(caf::actor_system& system, Network& network, const Clock& clock,
                         const PolymarketGatewayConfig& config) {
  const auto rest = parse_url(config.account.rest_url);
  if (!rest) {
    return rest.error();
  }
  auto user_socket = parse_url(config.account.user_ws_url);
  if (!user_socket) {
    return std::move(user_socket.error());
  }
  const auto data = parse_url(config.account.data_url);
  if (!data) {
    return data.error();
  }
  const auto geoblock = parse_url(config.account.geoblock_url);
  if (!geoblock) {
    return geoblock.error();
  }
  auto login = log_in_to_polymarket(network, clock, config.account);
  if (!login) {
    return std::move(login.error());
  }
  auto worker = std::make_shared<Worker>();
  const PolymarketClientConfig endpoints{.rest = *rest,
                                         .data = *data,
                                         .geoblock = *geoblock,
                                         .wallet = to_string(login->signer.account().funder),
                                         .order_deadline = config.order_deadline,
                                         .read_deadline = config.read_deadline};
  auto gateway = std::make_shared<PolymarketGateway>(network, clock, config, std::move(*login),
                                                     endpoints, std::move(*user_socket), worker);
  gateway->start();
  return system.spawn(polymarket_gateway, std::move(worker), std::move(gateway));
}

} // namespace arbees
