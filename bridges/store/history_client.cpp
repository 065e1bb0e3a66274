#include "bridges/store/history_client.hpp"

#include "actors/messages/errors.hpp"
#include "bridges/store/duckdb_file.hpp"
#include "bridges/store/history_server.hpp"
#include "bridges/store/history_wire.hpp"
#include "bridges/store/postgres_select.hpp"
#include "bridges/store/select_watch.hpp"

namespace arbees {

namespace {

using namespace std::chrono_literals;

/// The owner serves one at a time: it may have another statement before this one.
constexpr auto patience_with_owner = 60s;
constexpr auto memory_of_a_reader = "512MB";

/// An error as describe() writes it, with its code.
caf::error error_of(std::string_view text) {
  for (const auto code : {Errc::bad_frame, Errc::timed_out, Errc::io_failed}) {
    const auto head = to_string(code) + ": ";
    if (text.starts_with(head)) {
      return caf::make_error(code, std::string{text.substr(head.size())});
    }
  }
  return caf::make_error(Errc::io_failed, std::string{text});
}

caf::expected<SelectEnd>
ask(const Descriptor& owner, const SelectRequest& request, const SelectSink& sink) {
  if (auto error = send_text(owner, request_line(request), 2s)) {
    return error;
  }
  LineReader lines{owner, max_answer_line_bytes};
  for (;;) {
    const auto line = lines.next(request.time_limit + patience_with_owner);
    if (!line) {
      return line.error();
    }
    if (!*line) {
      return caf::make_error(Errc::io_failed, "the arbees that owns the history has gone away");
    }
    auto answer = parse_answer(**line);
    if (!answer) {
      return answer.error();
    }
    if (const auto* const end = std::get_if<SelectEnd>(&*answer)) {
      return *end;
    }
    if (const auto* const failed = std::get_if<SelectFailed>(&*answer)) {
      return error_of(failed->why);
    }
    const auto* const columns = std::get_if<std::vector<SelectColumn>>(&*answer);
    if (auto error =
          columns ? sink.columns(*columns) : sink.rows(std::get<std::vector<SelectRow>>(*answer))) {
      return error;
    }
  }
}

} // namespace

caf::expected<SelectEnd> select_from_history(const HistoryPlace& place,
                                             const SelectRequest& request, const SelectSink& sink) {
  if (!place.url.empty()) {
    return select_from_postgres(place.url, request, sink);
  }
  const auto& history = place.file;
  if (history.empty()) {
    return caf::make_error(Errc::io_failed, "no history is configured");
  }
  if (const auto owner = connect_to_file(history_socket(history))) {
    return ask(*owner, request, sink);
  }
  std::error_code ignored;
  if (!std::filesystem::exists(history, ignored)) {
    return caf::make_error(Errc::io_failed,
                           "history " + history.string() + ": there is no such file");
  }
  const auto database = open_duckdb(history, DatabaseAccess::read, memory_of_a_reader);
  if (!database) {
    return database.error();
  }
  const auto connection = connect_to(*database);
  if (!connection) {
    return connection.error();
  }
  SelectStop stop;
  const SelectWatch watch{connection->get(), stop, request.time_limit, {}};
  return run_select(connection->get(), request, sink, stop);
}

} // namespace arbees
