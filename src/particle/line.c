/* SPDX-License-Identifier: GPL-3.0-or-later */
/* line.c: optimal transport between samples on the line by quantiles, exact in the masses for any two sizes. */
#include "particle/transport.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct { double at; size_t index; } mark;

static int compare(const void *a, const void *b)
{
    const mark *s = a, *t = b;
    return s->at < t->at ? -1 : s->at > t->at ? 1 : s->index < t->index ? -1 : s->index > t->index;
}

/* The bits of a number, so changed that they are in its order as whole numbers. */
static uint64_t ordered(double at)
{
    uint64_t bits;
    memcpy(&bits, &at, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t) 1 << 63;
}

/* By DIGITS digits of BITS bits from the lowest; those that are the same everywhere are left out. Stable: equal numbers stay in the order of their index. */
static mark *sorted_by_digits(mark *s, size_t n)
{
    enum { BITS = 11, DIGITS = 6, SIZE = 1 << BITS };
    size_t (*count)[SIZE] = dp_calloc(DIGITS, sizeof *count);
    mark *t = dp_malloc(sizeof *t * n), *swap;
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < DIGITS; k++) count[k][ordered(s[i].at) >> k * BITS & (SIZE - 1)]++;
    for (int k = 0; k < DIGITS; k++) {
        size_t at = 0;
        if (count[k][ordered(s[0].at) >> k * BITS & (SIZE - 1)] == n) continue;
        for (int v = 0; v < SIZE; v++) {
            const size_t here = count[k][v];
            count[k][v] = at, at += here;
        }
        for (size_t i = 0; i < n; i++) t[count[k][ordered(s[i].at) >> k * BITS & (SIZE - 1)]++] = s[i];
        swap = s, s = t, t = swap;
    }
    free(count), free(t);
    return s;
}

enum { MANY = 512 }; /* points from which on digits are faster than comparisons */

static mark *sorted(const double *a, size_t n)
{
    mark *s = dp_malloc(sizeof *s * n);
    for (size_t i = 0; i < n; i++) s[i] = (mark){a[i] + 0.0, i}; /* -0 is 0 */
    if (n >= MANY) return sorted_by_digits(s, n);
    qsort(s, n, sizeof *s, compare);
    return s;
}

/* Points at one place share their mean: what leaves the place is one atom. */
static void share(double *shift, const mark *s, size_t n)
{
    for (size_t i = 0, k; i < n; i = k) {
        double sum = 0;
        for (k = i; k < n && s[k].at == s[i].at; k++) sum += shift[s[k].index];
        if (k == i + 1) continue;
        for (size_t j = i; j < k; j++) shift[s[j].index] = sum / (double) (k - i);
    }
}

/* Masses are whole numbers: m each at the a, n each at the b. */
double dp_line_transport(double *shift, const double *a, size_t n, const double *b, size_t m)
{
    mark *s = sorted(a, n), *t = sorted(b, m);
    double cost = 0;
    size_t j = 0, left = n;
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t need = m; need;) {
            const size_t move = need < left ? need : left;
            const double gap = t[j].at - s[i].at;
            sum += (double) move * gap, cost += (double) move * gap * gap;
            need -= move, left -= move;
            if (left == 0 && j + 1 < m) j++, left = n;
        }
        if (shift) shift[s[i].index] = sum / (double) m;
    }
    if (shift) share(shift, s, n);
    free(s), free(t);
    return cost / (double) n / (double) m;
}
