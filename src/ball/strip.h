/* SPDX-License-Identifier: GPL-3.0-or-later */
/* strip.h: how far a Gaussian sum stays away from zero when one variable leaves the real axis (lemmas L2 and L2'). */
#ifndef DP_BALL_STRIP_H
#define DP_BALL_STRIP_H

#include "ball/gsum.h"

/* A box in R^dim, and what is certified on it for one axis k: for all u in the box and 0 <= |t| <= a,
   |G(u + i t e_k)| >= quotient * exp(t^2 * amin / 2) * G(u) > 0 (lemma L2'); the argument of G along t -> u + i t e_k stays within
   pi/2 of that of one fixed term. */
typedef struct { double centre[3], radius[3]; } dp_box;
typedef struct { double a, quotient, amin; slong boxes; } dp_strip;

/* Largest half-width a <= amax (up to a factor about 1.3) that bisection with at most `budget` boxes certifies for G on `box`,
   axis k. Requires: l = 0 in every term, c_j > 0. Returns 1 and fills *out, or 0 when even amin_useful cannot be certified.
   Rigorous: every accepted box is decided by balls (lemma L2'). Cost: about (number of terms) microseconds a box. */
int dp_strip_certify(dp_strip *out, const dp_gsum_t G, const dp_box *box, int k, double amax, double amin_useful, slong budget);

#endif
