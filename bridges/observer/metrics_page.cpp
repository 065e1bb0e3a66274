#include "bridges/observer/metrics_page.hpp"

#include <fmt/format.h>

#include "actors/messages/topics.hpp"
#include "bridges/envelope/payload_codec.hpp"

namespace arbees {

namespace {

constexpr std::size_t longest_name = 120;

/// Letters, digits and underscores; anything else becomes an underscore.
std::string plain(std::string_view text) {
  std::string name{text.substr(0, longest_name)};
  for (auto& c : name) {
    const auto fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    c = fits ? c : '_';
  }
  return name;
}

std::string escaped(std::string_view text) {
  std::string value;
  for (const auto c : text.substr(0, longest_name)) {
    if (c == '"' || c == '\\') {
      value += '\\';
    }
    value += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return value;
}

/// "demo" of the source "node:demo".
std::string node_of(std::string_view source) {
  return std::string{source.substr(source.find(':') + 1)};
}

} // namespace

void MetricsPage::learn(const std::string& node, const Metrics& metrics) {
  const std::lock_guard lock{mutex_};
  for (const auto& [full, value] : metrics.values) {
    const auto name = full.substr(0, full.find(':'));
    const auto key = full.substr(std::min(name.size() + 1, full.size()));
    auto labels = fmt::format("node=\"{}\"", escaped(node));
    if (!key.empty()) {
      labels += fmt::format(",key=\"{}\"", escaped(key));
    }
    auto& family = families_[fmt::format("arbees_{}_{}", plain(metrics.source), plain(name))];
    const auto known = family.find(labels);
    if (known != family.end()) {
      known->second = value;
    } else if (series_ < max_series) {
      family.emplace(std::move(labels), value);
      ++series_;
    }
  }
}

std::string MetricsPage::text() const {
  const std::lock_guard lock{mutex_};
  std::string page;
  for (const auto& [name, series] : families_) {
    for (const auto& [labels, value] : series) {
      fmt::format_to(std::back_inserter(page), "{}{{{}}} {}\n", name, labels, value);
    }
  }
  return page;
}

MetricsPageActor::behavior_type
metrics_page(MetricsPageActor::stateful_pointer<MetricsPageState> self,
             std::shared_ptr<MetricsPage> page, std::string node) {
  self->state.page = std::move(page);
  self->state.node = std::move(node);
  return {
    [self](const OutputBatch& batch) {
      auto& state = self->state;
      for (const auto& message : batch.messages) {
        const auto metrics = decode_payload<Metrics>(message.payload);
        ++(metrics ? state.learned : state.unreadable);
        if (metrics) {
          state.page->learn(node_of(message.source), *metrics);
        }
      }
      if (const auto observer = caf::actor_cast<caf::actor>(self->current_sender())) {
        self->send(caf::actor_cast<ObserverActor>(observer),
                   OutputDone{.output = batch.output,
                              .written = batch.messages.size() + batch.notices.size()});
      }
    },
    [self](caf::get_atom) {
      return Metrics{.source = MetricsPageState::name,
                     .values = {{"learned", self->state.learned},
                                {"unreadable", self->state.unreadable}}};
    },
    [self](const Metrics& metrics) { self->state.page->learn(self->state.node, metrics); },
  };
}

} // namespace arbees
