#pragma once

#include <caf/error.hpp>
#include <caf/meta/load_callback.hpp>
#include <caf/meta/save_callback.hpp>
#include <caf/meta/type_name.hpp>
#include <optional>
#include <type_traits>

namespace caf {

/// Lets messages hold `std::optional`: CAF 0.17 knows its own optional only. Found through the
/// inspector's namespace.
template <class Inspector, class T>
typename Inspector::result_type inspect(Inspector& f, std::optional<T>& x) {
  auto present = x.has_value();
  auto value = x.value_or(T{});
  if constexpr (Inspector::writes_state) {
    const auto load = [&]() -> error {
      x = present ? std::optional<T>{std::move(value)} : std::nullopt;
      return none;
    };
    return f(present, value, meta::load_callback(load));
  } else {
    return f(meta::type_name("optional"), present, value);
  }
}

} // namespace caf
