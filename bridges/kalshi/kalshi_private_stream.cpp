#include "bridges/kalshi/kalshi_private_stream.hpp"

#include <spdlog/spdlog.h>

#include <bit>

namespace arbees {

namespace {

constexpr std::size_t channels = 3;
constexpr std::size_t most_reasons = 64;

} // namespace

caf::expected<std::shared_ptr<KalshiPrivateStream>>
KalshiPrivateStream::make(Network& network, const Clock& clock,
                          const KalshiPrivateStreamConfig& config,
                          KalshiPrivateStreamEvents events) {
  auto endpoint = parse_url(config.ws_url);
  if (!endpoint) {
    return std::move(endpoint.error());
  }
  std::shared_ptr<KalshiPrivateStream> stream{
    new KalshiPrivateStream{endpoint->target, std::move(events)}};
  stream->connect(network, clock,
                  {.name = "kalshi_private",
                   .endpoint = std::move(*endpoint),
                   .idle_timeout = config.idle_timeout,
                   .backoff = Backoff{config.first_retry, config.longest_retry, config.seed}});
  return stream;
}

KalshiPrivateStream::KalshiPrivateStream(std::string path, KalshiPrivateStreamEvents events)
  : path_{path.substr(0, path.find('?'))}, events_{std::move(events)} {}

void KalshiPrivateStream::connect(Network& network, const Clock& clock, WebSocketConfig config) {
  // Weak: the socket's handlers must not keep a stream alive that its owner has given up.
  const auto weak = weak_from_this();
  socket_ =
    std::make_unique<WebSocketClient>(network, clock, std::move(config),
                                      WebSocketEvents{
                                        .headers = [weak]() -> caf::expected<HttpHeaders> {
                                          const auto self = weak.lock();
                                          return self ? self->events_.headers() : HttpHeaders{};
                                        },
                                        .on_open =
                                          [weak](Timestamp) {
                                            if (const auto self = weak.lock()) {
                                              self->subscribed_.clear();
                                              self->socket_->send(kalshi_subscribe_private(1));
                                            }
                                          },
                                        .on_text =
                                          [weak](std::string_view text, Timestamp) {
                                            if (const auto self = weak.lock()) {
                                              self->on_text(text);
                                            }
                                          },
                                        .on_close =
                                          [weak](const std::string&, Timestamp) {
                                            if (const auto self = weak.lock()) {
                                              ++self->counters_["stream_lost"];
                                              self->events_.on_close();
                                            }
                                          },
                                      });
}

void KalshiPrivateStream::start() {
  socket_->start();
}

void KalshiPrivateStream::on_text(std::string_view text) {
  const auto frame = decode_kalshi_private(text);
  if (!frame) {
    // The codec's errors hold a reason and nothing else.
    return reject(frame.error().context().get_as<std::string>(0));
  }
  std::visit([this](const auto& what) { on(what); }, *frame);
}

void KalshiPrivateStream::on(const KalshiPrivateIgnored&) {
  ++counters_["stream_ignored"];
}

void KalshiPrivateStream::on(const KalshiPrivateSubscribed& frame) {
  const auto complete = subscribed_.size() == channels;
  subscribed_.insert(frame.channel);
  if (!complete && subscribed_.size() == channels) {
    events_.on_open();
  }
}

/// Whatever failed, the subscription may be incomplete or have lost frames (code 25): a new
/// connection starts over, and what was missed is read from the lists.
void KalshiPrivateStream::on(const KalshiPrivateFailed& frame) {
  ++counters_["stream_errors"];
  socket_->reconnect(fmt::format("error {}: {}", frame.code, frame.text.substr(0, 200)));
}

void KalshiPrivateStream::on(const OrderEvent& event) {
  ++counters_["stream_orders"];
  events_.on_order(event);
}

void KalshiPrivateStream::on(const FillEvent& event) {
  ++counters_["stream_fills"];
  events_.on_fill(event);
}

void KalshiPrivateStream::on(const KalshiPositionEvent& event) {
  ++counters_["stream_positions"];
  events_.on_position(event);
}

void KalshiPrivateStream::reject(const std::string& reason) {
  if (std::has_single_bit(++rejected_)) { // 1, 2, 4, …: bursts stay readable
    spdlog::warn("kalshi_private.frame_rejected total={} reason=\"{}\"", rejected_, reason);
  }
  const auto name = "rejected:" + reason;
  ++counters_[counters_.size() < most_reasons || counters_.contains(name) ? name
                                                                          : "rejected:other"];
}

} // namespace arbees
