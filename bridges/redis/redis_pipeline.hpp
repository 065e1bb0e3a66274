#pragma once

#include <cstddef>
#include <deque>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace arbees {

/// Commands that wait to be sent, encoded (RESP arrays of bulk strings), each with the number of
/// what it belongs to. What has been answered leaves from the front; what has not can be sent
/// again as it is.
class RedisPipeline {
public:
  /// @param owner what the command belongs to, given back by front_owner()
  void add(std::size_t owner, std::span<const std::string_view> words);
  void add(std::size_t owner, std::initializer_list<std::string_view> words) {
    add(owner, std::span{words.begin(), words.size()});
  }

  [[nodiscard]] bool empty() const { return commands_.empty(); }
  [[nodiscard]] std::size_t size() const { return commands_.size(); }
  [[nodiscard]] std::string_view bytes() const {
    return std::string_view{buffer_}.substr(commands_.empty() ? buffer_.size()
                                                              : commands_.front().begin);
  }

  [[nodiscard]] std::size_t front_owner() const { return commands_.front().owner; }
  [[nodiscard]] std::string_view front() const;
  void pop();
  /// Adds the encoded `command` of another pipeline.
  void add_encoded(std::size_t owner, std::string_view command);
  void clear();

private:
  struct Command {
    std::size_t begin; ///< in the buffer
    std::size_t owner;
  };

  std::string buffer_;
  std::deque<Command> commands_;
};

} // namespace arbees
