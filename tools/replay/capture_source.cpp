#include "tools/replay/capture_source.hpp"

#include <algorithm>
#include <charconv>

namespace arbees::replay {

namespace {

constexpr unsigned switching_protocols = 101;

/// The status of "HTTP/1.1 200 OK…"; 0 if there is none.
unsigned status_of(std::string_view message) {
  const auto space = message.find(' ');
  unsigned status = 0;
  if (space != std::string_view::npos && message.size() >= space + 4) {
    std::from_chars(message.data() + space + 1, message.data() + space + 4, status);
  }
  return status;
}

std::string_view body_of(std::string_view message) {
  constexpr std::string_view gap = "\r\n\r\n";
  const auto end = message.find(gap);
  return end == std::string_view::npos ? std::string_view{} : message.substr(end + gap.size());
}

} // namespace

Timestamp CaptureSource::stamp(const CaptureRecord& record) {
  if (!start_) {
    start_.emplace(record.wall_ns, record.monotonic_ns);
  }
  return Timestamp{Duration{start_->first + (record.monotonic_ns - start_->second)}};
}

void CaptureSource::give(Session& session, const CaptureRecord& record) {
  const auto at = stamp(record);
  ++records_;
  if (record.connection == 0) {
    return; // the capture speaks of itself
  }
  if (record.kind == CaptureKind::text && record.direction == CaptureDirection::in) {
    const auto found = connections_.find(record.connection);
    if (found != connections_.end() && found->second.socket != Socket::other) {
      session.frame(found->second.socket == Socket::kalshi ? Venue::kalshi : Venue::polymarket,
                    record.payload, at);
    }
  } else if (record.kind == CaptureKind::open) {
    open(record);
  } else if (record.kind == CaptureKind::close) {
    close(session, record, at);
  } else if (record.kind == CaptureKind::response) {
    response(session, record, at);
  }
}

void CaptureSource::open(const CaptureRecord& record) {
  connections_[record.connection] = {.socket = record.payload == "kalshi_feed" ? Socket::kalshi
                                               : record.payload == "polymarket_feed"
                                                 ? Socket::polymarket
                                                 : Socket::other};
}

void CaptureSource::close(Session& session, const CaptureRecord& record, Timestamp at) {
  const auto found = connections_.find(record.connection);
  if (found == connections_.end()) {
    return;
  }
  const auto connection = found->second;
  connections_.erase(found);
  if (connection.socket == Socket::kalshi && connection.open) {
    session.disconnected(Venue::kalshi, record.payload, at);
  } else if (connection.socket == Socket::polymarket && connection.open
             && std::exchange(polymarket_up_, false)) {
    session.disconnected(Venue::polymarket, record.payload, at);
  }
}

void CaptureSource::response(Session& session, const CaptureRecord& record, Timestamp at) {
  const auto status = status_of(record.payload);
  const auto found = connections_.find(record.connection);
  if (status == switching_protocols) {
    if (found != connections_.end()) {
      upgraded(session, found->second, at);
    }
    return;
  }
  answers_.take(session, record.target, status, body_of(record.payload), at);
}

void CaptureSource::upgraded(Session& session, Connection& connection, Timestamp at) {
  connection.open = true;
  if (connection.socket == Socket::kalshi) {
    session.connected(Venue::kalshi, at);
  } else if (connection.socket == Socket::polymarket && !polymarket_up_) {
    polymarket_up_ = std::ranges::all_of(connections_, [](const auto& each) {
      return each.second.socket != Socket::polymarket || each.second.open;
    });
    if (polymarket_up_) {
      session.connected(Venue::polymarket, at);
    }
  }
}

caf::expected<CapturePlayed>
play_capture(const std::filesystem::path& folder, Session& session,
             const std::map<League, LeagueTable>& tables, const Pace& pace) {
  auto reader = CaptureReader::open(folder);
  if (!reader) {
    return std::move(reader.error());
  }
  CaptureSource source{tables};
  while (const auto record = reader->next()) {
    if (pace) {
      pace(source.stamp(*record));
    }
    source.give(session, *record);
  }
  session.finish();
  return CapturePlayed{.records = source.records(), .flaws = reader->flaws()};
}

} // namespace arbees::replay
