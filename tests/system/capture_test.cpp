#include <signal.h>

#include <catch2/catch.hpp>
#include <map>

#include "bridges/net/capture_reader.hpp"
#include "tests/system/stage.hpp"

using namespace arbees;
using namespace arbees::test;
using std::chrono::seconds;

namespace {

struct Wire {
  std::map<std::string, std::vector<std::string>> frames;  ///< that came in, by the client's name
  std::map<std::string, std::vector<std::string>> answers; ///< bodies, by target
  std::size_t flaws = 0;
};

Wire read_wire(const std::filesystem::path& folder) {
  auto reader = CaptureReader::open(folder);
  REQUIRE(reader);
  Wire wire;
  std::map<std::uint32_t, std::string> names;
  while (const auto record = reader->next()) {
    if (record->kind == CaptureKind::open) {
      names[record->connection] = record->payload;
    } else if (record->kind == CaptureKind::text && record->direction == CaptureDirection::in) {
      wire.frames[names[record->connection]].push_back(record->payload);
    } else if (record->kind == CaptureKind::response && names[record->connection] == "http") {
      wire.answers[record->target].push_back(
        record->payload.substr(record->payload.find("\r\n\r\n") + 4));
    }
  }
  wire.flaws = reader->flaws().size();
  return wire;
}

bool is_prefix(const std::vector<std::string>& part, const std::vector<std::string>& whole) {
  return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin());
}

} // namespace

TEST_CASE("A captured run is served back, and arbees hears the same frames to the byte") {
  Stage stage;
  const auto recorded = stage.folder() / "recorded";
  const auto replayed = stage.folder() / "replayed";
  stage.start_simulator({"--games", "12", "--seed", "11"});
  {
    Process arbees{stage.arbees({"--seconds", "12", "--capture", recorded.string()}),
                   stage.folder() / "first.log"};
    const auto code = arbees.wait(seconds{60});
    INFO(arbees.output());
    REQUIRE(code == 0);
  }
  const auto matched = stage.summary().at("games_matched").to_number<int>();
  CHECK(matched > 0);
  stage.kill_simulator();
  stage.start_simulator({"--replay", recorded.string()});
  {
    Process arbees{stage.arbees({"--seconds", "10", "--capture", replayed.string()}),
                   stage.folder() / "second.log"};
    const auto code = arbees.wait(seconds{60});
    INFO(arbees.output());
    REQUIRE(code == 0);
  }
  CHECK(stage.summary().at("games_matched").to_number<int>() == matched);

  const auto before = read_wire(recorded);
  const auto after = read_wire(replayed);
  CHECK(before.flaws == 0);
  CHECK(after.flaws == 0);
  for (const auto* const feed : {"kalshi_feed", "polymarket_feed"}) {
    CAPTURE(feed);
    REQUIRE(before.frames.contains(feed));
    REQUIRE(after.frames.contains(feed));
    CHECK(after.frames.at(feed).size() >= before.frames.at(feed).size() / 2);
    CHECK(is_prefix(after.frames.at(feed), before.frames.at(feed)));
  }
  for (const auto& [target, bodies] : after.answers) {
    CAPTURE(target);
    REQUIRE(before.answers.contains(target));
    CHECK(bodies.front() == before.answers.at(target).front());
  }

  Process info{{"arbees", "capture-info", recorded.string(), "--json"},
               stage.folder() / "info.json"};
  REQUIRE(info.wait(seconds{30}) == 0);
  const auto runs = boost::json::parse(info.output()).at("runs").as_array();
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].at("flaws").as_array().empty());
  CHECK(runs[0].at("span_s").to_number<double>() > 5);
}

TEST_CASE("A killed run leaves a capture that can be read to its last frame") {
  Stage stage;
  const auto recorded = stage.folder() / "recorded";
  stage.start_simulator({"--games", "12", "--seed", "11"});
  Process arbees{stage.arbees({"--capture", recorded.string()}), stage.folder() / "arbees.log"};
  const auto wrote = [&] {
    auto reader = CaptureReader::open(recorded);
    std::size_t count = 0;
    while (reader && reader->next()) {
      ++count;
    }
    return count > 100;
  };
  INFO(arbees.output());
  REQUIRE(eventually(wrote, seconds{60}));
  arbees.signal(SIGKILL);
  REQUIRE(arbees.wait(seconds{5}));
  auto reader = CaptureReader::open(recorded);
  REQUIRE(reader);
  while (reader->next()) {
  }
  REQUIRE(reader->flaws().size() == 1);
  CHECK(reader->flaws()[0].kind != CaptureFlaw::Kind::corrupt);
  Process info{{"arbees", "capture-info", recorded.string()}, stage.folder() / "info.txt"};
  REQUIRE(info.wait(seconds{30}) == 0);
  CHECK_THAT(info.output(), Catch::Contains("wire-000001.zst") && Catch::Contains("kalshi_feed"));
}

TEST_CASE("The capture of a live run holds its orders and none of its credentials") {
  Stage stage;
  const auto recorded = stage.folder() / "recorded";
  stage.start_simulator({"--games", "24", "--seed", "12", "--speed", "10"});
  Process arbees{stage.live_arbees({"--seconds", "8", "--capture", recorded.string()}),
                 stage.folder() / "arbees.log"};
  const auto code = arbees.wait(seconds{90});
  INFO(arbees.output());
  REQUIRE(code == 0);
  auto reader = CaptureReader::open(recorded);
  REQUIRE(reader);
  std::map<std::string, int> seen;
  while (const auto record = reader->next()) {
    const auto text = record->target + record->payload;
    CHECK(text.find("00000000-0000-4000-8000-000000000001") == std::string::npos); // the key's id
    for (const auto* const mark :
         {"KALSHI-ACCESS-KEY: ", "KALSHI-ACCESS-SIGNATURE: ", "POLY_API_KEY: ", "POLY_SIGNATURE: ",
          "POLY_PASSPHRASE: ", R"("signature":)", R"("owner":)", R"("apiKey":)", R"("secret":)",
          R"("passphrase":)", R"("auth":)"}) {
      for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
        ++seen[mark];
        const auto value = text.substr(at + std::string_view{mark}.size(), 12);
        CHECK(value.find("[redacted]") <= 1);
      }
    }
  }
  for (const auto* const mark : {"KALSHI-ACCESS-SIGNATURE: ", "POLY_PASSPHRASE: ", R"("owner":)",
                                 R"("signature":)", R"("secret":)", R"("auth":)"}) {
    CAPTURE(mark);
    CHECK(seen[mark] > 0);
  }
}
