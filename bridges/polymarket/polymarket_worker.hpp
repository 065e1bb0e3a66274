#pragma once

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <boost/asio.hpp>
#include <memory>
#include <thread>

namespace arbees {

/// The gateway's thread: signing must hold up neither the hot path nor the sockets.
class Worker {
public:
  Worker() {
    thread_ = std::thread{[this] {
      pthread_setname_np(pthread_self(), "arbees-poly");
      run();
    }};
  }
  ~Worker() { stop(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// When it returns nothing runs on the thread any more. Not to be called on it.
  void stop() {
    context_.stop();
    if (thread_.joinable()) {
      thread_.join();
    }
  }

  /// Runs `action` on the thread with what `weak` points to, from any thread, unless that has gone.
  /// Actions that never ran die with the worker: they keep nothing alive.
  template <class T, class Action>
  void post(std::weak_ptr<T> weak, Action action) {
    boost::asio::post(context_, [weak = std::move(weak), action = std::move(action)]() mutable {
      if (const auto self = weak.lock()) {
        action(*self);
      }
    });
  }

  boost::asio::io_context& context() { return context_; }

private:
  void run() {
    for (;;) {
      try {
        context_.run();
        return;
      } catch (const std::exception& problem) {
        // One order's bug must not leave all the others without an end.
        spdlog::error("polymarket_gateway.handler_threw what=\"{}\"", problem.what());
      }
    }
  }

  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
    context_.get_executor()};
  std::thread thread_;
};

} // namespace arbees
