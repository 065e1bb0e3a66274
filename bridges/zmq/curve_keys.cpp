#include "bridges/zmq/curve_keys.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <fstream>

#include "bridges/net/secret_file.hpp"
#include "bridges/zmq/endpoints.hpp"

namespace arbees {

namespace {

constexpr std::size_t key_text_bytes = 40; ///< Z85 of 32
constexpr std::size_t key_bytes = 32;
constexpr std::size_t max_peers = 10'000;
constexpr std::string_view public_extension = ".pub";

caf::error refuse(const std::filesystem::path& path, const std::string& why) {
  return caf::make_error(Errc::bad_credential, path.string() + ": " + why);
}

bool is_key(const std::string& text) {
  std::array<std::uint8_t, key_bytes> bytes{};
  return text.size() == key_text_bytes && zmq_z85_decode(bytes.data(), text.c_str()) != nullptr;
}

/// Whoever can write there can let anybody in.
std::string objection(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return std::strerror(errno);
  }
  if (status.st_uid != ::geteuid() && status.st_uid != 0) {
    return "belongs to another user";
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return "others may write to it, run: chmod go-w " + path.string();
  }
  return {};
}

caf::expected<std::string> read_public_key(const std::filesystem::path& file) {
  if (auto why = objection(file); !why.empty()) {
    return refuse(file, why);
  }
  if (!std::filesystem::is_regular_file(file)) {
    return refuse(file, "not a regular file"); // to read a FIFO would hang
  }
  std::string text(key_text_bytes + 8, '\0');
  std::ifstream stream{file, std::ios::binary};
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  text.resize(text.find_last_not_of(" \r\n\t") + 1);
  if (!is_key(text)) {
    return refuse(file, "not a public key, which is one line of 40 characters (Z85)");
  }
  return text;
}

} // namespace

caf::expected<std::map<std::string, std::string>>
read_public_keys(const std::filesystem::path& folder) {
  if (auto why = objection(folder); !why.empty()) {
    return refuse(folder, why);
  }
  std::map<std::string, std::string> keys;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry{folder, failed}, end; !failed && entry != end;
       entry.increment(failed)) {
    const auto& file = entry->path();
    if (file.extension() != public_extension) {
      continue;
    }
    auto key = read_public_key(file);
    if (!key) {
      return std::move(key.error());
    }
    keys[file.stem().string()] = std::move(*key);
    if (keys.size() > max_peers) {
      return refuse(folder, fmt::format("more than {} keys", max_peers));
    }
  }
  return failed
           ? caf::expected<std::map<std::string, std::string>>{refuse(folder, failed.message())}
           : keys;
}

caf::expected<std::shared_ptr<const CurveKeys>> CurveKeys::load(const CurveConfig& config) {
  if (config.key_file.empty()) {
    return std::shared_ptr<const CurveKeys>{};
  }
  auto secret = read_secret_file(config.key_file.string());
  if (!secret) {
    return std::move(secret.error());
  }
  // Z85 must end with a zero for libzmq, and what is copied here is overwritten in the end.
  auto text = std::vector<std::uint8_t>(secret->bytes().begin(), secret->bytes().end());
  text.push_back(0);
  const Secret terminated{std::move(text)};
  std::array<char, key_text_bytes + 1> public_key{};
  if (secret->bytes().size() != key_text_bytes
      || zmq_curve_public(public_key.data(), terminated.reveal().data()) != 0) {
    return refuse(config.key_file, "not a secret key of arbees keygen");
  }
  std::shared_ptr<CurveKeys> keys{new CurveKeys};
  keys->secret_ = std::move(*secret);
  keys->public_key_ = public_key.data();
  keys->own_host_ = config.own_host;
  keys->peers_dir_ = config.peers_dir;
  if (keys->peers_dir_.empty()) {
    const auto beside = config.key_file.parent_path();
    keys->peers_dir_ = beside.empty() ? std::filesystem::path{"."} : beside;
  }
  auto peers = read_public_keys(keys->peers_dir_);
  if (!peers) {
    return std::move(peers.error());
  }
  keys->peers_ = std::move(*peers);
  return std::shared_ptr<const CurveKeys>{std::move(keys)};
}

std::optional<std::string> CurveKeys::server_key(std::string_view endpoint) const {
  const auto host = host_of(endpoint);
  if (const auto known = peers_.find(std::string{host}); known != peers_.end()) {
    return known->second;
  }
  const auto here = !leaves_machine(endpoint) || (!host.empty() && host == own_host_);
  return here ? std::optional{public_key_} : std::nullopt;
}

void CurveKeys::serve(zmq::socket_t& socket) const {
  socket.set(zmq::sockopt::curve_server, true);
  socket.set(zmq::sockopt::curve_secretkey, secret_.reveal());
  socket.set(zmq::sockopt::zap_domain, "arbees");
}

void CurveKeys::call(zmq::socket_t& socket, const std::string& server) const {
  socket.set(zmq::sockopt::curve_serverkey, server);
  socket.set(zmq::sockopt::curve_publickey, public_key_);
  socket.set(zmq::sockopt::curve_secretkey, secret_.reveal());
}

caf::error connect_with(zmq::socket_t& socket, const std::string& endpoint, const CurveKeys* keys) {
  socket.set(zmq::sockopt::handshake_ivl, handshake_limit_ms);
  if (keys != nullptr) {
    const auto server = keys->server_key(endpoint);
    if (!server) {
      return caf::make_error(Errc::bad_configuration,
                             fmt::format("'{}': there is no {}.pub in {}", endpoint,
                                         host_of(endpoint), keys->peers_dir().string()));
    }
    keys->call(socket, *server);
  } else if (leaves_machine(endpoint)) {
    return caf::make_error(Errc::bad_configuration,
                           fmt::format("'{}' is not on this machine: that needs a key, see arbees "
                                       "keygen",
                                       endpoint));
  }
  socket.connect(endpoint);
  return caf::none;
}

} // namespace arbees
