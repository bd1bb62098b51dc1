/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rkhs-limits.h: what the claims about lambda -> 0 and infinity share: q and p on the same atoms, K^{-1} by two solvers, double sums. */
#ifndef DP_PROOFS_RKHS_LIMITS_H
#define DP_PROOFS_RKHS_LIMITS_H

#include "rkhs.h"

#define RKHS_PARAM_LAMBDAS {"lambdas", DP_PARAM_VECTOR, NULL, "where bounds are checked: some far below 1, some far above; required"}

typedef enum { RKHS_RATIO, RKHS_LOG } rkhs_right_side; /* (b - a)/a or log(b/a) */

static inline void rkhs_def_sum(dp_check *c, slong n, const char *name, const char *pattern)
{
    char *text = dp_sum_text(n, pattern);
    dp_def(c, name, text);
    free(text);
}

/* Asserts two relations with # for k. */
static inline void rkhs_assert(dp_check *c, slong k, const char *label, const char *one, const char *two)
{
    const char *pattern[2] = {one, two};
    for (int i = 0; i < 2; i++) {
        char number[24], *text = dp_strdup("");
        snprintf(number, sizeof number, "%ld", (long) k);
        for (const char *p = pattern[i]; *p; p++) {
            char *longer = dp_format("%s%s%.*s", text, *p == '#' ? number : "", *p != '#', p);
            free(text);
            text = longer;
        }
        dp_assert(c, label, text);
        free(text);
    }
}

/* w = K^{-1} rho as leaves "w_j" by two solvers. */
static inline void rkhs_let_inverse(dp_check *c, const dp_problem *P, rkhs_right_side side)
{
    const slong n = P->p->n, prec = rkhs_prec(c);
    arb_mat_t K, b, w;
    fmpq_t t;
    arb_mat_init(K, n, n), arb_mat_init(b, n, 1), arb_mat_init(w, n, 1), fmpq_init(t);
    for (slong j = 0; j < n; j++) {
        for (slong l = 0; l < n; l++) dp_kernel_exact(arb_mat_entry(K, j, l), P, DP_MEAN(P->p, j, 0), DP_MEAN(P->p, l, 0), prec);
        fmpq_div(t, DP_WEIGHT(P->q, j), DP_WEIGHT(P->p, j));
        if (side == RKHS_RATIO) fmpq_sub_si(t, t, 1);
        arb_set_fmpq(arb_mat_entry(b, j, 0), t, prec);
        if (side == RKHS_LOG) arb_log(arb_mat_entry(b, j, 0), arb_mat_entry(b, j, 0), prec);
    }
    int ok = arb_mat_spd_solve(w, K, b, prec);
    for (slong j = 0; j < n && ok; j++) dp_let(c, dp_name("w", j, -1), arb_mat_entry(w, j, 0), "cholesky");
    ok = ok && arb_mat_solve_lu(w, K, b, prec);
    for (slong j = 0; j < n && ok; j++) dp_let_second(c, dp_name("w", j, -1), arb_mat_entry(w, j, 0), "elimination");
    if (!ok) dp_give_up(c, DP_EBUDGET, "the kernel matrix is not invertible at %ld bits", (long) prec);
    arb_mat_clear(K), arb_mat_clear(b), arb_mat_clear(w), fmpq_clear(t);
}

/* k(y_j, y_l) as leaves "k_j_l": the kernel itself, and as a moment k*delta. */
static inline void rkhs_let_kernel(dp_check *c, const dp_problem *P, slong j, slong l)
{
    const slong prec = rkhs_prec(c);
    dp_error e = {DP_OK, ""};
    dp_moments_t m;
    dp_problem *one = dp_problem_copy(P);
    arb_ptr x = _arb_vec_init(P->dim);
    dp_moments_init(m, P->dim);
    dp_measure_clear(one->q);
    dp_measure_init(one->q, DP_ATOMS, P->dim, 1);
    fmpq_one(one->q->weight);
    for (int d = 0; d < P->dim; d++) {
        fmpq_set(one->q->mean + d, DP_MEAN(P->p, l, d));
        arb_set_fmpq(x + d, DP_MEAN(P->p, j, d), prec);
    }
    dp_kernel_exact(m->D, P, DP_MEAN(P->p, j, 0), DP_MEAN(P->p, l, 0), prec);
    dp_let(c, dp_name("k", j, l), m->D, "kernel");
    if (!dp_check_failed(c, dp_moments_eval(m, one, DP_OF_Q, x, DP_ENGINE_AUTO, prec, NULL, &e), &e))
        dp_let_second(c, dp_name("k", j, l), m->Z->v, "moments");
    dp_moments_clear(m), dp_problem_free(one), _arb_vec_clear(x, P->dim);
}

/* D = |m_q - m_p|^2 = m.delta, E = sum a delta^2, R = |T (m_q - m_p)|^2 = sum a_i delta_i k_ij a_j delta_j, delta_j = (m_q - m_p)(y_j) = (K m)_j. */
static inline void rkhs_let_far(dp_check *c, const dp_problem *P)
{
    const slong n = P->p->n;
    for (slong i = 0; i < n * n && !dp_check_stopped(c); i++) rkhs_let_kernel(c, P, i / n, i % n);
    for (int s = 0; s < 2; s++)
        for (slong j = 0; j < n; j++) {
            char *pattern = s == 0 ? dp_format("k_%ld_#*m_#", (long) j) : dp_format("k_%ld_#*a_#*delta_#", (long) j);
            rkhs_def_sum(c, n, dp_name(s == 0 ? "delta" : "Td", j, -1), pattern);
            free(pattern);
        }
    rkhs_def_sum(c, n, "D", "m_#*delta_#");
    rkhs_def_sum(c, n, "E", "a_#*delta_#^2");
    rkhs_def_sum(c, n, "R", "a_#*delta_#*Td_#");
}

/* Same atoms in the same order, different weights. */
static inline int rkhs_same_atoms(dp_check *c, const dp_problem *P)
{
    int same = P->p->n == P->q->n;
    for (slong k = 0; same && k < P->p->n * P->dim; k++) same = fmpq_equal(P->p->mean + k, P->q->mean + k);
    if (!same) dp_give_up(c, DP_EINPUT, "p and q must have the same atoms in the same order");
    return same;
}

static inline void rkhs_limits_run(dp_check *c, dp_rkhs_kind kind, void (*ends)(dp_check *c, const dp_problem *P), void (*at_lambda)(dp_check *c, slong k))
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *lambdas = dp_check_param(c, "lambdas");
    fmpq_t t;
    if (!rkhs_fits(c) || !rkhs_same_atoms(c, P)) return;
    if (!lambdas) {
        dp_give_up(c, DP_EINPUT, "parameter lambdas is needed");
        return;
    }
    fmpq_init(t);
    rkhs_let_factor(c);
    fmpq_set_si(t, dp_check_twin(c, "slope") ? 2 : 1, 1);
    dp_let_q(c, "slope", t);
    for (slong j = 0; j < P->p->n; j++) {
        dp_let_q(c, dp_name("a", j, -1), DP_WEIGHT(P->p, j));
        dp_let_q(c, dp_name("b", j, -1), DP_WEIGHT(P->q, j));
        fmpq_sub(t, DP_WEIGHT(P->q, j), DP_WEIGHT(P->p, j));
        dp_let_q(c, dp_name("m", j, -1), t);
    }
    ends(c, P);
    dp_problem *D = dp_problem_copy(P);
    if (dp_check_twin(c, "swapped")) dp_problem_swap(D);
    for (slong k = 0; k < lambdas->cols && !dp_check_stopped(c); k++) {
        fmpq_set(D->regularisation, lambdas->value + k);
        dp_let_q(c, dp_name("lam", k, -1), D->regularisation);
        rkhs_let_value(c, dp_name("F", k, -1), D, kind);
        at_lambda(c, k);
    }
    dp_problem_free(D), fmpq_clear(t);
}

#endif
