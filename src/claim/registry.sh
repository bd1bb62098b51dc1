#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# registry.sh FOLDER...: prints the C file that lists the claims in these folders of proofs/ and holds their statements.
# A folder <id> defines the symbol dp_claim_<id, - as _> in claim.c and has its statement.tex beside it.
set -eu
LC_ALL=C
export LC_ALL

fail() { printf 'registry.sh: %s\n' "$1" >&2; exit 1; }
symbol() { printf '%s' "$1" | tr - _; }

# Bytes of a file as C character constants: a string literal of this length would not be portable.
bytes() { od -A n -v -t o1 "$1" | sed "s/ *\([0-7][0-7]*\)/'\\\\\1',/g"; }

ids=$(for folder in "$@"; do
    id=${folder%/}
    printf '%s %s\n' "${id##*/}" "${folder%/}"
done | sort)

# Same byte order as strcmp: the ids hold lower-case letters, digits and - only.
each() {
    [ -n "$ids" ] || return 0
    printf '%s\n' "$ids" | while read -r id folder; do "$1" "$id" "$folder"; done
}

check() {
    case $1 in *[!a-z0-9-]*|[!a-z]*) fail "$2: a claim's id has lower-case letters, digits and - only, and starts with a letter" ;; esac
    [ -f "$2/claim.c" ] || fail "$2: claim.c is missing"
    [ -f "$2/statement.tex" ] || fail "$2: statement.tex is missing"
    grep -Eq "DP_CLAIM\($(symbol "$1")\)|dp_claim dp_claim_$(symbol "$1")( |=|$)" "$2/claim.c" ||
        fail "$2/claim.c: expected the definition DP_CLAIM($(symbol "$1"))"
}
declare_claim() { printf 'extern const dp_claim dp_claim_%s;\n' "$(symbol "$1")"; }
list_claim() { printf '    &dp_claim_%s,\n' "$(symbol "$1")"; }
define_text() {
    printf 'static const char text_%s[] = {\n' "$(symbol "$1")"
    bytes "$2/statement.tex"
    printf '0};\n'
}
list_text() { printf '    {"%s", text_%s},\n' "$1" "$(symbol "$1")"; }

each check
printf '/* Generated from proofs/ by src/claim/registry.sh. */\n#include "claim/registry.h"\n\n'
each declare_claim
printf 'const dp_claim *const dp_claims[] = {\n'
each list_claim
printf '    NULL\n};\n\n'
each define_text
printf 'const dp_claim_text dp_claim_texts[] = {\n'
each list_text
printf '    {NULL, NULL}\n};\n'
