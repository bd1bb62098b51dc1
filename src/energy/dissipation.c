/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dissipation.c: E_q |V|^2, and the rate of a functional along any drift, (4)-(7). */
#include "energy/dissipation.h"
#include "energy/expect.h"

dp_status dp_dissipation(dp_scalar_t out, const dp_problem *P, const char *drift, slong digits, int threads, dp_error *e)
{
    const dp_integrand square = {{drift, drift}, DP_Q_VELOCITY};
    if (!dp_drift_find(drift))
        return dp_fail(e, DP_EINPUT, "unknown drift '%s'", drift);
    return dp_expect(out, P, P->q, &square, digits, threads, e);
}

dp_status dp_energy_rate(dp_scalar_t out, const dp_problem *P, const char *energy, const char *drift, slong digits, int threads, dp_error *e)
{
    const dp_energy *F = dp_energy_find(energy);
    if (!F || !dp_drift_find(drift))
        return dp_fail(e, DP_EINPUT, "unknown %s '%s'", F ? "drift" : "energy", F ? drift : energy);
    if (!F->drift || !dp_drift_find(F->drift))
        return dp_fail(e, DP_EUNSUPPORTED, "the flow of %s is not among the drifts", energy);
    const dp_integrand product = {{F->drift, drift}, DP_Q_VELOCITY};
    dp_status status = dp_expect(out, P, P->q, &product, digits, threads, e);
    if (status != DP_OK)
        return status;
    arb_neg(out->value, out->value);
    if (F->drift_power) {
        const slong prec = 4 * digits + 60;
        arb_t h;
        arb_init(h);
        arb_set_fmpq(h, P->bandwidth, prec);
        arb_pow_ui(h, h, (ulong) FLINT_ABS(F->drift_power), prec);
        (F->drift_power > 0 ? arb_div : arb_mul)(out->value, out->value, h, prec);
        arb_clear(h);
    }
    return DP_OK;
}
