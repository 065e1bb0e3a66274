#pragma once

#include <variant>

#include "actors/executor/leg_plan.hpp"
#include "actors/executor/pair_order.hpp"
#include "actors/messages/position.hpp"
#include "actors/messages/telemetry.hpp"

namespace arbees {

struct ExecutorConfig {
  LegPolicy leg_policy = LegPolicy::automatic;
  Duration rest_time_box = std::chrono::seconds{20}; ///< then an order that rests is withdrawn
  /// When the venue itself ends it, should nobody be there to withdraw it. Polymarket wants more
  /// than two minutes (venues/polymarket.md 3.3).
  Duration rest_backstop = std::chrono::minutes{3};
  std::uint8_t max_rest_hedges = 60;                    ///< then it is withdrawn as well
  Duration cancel_interval = std::chrono::seconds{1};   ///< until the venue says that it is gone
  Duration complete_time_box = std::chrono::seconds{2}; ///< for completing the short leg
  std::uint8_t max_complete_attempts = 3;
  Duration unwind_time_box = std::chrono::seconds{3}; ///< for selling what is over
  std::uint8_t max_unwind_attempts = 4;
  Price unwind_step{100};               ///< what each attempt concedes beyond the best bid
  std::uint8_t max_forced_attempts = 3; ///< sales at any price, if the budget has no room
  /// How long a pair waits for the book of what it must sell: a venue that is down takes no order,
  /// and comes back. The time box begins again when it does.
  Duration outage_patience = std::chrono::minutes{10};
  Duration attempt_interval = std::chrono::milliseconds{250}; ///< unless the book changes before
  /// How long a sale that was refused waits for the chain to settle what it would sell: a venue may
  /// not let go of contracts before (hazards 3).
  Duration settle_patience = std::chrono::minutes{2};
  Money exposed_budget{100 * money_per_dollar};      ///< cost of all that is held unhedged
  Duration order_deadline = std::chrono::seconds{2}; ///< for a report, beyond the market's delay
  Duration query_interval = std::chrono::seconds{1}; ///< doubles up to `max_query_interval`
  Duration max_query_interval = std::chrono::seconds{30};
  /// An imbalance below this is dust: smaller than any order that could mend it, and at most five
  /// cents at stake. Polymarket fills in finer steps than either venue takes orders.
  Quantity dust{50'000};
  /// An order whose fees differ by more from the market's schedule is told: the venue may have
  /// changed it, and then every edge is wrong.
  Money fee_tolerance{1'000};
  Duration commit_timeout = std::chrono::seconds{2};
  Duration ledger_retry = std::chrono::seconds{1}; ///< how often a refusing ledger is tried again
  /// How long late fills find their pair, after all that it has are final.
  Duration closed_retention = std::chrono::minutes{1};
  /// How long a pair that holds something may be sold, if its markets are not decided before.
  Duration held_retention = std::chrono::days{14};
  /// No pair is opened before each venue was found to agree with the ledger, nor while it does not.
  bool require_reconciled = false;
  /// A venue that refuses so many opening orders in a row gets no new pairs for `refusal_pause`.
  std::uint8_t refusals_before_pause = 5;
  Duration refusal_pause = std::chrono::seconds{30};
};

// What happens to a pair.

/// The ledger has the batch on disk.
struct BatchCommitted {
  std::uint32_t batch = 0;
};
/// The ledger refused the batch, or did not answer in time.
struct BatchRefused {
  std::uint32_t batch = 0;
  std::string reason;
};
/// The market was decided and paid: nothing of it can be traded any more.
struct MarketDecided {
  MarketId market;
};
using PairEvent =
  std::variant<BatchCommitted, BatchRefused, OrderReport, Fill, BookUpdate, MarketDecided, Tick>;

// What a pair wants done, in this order.

struct CommitBatch {
  std::uint32_t batch = 0;
  std::vector<OrderIntent> orders;
};
struct SendOrder {
  OrderIntent order;
};
/// An order of a committed batch that is not sent after all: its end, for the record.
struct RecordUnsent {
  OrderReport report;
};
/// An order that rests is to be taken out of the book.
struct WithdrawOrder {
  OrderIntent order;
  std::string reason; ///< stable name, for counting
};
struct AskVenue {
  OrderIntent order;
  std::uint8_t asked_before = 0;
};
struct ClosePair {
  PairClosed closed;
  Money exposed;            ///< what the contracts without hedge cost, fees included
  MarketId exposed_in;      ///< of these contracts, if there are any
  bool ledger_knows = true; ///< false if not even an intent was committed
  /// What this process told of the pair's end before.
  std::optional<PairClosed> replaces{};

  /// True if nothing but money is new: the executions are exact where an order's average was not.
  [[nodiscard]] bool only_money() const {
    return replaces && replaces->held == closed.held && replaces->outcome == closed.outcome;
  }
};
/// An exit is over, or was not even begun.
struct EndExit {
  ExitEnded ended;
};
/// A person should look.
struct RaiseAlert {
  std::string what; ///< stable name, for counting
  std::string detail;
};
/// The event changed nothing; `why` is a stable name, for counting.
struct IgnoreEvent {
  std::string why;
};
using PairCommand = std::variant<CommitBatch, SendOrder, WithdrawOrder, RecordUnsent, AskVenue,
                                 ClosePair, EndExit, RaiseAlert, IgnoreEvent>;
using PairCommands = std::vector<PairCommand>;

enum class PairStage : std::uint8_t { opening, completing, unwinding, closed };

/// What one leg holds and has cost.
struct LegPosition {
  Quantity bought;
  Quantity sold;
  Money paid;
  Money received;
  Money fees;

  [[nodiscard]] Quantity held() const { return bought - sold; }
};

/// One pair from its request to a terminal state (architecture section 6.4 to 6.6).
///
/// - Nothing is sent before the ledger has it: every order is part of a committed batch.
/// - Both legs at once or one after the other: plan_legs(). The second of two is sized to what
///   the first really filled, at the request's limit.
/// - A leg that the signal wants to rest is ordered alone, good till cancelled and post-only. What
///   its fills leave unhedged is bought on the other venue at once, no dearer than break-even. It
///   is withdrawn when its time box ends, when the other venue shows less within the request's
///   limit than it may still have filled, and when anything stands against a new pair; its fills
///   are hedged until the venue says that it is gone (pair_rest.cpp).
/// - If the legs differ by more than dust: complete the short one at up to break-even inside a time
///   box, else sell what is over at worsening limits, else hold it inside the exposed budget and
///   raise an alert. If the budget has no room, it is sold at any bid before that.
/// - An order without a report is neither filled nor failed: the venue is asked until it says, and
///   meanwhile nothing else is ordered for the pair.
/// - A pair that has ended is taken up again if a fill is voided on the venue's chain, or comes
/// late:
///   the hedge of a voided fill is sold at once. Its end is then told anew, with the next revision.
class PairMachine {
public:
  /// @pre both markets are the legs' markets
  PairMachine(ExecutionRequest request, std::array<MarketSpec, 2> markets,
              std::array<BookUpdate, 2> books, ExecutorConfig config);

  /// Plans the first batch, or closes the pair as void.
  PairCommands open(Timestamp now);

  /// Goes on with a pair that an earlier process left open: every order that has no end on record
  /// is asked for, then what is over is completed or sold.
  /// @param markets as far as they are known yet; learn() tells the rest
  static PairMachine restore(const OpenPair& pair, std::array<std::optional<MarketSpec>, 2> markets,
                             ExecutorConfig config, Timestamp now);

  /// The same for a pair that had ended: it rests until something changes, or it is to be sold.
  void hold(const PairClosed& closed);

  /// Takes up again a pair that has ended, and sells what the request says, no cheaper than its
  /// limits: both legs at once, or a delaying venue's first and of the other what that sold. What
  /// is uneven then is balanced as ever. Answered by one EndExit, at once if it cannot begin.
  PairCommands
  exit(const ExitRequest& request, Timestamp now, Money budget_left, bool may_send = true);

  /// @param budget_left room for holding contracts without hedge, over all pairs
  /// @param may_send false: nothing is ordered; what the ledger has committed is not sent
  PairCommands
  apply(const PairEvent& event, Timestamp now, Money budget_left, bool may_send = true);

  /// Tells why no new pair would be opened; empty: it would. An order that rests is one.
  void let_open(std::string why_not) { why_not_open_ = std::move(why_not); }
  /// An order of the pair may rest in a book.
  [[nodiscard]] bool rests() const;

  /// A market of a restored pair is known now, or its rules have changed.
  void learn(const MarketSpec& market);
  /// The present book, for a pair that has not followed it since it ended.
  void show(const BookUpdate& book);

  [[nodiscard]] PairStage stage() const { return stage_; }
  [[nodiscard]] const ExecutionRequest& request() const { return request_; }
  [[nodiscard]] const std::vector<PairOrder>& orders() const { return orders_; }
  [[nodiscard]] LegPosition position(std::uint8_t leg) const;
  [[nodiscard]] Timestamp closed_at() const { return closed_at_; }
  /// Nothing that happened can be undone by the venue any more.
  [[nodiscard]] bool final() const;
  /// It has ended, and holds contracts of markets that are not decided.
  [[nodiscard]] bool holds() const;
  /// A market has paid: what is held of it is not for sale any more.
  void decide(MarketId market);
  /// Orders whose report is overdue.
  [[nodiscard]] std::int64_t unknown_orders() const;

private:
  enum class Step : std::uint8_t { wait, ordered, give_up };

  void on(const BatchCommitted& event, PairCommands& out);
  void on(const BatchRefused& event, PairCommands& out);
  void on(const OrderReport& event, PairCommands& out);
  void on(const Fill& event, PairCommands& out);
  void on(const BookUpdate& event, PairCommands& out);
  void on(const MarketDecided& event, PairCommands& out);
  void on(const Tick& event, PairCommands& out);

  void advance(PairCommands& out);
  void ask_overdue(PairCommands& out);
  void continue_opening(PairCommands& out);
  void open_resting(std::uint8_t leg, PairCommands& out);
  void withdraw_rest(PairCommands& out);
  bool tend_rest(PairCommands& out);
  void note_resting(PairOrder& order) const;
  void rebalance(PairCommands& out);
  Step complete(PairCommands& out);
  Step unwind(PairCommands& out);
  bool waits_for_market(std::uint8_t leg, PairCommands& out);
  bool waits_for_book(std::uint8_t leg, PairCommands& out);
  bool waits_for_settlement(std::uint8_t leg);
  void take_up_again(PairCommands& out);
  void end_unsent(PairOrder& order, const std::string& reason, PairCommands& out);
  void leave_unsent(const std::string& reason, PairCommands& out);

  void continue_exit(PairCommands& out);
  void end_exit(std::string refused, PairCommands& out);
  [[nodiscard]] Quantity tolerated() const;

  [[nodiscard]] std::string why_not_open() const;
  [[nodiscard]] std::string why_not_send_first() const;
  [[nodiscard]] std::string why_not_rest(std::uint8_t leg) const;
  [[nodiscard]] std::string why_withdraw(const PairOrder& rest) const;
  [[nodiscard]] PairOrder* resting();
  [[nodiscard]] std::optional<std::uint8_t> resting_leg() const;
  [[nodiscard]] std::string why_not_exit(const ExitRequest& request) const;
  [[nodiscard]] OrderIntent
  intent(std::uint8_t leg, OrderPurpose purpose, const OrderTerms& terms, Action action) const;
  void commit(std::vector<OrderIntent> orders, PairCommands& out);
  void close(std::string reason, PairCommands& out);
  void check_fee(PairOrder& order, const Fill& fill, PairCommands& out) const;
  void check_amount(const PairOrder& order, const PairOrder::Sum& before, PairCommands& out);
  [[nodiscard]] bool still_wanted(const OrderIntent& order) const;
  [[nodiscard]] bool fits(const OrderIntent& order) const;

  [[nodiscard]] PairOrder* find(const std::string& client_order_id);
  [[nodiscard]] std::uint8_t attempts(OrderPurpose purpose) const;
  /// Attempts since the pair was last taken up.
  [[nodiscard]] int tries(OrderPurpose purpose) const;
  [[nodiscard]] LegView view(std::uint8_t leg) const;
  [[nodiscard]] Quantity covered(std::uint8_t leg) const;
  [[nodiscard]] Quantity excess() const;
  [[nodiscard]] std::uint8_t long_leg() const;
  [[nodiscard]] Money excess_cost() const;
  [[nodiscard]] PairOutcome outcome() const;
  [[nodiscard]] std::string last_reason() const;

  ExecutionRequest request_;
  std::array<MarketSpec, 2> markets_;
  std::array<bool, 2> known_{true, true}; ///< false: only its id and venue are
  std::array<BookUpdate, 2> books_;
  ExecutorConfig config_;

  PairStage stage_ = PairStage::opening;
  Timestamp now_;
  Timestamp opened_at_;
  Timestamp closed_at_;
  Money budget_left_;
  bool may_send_ = true;
  std::uint32_t revision_ = 0;
  bool moved_ = false;                ///< what the end was told with is not so any more
  bool voided_ = false;               ///< one went
  bool decided_ = false;              ///< a market of it has paid
  std::map<OrderPurpose, int> tried_; ///< attempts before the pair was taken up again
  std::vector<PairOrder> orders_;
  std::uint32_t batch_ = 0;
  std::size_t batch_size_ = 0; ///< its orders are the last ones of `orders_`
  bool committing_ = false;
  std::optional<std::uint8_t> second_leg_; ///< still to be opened, sized to the first
  Timestamp box_ends_;
  bool forced_ = false;
  std::optional<Timestamp> no_book_since_; ///< of the leg that must be sold
  bool outage_told_ = false;
  std::optional<Timestamp> settling_since_; ///< a sale was refused, and waits for the chain
  bool settling_over_ = false;
  std::array<Timestamp, 2> retry_at_; ///< by leg
  Timestamp rest_until_;
  std::string why_not_open_;
  std::optional<PairClosed> told_; ///< of its end, the last time
  std::string withdrawn_;          ///< why the order that rested was withdrawn
  Timestamp cancel_again_at_;
  std::optional<ExitRequest> exit_; ///< under way
  std::array<LegPosition, 2> before_exit_;
  std::optional<std::uint8_t> second_exit_; ///< still to be sold, as much as the first was
};

} // namespace arbees
