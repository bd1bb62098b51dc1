/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_nodes.c: nodes and weights for densities against Gaussian kernels: equidistant for analytic densities, Gauss-Legendre panels between
   the kinks of the others. Level l halves the steps l times and widens windows by 3/2 l times. */
#include <string.h>

#include "drift/est_source.h"

enum { MOST_AXIS = 60000 };

/* ---- rules ---- */

typedef struct { real *y, *log_w; slong n, room; } rule;

static void push(rule *r, real y, real w)
{
    if (r->n == r->room) {
        r->room = 2 * r->room + 256;
        r->y = dp_realloc(r->y, (size_t) r->room * sizeof(real));
        r->log_w = dp_realloc(r->log_w, (size_t) r->room * sizeof(real));
    }
    r->y[r->n] = y, r->log_w[r->n++] = r_log(w);
}

/* Equidistant nodes; both ends lie inside. */
static void equidistant(rule *r, real lo, real hi, real step)
{
    const slong n = (slong) r_min(r_ceil((hi - lo) / step), MOST_AXIS) + 1;
    step = (hi - lo) / (real) (n - 1);
    for (slong i = 0; i < n; i++)
        push(r, lo + (real) i * step, step);
}

int est_leaves_gaps(const est_axes *out, int axis, real reach)
{
    return out && out->apart && out->n[axis] > 1 && reach < 0.45 * (out->x[axis][1] - out->x[axis][0]);
}

static void near(rule *r, const est_axes *out, int axis, real lo, real hi, real step, real reach)
{
    const real last = -r_ceil((lo - hi) / step);
    real next = 0;
    for (slong i = 0; i < out->n[axis]; i++) {
        const real x = out->x[axis][i] - lo, to = r_min(last, (x + reach) / step);
        for (next = r_max(next, r_ceil((x - reach) / step)); next <= to && r->n < MOST_AXIS; next += 1)
            push(r, lo + next * step, step);
    }
}

slong est_near_nodes(real **y, real **log_w, const est_axes *out, int axis, real lo, real hi, real step, real reach)
{
    rule r = {0};
    near(&r, out, axis, lo, hi, step, reach);
    *y = r.y, *log_w = r.log_w;
    return r.n;
}

/* Gauss-Legendre panels no wider than `most` on [lo, hi]; fewer points where little is to be done. */
static void panels(rule *r, const est_gauss *rules, real lo, real hi, real most)
{
    const slong n = (slong) r_min(r_ceil((hi - lo) / most), MOST_AXIS);
    const est_gauss *g = est_rule(rules, hi - lo, most);
    const real half = (hi - lo) / (2 * (real) n);
    for (slong p = 0; p < n; p++)
        for (int i = 0; i < g->n; i++)
            if (r->n < MOST_AXIS)
                push(r, lo + half * ((real) (2 * p + 1) + g->y[i]), half * g->w[i]);
}

/* Between the kinks of mu along an axis. */
static void between_kinks(rule *r, const est_law *law, int axis, real lo, real hi, real most)
{
    law = est_along(law, &axis);
    const dp_measure_struct *mu = law->mu;
    est_gauss g[EST_RULES];
    est_rules_init(g);
    if (mu->family == DP_LAPLACE) {
        const real c = law->centre;
        if (lo < c)
            panels(r, g, lo, r_min(c, hi), most);
        if (hi > c)
            panels(r, g, r_max(c, lo), hi, most);
    } else if (mu->family == DP_DENSITY) {
        const slong cells = mu->shape[axis] - 1;
        for (slong i = 0; i < cells && r->n < MOST_AXIS; i++)
            panels(r, g, lo + (hi - lo) * (real) i / (real) cells, lo + (hi - lo) * (real) (i + 1) / (real) cells, most);
    } else
        panels(r, g, lo, hi, most);
}

/* The largest distance of a mixture's component j from the mesh, and from q's components. */
static real farthest(const est_source *s, slong j, const est_axes *out)
{
    const dp_measure_struct *q = s->P->q;
    real from_mesh = 0, from_q = 0;
    for (int k = 0; k < s->dim; k++) {
        const real m = est_fmpq(DP_MEAN(s->mu, j, k)), t = r_max(r_fabs(out->x[k][0] - m), r_fabs(out->x[k][out->n[k] - 1] - m));
        from_mesh += t * t;
    }
    for (slong i = 0; i < q->n; i++) {
        real sum = 0;
        for (int k = 0; k < s->dim; k++) {
            const real t = est_fmpq(DP_MEAN(q, i, k)) - est_fmpq(DP_MEAN(s->mu, j, k));
            sum += t * t;
        }
        from_q = r_max(from_q, sum);
    }
    return r_sqrt(from_mesh) + r_sqrt(from_q);
}

/* Wide kernels: a component of variance S times k(x, .)/(k*q)^b, b at most 1, is no wider than the component, since k decays as fast as (k*q)^-b grows, and its
   peak lies within trace S times that distance over h^2 of the component's own. */
static void about_components(real *lo, real *hi, const est_source *s, const est_axes *out, int axis, real growth)
{
    const real h = est_narrowest(s->k);
    real least = INFINITY, most = -INFINITY;
    for (slong j = 0; j < s->mu->n; j++) {
        const real m = est_fmpq(DP_MEAN(s->mu, j, axis)), r = 8.5 * R_REACH * growth * r_sqrt(est_fmpq(DP_COV(s->mu, j, axis, axis)));
        real trace = 0;
        for (int k = 0; k < s->dim; k++)
            trace += est_fmpq(DP_COV(s->mu, j, k, k));
        const real moved = trace * farthest(s, j, out) / (h * h);
        least = r_min(least, m - r - moved), most = r_max(most, m + r + moved);
    }
    *lo = r_max(*lo, least), *hi = r_min(*hi, most);
}

/* The largest row sum of moduli of a term's inverse matrix: at least its largest eigenvalue. */
static real steepest(const est_gsum *g, slong j)
{
    real most = 0;
    for (int a = 0; a < g->dim; a++) {
        real row = 0;
        for (int b = 0; b < g->dim; b++)
            row += r_fabs(g->inv[(j * g->dim + a) * g->dim + b]);
        most = r_max(most, row);
    }
    return most;
}

/* At most so much are second derivatives of -log(k*q). */
static real steepest_smoothed(const est_source *s)
{
    const real h = est_narrowest(s->k);
    est_law q;
    real most = 0;
    if (s->P->q->family == DP_ATOMS)
        return 1 / (h * h);
    est_law_init(&q, s->P->q);
    for (slong i = 0; i < q.g.n; i++)
        most = r_max(most, steepest(&q.g, i) / (1 + h * h * steepest(&q.g, i)));
    est_law_clear(&q);
    return most;
}

/* How far from x the function k(x, .) mu/(k*q)^b, b at most 1, is to be seen, mu a mixture, q a mixture or atoms: for each component its logarithm is concave, with second derivatives of at most
   -c, c = 1/h^2 + 1/|S| - (those of -log(k*q)), and its slope at x is at most the sum of the two logarithms': its peak lies within slope/c of x and is no wider than 1/sqrt(c). Else infinite. */
static real sight(const est_source *s, const est_axes *out, real widths)
{
    if (!out || !out->apart || !s->P || s->mu->family != DP_MIXTURE || (s->P->q->family != DP_MIXTURE && s->P->q->family != DP_ATOMS))
        return INFINITY;
    const real h = est_widest(s->k), by_q = steepest_smoothed(s);
    real most = 0;
    for (slong j = 0; j < s->mu->n; j++) {
        real size = 0;
        for (int a = 0; a < s->dim; a++) {
            real row = 0;
            for (int b = 0; b < s->dim; b++)
                row += r_fabs(est_fmpq(DP_COV(s->mu, j, a, b)));
            size = r_max(size, row);
        }
        const real c = 1 / (h * h) + 1 / size - by_q, slope = (steepest(&s->law.g, j) + by_q) * farthest(s, j, out);
        most = c > 0 ? r_max(most, widths / r_sqrt(c) + slope / c) : (real) INFINITY;
    }
    return most;
}

void est_window(real *lo, real *hi, const est_source *s, const est_axes *out, int axis, real growth)
{
    int own_axis = axis;
    const est_law *law = est_along(&s->law, &own_axis);
    const real h = R_REACH * est_widest(s->k), out_lo = out->x[axis][0], out_hi = out->x[axis][out->n[axis] - 1];
    est_bulk(lo, hi, &s->law, axis, growth);
    if (law->mu->box)
        return;
    if (law->mu->family == DP_LAPLACE) { /* no further from the points than the kernel reaches against the slope, nor further out than both bulks */
        const real reach = growth * (9 * h + h * h / law->scale);
        *lo = r_max(out_lo - reach, r_min(*lo, out_lo - 9 * h * growth)), *hi = r_min(out_hi + reach, r_max(*hi, out_hi + 9 * h * growth));
        return;
    }
    *lo = r_min(out_lo - 9 * h * growth, *lo), *hi = r_max(out_hi + 9 * h * growth, *hi);
    if (s->P && s->mu->family == DP_MIXTURE && (s->P->q->family == DP_MIXTURE || s->P->q->family == DP_ATOMS))
        about_components(lo, hi, s, out, axis, growth);
}

/* Nodes and weights of the source along every axis. */
dp_status est_nodes_init(est_source *s, const est_axes *out, int level, dp_error *e)
{
    const real finer = s->reach > 0 && s->dim > 1 ? pow(2, -0.5 * level) : ldexp(1, -level), growth = pow(1.5, level), h = est_narrowest(s->k);
    const real reach = s->reach > 0 ? INFINITY : sight(s, out, R_REACH * (real) (7.5 + level)); /* exp(-28), at the next level exp(-36) */
    const double limit = s->by && level < 2 ? 4e8 : 2e7; /* many more than weights are kept */
    double total = 1;
    s->nodes.dim = s->dim;
    for (int k = 0; k < 3; k++) {
        rule r = {0};
        real lo, hi;
        if (k >= s->dim)
            push(&r, 0, 1);
        else {
            if (s->reach > 0)
                est_bulk(&lo, &hi, &s->law, k, s->reach);
            else
                est_window(&lo, &hi, s, out, k, growth);
            int own_axis = k;
            const dp_measure_family family = est_along(&s->law, &own_axis)->mu->family;
            const real width = est_smallest_width(&s->law, k);
            const real step = (s->reach > 0 ? 0.5 : R_STEP) * finer / r_sqrt(1 / (h * h) + 1 / (width * width));
            if (est_leaves_gaps(out, k, reach))
                near(&r, out, k, lo, hi, step, reach);
            else if (family == DP_MIXTURE || family == DP_STUDENT)
                equidistant(&r, lo, hi, step);
            else
                between_kinks(&r, &s->law, k, lo, hi, 3 * finer * r_min(h, width));
        }
        s->nodes.n[k] = r.n, s->nodes.x[k] = r.y, s->axis_w[k] = r.log_w;
        total *= (double) r.n;
        if (r.n >= MOST_AXIS)
            total = INFINITY;
    }
    if (total > limit)
        return dp_fail(e, DP_EBUDGET, "the window needs more than %g quadrature nodes at this bandwidth", total < INFINITY ? limit : (double) MOST_AXIS);
    return DP_OK;
}
