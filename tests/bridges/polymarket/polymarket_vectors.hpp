#pragma once

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

namespace arbees {

/// What Polymarket's official client signs and sends (venues/polymarket.md section 6).
inline const boost::json::object& polymarket_vectors() {
  static const auto vectors = [] {
    std::ifstream file{ARBEES_TEST_DATA "/polymarket-vectors.json"};
    REQUIRE(file);
    std::ostringstream text;
    text << file.rdbuf();
    return boost::json::parse(text.str());
  }();
  return vectors.as_object();
}

inline std::string text_at(const boost::json::value& value, const char* pointer) {
  return std::string{value.at_pointer(pointer).as_string()};
}

} // namespace arbees
