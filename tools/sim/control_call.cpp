#include "tools/sim/control_call.hpp"

#include "tools/sim/clob_rest.hpp"

namespace arbees::sim {

namespace json = boost::json;

HttpReply usage(std::string_view what) {
  return clob_error(400, what);
}

HttpReply done() {
  return reply(json::object{{"ok", true}});
}

std::optional<json::object> control_body(const HttpRequest& request) {
  json::error_code failure;
  auto parsed = json::parse(request.body.empty() ? "{}" : request.body, failure);
  if (failure || !parsed.is_object()) {
    return std::nullopt;
  }
  return std::move(parsed.get_object());
}

std::optional<UnixSeconds>
seconds(const json::object& body, std::string_view key, UnixSeconds fallback, SecondsRange range) {
  const auto* const value = body.if_contains(key);
  if (value == nullptr) {
    return fallback;
  }
  const auto good =
    value->is_int64() && value->get_int64() >= range.least && value->get_int64() <= range.most;
  return good ? std::optional{value->get_int64()} : std::nullopt;
}

} // namespace arbees::sim
