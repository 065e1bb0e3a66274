#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>

#include "bridges/store/duckdb_file.hpp"
#include "bridges/store/history_select.hpp"

namespace arbees {

/// Lets one at a time read the history's file beside its writer, whose word counts: it can send the
/// reader away, and closes the file only when nobody reads.
class HistoryReaders {
public:
  /// A connection of the reader's own, for as long as the object lives.
  class Reading {
  public:
    Reading(HistoryReaders& readers, DuckdbConnection connection)
      : readers_(readers), connection_(std::move(connection)) {}
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;
    ~Reading() { readers_.end(connection_); }

    [[nodiscard]] duckdb_connection connection() const { return connection_.get(); }
    SelectStop& stop() { return stop_; }

  private:
    friend class HistoryReaders;
    HistoryReaders& readers_;
    DuckdbConnection connection_;
    SelectStop stop_;
  };

  /// The file is open. @param database must live until `close`
  void open(const DuckdbDatabase& database);
  /// Nobody reads any more, and nobody will before the next `open`.
  void close();
  /// Sends the reader away and waits until it has gone. @returns whether there was one
  bool send_away(const char* why);

  /// @returns nothing if the file is not open, or somebody else reads
  std::unique_ptr<Reading> begin();

private:
  void end(DuckdbConnection& connection);
  bool send_away(std::unique_lock<std::mutex>& lock, const char* why);

  std::mutex mutex_;
  std::condition_variable ended_;
  const DuckdbDatabase* database_ = nullptr;
  Reading* reading_ = nullptr;
};

} // namespace arbees
