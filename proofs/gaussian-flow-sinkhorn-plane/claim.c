/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gaussian closure of the Sinkhorn flow (27) in the plane: its equation for any two covariances, and the three rates at p = q. */
#include <stdio.h>

#include "../plane.h"

/* <out>: the root of (e/2)^2 + M^2, M symmetric: (A + sqrt(det A))/sqrt(tr A + 2 sqrt(det A)). */
static void root(dp_check *c, const char *out, const char *M)
{
    char text[200], square[24], det[24], same[160];
    snprintf(square, sizeof square, "%s_square", out), snprintf(det, sizeof det, "%s_det", out);
    snprintf(text, sizeof text, "%s_#_0*%s_0_$ + %s_#_1*%s_1_$", M, M, M, M), pl_entries(c, square, text, " + e^2/4");
    dp_def_printed(c, det, "sqrt(%s_0_0*%s_1_1 - %s_0_1*%s_1_0)", square, square, square, square);
    snprintf(text, sizeof text, "%s_#_$/sqrt(%s_0_0 + %s_1_1 + 2*%s)", square, square, square, det);
    snprintf(same, sizeof same, " + %s/sqrt(%s_0_0 + %s_1_1 + 2*%s)", det, square, square, det);
    pl_entries(c, out, text, same);
}

/* The drift at q's mean plus (a, b), leaves <prefix>V_i and <prefix>J_i_j, offsets <prefix>o_i. */
static int drift_at(dp_check *c, const char *prefix, const dp_problem *P, slong a, slong b)
{
    const slong offset[2] = {a, b};
    arb_ptr x = _arb_vec_init(2);
    fmpq_t t;
    fmpq_init(t);
    for (int i = 0; i < 2; i++) {
        char name[24];
        fmpq_add_si(t, DP_MEAN(P->q, 0, i), offset[i]), arb_set_fmpq(x + i, t, dp_check_prec(c) + 64);
        snprintf(name, sizeof name, "%so_%d", prefix, i), fmpq_set_si(t, offset[i], 1), dp_let_q(c, name, t);
    }
    const int ok = dp_let_field(c, prefix, P, "sinkhorn", x, DP_HAVE_VELOCITY | DP_HAVE_JACOBIAN);
    _arb_vec_clear(x, 2), fmpq_clear(t);
    return ok;
}

/* The field is affine, and its slope is that of the plan towards p less that of the plan towards q itself. */
static void closure(dp_check *c, const dp_problem *P)
{
    static const struct { const char *prefix; slong a, b; } at[2] = {{"one_", 1, 2}, {"two_", -3, 1}};
    for (int k = 0; k < 2; k++) {
        if (!drift_at(c, at[k].prefix, P, at[k].a, at[k].b)) return;
        for (int i = 0; i < 2; i++) {
            char relation[200];
            snprintf(relation, sizeof relation, "%sV_%d == mp_%d - m_%d + one_J_%d_0*%so_0 + one_J_%d_1*%so_1", at[k].prefix, i, i, i, i, at[k].prefix, i, at[k].prefix);
            dp_assert(c, "the field is affine", relation);
        }
    }
    root(c, "R", "S");
    dp_def_printed(c, "S_det", "S_0_0*S_1_1 - S_0_1*S_1_0");
    pl_entries(c, "N", "-S_#_$/S_det", " + (S_0_0 + S_1_1)/S_det");
    pl_entries(c, "O", "N_#_0*R_0_$ + N_#_1*R_1_$ - e/2*N_#_$", NULL);
    pl_entries(c, "T", dp_check_twin(c, "biased") ? "one_J_#_$" : "one_J_#_$ + O_#_$", NULL);
    pl_product(c, "TS", "T", "S");
    pl_entries(c, "plan", "TS_#_0*T_0_$ + TS_#_1*T_1_$ + e*T_#_$", NULL);
    dp_assert(c, "T S T + e T = P, first entry", "plan_0_0 == P_0_0"), dp_assert(c, "off the diagonal", "plan_0_1 == P_0_1");
    dp_assert(c, "and below it", "plan_1_0 == P_1_0"), dp_assert(c, "last entry", "plan_1_1 == P_1_1");
    dp_assert(c, "T is the positive solution", "T_0_0 > 0"), dp_assert(c, "its determinant is positive", "T_0_0*T_1_1 > T_0_1*T_1_0");
}

/* The slope at q's covariance P + t E, E the k-th of the directions 11, 22, 12: leaves <prefix>J_i_j. */
static int slope_by(dp_check *c, const char *prefix, const dp_problem *P, int k, const fmpq_t t)
{
    const int i = k == 1, j = k > 0;
    dp_problem *D = dp_problem_copy(P);
    for (int n = 0; n < 4; n++) fmpq_set(D->q->cov + n, D->p->cov + n);
    fmpq_add(DP_COV(D->q, 0, i, j), DP_COV(D->q, 0, i, j), t);
    if (i != j) fmpq_set(DP_COV(D->q, 0, j, i), DP_COV(D->q, 0, i, j));
    const int ok = drift_at(c, prefix, D, 0, 0);
    dp_problem_free(D);
    return ok;
}

/* D<k>: the derivative of J in that direction at q = p, by a symmetric quotient; it solves D R + R D = -E. L<k>: that of J S + S J. */
static void moved(dp_check *c, const dp_problem *P, int k, const fmpq_t t)
{
    char up[8], down[8], name[16], text[200];
    fmpq_t less;
    fmpq_init(less), fmpq_neg(less, t);
    snprintf(up, sizeof up, "up%d_", k), snprintf(down, sizeof down, "down%d_", k);
    const int ok = slope_by(c, up, P, k, t) && slope_by(c, down, P, k, less);
    fmpq_clear(less);
    if (!ok) return;
    snprintf(name, sizeof name, "D%d", k), snprintf(text, sizeof text, "(up%d_J_#_$ - down%d_J_#_$)/(2*t)", k, k), pl_entries(c, name, text, NULL);
    snprintf(name, sizeof name, "lyap%d", k), snprintf(text, sizeof text, "D%d_#_0*RP_0_$ + D%d_#_1*RP_1_$ + RP_#_0*D%d_0_$ + RP_#_1*D%d_1_$", k, k, k, k), pl_entries(c, name, text, NULL);
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            const int one = k == 2 ? i != j : i == k && j == k;
            snprintf(text, sizeof text, "abs(lyap%d_%d_%d + %d) < 1/10^8", k, i, j, one), dp_suffice(c, "the slope's change solves D R + R D = -E", text);
        }
    snprintf(name, sizeof name, "L%d", k), snprintf(text, sizeof text, "D%d_#_0*P_0_$ + D%d_#_1*P_1_$ + P_#_0*D%d_0_$ + P_#_1*D%d_1_$", k, k, k, k), pl_entries(c, name, text, NULL);
}

/* 10^-5 of det P/tr P, which is between half of the narrowest variance and all of it. */
static void step(fmpq_t t, const dp_measure_t m)
{
    fmpq_t trace;
    fmpq_init(trace), fmpq_add(trace, DP_COV(m, 0, 0, 0), DP_COV(m, 0, 1, 1)), fmpq_mul_si(trace, trace, 100000);
    fmpq_mul(t, DP_COV(m, 0, 0, 0), DP_COV(m, 0, 1, 1)), fmpq_submul(t, DP_COV(m, 0, 0, 1), DP_COV(m, 0, 1, 0)), fmpq_div(t, t, trace);
    fmpq_clear(trace);
}

/* The three rates at p = q, by the trace and the determinant of the linear part. */
static void rates(dp_check *c, const dp_problem *P)
{
    fmpq_t t;
    fmpq_init(t), step(t, P->p), dp_let_q(c, "t", t);
    root(c, "RP", "P");
    for (int k = 0; k < 3 && !dp_check_stopped(c); k++) moved(c, P, k, t);
    fmpq_clear(t);
    if (dp_check_stopped(c)) return;
    pl_eigenvalues(c, "P");
    dp_def_printed(c, "s_wide", "sqrt(e^2 + 4*wide_P^2)"), dp_def_printed(c, "s_narrow", "sqrt(e^2 + 4*narrow_P^2)");
    dp_def_printed(c, "r_wide", "2*wide_P/s_wide"), dp_def_printed(c, "r_narrow", "2*narrow_P/s_narrow");
    if (dp_check_twin(c, "rate")) dp_def_printed(c, "r_mixed", "(r_wide + r_narrow)/2");
    else dp_def_printed(c, "r_mixed", "2*(wide_P + narrow_P)/(s_wide + s_narrow)");
    dp_assert(c, "the trace of the linear part is less the sum of the rates", "abs(L0_0_0 + L1_1_1 + L2_0_1 + r_wide + r_narrow + r_mixed) < 1/10^8");
    dp_assert(c, "its determinant less their product",
              "abs(L0_0_0*(L1_1_1*L2_0_1 - L2_1_1*L1_0_1) - L1_0_0*(L0_1_1*L2_0_1 - L2_1_1*L0_0_1) + L2_0_0*(L0_1_1*L1_0_1 - L1_1_1*L0_0_1) + r_wide*r_narrow*r_mixed) < 1/10^8");
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    fmpq_t t;
    if (!pl_one_each(c, P)) return;
    if (P->kernel != DP_KERNEL_GAUSSIAN) {
        dp_give_up(c, DP_EINPUT, "needs the Gaussian kernel");
        return;
    }
    fmpq_init(t);
    fmpq_mul(t, P->bandwidth, P->bandwidth);
    if (dp_check_twin(c, "squared-cost")) fmpq_div_2exp(t, t, 1);
    dp_let_q(c, "e", t);
    fmpq_clear(t);
    pl_covariance(c, "S", P->q), pl_covariance(c, "P", P->p);
    for (int i = 0; i < 2; i++) dp_let_q(c, dp_name("m", i, -1), DP_MEAN(P->q, 0, i)), dp_let_q(c, dp_name("mp", i, -1), DP_MEAN(P->p, 0, i));
    closure(c, P);
    if (!dp_check_stopped(c)) rates(c, P);
}

static const char *const twins[] = {"biased", "squared-cost", "rate", "kernel", "roles", NULL};
DP_CLAIM(gaussian_flow_sinkhorn_plane) = {
    .id = "gaussian-flow-sinkhorn-plane",
    .title = "Gaussian closure of the Sinkhorn flow in the plane: its equation, its one rest, and its rates, of which the slowest is that of the narrowest direction",
    .equations = "(26), (27), (63), (64)",
    .kind = "EQ",
    .source = "Hardion and Lacombe 2602.10726 (reading: the closed family of Gaussians, for any covariances); rates in a plane derived here",
    .method = "Identities between the library's field, two engines, and a matrix equation whose positive solution is unique; rates by exact covariances a step of 10^-5 of the narrowest variance from p = q.",
    .params = NULL, .twins = twins, .run = run};
