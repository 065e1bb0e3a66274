#include "bridges/net/answer_fields.hpp"

#include <cmath>

namespace arbees {

namespace {

/// A billion contracts or dollars: nobody has more, and sums of what is below cannot overflow.
constexpr std::int64_t max_amount = 1'000'000'000'000'000;

const boost::json::array no_elements;

bool plausible(std::int64_t amount) {
  return amount <= max_amount && amount >= -max_amount;
}

/// Boost.JSON's doubles may be off in their last bit; 8 decimals below 1e7 are exact all the same.
std::optional<std::string> text_of(double number) {
  if (!std::isfinite(number) || std::abs(number) >= 1e7) {
    return std::nullopt;
  }
  return fmt::format("{:.8f}", number);
}

} // namespace

std::string_view truncate_decimals(std::string_view text, int decimals) {
  const auto point = text.find('.');
  if (point == std::string_view::npos) {
    return text;
  }
  const auto end = std::min(text.size(), point + 1 + static_cast<std::size_t>(decimals));
  const auto rest = text.substr(end);
  // What is cut off must be digits: "0.5000000x" stays as malformed as it is.
  return rest.find_first_not_of("0123456789") == std::string_view::npos ? text.substr(0, end)
                                                                        : text;
}

std::optional<std::string> decimal_text(const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::string:
      return std::string{value.get_string()};
    case boost::json::kind::int64:
      return std::to_string(value.get_int64());
    case boost::json::kind::uint64:
      return std::to_string(value.get_uint64());
    case boost::json::kind::double_:
      return text_of(value.get_double());
    default:
      return std::nullopt;
  }
}

AnswerFields::AnswerFields(const boost::json::value& value) : object_(value.if_object()) {
  if (object_ == nullptr) {
    failed_ = "(object)";
  }
}

const boost::json::value* AnswerFields::find(std::string_view key) const {
  if (object_ == nullptr) {
    return nullptr;
  }
  const auto* const value = object_->if_contains(boost::json::string_view{key.data(), key.size()});
  if (value == nullptr || value->is_null()) {
    return nullptr;
  }
  const auto* const text = value->if_string();
  return text != nullptr && text->empty() ? nullptr : value;
}

void AnswerFields::fail(std::string_view key) {
  if (failed_.empty()) {
    failed_ = key;
  }
}

caf::error AnswerFields::error() const {
  return caf::make_error(Errc::bad_frame, "field " + failed_);
}

std::string AnswerFields::text(std::string_view key) {
  auto value = text_or_empty(key);
  if (value.empty()) {
    fail(key);
  }
  return value;
}

std::string AnswerFields::text_or_empty(std::string_view key) {
  const auto* const value = find(key);
  if (value == nullptr) {
    return {};
  }
  if (!value->is_string()) {
    fail(key);
    return {};
  }
  return std::string{value->get_string()};
}

std::optional<std::int64_t> AnswerFields::decimal(std::string_view key, int decimals) {
  const auto* const value = find(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  const auto text = decimal_text(*value);
  const auto parsed = text ? parse_decimal(*text, decimals) : std::nullopt;
  if (!parsed) {
    fail(key);
  }
  return parsed;
}

std::int64_t AnswerFields::integer(std::string_view key) {
  return need(key, decimal(key, 0));
}

std::optional<std::int64_t> AnswerFields::integer_if_any(std::string_view key) {
  return decimal(key, 0);
}

bool AnswerFields::flag(std::string_view key) {
  const auto* const value = find(key);
  if (value == nullptr) {
    return false;
  }
  if (!value->is_bool()) {
    fail(key);
    return false;
  }
  return value->get_bool();
}

Price AnswerFields::price(std::string_view key) {
  const auto value = need(key, decimal(key, 4));
  if (value < price_zero.value() || value > price_one.value()) {
    fail(key);
    return Price{};
  }
  return Price{static_cast<std::int32_t>(value)};
}

Quantity AnswerFields::quantity(std::string_view key) {
  return need(key, quantity_if_any(key));
}

Money AnswerFields::money(std::string_view key) {
  return need(key, money_if_any(key));
}

std::optional<Quantity> AnswerFields::quantity_if_any(std::string_view key) {
  const auto* const value = find(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  const auto text = decimal_text(*value);
  const auto parsed = text ? parse_quantity(truncate_decimals(*text, 6)) : std::nullopt;
  if (!parsed || !plausible(parsed->value())) {
    fail(key);
    return std::nullopt;
  }
  return parsed;
}

std::optional<Money> AnswerFields::money_if_any(std::string_view key) {
  const auto* const value = find(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  const auto text = decimal_text(*value);
  const auto parsed = text ? parse_money(truncate_decimals(*text, 6)) : std::nullopt;
  if (!parsed || !plausible(parsed->value())) {
    fail(key);
    return std::nullopt;
  }
  return parsed;
}

const boost::json::array& AnswerFields::array(std::string_view key) {
  const auto* const value = find(key);
  if (value == nullptr) {
    return no_elements;
  }
  if (!value->is_array()) {
    fail(key);
    return no_elements;
  }
  return value->get_array();
}

} // namespace arbees
