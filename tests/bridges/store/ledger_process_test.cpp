#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <random>
#include <set>

#include "actors/messages/errors.hpp"
#include "bridges/store/ledger.hpp"
#include "tests/bridges/store/child_process.hpp"
#include "tests/bridges/store/temp_directory.hpp"
#include "tests/bridges/store/trades.hpp"

// What only another process can show: its death, its limits.

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp now{100s};

/// Commits intents first, first + 1, … for ever, and tells each number once it is acknowledged.
void commit_for_ever(const std::filesystem::path& path, std::uint64_t first, int pipe) {
  auto ledger = Ledger::open({.path = path});
  if (!ledger) {
    ::_exit(2);
  }
  for (auto number = first;; ++number) {
    if (ledger->commit_intent(make_intent(number), now)) {
      ::_exit(4);
    }
    tell(pipe, number);
  }
}

/// Limits the size of files and asks what then becomes of intents; raises the limit and asks again.
/// Tells 1 for refused, 2 for committed, 3 for any other error.
void commit_on_full_disk(const std::filesystem::path& path, int pipe) {
  // The signal that the limit sends would end the process, where a full disk only fails the call.
  ::signal(SIGXFSZ, SIG_IGN);
  auto ledger = Ledger::open({.path = path});
  const auto attempt = [&](std::uint64_t number) {
    const auto error = ledger->commit_intent(make_intent(number), now);
    tell(pipe, !error ? 2 : error == Errc::ledger_refused ? 1 : 3);
  };
  if (!ledger) {
    ::_exit(2);
  }
  attempt(1);
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  const auto unlimited = limit.rlim_cur;
  limit.rlim_cur = 4096;
  ::setrlimit(RLIMIT_FSIZE, &limit);
  attempt(2);
  attempt(2);
  limit.rlim_cur = unlimited;
  ::setrlimit(RLIMIT_FSIZE, &limit);
  attempt(2);
}

constexpr std::uint64_t no_disk = 1'000'000'001;
constexpr std::uint64_t full = 1'000'000'002;
constexpr std::uint64_t wrong = 1'000'000'003;

/// Commits on a disk of its own until that is full, makes room, and goes on. Tells each number that
/// was acknowledged, `full` when the disk is, and `wrong` for what must not be.
void fill_a_small_disk(const std::filesystem::path& folder, int pipe) {
  // In a namespace of its own the disk goes away with the process.
  if (::unshare(::geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0
      || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0
      || ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=1m") != 0) {
    tell(pipe, no_disk);
    return;
  }
  const auto path = folder / "ledger.db";
  const auto ballast = folder / "ballast";
  std::ofstream{ballast} << std::string(400'000, 'x');
  std::set<std::uint64_t> acknowledged;
  std::uint64_t number = 1;
  {
    auto ledger = Ledger::open({.path = path});
    if (!ledger) {
      ::_exit(2);
    }
    auto error = ledger->commit_intent(make_intent(number), now);
    for (; !error; error = ledger->commit_intent(make_intent(++number), now)) {
      acknowledged.insert(number);
    }
    tell(pipe, error == Errc::ledger_refused ? full : wrong);
    tell(pipe,
         ledger->commit_intent(make_intent(number), now) == Errc::ledger_refused ? full : wrong);
    std::filesystem::remove(ballast);
    for (const auto last = number + 20; number < last; ++number) {
      if (!ledger->commit_intent(make_intent(number), now)) {
        acknowledged.insert(number);
      }
    }
  }
  auto ledger = Ledger::open({.path = path});
  const auto pairs =
    ledger ? ledger->open_pairs() : caf::expected<std::vector<OpenPair>>{ledger.error()};
  const auto verdict = ledger ? ledger->verify() : caf::expected<LedgerVerdict>{ledger.error()};
  if (!pairs || !verdict || verdict->fault || pairs->size() != acknowledged.size()) {
    tell(pipe, wrong);
    return;
  }
  for (const auto& pair : *pairs) {
    tell(pipe,
         acknowledged.contains(pair.request.pair.value()) ? pair.request.pair.value() : wrong);
  }
}

/// Opens the ledger as somebody who may only read it, and tells 1 if that was refused for this
/// reason, else 2.
void open_as_reader_only(const std::filesystem::path& path, int pipe) {
  // Root may write whatever the file's mode says.
  if (::geteuid() == 0 && ::seteuid(65534) != 0) {
    ::_exit(2);
  }
  const auto ledger = Ledger::open({.path = path});
  const auto refused =
    !ledger && describe(ledger.error()).find("the file is read-only") != std::string::npos;
  tell(pipe, refused ? 1 : 2);
}

std::set<std::uint64_t> committed(const std::filesystem::path& path) {
  auto ledger = Ledger::open({.path = path});
  INFO((ledger ? "" : describe(ledger.error())));
  REQUIRE(ledger);
  const auto pairs = ledger->open_pairs();
  REQUIRE(pairs);
  std::set<std::uint64_t> numbers;
  const auto verdict = ledger->verify();
  REQUIRE(verdict);
  CHECK_FALSE(verdict->fault);
  for (const auto& pair : *pairs) {
    REQUIRE(pair.orders.size() == 2);
    numbers.insert(pair.request.pair.value());
  }
  return numbers;
}

} // namespace

TEST_CASE("Every acknowledged intent outlives SIGKILL at any moment") {
  const TempDirectory directory;
  const auto path = directory / "ledger.db";
  std::mt19937_64 random{20261121};
  std::set<std::uint64_t> acknowledged;
  for (auto round = 0; round < 20; ++round) {
    CAPTURE(round);
    const auto first = acknowledged.empty() ? 1 : *acknowledged.rbegin() + 1000;
    Child child{[&](int pipe) { commit_for_ever(path, first, pipe); }};
    // The child is killed in the middle of a commit: it goes on while this process counts.
    const auto enough = 1 + random() % 40;
    for (std::uint64_t i = 0; i < enough; ++i) {
      const auto number = child.next();
      REQUIRE(number);
      acknowledged.insert(*number);
    }
    // Up to a millisecond of work: the length of a few commits.
    random.discard(random() % 300'000);
    child.kill();
    while (const auto number = child.next()) {
      acknowledged.insert(*number);
    }
    const auto found = committed(path);
    CHECK(std::includes(found.begin(), found.end(), acknowledged.begin(), acknowledged.end()));
    // At most the one that was under way is there without having been acknowledged.
    CHECK(found.size() <= acknowledged.size() + static_cast<std::size_t>(round) + 1);
  }
}

TEST_CASE("A full disk refuses intents, loses none, and is forgotten when there is room again") {
  const TempDirectory directory;
  const auto path = directory / "ledger.db";
  Child child{[&](int pipe) { commit_on_full_disk(path, pipe); }};
  CHECK(child.next() == 2);
  CHECK(child.next() == 1);
  CHECK(child.next() == 1);
  CHECK(child.next() == 2);
  CHECK(child.wait() == 0);
  CHECK(committed(path) == std::set<std::uint64_t>{1, 2});
}

TEST_CASE("A disk that fills up under the ledger loses nothing that was acknowledged") {
  const TempDirectory directory;
  std::filesystem::create_directory(directory / "disk");
  Child child{[&](int pipe) { fill_a_small_disk(directory / "disk", pipe); }};
  const auto first = child.next();
  if (first == no_disk) {
    WARN("no right to mount a small disk: only the limit on a file's size was tested");
    return;
  }
  CHECK(first == full);
  CHECK(child.next() == full);
  std::set<std::uint64_t> found;
  while (const auto number = child.next()) {
    CHECK(number != wrong);
    found.insert(*number);
  }
  CHECK(child.wait() == 0);
  CHECK(found.size() > 20);
  CHECK(*found.rbegin() == found.size());
}

TEST_CASE("A file that may only be read is refused, and stays as it is") {
  const TempDirectory directory;
  const auto path = directory / "ledger.db";
  {
    auto ledger = Ledger::open({.path = path});
    REQUIRE(ledger);
    REQUIRE(ledger->commit_intent(make_intent(1), now) == caf::none);
  }
  namespace fs = std::filesystem;
  fs::permissions(path.parent_path(), fs::perms::all);
  fs::permissions(path, fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read);
  fs::permissions(path.string() + ".lock", fs::perms::all);
  Child child{[&](int pipe) { open_as_reader_only(path, pipe); }};
  CHECK(child.next() == 1);
  CHECK(child.wait() == 0);
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  CHECK(committed(path) == std::set<std::uint64_t>{1});
}

TEST_CASE("A ledger is in use until its process is gone") {
  const TempDirectory directory;
  const auto path = directory / "ledger.db";
  Child child{[&](int pipe) { commit_for_ever(path, 1, pipe); }};
  REQUIRE(child.next());
  const auto second = Ledger::open({.path = path});
  REQUIRE_FALSE(second);
  CHECK_THAT(describe(second.error()), Catch::Contains("in use by process"));
  auto reader = Ledger::open({.path = path, .access = DatabaseAccess::read});
  REQUIRE(reader);
  CHECK_FALSE(reader->open_pairs()->empty());
  child.kill();
  CHECK(Ledger::open({.path = path}));
}
