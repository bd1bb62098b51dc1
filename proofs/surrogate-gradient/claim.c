/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The surrogate-gradient identity (47), (104)-(108): the loss's gradient against the energy of q_theta differentiated in theta. */
#include <string.h>
#include "driftproof.h"

typedef enum { KL, SMOOTHED_KL, MMD } energy;
/* D: the case with q_theta in the place of q, where it is a measure of a case (model = 1); k: the coefficient looked at. */
typedef struct { dp_check *c; dp_generator g; energy F; dp_problem *D; int model; slong k, bits, prec; dp_line_mixture_t p; } setting;

static const char *const drift_of[] = {"kl", "smoothed-kl", "mmd"};

static void let_result(setting *s, const char *stem, slong k, dp_status status, const arb_t v, const char *engine, const dp_error *e)
{
    if (!dp_check_failed(s->c, status, e))
        dp_let(s->c, dp_name(stem, k, -1), v, engine);
}

/* ---- right side for q_theta that is a measure of a case: moved atoms, or moved mean and variance ---- */

/* u = q_theta blurred by h^2, with its tangent in theta_k */
static void moved(dp_line_mixture_t u, const setting *s, const fmpq_t h2, slong k)
{
    fmpq_t t;
    fmpq_init(t);
    dp_line_mixture_of(u, s->D->q, h2);
    if (s->g.noise == DP_NOISE_ATOMS)
        for (slong i = 0; i < s->g.atoms; i++) {
            fmpq_pow_si(t, s->g.at + i, k);
            arb_set_fmpq(u->mean_dot + i, t, s->prec);
        }
    else if (k == 0)
        arb_one(u->mean_dot);
    else {
        arb_set_fmpq(u->var_dot, s->g.theta + 1, s->prec);
        arb_mul_2exp_si(u->var_dot, u->var_dot, 1);
    }
    dp_line_mixture_prepare(u, 2, s->prec);
    fmpq_clear(t);
}

static void smoothed_rate(setting *s, slong k)
{
    dp_line_mixture_t u, p;
    fmpq_t h2;
    arb_t v;
    dp_error e = {DP_OK, ""};
    fmpq_init(h2);
    arb_init(v);
    fmpq_mul(h2, s->D->bandwidth, s->D->bandwidth);
    moved(u, s, h2, k);
    dp_line_mixture_of(p, s->D->p, h2);
    dp_line_mixture_prepare(p, 2, s->prec);
    let_result(s, "dF", k, dp_line_kl(v, u, p, 1, s->bits, s->prec, &e), v, "acb_calc_integrate", &e);
    dp_line_mixture_clear(u);
    dp_line_mixture_clear(p);
    fmpq_clear(h2);
    arb_clear(v);
}

/* E k(X, Y) for X - Y ~ N(d, B - h^2): h B^(-1/2) exp(-d^2/(2B)), a series in t */
static void blurred(acb_poly_t out, const acb_poly_t d, const acb_poly_t B, const fmpq_t h, slong prec)
{
    acb_poly_t t;
    acb_t z;
    acb_poly_init(t);
    acb_init(z);
    acb_poly_mullow(t, d, d, 2, prec);
    acb_poly_div_series(t, t, B, 2, prec);
    acb_poly_scalar_mul_2exp_si(t, t, -1);
    acb_poly_neg(t, t);
    acb_poly_exp_series(t, t, 2, prec);
    acb_poly_rsqrt_series(out, B, 2, prec);
    acb_poly_mullow(out, out, t, 2, prec);
    acb_set_fmpq(z, h, prec);
    acb_poly_scalar_mul(out, out, z, prec);
    acb_poly_clear(t);
    acb_clear(z);
}

/* Affine generator, normal noise: half E k(X, X') - E k(X, Y), X ~ N(theta_0, theta_1^2). */
static void affine_mmd_rate(setting *s, slong k)
{
    const dp_measure_struct *p = s->D->p;
    dp_line_mixture_t u;
    fmpq_t h2;
    acb_poly_t d, B, var, sum, t;
    acb_t z;
    acb_poly_struct *all[] = {d, B, var, sum, t};
    fmpq_init(h2);
    acb_init(z);
    for (int i = 0; i < 5; i++)
        acb_poly_init(all[i]);
    fmpq_mul(h2, s->D->bandwidth, s->D->bandwidth);
    moved(u, s, h2, k);
    acb_poly_inv_series(var, u->inv, 2, s->prec);           /* theta_1^2 + h^2, moving */
    acb_set_fmpq(z, h2, s->prec);
    acb_poly_set_acb(t, z);
    acb_poly_add_series(B, var, var, 2, s->prec);
    acb_poly_sub_series(B, B, t, 2, s->prec);
    blurred(sum, d, B, s->D->bandwidth, s->prec);
    acb_poly_scalar_mul_2exp_si(sum, sum, -1);
    for (slong j = 0; j < p->n; j++) {
        acb_set_fmpq(z, DP_MEAN(p, j, 0), s->prec);
        acb_poly_set_acb(t, z);
        acb_poly_sub_series(d, u->centre, t, 2, s->prec);
        acb_poly_set(B, var);
        if (p->family == DP_MIXTURE) {
            acb_set_fmpq(z, DP_COV(p, j, 0, 0), s->prec);
            acb_poly_set_acb(t, z);
            acb_poly_add_series(B, B, t, 2, s->prec);
        }
        blurred(t, d, B, s->D->bandwidth, s->prec);
        acb_set_fmpq(z, DP_WEIGHT(p, j), s->prec);
        acb_poly_scalar_mul(t, t, z, s->prec);
        acb_poly_sub_series(sum, sum, t, 2, s->prec);
    }
    acb_poly_get_coeff_acb(z, sum, 1);
    dp_let(s->c, dp_name("dF", k, -1), acb_realref(z), "dual-numbers");
    for (int i = 0; i < 5; i++)
        acb_poly_clear(all[i]);
    acb_clear(z);
    fmpq_clear(h2);
    dp_line_mixture_clear(u);
}

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

/* ---- KL(q || p), normal noise, increasing generator: both sides are integrals over the noise ---- */

/* phi(e) and f, f', f'' at e */
typedef struct { acb_poly_t f, df, ddf; dp_line_values noise, p; } jets;

static void jets_init(jets *j)
{
    acb_poly_init(j->f);
    acb_poly_init(j->df);
    acb_poly_init(j->ddf);
    dp_line_values_init(&j->noise);
    dp_line_values_init(&j->p);
}

static void jets_clear(jets *j)
{
    acb_poly_clear(j->f);
    acb_poly_clear(j->df);
    acb_poly_clear(j->ddf);
    dp_line_values_clear(&j->noise);
    dp_line_values_clear(&j->p);
}

typedef struct { setting *s; dp_line_mixture_struct *noise; } over_noise;

/* -phi (log f' + log p(f)), theta_k + t; not finite unless f' avoids (-inf, 0] */
static void kl_rate_integrand(acb_poly_t out, const acb_poly_t e, slong len, void *param, slong prec)
{
    const over_noise *o = param;
    jets j;
    acb_t z;
    jets_init(&j);
    acb_init(z);
    dp_generator_series(j.f, &o->s->g, 0, o->s->k, e, len, prec);
    dp_generator_series(j.df, &o->s->g, 1, o->s->k, e, len, prec);
    dp_line_mixture_eval(&j.noise, DP_LINE_DENSITY, o->noise, e, len, prec);
    dp_line_mixture_eval(&j.p, DP_LINE_LOG, o->s->p, j.f, len, prec);
    acb_poly_get_coeff_acb(z, j.df, 0);
    if (arb_is_positive(acb_realref(z))) {
        acb_poly_log_series(out, j.df, len, prec);
        acb_poly_add_series(out, out, j.p.log, len, prec);
        acb_poly_mullow(out, out, j.noise.density, len, prec);
        acb_poly_neg(out, out);
    } else {
        acb_indeterminate(z);
        acb_poly_set_acb(out, z);
    }
    jets_clear(&j);
    acb_clear(z);
}

/* V(f(e)) = (log p)'(f) + (e + f''/f')/f' */
static void kl_velocity(acb_poly_t out, jets *j, const setting *s, const acb_poly_t e, slong len, slong prec)
{
    dp_generator_series(j->f, &s->g, 0, -1, e, len, prec);
    dp_generator_series(j->df, &s->g, 1, -1, e, len, prec);
    dp_generator_series(j->ddf, &s->g, 2, -1, e, len, prec);
    dp_line_mixture_eval(&j->p, DP_LINE_SCORE, s->p, j->f, len, prec);
    acb_poly_div_series(out, j->ddf, j->df, len, prec);
    acb_poly_add_series(out, out, e, len, prec);
    acb_poly_div_series(out, out, j->df, len, prec);
    acb_poly_add_series(out, out, j->p.score, len, prec);
}

static void kl_pull_integrand(acb_poly_t out, const acb_poly_t e, slong len, void *param, slong prec)
{
    const over_noise *o = param;
    jets j;
    jets_init(&j);
    kl_velocity(out, &j, o->s, e, len, prec);
    dp_line_mixture_eval(&j.noise, DP_LINE_DENSITY, o->noise, e, len, prec);
    acb_poly_mullow(out, out, j.noise.density, len, prec);
    for (slong i = 0; i < o->s->k; i++)
        acb_poly_mullow(out, out, e, len, prec);
    jets_clear(&j);
}

/* |e|^k (c_0 + c_1 |f| + (|e| + |f''|/theta_1)/theta_1) + k|e|^(k-1)/theta_1 bounds both integrands over phi. */
static void kl_majorant(arb_poly_t M, const setting *s)
{
    arb_poly_t t, score;
    arb_t a, c;
    arb_poly_init(t);
    arb_poly_init(score);
    arb_init(a);
    arb_init(c);
    arb_set_fmpq(a, s->g.theta + 1, 64);
    arb_inv(a, a, 64);
    dp_line_score_majorant(score, s->p, 64);
    dp_generator_majorant(t, &s->g, 0, 64);
    arb_poly_get_coeff_arb(c, score, 1);
    arb_poly_scalar_mul(M, t, c, 64);
    dp_generator_majorant(t, &s->g, 2, 64);
    arb_poly_scalar_mul(t, t, a, 64);
    arb_poly_set_coeff_si(score, 1, 1);
    arb_poly_get_coeff_arb(c, score, 0);
    arb_poly_set_coeff_si(score, 0, 0);
    arb_poly_add(t, t, score, 64);
    arb_poly_scalar_mul(t, t, a, 64);
    arb_poly_add(M, M, t, 64);
    arb_poly_set_arb(t, c);
    arb_poly_add(M, M, t, 64);
    arb_poly_shift_left(M, M, s->k);
    if (s->k > 0) {
        arb_poly_zero(t);
        arb_mul_si(a, a, s->k, 64);
        arb_poly_set_coeff_arb(t, s->k - 1, a);
        arb_poly_add(M, M, t, 64);
    }
    arb_poly_clear(t);
    arb_poly_clear(score);
    arb_clear(a);
    arb_clear(c);
}

static void noise_init(dp_line_mixture_t u, slong len, slong prec)
{
    fmpq_t zero, one;
    fmpq_init(zero);
    fmpq_init(one);
    fmpq_one(one);
    dp_line_mixture_init(u, 1);
    dp_line_mixture_set(u, 0, one, zero, one);
    dp_line_mixture_prepare(u, len, prec);
    fmpq_clear(zero);
    fmpq_clear(one);
}

static void kl_sides(setting *s)
{
    dp_line_mixture_t noise;
    over_noise o = {s, noise};
    arb_poly_t M;
    arb_t v;
    dp_error e = {DP_OK, ""};
    dp_status status;
    arb_poly_init(M);
    arb_init(v);
    noise_init(noise, 2, s->prec);
    for (s->k = 0; s->k < s->g.n && !dp_check_stopped(s->c); s->k++) {
        kl_majorant(M, s);
        status = dp_line_mixture_integrate(v, noise, kl_rate_integrand, &o, 1, M, DP_LINE_PETRAS, s->bits, s->prec, &e);
        let_result(s, "dF", s->k, status, v, "acb_calc_integrate", &e);
        status = dp_line_mixture_integrate(v, noise, kl_pull_integrand, &o, 0, M, DP_LINE_PETRAS, s->bits, s->prec, &e);
        let_result(s, "pull", s->k, status, v, "acb_calc_integrate", &e);
    }
    arb_poly_clear(M);
    arb_clear(v);
    dp_line_mixture_clear(noise);
}

/* Affine generators: the V of these integrals at e = (x - theta_0)/theta_1 is that of the drift kl. */
static void at_point(dp_check *c, const dp_point *at, void *data)
{
    setting *s = data;
    jets j;
    acb_poly_t e, V;
    acb_t z;
    fmpq_t t;
    jets_init(&j);
    acb_poly_init(e);
    acb_poly_init(V);
    acb_init(z);
    fmpq_init(t);
    fmpq_sub(t, at->q, s->g.theta);
    fmpq_div(t, t, s->g.theta + 1);
    acb_set_fmpq(z, t, s->prec);
    acb_poly_set_acb(e, z);
    kl_velocity(V, &j, s, e, 1, s->prec);
    acb_poly_get_coeff_acb(z, V, 0);
    char *name = dp_format("%sv", at->prefix);
    dp_let(c, name, acb_realref(z), "closed-form");
    if (dp_let_velocity(c, at, "V", s->D, "kl", at->x, DP_ENGINE_AUTO, NULL))
        dp_assert_at(c, at, -1, -1, "velocity of the integrals and of the drift", "@v == @V_0");
    free(name);
    jets_clear(&j);
    acb_poly_clear(e);
    acb_poly_clear(V);
    acb_clear(z);
    fmpq_clear(t);
}

/* ---- left side: the drift at the samples ---- */

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

typedef struct { const setting *s; const dp_problem *D; const char *drift; arb_t centre, scale; dp_workspace *w; } nodes;

/* out[k] = xi^k V(theta_0 + theta_1 xi) */
static dp_status node(arb_ptr out, const arb_t xi, void *param, slong prec, dp_error *e)
{
    nodes *g = param;
    dp_field_t f;
    arb_t x;
    dp_field_init(f, 1);
    arb_init(x);
    arb_mul(x, xi, g->scale, prec);
    arb_add(x, x, g->centre, prec);
    dp_status status = dp_field_eval(f, g->D, g->drift, x, DP_ENGINE_AUTO, prec, g->w, e);
    arb_set(out, f->velocity);
    for (slong k = 1; k < g->s->g.n; k++)
        arb_mul(out + k, out + k - 1, xi, prec);
    dp_field_clear(f);
    arb_clear(x);
    return status;
}

/* h^{-2} E[A (u + h|Z|) + B (u + h|Z|)^3] as a polynomial in u, from E|Z| <= 4/5, E Z^2 = 1, E|Z|^3 <= 8/5 */
static void smoothed_majorant(arb_poly_t M, const setting *s)
{
    dp_line_mixture_t p, q;
    fmpq_t h2;
    arb_poly_t t, u;
    arb_t A, B, h;
    fmpq_init(h2);
    arb_poly_init(t);
    arb_poly_init(u);
    arb_init(A);
    arb_init(B);
    arb_init(h);
    fmpq_mul(h2, s->D->bandwidth, s->D->bandwidth);
    dp_line_mixture_of(p, s->D->p, h2);
    dp_line_mixture_of(q, s->D->q, h2);
    dp_line_mixture_prepare(p, 1, 64);
    dp_line_mixture_prepare(q, 1, 64);
    dp_line_log_majorant(M, p, 64);
    dp_line_log_majorant(t, q, 64);
    arb_poly_add(M, M, t, 64);
    arb_poly_get_coeff_arb(A, M, 0);
    arb_poly_get_coeff_arb(B, M, 2);
    arb_set_fmpq(h, s->D->bandwidth, 64);
    arb_poly_set_coeff_si(u, 1, 1);
    arb_poly_set_coeff_arb(u, 0, h);                /* u + h >= u + 4h/5; (u + h|Z|)^3 in the mean <= (u + 6h/5)^3 */
    arb_poly_scalar_mul(M, u, A, 64);
    arb_mul_si(h, h, 6, 64);
    arb_div_si(h, h, 5, 64);
    arb_poly_set_coeff_arb(u, 0, h);
    arb_poly_pow_ui(u, u, 3, 64);
    arb_poly_scalar_mul(u, u, B, 64);
    arb_poly_add(M, M, u, 64);
    arb_set_fmpq(h, h2, 64);
    arb_poly_scalar_div(M, M, h, 64);
    dp_line_mixture_clear(p);
    dp_line_mixture_clear(q);
    fmpq_clear(h2);
    arb_poly_clear(t);
    arb_poly_clear(u);
    arb_clear(A);
    arb_clear(B);
    arb_clear(h);
}

/* 2 (h + u)/h^2 */
static void mmd_majorant(arb_poly_t M, const setting *s)
{
    arb_t h;
    arb_init(h);
    arb_set_fmpq(h, s->D->bandwidth, 64);
    arb_poly_zero(M);
    arb_poly_set_coeff_si(M, 1, 2);
    arb_mul_2exp_si(h, h, 1);
    arb_poly_set_coeff_arb(M, 0, h);
    arb_set_fmpq(h, s->D->bandwidth, 64);
    arb_mul(h, h, h, 64);
    arb_poly_scalar_div(M, M, h, 64);
    arb_clear(h);
}

/* pull_k = E[xi^k V(theta_0 + theta_1 xi)] by the trapezoidal rule; u = |theta_0| + |theta_1| (|xi| + |eta|), c = theta_1^2/h^2 */
static void affine_pull(setting *s)
{
    dp_problem *D = dp_problem_copy(s->D);
    nodes g = {.s = s, .D = D, .drift = drift_of[s->F], .w = dp_check_workspace(s->c)};
    arb_ptr out = _arb_vec_init(s->g.n);
    arb_poly_t M, u;
    arb_t t;
    fmpq_t c;
    dp_error e = {DP_OK, ""};
    arb_init(g.centre);
    arb_init(g.scale);
    arb_poly_init(M);
    arb_poly_init(u);
    arb_init(t);
    fmpq_init(c);
    if (dp_check_twin(s->c, "swapped"))
        dp_problem_swap(D);
    (s->F == MMD ? mmd_majorant : smoothed_majorant)(M, s);
    arb_set_fmpq(g.centre, s->g.theta, s->prec);
    arb_set_fmpq(g.scale, s->g.theta + 1, s->prec);
    arb_abs(t, g.centre);
    arb_poly_set_coeff_arb(u, 0, t);
    arb_abs(t, g.scale);
    arb_poly_set_coeff_arb(u, 1, t);
    arb_poly_compose(M, M, u, 64);
    arb_poly_zero(u);
    for (slong k = 0; k < s->g.n; k++)
        arb_poly_set_coeff_si(u, k, 1);
    arb_poly_mul(M, M, u, 64);
    fmpq_div(c, s->g.theta + 1, s->D->bandwidth);
    fmpq_mul(c, c, c);
    dp_status status = dp_line_normal(out, s->g.n, node, &g, fmpq_get_d(c) * (1 + 1e-9), M, s->bits, s->prec, &e);
    for (slong k = 0; k < s->g.n; k++)
        let_result(s, "pull", k, status, out + k, "trapezoid-of-drift", &e);
    dp_problem_free(D);
    _arb_vec_clear(out, s->g.n);
    arb_clear(g.centre);
    arb_clear(g.scale);
    arb_poly_clear(M);
    arb_poly_clear(u);
    arb_clear(t);
    fmpq_clear(c);
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
        (s->F == SMOOTHED_KL ? smoothed_rate : s->g.noise == DP_NOISE_ATOMS ? atoms_mmd_rate : affine_mmd_rate)(s, k);
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
        dp_spoil(factor);
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
    .equations = "(46), (47), (104), (105), (106), (107), (108)",
    .kind = "EQ",
    .source = "Gretton et al. 2605.05118, surrogate-gradient identity (47), proof (104)-(108)",
    .method = "Right: the energy of q_theta differentiated in theta by dual numbers, moved atoms or a change of variables, without the velocity. "
              "Left: the velocity at the samples times the generator's derivative, summed or integrated over the noise by other rules.",
    .params = params, .twins = twins, .run = run};
