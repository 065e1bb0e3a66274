#include "bridges/envelope/json_text.hpp"

#include <fmt/format.h>
#include <charconv>

namespace arbees {

namespace {

bool digit(char c) {
  return c >= '0' && c <= '9';
}

std::optional<std::uint32_t> hex4(std::string_view text) {
  std::uint32_t value = 0;
  if (text.size() < 4) {
    return std::nullopt;
  }
  const auto [rest, error] = std::from_chars(text.data(), text.data() + 4, value, 16);
  return error == std::errc{} && rest == text.data() + 4 ? std::optional{value} : std::nullopt;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | (code >> 6));
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3f));
    put(0x80 | ((code >> 6) & 0x3f));
    put(0x80 | (code & 0x3f));
  }
}

/// The code point of "\uXXXX" or a surrogate pair at `text`, and its length; nothing if malformed.
std::optional<std::pair<std::uint32_t, std::size_t>> unicode_escape(std::string_view text) {
  const auto first = text.starts_with("\\u") ? hex4(text.substr(2)) : std::nullopt;
  if (!first || (*first >= 0xdc00 && *first < 0xe000)) {
    return std::nullopt;
  }
  if (*first < 0xd800 || *first >= 0xe000) {
    return std::pair{*first, std::size_t{6}};
  }
  const auto rest = text.substr(6);
  const auto second = rest.starts_with("\\u") ? hex4(rest.substr(2)) : std::nullopt;
  if (!second || *second < 0xdc00 || *second >= 0xe000) {
    return std::nullopt;
  }
  return std::pair{0x10000 + ((*first - 0xd800) << 10) + (*second - 0xdc00), std::size_t{12}};
}

char simple_escape(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case '"':
    case '\\':
    case '/':
      return c;
    default:
      return '\0';
  }
}

/// @pre `body` was accepted by the parser.
std::string unescape(std::string_view body) {
  std::string out;
  out.reserve(body.size());
  for (std::size_t i = 0; i < body.size();) {
    if (body[i] != '\\') {
      out += body[i++];
    } else if (body[i + 1] == 'u') {
      const auto escape = unicode_escape(body.substr(i));
      append_utf8(out, escape->first);
      i += escape->second;
    } else {
      out += simple_escape(body[i + 1]);
      i += 2;
    }
  }
  return out;
}

} // namespace

bool valid_utf8(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : std::uint32_t{0};
  };
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = byte(i);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4) {
      return false;
    }
    auto code = lead & (0x7fU >> length);
    for (std::size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xc0) != 0x80) {
        return false;
      }
      code = (code << 6) | (byte(i + k) & 0x3f);
    }
    const auto overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    if (overlong || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
      return false;
    }
    i += length;
  }
  return true;
}

/// Recursive descent, bounded by max_depth. Every function leaves `at_` behind what it read.
class JsonParser {
public:
  explicit JsonParser(std::string_view text) : text_(text) { document_.text_ = text; }

  caf::expected<JsonDocument> run() {
    if (text_.size() > JsonDocument::max_bytes) {
      return caf::make_error(Errc::bad_frame, std::string{"json too large"});
    }
    skip_space();
    if (!value(0, 0, 0)) {
      return failure();
    }
    skip_space();
    if (at_ != text_.size()) {
      return failure();
    }
    return std::move(document_);
  }

private:
  using Node = JsonDocument::Node;

  [[nodiscard]] caf::error failure() const {
    return caf::make_error(Errc::bad_frame, fmt::format("bad json at byte {}", at_));
  }
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  [[nodiscard]] std::uint32_t offset() const { return static_cast<std::uint32_t>(at_); }

  bool take(char c) {
    const auto found = peek() == c && at_ < text_.size();
    at_ += found ? 1 : 0;
    return found;
  }

  void skip_space() {
    while (peek() == ' ' || peek() == '\n' || peek() == '\r' || peek() == '\t') {
      ++at_;
    }
  }

  bool value(std::size_t depth, std::uint32_t key_begin, std::uint32_t key_end) {
    if (depth >= JsonDocument::max_depth) {
      return false;
    }
    const auto index = document_.nodes_.size();
    document_.nodes_.push_back({JsonKind::null, offset(), 0, key_begin, key_end, 0});
    const auto kind = content(depth);
    if (!kind) {
      return false;
    }
    auto& node = document_.nodes_[index];
    node.kind = *kind;
    node.end = offset();
    node.next = static_cast<std::uint32_t>(document_.nodes_.size());
    return true;
  }

  std::optional<JsonKind> content(std::size_t depth) {
    const auto if_true = [](bool ok, JsonKind kind) {
      return ok ? std::optional{kind} : std::nullopt;
    };
    switch (peek()) {
      case '{':
        return if_true(object(depth), JsonKind::object);
      case '[':
        return if_true(array(depth), JsonKind::array);
      case '"':
        return if_true(string(), JsonKind::string);
      case 't':
        return if_true(word("true"), JsonKind::boolean);
      case 'f':
        return if_true(word("false"), JsonKind::boolean);
      case 'n':
        return if_true(word("null"), JsonKind::null);
      default:
        return if_true(number(), JsonKind::number);
    }
  }

  bool object(std::size_t depth) {
    take('{');
    skip_space();
    if (take('}')) {
      return true;
    }
    do {
      skip_space();
      const auto key_begin = offset() + 1;
      if (!string()) {
        return false;
      }
      const auto key_end = offset() - 1;
      skip_space();
      if (!take(':')) {
        return false;
      }
      skip_space();
      if (!value(depth + 1, key_begin, key_end)) {
        return false;
      }
      skip_space();
    } while (take(','));
    return take('}');
  }

  bool array(std::size_t depth) {
    take('[');
    skip_space();
    if (take(']')) {
      return true;
    }
    do {
      skip_space();
      if (!value(depth + 1, 0, 0)) {
        return false;
      }
      skip_space();
    } while (take(','));
    return take(']');
  }

  bool string() {
    if (!take('"')) {
      return false;
    }
    const auto begin = at_;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (static_cast<unsigned char>(text_[at_]) < 0x20) {
        return false;
      }
      if (text_[at_] == '\\' && !escape()) {
        return false;
      }
      ++at_;
    }
    return valid_utf8(text_.substr(begin, at_ - begin)) && take('"');
  }

  /// Leaves `at_` on the last character of the escape.
  bool escape() {
    if (text_.substr(at_).starts_with("\\u")) {
      const auto code = unicode_escape(text_.substr(at_));
      at_ += code ? code->second - 1 : 0;
      return code.has_value();
    }
    ++at_;
    return simple_escape(peek()) != '\0';
  }

  bool digits() {
    const auto begin = at_;
    while (digit(peek())) {
      ++at_;
    }
    return at_ > begin;
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) {
      return false;
    }
    if (take('.') && !digits()) {
      return false;
    }
    if (take('e') || take('E')) {
      if (!take('+')) {
        take('-');
      }
      return digits();
    }
    return true;
  }

  bool word(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) {
      return false;
    }
    at_ += expected.size();
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  JsonDocument document_;
};

caf::expected<JsonDocument> JsonDocument::parse(std::string_view text) {
  return JsonParser{text}.run();
}

bool JsonValue::is(JsonKind kind) const {
  return document_ != nullptr && document_->nodes_[index_].kind == kind;
}

std::string_view JsonValue::raw() const {
  if (document_ == nullptr) {
    return {};
  }
  const auto& node = document_->nodes_[index_];
  return document_->between(node.begin, node.end);
}

std::optional<std::string> JsonValue::text() const {
  if (!is(JsonKind::string)) {
    return std::nullopt;
  }
  const auto quoted = raw();
  return unescape(quoted.substr(1, quoted.size() - 2));
}

std::optional<std::string_view> JsonValue::number() const {
  return is(JsonKind::number) ? std::optional{raw()} : std::nullopt;
}

std::optional<std::int64_t> JsonValue::integer() const {
  std::int64_t value = 0;
  const auto digits = raw();
  const auto* const end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, value);
  return is(JsonKind::number) && error == std::errc{} && rest == end ? std::optional{value}
                                                                     : std::nullopt;
}

std::optional<std::uint64_t> JsonValue::count() const {
  const auto value = integer();
  return value && *value >= 0 ? std::optional{static_cast<std::uint64_t>(*value)} : std::nullopt;
}

std::optional<bool> JsonValue::boolean() const {
  return is(JsonKind::boolean) ? std::optional{raw() == "true"} : std::nullopt;
}

JsonValue JsonValue::operator[](std::string_view key) const {
  if (!is(JsonKind::object)) {
    return {};
  }
  const auto& nodes = document_->nodes_;
  for (auto i = index_ + 1; i < nodes[index_].next; i = nodes[i].next) {
    const auto name = document_->between(nodes[i].key_begin, nodes[i].key_end);
    const auto escaped = name.find('\\') != std::string_view::npos;
    if (escaped ? unescape(name) == key : name == key) {
      return {*document_, i};
    }
  }
  return {};
}

std::vector<JsonValue> JsonValue::children() const {
  std::vector<JsonValue> result;
  if (is(JsonKind::array) || is(JsonKind::object)) {
    const auto& nodes = document_->nodes_;
    for (auto i = index_ + 1; i < nodes[index_].next; i = nodes[i].next) {
      result.push_back({*document_, i});
    }
  }
  return result;
}

std::string JsonValue::key() const {
  if (document_ == nullptr) {
    return {};
  }
  const auto& node = document_->nodes_[index_];
  return unescape(document_->between(node.key_begin, node.key_end));
}

} // namespace arbees
