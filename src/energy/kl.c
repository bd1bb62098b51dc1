/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kl.c: KL(q || p) of the densities themselves, (17)-(18). */
#include "energy/expect.h"
#include "energy/relative.h"

static dp_status population(dp_scalar_t out, const dp_problem *P, slong digits, int threads, dp_error *e)
{
    static const dp_integrand log_ratio = {{"kl", NULL}, DP_Q_POTENTIAL};
    fmpq_t none;
    if (dp_measure_is_points(P->p) || dp_measure_is_points(P->q))
        return dp_fail(e, DP_EUNSUPPORTED, "kl: it is infinite, or not defined, where p or q consists of points; smoothed-kl is finite");
    fmpq_init(none);
    dp_status status = dp_relative_entropy(out, P, none, digits, e);
    fmpq_clear(none);
    return status == DP_EUNSUPPORTED ? dp_expect(out, P, P->q, &log_ratio, digits, threads, e) : status;
}

const dp_energy dp_energy_kl = {
    .name = "kl", .equations = "(17)-(18)", .summary = "KL(q || p), no smoothing", .drift = "kl", .population = population
};
