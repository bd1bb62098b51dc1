#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# registry.sh ROOM TYPE LIST FILE...: prints the C file that lists what these files of a room define by a line "const dp_TYPE dp_TYPE_<symbol>", as dp_LIST.
set -eu
LC_ALL=C
export LC_ALL
room=$1 type=$2 list=$3
shift 3

# Sorted as the names are: - for _ .
symbols=$(if [ $# -gt 0 ]; then
    sed -n "s/^const dp_$type dp_${type}_\([a-z0-9_]*\).*/\1/p" "$@"
fi | tr _ - | sort | tr - _)

printf '/* Generated from src/%s by src/base/registry.sh. */\n#include "%s/%s.h"\n\n' "$room" "$room" "$type"
for s in $symbols; do printf 'extern const dp_%s dp_%s_%s;\n' "$type" "$type" "$s"; done
printf 'const dp_%s *const dp_%s[] = {\n' "$type" "$list"
for s in $symbols; do printf '    &dp_%s_%s,\n' "$type" "$s"; done
printf '    NULL\n};\n'
