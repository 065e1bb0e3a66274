#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace arbees::test {

/// Runs `arbees keygen`; what it said.
std::string make_keys(const std::filesystem::path& folder, const std::string& name);

/// Settings for TLS with a new authority and one certificate of it, as options of arbees.
std::vector<std::string> tls_settings(const std::filesystem::path& folder, const std::string& name);

} // namespace arbees::test
