/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rkhs_internal.h: what the two solvers of rkhs.h share. */
#ifndef DP_DRIFT_RKHS_INTERNAL_H
#define DP_DRIFT_RKHS_INTERNAL_H

#include "drift/internal.h"
#include "drift/rkhs.h"

/* The data over p's atoms: K_jl = k(y_j, y_l), weights a, kq_j = (k*q)(y_j), diagonal k(x, x), lambda. */
typedef struct { slong n, prec; arb_mat_t K; arb_ptr a, kq; arb_t k0, lambda; } rkhs_system;

/* s->c, s->v of kale. Not finite where Newton's method did not settle. Notes "duality gap" and "gradient" in w. */
void dp_rkhs_kale(dp_rkhs_t s, const rkhs_system *S, dp_workspace *w);
/* v_j = (kq_j - sum_l K_jl c_l)/lambda */
void dp_rkhs_values(arb_ptr v, const rkhs_system *S, arb_srcptr c, slong prec);

#endif
