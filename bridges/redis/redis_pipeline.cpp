#include "bridges/redis/redis_pipeline.hpp"

#include <fmt/format.h>

namespace arbees {

void RedisPipeline::add(std::size_t owner, std::span<const std::string_view> words) {
  commands_.push_back({.begin = buffer_.size(), .owner = owner});
  const auto out = std::back_inserter(buffer_);
  fmt::format_to(out, "*{}\r\n", words.size());
  for (const auto word : words) {
    fmt::format_to(out, "${}\r\n", word.size());
    buffer_ += word;
    buffer_ += "\r\n";
  }
}

std::string_view RedisPipeline::front() const {
  const auto begin = commands_.front().begin;
  const auto end = commands_.size() > 1 ? commands_[1].begin : buffer_.size();
  return std::string_view{buffer_}.substr(begin, end - begin);
}

void RedisPipeline::pop() {
  commands_.pop_front();
  if (commands_.empty()) {
    buffer_.clear();
  }
}

void RedisPipeline::add_encoded(std::size_t owner, std::string_view command) {
  commands_.push_back({.begin = buffer_.size(), .owner = owner});
  buffer_ += command;
}

void RedisPipeline::clear() {
  commands_.clear();
  buffer_.clear();
}

} // namespace arbees
