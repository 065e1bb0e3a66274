#include "tools/backtest/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

namespace arbees::backtest {

namespace {

namespace json = boost::json;
using replay::Tally;

constexpr double width = 640;
constexpr double height = 200;
constexpr double margin = 46;

double dollars(Money money) {
  return static_cast<double>(money.value()) / static_cast<double>(money_per_dollar);
}

double contracts(Quantity quantity) {
  return static_cast<double>(quantity.value()) / static_cast<double>(quantity_per_contract);
}

double share(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}

std::string name_of(const Outcome& outcome) {
  std::string name;
  for (const auto& setting : outcome.settings) {
    name += (name.empty() ? "" : " ") + setting;
  }
  return name.empty() ? "as configured" : name;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const auto c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string span_text(const Span& span) {
  return span.recording.empty() ? fmt::format(
           "simulated evening: seed {}, {} games, {} s at {} game seconds a second, "
           "{} book messages a second and venue",
           span.world.seed, span.world.games, span.length.count(), span.world.speed,
           span.world.rate)
                                : "recording " + span.recording.string();
}

json::object counts(const std::map<std::string, std::uint64_t>& counters) {
  json::object all;
  for (const auto& [name, count] : counters) {
    all[name] = count;
  }
  return all;
}

std::int64_t to_whole_ms(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

json::object outcome_json(const Outcome& outcome) {
  const auto& tally = outcome.tally;
  json::array equity;
  for (const auto& point : tally.equity()) {
    equity.push_back(json::array{to_ms(point.at), to_string(point.profit)});
  }
  json::array edges;
  for (const auto& edge : tally.edges) {
    edges.emplace_back(edge.value());
  }
  json::object routes;
  for (const auto& [name, count] : outcome.routes) {
    routes[name] = count;
  }
  return {{"settings", json::value_from(outcome.settings)},
          {"error", outcome.error},
          {"hash", tally.hash()},
          {"messages", tally.messages},
          {"signals", tally.signals},
          {"requests", tally.requests},
          {"orders", tally.orders},
          {"rejected", counts(tally.rejected)},
          {"routes", std::move(routes)},
          {"order_ends", counts(tally.order_ends)},
          {"pairs", counts(tally.outcomes)},
          {"pair_reasons", counts(tally.pair_reasons)},
          {"fill_rate", share(contracts(tally.filled), contracts(tally.ordered))},
          {"contracts_matched", to_string(tally.matched)},
          {"fees_dollars", to_string(tally.fees)},
          {"profit_locked_dollars", to_string(tally.locked_profit())},
          {"profit_marked_dollars", to_string(tally.marked_profit())},
          {"latency_kalshi_ms", to_whole_ms(outcome.config.paper[0].latency)},
          {"latency_polymarket_ms", to_whole_ms(outcome.config.paper[1].latency)},
          {"share_percent", outcome.config.paper[0].share_percent},
          {"edges_micros", std::move(edges)},
          {"equity", std::move(equity)}};
}

struct Frame {
  double low = 0;
  double high = 1;

  [[nodiscard]] double y(double value) const {
    return height - margin / 2 - (value - low) / (high - low) * (height - margin);
  }
};

std::string open_svg(std::string_view title) {
  return fmt::format(R"(<figure><figcaption>{}</figcaption><svg viewBox="0 0 {} {}">)", title,
                     width, height);
}

std::string equity_svg(const Tally& tally) {
  auto out = open_svg("Equity: locked profit in dollars, at each pair's end");
  const auto& points = tally.equity();
  if (points.empty()) {
    return out + R"(<text x="60" y="100">no pair ended</text></svg></figure>)";
  }
  Frame frame{0, 0};
  for (const auto& point : points) {
    frame.low = std::min(frame.low, dollars(point.profit));
    frame.high = std::max(frame.high, dollars(point.profit));
  }
  frame.high = std::max(frame.high, frame.low + 0.01);
  const auto begin = tally.began;
  const auto length = std::max<double>(1, static_cast<double>((tally.ended - begin).count()));
  std::string path = fmt::format("M{:.1f},{:.1f}", margin, frame.y(0));
  auto last = frame.y(0);
  for (const auto& point : points) {
    const auto x =
      margin + static_cast<double>((point.at - begin).count()) / length * (width - margin - 8);
    path += fmt::format("H{:.1f}V{:.1f}", x, frame.y(dollars(point.profit)));
    last = frame.y(dollars(point.profit));
  }
  out += fmt::format(R"(<line class="axis" x1="{0}" x2="{1}" y1="{2:.1f}" y2="{2:.1f}"/>)", margin,
                     width - 8, frame.y(0));
  out += fmt::format(R"(<path class="line" d="{}"/>)", path);
  for (const auto value : {frame.low, frame.high}) {
    out += fmt::format(R"(<text x="2" y="{:.1f}">{:.2f}</text>)", frame.y(value) + 4, value);
  }
  return out
         + fmt::format(R"(<text x="{:.0f}" y="{:.1f}">{:.2f}</text></svg></figure>)", width - 70,
                       last - 4, dollars(points.back().profit));
}

std::string
bars_svg(std::string_view title, const std::vector<std::pair<std::string, double>>& bars) {
  constexpr double row = 18;
  constexpr double label = 190;
  auto most = 1e-9;
  for (const auto& [name, value] : bars) {
    most = std::max(most, value);
  }
  auto out = fmt::format(R"(<figure><figcaption>{}</figcaption><svg viewBox="0 0 {} {}">)", title,
                         width, row * static_cast<double>(bars.size()) + 8);
  auto y = 0.0;
  for (const auto& [name, value] : bars) {
    out += fmt::format(
      R"(<text x="{}" y="{:.0f}" text-anchor="end">{}</text><rect x="{}" y="{:.0f}" width="{:.1f}" height="13"/><text x="{:.0f}" y="{:.0f}">{:g}</text>)",
      label - 6, y + 12, escaped(name), label, y + 2, value / most * (width - label - 70),
      label + 6 + value / most * (width - label - 70), y + 12, value);
    y += row;
  }
  return out + "</svg></figure>";
}

std::string edges_svg(const Tally& tally) {
  constexpr std::int64_t bucket = 5'000; // half a cent
  std::map<std::int64_t, double> buckets;
  for (const auto& edge : tally.edges) {
    ++buckets[edge.value() / bucket];
  }
  std::vector<std::pair<std::string, double>> bars;
  for (const auto& [number, count] : buckets) {
    bars.emplace_back(fmt::format("{:.1f} to {:.1f} c", static_cast<double>(number) / 2,
                                  static_cast<double>(number + 1) / 2),
                      count);
  }
  return bars_svg("Edges of the signals, cents per contract after fees", bars);
}

std::string funnel_svg(const Outcome& outcome) {
  const auto& tally = outcome.tally;
  std::vector<std::pair<std::string, double>> bars{{"signals", static_cast<double>(tally.signals)}};
  std::vector<std::pair<std::string, double>> filters;
  for (const auto& [name, count] : tally.rejected) {
    filters.emplace_back("rejected: " + name, static_cast<double>(count));
  }
  std::ranges::sort(filters, [](const auto& a, const auto& b) { return a.second > b.second; });
  bars.insert(bars.end(), filters.begin(), filters.end());
  bars.emplace_back("requests", static_cast<double>(tally.requests));
  for (const auto& [name, count] : tally.outcomes) {
    bars.emplace_back("pairs: " + name, static_cast<double>(count));
  }
  return bars_svg("From signal to pair", bars);
}

std::string fills_svg(const Outcome& outcome) {
  std::vector<std::pair<std::string, double>> bars;
  for (const auto& [name, count] : outcome.tally.order_ends) {
    bars.emplace_back(name, static_cast<double>(count));
  }
  return bars_svg("Orders as they ended", bars);
}

std::string latency_svg(const Outcome& outcome) {
  std::vector<std::pair<std::string, double>> bars;
  for (const auto& paper : outcome.config.paper) {
    bars.emplace_back(fmt::format("to {}, ms", to_string(paper.venue)),
                      static_cast<double>(to_whole_ms(paper.latency)));
  }
  bars.emplace_back("ledger commit, ms",
                    static_cast<double>(to_whole_ms(replay::SessionConfig{}.commit)));
  return bars_svg("Latency assumed, beside each market's own delay", bars);
}

std::string row_of(const Outcome& outcome) {
  const auto& tally = outcome.tally;
  if (!outcome.error.empty()) {
    return fmt::format("<tr><td>{}</td><td colspan=\"7\">{}</td></tr>", escaped(name_of(outcome)),
                       escaped(outcome.error));
  }
  return fmt::format(
    "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{:.1f} %</td>"
    "<td>{}</td><td>{}</td><td><code>{}</code></td></tr>",
    escaped(name_of(outcome)), tally.signals, tally.requests, tally.pairs().size(),
    100 * share(contracts(tally.filled), contracts(tally.ordered)), to_string(tally.fees),
    to_string(tally.locked_profit()), tally.hash().substr(0, 16));
}

constexpr std::string_view style =
  "body{font:14px system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
  "color:#1d2733;background:#fff}table{border-collapse:collapse;width:100%}"
  "td,th{border-bottom:1px solid #d5dbe1;padding:.3rem .5rem;text-align:right}"
  "td:first-child,th:first-child{text-align:left}figure{margin:1rem 0}"
  "figcaption{font-weight:600;margin-bottom:.3rem}svg{width:100%;height:auto}"
  "svg text{font-size:11px;fill:#44505c}rect{fill:#3b78b8}.line{fill:none;stroke:#b8503b;"
  "stroke-width:1.5}.axis{stroke:#9aa5b1}";

} // namespace

std::string report_json(const Span& span, const std::vector<Outcome>& outcomes) {
  json::array all;
  for (const auto& outcome : outcomes) {
    all.push_back(outcome_json(outcome));
  }
  return json::serialize(json::object{{"span", span_text(span)}, {"combinations", std::move(all)}})
         + "\n";
}

std::string report_html(const Span& span, const std::vector<Outcome>& outcomes) {
  auto page = fmt::format(
    "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>arbees backtest</title>"
    "<style>{}</style></head><body><h1>Backtest</h1><p>{}. Filled on paper: never better than the "
    "book allowed.</p><table><tr><th>settings</th><th>signals</th><th>requests</th><th>pairs</th>"
    "<th>filled</th><th>fees $</th><th>profit $</th><th>hash</th></tr>",
    style, escaped(span_text(span)));
  for (const auto& outcome : outcomes) {
    page += row_of(outcome);
  }
  page += "</table>";
  for (const auto& outcome : outcomes) {
    if (outcome.error.empty()) {
      page += fmt::format("<h2>{}</h2>", escaped(name_of(outcome))) + equity_svg(outcome.tally)
              + edges_svg(outcome.tally) + funnel_svg(outcome) + fills_svg(outcome)
              + latency_svg(outcome);
    }
  }
  return page + "</body></html>\n";
}

} // namespace arbees::backtest
