/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe-converse: how well three values of the drift determine the weights of three atoms, with the constant on both sides, and how it fades with distance. */
#include <stdlib.h>
#include "driftproof.h"

static const int PAIR[3][2] = {{0, 1}, {0, 2}, {1, 2}};

/* K_t_i, U_t_u, the inverse I_u_t of U by cofactors, c between lower and upper. */
static void constants(dp_check *c, const dp_problem *P)
{
    for (int t = 0; t < 3; t++)
        for (int i = 0; i < 3; i++) {
            char *k = P->kernel == DP_KERNEL_GAUSSIAN ? dp_format("exp(-(x_%d - z_%d)^2/(2*h^2))", t, i) : dp_format("exp(-abs(x_%d - z_%d)/h)", t, i);
            dp_def(c, dp_name("K", t, i), k);
            free(k);
        }
    for (int t = 0; t < 3; t++)
        for (int u = 0; u < 3; u++) {
            const int i = PAIR[u][0], j = PAIR[u][1];
            char *U = dp_format("(z_%d - z_%d)*K_%d_%d*K_%d_%d", i, j, t, i, t, j);
            dp_def(c, dp_name("U", t, u), U);
            free(U);
        }
    dp_def(c, "det", "U_0_0*(U_1_1*U_2_2 - U_1_2*U_2_1) - U_0_1*(U_1_0*U_2_2 - U_1_2*U_2_0) + U_0_2*(U_1_0*U_2_1 - U_1_1*U_2_0)");
    dp_assert(c, "the three values determine the three unknowns", "det != 0");
    for (int u = 0; u < 3; u++)
        for (int t = 0; t < 3; t++) {
            const int a = (t + 1) % 3, b = (t + 2) % 3, v = (u + 1) % 3, w = (u + 2) % 3;
            char *I = dp_format("(U_%d_%d*U_%d_%d - U_%d_%d*U_%d_%d)/det", a, v, b, w, a, w, b, v);
            dp_def(c, dp_name("I", u, t), I);
            free(I);
        }
    for (int t = 0; t < 3; t++) {
        char *size = dp_format("abs(I_0_%d) + abs(I_1_%d) + abs(I_2_%d)", t, t, t);
        dp_def(c, dp_name("size", t, -1), size);
        free(size);
    }
    dp_def(c, "lower", dp_check_twin(c, "constant") ? "4/(size_0 + size_1 + size_2)" : "1/(size_0 + size_1 + size_2)");
    dp_def(c, "upper", "1/(((size_0 + size_1 + abs(size_0 - size_1))/2 + size_2 + abs((size_0 + size_1 + abs(size_0 - size_1))/2 - size_2))/2)");
}

/* Z_p Z_q V at every probe, from the weights and from the library. */
static void values(dp_check *c, const dp_problem *P)
{
    for (int u = 0; u < 3; u++) {
        const int i = PAIR[u][0], j = PAIR[u][1];
        char *w = dp_check_twin(c, "sign") ? dp_format("a_%d*b_%d + a_%d*b_%d", i, j, j, i) : dp_format("a_%d*b_%d - a_%d*b_%d", i, j, j, i);
        dp_def(c, dp_name("w", u, -1), w);
        free(w);
    }
    for (int t = 0; t < 3 && !dp_check_stopped(c); t++) {
        char *prefix = dp_format("x%d_", t), *sum = dp_format("w_0*U_%d_0 + w_1*U_%d_1 + w_2*U_%d_2", t, t, t), *same = dp_format("x%d_V_0*B_%d == Phi_%d", t, t, t),
             *B = dp_format("(a_0*K_%d_0 + a_1*K_%d_1 + a_2*K_%d_2)*(b_0*K_%d_0 + b_1*K_%d_1 + b_2*K_%d_2)", t, t, t, t, t, t);
        arb_ptr x = _arb_vec_init(1);
        arb_set_fmpq(x, dp_check_param(c, "probes")->value + t, dp_check_prec(c) + 60);
        dp_def(c, dp_name("Phi", t, -1), sum), dp_def(c, dp_name("B", t, -1), B);
        if (dp_let_field(c, prefix, P, "mean-shift", x, DP_HAVE_VELOCITY)) dp_agree(c, "Z_p Z_q V is the sum over pairs", same);
        _arb_vec_clear(x, 1);
        free(prefix), free(sum), free(same), free(B);
    }
}

static int read(dp_check *c, const dp_problem *P)
{
    const dp_param *probes = dp_check_param(c, "probes"), *between = dp_check_param(c, "between");
    int ok = P->dim == 1 && P->p->family == DP_ATOMS && P->q->family == DP_ATOMS && P->p->n == 3 && P->q->n == 3 && probes && probes->cols == 3 && between && between->cols == 2
             && (P->kernel == DP_KERNEL_GAUSSIAN || P->kernel == DP_KERNEL_LAPLACE) && !dp_measure_same(P->p, P->q);
    for (slong i = 0; ok && i < 3; i++) ok = fmpq_equal(DP_MEAN(P->p, i, 0), DP_MEAN(P->q, i, 0));
    if (!ok) {
        dp_give_up(c, DP_EINPUT, "needs p and q on the same three atoms of a line in the same order, other weights, the Gaussian or Laplace kernel, three probes and between");
        return 0;
    }
    dp_let_q(c, "h", P->bandwidth);
    for (slong i = 0; i < 3; i++)
        dp_let_q(c, dp_name("z", i, -1), DP_MEAN(P->p, i, 0)), dp_let_q(c, dp_name("a", i, -1), DP_WEIGHT(P->p, i)), dp_let_q(c, dp_name("b", i, -1), DP_WEIGHT(P->q, i)),
            dp_let_q(c, dp_name("x", i, -1), probes->value + i);
    dp_let_q(c, "from", between->value), dp_let_q(c, "to", between->value + 1);
    return 1;
}

/* max of three names as an expression */
static void def_most(dp_check *c, const char *name, const char *pattern)
{
    char *t[3];
    for (int k = 0; k < 3; k++) {
        char number[2] = {(char) ('0' + k), '\0'};
        t[k] = dp_format(pattern, number);
    }
    char *two = dp_format("(abs(%s) + abs(%s) + abs(abs(%s) - abs(%s)))/2", t[0], t[1], t[0], t[1]), *three = dp_format("(%s + abs(%s) + abs(%s - abs(%s)))/2", two, t[2], two, t[2]);
    dp_def(c, name, three);
    free(two), free(three);
    for (int k = 0; k < 3; k++) free(t[k]);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    if (!read(c, P)) return;
    constants(c, P), values(c, P);
    def_most(c, "most", "Phi_%s");
    dp_def(c, "distance", "abs(a_0 - b_0) + abs(a_1 - b_1) + abs(a_2 - b_2)");
    dp_assert(c, "weights are no further apart than (2/c) max |Z_p Z_q V|", "distance <= 2/lower*most");
    dp_assert(c, "bounds of the constant", "lower <= upper");
    dp_aim(c, "the constant is known within the bounds of the case, from below", "lower > from");
    dp_aim(c, "and from above", "upper < to");
    for (int u = 0; u < 3; u++) {
        const int i = PAIR[u][0], j = PAIR[u][1];
        char *pattern = dp_format("U_%%s_%d", u), *name = dp_format("column_%d", u), *under = dp_format("lower <= column_%d", u);
        char *ceiling = P->kernel == DP_KERNEL_GAUSSIAN ? dp_format("abs(z_%d - z_%d)*exp(-(z_%d - z_%d)^2/(4*h^2))", i, j, i, j) : dp_format("abs(z_%d - z_%d)*exp(-abs(z_%d - z_%d)/h)", i, j, i, j);
        char *below = dp_format("column_%d <= (%s)*(1 + 1/10^20)", u, ceiling), *top = P->kernel == DP_KERNEL_GAUSSIAN ? dp_format("%s <= h*sqrt(2*exp(-1))*(1 + 1/10^20)", ceiling) : dp_format("%s <= h*exp(-1)*(1 + 1/10^20)", ceiling);
        def_most(c, name, pattern);
        dp_assert(c, "the constant is at most the largest entry of each pair", under);
        dp_assert(c, "that is at most the ceiling |z_i - z_j| k at the middle", below);
        dp_assert(c, "which is at most its maximum over all distances", top);
        free(pattern), free(name), free(under), free(ceiling), free(below), free(top);
    }
}

static const dp_param_spec params[] = {
    {"probes", DP_PARAM_VECTOR, NULL, "three points where the drift is measured; required"},
    {"between", DP_PARAM_VECTOR, NULL, "bounds of the constant c: it is shown to lie between them; required"},
    {0}};
static const char *const twins[] = {"constant", "sign", "kernel", "roles", NULL};
DP_CLAIM(probe_converse) = {
    .id = "probe-converse",
    .title = "Three values of the drift determine the weights of three atoms, with a constant that fades with the distance of the probes",
    .equations = "(10), (11)",
    .kind = "INEQ",
    .source = "Dronmong, drifting-identifiability (quantitative converse for a finite basis and its ceiling), restated and proved here",
    .method = "The matrix of the functions U_ij at the probes and its inverse by cofactors, in exact coordinates; the drift by two engines.",
    .params = params, .twins = twins, .run = run};
