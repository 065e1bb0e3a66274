#include "bridges/net/capture_writer.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <cerrno>
#include <cstring>

#include "bridges/net/wire_redaction.hpp"

namespace arbees {

namespace {

std::string failure(const std::filesystem::path& path) {
  return fmt::format("capture {}: {}", path.string(), std::strerror(errno));
}

/// Makes `path` and what is missing above it; the last folder for its owner only.
/// @returns what went wrong; empty if nothing did
std::string make_private_folder(const std::filesystem::path& path) {
  std::error_code error;
  if (path.has_parent_path()) {
    std::filesystem::create_directories(path.parent_path(), error);
    if (error) {
      return fmt::format("capture {}: {}", path.parent_path().string(), error.message());
    }
  }
  if (::mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return failure(path);
  }
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return failure(path);
  }
  if (!S_ISDIR(status.st_mode)) {
    return fmt::format("capture {}: not a folder", path.string());
  }
  // What a venue says of our orders is nobody else's business, whatever the folder was before.
  return ::chmod(path.c_str(), S_IRWXU) == 0 ? std::string{} : failure(path);
}

std::filesystem::path file_in(const std::filesystem::path& run, std::uint32_t number) {
  return run / fmt::format("wire-{:06}.zst", number);
}

std::int64_t monotonic_ns() {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch())
    .count();
}

std::int64_t wall_ns() {
  return std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch())
    .count();
}

std::size_t weight(const CaptureRecord& record) {
  return sizeof record + record.target.size() + record.payload.size();
}

} // namespace

/// A file that grows by whole frames.
class CaptureWriter::File {
public:
  static caf::expected<std::unique_ptr<File>> make(const std::filesystem::path& path) {
    const auto descriptor =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor < 0) {
      return caf::make_error(Errc::io_failed, failure(path));
    }
    return std::unique_ptr<File>{new File{path, descriptor}};
  }

  ~File() {
    ::close(descriptor_);
    ZSTD_freeCCtx(context_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  /// Writes `bytes` as one frame. After a failure the file ends with its last whole frame.
  /// @returns what went wrong; empty if nothing did
  std::string append(std::string_view bytes) {
    packed_.resize(ZSTD_compressBound(bytes.size()));
    const auto size =
      ZSTD_compress2(context_, packed_.data(), packed_.size(), bytes.data(), bytes.size());
    if (ZSTD_isError(size) != 0) {
      return fmt::format("capture {}: {}", path_.string(), ZSTD_getErrorName(size));
    }
    for (std::size_t done = 0; done < size;) {
      const auto count = ::write(descriptor_, packed_.data() + done, size - done);
      if (count < 0 && errno != EINTR) {
        auto problem = failure(path_);
        if (::ftruncate(descriptor_, static_cast<off_t>(size_)) != 0) {
          problem += fmt::format(", and then {}", std::strerror(errno));
        }
        return problem;
      }
      done += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    }
    size_ += size;
    return {};
  }

  [[nodiscard]] std::uint64_t size() const { return size_; }

private:
  File(std::filesystem::path path, int descriptor)
    : path_{std::move(path)}, descriptor_{descriptor}, context_{ZSTD_createCCtx()} {
    ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, 3);
    ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 1);
  }

  std::filesystem::path path_;
  int descriptor_;
  ZSTD_CCtx* context_;
  std::string packed_;
  std::uint64_t size_ = 0;
};

caf::expected<std::shared_ptr<CaptureWriter>> CaptureWriter::open(CaptureConfig config) {
  const auto started = std::chrono::system_clock::now();
  const auto run =
    config.folder
    / fmt::format(
      "{:%Y%m%dT%H%M%S}.{:03}Z-{}", fmt::gmtime(std::chrono::system_clock::to_time_t(started)),
      std::chrono::duration_cast<std::chrono::milliseconds>(started.time_since_epoch()).count()
        % 1000,
      ::getpid());
  for (const auto& folder : {config.folder, run}) {
    if (auto problem = make_private_folder(folder); !problem.empty()) {
      return caf::make_error(Errc::io_failed, std::move(problem));
    }
  }
  auto file = File::make(file_in(run, 1));
  if (!file) {
    return file.error();
  }
  spdlog::info("capture.started folder={}", run.string());
  return std::shared_ptr<CaptureWriter>{
    new CaptureWriter{std::move(config), run, std::move(*file)}};
}

CaptureWriter::CaptureWriter(CaptureConfig config, std::filesystem::path run,
                             std::unique_ptr<File> file)
  : config_{std::move(config)}, run_{std::move(run)}, file_{std::move(file)} {
  frame_ = capture_magic;
  add(own_record(CaptureKind::note, config_.note));
  thread_ = std::thread{[this] {
    pthread_setname_np(pthread_self(), "arbees-capture");
    write_until_stopped();
  }};
}

CaptureWriter::~CaptureWriter() {
  finish();
}

void CaptureWriter::finish() {
  if (!thread_.joinable()) {
    return;
  }
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  filled_.notify_one();
  thread_.join();
  spdlog::info("capture.ended folder={} records={} dropped={}", run_.string(), counts_.records,
               counts_.dropped);
}

std::uint32_t CaptureWriter::new_connection() {
  const std::lock_guard lock{mutex_};
  return ++connections_;
}

void CaptureWriter::record(CaptureRecord record) {
  record.monotonic_ns = monotonic_ns();
  record.wall_ns = wall_ns();
  const auto bytes = weight(record);
  auto wake = false;
  {
    const std::lock_guard lock{mutex_};
    if (!accepting_ || queued_bytes_ + bytes > config_.max_queued_bytes) {
      for (auto* const counts : {&counts_, &unreported_}) {
        ++counts->dropped;
        counts->dropped_bytes += record.target.size() + record.payload.size();
      }
      return;
    }
    if (unreported_.dropped > 0) {
      // Before the first record that is kept again: so the gap is where the loss was.
      auto gap = own_record(CaptureKind::dropped,
                            fmt::format(R"({{"records":{},"bytes":{}}})", unreported_.dropped,
                                        unreported_.dropped_bytes));
      queue_.push_back(std::move(gap));
      unreported_ = {};
    }
    // Only the crossing: to wake a thread for each record would cost more than the record.
    wake = queued_bytes_ < config_.frame_bytes && queued_bytes_ + bytes >= config_.frame_bytes;
    queued_bytes_ += bytes;
    queue_.push_back(std::move(record));
  }
  if (wake) {
    filled_.notify_one();
  }
}

CaptureWriter::Counts CaptureWriter::counts() const {
  const std::lock_guard lock{mutex_};
  return counts_;
}

void CaptureWriter::write_until_stopped() {
  for (auto stopping = false; !stopping;) {
    std::vector<CaptureRecord> records;
    {
      std::unique_lock lock{mutex_};
      filled_.wait_for(lock, config_.flush_interval,
                       [this] { return stopping_ || queued_bytes_ >= config_.frame_bytes; });
      records.swap(queue_);
      queued_bytes_ = 0;
      stopping = stopping_;
    }
    write(std::move(records));
    report_drops();
  }
  end_capture("stopped");
}

void CaptureWriter::write(std::vector<CaptureRecord> records) {
  for (auto& record : records) {
    redact(record);
    add(record);
    if (frame_.size() >= config_.frame_bytes) {
      flush();
    }
  }
  flush();
}

void CaptureWriter::add(const CaptureRecord& record) {
  append_record(frame_, record);
  ++frame_records_;
}

void CaptureWriter::flush() {
  if (frame_records_ == 0 || !file_) {
    frame_.clear();
    const std::lock_guard lock{mutex_};
    counts_.dropped += std::exchange(frame_records_, 0);
    return;
  }
  const auto problem = file_->append(frame_);
  frame_.clear();
  const auto records = std::exchange(frame_records_, 0);
  {
    const std::lock_guard lock{mutex_};
    (problem.empty() ? counts_.records : counts_.dropped) += records;
    accepting_ = problem.empty();
  }
  if (!problem.empty()) {
    spdlog::error("capture.failed error=\"{}\": the run goes on without it", problem);
    file_.reset();
  } else if (bytes_before_ + file_->size() >= config_.max_bytes) {
    spdlog::warn("capture.full bytes={}: the run goes on without it",
                 bytes_before_ + file_->size());
    end_capture("full");
  } else if (file_->size() >= config_.file_bytes) {
    rotate();
  }
}

void CaptureWriter::rotate() {
  std::string last;
  append_record(last, own_record(CaptureKind::end, R"({"reason":"rotated"})"));
  auto problem = file_->append(last);
  bytes_before_ += file_->size();
  file_.reset();
  if (problem.empty()) {
    auto next = File::make(file_in(run_, ++file_number_));
    if (next) {
      file_ = std::move(*next);
      frame_ = capture_magic;
      add(own_record(CaptureKind::note, config_.note));
      return;
    }
    problem = describe(next.error());
  }
  const std::lock_guard lock{mutex_};
  accepting_ = false;
  spdlog::error("capture.failed error=\"{}\": the run goes on without it", problem);
}

void CaptureWriter::end_capture(const char* reason) {
  if (!file_) {
    return;
  }
  Counts counts;
  {
    const std::lock_guard lock{mutex_};
    accepting_ = false;
    counts = counts_;
  }
  std::string last;
  append_record(last, own_record(CaptureKind::end,
                                 fmt::format(R"({{"reason":"{}","records":{},"dropped":{},)"
                                             R"("dropped_bytes":{}}})",
                                             reason, counts.records, counts.dropped,
                                             counts.dropped_bytes)));
  if (const auto problem = file_->append(last); !problem.empty()) {
    spdlog::error("capture.failed error=\"{}\"", problem);
  }
  file_.reset();
}

CaptureRecord CaptureWriter::own_record(CaptureKind kind, std::string payload) const {
  return {.kind = kind,
          .monotonic_ns = monotonic_ns(),
          .wall_ns = wall_ns(),
          .payload = std::move(payload)};
}

void CaptureWriter::report_drops() {
  const auto now = counts();
  // At 1, 2, 4, …: bursts stay readable.
  if (now.dropped >= 2 * logged_drops_ && now.dropped > logged_drops_) {
    logged_drops_ = now.dropped;
    spdlog::warn("capture.dropped total={} bytes={}", now.dropped, now.dropped_bytes);
  }
}

} // namespace arbees
