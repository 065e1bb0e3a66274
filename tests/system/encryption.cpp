#include "tests/system/encryption.hpp"

#include <catch2/catch.hpp>

#include "tests/system/process.hpp"

namespace arbees::test {

using std::chrono::seconds;

namespace {

void openssl(const std::filesystem::path& folder, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "/usr/bin/openssl");
  Process program{arguments, folder / "openssl.log"};
  const auto code = program.wait(seconds{60});
  INFO(program.output());
  REQUIRE(code == 0);
}

} // namespace

std::string make_keys(const std::filesystem::path& folder, const std::string& name) {
  Process keygen{{"arbees", "keygen", "--dir", folder.string(), name},
                 folder.string() + "." + name + ".log"};
  INFO(keygen.output());
  REQUIRE(keygen.wait(seconds{20}) == 0);
  return keygen.output();
}

std::vector<std::string>
tls_settings(const std::filesystem::path& folder, const std::string& name) {
  const auto file = [&](const char* what) { return (folder / (name + what)).string(); };
  openssl(folder, {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                   "-days", "2", "-subj", "/CN=" + name, "-keyout", file("-ca.key"), "-out",
                   file("-ca.pem")});
  openssl(folder, {"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                   "/CN=node", "-keyout", file(".key"), "-out", file(".csr")});
  openssl(folder, {"x509", "-req", "-in", file(".csr"), "-CA", file("-ca.pem"), "-CAkey",
                   file("-ca.key"), "-CAcreateserial", "-days", "2", "-out", file(".pem")});
  return {"--set", "control.tls_certificate=" + file(".pem"),
          "--set", "control.tls_key=" + file(".key"),
          "--set", "control.tls_authority=" + file("-ca.pem")};
}

} // namespace arbees::test
