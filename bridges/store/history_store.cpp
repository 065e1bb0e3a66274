#include "bridges/store/history_store.hpp"

#include "bridges/store/history.hpp"
#include "bridges/store/history_postgres.hpp"
#include "bridges/store/postgres_url.hpp"

namespace arbees {

std::string shown_place(const HistoryPlace& place) {
  return place.url.empty() ? place.file.string() : shown_postgres_url(place.url);
}

caf::expected<std::unique_ptr<HistoryStore>> open_history_store(const HistoryConfig& config) {
  if (!config.place.url.empty()) {
    auto opened = PostgresHistory::open(config);
    if (!opened) {
      return opened.error();
    }
    return std::unique_ptr<HistoryStore>{std::move(*opened)};
  }
  auto opened = History::open(config);
  if (!opened) {
    return opened.error();
  }
  return std::unique_ptr<HistoryStore>{std::make_unique<History>(std::move(*opened))};
}

} // namespace arbees
