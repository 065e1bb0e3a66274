#include "bridges/store/ledger_event.hpp"

#include <fmt/format.h>

#include <charconv>
#include <concepts>

#include "actors/messages/errors.hpp"

#include "bridges/store/ledger_text.hpp"

namespace arbees {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

// How the enumerators are called, and which is the last.
template <class Enum>
constexpr Enum last_of = Enum{};
template <>
constexpr auto last_of<Side> = Side::no;
template <>
constexpr auto last_of<Action> = Action::sell;
template <>
constexpr auto last_of<Venue> = Venue::polymarket;
template <>
constexpr auto last_of<SignalType> = SignalType::directional;
template <>
constexpr auto last_of<OrderPurpose> = OrderPurpose::exit;
template <>
constexpr auto last_of<TimeInForce> = TimeInForce::good_till_cancelled;
template <>
constexpr auto last_of<OrderStatus> = OrderStatus::unknown;
template <>
constexpr auto last_of<FillState> = FillState::voided;
template <>
constexpr auto last_of<PairOutcome> = PairOutcome::void_;
template <>
constexpr auto last_of<TradingState> = TradingState::halted;

template <class Enum>
std::string_view name_of(Enum value) {
  if constexpr (std::same_as<Enum, TimeInForce>) {
    return to_text(value);
  } else {
    return to_string(value);
  }
}

template <class T>
concept Enumeration = std::is_enum_v<T>;

/// Writes fields one after the other.
class Writer {
public:
  void operator()(std::integral auto value) { word(fmt::format("{}", value)); }
  void operator()(bool value) { word(value ? "1" : "0"); }
  void operator()(Enumeration auto value) { word(name_of(value)); }
  void operator()(Timestamp value) { (*this)(to_ns(value)); }
  template <class Tag>
  void operator()(const Strong<Tag, std::uint64_t>& id) {
    word(to_hex(id));
  }
  template <class Tag, std::signed_integral Rep>
  void operator()(const Strong<Tag, Rep>& amount) {
    (*this)(amount.value());
  }
  void operator()(const std::string& text) {
    if (text.empty() || text == "-") {
      word(text.empty() ? "%" : "%2d");
      return;
    }
    begin();
    for (const auto c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte > ' ' && byte <= '~' && c != '%') {
        text_ += c;
      } else {
        text_ += {'%', hex_digits[byte >> 4U], hex_digits[byte & 15U]};
      }
    }
  }
  template <class T>
  void operator()(const std::optional<T>& value) {
    value ? (*this)(*value) : word("-");
  }
  template <class T>
  void operator()(const std::vector<T>& values) {
    (*this)(values.size());
    for (const auto& value : values) {
      fields(*this, value);
    }
  }

  [[nodiscard]] std::string take() { return std::move(text_); }

private:
  void begin() {
    if (!text_.empty()) {
      text_ += ' ';
    }
  }
  void word(std::string_view text) {
    begin();
    text_ += text;
  }

  std::string text_;
};

/// Reads what Writer writes, and nothing else. After a mistake nothing more is read.
class Reader {
public:
  explicit Reader(std::string_view text) : rest_(text), more_(!text.empty()) {}

  template <std::integral T>
  void operator()(T& value) {
    const auto text = word();
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    expect(code == std::errc{} && end == text.data() + text.size()
           && fmt::format("{}", value) == text);
  }
  void operator()(bool& value) {
    const auto text = word();
    value = text == "1";
    expect(value || text == "0");
  }
  template <Enumeration T>
  void operator()(T& value) {
    const auto found = enum_of(word(), last_of<T>, [](T x) { return name_of(x); });
    value = found.value_or(T{});
    expect(found.has_value());
  }
  void operator()(Timestamp& value) {
    std::int64_t ns = 0;
    (*this)(ns);
    value = from_ns(ns);
  }
  template <class Tag>
  void operator()(Strong<Tag, std::uint64_t>& id) {
    const auto text = word();
    id = Strong<Tag, std::uint64_t>{parse_hex(text).value_or(0)};
    expect(to_hex(id) == text);
  }
  template <class Tag, std::signed_integral Rep>
  void operator()(Strong<Tag, Rep>& amount) {
    Rep value{};
    (*this)(value);
    amount = Strong<Tag, Rep>{value};
  }
  void operator()(std::string& text) {
    const auto coded = word();
    text.clear();
    for (std::size_t i = 0; i < coded.size() && coded != "%"; ++i) {
      unsigned byte = 0;
      if (coded[i] == '%' && i + 2 < coded.size()) {
        std::from_chars(coded.data() + i + 1, coded.data() + i + 3, byte, 16);
        i += 2;
      } else {
        byte = static_cast<unsigned char>(coded[i]);
      }
      text += static_cast<char>(byte);
    }
    Writer again;
    again(text);
    expect(again.take() == coded);
  }
  template <class T>
  void operator()(std::optional<T>& value) {
    if (rest_ == "-" || rest_.starts_with("- ")) {
      word();
      value.reset();
    } else {
      (*this)(value.emplace());
    }
  }
  template <class T>
  void operator()(std::vector<T>& values) {
    std::size_t count = 0;
    (*this)(count);
    values.clear();
    while (valid_ && values.size() < count) {
      fields(*this, values.emplace_back());
    }
  }

  /// True if everything was read and was what it should be.
  [[nodiscard]] bool done() const { return valid_ && !more_; }

private:
  void expect(bool condition) { valid_ = valid_ && condition; }
  std::string_view word() {
    expect(more_);
    if (!valid_) {
      return {};
    }
    const auto end = rest_.find(' ');
    const auto text = rest_.substr(0, end);
    more_ = end != std::string_view::npos;
    rest_ = more_ ? rest_.substr(end + 1) : std::string_view{};
    return text;
  }

  std::string_view rest_;
  bool more_;
  bool valid_ = true;
};

// The fields of each kind, for both directions.

template <class X, class T>
concept Is = std::same_as<std::remove_const_t<X>, T>;

template <class F>
void all(F& f, auto&... values) {
  (f(values), ...);
}

template <class F, Is<SignalLeg> X>
void fields(F& f, X& x) {
  all(f, x.market, x.venue, x.side, x.limit, x.quantity, x.cost, x.fee, x.book_epoch,
      x.book_version, x.exchange_time, x.received_at, x.post_only);
}

template <class F, Is<ExecutionRequest> X>
void fields(F& f, X& x) {
  auto& signal = x.signal;
  all(f, x.pair, signal.id, signal.type, signal.game, signal.contract, signal.quantity, signal.edge,
      signal.edge_per_contract, signal.triggered_by, signal.expires_at, signal.assignment_epoch,
      signal.in_play, x.quantity, x.approved_at);
  for (std::size_t i = 0; i < signal.legs.size(); ++i) {
    fields(f, signal.legs[i]);
    f(x.limits[i]);
  }
}

template <class F, Is<OrderIntent> X>
void fields(F& f, X& x) {
  all(f, x.pair, x.leg, x.purpose, x.attempt, x.client_order_id, x.market, x.ref.venue,
      x.ref.native_id, x.ref.tokens[0], x.ref.tokens[1], x.ref.outcomes[0], x.ref.outcomes[1],
      x.exchange_index, x.side, x.action, x.limit, x.quantity, x.time_in_force, x.created_at,
      x.post_only, x.expires_at);
}

template <class F, Is<OrderReport> X>
void fields(F& f, X& x) {
  all(f, x.client_order_id, x.venue_order_id, x.status, x.filled, x.notional, x.fee, x.voided,
      x.reason, x.sent_at, x.reported_at);
}

template <class F, Is<Fill> X>
void fields(F& f, X& x) {
  all(f, x.market, x.fill_id, x.client_order_id, x.pair, x.side, x.action, x.price, x.quantity,
      x.fee, x.at, x.state);
}

template <class F, Is<PairClosed> X>
void fields(F& f, X& x) {
  all(f, x.pair, x.revision, x.outcome, x.requested, x.matched, x.held[0], x.held[1], x.cost,
      x.fees, x.locked_profit, x.opened_at, x.closed_at, x.reason);
}

template <class F, Is<ShardBalance> X>
void fields(F& f, X& x) {
  all(f, x.exchange_index, x.available);
}

template <class F, Is<BalanceUpdate> X>
void fields(F& f, X& x) {
  all(f, x.venue, x.available, x.at, x.shards);
}

template <class F, Is<Settlement> X>
void fields(F& f, X& x) {
  all(f, x.market, x.side, x.venue, x.native_id, x.quantity, x.payout, x.fee, x.at);
}

template <class F, Is<TradingControl> X>
void fields(F& f, X& x) {
  all(f, x.state, x.by, x.reason, x.at);
}

template <class F, Is<Drift> X>
void fields(F& f, X& x) {
  all(f, x.what, x.subject, x.ledger, x.venue);
}

template <class F, Is<Reconciliation> X>
void fields(F& f, X& x) {
  all(f, x.venue, x.at, x.drifts);
}

template <class F, Is<MoneyAccepted> X>
void fields(F& f, X& x) {
  all(f, x.venue, x.amount, x.by, x.reason, x.at);
}

template <class T>
EventText text_of(std::string_view kind, const T& record) {
  Writer writer;
  fields(writer, record);
  return {.kind = kind, .content = writer.take()};
}

caf::error bad_event(std::string_view kind) {
  return caf::make_error(Errc::bad_frame, fmt::format("not the content of an event {}", kind));
}

template <class T>
caf::expected<LedgerRecord> record_of(std::string_view kind, std::string_view content) {
  Reader reader{content};
  T record;
  fields(reader, record);
  if (!reader.done()) {
    return bad_event(kind);
  }
  return LedgerRecord{std::move(record)};
}

caf::expected<LedgerRecord> intent_of(std::string_view kind, std::string_view content) {
  Reader reader{content};
  CommitIntent intent;
  if (kind == intent_kind) {
    fields(reader, intent.request);
  } else {
    reader(intent.request.pair);
  }
  all(reader, intent.batch, intent.orders);
  if (!reader.done()) {
    return bad_event(kind);
  }
  return LedgerRecord{std::move(intent)};
}

} // namespace

EventText event_text(const CommitIntent& intent, IntentEvent kind) {
  Writer writer;
  if (kind == IntentEvent::opens) {
    fields(writer, intent.request);
  } else {
    writer(intent.request.pair);
  }
  all(writer, intent.batch, intent.orders);
  return {.kind = kind == IntentEvent::opens ? intent_kind : orders_kind, .content = writer.take()};
}

EventText event_text(const OrderReport& report) {
  return text_of(report_kind, report);
}

EventText event_text(const Fill& fill) {
  return text_of(fill_kind, fill);
}

EventText event_text(const PairClosed& pair) {
  return text_of(closed_kind, pair);
}

EventText event_text(const BalanceUpdate& balance) {
  return text_of(balance_kind, balance);
}

EventText event_text(const Settlement& settlement) {
  return text_of(settlement_kind, settlement);
}

EventText event_text(const TradingControl& control) {
  return text_of(control_kind, control);
}

EventText event_text(const Reconciliation& reconciliation) {
  return text_of(drift_kind, reconciliation);
}

EventText event_text(const MoneyAccepted& accepted) {
  return text_of(money_kind, accepted);
}

caf::expected<LedgerRecord> decode_event(std::string_view kind, std::string_view content) {
  using Decode = caf::expected<LedgerRecord> (*)(std::string_view, std::string_view);
  constexpr std::array<std::pair<std::string_view, Decode>, 10> decoders = {{
    {intent_kind, intent_of},
    {orders_kind, intent_of},
    {report_kind, record_of<OrderReport>},
    {fill_kind, record_of<Fill>},
    {closed_kind, record_of<PairClosed>},
    {balance_kind, record_of<BalanceUpdate>},
    {settlement_kind, record_of<Settlement>},
    {control_kind, record_of<TradingControl>},
    {drift_kind, record_of<Reconciliation>},
    {money_kind, record_of<MoneyAccepted>},
  }};
  for (const auto& [name, decode] : decoders) {
    if (name == kind) {
      return decode(kind, content);
    }
  }
  return caf::make_error(Errc::bad_frame, fmt::format("no kind of event is called {}", kind));
}

std::string drifts_text(const std::vector<Drift>& drifts) {
  Writer writer;
  writer(drifts);
  return writer.take();
}

std::string shards_text(const std::vector<ShardBalance>& shards) {
  if (shards.empty()) {
    return {};
  }
  Writer writer;
  writer(shards);
  return writer.take();
}

caf::expected<std::vector<ShardBalance>> parse_shards(std::string_view text) {
  std::vector<ShardBalance> shards;
  Reader reader{text};
  if (!text.empty()) {
    reader(shards);
  }
  if (!text.empty() && !reader.done()) {
    return bad_event(balance_kind);
  }
  return shards;
}

} // namespace arbees
