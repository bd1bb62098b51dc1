/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dispute.h: disagreements between papers as data: who says what, under which reading, and which claims decide it. */
#ifndef DP_PROBLEM_DISPUTE_H
#define DP_PROBLEM_DISPUTE_H

#include "problem/problem.h"

typedef struct { char *claim, *case_name; } dp_decider; /* case_name NULL: every case of the claim */

/* What somebody says. `against`: the claims of `by`, where they hold, contradict it; else they confirm it. Nothing in `by`: undecided. */
typedef struct { char *who, *says, *reading; int against; slong n; dp_decider *by; } dp_position;

/* `verdict`: one paragraph that holds when all claims of the positions hold. `open`: what stays undecided and why, or NULL. */
typedef struct { char *id, *question, *verdict, *open; slong n; dp_position *position; } dp_dispute;
typedef struct { slong n; dp_dispute *dispute; } dp_disputes;

/* Reads proofs/disputes.yaml. Fails with "file:line:col: ..." for unknown keys and claims, for an id that comes twice, for a dispute that neither names a claim nor says what is
   open, and for a position that nothing decides in a dispute without `open`. `schema` NULL: claims are not looked up. */
dp_status dp_disputes_read(dp_disputes *out, const char *path, const dp_claim_schema *schema, dp_error *e);
void dp_disputes_clear(dp_disputes *d);

#endif
