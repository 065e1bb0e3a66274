#include "bridges/kalshi/kalshi_rest.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio.hpp>

#include "bridges/kalshi/kalshi_order_codec.hpp"

namespace arbees {

namespace asio = boost::asio;

namespace {

/// A clock that is off by more is a person's business, although we allow for it.
constexpr Duration skew_limit = std::chrono::seconds{1};
/// Smaller differences are within what a Date header can tell, and not worth new signatures.
constexpr Duration skew_step = std::chrono::milliseconds{250};

std::string without_query(const std::string& target) {
  return target.substr(0, target.find('?'));
}

std::int64_t milliseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

} // namespace

struct KalshiRest::Call {
  KalshiLane lane = KalshiLane::orders;
  std::size_t connection = 0;
  HttpRequest request; ///< without the signature
  Timestamp deadline;
  Timestamp sent_at;
  bool again = false; ///< it was refused by 401 once
  Done done;
};

KalshiRest::KalshiRest(Network& network, const Clock& clock, const Endpoint& endpoint,
                       KalshiSigner signer)
  : clock_{clock},
    prefix_{endpoint.target == "/" ? "" : endpoint.target},
    signatures_{network, clock, std::move(signer)} {
  for (auto& connection : connections_) {
    connection.client =
      std::make_unique<HttpClient>(network, clock, HttpClientConfig{.endpoint = endpoint});
  }
}

caf::expected<std::shared_ptr<KalshiRest>>
KalshiRest::make(Network& network, const Clock& clock, const KalshiRestConfig& config) {
  auto endpoint = parse_url(config.rest_url);
  if (!endpoint) {
    return std::move(endpoint.error());
  }
  auto signer = KalshiSigner::load(config.key_id, config.key_file);
  if (!signer) {
    return std::move(signer.error());
  }
  return std::shared_ptr<KalshiRest>{new KalshiRest{network, clock, *endpoint, std::move(*signer)}};
}

void KalshiRest::send(KalshiLane lane, HttpMethod method, const std::string& target,
                      std::string body, Duration deadline, Done done) {
  auto call = std::make_shared<Call>();
  call->lane = lane;
  call->request = {.method = method, .target = prefix_ + target, .body = std::move(body)};
  if (!call->request.body.empty()) {
    call->request.headers.emplace_back("Content-Type", "application/json");
  }
  call->deadline = clock_.now() + deadline;
  call->done = std::move(done);
  sign_and_send(std::move(call));
}

void KalshiRest::sign_and_send(std::shared_ptr<Call> call) {
  const std::string method{to_string(call->request.method)};
  const auto path = without_query(call->request.target);
  signatures_.headers(
    method, path, [weak = weak_from_this(), call](caf::expected<HttpHeaders> headers) {
      const auto self = weak.lock();
      if (!self) {
        return;
      }
      if (!headers) {
        return call->done(std::move(headers.error()));
      }
      auto request = call->request;
      request.headers.insert(request.headers.end(), headers->begin(), headers->end());
      call->sent_at = self->clock_.now();
      call->connection = self->connection_of(call->lane);
      auto& connection = self->connections_[call->connection];
      ++connection.under_way;
      connection.last_used = ++self->requests_;
      connection.client->request(std::move(request), call->deadline - call->sent_at,
                                 [weak, call](caf::expected<HttpResponse> answer) {
                                   if (const auto alive = weak.lock()) {
                                     alive->on_answer(call, std::move(answer));
                                   }
                                 });
    });
}

/// Of the two that serve `stop`, the one with nothing under way, else the one that rested longer.
std::size_t KalshiRest::connection_of(KalshiLane lane) const {
  const auto first = static_cast<std::size_t>(lane);
  if (lane != KalshiLane::stop) {
    return first;
  }
  const auto& one = connections_[first];
  const auto& other = connections_[first + 1];
  return std::pair{one.under_way, one.last_used} <= std::pair{other.under_way, other.last_used}
           ? first
           : first + 1;
}

void KalshiRest::on_answer(const std::shared_ptr<Call>& call, caf::expected<HttpResponse> answer) {
  --connections_[call->connection].under_way;
  if (!answer) {
    ++counters_["requests_failed"];
    return call->done(std::move(answer));
  }
  ++counters_[fmt::format("http:{}", answer->status)];
  learn_clock(*answer, call->sent_at);
  constexpr unsigned unauthorized = 401;
  if (answer->status == unauthorized && !call->again && clock_.now() < call->deadline) {
    call->again = true;
    return sign_and_send(call);
  }
  call->done(std::move(answer));
}

void KalshiRest::learn_clock(const HttpResponse& answer, Timestamp sent_at) {
  const auto date = parse_http_date(answer.header("Date").value_or(""));
  if (!date) {
    return;
  }
  skew_.heard(*date, sent_at, answer.received_at);
  const auto change = skew_.offset() - signatures_.offset();
  if (change > skew_step || change < -skew_step) {
    signatures_.set_offset(skew_.offset());
  }
  const auto alarm = skew_.proven() > skew_limit;
  if (alarm && !skew_alarm_) {
    spdlog::warn("kalshi_gateway.clock_skew offset_ms={} at_least_ms={}",
                 milliseconds(skew_.offset()), milliseconds(skew_.proven()));
  }
  skew_alarm_ = alarm;
}

asio::awaitable<caf::expected<HttpResponse>>
KalshiRest::get(std::weak_ptr<KalshiRest> rest, KalshiLane lane, std::string target,
                Duration deadline) {
  const auto start = [&](auto handler) {
    const auto self = rest.lock();
    if (!self) {
      return; // the handler goes, and the coroutine with it
    }
    // std::function wants copies; the handler is called once.
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    self->send(lane, HttpMethod::get, target, {}, deadline,
               [shared](caf::expected<HttpResponse> answer) {
                 std::move (*shared)(std::move(answer));
               });
  };
  auto answer =
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void(caf::expected<HttpResponse>)>(
      start, asio::use_awaitable);
  if (answer && answer->status != 200) {
    co_return caf::make_error(Errc::http_status, std::to_string(answer->status));
  }
  co_return answer;
}

void KalshiRest::warm_up(const std::string& ws_path, std::function<void()> on_ready) {
  signatures_.keep_ready("GET", ws_path);
  // One behind the other: when this one is made, the kept one is.
  signatures_.headers("GET", ws_path,
                      [on_ready = std::move(on_ready)](const auto&) { on_ready(); });
  signatures_.keep_ready("POST", prefix_ + std::string{kalshi_orders_target});
  signatures_.keep_ready("DELETE", prefix_ + std::string{kalshi_orders_target});
  for (const auto* const path : {"/portfolio/orders", "/portfolio/fills", "/portfolio/balance",
                                 "/portfolio/positions", "/portfolio/settlements"}) {
    signatures_.keep_ready("GET", prefix_ + path);
  }
}

void KalshiRest::tick(Timestamp now) {
  signatures_.tick(now);
}

caf::expected<HttpHeaders> KalshiRest::upgrade_headers(const std::string& ws_path) const {
  auto headers = signatures_.ready("GET", ws_path);
  if (!headers) {
    return caf::make_error(Errc::timed_out, std::string{"the signature is not ready yet"});
  }
  return std::move(*headers);
}

std::map<std::string, std::int64_t> KalshiRest::metrics() const {
  auto values = counters_;
  values["clock_offset_ms"] = milliseconds(skew_.offset());
  values["clock_skew_alarm"] = skew_alarm_ ? 1 : 0;
  values["signatures_ready"] = signatures_.served_ready();
  values["signatures_late"] = signatures_.served_late();
  return values;
}

} // namespace arbees
