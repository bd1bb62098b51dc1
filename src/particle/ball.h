/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ball.h: the reference: drifts of samples as enclosures, each by its definition written out with matrices. Samples are exact doubles. */
#ifndef DP_PARTICLE_BALL_H
#define DP_PARTICLE_BALL_H

#include "particle/particle.h"

/* DP_EUNSUPPORTED when the form is not positive (energy: only the slope; imq: no companion); DP_EINPUT when there is no kernel. */
dp_status dp_kernel_check(const dp_sample *s, dp_form form, dp_error *e);
/* f(r) at squared distance r2: the kernel, its slope -k'(r)/r or its companion k#, with exact widths and weights. Slope at r2 = 0: 0, as in doubles.
   DP_EUNSUPPORTED as dp_pkernel_init. */
dp_status dp_ball_kernel(arb_t out, const dp_sample *s, dp_form form, const arb_t r2, slong prec, dp_error *e);

/* out: n x d. Error: enclosed, whatever prec. Cost: n (m + n) balls of memory. */
dp_status dp_ball_mean_shift(arb_ptr out, const dp_sample *s, slong prec, dp_error *e);
dp_status dp_ball_mmd(arb_ptr out, const dp_sample *s, slong prec, dp_error *e);
dp_status dp_ball_proxy(arb_ptr out, const dp_sample *s, slong prec, dp_error *e);
dp_status dp_ball_da2(arb_ptr out, const dp_sample *s, slong prec, dp_error *e);
/* Its options are doubles, taken as they are. */
dp_status dp_ball_released(arb_ptr out, const dp_sample *s, slong prec, dp_error *e);
/* s->iterations sweeps; DP_EUNSUPPORTED when convergence is asked (the population engine encloses that). */
dp_status dp_ball_sinkhorn(arb_ptr out, const dp_sample *s, slong prec, dp_error *e);
/* By certain order; DP_EBUDGET when two projections are not told apart at prec. wasserstein: d = 1. */
dp_status dp_ball_sliced(arb_ptr out, const dp_sample *s, slong prec, dp_error *e);
dp_status dp_ball_wasserstein(arb_ptr out, const dp_sample *s, slong prec, dp_error *e);
dp_status dp_ball_sharp(arb_ptr out, const dp_sample *s, slong prec, dp_error *e);
dp_status dp_ball_blob(arb_ptr out, const dp_sample *s, slong prec, dp_error *e);

#endif
