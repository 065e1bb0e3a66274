#pragma once

#include <string>
#include <string_view>

namespace arbees::test {

/// Hands `decode` the text cut off at every place and with every byte replaced in turn: nothing may
/// crash.
template <class Decode>
void survive_damage(std::string_view text, Decode decode) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    decode(text.substr(0, i));
    for (const char c : {'\0', '"', '}', '9', '-', '\xff'}) {
      auto damaged = std::string{text};
      damaged[i] = c;
      decode(damaged);
    }
  }
}

} // namespace arbees::test
