#pragma once

#include "bridges/kalshi/kalshi_order_codec.hpp"
#include "bridges/kalshi/kalshi_pacer.hpp"
#include "bridges/kalshi/kalshi_rest.hpp"

namespace arbees {

struct KalshiOrderGroupsConfig {
  /// So many contracts within 15 s end the group: its orders are cancelled, new ones refused
  /// (venues/kalshi.md 5.8). Whole contracts; far more than honest trading rests.
  Quantity contracts_limit{10'000 * quantity_per_contract};
  Duration deadline = std::chrono::seconds{2};
  Duration retry_every = std::chrono::seconds{5};
};

/// One of the account's groups, as GET /portfolio/order_groups lists it.
struct KalshiOrderGroup {
  std::string id;
  std::optional<Quantity> contracts_limit;
  std::int32_t exchange_index = 0;
};

/// The body of POST /portfolio/order_groups/create.
std::string encode_kalshi_group(Quantity contracts_limit, std::int32_t exchange_index);
/// Its answer's id. @returns Errc::bad_frame
caf::expected<std::string> decode_kalshi_group_created(std::string_view body);
/// The body of GET /portfolio/order_groups. @returns Errc::bad_frame
caf::expected<std::vector<KalshiOrderGroup>> decode_kalshi_groups(std::string_view body);

/// The venue's own stop for orders that rest: one order group per shard, which such orders name, so
/// that triggering it takes them out and refuses those that are still under way. A group of an
/// earlier run is taken over. On the network thread.
class KalshiOrderGroups : public std::enable_shared_from_this<KalshiOrderGroups> {
public:
  /// @param clock must outlive this
  KalshiOrderGroups(const Clock& clock, std::shared_ptr<KalshiRest> rest,
                    std::shared_ptr<KalshiPacer> pacer, KalshiOrderGroupsConfig config);

  /// Makes a group on each of these shards that has none.
  void want(const std::vector<ShardBalance>& shards);
  void tick(Timestamp now);
  /// Of that shard; empty if there is none yet.
  [[nodiscard]] const std::string& group_of(std::int32_t exchange_index) const;
  /// Ends all groups at once; new ones follow.
  void trigger();
  /// The venue refused an order because of its group: a new one follows.
  void lost(std::int32_t exchange_index);
  [[nodiscard]] std::map<std::string, std::int64_t> metrics() const;

private:
  struct Shard {
    std::string group; ///< empty: none yet
    bool busy = false;
    Timestamp next_at;
  };
  using Answer = caf::expected<HttpResponse>;

  void list();
  void on_listed(const Answer& answer);
  void make(std::int32_t exchange_index, Shard& shard);
  void reset(std::int32_t exchange_index, Shard& shard, const std::string& group);
  void settle(std::int32_t exchange_index, const caf::expected<std::string>& group);
  void send(KalshiLane lane, HttpMethod method, const std::string& target, std::string body,
            std::int32_t exchange_index, std::function<void(KalshiOrderGroups&, Answer)> done);

  const Clock& clock_;
  std::shared_ptr<KalshiRest> rest_;
  std::shared_ptr<KalshiPacer> pacer_;
  KalshiOrderGroupsConfig config_;
  std::map<std::int32_t, Shard> shards_;
  std::map<std::int32_t, std::string> earlier_; ///< groups of an earlier run, by shard
  bool listed_ = false;
  bool listing_ = false;
  Timestamp list_at_;
  std::map<std::string, std::int64_t> counters_;
};

} // namespace arbees
