/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sliced_plane.c: sliced transport between Gaussian mixtures in the plane: a certified trapezoidal rule over angles, and adaptive quadrature. */
#include <math.h>

#include "drift/sliced.h"

#if defined(__FLINT_RELEASE) && __FLINT_RELEASE >= 30000
#include <flint/acb_calc.h>
#else
#include <acb_calc.h>
#endif

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

typedef struct { const plane *a; int kind; } request; /* 0: T exp(i angle), 1: T' exp(2 i angle), 2: T' */

static int integrand(acb_ptr out, const acb_t angle, void *param, slong order, slong prec)
{
    const request *r = param;
    acb_t T, slope, e;
    acb_init(T), acb_init(slope), acb_init(e);
    direction(T, slope, r->a, angle, order > 0, prec);
    acb_mul_ui(e, angle, r->kind == 1 ? 2 : 1, prec);
    acb_mul_onei(e, e);
    acb_exp(e, e, prec);
    if (r->kind == 2)
        acb_set(out, slope);
    else
        acb_mul(out, r->kind ? slope : T, e, prec);
    acb_clear(T), acb_clear(slope), acb_clear(e);
    return 0;
}

static void mean_over_angles(acb_t out, const plane *a, int kind, slong prec)
{
    request r = {a, kind};
    acb_t lo, hi;
    mag_t tol;
    acb_calc_integrate_opt_t o;
    acb_init(lo), acb_init(hi), mag_init(tol);
    arb_const_pi(acb_realref(hi), prec + 20);
    mag_set_ui_2exp_si(tol, 1, -prec);
    acb_calc_integrate_opt_init(o);
    o->eval_limit = 12000;
    acb_calc_integrate(out, integrand, &r, lo, hi, prec, tol, o, prec + 10);
    acb_div_arb(out, out, acb_realref(hi), prec);
    acb_clear(lo), acb_clear(hi), mag_clear(tol);
}

dp_status dp_sliced_quadrature(dp_field_t out, const dp_problem *P, arb_srcptr x, slong prec, dp_error *e)
{
    const plane a = {P, x, prec};
    arb_ptr mean = _arb_vec_init(5);
    acb_t I[3];
    for (int k = 0; k < 3; k++)
        acb_init(I[k]), mean_over_angles(I[k], &a, k, prec);
    arb_set(mean, acb_realref(I[0])), arb_set(mean + 1, acb_imagref(I[0]));
    arb_add(mean + 2, acb_realref(I[2]), acb_realref(I[1]), prec), arb_sub(mean + 4, acb_realref(I[2]), acb_realref(I[1]), prec);
    arb_set(mean + 3, acb_imagref(I[1]));
    _arb_vec_scalar_mul_2exp_si(mean + 2, mean + 2, 3, -1);
    finish(out, mean, prec);
    out->engine = DP_ENGINE_QUADRATURE;
    int ok = 1;
    for (int k = 0; k < 5; k++)
        ok = ok && arb_is_finite(mean + k);
    _arb_vec_clear(mean, 5);
    for (int k = 0; k < 3; k++)
        acb_clear(I[k]);
    return ok ? DP_OK : dp_fail(e, DP_EBUDGET, "sliced-wasserstein: the integral over directions was not resolved");
}
