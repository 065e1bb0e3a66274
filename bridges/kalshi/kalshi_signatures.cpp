#include "bridges/kalshi/kalshi_signatures.hpp"

#include <pthread.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

namespace arbees {

namespace asio = boost::asio;

namespace {

/// One thread that works off its jobs in order, until it is destroyed.
class SigningThread {
public:
  SigningThread() : thread_{[this] { run(); }} {}

  ~SigningThread() {
    {
      const std::lock_guard lock{mutex_};
      stopped_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  SigningThread(const SigningThread&) = delete;
  SigningThread& operator=(const SigningThread&) = delete;

  void add(std::function<void()> job) {
    {
      const std::lock_guard lock{mutex_};
      jobs_.push_back(std::move(job));
    }
    wake_.notify_one();
  }

private:
  void run() {
    pthread_setname_np(pthread_self(), "arbees-sign");
    for (;;) {
      std::unique_lock lock{mutex_};
      wake_.wait(lock, [this] { return stopped_ || !jobs_.empty(); });
      if (stopped_) {
        return;
      }
      const auto job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool stopped_ = false;
  std::thread thread_; // last: it uses the others
};

} // namespace

struct KalshiSignatures::Impl : std::enable_shared_from_this<Impl> {
  using Key = std::pair<std::string, std::string>; ///< method, path
  struct Ready {
    std::optional<HttpHeaders> headers;
    Timestamp signed_at;
    bool renewing = false;
  };

  Impl(Network& network, const Clock& its_clock, KalshiSigner its_signer,
       KalshiSignatureConfig its_config)
    : context{network.context()},
      clock{its_clock},
      signer{std::move(its_signer)},
      config{its_config} {}

  /// Signs on the other thread and calls `done` on this one.
  void
  sign(const Key& key, std::function<void(Impl&, caf::expected<HttpHeaders>, Timestamp)> done) {
    const auto now = clock.now();
    // The job must not keep us alive: it would let the thread join itself.
    thread->add([weak = weak_from_this(), &io = context, copy = signer, key, now, at = now + offset,
                 number = epoch, done = std::move(done)] {
      auto headers = copy.headers(at, key.first, key.second);
      asio::post(io, [weak, number, now, done, headers = std::move(headers)]() mutable {
        if (const auto self = weak.lock(); self && !self->stopped) {
          // Signed by a clock that was found to be wrong meanwhile: as if it were old.
          done(*self, std::move(headers), number == self->epoch ? now : Timestamp{});
        }
      });
    });
  }

  void renew(const Key& key) {
    auto& entry = ready[key];
    if (entry.renewing) {
      return;
    }
    entry.renewing = true;
    sign(key, [key](Impl& self, caf::expected<HttpHeaders> headers, Timestamp signed_at) {
      auto& renewed = self.ready[key];
      renewed.renewing = false;
      if (headers && signed_at > renewed.signed_at) {
        renewed.headers = std::move(*headers);
        renewed.signed_at = signed_at;
      }
    });
  }

  asio::io_context& context;
  const Clock& clock;
  KalshiSigner signer; // used by the other thread only after this one made it
  KalshiSignatureConfig config;
  std::map<Key, Ready> ready;
  Duration offset{};
  std::uint64_t epoch = 0; ///< of the offset
  std::int64_t served_ready = 0;
  std::int64_t served_late = 0;
  bool stopped = false;
  std::optional<SigningThread> thread{std::in_place};
};

KalshiSignatures::KalshiSignatures(Network& network, const Clock& clock, KalshiSigner signer,
                                   KalshiSignatureConfig config)
  : impl_{std::make_shared<Impl>(network, clock, std::move(signer), config)} {}

KalshiSignatures::~KalshiSignatures() {
  impl_->stopped = true;
  impl_->thread.reset();
}

void KalshiSignatures::keep_ready(const std::string& method, const std::string& path) {
  impl_->renew({method, path});
}

void KalshiSignatures::tick(Timestamp now) {
  for (const auto& [key, entry] : impl_->ready) {
    if (entry.signed_at + impl_->config.renew_after <= now) {
      impl_->renew(key);
    }
  }
}

void KalshiSignatures::headers(const std::string& method, const std::string& path, Done done) {
  if (auto made_ahead = ready(method, path)) {
    ++impl_->served_ready;
    impl_->renew({method, path});
    done(std::move(*made_ahead));
    return;
  }
  ++impl_->served_late;
  impl_->sign({method, path}, [done = std::move(done)](Impl&, caf::expected<HttpHeaders> headers,
                                                       Timestamp) { done(std::move(headers)); });
}

std::optional<HttpHeaders>
KalshiSignatures::ready(const std::string& method, const std::string& path) const {
  const auto found = impl_->ready.find({method, path});
  const auto usable = found != impl_->ready.end() && found->second.headers
                      && impl_->clock.now() < found->second.signed_at + impl_->config.longest_age;
  return usable ? found->second.headers : std::nullopt;
}

void KalshiSignatures::set_offset(Duration offset) {
  if (offset == impl_->offset) {
    return;
  }
  impl_->offset = offset;
  ++impl_->epoch;
  for (auto& [key, entry] : impl_->ready) {
    entry.headers.reset();
    entry.signed_at = {};
    entry.renewing = false;
    impl_->renew(key);
  }
}

Duration KalshiSignatures::offset() const {
  return impl_->offset;
}

std::int64_t KalshiSignatures::served_ready() const {
  return impl_->served_ready;
}

std::int64_t KalshiSignatures::served_late() const {
  return impl_->served_late;
}

} // namespace arbees
