/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The surrogate-gradient identity (47), (104)-(108): the loss's gradient against the energy of q_theta differentiated in theta. */
#include <string.h>
#include "driftproof.h"

typedef enum { KL, SMOOTHED_KL, MMD } energy;
/* D: the case with q_theta in the place of q, where it is a measure of a case (model = 1); p: for kl. */
typedef struct { dp_check *c; dp_generator g; energy F; dp_problem *D; int model; slong bits, prec; dp_line_mixture_t p; } setting;

static const char *const drift_of[] = {"kl", "smoothed-kl", "mmd"};

static void let_result(setting *s, const char *stem, slong k, dp_status status, const arb_t v, const char *engine, const dp_error *e)
{
    if (!dp_check_failed(s->c, status, e))
        dp_let(s->c, dp_name(stem, k, -1), v, engine);
}

/* ---- the two sides, by noise and energy ---- */

static void atoms_mmd_rate(setting *s, slong k)
{
    const dp_problem *D = s->D;
    dp_signed_t rho;
    fmpq_t t;
    arb_t v;
    dp_error e = {DP_OK, ""};
    fmpq_init(t);
    arb_init(v);
    dp_signed_init(rho, 1, D->q->n + D->p->n);
    fmpq_one(t);
    dp_signed_put(rho, 0, D->q, t);
    fmpq_neg(t, t);
    dp_signed_put(rho, D->q->n, D->p, t);
    for (slong i = 0; i < s->g.atoms; i++) {
        fmpq_pow_si(t, s->g.at + i, k);
        arb_set_fmpq(rho->dot + i, t, s->prec);
    }
    let_result(s, "dF", k, dp_mmd2_half(NULL, v, rho, D->kernel, D->bandwidth, s->prec, &e), v, "dual-numbers", &e);
    dp_signed_clear(rho);
    fmpq_clear(t);
    arb_clear(v);
}

/* KL(q || p): both sides are integrals over the noise. */
static void kl_sides(setting *s)
{
    arb_t rate, pull;
    dp_error e = {DP_OK, ""};
    arb_init(rate);
    arb_init(pull);
    for (slong k = 0; k < s->g.n && !dp_check_stopped(s->c); k++) {
        dp_status status = dp_generator_kl(rate, pull, &s->g, k, s->p, s->bits, s->prec, &e);
        let_result(s, "dF", k, status, rate, "acb_calc_integrate", &e);
        let_result(s, "pull", k, status, pull, "acb_calc_integrate", &e);
    }
    arb_clear(rate);
    arb_clear(pull);
}

/* Affine generators: the V of these integrals at e = (x - theta_0)/theta_1 is that of the drift kl. */
static void at_point(dp_check *c, const dp_point *at, void *data)
{
    setting *s = data;
    fmpq_t e;
    arb_t v;
    fmpq_init(e);
    arb_init(v);
    fmpq_sub(e, at->q, s->g.theta);
    fmpq_div(e, e, s->g.theta + 1);
    dp_generator_kl_velocity(v, &s->g, s->p, e, s->prec);
    char *name = dp_format("%sv", at->prefix);
    dp_let(c, name, v, "closed-form");
    if (dp_let_velocity(c, at, "V", s->D, "kl", at->x, DP_ENGINE_AUTO, NULL))
        dp_assert_at(c, at, -1, -1, "velocity of the integrals and of the drift", "@v == @V_0");
    free(name);
    fmpq_clear(e);
    arb_clear(v);
}

/* Atoms: leaves w_i, e_i, f_i, V_i; dL_k as the derivative of (46). */
static void atoms_loss(setting *s)
{
    dp_problem *D = dp_problem_copy(s->D);
    int bare = dp_check_twin(s->c, "mean-shift");
    if (dp_check_twin(s->c, "swapped"))
        dp_problem_swap(D);
    dp_field_t f;
    arb_t x;
    dp_error e = {DP_OK, ""};
    arb_init(x);
    dp_field_init(f, 1);
    for (slong i = 0; i < s->g.atoms && !dp_check_stopped(s->c); i++) {
        arb_set_fmpq(x, DP_MEAN(s->D->q, i, 0), s->prec);
        dp_let_q(s->c, dp_name("w", i, -1), s->g.weight + i);
        dp_let_q(s->c, dp_name("e", i, -1), s->g.at + i);
        dp_let_q(s->c, dp_name("f", i, -1), DP_MEAN(s->D->q, i, 0));
        if (!dp_check_failed(s->c, dp_field_eval(f, D, bare ? "mean-shift" : drift_of[s->F], x, DP_ENGINE_AUTO, s->prec,
                                                 dp_check_workspace(s->c), &e), &e))
            dp_let(s->c, dp_name("V", i, -1), f->velocity, dp_engine_name(f->engine));
    }
    for (slong k = 0; k < s->g.n; k++) {
        char *term = k == 0 ? dp_format("2*w_#*(f_# - (f_# + gamma*V_#))") : dp_format("2*w_#*e_#^%ld*(f_# - (f_# + gamma*V_#))", (long) k);
        char *sum = dp_sum_text(s->g.atoms, term);
        dp_def(s->c, dp_name("dL", k, -1), sum);
        free(term);
        free(sum);
    }
    dp_field_clear(f);
    dp_problem_free(D);
    arb_clear(x);
}

/* dF_k for one coefficient where q_theta is a measure of a case */
static void model_rate(setting *s, slong k)
{
    arb_t v;
    dp_error e = {DP_OK, ""};
    arb_init(v);
    if (s->F == SMOOTHED_KL)
        let_result(s, "dF", k, dp_generator_smoothed_rate(v, &s->g, s->D, k, s->bits, s->prec, &e), v, "acb_calc_integrate", &e);
    else if (s->g.noise == DP_NOISE_ATOMS)
        atoms_mmd_rate(s, k);
    else {
        dp_generator_affine_mmd_rate(v, &s->g, s->D, k, s->prec);
        let_result(s, "dF", k, DP_OK, v, "dual-numbers", &e);
    }
    arb_clear(v);
}

static void affine_pull(setting *s)
{
    dp_problem *D = dp_problem_copy(s->D);
    arb_ptr out = _arb_vec_init(s->g.n);
    dp_error e = {DP_OK, ""};
    if (dp_check_twin(s->c, "swapped"))
        dp_problem_swap(D);
    dp_status status = dp_generator_affine_pull(out, &s->g, D, drift_of[s->F], s->bits, s->prec, dp_check_workspace(s->c), &e);
    for (slong k = 0; k < s->g.n; k++)
        let_result(s, "pull", k, status, out + k, "trapezoid-of-drift", &e);
    dp_problem_free(D);
    _arb_vec_clear(out, s->g.n);
}

static void uniform_mmd(setting *s)
{
    arb_ptr out = _arb_vec_init(s->g.n);
    dp_error e = {DP_OK, ""};
    dp_status status = dp_generator_mmd_rate(out, &s->g, s->D, s->bits, s->prec, &e);
    for (slong k = 0; k < s->g.n; k++)
        let_result(s, "dF", k, status, out + k, "tensor-gauss-legendre", &e);
    if (!dp_check_stopped(s->c))
        status = dp_generator_mmd_pull(out, &s->g, s->D, s->bits, s->prec, dp_check_workspace(s->c), &e);
    for (slong k = 0; k < s->g.n; k++)
        let_result(s, "pull", k, status, out + k, "nested-quadrature", &e);
    _arb_vec_clear(out, s->g.n);
}

/* ---- the claim ---- */

static void both_sides(setting *s)
{
    if (s->F == KL) {
        kl_sides(s);
        if (s->model)
            dp_each_point(s->c, at_point, s);
        return;
    }
    if (s->g.noise == DP_NOISE_UNIFORM) {
        uniform_mmd(s);
        return;
    }
    for (slong k = 0; k < s->g.n && !dp_check_stopped(s->c); k++)
        model_rate(s, k);
    if (!dp_check_stopped(s->c))
        (s->g.noise == DP_NOISE_ATOMS ? atoms_loss : affine_pull)(s);
}

static void compare(setting *s)
{
    fmpq_t factor;
    const char *sign = dp_check_twin(s->c, "sign") ? "-" : "";
    fmpq_init(factor);
    fmpq_set_si(factor, dp_check_twin(s->c, "half") ? 1 : 2, 1);
    if (dp_check_twin(s->c, "constant"))
        dp_spoil_for(s->c, factor);
    dp_let_q(s->c, "factor", factor);
    for (slong k = 0; k < s->g.n; k++) {
        char *pull = dp_format("-2*gamma*pull_%ld", (long) k), *relation = dp_format("dL_%ld == %sfactor*gamma*dF_%ld", (long) k, sign, (long) k);
        char *label = dp_format("(47): derivative in theta_%ld", (long) k);
        if (s->g.noise != DP_NOISE_ATOMS)
            dp_def(s->c, dp_name("dL", k, -1), pull);
        dp_assert(s->c, label, relation);
        free(pull);
        free(relation);
        free(label);
    }
    fmpq_clear(factor);
}

/* 0, told, when the energy, the noise and the generator do not go together. */
static int fits(const setting *s)
{
    const dp_problem *P = dp_check_problem(s->c);
    int gauss = P->p->family == DP_MIXTURE || (P->p->family == DP_ATOMS && s->F != KL), ok;
    if (P->dim != 1 || P->kernel != DP_KERNEL_GAUSSIAN || !gauss) {
        dp_give_up(s->c, DP_EINPUT, "this check is about the line, the Gaussian kernel, and p of atoms (not for kl) or Gaussians");
        return 0;
    }
    if (s->F == KL)
        ok = s->g.noise == DP_NOISE_NORMAL && dp_generator_increasing(&s->g);
    else
        ok = s->model || (s->F == MMD && s->g.noise == DP_NOISE_UNIFORM);
    int exchange = s->F != KL && s->g.noise != DP_NOISE_UNIFORM, bare = s->F != KL && s->g.noise == DP_NOISE_ATOMS;
    if ((dp_check_twin(s->c, "swapped") && !exchange) || (dp_check_twin(s->c, "mean-shift") && !bare)) {
        dp_give_up(s->c, DP_EINPUT, "this sabotage of the drift does not fit an energy and noise where no drift is asked, or not at atoms");
        return 0;
    }
    if (!ok)
        dp_give_up(s->c, DP_EINPUT, "this energy does not go with this noise and generator; see the hypotheses of the claim");
    return ok;
}

static void run(dp_check *c)
{
    const dp_param *word = dp_check_param(c, "energy"), *gamma = dp_check_param(c, "gamma");
    setting s = {.c = c, .bits = dp_check_prec(c), .prec = dp_check_prec(c) + 32};
    fmpq_t zero, one;
    s.F = word == NULL || strcmp(word->word, "kl") == 0 ? KL : strcmp(word->word, "mmd") == 0 ? MMD : SMOOTHED_KL;
    if (!dp_generator_read(&s.g, c))
        return;
    fmpq_init(zero);
    fmpq_init(one);
    fmpq_one(one);
    s.D = dp_problem_copy(dp_check_problem(c));
    s.model = dp_check_problem(c)->dim == 1 && dp_generator_model(s.D, &s.g);
    if (fits(&s)) {
        if (s.F == KL) {
            dp_line_mixture_of(s.p, s.D->p, zero);
            dp_line_mixture_prepare(s.p, 2, s.prec);
        }
        dp_let_q(c, "gamma", gamma == NULL ? one : gamma->value);
        both_sides(&s);
        if (!dp_check_stopped(c))
            compare(&s);
        if (s.F == KL)
            dp_line_mixture_clear(s.p);
    }
    dp_problem_free(s.D);
    fmpq_clear(zero);
    fmpq_clear(one);
}

static const dp_param_spec params[] = {
    DP_PARAM_AT, DP_PARAM_GENERATOR,
    {"energy", DP_PARAM_WORD, "kl|smoothed-kl|mmd", "the functional F; default kl"},
    {"gamma", DP_PARAM_RATIONAL, NULL, "step size of the loss (46); default 1"},
    {0}};
static const char *const twins[] = {"sign", "constant", "half", "swapped", "mean-shift", NULL};
DP_CLAIM(surrogate_gradient) = {
    .id = "surrogate-gradient",
    .title = "The gradient of the stop-gradient loss is 2 gamma times the gradient of the energy in the generator's parameters",
    .equations = "(1), (46), (47), (104), (105), (106), (107), (108)",
    .kind = "EQ",
    .source = "Gretton et al. 2605.05118, surrogate-gradient identity (47), proof (104)-(108)",
    .method = "Right: the energy of q_theta differentiated in theta by dual numbers, moved atoms or a change of variables, without the velocity. "
              "Left: the velocity at the samples times the generator's derivative, summed or integrated over the noise by other rules.",
    .params = params, .twins = twins, .run = run};
