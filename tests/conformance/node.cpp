#include "tests/conformance/node.hpp"

#include <catch2/catch.hpp>

namespace arbees::test {

namespace {

constexpr std::chrono::seconds patience{200};

std::filesystem::path scripts() {
  const auto folder = std::filesystem::path{ARBEES_SOURCE} / "tests/conformance";
  for (const auto* const package : {"kalshi-typescript", "@polymarket/clob-client-v2"}) {
    if (!std::filesystem::exists(folder / "node_modules" / package)) {
      FAIL("npm packages are missing: run tools/setup, or npm ci in " << folder.string());
    }
  }
  return folder;
}

} // namespace

void run_script(const std::string& script, const std::vector<std::string>& arguments,
                const TemporaryFolder& folder) {
  std::vector<std::string> command{"/usr/bin/env", "node", (scripts() / script).string()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  Process node{command, folder / (script + ".log")};
  const auto exit_code = node.wait(patience);
  INFO(node.output());
  REQUIRE(exit_code);
  CHECK(*exit_code == 0);
  CHECK(node.output().find(R"("failures":[])") != std::string::npos);
}

std::string openssl(std::vector<std::string> arguments, const TemporaryFolder& folder) {
  arguments.insert(arguments.begin(), "/usr/bin/openssl");
  Process process{arguments, folder / "openssl.log"};
  const auto exit_code = process.wait(std::chrono::seconds{60});
  INFO(process.output());
  REQUIRE(exit_code == 0);
  return process.output();
}

std::filesystem::path make_rsa_key(const TemporaryFolder& folder, const std::string& name) {
  auto file = folder / name;
  openssl({"genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out",
           file.string()},
          folder);
  std::filesystem::permissions(file, std::filesystem::perms::owner_read);
  return file;
}

} // namespace arbees::test
