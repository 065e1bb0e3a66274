#include "tools/sim/recording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "bridges/net/capture_reader.hpp"

namespace arbees::sim {

namespace json = boost::json;

namespace {

constexpr std::string_view keepalive = "PING"; ///< sent by the clock, so nothing waits for it

/// Reads record after record into the recording.
class Loader {
public:
  explicit Loader(Recording& recording) : recording_{recording} {}

  void add(const CaptureRecord& record) {
    if (!started_at_) {
      started_at_ = record.monotonic_ns;
    }
    const auto at = record.monotonic_ns - *started_at_;
    recording_.ends_at = std::max(recording_.ends_at, at);
    switch (record.kind) {
      case CaptureKind::note:
        return read_origins(record.payload);
      case CaptureKind::open:
        return open(record);
      case CaptureKind::text:
      case CaptureKind::binary:
        return add_frame(record, at);
      case CaptureKind::response:
        return add_answer(record, at);
      case CaptureKind::request:
        requests_[record.connection] = record.payload.substr(0, record.payload.find(' '));
        return;
      case CaptureKind::close:
        if (const auto feed = feeds_.find(record.connection); feed != feeds_.end()) {
          feed->second->ended_at = at;
        }
        return;
      default:
        return;
    }
  }

  void finish() {
    for (const auto& [connection, feed] : feeds_) {
      if (feed->ended_at == 0) {
        feed->ended_at = recording_.ends_at;
      }
    }
  }

private:
  struct Connection {
    FaceName face = FaceName::kalshi;
    std::string path;
    bool private_channel = false;
  };

  void read_origins(const std::string& note) {
    json::error_code error;
    const auto value = json::parse(note, error);
    const auto* const object = error ? nullptr : value.if_object();
    const auto* const origins = object != nullptr ? object->if_contains("origins") : nullptr;
    if (origins == nullptr || !origins->is_object()) {
      return;
    }
    constexpr std::array<std::string_view, face_count> names{"kalshi", "polymarket", "gamma",
                                                             "espn"};
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto* const list = origins->as_object().if_contains(names[i]);
      if (list == nullptr || !list->is_array()) {
        continue;
      }
      for (const auto& authority : list->as_array()) {
        if (authority.is_string()) {
          origins_[std::string{authority.as_string()}] = static_cast<FaceName>(i);
        }
      }
    }
  }

  void open(const CaptureRecord& record) {
    const auto begin = record.target.find("://");
    if (begin == std::string::npos) {
      return;
    }
    const auto rest = std::string_view{record.target}.substr(begin + 3);
    const auto slash = std::min(rest.find('/'), rest.size());
    const auto face = origins_.find(rest.substr(0, slash));
    if (face == origins_.end()) {
      return;
    }
    const auto path = rest.substr(slash, rest.find('?', slash) - slash);
    connections_[record.connection] = {.face = face->second,
                                       .path = std::string{path},
                                       .private_channel = record.payload.ends_with("_private")
                                                          || record.payload.ends_with("_user")};
  }

  void add_frame(const CaptureRecord& record, std::int64_t at) {
    const auto feed = feeds_.find(record.connection);
    if (feed != feeds_.end()) {
      const auto from_client = record.direction == CaptureDirection::out;
      feed->second->frames.push_back({at, from_client, record.payload});
      recording_.frames += from_client ? 0 : 1;
    }
  }

  void add_answer(const CaptureRecord& record, std::int64_t at) {
    constexpr unsigned switching_protocols = 101;
    const auto connection = connections_.find(record.connection);
    if (connection == connections_.end()) {
      return;
    }
    const auto reply = parse_reply(record.payload);
    auto& face = recording_.faces[static_cast<std::size_t>(connection->second.face)];
    if (reply.status == switching_protocols) {
      if (!connection->second.private_channel) {
        auto feed = std::make_shared<RecordedFeed>();
        face.feeds[connection->second.path].push_back(feed);
        feeds_[record.connection] = std::move(feed);
      }
    } else if (requests_[record.connection] == "GET") {
      face.answers[request_key(parse_target("GET", record.target))].add(at, reply);
      ++recording_.answers;
    }
  }

  /// Of the headers only those that say something to a client: the server makes its own others.
  static HttpReply parse_reply(std::string_view message) {
    HttpReply reply;
    const auto head = message.substr(0, message.find("\r\n\r\n"));
    reply.body = message.substr(std::min(head.size() + 4, message.size()));
    const auto code = head.substr(std::min(head.find(' '), head.size()));
    reply.status = static_cast<unsigned>(std::atoi(std::string{code.substr(0, 4)}.c_str()));
    std::string lower{head};
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
      return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    });
    for (const std::string_view name : {"content-type", "retry-after"}) {
      const auto at = lower.find(fmt::format("\r\n{}: ", name));
      if (at == std::string::npos) {
        continue;
      }
      const auto begin = at + 2 + name.size() + 2;
      auto value = std::string{head.substr(begin, head.find("\r\n", begin) - begin)};
      if (name == "content-type") {
        reply.content_type = std::move(value);
      } else {
        reply.headers.emplace_back("Retry-After", std::move(value));
      }
    }
    return reply;
  }

  Recording& recording_;
  std::optional<std::int64_t> started_at_;
  std::map<std::string, FaceName, std::less<>> origins_;
  std::map<std::uint32_t, Connection> connections_;
  std::map<std::uint32_t, std::string> requests_; ///< the method of the last one
  std::map<std::uint32_t, std::shared_ptr<RecordedFeed>> feeds_;
};

} // namespace

const HttpReply& RecordedAnswers::next(std::int64_t now) {
  auto index = std::min(served_, answers_.size() - 1);
  while (index + 1 < answers_.size() && answers_[index + 1].at <= now) {
    ++index;
  }
  if (index > 0 && answers_[index].at > now + lead) {
    --index;
  }
  served_ = index + 1;
  return answers_[index].reply;
}

Recording Recording::load(const std::filesystem::path& folder) {
  auto reader = CaptureReader::open(folder);
  if (!reader) {
    throw std::runtime_error(fmt::format("there is no capture in {}", folder.string()));
  }
  Recording recording;
  recording.run = reader->run();
  Loader loader{recording};
  while (const auto record = reader->next()) {
    loader.add(*record);
  }
  loader.finish();
  for (const auto& flaw : reader->flaws()) {
    recording.flaws.push_back(fmt::format("{}: {} after {} bytes: {}",
                                          flaw.file.filename().string(), to_string(flaw.kind),
                                          flaw.offset, flaw.why));
  }
  return recording;
}

std::string request_key(const HttpRequest& request) {
  auto key = request.path;
  for (const auto& [name, value] : request.query) {
    key += fmt::format("\n{}={}", name, value);
  }
  return key;
}

void ReplayClock::start() {
  if (!started_) {
    started_ = std::chrono::steady_clock::now();
  }
}

std::int64_t ReplayClock::now() const {
  if (!started_) {
    return 0;
  }
  const std::chrono::duration<double, std::nano> passed =
    std::chrono::steady_clock::now() - *started_;
  return static_cast<std::int64_t>(passed.count() * speed_);
}

std::vector<std::string> ReplayFeed::on_text(std::string_view text) {
  heard_ += text == keepalive ? 0 : 1;
  return on_events({});
}

std::vector<std::string> ReplayFeed::on_events(std::span<const MarketEvent> /*events*/) {
  const auto now = clock_->now();
  std::vector<std::string> due;
  for (; next_ < feed_->frames.size(); ++next_) {
    const auto& frame = feed_->frames[next_];
    if (frame.from_client) {
      if (frame.text != keepalive && !client_has_spoken()) {
        break;
      }
    } else if (frame.at <= now) {
      due.push_back(frame.text);
    } else {
      break;
    }
  }
  return due;
}

/// Whether the command has come that stands next in the recording, or been waited for long enough.
bool ReplayFeed::client_has_spoken() {
  const auto now = std::chrono::steady_clock::now();
  if (heard_ <= expected_ && now - waiting_since_.value_or(now) < RecordedFeed::patience) {
    // The time of waiting begins when the recorded client spoke.
    if (feed_->frames[next_].at <= clock_->now()) {
      waiting_since_ = waiting_since_.value_or(now);
    }
    return false;
  }
  ++expected_;
  waiting_since_.reset();
  return true;
}

bool ReplayFeed::over() const {
  return next_ == feed_->frames.size() && clock_->now() >= feed_->ended_at;
}

} // namespace arbees::sim
