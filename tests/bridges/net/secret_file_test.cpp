#include "bridges/net/secret_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

using namespace arbees;

namespace {

/// A folder of its own, gone at the end.
class Folder {
public:
  Folder() {
    std::string pattern =
      (std::filesystem::temp_directory_path() / "arbees-secret-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string file(const std::string& content, ::mode_t mode) {
    const auto path = (path_ / "key").string();
    std::ofstream{path, std::ios::binary} << content;
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    return path;
  }
  [[nodiscard]] std::string path() const { return path_.string(); }

private:
  std::filesystem::path path_;
};

} // namespace

TEST_CASE("a secret that only its owner can read is read without its line end") {
  Folder folder;
  const auto mode = GENERATE(as<::mode_t>{}, 0600, 0400, 0700);
  const auto secret = read_secret_file(folder.file("top secret\r\n \n", mode));
  REQUIRE(secret);
  CHECK(secret->reveal() == "top secret");
}

TEST_CASE("a secret that others may touch is refused with the way out") {
  Folder folder;
  const auto mode = GENERATE(as<::mode_t>{}, 0640, 0604, 0660, 0610, 0602, 0777);
  const auto path = folder.file("top secret", mode);
  const auto secret = read_secret_file(path);
  REQUIRE_FALSE(secret);
  CHECK(secret.error() == Errc::bad_credential);
  const auto text = describe(secret.error());
  CHECK(text.find("chmod 600 " + path) != std::string::npos);
  CHECK(text.find("top secret") == std::string::npos);
}

TEST_CASE("what is no file with a secret in it is refused by name") {
  Folder folder;
  const auto secret = [&] {
    switch (GENERATE(0, 1, 2, 3, 4)) {
      case 0:
        return read_secret_file(folder.path() + "/missing");
      case 1:
        return read_secret_file(folder.path());
      case 2:
        return read_secret_file(folder.file("", 0600));
      case 3:
        return read_secret_file(folder.file(" \n\n", 0600));
      default:
        return read_secret_file(folder.file(std::string(64 * 1024 + 1, 'x'), 0600));
    }
  }();
  REQUIRE_FALSE(secret);
  CHECK(describe(secret.error()).find(folder.path()) != std::string::npos);
}

TEST_CASE("a pipe in the place of a secret does not block") {
  Folder folder;
  const auto path = folder.path() + "/pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK_FALSE(read_secret_file(path));
}

TEST_CASE("the file of another user is refused") {
  if (::geteuid() != 0) {
    return; // only root can give a file away
  }
  Folder folder;
  const auto path = folder.file("top secret", 0600);
  REQUIRE(::chown(path.c_str(), 65534, 65534) == 0);
  const auto secret = read_secret_file(path);
  REQUIRE_FALSE(secret);
  CHECK(describe(secret.error()).find("another user") != std::string::npos);
}
