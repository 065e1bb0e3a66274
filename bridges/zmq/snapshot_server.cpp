#include "bridges/zmq/snapshot_server.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace arbees {

namespace {

caf::error bad_frames() {
  return caf::make_error(Errc::bad_frame, std::string{"bad_frames"});
}

/// The reason as it was given to make_error.
std::string reason_of(const caf::error& error) {
  const auto& context = error.context();
  return context.match_elements<std::string>() ? context.get_as<std::string>(0) : "refused";
}

bool wanted(const SnapshotRequest& request, std::string_view topic) {
  return std::ranges::any_of(request.prefixes,
                             [&](const std::string& prefix) { return topic.starts_with(prefix); });
}

using Pairs = std::vector<std::pair<std::string_view, std::string_view>>;

/// The next messages that are asked for; `end` learns whether there are more.
Pairs page(const SnapshotCache& cache, const SnapshotRequest& request, SnapshotEnd& end,
           const std::function<std::string_view(PublishRole)>& source_of) {
  Pairs pairs;
  if (request.prefixes.empty()) {
    return pairs;
  }
  const auto since =
    request.run == end.run ? request.since : std::map<std::string, std::uint64_t>{};
  std::size_t bytes = 0;
  const auto& entries = cache.entries();
  for (auto entry = entries.upper_bound(request.after); entry != entries.end(); ++entry) {
    const auto& [topic, kept] = *entry;
    if (!wanted(request, topic)) {
      continue;
    }
    const auto from = since.find(std::string{source_of(kept.role)});
    if (from != since.end() && kept.seq < from->second) {
      continue;
    }
    if (pairs.size() == SnapshotServer::page_topics || bytes > SnapshotServer::page_bytes) {
      end.more = true;
      return pairs;
    }
    pairs.emplace_back(topic, kept.frame);
    bytes += kept.frame.size();
  }
  return pairs;
}

} // namespace

caf::expected<SnapshotServer>
SnapshotServer::open(zmq::context_t& context, const std::string& endpoint, CurveDoor* door) {
  try {
    zmq::socket_t socket{context, zmq::socket_type::router};
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::sndhwm, pages_per_reader);
    socket.set(zmq::sockopt::rcvhwm, 4);
    socket.set(zmq::sockopt::router_mandatory, true);
    // Larger frames end their sender's connection before memory is spent on them.
    socket.set(zmq::sockopt::maxmsgsize, std::int64_t{64} * 1024);
    socket.set(zmq::sockopt::handshake_ivl, handshake_limit_ms);
    if (door != nullptr) {
      door->guard(socket);
    }
    socket.bind(endpoint);
    return SnapshotServer{std::move(socket)};
  } catch (const zmq::error_t& error) {
    return caf::make_error(Errc::io_failed, fmt::format("cannot answer for snapshots at {}: {}",
                                                        endpoint, error.what()));
  }
}

bool SnapshotServer::receive(Question& question) try {
  if (!socket_.recv(question.reader, zmq::recv_flags::dontwait)) {
    return false;
  }
  zmq::message_t frame;
  auto frames = 0;
  auto more = question.reader.more();
  question.request = bad_frames();
  // All frames of a message arrive together.
  while (more && socket_.recv(frame, zmq::recv_flags::dontwait)) {
    more = frame.more();
    if (frames++ == 0 && frame.size() == 0 && more) {
      question.delimited = true;
    } else {
      const auto last = !more && frames == (question.delimited ? 2 : 1);
      question.request = last ? decode_snapshot_request(frame.to_string_view())
                              : caf::expected<SnapshotRequest>{bad_frames()};
    }
  }
  return true;
} catch (const zmq::error_t&) {
  return false;
}

void SnapshotServer::answer(Question& question, const std::vector<Pair>& pairs) {
  const auto more = zmq::send_flags::sndmore | zmq::send_flags::dontwait;
  try {
    // Refused here, or not at all: what has begun is taken whole.
    if (!socket_.send(question.reader, more)) {
      ++counters_.unsent;
      return;
    }
    if (question.delimited) {
      socket_.send(zmq::message_t{}, more);
    }
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      socket_.send(zmq::buffer(pairs[i].first), more);
      socket_.send(zmq::buffer(pairs[i].second),
                   i + 1 < pairs.size() ? more : zmq::send_flags::dontwait);
    }
    ++counters_.answered;
    counters_.messages += pairs.size() - 1;
  } catch (const zmq::error_t&) {
    ++counters_.unsent;
  }
}

void SnapshotServer::refuse(Question& question) {
  const auto reason = reason_of(question.request.error());
  ++counters_.refused[reason];
  const auto text = fmt::format(R"({{"reason":"{}"}})", reason);
  answer(question, {{snapshot_refused_topic, text}});
}

void SnapshotServer::serve(const SnapshotCache& cache, const std::function<SnapshotEnd()>& end,
                           const std::function<std::string_view(PublishRole)>& source_of) {
  Question question;
  for (auto i = 0; i < requests_at_once && receive(question); ++i, question = {}) {
    if (!question.request) {
      refuse(question);
      continue;
    }
    auto marker = end();
    auto pairs = page(cache, *question.request, marker, source_of);
    marker.id = question.request->id;
    marker.count = pairs.size();
    const auto text = encode_snapshot_end(marker);
    pairs.emplace_back(snapshot_end_topic, text);
    answer(question, pairs);
  }
}

} // namespace arbees
