#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# lint.sh: rules of the house that a machine can check, and the figures that design asks to stay near. Exit 1 if a rule is broken.
set -u
broken=0
breach() { printf 'lint: %s\n' "$1" && broken=1; }

sources=$(find src proofs tests -name '*.[ch]' | sort)
scripts=$(find src tests .ci -name '*.sh' -o -path '.ci/run' | sort)

for f in $sources $scripts Makefile; do
  head -n 3 "$f" | grep -q 'SPDX-License-Identifier: GPL-3.0-or-later' || breach "$f: no SPDX line"
done
for f in $sources; do
  head -n 2 "$f" | tail -n 1 | grep -Eq '^/\* .*: ' || breach "$f: the second line does not say in a sentence what the file is for"
  if grep -n "$(printf '\t')" "$f" >/dev/null; then breach "$f: tab"; fi
  if grep -nE ' +$' "$f" >/dev/null; then breach "$f: blanks at the end of a line"; fi
done
# FLINT 2 and 3 keep their headers in different places and include different ones of each other; src/base/flint.h knows.
# shellcheck disable=SC2086 # a list of files
grep -lE 'include <(flint/|a[cr]b|fmp[qz])' $sources | grep -v '^src/base/flint.h$' && breach 'FLINT is included through base/flint.h only'
# A room uses itself and rooms before it, in the order that the README gives.
rooms=$(sed -n 's/.*A room uses only rooms before it: \(.*\)\.$/\1/p' README.md | tr -d ,)
before=
for room in $rooms; do
  before="$before|$room"
  grep -rnE '#include "[a-z]+/' "src/$room" | grep -vE "#include \"(${before#|})/" && breach "src/$room: includes a room that comes later"
done
[ "$(printf '%s\n' "$rooms" | wc -w)" = "$(find src -mindepth 1 -maxdepth 1 -type d | wc -l)" ] || breach 'README.md does not list the rooms of src'
for d in proofs/*/; do
  for f in claim.c statement.tex; do [ -f "$d$f" ] || breach "$d: no $f"; done
done

# docs/equations.md has a row for each of the 108 equations, which names a file that names its number, alone or in a range "(28)-(35)", or a claim that lists it.
# shellcheck disable=SC2016 # backquotes of Markdown
[ "$(sed -n 's/^| (\([0-9]*\)) .*| [^|]*`[sp][^`]*\/[^`]*`[^|]*|$/\1/p' docs/equations.md | tr '\n' ' ')" = "$(seq 108 | tr '\n' ' ')" ] || breach 'docs/equations.md: a row for each of (1) to (108), in this order, with a file or a claim'
sed -n 's/^| (\([0-9]*\)) .*| \([^|]*\) |$/\1 \2/p' docs/equations.md | while read -r n places; do
  # shellcheck disable=SC2016 # backquotes of Markdown
  printf '%s\n' "$places" | grep -o '`[sp][^`]*/[^`]*`' | tr -d '`' | while read -r place; do
    [ -e "$place" ] || { printf 'lint: equation (%s): no %s\n' "$n" "$place" && continue; }
    { [ ! -d "$place" ] && cat "$place" || grep -h '\.equations = ' "$place/claim.c"; } | awk -v n="$n" '
      { while (match($0, /\([0-9]+\)(-+\([0-9]+\))?/)) {
          split(substr($0, RSTART + 1, RLENGTH - 2), e, /\)-+\(/); $0 = substr($0, RSTART + RLENGTH)
          if (n == e[1] || e[2] != "" && n >= e[1] + 0 && n <= e[2] + 0) found = 1 } }
      END { exit !found }' || printf 'lint: equation (%s): %s does not name it\n' "$n" "$place"
  done
done >"${TMPDIR:-/tmp}/lint-$$"
cat "${TMPDIR:-/tmp}/lint-$$" && [ ! -s "${TMPDIR:-/tmp}/lint-$$" ] || broken=1
rm -f "${TMPDIR:-/tmp}/lint-$$"

# Functions of more than 80 lines, and figures: a function starts at a line that begins with a word and ends at "}" in column one.
# shellcheck disable=SC2046 # a list of files
awk '
  FNR == 1 { if (file) files[++nf] = lines; file = FILENAME; open = 0 }
  { lines = FNR }
  /^[A-Za-z].*\)$/ || /^[A-Za-z].*\) *{$/ || /^[ ]+.*\)$/ && open == -1 { if (open <= 0) { start = FNR; name = $0; open = -1 } }
  /^{/ && open == -1 { open = 1 }
  /^[A-Za-z].*\) *{$/ { open = 1 }
  /^}/ && open == 1 { n = FNR - start + 1; size[++count] = n; open = 0
    if (n > 80) { printf "lint: %s:%d: function of %d lines\n", file, start, n; bad = 1 } }
  END {
    files[++nf] = lines
    for (i = 1; i <= count; i++) hist[size[i]]++
    for (v = 0; seen < count / 2; v++) seen += hist[v]
    for (i = 1; i <= nf; i++) { total += files[i]; if (files[i] > 300) long++ }
    printf "%d lines in %d files (%d over 300 lines), %d functions of median %d lines\n", total, nf, long, count, v - 1
    exit bad
  }' $(find src proofs -name '*.c' | sort) || broken=1
exit "$broken"
