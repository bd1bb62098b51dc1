/* SPDX-License-Identifier: GPL-3.0-or-later */
/* smoothed_kl.c: the true Wasserstein gradient flow of KL(kappa*q || kappa*p), (24)-(25); no factor h^2. */
#include "drift/internal.h"

static dp_status eval(dp_field_t out, const dp_problem *P, arb_srcptr x, dp_engine engine, slong prec, dp_workspace *w, dp_error *e)
{
    dp_jet_t U;
    dp_jet_init(U, P->dim);
    dp_status status = dp_smoothed_log_ratio(U, P, x, engine, prec, w, e);
    if (status == DP_OK) {
        dp_field_gradient(out, U);
        out->engine = engine == DP_ENGINE_QUADRATURE ? engine : DP_ENGINE_TRAPEZOID;
        dp_format_why(out, "a gradient field: no preconditioner");
    }
    dp_jet_clear(U);
    return status;
}

const dp_drift dp_drift_smoothed_kl = {"smoothed-kl", "(24)-(25), (55)-(58)", "gradient flow of the KL between smoothed densities", eval};
