/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rational.c: exact rationals from the text of a case file, and back. */
#include "base/base.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

#include <mpfr.h>

/* Decimal exponents beyond this are refused: 1e999999999 would be a number of 400 megabytes. */
enum { MAX_EXPONENT = 100000 };

static const char *skip_digits(const char *s)
{
    while (*s >= '0' && *s <= '9') s++;
    return s;
}

/* out = the digits of [from, to), leaving out a decimal point; 0 for no digits at all. */
static void set_digits(fmpz_t out, const char *from, const char *to)
{
    char *digits = dp_malloc((size_t) (to - from) + 2);
    size_t n = 0;
    digits[n++] = '0'; /* so that the text is never empty */
    for (const char *s = from; s < to; s++)
        if (*s != '.') digits[n++] = *s;
    digits[n] = '\0';
    fmpz_set_str(out, digits, 10);
    free(digits);
}

/* An exponent's text after the letter: [+-]digits, to the end. Returns 0 if malformed or too large. */
static int parse_exponent(slong *out, const char *s)
{
    int negative = *s == '-';
    if (*s == '-' || *s == '+') s++;
    const char *end = skip_digits(s);
    if (end == s || *end != '\0') return 0;
    slong value = 0;
    for (; s < end; s++) {
        value = 10 * value + (*s - '0');
        if (value > MAX_EXPONENT) return 0;
    }
    *out = negative ? -value : value;
    return 1;
}

/* out *= 10^exponent, exactly. */
static void scale10(fmpq_t out, slong exponent)
{
    fmpz_t power;
    fmpz_init(power);
    fmpz_ui_pow_ui(power, 10, (ulong) (exponent < 0 ? -exponent : exponent));
    if (exponent < 0) fmpq_div_fmpz(out, out, power);
    else fmpq_mul_fmpz(out, out, power);
    fmpz_clear(power);
}

/* digits/digits, no sign: `slash` points at the sign of division. */
static int set_quotient(fmpq_t out, const char *text, const char *slash)
{
    const char *end = skip_digits(slash + 1);
    if (slash == text || end == slash + 1 || *end != '\0') return 0;
    fmpz_t n, d;
    fmpz_init(n);
    fmpz_init(d);
    set_digits(n, text, slash);
    set_digits(d, slash + 1, end);
    int ok = !fmpz_is_zero(d);
    if (ok) fmpq_set_fmpz_frac(out, n, d);
    fmpz_clear(n);
    fmpz_clear(d);
    return ok;
}

/* digits[.digits][e[+-]digits] with a digit before or after the point. */
static int set_decimal(fmpq_t out, const char *text)
{
    const char *point = skip_digits(text), *end = point;
    if (*point == '.') end = skip_digits(point + 1);
    slong places = *point == '.' ? (slong) (end - point) - 1 : 0;
    slong exponent = 0;
    if (point - text + places == 0) return 0;
    if (*end == 'e' || *end == 'E') {
        if (!parse_exponent(&exponent, end + 1)) return 0;
    } else if (*end != '\0') {
        return 0;
    }
    fmpz_t n;
    fmpz_init(n);
    set_digits(n, text, end);
    fmpq_set_fmpz(out, n);
    fmpz_clear(n);
    scale10(out, exponent - places);
    return 1;
}

/* Grammar: [+-] digits/digits, or [+-] a decimal with an optional exponent of at most 100000 in size. Leading zeros
   mean nothing (010 is ten). On failure `out` is untouched. Cost: quasi-linear in the length of the text. */
int dp_fmpq_set_text(fmpq_t out, const char *text)
{
    int negative = *text == '-';
    if (*text == '-' || *text == '+') text++;
    const char *end = skip_digits(text);
    int ok = *end == '/' ? set_quotient(out, text, end) : set_decimal(out, text);
    if (ok && negative) fmpq_neg(out, out);
    return ok;
}

char *dp_fmpq_get_text(const fmpq_t q)
{
    char *t = fmpq_get_str(NULL, 10, q), *text = dp_strdup(t);
    flint_free(t);
    return text;
}

double dp_nearest_d(const fmpq_t q)
{
    arf_t a;
    arf_init(a);
    arf_fmpz_div_fmpz(a, fmpq_numref(q), fmpq_denref(q), 53, ARF_RND_NEAR);
    const double v = arf_get_d(a, ARF_RND_NEAR);
    arf_clear(a);
    return v;
}

void dp_fmpq_set_d(fmpq_t out, double x)
{
    arf_t t;
    arf_init(t);
    arf_set_d(t, x);
    arf_get_fmpq(out, t);
    arf_clear(t);
}

void dp_fmpq_set_written(fmpq_t out, double x)
{
    char text[32];
    snprintf(text, sizeof text, "%.15g", x);
    if (!dp_fmpq_set_text(out, text) || dp_nearest_d(out) != x) dp_fmpq_set_d(out, x);
}

long double dp_fmpq_get_ld(const fmpq_t q)
{
    mpfr_t x;
    mpfr_init2(x, LDBL_MANT_DIG);
    fmpq_get_mpfr(x, q, MPFR_RNDN);
    const long double nearest = mpfr_get_ld(x, MPFR_RNDN);
    mpfr_clear(x);
    return nearest;
}
