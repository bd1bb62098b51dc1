/* SPDX-License-Identifier: GPL-3.0-or-later */
/* smoothed_kl.c: KL(kappa*q || kappa*p), (24)-(25), (55)-(57). */
#include "energy/expect.h"
#include "energy/relative.h"
#include "particle/ball.h"
#include "particle/functional.h"

/* int (kappa*q) log(q_k/p_k) = E_q of kappa*log(q_k/p_k), which is the potential of the drift: a finite sum for atoms. */
static dp_status population(dp_scalar_t out, const dp_problem *P, slong digits, int threads, dp_error *e)
{
    static const dp_integrand log_ratio = {{"smoothed-kl", NULL}, DP_Q_POTENTIAL};
    fmpq_t h2;
    if (P->kernel != DP_KERNEL_GAUSSIAN)
        return dp_fail(e, DP_EUNSUPPORTED, "smoothed-kl: it needs the Gaussian kernel");
    fmpq_init(h2);
    fmpq_mul(h2, P->bandwidth, P->bandwidth);
    dp_status status = dp_relative_entropy(out, P, h2, digits, e);
    fmpq_clear(h2);
    return status == DP_EUNSUPPORTED ? dp_expect(out, P, P->q, &log_ratio, digits, threads, e) : status;
}

const dp_energy dp_energy_smoothed_kl = {
    .name = "smoothed-kl", .equations = "(24)-(25), (55)-(57)", .summary = "KL(k*q || k*p) of the smoothed densities", .drift = "smoothed-kl",
    .population = population, .sample = dp_smoothed_kl_sample, .sample_ball = dp_ball_smoothed_value
};
