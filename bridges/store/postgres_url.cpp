#include "bridges/store/postgres_url.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <map>
#include <memory>

namespace arbees {

namespace {

using Options = std::map<std::string, std::string>;

/// What the URL names; nothing if it cannot be read.
std::optional<Options> options_of(const std::string& url) {
  char* why = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed{
    PQconninfoParse(url.c_str(), &why), PQconninfoFree};
  PQfreemem(why);
  if (!parsed) {
    return std::nullopt;
  }
  Options options;
  for (const auto* option = parsed.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) {
      options[option->keyword] = option->val;
    }
  }
  return options;
}

} // namespace

std::string postgres_url_problem(const std::string& url) {
  if (!url.starts_with("postgresql://") && !url.starts_with("postgres://")) {
    return "must begin with postgresql://";
  }
  const auto options = options_of(url);
  if (!options) {
    return "must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with % and two hexadecimal "
           "digits for each character of a name or password that has a meaning in URLs";
  }
  return options->contains("dbname") ? "" : "must name a database: postgresql://…/DATABASE";
}

std::string shown_postgres_url(const std::string& url) {
  auto options = options_of(url).value_or(Options{});
  std::string text = "postgresql://";
  if (const auto& user = options["user"]; !user.empty()) {
    text += user + "@";
  }
  text += options["host"];
  if (const auto& port = options["port"]; !port.empty()) {
    text += ":" + port;
  }
  return text + "/" + options["dbname"];
}

} // namespace arbees
