/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_tail.c: log of k*q on a lattice where the transforms' noise hides it: by plain sums over few nodes. */
#include <string.h>

#include "base/threads.h"
#include "drift/est_fft.h"

#define EACH for (int i = 0; i < DP_LANES; i++)

/* Nodes without a value are NaN in log_z. lo, hi, every: the nodes of a plain sum. */
typedef struct { const est_source *s; real *log_z; slong lo[3], hi[3], every[3]; } sparse;

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

/* The box of the weights above e^-32 of the largest; at most 20 x 20 or 10 x 10 x 10 nodes of it are summed (for tails = 2 a half or a third as many along an
   axis), an accuracy that the levels' difference shows. */
dp_status est_fill_tails(est_source *s, real *log_z, real top, int threads, dp_error *e)
{
    const slong most = (s->dim == 2 ? 20 : 10) / (s->tails > 1 ? s->dim : 1), *n = s->nodes.n;
    sparse f = {.s = s, .log_z = log_z, .lo = {n[0] - 1, n[1] - 1, n[2] - 1}};
    for (slong i = 0; i < est_size(&s->nodes); i++) {
        const slong at[3] = {i % n[0], i / n[0] % n[1], i / n[0] / n[1]};
        for (int k = 0; k < 3 && s->log_w[i] > top - 32; k++)
            f.lo[k] = FLINT_MIN(f.lo[k], at[k]), f.hi[k] = FLINT_MAX(f.hi[k], at[k]);
    }
    for (int k = 0; k < 3; k++)
        f.every[k] = ((f.hi[k] - f.lo[k]) / s->thin[k] + most) / most * s->thin[k];
    return dp_parallel(fill_line, &f, est_lines(&s->nodes), threads, e);
}
