/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_gsum.c: sums of Gaussians at columns of points: value, gradient and Hessian of the logarithm's kind, with every term's rounding. */
#include <string.h>

#include "drift/est_source.h"

/* Inverse and determinant of R_j + h^2, exactly, then rounded; the constant of the density or of the smoothed measure. */
static void one_term(est_gsum *g, slong j, const dp_measure_t mu, const fmpq *h)
{
    const int d = g->dim;
    fmpq_mat_t S, inv;
    fmpq_t det, h2;
    fmpq_mat_init(S, d, d), fmpq_mat_init(inv, d, d), fmpq_init(det), fmpq_init(h2);
    if (h)
        fmpq_mul(h2, h, h);
    for (int a = 0; a < d; a++)
        for (int b = 0; b < d; b++) {
            if (mu->family == DP_MIXTURE)
                fmpq_set(fmpq_mat_entry(S, a, b), DP_COV(mu, j, a, b));
            if (a == b)
                fmpq_add(fmpq_mat_entry(S, a, a), fmpq_mat_entry(S, a, a), h2);
        }
    fmpq_mat_det(det, S);
    fmpq_mat_inv(inv, S);
    for (int a = 0; a < d * d; a++)
        g->inv[j * d * d + a] = est_fmpq(fmpq_mat_entry(inv, a / d, a % d));
    for (int a = 0; a < d; a++)
        g->mean[j * d + a] = est_fmpq(DP_MEAN(mu, j, a));
    g->log_c[j] = r_log(est_fmpq(DP_WEIGHT(mu, j))) - r_log(est_fmpq(det)) / 2 + d * (h ? r_log(est_fmpq(h)) : -r_log(2 * est_pi()) / 2);
    fmpq_mat_clear(S), fmpq_mat_clear(inv), fmpq_clear(det), fmpq_clear(h2);
}

/* What rounding of coordinates does to the pull along an axis, per unit of their size. */
static real coordinate(const est_gsum *g, int axis)
{
    const int d = g->dim;
    real most = 0;
    for (slong j = 0; j < g->n; j++) {
        real row = 0;
        for (int b = 0; b < d; b++)
            row += r_fabs(g->inv[(j * d + axis) * d + b]);
        most = r_max(most, row);
    }
    return most;
}

void est_gsum_init(est_gsum *g, const dp_measure_t mu, const fmpq *h)
{
    const size_t n = (size_t) mu->n, d = (size_t) mu->dim;
    *g = (est_gsum){mu->dim, mu->n, dp_malloc(n * d * sizeof(real)), dp_malloc(n * d * d * sizeof(real)), dp_malloc(n * sizeof(real)), {0}};
    for (slong j = 0; j < g->n; j++)
        one_term(g, j, mu, h);
    for (int a = 0; a < g->dim; a++)
        g->pull[a] = coordinate(g, a);
}

void est_gsum_clear(est_gsum *g)
{
    free(g->mean), free(g->inv), free(g->log_c);
    memset(g, 0, sizeof *g);
}

#define EACH for (int i = 0; i < DP_LANES; i++)
#define LANES_OF(type, name) type name[DP_LANES] __attribute__((aligned(64)))

/* Of term j: v = S^{-1}(m - x), its logarithm l, and the size of what it was made of. */
typedef struct { LANES_OF(real, l); LANES_OF(real, size); LANES_OF(real, pulls); real v[3][DP_LANES] __attribute__((aligned(64))); } term;

EST_SIMD static void pull(term *restrict o, const est_gsum *g, slong j, const est_at *at)
{
    const int d = g->dim;
    real t[3][DP_LANES] __attribute__((aligned(64)));
    EACH o->l[i] = 0, o->size[i] = 0, o->pulls[i] = 0;
    for (int a = 0; a < d; a++) {
        const real m = g->mean[j * d + a];
        EACH t[a][i] = m - at->x[a][i];
    }
    for (int a = 0; a < d; a++) {
        EACH o->v[a][i] = 0;
        for (int b = 0; b < d; b++) {
            const real c = g->inv[(j * d + a) * d + b];
            EACH {
                const real w = c * t[b][i];
                o->v[a][i] += w, o->size[i] += r_fabs(w * t[a][i]);
            }
        }
        EACH o->l[i] += o->v[a][i] * t[a][i], o->pulls[i] += r_fabs(o->v[a][i]);
    }
    const real c = g->log_c[j];
    EACH o->l[i] = c - o->l[i] / 2;
}

typedef struct { LANES_OF(real, top); LANES_OF(real, far); LANES_OF(real, sum); LANES_OF(real, slip); real first[3][DP_LANES], absolute[3][DP_LANES], spread[3][DP_LANES], second[9][DP_LANES]; } total;

/* own: rounding of this term, in units of R_ULP. */
EST_SIMD static void add_term(total *restrict s, const term *o, const est_gsum *g, slong j, int order)
{
    const int d = g->dim;
    const real c = r_fabs(g->log_c[j]);
    LANES_OF(real, w);
    LANES_OF(real, own);
    EACH w[i] = o->l[i] - s->top[i];
    est_vexp(w, w);
    EACH {
        own[i] = w[i] * (10 + 3 * (o->size[i] + c + s->far[i] * o->pulls[i]) + r_fabs(o->l[i] - s->top[i]));
        s->sum[i] += w[i], s->slip[i] += own[i];
    }
    for (int a = 0; a < d; a++) {
        const real width = g->inv[j * d * d + a * (d + 1)];
        const real *v = o->v[a];
        EACH s->first[a][i] += w[i] * v[i], s->absolute[a][i] += r_fabs(v[i]) * own[i];
        for (int b = 0; b <= a && order > 1; b++) {
            const real inv = g->inv[j * d * d + a * d + b];
            const real *u = o->v[b];
            EACH s->second[a * d + b][i] += w[i] * (v[i] * u[i] - inv);
        }
        if (order > 1)
            EACH s->spread[a][i] += (v[i] * v[i] + width) * own[i];
    }
}

EST_SIMD static void moments_of(dp_emoments *out, const total *s, const est_gsum *g, int order)
{
    const int d = g->dim;
    real *restrict v = out->log.v, *restrict e = out->log.e;
    const real n = (real) g->n;
    LANES_OF(real, rel);
    est_vlog(v, s->sum);
    EACH {
        rel[i] = R_ULP * (s->slip[i] / s->sum[i] + n);
        v[i] += s->top[i], e[i] = rel[i] + R_ULP * r_fabs(s->top[i]);
    }
    for (int a = 0; a < d; a++) {
        const real shift = 4 * g->pull[a];
        v = out->u[a].v, e = out->u[a].e;
        EACH v[i] = s->first[a][i] / s->sum[i], e[i] = rel[i] * r_fabs(v[i]) + R_ULP * (s->absolute[a][i] / s->sum[i] + shift * s->far[i]);
    }
    for (int k = 0; k < d * d && order > 1; k++) {
        const int a = k / d > k % d ? k / d : k % d, b = k / d + k % d - a;
        v = out->U[k].v, e = out->U[k].e;
        EACH v[i] = s->second[a * d + b][i] / s->sum[i], e[i] = rel[i] * r_fabs(v[i]) + R_ULP * (s->spread[a][i] + s->spread[b][i]) / s->sum[i];
    }
}

EST_SIMD static void lift(real *restrict top, const real *l)
{
    EACH top[i] = l[i] > top[i] ? l[i] : top[i];
}

void est_gsum_at(dp_emoments *out, const est_gsum *g, const est_at *at, int order)
{
    total s;
    term o;
    memset(&s, 0, sizeof s);
    EACH {
        s.top[i] = -INFINITY;
        for (int a = 0; a < g->dim; a++)
            s.far[i] = r_max(s.far[i], r_fabs(at->x[a][i]));
    }
    for (slong j = 0; j < g->n; j++) {
        pull(&o, g, j, at);
        lift(s.top, o.l);
    }
    for (slong j = 0; j < g->n; j++) {
        pull(&o, g, j, at);
        add_term(&s, &o, g, j, order);
    }
    moments_of(out, &s, g, order);
}
