# cmake --install build/release --prefix /usr/local
# Programs, the DuckDB that they use, tables and examples, and the unit for systemd.
install(TARGETS arbees arbees-backtest arbees-replay arbees-sim arbees-tail)
get_filename_component(duckdb_file ${DUCKDB_LIBRARY} REALPATH)
install(FILES ${duckdb_file} DESTINATION lib/arbees)
install(DIRECTORY config/ DESTINATION share/arbees
  PATTERN systemd EXCLUDE PATTERN docker EXCLUDE)
install(FILES config/systemd/arbees@.service DESTINATION lib/systemd/system)
install(FILES README.md LICENSE DESTINATION share/doc/arbees)
