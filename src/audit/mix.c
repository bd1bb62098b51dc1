/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mix.c: velocities of several bandwidths, or of several labels, added with weights of their own: which weights, and what they are. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audit/change.h"

/* The labels, ascending, so that they stand at one place at every step; at most one more than DP_MOST_MIXED. */
static size_t different(double *out, const double *label, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n && count <= DP_MOST_MIXED; i++) {
        size_t k = 0;
        while (k < count && out[k] < label[i]) k++;
        if (k < count && out[k] == label[i]) continue;
        memmove(out + k + 1, out + k, sizeof(double) * (count - k));
        out[k] = label[i], count++;
    }
    return count;
}

/* The rows of `which` in the place of all; their number. */
static size_t rows_of(double *out, const double *v, const dp_batch *b, double which)
{
    size_t rows = 0;
    for (size_t i = 0; i < b->n; i++) {
        const int in = !b->xlabel || b->xlabel[i] == which;
        rows += (size_t) in;
        for (size_t k = 0; k < b->d; k++) out[i * b->d + k] = in ? v[i * b->d + k] : 0;
    }
    return rows;
}

/* Weights of one more step. */
static void take(dp_mixed *m, const double *weight, const double *rms, size_t count, const double *label, size_t labels)
{
    if (!m->steps) {
        memcpy(m->label, label, sizeof(double) * labels);
        for (size_t k = 0; k < count; k++) m->least[k] = INFINITY, m->most[k] = -INFINITY;
    }
    m->varied |= m->steps && (count != m->count || memcmp(m->label, label, sizeof(double) * labels));
    for (size_t k = 0; k < count && !m->varied; k++) {
        if (rms[k] == 0) continue;
        m->low = fmin(m->low, weight[k] * rms[k]), m->high = fmax(m->high, weight[k] * rms[k]);
        m->least[k] = fmin(m->least[k], weight[k]), m->most[k] = fmax(m->most[k], weight[k]);
    }
    m->count = m->steps ? FLINT_MAX(m->count, count) : count, m->steps++;
}

dp_status dp_variant_mix(double *u, dp_mixed *mixed, const dp_variant *a, const dp_batch *b, const double *v, dp_error *e)
{
    const size_t n = b->n * b->d, bandwidths = b->nh;
    double label[DP_MOST_MIXED + 1] = {0}, weight[DP_MOST_MIXED], rms[DP_MOST_MIXED], *part, *all;
    const size_t labels = b->xlabel ? different(label, b->xlabel, b->n) : 1, count = bandwidths * labels;
    const char *alone[] = {"da2-released", "wasserstein", "sliced-wasserstein"};
    dp_status status = DP_OK;
    for (size_t i = 0; a->drift && i < 3; i++)
        if (!strcmp(a->drift, alone[i])) return dp_fail(e, DP_EUNSUPPORTED, "its bandwidths have no velocities of their own");
    if (count < 2 || count > DP_MOST_MIXED || n < 4 * count || a->plain_kernel_sum) return dp_fail(e, DP_EUNSUPPORTED, "nothing to mix, or too much for so few points");
    all = dp_malloc(sizeof(double) * n * (count + 1)), part = all + n * count;
    for (size_t k = 0; !status && k < bandwidths; k++) {
        dp_batch one = *b;
        one.nh = 1, one.h = b->h + k, one.at = k;
        status = dp_variant_eval(part, a, &one, e);
        for (size_t l = 0; !status && l < labels; l++) {
            const size_t rows = rows_of(all + n * (k * labels + l), part, b, label[l]);
            rms[k * labels + l] = sqrt(dp_audit_dot(all + n * (k * labels + l), all + n * (k * labels + l), n) / (double) (rows * b->d));
        }
    }
    if (!status) dp_change_mix(u, weight, all, count, v, n);
    if (!status && mixed) take(mixed, weight, rms, count, label, labels);
    free(all);
    return status;
}

void dp_mixed_note(char *out, size_t size, const dp_mixed *m, double limit)
{
    const double spread = m->high / m->low - 1;
    int constant = 1;
    for (size_t k = 0; k < m->count && !m->varied; k++) constant &= m->most[k] - m->least[k] <= 2 * limit * fabs(m->most[k]); /* nowhere seen: no change */
    if (m->varied) snprintf(out, size, "weights that were not compared: the steps have not the same labels");
    else if (m->low > 0 && spread < 0.01) snprintf(out, size, "each divided by its root mean square, to %.1g %%", fmax(100 * spread, 1e-10));
    else if (constant && m->count <= 4) {
        size_t used = (size_t) snprintf(out, size, "weights");
        for (size_t k = 0; k < m->count && used < size; k++) used += (size_t) snprintf(out + used, size - used, " %.6g", m->least[k] <= m->most[k] ? m->most[k] : 0);
    } else snprintf(out, size, constant ? "weights that do not change" : "weights that change from step to step");
}
