/* SPDX-License-Identifier: GPL-3.0-or-later */
/* training-collapse: runs that differentiate the loss through the field collapse, with a smaller loss; the same runs with stop-gradient do not. Counted over seeds. */
#include "../training.h"

/* At the end of a run: root mean square of samples about their mean over that of data, and the loss there; fresh points. */
typedef struct { double spread, loss; } outcome;

static double spread(const double *x, size_t n, size_t d)
{
    double all = 0;
    for (size_t k = 0; k < d; k++) {
        double s = 0, q = 0;
        for (size_t i = 0; i < n; i++) s += x[i * d + k] / (double) n;
        for (size_t i = 0; i < n; i++) q += (x[i * d + k] - s) * (x[i * d + k] - s) / (double) n;
        all += q;
    }
    return sqrt(all);
}

/* Affine generators of the line: W = start, b = 0. */
static int begin(tr_t *r)
{
    const dp_param *start = dp_check_param(r->c, "start");
    if (!start) return 1;
    if (r->P != 2) {
        dp_give_up(r->c, DP_EINPUT, "start: for an affine generator of the line with one noise: network: mlp, depth: 0");
        return 0;
    }
    const double w[2] = {tr_real(r->c, "start", 0), 0};
    dp_trainer_set(r->a, DP_STATE_WEIGHTS, w);
    return 1;
}

static int one_run(outcome *o, dp_check *c, slong seed, int stop)
{
    enum { N = 256 };
    char *set[] = {dp_format("train.seed=%ld", (long) seed), dp_format("train.drift.stop_gradient=%s", stop ? "true" : "false")};
    tr_t r;
    dp_error e = {DP_OK, ""};
    int ok = tr_open(&r, c, (const char *const *) set, 2) && tr_fresh_fits(&r) && begin(&r) && tr_train(&r, r.t->steps);
    if (ok) {
        double *x = dp_malloc(3 * N * r.d * sizeof *x), *y = x + N * r.d, *v = y + N * r.d;
        tr_fresh(x, y, &r, N, 0);
        o->spread = spread(x, N, r.d) / spread(y, N, r.d), o->loss = 0;
        ok = !dp_check_failed(c, dp_trainer_velocity(v, r.a, x, N, y, N, r.t->steps, &e), &e);
        for (size_t i = 0; i < N * r.d; i++) o->loss += v[i] * v[i] / N;
        free(x);
    }
    tr_close(&r);
    free(set[0]), free(set[1]);
    return ok;
}

static void run(dp_check *c)
{
    const slong runs = dr_integer(c, "runs", 12), first = dr_integer(c, "seed", 0);
    const dp_param *side = dp_check_param(c, "side");
    const int above = side && !strcmp(side->word, "above");
    const double threshold = tr_real(c, "threshold", 0.1);
    slong collapsed = 0, wide = 0, kept = 0, lower = 0;
    double worst = 0, least = INFINITY;
    outcome o[2];
    if (runs < 10) dp_give_up(c, DP_EINPUT, "needs 10 runs or more: fewer cannot reach the level of 0.1 %%");
    for (slong s = 0; s < runs && !dp_check_stopped(c); s++) {
        if (!one_run(o, c, first + s, 0) || !one_run(o + 1, c, first + s, 1)) return;
        if (dp_check_twin(c, "swapped")) {
            const outcome t = o[0];
            o[0] = o[1], o[1] = t;
        }
        collapsed += o[0].spread < threshold, wide += o[0].spread >= threshold, kept += o[1].spread >= threshold, lower += o[0].loss < o[1].loss;
        worst = fmax(worst, o[0].spread), least = fmin(least, o[1].spread);
    }
    if (dp_check_stopped(c)) return;
    dr_let(c, "collapsed", (double) collapsed), dr_let(c, "kept", (double) kept), dr_let(c, "lower", (double) lower), dr_let(c, "widest_without", worst), dr_let(c, "narrowest_with", least);
    const tr_part parts[3] = {
        {above ? "through the field, from beyond the threshold: most runs do not collapse, share of those that do not" : "through the field: most runs collapse, share", "p_collapsed", above ? wide : collapsed, 0},
        {"with stop-gradient: most runs do not collapse, share of those that do not", "p_kept", kept, 0},
        {"the run through the field has the smaller loss in most pairs, share", "p_lower", lower, 0}};
    tr_decide(c, parts, above ? 2 : 3, runs);
}

static const dp_param_spec params[] = {
    {"runs", DP_PARAM_INTEGER, NULL, "seeds; default 12"},
    {"seed", DP_PARAM_INTEGER, NULL, "the first seed; default 0"},
    {"start", DP_PARAM_RATIONAL, NULL, "affine generator x = s z of the line: s at the start; default: the initial weights of each seed"},
    {"side", DP_PARAM_WORD, "below|above", "of the threshold of stop-gradient-basin; above: no collapse is claimed; default below"},
    {"threshold", DP_PARAM_RATIONAL, NULL, "collapsed: spread of samples below this times that of data; default 1/10"},
    {0}};
static const char *const twins[] = {"swapped", NULL};
DP_CLAIM(training_collapse) = {
    .id = "training-collapse",
    .title = "Differentiated through the field, training collapses and its loss is smaller; with stop-gradient it does not",
    .equations = "(1), (14), (46)",
    .kind = "STAT",
    .source = "Turan and Ovsjanikov 2603.09936; Deng et al. 2602.04770 (stop-gradient); the basin: claim stop-gradient-basin",
    .method = "Pairs of runs with the same seed, with and without stop-gradient; collapsed runs, and pairs in which the collapsed run has the smaller loss, are counted; exact sign tests.",
    .params = params, .twins = twins, .run = run};
