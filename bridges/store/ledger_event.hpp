#pragma once

#include <caf/expected.hpp>
#include <string>
#include <string_view>

#include "bridges/store/ledger_record.hpp"

namespace arbees {

/// What the ledger remembers of a record, as text from which all its tables can be made again.
///
/// The text is the record's fields in a fixed order with one space between each two. Numbers are
/// decimal in the unit of their type, times nanoseconds, ids 16 hexadecimal digits, enumerators
/// their names; a list is its length and then its elements; what is absent is "-". In other texts
/// the bytes up to space, "%" and above "~" are "%" and two hexadecimal digits, a lone "-" is
/// "%2d", and the empty text is "%". One record has one text. A kind's fields never change: a
/// message that grows gets a new kind.
struct EventText {
  std::string_view kind;
  std::string content;
};

enum class IntentEvent : std::uint8_t {
  opens,  ///< the first of its pair: with the whole request
  follows ///< only the pair's id, the batch and its orders
};

EventText event_text(const CommitIntent& intent, IntentEvent kind);
EventText event_text(const OrderReport& report); ///< without what the order says
EventText event_text(const Fill& fill);
EventText event_text(const PairClosed& pair); ///< without what the pair says
EventText event_text(const BalanceUpdate& balance);
EventText event_text(const Settlement& settlement);
EventText event_text(const TradingControl& control);
EventText event_text(const Reconciliation& reconciliation);
EventText event_text(const MoneyAccepted& accepted);

/// The record, with the fields that its kind has, or Errc::bad_frame.
caf::expected<LedgerRecord> decode_event(std::string_view kind, std::string_view content);

/// The shards of a balance as one text, and back. Empty if there are none.
std::string shards_text(const std::vector<ShardBalance>& shards);
caf::expected<std::vector<ShardBalance>> parse_shards(std::string_view text);

/// The drifts of a comparison as one text: the same ones have the same text.
std::string drifts_text(const std::vector<Drift>& drifts);

inline constexpr std::string_view intent_kind = "intent"; ///< IntentEvent::opens
inline constexpr std::string_view orders_kind = "orders"; ///< IntentEvent::follows
inline constexpr std::string_view report_kind = "report";
inline constexpr std::string_view fill_kind = "fill";
inline constexpr std::string_view closed_kind = "closed";
inline constexpr std::string_view balance_kind = "balance";
inline constexpr std::string_view settlement_kind = "settlement";
inline constexpr std::string_view control_kind = "control";
inline constexpr std::string_view drift_kind = "drift";
inline constexpr std::string_view money_kind = "money";

} // namespace arbees
