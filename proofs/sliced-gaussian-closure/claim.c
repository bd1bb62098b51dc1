/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sliced-gaussian-closure: between isotropic Gaussians the flow of half SW_2^2 is linear: ds/dt = (r - s)/d, dm/dt = (a - m)/d. */
#include "driftproof.h"

/* Variance of an isotropic Gaussian as the leaf `name`; 0 when mu is none. */
static int variance(dp_check *c, const char *name, const dp_measure_t mu, int spoil)
{
    slong d = mu->dim;
    fmpq_t v;
    int ok = mu->family == DP_MIXTURE && mu->n == 1;
    for (slong k = 0; k < d * d && ok; k++)
        ok = k % (d + 1) ? fmpq_is_zero(mu->cov + k) : fmpq_equal(mu->cov + k, mu->cov);
    if (!ok)
        return 0;
    fmpq_init(v);
    fmpq_set(v, mu->cov);
    if (spoil)
        dp_spoil_for(c, v);
    dp_let_q(c, name, v);
    fmpq_clear(v);
    return 1;
}

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    const int d = at->dim, sign = dp_check_twin(c, "sign"), whole = dp_check_twin(c, "whole");
    const char *shape = sign ? "(m_# - a_# + (1 - r/s)*(@x_# - m_#))/d" : whole ? "a_# - m_# + (r/s - 1)*(@x_# - m_#)" : "(a_# - m_# + (r/s - 1)*(@x_# - m_#))/d";
    dp_field_t f;
    dp_error e = {DP_OK, ""};
    (void) data;
    dp_field_init(f, d);
    dp_status status = dp_field_eval(f, at->P, "sliced-wasserstein", at->x, d == 2 ? DP_ENGINE_TRAPEZOID : DP_ENGINE_AUTO, dp_check_prec(c), dp_check_workspace(c), &e);
    if (!dp_check_failed(c, status, &e)) {
        char *stem = dp_format("%sV", at->prefix), *div = dp_format("%sdiv", at->prefix), *relation = dp_format("@V_# == %s", shape);
        for (int i = 0; i < d; i++) {
            dp_let(c, dp_name(stem, i, -1), f->velocity + i, dp_engine_name(f->engine));
            dp_assert_at(c, at, i, -1, "(53): an affine field", relation);
        }
        dp_let(c, div, f->divergence, dp_engine_name(f->engine));
        dp_assert_at(c, at, -1, -1, "R37: ds/dt = s div V/d", whole ? "s*@div/d == r - s" : sign ? "s*@div/d == (s - r)/d" : "s*@div/d == (r - s)/d");
        free(stem), free(div), free(relation);
    }
    dp_field_clear(f);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    fmpq_t d;
    if (P->dim == 1 && dp_check_twin(c, "whole")) {
        dp_give_up(c, DP_EINPUT, "in dimension 1 the rate is 1");
        return;
    }
    if (!variance(c, "s2", P->q, dp_check_twin(c, "constant")) || !variance(c, "r2", P->p, 0)) {
        dp_give_up(c, DP_EINPUT, "p and q must be one isotropic Gaussian each");
        return;
    }
    fmpq_init(d);
    fmpq_set_si(d, P->dim, 1);
    dp_let_q(c, "d", d);
    dp_def(c, "s", "sqrt(s2)"), dp_def(c, "r", "sqrt(r2)");
    for (slong k = 0; k < P->dim; k++)
        dp_let_q(c, dp_name("a", k, -1), DP_MEAN(P->p, 0, k)), dp_let_q(c, dp_name("m", k, -1), DP_MEAN(P->q, 0, k));
    dp_each_point(c, at_point, NULL);
    fmpq_clear(d);
}

static const dp_param_spec params[] = {DP_PARAM_AT, {0}};
static const char *const twins[] = {"sign", "constant", "whole", NULL};
DP_CLAIM(sliced_gaussian_closure) = {
    .id = "sliced-gaussian-closure",
    .title = "Half SW_2^2 between isotropic Gaussians: an affine field, deviations close up at the rate 1/d",
    .equations = "(53)",
    .kind = "EQ",
    .source = "Cozzi and Santambrogio (R37); isotropic closure derived here",
    .method = "Velocity and divergence of the drift sliced-wasserstein, in the plane by the trapezoidal rule over angles with a certified strip, against the affine formula.",
    .params = params, .twins = twins, .run = run};
