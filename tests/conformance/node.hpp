#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/system/process.hpp"

namespace arbees::test {

/// Runs a script of this folder to its end. It must find nothing wrong; what it said is shown if it
/// does.
void run_script(const std::string& script, const std::vector<std::string>& arguments,
                const TemporaryFolder& folder);

/// A throw-away RSA key; returns its file, PKCS#8 and readable by its owner only.
std::filesystem::path make_rsa_key(const TemporaryFolder& folder, const std::string& name);

/// Runs openssl; returns what it printed.
std::string openssl(std::vector<std::string> arguments, const TemporaryFolder& folder);

} // namespace arbees::test
