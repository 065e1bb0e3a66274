#include "bridges/net/poll_session.hpp"

#include <fmt/format.h>

#include <boost/asio.hpp>

#include "actors/messages/errors.hpp"

namespace arbees {

namespace asio = boost::asio;

caf::expected<std::shared_ptr<PollSession>>
PollSession::make(Network& network, const Clock& clock, const PollSessionConfig& config) {
  const auto endpoint = parse_url(config.base_url);
  if (!endpoint) {
    return endpoint.error();
  }
  return std::shared_ptr<PollSession>{new PollSession{network, clock, config, *endpoint}};
}

PollSession::PollSession(Network& network, const Clock& clock, const PollSessionConfig& config,
                         const Endpoint& endpoint)
  : context_{network.context()},
    clock_{clock},
    config_{config},
    prefix_{endpoint.target == "/" ? "" : endpoint.target},
    timer_{context_},
    http_{std::make_shared<HttpClient>(network, clock,
                                       HttpClientConfig{.endpoint = endpoint,
                                                        .max_body_bytes = config.max_body_bytes})},
    random_{static_cast<std::uint64_t>(clock.now().time_since_epoch().count())} {}

asio::awaitable<caf::expected<HttpResponse>> PollSession::get(std::string target) {
  co_await wait(last_request_ + config_.spacing - clock_.now());
  last_request_ = clock_.now();
  auto http = http_.load();
  if (!http) {
    co_return caf::make_error(Errc::io_failed, std::string{"the poller was stopped"});
  }
  const auto start = [&](auto handler) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    http->request(HttpRequest{.target = prefix_ + target}, config_.timeout,
                  [shared](caf::expected<HttpResponse> response) {
                    std::move (*shared)(std::move(response));
                  });
    // The request is under way: only `http_` keeps the client, so that `stop` can end it.
    http.reset();
  };
  auto response =
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void(caf::expected<HttpResponse>)>(
      start, asio::use_awaitable);
  if (response && response->status != 200) {
    co_return caf::make_error(Errc::http_status, std::to_string(response->status));
  }
  co_return response;
}

asio::awaitable<void> PollSession::wait(Duration duration) {
  if (duration > Duration::zero() && !stopped_) {
    timer_.expires_after(duration);
    boost::system::error_code cancelled;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
}

Duration PollSession::jittered(Duration duration) {
  const auto tenth = duration.count() / 10;
  return Duration{duration.count()
                  + std::uniform_int_distribution<Duration::rep>{-tenth, tenth}(random_)};
}

void PollSession::stop() {
  stopped_ = true;
  http_.store(nullptr);
  asio::post(context_, [self = shared_from_this()] { self->timer_.cancel(); });
}

std::string percent_encoded(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
                       || c == '-' || c == '_' || c == '.' || c == '~';
    result += plain ? std::string{c} : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return result;
}

Duration pause_after_failures(int failures) {
  constexpr int longest = 300;
  int seconds = 5;
  for (int i = 1; i < failures && seconds < longest; ++i) {
    seconds *= 2;
  }
  return std::chrono::seconds{std::min(seconds, longest)};
}

} // namespace arbees
