#pragma once

#include <boost/json.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace arbees::sim {

/// A request as the protocol faces see it: already parsed, nothing of the socket left.
struct HttpRequest {
  std::string method{};
  std::string path{};                                           ///< without the query, not decoded
  std::multimap<std::string, std::string, std::less<>> query{}; ///< percent-decoded
  std::map<std::string, std::string, std::less<>> headers{};    ///< names in lower case
  std::string body{};

  [[nodiscard]] std::string_view parameter(std::string_view name) const;         ///< "" if absent
  [[nodiscard]] std::string_view header(std::string_view lower_case_name) const; ///< "" if absent
  /// An integer parameter: `fallback` if absent, nothing if it is no number.
  [[nodiscard]] std::optional<int> number(std::string_view name, int fallback) const;
};

struct HttpReply {
  unsigned status = 200;
  std::string body{};
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers{}; ///< further ones
};

/// Splits a request target into path and decoded parameters.
HttpRequest parse_target(std::string_view method, std::string_view target);

/// JSON text with plain decimals: 237.2 where Boost.JSON writes 2.372E2.
std::string json_text(const boost::json::value& value);

/// The text under `key` of an object, "" if there is none.
std::string_view text_of(const boost::json::object& object, std::string_view key);

HttpReply reply(const boost::json::value& body, unsigned status = 200);

/// The part of `path` behind `prefix`, or nothing.
std::optional<std::string_view> after(std::string_view path, std::string_view prefix);

} // namespace arbees::sim
