#include "tools/sim/http.hpp"

#include <fmt/format.h>

#include <charconv>

namespace arbees::sim {

namespace {

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  if (c >= 'A' && c <= 'F') {
    return c - 'A' + 10;
  }
  return std::nullopt;
}

/// Decodes %XX and '+'. A malformed escape stays as it is.
std::string decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const auto high = hex_digit(text[i + 1]);
      const auto low = hex_digit(text[i + 2]);
      if (high && low) {
        out += static_cast<char>(*high * 16 + *low);
        i += 2;
        continue;
      }
    }
    out += text[i] == '+' ? ' ' : text[i];
  }
  return out;
}

void append(std::string& out, const boost::json::value& value) {
  if (const auto* const object = value.if_object()) {
    auto mark = '{';
    for (const auto& [key, member] : *object) {
      out += mark;
      out += boost::json::serialize(boost::json::string{key});
      out += ':';
      append(out, member);
      mark = ',';
    }
    out += object->empty() ? "{}" : "}";
  } else if (const auto* const array = value.if_array()) {
    auto mark = '[';
    for (const auto& member : *array) {
      out += mark;
      append(out, member);
      mark = ',';
    }
    out += array->empty() ? "[]" : "]";
  } else if (const auto* const number = value.if_double()) {
    const auto text = fmt::format("{}", *number);
    out += text;
    out += text.find_first_of(".en") == std::string::npos ? ".0" : "";
  } else {
    out += boost::json::serialize(value);
  }
}

} // namespace

std::string_view HttpRequest::parameter(std::string_view name) const {
  const auto found = query.find(name);
  return found == query.end() ? std::string_view{} : std::string_view{found->second};
}

std::string_view HttpRequest::header(std::string_view name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string_view{} : std::string_view{found->second};
}

std::optional<int> HttpRequest::number(std::string_view name, int fallback) const {
  const auto text = parameter(name);
  if (text.empty()) {
    return fallback;
  }
  auto value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) {
    return std::nullopt;
  }
  return value;
}

HttpRequest parse_target(std::string_view method, std::string_view target) {
  HttpRequest request{.method = std::string{method}};
  const auto mark = target.find('?');
  request.path = std::string{target.substr(0, mark)};
  if (mark == std::string_view::npos) {
    return request;
  }
  auto rest = target.substr(mark + 1);
  while (!rest.empty()) {
    const auto end = rest.find('&');
    const auto pair = rest.substr(0, end);
    const auto equals = pair.find('=');
    if (!pair.empty()) {
      request.query.emplace(decode(pair.substr(0, equals)), equals == std::string_view::npos
                                                              ? std::string{}
                                                              : decode(pair.substr(equals + 1)));
    }
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  return request;
}

std::string json_text(const boost::json::value& value) {
  std::string out;
  append(out, value);
  return out;
}

std::string_view text_of(const boost::json::object& object, std::string_view key) {
  const auto* const value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string_view{value->get_string()}
                                                : std::string_view{};
}

HttpReply reply(const boost::json::value& body, unsigned status) {
  return {.status = status, .body = json_text(body)};
}

std::optional<std::string_view> after(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) {
    return std::nullopt;
  }
  return path.substr(prefix.size());
}

} // namespace arbees::sim
