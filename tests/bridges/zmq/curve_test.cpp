#include <sys/stat.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <fstream>
#include <random>

#include "bridges/zmq/curve_door.hpp"
#include "bridges/zmq/snapshot_client.hpp"
#include "tests/bridges/zmq/bus_fixture.hpp"
#include "tests/system/process.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kalshi = PublishRole::kalshi_monitor;

std::string text_of(const std::filesystem::path& file) {
  auto text = read_file(file);
  text.resize(text.find_last_not_of('\n') + 1);
  return text;
}

mode_t mode_of(const std::filesystem::path& path) {
  struct stat status {};
  ::stat(path.c_str(), &status);
  return status.st_mode & 0777U;
}

/// A host that publishes behind a door, and the folders of others.
class CurveFixture : public TemporaryFolder, public Bus {
public:
  CurveFixture() {
    REQUIRE(make_curve_keys(folder("host"), "host"));
    keys = load(folder("host") / "host.key");
    auto opened = CurveDoor::open(context, keys);
    REQUIRE(opened);
    door = *opened;
    out.emplace(publisher(settings()));
  }

  [[nodiscard]] std::filesystem::path folder(const std::string& name) const { return *this / name; }

  static std::shared_ptr<const CurveKeys> load(const std::filesystem::path& key) {
    auto loaded = CurveKeys::load({.key_file = key});
    if (!loaded) {
      FAIL(describe(loaded.error()));
    }
    return *loaded;
  }

  PublisherConfig settings() {
    auto config = publisher_config({{kalshi, "tcp://127.0.0.1:*"}});
    config.snapshot_endpoint = "tcp://127.0.0.1:*";
    config.door = door;
    return config;
  }

  /// A pair of someone else, who expects the host's key on the loopback.
  std::shared_ptr<const CurveKeys> stranger(const std::string& name) {
    REQUIRE(make_curve_keys(folder(name), name));
    std::filesystem::copy_file(folder("host") / "host.pub", folder(name) / "127.0.0.1.pub");
    return load(folder(name) / (name + ".key"));
  }

  /// The same, whom the host knows.
  std::shared_ptr<const CurveKeys> client(const std::string& name) {
    auto made = stranger(name);
    std::filesystem::copy_file(folder(name) / (name + ".pub"), folder("host") / (name + ".pub"));
    return made;
  }

  /// A reader of the host's, in a context of its own as another process has one.
  Subscriber reader(zmq::context_t& its_context, std::shared_ptr<const CurveKeys> its_keys) {
    auto config = subscriber_config({out->endpoint(kalshi)});
    config.keys = std::move(its_keys);
    auto opened = Subscriber::open(its_context, std::move(config));
    if (!opened) {
      FAIL(describe(opened.error()));
    }
    return std::move(*opened);
  }

  void say() {
    out->publish(kalshi, "prices.kalshi.A", [](std::string& text) { text += "{}"; });
  }

  /// True once `in` hears the host.
  bool hears(Subscriber& in) {
    return eventually(
      [&] {
        say();
        return in.receive().has_value();
      },
      20s);
  }

  /// True once somebody was turned away for one of `reasons`, and `in` heard nothing meanwhile.
  bool turned_away(const std::set<std::string>& reasons, Subscriber& in) {
    auto heard = false;
    const auto counted = eventually(
      [&] {
        say();
        heard = heard || in.receive().has_value();
        const auto denied = door->counters().denied;
        return std::ranges::any_of(denied, [&](const auto& entry) {
          return reasons.contains(entry.first);
        });
      },
      20s);
    return counted && !heard;
  }

  std::shared_ptr<const CurveKeys> keys;
  std::shared_ptr<CurveDoor> door;
  std::optional<Publisher> out;
  zmq::context_t elsewhere;
};

} // namespace

TEST_CASE("A new pair of keys is for its owner, and no second one takes its place") {
  const TemporaryFolder home;
  const auto folder = home / "keys";
  const auto made = make_curve_keys(folder, "feeds.lan");
  REQUIRE(made);
  CHECK(made->secret == folder / "feeds.lan.key");
  CHECK(mode_of(folder) == 0700);
  CHECK(mode_of(made->secret) == 0600);
  CHECK(mode_of(made->public_key) == 0644);
  const auto secret = read_file(made->secret);
  CHECK(secret.size() == 41);
  CHECK(text_of(made->public_key).size() == 40);

  const auto again = make_curve_keys(folder, "feeds.lan");
  REQUIRE_FALSE(again);
  CHECK(describe(again.error()).find("it is not overwritten") != std::string::npos);
  CHECK(read_file(made->secret) == secret);

  std::filesystem::remove(made->public_key);
  CHECK_FALSE(make_curve_keys(folder, "feeds.lan"));
  CHECK(read_file(made->secret) == secret);
  CHECK_FALSE(std::filesystem::exists(made->public_key));

  for (const auto* const name : {"", ".hidden", "-x", "a/b", "../a", "a b"}) {
    CHECK_FALSE(make_curve_keys(folder, name));
  }
  std::filesystem::permissions(folder, std::filesystem::perms::all);
  CHECK_FALSE(make_curve_keys(folder, "other"));
}

TEST_CASE("Keys that others could read or put there are refused, and never shown") {
  const TemporaryFolder home;
  const auto folder = home / "keys";
  REQUIRE(make_curve_keys(folder, "me"));
  const auto secret = text_of(folder / "me.key");
  const auto refusal = [&] {
    const auto loaded = CurveKeys::load({.key_file = folder / "me.key"});
    const auto text = loaded ? std::string{} : describe(loaded.error());
    CHECK(text.find(secret) == std::string::npos);
    return text;
  };
  CHECK(refusal().empty());
  const auto loaded = CurveKeys::load({.key_file = folder / "me.key"});
  CHECK((*loaded)->public_key() == text_of(folder / "me.pub"));
  using std::filesystem::perm_options;
  using std::filesystem::perms;

  std::filesystem::permissions(folder / "me.key", perms::group_read, perm_options::add);
  CHECK(refusal().find("chmod 600") != std::string::npos);
  std::filesystem::permissions(folder / "me.key", perms::group_read, perm_options::remove);
  std::filesystem::permissions(folder, perms::group_write, perm_options::add);
  CHECK(refusal().find("chmod go-w") != std::string::npos);
  std::filesystem::permissions(folder, perms::group_write, perm_options::remove);
  std::filesystem::permissions(folder / "me.pub", perms::others_write, perm_options::add);
  CHECK(refusal().find("chmod go-w") != std::string::npos);
  std::filesystem::remove(folder / "me.pub");
  std::ofstream{folder / "friend.pub"} << "no key\n";
  CHECK(refusal().find("friend.pub: not a public key") != std::string::npos);
  std::filesystem::remove(folder / "friend.pub");
  std::ofstream{folder / "me.key"} << secret.substr(1) << "\n";
  CHECK(refusal().find("not a secret key") != std::string::npos);
}

TEST_CASE("Only the loopback, ipc and inproc stay on the machine") {
  for (const auto* const here : {"tcp://127.0.0.1:5555", "tcp://127.1.2.3:1", "tcp://localhost:*",
                                 "tcp://[::1]:5", "ipc:///tmp/x", "inproc://x"}) {
    CHECK_FALSE(leaves_machine(here));
  }
  for (const auto* const away :
       {"tcp://10.0.0.1:5555", "tcp://*:5555", "tcp://0.0.0.0:5555", "tcp://eth0:1",
        "tcp://127.example.com:1", "tcp://127.0.0.1.example.com:1",
        "tcp://127.0.0.1:0;10.0.0.1:5555", "udp://127.0.0.1:1", "epgm://eth0;1.2.3.4:5"}) {
    CHECK(leaves_machine(away));
  }
  CHECK(bus_endpoint("10.0.0.1", 5555) == "tcp://10.0.0.1:5555");
  CHECK(bus_endpoint("ipc:///run/arbees", 5555) == "ipc:///run/arbees/5555");
  CHECK(bus_endpoint("inproc://bus", 5555) == "inproc://bus-5555");
  CHECK(reachable("tcp://*:5555") == "tcp://127.0.0.1:5555");
  CHECK(reachable("tcp://10.0.0.1:5555") == "tcp://10.0.0.1:5555");
}

TEST_CASE("Nothing leaves the machine without keys") {
  zmq::context_t context;
  const auto clock = [] { return test_time(); };
  const auto out =
    Publisher::open(context,
                    {.endpoints = {{kalshi, "tcp://0.0.0.0:0"}}, .run = "run1", .clock = clock});
  REQUIRE_FALSE(out);
  CHECK(describe(out.error()).find("needs a key") != std::string::npos);
  const auto answers = Publisher::open(context, {.endpoints = {{kalshi, "tcp://127.0.0.1:*"}},
                                                 .snapshot_endpoint = "tcp://*:0",
                                                 .run = "run1",
                                                 .clock = clock});
  CHECK_FALSE(answers);
  const auto in =
    Subscriber::open(context, {.endpoints = {"tcp://192.0.2.1:5555"}, .clock = clock});
  REQUIRE_FALSE(in);
  CHECK(describe(in.error()).find("needs a key") != std::string::npos);
  CHECK_FALSE(SnapshotClient::open(context, "tcp://192.0.2.1:5563", clock));
}

SCENARIO_METHOD(CurveFixture, "whose key is known hears all, also what was said before") {
  const auto friendly = client("friend");
  say();
  auto config = subscriber_config({out->endpoint(kalshi)});
  config.snapshots = {out->snapshot_endpoint()};
  config.snapshot_patience = 20s;
  config.keys = friendly;
  auto in = Subscriber::open(elsewhere, std::move(config));
  REQUIRE(in);
  auto from_snapshot = false;
  CHECK(eventually(
    [&] {
      out->answer_late_readers();
      const auto received = in->receive();
      from_snapshot = received && std::get<WireMessage>(*received).from_snapshot;
      return received.has_value();
    },
    20s));
  CHECK(from_snapshot);
  CHECK(hears(*in));
  CHECK(door->counters().allowed >= 2);
  CHECK(door->counters().connections >= 2);
}

SCENARIO_METHOD(CurveFixture, "the host's own programs need no more than its key") {
  auto in = reader(elsewhere, keys);
  CHECK(hears(in));
}

SCENARIO_METHOD(CurveFixture, "who is not known hears nothing, until he is") {
  const auto unknown = stranger("unknown");
  auto in = reader(elsewhere, unknown);
  REQUIRE(turned_away({"unknown_key"}, in));
  std::filesystem::copy_file(folder("unknown") / "unknown.pub", folder("host") / "unknown.pub");
  CHECK(hears(in));
}

SCENARIO_METHOD(CurveFixture, "who has no keys hears nothing") {
  auto in = reader(elsewhere, nullptr);
  CHECK(turned_away({"mechanism", "gone"}, in)); // whoever of both hangs up first
}

SCENARIO_METHOD(CurveFixture, "who expects another key does not speak to the host") {
  const auto deceived = client("deceived");
  REQUIRE(make_curve_keys(folder("thief"), "thief"));
  std::filesystem::remove(folder("deceived") / "127.0.0.1.pub");
  std::filesystem::copy_file(folder("thief") / "thief.pub", folder("deceived") / "127.0.0.1.pub");
  auto in = reader(elsewhere, load(folder("deceived") / "deceived.key"));
  CHECK(turned_away({"cryptography"}, in));
}

SCENARIO_METHOD(CurveFixture, "a host whose key is not in the folder is not called") {
  auto config = subscriber_config({"tcp://192.0.2.1:5555"});
  config.keys = keys;
  const auto in = Subscriber::open(elsewhere, std::move(config));
  REQUIRE_FALSE(in);
  CHECK(describe(in.error()).find("there is no 192.0.2.1.pub in") != std::string::npos);
}

SCENARIO_METHOD(CurveFixture, "a flood of rubbish and strangers changes nothing for a reader") {
  const auto friendly = client("friend");
  auto in = reader(elsewhere, friendly);
  REQUIRE(hears(in));
  while (in.receive()) {
  }
  namespace asio = boost::asio;
  asio::io_context io;
  const auto port = out->endpoint(kalshi).substr(out->endpoint(kalshi).rfind(':') + 1);
  const asio::ip::tcp::endpoint target{asio::ip::address_v4::loopback(),
                                       static_cast<std::uint16_t>(std::stoi(port))};
  std::mt19937 random{7};
  std::optional<std::uint64_t> last;
  auto lost = 0;
  auto heard = 0;
  for (auto i = 0; i < 300; ++i) {
    asio::ip::tcp::socket socket{io};
    socket.connect(target);
    std::string rubbish(1 + random() % 4'000, '\0');
    for (auto& c : rubbish) {
      c = static_cast<char>(random());
    }
    if (i % 3 == 0) { // looks like ZeroMQ at first
      rubbish.replace(0, std::min<std::size_t>(12, rubbish.size()), "\xff\0\0\0\0\0\0\0\1\x7f\3\1",
                      12);
    }
    boost::system::error_code hung_up;
    asio::write(socket, asio::buffer(rubbish), hung_up);
    say();
    if (const auto received = in.receive()) {
      const auto seq = std::get<WireMessage>(*received).seq;
      lost += last && seq != *last + 1 ? 1 : 0;
      last = seq;
      ++heard;
    }
  }
  while (const auto received = in.receive()) {
    const auto seq = std::get<WireMessage>(*received).seq;
    lost += last && seq != *last + 1 ? 1 : 0;
    last = seq;
    ++heard;
  }
  CHECK(heard == 300);
  CHECK(lost == 0);
  CHECK(eventually([&] { return door->counters().connections >= 300; }, 20s));
  CHECK(door->counters().allowed == 1);
  CHECK_FALSE(door->counters().denied.empty());
  auto late = reader(elsewhere, friendly);
  CHECK(hears(late));
}

SCENARIO_METHOD(CurveFixture, "a frame that no reader sends ends its connection alone") {
  const auto friendly = client("friend");
  const auto noisy = client("noisy");
  auto in = reader(elsewhere, friendly);
  REQUIRE(hears(in));
  zmq::socket_t socket{elsewhere, zmq::socket_type::xsub};
  socket.set(zmq::sockopt::linger, 0);
  REQUIRE_FALSE(connect_with(socket, out->endpoint(kalshi), noisy.get()));
  const std::string huge(1024 * 1024, '\2'); // no subscription: the sender would keep that
  socket.send(zmq::buffer(huge), zmq::send_flags::none);
  CHECK(eventually([&] { return door->counters().allowed >= 3; }, 20s)); // it came back
  CHECK(hears(in));
}
