#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "bridges/net/capture_writer.hpp"
#include "bridges/net/url.hpp"

namespace arbees {

/// What one connection tells the capture; nothing if there is none.
class ConnectionTap {
public:
  /// @param name who connects, "kalshi_feed"
  /// @param scheme "https" or "wss", or without the last letter if it is not encrypted
  ConnectionTap(std::shared_ptr<CaptureWriter> capture, std::string_view name,
                std::string_view scheme, const Endpoint& endpoint)
    : capture_{std::move(capture)} {
    if (capture_) {
      connection_ = capture_->new_connection();
      capture_->record(
        {.kind = CaptureKind::open,
         .connection = connection_,
         .target = std::string{scheme} + "://" + endpoint.authority() + endpoint.target,
         .payload = std::string{name}});
    }
  }

  [[nodiscard]] bool on() const { return capture_ != nullptr; }

  void tell(CaptureKind kind, CaptureDirection direction, std::string_view payload,
            std::string_view target = {}) const {
    if (capture_) {
      capture_->record({.kind = kind,
                        .direction = direction,
                        .connection = connection_,
                        .target = std::string{target},
                        .payload = std::string{payload}});
    }
  }

  /// A message of Beast's, its head written as it went over the wire.
  template <class Message>
  void tell_request(const Message& request) const {
    if (capture_) {
      auto text = std::string{request.method_string()} + ' ' + std::string{request.target()}
                  + " HTTP/1.1\r\n";
      tell(CaptureKind::request, CaptureDirection::out, with_fields(std::move(text), request),
           std::string{request.target()});
    }
  }

  template <class Message>
  void tell_response(const Message& response, std::string_view target) const {
    if (capture_) {
      auto text = "HTTP/1.1 " + std::to_string(response.result_int()) + ' '
                  + std::string{response.reason()} + "\r\n";
      tell(CaptureKind::response, CaptureDirection::in, with_fields(std::move(text), response),
           target);
    }
  }

  /// The last record of the connection; later calls say nothing.
  void close(std::string_view why) {
    tell(CaptureKind::close, CaptureDirection::none, why);
    capture_.reset();
  }

private:
  template <class Message>
  static std::string with_fields(std::string text, const Message& message) {
    for (const auto& field : message) {
      text.append(field.name_string()).append(": ").append(field.value()).append("\r\n");
    }
    text += "\r\n";
    if constexpr (requires { std::string_view{message.body()}; }) {
      text += message.body();
    }
    return text;
  }

  std::shared_ptr<CaptureWriter> capture_;
  std::uint32_t connection_ = 0;
};

} // namespace arbees
