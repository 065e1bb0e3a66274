#!/usr/bin/env bash
# Fails if a file includes or uses what its room must not know (architecture section 2, style 1).
# Usage: layering.sh ROOT
set -u
cd "${1:?root of the tree}" || exit 2
failed=0

# forbid REASON PATTERN PATH…: PATTERN must not stand in the sources below PATH.
forbid() {
  local reason=$1 pattern=$2
  shift 2
  local rows
  rows=$(grep -rnE "$pattern" "$@" --include='*.hpp' --include='*.cpp' 2>/dev/null)
  if [ -n "$rows" ]; then
    printf '%s:\n%s\n\n' "$reason" "$rows"
    failed=1
  fi
}

forbid "actors/ knows no outside world" \
  '#include *[<"](boost/(asio|beast|json)|simdjson|zmq|hiredis|sqlite3|libpq-fe|duckdb|fstream|filesystem|openssl|spdlog/sinks|bridges/|app/|tools/)' actors
forbid "actors/ reads no clock and does not sleep" \
  '(system|steady|high_resolution)_clock::now|sleep_(for|until)|delayed_send|usleep' actors
forbid "messages know nothing of ours" \
  '#include *"(actors/(book|market|monitor|orchestrator|game_shard|signal_processor|executor|observer|reconciler|position_tracker)|bridges|app)/' actors/messages
forbid "bridges include neither roles nor app" \
  '#include *"(app/|tools/|actors/(monitor|orchestrator|game_shard|signal_processor|executor|reconciler|position_tracker)/)' bridges
forbid "nothing of ours includes tools or tests" '#include *"(tools|tests)/' actors bridges app

# Two roles meet in messages, never in headers.
for room in actors/*/; do
  room=${room%/}
  case $room in actors/messages | actors/book | actors/market) allowed='' ;; *) allowed="|${room#actors/}" ;; esac
  rows=$(grep -rnE '#include *"actors/' "$room" --include='*.hpp' --include='*.cpp' \
    | grep -vE "\"actors/(messages|book|market$allowed)/")
  if [ -n "$rows" ]; then
    printf '%s includes another role:\n%s\n\n' "$room" "$rows"
    failed=1
  fi
done

exit $failed
