/* SPDX-License-Identifier: GPL-3.0-or-later */
/* energy.c: finding a functional by name or by its flow, and its value at the population. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "energy/energy.h"

void dp_scalar_init(dp_scalar_t x)
{
    arb_init(x->value);
    x->estimated = 0;
    x->how = "";
}

void dp_scalar_clear(dp_scalar_t x)
{
    arb_clear(x->value);
}

const dp_energy *dp_energy_find(const char *name)
{
    for (size_t i = 0; dp_energies[i]; i++)
        if (strcmp(dp_energies[i]->name, name) == 0)
            return dp_energies[i];
    return NULL;
}

const dp_energy *dp_energy_of_drift(const char *drift)
{
    for (size_t i = 0; dp_energies[i]; i++)
        if (dp_energies[i]->drift && strcmp(dp_energies[i]->drift, drift) == 0)
            return dp_energies[i];
    return NULL;
}

dp_status dp_energy_population(dp_scalar_t out, const dp_problem *P, const char *name, slong digits, int threads, dp_error *e)
{
    const dp_energy *F = dp_energy_find(name);
    if (!F)
        return dp_fail(e, DP_EINPUT, "unknown energy '%s'", name);
    if (!F->population)
        return dp_fail(e, DP_EUNSUPPORTED, "%s has no value at the population", name);
    out->estimated = 0;
    return F->population(out, P, digits, threads, e);
}

dp_status dp_energy_sample(double *value, dp_drifted *out, const dp_sample *s, const char *name, dp_error *e)
{
    const dp_energy *E = dp_energy_find(name);
    dp_sample served;
    dp_status status = dp_sample_check(s, e);
    if (status) return status;
    double *room = dp_sample_served(&served, s);
    status = dp_sample_range(&served, e);
    if (!status && (!E || !E->sample)) status = dp_fail(e, DP_EUNSUPPORTED, "%s: not defined on samples, or not there yet", name);
    if (!status) status = E->sample(value, out, &served, e);
    free(room);
    return status || isfinite(*value) ? status : dp_fail(e, DP_EBUDGET, "%s: a value beyond what doubles hold: choose another unit, or take --precision DIGITS", name);
}

static dp_status by_definition(dp_scalar_t out, const dp_sample *s, const dp_energy *E, slong digits, dp_error *e)
{
    const slong bits = (slong) ((double) digits * 3.3219281) + 40;
    dp_status status = DP_OK;
    out->estimated = 0, out->how = "definition";
    for (slong prec = bits; prec <= 8 * bits && !status; prec *= 2) {
        status = E->sample_ball(out->value, s, prec, e);
        if (arb_is_zero(out->value) || arb_rel_accuracy_bits(out->value) > 3.3219281 * (double) digits) break;
    }
    return status;
}

static dp_status by_population(dp_scalar_t out, const dp_sample *s, const char *name, slong digits, dp_error *e)
{
    dp_status status = DP_OK;
    dp_problem *P = dp_sample_case(s, name, e);
    if (!P) return e->status;
    for (slong asked = digits; asked <= 8 * digits && !status; asked *= 2) {
        status = dp_energy_population(out, P, name, asked, s->threads, e);
        if (status || arb_rel_accuracy_bits(out->value) > 3.3219281 * (double) digits) break;
    }
    dp_problem_free(P);
    return status;
}

dp_status dp_energy_sample_ball(dp_scalar_t out, const dp_sample *s, const char *name, slong digits, dp_error *e)
{
    const dp_energy *E = dp_energy_find(name);
    dp_status status = dp_sample_check(s, e);
    if (!status) status = E && E->sample_ball ? by_definition(out, s, E, digits, e) : by_population(out, s, name, digits, e);
    const int again = E && E->sample_ball && E->population; /* the population engine takes kernels that are not narrow, and every lattice on the line */
    if (again && ((status == DP_EUNSUPPORTED && !strcmp(name, "sinkhorn")) || (status == DP_EBUDGET && s->d == 1))) status = by_population(out, s, name, digits, e);
    if (!status && !arb_is_finite(out->value)) return dp_fail(e, DP_EBUDGET, "%s: nothing is known of the value at this precision", name);
    if (!status && !arb_contains_zero(out->value) && arb_rel_accuracy_bits(out->value) <= 3.3219281 * (double) digits)
        return dp_fail(e, DP_EBUDGET, "%s: %ld digits not reached: %.0f are there", name, digits, (double) arb_rel_accuracy_bits(out->value) * 0.30103);
    return status;
}
