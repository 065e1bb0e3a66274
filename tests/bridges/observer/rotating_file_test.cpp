#include "bridges/observer/rotating_file.hpp"

#include <fmt/format.h>
#include <zstd.h>

#include <caf/all.hpp>
#include <catch2/catch.hpp>
#include <fstream>
#include <set>

#include "tests/system/process.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

std::string unpacked(const std::filesystem::path& file) {
  const auto packed = read_file(file);
  std::string plain(16U << 20U, '\0');
  const auto size = ZSTD_decompress(plain.data(), plain.size(), packed.data(), packed.size());
  // Streams have no size in their head, so a frame is decompressed into room enough.
  REQUIRE(ZSTD_isError(size) == 0);
  plain.resize(size);
  return plain;
}

std::set<std::string> names_in(const std::filesystem::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator{folder}) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

RotatingFile open(const RotationConfig& config) {
  auto file = RotatingFile::open(config);
  if (!file) {
    FAIL(describe(file.error()));
  }
  return std::move(*file);
}

} // namespace

TEST_CASE("A file that grows too large begins anew, and no line is lost") {
  const TemporaryFolder folder;
  const auto path = folder / "bus.jsonl";
  std::string expected;
  {
    auto file = open({.file = path, .max_bytes = 1'000});
    for (auto i = 0; i < 100; ++i) {
      const auto line =
        fmt::format("{{\"line\":{:03},\"filling\":\"{}\"}}\n", i, std::string(70, 'x'));
      CHECK(file.write(line) == 0);
      expected += line;
    }
    CHECK(file.rotations() == 9);
  }
  std::string all;
  for (const auto& name : names_in(folder.path())) {
    CAPTURE(name);
    if (name != "bus.jsonl") {
      CHECK(name.ends_with(".jsonl.zst"));
      all += unpacked(folder / name);
    }
  }
  all += read_file(path);
  CHECK(all == expected);
  CHECK(names_in(folder.path()).size() == 10);
}

TEST_CASE("A file that is too old begins anew, an empty one does not") {
  const TemporaryFolder folder;
  auto file = open({.file = folder / "bus.jsonl", .max_age = 1ms});
  pause_briefly();
  CHECK(file.write("a\n") == 0);
  CHECK(file.rotations() == 0);
  pause_briefly();
  CHECK(file.write("b\n") == 0);
  CHECK(file.rotations() == 1);
  CHECK(read_file(folder / "bus.jsonl") == "b\n");
}

TEST_CASE("Only the newest files are kept, and others' files are left alone") {
  const TemporaryFolder folder;
  for (const auto* const name :
       {"bus.txt.zst", "bus.notes.jsonl", "other.20261121T103045.123Z.jsonl"}) {
    std::ofstream{folder / name} << "mine";
  }
  {
    auto file = open({.file = folder / "bus.jsonl", .max_bytes = 1, .keep = 3});
    for (auto i = 0; i < 9; ++i) {
      CHECK(file.write(fmt::format("{}\n", i)) == 0);
    }
  }
  const auto names = names_in(folder.path());
  CHECK(names.size() == 3 + 1 + 3);
  CHECK(names.contains("bus.notes.jsonl"));
  std::string newest;
  for (const auto& name : names) {
    if (name.starts_with("bus.2")) {
      newest = unpacked(folder / name);
    }
  }
  CHECK(newest == "7\n");
}

TEST_CASE("What a crash left uncompressed is compressed by the next start") {
  const TemporaryFolder folder;
  std::ofstream{folder / "bus.20261121T103045.123Z.jsonl"} << "left\n";
  std::ofstream{folder / "bus.20261121T103045.123Z.jsonl.zst.part"} << "torn";
  { const auto file = open({.file = folder / "bus.jsonl", .max_bytes = 100}); }
  CHECK(unpacked(folder / "bus.20261121T103045.123Z.jsonl.zst") == "left\n");
  CHECK_FALSE(std::filesystem::exists(folder / "bus.20261121T103045.123Z.jsonl"));
  CHECK_FALSE(std::filesystem::exists(folder / "bus.20261121T103045.123Z.jsonl.zst.part"));
}

TEST_CASE("A file that another program writes to is not put aside") {
  const TemporaryFolder folder;
  auto file = open({.file = folder / "bus.jsonl", .max_bytes = 3});
  auto other = LineWriter::append_to((folder / "bus.jsonl").string());
  REQUIRE(other);
  CHECK(file.write("aa\n") == 0);
  CHECK(file.write("bb\n") == 0);
  CHECK(other->write("cc\n") == 0);
  CHECK(file.rotations() == 0);
  CHECK(read_file(folder / "bus.jsonl") == "aa\nbb\ncc\n");
}
