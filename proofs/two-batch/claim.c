/* SPDX-License-Identifier: GPL-3.0-or-later */
/* two-batch: negatives from a batch of their own make the mean drift zero at p = q for any size; negatives from the moving batch shrink it, less so with the self mask. */
#include "../draws.h"

static const double LEVEL = 3.29; /* two-sided normal quantile of 0.1 % */

/* Where negatives come from; the last three are sabotages: half of the other batch is the moving one's, data and negatives exchanged, a mask that is none. */
typedef enum { OTHER, OWN, MASKED, SHARED, EXCHANGED, UNMASKED } way;

/* The mean over a batch of V(x_i) . (x_i - mean of p), per squared bandwidth: negative when the batch is pulled together. */
static dp_status pull(double *out, const dp_problem *P, const char *drift, slong sweeps, slong N, way from, ulong seed, dp_error *e)
{
    const dp_sample like = {.iterations = sweeps, .leave_out = from == MASKED};
    double *x = dr_draw(P->p, N, 3 * seed, e), *y = dr_draw(P->p, N, 3 * seed + 1, e), *z = dr_draw(P->p, N, 3 * seed + 2, e);
    double *v = dp_malloc((size_t) (N * P->dim) * sizeof *v), h = fmpq_get_d(P->bandwidth);
    const int turned = from == EXCHANGED, other = from == OTHER || from == SHARED;
    if (x && z && from == SHARED) memcpy(z, x, (size_t) (N / 2 * P->dim) * sizeof *z);
    dp_status status = x && y && z ? dr_drift(v, P, drift, &like, x, N, turned ? x : y, N, turned ? y : other ? z : NULL, turned || other ? N : 0, e) : e->status;
    *out = 0;
    for (slong i = 0; i < N * P->dim && status == DP_OK; i++) {
        double centre = 0;
        for (slong j = 0; j < P->p->n; j++)
            centre += fmpq_get_d(DP_WEIGHT(P->p, j)) * fmpq_get_d(DP_MEAN(P->p, j, i % P->dim));
        *out += v[i] * (x[i] - centre) / (double) N / (h * h);
    }
    free(x), free(y), free(z), free(v);
    return status;
}

/* Mean and its standard error over seeds. */
static int over_seeds(double *mean, double *error, dp_check *c, const char *drift, slong N, way from)
{
    slong seeds = dr_integer(c, "seeds", 400);
    double sum = 0, squares = 0, t;
    dp_error e = {DP_OK, ""};
    for (slong r = 0; r < seeds; r++) {
        if (dp_check_failed(c, pull(&t, dp_check_problem(c), drift, dr_integer(c, "sweeps", 30), N, from, (ulong) (dr_integer(c, "seed", 1) + r), &e), &e))
            return 0;
        sum += t, squares += t * t;
    }
    *mean = sum / (double) seeds;
    *error = sqrt((squares / (double) seeds - *mean * *mean) / (double) (seeds - 1));
    return 1;
}

/* Two pulls with the half-widths of their intervals: other batch or mask, and own batch. */
static void decide(dp_check *c, int mask, double two, double u, double same, double v)
{
    const dr_part none = {"negatives from a batch of their own: no pull at the level 0.1 %", "abs(two) < two_spread", u - fabs(two), u - fabs(two)};
    const dr_part seen = {"negatives from the moving batch: a pull inwards, more than twice what would be seen with two batches", "2*two_spread < -same - same_spread", -same - v - 2 * u, -same + v};
    const dr_part less = {"with the self mask: less than half of that pull, at the level 0.1 %", "abs(two) + two_spread < (abs(same) - same_spread)/2", (fabs(same) - v) / 2 - fabs(two) - u, (fabs(same) + v) / 2 - fabs(two) + u};
    const dr_part inwards = {"negatives from the moving batch: a pull inwards at the level 0.1 %", "same < -same_spread", -same - v, -same + v};
    dr_let(c, "two", two), dr_let(c, "two_spread", u), dr_let(c, "same", same), dr_let(c, "same_spread", v);
    dr_decide(c, mask ? (const dr_part[]) {less, inwards} : (const dr_part[]) {none, seen}, 2);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *which = dp_check_param(c, "drift"), *other = dp_check_param(c, "against");
    const int mask = other && !strcmp(other->word, "mask");
    const char *drift = which ? which->word : "mean-shift";
    slong N = dr_integer(c, "size", 16);
    double mean[2], error[2];
    if (P->dim == 1 || P->p->family != DP_MIXTURE || !dp_measure_same(P->p, P->q) || P->kernel == DP_KERNEL_SUM || N < 2 || dr_integer(c, "seeds", 400) < 50 || dr_integer(c, "sweeps", 30) < 0) {
        dp_give_up(c, DP_EINPUT, "needs p = q, a mixture in the plane or in space (on a line points are quantiles, not draws), two points or more, 50 seeds or more and no negative number of sweeps");
        return;
    }
    const way first = mask ? dp_check_twin(c, "unmasked") ? UNMASKED : MASKED : dp_check_twin(c, "shared") ? SHARED : OTHER, second = dp_check_twin(c, "exchanged") ? EXCHANGED : OWN;
    if (dp_twin_unfit(c, mask ? "shared" : "unmasked") || !over_seeds(mean, error, c, drift, N, first) || !over_seeds(mean + 1, error + 1, c, drift, N, second)) return;
    decide(c, mask, mean[0], LEVEL * error[0], mean[1], LEVEL * error[1]);
}

static const dp_param_spec params[] = {
    {"drift", DP_PARAM_WORD, "mean-shift|sinkhorn|mmd|sharp|sinkhorn-proxy|da2", "which drift; default mean-shift"},
    {"against", DP_PARAM_WORD, "batch|mask", "what the moving batch's own negatives are compared with: a batch of their own (default), or themselves with the self mask"},
    {"sweeps", DP_PARAM_INTEGER, NULL, "sinkhorn: sweeps of the scaling; the statement holds for any number; default 30"},
    {"size", DP_PARAM_INTEGER, NULL, "points in each batch; default 16"},
    {"seeds", DP_PARAM_INTEGER, NULL, "how many batches, 50 or more; default 400"},
    {"seed", DP_PARAM_INTEGER, NULL, "the first seed; default 1"},
    {0}};
static const char *const twins[] = {"shared", "exchanged", "unmasked", NULL};
DP_CLAIM(two_batch) = {
    .id = "two-batch",
    .title = "At p = q a second batch of negatives makes the mean drift zero for any size; the moving batch's own negatives pull it together, less so with the self mask",
    .equations = "(16), (27), (30), (52), (67)",
    .kind = "STAT",
    .source = "W-Flow 2605.11755, under the reading that the self term uses an independent batch; Deng et al. 2602.04770 for the mask",
    .method = "Batches by seed, the mean of V(x) . (x - mean) over batches with its standard error, for both ways of taking negatives; tests at the level 0.1 %, and a power statement.",
    .params = params, .twins = twins, .run = run};
