# Every outside library as an imported target. Packages: tools/setup.
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(zmq REQUIRED IMPORTED_TARGET libzmq)
# Its -isystem of Kerberos moves from one variable to another when CMake runs a second time, and the
# changed command lines would build half of the tree anew. zmq.h needs none of these folders.
set_target_properties(PkgConfig::zmq PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ""
                                                INTERFACE_COMPILE_OPTIONS "")
pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(secp256k1 REQUIRED IMPORTED_TARGET libsecp256k1)
pkg_check_modules(libpq REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(cryptopp REQUIRED IMPORTED_TARGET libcrypto++)
pkg_check_modules(systemd REQUIRED IMPORTED_TARGET libsystemd)
pkg_check_modules(hiredis REQUIRED IMPORTED_TARGET hiredis)
# It asks for _FILE_OFFSET_BITS, which means nothing on 64 bits and would spoil the precompiled headers.
set_target_properties(PkgConfig::hiredis PROPERTIES INTERFACE_COMPILE_OPTIONS "")

# Debian's CAF 0.17.6 ships no CMake configuration.
find_path(CAF_INCLUDE caf/all.hpp REQUIRED)
foreach(part core io openssl)
  find_library(CAF_${part}_LIBRARY caf_${part} REQUIRED)
  add_library(caf_${part} UNKNOWN IMPORTED)
  set_target_properties(caf_${part} PROPERTIES
    IMPORTED_LOCATION ${CAF_${part}_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${CAF_INCLUDE}
    INTERFACE_COMPILE_DEFINITIONS CAF_ENABLE_TYPE_ID_CHECKS
    INTERFACE_LINK_LIBRARIES Threads::Threads)
endforeach()

find_path(DATE_INCLUDE date/tz.h REQUIRED)
find_library(DATE_TZ_LIBRARY date-tz REQUIRED)
add_library(date_tz UNKNOWN IMPORTED)
set_target_properties(date_tz PROPERTIES
  IMPORTED_LOCATION ${DATE_TZ_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${DATE_INCLUDE})

# DuckDB: the machine's own if it has one, else what tools/setup unpacked from npm into .deps/.
find_path(DUCKDB_INCLUDE duckdb.h HINTS ${PROJECT_SOURCE_DIR}/.deps/duckdb REQUIRED)
find_library(DUCKDB_LIBRARY duckdb HINTS ${PROJECT_SOURCE_DIR}/.deps/duckdb REQUIRED)
add_library(duckdb SHARED IMPORTED)
set_target_properties(duckdb PROPERTIES
  IMPORTED_LOCATION ${DUCKDB_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${DUCKDB_INCLUDE})
