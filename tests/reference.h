/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reference.h: random sample problems of any size and scale for the tests of fast paths against balls, and the bounds that docs/drift.md states. */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <float.h>
#include <stdlib.h>

#include "clouds.h"

typedef long double num;
enum { POINTS = 32, WIDE = 100, PARTS = 3, DIRECTIONS = 4 };
typedef struct {
    dp_sample s;
    dp_kernel_part part[PARTS];
    fmpq_t lambda;
    double scale, x[POINTS * WIDE], y[POINTS * WIDE], z[POINTS * WIDE], u[DIRECTIONS * WIDE], v[POINTS * WIDE], mass[2 * POINTS];
    arb_ptr exact;
    num moved; /* what distances may be off by before sums are formed */
    dp_drifted out;
} trial;

static const dp_kernel_family families[] = {DP_KERNEL_GAUSSIAN, DP_KERNEL_LAPLACE, DP_KERNEL_MATERN32, DP_KERNEL_MATERN52, DP_KERNEL_IMQ, DP_KERNEL_ENERGY};

/* ---- problems ---- */

static inline double decades(double span) { return pow(10, span * (2 * uniform() - 1)); }

static inline void exactly(fmpq_t q, double a)
{
    arf_t t;
    arf_init(t), arf_set_d(t, a), arf_get_fmpq(q, t), arf_clear(t);
}

/* One point in eight is another's; beyond 1 `at` is where all have their first coordinate, so that exponents are large and their differences are not. */
static inline void cloud(double *a, size_t n, size_t d, double scale, double at)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < d; k++) a[i * d + k] = scale * (at <= 1 ? gauss() + at : k == 0 ? at : gauss());
    for (size_t i = 1; i < n; i++)
        if (below(8) == 0) memcpy(a + i * d, a + below(i) * d, sizeof(double) * d);
}

/* n, m, l up to `most` (few as often as many), d up to `wide`; the data one time in four up to a thousand scales off; the first `kernels` families, one time in five a sum of two or three. */
static inline void trial_init(trial *t, size_t most, size_t wide, int kernels, int single)
{
    memset(t, 0, sizeof *t);
    t->scale = decades(8), t->out = (dp_drifted){.v = t->v, .mass = t->mass};
    t->s = (dp_sample){.n = 1 + below(1 + below(most)), .m = 1 + below(1 + below(most)), .d = 1 + below(below(2) ? 4 : wide), .x = t->x, .y = t->y, .part = t->part, .nparts = kernels ? 1 : 0,
                       .iterations = -1, .tolerance = -1, .threads = 1, .single = single};
    if (t->s.d > wide) t->s.d = wide;
    if (kernels > 1 && below(5) == 0) t->s.nparts = 2 + (slong) below(PARTS - 1);
    const double unit = (below(2) ? t->scale : 1) * decades(3);
    for (slong p = 0; p < PARTS; p++) {
        fmpq_init(&t->part[p].weight), fmpq_init(&t->part[p].bandwidth);
        exactly(&t->part[p].weight, t->s.nparts > 1 ? 0.5 + (double) below(4) : 1), exactly(&t->part[p].bandwidth, unit * (p ? decades(1) : 1));
        t->part[p].family = kernels ? families[below((size_t) kernels)] : DP_KERNEL_GAUSSIAN;
    }
    fmpq_init(t->lambda), exactly(t->lambda, decades(2));
    cloud(t->x, t->s.n, t->s.d, t->scale, 0), cloud(t->y, t->s.m, t->s.d, t->scale, below(4) ? 0.5 : pow(10, 3 * uniform())), cloud(t->z, POINTS, t->s.d, t->scale, 0.2);
    for (size_t i = 0; i < DIRECTIONS * t->s.d; i++) t->u[i] = gauss();
    t->exact = _arb_vec_init((slong) (t->s.n * t->s.d));
}

/* Negatives of their own, or pairs of points with themselves left out. */
static inline void repelled(trial *t)
{
    if (below(4) == 0) t->s.z = t->z, t->s.l = 1 + below(POINTS);
    else t->s.leave_out = (int) below(2);
}

static inline void trial_clear(trial *t)
{
    for (int p = 0; p < PARTS; p++) fmpq_clear(&t->part[p].weight), fmpq_clear(&t->part[p].bandwidth);
    fmpq_clear(t->lambda), _arb_vec_clear(t->exact, (slong) (t->s.n * t->s.d));
}

static inline void both(trial *t, const char *drift)
{
    dp_error e = {0};
    if (dp_drift_sample_ball(t->exact, drift, &t->s, 20, &e)) fail_msg("%s in balls: %s (n %zu, m %zu, d %zu)", drift, e.text, t->s.n, t->s.m, t->s.d);
    if (dp_drift_sample(&t->out, drift, &t->s, &e)) fail_msg("%s: %s (n %zu, m %zu, d %zu, single %d)", drift, e.text, t->s.n, t->s.m, t->s.d, t->s.single);
}

/* |V - exact| of point i; what is below 64 times the least normal number counts as 0. */
static inline double off(const trial *t, size_t i)
{
    double sum = 0;
    arb_t a, v;
    arb_init(a), arb_init(v);
    for (size_t k = i * t->s.d; k < (i + 1) * t->s.d; k++) {
        arb_set_d(v, t->v[k]), arb_sub(a, v, t->exact + k, 200);
        sum = hypot(sum, arf_get_d(arb_midref(a), ARF_RND_NEAR));
    }
    arb_clear(a), arb_clear(v);
    return fmax(0, sum - 64 * DBL_MIN);
}

static double worst; /* the largest share of a bound since the last count */

/* A bound that nothing comes near would say nothing. */
static inline void bounds_count(void)
{
    if (!(worst > 1e-5)) fail_msg("bounds are never met to more than %g", worst);
    worst = 0;
}

static inline void within(const trial *t, const char *drift, size_t i, num bound)
{
    const double o = off(t, i);
    if (bound > 0) worst = fmax(worst, (double) (o / bound));
    if (!(o <= bound)) {
        fail_msg("%s: point %zu is off by %g, bound %Lg; n %zu, m %zu, l %zu, d %zu, family %d of %ld, h %g, scale %g, single %d, leave out %d", drift, i, o, bound, t->s.n, t->s.m, t->s.l, t->s.d,
                 t->part->family, t->s.nparts, fmpq_get_d(&t->part->bandwidth), t->scale, t->s.single, t->s.leave_out);
    }
}

/* ---- what docs/drift.md says of weights ---- */

static inline num distance(const double *a, const double *b, size_t d)
{
    num r2 = 0;
    for (size_t k = 0; k < d; k++) r2 += ((num) a[k] - b[k]) * ((num) a[k] - b[k]);
    return sqrtl(r2);
}

/* c/eps: minus the logarithm of one part but for its polynomial; the least of a sum. */
static inline num part_exponent(const dp_kernel_part *p, num r)
{
    const num z = r / fmpq_get_d(&p->bandwidth);
    switch (p->family) {
    case DP_KERNEL_GAUSSIAN: return z * z / 2;
    case DP_KERNEL_LAPLACE: return z;
    case DP_KERNEL_MATERN32: return sqrtl(3) * z;
    case DP_KERNEL_MATERN52: return sqrtl(5) * z;
    case DP_KERNEL_IMQ: return log1pl(z * z) / 2;
    default: return 0;
    }
}

static inline num exponent(const trial *t, num r)
{
    num least = INFINITY;
    for (slong p = 0; p < t->s.nparts; p++) least = fminl(least, part_exponent(t->part + p, r));
    return least;
}

/* How fast exponents grow with distance: the fastest part's. */
static inline num steepness(const trial *t, num r)
{
    num most = 0;
    for (slong p = 0; p < t->s.nparts; p++) {
        const num h = fmpq_get_d(&t->part[p].bandwidth);
        switch (t->part[p].family) {
        case DP_KERNEL_GAUSSIAN: most = fmaxl(most, r / (h * h)); break;
        case DP_KERNEL_MATERN32: most = fmaxl(most, sqrtl(3) / h); break;
        case DP_KERNEL_MATERN52: most = fmaxl(most, sqrtl(5) / h); break;
        case DP_KERNEL_ENERGY: most = fmaxl(most, 1 / fmaxl(r, LDBL_MIN)); break;
        default: most = fmaxl(most, 1 / h);
        }
    }
    return most;
}

/* The diagonal of the box around all points. */
static inline num diagonal(const trial *t)
{
    num r2 = 0;
    for (size_t k = 0; k < t->s.d; k++) {
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < t->s.n; i++) low = fmin(low, t->x[i * t->s.d + k]), high = fmax(high, t->x[i * t->s.d + k]);
        for (size_t i = 0; i < t->s.m; i++) low = fmin(low, t->y[i * t->s.d + k]), high = fmax(high, t->y[i * t->s.d + k]);
        for (size_t i = 0; i < t->s.l; i++) low = fmin(low, t->z[i * t->s.d + k]), high = fmax(high, t->z[i * t->s.d + k]);
        r2 += ((num) high - low) * ((num) high - low);
    }
    return sqrtl(r2);
}

/* What distances move by when points become floats, about the centre of the box: u D. */
static inline num moved(const trial *t) { return t->s.single ? 0x1p-24L * diagonal(t) : 0; }

/* Relative error of a weight at distance r with exponent c where the least is low: (d + 12) u (2 + c), of floats those that they hold, and by distances that moved. */
static inline num eta(const trial *t, num r, num c, num low)
{
    const num k = (num) t->s.d + 12;
    if (!t->s.single) return k * 0x1p-53L * (2 + c);
    const num off = t->moved * steepness(t, r + t->moved);
    return k * (0x1p-24L * (2 + fminl(c, 1024 + c - low)) + 0x1p-53L * c) + off;
}

static inline const double *negatives(const trial *t) { return t->s.z ? t->s.z : t->s.x; }

/* A matrix of weights w_ij = e^(-c_ij), one side of a drift: distances, exponents (INFINITY: no pair), and what the logarithm of each weight may be off by. */
typedef struct { size_t n, m; const double *b; num r[POINTS][POINTS], c[POINTS][POINTS], eta[POINTS][POINTS]; } side;

static inline void side_of(side *a, const trial *t, const double *b, size_t m, int self)
{
    a->n = t->s.n, a->m = m, a->b = b;
    for (size_t i = 0; i < a->n; i++) {
        num low = INFINITY;
        for (size_t j = 0; j < m; j++) a->r[i][j] = distance(t->x + i * t->s.d, b + j * t->s.d, t->s.d), a->c[i][j] = self && t->s.leave_out && i == j ? INFINITY : exponent(t, a->r[i][j]), low = fminl(low, a->c[i][j]);
        for (size_t j = 0; j < m; j++) a->eta[i][j] = eta(t, a->r[i][j], a->c[i][j], low);
    }
}
static inline void sides_of(side *y, side *z, trial *t)
{
    t->moved = moved(t);
    side_of(y, t, t->s.y, t->s.m, 0), side_of(z, t, negatives(t), dp_negatives(&t->s), !t->s.z);
}

/* log sum_j w_ij of a row, or of a column, and what it may be off by: the mean of eta with these weights, while that is small. */
static inline num log_sum(num *error, const side *a, size_t i, int column)
{
    num low = INFINITY, sum = 0, off = 0;
    for (size_t j = 0; j < (column ? a->n : a->m); j++) low = fminl(low, column ? a->c[j][i] : a->c[i][j]);
    for (size_t j = 0; low < INFINITY && j < (column ? a->n : a->m); j++) {
        const num c = column ? a->c[j][i] : a->c[i][j], w = c < INFINITY ? expl(low - c) : 0, e = column ? a->eta[j][i] : a->eta[i][j];
        sum += w, off += w > 0 ? w * expm1l(e) : 0;
    }
    *error = low < INFINITY ? off / sum + 0x1p-51L * fabsl(low) : 0;
    return low < INFINITY ? logl(sum) - low : -INFINITY;
}

static inline num unit(const trial *t) { return t->s.single ? 0x1p-24L : 0x1p-53L; }

/* A mean of b_j - a_i with weights w_ij is off by at most 2 sum_(j != l) e^(c_l - c_j) (e^(eta_j + eta_l) - 1) times the farthest of b from b_l, c_l the least: ratios w_j/w_l are off by factors
   of at most e^(eta_j + eta_l), and the sum of ratios is 1 at least. Beside it (m + 8) u of the farthest from a_i for sums, and what points moved by. */
static inline num mean_error(num *far, const trial *t, const side *a, size_t i)
{
    const size_t d = t->s.d;
    size_t l = 0;
    num sum = 0, wide = 0;
    *far = 0;
    for (size_t j = 0; j < a->m; j++)
        if (a->c[i][j] < INFINITY) l = a->c[i][l] <= a->c[i][j] ? l : j, *far = fmaxl(*far, a->r[i][j]);
    for (size_t j = 0; j < a->m; j++)
        if (j != l && a->c[i][j] < INFINITY) {
            const num apart = a->c[i][l] - a->c[i][j], off = a->eta[i][j] + a->eta[i][l];
            sum += off > 1 ? fminl(1, expl(apart + off)) : expl(apart) * expm1l(off), wide = fmaxl(wide, distance(a->b + j * d, a->b + l * d, d));
        }
    return 2 * wide * fminl(1, sum) + *far * (num) (a->m + 8) * unit(t) + t->moved;
}

#endif
