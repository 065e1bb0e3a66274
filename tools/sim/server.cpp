#include "tools/sim/server.hpp"

#include <boost/beast.hpp>
#include <deque>
#include <sstream>
#include <utility>

#include "tools/sim/faulty_link.hpp"

namespace arbees::sim {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;

namespace {

constexpr std::chrono::seconds request_limit{60}; ///< keep-alive connections may be quiet as long
constexpr std::chrono::seconds ping_interval{10};
constexpr std::size_t largest_body = 1U << 20U;

using BeastRequest = http::request<http::string_body>;

HttpRequest convert(const BeastRequest& from) {
  auto request = parse_target({from.method_string().data(), from.method_string().size()},
                              {from.target().data(), from.target().size()});
  for (const auto& field : from) {
    auto name = std::string{field.name_string()};
    for (auto& letter : name) {
      letter = static_cast<char>(letter >= 'A' && letter <= 'Z' ? letter - 'A' + 'a' : letter);
    }
    request.headers.emplace(std::move(name), std::string{field.value()});
  }
  request.body = from.body();
  return request;
}

UnixMillis system_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
           std::chrono::system_clock::now().time_since_epoch())
    .count();
}

/// As the Date header writes it.
std::string http_date(UnixSeconds now) {
  const auto at = utc(now);
  const auto day = std::chrono::weekday{std::chrono::sys_days{
    std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds{std::chrono::seconds{now}})}};
  constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  std::array<char, 40> date{};
  std::snprintf(date.data(), date.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                days[day.c_encoding()].data(), at.day, month_name(at.month).data(), at.year,
                at.hour, at.minute, at.second);
  return date.data();
}

http::response<http::string_body>
convert(const HttpReply& reply, unsigned version, bool keep_alive, UnixMillis now) {
  http::response<http::string_body> response{static_cast<http::status>(reply.status), version};
  response.set(http::field::server, "arbees-sim");
  response.set(http::field::content_type, reply.content_type);
  for (const auto& [name, value] : reply.headers) {
    response.set(name, value);
  }
  response.set(http::field::date, http_date(now / 1000));
  response.keep_alive(keep_alive);
  response.body() = reply.body;
  response.prepare_payload();
  return response;
}

} // namespace

/// One WebSocket client: reads its text, writes its frames in order, pings it.
class FeedConnection : public std::enable_shared_from_this<FeedConnection> {
public:
  FeedConnection(beast::tcp_stream stream, Feed feed, std::shared_ptr<Server*> server)
    : stream_(std::move(stream)),
      ping_timer_(stream_.get_executor()),
      held_timer_(stream_.get_executor()),
      feed_(std::move(feed)),
      server_(std::move(server)) {}

  void start(const BeastRequest& request) {
    beast::get_lowest_layer(stream_).expires_never();
    // Silence is watched here: Beast's own timer, without pings of its own, hears no pongs.
    stream_.set_option(websocket::stream_base::timeout{
      std::chrono::seconds{30}, websocket::stream_base::none(), false});
    stream_.control_callback([this](websocket::frame_type, beast::string_view) { hear(); });
    stream_.async_accept(request,
                         beast::bind_front_handler(&FeedConnection::on_accept, shared_from_this()));
  }

  void show(std::span<const MarketEvent> events) {
    say(std::visit([&](auto& feed) { return feed.on_events(events); }, feed_));
    if (const auto* const replay = std::get_if<ReplayFeed>(&feed_);
        replay != nullptr && replay->over() && frames_.empty()) {
      drop();
    }
  }

  /// Drops the connection without a closing handshake.
  void drop() {
    dropped_ = true;
    beast::error_code ignored;
    ping_timer_.cancel();
    held_timer_.cancel();
    beast::get_lowest_layer(stream_).socket().close(ignored);
  }

private:
  void on_accept(beast::error_code error) {
    if (error || *server_ == nullptr) {
      return;
    }
    (*server_)->joined(shared_from_this());
    hear();
    schedule_ping();
    read();
  }

  void read() {
    stream_.async_read(buffer_,
                       beast::bind_front_handler(&FeedConnection::on_read, shared_from_this()));
  }

  void on_read(beast::error_code error, std::size_t) {
    if (error) {
      leave();
      return;
    }
    hear();
    const auto text = beast::buffers_to_string(buffer_.data());
    buffer_.consume(buffer_.size());
    say(std::visit([&](auto& feed) { return feed.on_text(text); }, feed_));
    read();
  }

  /// What the venue says, on its way through what goes wrong.
  void say(std::vector<std::string> frames) {
    auto* const faults = *server_ != nullptr ? (*server_)->face().faults : nullptr;
    if (faults == nullptr || (link_ == nullptr && !faults->active())) {
      queue(std::move(frames));
      return;
    }
    if (link_ == nullptr) {
      link_ = std::make_unique<FaultyLink>(faults->plan(), faults->plan().next_link());
    }
    through_link(std::move(frames));
    if (!faults->active() && !link_->busy(steady_ms())) {
      link_.reset();
    }
  }

  void through_link(std::vector<std::string> frames) {
    auto step = link_->say(std::move(frames), steady_ms());
    break_ = step.broken ? step.broken : break_;
    hear_nothing(link_->deaf());
    queue(std::move(step.frames));
    const auto due = link_->next_due();
    if (dropped_ || !due || due == held_until_) {
      return;
    }
    held_until_ = due;
    held_timer_.expires_at(
      std::chrono::steady_clock::time_point{std::chrono::milliseconds{*due + 1}});
    held_timer_.async_wait(
      beast::bind_front_handler(&FeedConnection::on_held_due, shared_from_this()));
  }

  void on_held_due(beast::error_code error) {
    if (!error && !dropped_) {
      held_until_.reset();
      say({});
    }
  }

  /// A high watermark keeps the pending read from waking up: a deaf venue answers no ping.
  void hear_nothing(bool deaf) {
    if (deaf != std::exchange(deaf_, deaf)) {
      beast::error_code ignored;
      beast::get_lowest_layer(stream_).socket().set_option(
        asio::socket_base::receive_low_watermark{deaf ? 1 << 20 : 1}, ignored);
    }
  }

  static UnixMillis steady_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
  }

  void queue(std::vector<std::string> frames) {
    if (dropped_) { // what was read before the drop still arrives
      return;
    }
    for (auto& frame : frames) {
      waiting_bytes_ += frame.size();
      frames_.push_back(std::move(frame));
    }
    if (waiting_bytes_ > Server::write_queue_limit) {
      if (*server_ != nullptr) {
        ++(*server_)->stats().slow_clients_dropped;
      }
      drop();
      return;
    }
    write();
  }

  void write() {
    if (writing_ || frames_.empty()) {
      return;
    }
    writing_ = true;
    if (break_ && frames_.size() == 1) {
      break_off();
      return;
    }
    stream_.text(true);
    stream_.async_write(asio::buffer(frames_.front()),
                        beast::bind_front_handler(&FeedConnection::on_write, shared_from_this()));
  }

  void on_write(beast::error_code error, std::size_t) {
    writing_ = false;
    if (error) {
      leave();
      return;
    }
    waiting_bytes_ -= frames_.front().size();
    frames_.pop_front();
    if (*server_ != nullptr) {
      ++(*server_)->stats().frames_sent;
    }
    write();
  }

  /// Sends a part of the last frame past the WebSocket's own writer, and hangs up. The venue's own
  /// answer to a ping may come in between, which nobody can read any more.
  void break_off() {
    auto& socket = beast::get_lowest_layer(stream_).socket();
    frames_.front() = text_frame(frames_.front()).substr(0, break_->at);
    asio::async_write(socket, asio::buffer(frames_.front()),
                      [self = shared_from_this(), &socket](beast::error_code, std::size_t) {
                        beast::error_code ignored;
                        if (self->break_->reset) {
                          socket.set_option(asio::socket_base::linger{true, 0}, ignored);
                        }
                        self->drop();
                        self->leave();
                      });
  }

  void hear() { heard_at_ = std::chrono::steady_clock::now(); }

  void schedule_ping() {
    if (*server_ == nullptr) {
      return;
    }
    ping_timer_.expires_after(ping_interval);
    ping_timer_.async_wait(
      beast::bind_front_handler(&FeedConnection::on_ping_due, shared_from_this()));
  }

  void on_ping_due(beast::error_code error) {
    if (error || *server_ == nullptr) {
      return;
    }
    const auto& body = (*server_)->face().ping;
    const auto silence = std::chrono::steady_clock::now() - heard_at_;
    if (!deaf_ && silence > (*server_)->face().idle_limit) {
      drop(); // the pending read ends, and with it all
      return;
    }
    if (deaf_ || body.empty()) { // deaf and dumb
      schedule_ping();
      return;
    }
    stream_.async_ping(websocket::ping_data{body.data(), body.size()},
                       [self = shared_from_this()](beast::error_code failed) {
                         if (!failed) {
                           self->schedule_ping();
                         }
                       });
  }

  void leave() {
    ping_timer_.cancel();
    held_timer_.cancel();
    if (*server_ != nullptr) {
      (*server_)->left(shared_from_this());
    }
  }

  websocket::stream<beast::tcp_stream> stream_;
  asio::steady_timer ping_timer_;
  asio::steady_timer held_timer_;
  beast::flat_buffer buffer_;
  Feed feed_;
  std::shared_ptr<Server*> server_;
  std::deque<std::string> frames_;
  std::size_t waiting_bytes_ = 0;
  bool writing_ = false;
  bool dropped_ = false;
  std::unique_ptr<FaultyLink> link_; ///< only while something may go wrong
  std::optional<UnixMillis> held_until_{};
  std::optional<FaultyLink::Break> break_{}; ///< of the last of frames_
  bool deaf_ = false;
  std::chrono::steady_clock::time_point heard_at_;
};

namespace {

/// One HTTP connection, until it closes or becomes a WebSocket.
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
public:
  HttpConnection(tcp::socket socket, std::shared_ptr<Server*> server)
    : stream_(std::move(socket)), server_(std::move(server)) {}

  void read() {
    parser_.emplace();
    parser_->body_limit(largest_body);
    stream_.expires_after(request_limit);
    http::async_read(stream_, buffer_, *parser_,
                     beast::bind_front_handler(&HttpConnection::on_read, shared_from_this()));
  }

private:
  void on_read(beast::error_code error, std::size_t) {
    if (error || *server_ == nullptr) {
      return;
    }
    auto& server = **server_;
    const auto& raw = parser_->get();
    auto request = convert(raw);
    const auto upgrades = websocket::is_upgrade(raw) && server.face().open_feed != nullptr;
    auto* const faults = server.face().faults;
    if (faults == nullptr || !faults->active() || request.path.starts_with("/sim/")) {
      handle(server, request, upgrades);
      return;
    }
    fate_ = faults->decide(server.face().name, request, upgrades);
    wait(fate_->before, [request = std::move(request), upgrades](HttpConnection& self) {
      self.handle(**self.server_, request, upgrades);
    });
  }

  /// Goes on after `time`, unless the server is gone by then.
  template <class Next>
  void wait(std::chrono::milliseconds time, Next next) {
    if (time == time.zero()) {
      next(*this);
      return;
    }
    timer_.emplace(stream_.get_executor(), time);
    timer_->async_wait([self = shared_from_this(), next = std::move(next)](beast::error_code) {
      if (*self->server_ != nullptr) {
        next(*self);
      }
    });
  }

  void handle(Server& server, const HttpRequest& request, bool upgrades) {
    if (fate_ && !fate_->reaches) {
      ++server.stats().requests;
      spoil({});
    } else if (upgrades) {
      upgrade(server, request);
    } else {
      ++server.stats().requests;
      auto answer = server.face().answer(request);
      fate_ ? spoil(std::move(answer)) : send(answer);
    }
  }

  /// Sends what becomes of an answer, when its time has come.
  void spoil(HttpReply answer) {
    const auto fate = *std::exchange(fate_, std::nullopt);
    if (fate.instead) {
      answer = *fate.instead;
    } else if (fate.garbles) {
      answer = rubbish(answer, *fate.garbles);
    }
    wait(fate.after, [answer = std::move(answer), fate](HttpConnection& self) {
      if (fate.hangs) {
        self.hang_up();
      } else if (fate.cut_at) {
        self.send_part(answer, *fate.cut_at);
      } else {
        self.send(answer);
      }
    });
  }

  void hang_up() {
    beast::error_code ignored;
    stream_.socket().close(ignored);
  }

  void send_part(const HttpReply& reply, double share) {
    std::ostringstream whole;
    whole << make(reply);
    part_ = whole.str();
    part_.resize(static_cast<std::size_t>(share * static_cast<double>(part_.size())));
    asio::async_write(stream_, asio::buffer(part_),
                      [self = shared_from_this()](beast::error_code, std::size_t) {
                        self->hang_up();
                      });
  }

  [[nodiscard]] http::response<http::string_body> make(const HttpReply& reply) const {
    const auto& raw = parser_->get();
    const auto& clock = (*server_)->face().clock;
    return convert(reply, raw.version(), raw.keep_alive(), clock ? clock() : system_ms());
  }

  void upgrade(Server& server, const HttpRequest& request) {
    fate_.reset(); // an upgrade has no answer to spoil
    auto opened = server.face().open_feed(request);
    if (auto* const refusal = std::get_if<HttpReply>(&opened)) {
      ++server.stats().feeds_refused;
      send(*refusal);
      return;
    }
    const auto feed = std::make_shared<FeedConnection>(std::move(stream_),
                                                       std::get<Feed>(std::move(opened)), server_);
    feed->start(parser_->get());
  }

  void send(const HttpReply& reply) {
    response_ = make(reply);
    http::async_write(stream_, response_,
                      beast::bind_front_handler(&HttpConnection::on_write, shared_from_this()));
  }

  void on_write(beast::error_code error, std::size_t) {
    if (error || *server_ == nullptr) {
      return;
    }
    if (!response_.keep_alive()) {
      beast::error_code ignored;
      stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
      return;
    }
    read();
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  std::shared_ptr<Server*> server_;
  std::optional<HttpFate> fate_{}; ///< of the request at hand
  std::optional<asio::steady_timer> timer_{};
  std::string part_{};
};

} // namespace

Server::Server(asio::io_context& io, Face face)
  : acceptor_(io), face_(std::move(face)), alive_(std::make_shared<Server*>(this)) {}

Server::~Server() {
  close();
}

std::uint16_t Server::listen(const std::string& address, std::uint16_t port) {
  const tcp::endpoint endpoint{asio::ip::make_address(address), port};
  acceptor_.open(endpoint.protocol());
  acceptor_.set_option(asio::socket_base::reuse_address{true});
  acceptor_.bind(endpoint);
  acceptor_.listen();
  accept();
  return acceptor_.local_endpoint().port();
}

void Server::accept() {
  acceptor_.async_accept([this, alive = alive_](beast::error_code error, tcp::socket socket) {
    if (*alive == nullptr || error == asio::error::operation_aborted) {
      return;
    }
    if (!error) {
      beast::error_code ignored;
      socket.set_option(tcp::no_delay{true}, ignored);
      std::make_shared<HttpConnection>(std::move(socket), alive)->read();
    }
    accept();
  });
}

void Server::broadcast(std::span<const MarketEvent> events) {
  const auto feeds = feeds_; // a slow client leaves while we go through them
  for (const auto& feed : feeds) {
    feed->show(events);
  }
}

void Server::close() {
  *alive_ = nullptr;
  beast::error_code ignored;
  acceptor_.close(ignored);
  for (const auto& feed : std::exchange(feeds_, {})) {
    feed->drop();
  }
}

void Server::joined(std::shared_ptr<FeedConnection> feed) {
  ++stats_.feeds_opened;
  feeds_.insert(std::move(feed));
}

void Server::left(const std::shared_ptr<FeedConnection>& feed) {
  feeds_.erase(feed);
}

} // namespace arbees::sim
