#include "bridges/observer/pretty_lines.hpp"

#include <fmt/format.h>

#include <array>

#include "actors/messages/money.hpp"
#include "bridges/envelope/json_text.hpp"

namespace arbees {

namespace {

constexpr std::string_view reset = "\x1b[0m";

/// A condition id of Polymarket by its ends: nobody reads 66 characters. JSONL has them all.
std::string short_id(std::string_view id) {
  constexpr std::size_t length = 66;
  return id.size() == length && id.starts_with("0x")
           ? fmt::format("{}..{}", id.substr(0, 8), id.substr(length - 4))
           : std::string{id};
}

/// Writes one line word by word.
class Line {
public:
  Line(std::string& out, JsonValue payload) : out_(out), payload_(payload) {}

  Line& say(std::string_view word) {
    out_ += ' ';
    append_clean(out_, word);
    return *this;
  }
  Line& put(std::string_view name, std::string_view value) {
    out_ += ' ';
    out_ += name;
    out_ += '=';
    append_clean(out_, value);
    return *this;
  }
  /// ` name=` and the payload's `key`, "-" if it has none.
  Line& field(std::string_view name, std::string_view key) {
    return put(name, word(payload_[key]));
  }
  Line& field(std::string_view key) { return field(key, key); }
  /// The payload's `key` alone.
  Line& word_of(std::string_view key) { return say(word(payload_[key])); }
  /// The payload's `key` alone, shortened if it is long.
  Line& id_of(std::string_view key) { return say(short_id(word(payload_[key]))); }
  /// Dollars rounded to cents.
  Line& dollars(std::string_view name, std::string_view key) {
    const auto digits = payload_[key].number();
    const auto money = digits ? parse_money(*digits) : std::nullopt;
    return put(name, money ? "$" + cents(*money) : "-");
  }

  [[nodiscard]] JsonValue payload() const { return payload_; }

  static std::string word(JsonValue value) {
    if (!value || value.is_null()) {
      return "-";
    }
    return value.is(JsonKind::string) ? *value.text() : std::string{value.raw()};
  }

private:
  static std::string cents(Money money) {
    const auto magnitude = money < Money{0} ? -money : money;
    const auto rounded = divide(magnitude.value(), 10'000, Rounding::half_up);
    return fmt::format("{}{}.{:02}", money < Money{0} ? "-" : "", rounded / 100, rounded % 100);
  }

  std::string& out_;
  JsonValue payload_;
};

void price(Line& line) {
  line.field("bid", "yes_bid").field("ask", "yes_ask").dollars("liq", "liquidity");
  line.field("team", "contract_team");
  if (line.payload()["status"].text() != "ok") {
    line.field("status").field("reason");
  }
}

void book(Line& line) {
  line.put("bids", std::to_string(line.payload()["bids"].children().size()));
  line.put("asks", std::to_string(line.payload()["asks"].children().size()));
  line.field("status").field("version");
}

void signal(Line& line) {
  line.word_of("signal_type").field("game", "game_id").field("edge_cents").field("edge_pct");
  line.field("size", "quantity");
  for (const auto& leg : line.payload()["legs"].children()) {
    line.say(fmt::format("{}:{}@{}", Line::word(leg["platform"]), Line::word(leg["side"]),
                         Line::word(leg["price"])));
  }
}

void request(Line& line) {
  line.field("game", "game_id").field("size", "approved_quantity").field("edge_cents");
  line.field("limits").field("tick_to_approval_us");
}

void rejection(Line& line) {
  line.field("filter").field("measured").field("limit", "filter_limit").field("edge_cents");
}

void trade(Line& line) {
  line.word_of("platform").id_of("market_id").word_of("action").word_of("side");
  line.field("qty", "filled_qty").field("avg", "avg_price").dollars("fees", "fees");
  line.field("status").field("reason");
}

void fill(Line& line) {
  line.word_of("platform").id_of("market_id").word_of("action").word_of("side");
  line.field("qty", "filled_qty").field("price").dollars("fees", "fees");
}

void pair(Line& line) {
  line.field("game", "game_id").field("status").field("qty", "filled_qty");
  line.dollars("cost", "cost").dollars("fees", "fees").dollars("profit", "locked_profit");
  line.field("reason");
}

void game(Line& line) {
  const auto& state = line.payload();
  line.say(fmt::format("{} {} @ {} {}", Line::word(state["away"]["id"]),
                       Line::word(state["away_score"]), Line::word(state["home"]["id"]),
                       Line::word(state["home_score"])));
  line.word_of("status").put("detail", Line::word(state["detail"]));
}

void match(Line& line) {
  line.field("score").field("tradable");
  line.put("markets", std::to_string(line.payload()["markets"].children().size()));
  line.put("contracts", std::to_string(line.payload()["contracts"].children().size()));
}

void match_rejection(Line& line) {
  line.word_of("platform").field("listing").field("gate").field("detail");
}

void feed(Line& line) {
  line.word_of("platform").field("connected").field("reason").field("markets_stale");
}

void balance(Line& line) {
  line.word_of("platform").dollars("available", "available");
}

void health(Line& line) {
  line.field("status").field("run").field("started_ts_us");
}

void metrics(Line& line) {
  line.word_of("component");
  for (const auto& value : line.payload()["values"].children()) {
    line.put(value.key(), value.raw());
  }
}

void anything(Line& line) {
  line.say(line.payload().raw().substr(0, 160));
}

void exit_signal(Line& line) {
  line.word_of("reason").word_of("detail");
}

void exit_ended(Line& line) {
  line.word_of("reason").dollars("proceeds", "proceeds").dollars("fees", "fees").field("refused");
}

struct Style {
  std::string_view prefix; ///< of the topic
  std::string_view label;
  std::string_view colour;
  void (*write)(Line& line);
};

/// The first prefix that fits decides. The rest of the topic, behind the prefix, follows the label.
constexpr std::array styles = {
  Style{"prices.", "PRICE", "\x1b[36m", price},
  Style{"orderbook.", "BOOK", "\x1b[2;36m", book},
  Style{"signals.exit.", "EXIT", "\x1b[1;33m", exit_signal},
  Style{"signals.", "SIGNAL", "\x1b[1;33m", signal},
  Style{"execution.exit.", "EXIT approved", "\x1b[1;35m", exit_signal},
  Style{"execution.exit_rejected.", "EXIT rejected", "\x1b[35m", rejection},
  Style{"execution.rejected.", "EXEC rejected", "\x1b[35m", rejection},
  Style{"execution.", "EXEC", "\x1b[1;35m", request},
  Style{"trades.completed.", "TRADE completed", "\x1b[1;32m", pair},
  Style{"trades.exit.", "EXIT ended", "\x1b[1;32m", exit_ended},
  Style{"trades.fill.", "TRADE fill", "\x1b[32m", fill},
  Style{"trades.", "TRADE", "\x1b[32m", trade},
  Style{"games.", "GAME", "\x1b[34m", game},
  Style{"markets.rejected.", "MATCH rejected", "\x1b[31m", match_rejection},
  Style{"markets.", "MATCH", "\x1b[1;34m", match},
  Style{"telemetry.health.", "HEALTH", "\x1b[2m", health},
  Style{"telemetry.feed.", "FEED", "\x1b[1m", feed},
  Style{"telemetry.balance.", "BALANCE", "\x1b[2;32m", balance},
  Style{"telemetry.metrics", "METRICS", "\x1b[2m", metrics},
  Style{"", "OTHER", "\x1b[2m", anything},
};

const Style& style_of(std::string_view topic) {
  for (const auto& style : styles) {
    if (topic.starts_with(style.prefix)) {
      return style;
    }
  }
  return styles.back();
}

/// What names the thing: "kalshi KXNBA…" of "prices.kalshi.KXNBA…".
void append_subject(std::string& out, const Style& style, std::string_view topic) {
  auto rest = topic.substr(style.prefix.size());
  const auto venue = style.label == "PRICE" || style.label == "BOOK";
  if (const auto dot = rest.find('.'); venue && dot != std::string_view::npos) {
    out += ' ';
    append_clean(out, rest.substr(0, dot));
    rest.remove_prefix(dot + 1);
  }
  if (!rest.empty()) {
    out += ' ';
    append_clean(out, short_id(rest));
  }
}

void begin_line(std::string& out, Timestamp at, std::string_view label, std::string_view colour) {
  fmt::format_to(std::back_inserter(out), "{}[{}] {}", colour, utc_text(at), label);
}

} // namespace

void append_clean(std::string& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    if (byte == 0xc2 && next >= 0x80 && next < 0xa0) {
      out += '?';
      ++i;
    } else {
      out += byte < 0x20 || byte == 0x7f ? '?' : text[i];
    }
  }
}

void pretty_message(std::string& out, const WireMessage& message, Paint paint) {
  const auto& style = style_of(message.topic);
  const auto coloured = paint == Paint::coloured;
  begin_line(out, message.received_at, style.label, coloured ? style.colour : "");
  append_subject(out, style, message.topic);
  fmt::format_to(std::back_inserter(out), " seq={}", message.seq);
  if (message.from_snapshot) {
    out += " snapshot";
  }
  const auto document = JsonDocument::parse(message.payload);
  if (document) {
    Line line{out, document->root()};
    style.write(line);
  } else {
    out += " payload=unreadable";
  }
  if (coloured) {
    out += reset;
  }
}

void pretty_notice(std::string& out, const WireNotice& notice, Paint paint) {
  const auto routine = notice.event == "statistics" || notice.event == "joined";
  const auto coloured = paint == Paint::coloured;
  begin_line(out, notice.at, routine ? "BUS" : "BUS WARNING",
             !coloured ? ""
             : routine ? "\x1b[2m"
                       : "\x1b[1;31m");
  Line line{out, JsonValue{}};
  line.say(notice.event);
  if (!notice.source.empty()) {
    line.put("source", notice.source);
  }
  if (!notice.run.empty()) {
    line.put("run", notice.run);
  }
  line.say(notice.text);
  if (coloured) {
    out += reset;
  }
}

} // namespace arbees
