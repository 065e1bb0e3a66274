#include "bridges/observer/line_format.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <cstdlib>

#include "bridges/envelope/json_writer.hpp"
#include "bridges/observer/pretty_lines.hpp"

namespace arbees {

namespace {

/// A payload may be spread over lines; its strings hold no raw line ends, so these are spaces.
void append_on_one_line(std::string& out, std::string_view json) {
  for (const char c : json) {
    out += c == '\n' || c == '\r' ? ' ' : c;
  }
}

void json_message(std::string& out, const WireMessage& message) {
  const auto begin = out.size();
  std::string line;
  JsonWriter json{line};
  json.open_object().key("recv_ts_us").integer(to_us(message.received_at));
  json.key("topic").text(message.topic).key("seq").count(message.seq);
  json.key("timestamp_ms").integer(message.timestamp_ms);
  json.key("source").text(message.source).key("run").text(message.run);
  if (message.from_snapshot) {
    json.key("snapshot").boolean(true);
  }
  json.key("payload");
  out.insert(begin, line);
  append_on_one_line(out, message.payload);
  out += '}';
}

void json_notice(std::string& out, const WireNotice& notice) {
  std::string line;
  JsonWriter json{line};
  json.open_object().key("recv_ts_us").integer(to_us(notice.at));
  json.key("event").text(notice.event).key("source").text(notice.source);
  json.key("run").text(notice.run).key("text").text(notice.text).close_object();
  out += line;
}

void compact_message(std::string& out, const WireMessage& message) {
  constexpr std::size_t shown = 160;
  fmt::format_to(std::back_inserter(out), "{} {}#{} ", message.topic, message.source, message.seq);
  if (message.from_snapshot) {
    out += "snapshot ";
  } else {
    fmt::format_to(std::back_inserter(out), "{}ms ",
                   to_ms(message.received_at) - message.timestamp_ms);
  }
  append_clean(out, std::string_view{message.payload}.substr(0, shown));
}

} // namespace

Paint paint_for(int descriptor) {
  return isatty(descriptor) == 1 && std::getenv("NO_COLOR") == nullptr ? Paint::coloured
                                                                       : Paint::plain;
}

LineFormat pretty_format(Paint paint) {
  return {.message = [paint](std::string& out,
                             const WireMessage& message) { pretty_message(out, message, paint); },
          .notice = [paint](std::string& out,
                            const WireNotice& notice) { pretty_notice(out, notice, paint); }};
}

LineFormat json_format() {
  return {.message = json_message, .notice = json_notice};
}

LineFormat compact_format() {
  return {.message = compact_message, .notice = [](std::string& out, const WireNotice& notice) {
            pretty_notice(out, notice, Paint::plain);
          }};
}

std::string utc_text(Timestamp at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(at - day).count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     ms / 3'600'000, ms / 60'000 % 60, ms / 1'000 % 60, ms % 1'000);
}

} // namespace arbees
