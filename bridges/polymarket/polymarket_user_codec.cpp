#include "bridges/polymarket/polymarket_user_codec.hpp"

#include "bridges/net/answer_fields.hpp"
#include "bridges/polymarket/polymarket_account_fields.hpp"

namespace arbees {

namespace {

constexpr std::size_t longest_text = 200;
/// More than a frame of ours can hold: a dump of the account is not sent here.
constexpr std::size_t most_events = 1000;

std::optional<PolymarketOrderEventKind> parse_kind(std::string_view word) {
  if (word == "PLACEMENT") {
    return PolymarketOrderEventKind::placement;
  }
  if (word == "UPDATE") {
    return PolymarketOrderEventKind::update;
  }
  if (word == "CANCELLATION") {
    return PolymarketOrderEventKind::cancellation;
  }
  return std::nullopt;
}

/// What an event without a status says by its kind.
PolymarketOrderState state_of(PolymarketOrderEventKind kind) {
  return kind == PolymarketOrderEventKind::cancellation ? PolymarketOrderState::canceled
                                                        : PolymarketOrderState::live;
}

std::optional<Quantity> size_if_any(AnswerFields& fields, std::string_view key) {
  const auto size = fields.quantity_if_any(key);
  if (size && *size < Quantity{}) {
    fields.fail(key);
  }
  return size;
}

caf::expected<PolymarketOrderEvent> read_order_event(const boost::json::value& json) {
  AnswerFields fields{json};
  PolymarketOrderEvent event;
  event.id = fields.text("id");
  const auto kind = parse_kind(fields.text("type"));
  if (!kind) {
    fields.fail("type");
  }
  event.kind = kind.value_or(PolymarketOrderEventKind::placement);
  event.text = fields.text_or_empty("status").substr(0, longest_text);
  const auto state = event.text.empty() ? std::optional{state_of(event.kind)}
                                        : parse_polymarket_order_state(event.text);
  if (!state) {
    fields.fail("status");
  }
  event.state = state.value_or(PolymarketOrderState::live);
  event.original = size_if_any(fields, "original_size");
  event.matched = size_if_any(fields, "size_matched");
  for (const auto& trade : fields.array("associate_trades")) {
    if (const auto* const id = trade.if_string()) {
      event.trades.emplace_back(*id);
    }
  }
  return fields.finish(std::move(event));
}

template <class T>
void add(PolymarketUserFrame& frame, std::string_view type, caf::expected<T> event) {
  if (event) {
    frame.events.emplace_back(std::move(*event));
  } else {
    frame.rejected.push_back(std::string{type} + ": " + describe(event.error()));
  }
}

void read_event(PolymarketUserFrame& frame, const boost::json::value& json) {
  const auto* const object = json.if_object();
  if (object == nullptr) {
    frame.rejected.emplace_back("not_an_object");
    return;
  }
  const auto* const type = object->if_contains("event_type");
  const auto* const name = type != nullptr ? type->if_string() : nullptr;
  if (name == nullptr) {
    frame.rejected.emplace_back("no_event_type");
  } else if (*name == "order") {
    add(frame, "order", read_order_event(json));
  } else if (*name == "trade") {
    add(frame, "trade", read_polymarket_trade(json));
  }
}

} // namespace

PolymarketUserFrame decode_polymarket_user_frame(std::string_view text) {
  PolymarketUserFrame frame;
  const auto start = text.find_first_not_of(" \r\n\t");
  if (start == std::string_view::npos || (text[start] != '{' && text[start] != '[')) {
    return frame; // PONG, NO NEW ASSETS
  }
  const auto json = parse_json(text);
  if (!json) {
    frame.rejected.emplace_back("not_json");
    return frame;
  }
  const auto* const array = json->if_array();
  if (array == nullptr) {
    read_event(frame, *json);
    return frame;
  }
  if (array->size() > most_events) {
    frame.rejected.emplace_back("too_many_events");
    return frame;
  }
  for (const auto& element : *array) {
    read_event(frame, element);
  }
  return frame;
}

} // namespace arbees
