#include "bridges/net/proxy.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <boost/asio.hpp>
#include <boost/beast.hpp>
#include <memory>

namespace arbees {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using beast::error_code;

namespace {

/// One CONNECT and its answer.
class Tunnel : public std::enable_shared_from_this<Tunnel> {
public:
  using Done = std::function<void(const std::string&)>;

  Tunnel(beast::tcp_stream& stream, std::string proxy, std::string request, Done done)
    : stream_{stream},
      proxy_{std::move(proxy)},
      request_{std::move(request)},
      done_{std::move(done)} {
    constexpr std::uint32_t longest_head = 16U << 10U;
    parser_.header_limit(longest_head);
    parser_.skip(true); // what follows the head of a 2xx is the tunnel
  }
  ~Tunnel() { OPENSSL_cleanse(request_.data(), request_.size()); }
  Tunnel(const Tunnel&) = delete;
  Tunnel& operator=(const Tunnel&) = delete;

  void run() {
    asio::async_write(stream_, asio::buffer(request_),
                      beast::bind_front_handler(&Tunnel::on_write, shared_from_this()));
  }

private:
  void on_write(error_code ec, std::size_t /*bytes*/) {
    if (ec) {
      return finish(ec.message());
    }
    http::async_read_header(stream_, buffer_, parser_,
                            beast::bind_front_handler(&Tunnel::on_read, shared_from_this()));
  }

  void on_read(error_code ec, std::size_t /*bytes*/) {
    if (ec == http::error::end_of_stream || ec == http::error::partial_message) {
      return finish("closed the connection instead of answering");
    }
    if (ec) {
      return finish("no answer that is HTTP: " + ec.message());
    }
    const auto& answer = parser_.get();
    if (http::to_status_class(answer.result()) != http::status_class::successful) {
      return finish(fmt::format("refused: HTTP {} {}", answer.result_int(),
                                printable(std::string_view{answer.reason()})));
    }
    // The venue does not speak before we do: these bytes are not its.
    finish(buffer_.size() > 0 ? "sent more than its answer" : "");
  }

  static std::string printable(std::string_view text) {
    constexpr std::size_t enough = 80;
    std::string result{text.substr(0, enough)};
    std::replace_if(
      result.begin(), result.end(), [](char c) { return c < ' ' || c > '~' || c == '"'; }, '?');
    return result;
  }

  void finish(const std::string& problem) {
    done_(problem.empty() ? problem : fmt::format("proxy {}: {}", proxy_, problem));
  }

  beast::tcp_stream& stream_;
  std::string proxy_;
  std::string request_;
  Done done_;
  beast::flat_buffer buffer_;
  http::response_parser<http::empty_body> parser_;
};

std::string base64(std::string_view text) {
  std::string coded(4 * ((text.size() + 2) / 3) + 1, '\0');
  const auto size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(coded.data()),
                                    reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()));
  coded.resize(static_cast<std::size_t>(size));
  return coded;
}

} // namespace

caf::expected<Proxy> Proxy::make(std::string_view url, const Secret& credentials) {
  if (url.find('@') != std::string_view::npos) {
    // Without the URL: its password would get into logs.
    return caf::make_error(Errc::bad_configuration,
                           std::string{
                             "a proxy's URL must not contain credentials: they belong in a file"});
  }
  auto endpoint = parse_url(url);
  if (!endpoint) {
    return std::move(endpoint.error());
  }
  if (!url.starts_with("http://") || endpoint->target != "/") {
    return caf::make_error(Errc::bad_configuration,
                           fmt::format("URL \"{}\": a proxy is http://HOST:PORT and nothing more",
                                       url));
  }
  Proxy proxy;
  proxy.endpoint_ = std::move(*endpoint);
  if (!credentials.empty()) {
    const auto text = credentials.reveal();
    const auto fits = [](char c) { return c >= ' ' && c != '\x7f'; };
    if (text.find(':') == std::string_view::npos || !std::all_of(text.begin(), text.end(), fits)) {
      return caf::make_error(Errc::bad_credential,
                             std::string{
                               "the proxy's credentials must be one line, user:password"});
    }
    auto value = "Basic " + base64(text);
    proxy.authorization_ = Secret{value};
    OPENSSL_cleanse(value.data(), value.size());
  }
  return proxy;
}

std::string Proxy::authority() const {
  return endpoint_.authority();
}

void Proxy::open_tunnel(beast::tcp_stream& stream, const Endpoint& to,
                        std::function<void(const std::string&)> done) const {
  // CONNECT names the port always (RFC 9110, 9.3.6).
  const auto name = to.host.find(':') == std::string::npos ? to.host : "[" + to.host + "]";
  const auto target = name + ":" + to.port;
  auto request = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n", target);
  if (!authorization_.empty()) {
    request.append("Proxy-Authorization: ").append(authorization_.reveal()).append("\r\n");
  }
  request += "\r\n";
  std::make_shared<Tunnel>(stream, authority(), std::move(request), std::move(done))->run();
}

bool is_loopback(const std::string& host) {
  error_code ec;
  const auto address = asio::ip::make_address(host, ec);
  return ec ? host == "localhost" || host.ends_with(".localhost") : address.is_loopback();
}

} // namespace arbees
