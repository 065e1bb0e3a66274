#pragma once

#include <map>

#include "actors/market/fees.hpp"
#include "actors/messages/order.hpp"

namespace arbees {

/// An order of a pair and all that is known of it: what its reports state, and the sum of its
/// single executions. Whichever knows more is right; what was voided on the venue's chain counts
/// nowhere.
class PairOrder {
public:
  explicit PairOrder(OrderIntent order) : intent{std::move(order)} {}

  struct Sum {
    Quantity quantity;
    Money notional;
    Money fee;

    void add(const Sum& other);
    void take(const Sum& other);
    bool operator==(const Sum&) const = default;
  };

  enum class Heard : std::uint8_t {
    news,
    duplicate, ///< known in this state
    refused,   ///< not of this order, not possible, or against a state that is final
  };

  /// Takes over what a report tells that is newer. @returns false if nothing of it is
  bool apply(const OrderReport& report);
  Heard apply(const Fill& fill);

  [[nodiscard]] Quantity filled() const { return gross() - voided(); }
  [[nodiscard]] Quantity voided() const { return std::max(stated_.voided, voided_fills_.quantity); }
  [[nodiscard]] Money notional() const;
  [[nodiscard]] Money fee() const;
  [[nodiscard]] Sum total() const { return {filled(), notional(), fee()}; }
  /// Sent, and not known to have ended.
  [[nodiscard]] bool open() const { return sent && !terminal(status); }
  /// Some of it may still be voided.
  [[nodiscard]] bool provisional() const { return provisional_fills_ > 0; }
  /// Executions that a report counts, but that were not told one by one.
  [[nodiscard]] bool untold() const { return fills_gross() < stated_.filled + stated_.voided; }
  [[nodiscard]] bool knows(const std::string& fill_id) const { return fills_.contains(fill_id); }
  /// Fees of all executions, voided ones included, and what the market's schedule would charge.
  [[nodiscard]] Money charged_fee() const { return fills_sum_.fee + voided_fills_.fee; }
  Money expected_fee;

  OrderIntent intent;
  bool sent = false;
  OrderStatus status = OrderStatus::accepted;
  OrderFees schedule; ///< of the market, applied to the same fills
  bool fee_told = false;
  Timestamp deadline; ///< then the venue is asked
  std::uint8_t queries = 0;
  bool of_earlier_run = false; ///< and the venue was not asked since
  std::string reason;

private:
  struct KnownFill {
    Sum sum;
    FillState state = FillState::provisional;
  };
  /// As the latest report has it.
  struct Statement {
    Quantity filled;
    Quantity voided;
    Money notional;
    Money fee;
  };

  [[nodiscard]] bool plausible(const Fill& fill) const;
  [[nodiscard]] Quantity fills_gross() const {
    return fills_sum_.quantity + voided_fills_.quantity;
  }
  [[nodiscard]] Quantity gross() const {
    return std::max(stated_.filled + stated_.voided, fills_gross());
  }
  [[nodiscard]] Money money(Money stated, Money by_fills, Money by_voided) const;

  Statement stated_;
  std::map<std::string, KnownFill> fills_; ///< by the venue's id
  Sum fills_sum_;                          ///< of those that stand
  Sum voided_fills_;
  int provisional_fills_ = 0;
};

} // namespace arbees
