#pragma once

#include <caf/binary_serializer.hpp>
#include <memory>
#include <string>
#include <vector>

#include "actors/messages/order.hpp"

struct evp_md_ctx_st;

namespace arbees::replay {

/// SHA-256 over all that a session decided, in order. A message counts as its kind and CAF's binary
/// form of all its fields (network byte order, no floating point), so that the hash is the same on
/// every machine, and differs if a single field of a single message does.
class RecordHash {
public:
  RecordHash();
  ~RecordHash();
  RecordHash(RecordHash&&) noexcept;
  RecordHash& operator=(RecordHash&&) noexcept;

  void add(const Signal& x) { add('S', x); }
  void add(const SignalRejected& x) { add('J', x); }
  void add(const ExecutionRequest& x) { add('X', x); }
  void add(const OrderIntent& x) { add('O', x); }
  void add(const OrderReport& x) { add('R', x); }
  void add(const Fill& x) { add('F', x); }
  void add(const PairClosed& x) { add('P', x); }

  /// 64 hexadecimal digits: of all that was added so far.
  [[nodiscard]] std::string hex() const;

private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };

  template <class Message>
  void add(char kind, const Message& message) {
    bytes_.clear();
    bytes_.push_back(kind);
    caf::binary_serializer sink{nullptr, bytes_};
    // An inspector takes what it may also load; a serializer only reads.
    sink(const_cast<Message&>(message));
    update();
  }
  void update();

  std::unique_ptr<evp_md_ctx_st, Free> context_;
  std::vector<char> bytes_; ///< scratch
};

} // namespace arbees::replay
