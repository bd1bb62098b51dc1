/* SPDX-License-Identifier: GPL-3.0-or-later */
/* twice.c: scaling sweeps by logarithms, costs and potentials being sums of two doubles: what counts in an exponent is a difference of numbers that may be 10^20 times as large. */
#include "base/clones.h"
#include "base/threads.h"
#include "particle/powers.h"
#include "particle/twice.h"
#include "particle/twofold.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC optimize("O3")

enum { STORED = 1 << 22, MOST = 1 << 27 }; /* pairs whose costs are kept; potentials that are */
static const double NEAR = 256, REACH = 0x1p92, log2e = 0x1.71547652b82fep0; /* exponents that one rounding does not harm; that leave digits */

/* The points of one side, n x d, and turned round the m of the other with their potentials in two halves; cost: all in two halves, or NULL. */
typedef struct { size_t n, m; const double *own; double *other, *potential[2], *cost[2]; } side;

/* side[0] has the rows, side[1] the columns, in a unit, 2^-scale, in which a bandwidth is about 1. active: whose potentials change; steps of all sweeps; room: of the workers, each `width` numbers.
   Way back: bar: derivatives by the potentials of rows and columns, move: by points. */
typedef struct {
    dp_pairing p;
    dp_pkernel kernel;
    int scale, active, workers;
    slong steps;
    size_t width;
    double *a, *b, *room, *bar[2], *move[2];
    side side[2];
} twice;

/* ---- costs ---- */

static dp_twofold root(dp_twofold a)
{
    const double r = sqrt(a.high);
    const dp_twofold t = dp_twofold_square((dp_twofold){r, 0});
    return (dp_twofold){r, r > 0 ? ((a.high - t.high) - t.low + a.low) / 2 / r : 0};
}

/* What dp_pkernel_cost makes of r^2: the least exponent of a part in twice the precision, and the rest, which is small, in doubles. */
static dp_twofold cost(const dp_pkernel *k, dp_twofold r2)
{
    const dp_twofold r = root(r2);
    dp_twofold far[64], least = {0, 0};
    double near[64], best = INFINITY, sum = 0;
    for (slong i = 0; i < k->nparts; i++) {
        const dp_kernel_family family = k->part[i].family;
        const double h = k->part[i].h;
        near[i] = k->part[i].log_weight + dp_kernel_near(&far[i].high, family, h, DP_FORM_KERNEL, r2.high);
        if (family == DP_KERNEL_GAUSSIAN) far[i] = dp_twofold_times(r2, k->power ? 0.5 : 0.5 / h / h);
        else if (family != DP_KERNEL_IMQ) far[i] = dp_twofold_times(r, k->power ? dp_kernel_rate(family) : dp_kernel_rate(family) / h);
        else far[i] = (dp_twofold){0, 0};
        if (far[i].high - near[i] < best) best = far[i].high - near[i], least = far[i];
    }
    for (slong i = 0; i < k->nparts && !k->power; i++) sum += exp(near[i] - dp_twofold_minus(far[i], least).high);
    return dp_twofold_plus(least, (dp_twofold){k->power ? -dp_pkernel_eps(k) * near[0] : -log(sum), 0});
}

static void find_costs(double *high, double *low, const twice *w, const side *s, size_t i)
{
    const int plain = w->kernel.power == 2 && w->kernel.part[0].log_weight == 0;
    memset(high, 0, sizeof(double) * s->m), memset(low, 0, sizeof(double) * s->m);
    for (size_t k = 0; k < w->p.d; k++) dp_twofold_add_squares(high, low, s->other + k * s->m, s->own[i * w->p.d + k], s->m);
    for (size_t j = 0; j < s->m; j++) {
        const dp_twofold c = plain ? (dp_twofold){high[j] / 2, low[j] / 2} : cost(&w->kernel, (dp_twofold){high[j], low[j]});
        high[j] = c.high, low[j] = c.low;
    }
}

/* Costs of row i: where they are kept, or in `room`. */
static void costs(const double **high, const double **low, const twice *w, const side *s, size_t i, double *room)
{
    *high = s->cost[0] ? s->cost[0] + i * s->m : room, *low = s->cost[0] ? s->cost[1] + i * s->m : room + s->m;
    if (!s->cost[0]) find_costs(room, room + s->m, w, s, i);
}

static dp_status some_costs(void *argument, slong i, int worker, dp_error *e)
{
    const twice *w = argument;
    const side *s = w->side + w->active;
    (void) worker, (void) e;
    find_costs(s->cost[0] + (size_t) i * s->m, s->cost[1] + (size_t) i * s->m, w, s, (size_t) i);
    return DP_OK;
}

/* ---- sweeps ---- */

/* e_j = G_j + F - c_j, rounded once. */
CLONES static void exponents(double *restrict e, const double *restrict high, const double *restrict low, double *const G[2], dp_twofold F, size_t m)
{
    const double *restrict G0 = G[0], *restrict G1 = G[1];
    for (size_t j = 0; j < m; j++) e[j] = dp_twofold_minus(dp_twofold_plus((dp_twofold){G0[j], G1[j]}, F), (dp_twofold){high[j], low[j]}).high;
}

/* The exponents of row i, in units of cost, with its potential F, and -inf up to dp_padded(m); the largest, -inf: there is no pair. room: behind e, padded. */
static double row_exponents(double *e, const twice *w, const side *s, size_t i, dp_twofold F)
{
    const double *high, *low;
    const size_t n = dp_padded(s->m);
    costs(&high, &low, w, s, i, e + n);
    exponents(e, high, low, s->potential, F, s->m);
    if (w->p.skip && i < s->m) e[i] = -INFINITY;
    for (size_t j = s->m; j < n; j++) e[j] = -INFINITY;
    return dp_largest(e, n);
}

/* e_j becomes half of exp((e_j - top)/eps), top being the largest; their sum. */
static double powers(double *e, const twice *w, const side *s, double top) { return dp_powers(e, top, log2e / dp_pkernel_eps(&w->kernel), dp_padded(s->m)); }

/* F_i = -eps log((1/m) sum_j exp((G_j - c_ij)/eps)): from what it was, which is near after some sweeps; where not, from the largest exponent. */
static dp_status row(void *argument, slong job, int worker, dp_error *e)
{
    const twice *w = argument;
    const side *s = w->side + w->active, *o = w->side + !w->active;
    const size_t i = (size_t) job;
    const double eps = dp_pkernel_eps(&w->kernel);
    double *line = w->room + (size_t) worker * w->width, top;
    dp_twofold F = {o->potential[0][i], o->potential[1][i]};
    (void) e;
    for (; (top = row_exponents(line, w, s, i, F)), fabs(top) > NEAR * eps; F = dp_twofold_minus(F, (dp_twofold){top, 0}))
        if (top == -INFINITY) return DP_OK;
    F = dp_twofold_minus(dp_twofold_minus(F, (dp_twofold){top, 0}), (dp_twofold){eps * log(2 * powers(line, w, s, top) / (double) s->m), 0});
    o->potential[0][i] = F.high, o->potential[1][i] = F.low;
    return DP_OK;
}

/* Whose turn step t is: the last is the rows'. */
static dp_status step(twice *w, slong t, dp_error *e)
{
    w->active = (int) ((w->steps - 1 - t) % 2);
    return dp_parallel(row, w, (slong) w->side[w->active].n, w->workers, e);
}

/* ---- a problem made ready ---- */

static double *scaled(const double *a, size_t n, int scale)
{
    double *to = dp_malloc(sizeof(double) * n);
    for (size_t i = 0; i < n; i++) to[i] = ldexp(a[i], scale);
    return to;
}

static void side_init(side *s, size_t n, size_t m, size_t d, const double *own, const double *other)
{
    *s = (side){.n = n, .m = m, .own = own, .other = dp_malloc(sizeof(double) * m * d)};
    for (size_t j = 0; j < m; j++)
        for (size_t k = 0; k < d; k++) s->other[k * m + j] = other[j * d + k];
    for (int half = 0; half < 2; half++) {
        s->potential[half] = dp_calloc(m, sizeof(double));
        if (n <= STORED / m) s->cost[half] = dp_malloc(sizeof(double) * n * m);
    }
}

static void side_clear(side *s) { free(s->other), free(s->potential[0]), free(s->potential[1]), free(s->cost[0]), free(s->cost[1]); }

/* A bound on exponents: that of the diagonal of the box around all points. */
static double largest(const twice *w)
{
    double r2 = 0;
    for (size_t k = 0; k < w->p.d; k++) {
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < w->p.n; i++) low = fmin(low, w->a[i * w->p.d + k]), high = fmax(high, w->a[i * w->p.d + k]);
        for (size_t j = 0; j < w->p.m; j++) low = fmin(low, w->b[j * w->p.d + k]), high = fmax(high, w->b[j * w->p.d + k]);
        r2 += (high - low) * (high - low);
    }
    return dp_over_eps(&w->kernel, dp_pkernel_cost(&w->kernel, DP_FORM_KERNEL, r2));
}

static void twice_clear(twice *w)
{
    side_clear(w->side), side_clear(w->side + 1);
    for (int t = 0; t < 2; t++) free(w->bar[t]), free(w->move[t]);
    free(w->a), free(w->b), free(w->room);
}

static dp_status twice_init(twice *w, const dp_pairing *p, slong sweeps, int columns_first, dp_error *e)
{
    double widest = 0;
    dp_status status = DP_OK;
    *w = (twice){.p = *p, .kernel = *p->kernel, .workers = FLINT_MAX(1, FLINT_MIN(p->threads, DP_THREADS)), .steps = 2 * sweeps + (sweeps == 0 || !columns_first), .width = 3 * dp_padded(FLINT_MAX(p->n, p->m))};
    for (slong i = 0; i < w->kernel.nparts; i++) widest = fmax(widest, w->kernel.part[i].h);
    w->scale = -ilogb(widest);
    for (slong i = 0; i < w->kernel.nparts; i++) w->kernel.part[i].h = ldexp(w->kernel.part[i].h, w->scale);
    w->kernel.h = w->kernel.part[0].h;
    w->a = scaled(p->a, p->n * p->d, w->scale), w->b = scaled(p->b, p->m * p->d, w->scale);
    side_init(w->side, p->n, p->m, p->d, w->a, w->b), side_init(w->side + 1, p->m, p->n, p->d, w->b, w->a);
    w->room = dp_malloc(sizeof(double) * w->width * (size_t) w->workers);
    if (!(largest(w) < REACH)) return dp_fail(e, DP_EBUDGET, "sinkhorn: exponents of up to %.2g, which leave the weights no digits: --precision DIGITS, or a wider kernel", largest(w));
    for (w->active = 0; w->active < 2 && w->side->cost[0] && !status; w->active++) status = dp_parallel(some_costs, w, (slong) w->side[w->active].n, w->workers, e);
    return status;
}

/* ---- what comes of it ---- */

/* Back from the unit of costs. */
static double unscaled(const twice *w, double cost) { return ldexp(cost, -w->scale * w->kernel.power); }

/* sum_j w_j (b_j - a_i), the weights of row i, whose exponents are known, with sum 1. */
static dp_status barycentre(void *argument, slong job, int worker, dp_error *e)
{
    const twice *w = argument;
    const size_t d = w->p.d, i = (size_t) job;
    double *line = w->room + (size_t) worker * w->width, *to = w->move[0] + i * d;
    (void) e;
    memset(to, 0, sizeof(double) * d);
    const double top = row_exponents(line, w, w->side, i, (dp_twofold){w->side[1].potential[0][i], w->side[1].potential[1][i]});
    if (top == -INFINITY) return DP_OK;
    const double sum = powers(line, w, w->side, top);
    for (size_t j = 0; j < w->p.m; j++)
        for (size_t k = 0; line[j] > 0 && k < d; k++) to[k] += line[j] * (w->p.b[j * d + k] - w->p.a[i * d + k]);
    for (size_t k = 0; k < d; k++) to[k] /= sum;
    return DP_OK;
}

dp_status dp_twice_sweeps(double *shift, double *f, double *g, const dp_pairing *p, slong sweeps, int columns_first, dp_error *e)
{
    twice w;
    dp_status status = twice_init(&w, p, sweeps, columns_first, e);
    for (slong t = 0; t < w.steps && !status; t++) status = step(&w, t, e);
    for (size_t i = 0; i < p->n; i++) f[i] = unscaled(&w, w.side[1].potential[0][i]);
    for (size_t j = 0; j < p->m; j++) g[j] = unscaled(&w, w.side[0].potential[0][j]);
    w.move[0] = shift;
    if (shift && !status) status = dp_parallel(barycentre, &w, (slong) p->n, w.workers, e);
    w.move[0] = NULL;
    twice_clear(&w);
    return status;
}

/* ---- the way back ---- */

/* dc/dr over r at r^2. */
static double slope(const dp_pkernel *k, double r2)
{
    double far, top = -INFINITY, sum = 0, over = 0, log_part[64];
    if (k->power == 2) return 1;
    if (r2 == 0) return 0;
    for (slong i = 0; i < k->nparts; i++) {
        log_part[i] = k->part[i].log_weight + dp_kernel_near(&far, k->part[i].family, k->part[i].h, DP_FORM_KERNEL, r2);
        log_part[i] -= k->part[i].family == DP_KERNEL_GAUSSIAN ? far / k->part[i].h / k->part[i].h : far / k->part[i].h;
        top = fmax(top, log_part[i]);
    }
    for (slong i = 0; i < k->nparts; i++) {
        const double weight = exp(log_part[i] - top), near = dp_kernel_near(&far, k->part[i].family, k->part[i].h, DP_FORM_KERNEL, r2);
        sum += weight, over += weight * exp(dp_kernel_near(&far, k->part[i].family, k->part[i].h, DP_FORM_SLOPE, r2) - near);
    }
    return dp_pkernel_eps(k) * over / sum;
}

/* Of point i of side `own`, at a step of the active side: its derivative gains sum_j (coefficient of the active one of i, j) w_ij c'(r)/r (a_i - b_j); a passive one's potential has -sum_j coefficient_j w_ij. */
static void back(const twice *w, int own, size_t i, double *line)
{
    const side *s = w->side + own;
    const int passive = own != w->active;
    const double mass = 1 / (double) w->side[w->active].m, *coeff = w->bar[w->active];
    const size_t d = w->p.d;
    double *to = w->move[own] + i * d, sum = 0;
    const double top = row_exponents(line, w, s, i, (dp_twofold){w->side[!own].potential[0][i], w->side[!own].potential[1][i]});
    if (top == -INFINITY) return;
    const double unit = 2 * mass * exp(dp_over_eps(&w->kernel, top));
    powers(line, w, s, top);
    for (size_t j = 0; j < s->m; j++) {
        const double weight = (passive ? coeff[j] : coeff[i]) * unit * line[j];
        double r2 = 0;
        if (weight == 0) continue;
        for (size_t k = 0; k < d && w->kernel.power != 2; k++) r2 += (s->own[i * d + k] - s->other[k * s->m + j]) * (s->own[i * d + k] - s->other[k * s->m + j]);
        const double pull = weight * slope(&w->kernel, r2);
        for (size_t k = 0; k < d; k++) to[k] += pull * (s->own[i * d + k] - s->other[k * s->m + j]);
        sum += weight;
    }
    if (passive) w->bar[own][i] -= sum;
}

static dp_status back_active(void *argument, slong job, int worker, dp_error *e)
{
    const twice *w = argument;
    (void) e;
    back(w, w->active, (size_t) job, w->room + (size_t) worker * w->width);
    return DP_OK;
}

static dp_status back_passive(void *argument, slong job, int worker, dp_error *e)
{
    const twice *w = argument;
    (void) e;
    back(w, !w->active, (size_t) job, w->room + (size_t) worker * w->width);
    return DP_OK;
}

/* Potentials of the active side as a step found them. */
static void keep(double *to, const twice *w)
{
    const side *o = w->side + !w->active;
    for (int half = 0; half < 2; half++) memcpy(to + (size_t) half * o->m, o->potential[half], sizeof(double) * o->m);
}

static void recall(const double *from, const twice *w, int of)
{
    const side *o = w->side + !of;
    for (int half = 0; half < 2; half++)
        if (from) memcpy(o->potential[half], from + (size_t) half * o->m, sizeof(double) * o->m);
        else memset(o->potential[half], 0, sizeof(double) * o->m);
}

static dp_status there_and_back(twice *w, double *kept, size_t size, dp_error *e)
{
    dp_status status = DP_OK;
    for (int t = 0; t < 2; t++) {
        w->bar[t] = dp_malloc(sizeof(double) * w->side[t].n), w->move[t] = dp_calloc(w->side[t].n * w->p.d, sizeof(double));
        for (size_t i = 0; i < w->side[t].n; i++) w->bar[t][i] = 1 / (double) w->side[t].n;
    }
    for (slong t = 0; t < w->steps && !status; t++) status = step(w, t, e), keep(kept + (size_t) t * size, w);
    for (slong t = w->steps - 1; t >= 0 && !status; t--) {
        w->active = (int) ((w->steps - 1 - t) % 2);
        recall(kept + (size_t) t * size, w, w->active), recall(t ? kept + (size_t) (t - 1) * size : NULL, w, !w->active);
        status = dp_parallel(back_active, w, (slong) w->side[w->active].n, w->workers, e);
        if (!status) status = dp_parallel(back_passive, w, (slong) w->side[!w->active].n, w->workers, e);
        memset(w->bar[w->active], 0, sizeof(double) * w->side[w->active].n);
    }
    return status;
}

dp_status dp_twice_gradient(double *da, double *db, double factor, const dp_pairing *p, slong sweeps, int columns_first, dp_error *e)
{
    const size_t size = 2 * FLINT_MAX(p->n, p->m);
    twice w;
    if ((size_t) sweeps >= MOST / size) return dp_fail(e, DP_EUNSUPPORTED, "sinkhorn: the potentials of %ld sweeps are too many for the derivative of the value that they reach: fewer sweeps, or none given (to convergence)", sweeps);
    dp_status status = twice_init(&w, p, sweeps, columns_first, e);
    double *kept = dp_malloc(sizeof(double) * (size_t) w.steps * size);
    if (!status) status = there_and_back(&w, kept, size, e);
    for (size_t i = 0; i < p->n * p->d && !status; i++) da[i] += factor * ldexp(w.move[0][i], w.scale * (1 - w.kernel.power));
    for (size_t i = 0; i < p->m * p->d && db && !status; i++) db[i] += factor * ldexp(w.move[1][i], w.scale * (1 - w.kernel.power));
    free(kept);
    twice_clear(&w);
    return status;
}
