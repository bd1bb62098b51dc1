/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sweep_claims.h: the statements C1 to C6 of section 4.3 of the paper, decided by tests on a sweep's table. */
#ifndef DP_CLAIM_SWEEP_CLAIMS_H
#define DP_CLAIM_SWEEP_CLAIMS_H

#include "base/base.h"

enum { DP_SWEEP_CLAIMS = 7, DP_MOST_ELEMENTS = 64 };

/* One inequality: the median over seeds of log10 of a ratio (C6: of a difference of shares) is at most `bound`. p_support: of its opposite, p_refute: of itself. */
typedef struct { char what[128]; double effect, bound, p_support, p_refute; size_t seeds; } dp_sweep_element;

/* A conjunction of such inequalities. supported: every one at the claim's level (an intersection-union test needs no correction); refuted: one of them, corrected for their number (Bonferroni);
   undecided: neither, or runs are missing (why). */
typedef struct { const char *name, *statement, *verdict; double level; size_t n; dp_sweep_element element[DP_MOST_ELEMENTS]; char why[160]; } dp_sweep_claim;

/* level: of all claims together; each has level/DP_SWEEP_CLAIMS. Tests: Wilcoxon's signed-rank test, exact, on runs paired by seed; a run that diverged counts as worse than any number.
   The best bandwidth is chosen on every second seed and tried on the others. DP_EINPUT when the table lacks columns drift, data, h or seed. */
dp_status dp_sweep_claims(dp_sweep_claim out[DP_SWEEP_CLAIMS], const char *table, double level, dp_error *e);

/* The inequality that hangs by the thinnest thread: what refutes, or what supports least. */
const dp_sweep_element *dp_sweep_thinnest(const dp_sweep_claim *c);

/* P(W <= w) and P(W >= w) of the sum W of the ranks with a positive sign among n ranks, all signs equally likely. Cost: n^3. */
void dp_signed_rank(double *below, double *above, size_t n, size_t w);

#endif
