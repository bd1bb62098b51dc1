/* SPDX-License-Identifier: GPL-3.0-or-later */
/* training-surrogate-gradient: (47) at checkpoints of a network: the gradient of the drifted loss is that of the energy, parameter by parameter, in balls; and the trainer's doubles beside it. */
#include "../training-energy.h"

/* Samples as inputs at the recorded doubles: their velocities pull on the network, their energy moves with its tangents. at: number of the checkpoint.
   net: the network on its tape (parameters from theta on, samples x); own: the energy `value` of samples at inputs X. */
typedef struct { tr_t r; dp_check *c; dp_tape *net, *own; slong at, theta, value, *x, *X; arb_ptr v; dp_line_mixture_t p; int smoothed; } setting;

/* The recorded velocity in balls: the library's drift of the recorded doubles. */
static int velocity(setting *s)
{
    tr_t *r = &s->r;
    dp_sample d;
    dp_error e = {DP_OK, ""};
    if (dp_check_twin(s->c, "stale")) dp_trainer_batch(NULL, r->y, r->a, dp_trainer_step(r->a) + 1);
    dp_trainer_sample(&d, r->a, r->x, r->n, r->y, r->m, dp_trainer_step(r->a));
    const dp_status status = dp_drift_sample_ball(s->v, dp_check_twin(s->c, "mean-shift") ? "mean-shift" : r->t->drift, &d, dp_check_prec(s->c) * 3 / 10 + 5, &e);
    if (dp_check_twin(s->c, "stale")) dp_trainer_batch(NULL, r->y, r->a, dp_trainer_step(r->a));
    return !dp_check_failed(s->c, status, &e);
}

static void network(setting *s)
{
    dp_error e = {DP_OK, ""};
    mag_t worst, t;
    arb_t off;
    mag_init(worst), mag_init(t), arb_init(off);
    s->net = dp_tape_new(dp_check_prec(s->c) + 60);
    if (!dp_check_failed(s->c, dp_trainer_tape(&s->theta, s->x, s->net, s->r.a, s->r.z, s->r.n, &e), &e))
        for (size_t i = 0; i < s->r.n * s->r.d; i++) {
            arb_set_d(off, s->r.x[i]);
            arb_sub(off, off, s->net->value + s->x[i], 64);
            arb_get_mag(t, off), mag_max(worst, worst, t);
        }
    dp_ledger(s->c, "rounding of the network's samples", worst);
    mag_clear(worst), mag_clear(t), arb_clear(off);
}

/* The energy of the recorded samples on its own tape; smoothed-kl: an integral, below. */
static int energy(setting *s)
{
    tr_t *r = &s->r;
    const slong count = (slong) (r->n * r->d), data = (slong) (r->m * r->d);
    slong *y = dp_malloc((size_t) data * sizeof *y);
    dp_sample d;
    arb_t h;
    arb_init(h);
    dp_tape *T = s->own = dp_tape_new(dp_check_prec(s->c) + 200);
    for (slong i = 0; i < count; i++) s->X[i] = dp_tape_double(T, r->x[i]);
    for (slong i = 0; i < data; i++) y[i] = dp_tape_double(T, r->y[i]);
    dp_trainer_sample(&d, r->a, r->x, r->n, r->y, r->m, dp_trainer_step(r->a));
    arb_set_fmpq(h, &d.part->bandwidth, T->prec);
    const te_t E = {T, s->X, y, (slong) r->n, (slong) r->m, (slong) r->d, dp_tape_arb(T, h)};
    if (!strcmp(r->t->drift, "mmd")) s->value = te_mmd2(&E);
    else if (!strcmp(r->t->drift, "sinkhorn")) s->value = te_sinkhorn(&E, dr_integer(s->c, "sweeps", 60));
    else if (!strcmp(r->t->drift, "sliced-wasserstein")) s->value = te_sliced(&E, d.direction, (slong) d.ndirections);
    if (s->value < 0) dp_give_up(s->c, DP_EUNSUPPORTED, "projections of two samples coincide, or there are not as many data as samples");
    free(y), arb_clear(h);
    return !dp_check_stopped(s->c);
}

/* A sample under the trainer's kernel, whose h is the nearest double. */
static void smoothed(dp_line_mixture_t u, setting *s, const double *x, slong n, arb_srcptr tangent, const slong *at)
{
    dp_sample d;
    dp_trainer_sample(&d, s->r.a, s->r.x, s->r.n, s->r.y, s->r.m, 0);
    te_smoothed(u, s->c, &d.part->bandwidth, x, n, tangent, at);
}

/* d/dt KL(k*q || k*p) as the samples move with the given tangents, by dual numbers under the integral. */
static void smoothed_rate(arb_t out, setting *s, arb_srcptr tangent)
{
    dp_line_mixture_t u;
    dp_error e = {DP_OK, ""};
    smoothed(u, s, s->r.x, (slong) s->r.n, tangent, s->x);
    dp_check_failed(s->c, dp_line_kl(out, u, s->p, 1, dp_check_prec(s->c) + 20, dp_check_prec(s->c) + 60, &e), &e);
    dp_line_mixture_clear(u);
}

/* Parameter k: dL_k = sum_i <c_i, df_i/dtheta_k> by the network's reverse pass, and again from its tangents; dF_k from the tangents through the energy, and again by its reverse pass. */
static void parameter(setting *s, slong k, arb_srcptr slope)
{
    dp_check *c = s->c;
    const slong count = (slong) (s->r.n * s->r.d);
    arb_t a;
    arb_init(a);
    _arb_vec_zero(s->net->tangent, s->net->n);
    arb_one(s->net->tangent + s->theta + k);
    dp_tape_forward(s->net, s->theta);
    dp_let(c, dp_name("dL", s->at, k), s->net->adjoint + s->theta + k, "reverse-mode");
    for (slong i = 0; i < count; i++) arb_addmul(a, slope + i, s->net->tangent + s->x[i], s->net->prec);
    dp_let_second(c, dp_name("dL", s->at, k), a, "forward-mode");
    if (!strcmp(s->r.t->drift, "sinkhorn")) dp_let(c, dp_name("pulled", s->at, k), a, "forward-mode");
    if (s->smoothed) smoothed_rate(a, s, s->net->tangent);
    else {
        for (slong i = 0; i < count; i++) arb_set(s->own->tangent + s->X[i], s->net->tangent + s->x[i]);
        dp_tape_forward(s->own, 0);
        arb_set(a, s->own->tangent + s->value);
    }
    dp_let(c, dp_name("dF", s->at, k), a, s->smoothed ? "acb_calc_integrate" : "forward-mode");
    if (!s->smoothed) {
        arb_zero(a);
        for (slong i = 0; i < count; i++) arb_addmul(a, s->own->adjoint + s->X[i], s->net->tangent + s->x[i], s->net->prec);
        dp_let_second(c, dp_name("dF", s->at, k), a, "reverse-mode");
    }
    arb_clear(a);
}

/* (47), by the parameter: to all digits, or, where the energy is that of unrolled sweeps, to 10^-20. */
static void relation(setting *s, slong k)
{
    const char *sign = dp_check_twin(s->c, "sign") ? "-" : "", *how = !strcmp(s->r.t->drift, "sinkhorn") ? "abs(dL_%ld_%ld - (%sfactor*dF_%ld_%ld)) < 1/10^20" : "dL_%ld_%ld == %sfactor*dF_%ld_%ld";
    char *text = dp_format(how, (long) s->at, (long) k, sign, (long) s->at, (long) k), *label = dp_format("(47), %s: parameter %ld at step %ld", s->r.t->drift, (long) k, (long) dp_trainer_step(s->r.a));
    dp_assert(s->c, label, text);
    free(text), free(label);
    if (strcmp(s->r.t->drift, "sinkhorn")) return;
    text = dp_format("dL_%ld_%ld == pulled_%ld_%ld", (long) s->at, (long) k, (long) s->at, (long) k);
    dp_assert(s->c, "(104), by the tangents of the network", text);
    free(text);
}

/* The trainer's gradient g, as it stands in its doubles, against dL: relative error and cosine. */
static void doubles(setting *s)
{
    double loss, rms, *g = dp_malloc(s->r.P * sizeof *g);
    const slong P = (slong) s->r.P;
    dp_error e = {DP_OK, ""};
    if (!dp_check_failed(s->c, dp_trainer_gradient(&loss, &rms, s->r.a, &e), &e)) {
        dp_trainer_get(g, s->r.a, DP_STATE_GRADIENT);
        for (slong k = 0; k < P; k++) tr_let_double(s->c, dp_name("g", s->at, k), g[k]);
        char *term[3] = {dp_format("(g_%ld_# - dL_%ld_#)^2", (long) s->at, (long) s->at), dp_format("dL_%ld_#^2", (long) s->at), dp_format("g_%ld_#*dL_%ld_#", (long) s->at, (long) s->at)};
        static const char *const name[] = {"error", "size", "dot"};
        for (int i = 0; i < 3; i++) {
            char *sum = dp_sum_text(P, term[i]);
            dp_def(s->c, dp_name(name[i], s->at, -1), sum);
            free(sum), free(term[i]);
        }
        char *small = dp_format("error_%ld < bound^2*size_%ld", (long) s->at, (long) s->at), *angle = dp_format("dot_%ld > (1 - bound)*size_%ld", (long) s->at, (long) s->at);
        dp_assert(s->c, "the trainer's gradient in doubles, relative error", small);
        dp_assert(s->c, "and its component along the exact one", angle);
        free(small), free(angle);
    }
    free(g);
}

/* The checkpoint as it stands. */
static void checkpoint(setting *s)
{
    tr_t *r = &s->r;
    const slong count = (slong) (r->n * r->d), P = (slong) r->P;
    arb_ptr slope = _arb_vec_init(count);
    s->v = _arb_vec_init(count), s->x = dp_malloc((size_t) count * sizeof *s->x), s->X = dp_malloc((size_t) count * sizeof *s->X);
    s->net = s->own = NULL, s->value = -1, s->smoothed = !strcmp(r->t->drift, "smoothed-kl");
    if (velocity(s)) network(s);
    if (s->smoothed) smoothed(s->p, s, r->y, (slong) r->m, NULL, NULL);
    if (!dp_check_stopped(s->c) && (s->smoothed || energy(s))) {
        for (slong i = 0; i < count; i++) { /* -2 c gamma V, c = 1/n or 1/(n d) */
            arb_set_d(slope + i, r->t->gamma);
            arb_mul_si(slope + i, slope + i, -2, 64);
            arb_mul(slope + i, slope + i, s->v + i, s->net->prec);
            arb_div_ui(slope + i, slope + i, r->t->loss ? (ulong) count : (ulong) r->n, s->net->prec);
        }
        dp_tape_pull(s->net, s->x, slope, count);
        if (!s->smoothed) dp_tape_reverse(s->own, s->value);
        for (slong k = 0; k < P && !dp_check_stopped(s->c); k++) parameter(s, k, slope);
        for (slong k = 0; k < P && !dp_check_stopped(s->c); k++) relation(s, k);
        if (!dp_check_stopped(s->c)) doubles(s);
    }
    if (s->smoothed) dp_line_mixture_clear(s->p);
    dp_tape_free(s->net), dp_tape_free(s->own);
    _arb_vec_clear(slope, count), _arb_vec_clear(s->v, count), free(s->x), free(s->X);
}

/* 0, told, where the run is not one that the claim is about. */
static int fits(const tr_t *r)
{
    const dp_train *t = r->t;
    const int known = !strcmp(t->drift, "mmd") || !strcmp(t->drift, "sinkhorn") || !strcmp(t->drift, "sliced-wasserstein") || !strcmp(t->drift, "smoothed-kl");
    if (known && t->precision == 1 && !t->differentiate && !t->nbandwidths && t->schedule == DP_BANDWIDTH_CONSTANT && t->P->kernel == DP_KERNEL_GAUSSIAN && (r->d == 1 || strcmp(t->drift, "smoothed-kl"))
        && (strcmp(t->drift, "sinkhorn") || t->iterations == -1))
        return 1;
    dp_give_up(r->c, DP_EINPUT, "needs mmd, sinkhorn (converged), sliced-wasserstein or, on a line, smoothed-kl, the Gaussian kernel, a constant bandwidth, precision double, and the usual loss");
    return 0;
}

static void run(dp_check *c)
{
    const dp_param *steps = dp_check_param(c, "checkpoints");
    setting s = {.c = c};
    char *drift = tr_set(c, "train.drift.name", "drift", "mmd");
    const char *sets[] = {drift};
    if (tr_open(&s.r, c, sets, 1) && fits(&s.r)) {
        fmpq_t factor, t;
        fmpq_init(factor), fmpq_init(t);
        fmpq_set_si(factor, dp_check_twin(c, "half") ? 1 : 2, s.r.t->loss ? (ulong) s.r.d : 1);
        arf_t a;
        arf_init(a), arf_set_d(a, s.r.t->gamma), arf_get_fmpq(t, a), arf_clear(a);
        fmpq_mul(factor, factor, t);
        dp_let_q(c, "factor", factor);
        fmpq_set_si(t, 1, 10000000000000);
        dp_let_q(c, "bound", t);
        fmpq_clear(factor), fmpq_clear(t);
        for (s.at = 0; s.at < (steps ? steps->cols : 1) && !dp_check_stopped(c); s.at++)
            if (tr_train(&s.r, steps ? fmpz_get_si(fmpq_numref(steps->value + s.at)) : 0)) checkpoint(&s);
    }
    free(drift);
    tr_close(&s.r);
}

static const dp_param_spec params[] = {
    {"drift", DP_PARAM_WORD, "mmd|sinkhorn|sliced-wasserstein|smoothed-kl", "the drift, in place of the case's; default mmd"},
    {"checkpoints", DP_PARAM_VECTOR, NULL, "steps at which the identity is checked, increasing; default 0"},
    {"sweeps", DP_PARAM_INTEGER, NULL, "sinkhorn: unrolled sweeps of the energy; default 60"},
    {0}};
static const char *const twins[] = {"sign", "half", "mean-shift", "stale", NULL};
DP_CLAIM(training_surrogate_gradient) = {
    .id = "training-surrogate-gradient",
    .title = "At checkpoints of a trained network the gradient of the drifted loss is that of the energy, parameter by parameter",
    .equations = "(1), (46), (47), (52), (53), (59), (104)",
    .kind = "EQ",
    .source = "Gretton et al. 2605.05118, surrogate-gradient identity (47), for networks and batches",
    .method = "Left: the library's drift of the recorded batch in balls, pulled through the network in balls by its reverse pass. Right: the energy of the batch written out without a velocity, differentiated "
              "forward through network and energy. The trainer's own gradient is compared with both.",
    .params = params, .twins = twins, .run = run};
