#pragma once

#include <fmt/format.h>

#include <caf/meta/type_name.hpp>
#include <compare>
#include <functional>
#include <utility>

namespace arbees {

/// A value of type `Rep` that cannot be mixed up with another one of the same representation.
/// It has no arithmetic: operations that mean something are free functions beside the types.
template <class Tag, class Rep>
class Strong {
public:
  using rep = Rep;

  constexpr Strong() = default;
  constexpr explicit Strong(Rep value) : value_(std::move(value)) {}

  [[nodiscard]] constexpr const Rep& value() const { return value_; }

  friend constexpr auto operator<=>(const Strong&, const Strong&) = default;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, Strong& x) {
    return f(caf::meta::type_name(Tag::name), x.value_);
  }

private:
  Rep value_{};
};

} // namespace arbees

template <class Tag, class Rep>
struct std::hash<arbees::Strong<Tag, Rep>> {
  std::size_t operator()(const arbees::Strong<Tag, Rep>& x) const noexcept {
    return std::hash<Rep>{}(x.value());
  }
};

template <class Tag, class Rep>
struct fmt::formatter<arbees::Strong<Tag, Rep>> : fmt::formatter<Rep> {
  template <class Context>
  auto format(const arbees::Strong<Tag, Rep>& x, Context& context) const {
    return fmt::formatter<Rep>::format(x.value(), context);
  }
};
