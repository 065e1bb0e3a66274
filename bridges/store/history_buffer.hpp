#pragma once

#include <map>

#include "actors/messages/telemetry.hpp"

#include "bridges/store/history_store.hpp"

namespace arbees {

/// Rows on their way into the history: bounded, the oldest of a table make room and are counted.
class HistoryBuffer {
public:
  explicit HistoryBuffer(const HistoryConfig& config) : config_(config) {}

  /// Keeps `row`; `stamp` is the message's own time, by which rows get old.
  template <class Row>
  void add(Row row, Timestamp stamp) {
    using Rows = std::deque<Row>;
    auto& rows = std::get<Rows>(batch_.tables);
    rows.push_back(std::move(row));
    ++size_;
    newest_ = std::max(newest_, stamp);
    if (rows.size() > limit<Row>()) {
      rows.pop_front();
      --size_;
      ++dropped_[table_of<Rows>()];
    }
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  /// The latest time that any message has told.
  [[nodiscard]] Timestamp now() const { return newest_; }
  /// True if there are enough rows for a batch, or some have waited long enough.
  [[nodiscard]] bool due() const {
    return size_ >= config_.batch_rows || (size_ > 0 && newest_ - taken_at_ >= config_.max_age);
  }
  /// All rows; the buffer is empty afterwards.
  HistoryBatch take() {
    taken_at_ = newest_;
    size_ = 0;
    return std::exchange(batch_, {});
  }
  /// By table, in the order of HistoryBatch::tables.
  [[nodiscard]] const std::array<std::int64_t, history_table_count>& dropped() const {
    return dropped_;
  }

private:
  template <class Row>
  [[nodiscard]] std::size_t limit() const {
    // What a venue or a scoreboard will say again; the rest is only ever said once.
    constexpr auto repeated =
      std::is_same_v<
        Row,
        PriceRow> || std::is_same_v<Row, GameRow> || std::is_same_v<Row, FeedStatus> || std::is_same_v<Row, BalanceUpdate> || std::is_same_v<Row, VenueStatus>;
    return repeated ? config_.max_prices : config_.max_records;
  }
  template <class Rows>
  [[nodiscard]] std::size_t table_of() const {
    return std::apply(
      [](const auto&... rows) {
        const std::array<bool, history_table_count> same = {
          std::is_same_v<std::decay_t<decltype(rows)>, Rows>...};
        return static_cast<std::size_t>(std::find(same.begin(), same.end(), true) - same.begin());
      },
      batch_.tables);
  }

  HistoryConfig config_;
  HistoryBatch batch_;
  std::size_t size_ = 0;
  Timestamp newest_;
  Timestamp taken_at_;
  std::array<std::int64_t, history_table_count> dropped_{};
};

} // namespace arbees
