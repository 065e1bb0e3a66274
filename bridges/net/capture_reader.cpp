#include "bridges/net/capture_reader.hpp"

#include <fmt/format.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <fstream>

namespace arbees {

namespace {

/// No writer makes frames or files near that: who asks for more memory is no capture.
constexpr std::uint64_t largest_frame = 128U << 20U;
constexpr std::uint64_t largest_file = 1U << 30U;

bool is_capture_file(const std::filesystem::path& path) {
  return path.filename().string().starts_with("wire-") && path.extension() == ".zst";
}

/// What is in `folder`, sorted by name; nothing if it cannot be read.
std::vector<std::filesystem::path> entries(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  std::error_code error;
  for (std::filesystem::directory_iterator it{folder, error}, end; !error && it != end;
       it.increment(error)) {
    found.push_back(it->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<std::filesystem::path> files_of(const std::filesystem::path& run) {
  auto found = entries(run);
  std::erase_if(found, [](const auto& path) { return !is_capture_file(path); });
  return found;
}

} // namespace

std::string_view to_string(CaptureFlaw::Kind kind) {
  switch (kind) {
    case CaptureFlaw::Kind::cut:
      return "cut";
    case CaptureFlaw::Kind::torn:
      return "torn";
    case CaptureFlaw::Kind::corrupt:
      return "corrupt";
  }
  return "";
}

std::vector<std::filesystem::path> capture_runs(const std::filesystem::path& folder) {
  if (!files_of(folder).empty()) {
    return {folder};
  }
  auto runs = entries(folder);
  std::erase_if(runs, [](const auto& path) { return files_of(path).empty(); });
  return runs;
}

caf::expected<CaptureReader> CaptureReader::open(const std::filesystem::path& folder) {
  const auto runs = capture_runs(folder);
  if (runs.empty()) {
    return caf::make_error(Errc::io_failed,
                           fmt::format("there is no capture in {}", folder.string()));
  }
  CaptureReader reader{runs.back()};
  reader.files_ = files_of(runs.back());
  return reader;
}

std::optional<CaptureRecord> CaptureReader::next() {
  for (;;) {
    if (auto rest = std::string_view{frame_}.substr(frame_at_); !rest.empty()) {
      if (auto record = take_record(rest)) {
        frame_at_ = frame_.size() - rest.size();
        ended_ = record->kind == CaptureKind::end;
        return record;
      }
      offset_ = frame_start_;
      give_up_file(CaptureFlaw::Kind::corrupt, "a frame that does not hold whole records");
    } else if (reading_ ? !unpack_frame() : !open_next_file()) {
      if (!reading_ && next_file_ == files_.size()) {
        return std::nullopt;
      }
    }
  }
}

/// False if there is none.
bool CaptureReader::open_next_file() {
  if (next_file_ == files_.size()) {
    return false;
  }
  const auto& path = files_[next_file_++];
  packed_.clear();
  offset_ = 0;
  reading_ = true;
  ended_ = false;
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error || size > largest_file) {
    give_up_file(CaptureFlaw::Kind::corrupt, error ? error.message() : "too large for a capture");
    return true;
  }
  packed_.resize(size);
  std::ifstream stream{path, std::ios::binary};
  stream.read(packed_.data(), static_cast<std::streamsize>(size));
  packed_.resize(static_cast<std::size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
  if (packed_.size() < size) {
    give_up_file(CaptureFlaw::Kind::corrupt, "cannot be read");
  }
  return true;
}

/// False if the file has no further frame that can be read.
bool CaptureReader::unpack_frame() {
  const auto* const at = packed_.data() + offset_;
  const auto left = packed_.size() - offset_;
  if (left == 0) {
    if (!ended_) {
      give_up_file(CaptureFlaw::Kind::cut, "no end: the process was killed");
    }
    reading_ = false;
    return false;
  }
  if (ended_) {
    give_up_file(CaptureFlaw::Kind::corrupt, "something behind the end");
    return false;
  }
  const auto packed = ZSTD_findFrameCompressedSize(at, left);
  if (ZSTD_isError(packed) != 0) {
    const auto torn = ZSTD_getErrorCode(packed) == ZSTD_error_srcSize_wrong;
    give_up_file(torn ? CaptureFlaw::Kind::torn : CaptureFlaw::Kind::corrupt,
                 torn ? "the last frame is not complete" : ZSTD_getErrorName(packed));
    return false;
  }
  const auto size = ZSTD_getFrameContentSize(at, packed);
  // zstd's codes for an unknown and a wrong size are large; a frame to be skipped has none.
  if (size == 0 || size > largest_frame) {
    give_up_file(CaptureFlaw::Kind::corrupt, "a frame without a sensible size");
    return false;
  }
  frame_at_ = 0;
  frame_.resize(size);
  const auto unpacked = ZSTD_decompress(frame_.data(), frame_.size(), at, packed);
  if (ZSTD_isError(unpacked) != 0 || unpacked != size) {
    give_up_file(CaptureFlaw::Kind::corrupt,
                 ZSTD_isError(unpacked) != 0 ? ZSTD_getErrorName(unpacked) : "a short frame");
    return false;
  }
  if (offset_ == 0) {
    if (!frame_.starts_with(capture_magic)) {
      give_up_file(CaptureFlaw::Kind::corrupt, "not a capture of version 1");
      return false;
    }
    frame_at_ = capture_magic.size();
  }
  frame_start_ = offset_;
  offset_ += packed;
  return true;
}

void CaptureReader::give_up_file(CaptureFlaw::Kind kind, std::string why) {
  flaws_.push_back(
    {.kind = kind, .file = files_[next_file_ - 1], .offset = offset_, .why = std::move(why)});
  frame_.clear();
  frame_at_ = 0;
  reading_ = false;
}

} // namespace arbees
