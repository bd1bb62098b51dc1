/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ball_plan.h: the exact optimal plan between samples, for what is made of it. */
#ifndef DP_BALL_PLAN_H
#define DP_BALL_PLAN_H

#include "particle/ball.h"

/* Points at one place are one atom: row[i] and column[j] say which, first and first_y where it was first seen. Coordinates are whole numbers in units of
   2^low, costs in units of 2^(2 low). Nodes of the residual graph: rows 0 .. n - 1, columns n .. n + m - 1; potentials are distances, so
   v_j <= u_i + c_ij everywhere, with equality where mass flows, proves the plan (lemma: complementary slackness). from: where a distance came from. */
typedef struct {
    const dp_sample *s;
    size_t n, m, *row, *column, *first, *first_y, *from;
    slong low, *mass;
    fmpz *cost, *at;
} dp_plan;

/* The plan of least cost r^2 and its potentials, in exact arithmetic; nothing to clear where it fails. Cost: that of dp_exact_transport, and a few passes over all pairs. */
dp_status dp_plan_solve(dp_plan *p, const dp_sample *s, dp_error *e);
void dp_plan_clear(dp_plan *p);
/* sum_j mass_ij (y_j - x_i)/sum_j mass_ij */
void dp_plan_barycentre(arb_ptr out, const dp_plan *p, size_t i, slong prec);

#endif
