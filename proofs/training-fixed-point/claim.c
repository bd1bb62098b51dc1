/* SPDX-License-Identifier: GPL-3.0-or-later */
/* training-fixed-point: at the end of training, the drift (or the MMD) of fresh samples against fresh data, over what data against data give: is the fixed point reached, and is it p = q? */
#include "../training.h"

typedef enum { FIELD, MMD } what;

/* Mean of |V|^2 over x, or half the squared MMD (V statistic) with `scale` times the bandwidth. */
static dp_status statistic(double *out, tr_t *r, what of, double scale, const double *x, const double *y, size_t N, double *v, dp_error *e)
{
    dp_sample s;
    arf_t a;
    fmpq_t t;
    *out = 0;
    if (of == FIELD) {
        const dp_status status = dp_trainer_velocity(v, r->a, x, N, y, N, dp_trainer_step(r->a), e);
        for (size_t i = 0; i < N * r->d; i++) *out += v[i] * v[i] / (double) N;
        return status;
    }
    dp_trainer_sample(&s, r->a, x, N, y, N, dp_trainer_step(r->a));
    dp_kernel_part part = {.family = s.part->family};
    fmpq_init(&part.weight), fmpq_init(&part.bandwidth), fmpq_init(t), arf_init(a);
    arf_set_d(a, scale), arf_get_fmpq(t, a);
    fmpq_one(&part.weight), fmpq_mul(&part.bandwidth, &s.part->bandwidth, t);
    s.part = &part, s.single = 0, s.leave_out = 0, s.iterations = -1;
    const dp_status status = dp_energy_sample(out, &(dp_drifted) {.v = NULL}, &s, "mmd2", e);
    fmpq_clear(&part.weight), fmpq_clear(&part.bandwidth), fmpq_clear(t), arf_clear(a);
    return status;
}

/* log of the ratio of means, samples against data over data against data, and its standard error; sets are independent. */
static int ratio(double *log_ratio, double *error, tr_t *r, what of, double scale, size_t N, slong sets)
{
    const size_t d = r->d;
    double *x = dp_malloc(5 * N * d * sizeof *x), *y = x + N * d, *y2 = y + N * d, *y3 = y2 + N * d, *v = y3 + N * d, *t = dp_malloc((size_t) (2 * sets) * sizeof *t), m[2], s[2];
    dp_error e = {DP_OK, ""};
    int ok = 1;
    for (slong k = 0; k < sets && ok; k++) {
        tr_fresh(x, y, r, N, 3 * k);
        tr_fresh(v, y2, r, N, 3 * k + 1), tr_fresh(v, y3, r, N, 3 * k + 2);
        ok = !dp_check_failed(r->c, statistic(t + k, r, of, scale, x, y, N, v, &e), &e) && !dp_check_failed(r->c, statistic(t + sets + k, r, of, scale, y2, y3, N, v, &e), &e);
    }
    for (int k = 0; k < 2; k++) tr_mean(m + k, s + k, t + k * sets, sets);
    *log_ratio = log(m[0] / m[1]), *error = sqrt(s[0] * s[0] / (m[0] * m[0]) + s[1] * s[1] / (m[1] * m[1]));
    free(x), free(t);
    return ok;
}

/* of: what is measured, in words, for the labels. */
static void decide(tr_t *r, const char *of, double start, double start_error, double end, double end_error)
{
    const double margin = log(tr_real(r->c, "margin", 2));
    dr_let(r->c, "start", start), dr_let(r->c, "start_error", start_error), dr_let(r->c, "end", end), dr_let(r->c, "end_error", end_error), dr_let(r->c, "margin", margin);
    if (fabs(start - margin) < 3.29 * start_error) {
        dp_give_up(r->c, DP_EUNSUPPORTED, "the ratio to the floor at the start is %.3g, between %.3g and %.3g: on both sides of the margin; more sets needed", exp(start), exp(start - 3.29 * start_error), exp(start + 3.29 * start_error));
        return;
    }
    if (fabs(end - margin) < 3.29 * end_error) {
        dp_give_up(r->c, DP_EUNSUPPORTED, "the ratio to the floor is %.3g, between %.3g and %.3g: on both sides of the margin; more sets needed", exp(end), exp(end - 3.29 * end_error), exp(end + 3.29 * end_error));
        return;
    }
    char *first = dp_format("log of %s over its floor, beyond the margin at the start", of), *last = dp_format("log of %s over its floor, below the margin at the end", of);
    tr_assert(r->c, first, start, start_error, "start - 3.29*start_error > margin");
    tr_assert(r->c, last, end, end_error, "end + 3.29*end_error < margin");
    free(first), free(last);
}

static void run(dp_check *c)
{
    const dp_param *of = dp_check_param(c, "measure");
    const size_t N = (size_t) dr_integer(c, "n", 64);
    const slong sets = dr_integer(c, "sets", 160);
    const what which = of && !strcmp(of->word, "mmd") ? MMD : FIELD;
    const double scale = tr_real(c, "scale", 1);
    char *drift = tr_set(c, "train.drift.name", "drift", "mean-shift");
    const char *set[] = {drift};
    double start, start_error, end, end_error;
    tr_t r;
    if (tr_open(&r, c, set, 1) && tr_fresh_fits(&r)) {
        if (sets < 30 || N < 4) dp_give_up(c, DP_EINPUT, "needs 30 sets or more of 4 points or more");
        else if (ratio(&start, &start_error, &r, which, scale, N, sets) && (dp_check_twin(c, "untrained") || tr_train(&r, r.t->steps)) && ratio(&end, &end_error, &r, which, scale, N, sets)) {
            char *name = which == MMD ? dp_format("MMD^2 (%.3g h, N = %ld)", scale, (long) N) : dp_format("E|V|^2 (N = %ld)", (long) N);
            decide(&r, name, start, start_error, end, end_error);
            free(name);
        }
    }
    free(drift);
    tr_close(&r);
}

static const dp_param_spec params[] = {
    {"drift", DP_PARAM_WORD, NULL, "the drift, in place of the case's; default mean-shift"},
    {"measure", DP_PARAM_WORD, "field|mmd", "what is compared with its floor: the mean of |V|^2, or half the squared MMD; default field"},
    {"scale", DP_PARAM_RATIONAL, NULL, "mmd: the bandwidth over that of the case; default 1"},
    {"n", DP_PARAM_INTEGER, NULL, "points of a set; default 64"},
    {"sets", DP_PARAM_INTEGER, NULL, "fresh sets; default 160"},
    {"margin", DP_PARAM_RATIONAL, NULL, "how much above 1 a ratio may be; default 2"},
    {0}};
static const char *const twins[] = {"untrained", NULL};
DP_CLAIM(training_fixed_point) = {
    .id = "training-fixed-point",
    .title = "At the end of training the drift of fresh samples is no larger than that of data against data",
    .equations = "(1), (14), (23), (30), (46), (52)",
    .kind = "STAT",
    .source = "Deng et al. 2602.04770 (equilibrium at p = q); Gretton et al. 2605.05118; the test derived here",
    .method = "Mean of |V|^2, or MMD^2, of fresh samples against fresh data, over the same of data against further data, before and after training; an equivalence test on the ratio of means with a stated margin.",
    .params = params, .twins = twins, .run = run};
