/* SPDX-License-Identifier: GPL-3.0-or-later */
/* number.c: decimal strings of any length, rounded and compared without ever becoming a double. */
#include "report/number.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* No trailing zeros; zero when nothing is left. */
static void trim(dp_number *x)
{
    while (x->n > 0 && x->digits[x->n - 1] == '0') x->n--;
    x->digits[x->n] = '\0';
    if (x->n == 0) x->sign = 0, x->exponent = 0;
}

/* Copies the digits of "ddd.ddd" at *s and sets the exponent as if the text ended there. Returns the number of digits seen. */
static slong read_mantissa(dp_number *x, const char **s)
{
    slong seen = 0;
    int point = 0;
    for (; isdigit((unsigned char) **s) || (**s == '.' && !point); (*s)++) {
        if (**s == '.') {
            point = 1;
            continue;
        }
        seen++;
        if (x->n > 0 || **s != '0') x->digits[x->n++] = **s, x->exponent += !point;
        else x->exponent -= point;
    }
    return seen;
}

int dp_number_read(dp_number *x, const char *text)
{
    const slong far = 1000000000000000;
    const char *s = text ? text : "";
    *x = (dp_number) {1, dp_malloc(strlen(s) + 2), 0, 0};
    if (*s == '-' || *s == '+') x->sign = *s++ == '-' ? -1 : 1;
    slong seen = read_mantissa(x, &s), shift = 0;
    if (seen > 0 && (*s == 'e' || *s == 'E') && !isspace((unsigned char) s[1])) {
        char *end;
        errno = 0;
        shift = strtol(s + 1, &end, 10);
        s = end == s + 1 || errno != 0 ? s : end;
    }
    int ok = seen > 0 && *s == '\0' && shift > -far && shift < far;
    if (ok) x->exponent += shift;
    else x->n = 0;
    trim(x);
    return ok;
}

void dp_number_clear(dp_number *x)
{
    free(x->digits);
    x->digits = NULL;
}

void dp_number_round(dp_number *x, slong n)
{
    if (x->n <= n) return;
    int up = x->digits[n] >= '5';
    slong i = n;
    while (up && i > 0 && x->digits[i - 1] == '9') i--;
    x->n = up ? i : n;
    if (up && i > 0) x->digits[i - 1]++;
    if (up && i == 0) x->digits[0] = '1', x->n = 1, x->exponent++;
    trim(x);
}

static char *scientific(const dp_number *x)
{
    return dp_format("%s%c%s%se%ld", x->sign < 0 ? "-" : "", x->digits[0], x->n > 1 ? "." : "", x->digits + 1, (long) (x->exponent - 1));
}

char *dp_number_text(const dp_number *x)
{
    const char *minus = x->sign < 0 ? "-" : "";
    if (x->sign == 0) return dp_strdup("0");
    if (x->exponent < -3 || x->exponent > 7) return scientific(x);
    if (x->exponent <= 0) return dp_format("%s0.%.*s%s", minus, (int) -x->exponent, "000", x->digits);
    if (x->n <= x->exponent) return dp_format("%s%s%.*s", minus, x->digits, (int) (x->exponent - x->n), "0000000");
    return dp_format("%s%.*s.%s", minus, (int) x->exponent, x->digits, x->digits + x->exponent);
}

/* Zero or a power of ten. */
static int is_power(const dp_number *x) { return x->sign == 0 || (x->n == 1 && x->digits[0] == '1'); }

slong dp_number_power(const dp_number *x)
{
    if (x->sign == 0) return -DP_NUMBER_EXACT;
    return is_power(x) ? x->exponent - 1 : x->exponent;
}

/* log10 of 0.d1d2..d15, in (-1, 0]. */
static double log10_mantissa(const dp_number *x)
{
    double m = 0, unit = 1;
    for (slong i = 0; i < x->n && i < 16; i++) m += (unit /= 10) * (x->digits[i] - '0');
    return log10(m);
}

double dp_number_log10(const dp_number *x)
{
    return x->sign == 0 ? -INFINITY : (double) x->exponent + log10_mantissa(x);
}

slong dp_number_known(const dp_number *mid, const dp_number *rad)
{
    if (rad->sign == 0) return DP_NUMBER_EXACT;
    if (mid->sign == 0) return 0;
    double k = (double) (mid->exponent - rad->exponent) + (log10_mantissa(mid) - log10_mantissa(rad));
    return k > 0 ? (slong) floor(k - 1e-9) + (k < 1e-9) : 0;
}

slong dp_number_near(const dp_number *mid, const dp_number *rad, const dp_number *scale)
{
    if (mid->sign == 0 && rad->sign == 0) return DP_NUMBER_EXACT;
    slong unit = scale->sign == 0 ? 1 : scale->exponent;      /* exponents apart from mantissas: differences of large exponents stay exact */
    double of_scale = scale->sign == 0 ? -1 : log10_mantissa(scale);
    double a = mid->sign == 0 ? -INFINITY : (double) (mid->exponent - unit) + log10_mantissa(mid) - of_scale;
    double b = rad->sign == 0 ? -INFINITY : (double) (rad->exponent - unit) + log10_mantissa(rad) - of_scale;
    double top = fmax(a, b);
    int exact = (mid->sign == 0 || rad->sign == 0) && is_power(mid) && is_power(rad) && is_power(scale); /* logarithms without rounding */
    return (slong) floor(-(top + log10(1 + pow(10, fmin(a, b) - top))) - (exact ? 0 : 1e-9));
}

char *dp_number_short(const char *mid, const char *rad, slong n)
{
    dp_number m, r;
    int ok = dp_number_read(&m, mid), exact = !dp_number_read(&r, rad) && rad == NULL;
    slong known = exact ? DP_NUMBER_EXACT : dp_number_known(&m, &r);
    char *text;
    if (!ok) text = dp_strdup(mid ? mid : "");
    else {
        if (known < 1 && dp_number_log10(&m) <= dp_number_log10(&r)) m.sign = 0;
        else dp_number_round(&m, known < 1 ? 1 : known < n ? known : n);
        text = dp_number_text(&m);
    }
    dp_number_clear(&m);
    dp_number_clear(&r);
    return text;
}
