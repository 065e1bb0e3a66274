#include "app/rows_output.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <memory>

using namespace arbees;

namespace {

const std::vector<SelectColumn> columns{
  {"name", "VARCHAR"}, {"amount", "DECIMAL(18,6)"}, {"ratio", "DOUBLE"}, {"taken", "BOOLEAN"}};

std::string shown(RowsFormat format, const std::vector<SelectRow>& rows) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::tmpfile(), &std::fclose};
  REQUIRE(file);
  RowsOutput output{format, file.get()};
  const auto sink = output.sink();
  REQUIRE_FALSE(sink.columns(columns));
  REQUIRE_FALSE(sink.rows(rows));
  REQUIRE(output.finish());
  std::string text(static_cast<std::size_t>(std::ftell(file.get())), ' ');
  std::rewind(file.get());
  REQUIRE(std::fread(text.data(), 1, text.size(), file.get()) == text.size());
  return text;
}

const std::vector<SelectRow> rows{{"Málaga", "12345678901.000001", "0.5", "true"},
                                  {"a,\"b\"\n\x1b[31m", std::nullopt, "inf", "false"}};

} // namespace

TEST_CASE("A table has its columns below each other, and nothing that steers a terminal") {
  CHECK(shown(RowsFormat::table, rows)
        == "name                     amount  ratio  taken\n"
           "-----------  ------------------  -----  -----\n"
           "Málaga       12345678901.000001  0.5    true\n"
           "a,\"b\"  [31m                NULL  inf    false\n");
}

TEST_CASE("CSV quotes what needs it, and NULL is nothing") {
  CHECK(shown(RowsFormat::csv, rows)
        == "name,amount,ratio,taken\nMálaga,12345678901.000001,0.5,true\n"
           "\"a,\"\"b\"\"\n\x1b[31m\",,inf,false\n");
}

TEST_CASE("JSON keeps every digit, and is JSON whatever the values are") {
  const auto text = shown(RowsFormat::json, rows);
  CHECK_THAT(text, Catch::Contains("\"amount\":12345678901.000001"));
  const auto parsed = boost::json::parse(text).as_array();
  REQUIRE(parsed.size() == 2);
  CHECK(parsed[0].at("ratio").as_double() == 0.5);
  CHECK(parsed[1].at("amount").is_null());
  CHECK(parsed[1].at("ratio").as_string() == "inf");
  CHECK(parsed[1].at("taken").as_bool() == false);
  CHECK(boost::json::parse(shown(RowsFormat::json, {})).as_array().empty());
}
