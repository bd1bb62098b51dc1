/* SPDX-License-Identifier: GPL-3.0-or-later */
/* line.c: optimal transport between samples on the line by quantiles, exact in the masses for any two sizes. */
#include "particle/transport.h"

#include <stdlib.h>

typedef struct { double at; size_t index; } mark;

static int compare(const void *a, const void *b)
{
    const mark *s = a, *t = b;
    return s->at < t->at ? -1 : s->at > t->at ? 1 : s->index < t->index ? -1 : s->index > t->index;
}

static mark *sorted(const double *a, size_t n)
{
    mark *s = dp_malloc(sizeof *s * n);
    for (size_t i = 0; i < n; i++) s[i] = (mark){a[i], i};
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
