#include "bridges/zmq/stream_join.hpp"

#include <algorithm>
#include <tuple>

#include "bridges/zmq/snapshot_cache.hpp"

namespace arbees {

namespace {

/// Numbers of each source in order; between sources, by time as far as that allows.
void put_in_order(std::vector<WireMessage>& messages) {
  std::ranges::stable_sort(messages, [](const WireMessage& a, const WireMessage& b) {
    return std::tie(a.source, a.seq) < std::tie(b.source, b.seq);
  });
  std::vector<std::pair<std::int64_t, std::size_t>> turns;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const auto same = i > 0 && messages[i].source == messages[i - 1].source;
    const auto at = messages[i].timestamp_ms;
    // A clock that was set back must not turn numbers round.
    turns.emplace_back(same ? std::max(at, turns.back().first) : at, i);
  }
  std::ranges::sort(turns);
  std::vector<WireMessage> ordered;
  for (const auto& [at, i] : turns) {
    ordered.push_back(std::move(messages[i]));
  }
  messages = std::move(ordered);
}

} // namespace

StreamJoin::StreamJoin(StreamJoinConfig config, Moment now)
  : config_{std::move(config)},
    complete_{config_.prefixes == std::vector<std::string>{""}},
    publishers_(config_.publishers) {
  for (std::size_t i = 0; i < publishers_.size(); ++i) {
    ask(i, Hold::yes, now);
  }
}

bool StreamJoin::is_holding() const {
  return std::ranges::any_of(publishers_, &Publisher::holding);
}

/// Nobody knows yet whose a source is.
bool StreamJoin::joining() const {
  return std::ranges::any_of(publishers_, [](const Publisher& publisher) {
    return publisher.holding && !publisher.joined;
  });
}

std::optional<WireMessage> StreamJoin::next() {
  if (out_.empty()) {
    return std::nullopt;
  }
  auto message = std::move(out_.front());
  out_.pop_front();
  return message;
}

void StreamJoin::ask(std::size_t index, Hold hold, Moment now) {
  auto& publisher = publishers_[index];
  publisher.id = next_id_++;
  publisher.holding = hold == Hold::yes;
  publisher.asked_at = now;
  publisher.confirm_at.reset();
  publisher.first_end.reset();
  publisher.collected.clear();
  ++counters_.asked;
  asks_.push_back({.publisher = index,
                   .request = {.id = publisher.id,
                               .prefixes = config_.prefixes,
                               .run = publisher.run,
                               .since = publisher.known}});
}

void StreamJoin::probe(std::size_t index, Moment now) {
  publishers_[index].probe_at = now + config_.probe_every;
  // One that never answers must not make this grow.
  std::erase_if(probes_, [index](const auto& entry) { return entry.second == index; });
  probes_[next_id_] = index;
  asks_.push_back({.publisher = index, .request = {.id = next_id_}});
  ++next_id_;
}

void StreamJoin::hear(WireMessage message, Moment now) {
  const auto found = sources_.find(message.source);
  if (found == sources_.end()) {
    hear_stranger(std::move(message), now);
    return;
  }
  auto& source = found->second;
  auto& publisher = publishers_[source.publisher];
  if (message.run != source.run && message.run != source.other_run && publisher.id == 0) {
    source.other_run = message.run; // once, whoever has the same name
    publisher.known.clear();
    ask(source.publisher, Hold::yes, now);
  }
  if (publisher.holding) {
    hold(std::move(message), now);
  } else {
    follow(source, std::move(message), now);
  }
}

/// Of a source that no answer has named so far.
void StreamJoin::hear_stranger(WireMessage message, Moment now) {
  if (joining()) {
    hold(std::move(message), now);
    return;
  }
  if (std::ranges::any_of(publishers_, [](const Publisher& each) { return !each.joined; })) {
    auto& source = strangers_[message.source];
    if (source.run != message.run) {
      source = {.run = message.run};
    }
    source.next = std::max(source.next, message.seq + 1);
    source.passed[message.topic] = message.seq;
    if (strangers_.size() > max_strangers || source.passed.size() > config_.max_held) {
      strangers_.clear();
    }
  }
  out_.push_back(std::move(message));
}

void StreamJoin::follow(Source& source, WireMessage message, Moment now) {
  auto& publisher = publishers_[source.publisher];
  if (message.run != source.run) {
    if (publisher.id == 0 || message.run != source.other_run) {
      out_.push_back(std::move(message)); // of the run before
      return;
    }
    // The answer is late: what it brings must not come behind what is newer.
    source = {.publisher = source.publisher,
              .run = message.run,
              .other_run = source.run,
              .next = message.seq};
  }
  if (message.seq < source.reference) {
    const auto passed = source.passed.find(message.topic);
    if (passed != source.passed.end() && passed->second >= message.seq) {
      ++counters_.doubles;
      return;
    }
  } else {
    source.reference = 0;
  }
  if (complete_ && message.seq > source.next && publisher.id == 0) {
    ++counters_.gaps;
    publisher.known = {{message.source, source.next}};
    for (const auto& [name, other] : sources_) {
      if (other.publisher == source.publisher) {
        publisher.known[name] = other.next;
      }
    }
    // Who loses all the time is not made to wait all the time.
    const auto again = now - publisher.asked_at < config_.probe_every;
    ask(source.publisher, again ? Hold::no : Hold::yes, now);
    if (publisher.holding) {
      hold(std::move(message), now);
      return;
    }
  }
  give_out(source, std::move(message));
}

bool StreamJoin::tracking(const Source& source) const {
  const auto& publisher = publishers_[source.publisher];
  return publisher.id != 0 || publisher.confirm_at || source.reference != 0;
}

void StreamJoin::give_out(Source& source, WireMessage message) {
  source.next = std::max(source.next, message.seq + 1);
  if (tracking(source)) {
    auto& passed = source.passed[message.topic];
    passed = std::max(passed, message.seq);
  } else if (!source.passed.empty()) {
    source.passed.clear();
  }
  out_.push_back(std::move(message));
}

void StreamJoin::hold(WireMessage message, Moment now) {
  held_.push_back(std::move(message));
  if (held_.size() > config_.max_held) {
    ++counters_.overflows;
    for (auto& publisher : publishers_) {
      counters_.late += publisher.holding ? 1 : 0;
      publisher.holding = false;
    }
    release(now);
  }
}

/// Hears again all that was held; what must wait on waits on.
void StreamJoin::release(Moment now) {
  for (auto& message : std::exchange(held_, {})) {
    hear(std::move(message), now);
  }
}

void StreamJoin::answer(std::size_t index, SnapshotPage page, Moment now) {
  auto& publisher = publishers_[index];
  if (!page.refused.empty()) {
    ++counters_.refused;
    return;
  }
  if (const auto asked = probes_.find(page.end.id);
      asked != probes_.end() && asked->second == index) {
    probes_.erase(asked);
    hear_probe(index, page.end, now);
    return;
  }
  if (page.end.id != publisher.id || publisher.id == 0) {
    return; // given up
  }
  if (publisher.first_end && publisher.first_end->run != page.end.run) {
    ask(index, publisher.holding ? Hold::yes : Hold::no, now); // it began anew between two pages
    return;
  }
  const auto last = page.messages.empty() ? std::string{} : page.messages.back().topic;
  std::ranges::move(page.messages, std::back_inserter(publisher.collected));
  if (!publisher.first_end) {
    publisher.first_end = page.end;
  }
  if (page.end.more && !last.empty() && publisher.collected.size() < SnapshotCache::max_topics) {
    asks_.push_back({.publisher = index,
                     .request = {.id = publisher.id,
                                 .prefixes = config_.prefixes,
                                 .after = last,
                                 .run = publisher.run,
                                 .since = publisher.known}});
    return;
  }
  finish(index, now);
}

void StreamJoin::hear_probe(std::size_t index, const SnapshotEnd& end, Moment now) {
  auto& publisher = publishers_[index];
  if (publisher.id != 0) {
    return;
  }
  if (end.run != publisher.run) {
    publisher.known.clear();
    ask(index, Hold::yes, now);
    return;
  }
  auto lost = false;
  for (const auto& [name, next] : end.sources) {
    const auto found = sources_.find(name);
    if (complete_ && found != sources_.end()) {
      // What the probe before had promised should be here by now.
      lost = lost || found->second.promised > found->second.next;
      found->second.promised = next;
    }
  }
  if (lost) {
    ++counters_.lost_ends;
    for (const auto& [name, next] : end.sources) {
      if (const auto found = sources_.find(name); found != sources_.end()) {
        publisher.known[name] = found->second.next;
      }
    }
    ask(index, Hold::no, now);
  }
}

void StreamJoin::connected(Moment now) {
  for (std::size_t i = 0; i < publishers_.size(); ++i) {
    auto& publisher = publishers_[i];
    if (!publisher.joined) {
      continue;
    }
    for (auto& [name, source] : sources_) {
      if (source.publisher == i && !tracking(source)) {
        publisher.known[name] = source.next;
      }
    }
    // The subscription still has to reach the other side.
    publisher.confirm_at = now + config_.probe_every / 5;
  }
}

void StreamJoin::advance(Moment now) {
  auto waited_enough = false;
  for (std::size_t i = 0; i < publishers_.size(); ++i) {
    auto& publisher = publishers_[i];
    if (publisher.holding && now - publisher.asked_at > config_.patience) {
      publisher.holding = false;
      ++counters_.late;
      waited_enough = true;
    }
    if (publisher.id != 0) {
      if (now - publisher.asked_at > config_.give_up_after) {
        ++counters_.given_up;
        ask(i, Hold::no, now);
      }
    } else if (publisher.confirm_at && *publisher.confirm_at <= now) {
      ask(i, Hold::no, now);
    } else if (publisher.probe_at <= now) {
      probe(i, now);
    }
  }
  if (waited_enough) {
    release(now);
  }
}

void StreamJoin::finish(std::size_t index, Moment now) {
  auto& publisher = publishers_[index];
  const auto end = *std::exchange(publisher.first_end, std::nullopt);
  const auto first = publisher.run != end.run;
  if (first) {
    counters_.restarts += publisher.joined ? 1 : 0;
    publisher.known.clear(); // numbers of another run
  }
  ++counters_.answered;
  adopt(index, end);
  merge(index, end);
  publisher.id = 0;
  publisher.holding = false;
  publisher.joined = true;
  publisher.probe_at = now + config_.probe_every;
  publisher.known = end.sources;
  if (first && !complete_) {
    // The subscription may have arrived after the question; a reader of some topics cannot tell by
    // the numbers.
    publisher.confirm_at = now + config_.probe_every;
  }
  release(now);
}

void StreamJoin::adopt(std::size_t index, const SnapshotEnd& end) {
  publishers_[index].run = end.run;
  for (const auto& [name, next] : end.sources) {
    auto& source = sources_[name];
    source.publisher = index;
    if (source.run == end.run) {
      continue;
    }
    std::deque<WireMessage> rest;
    for (auto& message : held_) {
      if (!source.run.empty() && message.source == name && message.run == source.run) {
        out_.push_back(std::move(message));
      } else {
        rest.push_back(std::move(message));
      }
    }
    held_ = std::move(rest);
    source = {.publisher = index, .run = end.run, .other_run = source.run};
    if (const auto heard = strangers_.find(name);
        heard != strangers_.end() && heard->second.run == end.run) {
      source.next = heard->second.next;
      source.passed = std::move(heard->second.passed);
    }
    strangers_.erase(name);
  }
}

bool StreamJoin::wanted(const Publisher& publisher, const SnapshotEnd& end,
                        const WireMessage& message) const {
  const auto source = sources_.find(message.source);
  if (message.run != end.run || !end.sources.contains(message.source) || source == sources_.end()) {
    return false;
  }
  const auto known = publisher.known.find(message.source);
  if (known != publisher.known.end() && message.seq < known->second) {
    return false;
  }
  const auto passed = source->second.passed.find(message.topic);
  return passed == source->second.passed.end() || passed->second < message.seq;
}

/// What the answer brought, and what was held of numbers that it answers for, in order.
void StreamJoin::merge(std::size_t index, const SnapshotEnd& end) {
  auto& publisher = publishers_[index];
  std::vector<WireMessage> merged;
  std::map<std::pair<std::string, std::uint64_t>, bool> here;
  std::deque<WireMessage> rest;
  for (auto& message : held_) {
    const auto next = end.sources.find(message.source);
    if (next != end.sources.end() && message.run == end.run && message.seq < next->second) {
      here[{message.source, message.seq}] = true;
      merged.push_back(std::move(message));
    } else {
      rest.push_back(std::move(message));
    }
  }
  held_ = std::move(rest);
  for (auto& message : std::exchange(publisher.collected, {})) {
    // Numbers from where the first page stood on come live.
    if (!wanted(publisher, end, message) || message.seq >= end.sources.at(message.source)
        || here.contains({message.source, message.seq})) {
      ++counters_.doubles;
      continue;
    }
    message.from_snapshot = true;
    ++counters_.messages;
    merged.push_back(std::move(message));
  }
  put_in_order(merged);
  for (auto& message : merged) {
    auto& source = sources_[message.source];
    give_out(source, std::move(message));
  }
  for (const auto& [name, next] : end.sources) {
    auto& source = sources_[name];
    source.next = std::max(source.next, next);
    source.reference = next;
  }
}

} // namespace arbees
