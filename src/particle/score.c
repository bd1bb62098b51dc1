/* SPDX-License-Identifier: GPL-3.0-or-later */
/* score.c: drifts made of scores of smoothed samples: sharp, blob, and the flow (24) of the KL between smoothed samples. */
#include "particle/functional.h"

#include <math.h>
#include <stdlib.h>

/* v += sign grad log sum_j f(x_i, b_j), where grad f = (slope or kernel) (b - x): `above` is that form, `below` f itself. */
static dp_status add_score(double *v, double sign, const dp_sample *s, dp_form above, dp_form below, int with_y, dp_error *e)
{
    dp_pkernel k;
    dp_status status = dp_pkernel_init(&k, s, below, e);
    if (status) return status;
    if (k.power && dp_pkernel_eps(&k) == 0) return dp_fail(e, DP_EBUDGET, "a velocity per length has a factor 1/h^2, which no double holds here; take --precision DIGITS");
    dp_pairing a = with_y ? dp_pairing_y(s, &k, above) : dp_pairing_negatives(s, &k, above), b = a;
    double *top = dp_malloc(sizeof(double) * s->n), *bottom = dp_malloc(sizeof(double) * s->n), *shift = dp_malloc(sizeof(double) * s->n * s->d);
    b.form = below;
    status = dp_rows(top, shift, &a, e);
    if (!status) status = dp_rows(bottom, NULL, &b, e);
    for (size_t i = 0; i < s->n * s->d && !status; i++)
        if (top[i / s->d] > -INFINITY) v[i] += sign * exp(dp_over_eps(&k, top[i / s->d] - bottom[i / s->d])) * shift[i];
    free(top), free(bottom), free(shift);
    return status;
}

dp_status dp_sharp_drift(dp_drifted *out, const dp_sample *s, dp_error *e)
{
    for (size_t i = 0; i < s->n * s->d; i++) out->v[i] = 0;
    const dp_status status = add_score(out->v, 1, s, DP_FORM_KERNEL, DP_FORM_SHARP, 1, e);
    return status ? status : add_score(out->v, -1, s, DP_FORM_KERNEL, DP_FORM_SHARP, 0, e);
}

/* ---- blob ---- */

/* -grad k*(q/q_k): sum_j slope_ij (x_j - x_i)/S_j with S_j = sum_l k(x_j, x_l). */
static dp_status third_term(double *v, const dp_sample *s, const double *sums, const dp_pkernel *k, dp_error *e)
{
    dp_pairing p = dp_pairing_negatives(s, k, DP_FORM_SLOPE);
    double *add = dp_malloc(sizeof(double) * s->n), *sum = dp_malloc(sizeof(double) * s->n), *shift = dp_malloc(sizeof(double) * s->n * s->d);
    for (size_t j = 0; j < s->n; j++) add[j] = -sums[j];
    p.add = add;
    const dp_status status = dp_rows(sum, shift, &p, e);
    for (size_t i = 0; i < s->n * s->d && !status; i++)
        if (sum[i / s->d] > -INFINITY) v[i] -= exp(dp_over_eps(k, sum[i / s->d])) * shift[i];
    free(add), free(sum), free(shift);
    return status;
}

dp_status dp_blob_sample(double *value, dp_drifted *out, const dp_sample *s, dp_error *e)
{
    dp_pkernel k;
    dp_status status = dp_pkernel_init(&k, s, DP_FORM_KERNEL, e);
    if (status) return status;
    if (s->z || s->leave_out) return dp_fail(e, DP_EUNSUPPORTED, "blob: a functional of x and y; negatives and masks have no part in it");
    const dp_pairing y = dp_pairing_y(s, &k, DP_FORM_KERNEL), x = dp_pairing_negatives(s, &k, DP_FORM_KERNEL);
    double *p = dp_malloc(sizeof(double) * s->n), *q = dp_malloc(sizeof(double) * s->n), sum = 0;
    status = dp_rows(p, NULL, &y, e);
    if (!status) status = dp_rows(q, NULL, &x, e);
    for (size_t i = 0; i < s->n; i++) sum += dp_over_eps(&k, q[i] - p[i]);
    if (value) *value = sum / (double) s->n + log((double) s->m / (double) s->n);
    for (size_t i = 0; out && out->v && i < s->n * s->d; i++) out->v[i] = 0;
    if (!status && out && out->v) status = add_score(out->v, 1, s, DP_FORM_SLOPE, DP_FORM_KERNEL, 1, e);
    if (!status && out && out->v) status = add_score(out->v, -1, s, DP_FORM_SLOPE, DP_FORM_KERNEL, 0, e);
    if (!status && out && out->v) status = third_term(out->v, s, q, &k, e);
    free(p), free(q);
    return status;
}

/* ---- smoothed KL ---- */

enum { MOST_NODES = 4000000, REACH = 9 };

/* Nodes origin + index h step in a box around all x; u: score difference times h^2; log_ratio: log(q_k/p_k). */
typedef struct { const dp_sample *s; dp_pkernel k; double h, step, origin[3]; size_t size[3], count; double *node, *u, *log_ratio; } lattice;

static dp_status lattice_init(lattice *g, const dp_sample *s, double step, dp_error *e)
{
    double count = 1;
    *g = (lattice){.s = s, .step = step};
    dp_status status = dp_pkernel_init(&g->k, s, DP_FORM_KERNEL, e);
    if (status) return status;
    g->h = g->k.h;
    for (size_t c = 0; c < s->d; c++) {
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < s->n; i++) low = fmin(low, s->x[i * s->d + c]), high = fmax(high, s->x[i * s->d + c]);
        const double n = ceil((high - low) / g->h / step) + 2 * ceil(REACH / step) + 1;
        g->origin[c] = low - g->h * step * ceil(REACH / step);
        count *= n;
        if (!(count <= MOST_NODES)) return dp_fail(e, DP_EBUDGET, "smoothed-kl: the lattice would have more than %d nodes: the sample is too wide for its bandwidth", MOST_NODES);
        g->size[c] = (size_t) n;
    }
    g->count = (size_t) count;
    g->node = dp_malloc(sizeof(double) * g->count * s->d), g->u = dp_malloc(sizeof(double) * g->count * s->d), g->log_ratio = dp_malloc(sizeof(double) * g->count);
    for (size_t i = 0; i < g->count; i++)
        for (size_t c = 0, rest = i; c < s->d; c++, rest /= g->size[c - 1]) g->node[i * s->d + c] = g->origin[c] + g->h * step * (double) (rest % g->size[c]);
    return DP_OK;
}

static void lattice_clear(lattice *g) { free(g->node), free(g->u), free(g->log_ratio); }

/* Barycentre differences and log-ratios at the nodes. */
static dp_status lattice_fill(lattice *g, dp_error *e)
{
    const dp_sample *s = g->s;
    dp_pairing y = dp_pairing_y(s, &g->k, DP_FORM_KERNEL), x = dp_pairing_negatives(s, &g->k, DP_FORM_KERNEL);
    double *sum = dp_malloc(sizeof(double) * g->count), *shift = dp_malloc(sizeof(double) * g->count * s->d);
    y.a = x.a = g->node, y.n = x.n = g->count;
    dp_status status = dp_rows(g->log_ratio, g->u, &y, e);
    if (!status) status = dp_rows(sum, shift, &x, e);
    for (size_t i = 0; i < g->count * s->d; i++) g->u[i] -= shift[i];
    for (size_t i = 0; i < g->count; i++) g->log_ratio[i] = dp_over_eps(&g->k, sum[i] - g->log_ratio[i]) + log((double) s->m / (double) s->n);
    free(sum), free(shift);
    return status;
}

/* Sums of weights exp(-t^2/2) over the nodes within REACH of x, normalised by themselves. */
static double smooth(double *v, const lattice *g, const double *x)
{
    const size_t d = g->s->d;
    double total = 0, ratio = 0;
    size_t low[3] = {0}, high[3] = {0, 0, 0}, at[3];
    for (size_t c = 0; c < d; c++) {
        const double t = (x[c] - g->origin[c]) / g->h / g->step, r = ceil(REACH / g->step);
        low[c] = (size_t) fmax(0, floor(t - r)), high[c] = FLINT_MIN(g->size[c] - 1, (size_t) ceil(t + r));
        v[c] = 0;
    }
    for (at[2] = low[2]; at[2] <= high[2]; at[2]++)
        for (at[1] = low[1]; at[1] <= high[1]; at[1]++)
            for (at[0] = low[0]; at[0] <= high[0]; at[0]++) {
                const size_t node = at[0] + (d > 1 ? g->size[0] * (at[1] + (d > 2 ? g->size[1] * at[2] : 0)) : 0);
                double r2 = 0;
                for (size_t c = 0; c < d; c++) r2 += (x[c] - g->node[node * d + c]) * (x[c] - g->node[node * d + c]);
                const double w = exp(-r2 / g->h / g->h / 2);
                total += w, ratio += w * g->log_ratio[node];
                for (size_t c = 0; c < d; c++) v[c] += w * g->u[node * d + c];
            }
    for (size_t c = 0; c < d; c++) v[c] /= total * g->h * g->h;
    return ratio / total;
}

static dp_status one_level(double *value, double *v, const dp_sample *s, double step, dp_error *e)
{
    lattice g;
    dp_status status = lattice_init(&g, s, step, e);
    if (!status) status = lattice_fill(&g, e);
    *value = 0;
    for (size_t i = 0; i < s->n && !status; i++) *value += smooth(v + i * s->d, &g, s->x + i * s->d) / (double) s->n;
    lattice_clear(&g);
    return status;
}

/* The step is halved until velocities agree to 1e-13 of the largest, or to rounding: the rule converges faster than any power, so the last change is an
   estimate of the error before it. */
dp_status dp_smoothed_kl_sample(double *value, dp_drifted *out, const dp_sample *s, dp_error *e)
{
    const size_t n = s->n * s->d;
    if (s->d > 3) return dp_fail(e, DP_EUNSUPPORTED, "smoothed-kl: on samples in dimension 3 at most");
    if (s->nparts != 1 || s->part->family != DP_KERNEL_GAUSSIAN) return dp_fail(e, s->nparts ? DP_EUNSUPPORTED : DP_EINPUT, "smoothed-kl: expected one Gaussian kernel and its --bandwidth");
    if (s->z || s->leave_out) return dp_fail(e, DP_EUNSUPPORTED, "smoothed-kl: a functional of x and y; negatives and masks have no part in it");
    double *now = dp_malloc(sizeof(double) * n), *before = dp_malloc(sizeof(double) * n), change = INFINITY, energy = 0;
    dp_status status = one_level(&energy, before, s, 0.5, e);
    for (double step = 0.25, last = INFINITY; !status && change > 1e-13 && !(change < 1e-9 && change > last / 4); step /= 2) {
        double top = 0;
        last = change;
        status = one_level(&energy, now, s, step, e);
        change = 0;
        for (size_t i = 0; i < n; i++) top = fmax(top, fabs(now[i])), change = fmax(change, fabs(now[i] - before[i]));
        change = top > 0 ? change / top : 0;
        for (size_t i = 0; i < n; i++) before[i] = now[i];
    }
    if (value) *value = energy;
    for (size_t i = 0; out && out->v && i < n; i++) out->v[i] = now[i];
    if (out) dp_drifted_note(out, "estimate", change);
    free(now), free(before);
    return status;
}
