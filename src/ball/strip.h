/* SPDX-License-Identifier: GPL-3.0-or-later */
/* strip.h: how far a Gaussian sum stays away from zero when one variable leaves the real axis (lemmas L2 and L2'). */
#ifndef DP_BALL_STRIP_H
#define DP_BALL_STRIP_H

#include "ball/gsum.h"

/* A box in R^dim. */
typedef struct { double centre[3], radius[3]; } dp_box;

/* What a strip is wanted for: an integrand at most peak exp(-kappa |u - c|^2/2) for a centre c within `slack` (in every coordinate) of the
   box's, to an error of about 2^-bits peak, at a step of at least step_min. Off the real axis it grows at most by exp(growth t^2/2) before
   the factor G^{-1/2} (root) or log G (not root) is counted. */
typedef struct { double bits, kappa, slack[3], step_min, growth; int root; } dp_strip_goal;

/* What is certified for one axis k. The box is covered by smaller boxes U, each with a height a_U <= a: for u in U and |t| <= a_U,
   |G(u + i t e_k)| >= quotient exp(amin t^2/2) G(u) > 0, and the argument of G along t stays within pi/2 of that of one term (lemma L2').
   Heights fall with the integrand, so that zeros far out do not narrow the strip at the peak. Under the contour of these heights the
   rule with this step, or a finer one, errs by at most 2^-bits sum peak for factors up to (1 + |u - c|^2)^2 (lemma L3'). */
typedef struct { double step, a, quotient, amin, sum; slong boxes; } dp_strip;

/* Largest step (up to a factor about 1.3) for which bisection with at most `budget` boxes certifies strips for G on `box`, axis k.
   Requires: l = 0 in every term, c_j > 0. Returns 1 and fills *out, or 0 when not even step_min can be certified.
   Rigorous: every accepted box is decided by doubles with bounds of their errors (lemma L2'; libm's exp and cos are taken to err by less than 2^-40).
   Cost: about (number of terms)/5 microseconds a box and try. */
int dp_strip_certify(dp_strip *out, const dp_gsum_t G, const dp_box *box, int k, const dp_strip_goal *goal, slong budget);
#endif
