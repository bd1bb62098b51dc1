/* SPDX-License-Identifier: GPL-3.0-or-later */
/* expect_mesh.c: averages under a density: for every component a mesh over nearly all its mass, and the field on it by the double tier. */
#include <string.h>

#include "drift/est_source.h"
#include "energy/expect_internal.h"

enum { MOST_LINE = 1 << 17, MOST_NODES = 1 << 18, MOST_BOX = 1 << 20 };

/* ---- the integrand on a mesh ---- */

dp_status dp_expect_pair_init(dp_expect_pair *v, const dp_problem *P, const dp_integrand *g, const dp_mesh_t mesh, slong digits, int threads, dp_error *e)
{
    dp_status status = DP_OK;
    const int same = g->drift[1] && strcmp(g->drift[0], g->drift[1]) == 0;
    *v = (dp_expect_pair){{NULL, NULL}, NULL, NULL};
    for (int i = 0; i < (g->drift[1] && !same ? 2 : 1) && status == DP_OK; i++) {
        status = dp_gridfield_eval(v->f + i, P, g->drift[i], mesh, g->quantity, digits + 2, DP_TIER_DOUBLE, threads, e);
        if (status == DP_OK && !dp_gridfield_find(v->f[i], g->quantity))
            status = dp_fail(e, DP_EUNSUPPORTED, "%s has no %s here: %s", g->drift[i], dp_quantity_name(g->quantity), v->f[i]->note);
    }
    if (status == DP_OK) {
        v->a = dp_gridfield_find(v->f[0], g->quantity);
        v->b = same ? v->a : v->f[1] ? dp_gridfield_find(v->f[1], g->quantity) : NULL;
    } else
        dp_expect_pair_clear(v);
    return status;
}

void dp_expect_pair_clear(dp_expect_pair *v)
{
    dp_gridfield_free(v->f[0]), dp_gridfield_free(v->f[1]);
    v->f[0] = v->f[1] = NULL;
}

dp_num dp_expect_pair_at(const dp_expect_pair *v, slong node)
{
    const int c = v->a->components;
    dp_num sum = {0, 0};
    for (slong i = node * c; i < (node + 1) * c; i++) {
        const dp_num a = {v->a->mid[i], v->a->rad[i]};
        sum = dp_num_add(sum, v->b ? dp_num_mul(a, (dp_num){v->b->mid[i], v->b->rad[i]}) : a);
    }
    return sum;
}

/* ---- rules along an axis ---- */

/* Equidistant nodes from lo to hi; Newton and Cotes' rule of seven points on `cells` equal cells where the density may have kinks, else the trapezoidal rule. */
typedef struct { slong n, cells; fmpq_t lo, hi; } axis_rule;

static slong least_six(double x) { return 6 * FLINT_MAX(1, (slong) fmin(ceil(x / 6), 1e12)); }

/* For a component that is analytic: steps of a third of its width, halved level times, 8.5 and more deviations to each side. Student's law has heavy
   tails: its window grows fourfold. With kinks: panels at the kinks. */
static void choose_rule(axis_rule *r, const dp_problem *P, const est_law *law, int axis, int level)
{
    double lo, hi;
    const double finer = ldexp(1, -level);
    law = est_along(law, &axis); /* each axis of a product by its own law */
    const dp_measure_struct *mu = law->mu;
    est_bulk(&lo, &hi, law, axis, mu->family == DP_STUDENT ? pow(4, level) : 1 + level / 8.0);
    r->cells = 0;
    if (mu->box) {
        fmpq_set(r->lo, DP_LOWER(mu, axis)), fmpq_set(r->hi, DP_UPPER(mu, axis));
        r->cells = mu->family == DP_DENSITY ? mu->shape[axis] - 1 : 1;
        const double h = fmpq_get_d(P->bandwidth), width = h > 0 ? h : (hi - lo) / 8; /* of sums: 0 */
        r->n = r->cells * least_six((hi - lo) / (double) r->cells / fmin(width, (hi - lo) / 8)) * ((slong) 1 << level) + 1; /* twice as many each time: two rounds with the same nodes would agree */
        return;
    }
    dp_fmpq_set_d(r->lo, lo), dp_fmpq_set_d(r->hi, hi);
    if (mu->family == DP_LAPLACE) { /* the kink is the middle, exactly */
        fmpq_mul_ui(r->hi, DP_MEAN(mu, 0, 0), 2);
        fmpq_sub(r->hi, r->hi, r->lo);
        r->cells = 2;
        r->n = 2 * least_six((hi - lo) / 2 / est_smallest_width(law, axis) * 2 / finer) + 1;
    } else
        r->n = (slong) fmin(ceil((hi - lo) / (est_smallest_width(law, axis) * finer / 3)), 1e9) + 2;
}

/* The weights, logarithms. */
static double *rule_weights(const axis_rule *r)
{
    double *w = dp_malloc((size_t) r->n * sizeof *w);
    const double step = (fmpq_get_d(r->hi) - fmpq_get_d(r->lo)) / (double) (r->n - 1);
    static const double seven[] = {82, 216, 27, 272, 27, 216}; /* over 140; 41 at the ends */
    for (slong i = 0; i < r->n; i++) {
        const int end = i == 0 || i == r->n - 1;
        const double v = (r->cells ? seven[i % 6] / 140 : 1) / (end ? 2 : 1);
        w[i] = log(v * step);
    }
    return w;
}

/* ---- one component ---- */

/* At nodes where the field is not known the largest known value stands for the error. */
static dp_num add_up(const dp_expect_pair *v, const double *log_w, slong nodes)
{
    double most = 0, sum = 0, error = 0, size = 0, lost = 0;
    for (slong i = 0; i < nodes; i++) {
        const dp_num g = dp_expect_pair_at(v, i);
        const double w = exp(log_w[i]);
        if (!isfinite(g.v) || !isfinite(g.e)) {
            lost += w;
            continue;
        }
        most = fmax(most, fabs(g.v) + g.e);
        sum += w * g.v, error += w * g.e, size += w * fabs(g.v);
    }
    return (dp_num){sum, error + lost * (most > 0 ? most : INFINITY) * (lost > 0) + 64 * DP_ULP * size};
}

static dp_status one_component(dp_num *out, const dp_problem *P, const dp_measure_t mu, const dp_integrand *g, slong digits, int level, int threads, dp_error *e)
{
    const int d = mu->dim;
    axis_rule r[3];
    est_law law;
    double *axis_w[3] = {NULL}, nodes = 1;
    slong n[3] = {1, 1, 1};
    fmpq *lo = _fmpq_vec_init(d), *hi = _fmpq_vec_init(d), *x = _fmpq_vec_init(d);
    dp_status status = DP_OK;
    est_law_init(&law, mu);
    for (int k = 0; k < d; k++) {
        fmpq_init(r[k].lo), fmpq_init(r[k].hi);
        choose_rule(r + k, P, &law, k, level);
        fmpq_set(lo + k, r[k].lo), fmpq_set(hi + k, r[k].hi);
        nodes *= (double) (n[k] = r[k].n);
    }
    const int most = d == 1 ? MOST_LINE : mu->box || mu->marginal ? MOST_BOX : MOST_NODES;
    if (nodes > most)
        status = dp_fail(e, DP_EBUDGET, "an average needs a mesh of %.3g nodes; the most are %d", nodes, most);
    if (status == DP_OK) {
        dp_mesh_t mesh;
        dp_expect_pair v;
        dp_mesh_init(mesh, d, n, lo, hi);
        status = dp_expect_pair_init(&v, P, g, mesh, digits, threads, e);
        double *log_w = dp_malloc((size_t) nodes * sizeof *log_w), *at[3] = {NULL};
        for (int k = 0; k < d; k++)
            axis_w[k] = rule_weights(r + k), at[k] = dp_mesh_axis_d(mesh, k);
        if (status == DP_OK) {
            const est_axes axes = {.dim = d, .n = {n[0], n[1], n[2]}, .x = {at[0], at[1], at[2]}};
            status = est_law_on_axes(log_w, &law, &axes, threads, e);
        }
        for (slong i = 0; i < dp_mesh_nodes(mesh) && status == DP_OK; i++) {
            slong rest = i;
            for (int k = 0; k < d; rest /= n[k], k++)
                log_w[i] += axis_w[k][rest % n[k]];
        }
        if (status == DP_OK) {
            *out = add_up(&v, log_w, dp_mesh_nodes(mesh));
            dp_expect_pair_clear(&v);
        }
        for (int k = 0; k < d; k++)
            free(axis_w[k]), free(at[k]);
        free(log_w);
        dp_mesh_clear(mesh);
    }
    est_law_clear(&law);
    for (int k = 0; k < d; k++)
        fmpq_clear(r[k].lo), fmpq_clear(r[k].hi);
    _fmpq_vec_clear(lo, d), _fmpq_vec_clear(hi, d), _fmpq_vec_clear(x, d);
    return status;
}

/* Component j of a mixture as a measure of its own. */
static void take_component(dp_measure_t out, const dp_measure_t mu, slong j)
{
    const slong d = mu->dim;
    dp_measure_init(out, DP_MIXTURE, mu->dim, 1);
    fmpq_one(DP_WEIGHT(out, 0));
    for (slong k = 0; k < d; k++)
        fmpq_set(out->mean + k, mu->mean + j * d + k);
    for (slong k = 0; k < d * d; k++)
        fmpq_set(out->cov + k, mu->cov + j * d * d + k);
}

dp_status dp_expect_on_mesh(dp_num *out, const dp_problem *P, const dp_measure_t mu, const dp_integrand *g, slong digits, int level, int threads, dp_error *e)
{
    if (mu->family != DP_MIXTURE)
        return one_component(out, P, mu, g, digits, level, threads, e);
    dp_status status = DP_OK;
    *out = (dp_num){0, 0};
    for (slong j = 0; j < mu->n && status == DP_OK; j++) {
        dp_measure_t one;
        dp_num part = {0, 0};
        take_component(one, mu, j);
        status = one_component(&part, P, one, g, digits, level, threads, e);
        *out = dp_num_add(*out, dp_num_mul(part, dp_num_exact(fmpq_get_d(DP_WEIGHT(mu, j)))));
        dp_measure_clear(one);
    }
    return status;
}
