#include "bridges/net/wire_redaction.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace arbees {

namespace {

/// Names of JSON members and query parameters whose values nobody else may see, in lower case and
/// without '_' and '-'. `owner` is Polymarket's name for the API key in orders and its own events.
constexpr std::array<std::string_view, 22> secret_names{
  "accesskey", "accesstoken", "apikey",          "apikeyid",
  "apikeys",   "auth",        "authorization",   "authtoken",
  "bearer",    "credentials", "kalshiaccesskey", "kalshiaccesssignature",
  "mnemonic",  "orderowner",  "owner",           "passphrase",
  "password",  "privatekey",  "secret",          "sessiontoken",
  "signature", "tradeowner",
};

/// The headers of our own requests that are kept.
constexpr std::array<std::string_view, 9> harmless_headers{
  "accept",     "connection", "content-length",        "content-type",   "host",
  "user-agent", "upgrade",    "sec-websocket-version", "accept-encoding"};

/// A venue's header with one of these in its name is not kept.
constexpr std::array<std::string_view, 9> secret_parts{"auth",       "cookie", "key",
                                                       "passphrase", "poly_",  "poly-",
                                                       "secret",     "sign",   "token"};

char lower(char c) {
  return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

std::string lower(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(), [](char c) { return lower(c); });
  return result;
}

bool is_secret(std::string_view name) {
  constexpr std::size_t longest = 40; // what is much longer than all of them is none of them
  if (name.empty() || name.size() > longest) {
    return false;
  }
  // Nobody has a reason to spell a harmless name with escapes.
  if (name.find("\\u") != std::string_view::npos) {
    return true;
  }
  std::string plain;
  for (const char c : name) {
    if (c != '_' && c != '-' && c != '\\') {
      plain += lower(c);
    }
  }
  return std::find(secret_names.begin(), secret_names.end(), plain) != secret_names.end();
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at])) {
    ++at;
  }
  return at;
}

std::size_t backslashes_before(std::string_view text, std::size_t at) {
  std::size_t count = 0;
  while (count < at && text[at - count - 1] == '\\') {
    ++count;
  }
  return count;
}

/// Behind the string whose opening quote is at `quote`, which `depth` backslashes escape: a quote
/// with more of them in front belongs to the string's content.
std::size_t end_of_string(std::string_view text, std::size_t quote, std::size_t depth) {
  for (auto at = text.find('"', quote + 1); at != std::string_view::npos;
       at = text.find('"', at + 1)) {
    const auto before = std::min(backslashes_before(text, at), at - quote - 1);
    // Two backslashes are one escaped backslash, behind which an even number ends a plain string.
    if (depth == 0 ? before % 2 == 0 : before <= depth) {
      return at + 1;
    }
  }
  return text.size();
}

/// Behind the value that begins at `at`; the end of the text if it has none.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  std::size_t nesting = 0;
  while (at < text.size()) {
    const auto quote = text.find_first_not_of('\\', at);
    if (quote != std::string_view::npos && text[quote] == '"') {
      at = end_of_string(text, quote, quote - at);
    } else if (text[at] == '{' || text[at] == '[') {
      ++nesting;
      ++at;
    } else if (text[at] == '}' || text[at] == ']' || text[at] == ',') {
      if (nesting == 0) {
        return at;
      }
      nesting -= text[at] == ',' ? 0 : 1;
      ++at;
    } else {
      ++at;
      continue; // in a number, a literal, or between tokens
    }
    if (nesting == 0) {
      return at;
    }
  }
  return text.size();
}

/// The name between the quotes at `open` and `close`, without the backslashes of a nested text.
std::string_view name_between(std::string_view text, std::size_t open, std::size_t close) {
  auto name = text.substr(open + 1, close - open - 1);
  while (name.ends_with('\\')) {
    name.remove_suffix(1);
  }
  return name;
}

void replace_wiped(std::string& text, std::string safe) {
  if (safe != text) {
    OPENSSL_cleanse(text.data(), text.size());
  }
  text = std::move(safe);
}

} // namespace

bool may_be_captured(CaptureDirection direction, std::string_view header_name) {
  const auto name = lower(header_name);
  if (direction == CaptureDirection::out) {
    return std::find(harmless_headers.begin(), harmless_headers.end(), name)
           != harmless_headers.end();
  }
  return std::none_of(secret_parts.begin(), secret_parts.end(),
                      [&](std::string_view part) { return name.find(part) != std::string::npos; });
}

std::string redact_json(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::size_t copied = 0;
  auto open = text.find('"');
  // Every pair of neighbouring quotes may be around a name: this needs no idea of which strings are
  // open, and so cannot be led astray by a stray quote.
  while (open != std::string_view::npos) {
    const auto close = text.find('"', open + 1);
    if (close == std::string_view::npos) {
      break;
    }
    auto at = skip_space(text, close + 1);
    if (at < text.size() && text[at] == ':' && is_secret(name_between(text, open, close))) {
      at = skip_space(text, at + 1);
      const auto quote = text.find_first_not_of('\\', at);
      const auto depth =
        quote != std::string_view::npos && text[quote] == '"' ? quote - at : std::size_t{0};
      const auto end = end_of_value(text, at);
      out.append(text, copied, at - copied);
      out.append(depth, '\\').append("\"").append(redacted).append(depth, '\\').append("\"");
      copied = end;
      open = text.find('"', end);
    } else {
      open = close;
    }
  }
  return out.append(text, copied, std::string_view::npos);
}

std::string redact_target(std::string_view target) {
  const auto mark = target.find('?');
  if (mark == std::string_view::npos) {
    return std::string{target};
  }
  std::string out{target.substr(0, mark)};
  auto rest = target.substr(mark);
  while (!rest.empty()) { // rest begins with '?' or '&'
    // A blank ends the target in the first line of a request.
    const auto end = std::min(rest.find_first_of("& ", 1), rest.size());
    const auto pair = rest.substr(0, end);
    const auto equals = pair.find('=');
    if (equals != std::string_view::npos && is_secret(pair.substr(1, equals - 1))) {
      out.append(pair.substr(0, equals + 1)).append(redacted);
    } else {
      out += pair;
    }
    rest.remove_prefix(end);
  }
  return out;
}

std::string redact_http(CaptureDirection direction, std::string_view message) {
  constexpr std::string_view line_end = "\r\n";
  std::string out;
  out.reserve(message.size());
  auto first = true;
  while (!message.empty()) {
    const auto end = std::min(message.find(line_end), message.size());
    const auto line = message.substr(0, end);
    message.remove_prefix(std::min(end + line_end.size(), message.size()));
    if (line.empty()) { // the head ends
      out.append(line_end);
      break;
    }
    const auto colon = line.find(':');
    if (first) {
      out += redact_target(line);
    } else if (colon == std::string_view::npos) {
      out += redacted; // no header: nobody knows what it is
    } else if (may_be_captured(direction, line.substr(0, colon))) {
      out += line;
    } else {
      out.append(line.substr(0, colon)).append(": ").append(redacted);
    }
    out.append(line_end);
    first = false;
  }
  return out.append(redact_json(message));
}

void redact(CaptureRecord& record) {
  replace_wiped(record.target, redact_target(record.target));
  switch (record.kind) {
    case CaptureKind::request:
    case CaptureKind::response:
      return replace_wiped(record.payload, redact_http(record.direction, record.payload));
    case CaptureKind::open:
    case CaptureKind::close:
    case CaptureKind::text:
    case CaptureKind::binary:
    case CaptureKind::ping:
    case CaptureKind::pong:
      return replace_wiped(record.payload, redact_json(record.payload));
    case CaptureKind::note:
    case CaptureKind::dropped:
    case CaptureKind::end:
      return; // our own words
  }
}

} // namespace arbees
