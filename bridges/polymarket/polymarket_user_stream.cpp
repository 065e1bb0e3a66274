#include "bridges/polymarket/polymarket_user_stream.hpp"

namespace arbees {

PolymarketUserStream::PolymarketUserStream(Network& network, const Clock& clock,
                                           PolymarketStreamConfig config,
                                           std::shared_ptr<const PolymarketOrderClient> account,
                                           PolymarketStreamEvents events)
  : network_{network},
    clock_{clock},
    config_{std::move(config)},
    account_{std::move(account)},
    events_{std::move(events)} {}

void PolymarketUserStream::start() {
  const auto weak = weak_from_this();
  socket_ = std::make_unique<WebSocketClient>(
    network_, clock_,
    WebSocketConfig{.name = "polymarket_user",
                    .endpoint = config_.endpoint,
                    .idle_timeout = config_.pong_timeout,
                    .keepalive_text = "PING",
                    .keepalive_period = config_.ping_period,
                    .backoff = Backoff{config_.first_retry, config_.longest_retry, config_.seed}},
    WebSocketEvents{.headers = nullptr,
                    .on_open =
                      [weak](Timestamp /*at*/) {
                        if (const auto self = weak.lock()) {
                          self->on_open();
                        }
                      },
                    .on_text =
                      [weak](std::string_view text, Timestamp /*received_at*/) {
                        if (const auto self = weak.lock()) {
                          self->events_.on_frame(decode_polymarket_user_frame(text));
                        }
                      },
                    .on_close =
                      [weak](const std::string& reason, Timestamp /*at*/) {
                        if (const auto self = weak.lock()) {
                          self->events_.on_close(reason);
                        }
                      }});
  socket_->start();
}

void PolymarketUserStream::on_open() {
  // There is no acknowledgement: only data proves that the credentials were taken.
  socket_->send(std::string{account_->credentials().user_subscription({}).reveal()});
  events_.on_open();
}

} // namespace arbees
