#include "bridges/redis/redis_connection.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace arbees {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// More of an answer that has not ended is no answer that we asked for.
constexpr std::size_t longest_answer = 64U << 20U;

timeval to_timeval(milliseconds span) {
  return {.tv_sec = span.count() / 1'000, .tv_usec = span.count() % 1'000 * 1'000};
}

caf::error failed(Errc code, std::string what) {
  return caf::make_error(code, "Redis: " + what);
}

/// What hiredis says went wrong. Answers of Redis are no part of it.
caf::error failure_of(const redisContext& context) {
  const auto code = context.err == REDIS_ERR_PROTOCOL ? Errc::bad_frame : Errc::io_failed;
  return failed(code, context.errstr);
}

RedisReply copy_of(const redisReply& reply) {
  using Kind = RedisReply::Kind;
  RedisReply copy;
  switch (reply.type) {
    case REDIS_REPLY_STATUS:
      copy.kind = Kind::status;
      break;
    case REDIS_REPLY_ERROR:
      copy.kind = Kind::error;
      break;
    case REDIS_REPLY_STRING:
      copy.kind = Kind::text;
      break;
    case REDIS_REPLY_INTEGER:
      copy.kind = Kind::integer;
      copy.integer = reply.integer;
      break;
    case REDIS_REPLY_ARRAY:
      copy.kind = Kind::array;
      for (std::size_t i = 0; i < reply.elements; ++i) {
        copy.items.push_back(copy_of(*reply.element[i]));
      }
      break;
    default:
      break;
  }
  if (reply.str != nullptr) {
    copy.text.assign(reply.str, reply.len);
  }
  return copy;
}

bool is_refused_login(std::string_view text) {
  return text.starts_with("NOAUTH") || text.starts_with("WRONGPASS") || text.starts_with("NOPERM")
         || text.find("invalid password") != std::string_view::npos
         || text.find("without any password configured") != std::string_view::npos;
}

} // namespace

std::string error_word(std::string_view error) {
  const auto word = error.substr(0, error.find(' '));
  const auto plain = !word.empty() && word.size() <= 16
                     && std::ranges::all_of(word, [](char c) { return c >= 'A' && c <= 'Z'; });
  return plain ? std::string{word} : "other";
}

void RedisConnection::Free::operator()(redisContext* context) const {
  redisFree(context);
}

caf::expected<RedisConnection>
RedisConnection::open(const RedisAddress& address, const RedisTimeouts& timeouts) {
  const auto patience = to_timeval(timeouts.connect);
  std::unique_ptr<redisContext, Free> context{
    address.path.empty() ? redisConnectWithTimeout(address.host.c_str(), address.port, patience)
                         : redisConnectUnixWithTimeout(address.path.c_str(), patience)};
  if (!context) {
    return failed(Errc::io_failed, "out of memory");
  }
  if (context->err != 0) {
    return failure_of(*context);
  }
  // From here on this class waits, not hiredis: every wait has an end that it chooses.
  ::fcntl(context->fd, F_SETFL, ::fcntl(context->fd, F_GETFL) | O_NONBLOCK);
  context->flags &= ~REDIS_BLOCK;
  RedisConnection connection{std::move(context), timeouts};
  if (auto refused = connection.log_in(address)) {
    return refused;
  }
  return connection;
}

caf::error RedisConnection::log_in(const RedisAddress& address) {
  RedisPipeline commands;
  if (address.password) {
    if (address.user.empty()) {
      commands.add(0, {"AUTH", address.password->reveal()});
    } else {
      commands.add(0, {"AUTH", address.user, address.password->reveal()});
    }
  }
  if (address.database != 0) {
    commands.add(0, {"SELECT", std::to_string(address.database)});
  }
  commands.add(0, {"PING"});
  caf::error refused;
  auto broken = run(commands, [&](const RedisReply& reply) {
    if (reply.is_error() && !refused) {
      refused =
        failed(is_refused_login(reply.text) ? Errc::bad_credential : Errc::io_failed, reply.text);
    }
  });
  return broken ? broken : refused;
}

caf::error
RedisConnection::run(RedisPipeline& pipeline, const std::function<void(RedisReply)>& on_reply) {
  const auto last = steady_clock::now() + 5 * timeouts_.silence;
  auto rest = pipeline.bytes();
  while (!pipeline.empty()) {
    auto readable = false;
    auto writable = false;
    const auto end = std::min(last, steady_clock::now() + timeouts_.silence);
    if (auto error = wait(!rest.empty(), end, readable, writable)) {
      return error;
    }
    if (writable) {
      if (auto error = write_some(rest)) {
        return error;
      }
    }
    if (!readable) {
      continue;
    }
    auto broken = read_some(); // what came before the end is still worth having
    for (;;) {
      auto reply = next_reply();
      if (!reply) {
        return reply.error();
      }
      if (!*reply) {
        break;
      }
      if (pipeline.empty()) {
        return failed(Errc::bad_frame, "an answer without a question");
      }
      on_reply(std::move(**reply));
      pipeline.pop();
    }
    if (broken && !pipeline.empty()) {
      return broken;
    }
  }
  return {};
}

caf::expected<RedisReply> RedisConnection::ask(std::span<const std::string_view> words) {
  RedisPipeline pipeline;
  pipeline.add(0, words);
  RedisReply answer;
  if (auto error = run(pipeline, [&](RedisReply reply) { answer = std::move(reply); })) {
    return error;
  }
  return answer;
}

caf::expected<RedisReply> RedisConnection::ask(std::initializer_list<std::string_view> words) {
  return ask(std::span{words.begin(), words.size()});
}

caf::error RedisConnection::send(std::initializer_list<std::string_view> words) {
  RedisPipeline pipeline;
  pipeline.add(0, words);
  auto rest = pipeline.bytes();
  const auto end = steady_clock::now() + timeouts_.silence;
  while (!rest.empty()) {
    auto readable = false;
    auto writable = false;
    if (auto error = wait(true, end, readable, writable)) {
      return error;
    }
    if (auto error = writable ? write_some(rest) : readable ? read_some() : caf::error{}) {
      return error;
    }
  }
  return {};
}

caf::expected<std::optional<RedisReply>> RedisConnection::receive(milliseconds patience) {
  auto reply = next_reply();
  if (!reply || *reply) {
    return reply;
  }
  auto readable = false;
  auto writable = false;
  if (wait(false, steady_clock::now() + patience, readable, writable)) {
    return std::optional<RedisReply>{};
  }
  if (readable) {
    if (auto error = read_some()) {
      return error;
    }
  }
  return next_reply();
}

caf::error RedisConnection::wait(bool wish_to_write, Moment end, bool& readable, bool& writable) {
  pollfd ready{.fd = context_->fd,
               .events = static_cast<short>(wish_to_write ? POLLIN | POLLOUT : POLLIN),
               .revents = 0};
  const auto left =
    std::chrono::ceil<milliseconds>(std::max(end - steady_clock::now(), Moment::duration::zero()));
  const auto answer = ::poll(&ready, 1, static_cast<int>(left.count()));
  if (answer < 0 && errno != EINTR) {
    return failed(Errc::io_failed, std::strerror(errno));
  }
  if (answer == 0) {
    return failed(Errc::timed_out, "no answer in time");
  }
  readable = (ready.revents & (POLLIN | POLLHUP | POLLERR)) != 0;
  writable = (ready.revents & POLLOUT) != 0;
  return {};
}

caf::error RedisConnection::write_some(std::string_view& bytes) {
  // Not by hiredis: it would raise SIGPIPE, and move what is left of the buffer each time.
  const auto sent = ::send(context_->fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent < 0) {
    return errno == EAGAIN || errno == EINTR ? caf::error{}
                                             : failed(Errc::io_failed, std::strerror(errno));
  }
  bytes.remove_prefix(static_cast<std::size_t>(sent));
  return {};
}

caf::error RedisConnection::read_some() {
  if (redisBufferRead(context_.get()) != REDIS_OK) {
    return failure_of(*context_);
  }
  if (context_->reader->len > longest_answer) {
    return failed(Errc::bad_frame, "an answer without an end");
  }
  return {};
}

caf::expected<std::optional<RedisReply>> RedisConnection::next_reply() {
  void* raw = nullptr;
  if (redisReaderGetReply(context_->reader, &raw) != REDIS_OK) {
    return failed(Errc::bad_frame, context_->reader->errstr);
  }
  if (raw == nullptr) {
    return std::optional<RedisReply>{};
  }
  const std::unique_ptr<void, void (*)(void*)> owner{raw, freeReplyObject};
  return std::optional{copy_of(*static_cast<redisReply*>(raw))};
}

} // namespace arbees
