#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# registry.sh FILE...: prints the C file that lists the drifts defined in these files by a line "const dp_drift dp_drift_<symbol>".
set -eu
LC_ALL=C
export LC_ALL

# Sorted as the names are: - for _ .
symbols=$(if [ $# -gt 0 ]; then
    sed -n 's/^const dp_drift dp_drift_\([a-z0-9_]*\).*/\1/p' "$@"
fi | tr _ - | sort | tr - _)

printf '/* Generated from src/drift by src/drift/registry.sh. */\n#include "drift/drift.h"\n\n'
for s in $symbols; do printf 'extern const dp_drift dp_drift_%s;\n' "$s"; done
printf 'const dp_drift *const dp_drifts[] = {\n'
for s in $symbols; do printf '    &dp_drift_%s,\n' "$s"; done
printf '    NULL\n};\n'
