/* SPDX-License-Identifier: GPL-3.0-or-later */
/* laplace-far-space: far from atoms in any dimension the Laplace drift is the difference of tilted means, with an error of exact order 1/r. */
#include <stdlib.h>
#include "driftproof.h"

/* Leaves <l>w_j, <l>_j_k; g: u.y_j, o: |y_j|^2 - (u.y_j)^2 across the direction, e: tilted weight; T_k: tilted mean, C_k: covariance of o and y_k under the tilt. */
static void law(dp_check *c, const dp_measure_t a, char l)
{
    const slong d = a->dim;
    char w[3] = {l, 'w'}, z[3] = {l, 'z'};
    for (slong j = 0; j < a->n; j++) {
        dp_let_q(c, dp_name(w, j, -1), DP_WEIGHT(a, j));
        char *dot = dp_strdup("0"), *square = dp_strdup("0"), *more, *name;
        for (slong k = 0; k < d; k++) {
            dp_let_q(c, dp_name(z, j, k), DP_MEAN(a, j, k));
            more = dp_format("%s + u_%ld*%s_%ld_%ld", dot, (long) k, z, (long) j, (long) k), free(dot), dot = more;
            more = dp_format("%s + %s_%ld_%ld^2", square, z, (long) j, (long) k), free(square), square = more;
        }
        name = dp_format("%cg_%ld", l, (long) j), dp_def(c, name, dot), free(name);
        more = dp_format("%s - %cg_%ld^2", square, l, (long) j), name = dp_format("%co_%ld", l, (long) j), dp_def(c, name, more), free(name), free(more);
        more = dp_format(dp_check_twin(c, "untilted") ? "%s_%ld" : "%s_%ld*exp(%cg_%ld/h)", w, (long) j, l, (long) j), name = dp_format("%ce_%ld", l, (long) j), dp_def(c, name, more), free(name), free(more);
        free(dot), free(square);
    }
    char *e = dp_format("%ce_#", l), *sum = dp_sum_text(a->n, e), *eo = dp_format("%ce_#*%co_#", l, l), *across = dp_sum_text(a->n, eo);
    for (slong k = 0; k < d; k++) {
        char *ey = dp_format("%ce_#*%s_#_%ld", l, z, (long) k), *top = dp_sum_text(a->n, ey), *eoy = dp_format("%ce_#*%co_#*%s_#_%ld", l, l, z, (long) k), *both = dp_sum_text(a->n, eoy);
        char *T = dp_format("%s/%s", top, sum), *C = dp_format("%s/%s - %s/%s*(%s/%s)", both, sum, across, sum, top, sum), tn[3] = {l, 'T'}, cn[3] = {l, 'C'};
        dp_def(c, dp_name(tn, k, -1), T), dp_def(c, dp_name(cn, k, -1), C);
        free(ey), free(top), free(eoy), free(both), free(T), free(C);
    }
    free(e), free(sum), free(eo), free(across);
}

/* R2 = max |y|^2 over the atoms of both, exactly. */
static void radius(fmpq_t R2, const dp_problem *P)
{
    fmpq_t t, s;
    fmpq_init(t), fmpq_init(s), fmpq_zero(R2);
    for (int which = 0; which < 2; which++) {
        const dp_measure_struct *a = which ? P->q : P->p;
        for (slong j = 0; j < a->n; j++) {
            fmpq_zero(s);
            for (slong k = 0; k < P->dim; k++) fmpq_mul(t, DP_MEAN(a, j, k), DP_MEAN(a, j, k)), fmpq_add(s, s, t);
            if (fmpq_cmp(s, R2) > 0) fmpq_set(R2, s);
        }
    }
    fmpq_clear(t), fmpq_clear(s);
}

static void at_radius(dp_check *c, const dp_problem *P, slong n, const fmpq_t r, const fmpq *u)
{
    char *prefix = dp_format("r%ld_", (long) n);
    const char *turn = dp_check_twin(c, "order") ? "-" : "+";
    arb_ptr x = _arb_vec_init(P->dim);
    fmpq_t t;
    fmpq_init(t);
    for (slong k = 0; k < P->dim; k++) fmpq_mul(t, r, u + k), arb_set_fmpq(x + k, t, dp_check_prec(c) + 60);
    dp_let_q(c, dp_name("r", n, -1), r);
    char *eta = dp_format("R^2/(2*h*(r_%ld - R))", (long) n);
    dp_def(c, dp_name("eta", n, -1), eta);
    if (dp_let_field(c, prefix, P, "mean-shift", x, DP_HAVE_VELOCITY))
        for (slong k = 0; k < P->dim; k++) {
            char *first = dp_format("abs(%sV_%ld - T_%ld) < R*(exp(eta_%ld) - 1)", prefix, (long) k, (long) k, (long) n);
            char *second = dp_format("abs(%sV_%ld - T_%ld %s L_%ld/r_%ld) < 2*(3/4*exp(eta_%ld)*R*eta_%ld^2 + R^4/(2*h*r_%ld*(r_%ld - R)))", prefix, (long) k, (long) k, turn, (long) k, (long) n, (long) n, (long) n, (long) n,
                                     (long) n);
            dp_assert(c, "the drift is the difference of tilted means within a bound of order 1/r", first);
            dp_assert(c, "its next term is -L/r within a bound of order 1/r^2", second);
            free(first), free(second);
        }
    free(prefix), free(eta), _arb_vec_clear(x, P->dim), fmpq_clear(t);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *u = dp_check_param(c, "direction"), *radii = dp_check_param(c, "radii");
    fmpq_t one, t;
    fmpq_init(one), fmpq_init(t);
    for (slong k = 0; u && k < u->cols; k++) fmpq_mul(t, u->value + k, u->value + k), fmpq_add(one, one, t);
    if (P->dim < 2 || P->kernel != DP_KERNEL_LAPLACE || P->p->family != DP_ATOMS || P->q->family != DP_ATOMS || !u || u->cols != P->dim || !radii || !fmpq_is_one(one)) {
        dp_give_up(c, DP_EINPUT, "needs atoms in dimension 2 or 3, the Laplace kernel, direction (a rational unit vector) and radii");
        fmpq_clear(one), fmpq_clear(t);
        return;
    }
    radius(t, P), dp_let_q(c, "R2", t), dp_def(c, "R", "sqrt(R2)"), dp_let_q(c, "h", P->bandwidth);
    for (slong k = 0; k < P->dim; k++) dp_let_q(c, dp_name("u", k, -1), u->value + k);
    law(c, P->p, 'p'), law(c, P->q, 'q');
    for (slong k = 0; k < P->dim; k++) {
        char *T = dp_format("pT_%ld - qT_%ld", (long) k, (long) k), *L = dp_format("(pC_%ld - qC_%ld)/(2*h)", (long) k, (long) k);
        dp_def(c, dp_name("T", k, -1), T), dp_def(c, dp_name("L", k, -1), L);
        free(T), free(L);
    }
    for (slong n = 0; n < radii->cols && !dp_check_stopped(c); n++) {
        if (fmpq_sgn(radii->value + n) <= 0 || (fmpq_mul(one, radii->value + n, radii->value + n), fmpq_cmp(one, t) <= 0)) dp_give_up(c, DP_EINPUT, "radii: beyond all atoms");
        else at_radius(c, P, n, radii->value + n, u->value);
    }
    fmpq_clear(one), fmpq_clear(t);
}

static const dp_param_spec params[] = {
    {"direction", DP_PARAM_VECTOR, NULL, "a unit vector of rationals such as [3/5, 4/5]; required"},
    {"radii", DP_PARAM_VECTOR, NULL, "distances r from the origin, beyond all atoms; required"},
    {0}};
static const char *const twins[] = {"untilted", "order", "roles", NULL};
DP_CLAIM(laplace_far_space) = {
    .id = "laplace-far-space",
    .title = "Far from atoms in space the Laplace drift is the difference of two tilted means, with an error of exact order 1/r",
    .equations = "(10), (11)",
    .kind = "RATE",
    .source = "Deng et al. (rebuttal) and Dronmong (far field, for Gaussians); explicit bounds for laws of bounded support derived here",
    .method = "The drift by two engines at large distances against tilted means and a first correction, within explicit bounds; exact coordinates.",
    .params = params, .twins = twins, .run = run};
