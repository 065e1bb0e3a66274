#include "app/kill_switch.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "actors/messages/errors.hpp"

namespace arbees {

namespace {

constexpr std::size_t longest_line = 500;

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// What goes into logs and the ledger: no line breaks or control characters.
std::string printable(std::string_view text) {
  std::string clean{text.substr(0, longest_line)};
  for (auto& letter : clean) {
    letter = static_cast<unsigned char>(letter) < ' ' ? ' ' : letter;
  }
  return clean;
}

} // namespace

TradingControl parse_kill_switch(std::string_view line) {
  line = line.substr(0, line.find_first_of("\r\n"));
  const auto word = line.substr(0, line.find(' '));
  auto reason = line.substr(std::min(word.size() + 1, line.size()));
  const auto state = parse_trading_state(word);
  if (!state) {
    reason = line.empty() ? "the file is there" : line;
  }
  return {.state = state.value_or(TradingState::halted), .by = "file", .reason = printable(reason)};
}

std::optional<KillSwitch::Version> KillSwitch::version() const {
  struct stat status {};
  if (::stat(file_.c_str(), &status) != 0) {
    return std::nullopt;
  }
  return Version{.modified_ns = nanoseconds(status.st_mtim),
                 .inode = status.st_ino,
                 .size = status.st_size};
}

std::optional<TradingControl> KillSwitch::look() {
  const auto now = version();
  if (!now || now == seen_) {
    return std::nullopt;
  }
  seen_ = now;
  std::array<char, longest_line> text{};
  std::ifstream stream{file_};
  stream.read(text.data(), text.size());
  // A file that is there but cannot be read halts as well.
  auto control =
    parse_kill_switch(std::string_view{text.data(), static_cast<std::size_t>(stream.gcount())});
  control.at = Timestamp{Duration{now->modified_ns}};
  return control;
}

caf::error KillSwitch::write(TradingState state, std::string_view reason) const {
  auto next = file_;
  next += ".new";
  std::error_code error;
  if (file_.has_parent_path()) {
    std::filesystem::create_directories(file_.parent_path(), error);
  }
  std::ofstream stream{next, std::ios::trunc};
  stream << to_string(state) << ' ' << printable(reason) << '\n';
  stream.close();
  if (!stream || std::rename(next.c_str(), file_.c_str()) != 0) {
    return caf::make_error(Errc::io_failed,
                           fmt::format("{}: {}", file_.string(), std::strerror(errno)));
  }
  return {};
}

} // namespace arbees
