#include "app/rows_output.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bridges/envelope/json_writer.hpp"

namespace arbees {

namespace {

/// What the venues wrote must not steer a terminal.
std::string printable(std::string_view text) {
  std::string shown{text};
  for (auto& letter : shown) {
    const auto byte = static_cast<unsigned char>(letter);
    letter = byte < ' ' || byte == 0x7f ? ' ' : letter;
  }
  return shown;
}

/// Of UTF-8: bytes that continue a letter take no room.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char letter) {
    return (static_cast<unsigned char>(letter) & 0xc0) != 0x80;
  }));
}

bool is_number(std::string_view type) {
  return type.ends_with("INT") || type == "INTEGER" || type.starts_with("DECIMAL");
}

/// DOUBLE and FLOAT have values that are no numbers of JSON.
bool is_json_number(const SelectColumn& column, std::string_view value) {
  return is_number(column.type)
         || ((column.type == "DOUBLE" || column.type == "FLOAT")
             && value.find_first_not_of("0123456789+-.e") == std::string_view::npos);
}

std::string json_object(const std::vector<SelectColumn>& columns, const SelectRow& row) {
  std::string text;
  JsonWriter json{text};
  json.open_object();
  for (std::size_t i = 0; i < row.size() && i < columns.size(); ++i) {
    std::string name;
    JsonWriter{name}.text(columns[i].name);
    json.raw(name + ":");
    if (!row[i]) {
      json.null();
    } else if (is_json_number(columns[i], *row[i]) || columns[i].type == "BOOLEAN") {
      json.raw(*row[i]);
    } else {
      json.text(*row[i]);
    }
  }
  json.close_object();
  return text;
}

std::string csv_value(const std::optional<std::string>& value) {
  if (!value || value->find_first_of("\",\r\n") == std::string::npos) {
    return value.value_or("");
  }
  std::string quoted = "\"";
  for (const auto letter : *value) {
    quoted += letter;
    if (letter == '"') {
      quoted += letter;
    }
  }
  return quoted + "\"";
}

SelectRow names_of(const std::vector<SelectColumn>& columns) {
  SelectRow names;
  for (const auto& column : columns) {
    names.emplace_back(column.name);
  }
  return names;
}

} // namespace

std::string csv_line(const SelectRow& row) {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) {
    line += (i == 0 ? "" : ",") + csv_value(row[i]);
  }
  return line + "\n";
}

SelectSink RowsOutput::sink() {
  return {.columns = [this](const auto& columns) -> caf::error {
            columns_ = columns;
            if (format_ == RowsFormat::csv) {
              fmt::print(out_, "{}", csv_line(names_of(columns_)));
            }
            return {};
          },
          .rows = [this](const auto& rows) -> caf::error {
            for (const auto& row : rows) {
              write(row);
            }
            return {};
          }};
}

void RowsOutput::write(const SelectRow& row) {
  if (format_ == RowsFormat::table) {
    rows_.push_back(row);
  } else if (format_ == RowsFormat::csv) {
    fmt::print(out_, "{}", csv_line(row));
  } else {
    fmt::print(out_, "{}{}", first_ ? "[" : ",\n ", json_object(columns_, row));
  }
  first_ = false;
}

void RowsOutput::write_table() {
  std::vector<std::size_t> widths;
  for (const auto& column : columns_) {
    widths.push_back(width_of(printable(column.name)));
  }
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], row[i] ? width_of(printable(*row[i])) : 4);
    }
  }
  const auto print = [&](const SelectRow& row) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const auto text = row[i] ? printable(*row[i]) : "NULL";
      const std::string blanks(widths[i] - width_of(text), ' ');
      const auto right = is_number(columns_[i].type);
      fmt::print(out_, "{}{}{}{}", i == 0 ? "" : "  ", right ? blanks : "", text,
                 right || i + 1 == widths.size() ? "" : blanks);
    }
    fmt::print(out_, "\n");
  };
  print(names_of(columns_));
  SelectRow rule;
  for (const auto width : widths) {
    rule.emplace_back(std::string(width, '-'));
  }
  print(rule);
  for (const auto& row : rows_) {
    print(row);
  }
}

bool RowsOutput::finish() {
  if (format_ == RowsFormat::table) {
    write_table();
  } else if (format_ == RowsFormat::json) {
    fmt::print(out_, "{}]\n", first_ ? "[" : "");
  }
  return std::fflush(out_) == 0 && std::ferror(out_) == 0;
}

} // namespace arbees
