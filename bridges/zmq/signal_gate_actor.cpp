#include "bridges/zmq/signal_gate_actor.hpp"

#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <filesystem>

#include "bridges/envelope/json_writer.hpp"

namespace arbees {

namespace {

using Self = SignalGateActor::stateful_pointer<SignalGateState>;

/// Requests answered between two looks at the mailbox.
constexpr auto burst = 32;
constexpr std::string_view ipc = "ipc://";

/// A request as it came: who asks, behind an empty frame or not.
struct Request {
  zmq::message_t sender;
  bool delimited = false;
  std::vector<zmq::message_t> parts;
  bool whole = true;
};

std::optional<Request> receive(zmq::socket_t& socket, zmq::recv_flags flags) {
  Request request;
  try {
    if (!socket.recv(request.sender, flags)) {
      return std::nullopt;
    }
    auto more = request.sender.more();
    zmq::message_t frame;
    while (more && socket.recv(frame, zmq::recv_flags::dontwait)) {
      more = frame.more();
      if (request.parts.empty() && frame.size() == 0 && !request.delimited && more) {
        request.delimited = true;
      } else if (request.parts.size() < 2) {
        request.parts.push_back(std::move(frame));
      } else {
        request.whole = false;
      }
    }
  } catch (const zmq::error_t&) {
    return std::nullopt;
  }
  return request;
}

void answer(Self self, Request& request, const std::string& text) {
  const auto more = zmq::send_flags::sndmore | zmq::send_flags::dontwait;
  auto& socket = self->state.socket;
  try {
    // A sender that does not read its answers gets none; it never makes us wait.
    if (socket.send(request.sender, more)) {
      if (request.delimited) {
        socket.send(zmq::message_t{}, more);
      }
      socket.send(zmq::buffer(text), zmq::send_flags::dontwait);
      return;
    }
  } catch (const zmq::error_t&) {
  }
  ++self->state.unanswered;
}

std::string refuse(Self self, const GateRefusal& refusal) {
  auto& total = self->state.refused[refusal.reason];
  if (std::has_single_bit(static_cast<std::uint64_t>(++total))) {
    spdlog::warn("signal_gate.refused reason={} detail=\"{}\" total={}", refusal.reason,
                 refusal.detail, total);
  }
  std::string text;
  JsonWriter json{text};
  json.open_object().key("accepted").boolean(false).key("reason").text(refusal.reason);
  json.key("detail").text(refusal.detail).close_object();
  return text;
}

std::string accept(Self self, const Signal& signal) {
  ++self->state.accepted;
  spdlog::info("signal_gate.accepted signal={} game={} quantity={}", to_hex(signal.id),
               to_hex(signal.game), to_string(signal.quantity));
  self->send(self->state.processor, signal);
  std::string text;
  JsonWriter json{text};
  json.open_object().key("accepted").boolean(true);
  json.key("signal_id").text(to_hex(signal.id)).close_object();
  return text;
}

std::string judge(Self self, const Request& request) {
  if (!request.whole || request.parts.size() != 2) {
    return refuse(self, {"bad_frames", "token and signal"});
  }
  auto& state = self->state;
  const auto verdict = state.gate->judge(request.parts[0].to_string_view(),
                                         request.parts[1].to_string_view(), state.clock());
  const auto* const signal = std::get_if<Signal>(&verdict);
  return signal != nullptr ? accept(self, *signal) : refuse(self, std::get<GateRefusal>(verdict));
}

void serve(Self self) {
  auto request = receive(self->state.socket, zmq::recv_flags::none);
  for (auto i = 0; request && i < burst; ++i) {
    answer(self, *request, judge(self, *request));
    request = i + 1 < burst ? receive(self->state.socket, zmq::recv_flags::dontwait) : std::nullopt;
  }
}

/// Nothing, or why others could reach a socket in `folder`.
caf::error keep_out_others(const std::filesystem::path& folder) {
  struct stat about {};
  if (lstat(folder.c_str(), &about) != 0 || !S_ISDIR(about.st_mode)) {
    return caf::make_error(Errc::bad_credential,
                           fmt::format("signal_gate: {} is no folder", folder.string()));
  }
  if (about.st_uid != geteuid() || (about.st_mode & 077) != 0) {
    return caf::make_error(
      Errc::bad_credential,
      fmt::format("signal_gate: others may enter {}: chmod 700 it, or make it yours",
                  folder.string()));
  }
  return {};
}

Metrics metrics_of(const SignalGateState& state) {
  Metrics metrics{.source = SignalGateState::name};
  metrics.values["accepted"] = state.accepted;
  metrics.values["unanswered"] = state.unanswered;
  for (const auto& [reason, total] : state.refused) {
    metrics.values["refused:" + reason] = total;
  }
  return metrics;
}

} // namespace

caf::expected<zmq::socket_t>
open_signal_gate(zmq::context_t& context, const std::string& endpoint) {
  if (!endpoint.starts_with(ipc)) {
    return caf::make_error(Errc::bad_configuration,
                           fmt::format("signal_gate: '{}' is not ipc://PATH", endpoint));
  }
  const std::filesystem::path path = endpoint.substr(ipc.size());
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
  if (auto error = keep_out_others(folder)) {
    return error;
  }
  try {
    zmq::socket_t socket{context, zmq::socket_type::router};
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::sndhwm, 64);
    socket.set(zmq::sockopt::rcvhwm, 64);
    socket.set(zmq::sockopt::rcvtimeo, 100);
    socket.set(zmq::sockopt::router_mandatory, true);
    socket.set(zmq::sockopt::maxmsgsize, std::int64_t{4 * SignalGate::max_bytes});
    socket.bind(endpoint);
    return socket;
  } catch (const zmq::error_t& error) {
    return caf::make_error(Errc::io_failed,
                           fmt::format("signal_gate: {}: {}", endpoint, error.what()));
  }
}

SignalGateActor::behavior_type
signal_gate_actor(Self self, zmq::socket_t socket, SignalGateConfig config, Secret token,
                  std::function<Timestamp()> clock, SignalSink processor) {
  self->state.gate.emplace(config, std::move(token), clock());
  self->state.socket = std::move(socket);
  self->state.clock = std::move(clock);
  self->state.processor = std::move(processor);
  self->send(self, PollAtom::value);
  return {
    [self](PollAtom) {
      serve(self);
      self->send(self, PollAtom::value);
    },
    [](const GameDiscovered&) {},
    [self](const GameUpdate& update) { self->state.gate->add(update); },
    [self](const GameEnded& ended) { self->state.gate->add(ended); },
    [self](const MatchedGame& match) { self->state.gate->add(match); },
    [](const MatchRejected&) {},
    [self](const Signal& ours) { self->state.gate->add(ours); },
    [self](caf::get_atom) { return metrics_of(self->state); },
  };
}

} // namespace arbees
