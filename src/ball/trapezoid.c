/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trapezoid.c: the strip-bounded trapezoidal rule: where the window lies, and what the rule gives there. */
#include "ball/rule.h"

#include <math.h>

#define PB DP_RULE_PREC

const char *const dp_term_name[DP_NTERMS] = {"strip", "window-ends", "tails"};

void dp_gmoments_init(dp_gmoments_t m, int dim)
{
    m->dim = dim;
    arb_init(m->m0);
    m->m1 = _arb_vec_init(dim), m->m2 = _arb_vec_init(dim * dim), m->centre = _arb_vec_init(dim);
    for (int i = 0; i < DP_NTERMS; i++)
        mag_init(m->ledger + i);
}

void dp_gmoments_clear(dp_gmoments_t m)
{
    arb_clear(m->m0);
    _arb_vec_clear(m->m1, m->dim), _arb_vec_clear(m->m2, m->dim * m->dim), _arb_vec_clear(m->centre, m->dim);
    for (int i = 0; i < DP_NTERMS; i++)
        mag_clear(m->ledger + i);
}

void dp_lattice_free(dp_lattice *g)
{
    if (!g)
        return;
    _arb_vec_clear(g->weight, g->nodes);
    free(g);
}

static double upper_d(const arb_t x)
{
    arf_t t;
    arf_init(t);
    arb_get_ubound_arf(t, x, PB);
    double v = arf_get_d(t, ARF_RND_CEIL);
    arf_clear(t);
    return v;
}

/* Finest step worth trying: more nodes on an axis could not stay within the budget. */
static double finest_step(int d, double radius, slong max_nodes)
{
    double n = (double) max_nodes;
    return 2 * radius / (d == 1 ? n : d == 2 ? 6 * sqrt(n) : 3 * cbrt(n));
}

/* A lattice for windows of the given radius whose centres stay within `slack` (in every coordinate) of this one. */
static dp_lattice *lattice_new(const dp_gsum_t G, const double *centre, double radius, double slack, double kappa, slong prec, slong max_nodes)
{
    int d = G->dim;
    double step[3];
    dp_strip_goal goal = {(double) prec + 20, kappa, {slack, slack, slack}, finest_step(d, radius, max_nodes), 1, 1};
    dp_box box;
    dp_lattice *g = dp_calloc(1, sizeof *g);
    for (int k = 0; k < d; k++)
        g->centre[k] = box.centre[k] = centre[k], box.radius[k] = radius + slack + 2;
    int ok = dp_lattice_plan(g->strip, step, G, &box, &goal) && dp_window_cover(&g->win, d, step, centre, radius + slack);
    double total = 1;
    for (int k = 0; ok && k < d; k++)
        total *= (double) g->win.count[k];
    if (!ok || total > (double) max_nodes) {
        free(g);
        return NULL;
    }
    g->prec = prec, g->bits = goal.bits, g->slack = slack;
    g->nodes = dp_window_nodes(&g->win);
    g->weight = _arb_vec_init(g->nodes);
    dp_lattice_values(g->weight, &g->win, G, prec);
    for (slong i = 0; i < g->nodes; i++)
        arb_rsqrt(g->weight + i, g->weight + i, prec + 10);
    return g;
}

/* 1 when the lattice (which may be NULL) has the precision and covers the window, which is then set. */
static int lattice_serves(const dp_lattice *g, dp_window *win, const double *centre, double radius, slong prec)
{
    if (!g || g->prec < prec || g->prec > 2 * prec + 64 || !dp_window_cover(win, g->win.dim, g->win.step, centre, radius))
        return 0;
    for (int k = 0; k < g->win.dim; k++)
        if (!(fabs(centre[k] - g->centre[k]) <= g->slack))
            return 0;
    return dp_window_contains(&g->win, win);
}

dp_status dp_trapezoid_rsqrt(dp_gmoments_t out, dp_lattice **cache, const dp_gsum_t G, arb_srcptr s, slong prec, slong max_nodes, dp_error *e)
{
    int d = G->dim;
    dp_rule b;
    dp_window win;
    double far = dp_norm_d(s, d) + 2;
    slong pp = 96 + 2 * (slong) ilogb(far);
    dp_rule_init(&b);
    dp_peak_find(out->centre, G, s, pp);
    dp_peak_concavity(b.kappa, G);
    dp_rule_peak(&b, G, out->centre, s, pp);
    for (int k = 0; k < d; k++)
        b.centre[k] = arf_get_d(arb_midref(out->centre + k), ARF_RND_NEAR);
    double spread = upper_d(b.delta), kappa = arf_get_d(arb_midref(b.kappa), ARF_RND_FLOOR);
    double radius = sqrt(2 * ((double) prec + 24) * M_LN2 / kappa) + spread;
    dp_status status = DP_OK;
    if (!(spread < 1e3) || !isfinite(far))
        status = dp_fail(e, DP_EBUDGET, "trapezoid: the integrand's peak could not be located (slope %.3g)", spread);
    else if (!lattice_serves(*cache, &win, b.centre, radius, prec)) {
        dp_lattice_free(*cache);
        *cache = lattice_new(G, b.centre, radius, d == 1 ? radius / 2 : 0.75, kappa, prec, max_nodes);
        if (!*cache && d == 1) /* the wider window may have met a zero that the integrand itself does not see */
            *cache = lattice_new(G, b.centre, radius, 0.75, kappa, prec, max_nodes);
        if (!lattice_serves(*cache, &win, b.centre, radius, prec))
            status = dp_fail(e, DP_EBUDGET, "trapezoid: the zero-free strip of k*q is too narrow for %ld nodes", (long) max_nodes);
    }
    if (status == DP_OK) {
        b.win = &win, b.strip = (*cache)->strip, b.bits = (*cache)->bits, b.root = 1;
        dp_lattice_sums(out, (*cache)->weight, &(*cache)->win, &win, s, prec + 20);
        if (!dp_rule_rsqrt_errors(out, &b))
            status = dp_fail(e, DP_EBUDGET, "trapezoid: the window is too small for its error bound");
    }
    dp_rule_clear(&b);
    return status;
}

/* log(G/H) on the nodes of win. */
static arb_ptr log_values(const dp_window *win, const dp_gsum_t G, const dp_gsum_t H, slong prec)
{
    slong n = dp_window_nodes(win);
    arb_ptr v = _arb_vec_init(n), w = _arb_vec_init(n);
    dp_lattice_values(v, win, G, prec);
    dp_lattice_values(w, win, H, prec);
    for (slong i = 0; i < n; i++) {
        arb_div(v + i, v + i, w + i, prec);
        arb_log(v + i, v + i, prec);
    }
    _arb_vec_clear(w, n);
    return v;
}

dp_status dp_trapezoid_log_ratio(dp_gmoments_t out, const dp_gsum_t G, const dp_gsum_t H, slong prec, slong max_nodes, dp_error *e)
{
    int d = G->dim;
    double step[3], other[3], radius = sqrt(2 * ((double) prec + 24) * M_LN2), centre[3] = {0, 0, 0}, total = 1;
    dp_strip_goal goal = {(double) prec + 20, 1, {0, 0, 0}, finest_step(d, radius, max_nodes), 1, 0};
    dp_box box = {{0, 0, 0}, {radius + 2, radius + 2, radius + 2}};
    dp_strip sg[3], sh[3];
    dp_window win;
    if (!dp_lattice_plan(sg, step, G, &box, &goal) || !dp_lattice_plan(sh, other, H, &box, &goal))
        return dp_fail(e, DP_EBUDGET, "trapezoid: the zero-free strip of k*p or k*q is too narrow for %ld nodes", (long) max_nodes);
    for (int k = 0; k < d; k++)
        step[k] = fmin(step[k], other[k]);
    dp_window_cover(&win, d, step, centre, radius);
    for (int k = 0; k < d; k++)
        total *= (double) win.count[k];
    if (total > (double) max_nodes)
        return dp_fail(e, DP_EBUDGET, "trapezoid: %.0f nodes needed, %ld allowed", total, (long) max_nodes);
    dp_rule b;
    arb_t K, t;
    dp_rule_init(&b), arb_init(K), arb_init(t);
    b.win = &win, b.strip = sg, b.bits = goal.bits, b.root = 0;
    arb_one(b.peak), arb_one(b.kappa), arb_zero(b.delta);
    dp_rule_log_growth(K, G, sg), dp_rule_log_growth(t, H, sh), arb_add(K, K, t, PB);
    for (int k = 0; k < d; k++) { /* log G and log H err by their own strips; both are at most K log-growths */
        b.centre[k] = 0;
        sg[k].sum += sh[k].sum;
        sg[k].a = fmax(sg[k].a, sh[k].a);
    }
    arb_ptr v = log_values(&win, G, H, prec + 20);
    arb_ptr zero = _arb_vec_init(d);
    _arb_vec_zero(out->centre, d);
    dp_lattice_sums(out, v, &win, &win, zero, prec + 20);
    dp_status status = DP_OK;
    if (!dp_rule_log_errors(out, &b, K))
        status = dp_fail(e, DP_EBUDGET, "trapezoid: the window is too small for its error bound");
    _arb_vec_clear(v, dp_window_nodes(&win)), _arb_vec_clear(zero, d);
    dp_rule_clear(&b), arb_clear(K), arb_clear(t);
    return status;
}
