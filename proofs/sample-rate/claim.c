/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sample-rate: the drift of samples comes to the population field at the rate N^(-1/2): a slope fitted over seeds, with its interval. */
#include "../draws.h"

enum { SIZES = 8, DIRECTIONS = 64 };

/* Atoms with weights as a sample that repeats them; *n points, fresh. NULL when that takes more than 1000. */
static double *repeated(slong *n, const dp_measure_t mu)
{
    fmpz_t l, t;
    double *x = NULL;
    fmpz_init_set_ui(l, 1), fmpz_init(t);
    for (slong j = 0; j < mu->n; j++) fmpz_lcm(l, l, fmpq_denref(DP_WEIGHT(mu, j)));
    if (fmpz_cmp_ui(l, 1000) <= 0) {
        *n = 0, x = dp_malloc((size_t) (fmpz_get_si(l) * mu->dim) * sizeof *x);
        for (slong j = 0; j < mu->n; j++) {
            fmpz_divexact(t, l, fmpq_denref(DP_WEIGHT(mu, j))), fmpz_mul(t, t, fmpq_numref(DP_WEIGHT(mu, j)));
            for (slong r = fmpz_get_si(t); r > 0; r--, ++*n)
                for (int k = 0; k < mu->dim; k++) x[*n * mu->dim + k] = fmpq_get_d(DP_MEAN(mu, j, k));
        }
    }
    fmpz_clear(l), fmpz_clear(t);
    return x;
}

/* The same velocity where no population engine has it: the drift of the repeated atoms, at the atom of q that `at` is. */
static int truth_of_atoms(double *V, const double *at, dp_check *c, const char *drift)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_sample like = {.iterations = -1};
    dp_error e = {DP_OK, ""};
    slong n = 0, m = 0, found = -1;
    double *x = repeated(&n, P->q), *y = repeated(&m, P->p), *v = dp_malloc((size_t) (n * P->dim + 1) * sizeof *v);
    for (slong i = 0; i < n && x; i++)
        if (!memcmp(x + i * P->dim, at, (size_t) P->dim * sizeof *x)) found = i;
    int ok = x && y && found >= 0;
    if (!ok) dp_give_up(c, DP_EINPUT, "%s: needs an atom of q as the point, and weights with denominators that have a multiple up to 1000", drift);
    else ok = !dp_check_failed(c, dr_drift(v, P, drift, &like, x, n, y, m, NULL, 0, &e), &e);
    for (int k = 0; k < P->dim && ok; k++) V[k] = v[found * P->dim + k];
    free(x), free(y), free(v);
    return ok;
}

/* The population velocity at the first point of parameter `at` in doubles (64 bits are far beyond what draws resolve). */
static int truth(double *V, double *at, dp_check *c, const char *drift)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *where = dp_check_param(c, "at");
    dp_field_t f;
    dp_error e = {DP_OK, ""};
    arb_ptr x = _arb_vec_init(P->dim);
    for (int k = 0; k < P->dim; k++) {
        if (where)
            arb_set_fmpq(x + k, where->value + k, 128);
        else
            arb_set_d(x + k, 0.375 - 0.625 * k);
        at[k] = arf_get_d(arb_midref(x + k), ARF_RND_NEAR);
    }
    if (!strcmp(drift, "blob")) {
        _arb_vec_clear(x, P->dim);
        if (P->p->family == DP_ATOMS && P->q->family == DP_ATOMS) return truth_of_atoms(V, at, c, drift);
        dp_give_up(c, DP_EINPUT, "blob: needs atoms");
        return 0;
    }
    dp_field_init(f, P->dim);
    int ok = !dp_check_failed(c, dp_field_eval(f, P, drift, x, DP_ENGINE_AUTO, 96, dp_check_workspace(c), &e), &e);
    for (int k = 0; k < P->dim && ok; k++)
        V[k] = arf_get_d(arb_midref(f->velocity + k), ARF_RND_NEAR);
    dp_field_clear(f);
    _arb_vec_clear(x, P->dim);
    return ok;
}

/* |V_N - V|^2 at the point, which takes the place of the first draw of q. */
static dp_status one_error(double *square, const dp_problem *P, const char *drift, const dp_sample *like, slong N, ulong seed, const double *at, const double *V, dp_error *e)
{
    double *x = dr_draw(P->q, N, 2 * seed, e), *y = dr_draw(P->p, N, 2 * seed + 1, e), *v = dp_malloc((size_t) (N * P->dim) * sizeof *v);
    dp_status status = x && y ? DP_OK : e->status;
    *square = 0;
    if (status == DP_OK) {
        memcpy(x, at, (size_t) P->dim * sizeof *x);
        status = dr_drift(v, P, drift, like, x, N, y, N, NULL, 0, e);
    }
    for (int k = 0; k < P->dim && status == DP_OK; k++)
        *square += (v[k] - V[k]) * (v[k] - V[k]);
    free(x), free(y), free(v);
    return status;
}

/* log of the root mean square error at size N over seeds, and the variance of that number. */
static int one_size(double *log_rms, double *variance, dp_check *c, const char *drift, const dp_sample *like, slong N, slong seeds, const double *at, const double *V)
{
    dp_error e = {DP_OK, ""};
    double sum = 0, squares = 0, t;
    for (slong r = 0; r < seeds; r++) {
        if (dp_check_failed(c, one_error(&t, dp_check_problem(c), drift, like, N, (ulong) (dr_integer(c, "seed", 1) + r * 1000003 + N), at, V, &e), &e))
            return 0;
        sum += t, squares += t * t;
    }
    double mean = sum / (double) seeds, var = (squares / (double) seeds - mean * mean) / (double) (seeds - 1);
    *log_rms = 0.5 * log(mean);
    *variance = var / (4 * mean * mean);
    return 1;
}

/* Weighted least squares of log error against log N. */
static void fit(double *slope, double *error, const double *N, const double *y, const double *variance, int n)
{
    double s = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
    for (int k = 0; k < n; k++) {
        double w = 1 / variance[k], x = log(N[k]);
        s += w, sx += w * x, sy += w * y[k], sxx += w * x * x, sxy += w * x * y[k];
    }
    double det = s * sxx - sx * sx;
    *slope = (s * sxy - sx * sy) / det;
    *error = sqrt(s / det);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *which = dp_check_param(c, "drift");
    const char *drift = which ? which->word : "sinkhorn-proxy";
    double V[3], at[3], N[SIZES], y[SIZES], variance[SIZES], slope, error;
    slong seeds = dr_integer(c, "seeds", 200), first = dr_integer(c, "first", 64), sizes = dr_integer(c, "sizes", 4);
    const int atoms = P->p->family == DP_ATOMS && P->q->family == DP_ATOMS, sliced = !strcmp(drift, "sliced-wasserstein");
    double directions[2 * DIRECTIONS];
    const dp_sample like = {.iterations = -1, .ndirections = sliced ? DIRECTIONS : 0, .direction = sliced ? directions : NULL};
    for (int l = 0; l < DIRECTIONS; l++) /* half a turn, in equal steps */
        directions[2 * l] = cos(3.14159265358979 * (l + 0.5) / DIRECTIONS), directions[2 * l + 1] = sin(3.14159265358979 * (l + 0.5) / DIRECTIONS);
    if ((!atoms && (P->dim == 1 || P->p->family != DP_MIXTURE || P->q->family != DP_MIXTURE)) || P->kernel == DP_KERNEL_SUM || (sliced && P->dim != 2) || seeds < 20 || first < 8 || sizes < 3
        || sizes > SIZES) {
        dp_give_up(c, DP_EINPUT, "needs atoms, or mixtures in the plane or in space (on a line points are quantiles, not draws), sliced-wasserstein in the plane, 20 seeds or more, 3 to %d sizes from 8 on", SIZES);
        return;
    }
    if (!truth(V, at, c, drift))
        return;
    for (slong k = 0; k < sizes; k++) {
        N[k] = (double) (first << k);
        if (!one_size(y + k, variance + k, c, drift, &like, first << k, seeds, at, V))
            return;
    }
    fit(&slope, &error, N, y, variance, (int) sizes);
    dr_let(c, "slope", slope), dr_let(c, "slope_error", error);
    dp_assert(c, "the slope of log error against log N agrees with -1/2 at the level 0.1 %",
              dp_check_twin(c, "first-order") ? "abs(slope + 1) < 3.29*slope_error" : dp_check_twin(c, "slow") ? "abs(slope + 1/4) < 3.29*slope_error" : "abs(slope + 1/2) < 3.29*slope_error");
    dp_assert(c, "and the interval is narrower than 1/5 on each side", "3.29*slope_error < 1/5");
}

static const dp_param_spec params[] = {
    {"drift", DP_PARAM_WORD, "mean-shift|sinkhorn-proxy|da2|mmd|sharp|blob|sinkhorn|smoothed-kl|sliced-wasserstein|wasserstein|kale|chi2", "which drift; default sinkhorn-proxy"},
    {"at", DP_PARAM_POINTS, NULL, "the point where velocities are compared; wasserstein: an atom of q; default near the origin"},
    {"seeds", DP_PARAM_INTEGER, NULL, "pairs of samples for each size, 20 or more; default 200"},
    {"seed", DP_PARAM_INTEGER, NULL, "the first seed; default 1"},
    {"first", DP_PARAM_INTEGER, NULL, "smallest size N; each next is twice as large; default 64"},
    {"sizes", DP_PARAM_INTEGER, NULL, "how many sizes, 3 to 8; default 4"},
    {0}};
static const char *const twins[] = {"first-order", "slow", NULL};
DP_CLAIM(sample_rate) = {
    .id = "sample-rate",
    .title = "The drift of samples comes to the population field at the rate N^(-1/2)",
    .equations = "(16), (24), (27), (30), (34), (52), (53), (54)",
    .kind = "STAT",
    .source = "Gretton et al. 2605.05118, Section 3.2 (the population form as the limit of samples)",
    .method = "Draws by seed from p and q, the drift of the sample at one point against the certified population field, root mean squares over seeds for sizes that double, a weighted fit of the "
              "slope in logarithms; the interval at the level 0.1 % must hold -1/2 and be narrow.",
    .params = params, .twins = twins, .run = run};
