#include "bridges/net/capture_format.hpp"

#include <algorithm>
#include <array>

namespace arbees {

namespace {

constexpr std::size_t head_bytes = 24; ///< from the kind to the second clock

template <class Unsigned>
void append_number(std::string& out, Unsigned value) {
  for (std::size_t i = 0; i < sizeof value; ++i) {
    out += static_cast<char>(value >> (8 * i) & 0xffU);
  }
}

template <class Unsigned>
Unsigned number_at(std::string_view bytes, std::size_t at) {
  Unsigned value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) {
    value = static_cast<Unsigned>(
      value | static_cast<Unsigned>(static_cast<unsigned char>(bytes[at + i])) << (8 * i));
  }
  return value;
}

} // namespace

std::string_view to_string(CaptureKind kind) {
  constexpr std::array<std::string_view, 12> names{"",        "note",     "open",    "close",
                                                   "text",    "binary",   "ping",    "pong",
                                                   "request", "response", "dropped", "end"};
  const auto index = static_cast<std::size_t>(kind);
  return index < names.size() ? names[index] : names[0];
}

void append_record(std::string& out, const CaptureRecord& record) {
  constexpr std::size_t longest_target = 0xffff;
  const auto target = std::string_view{record.target}.substr(0, longest_target);
  append_number(out,
                static_cast<std::uint32_t>(head_bytes + target.size() + record.payload.size()));
  append_number(out, static_cast<std::uint8_t>(record.kind));
  append_number(out, static_cast<std::uint8_t>(record.direction));
  append_number(out, static_cast<std::uint16_t>(target.size()));
  append_number(out, record.connection);
  append_number(out, static_cast<std::uint64_t>(record.monotonic_ns));
  append_number(out, static_cast<std::uint64_t>(record.wall_ns));
  out += target;
  out += record.payload;
}

std::optional<CaptureRecord> take_record(std::string_view& bytes) {
  constexpr std::size_t length_bytes = 4;
  if (bytes.size() < length_bytes + head_bytes) {
    return std::nullopt;
  }
  const auto size = static_cast<std::size_t>(number_at<std::uint32_t>(bytes, 0));
  const auto rest = bytes.substr(length_bytes);
  if (size < head_bytes || size > rest.size()) {
    return std::nullopt;
  }
  const auto kind = number_at<std::uint8_t>(rest, 0);
  const auto direction = number_at<std::uint8_t>(rest, 1);
  const auto target_size = static_cast<std::size_t>(number_at<std::uint16_t>(rest, 2));
  if (kind < static_cast<std::uint8_t>(CaptureKind::note)
      || kind > static_cast<std::uint8_t>(CaptureKind::end)
      || direction > static_cast<std::uint8_t>(CaptureDirection::out)
      || target_size > size - head_bytes) {
    return std::nullopt;
  }
  bytes.remove_prefix(length_bytes + size);
  return CaptureRecord{.kind = static_cast<CaptureKind>(kind),
                       .direction = static_cast<CaptureDirection>(direction),
                       .connection = number_at<std::uint32_t>(rest, 4),
                       .monotonic_ns = static_cast<std::int64_t>(number_at<std::uint64_t>(rest, 8)),
                       .wall_ns = static_cast<std::int64_t>(number_at<std::uint64_t>(rest, 16)),
                       .target = std::string{rest.substr(head_bytes, target_size)},
                       .payload = std::string{
                         rest.substr(head_bytes + target_size, size - head_bytes - target_size)}};
}

} // namespace arbees
