#pragma once

#include <caf/expected.hpp>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "actors/messages/errors.hpp"
#include "actors/messages/time.hpp"
#include "bridges/net/capture_format.hpp"

namespace arbees {

struct CaptureConfig {
  std::filesystem::path folder{}; ///< of all captures; the run makes one of its own in it
  std::string note{};             ///< the JSON object that each file begins with
  std::size_t max_queued_bytes = 64U << 20U; ///< what waits for the disk; more is dropped
  std::size_t frame_bytes = 256U << 10U;     ///< a frame is written when it holds so much,
  Duration flush_interval = std::chrono::milliseconds{250}; ///< or is so old
  std::uint64_t file_bytes = 64U << 20U;  ///< compressed: then the next file begins
  std::uint64_t max_bytes = 10ULL << 30U; ///< compressed, of the run: then the capture ends
};

/// Writes what goes over the wire to files (capture_format.hpp), without secrets. One thread of its
/// own does all but the queueing; if the disk is too slow, fails or is used up, records are dropped
/// and counted, and nobody waits.
class CaptureWriter {
public:
  struct Counts {
    std::uint64_t records = 0; ///< on disk
    std::uint64_t dropped = 0;
    std::uint64_t dropped_bytes = 0;
  };

  /// Makes the folders and the first file, and starts the thread.
  /// @returns Errc::io_failed, naming the path
  static caf::expected<std::shared_ptr<CaptureWriter>> open(CaptureConfig config);

  ~CaptureWriter();
  CaptureWriter(const CaptureWriter&) = delete;
  CaptureWriter& operator=(const CaptureWriter&) = delete;

  /// The number of a new connection. From any thread, as all below.
  [[nodiscard]] std::uint32_t new_connection();

  /// Stamps the record with both clocks and queues it. Never waits for the disk.
  void record(CaptureRecord record);

  /// Writes what waits, and the end; later records are dropped. Idempotent; not from two threads at
  /// once.
  void finish();

  [[nodiscard]] Counts counts() const;
  /// The folder of this run.
  [[nodiscard]] const std::filesystem::path& run() const { return run_; }

private:
  class File;

  CaptureWriter(CaptureConfig config, std::filesystem::path run, std::unique_ptr<File> file);

  void write_until_stopped();
  void write(std::vector<CaptureRecord> records);
  void add(const CaptureRecord& record);
  void flush();
  void rotate();
  void end_capture(const char* reason);
  [[nodiscard]] CaptureRecord own_record(CaptureKind kind, std::string payload) const;
  void report_drops();

  const CaptureConfig config_;
  const std::filesystem::path run_;

  mutable std::mutex mutex_; // guards what follows, up to the thread's own
  std::condition_variable filled_;
  std::vector<CaptureRecord> queue_;
  std::size_t queued_bytes_ = 0;
  std::uint32_t connections_ = 0;
  Counts counts_;
  Counts unreported_; ///< dropped since the last record that said so
  bool accepting_ = true;
  bool stopping_ = false;

  // The thread's own.
  std::unique_ptr<File> file_;
  std::string frame_;
  std::uint64_t frame_records_ = 0;
  std::uint32_t file_number_ = 1;
  std::uint64_t bytes_before_ = 0; ///< in files that are complete
  std::uint64_t logged_drops_ = 0;

  std::thread thread_;
};

} // namespace arbees
