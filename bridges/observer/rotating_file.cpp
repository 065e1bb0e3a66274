#include "bridges/observer/rotating_file.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <zstd.h>

#include <algorithm>
#include <bit>
#include <fstream>
#include <memory>
#include <vector>

#include "bridges/observer/line_format.hpp"

namespace arbees {

namespace {

namespace fs = std::filesystem;

constexpr auto compressed = ".zst";

/// `bus.20261121T103045.123Z.jsonl`, later ones behind earlier ones; a second one of the same
/// millisecond gets a number.
fs::path name_aside(const fs::path& file) {
  auto stamp = utc_text(std::chrono::system_clock::now());
  std::erase_if(stamp, [](char c) { return c == '-' || c == ':'; });
  const auto name = [&](const std::string& more) {
    return file.parent_path()
           / fmt::format("{}.{}{}{}", file.stem().string(), stamp, more, file.extension().string());
  };
  auto path = name("");
  for (auto number = 1; fs::exists(path) || fs::exists(path.string() + compressed); ++number) {
    path = name(fmt::format("_{:03}", number));
  }
  return path;
}

/// Whether `name` is what name_aside() makes of `file`, with `suffix`.
bool stands_aside(const std::string& name, const fs::path& file, std::string_view suffix) {
  const auto begin = file.stem().string() + ".";
  const auto end = file.extension().string() + std::string{suffix};
  constexpr std::size_t stamp = 20; // 20261121T103045.123Z
  return name.size() >= begin.size() + stamp + end.size() && name.starts_with(begin)
         && name.ends_with(end) && name[begin.size() + 8] == 'T';
}

std::vector<fs::path> aside(const fs::path& file, std::string_view suffix) {
  std::vector<fs::path> found;
  std::error_code error;
  const auto folder = file.has_parent_path() ? file.parent_path() : fs::path{"."};
  for (fs::directory_iterator entry{folder, error}; !error && entry != fs::directory_iterator{};
       entry.increment(error)) {
    if (stands_aside(entry->path().filename().string(), file, suffix)) {
      found.push_back(entry->path());
    }
  }
  std::ranges::sort(found);
  return found;
}

caf::error failed(const fs::path& file, std::string_view why) {
  return caf::make_error(Errc::io_failed, fmt::format("{}: {}", file.string(), why));
}

/// Streams `in` through zstd into `out`; why not, or nothing.
std::string_view compress(std::ifstream& in, std::ofstream& out) {
  const std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context{ZSTD_createCCtx(),
                                                                        ZSTD_freeCCtx};
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  std::vector<char> plain(ZSTD_CStreamInSize());
  std::vector<char> packed(ZSTD_CStreamOutSize());
  for (auto last = false; !last;) {
    in.read(plain.data(), static_cast<std::streamsize>(plain.size()));
    if (in.bad()) {
      return "cannot be read";
    }
    last = in.eof();
    ZSTD_inBuffer source{plain.data(), static_cast<std::size_t>(in.gcount()), 0};
    for (auto done = false; !done;) {
      ZSTD_outBuffer target{packed.data(), packed.size(), 0};
      const auto left =
        ZSTD_compressStream2(context.get(), &target, &source, last ? ZSTD_e_end : ZSTD_e_continue);
      if (ZSTD_isError(left) != 0) {
        return ZSTD_getErrorName(left);
      }
      out.write(packed.data(), static_cast<std::streamsize>(target.pos));
      done = last ? left == 0 : source.pos == source.size;
    }
  }
  out.close();
  return out ? "" : "cannot be written";
}

void compress_and_count(const fs::path& file) {
  if (const auto error = compress_file(file)) {
    spdlog::warn("rotating_file.not_compressed error=\"{}\"", describe(error));
  }
}

} // namespace

caf::error compress_file(const fs::path& file) {
  const fs::path part = file.string() + compressed + ".part";
  std::error_code error;
  {
    std::ifstream in{file, std::ios::binary};
    std::ofstream out{part, std::ios::binary | std::ios::trunc};
    const auto why = !in || !out ? "cannot be opened" : compress(in, out);
    if (!why.empty()) {
      fs::remove(part, error);
      return failed(file, why);
    }
  }
  fs::rename(part, file.string() + compressed, error);
  if (error) {
    return failed(part, error.message());
  }
  fs::remove(file, error);
  return error ? failed(file, error.message()) : caf::error{};
}

caf::expected<RotatingFile> RotatingFile::open(RotationConfig config) {
  auto writer = LineWriter::append_to(config.file.string(), config.patience);
  if (!writer) {
    return writer.error();
  }
  return RotatingFile{std::move(config), std::move(*writer)};
}

RotatingFile::RotatingFile(RotationConfig config, LineWriter writer) : config_{std::move(config)} {
  writer_.emplace(std::move(writer));
  std::error_code error;
  const auto size = fs::file_size(config_.file, error);
  bytes_ = error ? 0 : size;
  if (config_.max_bytes > 0 || config_.max_age.count() > 0) {
    tidy();
  }
}

RotatingFile::~RotatingFile() {
  if (tidier_.joinable()) {
    tidier_.join();
  }
}

std::size_t RotatingFile::write(std::string_view lines) {
  if (due(lines.size())) {
    rotate();
  }
  const auto unwritten = writer_->write(lines);
  bytes_ += unwritten == 0 ? lines.size() : 0;
  return unwritten;
}

bool RotatingFile::due(std::size_t more) const {
  const auto too_large = config_.max_bytes > 0 && bytes_ + more > config_.max_bytes;
  const auto too_old = config_.max_age.count() > 0 && Clock::now() - begun_at_ >= config_.max_age;
  return bytes_ > 0 && (too_large || too_old);
}

void RotatingFile::rotate() {
  // Tried again when as much, or as long, has passed once more.
  bytes_ = 0;
  begun_at_ = Clock::now();
  std::error_code error;
  if (writer_->alone()) {
    fs::rename(config_.file, name_aside(config_.file), error);
  } else {
    error = std::make_error_code(std::errc::device_or_resource_busy);
  }
  if (error) {
    if (std::has_single_bit(++failures_)) {
      spdlog::warn("rotating_file.not_rotated file={} total={} error=\"{}\"", config_.file.string(),
                   failures_, error.message());
    }
    return;
  }
  ++rotations_;
  if (auto next = LineWriter::append_to(config_.file.string(), config_.patience)) {
    writer_.emplace(std::move(*next));
  }
  tidy();
}

void RotatingFile::tidy() {
  if (tidier_.joinable()) {
    tidier_.join();
  }
  tidier_ = std::thread{[file = config_.file, keep = config_.keep] {
    for (const auto& old : aside(file, "")) {
      compress_and_count(old);
    }
    auto packed = aside(file, compressed);
    for (std::size_t i = 0; keep > 0 && i + keep < packed.size(); ++i) {
      std::error_code ignored;
      fs::remove(packed[i], ignored);
    }
  }};
}

} // namespace arbees
