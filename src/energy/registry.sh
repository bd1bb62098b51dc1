#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# registry.sh FILE...: prints the C file that lists the functionals defined in these files by a line "const dp_energy dp_energy_<symbol>".
set -eu
LC_ALL=C
export LC_ALL

# Sorted as the names are: - for _ .
symbols=$(if [ $# -gt 0 ]; then
    sed -n 's/^const dp_energy dp_energy_\([a-z0-9_]*\).*/\1/p' "$@"
fi | tr _ - | sort | tr - _)

printf '/* Generated from src/energy by src/energy/registry.sh. */\n#include "energy/energy.h"\n\n'
for s in $symbols; do printf 'extern const dp_energy dp_energy_%s;\n' "$s"; done
printf 'const dp_energy *const dp_energies[] = {\n'
for s in $symbols; do printf '    &dp_energy_%s,\n' "$s"; done
printf '    NULL\n};\n'
