#include "bridges/cluster/tls.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>

#include "actors/orchestrator/orchestrator_actor.hpp"
#include "bridges/cluster/orchestrator_link_actor.hpp"
#include "tests/actors/orchestrator/scene.hpp"
#include "tests/system/process.hpp"

using namespace arbees;
using namespace arbees::test;
using namespace std::chrono_literals;

namespace {

/// Runs openssl, as README has it.
void openssl(const std::filesystem::path& folder, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "/usr/bin/openssl");
  Process program{arguments, folder / "openssl.log"};
  const auto code = program.wait(60s);
  INFO(program.output());
  REQUIRE(code == 0);
}

/// A new authority `name` and a certificate of its own for one process.
TlsFiles make_certificate(const TemporaryFolder& folder, const std::string& name) {
  const auto file = [&](const char* what) { return (folder / (name + what)).string(); };
  openssl(folder.path(), {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                          "-nodes", "-days", "2", "-subj", "/CN=" + name, "-keyout",
                          file("-ca.key"), "-out", file("-ca.pem")});
  openssl(folder.path(), {"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                          "-subj", "/CN=node", "-keyout", file(".key"), "-out", file(".csr")});
  openssl(folder.path(), {"x509", "-req", "-in", file(".csr"), "-CA", file("-ca.pem"), "-CAkey",
                          file("-ca.key"), "-CAcreateserial", "-days", "2", "-out", file(".pem")});
  std::filesystem::permissions(file(".key"), std::filesystem::perms::owner_read);
  return {.certificate = file(".pem"), .key = file(".key"), .authority = file("-ca.pem")};
}

struct TlsConfig : caf::actor_system_config {
  explicit TlsConfig(const TlsFiles& files) {
    set("scheduler.max-threads", std::size_t{1});
    add_message_types<caf::id_block::arbees>();
    add_message_types<caf::id_block::arbees_cluster>();
    load_network(*this, files);
  }
};

/// A process, as far as CAF's network layer can tell: what is spawned ends with it.
class Host {
public:
  explicit Host(const TlsFiles& files) : config_{files} {}

  ~Host() {
    for (const auto& actor : spawned_) {
      caf::anon_send_exit(actor, caf::exit_reason::kill);
    }
  }

  template <class F, class... Args>
  auto spawn(F function, Args&&... args) {
    auto handle = system.spawn(function, std::forward<Args>(args)...);
    spawned_.push_back(caf::actor_cast<caf::actor>(handle));
    return handle;
  }

private:
  TlsConfig config_;

public:
  caf::actor_system system{config_};

private:
  std::vector<caf::actor> spawned_;
};

/// Counts the games that its process was given.
LeasingHostActor::behavior_type
counting_host(LeasingHostActor::pointer, std::shared_ptr<std::atomic<int>> given) {
  return {
    [](HeldAtom) { return HeldGames{}; },
    [](const ReleaseGame&) { return HeldGames{}; },
    [given](const GameAssignment&) { ++*given; },
    [](const GameUpdate&) {},
    [](const GameEnded&) {},
    [](const Tick&) {},
    [](caf::get_atom) { return Metrics{}; },
  };
}

/// Time goes on from the evening of the scene.
Timestamp wall() {
  static const auto began = std::chrono::steady_clock::now();
  return scene_time + 1min
         + std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - began);
}

/// An orchestrator with one matched game that takes connections with TLS.
struct Headquarters : Host {
  explicit Headquarters(const TlsFiles& files) : Host{files} {
    boss =
      spawn(orchestrator,
            OrchestratorConfig{.lease = {.length = 2s, .margin = 1s, .may_follow_another = true}},
            shipped_tables());
    const auto bound = publish_on_network(system, boss, 0, "127.0.0.1");
    REQUIRE(bound);
    port = *bound;
    caf::anon_send(boss, Tick{wall()});
    caf::anon_send(boss, scoreboard({celtics_at_knicks()}));
    caf::anon_send(boss, catalogue(Venue::kalshi, {celtics_kalshi()}));
    caf::anon_send(boss, catalogue(Venue::polymarket, {celtics_polymarket()}));
  }

  /// True once a shard host of a process with these files is given the game.
  bool gives_a_game_to(const TlsFiles& files) {
    Host outpost{files};
    const auto given = std::make_shared<std::atomic<int>>(0);
    const auto shards = outpost.spawn(counting_host, given);
    const auto link = outpost.spawn(
      orchestrator_link,
      OrchestratorLinkConfig{
        .orchestrators = {{.name = "orchestrator", .host = "127.0.0.1", .port = port}},
        .node = "outpost-" + std::to_string(++outposts),
        .incarnation = 1,
        .capacity = 3,
        .clock = wall,
        .host = shards,
        .heartbeat = 100ms});
    return eventually(
      [&] {
        caf::anon_send(boss, Tick{wall()});
        caf::anon_send(link, Tick{wall()});
        return *given > 0;
      },
      30s);
  }

  ClusterOrchestratorActor boss;
  std::uint16_t port = 0;
  int outposts = 0;
};

} // namespace

TEST_CASE("With certificates of one authority a shard host joins, others get nothing") {
  const TemporaryFolder folder;
  const auto ours = make_certificate(folder, "ours");
  const auto theirs = make_certificate(folder, "theirs");
  REQUIRE_FALSE(check_tls(ours));
  Headquarters headquarters{ours};
  namespace asio = boost::asio;
  asio::io_context io;
  asio::ip::tcp::socket silent{io};
  asio::ip::tcp::socket noisy{io};
  const asio::ip::tcp::endpoint place{asio::ip::address_v4::loopback(), headquarters.port};
  silent.connect(place);
  noisy.connect(place);
  asio::write(noisy, asio::buffer(std::string(100'000, 'x')));
  {
    Host stranger{theirs};
    CHECK_FALSE(caf::openssl::remote_actor<ClusterOrchestratorActor>(stranger.system, "127.0.0.1",
                                                                     headquarters.port));
    // Who trusts us is not trusted by us.
    Host flatterer{
      {.certificate = theirs.certificate, .key = theirs.key, .authority = ours.authority}};
    CHECK_FALSE(caf::openssl::remote_actor<ClusterOrchestratorActor>(flatterer.system, "127.0.0.1",
                                                                     headquarters.port));
    Host plain{{}};
    CHECK_FALSE(plain.system.middleman().remote_actor<ClusterOrchestratorActor>("127.0.0.1",
                                                                                headquarters.port));
  }
  CHECK(headquarters.gives_a_game_to(ours));
}

TEST_CASE("Failed handshakes of strangers end nobody else's connection") {
  const TemporaryFolder folder;
  const auto ours = make_certificate(folder, "ours");
  const auto theirs = make_certificate(folder, "theirs");
  Headquarters headquarters{ours};
  Host good{ours};
  Host stranger{theirs};
  const auto boss = caf::openssl::remote_actor<ClusterOrchestratorActor>(good.system, "127.0.0.1",
                                                                         headquarters.port);
  REQUIRE(boss);
  caf::scoped_actor self{good.system};
  self->monitor(*boss);
  for (auto i = 0; i < 10; ++i) {
    CHECK_FALSE(caf::openssl::remote_actor<ClusterOrchestratorActor>(stranger.system, "127.0.0.1",
                                                                     headquarters.port));
    auto answered = false;
    self->request(*boss, 10s, caf::get_atom_v)
      .receive([&](const Metrics&) { answered = true; }, [](const caf::error&) {});
    REQUIRE(answered);
  }
  CHECK(self->mailbox().empty());
}

TEST_CASE("Certificates that cannot be used are named at the start") {
  const TemporaryFolder folder;
  const auto ours = make_certificate(folder, "ours");
  const auto theirs = make_certificate(folder, "theirs");
  const auto refusal = [](const TlsFiles& files) { return describe(check_tls(files)); };
  CHECK_FALSE(check_tls({}));
  auto files = ours;
  files.authority.clear();
  CHECK(refusal(files).find("TLS needs all of") != std::string::npos);
  files = ours;
  files.key = theirs.key;
  CHECK(refusal(files).find("not the private key") != std::string::npos);
  files = ours;
  files.certificate = folder / "nowhere.pem";
  CHECK(refusal(files).find("nowhere.pem: not a certificate") != std::string::npos);
  files = ours;
  files.authority = folder / "openssl.log";
  CHECK(refusal(files).find("not a certificate") != std::string::npos);
  std::filesystem::permissions(ours.key, std::filesystem::perms::group_read,
                               std::filesystem::perm_options::add);
  CHECK(refusal(ours).find("chmod 600") != std::string::npos);
}
