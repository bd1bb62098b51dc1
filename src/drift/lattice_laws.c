/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lattice_laws.c: conditional laws of a plan on a lattice, axis by axis, in doubles: what conjugate gradients average by. */
#include <math.h>

#include "drift/lattice_work.h"

static const long double CUT = 44; /* e^-44 is below the rounding of a sum that begins with 1 */

static void band_init(lattice_band *b, slong rows)
{
    *b = (lattice_band){.rows = rows, .first = dp_calloc((size_t) rows, sizeof(slong)), .start = dp_calloc((size_t) rows + 1, sizeof(size_t))};
}

/* Appends the law proportional to exp(l_j); returns the logarithm of its sum. */
static long double band_row(lattice_band *b, slong row, const long double *l, slong n, size_t *room)
{
    long double top = l[0], sum = 0;
    slong lo = 0, hi = n - 1;
    for (slong j = 1; j < n; j++)
        top = l[j] > top ? l[j] : top;
    while (lo < hi && l[lo] < top - CUT)
        lo++;
    while (hi > lo && l[hi] < top - CUT)
        hi--;
    const size_t start = b->start[row], count = (size_t) (hi - lo) + 1;
    if (start + count > *room) {
        *room = 2 * (start + count);
        b->law = dp_realloc(b->law, *room * sizeof *b->law);
    }
    for (size_t j = 0; j < count; j++)
        sum += b->law[start + j] = exp((double) (l[(size_t) lo + j] - top));
    for (size_t j = 0; j < count; j++)
        b->law[start + j] = (double) (b->law[start + j] / sum);
    b->first[row] = lo, b->start[row + 1] = start + count;
    return top + logl(sum);
}

/* Rows i lines + line: laws over the nodes j of an axis of `from`, for every node i of the same axis of `to` and every line of values log_c[line n + j];
   log_T: logarithms of the sums, or NULL. */
static void band_axis(lattice_band *b, long double *log_T, const lattice_table *K, slong shift, slong to, slong n, slong lines, const long double *log_c)
{
    long double *l = dp_malloc((size_t) n * sizeof *l);
    size_t room = 0;
    band_init(b, to * lines);
    for (slong row = 0; row < to * lines; row++) {
        const slong i = row / lines, line = row % lines;
        for (slong j = 0; j < n; j++) {
            const long double t = (long double) (shift + i - j);
            l[j] = log_c[line * n + j] - t * t * K->c;
        }
        const long double sum = band_row(b, row, l, n, &room);
        if (log_T)
            log_T[row] = sum;
    }
    free(l);
}

void lattice_laws_init(lattice_laws *L, const lattice_work *w, const dp_comb *to, const dp_comb *from, const long double *log_c)
{
    long double *T = dp_malloc((size_t) (to->n[0] * from->n[1]) * sizeof *T);
    *L = (lattice_laws){.to = {to->n[0], to->n[1]}, .from = {from->n[0], from->n[1]}};
    L->half = dp_malloc((size_t) (to->n[0] * from->n[1]) * sizeof *L->half);
    band_axis(L->band, T, w->K, to->first[0] - from->first[0], to->n[0], from->n[0], from->n[1], log_c);
    band_axis(L->band + 1, NULL, w->K + 1, to->first[1] - from->first[1], to->n[1], from->n[1], to->n[0], T);
    free(T);
}

void lattice_laws_clear(lattice_laws *L)
{
    for (int k = 0; k < 2; k++)
        free(L->band[k].first), free(L->band[k].start), free(L->band[k].law);
    free(L->half);
    *L = (lattice_laws){0};
}

static double dot(const double *a, const double *b, size_t n)
{
    double part[8] = {0}, sum = 0;
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int l = 0; l < 8; l++)
            part[l] += a[i + (size_t) l] * b[i + (size_t) l];
    for (; i < n; i++)
        sum += a[i] * b[i];
    for (int l = 0; l < 8; l++)
        sum += part[l];
    return sum;
}

/* out[i lines + line]: the mean of the line's n values. */
static void apply(double *out, const lattice_band *b, const double *x, slong lines, slong n)
{
    for (slong row = 0; row < b->rows; row++)
        out[row] = dot(b->law + b->start[row], x + row % lines * n + b->first[row], b->start[row + 1] - b->start[row]);
}

void lattice_average(double *out, const lattice_laws *L, const double *x)
{
    apply(L->half, L->band, x, L->from[1], L->from[0]);
    apply(out, L->band + 1, L->half, L->to[0], L->from[1]);
}
