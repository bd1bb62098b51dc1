/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ball.h: the reference: drifts of samples as enclosures, each by its definition written out with matrices. Samples are exact doubles. */
#ifndef DP_PARTICLE_BALL_H
#define DP_PARTICLE_BALL_H

#include "particle/particle.h"

/* DP_EUNSUPPORTED when the form is not positive (energy: only the slope and itself; imq: no companion); DP_EINPUT when there is no kernel. */
dp_status dp_kernel_check(const dp_sample *s, dp_form form, dp_error *e);
/* Of what mean-shift takes quotients: the kernel, or with an energy kernel among its parts DP_FORM_ENERGY. */
dp_form dp_mean_shift_form(const dp_sample *s);
/* f(r) at squared distance r2: the kernel, its slope -k'(r)/r or its companion k#, with exact widths and weights. Slope at r2 = 0: 0, as in doubles.
   DP_EUNSUPPORTED as dp_pkernel_init. */
dp_status dp_ball_kernel(arb_t out, const dp_sample *s, dp_form form, const arb_t r2, slong prec, dp_error *e);

/* |a - b|^2 of exact points, d coordinates. Error: enclosed, one rounding to prec bits for each of 2 d operations. */
void dp_ball_square(arb_t out, const double *a, const double *b, slong d, slong prec);

/* In what follows out is n x d, in the units of the drift in doubles. Requires: dp_sample_check. Error: enclosed, whatever prec; not finite where prec is too low to tell a denominator from 0.
   (15)-(16); (52); (28)-(30); (67). Cost: n (m + l) kernels at prec bits, and so many balls of memory. */
dp_status dp_ball_mean_shift(arb_ptr out, const dp_sample *s, slong prec, dp_error *e);
dp_status dp_ball_mmd(arb_ptr out, const dp_sample *s, slong prec, dp_error *e);
dp_status dp_ball_proxy(arb_ptr out, const dp_sample *s, slong prec, dp_error *e);
dp_status dp_ball_da2(arb_ptr out, const dp_sample *s, slong prec, dp_error *e);
/* Of sinkhorn-proxy and, joint, da2: the velocity before the masses multiply it, n x d; the masses r^p, r^q of (29), n x 2. */
dp_status dp_ball_core(arb_ptr out, const dp_sample *s, int joint, slong prec, dp_error *e);
dp_status dp_ball_masses(arb_ptr out, const dp_sample *s, int joint, slong prec, dp_error *e);
/* Its options count as the decimals of at most 15 digits that they were written as. */
dp_status dp_ball_released(arb_ptr out, const dp_sample *s, slong prec, dp_error *e);
/* s->iterations sweeps; DP_EUNSUPPORTED when convergence is asked (the population engine encloses that). */
dp_status dp_ball_sinkhorn(arb_ptr out, const dp_sample *s, slong prec, dp_error *e);
/* (53) over the directions of s; (98). By exact order of the projections. wasserstein in d >= 2: dp_ball_plan. Cost: a direction (n + m) d products of rationals and two sorts. */
dp_status dp_ball_sliced(arb_ptr out, const dp_sample *s, slong prec, dp_error *e);
dp_status dp_ball_wasserstein(arb_ptr out, const dp_sample *s, slong prec, dp_error *e);
/* E[y | x_i] - x_i under the plan that is optimal for |x - y|^2, which exact potentials prove (whole numbers in a unit in which all coordinates are such).
   DP_EINPUT when several plans are optimal, with a pair whose mass may change; DP_EUNSUPPORTED beyond four million pairs. Cost: a plan in doubles, and a few rounds over all pairs. */
dp_status dp_ball_plan(arb_ptr out, const dp_sample *s, slong prec, dp_error *e);

/* Converged Sinkhorn (27), one Gaussian, for kernels so narrow that the entropic plan is the optimal one but for exponentials: sum_j P_ij (y_j - x_i) and OT_epsilon for r^2/2 (59), either
   may be NULL. Error: Lemma J of ball_narrow.c. DP_EBUDGET where it says nothing. */
dp_status dp_ball_narrow(arb_ptr shift, arb_t value, const dp_sample *s, slong prec, dp_error *e);

/* Energies. W_2^2 by that plan (or any other optimal one), or by quantiles; half SW_2^2 over the directions of s; half MMD^2, V- or U-statistic, all kernels and
   their sums; the blob functional. */
dp_status dp_ball_plan_value(arb_t out, const dp_sample *s, slong prec, dp_error *e);
dp_status dp_ball_w2_value(arb_t out, const dp_sample *s, slong prec, dp_error *e);
dp_status dp_ball_sliced_value(arb_t out, const dp_sample *s, slong prec, dp_error *e);
dp_status dp_ball_mmd2_value(arb_t out, const dp_sample *s, slong prec, dp_error *e);
dp_status dp_ball_blob_value(arb_t out, const dp_sample *s, slong prec, dp_error *e);
dp_status dp_ball_sharp(arb_ptr out, const dp_sample *s, slong prec, dp_error *e);
dp_status dp_ball_blob(arb_ptr out, const dp_sample *s, slong prec, dp_error *e);

/* smoothed-kl (24) and its value, in any dimension where the points of a side that count about one x span three dimensions at most. DP_EUNSUPPORTED beyond, DP_EBUDGET at once
   where lattices would be too large. Error: lemmas of blur.c. Cost: dp_ball_smoothed_cost terms of 50 ns. */
dp_status dp_ball_smoothed(arb_ptr out, const dp_sample *s, slong prec, dp_error *e);
dp_status dp_ball_smoothed_value(arb_t out, const dp_sample *s, slong prec, dp_error *e);
/* The same refusals, with any limit, without the work. */
dp_status dp_ball_smoothed_cost(double *terms, const dp_sample *s, slong prec, double most, dp_error *e);

/* Digits that all of n components have, relative to the largest; -1: one has no finite radius; WORD_MAX: all are exact. */
slong dp_ball_digits(arb_srcptr v, slong n);
/* Nothing is known to differ from zero by more than twice the widest radius, and that is below 2^-bits of `size`, and of the widest one at half the precision, which *widest is on entry: exponents that the
   precision does not tell leave a radius that no such step takes away. *widest: that of v; infinite before the first call. Asked after eight times the digits; then v counts as zero, to the radii that are reported. */
int dp_ball_vanishes(mag_t widest, arb_srcptr v, slong n, double size, slong bits);
/* x and y are the same points with the same shares. Requires: dp_sample_check. Exact. Cost: two sorts. */
int dp_sample_same_law(const dp_sample *s);

#endif
