#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "bridges/polymarket/polymarket_order_client.hpp"
#include "bridges/polymarket/polymarket_settlement_book.hpp"
#include "bridges/polymarket/polymarket_worker.hpp"

namespace arbees {

/// The account as the venue itself shows it: orders and money from the order book, tokens and
/// settlements from the chain. All of it runs on the worker's thread. To be held by a shared
/// pointer.
class PolymarketAccountReader : public std::enable_shared_from_this<PolymarketAccountReader> {
public:
  /// What one read brought, with the orders in the venue's own words.
  struct Account {
    std::vector<PolymarketOpenOrder> orders;
    std::vector<PolymarketPosition> positions;
    Money available;
    Timestamp asked_at;
    Timestamp at;
  };
  using Done = std::function<void(const caf::expected<Account>&)>;
  using Told = std::function<void(const Settlement&)>;

  /// @param told each settlement that is new or changed
  PolymarketAccountReader(const Clock& clock, std::shared_ptr<Worker> worker,
                          std::shared_ptr<PolymarketOrderClient> client, SignatureType type,
                          Told told);

  /// Reads all of it anew, or joins a read that is under way. Settlements are looked for before
  /// `done` is called. @returns Errc::io_failed or Errc::timed_out if any part could not be read
  void read(Duration deadline, Done done);

  /// Looks for settlements, unless that is under way.
  void settle();

  /// The account may hold tokens of `condition`.
  void follow(const std::string& condition) { book_.follow(condition, clock_.now()); }
  [[nodiscard]] const PolymarketSettlementBook& settlements() const { return book_; }

private:
  struct Read;
  struct Round;

  /// Wraps `member` as a callback of the client that runs it on the worker's thread.
  template <class T, class Member>
  auto back(Member member);
  void take(const std::shared_ptr<Read>& read, const caf::error& failure);
  void finish(const std::shared_ptr<Read>& read);
  void begin(std::vector<PolymarketPosition> positions);
  void on_recent(const std::shared_ptr<Round>& round,
                 const caf::expected<std::vector<PolymarketActivity>>& recent);
  void on_result(const std::shared_ptr<Round>& round, const std::string& condition,
                 const caf::expected<PolymarketMarketResult>& result);
  void on_history(const std::shared_ptr<Round>& round,
                  const caf::expected<std::vector<PolymarketActivity>>& history);
  void tell(const std::string& condition, const std::vector<Settlement>& settlements);
  void end_round();

  const Clock& clock_;
  std::shared_ptr<Worker> worker_;
  std::shared_ptr<PolymarketOrderClient> client_;
  SignatureType type_;
  Told told_;
  PolymarketSettlementBook book_;
  std::shared_ptr<Read> read_;   ///< under way
  std::shared_ptr<Round> round_; ///< under way
  bool settling_ = false;
  std::optional<Timestamp> looked_at_; ///< since when activity was read
  boost::asio::steady_timer deadline_;
};

} // namespace arbees
