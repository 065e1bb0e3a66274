#include "bridges/store/postgres_text.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "bridges/store/postgres_url.hpp"

using namespace arbees;

TEST_CASE("Ordinary text goes to PostgreSQL as it is") {
  for (const std::string text :
       {"", "a 'quoted' ?", "Zürich", "\xe2\x82\xac", "\xf0\x9f\x8f\x80"}) {
    CHECK(to_postgres_text(text) == text);
    CHECK(from_postgres_text(text) == text);
  }
}

TEST_CASE("Bytes that PostgreSQL refuses become characters of the private use area") {
  CHECK(to_postgres_text(std::string_view{"a\0b", 3}) == "a\xef\x9c\x80" "b");
  CHECK(to_postgres_text("\xff") == "\xef\x9f\xbf");
  // Half a character, an overlong one, a surrogate, one above U+10FFFF.
  for (const std::string text : {"\xe2\x82", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
                                 "\xf4\x90\x80\x80", "\xf0\x80\x80\x80", "\x80"}) {
    const auto kept = to_postgres_text(text);
    CHECK(kept.size() == 3 * text.size());
    CHECK(from_postgres_text(kept) == text);
  }
  // These characters themselves do not become ambiguous.
  CHECK(from_postgres_text(to_postgres_text("\xef\x9c\x80")) == "\xef\x9c\x80");
}

TEST_CASE("Any bytes come back from PostgreSQL's text as they were") {
  std::mt19937 random{20261121};
  const std::string alphabet{"\0a?\xef\x9c\x9f\x80\xbf\xc3\xbc\xe2\xff\xf0\xed", 15};
  for (auto i = 0; i < 20'000; ++i) {
    std::string text;
    for (auto left = random() % 12; left > 0; --left) {
      text += alphabet[random() % alphabet.size()];
    }
    REQUIRE(from_postgres_text(to_postgres_text(text)) == text);
  }
}

TEST_CASE("Parameters are numbered as PostgreSQL has them") {
  CHECK(numbered_parameters("VALUES (?,?, '?')") == "VALUES ($1,$2, '?')");
  CHECK(numbered_parameters("SET a = ?2 WHERE b = ?1 OR c = ?12")
        == "SET a = $2 WHERE b = $1 OR c = $12");
  CHECK(numbered_parameters("a = 'it''s ?' AND b = ?") == "a = 'it''s ?' AND b = $1");
}

TEST_CASE("What is wrong with a database's URL is said without its password") {
  CHECK(postgres_url_problem("postgresql://u:p@h:5432/d").empty());
  CHECK(postgres_url_problem("postgres:///d?host=/run/postgresql").empty());
  for (const std::string url :
       {"postgresql://u:secret%zz@h/d", "mysql://u:secret@h/d", "secret",
        "postgresql://u:secret@h/d?nonsense=secret", "postgresql://u:secret@h"}) {
    const auto problem = postgres_url_problem(url);
    CHECK_FALSE(problem.empty());
    CHECK(problem.find("secret") == std::string::npos);
  }
  CHECK(shown_postgres_url("postgresql://u:secret@h:5432/d?password=secret2")
        == "postgresql://u@h:5432/d");
}
