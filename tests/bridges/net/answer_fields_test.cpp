#include "bridges/net/answer_fields.hpp"

#include <catch2/catch.hpp>

using namespace arbees;

TEST_CASE("amounts are read from strings and numbers alike") {
  const auto json = parse_json(
    R"({"a":"0.4200","b":0.42,"c":"12.5","d":12.5,"e":7,"f":"-3.1234567899","g":0.1,"h":0.0001})");
  REQUIRE(json);
  AnswerFields fields{*json};
  CHECK(fields.price("a") == Price{4200});
  CHECK(fields.price("b") == Price{4200});
  CHECK(fields.quantity("c") == Quantity{12'500'000});
  CHECK(fields.quantity("d") == Quantity{12'500'000});
  CHECK(fields.integer("e") == 7);
  CHECK(fields.money("f") == Money{-3'123'456});
  CHECK(fields.price("g") == Price{1000});
  CHECK(fields.price("h") == Price{1});
  CHECK(fields.ok());
}

TEST_CASE("every price on the finest grid survives as a JSON number") {
  for (std::int32_t p = 0; p <= 10'000; ++p) {
    const auto json = parse_json("{\"p\":" + to_string(Price{p}) + "}");
    REQUIRE(json);
    AnswerFields fields{*json};
    REQUIRE(fields.price("p") == Price{p});
  }
}

TEST_CASE("empty text, null and a missing key are all absent") {
  const auto json = parse_json(R"({"empty":"","null":null})");
  REQUIRE(json);
  for (const auto* const key : {"empty", "null", "missing"}) {
    AnswerFields fields{*json};
    CHECK_FALSE(fields.quantity_if_any(key));
    CHECK_FALSE(fields.money_if_any(key));
    CHECK_FALSE(fields.integer_if_any(key));
    CHECK(fields.text_or_empty(key).empty());
    CHECK(fields.array(key).empty());
    CHECK_FALSE(fields.flag(key));
    CHECK(fields.ok());
    CHECK(fields.quantity(key) == Quantity{});
    CHECK_FALSE(fields.ok());
    CHECK(describe(fields.error()).find(key) != std::string::npos);
  }
}

TEST_CASE("values of another kind fail, and the first is named") {
  const auto* const text =
    GENERATE(R"({"x":{}})", R"({"x":[]})", R"({"x":true})", R"({"x":"abc"})", R"({"x":"1.2.3"})",
             R"({"x":1e300})", R"({"x":"99999999999999999999"})", R"({"x":"1e3"})",
             R"({"x":"0.5000000x"})");
  CAPTURE(text);
  const auto json = parse_json(text);
  REQUIRE(json);
  AnswerFields fields{*json};
  fields.quantity("x");
  CHECK_FALSE(fields.ok());
  fields.text("y");
  CHECK(describe(fields.error()) == "bad_frame: field x");
}

TEST_CASE("a price must lie between 0 and 1 and on the finest grid") {
  const auto* const text =
    GENERATE(R"({"x":"-0.1"})", R"({"x":"1.0001"})", R"({"x":"0.00005"})", R"({"x":"42"})");
  const auto json = parse_json(text);
  REQUIRE(json);
  AnswerFields fields{*json};
  fields.price("x");
  CHECK_FALSE(fields.ok());
}

TEST_CASE("what is no JSON is refused") {
  const auto text = GENERATE(as<std::string>{}, "", "{", "{\"a\":}", "nope", "{} {}", "\xff\xfe",
                             std::string(1000, '['), "<html>502</html>");
  CAPTURE(text);
  const auto json = parse_json(text);
  REQUIRE_FALSE(json);
  CHECK(json.error() == Errc::bad_frame);
}

TEST_CASE("fields of what is no object are all missing") {
  const auto* const text = GENERATE("null", "[]", "7", "\"x\"", "true");
  const auto json = parse_json(text);
  REQUIRE(json);
  AnswerFields fields{*json};
  CHECK(fields.text_or_empty("x").empty());
  CHECK_FALSE(fields.ok());
}
