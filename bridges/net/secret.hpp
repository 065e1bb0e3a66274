#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace arbees {

/// Bytes that nobody else may see: overwritten before their memory is given back, moved but never
/// copied, and without any way to be printed. Logs and errors get its name, never its content.
class Secret {
public:
  Secret() = default;
  explicit Secret(std::string_view text) : bytes_(text.begin(), text.end()) {}
  explicit Secret(std::vector<std::uint8_t> bytes) : bytes_(std::move(bytes)) {}
  ~Secret();
  Secret(Secret&& other) noexcept = default;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  /// To be handed to the function that needs it at once, and stored nowhere.
  [[nodiscard]] std::string_view reveal() const;
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return bytes_; }

private:
  void wipe();

  std::vector<std::uint8_t> bytes_;
};

} // namespace arbees
