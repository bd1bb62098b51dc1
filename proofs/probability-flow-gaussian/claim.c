/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gaussian marginals of (18) and (19) at several times: moment equations from the drift, and the spread by quadrature. */
#include "driftproof.h"

/* c = exp(-t/r) exact; prefix "t0_", ... */
typedef struct { dp_check *c; dp_problem *D; slong index; fmpq_t decay, r; int d; char prefix[16]; } moment;

static const char *named(const moment *m, const char *stem, slong i, slong j)
{
    char base[64];
    snprintf(base, sizeof base, "%s%s", m->prefix, stem);
    return dp_name(base, i, j);
}

/* out = centre + factor (value - centre) */
static void blend(fmpq_t out, const fmpq_t centre, const fmpq_t factor, const fmpq_t value)
{
    fmpq_t t;
    fmpq_init(t);
    fmpq_sub(t, value, centre);
    fmpq_mul(t, t, factor);
    fmpq_add(out, centre, t);
    fmpq_clear(t);
}

/* q of D := N(mu_t, S_t), stationary covariance `limit` times the identity (r, or sabotaged). */
static void evolve(moment *m, const fmpq_t limit)
{
    const dp_problem *P = dp_check_problem(m->c);
    fmpq_t zero, square;
    fmpq_init(zero);
    fmpq_init(square);
    fmpq_mul(square, m->decay, m->decay);
    if (dp_check_twin(m->c, "constant"))
        dp_spoil_for(m->c, square);
    for (int i = 0; i < m->d; i++) {
        blend(DP_MEAN(m->D->q, 0, i), DP_MEAN(P->p, 0, i), m->decay, DP_MEAN(P->q, 0, i));
        for (int j = 0; j < m->d; j++)
            blend(DP_COV(m->D->q, 0, i, j), i == j ? limit : zero, square, DP_COV(P->q, 0, i, j));
    }
    fmpq_clear(zero);
    fmpq_clear(square);
}

/* Exact leaves: c, S_i_j, mu_dot_i = -c/r (a - m), S_dot_i_j = -2 c^2/r (S_0 - r I). */
static void let_exact(moment *m)
{
    const dp_problem *P = dp_check_problem(m->c);
    fmpq_t rate, v, zero;
    fmpq_init(rate);
    fmpq_init(v);
    fmpq_init(zero);
    dp_let_q(m->c, named(m, "c", -1, -1), m->decay);
    fmpq_div(rate, m->decay, m->r);
    fmpq_neg(rate, rate);
    for (int i = 0; i < m->d; i++) {
        fmpq_sub(v, DP_MEAN(P->q, 0, i), DP_MEAN(P->p, 0, i));
        fmpq_mul(v, v, rate);
        if (dp_check_twin(m->c, "sign"))
            fmpq_neg(v, v);
        dp_let_q(m->c, named(m, "mu_dot", i, -1), v);
    }
    fmpq_mul(rate, rate, m->decay);
    fmpq_add(rate, rate, rate);
    for (int i = 0; i < m->d; i++)
        for (int j = 0; j < m->d; j++) {
            fmpq_sub(v, DP_COV(P->q, 0, i, j), i == j ? m->r : zero);
            fmpq_mul(v, v, rate);
            dp_let_q(m->c, named(m, "S_dot", i, j), v);
            dp_let_q(m->c, named(m, "S", i, j), DP_COV(m->D->q, 0, i, j));
        }
    fmpq_clear(rate);
    fmpq_clear(v);
    fmpq_clear(zero);
}

static int let_drift(moment *m)
{
    slong prec = dp_check_prec(m->c);
    dp_field_t f;
    arb_ptr x = _arb_vec_init(m->d);
    dp_error e = {DP_OK, ""};
    dp_field_init(f, m->d);
    for (int i = 0; i < m->d; i++)
        arb_set_fmpq(x + i, DP_MEAN(m->D->q, 0, i), prec);
    if (dp_check_twin(m->c, "swapped"))
        dp_problem_swap(m->D);
    int ok = !dp_check_failed(m->c, dp_field_eval(f, m->D, "kl", x, DP_ENGINE_AUTO, prec, NULL, &e), &e);
    for (int i = 0; ok && i < m->d; i++) {
        dp_let(m->c, named(m, "V", i, -1), f->velocity + i, "drift-kl");
        for (int j = 0; j < m->d; j++)
            dp_let(m->c, named(m, "J", i, j), f->jacobian + i * m->d + j, "drift-kl");
    }
    dp_field_clear(f);
    _arb_vec_clear(x, m->d);
    return ok;
}

/* dp_assert, the time in the label; frees the relation */
static void state(const moment *m, const char *label, char *relation)
{
    char *full = dp_format("%s at time %ld", label, (long) m->index);
    dp_assert(m->c, full, relation);
    free(full);
    free(relation);
}

static void compare(const moment *m)
{
    const char *t = m->prefix;
    for (int i = 0; i < m->d; i++) {
        state(m, "mean of (18)", dp_format("%sV_%d == %smu_dot_%d", t, i, t, i));
        for (int j = 0; j <= i; j++) {
            char *left = dp_format("%sJ_%d_#*%sS_#_%d + %sS_%d_#*%sJ_%d_#", t, i, t, j, t, i, t, j);
            char *sum = dp_sum_text(m->d, left);
            state(m, "covariance of (18)", dp_format("%s == %sS_dot_%d_%d", sum, t, i, j));
            state(m, "covariance of (19)", dp_format("%sS_dot_%d_%d == -2*%sS_%d_%d/r + %d", t, i, j, t, i, j, i == j ? 2 : 0));
            free(left);
            free(sum);
        }
    }
}

/* ---- d = 1: the spread by integrating the Jacobian along time ---- */

typedef struct { fmpq_t r, gap; } spread;

/* 1/S_s - 1/r, S_s = r + gap exp(-2 s/r) */
static void spread_integrand(acb_poly_t out, const acb_poly_t s, slong len, void *param, slong prec)
{
    const spread *g = param;
    acb_poly_t t;
    acb_t z, r;
    acb_poly_init(t);
    acb_init(z);
    acb_init(r);
    acb_set_fmpq(r, g->r, prec);
    acb_inv(z, r, prec);
    acb_mul_si(z, z, -2, prec);
    acb_poly_scalar_mul(out, s, z, prec);
    acb_poly_exp_series(out, out, len, prec);
    acb_set_fmpq(z, g->gap, prec);
    acb_poly_scalar_mul(out, out, z, prec);
    acb_poly_set_acb(t, r);
    acb_poly_add_series(out, out, t, len, prec);
    acb_poly_inv_series(out, out, len, prec);   /* not finite where S_s may vanish */
    acb_inv(r, r, prec);
    acb_poly_set_acb(t, r);
    acb_poly_sub_series(out, out, t, len, prec);
    acb_poly_clear(t);
    acb_clear(z);
    acb_clear(r);
}

static int let_growth(const moment *m)
{
    slong prec = dp_check_prec(m->c);
    spread g;
    arb_t zero, t, v;
    mag_t tol;
    dp_error e = {DP_OK, ""};
    fmpq_init(g.r);
    fmpq_init(g.gap);
    arb_init(zero);
    arb_init(t);
    arb_init(v);
    mag_init(tol);
    fmpq_set(g.r, m->r);
    fmpq_sub(g.gap, DP_COV(dp_check_problem(m->c)->q, 0, 0, 0), m->r);
    arb_set_fmpq(t, m->decay, prec + 32);
    arb_log(t, t, prec + 32);
    arb_set_fmpq(v, m->r, prec + 32);
    arb_mul(t, t, v, prec + 32);
    arb_neg(t, t);
    mag_set_ui_2exp_si(tol, 1, -prec);
    int ok = !dp_check_failed(m->c, dp_line_integrate(v, spread_integrand, &g, 0, zero, t, tol, prec + 32, &e), &e);
    if (ok)
        dp_let(m->c, named(m, "growth", -1, -1), v, "acb_calc_integrate");
    fmpq_clear(g.r);
    fmpq_clear(g.gap);
    arb_clear(zero);
    arb_clear(t);
    arb_clear(v);
    mag_clear(tol);
    return ok;
}

static void at_time(moment *m)
{
    fmpq_t limit;
    fmpq_init(limit);
    fmpq_set(limit, m->r);
    if (dp_check_twin(m->c, "half-noise"))
        fmpq_div_2exp(limit, limit, 1);
    snprintf(m->prefix, sizeof m->prefix, "t%ld_", (long) m->index);
    m->D = dp_problem_copy(dp_check_problem(m->c));
    evolve(m, limit);
    let_exact(m);
    if (let_drift(m))
        compare(m);
    if (m->d == 1 && let_growth(m))
        state(m, "spread of particles", dp_format("S0*exp(2*%sgrowth) == %sS_0_0", m->prefix, m->prefix));
    dp_problem_free(m->D);
    fmpq_clear(limit);
}

/* The covariance of the only component of mu is r times the identity. */
static int isotropic(const dp_measure_t mu)
{
    int ok = mu->family == DP_MIXTURE && mu->n == 1;
    for (int i = 0; ok && i < mu->dim; i++)
        for (int j = 0; j < mu->dim; j++)
            ok &= i == j ? fmpq_equal(DP_COV(mu, 0, i, i), DP_COV(mu, 0, 0, 0)) : fmpq_is_zero(DP_COV(mu, 0, i, j));
    return ok;
}

static int same_mean(const dp_problem *P)
{
    int same = 1;
    for (int i = 0; i < P->dim; i++)
        same &= fmpq_equal(DP_MEAN(P->p, 0, i), DP_MEAN(P->q, 0, i));
    return same;
}

static int same_covariance(const dp_problem *P)
{
    int same = 1;
    for (int i = 0; i < P->dim * P->dim; i++)
        same &= fmpq_equal(DP_COV(P->p, 0, 0, 0) + i, DP_COV(P->q, 0, 0, 0) + i);
    return same;
}

static int fits(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *decays = dp_check_param(c, "decays");
    int ok = isotropic(P->p) && P->q->family == DP_MIXTURE && P->q->n == 1 && decays != NULL;
    for (slong k = 0; ok && k < decays->cols; k++)
        ok = fmpq_sgn(decays->value + k) > 0 && fmpq_cmp_si(decays->value + k, 1) < 0;
    if (ok && ((dp_check_twin(c, "sign") && same_mean(P)) || (dp_check_twin(c, "constant") && same_covariance(P)))) {
        dp_give_up(c, DP_EINPUT, "this sabotage has no effect where p and q share their mean (sign) or covariance (constant)");
        return 0;
    }
    if (!ok)
        dp_give_up(c, DP_EINPUT, "needed: p one Gaussian with covariance a multiple of the identity, q one Gaussian, and decays between 0 and 1");
    return ok;
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *decays = dp_check_param(c, "decays");
    moment m = {.c = c, .d = P->dim};
    if (!fits(c))
        return;
    fmpq_init(m.decay);
    fmpq_init(m.r);
    fmpq_set(m.r, DP_COV(P->p, 0, 0, 0));
    dp_let_q(c, "r", m.r);
    dp_let_q(c, "S0", DP_COV(P->q, 0, 0, 0));
    for (m.index = 0; m.index < decays->cols && !dp_check_stopped(c); m.index++) {
        fmpq_set(m.decay, decays->value + m.index);
        at_time(&m);
    }
    fmpq_clear(m.decay);
    fmpq_clear(m.r);
}

static const dp_param_spec params[] = {
    {"decays", DP_PARAM_VECTOR, NULL, "numbers exp(-t/r) between 0 and 1, one for each time t to look at; r: the variance of p; required"}, {0}};
static const char *const twins[] = {"sign", "constant", "half-noise", "swapped", NULL};
DP_CLAIM(probability_flow_gaussian) = {
    .id = "probability-flow-gaussian",
    .title = "Between Gaussians the flow (18) and the Langevin equation (19) have the same marginals at all times",
    .equations = "(8), (18), (19)",
    .kind = "ODE",
    .source = "Gretton et al. 2605.05118, (18)-(19)",
    .method = "Closed-form mean and covariance of the Langevin equation at exact times against the moment equations of the flow, velocity and Jacobian "
              "from the drift kl; in one dimension also the spread of particles by integrating the Jacobian along time.",
    .params = params, .twins = twins, .run = run};
