#include "bridges/envelope/msgpack.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "bridges/envelope/envelope.hpp"

using namespace arbees;
using namespace std::string_literals;

namespace {

std::string packed(std::string_view json) {
  std::string out;
  REQUIRE_FALSE(json_to_msgpack(json, out));
  return out;
}

std::string unpacked(std::string_view frame) {
  std::string out;
  CHECK_FALSE(msgpack_to_json(frame, out));
  return out;
}

std::string refused(std::string_view frame) {
  std::string out = "[";
  const auto error = msgpack_to_json(frame, out);
  CHECK(out == "[");
  return error ? describe(error) : "";
}

} // namespace

TEST_CASE("MessagePack has the bytes of the specification") {
  CHECK(packed("null") == "\xc0");
  CHECK(packed("[true,false]") == "\x92\xc3\xc2");
  CHECK(packed("127") == "\x7f");
  CHECK(packed("128") == "\xcc\x80");
  CHECK(packed("65535") == "\xcd\xff\xff");
  CHECK(packed("65536") == "\xce\x00\x01\x00\x00"s);
  CHECK(packed("9223372036854775807") == "\xcf\x7f\xff\xff\xff\xff\xff\xff\xff");
  CHECK(packed("-1") == "\xff");
  CHECK(packed("-32") == "\xe0");
  CHECK(packed("-33") == "\xd0\xdf");
  CHECK(packed("-128") == "\xd0\x80");
  CHECK(packed("-129") == "\xd1\xff\x7f");
  CHECK(packed("-9223372036854775808") == "\xd3\x80\x00\x00\x00\x00\x00\x00\x00"s);
  CHECK(packed("0.5") == "\xcb\x3f\xe0\x00\x00\x00\x00\x00\x00"s);
  CHECK(packed(R"({"a":"b"})") == "\x81\xa1"s + "a\xa1" + "b");
  CHECK(packed('"' + std::string(32, 'x') + '"') == "\xd9\x20" + std::string(32, 'x'));
  CHECK(packed(R"("\u00e4\n")") == "\xa3\xc3\xa4\n");
}

TEST_CASE("What the bus says comes back from MessagePack to the digit") {
  for (const std::string json :
       {R"({"seq":17,"timestamp_ms":1795226400123,"source":"kalshi_monitor","run":"k3f9c2",)"
        R"("payload":{"yes_bid":0.42,"yes_ask":null,"liquidity":1234567.654321,"status":"ok"}})",
        R"([0.0001,0.9999,1,0,-0.25,100000000.000001,1e+30,[],{}])",
        R"({"text":"a \"quoted\" \\ line\nand \u0001"})"}) {
    CHECK(unpacked(packed(json)) == json);
  }
  std::string wide = "[0";
  for (int i = 1; i < 70'000; ++i) {
    wide += "," + std::to_string(i);
  }
  wide += "]";
  CHECK(unpacked(packed(wide)) == wide);
}

TEST_CASE("Every amount of six decimals survives MessagePack") {
  std::mt19937_64 random{1};
  for (int i = 0; i < 20'000; ++i) {
    const auto micros = static_cast<std::int64_t>(random() % 1'000'000'000'000'000);
    std::string json;
    for (auto digits = std::to_string(micros); json.empty();) {
      digits.insert(0, digits.size() < 7 ? 7 - digits.size() : 0, '0');
      digits.insert(digits.size() - 6, ".");
      digits.erase(digits.find_last_not_of('0') + 1);
      json = digits.back() == '.' ? digits.substr(0, digits.size() - 1) : digits;
    }
    CAPTURE(json);
    REQUIRE(unpacked(packed(json)) == json);
  }
}

TEST_CASE("Hostile MessagePack is refused by reason, and nothing is left of it") {
  CHECK_THAT(refused(""), Catch::Contains("cut_off"));
  CHECK_THAT(refused("\xdf\xff\xff\xff\xff"), Catch::Contains("cut_off"));
  CHECK_THAT(refused("\xdb\xff\xff\xff\xffx"), Catch::Contains("cut_off"));
  CHECK_THAT(refused("\xc0\xc0"), Catch::Contains("goes_on"));
  CHECK_THAT(refused("\xc1"), Catch::Contains("no_json"));
  CHECK_THAT(refused("\xc4\x01x"), Catch::Contains("no_json"));
  CHECK_THAT(refused("\xd4\x01x"), Catch::Contains("no_json"));
  CHECK_THAT(refused("\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00"s), Catch::Contains("not_finite"));
  CHECK_THAT(refused("\x81\x01\x01"), Catch::Contains("bad_key"));
  CHECK_THAT(refused("\xa1\xff"), Catch::Contains("not_utf8"));
  CHECK_THAT(refused(std::string(40, '\x91') + '\xc0'), Catch::Contains("too_deep"));
}

TEST_CASE("Random bytes never crash the reader, and what it takes is JSON") {
  std::mt19937_64 random{7};
  auto taken = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string frame;
    for (auto left = random() % 24 + 1; left > 0; --left) {
      frame += static_cast<char>(random());
    }
    std::string json;
    if (!msgpack_to_json(frame, json)) {
      ++taken;
      std::string again;
      REQUIRE_FALSE(json_to_msgpack(json, again));
    }
  }
  CHECK(taken > 0);
}

TEST_CASE("An envelope is read in either form, told by its first byte") {
  const std::string json =
    R"({"seq":3,"timestamp_ms":5,"source":"executor","run":"r","payload":{"a":0.25}})";
  const auto read = decode_envelope("trades.x", packed(json), Timestamp{});
  const auto* const message = std::get_if<WireMessage>(&read);
  REQUIRE(message);
  CHECK(message->seq == 3);
  CHECK(message->payload == R"({"a":0.25})");
  const auto torn = packed(json).substr(0, 20);
  const auto rejected = decode_envelope("trades.x", torn, Timestamp{});
  REQUIRE(std::get_if<WireRejected>(&rejected));
  CHECK(std::get<WireRejected>(rejected).reason == "bad_msgpack");
}
