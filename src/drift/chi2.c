/* SPDX-License-Identifier: GPL-3.0-or-later */
/* chi2.c: the flow of the de-regularised MMD of Chen et al., DrMMD(q||p) = (1 + lambda) |(T_p + lambda)^{-1/2}(m_q - m_p)|^2 (R34). */
#include "drift/rkhs_mesh.h"
#include "particle/functional.h"

/* V = -2 (1 + lambda) grad h, h = (T_p + lambda)^{-1}(m_q - m_p): the flow of DrMMD itself, not of half of it. */
static dp_status eval(dp_field_t out, const dp_problem *P, arb_srcptr x, dp_engine engine, slong prec, dp_workspace *w, dp_error *e)
{
    return dp_rkhs_field(out, P, DP_RKHS_CHI2, 2, x, engine, prec, w, e);
}

static dp_status on_mesh(dp_gridfield *f, const dp_problem *P, int threads, dp_error *e) { return dp_rkhs_mesh(f, P, DP_RKHS_CHI2, 2, threads, e); }

static dp_status sample(dp_drifted *out, const dp_sample *s, dp_error *e) { return dp_chi2_sample(NULL, out, s, e); }

static dp_status as_ball(arb_ptr out, const dp_sample *s, slong prec, dp_error *e) { return dp_rkhs_sample_ball(out, s, DP_RKHS_CHI2, 2, prec, e); }

const dp_drift dp_drift_chi2 = {
    .name = "chi2", .equations = "R34", .summary = "Wasserstein gradient flow of the de-regularised MMD (chi-squared as lambda -> 0)",
    .eval = eval, .mesh = on_mesh, .sample = sample, .only_doubles = 1, .sample_ball = as_ball
};
