#include "actors/orchestrator/team_names.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace arbees {

namespace {

/// Letters from U+00C0 to U+017F without their marks; '*' is no letter.
constexpr std::string_view latin =
  "AAAAAAACEEEEIIIIDNOOOOO*OUUUUYTsaaaaaaaceeeeiiiidnooooo*ouuuuyty"
  "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiJjJjKkkLlLlLlLlLlNnNnNnnNnOoOoOoOoRrRrRrSsSsSs"
  "SsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";
static_assert(latin.size() == 0x180 - 0xC0);

struct CodePoint {
  std::uint32_t value;
  std::size_t length;
};

/// Broken UTF-8 is passed on byte by byte: it will equal nothing that is whole.
CodePoint decode(std::string_view text) {
  const auto at = [&](std::size_t i) -> std::uint32_t {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto follows = [&](std::size_t i) { return (at(i) & 0xC0U) == 0x80U; };
  if ((at(0) & 0xE0U) == 0xC0U && follows(1)) {
    return {(at(0) & 0x1FU) << 6U | (at(1) & 0x3FU), 2};
  }
  if ((at(0) & 0xF0U) == 0xE0U && follows(1) && follows(2)) {
    return {(at(0) & 0x0FU) << 12U | (at(1) & 0x3FU) << 6U | (at(2) & 0x3FU), 3};
  }
  return {at(0), 1};
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_apostrophe(std::uint32_t c) {
  return c == '\'' || c == '.' || c == '`' || c == 0x2018 || c == 0x2019 || c == 0x02BB
         || c == 0x02BC || (c >= 0x0300 && c <= 0x036F);
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  };
  while (!text.empty()) {
    const auto [c, length] = decode(text);
    if (c == '&') {
      end_word();
      words.emplace_back("and");
    } else if (c >= 0xC0 && c < 0x180 && length == 2 && latin[c - 0xC0] != '*') {
      word += lower(latin[c - 0xC0]);
    } else if (c < 0x80 && is_letter_or_digit(static_cast<char>(c))) {
      word += lower(static_cast<char>(c));
    } else if (c >= 0x80 && !is_apostrophe(c) && (c < 0x2000 || c > 0x206F)) {
      word += text.substr(0, length);
    } else if (!is_apostrophe(c)) {
      end_word();
    }
    text.remove_prefix(length);
  }
  end_word();
  return words;
}

std::string join(const std::vector<std::string>& words, char separator) {
  std::string result;
  for (const auto& word : words) {
    if (!result.empty()) {
      result += separator;
    }
    result += word;
  }
  return result;
}

std::vector<std::string> normal_words(std::string_view name) {
  auto words = words_of(name);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "st") {
      words[i] = i + 1 == words.size() && i > 0 ? "state" : "saint";
    }
  }
  return words;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') {
    text.remove_prefix(1);
  }
  while (!text.empty() && text.back() == ' ') {
    text.remove_suffix(1);
  }
  return text;
}

} // namespace

std::string normalise_name(std::string_view name) {
  return join(normal_words(name), ' ');
}

std::string slug_of(std::string_view name) {
  return join(normal_words(name), '-');
}

std::optional<std::pair<std::string, std::string>> split_title(std::string_view title) {
  title = trimmed(title.substr(0, title.find_first_of(":?")));
  constexpr std::string_view winner = " Winner";
  if (title.ends_with(winner)) {
    title.remove_suffix(winner.size());
  }
  for (const std::string_view separator : {" vs. ", " vs ", " at ", " @ "}) {
    const auto position = title.find(separator);
    if (position == std::string_view::npos) {
      continue;
    }
    const auto left = trimmed(title.substr(0, position));
    const auto right = trimmed(title.substr(position + separator.size()));
    if (left.empty() || right.empty() || right.find(separator) != std::string_view::npos) {
      return std::nullopt;
    }
    return std::pair{std::string{left}, std::string{right}};
  }
  return std::nullopt;
}

} // namespace arbees
