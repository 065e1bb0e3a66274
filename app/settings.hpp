#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "actors/messages/money.hpp"
#include "actors/messages/time.hpp"

namespace arbees {

/// A value as a layer gives it: a file's values have a type, the environment's and the command
/// line's are text.
struct RawValue {
  enum class Type { untyped, boolean, integer, real, text, list };

  Type type = Type::untyped;
  std::vector<std::string> items; ///< one, or a list's
};

/// One entry of the table that all layers are decoded by, bound to the variable it sets.
struct Setting {
  std::string key;         ///< "risk.min_edge_cents"
  std::string help;        ///< what it means, with its unit and range
  std::string environment; ///< variable that overrides the file; empty: none
  std::function<std::optional<std::string>(const RawValue&)> assign; ///< returns what is wrong
  std::function<std::string()> show; ///< the value in force, as the file would spell it
};

Setting
text_setting(std::string key, std::string& target, std::string help, std::string environment = "");
Setting path_setting(std::string key, std::filesystem::path& target, std::string help,
                     std::string environment = "");
Setting list_setting(std::string key, std::vector<std::string>& target, std::string help,
                     std::string environment = "");
Setting flag_setting(std::string key, bool& target, std::string help, std::string environment = "");
/// One of `choices`.
Setting choice_setting(std::string key, std::string& target, std::vector<std::string> choices,
                       std::string help, std::string environment = "");
/// The URL of a PostgreSQL database. Neither shown nor repeated in an error as it was written: it
/// may hold a password.
Setting database_setting(std::string key, std::string& target, std::string help,
                         std::string environment = "");
/// Whole milliseconds.
Setting
duration_setting(std::string key, Duration& target, std::chrono::milliseconds least,
                 std::chrono::milliseconds most, std::string help, std::string environment = "");
/// Decimal dollars.
Setting money_setting(std::string key, Money& target, Money least, Money most, std::string help,
                      std::string environment = "");
/// Decimal cents, kept as dollars.
Setting cents_setting(std::string key, Money& target, Money least, Money most, std::string help,
                      std::string environment = "");
/// Decimal dollars, 0..1.
Setting
price_setting(std::string key, Price& target, std::string help, std::string environment = "");

/// A whole number of any integer type.
Setting integer_setting(std::string key, std::function<void(std::int64_t)> store,
                        std::function<std::int64_t()> load, std::int64_t least, std::int64_t most,
                        std::string help, std::string environment = "");

template <class Integer>
Setting integer_setting(std::string key, Integer& target, std::int64_t least, std::int64_t most,
                        std::string help, std::string environment = "") {
  return integer_setting(
    std::move(key), [&target](std::int64_t value) { target = static_cast<Integer>(value); },
    [&target] { return static_cast<std::int64_t>(target); }, least, most, std::move(help),
    std::move(environment));
}

/// What all layers said.
struct LoadedSettings {
  std::map<std::string, std::string> origins; ///< key to "default", "FILE:LINE", "$NAME", "--set"
  std::vector<std::string> errors; ///< one line each; the settings are unusable if there is one
};

struct SettingLayers {
  std::optional<std::filesystem::path> file;           ///< TOML
  std::function<const char*(const char*)> environment; ///< getenv, or a test's
  std::vector<std::string> overrides;                  ///< "key=value", from the command line
};

/// Applies file, environment and overrides, in this order, to the variables of `settings`.
/// A key that no setting has is an error.
LoadedSettings load_settings(const std::vector<Setting>& settings, const SettingLayers& layers);

} // namespace arbees
