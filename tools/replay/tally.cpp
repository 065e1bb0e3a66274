#include "tools/replay/tally.hpp"

namespace arbees::replay {

namespace {

void count(std::map<std::string, std::uint64_t>& counters, const std::string& name, int sign) {
  auto& value = counters[name];
  sign > 0 ? ++value : --value;
  if (value == 0) {
    counters.erase(name);
  }
}

std::string family(const std::string& reason) {
  return reason.substr(0, reason.find_first_of(" :("));
}

} // namespace

void Tally::add(const BookUpdate& update) {
  ++books;
  auto& top = tops_[update.market];
  if (update.status == BookStatus::ok) {
    top.bid = update.bids.empty() ? std::nullopt : std::optional{update.bids.best().price};
    top.ask = update.asks.empty() ? std::nullopt : std::optional{update.asks.best().price};
  }
}

void Tally::add(const Signal& signal) {
  ++signals;
  edges.push_back(signal.edge_per_contract);
  hash_.add(signal);
}

void Tally::add(const SignalRejected& refusal) {
  ++rejected[refusal.filter];
  hash_.add(refusal);
}

void Tally::add(const ExecutionRequest& request) {
  ++requests;
  open_.insert_or_assign(request.pair, Open{request, std::nullopt});
  hash_.add(request);
}

void Tally::add(const OrderIntent& order) {
  ++orders;
  purposes_.insert_or_assign(order.client_order_id, order.purpose);
  if (order.purpose == OrderPurpose::open) {
    ordered += order.quantity;
  }
  hash_.add(order);
}

void Tally::add(const OrderReport& report) {
  if (terminal(report.status)) {
    ++order_ends[std::string{to_string(report.venue)} + " "
                 + std::string{to_string(report.status)}];
  }
  hash_.add(report);
}

void Tally::add(const Fill& fill) {
  ++fills;
  if (const auto purpose = purposes_.find(fill.client_order_id);
      purpose != purposes_.end() && purpose->second == OrderPurpose::open) {
    filled += fill.quantity;
  }
  if (const auto open = open_.find(fill.pair);
      open != open_.end() && !open->second.first_fill.has_value()) {
    open->second.first_fill = fill.at;
  }
  hash_.add(fill);
}

void Tally::count(const EndedPair& pair, int sign) {
  const auto& closed = pair.closed;
  replay::count(outcomes, std::string{to_string(closed.outcome)}, sign);
  if (!closed.reason.empty()) {
    replay::count(pair_reasons, family(closed.reason), sign);
  }
  locked_ += sign > 0 ? closed.locked_profit : -closed.locked_profit;
  fees += sign > 0 ? closed.fees : -closed.fees;
  if (sign > 0) {
    matched += closed.matched;
  } else {
    matched -= closed.matched;
  }
}

void Tally::add(const PairClosed& closed) {
  hash_.add(closed);
  if (const auto before = pairs_.find(closed.pair); before != pairs_.end()) {
    count(before->second, -1);
  }
  EndedPair pair{.closed = closed};
  if (const auto open = open_.find(closed.pair); open != open_.end()) {
    const auto& signal = open->second.request.signal;
    pair.markets = {signal.legs[0].market, signal.legs[1].market};
    pair.sides = {signal.legs[0].side, signal.legs[1].side};
    pair.edge_per_contract = signal.edge_per_contract;
    if (open->second.first_fill) {
      pair.first_fill = *open->second.first_fill - closed.triggered_by;
    }
  }
  count(pair, 1);
  pairs_.insert_or_assign(closed.pair, std::move(pair));
  equity_.push_back({closed.closed_at, locked_});
}

Money Tally::marked_profit() const {
  auto profit = locked_;
  for (const auto& [id, pair] : pairs_) {
    for (std::size_t leg = 0; leg < 2; ++leg) {
      const auto over = pair.closed.held[leg] - pair.closed.matched;
      const auto top = tops_.find(pair.markets[leg]);
      if (over <= Quantity{} || top == tops_.end()) {
        continue;
      }
      const auto& [bid, ask] = top->second;
      if (pair.sides[leg] == Side::yes ? bid.has_value() : ask.has_value()) {
        const auto price = pair.sides[leg] == Side::yes ? *bid : complement(*ask);
        profit += notional(price, over, Rounding::down);
      }
    }
  }
  return profit;
}

} // namespace arbees::replay
