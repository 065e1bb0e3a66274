#include "bridges/zmq/curve_door.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstring>

namespace arbees {

namespace {

constexpr auto zap_endpoint = "inproc://zeromq.zap.01";
constexpr auto read_keys_every = std::chrono::seconds{1};
constexpr auto watched_events =
  ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL;

/// Unique in the process, as names of inproc endpoints must be.
std::string new_name(const char* what) {
  static std::atomic<std::uint64_t> last{0};
  return fmt::format("inproc://arbees-door-{}-{}", what, ++last);
}

struct Event {
  std::uint16_t number = 0;
  std::uint32_t value = 0;
};

Event event_of(const zmq::message_t& frame) {
  Event event;
  if (frame.size() == sizeof event.number + sizeof event.value) {
    std::memcpy(&event.number, frame.data(), sizeof event.number);
    std::memcpy(&event.value, static_cast<const char*>(frame.data()) + sizeof event.number,
                sizeof event.value);
  }
  return event;
}

const char* reason_of(const Event& event) {
  if (event.number == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL) {
    return "gone";
  }
  return event.value == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH ? "mechanism"
         : event.value == ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC    ? "cryptography"
                                                                   : "protocol";
}

std::vector<std::string> frames_of(zmq::socket_t& socket) {
  std::vector<std::string> frames;
  zmq::message_t frame;
  auto more = true;
  while (more && socket.recv(frame, zmq::recv_flags::dontwait)) {
    frames.push_back(frame.to_string());
    more = frame.more();
  }
  return frames;
}

/// A client's key as text; empty if the frame is none.
std::string text_of_key(const std::string& bytes) {
  std::array<char, 41> text{};
  if (bytes.size() != 32
      || zmq_z85_encode(text.data(), reinterpret_cast<const std::uint8_t*>(bytes.data()),
                        bytes.size())
           == nullptr) {
    return {};
  }
  return text.data();
}

} // namespace

caf::expected<std::shared_ptr<CurveDoor>>
CurveDoor::open(zmq::context_t& context, std::shared_ptr<const CurveKeys> keys) {
  try {
    zmq::socket_t judge{context, zmq::socket_type::rep};
    judge.set(zmq::sockopt::linger, 0);
    judge.bind(zap_endpoint);
    zmq::socket_t control{context, zmq::socket_type::pair};
    control.set(zmq::sockopt::linger, 0);
    return std::make_shared<CurveDoor>(context, std::move(keys), std::move(judge),
                                       std::move(control));
  } catch (const zmq::error_t& error) {
    return caf::make_error(Errc::io_failed, fmt::format("cannot judge keys: {}", error.what()));
  }
}

CurveDoor::CurveDoor(zmq::context_t& context, std::shared_ptr<const CurveKeys> keys,
                     zmq::socket_t judge, zmq::socket_t control)
  : context_{context}, keys_{std::move(keys)}, control_{std::move(control)} {
  const auto name = new_name("control");
  control_.bind(name);
  zmq::socket_t orders{context_, zmq::socket_type::pair};
  orders.set(zmq::sockopt::linger, 0);
  orders.connect(name);
  thread_ = std::thread{[this, judge = std::move(judge), orders = std::move(orders)]() mutable {
    run(std::move(judge), std::move(orders));
  }};
}

CurveDoor::~CurveDoor() {
  {
    const std::lock_guard lock{orders_};
    control_.send(zmq::message_t{}, zmq::send_flags::none);
  }
  thread_.join();
}

void CurveDoor::guard(zmq::socket_t& socket) {
  keys_->serve(socket);
  const auto name = new_name("socket");
  if (zmq_socket_monitor(socket.handle(), name.c_str(), watched_events) != 0) {
    throw zmq::error_t{};
  }
  const std::lock_guard lock{orders_};
  control_.send(zmq::buffer(name), zmq::send_flags::none);
}

CurveDoor::Counters CurveDoor::counters() const {
  const std::lock_guard lock{counting_};
  return counters_;
}

void CurveDoor::run(zmq::socket_t judging, zmq::socket_t orders) {
  std::vector<zmq::pollitem_t> items;
  for (;;) {
    items.assign({{judging.handle(), 0, ZMQ_POLLIN, 0}, {orders.handle(), 0, ZMQ_POLLIN, 0}});
    for (auto& socket : watched_) {
      items.push_back({socket.handle(), 0, ZMQ_POLLIN, 0});
    }
    try {
      zmq::poll(items, std::chrono::milliseconds{-1});
      for (auto i = watched_.size(); i-- > 0;) {
        if (items[i + 2].revents != 0) {
          look(i);
        }
      }
      if (items[0].revents != 0) {
        judge(judging);
      }
      if (items[1].revents != 0 && !obey(orders)) {
        watched_.clear();
        return;
      }
    } catch (const zmq::error_t& error) {
      if (error.num() == ETERM) {
        return;
      }
      // Who asks must find us: libzmq lets everybody in where nobody judges.
      if (error.num() != EINTR && std::has_single_bit(++failed_)) {
        spdlog::error("curve_door.failed total={} error=\"{}\"", failed_, error.what());
      }
    }
  }
}

/// False if it is time to end.
bool CurveDoor::obey(zmq::socket_t& orders) {
  zmq::message_t name;
  while (orders.recv(name, zmq::recv_flags::dontwait)) {
    if (name.empty()) {
      return false;
    }
    zmq::socket_t events{context_, zmq::socket_type::pair};
    events.set(zmq::sockopt::linger, 0);
    try {
      events.connect(name.to_string());
      watched_.push_back(std::move(events));
    } catch (const zmq::error_t&) {
      // The socket has gone already.
    }
  }
  return true;
}

/// RFC 27: version, id, domain, address, identity, mechanism, credentials.
void CurveDoor::judge(zmq::socket_t& socket) {
  auto request = frames_of(socket);
  if (request.empty()) {
    return;
  }
  request.resize(std::max(request.size(), std::size_t{2})); // every question needs an answer
  const auto curve = request.size() == 7 && request[5] == "CURVE";
  const auto key = curve ? text_of_key(request[6]) : std::string{};
  const auto good = !key.empty() && knows(key);
  if (good) {
    const std::lock_guard lock{counting_};
    ++counters_.allowed;
  } else {
    deny("unknown_key", request.size() > 3 ? request[3] : std::string{});
  }
  // 300: he may ask again, and is let in once his key is here; after 400 libzmq never would.
  const std::array<std::string_view, 6> answer{
    "1.0", request[1], good ? "200" : "300", good ? "OK" : "unknown key", "", ""};
  for (std::size_t i = 0; i < answer.size(); ++i) {
    socket.send(zmq::buffer(answer[i]),
                i + 1 < answer.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
  }
}

/// Takes in all that has happened: libzmq waits for us if we do not.
void CurveDoor::look(std::size_t watched) {
  auto& socket = watched_[watched];
  zmq::message_t frame;
  while (socket.recv(frame, zmq::recv_flags::dontwait)) {
    const auto event = event_of(frame);
    zmq::message_t where;
    if (frame.more()) {
      static_cast<void>(socket.recv(where, zmq::recv_flags::dontwait));
    }
    if (event.number == ZMQ_EVENT_MONITOR_STOPPED) {
      watched_.erase(watched_.begin() + static_cast<std::ptrdiff_t>(watched));
      return;
    }
    if (event.number == ZMQ_EVENT_ACCEPTED) {
      const std::lock_guard lock{counting_};
      ++counters_.connections;
    } else {
      deny(reason_of(event), where.to_string());
    }
  }
}

bool CurveDoor::knows(const std::string& key) {
  const auto now = std::chrono::steady_clock::now();
  if (known_.empty() || now - read_at_ >= read_keys_every) {
    read_at_ = now;
    const auto peers = read_public_keys(keys_->peers_dir());
    if (!peers && std::has_single_bit(++unreadable_)) {
      spdlog::warn("curve_door.keys_unreadable total={} error=\"{}\": those of before hold",
                   unreadable_, describe(peers.error()));
    }
    if (peers || known_.empty()) {
      known_ = {keys_->public_key()};
      for (const auto& [name, each] : peers ? *peers : keys_->peers()) {
        known_.insert(each);
      }
    }
  }
  return known_.contains(key);
}

void CurveDoor::deny(const char* reason, const std::string& who) {
  std::uint64_t total = 0;
  {
    const std::lock_guard lock{counting_};
    total = ++counters_.denied[reason];
  }
  if (std::has_single_bit(total)) {
    spdlog::warn("curve_door.denied reason={} at={} total={}", reason, who, total);
  }
}

} // namespace arbees
