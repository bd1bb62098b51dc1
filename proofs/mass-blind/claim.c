/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mass-blind: a kernel of finite range, characteristic or not, cannot see the weights of atoms far apart: zero drift for different laws. */
#include "../samples.h"

/* Squared distance of a point to atom j of p. */
static void square(fmpq_t out, const dp_problem *P, const fmpq *x, slong j)
{
    fmpq_t t;
    fmpq_init(t), fmpq_zero(out);
    for (int k = 0; k < P->dim; k++) fmpq_sub(t, x + k, DP_MEAN(P->p, j, k)), fmpq_addmul(out, t, t);
    fmpq_clear(t);
}

/* Same places, at least 2 rho apart. */
static int apart(const dp_problem *P, const fmpq_t rho)
{
    fmpq_t s, most;
    int ok = P->p->family == DP_ATOMS && P->q->family == DP_ATOMS && P->p->n == P->q->n && P->p->n > 1 && fmpq_sgn(rho) > 0;
    fmpq_init(s), fmpq_init(most);
    fmpq_mul(most, rho, rho), fmpq_mul_2exp(most, most, 2);
    for (slong i = 0; ok && i < P->p->n; i++) {
        for (int k = 0; k < P->dim; k++) ok = ok && fmpq_equal(DP_MEAN(P->p, i, k), DP_MEAN(P->q, i, k));
        for (slong j = 0; ok && j < i; j++) square(s, P, DP_MEAN(P->p, i, 0), j), ok = fmpq_cmp(s, most) >= 0;
    }
    fmpq_clear(s), fmpq_clear(most);
    return ok;
}

/* The one atom in reach of the point, or -1. */
static slong in_reach(const dp_problem *P, const fmpq *x, const fmpq_t rho)
{
    fmpq_t s, most;
    slong found = -1, n = 0;
    fmpq_init(s), fmpq_init(most);
    fmpq_mul(most, rho, rho);
    for (slong j = 0; j < P->p->n; j++) {
        square(s, P, x, j);
        if (fmpq_cmp(s, most) < 0) found = fmpq_is_zero(s) ? -2 : j, n++;
    }
    fmpq_clear(s), fmpq_clear(most);
    return n == 1 ? found : -1;
}

/* phi at atom j of the point, 0 where it is out of reach. */
static void wendland(dp_check *c, const dp_point *at, slong j, const fmpq_t rho)
{
    fmpq_t s, most;
    char *sum = dp_strdup("0"), *more, *name = dp_format("@phi_%ld", (long) j);
    fmpq_init(s), fmpq_init(most);
    square(s, at->P, at->q, j), fmpq_mul(most, rho, rho);
    for (int k = 0; k < at->dim; k++) more = dp_format("%s + (@x_%d - z_%ld_%d)^2", sum, k, (long) j, k), free(sum), sum = more;
    more = fmpq_cmp(s, most) < 0 ? dp_format("(1 - sqrt(%s)/rho)^4*(4*sqrt(%s)/rho + 1)", sum, sum) : dp_strdup("0");
    dp_def_at(c, at, -1, -1, name, more);
    fmpq_clear(s), fmpq_clear(most);
    free(sum), free(more), free(name);
}

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    const fmpq *rho = data; /* as the sabotage has it, the true one */
    const dp_problem *P = at->P;
    if (in_reach(P, at->q, rho + 1) < 0) {
        dp_give_up(c, DP_EINPUT, "every point must be in reach of exactly one atom and not an atom itself");
        return;
    }
    char *total[2] = {dp_strdup("0"), dp_strdup("0")}, *more;
    for (slong j = 0; j < P->p->n; j++) {
        wendland(c, at, j, rho);
        for (int q = 0; q < 2; q++) more = dp_format("%s + %c_%ld*@phi_%ld", total[q], "ab"[q], (long) j, (long) j), free(total[q]), total[q] = more;
    }
    for (slong k = 0; k < at->dim; k++) {
        char *part[2] = {dp_strdup("0"), dp_strdup("0")};
        for (slong j = 0; j < P->p->n; j++)
            for (int q = 0; q < 2; q++) more = dp_format("%s + %c_%ld*@phi_%ld*(z_%ld_%ld - @x_%ld)", part[q], "ab"[q], (long) j, (long) j, (long) j, (long) k, (long) k), free(part[q]), part[q] = more;
        more = dp_format("(%s)/(%s) - (%s)/(%s)", part[0], total[0], part[1], total[1]);
        dp_def_at(c, at, k, -1, "@U_#", more);
        dp_assert_at(c, at, k, -1, "the kernel of finite range sees nothing", "@U_# == 0");
        free(more), free(part[0]), free(part[1]);
    }
    free(total[0]), free(total[1]);
    char *prefix = dp_strdup(at->prefix);
    if (dp_let_field(c, prefix, P, "mean-shift", at->x, DP_HAVE_VELOCITY)) {
        char *sum = dp_strdup("0");
        for (slong k = 0; k < at->dim; k++) more = dp_format("%s + @V_%ld^2", sum, (long) k), free(sum), sum = more;
        more = dp_format(dp_check_twin(c, "positive") ? "%s == 0" : "%s > 0", sum);
        dp_aim_at(c, at, -1, -1, "the positive kernel sees the weights", more);
        free(sum), free(more);
    }
    free(prefix);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *range = dp_check_param(c, "range");
    if (!range || !apart(P, range->value) || P->kernel > DP_KERNEL_LAPLACE) {
        dp_give_up(c, DP_EINPUT, "needs p and q as atoms at the same places, at least 2 range apart, and the Gaussian or the Laplace kernel to compare with");
        return;
    }
    fmpq *rho = _fmpq_vec_init(2);
    fmpq_set(rho, range->value), fmpq_set(rho + 1, range->value);
    if (dp_check_twin(c, "range")) fmpq_mul_2exp(rho, rho, 10); /* all atoms in reach */
    sm_points(c, "z", P->p);
    for (slong j = 0; j < P->p->n; j++) dp_let_q(c, dp_name("a", j, -1), DP_WEIGHT(P->p, j)), dp_let_q(c, dp_name("b", j, -1), DP_WEIGHT(P->q, j));
    dp_let_q(c, "rho", rho);
    dp_each_point(c, at_point, rho);
    _fmpq_vec_clear(rho, 2);
}

static const dp_param_spec params[] = {DP_PARAM_AT, {"range", DP_PARAM_RATIONAL, NULL, "rho: where Wendland's function ends; required"}, {0}};
static const char *const twins[] = {"range", "positive", NULL};
DP_CLAIM(mass_blind) = {
    .id = "mass-blind",
    .title = "A characteristic kernel of finite range: the drift is zero everywhere it is defined for laws of different weights",
    .equations = "(10), (11)",
    .kind = "EQ",
    .source = "Esteban-Casadevall et al. 2605.10727 and Franz et al. 2604.06333, under the reading that a characteristic kernel suffices for zero drift to identify; counterexample after Dronmong",
    .method = "Wendland's function in exact coordinates: the field is zero; the engines' field with a positive kernel at the same points is not.",
    .params = params, .twins = twins, .run = run};
