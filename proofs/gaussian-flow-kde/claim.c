/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gaussian closure of the flows of (14) and (24): affine fields in any dimension; on the line the variance, its rate and its time. */
#include <string.h>
#include "driftproof.h"

/* ---- affine fields, any dimension ---- */

/* Leaves A_i_j and b_i of A = (S + h^2)^-1 - (P + h^2)^-1 and b = (P + h^2)^-1 (m_p - m), exact, and m_i. */
static void let_affine(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const int d = P->dim;
    fmpq_mat_t S, R;
    fmpq_t t, sum;
    fmpq_mat_init(S, d, d), fmpq_mat_init(R, d, d), fmpq_init(t), fmpq_init(sum);
    dp_gaussian_blurred(S, P->q, 0, P->bandwidth), dp_gaussian_blurred(R, P->p, 0, P->bandwidth);
    fmpq_mat_inv(S, S), fmpq_mat_inv(R, R);
    for (int i = 0; i < d; i++) {
        fmpq_zero(sum);
        for (int j = 0; j < d; j++) {
            fmpq_sub(t, DP_MEAN(P->p, 0, j), DP_MEAN(P->q, 0, j));
            fmpq_mul(t, t, fmpq_mat_entry(R, i, j));
            fmpq_add(sum, sum, t);
            fmpq_sub(t, fmpq_mat_entry(S, i, j), fmpq_mat_entry(R, i, j));
            if (dp_check_twin(c, "no-blur") && i == j) fmpq_add(t, t, fmpq_mat_entry(R, i, j));
            dp_let_q(c, dp_name("A", i, j), t);
        }
        dp_let_q(c, dp_name("b", i, -1), sum);
        dp_let_q(c, dp_name("m", i, -1), DP_MEAN(P->q, 0, i));
    }
    dp_let_power(c, "h2", (fmpq[]){{1, 1}}, P->bandwidth, 2);
    fmpq_mat_clear(S), fmpq_mat_clear(R), fmpq_clear(t), fmpq_clear(sum);
}

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    const int d = at->dim, both = *(const int *) data;
    if (!dp_let_velocity(c, at, "V", at->P, "mean-shift", at->x, DP_ENGINE_AUTO, NULL)) return;
    if (both && !dp_let_velocity(c, at, "W", at->P, "smoothed-kl", at->x, DP_ENGINE_AUTO, dp_check_workspace(c))) return;
    for (slong i = 0; i < d; i++) {
        char *text = dp_format("b_%ld", (long) i);
        for (int j = 0; j < d; j++) {
            char *more = dp_format("%s + A_%ld_%d*(@x_%d - m_%d)", text, (long) i, j, j, j);
            free(text);
            text = more;
        }
        char *first = dp_format("@V_# == h2*(%s)", text), *second = dp_format("@W_# == %s", text);
        dp_assert_at(c, at, i, -1, "(14) is affine", first);
        if (both) dp_assert_at(c, at, i, -1, "(24) is the same without h^2", second);
        free(first), free(second), free(text);
    }
}

static int one(const dp_measure_t mu)
{
    return mu->n == 1 && (mu->family == DP_MIXTURE || mu->family == DP_ATOMS);
}

/* ---- the variance on the line ---- */

/* rho(v) = -(d/dt) log|P - v| increases with v from 0 to r at v = P. */
static void to_a_gaussian(dp_check *c, dp_gauss_flow_t g)
{
    dp_let_flow_slope(c, g, "slope_P", g->P);
    dp_def(c, "r", dp_check_twin(c, "rate") ? "factor*2*P/(P + h2)" : "factor*2*P/(P + h2)^2");
    dp_assert(c, "linear rate at p = q", "slope_P == -r");
    if (!fmpq_equal(g->v0, g->P)) {
        dp_def(c, "rho0", "factor*2*v0/((v0 + h2)*(P + h2))");
        dp_def(c, "elapsed", "(P + h2)*(h2/P*log(v_T/v0) - (1 + h2/P)*log((P - v_T)/(P - v0)))/(2*factor)");
        dp_assert(c, "the time that passes", "elapsed == T");
        dp_assert_flow_rates(c, g);
    }
}

/* (1/v)' = 2 factor/(h^2 (v + h^2)): an exact time again, and O(1/t). */
static void to_a_point(dp_check *c)
{
    dp_def(c, "elapsed", "h2*(h2*(1/v_T - 1/v0) - log(v_T/v0))/(2*factor)");
    dp_assert(c, "the time that passes", "elapsed == T");
    dp_def(c, "gained", "(1/v_T - 1/v0)/T");
    dp_assert(c, "1/v grows at most like 2t/h^2", dp_check_twin(c, "rate") ? "gained < factor/h2^2" : "gained < factor*2/h2^2");
    dp_assert(c, "and at least linearly", "gained > factor*2/(h2*(v0 + h2))");
}

static void run_line(dp_check *c, const char *drift)
{
    dp_gauss_flow_t g;
    fmpq_t T;
    fmpq_init(T);
    if (!dp_flow_time(T, c)) {
        fmpq_clear(T);
        return;
    }
    if (!dp_gauss_flow_init(g, dp_check_problem(c), drift) || fmpq_is_zero(g->v0)) {
        fmpq_clear(T);
        dp_give_up(c, DP_EINPUT, "q must be one Gaussian on the line, p one Gaussian or atom, with the Gaussian kernel");
        return;
    }
    g->flip = dp_check_twin(c, "sign");
    dp_let_flow(c, g, T);
    dp_def(c, "factor", g->kind == DP_GAUSS_MEAN_SHIFT ? "h2" : "1");
    if (dp_let_flow_end(c, g, T)) {
        dp_assert(c, "the mean", "m_T - mp == (m0 - mp)*exp(-factor*T/(P + h2))");
        if (fmpq_is_zero(g->P)) to_a_point(c);
        else to_a_gaussian(c, g);
    }
    dp_gauss_flow_clear(g);
    fmpq_clear(T);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *part = dp_check_param(c, "part");
    if (part && strcmp(part->word, "affine")) {
        run_line(c, !strcmp(part->word, "mean-shift") ? "mean-shift" : "smoothed-kl");
        return;
    }
    if (!one(P->p) || !one(P->q) || P->kernel != DP_KERNEL_GAUSSIAN) {
        dp_give_up(c, DP_EINPUT, "p and q must each be one Gaussian or one atom, with the Gaussian kernel");
        return;
    }
    if (dp_check_twin(c, "rate") || dp_check_twin(c, "sign")) {
        dp_twin_unfit(c, dp_check_twin(c, "rate") ? "rate" : "sign");
        return;
    }
    int both = P->dim == 1;
    let_affine(c);
    dp_each_point(c, at_point, &both);
}

static const dp_param_spec params[] = {
    DP_PARAM_AT, DP_PARAM_TIME,
    {"part", DP_PARAM_WORD, "affine|mean-shift|smoothed-kl", "affine (default): the fields at points; the others: the flow of that drift on the line"},
    {0}};
static const char *const twins[] = {"sign", "rate", "no-blur", "kernel", "roles", NULL};
DP_CLAIM(gaussian_flow_kde) = {
    .id = "gaussian-flow-kde",
    .title = "The flows of the score difference and of the smoothed KL have one Gaussian closure; its rates",
    .equations = "(14), (24)",
    .kind = "ODE",
    .source = "Weber 2023, Turan and Ovsjanikov 2603.09936, as read in catalogue entry R19; derived here",
    .method = "Fields at points against exact affine maps. On the line the variance at time T by Taylor series with remainders (lemma E1) and by the time that passes until then, "
              "against its implicit solution and against exponentials.",
    .params = params, .twins = twins, .run = run};
