#include <fmt/format.h>

#include <boost/json.hpp>

#include "app/config_check.hpp"

namespace arbees {

std::string topology_text(const LoadedConfig& loaded) {
  auto config = loaded.config;
  std::string text = "settings\n";
  for (const auto& setting : settings_of(config)) {
    text += fmt::format("  {:<34} = {:<54} # {}: {}\n", setting.key, setting.show(),
                        loaded.origins.at(setting.key), setting.help);
  }
  text += "\nroles in this process\n";
  for (const auto role : loaded.roles) {
    text += fmt::format("  {}\n", to_string(role));
  }
  text += "\narrows\n";
  for (const auto& edge : wiring()) {
    if (loaded.roles.contains(edge.consumer)) {
      text += fmt::format("  {:<20} {} -> {}{}\n", edge.message, to_string(edge.producer),
                          to_string(edge.consumer),
                          edge.topic.empty() ? "" : fmt::format("  ({}*)", edge.topic));
    }
  }
  return text;
}

std::string topology_json(const LoadedConfig& loaded) {
  namespace json = boost::json;
  auto config = loaded.config;
  json::object settings;
  for (const auto& setting : settings_of(config)) {
    settings[setting.key] =
      json::object{{"value", setting.show()}, {"origin", loaded.origins.at(setting.key)}};
  }
  json::array roles;
  for (const auto role : loaded.roles) {
    roles.emplace_back(to_string(role));
  }
  json::array arrows;
  for (const auto& edge : wiring()) {
    if (loaded.roles.contains(edge.consumer)) {
      arrows.push_back(json::object{{"message", edge.message},
                                    {"producer", to_string(edge.producer)},
                                    {"consumer", to_string(edge.consumer)},
                                    {"topic", edge.topic}});
    }
  }
  return json::serialize(json::object{{"settings", settings}, {"roles", roles}, {"arrows", arrows}})
         + "\n";
}

} // namespace arbees
