/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_points.c: moments at one point where no quadrature is needed: finite sums over points, Gaussian mixtures and boxes against Gaussian kernels. */
#include <string.h>

#include <gsl/gsl_sf_erf.h>

#include "drift/estimated.h"

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
    free(s->closed), free(s->point), free(s->log_w);
    est_axes_clear(&s->nodes);
    for (int k = 0; k < 3; k++)
        free(s->axis_w[k]);
    memset(s, 0, sizeof *s);
}

/* ---- Gaussian sums ---- */

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
        g->inv[j * d * d + a] = fmpq_get_d(fmpq_mat_entry(inv, a / d, a % d));
    for (int a = 0; a < d; a++)
        g->mean[j * d + a] = fmpq_get_d(DP_MEAN(mu, j, a));
    g->log_c[j] = log(fmpq_get_d(DP_WEIGHT(mu, j))) - log(fmpq_get_d(det)) / 2 + d * (h ? log(fmpq_get_d(h)) : -log(2 * M_PI) / 2);
    fmpq_mat_clear(S), fmpq_mat_clear(inv), fmpq_clear(det), fmpq_clear(h2);
}

void est_gsum_init(est_gsum *g, const dp_measure_t mu, const fmpq *h)
{
    const size_t n = (size_t) mu->n, d = (size_t) mu->dim;
    *g = (est_gsum){mu->dim, mu->n, dp_malloc(n * d * sizeof(double)), dp_malloc(n * d * d * sizeof(double)), dp_malloc(n * sizeof(double))};
    for (slong j = 0; j < g->n; j++)
        one_term(g, j, mu, h);
}

void est_gsum_clear(est_gsum *g)
{
    free(g->mean), free(g->inv), free(g->log_c);
}

/* v = S^{-1}(m - x), its exponent -quad/2, and the size of quad's terms. */
static double pull(double v[3], double *size, const est_gsum *g, slong j, const double *x)
{
    const int d = g->dim;
    double quad = 0, terms = 0, t[3];
    for (int a = 0; a < d; a++)
        t[a] = g->mean[j * d + a] - x[a];
    for (int a = 0; a < d; a++) {
        v[a] = 0;
        for (int b = 0; b < d; b++) {
            const double w = g->inv[(j * d + a) * d + b] * t[b];
            v[a] += w, terms += fabs(w * t[a]);
        }
        quad += v[a] * t[a];
    }
    *size = terms;
    return quad;
}

static double longest(const double *x, int d)
{
    double most = 0;
    for (int a = 0; a < d; a++)
        most = fmax(most, fabs(x[a]));
    return most;
}

/* What rounding of coordinates of size `far` does to the pull along an axis. */
static double coordinate(const est_gsum *g, int axis, double far)
{
    const int d = g->dim;
    double most = 0;
    for (slong j = 0; j < g->n; j++) {
        double row = 0;
        for (int b = 0; b < d; b++)
            row += fabs(g->inv[(j * d + axis) * d + b]);
        most = fmax(most, row);
    }
    return most * far;
}

void est_gsum_at(dp_emoments *out, const est_gsum *g, const double *x, int order)
{
    const int d = g->dim;
    double top = -INFINITY, sum = 0, slip = 0, first[3] = {0}, absolute[3] = {0}, second[9] = {0}, spread[3] = {0}, v[3], terms;
    const double far = longest(x, d);
    for (slong j = 0; j < g->n; j++) {
        const double l = g->log_c[j] - pull(v, &terms, g, j, x) / 2, keep = l > top ? exp(top - l) : 1, w = l > top ? 1 : exp(l - top);
        if (l > top) { /* a new largest term: what was summed shrinks */
            sum *= keep, slip *= keep, top = l;
            for (int a = 0; a < d * d; a++)
                second[a] *= keep;
            for (int a = 0; a < d; a++)
                first[a] *= keep, absolute[a] *= keep, spread[a] *= keep;
        }
        double pulls = 0;
        for (int a = 0; a < d; a++)
            pulls += fabs(v[a]);
        const double own = 10 + 3 * (terms + fabs(g->log_c[j]) + far * pulls) + fabs(l - top); /* rounding of this term, in units of DP_ULP */
        for (int a = 0; a < d; a++)
            first[a] += w * v[a], absolute[a] += w * fabs(v[a]) * own, spread[a] += w * (v[a] * v[a] + g->inv[j * d * d + a * (d + 1)]) * own;
        for (int a = 0; a < d * d && order > 1; a++)
            second[a] += w * (v[a / d] * v[a % d] - g->inv[j * d * d + a]);
        sum += w, slip += w * own;
    }
    const double rel = DP_ULP * (slip / sum + (double) g->n);
    out->log = (dp_num){top + log(sum), rel + DP_ULP * fabs(top)};
    for (int a = 0; a < d; a++)
        out->u[a] = (dp_num){first[a] / sum, rel * fabs(first[a] / sum) + DP_ULP * (absolute[a] / sum + 4 * coordinate(g, a, far))};
    for (int i = 0; i < d * d && order > 1; i++)
        out->U[i] = (dp_num){second[i] / sum, rel * fabs(second[i] / sum) + DP_ULP * (spread[i / d] + spread[i % d]) / sum};
}

/* ---- boxes ---- */

/* log of erf(b) - erf(a), a < b, with its error; where both lie on one side through erfc, so that tails keep their digits. */
static dp_num log_erf_between(double a, double b)
{
    if (b < 0)
        return log_erf_between(-b, -a);
    if (a <= 0)
        return dp_num_log((dp_num){erf(b) - erf(a), 4 * DP_ULP});
    const double la = gsl_sf_log_erfc(a), lb = gsl_sf_log_erfc(b), gap = -expm1(lb - la);
    return (dp_num){la + log(gap), DP_ULP * (8 + 2 * a * a + fabs(la)) + DP_ULP * (8 + 2 * fabs(lb) + 2 * b * b) * exp(lb - la) / gap};
}

/* Along one axis: log I, I'/I, I''/I of I(x) = int_lo^hi exp(-(x-y)^2/2h^2) dy. */
static void box_axis(dp_num out[3], double lo, double hi, double h, double x)
{
    const double a = (lo - x) / h, b = (hi - x) / h, round = 4 * DP_ULP * (fabs(lo) + fabs(hi) + fabs(x)) / h;
    dp_num l = log_erf_between(a * M_SQRT1_2, b * M_SQRT1_2), side[2];
    const double t[2] = {a, b}, near = fmin(fabs(a), fabs(b));
    l.e += round * (near + 1);
    l.v += log(h) + log(M_PI / 2) / 2;
    for (int s = 0; s < 2; s++) /* exp(-t^2/2)/I */
        side[s] = dp_num_exp((dp_num){-t[s] * t[s] / 2 - l.v, l.e + DP_ULP * (4 + t[s] * t[s]) + round * fabs(t[s])});
    out[0] = l;
    out[1] = dp_num_sub(side[0], side[1]);
    out[2] = dp_num_sub(dp_num_mul(side[0], (dp_num){a / h, round / h}), dp_num_mul(side[1], (dp_num){b / h, round / h}));
}

/* The product over the axes, divided by the volume. */
static void box_at(dp_emoments *out, const dp_measure_struct *mu, double h, const double *x, int order)
{
    const int d = mu->dim;
    dp_num axis[3][3];
    out->log = dp_num_exact(0);
    for (int a = 0; a < d; a++) {
        const double lo = fmpq_get_d(DP_LOWER(mu, a)), hi = fmpq_get_d(DP_UPPER(mu, a));
        box_axis(axis[a], lo, hi, h, x[a]);
        out->log = dp_num_add(out->log, dp_num_sub(axis[a][0], (dp_num){log(hi - lo), 4 * DP_ULP}));
        out->u[a] = axis[a][1];
    }
    for (int a = 0; a < d * d && order > 1; a++)
        out->U[a] = a / d == a % d ? axis[a / d][2] : dp_num_mul(axis[a / d][1], axis[a % d][1]);
}

/* D and its Jacobian for a Gaussian part: m = h^2 u, M = h^2 U, kappa = h^2. */
static void tweedie(dp_emoments *out, double h, int dim, int order)
{
    const dp_num h2 = {h * h, 4 * DP_ULP * h * h};
    out->kappa = h2;
    for (int a = 0; a < dim; a++)
        out->m[a] = dp_num_mul(h2, out->u[a]);
    for (int a = 0; a < dim * dim && order > 1; a++)
        out->M[a] = dp_num_mul(h2, out->U[a]);
}

/* ---- finite sums ---- */

/* Sums over points of weight times k, -k'/r, k#; of k t, (-k'/r) t, t = y - x; of (-k'/r) t t', ((k''-k'/r)/r^2) t t'; and of absolute values times what rounding
   makes of each term, in units of DP_ULP. */
typedef struct { double Z, A, K, kt[3], at[3], att[9], btt[9], kt_abs[3], at_abs[3], att_abs[3], btt_abs[3], slip; } sums;

static void shrink(sums *s, double by)
{
    double *v = (double *) s;
    for (size_t i = 0; i < sizeof *s / sizeof *v; i++)
        v[i] *= by;
}

/* slip: relative error of the term in units of DP_ULP. */
static void add_point(sums *s, double w, const double v[4], const double *t, double slip, int d, int order)
{
    s->Z += w * v[0], s->A += w * v[1], s->K += w * v[3], s->slip += w * v[0] * slip;
    for (int a = 0; a < d; a++) {
        const double k = w * v[0] * t[a], f = w * v[1] * t[a], btt = t[a] == 0 ? 0 : w * v[2] * t[a] * t[a];
        s->kt[a] += k, s->at[a] += f, s->kt_abs[a] += fabs(k) * slip, s->at_abs[a] += fabs(f) * slip;
        s->att_abs[a] += f * t[a] * slip, s->btt_abs[a] += btt * slip;
        for (int b = 0; b <= a && order > 1; b++)
            s->att[a * d + b] += f * t[b], s->btt[a * d + b] += t[a] * t[b] == 0 ? 0 : w * v[2] * t[a] * t[b];
    }
}

/* A point on a kink: the gradient of k does not exist there, that of k# does. */
static void on_kink(double v[4], int *kinked)
{
    if (isfinite(v[1]))
        return;
    *kinked = 1, v[1] = v[2] = 0;
}

static void from_sums(dp_emoments *out, const sums *s, double top, double rel, int kinked, int d, int order)
{
    const double none = kinked ? INFINITY : 0, Z = s->Z;
    out->log = (dp_num){top + log(Z), rel + DP_ULP * fabs(top)};
    out->kappa = (dp_num){s->K / Z, 2 * rel * fabs(s->K / Z)};
    for (int a = 0; a < d; a++) {
        out->u[a] = (dp_num){s->at[a] / Z, rel * fabs(s->at[a] / Z) + DP_ULP * s->at_abs[a] / Z + none};
        out->m[a] = (dp_num){s->kt[a] / Z, rel * fabs(s->kt[a] / Z) + DP_ULP * s->kt_abs[a] / Z};
    }
    for (int i = 0; i < d * d && order > 1; i++) {
        const int a = i / d, b = i % d, low = a > b ? a * d + b : b * d + a;
        const double one = a == b, A = s->A / Z;
        const double att = DP_ULP * (s->att_abs[a] + s->att_abs[b]) / Z, btt = DP_ULP * (s->btt_abs[a] + s->btt_abs[b]) / Z;
        out->U[i] = (dp_num){s->btt[low] / Z - one * A, rel * (fabs(s->btt[low] / Z) + 2 * one * A) + btt + none};
        out->M[i] = (dp_num){s->att[low] / Z - one, rel * fabs(s->att[low] / Z) + att + DP_ULP * one};
    }
}

static void points_at(dp_emoments *out, const est_source *s, const est_part *part, const double *x, int order)
{
    const int d = s->dim;
    sums total = {0};
    double top = -INFINITY, far = longest(x, d);
    int kinked = 0;
    for (slong j = 0; j < s->n; j++) {
        double t[3], r2 = 0, phi, v[4];
        for (int a = 0; a < d; a++)
            t[a] = s->point[j * d + a] - x[a], r2 += t[a] * t[a];
        est_kernel_at(&phi, v, part, r2);
        on_kink(v, &kinked);
        const double l = s->log_w[j] - phi;
        if (l < top - 745)
            continue;
        if (l > top)
            shrink(&total, exp(top - l)), top = l;
        add_point(&total, exp(l - top), v, t, 10 + 4 * (phi + fabs(s->log_w[j]) + far * v[1] / v[0] * sqrt(r2) + fabs(l - top)), d, order);
    }
    from_sums(out, &total, top, DP_ULP * (total.slip / total.Z + sqrt((double) s->n)), kinked, d, order);
}

void est_pointwise(dp_emoments *out, const est_source *s, const double *x, int order)
{
    dp_emoments part[64];
    dp_emoments *to = s->k->n == 1 ? out : part;
    for (slong i = 0; i < s->k->n; i++) {
        const est_part *p = s->k->part + i;
        if (s->kind == EST_POINTS) {
            points_at(to + i, s, p, x, order);
            continue;
        }
        if (s->closed)
            est_gsum_at(to + i, s->closed + i, x, order);
        else
            box_at(to + i, s->mu, p->h, x, order);
        tweedie(to + i, p->h, s->dim, order);
    }
    if (s->k->n > 1)
        est_combine(out, part, s->k, s->dim, order);
}
