/* SPDX-License-Identifier: GPL-3.0-or-later */
/* disjoint-diracs: one point of the model, one of the data: mean shift, proxy and Sinkhorn go all the way at any bandwidth, DA2 stops as the bandwidth falls. */
#include <string.h>
#include "driftproof.h"

static int fits(const dp_problem *P)
{
    return P->p->family == DP_ATOMS && P->q->family == DP_ATOMS && P->p->n == 1 && P->q->n == 1 && (P->kernel == DP_KERNEL_GAUSSIAN || P->kernel == DP_KERNEL_LAPLACE);
}

/* Leaves a_i, the way from the atom of q to that of p, "square" = |a|^2, and "k", the kernel between them. */
static void way(dp_check *c, const dp_problem *P)
{
    fmpq_t a, square;
    fmpq_init(a), fmpq_init(square);
    for (int i = 0; i < P->dim; i++) {
        fmpq_sub(a, DP_MEAN(P->p, 0, i), DP_MEAN(P->q, 0, i));
        dp_let_q(c, dp_name("a", i, -1), a);
        fmpq_addmul(square, a, a);
    }
    dp_let_q(c, "square", square), dp_let_q(c, "h", P->bandwidth);
    dp_def(c, "k", P->kernel == DP_KERNEL_GAUSSIAN ? "exp(-square/(2*h^2))" : "exp(-sqrt(square)/h)");
    fmpq_clear(a), fmpq_clear(square);
}

/* Velocities at the atom of q as leaves <stem>_V_i. */
static int let(dp_check *c, const dp_problem *P, const char *stem, const char *drift)
{
    arb_ptr x = _arb_vec_init(P->dim);
    for (int i = 0; i < P->dim; i++) arb_set_fmpq(x + i, DP_MEAN(P->q, 0, i), dp_check_prec(c));
    char *prefix = dp_format("%s_", stem);
    const int ok = dp_let_field(c, prefix, P, drift, x, DP_HAVE_VELOCITY);
    free(prefix), _arb_vec_clear(x, P->dim);
    return ok;
}

static void run(dp_check *c)
{
    static const struct { const char *stem, *drift, *label, *relation; } rows[] = {
        {"shift", "mean-shift", "the mean shift goes all the way", "shift_V_%d == a_%d"},
        {"proxy", "sinkhorn-proxy", "so does the proxy", "proxy_V_%d == a_%d"},
        {"sinkhorn", "sinkhorn", "and Sinkhorn", "sinkhorn_V_%d == a_%d"},
        {"da2", "da2", "DA2 goes the part sqrt(k)/(1 + k) of it", "da2_V_%d == part*a_%d"}};
    const dp_problem *P = dp_check_problem(c);
    if (!fits(P)) {
        dp_give_up(c, DP_EINPUT, "needs one atom of p, one of q, and the Gaussian or the Laplace kernel");
        return;
    }
    way(c, P);
    dp_def(c, "part", dp_check_twin(c, "proxy") ? "1" : dp_check_twin(c, "square") ? "k/(1 + k)" : "sqrt(k)/(1 + k)");
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        if (P->kernel != DP_KERNEL_GAUSSIAN && !strcmp(rows[r].drift, "sinkhorn")) continue; /* its cost is the square */
        if (!let(c, P, rows[r].stem, rows[r].drift)) return;
        for (int i = 0; i < P->dim; i++) {
            char *relation = dp_format(rows[r].relation, i, i);
            dp_assert(c, rows[r].label, relation);
            free(relation);
        }
    }
    dp_assert(c, "never more than half of it", "part <= 1/2");
}

static const char *const twins[] = {"square", "proxy", "kernel", "roles", NULL};
DP_CLAIM(disjoint_diracs) = {
    .id = "disjoint-diracs",
    .title = "Two Diracs: mean shift, proxy and Sinkhorn send one to the other at any bandwidth; DA2 sends it the part sqrt(k)/(1 + k) of the way",
    .equations = "(16), (27), (35), (67)",
    .kind = "EQ",
    .source = "derived here; a mechanism for the stalls at small temperatures in Gretton et al. 2605.05118, Section 4.3",
    .method = "The velocities at the atom of q by the drifts' engines against the exact way between the atoms.",
    .params = NULL, .twins = twins, .run = run};
