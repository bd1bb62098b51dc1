/* SPDX-License-Identifier: GPL-3.0-or-later */
/* narrowing.c: the entropic problem between few points: kernels that narrow, and costs less the potentials reached, in twice the precision. */
#pragma GCC optimize("O3", "no-math-errno", "no-trapping-math")
#include "base/clones.h"
#include "particle/narrowing.h"
#include "particle/network.h"
#include "particle/sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Lemma K. P = exp((f_i + g_j - c_ij)/epsilon) is the entropic plan of its own marginals. Let these be off from a and b by `error` in L1, all together. Then no entry of P is off from that of the plan P* for a and b
   by more than error/2, and no row of it by more than `error` in L1.
   Proof: along marginals that move from those of P to a and b in a straight line the plan moves by dP_ij = P_ij (df_i + dg_j)/epsilon, the current in a network with conductances P_ij/epsilon that is
   fed what the marginals of rows change by and gives off what those of columns do. A current has no cycle along which potentials fall: it is a sum of paths from sources to sinks, that carry error/2 all together. Each takes an arc, and a
   node, once at most: an arc carries error/2 at most, and the arcs of a node twice that. */

enum { MOST_STEPS = 60, FEW_STEPS = 12 }; /* on one kernel; from potentials that are near */
static const double WIDEST = 8, SHRINK = 0.35, ROUGH = 1e-4; /* exponents of the first kernel; from kernel to kernel; the error at which the next one is tried */
static const double LARGEST = 0x1p92, LEAST = 1e-280; /* an exponent whose error may still be small; eps that doubles hold well */
static const double log2e = 0x1.71547652b82fep0;

/* ---- costs less potentials ---- */

/* out = part (high + low) + own - F - G_j, rounded. */
CLONES static void subtract(double *restrict out, const double *restrict high, const double *restrict low, double part, double own, dp_twofold F, const dp_twofold *restrict G, size_t m)
{
    const dp_twofold from = dp_twofold_minus((dp_twofold){own, 0}, F);
    for (size_t j = 0; j < m; j++) out[j] = dp_twofold_minus(dp_twofold_plus((dp_twofold){part * high[j], part * low[j]}, from), G[j]).high;
}

/* Costs of row i, of other kernels than one Gaussian what doubles make of them. bt: columns coordinate by coordinate; high, low: room. */
static void reduced_row(dp_reduced *r, const dp_pairing *p, size_t i, const double *bt, double *high, double *low)
{
    const int gaussian = p->kernel->power == 2;
    memset(high, 0, sizeof(double) * p->m), memset(low, 0, sizeof(double) * p->m);
    for (size_t k = 0; k < p->d && gaussian; k++) dp_twofold_add_squares(high, low, bt + k * p->m, p->a[i * p->d + k], p->m);
    for (size_t j = 0; j < p->m && !gaussian; j++) high[j] = dp_pairing_cost(p, i, j);
    subtract(r->cost + i * p->m, high, low, gaussian ? 0.5 : 1, gaussian ? dp_pkernel_cost(p->kernel, p->form, 0) : 0, r->F[i], r->G, p->m);
    if (p->skip && i < p->m) r->cost[i * p->m + i] = INFINITY;
}

static void into(dp_twofold *F, double *f, size_t n)
{
    for (size_t i = 0; i < n; i++) F[i] = dp_twofold_plus(F[i], (dp_twofold){f[i], 0}), f[i] = 0;
}

/* f and g go into F and G. */
static void reduce(dp_reduced *r, const dp_pairing *p)
{
    double *bt = dp_malloc(sizeof(double) * (p->d + 2) * p->m), *high = bt + p->d * p->m;
    into(r->F, r->f, r->n), into(r->G, r->g, r->m);
    for (size_t j = 0; j < p->m * p->d; j++) bt[j % p->d * p->m + j / p->d] = p->b[j];
    for (size_t i = 0; i < r->n; i++) reduced_row(r, p, i, bt, high, high + p->m);
    free(bt);
}

static void forget(dp_reduced *r)
{
    memset(r->F, 0, sizeof(dp_twofold) * r->n), memset(r->G, 0, sizeof(dp_twofold) * r->m);
    memset(r->f, 0, sizeof(double) * r->n), memset(r->g, 0, sizeof(double) * r->m);
}

/* ---- kernels that narrow ---- */

/* The network's rows and columns are points in the order of the coordinate in which they spread most: what a narrow kernel connects is then a band of its matrix. */
typedef struct { dp_network w; uint32_t *row, *col; } band;

static void in_order(uint32_t *order, const double *a, size_t n, size_t d, size_t k)
{
    double *at = dp_malloc(sizeof(double) * n), *sorted = dp_malloc(sizeof(double) * n);
    dp_sorter o;
    dp_sorter_init(&o, n);
    for (size_t i = 0; i < n; i++) at[i] = a[i * d + k];
    dp_sort(sorted, order, at, n, &o);
    dp_sorter_clear(&o);
    free(at), free(sorted);
}

static void band_init(band *b, const dp_pairing *p)
{
    size_t widest = 0;
    double most = -1;
    for (size_t k = 0; k < p->d; k++) {
        double low = p->a[k], high = p->a[k];
        for (size_t i = 1; i < p->n; i++) low = fmin(low, p->a[i * p->d + k]), high = fmax(high, p->a[i * p->d + k]);
        if (high - low > most) most = high - low, widest = k;
    }
    dp_network_init(&b->w, p->n, p->m);
    b->row = dp_malloc(sizeof *b->row * p->n), b->col = dp_malloc(sizeof *b->col * p->m);
    in_order(b->row, p->a, p->n, p->d, widest), in_order(b->col, p->b, p->m, p->d, widest);
}

static void band_clear(band *b) { dp_network_clear(&b->w), free(b->row), free(b->col); }

/* From the exponents that the potentials gained on the kernel before: what they gain again where they are lines in epsilon, as narrow kernels make them, for these gains shrink as epsilon does. */
static void on_kernel(dp_reduced *r, band *b, const dp_pairing *p, double wider, double tolerance, slong most)
{
    dp_network *w = &b->w;
    const double unit = dp_pkernel_eps(p->kernel) * wider / log2e, rate = 1 / unit;
    reduce(r, p);
    for (size_t i = 0; i < w->n; i++)
        for (size_t j = 0; j < w->stride; j++) w->E[i * w->stride + j] = j < w->m ? rate * r->cost[b->row[i] * w->m + b->col[j]] : INFINITY;
    r->error = dp_network_solve(w, tolerance, most, &r->steps);
    for (size_t i = 0; i < w->n; i++) r->f[b->row[i]] = w->f[i] * unit;
    for (size_t j = 0; j < w->m; j++) r->g[b->col[j]] = w->g[j] * unit;
}

/* No exponent of the problem itself is larger. */
static double largest(const dp_pairing *p)
{
    return fmax(fabs(dp_over_eps(p->kernel, dp_pkernel_cost(p->kernel, p->form, 0))), fabs(dp_over_eps(p->kernel, dp_pkernel_cost(p->kernel, p->form, dp_pairing_diagonal(p)))));
}

/* Rows are no fewer than columns. */
static void solve(dp_reduced *r, const dp_pairing *p, const double *f, const double *g, double tolerance)
{
    band b;
    band_init(&b, p);
    if (f) memcpy(r->f, f, sizeof(double) * r->n), memcpy(r->g, g, sizeof(double) * r->m), on_kernel(r, &b, p, 1, tolerance, FEW_STEPS);
    if (!(r->error <= tolerance)) {
        double wider = 1;
        forget(r), memset(b.w.g, 0, sizeof(double) * b.w.m);
        for (const double top = largest(p); top / wider > WIDEST;) wider /= SHRINK;
        for (; wider > 1 / sqrt(SHRINK); wider *= SHRINK) on_kernel(r, &b, p, wider, ROUGH, MOST_STEPS);
        on_kernel(r, &b, p, 1, tolerance, MOST_STEPS);
    }
    band_clear(&b);
}

/* Rows become columns, and have their sums. */
static void turn(dp_reduced *r, const dp_pairing *p)
{
    band b;
    const dp_reduced old = *r;
    r->n = old.m, r->m = old.n, r->f = old.g, r->g = old.f, r->F = old.G, r->G = old.F;
    band_init(&b, p);
    on_kernel(r, &b, p, 1, INFINITY, 0);
    band_clear(&b);
}

void dp_reduced_solve(dp_reduced *r, const dp_pairing *p, const double *f, const double *g, double tolerance)
{
    const int wide = p->m > p->n;
    const dp_pairing q = wide ? dp_pairing_turned(p) : *p;
    *r = (dp_reduced){.n = q.n, .m = q.m, .cost = dp_malloc(sizeof(double) * q.n * q.m), .f = dp_calloc(q.n, sizeof(double)), .g = dp_calloc(q.m, sizeof(double)), .error = INFINITY};
    r->F = dp_calloc(q.n, sizeof(dp_twofold)), r->G = dp_calloc(q.m, sizeof(dp_twofold));
    const double top = largest(p);
    r->bound = 0x1p-44 + (p->kernel->power == 2 ? 0x1p-100 : 0x1p-51) * top;
    if (!(top < LARGEST && dp_pkernel_eps(p->kernel) > LEAST)) {
        r->bound = INFINITY;
        return;
    }
    solve(r, &q, wide ? g : f, wide ? f : g, tolerance);
    if (wide) turn(r, p);
}

void dp_reduced_clear(dp_reduced *r) { free(r->cost), free(r->f), free(r->g), free(r->F), free(r->G); }

/* ---- what comes of it ---- */

void dp_reduced_rows(double *shift, const dp_reduced *r, const dp_pairing *p)
{
    for (size_t i = 0; i < r->n; i++) {
        double sum = 0, *to = shift + i * p->d;
        for (size_t k = 0; k < p->d; k++) to[k] = 0;
        for (size_t j = 0; j < r->m; j++) {
            const double w = exp(dp_over_eps(p->kernel, r->f[i] + (r->g[j] - r->cost[i * r->m + j])));
            sum += w;
            for (size_t k = 0; k < p->d && w > 0; k++) to[k] += w * (p->b[j * p->d + k] - p->a[i * p->d + k]);
        }
        for (size_t k = 0; k < p->d && sum > 0; k++) to[k] /= sum;
    }
}

double dp_reduced_base(const dp_reduced *r)
{
    dp_twofold f = {0, 0}, g = {0, 0};
    for (size_t i = 0; i < r->n; i++) f = dp_twofold_plus(f, r->F[i]);
    for (size_t j = 0; j < r->m; j++) g = dp_twofold_plus(g, r->G[j]);
    return dp_twofold_plus((dp_twofold){f.high / (double) r->n, f.low / (double) r->n}, (dp_twofold){g.high / (double) r->m, g.low / (double) r->m}).high;
}
