#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "bridges/zmq/curve_keys.hpp"

// How keys come to be.

namespace arbees {

namespace {

constexpr std::size_t max_name_bytes = 64;

bool is_name(const std::string& name) {
  const auto plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.'
           || c == '-' || c == '_';
  };
  return !name.empty() && name.size() <= max_name_bytes && name[0] != '.' && name[0] != '-'
         && std::ranges::all_of(name, plain);
}

caf::error failed(const std::filesystem::path& path, int code) {
  const auto* const more = code == EEXIST ? "; it is not overwritten" : "";
  return caf::make_error(Errc::io_failed,
                         fmt::format("{}: {}{}", path.string(), std::strerror(code), more));
}

/// The private half for nobody else, so the folder too is the owner's alone; one that is there
/// already must not be writable by others.
caf::error make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (const auto parent = folder.parent_path(); !parent.empty()) {
    std::filesystem::create_directories(parent, error);
  }
  if (::mkdir(folder.c_str(), S_IRWXU) == 0) {
    return {};
  }
  struct stat status {};
  if (errno != EEXIST || ::stat(folder.c_str(), &status) != 0) {
    return failed(folder, errno);
  }
  if (!S_ISDIR(status.st_mode)) {
    return failed(folder, ENOTDIR);
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return caf::make_error(Errc::io_failed,
                           fmt::format("{}: others may write to it, run: chmod 700 {}",
                                       folder.string(), folder.string()));
  }
  return {};
}

/// A new file with these bytes, on the disk when this returns.
caf::error write_new(const std::filesystem::path& path, std::string_view text, mode_t mode) {
  const auto file =
    ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  if (file < 0) {
    return failed(path, errno);
  }
  // Whatever the umask takes away or leaves: exactly this.
  auto good = ::fchmod(file, mode) == 0;
  for (std::size_t written = 0; good && written < text.size();) {
    const auto count = ::write(file, text.data() + written, text.size() - written);
    good = count > 0 || (count < 0 && errno == EINTR);
    written += count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  good = good && ::fsync(file) == 0;
  const auto code = errno;
  ::close(file);
  if (!good) {
    ::unlink(path.c_str());
    return failed(path, code);
  }
  return {};
}

} // namespace

caf::expected<CurveKeyFiles>
make_curve_keys(const std::filesystem::path& folder, const std::string& name) {
  if (!is_name(name)) {
    return caf::make_error(Errc::bad_configuration,
                           fmt::format("\"{}\" is no name for a key: letters, digits, '.', '-' and "
                                       "'_', at most {}",
                                       name, max_name_bytes));
  }
  if (auto error = make_folder(folder)) {
    return error;
  }
  const CurveKeyFiles files{folder / (name + ".key"), folder / (name + ".pub")};
  std::array<char, 41> public_key{};
  std::array<char, 41> secret_key{};
  if (zmq_curve_keypair(public_key.data(), secret_key.data()) != 0) {
    return caf::make_error(Errc::io_failed, std::string{"this libzmq has no CURVE"});
  }
  auto error = write_new(files.public_key, std::string{public_key.data()} + "\n", 0644);
  if (!error) {
    secret_key.back() = '\n'; // in the place of its zero
    error = write_new(files.secret, {secret_key.data(), secret_key.size()}, 0600);
    if (error) {
      ::unlink(files.public_key.c_str());
    }
  }
  OPENSSL_cleanse(secret_key.data(), secret_key.size());
  return error ? caf::expected<CurveKeyFiles>{std::move(error)} : files;
}

} // namespace arbees
