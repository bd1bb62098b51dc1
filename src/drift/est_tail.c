/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_tail.c: log of k*q on a lattice where the transforms' noise hides it: by quadrature around each node on the line, by plain sums over few nodes elsewhere. */
#include <string.h>

#include "base/threads.h"
#include "drift/est_fft.h"

#define EACH for (int i = 0; i < DP_LANES; i++)

/* Nodes without a value are NaN in log_z. lo, hi, every: the nodes of a plain sum. */
typedef struct { const est_source *s; real *log_z; slong lo[3], hi[3], every[3]; } sparse;

/* ---- on the line, by panels ---- */

/* log of a sum over nodes, DP_LANES at a time. */
typedef struct { const est_source *s; dp_lanes *on; real x, top, sum, y[DP_LANES], log_w[DP_LANES]; int n; } line_sum;

static void flush(line_sum *a)
{
    real log_f[DP_LANES] __attribute__((aligned(64))), r2[DP_LANES], phi[DP_LANES], v[4][DP_LANES];
    est_at at;
    memset(&at, 0, sizeof at);
    if (a->n == 0)
        return;
    EACH at.x[0][i] = a->y[i < a->n ? i : 0];
    EACH r2[i] = (at.x[0][i] - a->x) * (at.x[0][i] - a->x);
    est_law_log(log_f, &a->s->law, a->on, &at);
    for (slong p = 0; p < a->s->k->n; p++) {
        est_kernel_lanes(phi, v, a->s->k->part + p, r2);
        for (int i = 0; i < a->n; i++) {
            const real l = log_f[i] + a->log_w[i] - phi[i] + r_log(a->s->k->part[p].weight * v[0][i]);
            if (l > a->top)
                a->sum = a->sum * r_exp(a->top - l) + 1, a->top = l;
            else
                a->sum += r_exp(l - a->top);
        }
    }
    a->n = 0;
}

static void panel(line_sum *a, const est_gauss *g, real lo, real hi)
{
    for (int i = 0; i < g->n; i++) {
        a->y[a->n] = (lo + hi + (hi - lo) * g->y[i]) / 2, a->log_w[a->n] = r_log(g->w[i] * (hi - lo) / 2);
        if (++a->n == DP_LANES)
            flush(a);
    }
}

/* From x to end: panels that grow with the distance from x, up to the law's width, and end at its kink. */
static void side(line_sum *a, const est_gauss *g, real end, real h, real width, real kink)
{
    const real sign = end < a->x ? -1 : 1;
    for (real y = a->x; (end - y) * sign > 0;) {
        real next = y + sign * r_min(h / 2 + r_fabs(y - a->x) / 4, width);
        if ((kink - y) * sign > 0 && (kink - next) * sign < 0)
            next = kink;
        if ((end - next) * sign < 0)
            next = end;
        panel(a, g, r_min(y, next), r_max(y, next));
        y = next;
    }
}

/* log of the integral of k(x - y) q(y) over what the kernels reach and the bulk of q. */
static real line_integral(dp_lanes *on, const est_source *s, const est_gauss *g, real x)
{
    line_sum a = {.s = s, .on = on, .x = x, .top = -DBL_MAX};
    real lo, hi, reach = 0, kink = s->mu->family == DP_LAPLACE ? s->law.centre : INFINITY;
    for (slong p = 0; p < s->k->n; p++)
        if (s->k->part[p].family != DP_KERNEL_IMQ)
            reach = r_max(reach, est_kernel_reach(s->k->part + p));
    est_bulk(&lo, &hi, &s->law, 0, 1);
    const real h = est_narrowest(s->k), width = est_smallest_width(&s->law, 0);
    side(&a, g, r_min(lo, x - reach), h, width, kink), side(&a, g, r_max(hi, x + reach), h, width, kink);
    flush(&a);
    return a.top + r_log(a.sum);
}

enum { SOME = 16 };

static dp_status fill_some(void *argument, slong job, int worker, dp_error *e)
{
    const sparse *f = argument;
    dp_lanes *on = dp_lanes_new(&R_OPS);
    est_gauss g;
    (void) worker, (void) e;
    est_gauss_init(&g, R_POINTS);
    for (slong i = job * SOME; i < FLINT_MIN(f->s->nodes.n[0], (job + 1) * SOME); i++)
        if (f->log_z[i] != f->log_z[i])
            f->log_z[i] = line_integral(on, f->s, &g, f->s->nodes.x[0][i]);
    dp_lanes_free(on);
    return DP_OK;
}

/* ---- by plain sums ---- */


EST_SIMD static void add_lanes(real *restrict top, real *restrict sum, const real *restrict phi, const real *restrict v, real log_w)
{
    real l[DP_LANES] __attribute__((aligned(64))), keep[DP_LANES] __attribute__((aligned(64)));
    EACH {
        const real x = log_w - phi[i], most = x > top[i] ? x : top[i];
        keep[i] = top[i] - most, l[i] = x - most, top[i] = most;
    }
    est_vexp(keep, keep), est_vexp(l, l);
    EACH sum[i] = sum[i] * keep[i] + l[i] * v[i];
}

/* log of a plain sum over every few nodes where nearly all weight lies, for places where the transforms' noise hides Z: the kernel is smooth there. */
static void sparse_sums(real *out, const sparse *f, const est_at *x)
{
    const est_source *s = f->s;
    const slong *n = s->nodes.n;
    real top[DP_LANES], sum[DP_LANES] = {0}, r2[DP_LANES], phi[DP_LANES], v[4][DP_LANES], share = 1;
    EACH top[i] = -DBL_MAX;
    for (slong c = f->lo[2]; c <= f->hi[2]; c += f->every[2])
        for (slong b = f->lo[1]; b <= f->hi[1]; b += f->every[1])
            for (slong a = f->lo[0]; a <= f->hi[0]; a += f->every[0]) {
                const real log_w = s->log_w[a + n[0] * (b + n[1] * c)], y = s->nodes.x[1][b], z = s->nodes.x[2][c];
                EACH {
                    const real t = s->nodes.x[0][a] - x->x[0][i];
                    r2[i] = t * t + (y - x->x[1][i]) * (y - x->x[1][i]) + (z - x->x[2][i]) * (z - x->x[2][i]);
                }
                for (slong p = 0; p < s->k->n && log_w > -INFINITY; p++) {
                    est_kernel_lanes(phi, v, s->k->part + p, r2);
                    add_lanes(top, sum, phi, v[0], log_w + r_log(s->k->part[p].weight));
                }
            }
    for (int k = 0; k < 3; k++)
        share *= (real) (f->every[k] / s->thin[k]);
    EACH out[i] = top[i] + r_log(sum[i] * share);
}

static dp_status fill_line(void *argument, slong line, int worker, dp_error *e)
{
    const sparse *f = argument;
    const est_source *s = f->s;
    const slong n = s->nodes.n[0], j = line % s->nodes.n[1], l = line / s->nodes.n[1];
    slong at[DP_LANES], used = 0;
    (void) worker, (void) e;
    for (slong i = 0; i <= n; i++) {
        if (i < n && f->log_z[line * n + i] != f->log_z[line * n + i])
            at[used++] = i;
        if (used == DP_LANES || (i == n && used > 0)) {
            est_at x;
            real found[DP_LANES];
            for (slong k = 0; k < DP_LANES; k++)
                x.x[0][k] = s->nodes.x[0][at[FLINT_MIN(k, used - 1)]], x.x[1][k] = s->nodes.x[1][j], x.x[2][k] = s->nodes.x[2][l];
            sparse_sums(found, f, &x);
            for (slong k = 0; k < used; k++)
                f->log_z[line * n + at[k]] = found[k];
            used = 0;
        }
    }
    return DP_OK;
}

/* The box of the weights above e^-32 of the largest; at most 1024, 20 x 20 or 10 x 10 x 10 nodes of it are summed, an accuracy that the levels'
   difference shows. */
dp_status est_fill_tails(est_source *s, real *log_z, real top, int threads, dp_error *e)
{
    const slong most = s->dim == 1 ? 1024 : s->dim == 2 ? 20 : 10, *n = s->nodes.n;
    sparse f = {.s = s, .log_z = log_z, .lo = {n[0] - 1, n[1] - 1, n[2] - 1}};
    if (s->dim == 1 && !s->mu->box)
        return dp_parallel(fill_some, &f, (n[0] + SOME - 1) / SOME, threads, e);
    for (slong i = 0; i < est_size(&s->nodes); i++) {
        const slong at[3] = {i % n[0], i / n[0] % n[1], i / n[0] / n[1]};
        for (int k = 0; k < 3 && s->log_w[i] > top - 32; k++)
            f.lo[k] = FLINT_MIN(f.lo[k], at[k]), f.hi[k] = FLINT_MAX(f.hi[k], at[k]);
    }
    for (int k = 0; k < 3; k++)
        f.every[k] = ((f.hi[k] - f.lo[k]) / s->thin[k] + most) / most * s->thin[k];
    return dp_parallel(fill_line, &f, est_lines(&s->nodes), threads, e);
}
