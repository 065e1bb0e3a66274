#include "bridges/net/network.hpp"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl.hpp>
#include <optional>
#include <thread>

#include "actors/messages/errors.hpp"
#include "bridges/net/capture_writer.hpp"
#include "bridges/net/proxy.hpp"

namespace arbees {

namespace asio = boost::asio;

struct Network::Impl {
  std::shared_ptr<CaptureWriter> capture;
  std::optional<Proxy> proxy;
  // Made before `context`, destroyed after it: streams that die with the context refer to it.
  asio::ssl::context tls{asio::ssl::context::tls_client};
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::thread thread;
};

caf::expected<std::unique_ptr<Network>> Network::make(NetworkConfig config) {
  auto impl = std::make_unique<Impl>();
  boost::system::error_code ec;
  impl->tls.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1
                        | asio::ssl::context::no_tlsv1_1);
  impl->tls.set_verify_mode(asio::ssl::verify_peer);
  impl->tls.set_default_verify_paths(ec);
  if (!ec && !config.ca_file.empty()) {
    impl->tls.load_verify_file(config.ca_file, ec);
  }
  if (ec) {
    return caf::make_error(Errc::bad_configuration,
                           "certificates " + config.ca_file + ": " + ec.message());
  }
  if (!config.proxy.empty()) {
    auto proxy = Proxy::make(config.proxy, config.proxy_credentials);
    if (!proxy) {
      return std::move(proxy.error());
    }
    spdlog::info("network.proxy address={} with_credentials={}", proxy->authority(),
                 !config.proxy_credentials.empty());
    impl->proxy = std::move(*proxy);
  }
  impl->capture = std::move(config.capture);
  return std::unique_ptr<Network>{new Network{std::move(impl)}};
}

Network::Network(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {
  impl_->thread = std::thread{[&context = impl_->context] {
    pthread_setname_np(pthread_self(), "arbees-net");
    for (;;) {
      try {
        context.run();
        return;
      } catch (const std::exception& problem) {
        // One connection's bug must not silence all the others.
        spdlog::error("network.handler_threw what=\"{}\"", problem.what());
      }
    }
  }};
}

Network::~Network() {
  stop();
}

asio::io_context& Network::context() {
  return impl_->context;
}

asio::ssl::context& Network::tls() {
  return impl_->tls;
}

const Proxy* Network::proxy_to(const Endpoint& endpoint) const {
  return impl_->proxy && !is_loopback(endpoint.host) ? &*impl_->proxy : nullptr;
}

const std::shared_ptr<CaptureWriter>& Network::capture() const {
  return impl_->capture;
}

void Network::stop() {
  if (!impl_->thread.joinable()) {
    return;
  }
  impl_->work.reset();
  impl_->context.stop();
  impl_->thread.join();
  if (impl_->capture) {
    // Connections that were never closed hold it longer than the log lives.
    impl_->capture->finish();
  }
}

} // namespace arbees
