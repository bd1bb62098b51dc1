/* SPDX-License-Identifier: GPL-3.0-or-later */
/* laplace-score: how far the Laplace drift is from a score difference in d dimensions: score part, scale part, residual, from certified integrals. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "../radial.h"

enum { SERIES_BITS = 100 };

/* One Gaussian seen from x: dimension, variance, distance a = (x - theta)_1, bandwidth; power n - 1 of r, and whether with u_1. */
typedef struct { slong d, n; int u; arb_t v, a, tau; } law;

static void law_init(law *g) { arb_init(g->v), arb_init(g->a), arb_init(g->tau); }
static void law_clear(law *g) { arb_clear(g->v), arb_clear(g->a), arb_clear(g->tau); }

/* a = rho sqrt(d) - theta, tau = h sqrt(d). */
static void law_set(law *g, slong d, const fmpq_t v, const fmpq_t theta, const fmpq_t rho, const fmpq_t h, slong prec)
{
    arb_t root, t;
    arb_init(root), arb_init(t);
    g->d = d;
    arb_sqrt_ui(root, (ulong) d, prec);
    arb_set_fmpq(g->v, v, prec), arb_set_fmpq(g->a, rho, prec), arb_mul(g->a, g->a, root, prec), arb_set_fmpq(t, theta, prec), arb_sub(g->a, g->a, t, prec);
    arb_set_fmpq(g->tau, h, prec), arb_mul(g->tau, g->tau, root, prec);
    arb_clear(root), arb_clear(t);
}

/* r^(n-1) e^(-r/tau - r^2/2v) Omega(r a/v), or with -Omega'. */
static void integrand(acb_t out, const acb_t r, void *context, slong prec)
{
    const law *g = context;
    fmpq_t b;
    acb_t t, z, s;
    fmpq_init(b), acb_init(t), acb_init(z), acb_init(s);
    acb_mul_arb(z, r, g->a, prec), acb_div_arb(z, z, g->v, prec);
    fmpq_set_si(b, g->d + (g->u ? 2 : 0), 2);
    arb_set_fmpq(acb_realref(t), b, prec);
    acb_mul(s, z, z, prec), acb_mul_2exp_si(s, s, -2);
    acb_hypgeom_0f1(out, t, s, 0, prec);
    if (g->u) acb_mul(out, out, z, prec), acb_div_si(out, out, -g->d, prec);
    acb_div_arb(t, r, g->tau, prec);
    acb_mul(s, r, r, prec), acb_div_arb(s, s, g->v, prec), acb_mul_2exp_si(s, s, -1), acb_add(t, t, s, prec), acb_neg(t, t);
    acb_exp(t, t, prec), acb_mul(out, out, t, prec);
    acb_pow_ui(t, r, (ulong) (g->n - 1), prec), acb_mul(out, out, t, prec);
    fmpq_clear(b), acb_clear(t), acb_clear(z), acb_clear(s);
}

/* By integration to R = a + L sqrt(v), and the tail. */
static int integral(arb_t out, dp_check *c, law *g, slong prec)
{
    arb_t zero, R, L, t;
    arb_init(zero), arb_init(R), arb_init(L), arb_init(t);
    const double a2 = arf_get_d(arb_midref(g->a), ARF_RND_NEAR) * arf_get_d(arb_midref(g->a), ARF_RND_NEAR) / arf_get_d(arb_midref(g->v), ARF_RND_NEAR);
    arb_set_si(L, 2 * (prec + 6 * g->n + (slong) a2)), arb_sqrt(L, L, prec);
    arb_sqrt(t, g->v, prec), arb_mul(R, L, t, prec), arb_add(R, R, g->a, prec), arb_get_mid_arb(R, R);
    arb_sub(L, R, g->a, prec), arb_div(L, L, t, prec); /* the L of this exact R; L^2 >= 2 n */
    int ok = rad_integrate(out, c, integrand, g, zero, R, prec);
    arb_mul_2exp_si(t, t, 1), arb_div(t, t, L, prec);
    arb_pow_ui(zero, R, (ulong) (g->n - 1), prec), arb_mul(t, t, zero, prec);
    arb_mul(zero, g->a, g->a, prec), arb_div(zero, zero, g->v, prec), arb_mul(L, L, L, prec), arb_sub(zero, zero, L, prec), arb_mul_2exp_si(zero, zero, -1);
    arb_exp(zero, zero, prec), arb_mul(t, t, zero, prec);
    arb_add_error(out, t);
    arb_clear(zero), arb_clear(R), arb_clear(L), arb_clear(t);
    return ok;
}

/* I_n = Gamma(n) (v/2)^(n/2) U(n/2, 1/2, v/(2 tau^2)). */
static void half_line(arb_t out, const law *g, slong n, slong prec)
{
    arb_t a, b, z;
    arb_init(a), arb_init(b), arb_init(z);
    arb_set_si(a, n), arb_mul_2exp_si(a, a, -1), arb_one(b), arb_mul_2exp_si(b, b, -1);
    arb_div(z, g->v, g->tau, prec), arb_div(z, z, g->tau, prec), arb_mul_2exp_si(z, z, -1);
    arb_hypgeom_u(out, a, b, z, prec);
    arb_mul_2exp_si(z, g->v, -1), arb_pow(z, z, a, prec), arb_mul(out, out, z, prec);
    arb_set_si(a, n), arb_gamma(a, a, prec), arb_mul(out, out, a, prec);
    arb_clear(a), arb_clear(b), arb_clear(z);
}

/* Sum over k of (a/2v)^2k/(k! (b)_k) I_(n+2k), b = d/2; with u_1: -(a/(v d)) times the sum with b = d/2 + 1 and one more power of r. 0 when it does not end. */
static int series(arb_t out, const law *g, slong prec)
{
    const slong n = g->n + (g->u ? 1 : 0), twice = g->d + (g->u ? 2 : 0);
    arb_t c, q, I, t;
    int done = 0;
    arb_init(c), arb_init(q), arb_init(I), arb_init(t);
    arb_zero(out), arb_one(c);
    arb_div(q, g->a, g->v, prec), arb_mul(q, q, q, prec), arb_mul_2exp_si(q, q, -2);
    for (slong k = 0; k < 4000 && !done; k++) {
        half_line(I, g, n + 2 * k, prec);
        arb_mul(t, c, I, prec), arb_add(out, out, t, prec);
        /* t_(k+1)/t_k <= q v (n + 2k)/((k + 1)(b + k)), falling in k as n + 2k <= 2 (b + k) + n - 2 b */
        arb_mul(I, q, g->v, prec), arb_mul_si(I, I, 2 * (n + 2 * k), prec), arb_div_si(I, I, (k + 1) * (twice + 2 * k), prec);
        const double ratio = arf_get_d(arb_midref(I), ARF_RND_UP);
        if (ratio < 0.25) { /* the rest is at most t_k (1/4 + 1/16 + ...) < t_k */
            mag_t rest, whole;
            mag_init(rest), mag_init(whole);
            arb_get_mag(rest, t), arb_get_mag_lower(whole, out), mag_mul_2exp_si(whole, whole, -prec);
            done = mag_cmp(rest, whole) < 0;
            if (done) arb_add_error_mag(out, rest);
            mag_clear(rest), mag_clear(whole);
        }
        arb_mul(c, c, q, prec), arb_div_si(c, c, k + 1, prec), arb_mul_2exp_si(c, c, 1), arb_div_si(c, c, twice + 2 * k, prec);
    }
    if (g->u) arb_mul(out, out, g->a, prec), arb_div(out, out, g->v, prec), arb_div_si(out, out, -g->d, prec);
    arb_clear(c), arb_clear(q), arb_clear(I), arb_clear(t);
    return done;
}

/* Leaves <letter>M0_d, M1, N0, N1, divided by the first so that they are of order one. */
static int let_law(dp_check *c, char letter, law *g, const fmpq_t v, const fmpq_t theta, const fmpq_t rho, const fmpq_t h)
{
    static const char *const names[] = {"M0", "M1", "N0", "N1"};
    int ok = 1;
    arb_t value, unit, second;
    arb_init(value), arb_init(unit), arb_init(second);
    for (int i = 0; i < 4 && ok; i++) {
        char stem[16];
        snprintf(stem, sizeof stem, "%c%s", letter, names[i]);
        law_set(g, g->d, v, theta, rho, h, dp_check_prec(c) + 60);
        g->n = g->d + i % 2, g->u = i >= 2;
        ok = integral(value, c, g, dp_check_prec(c));
        if (i == 0) { /* a power of two near it: both engines are divided by the same exact number */
            fmpz_t e;
            fmpz_init(e);
            arf_abs_bound_lt_2exp_fmpz(e, arb_midref(value));
            arb_one(unit), arb_mul_2exp_fmpz(unit, unit, e);
            fmpz_clear(e);
        }
        if (!ok) break;
        arb_div(value, value, unit, dp_check_prec(c) + 60);
        dp_let(c, dp_name(stem, g->d, -1), value, "acb_calc_integrate");
        if (g->d > 40 && dp_check_prec(c) > 400) continue;
        law_set(g, g->d, v, theta, rho, h, SERIES_BITS + 60);
        if (series(second, g, SERIES_BITS)) arb_div(second, second, unit, SERIES_BITS + 60), dp_let_second(c, dp_name(stem, g->d, -1), second, "series");
    }
    arb_clear(value), arb_clear(unit), arb_clear(second);
    return ok;
}

/* The pattern with # as d; fresh. */
static char *at(slong d, const char *pattern)
{
    char *text = dp_strdup(""), *more;
    for (const char *s = pattern; *s; s++)
        more = *s == '#' ? dp_format("%s%ld", text, (long) d) : dp_format("%s%c", text, *s), free(text), text = more;
    return text;
}

static void define(dp_check *c, slong d, const char *name, const char *pattern)
{
    char *text = at(d, pattern);
    dp_def(c, dp_name(name, d, -1), text);
    free(text);
}

static void agree_at(dp_check *c, slong d, const char *label, const char *pattern)
{
    char *text = at(d, pattern);
    dp_agree(c, label, text);
    free(text);
}

/* The three parts from the means. */
static void parts(dp_check *c, slong d)
{
    define(c, d, "tau", "h*sqrt(#)");
    for (int q = 0; q < 2; q++) {
        define(c, d, q ? "qr" : "pr", q ? "qM1_#/qM0_#" : "pM1_#/pM0_#"), define(c, d, q ? "qscore" : "pscore", q ? "qN0_#/qM0_#/tau_#" : "pN0_#/pM0_#/tau_#");
        define(c, d, q ? "qm" : "pm", q ? "qN1_#/qM0_#" : "pN1_#/pM0_#"), define(c, d, q ? "qcov" : "pcov", q ? "qm_# - tau_#*qr_#*qscore_#" : "pm_# - tau_#*pr_#*pscore_#");
    }
    agree_at(c, d, "for the Gaussian p: m = theta - x - v grad log Z", "pm_# == -rho*sqrt(#) - vp*pscore_#");
    agree_at(c, d, "and for q", dp_check_twin(c, "swapped") ? "qm_# == theta - rho*sqrt(#) - vp*qscore_#" : "qm_# == theta - rho*sqrt(#) - vq*qscore_#");
    define(c, d, "V", "pm_# - qm_#");
    define(c, d, "scorepart", "tau_#*qr_#*(pscore_# - qscore_#)");
    define(c, d, "single", "abs(pcov_#/pm_#)"), define(c, d, "score", "scorepart_#/V_#"), define(c, d, "residual", "abs((pcov_# - qcov_#)/V_#)");
}

/* In one dimension the library knows the field. */
static void tie(dp_check *c, const dp_problem *P, const fmpq_t rho)
{
    dp_field_t f;
    arb_t x;
    dp_error e = {DP_OK, ""};
    dp_field_init(f, 1), arb_init(x);
    arb_set_fmpq(x, rho, dp_check_prec(c));
    for (int second = 0; second < 2 && !dp_check_stopped(c); second++)
        if (!dp_check_failed(c, dp_field_eval(f, dp_shown(c, P), "mean-shift", x, second ? DP_ENGINE_QUADRATURE : DP_ENGINE_AUTO, dp_check_prec(c), NULL, &e), &e))
            (second ? dp_let_second : dp_let)(c, "library", f->velocity, second ? "second" : "first");
    dp_agree(c, "in one dimension the drift is the engine's", "V_1 == library");
    dp_field_clear(f), arb_clear(x);
}

static void at_dimension(dp_check *c, const dp_problem *P, slong d, const dp_param *rho, const dp_param *quantity, slong e)
{
    law g;
    fmpq_t zero;
    law_init(&g), fmpq_init(zero);
    g.d = d;
    int ok = let_law(c, 'p', &g, DP_COV(P->p, 0, 0, 0), zero, rho->value, P->bandwidth) && let_law(c, 'q', &g, DP_COV(P->q, 0, 0, 0), DP_MEAN(P->q, 0, 0), rho->value, P->bandwidth);
    if (ok) {
        char *bound = dp_format("%s_%ld*%ld^%ld", quantity->word, (long) d, (long) d, (long) (e < 0 ? -e : 0)), *power = dp_format("%ld^%ld", (long) d, (long) (e > 0 ? e : 0)), *relation;
        parts(c, d);
        if (d == 1) tie(c, P, rho->value);
        relation = dp_format("%s > low*%s", bound, power), dp_aim(c, "the ratio from below", relation), free(relation);
        relation = dp_format(dp_check_twin(c, "rate") ? "%s < low*%s" : "%s < high*%s", bound, power), dp_aim(c, "and from above", relation), free(relation);
        free(bound), free(power);
    }
    law_clear(&g), fmpq_clear(zero);
}

static int single(const dp_measure_t a) { return a->family == DP_MIXTURE && a->n == 1; }

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *dims = dp_check_param(c, "dims"), *rho = dp_check_param(c, "rho"), *low = dp_check_param(c, "low"), *high = dp_check_param(c, "high");
    const dp_param *quantity = dp_check_param(c, "quantity"), *power = dp_check_param(c, "power");
    if (P->dim != 1 || P->kernel != DP_KERNEL_LAPLACE || !single(P->p) || !single(P->q) || !fmpq_is_zero(DP_MEAN(P->p, 0, 0)) || !dims || !rho || !low || !high || !quantity || !power
        || fmpq_cmp(rho->value, DP_MEAN(P->q, 0, 0)) <= 0 || fmpq_sgn(rho->value) <= 0) {
        dp_give_up(c, DP_EINPUT, "needs two Gaussians on a line, p at 0, the Laplace kernel, and quantity, power, low, high, dims, and rho beyond both means");
        return;
    }
    dp_let_q(c, "h", P->bandwidth), dp_let_q(c, "rho", rho->value), dp_let_q(c, "low", low->value), dp_let_q(c, "high", high->value);
    dp_let_q(c, "vp", DP_COV(P->p, 0, 0, 0)), dp_let_q(c, "vq", DP_COV(P->q, 0, 0, 0)), dp_let_q(c, "theta", DP_MEAN(P->q, 0, 0));
    if (fmpq_equal(DP_COV(P->p, 0, 0, 0), DP_COV(P->q, 0, 0, 0)) && dp_twin_unfit(c, "swapped")) return;
    int line = 0;
    for (slong i = 0; i < dims->cols; i++) line = line || fmpq_is_one(dims->value + i);
    if (!line && dp_twin_unfit(c, "kernel")) return;
    for (slong i = 0; i < dims->cols && !dp_check_stopped(c); i++) {
        if (!fmpz_is_one(fmpq_denref(dims->value + i)) || fmpq_cmp_si(dims->value + i, 1) < 0 || fmpq_cmp_si(dims->value + i, 1000) > 0)
            dp_give_up(c, DP_EINPUT, "dims: whole numbers from 1 to 1000");
        else
            at_dimension(c, P, fmpz_get_si(fmpq_numref(dims->value + i)), rho, quantity, fmpz_get_si(fmpq_numref(power->value)));
    }
}

static const dp_param_spec params[] = {
    {"quantity", DP_PARAM_WORD, "single|score|residual", "which ratio is bounded; required"},
    {"power", DP_PARAM_INTEGER, NULL, "e: the ratio lies between low d^e and high d^e; required"},
    {"low", DP_PARAM_RATIONAL, NULL, "required"},
    {"high", DP_PARAM_RATIONAL, NULL, "required"},
    {"dims", DP_PARAM_VECTOR, NULL, "the dimensions d; required"},
    {"rho", DP_PARAM_RATIONAL, NULL, "x = rho sqrt(d) e_1; required"},
    {0}};
static const char *const twins[] = {"rate", "swapped", "kernel", NULL};
DP_CLAIM(laplace_score) = {
    .id = "laplace-score",
    .title = "Laplace drift and score difference in d dimensions: small residual for one law, but score and scale part cancel to one part in d in the drift",
    .equations = "(10), (11)",
    .kind = "RATE",
    .source = "Lai et al. 2603.07514 (residual of a single law) and Balasubramanian 2605.22795 (unavoidable residual), under the reading of isotropic Gaussians; decomposition derived here",
    .method = "Four integrals over the distance for each Gaussian, by certified integration and by a series, in every listed dimension; ratios of their expressions between bounds.",
    .params = params, .twins = twins, .run = run};
