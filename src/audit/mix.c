/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mix.c: velocities of several bandwidths, or of several labels, added with weights of their own: which weights, and what they are. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audit/change.h"

static size_t different(double *out, const double *label, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n && count < DP_MOST_MIXED; i++) {
        size_t k = 0;
        while (k < count && out[k] != label[i]) k++;
        if (k == count) out[count++] = label[i];
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

static double squares(const double *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += v[i] * v[i];
    return sum;
}

dp_status dp_variant_mix(double *u, dp_mixed *mixed, const dp_variant *a, const dp_batch *b, const double *v, dp_error *e)
{
    const size_t n = b->n * b->d, bandwidths = b->nh;
    double label[DP_MOST_MIXED] = {0}, weight[DP_MOST_MIXED], rms[DP_MOST_MIXED], *part, *all;
    const size_t labels = b->xlabel ? different(label, b->xlabel, b->n) : 1, count = bandwidths * labels;
    const char *alone[] = {"da2-released", "wasserstein", "sliced-wasserstein"};
    dp_status status = DP_OK;
    for (size_t i = 0; a->drift && i < 3; i++)
        if (!strcmp(a->drift, alone[i])) return dp_fail(e, DP_EUNSUPPORTED, "its bandwidths have no velocities of their own");
    if (count < 2 || count > DP_MOST_MIXED || n < 4 * count || a->plain_kernel_sum) return dp_fail(e, DP_EUNSUPPORTED, "nothing to mix, or too much for so few points");
    all = dp_malloc(sizeof(double) * n * (count + 1)), part = all + n * count;
    for (size_t k = 0; !status && k < bandwidths; k++) {
        dp_batch one = *b;
        one.nh = 1, one.h = b->h + k;
        status = dp_variant_eval(part, a, &one, e);
        for (size_t l = 0; !status && l < labels; l++) {
            const size_t rows = rows_of(all + n * (k * labels + l), part, b, label[l]);
            rms[k * labels + l] = sqrt(squares(all + n * (k * labels + l), n) / (double) (rows * b->d));
        }
    }
    if (!status) dp_change_mix(u, weight, all, count, v, n);
    for (size_t k = 0; !status && mixed && k < count; k++) {
        const double share = weight[k] * rms[k];
        if (rms[k] == 0) continue;
        mixed->low = fmin(mixed->low, share), mixed->high = fmax(mixed->high, share);
        mixed->least[k] = mixed->steps ? fmin(mixed->least[k], weight[k]) : weight[k], mixed->most[k] = mixed->steps ? fmax(mixed->most[k], weight[k]) : weight[k];
    }
    if (!status && mixed) mixed->count = count, mixed->steps++;
    free(all);
    return status;
}

void dp_mixed_note(char *out, size_t size, const dp_mixed *m, double limit)
{
    const double spread = m->high / m->low - 1;
    int constant = 1;
    for (size_t k = 0; k < m->count; k++) constant &= m->most[k] - m->least[k] <= 2 * limit * fabs(m->most[k]);
    if (m->low > 0 && spread < 0.01) snprintf(out, size, "each divided by its root mean square, to %.1g %%", fmax(100 * spread, 1e-10));
    else if (constant && m->count <= 4) {
        size_t used = (size_t) snprintf(out, size, "weights");
        for (size_t k = 0; k < m->count && used < size; k++) used += (size_t) snprintf(out + used, size - used, " %.6g", m->most[k]);
    } else snprintf(out, size, constant ? "weights that do not change" : "weights that change from step to step");
}
