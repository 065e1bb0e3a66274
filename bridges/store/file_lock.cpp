#include "bridges/store/file_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>

#include "actors/messages/errors.hpp"

namespace arbees {

namespace {

/// What the owner wrote into the file: digits only, it goes into an error message.
std::string owner(int descriptor) {
  std::array<char, 20> bytes{};
  const auto size = ::pread(descriptor, bytes.data(), bytes.size(), 0);
  std::string text{bytes.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
  text.resize(std::min(text.find_first_not_of("0123456789"), text.size()));
  return text.empty() ? "unknown" : text;
}

} // namespace

caf::expected<FileLock> FileLock::acquire(const std::filesystem::path& path) {
  const auto descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    return caf::make_error(Errc::io_failed, fmt::format("cannot open lock file {}: {}",
                                                        path.string(), std::strerror(errno)));
  }
  FileLock lock{descriptor};
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    return caf::make_error(
      Errc::io_failed, errno == EWOULDBLOCK
                         ? fmt::format("in use by process {}", owner(descriptor))
                         : fmt::format("cannot lock {}: {}", path.string(), std::strerror(errno)));
  }
  // The id is for people only: a full disk must not keep the lock from its owner.
  const auto id = fmt::format("{}\n", ::getpid());
  if (::ftruncate(descriptor, 0) == 0) {
    [[maybe_unused]] const auto written = ::pwrite(descriptor, id.data(), id.size(), 0);
  }
  return lock;
}

std::optional<int> FileLock::holder(const std::filesystem::path& path) {
  const FileLock file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.descriptor_ < 0 || ::flock(file.descriptor_, LOCK_SH | LOCK_NB) == 0) {
    return std::nullopt;
  }
  const auto id = owner(file.descriptor_);
  int number = 0;
  const auto parsed = std::from_chars(id.data(), id.data() + id.size(), number);
  return parsed.ec == std::errc{} && number > 0 ? std::optional{number} : std::nullopt;
}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

} // namespace arbees
