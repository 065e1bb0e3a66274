#include "tools/replay/tape_writer.hpp"

#include <fmt/format.h>
#include <zstd.h>

#include <memory>
#include <stdexcept>

namespace arbees::replay {

namespace {

constexpr std::size_t frame_bytes = 1U << 20U;
constexpr int level = 19;
constexpr std::uint32_t http = 1;
constexpr std::uint32_t kalshi = 2;
constexpr std::uint32_t polymarket = 3;

} // namespace

TapeWriter::TapeWriter(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  file_.open(folder / "wire-000001.zst", std::ios::binary | std::ios::trunc);
  if (!file_) {
    throw std::runtime_error(fmt::format("cannot write a capture to {}", folder.string()));
  }
  frame_ = capture_magic;
}

TapeWriter::~TapeWriter() {
  flush();
}

SimTap TapeWriter::tap() {
  return {.frame =
            [this](Venue venue, std::string_view text, Timestamp at) {
              add(CaptureKind::text, CaptureDirection::in,
                  venue == Venue::kalshi ? kalshi : polymarket, "", std::string{text}, at);
            },
          .answer =
            [this](std::string_view target, unsigned status, std::string_view body, Timestamp at) {
              add(CaptureKind::response, CaptureDirection::in, http, std::string{target},
                  fmt::format("HTTP/1.1 {} Simulated\r\n\r\n{}", status, body), at);
            }};
}

void TapeWriter::begin(Timestamp at) {
  add(CaptureKind::note, CaptureDirection::none, 0, "", R"({"arbees":"tape","origins":{}})", at);
  add(CaptureKind::open, CaptureDirection::out, http, "http://simulator/", "http", at);
  for (const auto& [connection, name] :
       {std::pair{kalshi, "kalshi_feed"}, std::pair{polymarket, "polymarket_feed"}}) {
    add(CaptureKind::open, CaptureDirection::out, connection, "ws://simulator/", name, at);
  }
  for (const auto connection : {kalshi, polymarket}) {
    add(CaptureKind::response, CaptureDirection::in, connection, "/",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n", at);
  }
}

void TapeWriter::finish(Timestamp at) {
  add(CaptureKind::end, CaptureDirection::none, 0, "", R"({"reason":"stopped"})", at);
  flush();
}

void TapeWriter::add(CaptureKind kind, CaptureDirection direction, std::uint32_t connection,
                     std::string target, std::string payload, Timestamp at) {
  const auto ns = at.time_since_epoch().count();
  append_record(frame_, {.kind = kind,
                         .direction = direction,
                         .connection = connection,
                         .monotonic_ns = ns,
                         .wall_ns = ns,
                         .target = std::move(target),
                         .payload = std::move(payload)});
  if (frame_.size() >= frame_bytes) {
    flush();
  }
}

void TapeWriter::flush() {
  if (frame_.empty()) {
    return;
  }
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context{ZSTD_createCCtx(),
                                                                     &ZSTD_freeCCtx};
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  std::string packed(ZSTD_compressBound(frame_.size()), '\0');
  const auto size =
    ZSTD_compress2(context.get(), packed.data(), packed.size(), frame_.data(), frame_.size());
  if (ZSTD_isError(size) == 0) {
    file_.write(packed.data(), static_cast<std::streamsize>(size));
  } else {
    file_.setstate(std::ios::failbit);
  }
  frame_.clear();
}

} // namespace arbees::replay
