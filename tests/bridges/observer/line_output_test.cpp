#include "bridges/observer/line_output.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/actor_fixture.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

/// A directory that goes with the test.
class TemporaryDirectory {
public:
  TemporaryDirectory() {
    auto pattern = (std::filesystem::temp_directory_path() / "arbees-output-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path); }

  [[nodiscard]] std::string file(const std::string& name) const { return path / name; }

  std::filesystem::path path;
};

std::string content(const std::string& path) {
  std::ifstream in{path};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

class OutputFixture : public ActorFixture, public TemporaryDirectory {};

} // namespace

SCENARIO_METHOD(OutputFixture, "a batch becomes lines behind what the file had") {
  GIVEN("a file with a line, and an output on it") {
    std::ofstream{file("bus.jsonl")} << "old\n";
    auto writer = LineWriter::append_to(file("bus.jsonl"));
    REQUIRE(writer);
    const auto output = spawn(line_output, LineTarget{std::move(*writer)}, json_format());
    WHEN("a batch comes") {
      OutputBatch batch{.output = 3};
      batch.messages = {WireMessage{.topic = "a", .payload = "{}"},
                        WireMessage{.topic = "b", .payload = "{}"}};
      batch.notices = {WireNotice{.event = "gap"}};
      self->send(output, batch);
      sched.run();
      THEN("the lines are there and the sender hears how many") {
        const auto done = next<OutputDone>();
        REQUIRE(done);
        CHECK(done->output == 3);
        CHECK(done->written == 3);
        CHECK(done->failed == 0);
        const auto text = content(file("bus.jsonl"));
        CHECK(text.starts_with("old\n{"));
        CHECK(std::count(text.begin(), text.end(), '\n') == 4);
      }
    }
  }
}

SCENARIO_METHOD(OutputFixture, "a full disk is counted, and the observer goes on") {
  GIVEN("an output on a device that is always full") {
    const auto full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    REQUIRE(full >= 0);
    const auto output =
      spawn(line_output, LineTarget{LineWriter::to_descriptor(full)}, json_format());
    WHEN("a batch comes") {
      OutputBatch batch;
      batch.messages.resize(5, WireMessage{.payload = "{}"});
      self->send(output, batch);
      sched.run();
      THEN("all of its lines have failed") {
        const auto done = next<OutputDone>();
        REQUIRE(done);
        CHECK(done->written == 0);
        CHECK(done->failed == 5);
      }
    }
    ::close(full);
  }
}

TEST_CASE("a reader that does not read is given up, and a torn line is ended") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  auto writer = LineWriter::to_descriptor(ends[1], 1ms);
  const auto line = std::string(999, 'x') + "\n";
  std::string lines;
  for (auto i = 0; i < 200; ++i) {
    lines += line;
  }
  const auto failed = writer.write(lines);
  CHECK(failed > 0);
  CHECK(failed < 200);
  std::string taken(lines.size(), '\0');
  const auto size = ::read(ends[0], taken.data(), taken.size());
  REQUIRE(size > 0);
  taken.resize(static_cast<std::size_t>(size));
  CHECK(static_cast<std::size_t>(std::count(taken.begin(), taken.end(), '\n')) == 200 - failed);
  REQUIRE(taken.back() != '\n');
  CHECK(writer.write("next\n") == 0);
  char rest[16] = {};
  REQUIRE(::read(ends[0], rest, sizeof rest) == 6);
  CHECK(std::string{rest} == "\nnext\n");
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("a file that cannot be opened is one clear error") {
  const auto writer = LineWriter::append_to("/nowhere/at/all.jsonl");
  REQUIRE_FALSE(writer);
  CHECK(describe(writer.error())
        == "io_failed: cannot append to '/nowhere/at/all.jsonl': No such file or directory");
}
