#include "bridges/observer/metrics_page.hpp"

#include <fmt/format.h>

#include "tests/actor_fixture.hpp"

using namespace arbees;
using namespace arbees::test;

SCENARIO_METHOD(ActorFixture, "the bus's counters become a page for Prometheus") {
  GIVEN("a page and its actor") {
    const auto page = std::make_shared<MetricsPage>();
    const auto actor = spawn(metrics_page, page, std::string{"here"});
    WHEN("counters come over the bus and from inside") {
      OutputBatch batch{.output = 2};
      batch.messages = {
        WireMessage{.topic = "telemetry.metrics",
                    .source = "node:demo",
                    .payload =
                      R"({"component":"executor","values":{"pairs_open":3,"rejected:a\"b":1}})"},
        WireMessage{.topic = "telemetry.metrics", .source = "node:demo", .payload = "[]"}};
      self->send(actor, batch);
      self->send(actor, Metrics{.source = "observer", .values = {{"gaps", 7}}});
      self->send(actor, Metrics{.source = "observer", .values = {{"gaps", 8}}});
      sched.run();
      THEN("each is a line with the latest value, and the observer hears that it is done") {
        CHECK(page->text()
              == "arbees_executor_pairs_open{node=\"demo\"} 3\n"
                 "arbees_executor_rejected{node=\"demo\",key=\"a\\\"b\"} 1\n"
                 "arbees_observer_gaps{node=\"here\"} 8\n");
        const auto done = next<OutputDone>();
        REQUIRE(done);
        CHECK(done->output == 2);
      }
    }
  }
}

TEST_CASE("A flood of names ends at a bound") {
  MetricsPage page;
  Metrics metrics{.source = "x"};
  for (std::size_t i = 0; i < MetricsPage::max_series + 100; ++i) {
    metrics.values[fmt::format("a:{}", i)] = 1;
  }
  page.learn("n", metrics);
  const auto text = page.text();
  CHECK(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'))
        == MetricsPage::max_series);
}
