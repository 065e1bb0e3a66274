#pragma once

#include <catch2/catch.hpp>

#include "tools/replay/session_setup.hpp"

namespace arbees::replay {

/// As configured by default, tables from this source tree.
inline SessionConfig default_setup() {
  Config config;
  config.tables = std::filesystem::path{ARBEES_SOURCE} / "config";
  const auto setup = session_config(config);
  REQUIRE(setup);
  return *setup;
}

} // namespace arbees::replay
