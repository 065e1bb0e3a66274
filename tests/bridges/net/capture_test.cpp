#include <sys/stat.h>

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "bridges/net/capture_reader.hpp"
#include "bridges/net/capture_writer.hpp"
#include "tests/bridges/store/temp_directory.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void replace(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream{path, std::ios::binary | std::ios::trunc} << bytes;
}

unsigned mode_of(const std::filesystem::path& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777U;
}

struct Contents {
  std::vector<CaptureRecord> records;
  std::vector<CaptureFlaw> flaws;
};

Contents read(const std::filesystem::path& folder) {
  auto reader = CaptureReader::open(folder);
  REQUIRE(reader);
  Contents contents;
  while (auto record = reader->next()) {
    contents.records.push_back(std::move(*record));
  }
  CHECK_FALSE(reader->next());
  contents.flaws = reader->flaws();
  return contents;
}

CaptureRecord frame(std::string text, CaptureDirection direction = CaptureDirection::in) {
  return {
    .kind = CaptureKind::text, .direction = direction, .connection = 1, .payload = std::move(text)};
}

/// A capture of `count` frames, each of them a zstd frame of its own.
std::filesystem::path small_capture(const TempDirectory& directory, int count) {
  auto writer = CaptureWriter::open({.folder = directory / "captures", .frame_bytes = 1});
  REQUIRE(writer);
  for (int i = 0; i < count; ++i) {
    (*writer)->record(frame("frame " + std::to_string(i)));
  }
  return (*writer)->run();
}

} // namespace

TEST_CASE("What was recorded is read back in order, with rising stamps of both clocks") {
  const TempDirectory directory;
  std::filesystem::path run;
  {
    auto writer = CaptureWriter::open({.folder = directory / "captures", .note = R"({"a":1})"});
    REQUIRE(writer);
    run = (*writer)->run();
    const auto connection = (*writer)->new_connection();
    (*writer)->record({.kind = CaptureKind::open,
                       .connection = connection,
                       .target = "wss://venue/feed",
                       .payload = "kalshi_feed"});
    (*writer)->record(frame(R"({"id":1})", CaptureDirection::out));
    (*writer)->record(frame(std::string("\0\xff binary", 9)));
    (*writer)->record(frame(std::string(1U << 20U, 'x')));
    CHECK(connection == 1);
    CHECK((*writer)->new_connection() == 2);
  }
  const auto contents = read(directory / "captures");
  CHECK(contents.flaws.empty());
  REQUIRE(contents.records.size() == 6);
  CHECK(contents.records[0].kind == CaptureKind::note);
  CHECK(contents.records[0].payload == R"({"a":1})");
  CHECK(contents.records[1].target == "wss://venue/feed");
  CHECK(contents.records[1].payload == "kalshi_feed");
  CHECK(contents.records[2].direction == CaptureDirection::out);
  CHECK(contents.records[3].payload == std::string("\0\xff binary", 9));
  CHECK(contents.records[4].payload.size() == 1U << 20U);
  CHECK(contents.records[5].kind == CaptureKind::end);
  for (std::size_t i = 1; i < contents.records.size(); ++i) {
    CHECK(contents.records[i].monotonic_ns >= contents.records[i - 1].monotonic_ns);
    CHECK(contents.records[i].wall_ns > 1'700'000'000'000'000'000);
  }
  CHECK(capture_runs(directory / "captures") == std::vector{run});
  CHECK(capture_runs(run) == std::vector{run});
}

TEST_CASE("A capture is for its owner alone") {
  const TempDirectory directory;
  const auto run = small_capture(directory, 1);
  CHECK(mode_of(directory / "captures") == 0700);
  CHECK(mode_of(run) == 0700);
  CHECK(mode_of(run / "wire-000001.zst") == 0600);
}

TEST_CASE("A folder that cannot be had is an error that names it") {
  const TempDirectory directory;
  std::ofstream{directory / "file"} << "x";
  const auto writer = CaptureWriter::open({.folder = directory / "file"});
  REQUIRE_FALSE(writer);
  CHECK(describe(writer.error()).find((directory / "file").string()) != std::string::npos);
  CHECK_FALSE(CaptureReader::open(directory / "nothing"));
}

TEST_CASE("A capture that was torn at any byte is read up to its last whole frame") {
  const TempDirectory directory;
  const auto file = small_capture(directory, 6) / "wire-000001.zst";
  const auto whole = bytes_of(file);
  const auto all = read(directory / "captures").records;
  REQUIRE(all.size() == 8);
  std::size_t most = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    replace(file, std::string_view{whole}.substr(0, size));
    const auto [records, flaws] = read(directory / "captures");
    REQUIRE(flaws.size() == 1);
    CHECK(flaws[0].kind != CaptureFlaw::Kind::corrupt);
    CHECK(flaws[0].offset <= size);
    // Whole frames end where nothing is torn.
    CHECK((flaws[0].kind == CaptureFlaw::Kind::cut) == (flaws[0].offset == size));
    REQUIRE(records.size() < all.size());
    CHECK(std::equal(records.begin(), records.end(), all.begin()));
    CHECK(records.size() >= most);
    most = records.size();
  }
  CHECK(most == all.size() - 1);
}

TEST_CASE("A flipped bit is noticed, and what was before it is read") {
  const TempDirectory directory;
  const auto file = small_capture(directory, 4) / "wire-000001.zst";
  const auto whole = bytes_of(file);
  const auto all = read(directory / "captures").records;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      CAPTURE(at, bit);
      auto broken = whole;
      broken[at] = static_cast<char>(static_cast<unsigned char>(broken[at]) ^ 1U << bit);
      replace(file, broken);
      const auto [records, flaws] = read(directory / "captures");
      REQUIRE(records.size() <= all.size());
      CHECK(std::equal(records.begin(), records.end(), all.begin()));
      // A bit that zstd does not use may be flipped without a loss.
      CHECK((!flaws.empty() || records == all));
    }
  }
}

TEST_CASE("Rubbish is no capture and no crash") {
  const TempDirectory directory;
  const auto file = small_capture(directory, 1) / "wire-000001.zst";
  for (const auto& text : {std::string{"rubbish"}, std::string(100, '\0'), std::string{"\x28"},
                           std::string{"\x28\xb5\x2f\xfd\xe0\xff\xff\xff\xff\xff\xff\xff\x7f"}}) {
    replace(file, text);
    const auto [records, flaws] = read(directory / "captures");
    CHECK(records.empty());
    CHECK(flaws.size() == 1);
  }
}

TEST_CASE("A file that has grown large is followed by the next one") {
  const TempDirectory directory;
  std::filesystem::path run;
  {
    auto writer =
      CaptureWriter::open({.folder = directory / "captures", .frame_bytes = 1, .file_bytes = 500});
    REQUIRE(writer);
    run = (*writer)->run();
    for (int i = 0; i < 50; ++i) {
      (*writer)->record(frame("frame " + std::to_string(i)));
    }
  }
  REQUIRE(std::filesystem::exists(run / "wire-000003.zst"));
  auto contents = read(directory / "captures");
  CHECK(contents.flaws.empty());
  int next = 0;
  for (const auto& record : contents.records) {
    if (record.kind == CaptureKind::text) {
      CHECK(record.payload == "frame " + std::to_string(next++));
    }
  }
  CHECK(next == 50);

  // One that is torn does not keep the others from being read.
  const auto bytes = bytes_of(run / "wire-000002.zst");
  replace(run / "wire-000002.zst", std::string_view{bytes}.substr(0, bytes.size() / 2));
  contents = read(directory / "captures");
  REQUIRE(contents.flaws.size() == 1);
  CHECK(contents.flaws[0].file == run / "wire-000002.zst");
  CHECK(contents.records.back().kind == CaptureKind::end);
}

TEST_CASE("What the disk cannot take is dropped, counted, and said in its place") {
  const TempDirectory directory;
  {
    // The thread sleeps until so much waits; more than that the queue does not hold.
    auto writer = CaptureWriter::open({.folder = directory / "captures",
                                       .max_queued_bytes = 10'000,
                                       .frame_bytes = 1U << 20U,
                                       .flush_interval = 500ms});
    REQUIRE(writer);
    (*writer)->record(frame("first"));
    (*writer)->record(frame(std::string(20'000, 'x')));
    (*writer)->record(frame(std::string(20'000, 'y')));
    (*writer)->record(frame("last"));
    CHECK((*writer)->counts().dropped == 2);
    CHECK((*writer)->counts().dropped_bytes == 40'000);
  }
  const auto [records, flaws] = read(directory / "captures");
  CHECK(flaws.empty());
  REQUIRE(records.size() == 5);
  CHECK(records[1].payload == "first");
  CHECK(records[2].kind == CaptureKind::dropped);
  CHECK(records[2].payload == R"({"records":2,"bytes":40000})");
  CHECK(records[3].payload == "last");
  const auto end = boost::json::parse(records[4].payload).as_object();
  CHECK(end.at("reason").as_string() == "stopped");
  CHECK(end.at("dropped").as_int64() == 2);
}

TEST_CASE("A capture ends when it has used its share of the disk") {
  const TempDirectory directory;
  {
    auto writer =
      CaptureWriter::open({.folder = directory / "captures", .frame_bytes = 1, .max_bytes = 1000});
    REQUIRE(writer);
    for (int i = 0; i < 1000; ++i) {
      (*writer)->record(frame("frame " + std::to_string(i)));
    }
  }
  const auto [records, flaws] = read(directory / "captures");
  CHECK(flaws.empty());
  CHECK(records.size() < 1000);
  CHECK(boost::json::parse(records.back().payload).as_object().at("reason").as_string() == "full");
}

TEST_CASE("Secrets do not reach the disk") {
  const TempDirectory directory;
  std::filesystem::path run;
  {
    auto writer = CaptureWriter::open({.folder = directory / "captures"});
    REQUIRE(writer);
    run = (*writer)->run();
    (*writer)->record(frame(R"({"auth":{"secret":"hushhush"}})", CaptureDirection::out));
    (*writer)->record({.kind = CaptureKind::request,
                       .direction = CaptureDirection::out,
                       .connection = 1,
                       .target = "/a?api_key=hushhush",
                       .payload = "GET /a?api_key=hushhush HTTP/1.1\r\nPOLY_PASSPHRASE: hushhush"
                                  "\r\n\r\n"});
  }
  const auto [records, flaws] = read(run);
  REQUIRE(records.size() == 4);
  for (const auto& record : records) {
    CHECK(record.target.find("hushhush") == std::string::npos);
    CHECK(record.payload.find("hushhush") == std::string::npos);
  }
  CHECK(records[1].payload == R"({"auth":"[redacted]"})");
}
