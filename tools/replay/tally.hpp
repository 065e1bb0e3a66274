#pragma once

#include <map>
#include <optional>
#include <vector>

#include "actors/messages/book.hpp"
#include "actors/messages/order.hpp"
#include "tools/replay/record_hash.hpp"

namespace arbees::replay {

/// A pair as it ended last.
struct EndedPair {
  PairClosed closed;
  std::array<MarketId, 2> markets;
  std::array<Side, 2> sides{};
  Money edge_per_contract; ///< promised by the signal
  Duration first_fill{};   ///< from the book that made the signal to the first fill; 0: none
};

/// Where the money stood when a pair ended.
struct EquityPoint {
  Timestamp at;
  Money profit;
};

/// What a session decided and what came of it.
class Tally {
public:
  // What happened.
  void count_message() { ++messages; }
  void add(const BookUpdate& update);
  void add(const Signal& signal);
  void add(const SignalRejected& rejected);
  void add(const ExecutionRequest& request);
  void add(const OrderIntent& order);
  void add(const OrderReport& report);
  void add(const Fill& fill);
  void add(const PairClosed& closed);
  void alert(const std::string& what) { ++alerts[what]; }

  // What came of it.
  [[nodiscard]] std::string hash() const { return hash_.hex(); }
  [[nodiscard]] const std::map<PairId, EndedPair>& pairs() const { return pairs_; }
  [[nodiscard]] const std::vector<EquityPoint>& equity() const { return equity_; }
  /// Locked profit of all pairs: contracts without hedge have cost what they did and are worth
  /// nothing.
  [[nodiscard]] Money locked_profit() const { return locked_; }
  /// The same, contracts without hedge being worth the best bid that was last seen for them.
  [[nodiscard]] Money marked_profit() const;

  std::uint64_t messages = 0; ///< inputs: frames, books, answers
  std::uint64_t books = 0;
  std::uint64_t signals = 0;
  std::uint64_t requests = 0;
  std::uint64_t orders = 0;
  std::uint64_t fills = 0;
  std::uint64_t frames_rejected = 0;
  std::uint64_t stamps_back = 0;                     ///< inputs older than the session's time
  std::map<std::string, std::uint64_t> rejected;     ///< signals, by filter
  std::map<std::string, std::uint64_t> order_ends;   ///< terminal reports, by venue and status
  std::map<std::string, std::uint64_t> outcomes;     ///< pairs as they ended last
  std::map<std::string, std::uint64_t> pair_reasons; ///< why pairs are not complete
  std::map<std::string, std::uint64_t> alerts;
  std::vector<Money> edges; ///< per contract, of every signal
  Quantity ordered;         ///< contracts of opening orders
  Quantity filled;          ///< of these
  Quantity matched;         ///< contracts of which both legs are held
  Money fees;
  Timestamp began{};
  Timestamp ended{};

private:
  struct Open {
    ExecutionRequest request;
    std::optional<Timestamp> first_fill;
  };
  struct Top {
    std::optional<Price> bid;
    std::optional<Price> ask;
  };

  void count(const EndedPair& pair, int sign);

  RecordHash hash_;
  std::map<PairId, Open> open_;
  std::map<PairId, EndedPair> pairs_;
  std::map<MarketId, Top> tops_;
  std::map<std::string, OrderPurpose> purposes_; ///< by client order id
  std::vector<EquityPoint> equity_;
  Money locked_;
};

} // namespace arbees::replay
