/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sliced-rates: how fast small deviations from an isotropic Gaussian close in under the sliced flow: shape is slower than size. */
#include "driftproof.h"

/* q = N(m, diag((1 + e_i)^2)) and p = N(m, I); e from the parameter, 0 < |e_i| < 1/2. */
static int fits(dp_check *c, const dp_problem *P)
{
    const dp_param *e = dp_check_param(c, "deviations");
    const slong d = P->dim;
    fmpq_t t;
    int ok = e && e->cols == d && P->p->family == DP_MIXTURE && P->q->family == DP_MIXTURE && P->p->n == 1 && P->q->n == 1;
    fmpq_init(t);
    for (slong k = 0; k < d * d && ok; k++) {
        fmpq_zero(t);
        if (k % (d + 1) == 0) fmpq_add_si(t, e->value + k / d, 1), fmpq_mul(t, t, t);
        ok = fmpq_equal(P->q->cov + k, t) && (k % (d + 1) ? fmpq_is_zero(P->p->cov + k) : fmpq_is_one(P->p->cov + k));
    }
    for (slong k = 0; k < d && ok; k++) ok = fmpq_equal(DP_MEAN(P->p, 0, k), DP_MEAN(P->q, 0, k)) && !fmpq_is_zero(e->value + k);
    for (slong k = 0; k < d && ok; k++) fmpq_abs(t, e->value + k), fmpq_mul_2exp(t, t, 1), ok = fmpq_cmp_si(t, 1) < 0;
    fmpq_clear(t);
    return ok;
}

static void along(dp_check *c, const dp_problem *P, int axis)
{
    dp_field_t f;
    dp_error e = {DP_OK, ""};
    arb_ptr x = _arb_vec_init(P->dim);
    char number[2] = {(char) ('0' + axis), '\0'}, *relation;
    const char *rate = dp_check_twin(c, "rate") ? "e_%s/d" : dp_check_twin(c, "sign") ? "-(2*e_%s + trace)/(d*(d + 2))" : "(2*e_%s + trace)/(d*(d + 2))", *low = "abs(A_%s + %s) < 3/2*size^2/(1 - size)/d";
    dp_field_init(f, P->dim);
    for (int k = 0; k < P->dim; k++) arb_set_fmpq(x + k, DP_MEAN(P->p, 0, k), dp_check_prec(c));
    arb_add_si(x + axis, x + axis, 1, dp_check_prec(c));
    for (int second = 0; second < 2 && !dp_check_stopped(c); second++)
        if (!dp_check_failed(c, dp_field_eval(f, P, "sliced-wasserstein", x, second ? DP_ENGINE_QUADRATURE : DP_ENGINE_TRAPEZOID, second ? 64 : dp_check_prec(c), dp_check_workspace(c), &e), &e))
            (second ? dp_let_second : dp_let)(c, dp_name("A", axis, -1), f->velocity + axis, dp_engine_name(f->engine));
    char *r = dp_format(rate, number);
    relation = dp_format(low, number, r);
    dp_assert(c, "linear part of the field, within a bound of second order", relation);
    free(relation), free(r), dp_field_clear(f), _arb_vec_clear(x, P->dim);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *e = dp_check_param(c, "deviations");
    fmpq_t d;
    if (P->dim != 2 || !fits(c, P)) {
        dp_give_up(c, DP_EINPUT, "needs p = N(m, I) and q = N(m, diag((1 + e_1)^2, (1 + e_2)^2)) in the plane, deviations = [e_1, e_2], none 0, all below 1/2 in size");
        return;
    }
    fmpq_init(d);
    fmpq_set_si(d, P->dim, 1), dp_let_q(c, "d", d);
    for (int k = 0; k < P->dim; k++) dp_let_q(c, dp_name("e", k, -1), e->value + k);
    dp_def(c, "trace", "e_0 + e_1"), dp_def(c, "size", "(abs(e_0) + abs(e_1) + abs(abs(e_0) - abs(e_1)))/2");
    for (int k = 0; k < P->dim; k++) along(c, P, k);
    fmpq_clear(d);
}

static const dp_param_spec params[] = {{"deviations", DP_PARAM_VECTOR, NULL, "e_1, e_2; required"}, {0}};
static const char *const twins[] = {"rate", "sign", NULL};
DP_CLAIM(sliced_rates) = {
    .id = "sliced-rates",
    .title = "Half SW_2^2 near an isotropic Gaussian: size closes in at the rate 1/d, shape at 2/(d (d + 2)) only",
    .equations = "(53)",
    .kind = "RATE",
    .source = "derived here; beside Cozzi and Santambrogio 2025",
    .method = "The drift sliced-wasserstein at a point of each axis, by the trapezoidal rule over angles with a certified strip and by quadrature, within an explicit bound of second order.",
    .params = params, .twins = twins, .run = run};
