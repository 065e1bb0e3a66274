#include "bridges/zmq/snapshot_client.hpp"

#include <fmt/format.h>

#include "bridges/envelope/envelope.hpp"
#include "bridges/envelope/json_text.hpp"

namespace arbees {

namespace {

/// At most, around a frame.
constexpr std::int64_t encryption_bytes = 64;

} // namespace

caf::expected<SnapshotClient>
SnapshotClient::open(zmq::context_t& context, const std::string& endpoint,
                     std::function<Timestamp()> clock, const CurveKeys* keys) {
  try {
    zmq::socket_t socket{context, zmq::socket_type::dealer};
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::sndhwm, 4);
    socket.set(zmq::sockopt::rcvhwm, 4);
    socket.set(zmq::sockopt::maxmsgsize, std::int64_t{max_envelope_bytes} + encryption_bytes);
    socket.set(zmq::sockopt::reconnect_ivl, 50);
    socket.set(zmq::sockopt::reconnect_ivl_max, 2'000);
    if (auto error = connect_with(socket, endpoint, keys)) {
      return error;
    }
    return SnapshotClient{std::move(socket), std::move(clock)};
  } catch (const zmq::error_t& error) {
    return caf::make_error(Errc::bad_configuration, fmt::format("cannot ask '{}' for snapshots: {}",
                                                                endpoint, error.what()));
  }
}

bool SnapshotClient::ask(const SnapshotRequest& request) {
  try {
    return socket_.send(zmq::buffer(encode_snapshot_request(request)), zmq::send_flags::dontwait)
      .has_value();
  } catch (const zmq::error_t&) {
    return false;
  }
}

std::optional<SnapshotPage> SnapshotClient::poll() {
  try {
    std::vector<zmq::message_t> frames;
    zmq::message_t frame;
    auto too_many = false;
    while (socket_.recv(frame, zmq::recv_flags::dontwait)) {
      const auto more = frame.more();
      too_many = too_many || frames.size() == max_frames;
      if (!too_many) {
        frames.push_back(std::move(frame));
      }
      if (!more) {
        return too_many ? std::nullopt : page_of(frames);
      }
    }
  } catch (const zmq::error_t&) {
    ++unreadable_;
  }
  return std::nullopt;
}

std::optional<SnapshotPage> SnapshotClient::page_of(const std::vector<zmq::message_t>& frames) {
  if (frames.size() < 2 || frames.size() % 2 != 0) {
    ++unreadable_;
    return std::nullopt;
  }
  SnapshotPage page;
  const auto& last = frames[frames.size() - 2];
  const auto text = frames.back().to_string_view();
  if (last.to_string_view() == snapshot_refused_topic) {
    const auto document = JsonDocument::parse(text);
    page.refused = document ? document->root()["reason"].text().value_or("refused") : "refused";
    return page;
  }
  auto end = decode_snapshot_end(text);
  if (last.to_string_view() != snapshot_end_topic || !end) {
    ++unreadable_;
    return std::nullopt;
  }
  page.end = std::move(*end);
  const auto received_at = clock_();
  for (std::size_t i = 0; i + 2 < frames.size(); i += 2) {
    auto message =
      decode_envelope(frames[i].to_string_view(), frames[i + 1].to_string_view(), received_at);
    if (auto* const good = std::get_if<WireMessage>(&message)) {
      page.messages.push_back(std::move(*good));
    } else {
      ++unreadable_;
    }
  }
  return page;
}

} // namespace arbees
