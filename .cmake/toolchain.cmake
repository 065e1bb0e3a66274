# Faster builds where the machine has the programs: ccache, mold or lld.
find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The sloppiness lets ccache serve files that use a precompiled header; the base folder lets one
  # clone or worktree use what another has compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
  add_compile_options(-fpch-preprocess)
endif()
find_program(MOLD mold)
find_program(LLD ld.lld)
if(MOLD)
  add_link_options(-fuse-ld=mold)
elseif(LLD)
  add_link_options(-fuse-ld=lld)
endif()

add_library(arbees_options INTERFACE)
target_include_directories(arbees_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(arbees_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  # Members that a designated initializer leaves out take their defaults: that is the point.
  -Wno-missing-field-initializers)
# The library's own asserts stay on: a bug must be seen in release builds too.
target_compile_options(arbees_options INTERFACE -UNDEBUG)
if(ARBEES_WERROR)
  target_compile_options(arbees_options INTERFACE -Werror)
endif()
if(ARBEES_SANITIZE)
  add_compile_options(-fsanitize=${ARBEES_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${ARBEES_SANITIZE})
  # g++ 12 sees uninitialized members in libstdc++'s own std::function once it is instrumented, and
  # warns of Asio's fences, which it cannot follow.
  add_compile_options(-Wno-maybe-uninitialized $<$<STREQUAL:${ARBEES_SANITIZE},thread>:-Wno-tsan>)
endif()
