#include "bridges/store/history_wire.hpp"

#include "actors/messages/errors.hpp"
#include "bridges/envelope/json_text.hpp"
#include "bridges/envelope/json_writer.hpp"

namespace arbees {

namespace {

constexpr std::size_t good_line_bytes = 256 * 1024;

caf::error bad(std::string_view what) {
  return caf::make_error(Errc::bad_frame, "history's socket: " + std::string{what});
}

std::string row_text(const SelectRow& row) {
  std::string text;
  JsonWriter json{text};
  json.open_array();
  for (const auto& value : row) {
    if (value) {
      json.text(*value);
    } else {
      json.null();
    }
  }
  json.close_array();
  return text;
}

std::optional<std::vector<SelectColumn>> read_columns(JsonValue list) {
  std::vector<SelectColumn> columns;
  for (const auto& entry : list.children()) {
    const auto pair = entry.children();
    const auto name = pair.size() == 2 ? pair[0].text() : std::nullopt;
    const auto type = pair.size() == 2 ? pair[1].text() : std::nullopt;
    if (!name || !type) {
      return std::nullopt;
    }
    columns.push_back({.name = *name, .type = *type});
  }
  return columns;
}

std::optional<std::vector<SelectRow>> read_rows(JsonValue list) {
  std::vector<SelectRow> rows;
  for (const auto& entry : list.children()) {
    auto& row = rows.emplace_back();
    for (const auto& value : entry.children()) {
      row.push_back(value.text());
      if (!row.back() && !value.is_null()) {
        return std::nullopt;
      }
    }
  }
  return rows;
}

} // namespace

std::string request_line(const SelectRequest& request) {
  std::string line;
  JsonWriter json{line};
  json.open_object().key("sql").text(request.sql).key("max_rows").count(request.max_rows);
  json.key("timeout_ms").integer(request.time_limit.count()).close_object();
  return line + "\n";
}

caf::expected<SelectRequest> parse_request(std::string_view line) {
  const auto document = JsonDocument::parse(line);
  if (!document) {
    return document.error();
  }
  const auto sql = document->root()["sql"].text();
  const auto rows = document->root()["max_rows"].count();
  const auto limit = document->root()["timeout_ms"].count();
  if (!sql || !rows || !limit) {
    return bad("a request has sql, max_rows and timeout_ms");
  }
  constexpr std::uint64_t longest_ms = 10 * 60 * 1000;
  return SelectRequest{.sql = *sql,
                       .max_rows = static_cast<std::size_t>(*rows),
                       .time_limit = std::chrono::milliseconds{std::min(*limit, longest_ms)}};
}

std::string columns_line(const std::vector<SelectColumn>& columns) {
  std::string line;
  JsonWriter json{line};
  json.open_object().key("columns").open_array();
  for (const auto& column : columns) {
    json.open_array().text(column.name).text(column.type).close_array();
  }
  json.close_array().close_object();
  return line + "\n";
}

caf::expected<std::vector<std::string>> rows_lines(const std::vector<SelectRow>& rows) {
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    const auto text = row_text(row);
    if (text.size() > max_answer_line_bytes - good_line_bytes) {
      return bad("a row is too long");
    }
    if (lines.empty() || lines.back().size() > good_line_bytes
        || lines.back().size() + text.size() > max_answer_line_bytes - good_line_bytes) {
      lines.emplace_back("{\"rows\":[" + text);
    } else {
      lines.back() += "," + text;
    }
  }
  for (auto& line : lines) {
    line += "]}\n";
  }
  return lines;
}

std::string end_line(const SelectEnd& end) {
  std::string line;
  JsonWriter json{line};
  json.open_object().key("end").boolean(true).key("row_count").count(end.rows);
  json.key("cut").boolean(end.cut).close_object();
  return line + "\n";
}

std::string error_line(std::string_view why) {
  std::string line;
  JsonWriter json{line};
  json.open_object().key("error").text(why).close_object();
  return line + "\n";
}

caf::expected<SelectAnswer> parse_answer(std::string_view line) {
  const auto document = JsonDocument::parse(line);
  if (!document) {
    return document.error();
  }
  const auto root = document->root();
  if (const auto why = root["error"].text()) {
    return SelectAnswer{SelectFailed{*why}};
  }
  if (root["columns"].is(JsonKind::array)) {
    auto columns = read_columns(root["columns"]);
    return columns ? caf::expected<SelectAnswer>{SelectAnswer{std::move(*columns)}}
                   : bad("columns are names and types");
  }
  if (root["rows"].is(JsonKind::array)) {
    auto rows = read_rows(root["rows"]);
    return rows ? caf::expected<SelectAnswer>{SelectAnswer{std::move(*rows)}}
                : bad("values are texts or null");
  }
  const auto rows = root["row_count"].count();
  const auto cut = root["cut"].boolean();
  if (!rows || !cut) {
    return bad("an answer is columns, rows, an end or an error");
  }
  return SelectAnswer{SelectEnd{.rows = static_cast<std::size_t>(*rows), .cut = *cut}};
}

} // namespace arbees
