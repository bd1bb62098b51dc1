/* SPDX-License-Identifier: GPL-3.0-or-later */
/* decimal.c: balls as two decimal strings that enclose them. */
#include "base/base.h"

#include <stdlib.h>
#include <string.h>

/* Digits of the midpoint that are worth printing: what the radius leaves known, five more, and as many as FLINT loses in
   the power of ten when the exponent is long; at most `digits`. */
static slong useful_digits(const arb_t v, slong digits)
{
    slong bits = arb_rel_accuracy_bits(v);
    slong known = bits <= 0 ? 0 : bits < 4 * digits ? bits * 302 / 1000 + 1 : digits;
    slong n = known + 5 + (slong) fmpz_bits(ARF_EXPREF(arb_midref(v))) * 302 / 1000;
    return n < 1 ? 1 : n < digits ? n : digits;
}

/* The `n` characters at `s` as a fresh string. */
static char *piece(const char *s, size_t n)
{
    return dp_format("%.*s", (int) n, s);
}

/* Error: none is lost. arb_get_str prints the midpoint to nearest and adds that rounding error, and the rounding of the
   radius itself (upwards), to the radius it prints: the printed ball contains v for every flag and number of digits.
   Its forms are "m" (exact), "[m +/- r]" and "[+/- r]"; ARB_STR_MORE keeps digits beyond the known ones, so that the
   printed ball is hardly wider than v even when the midpoint is uncertain. */
void dp_arb_decimal(char **mid, char **rad, const arb_t v, slong digits)
{
    static const char sign[] = "+/- ";
    if (!arb_is_finite(v)) {
        *mid = dp_strdup("nan");
        *rad = dp_strdup("inf");
        return;
    }
    char *text = arb_get_str(v, useful_digits(v, digits > 0 ? digits : 1), ARB_STR_MORE);
    const char *at = strstr(text, sign);
    if (at == NULL) {
        *mid = dp_strdup(text);
        *rad = dp_strdup("0");
    } else {
        const char *r = at + sizeof sign - 1;
        *mid = at == text + 1 ? dp_strdup("0") : piece(text + 1, (size_t) (at - text) - 2);
        *rad = piece(r, strcspn(r, "]"));
    }
    flint_free(text);
}
