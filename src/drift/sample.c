/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sample.c: the drift of samples, by name. */
#include "drift/drift.h"

#include <math.h>
#include <stdlib.h>

dp_status dp_drift_sample(dp_drifted *out, const char *drift, const dp_sample *s, dp_error *e)
{
    const dp_drift *D = dp_drift_find(drift);
    dp_sample served = *s, centred;
    served.single = s->single && !(D && D->only_doubles);
    dp_status status = dp_sample_check(&served, e);
    if (status) return status;
    double *room = dp_sample_served(&centred, &served);
    status = dp_sample_range(&centred, e);
    if (!status && (!D || !D->sample)) status = dp_fail(e, DP_EUNSUPPORTED, "%s: not defined on samples, or not there yet", drift);
    out->nnotes = 0;
    if (!status) status = D->sample(out, &centred, e);
    free(room);
    for (size_t i = 0; i < s->n * s->d && !status; i++)
        if (!isfinite(out->v[i])) return dp_fail(e, DP_EBUDGET, "%s: a velocity beyond what doubles hold: choose another unit, or take --precision DIGITS", drift);
    return status;
}
