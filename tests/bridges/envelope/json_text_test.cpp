#include "bridges/envelope/json_text.hpp"

#include <catch2/catch.hpp>

#include "bridges/envelope/json_writer.hpp"

using namespace arbees;

namespace {

std::string decimal_text(std::int64_t value, int decimals) {
  std::string out;
  JsonWriter{out}.decimal(value, decimals);
  return out;
}

} // namespace

TEST_CASE("numbers keep the digits that they were written with") {
  const std::string text = R"( {"a": 0.4200, "b": [1, -2.50, 1e3], "c": 18446744073709551615} )";
  const auto document = JsonDocument::parse(text);
  REQUIRE(document);
  const auto root = document->root();
  CHECK(root["a"].number() == "0.4200");
  CHECK(root["b"].raw() == "[1, -2.50, 1e3]");
  REQUIRE(root["b"].children().size() == 3);
  CHECK(root["b"].children()[0].integer() == 1);
  CHECK_FALSE(root["b"].children()[1].integer());
  CHECK_FALSE(root["c"].integer());
  CHECK_FALSE(root["missing"]);
  CHECK_FALSE(root["missing"]["deeper"].text());
}

TEST_CASE("strings and keys are unescaped") {
  const std::string text = R"({"\u0073eq":"q\"\\\/\n\u00e9\ud83d\ude00"})";
  const auto document = JsonDocument::parse(text);
  REQUIRE(document);
  CHECK(document->root()["seq"].text() == "q\"\\/\n\xc3\xa9\xf0\x9f\x98\x80");
  CHECK(document->root().children()[0].key() == "seq");
}

TEST_CASE("anything but one whole valid value is refused") {
  const auto text =
    GENERATE(as<std::string>{}, "", " ", "{", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "01",
             "1.", ".5", "+1", "-", "1e", "nul", "truefalse", "1 2", "\"", "\"\\", "\"\\x\"",
             "\"\\u12\"", "\"\\ud800\"", "\"\\udc00x\"", "\"\n\"", "\"\xff\"", "\"\xc0\xaf\"",
             "\"\xed\xa0\x80\"", "\"\xe2\x82\"", "\"\xf4\x90\x80\x80\"", "[1}", "NaN", "Infinity",
             "'a'", "[1 2]", "]");
  CAPTURE(text);
  const auto document = JsonDocument::parse(text);
  REQUIRE_FALSE(document);
  CHECK(document.error() == Errc::bad_frame);
}

TEST_CASE("nesting is bounded") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK(JsonDocument::parse(nested(JsonDocument::max_depth)));
  CHECK_FALSE(JsonDocument::parse(nested(JsonDocument::max_depth + 1)));
  CHECK_FALSE(JsonDocument::parse(std::string(2'000'000, '[')));
}

TEST_CASE("every cut and every flipped byte of a message is survived") {
  const std::string text = R"({"seq":17,"x":[0.42,null,true,"\u00e9"],"y":{"z":-1.5e-3}})";
  for (std::size_t i = 0; i < text.size(); ++i) {
    CHECK_FALSE(JsonDocument::parse(text.substr(0, i)));
    for (auto byte = 0; byte < 256; ++byte) {
      auto flipped = text;
      flipped[i] = static_cast<char>(byte);
      const auto document = JsonDocument::parse(flipped);
      if (document) {
        for (const auto& child : document->root().children()) {
          CHECK(child.raw().size() <= flipped.size());
          CHECK(child.text().value_or("").size() <= flipped.size());
        }
      }
    }
  }
}

TEST_CASE("decimals are written exactly and without trailing zeros") {
  CHECK(decimal_text(4200, 4) == "0.42");
  CHECK(decimal_text(0, 4) == "0");
  CHECK(decimal_text(10'000, 4) == "1");
  CHECK(decimal_text(-17'300, 6) == "-0.0173");
  CHECK(decimal_text(12'500'000, 6) == "12.5");
  CHECK(decimal_text(1, 6) == "0.000001");
  CHECK(decimal_text(123, 0) == "123");
  CHECK(decimal_text(std::numeric_limits<std::int64_t>::min(), 6) == "-9223372036854.775808");
}

TEST_CASE("every price comes back from its JSON number") {
  for (auto value = 0; value <= 10'000; ++value) {
    const auto text = decimal_text(value, 4);
    const auto document = JsonDocument::parse(text);
    REQUIRE(document);
    REQUIRE(parse_price(*document->root().number()) == Price{value});
  }
}

TEST_CASE("text is escaped and made valid") {
  std::string out;
  JsonWriter{out}.text("a\"\\\n\x01\xc3\xa9");
  CHECK(out == "\"a\\\"\\\\\\n\\u0001\xc3\xa9\"");
  out.clear();
  JsonWriter{out}.text("bad \xff byte");
  CHECK(out == "\"bad ? byte\"");
}

TEST_CASE("commas stand where they must") {
  std::string out;
  JsonWriter json{out};
  json.open_object().key("a").open_array().integer(1).integer(2).open_array().close_array();
  json.close_array().key("b").text("{[:,").key("c").null().close_object();
  CHECK(out == R"({"a":[1,2,[]],"b":"{[:,","c":null})");
}
