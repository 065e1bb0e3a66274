#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "bridges/kalshi/kalshi_signer.hpp"
#include "bridges/net/clock.hpp"
#include "bridges/net/network.hpp"

namespace arbees {

struct KalshiSignatureConfig {
  Duration renew_after = std::chrono::seconds{2};
  /// Older ones are not used: the venue's window is 10 s (venues/kalshi.md section 2).
  Duration longest_age = std::chrono::seconds{5};
};

/// Signs Kalshi's requests on a thread of its own: an RSA signature takes most of a millisecond,
/// in which the network thread would read no book.
///
/// What is signed is time, method and path, so that the headers of a path that is known before the
/// request can be made ahead. They are handed out at once and made anew behind every use; a second
/// request that is faster than the signer gets the same ones.
///
/// All members are called on the network thread.
class KalshiSignatures {
public:
  using Done = std::function<void(caf::expected<HttpHeaders>)>;

  /// @param network, clock must outlive this
  KalshiSignatures(Network& network, const Clock& clock, KalshiSigner signer,
                   KalshiSignatureConfig config = {});
  /// Waits for the signature under way. Calls no `done` any more.
  ~KalshiSignatures();
  KalshiSignatures(const KalshiSignatures&) = delete;
  KalshiSignatures& operator=(const KalshiSignatures&) = delete;

  /// Makes the headers of this method and path ahead from now on.
  void keep_ready(const std::string& method, const std::string& path);
  /// Renews what has been lying for a while.
  void tick(Timestamp now);

  /// Calls `done` with the three headers: at once if they are ready, else when they are signed.
  void headers(const std::string& method, const std::string& path, Done done);

  /// The headers if they are ready; for what is kept ready.
  [[nodiscard]] std::optional<HttpHeaders>
  ready(const std::string& method, const std::string& path) const;

  /// What to add to our clock for the venue's time. Drops what was signed by the old one.
  void set_offset(Duration offset);
  [[nodiscard]] Duration offset() const;

  [[nodiscard]] std::int64_t served_ready() const; ///< requests that waited for no signature
  [[nodiscard]] std::int64_t served_late() const;

private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

} // namespace arbees
