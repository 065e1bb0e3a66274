#pragma once

#include <functional>
#include <set>

#include "bridges/net/capture_reader.hpp"
#include "tools/replay/answers.hpp"

namespace arbees::replay {

/// Called with the time of what is about to happen: who plays in real time waits here.
using Pace = std::function<void(Timestamp)>;

/// Gives a session what a capture holds, as its run was given it: frames of the market data
/// sockets, connections that came and went, the answers to the pollers' GETs. Private channels and
/// orders are left out: the session makes its own.
///
/// A Polymarket feed of several sockets counts as connected while all of them are, as in the run.
class CaptureSource {
public:
  explicit CaptureSource(const std::map<League, LeagueTable>& tables) : answers_{tables} {}

  void give(Session& session, const CaptureRecord& record);

  /// The record's stamp: the wall clock of the first record, and the monotonic one since then.
  [[nodiscard]] Timestamp stamp(const CaptureRecord& record);

  [[nodiscard]] std::uint64_t records() const { return records_; }
  [[nodiscard]] const Answers& answers() const { return answers_; }

private:
  enum class Socket : std::uint8_t { other, kalshi, polymarket };

  struct Connection {
    Socket socket = Socket::other;
    bool open = false;
  };

  void open(const CaptureRecord& record);
  void close(Session& session, const CaptureRecord& record, Timestamp at);
  void response(Session& session, const CaptureRecord& record, Timestamp at);
  void upgraded(Session& session, Connection& connection, Timestamp at);

  Answers answers_;
  std::map<std::uint32_t, Connection> connections_;
  std::optional<std::pair<std::int64_t, std::int64_t>> start_; ///< wall and monotonic
  bool polymarket_up_ = false;
  std::uint64_t records_ = 0;
};

/// What there was to play.
struct CapturePlayed {
  std::uint64_t records = 0;
  std::vector<CaptureFlaw> flaws; ///< torn, cut or corrupt: what is behind them was left out
};

/// Plays a run, or the newest run of a folder of captures, to its end.
/// @returns Errc::io_failed if there is none
caf::expected<CapturePlayed>
play_capture(const std::filesystem::path& folder, Session& session,
             const std::map<League, LeagueTable>& tables, const Pace& pace = {});

} // namespace arbees::replay
