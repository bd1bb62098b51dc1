/* SPDX-License-Identifier: GPL-3.0-or-later */
/* training-dissipation: an energy of the batch along single steps of training, in balls on the recorded doubles: it falls (or rises), by -E<V, dx> with V its own flow. */
#include "../training-energy.h"

/* One step of training: weights before and after, the samples of both; F: the energy's name of its flow. */
typedef struct { tr_t r; dp_check *c; slong s; int smoothed; double *w[2], *x[2]; fmpq_t h; double cosine; } setting;

static const char *flow(const setting *s) { return s->smoothed ? "smoothed-kl" : "mmd"; }

/* ---- smoothed KL on the line ---- */

/* KL(k*q || k*p), or its rate along tangents. */
static void smoothed_kl(arb_t out, setting *s, const double *x, arb_srcptr tangent, const slong *at)
{
    dp_line_mixture_t u, p;
    dp_error e = {DP_OK, ""};
    te_smoothed(u, s->c, s->h, x, (slong) s->r.n, tangent, at), te_smoothed(p, s->c, s->h, s->r.y, (slong) s->r.m, NULL, NULL);
    dp_check_failed(s->c, dp_line_kl(out, u, p, at != NULL, dp_check_prec(s->c) + 20, dp_check_prec(s->c) + 60, &e), &e);
    dp_line_mixture_clear(u), dp_line_mixture_clear(p);
}

/* The same value as the mean of the drift's potential, by the other engine. */
static void mean_potential(arb_t out, setting *s, const double *x)
{
    dp_sample d;
    dp_error e = {DP_OK, ""};
    dp_field_t f;
    arb_t at;
    dp_trainer_sample(&d, s->r.a, x, s->r.n, s->r.y, s->r.m, 0);
    d.iterations = -1;
    dp_problem *D = dp_sample_case(&d, "smoothed-kl", &e);
    arb_init(at), dp_field_init(f, 1), arb_zero(out);
    if (!D) dp_check_failed(s->c, e.status, &e);
    for (size_t i = 0; i < s->r.n && !dp_check_stopped(s->c); i++) {
        arb_set_d(at, x[i]);
        if (!dp_check_failed(s->c, dp_field_eval(f, D, "smoothed-kl", at, DP_ENGINE_QUADRATURE, 100, NULL, &e), &e)) arb_add(out, out, f->potential, 100);
    }
    arb_div_ui(out, out, (ulong) s->r.n, 100);
    if (D) dp_problem_free(D);
    arb_clear(at), dp_field_clear(f);
}

/* ---- half MMD^2 ---- */

/* On a tape of its own, without the part of y alone; X: where the samples stand. */
static dp_tape *mmd_tape(slong *value, slong *X, const setting *s, const double *x)
{
    const slong count = (slong) (s->r.n * s->r.d), data = (slong) (s->r.m * s->r.d);
    dp_tape *T = dp_tape_new(dp_check_prec(s->c) + 60);
    slong *y = dp_malloc((size_t) data * sizeof *y);
    arb_t h;
    arb_init(h);
    arb_set_fmpq(h, s->h, T->prec);
    for (slong i = 0; i < count; i++) X[i] = dp_tape_double(T, x[i]);
    for (slong i = 0; i < data; i++) y[i] = dp_tape_double(T, s->r.y[i]);
    const te_t E = {T, X, y, (slong) s->r.n, (slong) s->r.m, (slong) s->r.d, dp_tape_arb(T, h)};
    *value = te_mmd2(&E);
    free(y), arb_clear(h);
    return T;
}

/* The library's value less its part of y alone. */
static void mmd_library(arb_t out, setting *s, const double *x)
{
    dp_sample d;
    dp_scalar_t v;
    dp_error e = {DP_OK, ""};
    dp_trainer_sample(&d, s->r.a, x, s->r.n, s->r.y, s->r.m, 0);
    d.leave_out = 0, d.iterations = -1;
    dp_scalar_init(v);
    if (!dp_check_failed(s->c, dp_energy_sample_ball(v, &d, "mmd2", dp_check_prec(s->c) * 3 / 10, &e), &e)) arb_set(out, v->value);
    dp_tape *T = dp_tape_new(dp_check_prec(s->c) + 60);
    slong *y = dp_malloc(s->r.m * s->r.d * sizeof *y);
    arb_t h;
    arb_init(h);
    arb_set_fmpq(h, s->h, T->prec);
    for (size_t i = 0; i < s->r.m * s->r.d; i++) y[i] = dp_tape_double(T, s->r.y[i]);
    const te_t E = {T, y, y, (slong) s->r.m, (slong) s->r.m, (slong) s->r.d, dp_tape_arb(T, h)};
    slong *K = te_kernel(&E, y, E.m, y, E.m);
    arb_sub(out, out, T->value + te_over(&E, dp_tape_sum(T, K, E.m * E.m), 2 * E.m * E.m), T->prec);
    free(K), free(y), dp_tape_free(T), dp_scalar_clear(v), arb_clear(h);
}

/* ---- one step ---- */

/* Leaf F<s>_<end> with two engines. */
static void value(setting *s, int end)
{
    const char *name = dp_name("F", s->s, end);
    arb_t v;
    arb_init(v);
    if (s->smoothed) smoothed_kl(v, s, s->x[end], NULL, NULL);
    else {
        slong f, *X = dp_malloc(s->r.n * s->r.d * sizeof *X);
        dp_tape *T = mmd_tape(&f, X, s, s->x[end]);
        arb_set(v, T->value + f);
        free(X), dp_tape_free(T);
    }
    if (!dp_check_stopped(s->c)) dp_let(s->c, name, v, s->smoothed ? "acb_calc_integrate" : "tape");
    (s->smoothed ? mean_potential : mmd_library)(v, s, s->x[end]);
    if (!dp_check_stopped(s->c)) dp_let_second(s->c, name, v, "library");
    arb_clear(v);
}

/* Leaf D<s>_<end>: the energy's rate at one end of the step, along the change of weights: by the flow's velocity at the samples, and by the energy's own derivative. */
static void rate(setting *s, int end)
{
    tr_t *r = &s->r;
    const slong count = (slong) (r->n * r->d), prec = dp_check_prec(s->c) + 60;
    slong theta, f, *x = dp_malloc(2 * (size_t) count * sizeof *x), *X = x + count;
    arb_ptr v = _arb_vec_init(count);
    arb_t d, moved, square;
    dp_sample p;
    dp_error e = {DP_OK, ""};
    dp_tape *T = dp_tape_new(prec);
    arb_init(d), arb_init(moved), arb_init(square);
    dp_trainer_set(r->a, DP_STATE_WEIGHTS, s->w[end]);
    dp_trainer_sample(&p, r->a, s->x[end], r->n, r->y, r->m, 0);
    p.leave_out = 0, p.iterations = -1;
    int ok = !dp_check_failed(s->c, dp_trainer_tape(&theta, x, T, r->a, r->z, r->n, &e), &e) && !dp_check_failed(s->c, dp_drift_sample_ball(v, flow(s), &p, dp_check_prec(s->c) * 3 / 10 + 3, &e), &e);
    for (size_t k = 0; k < r->P && ok; k++) {
        arb_set_d(T->tangent + theta + (slong) k, s->w[1][k]);
        arb_set_d(d, s->w[0][k]);
        arb_sub(T->tangent + theta + (slong) k, T->tangent + theta + (slong) k, d, ARF_PREC_EXACT);
    }
    dp_tape_forward(T, theta);
    arb_zero(d);
    for (slong i = 0; i < count && ok; i++) {
        arb_submul(d, v + i, T->tangent + x[i], prec);
        arb_addmul(moved, T->tangent + x[i], T->tangent + x[i], prec), arb_addmul(square, v + i, v + i, prec);
    }
    arb_div_ui(d, d, (ulong) r->n, prec);
    if (ok) dp_let(s->c, dp_name("D", s->s, end), d, "velocity");
    arb_mul(moved, moved, square, prec), arb_sqrt(moved, moved, prec), arb_div_ui(moved, moved, (ulong) r->n, prec), arb_div(moved, d, moved, prec);
    if (end == 0) s->cosine = -arf_get_d(arb_midref(moved), ARF_RND_NEAR);
    if (ok && s->smoothed) smoothed_kl(d, s, s->x[end], T->tangent, x);
    else if (ok) {
        dp_tape *E = mmd_tape(&f, X, s, s->x[end]);
        for (slong i = 0; i < count; i++) arb_set(E->tangent + X[i], T->tangent + x[i]);
        dp_tape_forward(E, 0);
        arb_set(d, E->tangent + f);
        dp_tape_free(E);
    }
    if (!dp_check_stopped(s->c)) dp_let_second(s->c, dp_name("D", s->s, end), d, "energy");
    _arb_vec_clear(v, count), free(x), dp_tape_free(T), arb_clear(d), arb_clear(moved), arb_clear(square);
}

static void decide(setting *s, slong step)
{
    const dp_param *goes = dp_check_param(s->c, "goes");
    const int up = (goes && !strcmp(goes->word, "up")) != dp_check_twin(s->c, "direction");
    const long n = (long) s->s;
    char *label = dp_format("step %ld, %s %s, cosine of V and dx", (long) step, s->smoothed ? "smoothed KL" : "half MMD^2", up ? "rises" : "falls"), *text = dp_format("F_%ld_1 %c F_%ld_0", n, up ? '>' : '<', n);
    char *law = dp_format("abs(F_%ld_1 - F_%ld_0 %s (D_%ld_0 + D_%ld_1)/2) < bound*abs(F_%ld_1 - F_%ld_0)", n, n, dp_check_twin(s->c, "sign") ? "+" : "-", n, n, n, n);
    tr_assert(s->c, label, s->cosine, 0, text);
    dp_assert(s->c, "by -E<V, dx>, V the flow of the energy, dx what the step does to the samples", law);
    free(label), free(text), free(law);
}

static void one_step(setting *s, slong step)
{
    tr_t *r = &s->r;
    dp_error e = {DP_OK, ""};
    double loss, rms;
    if (!tr_train(r, step)) return;
    memcpy(s->x[0], r->x, r->n * r->d * sizeof *r->x);
    dp_trainer_get(s->w[0], r->a, DP_STATE_WEIGHTS);
    if (dp_check_failed(s->c, dp_trainer_gradient(&loss, &rms, r->a, &e), &e)) return;
    dp_trainer_update(r->a);
    dp_trainer_get(s->w[1], r->a, DP_STATE_WEIGHTS);
    dp_trainer_generate(s->x[1], r->a, r->z, r->n);
    for (int end = 0; end < 2 && !dp_check_stopped(s->c); end++) value(s, end);
    for (int end = 0; end < 2 && !dp_check_stopped(s->c); end++) rate(s, end);
    if (!dp_check_stopped(s->c)) decide(s, step);
}

static int fits(const setting *s)
{
    const dp_train *t = s->r.t;
    if (t->precision == 1 && t->batches == DP_BATCHES_FIXED && !t->nbandwidths && t->schedule == DP_BANDWIDTH_CONSTANT && t->P->kernel == DP_KERNEL_GAUSSIAN && (s->r.d == 1 || !s->smoothed)) return 1;
    dp_give_up(s->c, DP_EINPUT, "needs fixed batches, precision double, the Gaussian kernel, one constant bandwidth, and for smoothed-kl the line");
    return 0;
}

static void run(dp_check *c)
{
    const dp_param *energy = dp_check_param(c, "energy"), *steps = dp_check_param(c, "steps");
    setting s = {.c = c, .smoothed = energy && !strcmp(energy->word, "smoothed-kl")};
    char *drift = tr_set(c, "train.drift.name", "drift", "mmd");
    const char *set[] = {drift, "train.drift.iterations=converged"};
    fmpq_t bound;
    fmpq_init(s.h), fmpq_init(bound);
    if (tr_open(&s.r, c, set, 2) && fits(&s)) {
        dp_sample d;
        dp_trainer_sample(&d, s.r.a, s.r.x, s.r.n, s.r.y, s.r.m, 0);
        fmpq_set(s.h, &d.part->bandwidth);
        fmpq_set_si(bound, 1, 100);
        dp_let_q(c, "bound", bound);
        for (int i = 0; i < 2; i++) s.w[i] = dp_malloc(s.r.P * sizeof *s.w[i]), s.x[i] = dp_malloc(s.r.n * s.r.d * sizeof *s.x[i]);
        for (s.s = 0; s.s < (steps ? steps->cols : 1) && !dp_check_stopped(c); s.s++) one_step(&s, steps ? fmpz_get_si(fmpq_numref(steps->value + s.s)) : 0);
        for (int i = 0; i < 2; i++) free(s.w[i]), free(s.x[i]);
    }
    fmpq_clear(s.h), fmpq_clear(bound), free(drift);
    tr_close(&s.r);
}

static const dp_param_spec params[] = {
    {"drift", DP_PARAM_WORD, NULL, "the drift of training, in place of the case's; default mmd"},
    {"energy", DP_PARAM_WORD, "mmd2|smoothed-kl", "the energy: half MMD^2 (default), or KL(k*q || k*p) on a line"},
    {"goes", DP_PARAM_WORD, "down|up", "what the energy does in each of the steps; default down"},
    {"steps", DP_PARAM_VECTOR, NULL, "steps that are looked at, increasing; default 0"},
    {0}};
static const char *const twins[] = {"direction", "sign", NULL};
DP_CLAIM(training_dissipation) = {
    .id = "training-dissipation",
    .title = "Along small steps of training an energy of the batch changes by -E<V, dx>: it falls along its own flow, and can rise along another drift",
    .equations = "(4), (5), (6), (14), (24), (46), (52)",
    .kind = "INEQ",
    .source = "Gretton et al. 2605.05118, energy dissipation; Cao et al. 2603.10592 (descent of the smoothed KL); for networks derived here",
    .method = "The recorded weights before and after one step as exact doubles; energies of the recorded samples by two engines; rates along the change of weights by the velocity of the energy's flow and by the energy's own derivative.",
    .params = params, .twins = twins, .run = run};
