/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_tail.c: log of k*q on a lattice where the transforms' noise hides it: mixtures as sums of Gaussians of many widths, other laws by plain sums over few nodes. */
#include <string.h>

#include "base/threads.h"
#include "drift/est_fft.h"

#define EACH for (int i = 0; i < DP_LANES; i++)

/* Nodes without a value are NaN in log_z. g: a mixture's sum, of n = 0 terms for other laws; lo, hi, every: the nodes of their plain sums. */
typedef struct { const est_source *s; real *log_z; est_gsum g; slong lo[3], hi[3], every[3]; } sparse;

/* ---- mixtures ----
   Every kernel here is a mixture of Gaussians, k(r) = int exp(-s r^2) w(s) ds, so that k*q is one of Gaussians of covariances R_j + 1/2s: positive terms, at any distance, for any covariances. The
   trapezoidal rule in log s errs by |K_iw(z)/K_0(z)| for the exponential kernels, z = a r, w = 2 pi/step: below exp(-w^2/2z) where w < z, and below exp(z - pi w/2) beyond. */

static void exact_width(fmpq_t h, real rest)
{
    arf_t sum, part;
    arf_init(sum), arf_init(part);
    for (int i = 0; i < 3; i++) {
        const double piece = (double) rest;
        rest -= piece;
        arf_set_d(part, piece), arf_add(sum, sum, part, ARF_PREC_EXACT, ARF_RND_DOWN);
    }
    arf_get_fmpq(h, sum);
    arf_clear(sum), arf_clear(part);
}

/* Appends k_h*q times exp(log_c). */
static void append(est_gsum *g, const dp_measure_struct *mu, real h, real log_c)
{
    est_gsum one;
    fmpq_t width;
    fmpq_init(width);
    exact_width(width, h);
    est_gsum_init(&one, mu, width);
    const size_t n = (size_t) g->n, m = (size_t) one.n, d = (size_t) one.dim;
    g->mean = dp_realloc(g->mean, (n + m) * d * sizeof(real)), memcpy(g->mean + n * d, one.mean, m * d * sizeof(real));
    g->inv = dp_realloc(g->inv, (n + m) * d * d * sizeof(real)), memcpy(g->inv + n * d * d, one.inv, m * d * d * sizeof(real));
    g->log_c = dp_realloc(g->log_c, (n + m) * sizeof(real));
    for (size_t j = 0; j < m; j++)
        g->log_c[n + j] = one.log_c[j] + log_c;
    g->dim = one.dim, g->n += one.n;
    est_gsum_clear(&one), fmpq_clear(width);
}

/* log of s w(s). */
static real log_scale_weight(const est_part *part, real s)
{
    const int nu2 = est_twice_nu(part->family);
    if (nu2 == 0)
        return (r_log(s * part->h * part->h) - r_log(est_pi())) / 2 - s * part->h * part->h;
    const real a2 = nu2 / (part->h * part->h), A = a2 / (2 * s), plain = (r_log(a2 / s) - r_log(4 * est_pi())) / 2 - A / 2;
    return plain + (nu2 == 1 ? 0 : nu2 == 3 ? r_log(A) : 2 * r_log(A) - r_log((real) 3));
}

/* All widths of a part whose weight is above exp(-most) of the whole, up to the distance `far`; `shift`, a share of the step, moves them. */
static void append_part(est_gsum *g, const est_source *s, const est_part *part, real far, real most, real shift)
{
    const int nu2 = est_twice_nu(part->family);
    const real h = part->h, z = r_sqrt((real) nu2) * far / h, log_part = r_log(part->weight);
    real lo, hi, step = 2 * est_pi() / r_max(2 * most, r_sqrt(2 * most * z));
    if (part->family == DP_KERNEL_GAUSSIAN) {
        append(g, s->mu, h, log_part);
        return;
    }
    if (nu2) { /* at distance r the integrand is exp(-z (t + 1/t)/2), s = t a/2r; where q is smooth it falls as s^(-nu - d/2) */
        const real t = 1 + most / r_max(z, 1);
        lo = r_log(nu2 / (2 * h * h * r_max(z, 1))) - r_log(t + r_sqrt(t * t - 1)), hi = r_log(nu2 / (h * h)) + most / ((real) (nu2 + s->dim) / 2);
    } else
        lo = -r_log(h * h + far * far) - 2 * most, hi = r_log(2 * most / (h * h));
    const slong n = (slong) r_ceil((hi - lo) / step) + 1;
    for (slong i = 0; i < n; i++) {
        const real scale = r_exp(lo + ((real) i + shift) * step);
        append(g, s->mu, 1 / r_sqrt(2 * scale), log_part + log_scale_weight(part, scale) + r_log(step));
    }
}

static void widths_init(sparse *f)
{
    const est_source *s = f->s;
    real far = 0;
    for (int k = 0; k < s->dim; k++)
        far += s->step[k] * (real) s->nodes.n[k] * (s->step[k] * (real) s->nodes.n[k]);
    for (slong p = 0; p < s->k->n; p++) /* half a step aside at every other level: two rules that share no node */
        append_part(&f->g, s, s->k->part + p, r_sqrt(far), R_NEGLIGIBLE * (s->tails > 1 ? 0.5 : 0.67), s->level % 2 ? 0.5 : 0);
}

static void sum_of_widths(real *out, const sparse *f, dp_lanes *on, const est_at *x)
{
    dp_emoments m;
    dp_lanes_release(on, 0);
    est_moments_new(&m, on, f->s->dim, 1);
    est_gsum_at(&m, &f->g, x, 1);
    memcpy(out, m.log.v, DP_LANES * sizeof *out);
}

/* ---- other laws ---- */

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
    dp_lanes *on = dp_lanes_new(&R_OPS);
    (void) worker, (void) e;
    for (slong i = 0; i <= n; i++) {
        if (i < n && f->log_z[line * n + i] != f->log_z[line * n + i])
            at[used++] = i;
        if (used == DP_LANES || (i == n && used > 0)) {
            est_at x;
            real found[DP_LANES];
            for (slong k = 0; k < DP_LANES; k++)
                x.x[0][k] = s->nodes.x[0][at[FLINT_MIN(k, used - 1)]], x.x[1][k] = s->nodes.x[1][j], x.x[2][k] = s->nodes.x[2][l];
            f->g.n ? sum_of_widths(found, f, on, &x) : sparse_sums(found, f, &x);
            for (slong k = 0; k < used; k++)
                f->log_z[line * n + at[k]] = found[k];
            used = 0;
        }
    }
    dp_lanes_free(on);
    return DP_OK;
}

/* Of a box or a table the box of the weights above e^-32 of the largest; at most 20 x 20 or 10 x 10 x 10 nodes of it are summed (for tails = 2 a half or a third as many along an
   axis), and fewer by a seventh at every other level: nodes that fall differently about edges, so that the levels' difference shows what they miss. */
dp_status est_fill_tails(est_source *s, real *log_z, real top, int threads, dp_error *e)
{
    const slong whole = (s->dim == 2 ? 20 : 10) / (s->tails > 1 ? s->dim : 1), most = whole - (s->level % 2 ? (whole + 6) / 7 : 0), *n = s->nodes.n;
    sparse f = {.s = s, .log_z = log_z, .lo = {n[0] - 1, n[1] - 1, n[2] - 1}};
    if (s->mu->family == DP_MIXTURE)
        widths_init(&f);
    for (slong i = 0; i < est_size(&s->nodes); i++) {
        const slong at[3] = {i % n[0], i / n[0] % n[1], i / n[0] / n[1]};
        for (int k = 0; k < 3 && s->log_w[i] > top - 32; k++)
            f.lo[k] = FLINT_MIN(f.lo[k], at[k]), f.hi[k] = FLINT_MAX(f.hi[k], at[k]);
    }
    for (int k = 0; k < 3; k++)
        f.every[k] = ((f.hi[k] - f.lo[k]) / s->thin[k] + most) / most * s->thin[k];
    const dp_status status = dp_parallel(fill_line, &f, est_lines(&s->nodes), threads, e);
    est_gsum_clear(&f.g);
    return status;
}
