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

/* V where no population engine has it: the enclosed drift of the repeated atoms, at the atom of q that `at` is. */
static int truth_of_atoms(arb_ptr V, const double *at, dp_check *c, const char *drift, const dp_sample *like)
{
    const dp_problem *P = dp_check_problem(c);
    dp_error e = {DP_OK, ""};
    dp_kernel_part part;
    slong n = 0, m = 0, found = -1;
    double *x = repeated(&n, P->q), *y = repeated(&m, P->p);
    for (slong i = 0; i < n && x; i++)
        if (!memcmp(x + i * P->dim, at, (size_t) P->dim * sizeof *x)) found = i;
    int ok = x && y && found >= 0;
    if (!ok) dp_give_up(c, DP_EINPUT, "%s: needs an atom of q as the point, and weights with denominators that have a multiple up to 1000", drift);
    else {
        const dp_sample s = dr_sample(&part, P, like, x, n, y, m, NULL, 0);
        arb_ptr v = _arb_vec_init(n * P->dim);
        ok = !dp_check_failed(c, dp_drift_sample_ball(v, drift, &s, 16, &e), &e);
        _arb_vec_set(V, v + found * P->dim, P->dim);
        _arb_vec_clear(v, n * P->dim), dr_part_clear(&part);
    }
    free(x), free(y);
    return ok;
}

/* The limit of da2-released where every pair is held by the clip: d^(1/2) times the direction from the mean of q to that of p. */
static int truth_of_means(arb_ptr V, dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    fmpq_t t;
    arb_t norm;
    fmpq_init(t), arb_init(norm);
    for (int k = 0; k < P->dim; k++) {
        fmpq_zero(t);
        for (slong j = 0; j < P->q->n; j++) fmpq_submul(t, DP_WEIGHT(P->q, j), DP_MEAN(P->q, j, k));
        for (slong j = 0; j < P->p->n; j++) fmpq_addmul(t, DP_WEIGHT(P->p, j), DP_MEAN(P->p, j, k));
        arb_set_fmpq(V + k, t, 128), arb_addmul(norm, V + k, V + k, 128);
    }
    const int ok = P->dim > 1 && !arb_is_zero(norm);
    arb_div_si(norm, norm, P->dim, 128), arb_sqrt(norm, norm, 128);
    if (ok) _arb_vec_scalar_div(V, V, P->dim, norm, 128);
    else dp_give_up(c, DP_EINPUT, "da2-released: needs the plane or space, and p and q with different means");
    fmpq_clear(t), arb_clear(norm);
    return ok;
}

static int truth_of_field(arb_ptr V, arb_srcptr x, dp_check *c, const char *drift)
{
    const dp_problem *P = dp_check_problem(c);
    dp_field_t f;
    dp_error e = {DP_OK, ""};
    dp_field_init(f, P->dim);
    const int ok = !dp_check_failed(c, dp_field_eval(f, P, drift, x, DP_ENGINE_AUTO, 96, dp_check_workspace(c), &e), &e);
    _arb_vec_set(V, f->velocity, P->dim);
    dp_field_clear(f);
    return ok;
}

/* The population velocity at the first point of parameter `at` in doubles (enclosures are far narrower than what draws resolve); twice that when sabotaged. */
static int truth(double *V, double *at, dp_check *c, const char *drift, const dp_sample *like)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *where = dp_check_param(c, "at");
    const int samples = !strcmp(drift, "blob") || (!strcmp(drift, "wasserstein") && P->dim > 1) || (like->ndirections && P->q->family == DP_ATOMS), means = !strcmp(drift, "da2-released");
    arb_ptr x = _arb_vec_init(2 * P->dim), v = x + P->dim;
    for (int k = 0; k < P->dim; k++) {
        if (where) arb_set_fmpq(x + k, where->value + k, 128);
        else arb_set_d(x + k, 0.375 - 0.625 * k);
        at[k] = arf_get_d(arb_midref(x + k), ARF_RND_NEAR);
    }
    const int ok = samples ? truth_of_atoms(v, at, c, drift, like) : means ? truth_of_means(v, c) : truth_of_field(v, x, c, drift);
    for (int k = 0; k < P->dim; k++) V[k] = arf_get_d(arb_midref(v + k), ARF_RND_NEAR) * (dp_check_twin(c, "whole") ? 2 : 1);
    _arb_vec_clear(x, 2 * P->dim);
    return ok;
}

/* How many points stand for size N, and how many of them are draws, the rest repeats: N both, but for the sabotages that make errors of the order 1/N, or N^(-1/4). */
typedef struct { slong points, draws; } dose;

static dose dose_of(const dp_check *c, slong N, slong first)
{
    return dp_check_twin(c, "faster") ? (dose) {N * N / first, N * N / first} : dp_check_twin(c, "slower") ? (dose) {N, lround(sqrt((double) (N * first)))} : (dose) {N, N};
}

static double *drawn(const dp_measure_t mu, dose n, ulong seed, dp_error *e)
{
    double *x = dr_draw(mu, n.points, seed, e);
    for (slong i = n.draws; x && i < n.points; i++) memcpy(x + i * mu->dim, x + i % n.draws * mu->dim, (size_t) mu->dim * sizeof *x);
    return x;
}

/* |V_N - V|^2 at the point, which takes the place of the first draw of q. */
static dp_status one_error(double *square, const dp_problem *P, const char *drift, const dp_sample *like, dose n, ulong seed, const double *at, const double *V, dp_error *e)
{
    const slong N = n.points;
    double *x = drawn(P->q, n, 2 * seed, e), *y = drawn(P->p, n, 2 * seed + 1, e), *v = dp_malloc((size_t) (N * P->dim) * sizeof *v);
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

/* What is fitted: log N, log of the root mean square error over seeds, and the variance of that number. */
typedef struct { int n; double x[SIZES], y[SIZES], variance[SIZES]; } errors;

static int one_size(errors *o, dp_check *c, const char *drift, const dp_sample *like, slong N, dose n, slong seeds, const double *at, const double *V)
{
    dp_error e = {DP_OK, ""};
    double sum = 0, squares = 0, t;
    for (slong r = 0; r < seeds; r++) {
        if (dp_check_failed(c, one_error(&t, dp_check_problem(c), drift, like, n, (ulong) (dr_integer(c, "seed", 1) + r * 1000003 + N), at, V, &e), &e))
            return 0;
        sum += t, squares += t * t;
    }
    const double mean = sum / (double) seeds, var = (squares / (double) seeds - mean * mean) / (double) (seeds - 1);
    if (!(var > 0)) dp_give_up(c, DP_EUNSUPPORTED, "N = %ld: the same error with every seed, nothing to fit", (long) N);
    o->x[o->n] = log((double) N), o->y[o->n] = 0.5 * log(mean), o->variance[o->n++] = var / (4 * mean * mean);
    return var > 0;
}

/* Refuted only where the next order in 1/N does not account for it, supported only where the interval is narrow. */
static void decide(dp_check *c, const errors *o)
{
    double slope, error, next, next_error;
    dr_fit(&slope, &error, o->x, o->y, o->variance, (size_t) o->n, 2), dr_fit(&next, &next_error, o->x, o->y, o->variance, (size_t) o->n, 3);
    error *= 3.29, next_error *= 3.29;
    const int off = fabs(slope + 0.5) >= error;
    dr_let(c, "slope", slope), dr_let(c, "slope_spread", error), dr_let(c, "next_slope", next), dr_let(c, "next_spread", next_error);
    if (!off && error >= 0.2)
        dp_give_up(c, DP_EUNSUPPORTED, "the slope is %.3g +- %.2g, the half-width 0.2 was asked: more seeds or sizes needed", slope, error);
    else if (off && fabs(next + 0.5) < next_error)
        dp_give_up(c, DP_EUNSUPPORTED, "the slope is %.3g +- %.2g, but %.3g +- %.2g beside a term of the next order 1/N: at these sizes the law may not have set in; larger sizes or more seeds needed", slope, error, next, next_error);
    else {
        dp_assert(c, "the slope of log error against log N agrees with -1/2 at the level 0.1 %", "abs(slope + 1/2) < slope_spread");
        (error < 0.2 ? dp_assert : dp_open)(c, "and the interval is narrower than 1/5 on each side", "slope_spread < 1/5");
    }
}

/* Half a turn, in equal steps. */
static void fan(double directions[2 * DIRECTIONS])
{
    for (int l = 0; l < DIRECTIONS; l++)
        directions[2 * l] = cos(3.14159265358979 * (l + 0.5) / DIRECTIONS), directions[2 * l + 1] = sin(3.14159265358979 * (l + 0.5) / DIRECTIONS);
}

/* 0, told, where the case does not fit. */
static int fits(dp_check *c, const char *drift, slong seeds, slong first, slong sizes)
{
    const dp_problem *P = dp_check_problem(c);
    const int atoms = P->p->family == DP_ATOMS && P->q->family == DP_ATOMS, mixtures = P->dim > 1 && P->p->family == DP_MIXTURE && P->q->family == DP_MIXTURE;
    const int needs_atoms = !strcmp(drift, "blob") || !strcmp(drift, "da2-released");
    if ((atoms || (mixtures && !needs_atoms)) && P->kernel != DP_KERNEL_SUM && (P->dim == 2 || strcmp(drift, "sliced-wasserstein")) && seeds >= 20 && first >= 8 && sizes >= 3 && sizes <= SIZES) return 1;
    dp_give_up(c, DP_EINPUT, "needs atoms, or (not blob, da2-released) mixtures in the plane or in space (on a line points are quantiles, not draws), sliced-wasserstein in the plane, 20 seeds or more, 3 to %d sizes from 8 on", SIZES);
    return 0;
}

static void run(dp_check *c)
{
    const dp_param *which = dp_check_param(c, "drift"), *clip = dp_check_param(c, "clip");
    const char *drift = which ? which->word : "sinkhorn-proxy";
    double V[3], at[3], directions[2 * DIRECTIONS];
    errors o = {.n = 0};
    dp_released released = dp_released_default;
    const slong seeds = dr_integer(c, "seeds", 200), first = dr_integer(c, "first", 64), sizes = dr_integer(c, "sizes", 4);
    const int sliced = !strcmp(drift, "sliced-wasserstein");
    const dp_sample like = {.iterations = -1, .ndirections = sliced ? DIRECTIONS : 0, .direction = sliced ? directions : NULL, .released = &released, .tolerance = strcmp(drift, "smoothed-kl") ? 0 : 1e-6};
    if (clip) released.clip = dp_nearest_d(clip->value);
    fan(directions);
    int ok = fits(c, drift, seeds, first, sizes) && truth(V, at, c, drift, &like);
    for (slong k = 0; k < sizes && ok; k++) ok = one_size(&o, c, drift, &like, first << k, dose_of(c, first << k, first), seeds, at, V);
    if (ok) decide(c, &o);
}

static const dp_param_spec params[] = {
    {"drift", DP_PARAM_WORD, "mean-shift|sinkhorn-proxy|da2|da2-released|mmd|sharp|blob|sinkhorn|smoothed-kl|sliced-wasserstein|wasserstein|kale|chi2", "which drift; default sinkhorn-proxy"},
    {"at", DP_PARAM_POINTS, NULL, "the point where velocities are compared; wasserstein, blob, and among atoms sliced-wasserstein: an atom of q; default near the origin"},
    {"clip", DP_PARAM_RATIONAL, NULL, "da2-released: its clip; default as released, 10^-6"},
    {"seeds", DP_PARAM_INTEGER, NULL, "pairs of samples for each size, 20 or more; default 200"},
    {"seed", DP_PARAM_INTEGER, NULL, "the first seed; default 1"},
    {"first", DP_PARAM_INTEGER, NULL, "smallest size N; each next is twice as large; default 64"},
    {"sizes", DP_PARAM_INTEGER, NULL, "how many sizes, 3 to 8; default 4"},
    {0}};
static const char *const twins[] = {"faster", "slower", "whole", NULL};
DP_CLAIM(sample_rate) = {
    .id = "sample-rate",
    .title = "The drift of samples comes to the population field at the rate N^(-1/2)",
    .equations = "(16), (24), (27), (30), (34), (52), (53), (54)",
    .kind = "STAT",
    .source = "Gretton et al. 2605.05118, Section 3.2 (the population form as the limit of samples)",
    .method = "Draws by seed from p and q, the drift of the sample at one point against an enclosed population velocity, root mean squares over seeds for sizes that double, a weighted fit of the "
              "slope in logarithms; the interval at the level 0.1 % must hold -1/2 and be narrow. Where a term of the next order may account for another slope, nothing is decided.",
    .params = params, .twins = twins, .run = run};
