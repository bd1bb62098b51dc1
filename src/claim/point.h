/* SPDX-License-Identifier: GPL-3.0-or-later */
/* point.h: what claims about single points share: where to look, relations written once for all points, one-engine leaves. */
#ifndef DP_CLAIM_POINT_H
#define DP_CLAIM_POINT_H

#include "claim/claim.h"

/* The parameter `at` of claims about points; for the table `params`. */
#define DP_PARAM_AT {"at", DP_PARAM_POINTS, NULL, "points where to check, in the units of the case; default: one point between p and q"}

/* A point of R^dim: exact and as balls. `prefix` ("x0_", "x1_", ...) goes before the names of all leaves that belong to it. */
typedef struct {
    const dp_problem *P;
    int dim;
    slong index;
    char prefix[32];
    fmpq *q;
    arb_ptr x;
} dp_point;

/* Calls body at every point of parameter `at` until the check stops; coordinates are registered as leaves "@x_0", "@x_1", ...
   (@ stands for the prefix) and the bandwidth as "h" before the first call. */
void dp_each_point(dp_check *c, void (*body)(dp_check *c, const dp_point *at, void *data), void *data);
/* The same for a claim about the Gaussian kernel, with h^2 as the leaf "h2", which the sabotage "constant" spoils. Another kernel: gives up with "`about` is about the Gaussian kernel". */
void dp_each_gaussian_point(dp_check *c, const char *about, void (*body)(dp_check *c, const dp_point *at, void *data), void *data);

/* One point by hand: number k at x, coordinates registered as leaves. */
void dp_point_init(dp_point *at, const dp_problem *P);
void dp_point_set(dp_point *at, dp_check *c, slong k, const fmpq *x);
void dp_point_clear(dp_point *at);

/* dp_assert, dp_suffice, dp_aim, dp_agree, dp_def with a pattern: "@" becomes at->prefix, "#" the index i, "$" the index j. dp_def_at takes at = NULL for patterns without "@".
   The label of a relation is `label`, then the point, then the index where i >= 0. */
void dp_assert_at(dp_check *c, const dp_point *at, slong i, slong j, const char *label, const char *pattern);
void dp_suffice_at(dp_check *c, const dp_point *at, slong i, slong j, const char *label, const char *pattern);
void dp_aim_at(dp_check *c, const dp_point *at, slong i, slong j, const char *label, const char *pattern);
void dp_agree_at(dp_check *c, const dp_point *at, slong i, slong j, const char *label, const char *pattern);
void dp_def_at(dp_check *c, const dp_point *at, slong i, slong j, const char *name, const char *pattern);

/* One engine's moments as leaves "@<stem>_Z", "@<stem>_Z_i", "@<stem>_Z_i_j" (i <= j), "@<stem>_D_i", "@<stem>_J_i_j": those in
   `parts`, a subset of the letters "ZGHDJ" (value, gradient, Hessian, first moment, its Jacobian). Returns 0 on failure, already told. */
int dp_let_parts(dp_check *c, const dp_point *at, const char *stem, const dp_problem *P, dp_which which, const char *parts,
                 dp_engine engine, dp_workspace *w);
/* The same at `prec` bits: a lattice of another precision has other nodes. */
int dp_let_parts_at(dp_check *c, const dp_point *at, const char *stem, const dp_problem *P, dp_which which, const char *parts,
                    dp_engine engine, dp_workspace *w, slong prec);
/* One engine's velocity as leaves "@<stem>_0", ... Returns 0 on failure, already told. */
int dp_let_velocity(dp_check *c, const dp_point *at, const char *stem, const dp_problem *P, const char *drift, arb_srcptr x,
                    dp_engine engine, dp_workspace *w);

/* Registers `name` = a * b^n exactly: the usual way to name h^2. */
void dp_let_power(dp_check *c, const char *name, const fmpq_t a, const fmpq_t b, slong n);
/* The parameter `drift` of claims about many drifts, for the table `params`, and whether it asks for this one. */
#define DP_PARAM_DRIFTS {"drift", DP_PARAM_WORD, "all|fast|mean-shift|sinkhorn-proxy|da2|mmd|smoothed-kl|kl|wasserstein", \
                         "which fields; fast: all but smoothed-kl, which integrates over the whole space; default all"}
int dp_drift_asked(const dp_check *c, const char *drift);

/* The sabotage "constant": q times 1 + 10^-30. */
void dp_spoil(fmpq_t q);
/* Sabotages that bite at any number of digits: q plus t q, and q plus t h, t = 10^-min(30, digits - 6). */
void dp_spoil_for(const dp_check *c, fmpq_t q);
void dp_nudge_for(const dp_check *c, fmpq_t q, const fmpq_t h);
/* Registers this t as a rational leaf: what a sabotage puts in place of 0. */
void dp_let_tiny(dp_check *c, const char *name);
/* Gives up (the case does not fit) when this run is the sabotage `name`, which would change nothing here. Returns 1 if so. */
int dp_twin_unfit(dp_check *c, const char *name);
/* q := p, p := q; the bandwidth stays. */
void dp_problem_swap(dp_problem *P);

#endif
