/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lattice_plan.h: entropic plans between weights on one lattice of the line or the plane, at any precision. */
#ifndef DP_DRIFT_LATTICE_PLAN_H
#define DP_DRIFT_LATTICE_PLAN_H

#include "drift/internal.h"

/* Nodes (first_k + i_k) step_k, 0 <= i_k < n_k, with weights w > 0, exact midpoints; i_1 n_0 + i_0 is a node's number, of size in all. On the line n_1 = 1, first_1 = 0. */
typedef struct { slong first[2], n[2], size; arb_ptr w; } dp_comb;

/* K(x, y) = exp(-|x - y|^2/2 epsilon) between the nodes of q and p and among those of q. At the solution v_j = exp(psi_j), w_i = exp(phi_i) are the
   factors at the nodes of p and q of the plans from q to p and from q to itself: sum_i K_ij b_i u_i = 1/v_j with u_i = 1/Z_i, Z_i = sum_j K_ij a_j v_j, and
   w_i sum_k K_ik b_k w_k = 1. */
typedef struct {
    int dim, threads;   /* threads: 1 unless set */
    dp_comb p, q;
    fmpq step[2];
    fmpq_t epsilon;
    slong prec;
    arb_ptr v, w, Z;    /* p.size, q.size, q.size */
    double size;        /* of the last Newton steps for log v and log w: an estimate of their errors */
    double gap;         /* bound on the dual gaps over epsilon, up to rounding */
    double marginal;    /* sum of |errors of a marginal|, the larger of the two plans' */
} dp_lattice_plan;

/* Allocates v = w = 1 for nodes that are set; the plan owns the combs then. step: one for each axis. */
void dp_lattice_plan_init(dp_lattice_plan *s, int dim, const fmpq *step, const fmpq_t epsilon, const dp_comb *p, const dp_comb *q, slong prec);
void dp_lattice_plan_clear(dp_lattice_plan *s); /* and its combs */

/* Solves both plans until a step for log v, log w is below 2^-goal. begin: 0 from v, w = 1 over kernels that narrow by factors of 4 in 1/epsilon; 1 from
   the v, w given. Residuals have prec bits, by rows and columns. Steps come from conjugate gradients in doubles; on the line, where lattices are small or gradients fail,
   from an elimination in long doubles that adds positive numbers only (conductances, Lemma S1). Either way they gain some 14 digits each, whatever the precision. Returns 0 when
   conductances leave the range of long doubles or the steps do not shrink, which more bits may mend: *missing says how many, -1 when they will not. Cost: a few times n m^2/2 +
   m^3/6 in long doubles where there is an elimination, else some hundred times n m^(1/2) c in doubles, c nodes to the width of the kernel; and for each 14 digits the
   products of prec bits that the sums along rows and columns take, 2 n m + m^2 + n^2 on the line. */
int dp_lattice_plan_solve(dp_lattice_plan *s, double goal, int begin, double *missing);

/* On the line: sums sum_j c_j K(x, y_j) over a comb, with its conditional mean and variance: positive weights at equal distances, so that one exponential
   serves all of them. */
typedef struct { slong n, middle, first, prec; fmpq_t step, epsilon; arb_ptr moment[3]; } dp_comb_sum;
void dp_comb_sum_init(dp_comb_sum *g, const dp_comb *at, arb_srcptr c, const fmpq_t step, const fmpq_t epsilon, slong prec);
void dp_comb_sum_clear(dp_comb_sum *g);
/* Z, mean - x, variance; the last two may be NULL. Midpoints only: rounding is n 2^-prec times the square of the comb's length over its spread. */
void dp_comb_sum_at(arb_t Z, arb_t mean, arb_t variance, const dp_comb_sum *g, const arb_t x);

/* In the plane: sums over the nodes y of a comb of c K(x, y) (y - x)_1^a (y - x)_2^b, a + b <= order (0 or 2), at all m_0 x m_1 points of the axes x[0], x[1]: kinds (0,0), (1,0), (0,1),
   (2,0), (1,1), (0,2) at out[6 (i_1 m_0 + i_0)...], or one alone. Midpoints only, relative error about (n_0 + n_1) 2^-prec of the sums of absolute values. */
void dp_comb_moments(arb_ptr out, const dp_comb *at, arb_srcptr c, const fmpq *step, const fmpq_t epsilon, const arb_ptr x[2], const slong m[2], int order, slong prec, int threads);

/* The factors of both plans at nodes of another lattice by (63), (64): where a finer solve begins. */
void dp_lattice_plan_recall(dp_lattice_plan *to, const dp_lattice_plan *from);

#endif
