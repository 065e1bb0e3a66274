# arbees_library(NAME SOURCES… [LINK …] [PCH caf|beast|none])
#   A room's static library arbees_NAME. Precompiled headers are built once and reused.
function(arbees_library name)
  cmake_parse_arguments(ARG "" "PCH" "SOURCES;LINK" ${ARGN})
  add_library(arbees_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(arbees_${name} PUBLIC arbees_options ${ARG_LINK})
  arbees_reuse_pch(arbees_${name} "${ARG_PCH}")
endfunction()

# arbees_program(NAME SOURCES… [LINK …] [PCH …]): build/<preset>/bin/NAME
function(arbees_program name)
  cmake_parse_arguments(ARG "" "PCH" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE arbees_options ${ARG_LINK})
  arbees_reuse_pch(${name} "${ARG_PCH}")
endfunction()

# arbees_tests(LABEL SOURCES… [LINK …]): adds cases to the one test program of that label.
function(arbees_tests label)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  list(TRANSFORM ARG_SOURCES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  target_sources(arbees-${label}-tests PRIVATE ${ARG_SOURCES})
  target_link_libraries(arbees-${label}-tests PRIVATE ${ARG_LINK})
endfunction()

function(arbees_reuse_pch target pch)
  if(pch STREQUAL "caf" OR pch STREQUAL "beast")
    target_link_libraries(${target} PUBLIC arbees_pch_${pch})
    target_precompile_headers(${target} REUSE_FROM arbees_pch_${pch})
  endif()
endfunction()

function(arbees_pch name)
  cmake_parse_arguments(ARG "" "" "HEADERS;LINK" ${ARGN})
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/pch/${name}.cpp CONTENT "")
  add_library(arbees_pch_${name} STATIC ${CMAKE_BINARY_DIR}/pch/${name}.cpp)
  target_link_libraries(arbees_pch_${name} PUBLIC arbees_options ${ARG_LINK})
  target_precompile_headers(arbees_pch_${name} PRIVATE ${ARG_HEADERS})
endfunction()

arbees_pch(caf HEADERS <caf/all.hpp> <map> <optional> <string> <vector> LINK caf_core)
arbees_pch(beast
  HEADERS <boost/asio.hpp> <boost/beast.hpp> <boost/json.hpp> <caf/all.hpp>
  LINK caf_core Boost::json Boost::headers OpenSSL::SSL)
