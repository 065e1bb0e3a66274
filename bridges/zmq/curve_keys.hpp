#pragma once

#include <caf/expected.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <zmq.hpp>

#include "actors/messages/errors.hpp"
#include "bridges/net/secret.hpp"

namespace arbees {

/// Longest silence of one who connects, until both sides have agreed on keys.
inline constexpr int handshake_limit_ms = 3'000;

struct CurveConfig {
  std::filesystem::path key_file;  ///< this process's secret key; empty: no encryption
  std::filesystem::path peers_dir; ///< with NAME.pub of each peer; empty: the folder of the key
  std::string own_host; ///< where this process publishes: its own key is right there as well
};

/// Public keys by name, each from a file NAME.pub in `folder` of one line, Z85 as of ZeroMQ RFC 32.
/// @returns Errc::bad_credential, naming the file and the way out, if others may write to the
///   folder or one of the files, or one holds no key.
caf::expected<std::map<std::string, std::string>>
read_public_keys(const std::filesystem::path& folder);

/// The keys of a process for ZeroMQ's CURVE (RFC 25): its own pair, and whom it knows. A peer's
/// public key proves that it may connect here; and whoever answers at tcp://HOST:PORT must have the
/// key of HOST.pub. Immutable, shared by threads.
class CurveKeys {
public:
  /// Null if the configuration names no key.
  /// @returns Errc::bad_credential, naming the file and the way out.
  static caf::expected<std::shared_ptr<const CurveKeys>> load(const CurveConfig& config);

  [[nodiscard]] const std::string& public_key() const { return public_key_; }
  [[nodiscard]] const std::filesystem::path& peers_dir() const { return peers_dir_; }
  /// As they were at the start.
  [[nodiscard]] const std::map<std::string, std::string>& peers() const { return peers_; }

  /// The key that whoever answers at `endpoint` must have. On this machine it is our own, unless
  /// there is another under the name of the host. Nothing: unknown.
  [[nodiscard]] std::optional<std::string> server_key(std::string_view endpoint) const;

  /// From the next bind on `socket` takes only who knows our key; a CurveDoor, which must be there,
  /// asks for his.
  void serve(zmq::socket_t& socket) const;
  /// The next connect of `socket` shows our key, and expects the owner of `server`.
  void call(zmq::socket_t& socket, const std::string& server) const;

private:
  CurveKeys() = default;

  Secret secret_;
  std::string public_key_;
  std::string own_host_;
  std::filesystem::path peers_dir_;
  std::map<std::string, std::string> peers_;
};

/// Connects `socket`, with keys if there are any.
/// @param keys null: without, which is refused for all that leaves the machine
/// @throws zmq::error_t if libzmq refuses the endpoint
/// @returns Errc::bad_configuration if keys are needed, or that host's is not known
caf::error connect_with(zmq::socket_t& socket, const std::string& endpoint, const CurveKeys* keys);

struct CurveKeyFiles {
  std::filesystem::path secret;
  std::filesystem::path public_key;
};

/// Makes a new pair: NAME.key, for the owner only, and NAME.pub; the folder too, if need be.
/// @returns Errc::io_failed or Errc::bad_configuration, with what is wrong; nothing is overwritten.
caf::expected<CurveKeyFiles>
make_curve_keys(const std::filesystem::path& folder, const std::string& name);

} // namespace arbees
