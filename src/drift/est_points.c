/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_points.c: moments where no quadrature is needed: finite sums over points with any kernel, Gaussian mixtures and boxes against Gaussian kernels. */
#include <string.h>

#include "drift/est_source.h"

#define EACH for (int i = 0; i < DP_LANES; i++)
#define LANES_OF(name) real name[DP_LANES] __attribute__((aligned(64)))

void est_axes_clear(est_axes *a)
{
    for (int k = 0; k < 3; k++)
        free(a->x[k]);
    memset(a, 0, sizeof *a);
}

void est_source_clear(est_source *s)
{
    for (slong i = 0; s->closed && i < s->k->n; i++)
        est_gsum_clear(s->closed + i);
    if (s->own)
        free(s->own->part), free(s->own);
    free(s->closed), free(s->point), free(s->log_w), free(s->slip);
    est_panels_clear(s);
    est_law_clear(&s->law);
    est_axes_clear(&s->nodes);
    for (int k = 0; k < 3; k++)
        free(s->axis_w[k]);
    memset(s, 0, sizeof *s);
}

void est_moments_new(dp_emoments *out, dp_lanes *on, int dim, int order)
{
    memset(out, 0, sizeof *out);
    out->log = dp_col_new(on), out->kappa = dp_col_new(on);
    for (int a = 0; a < dim; a++)
        out->u[a] = dp_col_new(on), out->m[a] = dp_col_new(on);
    for (int a = 0; a < dim * dim && order > 1; a++)
        out->U[a] = dp_col_new(on), out->M[a] = dp_col_new(on);
}

/* ---- finite sums ---- */

/* One point against all lanes: t = y - x, the kernel's values, log of weight times exp(-phi). */
typedef struct { LANES_OF(l); LANES_OF(phi); LANES_OF(r2); real t[3][DP_LANES], v[4][DP_LANES]; } pair;

EST_SIMD static void distance(pair *restrict o, const real *point, int d, const est_at *at)
{
    EACH o->r2[i] = 0;
    for (int a = 0; a < d; a++) {
        const real y = point[a];
        EACH o->t[a][i] = y - at->x[a][i], o->r2[i] += o->t[a][i] * o->t[a][i];
    }
}

/* On a kink the gradient of k does not exist, that of k# does: the lane is marked. */
EST_SIMD static void weigh(pair *restrict o, real *restrict kinked, real log_w)
{
    EACH {
        const int kink = !(o->v[1][i] < INFINITY);
        kinked[i] = kink ? (real) INFINITY : kinked[i];
        o->v[1][i] = kink ? 0 : o->v[1][i], o->v[2][i] = kink ? 0 : o->v[2][i];
        o->l[i] = log_w - o->phi[i];
    }
}

/* Sums over points of weight times k, -k'/r, k#; of k t, (-k'/r) t; of (-k'/r) t t', ((k''-k'/r)/r^2) t t'; and of absolute values times what rounding
   makes of each term, in units of R_ULP. */
typedef struct {
    LANES_OF(top); LANES_OF(far); LANES_OF(kinked); LANES_OF(Z); LANES_OF(A); LANES_OF(K); LANES_OF(slip);
    real kt[3][DP_LANES], at[3][DP_LANES], kt_abs[3][DP_LANES], at_abs[3][DP_LANES], att_abs[3][DP_LANES], btt_abs[3][DP_LANES], att[9][DP_LANES], btt[9][DP_LANES];
} sums;

EST_SIMD static void lift(sums *restrict s, const real *l)
{
    EACH s->top[i] = l[i] > s->top[i] ? l[i] : s->top[i];
}

/* known: the weight's own relative error. */
EST_SIMD static void add_pair(sums *restrict s, const pair *restrict o, real log_w, real known, int d, int order)
{
    LANES_OF(w);
    LANES_OF(slip);
    const real size = r_fabs(log_w), own = 10 + known / R_ULP;
    EACH w[i] = o->l[i] - s->top[i];
    est_vexp(w, w);
    EACH {
        const real ratio = o->v[1][i] / o->v[0][i] * r_sqrt(o->r2[i]);
        slip[i] = own + 4 * (o->phi[i] + size + s->far[i] * ratio + r_fabs(o->l[i] - s->top[i]));
        s->Z[i] += w[i] * o->v[0][i], s->A[i] += w[i] * o->v[1][i], s->K[i] += w[i] * o->v[3][i], s->slip[i] += w[i] * o->v[0][i] * slip[i];
    }
    for (int a = 0; a < d; a++) {
        const real *t = o->t[a];
        EACH {
            const real k = w[i] * o->v[0][i] * t[i], f = w[i] * o->v[1][i] * t[i];
            s->kt[a][i] += k, s->at[a][i] += f, s->kt_abs[a][i] += r_fabs(k) * slip[i], s->at_abs[a][i] += r_fabs(f) * slip[i];
        }
        if (order < 2)
            continue;
        EACH {
            const real btt = t[i] == 0 ? 0 : w[i] * o->v[2][i] * t[i] * t[i];
            s->att_abs[a][i] += w[i] * o->v[1][i] * t[i] * t[i] * slip[i], s->btt_abs[a][i] += btt * slip[i];
        }
        for (int b = 0; b <= a; b++) {
            const real *u = o->t[b];
            EACH {
                const real tt = t[i] * u[i], btt = w[i] * o->v[2][i] * tt;
                s->att[a * d + b][i] += w[i] * o->v[1][i] * tt, s->btt[a * d + b][i] += tt == 0 ? 0 : btt;
            }
        }
    }
}

EST_SIMD static void from_sums(dp_emoments *out, const sums *s, real n, int d, int order)
{
    LANES_OF(rel);
    real *restrict v = out->log.v, *restrict e = out->log.e;
    const real terms = r_sqrt(n);
    est_vlog(v, s->Z);
    EACH {
        rel[i] = R_ULP * (s->slip[i] / s->Z[i] + terms);
        v[i] += s->top[i], e[i] = rel[i] + R_ULP * r_fabs(s->top[i]);
    }
    v = out->kappa.v, e = out->kappa.e;
    EACH v[i] = s->K[i] / s->Z[i], e[i] = 2 * rel[i] * r_fabs(v[i]);
    for (int a = 0; a < d; a++) {
        v = out->u[a].v, e = out->u[a].e;
        EACH v[i] = s->at[a][i] / s->Z[i], e[i] = rel[i] * r_fabs(v[i]) + R_ULP * s->at_abs[a][i] / s->Z[i] + s->kinked[i];
        v = out->m[a].v, e = out->m[a].e;
        EACH v[i] = s->kt[a][i] / s->Z[i], e[i] = rel[i] * r_fabs(v[i]) + R_ULP * s->kt_abs[a][i] / s->Z[i];
    }
    for (int k = 0; k < d * d && order > 1; k++) {
        const int a = k / d > k % d ? k / d : k % d, b = k / d + k % d - a;
        const real one = a == b;
        v = out->U[k].v, e = out->U[k].e;
        EACH {
            const real A = one * s->A[i] / s->Z[i], btt = s->btt[a * d + b][i] / s->Z[i], slip = (s->btt_abs[a][i] + s->btt_abs[b][i]) / s->Z[i];
            v[i] = btt - A, e[i] = rel[i] * (r_fabs(btt) + 2 * A) + R_ULP * slip + s->kinked[i];
        }
        v = out->M[k].v, e = out->M[k].e;
        EACH {
            const real att = s->att[a * d + b][i] / s->Z[i], slip = (s->att_abs[a][i] + s->att_abs[b][i]) / s->Z[i];
            v[i] = att - one, e[i] = rel[i] * r_fabs(att) + R_ULP * (slip + one);
        }
    }
}

static void points_at(dp_emoments *out, const est_source *s, const est_part *part, const est_at *at, int order)
{
    const int d = s->dim;
    sums total;
    pair o;
    memset(&total, 0, sizeof total);
    EACH {
        total.top[i] = -INFINITY;
        for (int a = 0; a < d; a++)
            total.far[i] = r_max(total.far[i], r_fabs(at->x[a][i]));
    }
    for (int pass = 0; pass < 2; pass++) /* the largest term, then the sums */
        for (slong j = 0; j < s->n; j++) {
            distance(&o, s->point + j * d, d, at);
            est_kernel_lanes(o.phi, o.v, part, o.r2);
            weigh(&o, total.kinked, s->log_w[j]);
            if (pass == 0)
                lift(&total, o.l);
            else
                add_pair(&total, &o, s->log_w[j], s->slip ? s->slip[j] : 0, d, order);
        }
    from_sums(out, &total, (real) s->n, d, order);
}

/* ---- all kinds ---- */

/* D and its Jacobian for a Gaussian part: m = h^2 u, M = h^2 U, kappa = h^2. */
EST_SIMD static void tweedie_column(dp_col out, dp_col in, real h2)
{
    real *restrict v = out.v, *restrict e = out.e;
    const real *iv = in.v, *ie = in.e;
    EACH v[i] = iv[i] * h2, e[i] = ie[i] * h2 + 6 * R_ULP * r_fabs(v[i]);
}

static void tweedie(dp_emoments *out, real h, int dim, int order)
{
    EACH ((real *) out->kappa.v)[i] = h * h, ((real *) out->kappa.e)[i] = 4 * R_ULP * h * h;
    for (int a = 0; a < dim; a++)
        tweedie_column(out->m[a], out->u[a], h * h);
    for (int a = 0; a < dim * dim && order > 1; a++)
        tweedie_column(out->M[a], out->U[a], h * h);
}

void est_pointwise(dp_emoments *out, dp_lanes *on, const est_source *s, const est_at *at, int order)
{
    const size_t mark = dp_lanes_mark(on);
    dp_emoments few[64], *part = s->k->n <= 64 ? few : dp_malloc((size_t) s->k->n * sizeof *part);
    for (slong i = 0; i < s->k->n; i++) {
        const est_part *p = s->k->part + i;
        if (s->k->n == 1)
            part[i] = *out;
        else
            est_moments_new(part + i, on, s->dim, order);
        if (s->kind == EST_POINTS) {
            points_at(part + i, s, p, at, order);
            continue;
        }
        if (s->closed)
            est_gsum_at(part + i, s->closed + i, at, order);
        else
            est_box_at(part + i, &s->law, p->h, at, order);
        tweedie(part + i, p->h, s->dim, order);
    }
    if (s->k->n > 1)
        est_combine(out, on, part, s->k, s->dim, order);
    if (part != few)
        free(part);
    dp_lanes_release(on, mark);
}
