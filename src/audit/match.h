/* SPDX-License-Identifier: GPL-3.0-or-later */
/* match.h: one variant against the recorded velocity: a multiple of it, no multiple, or nothing to be said. */
#ifndef DP_AUDIT_MATCH_H
#define DP_AUDIT_MATCH_H

#include "audit/step.h"

/* For dp_parallel: fills out->f[job] of the dp_search `argument`. */
dp_status dp_match_judge(void *argument, slong job, int worker, dp_error *e);
/* The bandwidths times one factor with which variant `a` comes nearest to v at the first compared step, into out->refit, when that is as near as rounding explains. Returns whether it is so at every step. */
int dp_match_refit(const dp_search *s, const dp_variant *a);
/* |v - s u|/|v| above which nothing is taken for rounding; a step at which rounding explains more says nothing. */
#define DP_MATCH_NEVER 0.3
/* The same above which a match, less than one digit, identifies nothing. */
#define DP_MATCH_VAGUE 0.1

#endif
