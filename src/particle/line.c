/* SPDX-License-Identifier: GPL-3.0-or-later */
/* line.c: optimal transport between samples on the line by quantiles, exact in the masses for any two sizes. */
#include "base/clones.h"
#include "particle/transport.h"

#include <stdlib.h>

/* Vectors never cross a call: the ABI's warning about them is void here. */
#pragma GCC diagnostic ignored "-Wpsabi"
#pragma GCC optimize("O3")

enum { LANES = 8 };

/* Points at one place share their mean: what leaves the place is one atom. */
static void share(double *shift, const double *s, const uint32_t *index, size_t n)
{
    for (size_t i = 0, k; i < n; i = k) {
        k = i + 1;
        if (k == n || s[k] != s[i]) continue;
        double sum = shift[index[i]];
        for (; k < n && s[k] == s[i]; k++) sum += shift[index[k]];
        for (size_t j = i; j < k; j++) shift[index[j]] = sum / (double) (k - i);
    }
}

typedef double vec __attribute__((vector_size(8 * LANES), aligned(8), may_alias));
typedef int64_t mask __attribute__((vector_size(8 * LANES)));

/* t <- t - s; the sum of squares in lanes; whether some s are equal. */
CLONES static int gaps(double *restrict lane, double *restrict t, const double *restrict s, size_t n)
{
    vec sum = {0};
    mask equal = {0};
    size_t i = 0;
    for (; i + LANES < n; i += LANES) {
        const vec at = *(const vec *) (s + i), gap = *(const vec *) (t + i) - at;
        *(vec *) (t + i) = gap, sum += gap * gap, equal |= at == *(const vec *) (s + i + 1);
    }
    for (size_t l = 0; i < n; i++, l++) t[i] -= s[i], sum[l] += t[i] * t[i], equal[l] |= i + 1 < n && s[i] == s[i + 1];
    for (size_t l = 0; l < LANES; l++) lane[l] = sum[l], equal[0] |= equal[l];
    return equal[0] != 0;
}

/* As many points on both sides: one to one. */
static double matched(double *shift, const double *s, const uint32_t *index, double *t, size_t n)
{
    double lane[LANES];
    const int equal = gaps(lane, t, s, n);
    for (size_t i = 0; shift && i < n; i++) shift[index[i]] = t[i];
    if (shift && equal) share(shift, s, index, n);
    for (size_t l = 1; l < LANES; l++) lane[0] += lane[l];
    return lane[0] / (double) n;
}

/* Masses are whole numbers: m at each s, n at each t. */
static double parted(double *shift, const double *s, const uint32_t *index, size_t n, const double *t, size_t m)
{
    double cost = 0;
    size_t j = 0, left = n;
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t need = m; need;) {
            const size_t move = need < left ? need : left;
            const double gap = t[j] - s[i];
            sum += (double) move * gap, cost += (double) move * gap * gap;
            need -= move, left -= move;
            if (left == 0 && j + 1 < m) j++, left = n;
        }
        if (shift) shift[index[i]] = sum / (double) m;
    }
    if (shift) share(shift, s, index, n);
    return cost / (double) n / (double) m;
}

void dp_matching_init(dp_matching *l, size_t n, size_t m)
{
    dp_sorter_init(&l->order, FLINT_MAX(n, m));
    l->s = dp_malloc(sizeof(double) * (n + m)), l->t = l->s + n, l->index = dp_malloc(sizeof(uint32_t) * (n + m));
}

void dp_matching_clear(dp_matching *l) { dp_sorter_clear(&l->order), free(l->s), free(l->index); }

double dp_matching_run(double *shift, const double *a, size_t n, const double *b, size_t m, dp_matching *l)
{
    dp_sort(l->s, l->index, a, n, &l->order), dp_sort(l->t, l->index + n, b, m, &l->order);
    return n == m ? matched(shift, l->s, l->index, l->t, n) : parted(shift, l->s, l->index, n, l->t, m);
}

double dp_line_transport(double *shift, const double *a, size_t n, const double *b, size_t m)
{
    dp_matching l;
    dp_matching_init(&l, n, m);
    const double cost = dp_matching_run(shift, a, n, b, m, &l);
    dp_matching_clear(&l);
    return cost;
}
