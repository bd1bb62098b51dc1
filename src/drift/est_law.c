/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_law.c: densities at columns of points: values, scores where they exist, the widths and the bulk that nodes are laid by. */
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "drift/est_source.h"

#define EACH for (int i = 0; i < DP_LANES; i++)

/* 1/integral of a table: sums at 200 bits, so that the density's mass is 1 in either type. */
static real table_unit(const dp_measure_struct *mu)
{
    arb_t sum, t;
    fmpq_t width;
    arb_init(sum), arb_init(t), fmpq_init(width);
    for (slong i = 0; i < mu->ndata; i++) {
        slong rest = i, halves = 0;
        for (int k = 0; k < mu->dim; rest /= mu->shape[k], k++)
            halves += rest % mu->shape[k] == 0 || rest % mu->shape[k] == mu->shape[k] - 1;
        arb_set_d(t, mu->data[i]), arb_mul_2exp_si(t, t, -halves);
        arb_add(sum, sum, t, 200);
    }
    for (int k = 0; k < mu->dim; k++) {
        fmpq_sub(width, DP_UPPER(mu, k), DP_LOWER(mu, k));
        arb_set_fmpq(t, width, 200), arb_mul(sum, sum, t, 200), arb_div_si(sum, sum, mu->shape[k] - 1, 200);
    }
    arb_inv(sum, sum, 200);
    const real unit = est_arb(sum);
    arb_clear(sum), arb_clear(t), fmpq_clear(width);
    return unit;
}

void est_law_init(est_law *law, const dp_measure_struct *mu)
{
    memset(law, 0, sizeof *law);
    law->mu = mu;
    if (mu->family == DP_MIXTURE)
        est_gsum_init(&law->g, mu, NULL);
    for (int k = 0; k < mu->dim && mu->box; k++)
        law->lo[k] = est_fmpq(DP_LOWER(mu, k)), law->hi[k] = est_fmpq(DP_UPPER(mu, k));
    if (mu->family == DP_DENSITY)
        law->unit = table_unit(mu);
    if (mu->marginal)
        law->marginal = dp_calloc((size_t) mu->dim, sizeof *law->marginal);
    for (int k = 0; law->marginal && k < mu->dim; k++)
        est_law_init(law->marginal + k, mu->marginal + k);
    if (mu->family != DP_STUDENT && mu->family != DP_LAPLACE)
        return;
    const real s = law->scale = est_fmpq(mu->scale), nu = law->dof = est_fmpq(mu->dof);
    law->centre = est_fmpq(DP_MEAN(mu, 0, 0));
    law->constant = mu->family == DP_LAPLACE ? -r_log(2 * s) : r_lgamma((nu + 1) / 2) - r_lgamma(nu / 2) - r_log(nu * est_pi()) / 2 - r_log(s);
}

void est_law_clear(est_law *law)
{
    for (int k = 0; law->marginal && k < law->mu->dim; k++)
        est_law_clear(law->marginal + k);
    free(law->marginal);
    est_gsum_clear(&law->g);
    memset(law, 0, sizeof *law);
}

/* On a box: uniform, or multilinear between the values of a table. */
static real box_density(const est_law *law, const est_at *x, int lane)
{
    const dp_measure_struct *mu = law->mu;
    real f = 1, at[3];
    slong cell[3], stride = 1, base = 0;
    for (int k = 0; k < mu->dim; k++) {
        const real y = x->x[k][lane], width = law->hi[k] - law->lo[k];
        if (y < law->lo[k] || y > law->hi[k])
            return 0;
        if (mu->family == DP_UNIFORM) {
            f /= width;
            continue;
        }
        at[k] = (y - law->lo[k]) / width * (real) (mu->shape[k] - 1);
        cell[k] = FLINT_MIN((slong) at[k], mu->shape[k] - 2);
        at[k] -= (real) cell[k];
        base += cell[k] * stride, stride *= mu->shape[k];
    }
    if (mu->family == DP_UNIFORM)
        return f;
    f = 0;
    for (int corner = 0; corner < 1 << mu->dim; corner++) {
        real w = 1;
        slong i = base;
        stride = 1;
        for (int k = 0; k < mu->dim; stride *= mu->shape[k], k++)
            if (corner >> k & 1)
                w *= at[k], i += stride;
            else
                w *= 1 - at[k];
        f += w * mu->data[i];
    }
    return f * law->unit;
}

static real log_line(const est_law *law, real x)
{
    const real z = (x - law->centre) / law->scale;
    return law->constant - (law->mu->family == DP_LAPLACE ? r_fabs(z) : (law->dof + 1) / 2 * r_log1p(z * z / law->dof));
}

/* The places' coordinates along one axis. */
static est_at coordinate(const est_at *at, int axis)
{
    est_at line;
    memset(&line, 0, sizeof line);
    memcpy(line.x[0], at->x[axis], sizeof line.x[0]);
    return line;
}

void est_law_log(real *out, const est_law *law, dp_lanes *on, const est_at *at)
{
    if (law->mu->family == DP_STUDENT || law->mu->family == DP_LAPLACE) {
        EACH out[i] = log_line(law, at->x[0][i]);
    } else if (law->mu->family == DP_MIXTURE) {
        const size_t mark = dp_lanes_mark(on);
        dp_emoments m;
        est_moments_new(&m, on, law->mu->dim, 1);
        est_gsum_at(&m, &law->g, at, 1);
        memcpy(out, m.log.v, DP_LANES * sizeof(real));
        dp_lanes_release(on, mark);
    } else if (law->marginal) {
        real one[DP_LANES] __attribute__((aligned(64)));
        EACH out[i] = 0;
        for (int k = 0; k < law->mu->dim; k++) {
            const est_at line = coordinate(at, k);
            est_law_log(one, law->marginal + k, on, &line);
            EACH out[i] += one[i];
        }
    } else
        EACH out[i] = r_log(box_density(law, at, i));
}

typedef struct { real *out; const est_law *law; const est_axes *nodes; } on_axes;

static dp_status one_line(void *argument, slong line, int worker, dp_error *e)
{
    const on_axes *a = argument;
    const est_axes *nodes = a->nodes;
    const slong n = nodes->n[0];
    dp_lanes *on = dp_lanes_new(&R_OPS);
    real log_f[DP_LANES] __attribute__((aligned(64)));
    (void) worker, (void) e;
    for (slong from = 0; from < n; from += DP_LANES) {
        est_at at;
        EACH {
            at.x[0][i] = nodes->x[0][FLINT_MIN(from + i, n - 1)];
            at.x[1][i] = nodes->dim > 1 ? nodes->x[1][line % nodes->n[1]] : 0, at.x[2][i] = nodes->dim > 2 ? nodes->x[2][line / nodes->n[1]] : 0;
        }
        est_law_log(log_f, a->law, on, &at);
        memcpy(a->out + line * n + from, log_f, (size_t) FLINT_MIN(DP_LANES, n - from) * sizeof *log_f);
    }
    dp_lanes_free(on);
    return DP_OK;
}

dp_status est_law_on_axes(real *out, const est_law *law, const est_axes *nodes, int threads, dp_error *e)
{
    on_axes a = {out, law, nodes};
    return dp_parallel(one_line, &a, est_lines(nodes), threads, e);
}

/* log f, f'/f and f''/f of Student's and Laplace's laws. */
static void score_line(dp_emoments *out, const est_law *law, real x, int i)
{
    real *lv = out->log.v, *le = out->log.e, *uv = out->u[0].v, *ue = out->u[0].e, *Uv = out->U[0].v, *Ue = out->U[0].e;
    const real s = law->scale, z = (x - law->centre) / s, nu = law->dof, slip = 4 * R_ULP * (r_fabs(x) / s + r_fabs(z) + 1); /* of z */
    lv[i] = log_line(law, x);
    if (law->mu->family == DP_LAPLACE) {
        const real kink = r_fabs(z) <= slip ? (real) INFINITY : 0;
        uv[i] = z > 0 ? -1 / s : 1 / s, ue[i] = 4 * R_ULP / s + kink;
        Uv[i] = 1 / (s * s), Ue[i] = 4 * R_ULP / (s * s) + kink;
        le[i] = slip + 4 * R_ULP * (r_fabs(lv[i]) + r_fabs(r_log(s)));
        return;
    }
    const real w = nu + z * z, g = -(nu + 1) * z / w;
    uv[i] = g / s, ue[i] = 8 * R_ULP * r_fabs(g) / s + (nu + 1) / w * slip / s;
    Uv[i] = (g * g - (nu + 1) * (nu - z * z) / (w * w)) / (s * s);
    Ue[i] = 16 * R_ULP * (g * g + (nu + 1) / w) / (s * s) + 4 * (r_fabs(g) + 1) * (nu + 1) / w * slip / (s * s);
    le[i] = r_fabs(g) * slip + 8 * R_ULP * (r_fabs(lv[i]) + r_fabs(r_lgamma(nu / 2)) + r_fabs(r_log(s)) + 4);
}

/* Of a product: derivatives along two axes are products. */
static void score_product(dp_emoments *out, const est_law *law, const est_at *at)
{
    const int d = law->mu->dim;
    dp_lanes *on = dp_lanes_new(&R_OPS);
    real *lv = out->log.v, *le = out->log.e, *v[3], *e[3];
    EACH lv[i] = le[i] = 0;
    for (int k = 0; k < d; k++) {
        dp_emoments one;
        const est_at line = coordinate(at, k);
        est_moments_new(&one, on, 1, 2);
        est_law_score(&one, law->marginal + k, &line);
        real *ov = one.log.v, *oe = one.log.e, *Uv = one.U[0].v, *Ue = one.U[0].e;
        v[k] = one.u[0].v, e[k] = one.u[0].e;
        EACH {
            lv[i] += ov[i], le[i] += oe[i] + R_ULP * (r_fabs(ov[i]) + r_fabs(lv[i]));
            ((real *) out->u[k].v)[i] = v[k][i], ((real *) out->u[k].e)[i] = e[k][i];
            ((real *) out->U[k * (d + 1)].v)[i] = Uv[i], ((real *) out->U[k * (d + 1)].e)[i] = Ue[i];
        }
    }
    for (int j = 0; j < d * d; j++) {
        const int a = j / d, b = j % d;
        if (a != b)
            EACH {
                ((real *) out->U[j].v)[i] = v[a][i] * v[b][i];
                ((real *) out->U[j].e)[i] = r_fabs(v[a][i]) * e[b][i] + r_fabs(v[b][i]) * e[a][i] + e[a][i] * e[b][i] + R_ULP * r_fabs(v[a][i] * v[b][i]);
            }
    }
    dp_lanes_free(on);
}

void est_law_score(dp_emoments *out, const est_law *law, const est_at *at)
{
    if (law->marginal)
        score_product(out, law, at);
    else if (law->mu->family == DP_MIXTURE)
        est_gsum_at(out, &law->g, at, 2);
    else
        EACH score_line(out, law, at->x[0][i], i);
}

/* ---- scales ---- */

real est_smallest_width(const est_law *law, int axis)
{
    law = est_along(law, &axis);
    const dp_measure_struct *mu = law->mu;
    real inv = 0;
    if (mu->family == DP_STUDENT) /* its poles lie at the distance scale sqrt(dof) from the line: a rule of step s errs by exp(-2 pi distance/s) */
        return 0.24 * law->scale * r_min(r_sqrt(law->dof), 3);
    if (mu->family == DP_LAPLACE)
        return law->scale;
    if (mu->family != DP_MIXTURE)
        return INFINITY;
    for (slong j = 0; j < law->g.n; j++)
        inv = r_max(inv, law->g.inv[j * mu->dim * mu->dim + axis * (mu->dim + 1)]);
    return 1 / r_sqrt(inv);
}

/* Gaussians to 8.5 widths (2e-16 of the peak), Laplace's law to 37 scales (1e-16); in quadruple precision to the same power twice. */
void est_bulk(real *lo, real *hi, const est_law *law, int axis, real growth)
{
    law = est_along(law, &axis);
    const dp_measure_struct *mu = law->mu;
    *lo = INFINITY, *hi = -INFINITY;
    if (mu->box) {
        *lo = law->lo[axis], *hi = law->hi[axis];
        return;
    }
    for (slong j = 0; j < mu->n; j++) {
        const real m = est_fmpq(DP_MEAN(mu, j, axis));
        const real r = mu->family == DP_MIXTURE ? 8.5 * R_REACH * r_sqrt(est_fmpq(DP_COV(mu, j, axis, axis))) : mu->family == DP_LAPLACE ? 37 * R_REACH * R_REACH * law->scale
                     : mu->family == DP_STUDENT ? 20 * law->scale : 0;
        *lo = r_min(*lo, m - growth * r), *hi = r_max(*hi, m + growth * r);
    }
}
