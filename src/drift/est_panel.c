/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_panel.c: kernels that are no Gaussians against densities on the line: Gauss-Legendre panels that end at every place asked for and at every kink. */
#include <stdlib.h>
#include <string.h>

#include "drift/est_source.h"

enum { MOST_NODES = 1000000 };

/* ---- where panels end ---- */

typedef struct { real *x; slong n, room; } list;

static void put(list *a, real x)
{
    if (a->n == a->room) {
        a->room = 2 * a->room + 256;
        a->x = dp_realloc(a->x, (size_t) a->room * sizeof(real));
    }
    a->x[a->n++] = x;
}

static int by_size(const void *a, const void *b)
{
    const real x = *(const real *) a, y = *(const real *) b;
    return (x > y) - (x < y);
}

/* Places where a measure, or k*mu for a kernel with a kink, is not smooth. */
static void put_kinks(list *a, const dp_measure_struct *mu)
{
    if (mu->family == DP_ATOMS || mu->family == DP_LAPLACE)
        for (slong i = 0; i < mu->n; i++)
            put(a, est_fmpq(DP_MEAN(mu, i, 0)));
    else if (mu->family == DP_DATASET || mu->family == DP_SAMPLES)
        for (slong i = 0; i < mu->ndata; i++)
            put(a, mu->data[i]);
    else if (mu->box) {
        const real lo = est_fmpq(DP_LOWER(mu, 0)), hi = est_fmpq(DP_UPPER(mu, 0));
        const slong cells = mu->family == DP_UNIFORM ? 1 : mu->shape[0] - 1;
        for (slong i = 0; i <= cells; i++)
            put(a, lo + (hi - lo) * (real) i / (real) cells);
    }
}

/* ---- nodes ---- */

typedef struct {
    list node, log_w;
    est_gauss rule[EST_RULES];
    const est_law *law[2]; /* whose scales the weights have; NULL: none */
    real h, least, finer;  /* the narrowest kernel; a scale of the weights everywhere; 2^-level */
} layout;

/* How long a panel around y may be for a law: three widths of a Gaussian; so that the poles of Student's law stay outside. */
static real law_scale(const est_law *law, real lo, real hi)
{
    if (dp_measure_is_points(law->mu))
        return INFINITY;
    if (law->mu->family != DP_STUDENT)
        return 3 * est_smallest_width(law, 0);
    const real c = law->centre, away = c < lo ? lo - c : c > hi ? c - hi : 0;
    return 1.8 * r_sqrt(away * away + law->scale * law->scale * law->dof);
}

static real longest(const layout *l, real lo, real hi, real a, real b)
{
    real most = r_min(1.5 * l->h + r_min(lo - a, b - hi) / 2, l->least);
    for (int i = 0; i < 2; i++)
        if (l->law[i])
            most = r_min(most, law_scale(l->law[i], lo, hi));
    return most * l->finer;
}

/* [lo, hi], a part of what lies between the ends a and b. */
static void split(layout *l, real lo, real hi, real a, real b)
{
    const real most = longest(l, lo, hi, a, b), middle = (lo + hi) / 2;
    if (l->node.n > MOST_NODES || !(lo < middle && middle < hi))
        return;
    if (hi - lo > most) {
        split(l, lo, middle, a, b), split(l, middle, hi, a, b);
        return;
    }
    const est_gauss *g = est_rule(l->rule, hi - lo, most);
    for (int i = g->n - 1; i >= 0; i--) /* ascending: the rule's are not */
        put(&l->node, middle + (hi - lo) / 2 * g->y[i]), put(&l->log_w, r_log(g->w[i] * (hi - lo) / 2));
}

static void between(layout *l, list *ends, real lo, real hi)
{
    real from = lo;
    est_rules_init(l->rule);
    put(ends, hi);
    qsort(ends->x, (size_t) ends->n, sizeof(real), by_size);
    for (slong i = 0; i < ends->n; i++)
        if (ends->x[i] > from && ends->x[i] <= hi) {
            split(l, from, ends->x[i], from, ends->x[i]);
            from = ends->x[i];
        }
}

/* Where what is weighed lies. `own`: the weights are mu's density, else a function that does not decay. */
static void window(real *lo, real *hi, const est_source *s, const est_axes *out, int own, real reach, real growth)
{
    const real first = out->x[0][0], last = out->x[0][out->n[0] - 1];
    *lo = first - reach, *hi = last + reach;
    if (!own)
        return;
    if (s->mu->family == DP_STUDENT) { /* 1e-18 of the mass lie further out; none of it is seen where every kernel decays */
        const real far = s->law.scale * r_exp(r_min(growth * 41 * R_REACH * R_REACH / s->law.dof, 130)), c = s->law.centre;
        int heavy = 0;
        for (slong p = 0; p < s->k->n; p++)
            heavy |= s->k->part[p].family == DP_KERNEL_IMQ;
        *lo = heavy ? r_min(*lo, c - far) : r_min(*lo, r_max(c - far, c - 40 * s->law.scale)), *hi = heavy ? r_max(*hi, c + far) : r_max(*hi, r_min(c + far, c + 40 * s->law.scale));
        return;
    }
    real a, b;
    est_bulk(&a, &b, &s->law, 0, growth);
    *lo = s->mu->box ? a : r_min(*lo, a), *hi = s->mu->box ? b : r_max(*hi, b);
}

dp_status est_panels_init(est_source *s, const dp_problem *P, const est_axes *out, int both, int level, dp_error *e)
{
    const real growth = pow(1.5, level), h = est_narrowest(s->k);
    const int own = s->mu != NULL;
    real reach = 0, lo, hi;
    list ends = {0};
    est_law law[2];
    layout l = {.h = h, .least = both ? 1.5 * h : (real) INFINITY, .finer = ldexp(1, -level)};
    for (slong p = 0; p < s->k->n; p++)
        if (s->k->part[p].family != DP_KERNEL_IMQ)
            reach = r_max(reach, (both && own ? 2 : 1) * growth * est_kernel_reach(s->k->part + p));
    est_law_init(law, P->p), est_law_init(law + 1, P->q);
    for (int i = 0; i < 2; i++)
        if (both || (i ? P->q : P->p) == s->mu)
            l.law[i] = law + i, put_kinks(&ends, i ? P->q : P->p);
    for (slong i = 0; i < out->n[0]; i++)
        put(&ends, out->x[0][i]);
    window(&lo, &hi, s, out, own, reach, growth);
    between(&l, &ends, lo, hi);
    est_law_clear(law), est_law_clear(law + 1);
    free(ends.x);
    s->nodes.dim = 1, s->nodes.n[0] = l.node.n, s->nodes.n[1] = s->nodes.n[2] = 1;
    s->nodes.x[0] = l.node.x, s->axis_w[0] = l.log_w.x;
    for (int k = 1; k < 3; k++)
        s->nodes.x[k] = dp_calloc(1, sizeof(real)), s->axis_w[k] = dp_calloc(1, sizeof(real));
    if (l.node.n > MOST_NODES)
        return dp_fail(e, DP_EBUDGET, "more than %d quadrature nodes on the line: the kernel is too narrow for this window", (int) MOST_NODES);
    return DP_OK;
}
