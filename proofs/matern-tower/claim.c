/* SPDX-License-Identifier: GPL-3.0-or-later */
/* matern-tower: companions of companions of the Laplace kernel: the Matern ladder and its elliptic identities. */
#include <stdlib.h>
#include "driftproof.h"

enum { RUNGS = 5 };

/* p' - p/h: what a derivative does to p in p(r) exp(-r/h). */
static void derivative(fmpq_poly_t out, const fmpq_poly_t p, const fmpq_t h)
{
    fmpq_poly_t t;
    fmpq_poly_init(t);
    fmpq_poly_scalar_div_fmpq(t, p, h);
    fmpq_poly_derivative(out, p), fmpq_poly_sub(out, out, t);
    fmpq_poly_clear(t);
}

/* The polynomial of int_r^infinity s p(s) exp(-s/h) ds: sum over k of h^(k+1) (r p)^(k). */
static void companion(fmpq_poly_t out, const fmpq_poly_t p, const fmpq_t h)
{
    fmpq_poly_t t;
    fmpq_poly_init(t);
    fmpq_poly_shift_left(t, p, 1), fmpq_poly_zero(out);
    while (!fmpq_poly_is_zero(t)) fmpq_poly_scalar_mul_fmpq(t, t, h), fmpq_poly_add(out, out, t), fmpq_poly_derivative(t, t);
    fmpq_poly_clear(t);
}

static void let_value(dp_check *c, const char *name, const fmpq_poly_t p, const fmpq_t r, const fmpq_t h)
{
    const slong prec = dp_check_prec(c);
    fmpq_t v;
    arb_t e, x;
    fmpq_init(v), arb_init(e), arb_init(x);
    fmpq_div(v, r, h), fmpq_neg(v, v), arb_set_fmpq(e, v, prec + 30), arb_exp(e, e, prec + 30);
    fmpq_poly_evaluate_fmpq(v, p, r), arb_set_fmpq(x, v, prec + 30), arb_mul(e, e, x, prec + 30);
    dp_let(c, name, e, "antiderivative");
    fmpq_clear(v), arb_clear(e), arb_clear(x);
}

static void at_distance(dp_check *c, slong i, const fmpq_t r, const dp_problem *P)
{
    fmpq_poly_t p, q;
    fmpq_poly_init(p), fmpq_poly_init(q);
    fmpq_poly_one(p);
    dp_let_q(c, dp_name("r", i, -1), r);
    for (slong n = 0; n <= RUNGS; n++) {
        char *E = n == 0 ? dp_format("exp(-r_%ld/h)", (long) i) : n == 1 ? dp_format("h*(r_%ld + h)*exp(-r_%ld/h)", (long) i, (long) i)
                         : dp_format("%ld*h^2*E%ld_%ld + h^2*r_%ld^2*E%ld_%ld", 2 * (long) n - 1, (long) n - 1, (long) i, (long) i, (long) n - 2, (long) i);
        char *name = dp_format("E%ld_%ld", (long) n, (long) i), *value = dp_format("A%ld_%ld", (long) n, (long) i), *first = dp_format("A%ld1_%ld", (long) n, (long) i), *second = dp_format("A%ld2_%ld", (long) n, (long) i);
        dp_def(c, name, E), let_value(c, value, p, r, P->bandwidth);
        derivative(q, p, P->bandwidth), let_value(c, first, q, r, P->bandwidth);
        derivative(q, q, P->bandwidth), let_value(c, second, q, r, P->bandwidth);
        char *same = dp_format("%s == %s", value, name), *slope = dp_format("%s == -r_%ld*E%ld_%ld", first, (long) i, (long) n - 1, (long) i);
        char *elliptic = dp_format("%s + (d - 1)*%s/r_%ld == %s/h^2 - (d + %ld)*E%ld_%ld", second, first, (long) i, value, 2 * (long) n - (dp_check_twin(c, "constant") ? 2 : 1), (long) n - 1, (long) i);
        dp_assert(c, "the ladder by its recursion is the ladder of integrals", same);
        if (n > 0) dp_assert(c, "companion: slope -r times the kernel below", slope), dp_assert(c, "elliptic identity", elliptic);
        free(E), free(name), free(value), free(first), free(second), free(same), free(slope), free(elliptic);
        companion(q, p, P->bandwidth), fmpq_poly_set(p, q);
        if (dp_check_twin(c, "rung") && n == 1) fmpq_poly_scalar_mul_si(p, p, 2);
    }
    fmpq_poly_clear(p), fmpq_poly_clear(q);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *at = dp_check_param(c, "distances"), *d = dp_check_param(c, "in");
    if (!at || !d || P->kernel != DP_KERNEL_LAPLACE || fmpq_sgn(d->value) <= 0) {
        dp_give_up(c, DP_EINPUT, "needs the Laplace kernel, distances and in");
        return;
    }
    dp_let_q(c, "h", P->bandwidth), dp_let_q(c, "d", d->value);
    for (slong i = 0; i < at->cols && !dp_check_stopped(c); i++) {
        if (fmpq_sgn(at->value + i) <= 0) dp_give_up(c, DP_EINPUT, "distances: positive");
        else at_distance(c, i, at->value + i, P);
    }
}

static const dp_param_spec params[] = {
    {"distances", DP_PARAM_VECTOR, NULL, "distances r > 0 where the identities are checked; required"},
    {"in", DP_PARAM_RATIONAL, NULL, "the dimension of the Laplacian, any number > 0; required"},
    {0}};
static const char *const twins[] = {"constant", "rung", NULL};
DP_CLAIM(matern_tower) = {
    .id = "matern-tower",
    .title = "Companions of the Laplace kernel form the Matern ladder, each with an elliptic identity one step below",
    .equations = "(10), (51)",
    .kind = "EQ",
    .source = "Dronmong, drifting-identifiability; Lee and Chun 2604.24196 (companion-elliptic kernels); the whole ladder derived here",
    .method = "Exact polynomials from repeated integration, and their derivatives, against a two-step recursion in exact numbers.",
    .params = params, .twins = twins, .run = run};
