#include "app/settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <toml++/toml.h>
#include <algorithm>

#include "bridges/store/postgres_url.hpp"

namespace arbees {

namespace {

using Type = RawValue::Type;

std::string quoted(const RawValue& value) {
  if (value.type == Type::list) {
    return fmt::format("[{}]", fmt::join(value.items, ", "));
  }
  return fmt::format("\"{}\"", value.items.empty() ? "" : value.items.front());
}

/// True if a typed value is of a type that the setting takes; untyped text always may be.
bool is_one_of(const RawValue& value, std::initializer_list<Type> types) {
  return value.type == Type::untyped
         || std::find(types.begin(), types.end(), value.type) != types.end();
}

std::optional<std::int64_t> whole_number(const RawValue& value) {
  return is_one_of(value, {Type::integer}) && value.items.size() == 1
           ? parse_decimal(value.items.front(), 0)
           : std::nullopt;
}

std::optional<std::int64_t> decimal(const RawValue& value, int decimals) {
  return is_one_of(value, {Type::integer, Type::real, Type::text}) && value.items.size() == 1
           ? parse_decimal(value.items.front(), decimals)
           : std::nullopt;
}

Setting decimal_setting(std::string key, Money& target, Money least, Money most, int decimals,
                        std::string unit, std::string help, std::string environment) {
  const auto spell = [decimals](Money money) { return format_decimal(money.value(), decimals, 0); };
  return {
    .key = std::move(key),
    .help = std::move(help),
    .environment = std::move(environment),
    .assign = [&target, least, most, decimals, unit,
               spell](const RawValue& value) -> std::optional<std::string> {
      const auto number = decimal(value, decimals);
      if (!number || Money{*number} < least || Money{*number} > most) {
        return fmt::format("must be decimal {} from {} to {}, not {}", unit, spell(least),
                           spell(most), quoted(value));
      }
      target = Money{*number};
      return std::nullopt;
    },
    .show = [&target, spell] { return fmt::format("\"{}\"", spell(target)); },
  };
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    if (comma > 0) {
      items.emplace_back(text.substr(0, comma));
    }
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return items;
}

} // namespace

Setting
text_setting(std::string key, std::string& target, std::string help, std::string environment) {
  return {
    .key = std::move(key),
    .help = std::move(help),
    .environment = std::move(environment),
    .assign = [&target](const RawValue& value) -> std::optional<std::string> {
      if (!is_one_of(value, {Type::text})) {
        return fmt::format("must be text in quotes, not {}", quoted(value));
      }
      target = value.items.front();
      return std::nullopt;
    },
    .show = [&target] { return fmt::format("\"{}\"", target); },
  };
}

Setting path_setting(std::string key, std::filesystem::path& target, std::string help,
                     std::string environment) {
  return {
    .key = std::move(key),
    .help = std::move(help),
    .environment = std::move(environment),
    .assign = [&target](const RawValue& value) -> std::optional<std::string> {
      if (!is_one_of(value, {Type::text})) {
        return fmt::format("must be a path in quotes, not {}", quoted(value));
      }
      target = value.items.front();
      return std::nullopt;
    },
    .show = [&target] { return fmt::format("\"{}\"", target.string()); },
  };
}

Setting list_setting(std::string key, std::vector<std::string>& target, std::string help,
                     std::string environment) {
  return {
    .key = std::move(key),
    .help = std::move(help),
    .environment = std::move(environment),
    .assign = [&target](const RawValue& value) -> std::optional<std::string> {
      if (value.type == Type::untyped) {
        target = split(value.items.front());
        return std::nullopt;
      }
      if (value.type != Type::list) {
        return fmt::format("must be a list of texts, not {}", quoted(value));
      }
      target = value.items;
      return std::nullopt;
    },
    .show =
      [&target] {
        std::vector<std::string> items;
        for (const auto& item : target) {
          items.push_back(fmt::format("\"{}\"", item));
        }
        return fmt::format("[{}]", fmt::join(items, ", "));
      },
  };
}

Setting flag_setting(std::string key, bool& target, std::string help, std::string environment) {
  return {
    .key = std::move(key),
    .help = std::move(help),
    .environment = std::move(environment),
    .assign = [&target](const RawValue& value) -> std::optional<std::string> {
      const auto& text = value.items.empty() ? std::string{} : value.items.front();
      const auto on = text == "true" || (value.type == Type::untyped && text == "1");
      const auto off = text == "false" || (value.type == Type::untyped && text == "0");
      if (!is_one_of(value, {Type::boolean}) || (!on && !off)) {
        return fmt::format("must be true or false, not {}", quoted(value));
      }
      target = on;
      return std::nullopt;
    },
    .show = [&target] { return std::string{target ? "true" : "false"}; },
  };
}

Setting choice_setting(std::string key, std::string& target, std::vector<std::string> choices,
                       std::string help, std::string environment) {
  return {
    .key = std::move(key),
    .help = std::move(help),
    .environment = std::move(environment),
    .assign = [&target, choices](const RawValue& value) -> std::optional<std::string> {
      if (!is_one_of(value, {Type::text})
          || std::find(choices.begin(), choices.end(), value.items.front()) == choices.end()) {
        return fmt::format("must be one of {}, not {}", fmt::join(choices, ", "), quoted(value));
      }
      target = value.items.front();
      return std::nullopt;
    },
    .show = [&target] { return fmt::format("\"{}\"", target); },
  };
}

Setting
database_setting(std::string key, std::string& target, std::string help, std::string environment) {
  return {
    .key = std::move(key),
    .help = std::move(help),
    .environment = std::move(environment),
    .assign = [&target](const RawValue& value) -> std::optional<std::string> {
      const auto is_text =
        value.type == RawValue::Type::text || value.type == RawValue::Type::untyped;
      const auto url = is_text && !value.items.empty() ? value.items.front() : std::string{};
      const auto problem = !is_text      ? "must be text in quotes"
                           : url.empty() ? std::string{}
                                         : postgres_url_problem(url);
      if (!problem.empty()) {
        return problem;
      }
      target = url;
      return std::nullopt;
    },
    .show =
      [&target] {
        return fmt::format("\"{}\"", target.empty() ? std::string{} : shown_postgres_url(target));
      },
  };
}

Setting
duration_setting(std::string key, Duration& target, std::chrono::milliseconds least,
                 std::chrono::milliseconds most, std::string help, std::string environment) {
  using std::chrono::milliseconds;
  return integer_setting(
    std::move(key), [&target](std::int64_t value) { target = milliseconds{value}; },
    [&target] { return std::chrono::duration_cast<milliseconds>(target).count(); }, least.count(),
    most.count(), std::move(help), std::move(environment));
}

Setting money_setting(std::string key, Money& target, Money least, Money most, std::string help,
                      std::string environment) {
  return decimal_setting(std::move(key), target, least, most, 6, "dollars", std::move(help),
                         std::move(environment));
}

Setting cents_setting(std::string key, Money& target, Money least, Money most, std::string help,
                      std::string environment) {
  return decimal_setting(std::move(key), target, least, most, 4, "cents", std::move(help),
                         std::move(environment));
}

Setting price_setting(std::string key, Price& target, std::string help, std::string environment) {
  return {
    .key = std::move(key),
    .help = std::move(help),
    .environment = std::move(environment),
    .assign = [&target](const RawValue& value) -> std::optional<std::string> {
      const auto number = decimal(value, 4);
      if (!number || *number < price_zero.value() || *number > price_one.value()) {
        return fmt::format("must be decimal dollars from 0 to 1, not {}", quoted(value));
      }
      target = Price{static_cast<std::int32_t>(*number)};
      return std::nullopt;
    },
    .show = [&target] { return fmt::format("\"{}\"", format_decimal(target.value(), 4, 2)); },
  };
}

Setting integer_setting(std::string key, std::function<void(std::int64_t)> store,
                        std::function<std::int64_t()> load, std::int64_t least, std::int64_t most,
                        std::string help, std::string environment) {
  return {
    .key = std::move(key),
    .help = std::move(help),
    .environment = std::move(environment),
    .assign = [store = std::move(store), least,
               most](const RawValue& value) -> std::optional<std::string> {
      const auto number = whole_number(value);
      if (!number || *number < least || *number > most) {
        return fmt::format("must be a whole number from {} to {}, not {}", least, most,
                           quoted(value));
      }
      store(*number);
      return std::nullopt;
    },
    .show = [load = std::move(load)] { return std::to_string(load()); },
  };
}

namespace {

/// Applies layers to the table and keeps book of where each value came from.
class Loader {
public:
  explicit Loader(const std::vector<Setting>& settings) : settings_(settings) {
    for (const auto& setting : settings_) {
      loaded_.origins[setting.key] = "default";
    }
  }

  void file(const std::filesystem::path& path) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) {
      loaded_.errors.push_back(fmt::format("{}: no such file", path.string()));
      return;
    }
    try {
      const auto root = toml::parse_file(path.string());
      table(root, "", path.string());
    } catch (const toml::parse_error& failure) {
      loaded_.errors.push_back(fmt::format("{}:{}: {}", path.string(), failure.source().begin.line,
                                           failure.description()));
    }
  }

  void environment(const std::function<const char*(const char*)>& lookup) {
    for (const auto& setting : settings_) {
      if (setting.environment.empty()) {
        continue;
      }
      if (const auto* const text = lookup(setting.environment.c_str())) {
        assign(setting, {.type = Type::untyped, .items = {text}}, "$" + setting.environment);
      }
    }
  }

  void override_with(const std::string& assignment) {
    const auto equals = assignment.find('=');
    const auto key = assignment.substr(0, equals);
    if (equals == std::string::npos) {
      loaded_.errors.push_back(fmt::format("--set {}: must be key=value", assignment));
    } else if (const auto* const setting = find(key)) {
      assign(*setting, {.type = Type::untyped, .items = {assignment.substr(equals + 1)}}, "--set");
    } else {
      loaded_.errors.push_back(fmt::format("--set: unknown key '{}'", key));
    }
  }

  LoadedSettings take() { return std::move(loaded_); }

private:
  const Setting* find(const std::string& key) const {
    const auto match = std::find_if(settings_.begin(), settings_.end(),
                                    [&](const Setting& setting) { return setting.key == key; });
    return match == settings_.end() ? nullptr : &*match;
  }

  void assign(const Setting& setting, const RawValue& value, const std::string& origin) {
    if (const auto problem = setting.assign(value)) {
      loaded_.errors.push_back(fmt::format("{}: {} {}", origin, setting.key, *problem));
      return;
    }
    loaded_.origins[setting.key] = origin;
  }

  void table(const toml::table& entries, const std::string& prefix, const std::string& path) {
    for (const auto& [name, node] : entries) {
      const auto key = prefix + std::string{name.str()};
      const auto origin = fmt::format("{}:{}", path, name.source().begin.line);
      if (const auto* const setting = find(key)) {
        value(*setting, node, origin);
      } else if (const auto* const inner = node.as_table()) {
        table(*inner, key + ".", path);
      } else {
        loaded_.errors.push_back(fmt::format("{}: unknown key '{}'", origin, key));
      }
    }
  }

  void value(const Setting& setting, const toml::node& node, const std::string& origin) {
    if (const auto* const list = node.as_array()) {
      RawValue value{.type = Type::list, .items = {}};
      for (const auto& item : *list) {
        if (!item.is_string()) {
          loaded_.errors.push_back(
            fmt::format("{}: {} must be a list of texts", origin, setting.key));
          return;
        }
        value.items.push_back(**item.as_string());
      }
      assign(setting, value, origin);
    } else if (const auto scalar = raw(node)) {
      assign(setting, *scalar, origin);
    } else {
      loaded_.errors.push_back(fmt::format(
        "{}: {} must be text, a number, true or false, or a list", origin, setting.key));
    }
  }

  static std::optional<RawValue> raw(const toml::node& node) {
    if (const auto* const text = node.as_string()) {
      return RawValue{.type = Type::text, .items = {**text}};
    }
    if (const auto* const number = node.as_integer()) {
      return RawValue{.type = Type::integer, .items = {std::to_string(**number)}};
    }
    if (const auto* const number = node.as_floating_point()) {
      // The shortest text that reads back as this number is what the file says.
      return RawValue{.type = Type::real, .items = {fmt::format("{}", **number)}};
    }
    if (const auto* const flag = node.as_boolean()) {
      return RawValue{.type = Type::boolean, .items = {**flag ? "true" : "false"}};
    }
    return std::nullopt;
  }

  const std::vector<Setting>& settings_;
  LoadedSettings loaded_;
};

} // namespace

LoadedSettings load_settings(const std::vector<Setting>& settings, const SettingLayers& layers) {
  Loader loader{settings};
  if (layers.file) {
    loader.file(*layers.file);
  }
  if (layers.environment) {
    loader.environment(layers.environment);
  }
  for (const auto& assignment : layers.overrides) {
    loader.override_with(assignment);
  }
  return loader.take();
}

} // namespace arbees
