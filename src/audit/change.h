/* SPDX-License-Identifier: GPL-3.0-or-later */
/* change.h: what programs do to a drift before it is recorded, and how the recorded numbers and a formula are compared nevertheless. */
#ifndef DP_AUDIT_CHANGE_H
#define DP_AUDIT_CHANGE_H

#include "audit/audit.h"

typedef struct { dp_change kind; size_t n, d; } dp_changed;

/* Whether v alone, at the steps, can be the outcome of such a change: equal lengths, lengths or entries that stop at one number, means of 0, several bandwidths, steps in succession. */
int dp_change_possible(dp_changed *out, dp_change kind, const dp_recorded *r, const size_t *step, size_t steps);

/* p and q (n x d each): v and u as the change leaves them comparable: v is a changed multiple of u exactly when p is a multiple of q. before: v one step earlier (AVERAGED).
   Returns by how much p has fewer digits than v, at least 1. Cost: n d. */
double dp_change_compare(double *p, double *q, const dp_changed *c, const double *v, const double *u, const double *before);

/* How many of the n d numbers of one step the comparison rests on: without lengths that all agree, what was cut, and what is fitted beside the factor; mixed: velocities that are (MIXED). */
size_t dp_change_numbers(const dp_changed *c, const double *v, size_t mixed);

/* u: what of v lies in the span of `count` velocities (n numbers each, at most n of them); weight: of each. Error: a backward stable QR with pivots (GSL); columns below its rank have weight 0. */
void dp_change_mix(double *u, double *weight, const double *velocity, size_t count, const double *v, size_t n);

/* Weights seen so far: of each velocity (least > most: nowhere), and times its root mean square of all; varied: the steps have not the same labels. Start with low = INFINITY, high = -INFINITY, no steps. */
enum { DP_MOST_MIXED = 64 };
typedef struct { size_t count, steps; int varied; double low, high, least[DP_MOST_MIXED], most[DP_MOST_MIXED], label[DP_MOST_MIXED]; } dp_mixed;

/* dp_change_mix of the variant's velocities, bandwidth by bandwidth and label by label; the weights go to `mixed`, or NULL. DP_EUNSUPPORTED when there are fewer than two or more than a quarter of the numbers. */
dp_status dp_variant_mix(double *u, dp_mixed *mixed, const dp_variant *a, const dp_batch *b, const double *v, dp_error *e);
/* What these weights are, in words. */
void dp_mixed_note(char *out, size_t size, const dp_mixed *m, double limit);

double dp_audit_dot(const double *a, const double *b, size_t n);

/* In words: "each point's divided by its length". */
const char *dp_change_name(dp_change kind);

#endif
