/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trapezoid.c: the strip-bounded trapezoidal rule: where the window lies, what the rule gives, and every term of its error. */
#include "ball/trapezoid.h"
#include "ball/lattice.h"

#include <math.h>

#define PB 64 /* precision of error bounds */

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

static void add_error_all(dp_gmoments_t m, const arb_t bound)
{
    arb_add_error(m->m0, bound);
    for (int a = 0; a < m->dim; a++)
        arb_add_error(m->m1 + a, bound);
    for (int a = 0; a < m->dim * m->dim; a++)
        arb_add_error(m->m2 + a, bound);
}

/* What the error of a rule on a window needs. Lemma L4: the integrand at centre + w is at most peak exp(-kappa |w'|^2/2), |w - w'| <= delta;
   lemma L3: on the strip it grows at most by rho_k. growth: polynomial factors are at most growth (1 + |w'|^2)^2. */
typedef struct {
    const dp_window *win;
    const dp_strip *strip;
    int root;           /* the integrand has G^{-1/2} (and grows less on the strip), or log G */
    double centre[3];
    arb_t peak, kappa, delta, growth;
    arb_struct rho[3];
} bounds;

static void bounds_init(bounds *b)
{
    arb_init(b->peak), arb_init(b->kappa), arb_init(b->delta), arb_init(b->growth);
    for (int k = 0; k < 3; k++)
        arb_init(b->rho + k);
}

static void bounds_clear(bounds *b)
{
    arb_clear(b->peak), arb_clear(b->kappa), arb_clear(b->delta), arb_clear(b->growth);
    for (int k = 0; k < 3; k++)
        arb_clear(b->rho + k);
}

/* Distance from the centre to an edge of the window, less delta: a lower bound; 0 when not positive. */
static int edge_distance(arb_t r, const bounds *b, int k, int upper)
{
    arb_t t;
    arb_init(t);
    arb_set_d(r, dp_window_edge(b->win, k, upper)); /* lo, step: exact in double up to 2^-52 relative */
    arb_set_d(t, b->centre[k]);
    arb_sub(r, r, t, PB);
    if (!upper)
        arb_neg(r, r);
    arb_set_d(t, (fabs(dp_window_edge(b->win, k, upper)) + fabs(b->centre[k])) * 1e-15);
    arb_sub(r, r, t, PB);
    arb_sub(r, r, b->delta, PB);
    arb_clear(t);
    return arb_is_positive(r);
}

/* int over the half space w_k > R of (1+|w|^2)^2 exp(-kappa |w|^2/2) dw, an upper bound; (1+|w|^2)^2 <= 2 + 4 t^4 + 4 s^4, |w|^2 = t^2 + s^2. */
static void half_space(arb_t out, const arb_t R, const arb_t kappa, int d)
{
    arb_t g, t0, t4, i0, t;
    arb_init(g), arb_init(t0), arb_init(t4), arb_init(i0), arb_init(t);
    arb_mul(t, R, R, PB), arb_mul(t, t, kappa, PB), arb_mul_2exp_si(t, t, -1), arb_neg(t, t);
    arb_exp(g, t, PB);
    arb_div(t0, g, kappa, PB), arb_div(t0, t0, R, PB);
    arb_pow_ui(t4, R, 3, PB), arb_mul(t4, t4, kappa, PB);
    arb_mul_si(t, R, 3, PB), arb_add(t4, t4, t, PB), arb_mul(t4, t4, g, PB);
    arb_mul_si(t, t0, 3, PB), arb_add(t4, t4, t, PB);
    arb_div(t4, t4, kappa, PB), arb_div(t4, t4, kappa, PB);
    arb_const_pi(i0, PB), arb_mul_2exp_si(i0, i0, 1), arb_div(i0, i0, kappa, PB), arb_sqrt(i0, i0, PB);
    arb_pow_ui(i0, i0, (ulong) (d - 1), PB);
    arb_mul_si(t, t0, 4 * (d * d - 1), PB), arb_div(t, t, kappa, PB), arb_div(t, t, kappa, PB);
    arb_mul_2exp_si(t0, t0, 1), arb_mul_2exp_si(t4, t4, 2);
    arb_add(t, t, t0, PB), arb_add(t, t, t4, PB);
    arb_mul(out, t, i0, PB);
    arb_clear(g), arb_clear(t0), arb_clear(t4), arb_clear(i0), arb_clear(t);
}

/* int_{-a}^{a} rho(t)/(1 + e^{2 pi |t|/h}) dt, rho(t) = e^{gamma t^2/2}/sqrt(quotient) the growth at height t: at most
   2/sqrt(quotient)/(2 pi/h - gamma a/2) because t^2 <= a t, where that is positive; at most rho(a) h ln 2/pi always. */
static void vertical_side(arb_t out, const bounds *b, int k)
{
    const dp_strip *s = b->strip + k;
    arb_t t, g;
    arb_init(t), arb_init(g);
    arb_set_d(g, b->root ? s->amin : 0);
    arb_mul_2exp_si(g, g, -1), arb_sub_si(g, g, 1, PB), arb_neg(g, g);
    arb_set_d(t, s->a), arb_mul(g, g, t, PB), arb_mul_2exp_si(g, g, -1);
    arb_const_pi(out, PB), arb_mul_2exp_si(out, out, 1);
    arb_set_d(t, b->win->step[k]), arb_div(out, out, t, PB);
    arb_sub(g, out, g, PB);
    if (arb_is_positive(g)) {
        arb_set_d(out, b->root ? s->quotient : 1), arb_rsqrt(out, out, PB);
        arb_div(out, out, g, PB), arb_mul_2exp_si(out, out, 1);
    } else {
        arb_set_d(t, b->win->step[k] * 0.2207); /* > ln 2 / pi */
        arb_mul(out, b->rho + k, t, PB);
    }
    arb_clear(t), arb_clear(g);
}

/* Window ends (lemma L3): sum over faces of the vertical side x peak growth (1 + r^2)^2 e^{-kappa R^2/2} x widths of the others. */
static void face(arb_t out, const bounds *b, int k, const arb_t R)
{
    int d = b->win->dim;
    arb_t t, w;
    arb_init(t), arb_init(w);
    arb_mul(out, R, R, PB), arb_mul(out, out, b->kappa, PB), arb_mul_2exp_si(out, out, -1), arb_neg(out, out);
    arb_exp(out, out, PB);
    vertical_side(t, b, k);
    arb_mul(out, out, t, PB);
    arb_one(w);
    for (int a = 0; a < d; a++) {
        double width = b->win->step[a] * (double) b->win->count[a] * 1.0001;
        arb_set_d(t, width * width);
        arb_add(w, w, t, PB);
        if (a != k) {
            arb_set_d(t, width);
            arb_mul(out, out, t, PB);
        }
    }
    arb_mul(w, w, w, PB);
    arb_mul(out, out, w, PB);
    arb_clear(t), arb_clear(w);
}

/* Tails and ends, without the factors peak, growth and (2 pi)^{-d/2}. Returns 0 when the window does not reach beyond delta. */
static int outside(arb_t tails, arb_t ends, const bounds *b)
{
    int d = b->win->dim, ok = 1;
    arb_t R, t;
    arb_init(R), arb_init(t);
    arb_zero(tails), arb_zero(ends);
    for (int k = 0; k < d && ok; k++)
        for (int upper = 0; upper < 2 && ok; upper++) {
            ok = edge_distance(R, b, k, upper);
            half_space(t, R, b->kappa, d);
            arb_add(tails, tails, t, PB);
            face(t, b, k, R);
            arb_add(ends, ends, t, PB);
        }
    arb_mul_2exp_si(ends, ends, 2 * d); /* sums over the other axes are at most 4 x integrals, lemma L3 */
    arb_clear(R), arb_clear(t);
    return ok;
}

/* eps = prod (1 + 2 eps_k) - 1, eps_k = 2 rho_k / (exp(2 pi a_k/h_k) - 1). */
static void strip_error(arb_t eps, const bounds *b)
{
    arb_t t, a, pi;
    arb_init(t), arb_init(a), arb_init(pi);
    arb_zero(eps);
    for (int k = 0; k < b->win->dim; k++) {
        arb_set_d(t, b->win->step[k]);
        arb_inv(t, t, PB);
        arb_set_d(a, b->strip[k].a), arb_const_pi(pi, PB);
        arb_mul(t, t, a, PB), arb_mul(t, t, pi, PB), arb_mul_2exp_si(t, t, 1);
        arb_expm1(t, t, PB);
        arb_div(t, b->rho + k, t, PB), arb_mul_2exp_si(t, t, 2);
        arb_mul(a, eps, t, PB); /* (1 + eps)(1 + t) - 1 without cancellation at PB bits */
        arb_add(eps, eps, t, PB), arb_add(eps, eps, a, PB);
    }
    arb_clear(t), arb_clear(a), arb_clear(pi);
}

/* exp(a^2/2 (1 - amin/2)) / sqrt(quotient) when root, exp(a^2/2) otherwise. */
static void growth_on_strip(arb_t rho, const dp_strip *s, int root)
{
    arb_t t;
    arb_init(t);
    arb_set_d(rho, root ? s->amin : 0);
    arb_mul_2exp_si(rho, rho, -1), arb_sub_si(rho, rho, 1, PB), arb_neg(rho, rho);
    arb_set_d(t, s->a), arb_mul(t, t, t, PB), arb_mul_2exp_si(t, t, -1);
    arb_mul(rho, rho, t, PB), arb_exp(rho, rho, PB);
    if (root)
        arb_set_d(t, s->quotient), arb_rsqrt(t, t, PB), arb_mul(rho, rho, t, PB);
    arb_clear(t);
}

static double widest(const dp_strip *s, int d)
{
    double a = 0;
    for (int k = 0; k < d; k++)
        a = fmax(a, s[k].a);
    return a;
}

/* ---- the peak of log f(u) = -|u-s|^2/2 - log G(u)/2, strongly concave (lemma L4) ---- */

static void log_integrand(dp_jet_t out, const dp_gsum_t G, arb_srcptr u, arb_srcptr s, slong prec)
{
    int d = G->dim;
    arb_t t;
    arb_init(t);
    dp_gsum_jet(out, G, u, prec);
    dp_jet_log(out, out, prec);
    arb_set_d(t, -0.5);
    dp_jet_mul_arb(out, out, t, prec);
    for (int a = 0; a < d; a++) {
        arb_sub(t, u + a, s + a, prec);
        arb_sub(out->g + a, out->g + a, t, prec);
        arb_mul(t, t, t, prec), arb_mul_2exp_si(t, t, -1);
        arb_sub(out->v, out->v, t, prec);
        arb_sub_si(DP_JET_H(out, a, a), DP_JET_H(out, a, a), 1, prec);
    }
    arb_clear(t);
}

static double norm_d(arb_srcptr v, int d)
{
    double s = 0;
    for (int a = 0; a < d; a++)
        s = hypot(s, arf_get_d(arb_midref(v + a), ARF_RND_NEAR));
    return s;
}

static int newton_step(arb_ptr step, const dp_jet_t f, slong prec)
{
    int d = f->dim;
    arb_mat_t H, b;
    arb_mat_init(H, d, d), arb_mat_init(b, d, 1);
    for (int a = 0; a < d; a++) {
        arb_neg(arb_mat_entry(b, a, 0), f->g + a);
        for (int c = 0; c < d; c++)
            arb_set(arb_mat_entry(H, a, c), DP_JET_H(f, a, c));
    }
    int ok = arb_mat_approx_solve(b, H, b, prec);
    for (int a = 0; a < d; a++)
        arb_set(step + a, arb_mat_entry(b, a, 0));
    arb_mat_clear(H), arb_mat_clear(b);
    return ok;
}

/* Moves u (exact midpoints) to where |grad log f| < 1/64, or as near as 80 damped Newton steps get. */
static void find_peak(arb_ptr u, const dp_gsum_t G, arb_srcptr s, slong prec)
{
    int d = G->dim;
    arb_ptr step = _arb_vec_init(d), trial = _arb_vec_init(d);
    dp_jet_t f, g;
    dp_jet_init(f, d), dp_jet_init(g, d);
    for (int a = 0; a < d; a++)
        arb_get_mid_arb(u + a, s + a), arb_set_round(u + a, u + a, prec), arb_get_mid_arb(u + a, u + a);
    log_integrand(f, G, u, s, prec);
    for (int i = 0; i < 80 && norm_d(f->g, d) > 1.0 / 64; i++) {
        if (!newton_step(step, f, prec))
            break;
        int halvings = 0;
        for (; halvings < 40; halvings++) {
            for (int a = 0; a < d; a++) {
                arb_add(trial + a, u + a, step + a, prec);
                arb_get_mid_arb(trial + a, trial + a);
            }
            log_integrand(g, G, trial, s, prec);
            if (arf_cmp(arb_midref(g->v), arb_midref(f->v)) > 0)
                break;
            _arb_vec_scalar_mul_2exp_si(step, step, d, -1);
        }
        if (halvings == 40)
            break;
        _arb_vec_swap(u, trial, d);
        dp_jet_set(f, g);
    }
    for (int a = 0; a < d; a++) { /* a double is fine enough: any point near the peak serves lemma L4 */
        double c = arf_get_d(arb_midref(u + a), ARF_RND_NEAR);
        arb_set_d(u + a, c);
    }
    dp_jet_clear(f), dp_jet_clear(g);
    _arb_vec_clear(step, d), _arb_vec_clear(trial, d);
}

/* kappa = max(1/2, 1 - max_j |A_j|_inf / 2): the concavity that lemma L4 gives for 0 <= A_j <= I. */
static void concavity(arb_t kappa, const dp_gsum_t G)
{
    int d = G->dim;
    arf_t edge, worst;
    arb_t row;
    arf_init(edge), arf_init(worst), arb_init(row);
    for (slong j = 0; j < G->n; j++)
        for (int a = 0; a < d; a++) {
            arb_zero(row);
            for (int b = 0; b < d; b++) {
                arb_get_abs_ubound_arf(edge, DP_GSUM_A(G, j, a, b), PB);
                arb_add_arf(row, row, edge, PB);
            }
            arb_get_ubound_arf(edge, row, PB);
            if (arf_cmp(edge, worst) > 0)
                arf_set(worst, edge);
        }
    if (arf_cmp_si(worst, 1) > 0)
        arf_one(worst);
    arb_set_arf(kappa, worst);
    arb_mul_2exp_si(kappa, kappa, -1);
    arb_sub_si(kappa, kappa, 1, PB), arb_neg(kappa, kappa);
    arb_get_lbound_arf(edge, kappa, PB);
    arb_set_arf(kappa, edge);
    arf_clear(edge), arf_clear(worst), arb_clear(row);
}

/* peak, kappa, delta at the centre: log f(centre + w) <= log f(centre) + g.w - kappa |w|^2/2. */
static void peak_bounds(bounds *b, const dp_gsum_t G, arb_srcptr centre, arb_srcptr s, slong prec)
{
    int d = G->dim;
    dp_jet_t f;
    arb_t g;
    dp_jet_init(f, d), arb_init(g);
    log_integrand(f, G, centre, s, prec);
    arb_dot(g, NULL, 0, f->g, 1, f->g, 1, d, PB);
    arb_sqrtpos(g, g, PB);
    arb_div(b->delta, g, b->kappa, PB);
    arb_mul(g, g, b->delta, PB), arb_mul_2exp_si(g, g, -1);
    arb_add(g, g, f->v, PB);
    arb_exp(b->peak, g, PB);
    dp_jet_clear(f), arb_clear(g);
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

/* Error terms of the rsqrt rule from the sums already in out, lemma L3: |rule - integral| <= eps I(B f) + ends + tails. */
static int rsqrt_errors(dp_gmoments_t out, bounds *b)
{
    int d = out->dim;
    arb_t eps, tails, ends, IB, c0, t;
    arb_init(eps), arb_init(tails), arb_init(ends), arb_init(IB), arb_init(c0), arb_init(t);
    int ok = outside(tails, ends, b);
    double a = widest(b->strip, d);
    arb_set_d(c0, a), arb_mul(c0, c0, c0, PB), arb_add_si(c0, c0, 1, PB); /* B = 1 + a^2 + |v|^2 */
    arb_mul(t, b->delta, b->delta, PB), arb_mul_2exp_si(t, t, 1), arb_add(t, t, c0, PB);
    arb_mul_2exp_si(b->growth, t, 2); /* |B(u+it)| <= 2 B <= 4 (1 + a^2 + 2 delta^2)(1 + |w'|^2)^2 */
    arb_mul(t, b->peak, b->growth, PB);
    arb_mul(tails, tails, t, PB), arb_mul(ends, ends, t, PB);
    arb_const_pi(t, PB), arb_mul_2exp_si(t, t, 1), arb_rsqrt(t, t, PB), arb_pow_ui(t, t, (ulong) d, PB);
    arb_mul(tails, tails, t, PB), arb_mul(ends, ends, t, PB);
    strip_error(eps, b);
    arb_mul(IB, c0, out->m0, PB);
    for (int k = 0; k < d; k++)
        arb_add(IB, IB, out->m2 + k * d + k, PB);
    arb_add(IB, IB, ends, PB);
    arb_sub_si(t, eps, 1, PB), arb_neg(t, t);
    ok = ok && arb_is_positive(t);
    arb_div(IB, IB, t, PB);
    arb_mul(eps, eps, IB, PB);
    arb_srcptr term[DP_NTERMS] = {eps, ends, tails};
    arb_get_abs_lbound_arf(arb_midref(t), out->m0, PB), mag_zero(arb_radref(t));
    for (int i = 0; i < DP_NTERMS; i++) {
        arb_div(IB, term[i], t, PB);
        arb_get_mag(out->ledger + i, IB);
        add_error_all(out, term[i]);
    }
    arb_clear(eps), arb_clear(tails), arb_clear(ends), arb_clear(IB), arb_clear(c0), arb_clear(t);
    return ok;
}

static dp_lattice *lattice_new(const dp_gsum_t G, const double *centre, double radius, slong prec, slong max_nodes)
{
    int d = G->dim;
    double step[3], per_axis = d == 1 ? (double) max_nodes : d == 2 ? 6 * sqrt((double) max_nodes) : 3 * cbrt((double) max_nodes);
    dp_box box;
    dp_lattice *g = dp_calloc(1, sizeof *g);
    for (int k = 0; k < d; k++)
        box.centre[k] = centre[k], box.radius[k] = radius + 2;
    int ok = dp_lattice_plan(g->strip, step, G, &box, prec, per_axis);
    for (int k = 0; ok && k < d; k++)
        ok = dp_window_cover(&g->win, d, step, centre, radius);
    double total = 1;
    for (int k = 0; ok && k < d; k++)
        total *= (double) g->win.count[k];
    if (!ok || total > (double) max_nodes) {
        free(g);
        return NULL;
    }
    g->prec = prec;
    g->nodes = dp_window_nodes(&g->win);
    g->weight = _arb_vec_init(g->nodes);
    dp_lattice_values(g->weight, &g->win, G, prec);
    for (slong i = 0; i < g->nodes; i++)
        arb_rsqrt(g->weight + i, g->weight + i, prec + 10);
    return g;
}

dp_status dp_trapezoid_rsqrt(dp_gmoments_t out, dp_lattice **cache, const dp_gsum_t G, arb_srcptr s, slong prec, slong max_nodes, dp_error *e)
{
    int d = G->dim;
    bounds b;
    dp_window win;
    double far = norm_d(s, d) + 2;
    slong pp = 96 + 2 * (slong) ilogb(far);
    bounds_init(&b);
    find_peak(out->centre, G, s, pp);
    concavity(b.kappa, G);
    peak_bounds(&b, G, out->centre, s, pp);
    for (int k = 0; k < d; k++)
        b.centre[k] = arf_get_d(arb_midref(out->centre + k), ARF_RND_NEAR);
    double spread = upper_d(b.delta), kappa = arf_get_d(arb_midref(b.kappa), ARF_RND_FLOOR);
    double radius = sqrt(2 * ((double) prec + 24) * M_LN2 / kappa) + spread;
    dp_status status = DP_OK;
    if (!(spread < 1e3) || !isfinite(far))
        status = dp_fail(e, DP_EBUDGET, "trapezoid: the integrand's peak could not be located (slope %.3g)", spread);
    else if (!*cache || (*cache)->prec < prec || (*cache)->prec > 2 * prec + 64
             || !dp_window_cover(&win, d, (*cache)->win.step, b.centre, radius) || !dp_window_contains(&(*cache)->win, &win)) {
        dp_lattice_free(*cache);
        double margin = d == 1 ? 1.5 : 1.1;
        *cache = lattice_new(G, b.centre, margin * radius, prec, max_nodes);
        if (!*cache && margin > 1.1) /* the wider window may have met a zero that the integrand itself does not see */
            *cache = lattice_new(G, b.centre, radius + 1, prec, max_nodes);
        if (!*cache || !dp_window_cover(&win, d, (*cache)->win.step, b.centre, radius) || !dp_window_contains(&(*cache)->win, &win))
            status = dp_fail(e, DP_EBUDGET, "trapezoid: the zero-free strip of k*q is too narrow for %ld nodes", (long) max_nodes);
    }
    if (status == DP_OK) {
        b.win = &win, b.strip = (*cache)->strip, b.root = 1;
        for (int k = 0; k < d; k++)
            growth_on_strip(b.rho + k, b.strip + k, 1);
        dp_lattice_sums(out, (*cache)->weight, &(*cache)->win, &win, s, prec + 20);
        if (!rsqrt_errors(out, &b))
            status = dp_fail(e, DP_EBUDGET, "trapezoid: the window is too small for its error bound");
    }
    bounds_clear(&b);
    return status;
}

/* ---- log ratio ---- */

/* K with |log G(u + it)| <= K (1 + |u|^2) on the strips (lemma L2': value, quotient, argument). */
static void log_growth(arb_t K, const dp_gsum_t G, const dp_strip *strip)
{
    int d = G->dim;
    double q = 1, a = widest(strip, d);
    arb_ptr zero = _arb_vec_init(d), pull = _arb_vec_init(d);
    arb_t sum, t, p, lam, best;
    arb_init(sum), arb_init(t), arb_init(p), arb_init(lam), arb_init(best);
    for (slong j = 0; j < G->n; j++) {
        arb_add(sum, sum, G->c + j, PB);
        dp_gsum_pull(pull, G, j, zero, 2 * PB);
        arb_dot(t, NULL, 0, pull, 1, pull, 1, d, PB);
        arb_sqrtpos(t, t, PB), arb_max(p, p, t, PB);
        arb_dot(t, NULL, 0, DP_GSUM_A(G, j, 0, 0), 1, DP_GSUM_A(G, j, 0, 0), 1, d * d, PB);
        arb_sqrtpos(t, t, PB), arb_max(lam, lam, t, PB);
        dp_gsum_log_term(t, G, j, zero, 2 * PB);
        if (j == 0)
            arb_set(best, t);
        else
            arb_max(best, best, t, PB);
    }
    arb_log(sum, sum, PB), arb_abs(sum, sum), arb_abs(best, best);
    arb_add(K, sum, best, PB); /* log G <= log sum c; log G >= log term_j(0) - |p||u| - lam |u|^2/2 */
    arb_add(K, K, p, PB), arb_add(K, K, lam, PB);
    for (int k = 0; k < d; k++)
        q = fmin(q, strip[k].quotient);
    arb_add(t, p, lam, PB), arb_set_d(sum, a), arb_mul(t, t, sum, PB), arb_add(K, K, t, PB); /* argument */
    arb_set_d(t, a), arb_mul(t, t, t, PB), arb_mul(t, t, lam, PB), arb_add(K, K, t, PB);
    arb_set_d(t, q), arb_log(t, t, PB), arb_sub(K, K, t, PB);
    arb_add_si(K, K, 2, PB); /* pi/2 */
    arb_clear(sum), arb_clear(t), arb_clear(p), arb_clear(lam), arb_clear(best);
    _arb_vec_clear(zero, d), _arb_vec_clear(pull, d);
}

static int log_errors(dp_gmoments_t out, bounds *b, const arb_t K)
{
    int d = out->dim;
    arb_t eps, tails, ends, t, c0;
    arb_init(eps), arb_init(tails), arb_init(ends), arb_init(t), arb_init(c0);
    int ok = outside(tails, ends, b);
    double a = widest(b->strip, d);
    arb_set_d(c0, a), arb_mul(c0, c0, c0, PB), arb_add_si(c0, c0, 1, PB);
    arb_mul(b->growth, c0, K, PB); /* |monomial log| <= K c0 (1 + |u|^2)^2 */
    arb_const_pi(t, PB), arb_mul_2exp_si(t, t, 1), arb_rsqrt(t, t, PB), arb_pow_ui(t, t, (ulong) d, PB);
    arb_mul(t, t, b->growth, PB);
    arb_mul(tails, tails, t, PB), arb_mul(ends, ends, t, PB);
    strip_error(eps, b);
    arb_mul(eps, eps, b->growth, PB);
    arb_mul_si(eps, eps, (1 + 4 * d + d * d) << d, PB); /* E (1+|u|^2)^2 = 1 + 2d + d(d+2); sums over other axes at most double */
    arb_srcptr term[DP_NTERMS] = {eps, ends, tails};
    for (int i = 0; i < DP_NTERMS; i++) {
        arb_get_mag(out->ledger + i, term[i]);
        add_error_all(out, term[i]);
    }
    arb_clear(eps), arb_clear(tails), arb_clear(ends), arb_clear(t), arb_clear(c0);
    return ok;
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
    double step[3], other[3], per_axis = d == 1 ? (double) max_nodes : d == 2 ? 6 * sqrt((double) max_nodes) : 3 * cbrt((double) max_nodes);
    double radius = sqrt(2 * ((double) prec + 24) * M_LN2), centre[3] = {0, 0, 0}, total = 1;
    dp_box box = {{0, 0, 0}, {radius + 2, radius + 2, radius + 2}};
    dp_strip sg[3], sh[3];
    dp_window win;
    if (!dp_lattice_plan(sg, step, G, &box, prec, per_axis) || !dp_lattice_plan(sh, other, H, &box, prec, per_axis))
        return dp_fail(e, DP_EBUDGET, "trapezoid: the zero-free strip of k*p or k*q is too narrow for %ld nodes", (long) max_nodes);
    for (int k = 0; k < d; k++) { /* the narrower strip serves both; for this kernel the growth is exp(a^2/2) */
        dp_strip *s = sg[k].a < sh[k].a ? sg + k : sh + k;
        sg[k].a = sh[k].a = s->a;
        int ex;
        double m = frexp(2 * M_PI * s->a / ((double) prec * M_LN2 + 4 + s->a * s->a / 2), &ex);
        step[k] = ldexp(floor(m * 1024), ex - 10);
        if (!(step[k] < 1))
            step[k] = 0.5;
    }
    dp_window_cover(&win, d, step, centre, radius);
    for (int k = 0; k < d; k++)
        total *= (double) win.count[k];
    if (total > (double) max_nodes)
        return dp_fail(e, DP_EBUDGET, "trapezoid: %.0f nodes needed, %ld allowed", total, (long) max_nodes);
    bounds b;
    arb_t K, t;
    bounds_init(&b), arb_init(K), arb_init(t);
    b.win = &win, b.strip = sg, b.root = 0;
    for (int k = 0; k < d; k++)
        b.centre[k] = 0, growth_on_strip(b.rho + k, sg + k, 0);
    arb_one(b.peak), arb_one(b.kappa), arb_zero(b.delta);
    log_growth(K, G, sg), log_growth(t, H, sh), arb_add(K, K, t, PB);
    arb_ptr v = log_values(&win, G, H, prec + 20);
    arb_ptr zero = _arb_vec_init(d);
    _arb_vec_zero(out->centre, d);
    dp_lattice_sums(out, v, &win, &win, zero, prec + 20);
    dp_status status = DP_OK;
    if (!log_errors(out, &b, K))
        status = dp_fail(e, DP_EBUDGET, "trapezoid: the window is too small for its error bound");
    _arb_vec_clear(v, dp_window_nodes(&win)), _arb_vec_clear(zero, d);
    bounds_clear(&b), arb_clear(K), arb_clear(t);
    return status;
}
