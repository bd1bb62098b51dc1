/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sinkhorn-first-variation: for atoms the drift sinkhorn is minus the gradient of the Sinkhorn divergence in an atom's place, over its weight. */
#include "driftproof.h"

/* d log K_ij/d x_ik = -(x_i - y_j)_k/h^2, x_i the atom of q that moves. */
static void log_kernel_slope(arb_t out, const dp_problem *P, const dp_measure_t mu, slong i, slong j, slong k, slong prec)
{
    fmpq_t t;
    fmpq_init(t);
    fmpq_sub(t, DP_MEAN(mu, j, k), DP_MEAN(P->q, i, k));
    fmpq_div(t, t, P->bandwidth), fmpq_div(t, t, P->bandwidth);
    arb_set_fmpq(out, t, prec);
    fmpq_clear(t);
}

/* Derivatives of the potentials over epsilon, phi at q, gamma at p (the last one held): one column for each atom and axis. Differentiated are
   phi_i + log sum_j a_j exp(gamma_j) K_ij = 0 and gamma_j + log sum_i b_i exp(phi_i) K_ij = 0. out: the means of d phi under q and d gamma under p. */
static int cross_slopes(arb_ptr out, const dp_problem *P, arb_srcptr v, slong prec)
{
    const slong n = P->q->n, m = P->p->n, d = P->dim, N = n + m - 1;
    arb_mat_t A, X, B;
    arb_t slope;
    dp_pairs s;
    dp_pairs_init(&s, P->q, P->p, P->bandwidth, prec);
    arb_ptr pi = _arb_vec_init(n * m);
    arb_mat_init(A, N, N), arb_mat_init(X, N, n * d), arb_mat_init(B, N, n * d), arb_init(slope);
    dp_scaling_rows(pi, &s, s.K, v);
    arb_mat_one(A);
    for (slong i = 0; i < n; i++)
        for (slong j = 0; j < m; j++) {
            arb_t back; /* b_i pi_ij/a_j: the law of the row given the column */
            arb_init(back);
            arb_mul(back, s.b + i, pi + i * m + j, prec), arb_div(back, back, s.a + j, prec);
            if (j < m - 1) arb_set(arb_mat_entry(A, i, n + j), pi + i * m + j), arb_set(arb_mat_entry(A, n + j, i), back);
            for (slong k = 0; k < d; k++) {
                log_kernel_slope(slope, P, P->p, i, j, k, prec);
                arb_submul(arb_mat_entry(B, i, i * d + k), pi + i * m + j, slope, prec);
                if (j < m - 1) arb_submul(arb_mat_entry(B, n + j, i * d + k), back, slope, prec);
            }
            arb_clear(back);
        }
    const int ok = arb_mat_solve(X, A, B, prec);
    for (slong col = 0; col < n * d && ok; col++) {
        arb_zero(out + col);
        for (slong l = 0; l < N; l++) arb_addmul(out + col, l < n ? s.b + l : s.a + l - n, arb_mat_entry(X, l, col), prec);
    }
    arb_mat_clear(A), arb_mat_clear(X), arb_mat_clear(B), arb_clear(slope), _arb_vec_clear(pi, n * m), dp_pairs_clear(&s);
    return ok;
}

/* The same for q against itself, psi_i + log sum_j b_j exp(psi_j) K_ij = 0, where a moving atom is a row and a column. */
static int self_slopes(arb_ptr out, const dp_problem *P, arb_srcptr w, slong prec)
{
    const slong n = P->q->n, d = P->dim;
    arb_mat_t A, X, B;
    arb_t slope;
    dp_pairs s;
    dp_pairs_init(&s, P->q, P->q, P->bandwidth, prec);
    arb_ptr pi = _arb_vec_init(n * n);
    arb_mat_init(A, n, n), arb_mat_init(X, n, n * d), arb_mat_init(B, n, n * d), arb_init(slope);
    dp_scaling_rows(pi, &s, s.K, w);
    for (slong i = 0; i < n; i++)
        for (slong j = 0; j < n; j++) {
            arb_add_ui(arb_mat_entry(A, i, j), pi + i * n + j, i == j, prec);
            for (slong k = 0; k < d; k++) { /* atom i moves: its row, and its column in the row of j */
                log_kernel_slope(slope, P, P->q, i, j, k, prec);
                arb_submul(arb_mat_entry(B, i, i * d + k), pi + i * n + j, slope, prec);
                arb_submul(arb_mat_entry(B, j, i * d + k), pi + j * n + i, slope, prec);
            }
        }
    const int ok = arb_mat_solve(X, A, B, prec);
    for (slong col = 0; col < n * d && ok; col++) {
        arb_zero(out + col);
        for (slong l = 0; l < n; l++) arb_addmul(out + col, s.b + l, arb_mat_entry(X, l, col), prec);
    }
    arb_mat_clear(A), arb_mat_clear(X), arb_mat_clear(B), arb_clear(slope), _arb_vec_clear(pi, n * n), dp_pairs_clear(&s);
    return ok;
}

/* The velocity at atom i against the slopes of the divergence. */
static void one_atom(dp_check *c, const dp_problem *P, slong i)
{
    dp_field_t f;
    dp_error e = {DP_OK, ""};
    arb_ptr x = _arb_vec_init(P->dim);
    dp_field_init(f, P->dim);
    for (int k = 0; k < P->dim; k++) arb_set_fmpq(x + k, DP_MEAN(P->q, i, k), 2 * dp_check_prec(c));
    dp_let_q(c, dp_name("w", i, -1), DP_WEIGHT(P->q, i));
    if (!dp_check_failed(c, dp_field_eval(f, P, "sinkhorn", x, DP_ENGINE_AUTO, dp_check_prec(c), dp_check_workspace(c), &e), &e))
        for (int k = 0; k < P->dim; k++) {
            char *relation = dp_format("slope_%ld_%d == factor*w_%ld*V_%ld_%d", (long) i, k, (long) i, (long) i, k);
            dp_let(c, dp_name("V", i, k), f->velocity + k, dp_engine_name(f->engine));
            dp_assert(c, "(27), (61): velocity and the divergence of a moved atom", relation);
            free(relation);
        }
    dp_field_clear(f), _arb_vec_clear(x, P->dim);
}

/* "slope_i_k" = d S/d x_ik, S/epsilon = sum b (phi - psi) + sum a gamma less what p alone gives. */
static int let_slopes(dp_check *c, const dp_problem *P)
{
    const slong n = P->q->n, d = P->dim, prec = dp_check_prec(c);
    dp_plan *plan = NULL;
    dp_error e = {DP_OK, ""};
    if (dp_check_failed(c, dp_plan_get(&plan, P, DP_ENGINE_CLOSED, prec, dp_check_workspace(c), &e), &e)) return 0;
    arb_t eps;
    arb_ptr cross = _arb_vec_init(n * d), self = _arb_vec_init(n * d);
    arb_init(eps);
    const int ok = cross_slopes(cross, P, plan->v, prec) && self_slopes(self, P, plan->w, prec);
    if (!ok) dp_give_up(c, DP_EBUDGET, "the potentials' derivatives: a matrix that may be singular at %ld bits", (long) prec);
    arb_set_fmpq(eps, P->bandwidth, prec), arb_sqr(eps, eps, prec);
    for (slong col = 0; col < n * d && ok; col++) {
        if (!dp_check_twin(c, "biased")) arb_sub(cross + col, cross + col, self + col, prec);
        arb_mul(cross + col, cross + col, eps, prec);
        dp_let(c, dp_name("slope", col / d, col % d), cross + col, "implicit-derivative");
    }
    arb_clear(eps), _arb_vec_clear(cross, n * d), _arb_vec_clear(self, n * d);
    return ok;
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    fmpq_t factor;
    if (P->p->family != DP_ATOMS || P->q->family != DP_ATOMS || P->kernel != DP_KERNEL_GAUSSIAN) {
        dp_give_up(c, DP_EINPUT, "this check is about atoms p and q and the Gaussian kernel");
        return;
    }
    if (P->q->n == 1 && dp_twin_unfit(c, "biased")) return; /* one atom has no self term to leave out */
    fmpq_init(factor);
    fmpq_set_si(factor, dp_check_twin(c, "sign") ? 1 : dp_check_twin(c, "whole") ? -2 : -1, 1);
    if (dp_check_twin(c, "constant")) dp_spoil_for(c, factor);
    dp_let_q(c, "factor", factor);
    if (let_slopes(c, P))
        for (slong i = 0; i < P->q->n && !dp_check_stopped(c); i++) one_atom(c, P, i);
    fmpq_clear(factor);
}

static const char *const twins[] = {"sign", "constant", "whole", "biased", NULL};
DP_CLAIM(sinkhorn_first_variation) = {
    .id = "sinkhorn-first-variation",
    .title = "Sinkhorn divergence of atoms: velocity against the slope of the divergence in an atom's place",
    .equations = "(26), (27), (60), (61), (65), (66)",
    .kind = "EQ",
    .source = "Gretton et al. 2605.05118, (26), (27), (60)-(66), footnote 7; derived here in full",
    .method = "The equations of the potentials are differentiated in the atoms' places and the linear systems solved in balls, with certified potentials; the slope of the "
              "divergence that comes out is set against the drift sinkhorn at the atom.",
    .params = NULL, .twins = twins, .run = run};
