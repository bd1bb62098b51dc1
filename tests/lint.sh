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
for d in proofs/*/; do
  for f in claim.c statement.tex; do [ -f "$d$f" ] || breach "$d: no $f"; done
done

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
