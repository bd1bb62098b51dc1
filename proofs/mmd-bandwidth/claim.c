/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mmd-bandwidth: which bandwidth makes the mean MMD force between two equal Gaussians largest, with the kernel normalised and not. */
#include <stdlib.h>
#include "../shifted.h"

/* -d/dt of half the MMD^2 while q moves with the velocity m_p - m_q: by its double sum, and as the drift at the mean of q with both measures blurred once more. */
static void let_force(dp_check *c, const dp_problem *P)
{
    const slong d = P->dim, prec = dp_check_prec(c);
    dp_error e = {DP_OK, ""};
    dp_signed_t rho;
    dp_field_t f;
    fmpq_t one;
    arb_t v, F;
    arb_ptr delta = _arb_vec_init(d), x = _arb_vec_init(d);
    const dp_problem *shown = dp_shown(c, P);
    dp_problem *twice = dp_problem_copy(shown);
    dp_signed_init(rho, (int) d, 2), dp_field_init(f, (int) d), fmpq_init(one), arb_init(v), arb_init(F);
    fmpq_one(one), dp_signed_put(rho, 0, P->q, one);
    fmpq_neg(one, one), dp_signed_put(rho, 1, P->p, one);
    for (slong k = 0; k < d; k++) {
        fmpq_sub(one, DP_MEAN(P->p, 0, k), DP_MEAN(P->q, 0, k));
        arb_set_fmpq(delta + k, one, prec), arb_set(rho->dot + k, delta + k), arb_set_fmpq(x + k, DP_MEAN(P->q, 0, k), prec);
    }
    for (slong k = 0; k < d; k++)
        fmpq_mul_2exp(twice->p->cov + k * (d + 1), twice->p->cov + k * (d + 1), 1), fmpq_mul_2exp(twice->q->cov + k * (d + 1), twice->q->cov + k * (d + 1), 1);
    if (!dp_check_failed(c, dp_mmd2_half(F, v, rho, P->kernel, shown->bandwidth, prec, &e), &e)) arb_neg(v, v), dp_let(c, "power", v, "double-sum");
    if (!dp_check_stopped(c) && !dp_check_failed(c, dp_field_eval(f, twice, "mmd", x, DP_ENGINE_AUTO, prec, NULL, &e), &e))
        arb_dot(v, NULL, 0, f->velocity, 1, delta, 1, d, prec), dp_let_second(c, "power", v, "drift");
    dp_signed_clear(rho), dp_field_clear(f), fmpq_clear(one), arb_clear(v), arb_clear(F), dp_problem_free(twice);
    _arb_vec_clear(delta, d), _arb_vec_clear(x, d);
}

/* Force at the squared bandwidth `a` in dimension d; whole: with the kernel as it is, without its normalisation. */
static char *force(const char *a, slong d, int whole)
{
    char *power = whole ? dp_format("*sqrt((%s)^%ld)", a, (long) d) : dp_strdup(""), *text;
    text = dp_format("sqrt(M)*exp(-M/(2*(%s + 2*s)))/sqrt((%s + 2*s)^%ld)%s", a, a, (long) d + 2, power);
    free(power);
    return text;
}

/* M > 2 (d + 2) s, exactly. */
static int has_best(const dp_problem *P, slong d)
{
    fmpq_t t, gap;
    fmpq_init(t), fmpq_init(gap);
    for (slong k = 0; k < P->dim; k++) fmpq_sub(t, DP_MEAN(P->p, 0, k), DP_MEAN(P->q, 0, k)), fmpq_addmul(gap, t, t);
    fmpq_set_si(t, 2 * (d + 2), 1), fmpq_submul(gap, t, P->p->cov);
    const int ok = fmpq_sgn(gap) > 0;
    fmpq_clear(t), fmpq_clear(gap);
    return ok;
}

static void best_in(dp_check *c, slong d, int whole)
{
    const dp_param *factors = dp_check_param(c, "factors");
    const char *stem = whole ? "whole" : "best", *label = whole ? "k itself: force at the best bandwidth above that at another" : "k over h^d: force at the best bandwidth above that at another";
    char *value = whole ? dp_format("((%ld*s + M) + sqrt((%ld*s + M)^2 + %ld*s^2))/4", (long) (2 * (d - 2)), (long) (2 * (d - 2)), (long) (32 * d))
                        : dp_format("M/%ld - %d*s", (long) (d + (dp_check_twin(c, "dimension") ? 1 : 2)), dp_check_twin(c, "once") ? 1 : 2);
    char *spoiled = dp_format("(%s)*(1 + %s)", value, dp_check_twin(c, "constant") ? "2/10^10" : "0"), *name = dp_format("%s_%ld", stem, (long) d);
    dp_def(c, name, spoiled);
    char *top = force(name, d, whole);
    for (slong k = 0; k < factors->cols; k++) {
        char *other = dp_format("%s*factor_%ld", name, (long) k), *below = force(other, d, whole), *relation = dp_format("%s > %s", top, below), *says = dp_format("d = %ld, %s", (long) d, label);
        dp_assert(c, says, relation);
        free(other), free(below), free(relation), free(says);
    }
    free(value), free(spoiled), free(name), free(top);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *dims = dp_check_param(c, "dimensions"), *factors = dp_check_param(c, "factors");
    fmpq_t M;
    fmpq_init(M);
    const int fits = dims && factors && sh_gaussians(M, c);
    fmpq_clear(M);
    if (!fits) {
        dp_give_up(c, DP_EINPUT, "needs the Gaussian kernel, p and q Gaussians of one covariance s I and different means, dimensions and factors");
        return;
    }
    dp_let_power(c, "h2", P->bandwidth, P->bandwidth, 1);
    for (slong k = 0; k < factors->cols; k++) {
        if (fmpq_sgn(factors->value + k) <= 0 || fmpq_is_one(factors->value + k)) {
            dp_give_up(c, DP_EINPUT, "factors: positive and not 1");
            return;
        }
        dp_let_q(c, dp_name("factor", k, -1), factors->value + k);
    }
    let_force(c, P);
    char *whole = force("h2", P->dim, 1), *relation = dp_format("power == sqrt(M)*%s", whole);
    dp_agree(c, "the mean force of the case in closed form", relation);
    free(whole), free(relation);
    for (slong k = 0; k < dims->cols && !dp_check_stopped(c); k++) {
        if (!fmpz_is_one(fmpq_denref(dims->value + k)) || fmpq_sgn(dims->value + k) <= 0 || fmpz_cmp_si(fmpq_numref(dims->value + k), 10000) > 0) {
            dp_give_up(c, DP_EINPUT, "dimensions: whole numbers from 1 to 10000");
            return;
        }
        const slong d = fmpz_get_si(fmpq_numref(dims->value + k));
        if (!has_best(P, d)) {
            dp_give_up(c, DP_EINPUT, "dimensions: in dimension %ld, M <= 2 (d + 2) s and the normalised kernel has no best bandwidth", (long) d);
            return;
        }
        best_in(c, d, 0);
        if (!dp_check_twin(c, "dimension") && !dp_check_twin(c, "once")) best_in(c, d, 1);
    }
}

static const dp_param_spec params[] = {
    {"dimensions", DP_PARAM_VECTOR, NULL, "dimensions in which the maximum is checked, whole numbers; required"},
    {"factors", DP_PARAM_VECTOR, NULL, "other squared bandwidths, as multiples of the best one, none of them 1; required"},
    {0}};
static const char *const twins[] = {"dimension", "once", "constant", "kernel", NULL};
DP_CLAIM(mmd_bandwidth) = {
    .id = "mmd-bandwidth",
    .title = "The bandwidth that makes the MMD force between N(0, s I) and N(mu, s I) largest: h^2 = |mu|^2/(d + 2) - 2 s, for the normalised kernel only",
    .equations = "(50), (51)",
    .kind = "INEQ",
    .source = "Galashov et al. 2025, under the reading that the kernel is the Gaussian over h^d and the force the gradient of MMD^2 in the mean; the kernel itself: derived here",
    .method = "The mean force by a double sum and by the drift against a closed form; strict inequalities between closed forms in exact numbers. Unimodality is in the statement.",
    .params = params, .twins = twins, .run = run};
