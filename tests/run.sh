#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh [-n] TEST-BINARY...: runs the C tests, then the command-line tests (not with -n), and closes with "N passed, N failed".
# Environment: B, the build directory. A test binary that dies counts its unfinished test as failed; no test at all is a failure.
set -u
B=${B:-build} cli=yes passed=0 failed=0
[ "${1-}" = -n ] && cli=no && shift
logs=$B/tests
mkdir -p "$logs"

count() { # PASSED FAILED NAME SECONDS
  passed=$((passed + $1)) failed=$((failed + $2))
  printf '%-24s %4d passed, %d failed  (%d s)\n' "$3" "$1" "$2" "$4"
}

for test in "$@"; do
  name=${test##*/} start=$(date +%s)
  timeout 600 "$test" >"$logs/$name.log" 2>&1
  status=$?
  begun=$(grep -c '^\[ RUN      \]' "$logs/$name.log")
  good=$(grep -c '^\[       OK \]' "$logs/$name.log")
  skipped=$(sed -n 's/^\[  SKIPPED \] \(tests: \)\{0,1\}\([0-9]*\) test.*/\2/p' "$logs/$name.log")
  bad=$((begun - good - ${skipped:-0}))
  if [ "$bad" -le 0 ] && { [ "$status" -ne 0 ] || [ "$good" -eq 0 ]; }; then bad=1; fi
  count "$good" "$bad" "$name" $(($(date +%s) - start))
  [ -z "$skipped" ] || printf '%-24s %4d skipped: %s\n' '' "$skipped" "$(sed -n '/tests: /d; s/^\[  SKIPPED \] \([^0-9].*\)/\1/p' "$logs/$name.log" | sort -u | tr '\n' ' ')"
  [ "$bad" -eq 0 ] || { printf -- '--- %s (exit status %d), end of %s:\n' "$name" "$status" "$logs/$name.log" && tail -n 40 "$logs/$name.log"; }
done

if [ "$cli" = yes ] && [ -f tests/cli.sh ]; then
  start=$(date +%s)
  B=$B sh tests/cli.sh >"$logs/cli.log" 2>&1
  status=$?
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$logs/cli.log" | tail -n 1)
  bad=${line##*passed, } bad=${bad%% *} good=${line%% *}
  if [ -z "$line" ] || { [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; }; then bad=$((${bad:-0} + 1)); fi
  count "${good:-0}" "$bad" command-line $(($(date +%s) - start))
  [ "$bad" -eq 0 ] || { printf -- '--- failures in %s:\n' "$logs/cli.log" && grep -A 12 '^FAILED' "$logs/cli.log"; }
fi

[ $((passed + failed)) -gt 0 ] || { echo 'no test was run' && failed=1; }
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
