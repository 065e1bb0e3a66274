#include "bridges/kalshi/kalshi_order_groups.hpp"

#include <spdlog/spdlog.h>

#include "bridges/net/answer_fields.hpp"
#include "bridges/net/poll_session.hpp"

namespace arbees {

namespace {

constexpr std::string_view groups_target = "/portfolio/order_groups";

std::string
call_target(const std::string& group, std::string_view verb, std::int32_t exchange_index) {
  return fmt::format("{}/{}/{}?exchange_index={}", groups_target, percent_encoded(group), verb,
                     exchange_index);
}

bool success(const caf::expected<HttpResponse>& answer) {
  return answer && answer->status >= 200 && answer->status < 300
         && !decode_kalshi_error(answer->body);
}

caf::error failure(const caf::expected<HttpResponse>& answer) {
  if (!answer) {
    return answer.error();
  }
  const auto error = decode_kalshi_error(answer->body);
  return caf::make_error(Errc::http_status,
                         fmt::format("{} {}", answer->status, error ? error->code : std::string{}));
}

caf::expected<KalshiOrderGroup> read_group(const boost::json::value& json) {
  AnswerFields fields{json};
  KalshiOrderGroup group;
  group.id = fields.text("id");
  group.contracts_limit = fields.quantity_if_any("contracts_limit_fp");
  const auto index = fields.integer_if_any("exchange_index").value_or(0);
  if (index < 0 || index > 1'000) {
    fields.fail("exchange_index");
  }
  group.exchange_index = static_cast<std::int32_t>(index);
  return fields.finish(std::move(group));
}

} // namespace

std::string encode_kalshi_group(Quantity contracts_limit, std::int32_t exchange_index) {
  return boost::json::serialize(
    boost::json::object{{"contracts_limit_fp", format_decimal(contracts_limit.value(), 6, 2)},
                        {"exchange_index", exchange_index}});
}

caf::expected<std::string> decode_kalshi_group_created(std::string_view body) {
  const auto json = parse_json(body);
  if (!json) {
    return json.error();
  }
  AnswerFields fields{*json};
  return fields.finish(fields.text("order_group_id"));
}

caf::expected<std::vector<KalshiOrderGroup>> decode_kalshi_groups(std::string_view body) {
  const auto json = parse_json(body);
  if (!json) {
    return json.error();
  }
  AnswerFields fields{*json};
  const auto& listed = fields.array("order_groups"); // absent if there are none
  if (!fields.ok()) {
    return fields.error();
  }
  return decode_each(listed, read_group);
}

KalshiOrderGroups::KalshiOrderGroups(const Clock& clock, std::shared_ptr<KalshiRest> rest,
                                     std::shared_ptr<KalshiPacer> pacer,
                                     KalshiOrderGroupsConfig config)
  : clock_{clock}, rest_{std::move(rest)}, pacer_{std::move(pacer)}, config_{config} {}

void KalshiOrderGroups::want(const std::vector<ShardBalance>& shards) {
  for (const auto& shard : shards) {
    shards_.try_emplace(shard.exchange_index);
  }
}

void KalshiOrderGroups::tick(Timestamp now) {
  if (!listed_) {
    if (!shards_.empty() && !listing_ && now >= list_at_) {
      list();
    }
    return;
  }
  for (auto& [index, shard] : shards_) {
    if (!shard.group.empty() || shard.busy || now < shard.next_at) {
      continue;
    }
    if (const auto earlier = earlier_.find(index); earlier != earlier_.end()) {
      const auto group = std::move(earlier->second);
      earlier_.erase(earlier);
      reset(index, shard, group);
    } else {
      make(index, shard);
    }
  }
}

const std::string& KalshiOrderGroups::group_of(std::int32_t exchange_index) const {
  static const std::string none;
  const auto found = shards_.find(exchange_index);
  return found == shards_.end() ? none : found->second.group;
}

void KalshiOrderGroups::send(KalshiLane lane, HttpMethod method, const std::string& target,
                             std::string body, std::int32_t exchange_index,
                             std::function<void(KalshiOrderGroups&, Answer)> done) {
  if (method == HttpMethod::get) {
    pacer_->take_read(kalshi_read_cost, Urgency::normal, clock_.now());
  } else {
    // Billed as an order. It is counted and never waited for: it belongs to the stop.
    pacer_->take_write(exchange_index, kalshi_order_cost, Urgency::urgent, clock_.now());
  }
  rest_->send(lane, method, target, std::move(body), config_.deadline,
              [weak = weak_from_this(), done = std::move(done)](Answer answer) {
                if (const auto self = weak.lock()) {
                  done(*self, std::move(answer));
                }
              });
}

void KalshiOrderGroups::list() {
  listing_ = true;
  send(KalshiLane::reads, HttpMethod::get, std::string{groups_target}, {}, 0,
       [](KalshiOrderGroups& self, const Answer& answer) { self.on_listed(answer); });
}

void KalshiOrderGroups::on_listed(const Answer& answer) {
  listing_ = false;
  const auto groups = success(answer)
                        ? decode_kalshi_groups(answer->body)
                        : caf::expected<std::vector<KalshiOrderGroup>>{failure(answer)};
  if (!groups) {
    ++counters_["failed:order_groups"];
    list_at_ = clock_.now() + config_.retry_every;
    spdlog::warn("kalshi_gateway.order_groups_failed error=\"{}\"", describe(groups.error()));
    return;
  }
  listed_ = true;
  for (const auto& group : *groups) {
    if (group.contracts_limit == config_.contracts_limit) {
      earlier_[group.exchange_index] = group.id;
    }
  }
}

void KalshiOrderGroups::make(std::int32_t exchange_index, Shard& shard) {
  shard.busy = true;
  send(KalshiLane::cancels, HttpMethod::post, fmt::format("{}/create", groups_target),
       encode_kalshi_group(config_.contracts_limit, exchange_index), exchange_index,
       [exchange_index](KalshiOrderGroups& self, const Answer& answer) {
         self.settle(exchange_index, success(answer) ? decode_kalshi_group_created(answer->body)
                                                     : caf::expected<std::string>{failure(answer)});
       });
}

/// A group of an earlier run may have been triggered, and refuses orders until it is reset.
void KalshiOrderGroups::reset(std::int32_t exchange_index, Shard& shard, const std::string& group) {
  shard.busy = true;
  send(KalshiLane::cancels, HttpMethod::put, call_target(group, "reset", exchange_index), "{}",
       exchange_index, [exchange_index, group](KalshiOrderGroups& self, const Answer& answer) {
         self.settle(exchange_index, success(answer) ? caf::expected<std::string>{group}
                                                     : caf::expected<std::string>{failure(answer)});
       });
}

void KalshiOrderGroups::settle(std::int32_t exchange_index,
                               const caf::expected<std::string>& group) {
  auto& shard = shards_[exchange_index];
  shard.busy = false;
  if (group) {
    shard.group = *group;
    ++counters_["order_groups_made"];
    return;
  }
  ++counters_["failed:order_groups"];
  shard.next_at = clock_.now() + config_.retry_every;
  spdlog::warn("kalshi_gateway.order_group_failed shard={} error=\"{}\"", exchange_index,
               describe(group.error()));
}

void KalshiOrderGroups::trigger() {
  for (auto& [index, shard] : shards_) {
    if (shard.group.empty()) {
      continue;
    }
    ++counters_["order_groups_triggered"];
    send(KalshiLane::cancels, HttpMethod::put, call_target(shard.group, "trigger", index), "{}",
         index, [shard = index](KalshiOrderGroups& self, const Answer& answer) {
           if (!success(answer)) {
             ++self.counters_["failed:order_group_trigger"];
             spdlog::warn("kalshi_gateway.order_group_trigger_failed shard={} error=\"{}\"", shard,
                          describe(failure(answer)));
           }
         });
    shard.group.clear(); // it stays triggered, for what was still under way
  }
}

void KalshiOrderGroups::lost(std::int32_t exchange_index) {
  ++counters_["order_groups_lost"];
  shards_[exchange_index].group.clear();
}

std::map<std::string, std::int64_t> KalshiOrderGroups::metrics() const {
  auto values = counters_;
  values["order_groups"] =
    std::ranges::count_if(shards_, [](const auto& entry) { return !entry.second.group.empty(); });
  return values;
}

} // namespace arbees
