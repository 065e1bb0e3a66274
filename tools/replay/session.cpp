#include "tools/replay/session.hpp"

#include <algorithm>

#include "actors/game_shard/shard_host_actor.hpp"

namespace arbees::replay {

namespace {

constexpr HostNumber only_host = 1;
/// How long a shard whose lease ran out is kept: as ShardHostConfig has it.
constexpr Duration keep_after_lease = ShardHostConfig{}.keep_after_lease;

std::size_t index(Venue venue) {
  return static_cast<std::size_t>(venue);
}

} // namespace

SessionVenues paper_venues(const SessionConfig& config) {
  return {std::make_unique<PaperSessionVenue>(config.paper[0]),
          std::make_unique<PaperSessionVenue>(config.paper[1])};
}

Session::Session(SessionConfig config, SessionVenues venues, SessionListener* listener)
  : config_{std::move(config)},
    venues_{std::move(venues)},
    listener_{listener != nullptr ? listener : &silent_},
    kalshi_{config_.monitor},
    polymarket_{config_.monitor},
    games_{config_.tables, GameBookConfig{}},
    leases_{config_.lease},
    risk_{config_.risk},
    desk_{config_.executor} {}

// --- time ---

void Session::schedule(Timestamp at, std::variant<TickDue, Committed> what) {
  queue_.push({.at = at, .number = numbers_++, .what = what});
}

/// Time begins with the first input.
void Session::begin(Timestamp at) {
  begun_ = true;
  now_ = at;
  tally_.began = at;
  grant(leases_.add_host(only_host, at));
  schedule(at + config_.tick, TickDue{});
}

void Session::advance(Timestamp now) {
  if (!begun_) {
    begin(now);
    return;
  }
  if (now < now_) {
    ++tally_.stamps_back;
    return;
  }
  run_due(now);
  now_ = now;
}

void Session::run_due(Timestamp limit) {
  for (;;) {
    // The venue first: what was sent earlier has arrived before what only now is due.
    SessionVenue* next = nullptr;
    auto at = limit;
    for (const auto& venue : venues_) {
      const auto due = venue->due();
      if (due && *due <= at && (next == nullptr || *due < at)) {
        next = venue.get();
        at = *due;
      }
    }
    const auto queued = !queue_.empty() && queue_.top().at <= limit;
    if (queued && (next == nullptr || queue_.top().at < at)) {
      const auto event = queue_.top();
      queue_.pop();
      now_ = std::max(now_, event.at);
      std::visit([this](const auto& what) { happen(what); }, event.what);
    } else if (next != nullptr) {
      now_ = std::max(now_, at);
      deliver(next->wake(at));
    } else {
      return;
    }
  }
}

void Session::happen(const TickDue& /*tick*/) {
  // The order in which the wiring gives out the time.
  for (const auto& venue : venues_) {
    deliver(venue->tick(now_));
  }
  carry_out(desk_.apply(Tick{.now = now_}));
  risk_.advance(now_);
  carry_out(Venue::kalshi, kalshi_.on(Tick{.now = now_}));
  carry_out(Venue::polymarket, polymarket_.on(Tick{.now = now_}));
  handle(games_.tick(now_));
  grant(leases_.tick(now_));
  std::vector<GameId> expired;
  for (auto& [id, shard] : shards_) {
    shard.scan.advance(now_);
    if (now_ - shard.lease_until > keep_after_lease) {
      expired.push_back(id);
    }
  }
  std::ranges::for_each(expired, [this](GameId id) { stop_shard(id); });
  listener_->on(now_);
  schedule(now_ + config_.tick, TickDue{});
}

void Session::happen(const Committed& committed) {
  carry_out(desk_.committed(committed.pair, committed.batch, now_));
}

void Session::finish(Duration patience) {
  if (!begun_) {
    return;
  }
  stop_new_pairs();
  const auto deadline = now_ + patience;
  while (now_ < deadline && has_open_pairs()) {
    advance(now_ + config_.tick);
  }
  tally_.ended = now_;
}

// --- market data ---

void Session::carry_out(Venue venue, const MonitorActions& actions) {
  for (const auto& update : actions.updates) {
    on_book(update);
  }
  for (const auto& wish : actions.requests) {
    request(wish, venue);
  }
  if (actions.feed_status) {
    risk_.add(*actions.feed_status);
    listener_->on(*actions.feed_status);
  }
  if (actions.reconnect) {
    tally_.alert("reconnect " + std::string{to_string(venue)} + ": " + actions.reconnect->reason);
    listener_->reconnect(venue, actions.reconnect->reason);
  }
}

void Session::command(Venue venue, const std::vector<std::string>& commands) {
  for (const auto& text : commands) {
    listener_->command(venue, text);
  }
}

void Session::connected(Venue venue, Timestamp at) {
  advance(at);
  connected_[index(venue)] = true;
  const FeedConnected event{.venue = venue, .at = at};
  if (venue == Venue::kalshi) {
    carry_out(Venue::kalshi, kalshi_.on(event));
    const auto reopened = lifecycle_.on_open();
    if (!reopened.markets.empty()) {
      carry_out(Venue::kalshi, kalshi_.watch(reopened, at));
    }
    command(venue, subscriptions_.on_open());
    return;
  }
  carry_out(Venue::polymarket, polymarket_.on(event));
  std::vector<std::string> tokens;
  for (const auto& [id, ref] : polymarket_refs_) {
    tokens.insert(tokens.end(), ref.tokens.begin(), ref.tokens.end());
  }
  polymarket_spoke_ = !tokens.empty();
  if (polymarket_spoke_) {
    command(venue, {polymarket_first_message(tokens)});
  }
}

void Session::disconnected(Venue venue, const std::string& reason, Timestamp at) {
  advance(at);
  if (!std::exchange(connected_[index(venue)], false)) {
    return;
  }
  const FeedDisconnected event{.venue = venue, .reason = reason, .at = at};
  if (venue == Venue::kalshi) {
    subscriptions_.on_close();
    carry_out(Venue::kalshi, kalshi_.on(event));
  } else {
    carry_out(Venue::polymarket, polymarket_.on(event));
  }
}

void Session::frame(Venue venue, std::string_view text, Timestamp at) {
  tally_.count_message();
  advance(at);
  if (venue == Venue::kalshi) {
    on_kalshi(text, at);
  } else if (connected_[index(venue)]) {
    on_polymarket(decode_polymarket_frame(scratch_, text, at, assets_), at);
  }
}

void Session::polymarket_rest_book(std::string_view body, Timestamp at) {
  tally_.count_message();
  advance(at);
  if (connected_[index(Venue::polymarket)]) {
    on_polymarket(decode_polymarket_rest_book(scratch_, body, at, assets_), at);
  }
}

void Session::on_kalshi(std::string_view text, Timestamp at) {
  auto decoded = decode_kalshi_frame(scratch_, text, at);
  if (!decoded) {
    ++tally_.frames_rejected;
    carry_out(Venue::kalshi,
              kalshi_.on(FrameRejected{.venue = Venue::kalshi,
                                       .reason = decoded.error().context().get_as<std::string>(0),
                                       .market = {},
                                       .at = at}));
    return;
  }
  std::visit(
    [this](const auto& event) {
      using Event = std::decay_t<decltype(event)>;
      if constexpr (std::is_same_v<Event, KalshiMarketEvent>) {
        on_kalshi(event);
      } else if constexpr (!std::is_same_v<Event, KalshiIgnored>) {
        if constexpr (requires { subscriptions_.on(event); }) {
          command(Venue::kalshi, subscriptions_.on(event));
        }
        carry_out(Venue::kalshi, kalshi_.on(event));
      }
    },
    *decoded);
}

void Session::on_kalshi(const KalshiMarketEvent& event) {
  if (lifecycle_.wanted(event.market) == nullptr) {
    return;
  }
  const auto news = lifecycle_.on(event);
  if (const auto* const closed = std::get_if<MarketClosed>(&news)) {
    carry_out(Venue::kalshi, kalshi_.on(*closed));
  } else if (const auto* const wish = std::get_if<WatchMarkets>(&news)) {
    carry_out(Venue::kalshi, kalshi_.watch(*wish, now_));
  }
}

void Session::on_polymarket(const PolymarketFrame& frame, Timestamp at) {
  for (const auto& event : frame.events) {
    std::visit([this](const auto& each) { carry_out(Venue::polymarket, polymarket_.on(each)); },
               event);
  }
  for (const auto& rejected : frame.rejected) {
    ++tally_.frames_rejected;
    carry_out(Venue::polymarket, polymarket_.on(FrameRejected{.venue = Venue::polymarket,
                                                              .reason = rejected.reason,
                                                              .market = rejected.market,
                                                              .at = at}));
  }
}

void Session::request(const RequestSnapshots& request, Venue venue) {
  if (venue == Venue::kalshi) {
    command(venue, subscriptions_.request(request));
    return;
  }
  for (const auto market : request.markets) {
    const auto ref = polymarket_refs_.find(market);
    if (ref != polymarket_refs_.end() && connected_[index(venue)]) {
      const std::vector<std::string> tokens{ref->second.tokens.begin(), ref->second.tokens.end()};
      command(venue, {polymarket_operation(PolymarketOperation::unsubscribe, tokens),
                      polymarket_operation(PolymarketOperation::subscribe, tokens)});
    }
  }
}

void Session::watch(const WatchChange& change) {
  const WatchMarkets wish{.markets = change.watch};
  const UnwatchMarkets gone{.markets = change.unwatch};
  if (change.venue == Venue::kalshi) {
    if (!wish.markets.empty()) {
      command(change.venue, subscriptions_.watch(wish));
      const auto stopped = lifecycle_.watch(wish, now_);
      carry_out(Venue::kalshi, kalshi_.watch(wish, now_));
      for (const auto& closed : stopped) {
        carry_out(Venue::kalshi, kalshi_.on(closed));
      }
    }
    if (!gone.markets.empty()) {
      command(change.venue, subscriptions_.unwatch(gone));
      lifecycle_.unwatch(gone);
      carry_out(Venue::kalshi, kalshi_.unwatch(gone));
    }
    return;
  }
  std::vector<std::string> tokens;
  for (const auto& market : wish.markets) {
    if (!polymarket_refs_.emplace(market.id, market.ref).second) {
      continue; // subscribed already: again would bring nothing (venues/polymarket.md 2.1)
    }
    for (const auto token : {Side::yes, Side::no}) {
      const auto& id = market.ref.tokens[static_cast<std::size_t>(token)];
      assets_.insert_or_assign(id, PolymarketAsset{market.id, token});
      tokens.push_back(id);
    }
  }
  if (!wish.markets.empty()) {
    carry_out(Venue::polymarket, polymarket_.watch(wish, now_));
  }
  if (!tokens.empty() && connected_[index(change.venue)]) {
    command(change.venue, {std::exchange(polymarket_spoke_, true)
                             ? polymarket_operation(PolymarketOperation::subscribe, tokens)
                             : polymarket_first_message(tokens)});
  }
  for (const auto market : gone.markets) {
    if (const auto ref = polymarket_refs_.find(market); ref != polymarket_refs_.end()) {
      const std::vector<std::string> old{ref->second.tokens.begin(), ref->second.tokens.end()};
      command(change.venue, {polymarket_operation(PolymarketOperation::unsubscribe, old)});
      std::ranges::for_each(old, [this](const std::string& token) { assets_.erase(token); });
      polymarket_refs_.erase(ref);
    }
  }
  if (!gone.markets.empty()) {
    carry_out(Venue::polymarket, polymarket_.unwatch(gone));
  }
}

// --- games ---

void Session::scoreboard(const Scoreboard& scoreboard) {
  tally_.count_message();
  advance(scoreboard.fetched_at);
  handle(games_.apply(scoreboard));
}

void Session::catalogue(const VenueCatalogue& catalogue) {
  tally_.count_message();
  handle(games_.apply(catalogue));
}

void Session::handle(const std::vector<GameEvent>& events) {
  for (const auto& event : events) {
    std::visit([this](const auto& each) { handle(each); }, event);
  }
}

void Session::handle(const GameDiscovered& event) {
  listener_->on(event);
}

void Session::handle(const GameUpdate& event) {
  listener_->on(event);
  updates_.insert_or_assign(event.game.id, event);
  if (const auto shard = shards_.find(event.game.id); shard != shards_.end()) {
    shard->second.scan.observe(event);
  }
}

void Session::handle(const GameEnded& event) {
  listener_->on(event);
  risk_.add(event);
  leases_.end(event.game.id);
  updates_.erase(event.game.id);
  stop_shard(event.game.id);
}

void Session::handle(const MatchedGame& event) {
  listener_->on(event);
  learn(event);
  grant(leases_.offer(event, now_));
}

void Session::handle(const MatchRejected& event) {
  listener_->on(event);
}

void Session::learn(const MatchedGame& match) {
  desk_.learn(match);
  for (const auto& venue : venues_) {
    venue->learn(match);
  }
  risk_.add(match);
}

void Session::grant(const std::vector<Grant>& grants) {
  for (const auto& [host, assignment] : grants) {
    const auto id = assignment.match.game.id;
    auto found = shards_.find(id);
    if (found == shards_.end()) {
      found = shards_.emplace(id, Shard{ArbitrageScan{config_.shard}, {}, {}}).first;
      if (const auto update = updates_.find(id); update != updates_.end()) {
        found->second.scan.observe(update->second);
      }
    }
    auto& shard = found->second;
    shard.scan.assign(assignment);
    shard.lease_until = assignment.lease_until;
    std::vector<MarketId> markets;
    for (const auto& market : assignment.match.markets) {
      markets.push_back(market.id);
    }
    std::ranges::sort(markets);
    if (markets == shard.markets) {
      continue;
    }
    // Who subscribes is told at once what is known.
    shard.markets = markets;
    for (const auto market : markets) {
      shard_of_.insert_or_assign(market, &shard);
      for (const auto& known :
           {kalshi_.table().current(market), polymarket_.table().current(market)}) {
        if (known) {
          for (const auto& signal : shard.scan.update(*known)) {
            judge_signal(signal);
          }
        }
      }
    }
  }
}

void Session::stop_shard(GameId game) {
  const auto shard = shards_.find(game);
  if (shard == shards_.end()) {
    return;
  }
  add_metrics(retired_, shard->second.scan.metrics());
  std::erase_if(shard_of_, [&](const auto& entry) { return entry.second == &shard->second; });
  shards_.erase(shard);
}

Metrics Session::shard_metrics() const {
  auto sum = retired_;
  for (const auto& [id, shard] : shards_) {
    add_metrics(sum, shard.scan.metrics());
  }
  return sum;
}

std::map<std::string, std::int64_t> Session::monitor_counters(Venue venue) const {
  return venue == Venue::kalshi ? kalshi_.table().counters() : polymarket_.table().counters();
}

// --- what a recording of the bus holds ---

void Session::book(const BookUpdate& update) {
  tally_.count_message();
  advance(update.received_at);
  on_book(update);
}

void Session::feed(const FeedStatus& status) {
  tally_.count_message();
  advance(status.at);
  risk_.add(status);
  listener_->on(status);
}

void Session::game(const GameDiscovered& event, Timestamp at) {
  tally_.count_message();
  advance(at);
  handle(event);
}

void Session::game(const GameUpdate& event, Timestamp at) {
  tally_.count_message();
  advance(at);
  handle(event);
}

void Session::game(const GameEnded& event, Timestamp at) {
  tally_.count_message();
  advance(at);
  handle(event);
}

void Session::match(const MatchedGame& match) {
  tally_.count_message();
  advance(match.at);
  handle(match);
}

// --- decisions ---

void Session::on_book(const BookUpdate& update) {
  tally_.add(update);
  listener_->on(update);
  // As the mailboxes have it: paper and executor are told before the signal has been through risk.
  deliver(venues_[index(update.venue)]->apply(update));
  carry_out(desk_.apply(update));
  const auto shard = opening_ ? shard_of_.find(update.market) : shard_of_.end();
  if (shard != shard_of_.end()) {
    for (const auto& signal : shard->second->scan.update(update)) {
      judge_signal(signal);
    }
  }
}

void Session::judge_signal(const Signal& signal) {
  tally_.add(signal);
  listener_->on(signal);
  risk_.advance(signal.triggered_by);
  const auto decision = judge(signal, risk_, config_.risk);
  risk_.hear_epoch(signal);
  if (const auto* const rejected = std::get_if<SignalRejected>(&decision)) {
    tally_.add(*rejected);
    listener_->on(*rejected);
    return;
  }
  const auto& request = std::get<ExecutionRequest>(decision);
  risk_.approve(request);
  tally_.add(request);
  listener_->on(request);
  carry_out(desk_.open(request));
}

void Session::carry_out(const DeskAnswer& answer) {
  for (const auto& command : answer.commands) {
    std::visit([&](const auto& what) { carry_out(command.pair, what); }, command.what);
  }
}

void Session::carry_out(PairId pair, const CommitBatch& batch) {
  schedule(now_ + config_.commit, Committed{.pair = pair, .batch = batch.batch});
}

void Session::carry_out(PairId /*pair*/, const SendOrder& send) {
  tally_.add(send.order);
  deliver(venues_[index(send.order.ref.venue)]->place(send.order, now_));
}

void Session::carry_out(PairId /*pair*/, const WithdrawOrder& withdraw) {
  deliver(venues_[index(withdraw.order.ref.venue)]->cancel(withdraw.order, now_));
}

void Session::carry_out(PairId /*pair*/, const RecordUnsent& unsent) {
  tally_.add(unsent.report);
  risk_.add(unsent.report);
  listener_->on(unsent.report);
}

void Session::carry_out(PairId /*pair*/, const AskVenue& ask) {
  deliver({venues_[index(ask.order.ref.venue)]->look_up(ask.order)});
}

void Session::carry_out(PairId /*pair*/, const ClosePair& close) {
  tally_.add(close.closed);
  risk_.add(close.closed);
  listener_->on(close.closed);
}

/// Positions are not followed here, so that nobody asks for exits.
void Session::carry_out(PairId /*pair*/, const EndExit& /*end*/) {}

void Session::carry_out(PairId /*pair*/, const RaiseAlert& alert) {
  tally_.alert(alert.what);
}

void Session::carry_out(PairId /*pair*/, const IgnoreEvent& /*ignored*/) {}

void Session::deliver(SessionVenue::Events events) {
  std::move(events.begin(), events.end(), std::back_inserter(inbox_));
  if (std::exchange(delivering_, true)) {
    return; // the loop below is at it
  }
  while (!inbox_.empty()) {
    const auto event = std::move(inbox_.front());
    inbox_.pop_front();
    std::visit([this](const auto& what) { hear(what); }, event);
  }
  delivering_ = false;
}

void Session::hear(const OrderReport& report) {
  const auto answer = desk_.apply(report);
  if (answer.news) {
    tally_.add(report);
    risk_.add(report);
    listener_->on(report);
  }
  carry_out(answer);
}

void Session::hear(const Fill& fill) {
  const auto answer = desk_.apply(fill);
  if (answer.news) {
    tally_.add(fill);
    risk_.add(fill);
    listener_->on(fill);
  }
  carry_out(answer);
}

void Session::hear(const BalanceUpdate& balance) {
  risk_.add(balance);
  listener_->on(balance);
}

} // namespace arbees::replay
