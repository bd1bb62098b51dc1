/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sliced_plane.c: sliced transport between Gaussian mixtures in the plane: a certified trapezoidal rule over angles, and adaptive quadrature. */
#include <math.h>

#include "ball/quad.h"
#include "drift/sliced.h"

enum { LOW = 64 }; /* bits for boxes */

/* Coordinates have x at the origin: then t = 0 and V(x) is the mean of T theta. */
typedef struct { const dp_problem *P; arb_srcptr x; slong prec; } plane;

static void slices(dp_law_t q, dp_law_t p, const plane *a, const acb_t angle, slong prec)
{
    dp_law_slice(q, a->P->q, a->x, angle, prec);
    dp_law_slice(p, a->P->p, a->x, angle, prec);
}

/* T and T' at a real angle, or on a box symmetric about the real line. */
static void direction(acb_t T, acb_t slope, const plane *a, const acb_t angle, int analytic, slong prec)
{
    dp_law_t q, p, bq, bp;
    if (!analytic && acb_is_real(angle)) {
        arb_t zero;
        arb_init(zero);
        slices(q, p, a, angle, prec);
        dp_law_transport(acb_realref(T), acb_realref(slope), q, p, zero, prec);
        arb_zero(acb_imagref(T)), arb_zero(acb_imagref(slope)), arb_clear(zero);
    } else {
        acb_t m, step;
        acb_init(m), acb_init(step);
        arb_get_mid_arb(acb_realref(m), acb_realref(angle));
        acb_sub(step, angle, m, LOW);
        slices(q, p, a, m, LOW), slices(bq, bp, a, angle, LOW);
        const dp_law_pair mid = {q, p}, box = {bq, bp};
        dp_law_transport_box(T, slope, &mid, &box, NULL, step, LOW);
        dp_law_clear(bq), dp_law_clear(bp), acb_clear(m), acb_clear(step);
    }
    dp_law_clear(q), dp_law_clear(p);
}

/* ---- the strip ---- */

typedef struct { const plane *a; double height; mag_t T, slope; slong boxes; } strip;

enum { MOST_BOXES = 3000, DEEPEST = 7 };

/* Covers angles c +- r, heights up to s->height: 0 when some box stays unresolved. */
static int cover(strip *s, double c, double r, int depth)
{
    acb_t box, T, slope;
    mag_t m;
    acb_init(box), acb_init(T), acb_init(slope), mag_init(m);
    arb_set_d(acb_realref(box), c), mag_set_d(m, r), arb_add_error_mag(acb_realref(box), m);
    mag_set_d(m, s->height), arb_add_error_mag(acb_imagref(box), m);
    direction(T, slope, s->a, box, 1, LOW);
    int ok = acb_is_finite(T) && acb_is_finite(slope);
    if (ok) {
        acb_get_mag(m, T), mag_max(s->T, s->T, m);
        acb_get_mag(m, slope), mag_max(s->slope, s->slope, m);
    }
    acb_clear(box), acb_clear(T), acb_clear(slope), mag_clear(m);
    if (ok)
        return 1;
    if (depth == DEEPEST || ++s->boxes > MOST_BOXES)
        return 0;
    return cover(s, c - r / 2, r / 2 * (1 + 1e-9), depth + 1) && cover(s, c + r / 2, r / 2 * (1 + 1e-9), depth + 1); /* they overlap */
}

/* The widest strip |Im| <= 2^-k that is covered. */
static int find_strip(strip *s)
{
    for (s->height = 0.5; s->height > 0.002; s->height /= 2) {
        const slong n = (slong) ceil(M_PI / (2 * s->height)) + 1; /* n cells of half width `height` or less cover [0, pi] and a little more */
        const double r = (M_PI + 1e-9) / (2 * (double) n);
        int ok = 1;
        s->boxes = 0;
        mag_zero(s->T), mag_zero(s->slope);
        for (slong i = 0; i < n && ok; i++)
            ok = cover(s, r * (double) (2 * i + 1) - 1e-10, r * (1 + 1e-9), 0);
        if (ok)
            return 1;
    }
    return 0;
}

/* ---- sums ---- */

/* V, then J11, J12, J22 (of T' theta theta'). */
static void add_direction(arb_ptr sum, const arb_t T, const arb_t slope, const arb_t c, const arb_t s, slong prec)
{
    arb_t t;
    arb_init(t);
    arb_addmul(sum, T, c, prec), arb_addmul(sum + 1, T, s, prec);
    arb_mul(t, slope, c, prec);
    arb_addmul(sum + 2, t, c, prec), arb_addmul(sum + 3, t, s, prec);
    arb_mul(t, slope, s, prec);
    arb_addmul(sum + 4, t, s, prec);
    arb_clear(t);
}

/* From the five means. V(x) = mean of T theta, J = mean of (T' - 1) theta theta'. */
static void finish(dp_field_t out, arb_srcptr mean, slong prec)
{
    arb_t half;
    arb_init(half);
    arb_set_d(half, 0.5);
    arb_set(out->velocity, mean), arb_set(out->velocity + 1, mean + 1);
    arb_sub(out->jacobian, mean + 2, half, prec), arb_sub(out->jacobian + 3, mean + 4, half, prec);
    arb_set(out->jacobian + 1, mean + 3), arb_set(out->jacobian + 2, mean + 3);
    out->have = DP_HAVE_VELOCITY | DP_HAVE_JACOBIAN;
    dp_format_why(out, "the potential is an integral of transports over directions: not there at points");
    arb_clear(half);
}

/* 2 M cosh(a)^k/(exp(2 a n) - 1), the aliases of a function of period pi that is bounded by M cosh(a)^k in |Im| < a. */
static void alias(mag_t out, const mag_t M, int k, double a, slong n)
{
    arb_t t, u;
    arb_init(t), arb_init(u);
    arb_set_d(t, a);
    arb_cosh(u, t, LOW);
    arb_pow_ui(u, u, (ulong) k, LOW);
    arb_mul_si(t, t, 2 * n, LOW);
    arb_expm1(t, t, LOW);
    arb_div(u, u, t, LOW);
    arb_mul_2exp_si(u, u, 1);
    arb_get_mag(out, u);
    mag_mul(out, out, M);
    arb_clear(t), arb_clear(u);
}

dp_status dp_sliced_trapezoid(dp_field_t out, const dp_problem *P, arb_srcptr x, slong prec, dp_workspace *w, dp_error *e)
{
    const plane a = {P, x, prec};
    strip s = {.a = &a};
    arb_ptr sum = _arb_vec_init(5);
    arb_t T, slope, c, sn, t;
    acb_t angle, Tc, Sc;
    mag_t err[2];
    dp_status status = DP_OK;
    mag_init(s.T), mag_init(s.slope), mag_init(err[0]), mag_init(err[1]);
    arb_init(T), arb_init(slope), arb_init(c), arb_init(sn), arb_init(t), acb_init(angle), acb_init(Tc), acb_init(Sc);
    if (!find_strip(&s))
        status = dp_fail(e, DP_EBUDGET, "sliced-wasserstein: no strip of analyticity was found around the angles: the transport nearly jumps");
    const double size = status ? 0 : fmax(mag_get_d_log2_approx(s.T), mag_get_d_log2_approx(s.slope));
    const slong n = status ? 0 : (slong) ceil(((double) prec + fmax(size, 0) + 4) * M_LN2 / (2 * s.height)) + 1;
    for (slong i = 0; i < n; i++) {
        arb_set_si(t, i), arb_div_si(t, t, n, prec + 10);
        arb_sin_cos_pi(sn, c, t, prec + 10);
        arb_const_pi(acb_realref(angle), prec + 10), arb_mul(acb_realref(angle), acb_realref(angle), t, prec + 10);
        direction(Tc, Sc, &a, angle, 0, prec);
        add_direction(sum, acb_realref(Tc), acb_realref(Sc), c, sn, prec);
    }
    if (!status) {
        arb_set_si(t, n);
        _arb_vec_scalar_div(sum, sum, 5, t, prec);
        alias(err[0], s.T, 1, s.height, n), alias(err[1], s.slope, 2, s.height, n);
        for (int k = 0; k < 5; k++)
            arb_add_error_mag(sum + k, err[k > 1]);
        dp_ledger_note(w, "strip", err[0]);
        finish(out, sum, prec);
        out->engine = DP_ENGINE_TRAPEZOID;
    }
    mag_clear(s.T), mag_clear(s.slope), mag_clear(err[0]), mag_clear(err[1]), _arb_vec_clear(sum, 5);
    arb_clear(T), arb_clear(slope), arb_clear(c), arb_clear(sn), arb_clear(t), acb_clear(angle), acb_clear(Tc), acb_clear(Sc);
    return status;
}

/* ---- the second engine ---- */

/* Adaptive Gauss-Legendre over angle/pi - 1/2 (lemma Q1): far out, transports bend sharply where the components that make a tail change, and only there boxes are small. The five
   functions T cos, T sin, T' cos^2, T' cos sin, T' sin^2 share their points. */
static void angle_of(acb_t out, const arb_t v, slong prec)
{
    arb_t half;
    arb_init(half), arb_set_d(half, 0.5);
    acb_zero(out);
    arb_add(half, half, v, prec), arb_const_pi(acb_realref(out), prec), arb_mul(acb_realref(out), acb_realref(out), half, prec);
    arb_clear(half);
}

static void points(arb_ptr acc, arb_srcptr outer, const arb_t weight, const dp_quad_axis *last, void *context, slong prec)
{
    const plane *a = context;
    arb_ptr sum = _arb_vec_init(5);
    arb_t c, s;
    acb_t angle, T, slope;
    (void) outer;
    arb_init(c), arb_init(s), acb_init(angle), acb_init(T), acb_init(slope);
    for (slong i = 0; i < last->n; i++) {
        angle_of(angle, last->t + i, prec);
        arb_sin_cos(s, c, acb_realref(angle), prec);
        direction(T, slope, a, angle, 0, prec);
        arb_mul(acb_realref(T), acb_realref(T), last->w + i, prec), arb_mul(acb_realref(slope), acb_realref(slope), last->w + i, prec);
        add_direction(sum, acb_realref(T), acb_realref(slope), c, s, prec);
    }
    for (int k = 0; k < 5; k++)
        arb_addmul(acc + k, sum + k, weight, prec);
    arb_clear(c), arb_clear(s), acb_clear(angle), acb_clear(T), acb_clear(slope), _arb_vec_clear(sum, 5);
}

static void bounds(mag_ptr out, const dp_quad_box *box, int axis, double height, void *context)
{
    const plane *a = context;
    acb_t angle, T, slope;
    arb_t v, grow;
    mag_t m;
    acb_init(angle), acb_init(T), acb_init(slope), arb_init(v), arb_init(grow), mag_init(m);
    arb_set_d(v, box->centre[0]), mag_set_d(m, box->radius[0]), arb_add_error_mag(v, m);
    angle_of(angle, v, LOW);
    if (axis == 0) {
        arb_set_d(v, height), arb_const_pi(grow, LOW), arb_mul(v, v, grow, LOW), arb_get_mag(m, v);
        arb_add_error_mag(acb_imagref(angle), m);
    }
    direction(T, slope, a, angle, 1, LOW);
    acb_get_imag(v, angle), arb_get_mag(m, v), arb_set_interval_mag(v, m, m, LOW), arb_cosh(grow, v, LOW), arb_get_mag(m, grow); /* |cos|, |sin| <= cosh */
    for (int k = 0; k < 5; k++) {
        acb_get_mag(out + k, k < 2 ? T : slope), mag_mul(out + k, out + k, m);
        if (k >= 2)
            mag_mul(out + k, out + k, m);
        if (!acb_is_finite(T) || !acb_is_finite(slope))
            mag_inf(out + k);
    }
    acb_clear(angle), acb_clear(T), acb_clear(slope), arb_clear(v), arb_clear(grow), mag_clear(m);
}

dp_status dp_sliced_quadrature(dp_field_t out, const dp_problem *P, arb_srcptr x, slong prec, dp_error *e)
{
    plane a = {P, x, prec};
    const dp_quad_integrand f = {.dim = 1, .count = 5, .context = &a, .line = points, .bound = bounds};
    const double half = 0.5;
    arb_ptr mean = _arb_vec_init(5);
    dp_quad_nodes *nodes = dp_quad_nodes_new();
    dp_quad_opts o;
    dp_quad_stat s;
    mag_t tol, t;
    mag_init(tol), mag_init(t), dp_quad_stat_init(s);
    mag_one(tol);
    for (int k = 0; k < 2; k++)
        arb_get_mag(t, x + k), mag_add(tol, tol, t);
    mag_mul_2exp_si(tol, tol, -prec);
    dp_quad_opts_init(&o, 1, prec);
    o.max_boxes = 20000, o.max_evals = 200000;
    const dp_status status = dp_quadn(mean, &f, &half, tol, &o, nodes, s, prec + 10, e);
    if (status == DP_OK)
        finish(out, mean, prec);
    out->engine = DP_ENGINE_QUADRATURE;
    mag_clear(tol), mag_clear(t), dp_quad_stat_clear(s), dp_quad_nodes_free(nodes), _arb_vec_clear(mean, 5);
    return status;
}
