/* SPDX-License-Identifier: GPL-3.0-or-later */
/* training-rebalancing: a generator with the wrong weights of two modes is trained on: how the time until half of the error is gone grows with the distance of the modes. */
#include "../training.h"

enum { POINTS = 256, RATIOS = 8 };

/* D: distance of the modes of p on the line; middle between them; right: the weight of the second mode in p. */
typedef struct { dp_check *c; slong cap, stride; double middle, right; fmpq_t D; char *first, *second; } setting;

static double right_of(const double *x, size_t n, double middle)
{
    double right = 0;
    for (size_t i = 0; i < n; i++) right += (x[i] > middle) / (double) n;
    return right;
}

/* Share of the second mode in the model and in the data: of the one batch that is trained on, or of fresh samples and the law. */
static double share(double *data, const setting *s, tr_t *r)
{
    double x[POINTS], y[POINTS];
    if (r->t->batches != DP_BATCHES_FIXED) {
        tr_fresh(x, y, r, POINTS, 0);
        *data = s->right;
        return right_of(x, POINTS, s->middle);
    }
    *data = right_of(r->y, r->m, s->middle);
    return right_of(r->x, r->n, s->middle);
}

/* Weights of a generator with the wrong weights of the modes: the run of `seed` by transport on data with these. */
static double *start(const setting *s, const char *seed)
{
    const char *set[] = {s->first, s->second, seed, "train.drift.name=sliced-wasserstein", "train.drift.directions=1", "train.optimiser.method=adam", "train.optimiser.lr=1/200"};
    double *w = NULL;
    tr_t r;
    if (tr_open(&r, s->c, set, 7) && tr_train(&r, dr_integer(s->c, "warm", 1000))) w = dp_malloc(r.P * sizeof *w), dp_trainer_get(w, r.a, DP_STATE_WEIGHTS);
    tr_close(&r);
    return w;
}

/* Steps until half of the error at the start is gone; the cap where it is not by then; 0 where there is no error. -1: told. */
static slong walk(const setting *s, tr_t *r)
{
    double data, first = 0, now;
    for (slong at = 0; at < s->cap; at += s->stride) {
        if (!tr_train(r, at)) return -1;
        now = share(&data, s, r);
        if (at == 0) first = now;
        if (fabs(now - data) <= fabs(first - data) / 2 || (now - data) * (first - data) <= 0) return at;
    }
    return s->cap;
}

static slong steps(const setting *s, const fmpq_t ratio, slong seed)
{
    fmpq_t h;
    fmpq_init(h);
    fmpq_div(h, s->D, ratio);
    char *text = fmpq_get_str(NULL, 10, h), *set[3] = {dp_format("kernel.bandwidth=%s", text), dp_format("train.seed=%ld", (long) seed), tr_set(s->c, "train.drift.name", "drift", "mean-shift")};
    double *w = start(s, set[1]);
    slong at = -1;
    tr_t r;
    if (w) {
        if (tr_open(&r, s->c, (const char *const *) set, 3)) dp_trainer_set(r.a, DP_STATE_WEIGHTS, w), at = walk(s, &r);
        tr_close(&r);
    }
    for (int i = 0; i < 3; i++) free(set[i]);
    free(w), flint_free(text), fmpq_clear(h);
    return dp_check_stopped(s->c) ? -1 : at;
}

static int ascending(const void *a, const void *b)
{
    const double s = *(const double *) a, t = *(const double *) b;
    return (s > t) - (s < t);
}

/* Exponent of a seed: what is known of it where a time reached the cap, its bounds. */
typedef struct { double low, high; } range;

/* Slope of log T against (D/h)^2/2 by least squares, over the ratios r. A time that reached the cap is known from below only. */
static range exponent_of(const double *T, const double *r, slong count, double cap)
{
    double mean = 0, square = 0;
    range out = {0, 0};
    for (slong k = 0; k < count; k++) mean += r[k] * r[k] / 2 / (double) count;
    for (slong k = 0; k < count; k++) square += (r[k] * r[k] / 2 - mean) * (r[k] * r[k] / 2 - mean);
    for (slong k = 0; k < count; k++) {
        const double weight = (r[k] * r[k] / 2 - mean) / square, term = weight * log(T[k]);
        out.low += weight < 0 && T[k] >= cap ? -INFINITY : term, out.high += weight > 0 && T[k] >= cap ? INFINITY : term;
    }
    return out;
}

static void decide(dp_check *c, const range *known, slong seeds)
{
    const double shift = dp_check_twin(c, "steeper") ? 1 : 0, least = tr_real(c, "least", 0.5) + shift, most = tr_real(c, "most", 1.5) + shift;
    slong above = 0, below = 0, above_open = 0, below_open = 0;
    double *exponent = dp_malloc((size_t) seeds * sizeof *exponent);
    for (slong k = 0; k < seeds; k++) {
        above += known[k].low > least, above_open += known[k].low <= least && known[k].high > least;
        below += known[k].high < most, below_open += known[k].high >= most && known[k].low < most;
        exponent[k] = isinf(known[k].low) ? known[k].low : known[k].high;
    }
    qsort(exponent, (size_t) seeds, sizeof *exponent, ascending);
    slong tail = 0;
    while (tr_tail(seeds - tail - 1, seeds) < 0.001) tail++;
    char *label[2] = {dp_format("exponent above %.3g in most runs (median %.2f), share", least, exponent[seeds / 2]), dp_format("exponent below %.3g in most runs (interval of the median, 99.8 %%: %.2f to %.2f), share", most, exponent[tail], exponent[seeds - 1 - tail])};
    const tr_part parts[2] = {{label[0], "p_least", above, above_open}, {label[1], "p_most", below, below_open}};
    tr_decide(c, parts, most < 100 ? 2 : 1, seeds);
    free(label[0]), free(label[1]), free(exponent);
}

/* Times of one seed at all ratios. */
static int times(double *T, const setting *s, const dp_param *ratios, slong seed)
{
    for (slong k = 0; k < ratios->cols && !dp_check_stopped(s->c); k++) {
        T[k] = (double) steps(s, ratios->value + k, seed);
        if (T[k] == 0) dp_give_up(s->c, DP_EINPUT, "seed %ld: the weights are not wrong at the start: more warm steps", (long) seed);
    }
    return !dp_check_stopped(s->c);
}

static void measure(const setting *s, const dp_param *ratios)
{
    const slong seeds = dr_integer(s->c, "seeds", 10);
    double T[RATIOS], r[RATIOS];
    range *known = dp_malloc((size_t) seeds * sizeof *known);
    for (slong k = 0; k < ratios->cols; k++) r[k] = dp_nearest_d(ratios->value + k);
    for (slong k = 0; k < seeds && !dp_check_stopped(s->c); k++)
        if (times(T, s, ratios, k)) known[k] = exponent_of(T, r, ratios->cols, (double) s->cap);
    if (!dp_check_stopped(s->c)) decide(s->c, known, seeds);
    free(known);
}

static int increasing(const dp_param *v)
{
    for (slong k = 1; k < v->cols; k++)
        if (fmpq_cmp(v->value + k - 1, v->value + k) >= 0) return 0;
    return 1;
}

/* The two Gaussians of p and q are the same, from left to right. */
static int same_places(const dp_problem *P)
{
    int same = fmpq_cmp(DP_MEAN(P->p, 0, 0), DP_MEAN(P->p, 1, 0)) < 0;
    for (slong j = 0; j < 2; j++) same = same && fmpq_equal(DP_MEAN(P->p, j, 0), DP_MEAN(P->q, j, 0)) && fmpq_equal(P->p->cov + j, P->q->cov + j);
    return same;
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *ratios = dp_check_param(c, "ratios");
    setting s = {.c = c, .cap = dr_integer(c, "cap", 20000), .stride = dr_integer(c, "stride", 5)};
    if (P->dim != 1 || P->p->family != DP_MIXTURE || P->p->n != 2 || P->q->family != DP_MIXTURE || P->q->n != 2 || !ratios || ratios->cols < 2 || ratios->cols > RATIOS || !increasing(ratios) || !same_places(P) || dr_integer(c, "seeds", 10) < 10) {
        dp_give_up(c, DP_EINPUT, "needs p and q with the same two Gaussians on the line, with other weights, the left one first, two to %d increasing ratios, and 10 seeds or more", RATIOS);
        return;
    }
    fmpq_init(s.D);
    fmpq_sub(s.D, DP_MEAN(P->p, 1, 0), DP_MEAN(P->p, 0, 0));
    s.middle = (dp_nearest_d(DP_MEAN(P->p, 0, 0)) + dp_nearest_d(DP_MEAN(P->p, 1, 0))) / 2, s.right = dp_nearest_d(DP_WEIGHT(P->p, 1));
    char *w[2] = {fmpq_get_str(NULL, 10, DP_WEIGHT(P->q, 0)), fmpq_get_str(NULL, 10, DP_WEIGHT(P->q, 1))};
    s.first = dp_format("p.mixture.0.weight=%s", w[0]), s.second = dp_format("p.mixture.1.weight=%s", w[1]);
    measure(&s, ratios);
    free(s.first), free(s.second), flint_free(w[0]), flint_free(w[1]), fmpq_clear(s.D);
}

static const dp_param_spec params[] = {
    {"drift", DP_PARAM_WORD, NULL, "the drift, in place of the case's; default mean-shift"},
    {"ratios", DP_PARAM_VECTOR, NULL, "two to eight increasing values of D/h; D stays, h changes"},
    {"least", DP_PARAM_RATIONAL, NULL, "what the exponent is claimed to be above; default 1/2"},
    {"most", DP_PARAM_RATIONAL, NULL, "and below; 100 or more: no such claim; default 3/2"},
    {"seeds", DP_PARAM_INTEGER, NULL, "runs for each ratio; default 10"},
    {"warm", DP_PARAM_INTEGER, NULL, "steps that make the start; default 1000"},
    {"cap", DP_PARAM_INTEGER, NULL, "steps at most; default 20000"},
    {"stride", DP_PARAM_INTEGER, NULL, "steps between two looks; default 5"},
    {0}};
static const char *const twins[] = {"steeper", NULL};
DP_CLAIM(training_rebalancing) = {
    .id = "training-rebalancing",
    .title = "The time to mend the weights of two far modes grows as the drift at the modes shrinks, where no sample lies between them",
    .equations = "(43), (44), (45), (46)",
    .kind = "STAT",
    .source = "Gretton et al. 2605.05118, Section 3.3; the smoothed KL's exponent derived here",
    .method = "A generator is trained to the wrong weights, then on; steps until half of the error in the weights is gone, over seeds and bandwidths; the exponent is the slope of log time against (D/h)^2/2 of each seed, bracketed by exact sign tests.",
    .params = params, .twins = twins, .run = run};
