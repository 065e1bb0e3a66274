#include "bridges/net/secret_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace arbees {

namespace {

constexpr off_t max_size = 64 * 1024;

/// An open file, closed at the end of its scope.
class File {
public:
  /// O_NONBLOCK: to open a FIFO by mistake must not hang.
  explicit File(const std::string& path)
    : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~File() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }

private:
  int descriptor_;
};

caf::error refuse(const std::string& path, const std::string& why) {
  return caf::make_error(Errc::bad_credential, "secret file " + path + ": " + why);
}

/// Why the file may not be used; empty if it may. Asked of the open file, not of the path, so that
/// nobody can put another one in between.
std::string objection(const struct stat& status, const std::string& path) {
  if (!S_ISREG(status.st_mode)) {
    return "not a regular file";
  }
  if (status.st_uid != ::geteuid()) {
    return "belongs to another user, it must be owned by the user that runs arbees";
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return "others may access it, run: chmod 600 " + path;
  }
  if (status.st_size == 0) {
    return "empty";
  }
  if (status.st_size > max_size) {
    return "larger than 64 KiB";
  }
  return {};
}

bool is_space(std::uint8_t c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

} // namespace

caf::expected<Secret> read_secret_file(const std::string& path) {
  const File file{path};
  if (file.descriptor() < 0) {
    return refuse(path, std::strerror(errno));
  }
  struct stat status {};
  if (::fstat(file.descriptor(), &status) != 0) {
    return refuse(path, std::strerror(errno));
  }
  if (auto why = objection(status, path); !why.empty()) {
    return refuse(path, why);
  }
  // Sized once: a vector that grows would leave copies of the secret behind.
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(status.st_size));
  std::size_t size = 0;
  while (size < bytes.size()) {
    const auto count = ::read(file.descriptor(), bytes.data() + size, bytes.size() - size);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      break;
    }
    size += static_cast<std::size_t>(count);
  }
  while (size > 0 && is_space(bytes[size - 1])) {
    --size;
  }
  bytes.resize(size);
  if (bytes.empty()) {
    return refuse(path, "empty");
  }
  return Secret{std::move(bytes)};
}

} // namespace arbees
