/* SPDX-License-Identifier: GPL-3.0-or-later */
/* number.h: decimal strings of any length, rounded and compared without ever becoming a double. */
#ifndef DP_NUMBER_H
#define DP_NUMBER_H

#include "base/base.h"

/* sign * 0.d1d2..dn * 10^exponent with d1 != 0 and dn != 0; sign 0 is zero (n = 0). */
typedef struct { int sign; char *digits; slong n, exponent; } dp_number;

#define DP_NUMBER_EXACT WORD_MAX /* "all digits": a radius of zero */

/* Reads an optional sign, digits with an optional point, an optional exponent. Returns 1, or 0 (x is then zero) for NULL, "nan", "inf"
   and all else; exponents beyond +-10^15 count as "all else". Clear x either way. */
int dp_number_read(dp_number *x, const char *text);
void dp_number_clear(dp_number *x);
/* To n >= 1 significant digits, to nearest, ties away from zero. */
void dp_number_round(dp_number *x, slong n);
/* The number as text, "-1.25e-7" outside 10^-4 .. 10^7 and "-0.125" inside; free() it. */
char *dp_number_text(const dp_number *x);

/* Smallest p with |x| <= 10^p; -DP_NUMBER_EXACT for zero. */
slong dp_number_power(const dp_number *x);
/* log10 |x|, to double accuracy; -inf for zero. */
double dp_number_log10(const dp_number *x);
/* Correct significant digits of mid when the truth lies within rad: largest k >= 0 with rad <= 10^-k |mid| (to 1e-9 in k, downwards);
   DP_NUMBER_EXACT when rad is 0. */
slong dp_number_known(const dp_number *mid, const dp_number *rad);
/* Largest k with |mid| + rad <= 10^-k |scale| (to 1e-9 in k, downwards): how near to zero the ball stays. A zero scale counts as 1.
   DP_NUMBER_EXACT for the zero ball. */
slong dp_number_near(const dp_number *mid, const dp_number *rad, const dp_number *scale);

/* For people: mid rounded to what rad leaves known, at least one and at most `n` digits, "0" when zero is inside
   the ball; a missing rad (NULL) means exact. free() it. */
char *dp_number_short(const char *mid, const char *rad, slong n);

#endif
