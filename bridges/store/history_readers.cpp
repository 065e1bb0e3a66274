#include "bridges/store/history_readers.hpp"

namespace arbees {

void HistoryReaders::open(const DuckdbDatabase& database) {
  const std::unique_lock lock{mutex_};
  database_ = &database;
}

void HistoryReaders::close() {
  std::unique_lock lock{mutex_};
  database_ = nullptr;
  send_away(lock, "the history is being closed");
}

bool HistoryReaders::send_away(const char* why) {
  std::unique_lock lock{mutex_};
  return send_away(lock, why);
}

bool HistoryReaders::send_away(std::unique_lock<std::mutex>& lock, const char* why) {
  const auto was_there = reading_ != nullptr;
  while (reading_ != nullptr) {
    reading_->stop().stop(why);
    // Again and again: DuckDB forgets an interrupt that comes just before a statement begins.
    duckdb_interrupt(reading_->connection());
    ended_.wait_for(lock, std::chrono::milliseconds{20});
  }
  return was_there;
}

std::unique_ptr<HistoryReaders::Reading> HistoryReaders::begin() {
  const std::unique_lock lock{mutex_};
  if (database_ == nullptr || reading_ != nullptr) {
    return nullptr;
  }
  auto connection = connect_to(*database_);
  if (!connection) {
    return nullptr;
  }
  auto reading = std::make_unique<Reading>(*this, std::move(*connection));
  reading_ = reading.get();
  return reading;
}

void HistoryReaders::end(DuckdbConnection& connection) {
  const std::unique_lock lock{mutex_};
  connection.reset();
  reading_ = nullptr;
  ended_.notify_all();
}

} // namespace arbees
