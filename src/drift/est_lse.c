/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_lse.c: log-sum-exp against Gaussian kernels: axis by axis between tensor nodes, pair by pair else; vectorised over the results. */
#include <stdint.h>
#include <string.h>

#include "base/threads.h"
#include "drift/est_lse.h"

#if !defined(DP_PLAIN) && defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define FAST __attribute__((target_clones("avx512f", "avx2", "default"), optimize("O3")))
#else
#define FAST
#endif

/* e^d for d <= 0 to about an ulp; 0 below -50, which a sum beside 1 does not see. Taylor to degree 12 on |r| <= log(2)/2, powers of two by exponent bits. */
static inline double exp_below(double d)
{
    const double z = d > -50 ? d : -50, shifted = z * M_LOG2E + 0x1.8p52, k = shifted - 0x1.8p52;
    const double r = (z - k * 0x1.62e42fefa38p-1) - k * 0x1.ef35793c7673p-45;
    double s = 1 / 479001600.0;
    s = s * r + 1 / 39916800.0, s = s * r + 1 / 3628800.0, s = s * r + 1 / 362880.0, s = s * r + 1 / 40320.0;
    s = s * r + 1 / 5040.0, s = s * r + 1 / 720.0, s = s * r + 1 / 120.0, s = s * r + 1 / 24.0, s = s * r + 1 / 6.0;
    s = s * r + 0.5, s = s * r + 1, s = s * r + 1;
    union { double v; uint64_t u; } bits = {.v = shifted};
    bits.u = (bits.u + 1023) << 52; /* k sits in the lowest bits of shifted */
    return d > -50 ? s * bits.v : 0;
}

/* top_i = max(top_i, a_i + b). */
FAST static void raise_top(double *restrict top, const double *restrict a, double b, slong n)
{
    for (slong i = 0; i < n; i++)
        top[i] = a[i] + b > top[i] ? a[i] + b : top[i];
}

/* sum_i += exp(a_i + b - top_i). */
FAST static void add_exp(double *restrict sum, const double *restrict top, const double *restrict a, double b, slong n)
{
    for (slong i = 0; i < n; i++)
        sum[i] += exp_below(a[i] + b - top[i]);
}

/* a_i = -c |x_i - y|^2. */
FAST static void exponents(double *restrict a, const double *restrict x0, const double *restrict x1, const double *restrict x2, const double *y, double c, slong n)
{
    for (slong i = 0; i < n; i++) {
        const double u = x0[i] - y[0], v = x1[i] - y[1], w = x2[i] - y[2];
        a[i] = -c * (u * u + v * v + w * w);
    }
}

void est_set_init(est_set *s, const est_source *from)
{
    *s = (est_set){.dim = from->dim, .axes = from->kind == EST_TENSOR ? &from->nodes : NULL};
    s->n = s->axes ? est_size(s->axes) : from->n;
    for (int k = 0; k < 3; k++) {
        s->x[k] = dp_calloc((size_t) s->n, sizeof(double));
        for (slong i = 0; i < s->n && k < s->dim; i++) {
            const slong at = !s->axes ? i : k == 0 ? i % s->axes->n[0] : k == 1 ? i / s->axes->n[0] % s->axes->n[1] : i / (s->axes->n[0] * s->axes->n[1]);
            s->x[k][i] = s->axes ? s->axes->x[k][at] : from->point[i * s->dim + k];
        }
    }
}

static double *copied(const double *x, slong n)
{
    return memcpy(dp_malloc((size_t) n * sizeof *x), x, (size_t) n * sizeof *x);
}

void est_set_copy(est_set *out, const est_set *s)
{
    *out = *s;
    for (int k = 0; k < 3; k++)
        out->x[k] = copied(s->x[k], s->n);
    if (!s->axes)
        return;
    out->own = *s->axes;
    for (int k = 0; k < 3; k++)
        out->own.x[k] = copied(s->axes->x[k], s->axes->n[k]);
}

void est_set_clear(est_set *s)
{
    for (int k = 0; k < 3; k++)
        free(s->own.x[k]);
    for (int k = 0; k < 3; k++)
        free(s->x[k]);
}

static void finish(double *out, const double *top, const double *sum, slong n)
{
    for (slong i = 0; i < n; i++)
        out[i] = top[i] + log(sum[i]);
}

/* ---- pair by pair ---- */

enum { CHUNK = 256 };
typedef struct { double *out; const est_set *to, *from; const double *t; double c; } pairs;

static dp_status some_pairs(void *argument, slong job, int worker, dp_error *e)
{
    const pairs *p = argument;
    const slong first = job * CHUNK, n = FLINT_MIN(CHUNK, p->to->n - first);
    double top[CHUNK], sum[CHUNK] = {0}, a[CHUNK];
    (void) worker, (void) e;
    for (slong i = 0; i < n; i++)
        top[i] = -INFINITY;
    for (int pass = 0; pass < 2; pass++)
        for (slong j = 0; j < p->from->n; j++) {
            if (p->t[j] == -INFINITY)
                continue;
            const double y[3] = {p->from->x[0][j], p->from->x[1][j], p->from->x[2][j]};
            exponents(a, p->to->x[0] + first, p->to->x[1] + first, p->to->x[2] + first, y, p->c, n);
            if (pass == 0)
                raise_top(top, a, p->t[j], n);
            else
                add_exp(sum, top, a, p->t[j], n);
        }
    finish(p->out + first, top, sum, n);
    return DP_OK;
}

/* ---- axis by axis ---- */

/* in: [outer][n][inner] to out: [outer][m][inner]; D: exponents of the axis, [n][m]. */
typedef struct { double *out; const double *in, *D; slong n, m, inner; } axis_pass;

/* The first axis: results of one line at once. */
static dp_status first_axis(void *argument, slong line, int worker, dp_error *e)
{
    const axis_pass *p = argument;
    const double *t = p->in + line * p->n;
    double *top = dp_malloc((size_t) (2 * p->m) * sizeof *top), *sum = top + p->m;
    (void) worker, (void) e;
    for (slong i = 0; i < p->m; i++)
        top[i] = -INFINITY, sum[i] = 0;
    for (slong j = 0; j < p->n; j++)
        if (t[j] > -INFINITY)
            raise_top(top, p->D + j * p->m, t[j], p->m);
    for (slong j = 0; j < p->n; j++)
        if (t[j] > -INFINITY)
            add_exp(sum, top, p->D + j * p->m, t[j], p->m);
    finish(p->out + line * p->m, top, sum, p->m);
    free(top);
    return DP_OK;
}

/* Another axis: job = (outer, result's index on the axis); all of `inner` at once. */
static dp_status other_axis(void *argument, slong job, int worker, dp_error *e)
{
    const axis_pass *p = argument;
    const slong o = job / p->m, i = job % p->m;
    const double *in = p->in + o * p->n * p->inner;
    double *top = dp_malloc((size_t) (2 * p->inner) * sizeof *top), *sum = top + p->inner;
    (void) worker, (void) e;
    for (slong l = 0; l < p->inner; l++)
        top[l] = -INFINITY, sum[l] = 0;
    for (slong j = 0; j < p->n; j++)
        raise_top(top, in + j * p->inner, p->D[j * p->m + i], p->inner);
    for (slong j = 0; j < p->n; j++)
        add_exp(sum, top, in + j * p->inner, p->D[j * p->m + i], p->inner);
    finish(p->out + job * p->inner, top, sum, p->inner);
    free(top);
    return DP_OK;
}

static const est_axes *axes_of(const est_set *s) { return s->own.x[0] ? &s->own : s->axes; }

static void by_axes(double *out, const est_axes *to, const est_axes *from, const double *t, double c, int threads)
{
    double *in = NULL;
    slong inner = 1, rest = est_size(from);
    for (int k = 0; k < to->dim; k++) {
        const slong n = from->n[k], m = to->n[k];
        rest /= n;
        double *D = dp_malloc((size_t) (n * m) * sizeof *D), *res = k == to->dim - 1 ? out : dp_malloc((size_t) (rest * m * inner) * sizeof *res);
        for (slong j = 0; j < n; j++)
            for (slong i = 0; i < m; i++) {
                const double u = to->x[k][i] - from->x[k][j];
                D[j * m + i] = -c * u * u;
            }
        axis_pass p = {res, in ? in : t, D, n, m, inner};
        dp_parallel(k == 0 ? first_axis : other_axis, &p, k == 0 ? rest : rest * m, threads, NULL);
        free(in), free(D);
        in = res, inner *= m;
    }
}

void est_lse(double *out, const est_set *to, const est_set *from, const double *t, double c, int threads)
{
    if (to->axes && from->axes)
        by_axes(out, axes_of(to), axes_of(from), t, c, threads);
    else
        dp_parallel(some_pairs, &(pairs){out, to, from, t, c}, (to->n + CHUNK - 1) / CHUNK, threads, NULL);
}

double est_lse_cost(const est_set *to, const est_set *from)
{
    double cost = 0, inner = 1, rest = (double) from->n;
    if (!to->axes || !from->axes)
        return (double) to->n * (double) from->n;
    for (int k = 0; k < to->dim; k++) {
        cost += rest * inner * (double) to->axes->n[k];
        rest /= (double) from->axes->n[k], inner *= (double) to->axes->n[k];
    }
    return cost;
}
