#pragma once

#include <string>

#include "actors/messages/book.hpp"
#include "actors/messages/order.hpp"

namespace arbees::replay {

/// Hears what happens in a session, as the bus would. This one does not care.
class SessionListener {
public:
  SessionListener() = default;
  SessionListener(const SessionListener&) = delete;
  SessionListener& operator=(const SessionListener&) = delete;
  virtual ~SessionListener() = default;

  /// The session's feed says this to the venue: its subscriptions.
  virtual void command(Venue /*venue*/, const std::string& /*text*/) {}

  /// The session's monitor wants the connection dropped and made anew.
  virtual void reconnect(Venue /*venue*/, const std::string& /*reason*/) {}

  virtual void on(const BookUpdate& /*update*/) {}
  virtual void on(const FeedStatus& /*status*/) {}
  virtual void on(const GameDiscovered& /*event*/) {}
  virtual void on(const GameUpdate& /*event*/) {}
  virtual void on(const GameEnded& /*event*/) {}
  virtual void on(const MatchedGame& /*match*/) {}
  virtual void on(const MatchRejected& /*rejected*/) {}
  virtual void on(const Signal& /*signal*/) {}
  virtual void on(const ExecutionRequest& /*request*/) {}
  virtual void on(const SignalRejected& /*rejected*/) {}
  virtual void on(const OrderReport& /*report*/) {}
  virtual void on(const Fill& /*fill*/) {}
  virtual void on(const BalanceUpdate& /*balance*/) {}
  virtual void on(const PairClosed& /*closed*/) {}
  virtual void on(Timestamp /*tick*/) {}
};

} // namespace arbees::replay
