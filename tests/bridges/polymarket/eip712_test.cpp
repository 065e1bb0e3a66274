#include "bridges/polymarket/eip712.hpp"

#include <catch2/catch.hpp>

using namespace arbees;

TEST_CASE("Keccak-256 is Ethereum's, not SHA-3") {
  CHECK(to_hex(keccak256(std::string_view{}))
        == "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
}

TEST_CASE("decimal ids become 256-bit words") {
  struct Case {
    std::string decimal;
    std::string hex; ///< last digits
  };
  const auto c = GENERATE(values<Case>({
    {"0", "00"},
    {"255", "ff"},
    {"18446744073709551616", "010000000000000000"},
    {"1000000000000000000", "0de0b6b3a7640000"},
    {"340282366920938463463374607431768211455", std::string(32, 'f')},
    {"115792089237316195423570985008687907853269984665640564039457584007913129639935",
     std::string(64, 'f')},
  }));
  CAPTURE(c.decimal);
  const auto word = parse_uint256(c.decimal);
  REQUIRE(word);
  CHECK(to_hex(*word) == "0x" + std::string(64 - c.hex.size(), '0') + c.hex);
}

TEST_CASE("what is no 256-bit decimal number is refused") {
  const auto text =
    GENERATE(as<std::string>{}, "", "-1", "+1", " 1", "1 ", "0x1", "01", "1.0", "1e3",
             "115792089237316195423570985008687907853269984665640564039457584007913129639936",
             "999999999999999999999999999999999999999999999999999999999999999999999999999999",
             "1157920892373161954235709850086879078532699846656405640394575840079131296399350");
  CAPTURE(text);
  CHECK_FALSE(parse_uint256(text));
}

TEST_CASE("addresses carry the checksum of EIP-55") {
  const auto* const text = GENERATE("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
                                    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
                                    "0xE111180000d2663C0091e4f400237545B87B996B");
  const auto address = parse_address(text);
  REQUIRE(address);
  CHECK(to_string(*address) == text);
}

TEST_CASE("an address of one case is taken without a checksum") {
  CHECK(parse_address("0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266")
        == parse_address("0xF39FD6E51AAD88F6F4CE6AB8827279CFFFB92266"));
}

TEST_CASE("a mistyped address is refused") {
  const auto* const text = GENERATE("", "0x", "f39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
                                    "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92267",
                                    "0xF39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
                                    "0xf39fd6e51aad88f6f4ce6ab8827279cfffb9226",
                                    "0xf39fd6e51aad88f6f4ce6ab8827279cfffb922666",
                                    "0xg39fd6e51aad88f6f4ce6ab8827279cfffb92266");
  CAPTURE(text);
  CHECK_FALSE(parse_address(text));
}
