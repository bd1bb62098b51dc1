/* SPDX-License-Identifier: GPL-3.0-or-later */
/* training-dissipation: an energy of the batch along single steps of training, in balls on the recorded doubles: it falls (or rises), by -E<V, dx> with V its own flow. */
#include "../training-energy.h"
#include "../training-scaling.h"

typedef enum { MMD2, SMOOTHED_KL, SINKHORN } kind;
static const char *const names[] = {"mmd2", "smoothed-kl", "sinkhorn"}, *const flows[] = {"mmd", "smoothed-kl", "sinkhorn"}, *const titles[] = {"half MMD^2", "smoothed KL", "Sinkhorn divergence"};
enum { SWEEPS = 400 };

/* One step of training: weights before and after, the samples of both. */
typedef struct { tr_t r; dp_check *c; slong s; kind F; double *w[2], *x[2]; fmpq_t h; double cosine; } setting;

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

/* The part of y alone. */
static void mmd_data(arb_t out, const setting *s)
{
    dp_tape *T = dp_tape_new(dp_check_prec(s->c) + 60);
    slong *y = dp_malloc(s->r.m * s->r.d * sizeof *y);
    arb_t h;
    arb_init(h);
    arb_set_fmpq(h, s->h, T->prec);
    for (size_t i = 0; i < s->r.m * s->r.d; i++) y[i] = dp_tape_double(T, s->r.y[i]);
    const te_t E = {T, y, y, (slong) s->r.m, (slong) s->r.m, (slong) s->r.d, dp_tape_arb(T, h)};
    slong *K = te_kernel(&E, y, E.m, y, E.m);
    arb_set(out, T->value + te_over(&E, dp_tape_sum(T, K, E.m * E.m), 2 * E.m * E.m));
    free(K), free(y), dp_tape_free(T), arb_clear(h);
}

static void mmd_value(arb_t out, const setting *s, const double *x)
{
    slong f, *X = dp_malloc(s->r.n * s->r.d * sizeof *X);
    dp_tape *T = mmd_tape(&f, X, s, x);
    mmd_data(out, s), arb_add(out, out, T->value + f, T->prec);
    free(X), dp_tape_free(T);
}

static void mmd_rate(arb_t out, const setting *s, const double *x, arb_srcptr tangent, const slong *at)
{
    slong f, *X = dp_malloc(s->r.n * s->r.d * sizeof *X);
    dp_tape *T = mmd_tape(&f, X, s, x);
    for (size_t i = 0; i < s->r.n * s->r.d; i++) arb_set(T->tangent + X[i], tangent + at[i]);
    dp_tape_forward(T, 0);
    arb_set(out, T->tangent + f);
    free(X), dp_tape_free(T);
}

/* ---- Sinkhorn divergence ---- */

/* Transport between a and b at cost |a - b|^2/2 and regularisation h^2: its value, or its rate as a moves along tangents. */
static void transport(arb_t out, const setting *s, const double *a, size_t p, const double *b, size_t q, arb_srcptr tangent, const slong *at)
{
    ts_t T;
    arb_t h;
    arb_init(h);
    ts_init(&T, a, (slong) p, b, (slong) q, (slong) s->r.d, s->h, SWEEPS, dp_check_prec(s->c) + 60);
    if (at) ts_rate(out, &T, tangent, at);
    else arb_set_fmpq(h, s->h, T.prec), ts_value(out, &T), arb_mul(out, out, h, T.prec), arb_mul(out, out, h, T.prec);
    ts_clear(&T), arb_clear(h);
}

/* (59): the transport to y less half of those within x and within y. Within x both sides move, which makes two halves. */
static void sinkhorn(arb_t out, const setting *s, const double *x, arb_srcptr tangent, const slong *at)
{
    const slong prec = dp_check_prec(s->c) + 60;
    const size_t n = s->r.n, m = s->r.m;
    arb_t own, data;
    arb_init(own), arb_init(data);
    transport(out, s, x, n, s->r.y, m, tangent, at), transport(own, s, x, n, x, n, tangent, at);
    if (!at) transport(data, s, s->r.y, m, s->r.y, m, NULL, NULL), arb_add(own, own, data, prec), arb_mul_2exp_si(own, own, -1);
    arb_sub(out, out, own, prec);
    arb_clear(own), arb_clear(data);
}

/* ---- one step ---- */

/* The library's value. */
static void library(arb_t out, setting *s, const double *x)
{
    dp_sample d;
    dp_scalar_t v;
    dp_error e = {DP_OK, ""};
    dp_trainer_sample(&d, s->r.a, x, s->r.n, s->r.y, s->r.m, 0);
    d.leave_out = 0, d.iterations = -1;
    dp_scalar_init(v);
    if (!dp_check_failed(s->c, dp_energy_sample_ball(v, &d, names[s->F], dp_check_prec(s->c) * 3 / 10, &e), &e)) arb_set(out, v->value);
    dp_scalar_clear(v);
}

/* Written out here: the energy of the samples x, or its rate along tangents. */
static void own(arb_t out, setting *s, const double *x, arb_srcptr tangent, const slong *at)
{
    if (s->F == SMOOTHED_KL) smoothed_kl(out, s, x, tangent, at);
    else if (s->F == SINKHORN) sinkhorn(out, s, x, tangent, at);
    else if (at) mmd_rate(out, s, x, tangent, at);
    else mmd_value(out, s, x);
}

/* Leaf F<s>_<end> with two engines. */
static void value(setting *s, int end)
{
    static const char *const engine[] = {"tape", "acb_calc_integrate", "scaling"};
    const char *name = dp_name("F", s->s, end);
    arb_t v;
    arb_init(v);
    own(v, s, s->x[end], NULL, NULL);
    if (!dp_check_stopped(s->c)) dp_let(s->c, name, v, engine[s->F]);
    (s->F == SMOOTHED_KL ? mean_potential : library)(v, s, s->x[end]);
    if (!dp_check_stopped(s->c)) dp_let_second(s->c, name, v, "library");
    arb_clear(v);
}

/* Leaf D<s>_<end>: the energy's rate at one end of the step, along the change of weights: by the flow's velocity at the samples, and by the energy's own derivative. */
static void rate(setting *s, int end)
{
    tr_t *r = &s->r;
    const slong count = (slong) (r->n * r->d), prec = dp_check_prec(s->c) + 60;
    slong theta, *x = dp_malloc((size_t) count * sizeof *x);
    arb_ptr v = _arb_vec_init(count);
    arb_t d, moved, square;
    dp_sample p;
    dp_error e = {DP_OK, ""};
    dp_tape *T = dp_tape_new(prec);
    arb_init(d), arb_init(moved), arb_init(square);
    dp_trainer_set(r->a, DP_STATE_WEIGHTS, s->w[end]);
    dp_trainer_sample(&p, r->a, s->x[end], r->n, r->y, r->m, 0);
    p.leave_out = 0, p.iterations = -1;
    int ok = !dp_check_failed(s->c, dp_trainer_tape(&theta, x, T, r->a, r->z, r->n, &e), &e) && !dp_check_failed(s->c, dp_drift_sample_ball(v, flows[s->F], &p, dp_check_prec(s->c) * 3 / 10 + 3, &e), &e);
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
    if (ok) own(d, s, s->x[end], T->tangent, x);
    if (!dp_check_stopped(s->c)) dp_let_second(s->c, dp_name("D", s->s, end), d, "energy");
    _arb_vec_clear(v, count), free(x), dp_tape_free(T), arb_clear(d), arb_clear(moved), arb_clear(square);
}

static void decide(setting *s, slong step)
{
    const dp_param *goes = dp_check_param(s->c, "goes");
    const int up = (goes && !strcmp(goes->word, "up")) != dp_check_twin(s->c, "direction");
    const long n = (long) s->s;
    char *label = dp_format("step %ld, %s %s, cosine of V and dx", (long) step, titles[s->F], up ? "rises" : "falls"), *text = dp_format("F_%ld_1 %c F_%ld_0", n, up ? '>' : '<', n);
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
    const int plain = t->method == DP_METHOD_SGD && t->momentum == 0 && t->weight_decay == 0;
    if (plain && t->precision == 1 && t->batches == DP_BATCHES_FIXED && !t->nbandwidths && t->schedule == DP_BANDWIDTH_CONSTANT && t->P->kernel == DP_KERNEL_GAUSSIAN && (s->r.d == 1 || s->F != SMOOTHED_KL)) return 1;
    dp_give_up(s->c, DP_EINPUT, "needs sgd without momentum and decay, fixed batches, precision double, the Gaussian kernel, one constant bandwidth, and for smoothed-kl the line");
    return 0;
}

static void run(dp_check *c)
{
    const dp_param *energy = dp_check_param(c, "energy"), *steps = dp_check_param(c, "steps");
    setting s = {.c = c};
    while (energy && strcmp(energy->word, names[s.F])) s.F++;
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
    {"energy", DP_PARAM_WORD, "mmd2|smoothed-kl|sinkhorn", "the energy: half MMD^2 (default), KL(k*q || k*p) on a line, or the Sinkhorn divergence (59)"},
    {"goes", DP_PARAM_WORD, "down|up", "what the energy does in each of the steps; default down"},
    {"steps", DP_PARAM_VECTOR, NULL, "steps that are looked at, increasing; default 0"},
    {0}};
static const char *const twins[] = {"direction", "sign", NULL};
DP_CLAIM(training_dissipation) = {
    .id = "training-dissipation",
    .title = "Along small steps of training an energy of the batch changes by -E<V, dx>: it falls along its own flow, and can rise along another drift",
    .equations = "(4), (5), (6), (14), (24), (27), (46), (52), (59)",
    .kind = "INEQ",
    .source = "Gretton et al. 2605.05118, energy dissipation; Cao et al. 2603.10592 (descent of the smoothed KL); for networks derived here",
    .method = "The recorded weights before and after one step as exact doubles; energies of the recorded samples by two engines; rates along the change of weights by the velocity of the energy's flow and by the energy's own derivative.",
    .params = params, .twins = twins, .run = run};
