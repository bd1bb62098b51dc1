/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_nodes.c: nodes and weights for densities against Gaussian kernels: equidistant for analytic densities, Gauss-Legendre panels between
   the kinks of the others. Level l halves the steps l times and widens windows by 3/2 l times. */
#include <string.h>

#include <gsl/gsl_integration.h>

#include "drift/est_source.h"

enum { MOST_AXIS = 60000 };

double est_log_density(const dp_measure_t mu, const est_gsum *g, const double *y)
{
    if (mu->family == DP_MIXTURE) {
        dp_emoments at;
        est_gsum_at(&at, g, y, 1);
        return at.log.v;
    }
    if (mu->family == DP_STUDENT || mu->family == DP_LAPLACE) {
        const double s = fmpq_get_d(mu->scale), z = (y[0] - fmpq_get_d(DP_MEAN(mu, 0, 0))) / s, nu = fmpq_get_d(mu->dof);
        if (mu->family == DP_LAPLACE)
            return -fabs(z) - log(2 * s);
        return -(nu + 1) / 2 * log1p(z * z / nu) + lgamma((nu + 1) / 2) - lgamma(nu / 2) - log(nu * M_PI) / 2 - log(s);
    }
    double f = 1, at[3];
    slong cell[3], stride = 1, base = 0;
    for (int k = 0; k < mu->dim; k++) {
        const double lo = fmpq_get_d(DP_LOWER(mu, k)), hi = fmpq_get_d(DP_UPPER(mu, k));
        if (y[k] < lo || y[k] > hi)
            return -INFINITY;
        if (mu->family == DP_UNIFORM) {
            f /= hi - lo;
            continue;
        }
        at[k] = (y[k] - lo) / (hi - lo) * (double) (mu->shape[k] - 1);
        cell[k] = FLINT_MIN((slong) at[k], mu->shape[k] - 2);
        at[k] -= (double) cell[k];
        base += cell[k] * stride, stride *= mu->shape[k];
    }
    if (mu->family == DP_UNIFORM)
        return log(f);
    f = 0;
    for (int corner = 0; corner < 1 << mu->dim; corner++) { /* multilinear */
        double w = 1;
        slong i = base;
        stride = 1;
        for (int k = 0; k < mu->dim; stride *= mu->shape[k], k++)
            if (corner >> k & 1)
                w *= at[k], i += stride;
            else
                w *= 1 - at[k];
        f += w * mu->data[i];
    }
    return log(f);
}

/* log f, f'/f and f''/f of Student's and Laplace's laws. */
static void score_line(dp_emoments *out, const dp_measure_t mu, double x)
{
    const double s = fmpq_get_d(mu->scale), z = (x - fmpq_get_d(DP_MEAN(mu, 0, 0))) / s, nu = fmpq_get_d(mu->dof);
    const double slip = 4 * DP_ULP * (fabs(x) / s + fabs(z) + 1); /* of z */
    out->log = (dp_num){est_log_density(mu, NULL, &x), 0};
    if (mu->family == DP_LAPLACE) {
        const double kink = fabs(z) <= slip ? INFINITY : 0;
        out->u[0] = (dp_num){z > 0 ? -1 / s : 1 / s, 4 * DP_ULP / s + kink};
        out->U[0] = (dp_num){1 / (s * s), 4 * DP_ULP / (s * s) + kink};
        out->log.e = slip + 4 * DP_ULP * (fabs(out->log.v) + fabs(log(s)));
        return;
    }
    const double w = nu + z * z, g = -(nu + 1) * z / w;
    out->u[0] = (dp_num){g / s, 8 * DP_ULP * fabs(g) / s + (nu + 1) / w * slip / s};
    out->U[0] = (dp_num){(g * g - (nu + 1) * (nu - z * z) / (w * w)) / (s * s), 0};
    out->U[0].e = 16 * DP_ULP * (g * g + (nu + 1) / w) / (s * s) + 4 * (fabs(g) + 1) * (nu + 1) / w * slip / (s * s);
    out->log.e = fabs(g) * slip + 8 * DP_ULP * (fabs(out->log.v) + fabs(lgamma(nu / 2)) + fabs(log(s)) + 4);
}

void est_score_at(dp_emoments *out, const dp_measure_t mu, const est_gsum *g, const double *x)
{
    if (mu->family == DP_MIXTURE)
        est_gsum_at(out, g, x, 2);
    else
        score_line(out, mu, x[0]);
}

/* ---- scales ---- */

double est_narrowest(const est_kernel *k)
{
    double h = INFINITY;
    for (slong i = 0; i < k->n; i++)
        h = fmin(h, k->part[i].h);
    return h;
}

double est_widest(const est_kernel *k)
{
    double h = 0;
    for (slong i = 0; i < k->n; i++)
        h = fmax(h, k->part[i].h);
    return h;
}

/* The smallest width of mu along an axis, other coordinates held. */
double est_smallest_width(const dp_measure_t mu, const est_gsum *density, int axis)
{
    double inv = 0;
    if (mu->family == DP_STUDENT) /* its poles lie at the distance scale sqrt(dof) from the line: a rule of step s errs by exp(-2 pi distance/s) */
        return 0.24 * fmpq_get_d(mu->scale) * fmin(sqrt(fmpq_get_d(mu->dof)), 3);
    if (mu->family == DP_LAPLACE)
        return fmpq_get_d(mu->scale);
    if (mu->family != DP_MIXTURE)
        return INFINITY;
    for (slong j = 0; j < density->n; j++)
        inv = fmax(inv, density->inv[j * mu->dim * mu->dim + axis * (mu->dim + 1)]);
    return 1 / sqrt(inv);
}

void est_bulk(double *lo, double *hi, const dp_measure_t mu, int axis, double growth)
{
    *lo = INFINITY, *hi = -INFINITY;
    if (mu->box) {
        *lo = fmpq_get_d(DP_LOWER(mu, axis)), *hi = fmpq_get_d(DP_UPPER(mu, axis));
        return;
    }
    for (slong j = 0; j < mu->n; j++) {
        const double m = fmpq_get_d(DP_MEAN(mu, j, axis));
        const double r = mu->family == DP_MIXTURE ? 8.5 * sqrt(fmpq_get_d(DP_COV(mu, j, axis, axis))) : mu->family == DP_LAPLACE ? 37 * fmpq_get_d(mu->scale)
                       : mu->family == DP_STUDENT ? 20 * fmpq_get_d(mu->scale) : 0;
        *lo = fmin(*lo, m - growth * r), *hi = fmax(*hi, m + growth * r);
    }
}

/* ---- rules ---- */

typedef struct { double *y, *log_w; slong n, room; } rule;

static void push(rule *r, double y, double w)
{
    if (r->n == r->room) {
        r->room = 2 * r->room + 256;
        r->y = dp_realloc(r->y, (size_t) r->room * sizeof(double));
        r->log_w = dp_realloc(r->log_w, (size_t) r->room * sizeof(double));
    }
    r->y[r->n] = y, r->log_w[r->n++] = log(w);
}

/* Equidistant nodes; both ends lie inside. */
static void equidistant(rule *r, double lo, double hi, double step)
{
    const slong n = (slong) fmin(ceil((hi - lo) / step), MOST_AXIS) + 1;
    step = (hi - lo) / (double) (n - 1);
    for (slong i = 0; i < n; i++)
        push(r, lo + (double) i * step, step);
}

/* Gauss-Legendre panels no wider than `most` on [lo, hi]. */
static void panels(rule *r, double lo, double hi, double most)
{
    const slong n = (slong) fmin(ceil((hi - lo) / most), MOST_AXIS);
    const size_t points = hi - lo < most / 8 ? 4 : hi - lo < most / 2 ? 8 : 16;
    gsl_integration_glfixed_table *t = gsl_integration_glfixed_table_alloc(points);
    for (slong p = 0; p < n; p++)
        for (size_t i = 0; i < points; i++) {
            double y, w;
            const double a = lo + (hi - lo) * (double) p / (double) n, b = lo + (hi - lo) * (double) (p + 1) / (double) n;
            gsl_integration_glfixed_point(a, b, i, &y, &w, t);
            if (r->n < MOST_AXIS)
                push(r, y, w);
        }
    gsl_integration_glfixed_table_free(t);
}

/* Between the kinks of mu along an axis. */
static void between_kinks(rule *r, const dp_measure_t mu, int axis, double lo, double hi, double most)
{
    if (mu->family == DP_LAPLACE) {
        const double c = fmpq_get_d(DP_MEAN(mu, 0, 0));
        if (lo < c)
            panels(r, lo, fmin(c, hi), most);
        if (hi > c)
            panels(r, fmax(c, lo), hi, most);
    } else if (mu->family == DP_DENSITY) {
        const slong cells = mu->shape[axis] - 1;
        for (slong i = 0; i < cells && r->n < MOST_AXIS; i++)
            panels(r, lo + (hi - lo) * (double) i / (double) cells, lo + (hi - lo) * (double) (i + 1) / (double) cells, most);
    } else
        panels(r, lo, hi, most);
}

void est_window(double *lo, double *hi, const est_source *s, const est_axes *out, int axis, double growth)
{
    const double h = est_widest(s->k), out_lo = out->x[axis][0], out_hi = out->x[axis][out->n[axis] - 1];
    est_bulk(lo, hi, s->mu, axis, growth);
    if (s->mu->box)
        return;
    if (s->mu->family == DP_LAPLACE) { /* no further from the points than the kernel reaches against the slope, nor further out than both bulks */
        const double reach = growth * (9 * h + h * h / fmpq_get_d(s->mu->scale));
        *lo = fmax(out_lo - reach, fmin(*lo, out_lo - 9 * h * growth)), *hi = fmin(out_hi + reach, fmax(*hi, out_hi + 9 * h * growth));
        return;
    }
    *lo = fmin(out_lo - 9 * h * growth, *lo), *hi = fmax(out_hi + 9 * h * growth, *hi);
}

/* Nodes and weights of the source along every axis. */
dp_status est_nodes_init(est_source *s, const est_gsum *density, const est_axes *out, int level, dp_error *e)
{
    const double finer = s->reach > 0 && s->dim > 1 ? pow(2, -0.5 * level) : ldexp(1, -level), growth = pow(1.5, level), h = est_narrowest(s->k);
    double total = 1;
    s->nodes.dim = s->dim;
    for (int k = 0; k < 3; k++) {
        rule r = {0};
        double lo, hi;
        if (k >= s->dim)
            push(&r, 0, 1);
        else {
            if (s->reach > 0)
                est_bulk(&lo, &hi, s->mu, k, s->reach);
            else
                est_window(&lo, &hi, s, out, k, growth);
            const double width = est_smallest_width(s->mu, density, k);
            if (s->mu->family == DP_MIXTURE || s->mu->family == DP_STUDENT)
                equidistant(&r, lo, hi, 0.5 * finer / sqrt(1 / (h * h) + 1 / (width * width)));
            else
                between_kinks(&r, s->mu, k, lo, hi, 3 * finer * fmin(h, width));
        }
        s->nodes.n[k] = r.n, s->nodes.x[k] = r.y, s->axis_w[k] = r.log_w;
        total *= (double) r.n;
        if (r.n >= MOST_AXIS)
            total = INFINITY;
    }
    if (total > 2e7)
        return dp_fail(e, DP_EBUDGET, "the window needs more than %g quadrature nodes at this bandwidth", total < INFINITY ? 2e7 : (double) MOST_AXIS);
    return DP_OK;
}
