/* SPDX-License-Identifier: GPL-3.0-or-later */
/* First variation of KL (17): from the definition (3), and the velocity (18) that it gives. */
#include "driftproof.h"

typedef struct { dp_line_mixture_t p, q, chi; fmpq_t factor; int sign, entropy; } setting;

static void setting_clear(setting *s)
{
    dp_line_mixture_clear(s->p);
    dp_line_mixture_clear(s->q);
    dp_line_mixture_clear(s->chi);
    fmpq_clear(s->factor);
}

static int setting_init(setting *s, dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    fmpq_t zero;
    if (P->dim != 1 || P->p->family != DP_MIXTURE || P->q->family != DP_MIXTURE) {
        dp_give_up(c, DP_EINPUT, "this check is about Gaussian mixtures on the line");
        return 0;
    }
    fmpq_init(zero);
    int ok = dp_chi_read(s->chi, c, zero);
    if (ok) {
        dp_line_mixture_of(s->p, P->p, zero);
        dp_line_mixture_of(s->q, P->q, zero);
        fmpq_init(s->factor);
        fmpq_one(s->factor);
        if (dp_check_twin(c, "constant"))
            dp_spoil_for(c, s->factor);
        s->sign = dp_check_twin(c, "sign") ? -1 : 1;
        s->entropy = !dp_check_twin(c, "entropy-forgotten");
    }
    fmpq_clear(zero);
    return ok;
}

/* log q - log p + 1 as a series in the offset of x */
static void potential(acb_poly_t out, const acb_poly_t x, slong len, const setting *s, slong prec)
{
    dp_line_values p, q;
    acb_t z;
    dp_line_values_init(&p);
    dp_line_values_init(&q);
    acb_init(z);
    dp_line_mixture_eval(&p, DP_LINE_LOG, s->p, x, len, prec);
    dp_line_mixture_eval(&q, DP_LINE_LOG, s->q, x, len, prec);
    if (!s->entropy)
        acb_poly_zero(q.log);
    acb_poly_sub_series(out, q.log, p.log, len, prec);
    acb_set_fmpq(z, s->factor, prec);
    if (s->sign < 0)
        acb_neg(z, z);
    acb_poly_scalar_mul(out, out, z, prec);
    acb_poly_add_si(out, out, 1, prec);
    dp_line_values_clear(&p);
    dp_line_values_clear(&q);
    acb_clear(z);
}

static void integrand(acb_poly_t out, const acb_poly_t x, slong len, void *param, slong prec)
{
    const setting *s = param;
    dp_line_values chi;
    dp_line_values_init(&chi);
    potential(out, x, len, s, prec);
    dp_line_mixture_eval(&chi, DP_LINE_DENSITY, s->chi, x, len, prec);
    acb_poly_mullow(out, out, chi.density, len, prec);
    dp_line_values_clear(&chi);
}

/* int chi (log q - log p + 1) */
static int let_variation(dp_check *c, setting *s)
{
    slong bits = dp_check_prec(c), prec = bits + 32;
    arb_poly_t M, t;
    arb_t v;
    dp_error e = {DP_OK, ""};
    arb_poly_init(M);
    arb_poly_init(t);
    arb_init(v);
    dp_line_mixture_prepare(s->p, 1, prec);
    dp_line_mixture_prepare(s->q, 1, prec);
    dp_line_mixture_prepare(s->chi, 1, prec);
    dp_line_log_majorant(M, s->p, 64);
    dp_line_log_majorant(t, s->q, 64);
    arb_poly_add(M, M, t, 64);
    arb_poly_scalar_mul_2exp_si(M, M, 1);   /* room for the sabotaged factor */
    arb_poly_one(t);
    arb_poly_add(M, M, t, 64);
    int ok = !dp_check_failed(c, dp_line_mixture_integrate(v, s->chi, integrand, s, 0, M, DP_LINE_PETRAS, bits, prec, &e), &e);
    if (ok)
        dp_let(c, "variation", v, "acb_calc_integrate");
    arb_poly_clear(M);
    arb_poly_clear(t);
    arb_clear(v);
    return ok;
}

/* The velocity (18) of the drift kl against minus the slope of the first variation. */
static void at_point(dp_check *c, const dp_point *at, void *data)
{
    setting *s = data;
    slong prec = dp_check_prec(c);
    dp_problem *D = dp_problem_copy(at->P);
    acb_poly_t x, y;
    acb_t z;
    acb_poly_init(x);
    acb_poly_init(y);
    acb_init(z);
    acb_set_arb(z, at->x);
    acb_poly_set_coeff_si(x, 1, 1);
    acb_poly_set_coeff_acb(x, 0, z);
    potential(y, x, 2, s, prec);
    acb_poly_get_coeff_acb(z, y, 1);
    dp_let(c, dp_name("slope", at->index, -1), acb_realref(z), "series");
    if (dp_check_twin(c, "swapped"))
        dp_problem_swap(D);
    if (dp_let_velocity(c, at, "V", D, "kl", at->x, DP_ENGINE_AUTO, NULL)) {
        char *relation = dp_format("@V_0 == -slope_%ld", (long) at->index);
        dp_assert_at(c, at, -1, -1, "(18): the velocity is minus the gradient of the first variation", relation);
        free(relation);
    }
    acb_poly_clear(x);
    acb_poly_clear(y);
    acb_clear(z);
    dp_problem_free(D);
}

static void run(dp_check *c)
{
    setting s;
    if (!setting_init(&s, c))
        return;
    if (dp_chi_let_quotient(c, s.q, s.p, s.chi) && let_variation(c, &s)) {
        dp_assert(c, "(17): derivative of KL(q + delta chi || p) at 0", "quotient == variation");
        dp_each_point(c, at_point, &s);
    }
    setting_clear(&s);
}

static const dp_param_spec params[] = {DP_PARAM_AT, DP_PARAM_CHI, {0}};
static const char *const twins[] = {"sign", "constant", "entropy-forgotten", "swapped", NULL};
DP_CLAIM(first_variation_kl) = {
    .id = "first-variation-kl",
    .title = "First variation of KL(q||p) is log q - log p + 1, and its negative gradient is the velocity",
    .equations = "(3), (17), (18)",
    .kind = "EQ",
    .source = "Gretton et al. 2605.05118, (17)-(18)",
    .method = "The definition (3) itself: a central difference quotient of two KL integrals with a proved Taylor remainder, against the "
              "integral of chi (log q - log p + 1). All integrals by acb_calc_integrate on a window, tails in closed form.",
    .params = params, .twins = twins, .run = run};
