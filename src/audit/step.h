/* SPDX-License-Identifier: GPL-3.0-or-later */
/* step.h: one step of a record: v and the velocity of a variant side by side, and how far rounding alone can move them apart. */
#ifndef DP_AUDIT_STEP_H
#define DP_AUDIT_STEP_H

#include "audit/change.h"

/* Relative rounding errors of bfloat16, float16, float32 and float64. */
#define DP_UNIT_BRAIN 0x1p-8
#define DP_UNIT_HALF 0x1p-11
#define DP_UNIT_SINGLE 0x1p-24
#define DP_UNIT_DOUBLE 0x1p-53

/* What is compared: a record, its bandwidths, what was done to the drift; out: the steps that are compared and the findings, each with its variant; memo: of each, or NULL. */
typedef struct { const dp_recorded *r; dp_identity *out; size_t nh; const double *h; dp_changed changed; dp_memo *memo; } dp_search;

/* Whether x, y and v of step t are finite, and |v|^2 is a double above 0. */
int dp_step_comparable(const dp_recorded *r, size_t t);
dp_batch dp_step_batch(const dp_search *s, size_t t);
const double *dp_step_recorded(const dp_search *s, size_t t);
/* What is compared with v: the variant's velocity, or with MIXED what of v lies in the span of those of all bandwidths and labels. mixed: their weights, or NULL. */
dp_status dp_step_velocity(double *u, dp_mixed *mixed, const dp_search *s, const dp_variant *a, const dp_batch *b, const double *v, dp_error *e);
/* v and u as they are compared at step t, in fresh memory, one behind the other; *lost: as dp_change_compare says. */
double *dp_step_sides(double *lost, const dp_search *s, size_t t, const double *u);
/* |v - s u|/|v| with the best s. */
double dp_step_distance(double *s, const double *v, const double *u, size_t n);

/* What rounding can make of that distance (estimates, docs/audit.md): in arithmetic of `unit`, v then rounded once to `stored`; and what self-distances from a product of matrices add. */
double dp_step_limit(const dp_search *s, const dp_variant *a, const dp_batch *b, size_t t, const double *u, double unit, double stored);
double dp_step_product_limit(const dp_variant *a, const dp_batch *b, const double *u, double unit);

#endif
