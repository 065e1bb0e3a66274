#include "bridges/store/duckdb_file.hpp"

#include <fmt/format.h>

#include "actors/messages/errors.hpp"

namespace arbees {

namespace {

duckdb_config make_config(DatabaseAccess access, const std::string& memory_limit) {
  duckdb_config result = nullptr;
  duckdb_create_config(&result);
  for (const auto& [name, value] :
       {std::pair{"access_mode", access == DatabaseAccess::read ? "READ_ONLY" : "AUTOMATIC"},
        {"threads", "1"},
        {"memory_limit", memory_limit.c_str()},
        {"max_temp_directory_size", "1GB"},
        // Extensions would be fetched from the network.
        {"autoinstall_known_extensions", "false"},
        {"autoload_known_extensions", "false"},
        {"enable_external_access", "false"},
        {"lock_configuration", "true"}}) {
    duckdb_set_config(result, name, value);
  }
  return result;
}

} // namespace

caf::error duckdb_failed(std::string_view path, std::string_view why) {
  return caf::make_error(Errc::io_failed,
                         fmt::format("history {}: {}", path, why.substr(0, why.find('\n'))));
}

caf::expected<DuckdbDatabase> open_duckdb(const std::filesystem::path& path, DatabaseAccess access,
                                          const std::string& memory_limit) {
  auto options = make_config(access, memory_limit);
  duckdb_database database = nullptr;
  char* why = nullptr;
  const auto opened = duckdb_open_ext(path.c_str(), &database, options, &why);
  duckdb_destroy_config(&options);
  if (opened != DuckDBSuccess) {
    auto error = duckdb_failed(path.string(), why == nullptr ? "cannot be opened" : why);
    duckdb_free(why);
    return error;
  }
  return DuckdbDatabase{static_cast<_duckdb_database*>(database)};
}

caf::expected<DuckdbConnection> connect_to(const DuckdbDatabase& database) {
  duckdb_connection connection = nullptr;
  if (duckdb_connect(database.get(), &connection) != DuckDBSuccess) {
    return caf::make_error(Errc::io_failed, "history: no connection");
  }
  return DuckdbConnection{static_cast<_duckdb_connection*>(connection)};
}

} // namespace arbees
