/* SPDX-License-Identifier: GPL-3.0-or-later */
/* First variation of the smoothed KL, (55)-(58): the definition, both orders of integration, and the velocity (24). */
#include <math.h>
#include "driftproof.h"

/* p, q, chi blurred by the kernel; raw: chi itself; kernel: N(x, h^2) with its mean moving; factor: 1, or sabotaged */
typedef struct { const dp_problem *P; dp_problem *other; dp_line_mixture_t p, q, chi; fmpq_t h2, factor; int sign; const dp_param *raw; } setting;

static void setting_clear(setting *s)
{
    dp_line_mixture_clear(s->p);
    dp_line_mixture_clear(s->q);
    dp_line_mixture_clear(s->chi);
    fmpq_clear(s->h2);
    fmpq_clear(s->factor);
    dp_problem_free(s->other);
}

static int setting_init(setting *s, dp_check *c)
{
    s->P = dp_check_problem(c);
    s->raw = dp_check_param(c, "chi");
    if (s->P->dim != 1 || s->P->kernel != DP_KERNEL_GAUSSIAN || s->P->p->family > DP_MIXTURE || s->P->q->family > DP_MIXTURE) {
        dp_give_up(c, DP_EINPUT, "this check is about atoms or Gaussian mixtures on the line and the Gaussian kernel");
        return 0;
    }
    if (dp_check_twin(c, "smoothing-forgotten") && s->P->p->n == 1 && s->P->q->n == 1) {
        dp_give_up(c, DP_EINPUT, "the twin smoothing-forgotten fits no pair of one component each: smoothing adds a constant to a quadratic polynomial");
        return 0;
    }
    fmpq_init(s->h2);
    fmpq_mul(s->h2, s->P->bandwidth, s->P->bandwidth);
    if (!dp_chi_read(s->chi, c, s->h2)) {
        fmpq_clear(s->h2);
        return 0;
    }
    s->other = dp_problem_copy(s->P);
    if (dp_check_twin(c, "swapped"))
        dp_problem_swap(s->other);
    dp_line_mixture_of(s->p, s->P->p, s->h2);
    dp_line_mixture_of(s->q, s->P->q, s->h2);
    fmpq_init(s->factor);
    fmpq_one(s->factor);
    if (dp_check_twin(c, "constant"))
        dp_spoil_for(c, s->factor);
    s->sign = dp_check_twin(c, "sign") ? -1 : 1;
    return 1;
}

/* log(q_k/p_k) + 1 */
static void potential(acb_poly_t out, const acb_poly_t z, slong len, const setting *s, slong prec)
{
    dp_line_values p, q;
    dp_line_values_init(&p);
    dp_line_values_init(&q);
    dp_line_mixture_eval(&p, DP_LINE_LOG, s->p, z, len, prec);
    dp_line_mixture_eval(&q, DP_LINE_LOG, s->q, z, len, prec);
    acb_poly_sub_series(out, q.log, p.log, len, prec);
    acb_poly_add_si(out, out, 1, prec);
    dp_line_values_clear(&p);
    dp_line_values_clear(&q);
}

typedef struct { const setting *s; const dp_line_mixture_struct *weight; } weighted;

static void integrand(acb_poly_t out, const acb_poly_t z, slong len, void *param, slong prec)
{
    const weighted *g = param;
    dp_line_values w;
    dp_line_values_init(&w);
    potential(out, z, len, g->s, prec);
    dp_line_mixture_eval(&w, DP_LINE_DENSITY, g->weight, z, len, prec);
    acb_poly_mullow(out, out, w.density, len, prec);
    dp_line_values_clear(&w);
}

/* |log(q_k/p_k)| + 1 <= M */
static void majorant(arb_poly_t M, const setting *s)
{
    arb_poly_t t;
    arb_poly_init(t);
    dp_line_log_majorant(M, s->p, 64);
    dp_line_log_majorant(t, s->q, 64);
    arb_poly_add(M, M, t, 64);
    arb_poly_one(t);
    arb_poly_add(M, M, t, 64);
    arb_poly_clear(t);
}

/* (56): outer integral in z against kappa*chi in closed form; the sabotage forgets that smoothing. */
static int let_56(dp_check *c, setting *s)
{
    slong bits = dp_check_prec(c), prec = bits + 32;
    fmpq_t none;
    arb_poly_t M;
    arb_t v;
    dp_line_mixture_t bare;
    dp_error e = {DP_OK, ""};
    fmpq_init(none);
    arb_poly_init(M);
    arb_init(v);
    int forget = dp_check_twin(c, "smoothing-forgotten");
    if (forget && !dp_chi_read(bare, c, none))
        return 0;
    weighted g = {s, forget ? bare : s->chi};
    dp_line_mixture_prepare(forget ? bare : s->chi, 1, prec);
    majorant(M, s);
    int ok = !dp_check_failed(c, dp_line_mixture_integrate(v, g.weight, integrand, &g, 0, M, DP_LINE_PETRAS, bits, prec, &e), &e);
    if (ok)
        dp_let(c, "outer_z", v, "acb_calc_integrate");
    if (forget)
        dp_line_mixture_clear(bare);
    fmpq_clear(none);
    arb_poly_clear(M);
    arb_clear(v);
    return ok;
}

/* ---- (57): outer integral in x against chi, inner integral by the engine of the drift ---- */

typedef struct { const setting *s; arb_t centre, scale; dp_workspace *w; } inner;

/* int kappa(x, z) (log(q_k/p_k)(z) + 1) dz at x = centre + scale xi */
static dp_status inner_value(arb_ptr out, const arb_t xi, void *param, slong prec, dp_error *e)
{
    inner *g = param;
    dp_jet_t U;
    arb_t x;
    dp_jet_init(U, 1);
    arb_init(x);
    arb_mul(x, xi, g->scale, prec);
    arb_add(x, x, g->centre, prec);
    dp_status status = dp_smoothed_log_ratio(U, g->s->other, x, DP_ENGINE_AUTO, prec, g->w, e);
    arb_neg(out, U->v);
    arb_add_si(out, out, 1, prec);
    dp_jet_clear(U);
    arb_clear(x);
    return status;
}

/* |inner(centre + scale (xi + iy))| <= exp(scale^2 y^2/(2h^2)) E M(|centre| + scale |xi| + h|Z|), M of degree 2, from
   |kappa(x + iy, z)| = kappa(x, z) exp(y^2/(2h^2)). With (a+b)^2 <= 2a^2 + 2b^2. */
static void strip_majorant(arb_poly_t out, const setting *s, const inner *g)
{
    arb_t a, b, t;
    arb_poly_t M;
    arb_init(a);
    arb_init(b);
    arb_init(t);
    arb_poly_init(M);
    majorant(M, s);
    arb_poly_get_coeff_arb(a, M, 0);
    arb_poly_get_coeff_arb(b, M, 2);
    arb_mul_2exp_si(b, b, 1);
    arb_set_fmpq(t, s->h2, 64);
    arb_addmul(a, b, t, 64);
    arb_mul_2exp_si(b, b, 1);
    arb_mul(t, g->centre, g->centre, 64);
    arb_addmul(a, b, t, 64);
    arb_mul(t, g->scale, g->scale, 64);
    arb_mul(b, b, t, 64);
    arb_poly_zero(out);
    arb_poly_set_coeff_arb(out, 0, a);
    arb_poly_set_coeff_arb(out, 2, b);
    arb_clear(a);
    arb_clear(b);
    arb_clear(t);
    arb_poly_clear(M);
}

/* out = int N(m, v)(x) inner(x) dx */
static dp_status component(arb_t out, const setting *s, inner *g, const fmpq_t m, const fmpq_t v, slong prec, dp_error *e)
{
    arb_poly_t M;
    arb_t zero;
    fmpq_t ratio;
    dp_status status;
    arb_poly_init(M);
    arb_init(zero);
    fmpq_init(ratio);
    arb_set_fmpq(g->centre, m, prec + 32);
    arb_set_fmpq(g->scale, v, prec + 32);
    arb_sqrt(g->scale, g->scale, prec + 32);
    fmpq_div(ratio, v, s->h2);
    strip_majorant(M, s, g);
    if (fmpq_is_zero(v))
        status = inner_value(out, zero, g, prec + 32, e);
    else
        status = dp_line_normal(out, 1, inner_value, g, fmpq_get_d(ratio) * (1 + 1e-9), M, prec, prec + 32, e);
    arb_poly_clear(M);
    arb_clear(zero);
    fmpq_clear(ratio);
    return status;
}

static int let_57(dp_check *c, setting *s)
{
    inner g = {.s = s, .w = dp_check_workspace(c)};
    dp_error e = {DP_OK, ""};
    slong prec = dp_check_prec(c);
    arb_t sum, part, w;
    dp_status status = DP_OK;
    arb_init(g.centre);
    arb_init(g.scale);
    arb_init(sum);
    arb_init(part);
    arb_init(w);
    for (slong j = 0; j < s->chi->n && status == DP_OK; j++) {
        status = component(part, s, &g, s->raw->value + 3 * j + 1, s->raw->value + 3 * j + 2, prec, &e);
        arb_set_fmpq(w, s->raw->value + 3 * j, prec + 32);
        arb_addmul(sum, part, w, prec + 32);
    }
    arb_set_fmpq(w, s->factor, prec + 32);
    arb_mul(sum, sum, w, prec + 32);
    if (s->sign < 0)
        arb_neg(sum, sum);
    int ok = !dp_check_failed(c, status, &e);
    if (ok)
        dp_let(c, "outer_x", sum, "inner-convolution");
    arb_clear(g.centre);
    arb_clear(g.scale);
    arb_clear(sum);
    arb_clear(part);
    arb_clear(w);
    return ok;
}

/* (58): minus the derivative in x of int kappa(x, z) (log(q_k/p_k) + 1) dz, the kernel's mean moved by dual numbers. */
static void at_point(dp_check *c, const dp_point *at, void *data)
{
    setting *s = data;
    slong bits = dp_check_prec(c), prec = bits + 32;
    dp_line_mixture_t kernel;
    fmpq_t one;
    arb_poly_t M, t;
    arb_t v;
    dp_error e = {DP_OK, ""};
    fmpq_init(one);
    fmpq_one(one);
    arb_poly_init(M);
    arb_poly_init(t);
    arb_init(v);
    dp_line_mixture_init(kernel, 1);
    dp_line_mixture_set(kernel, 0, one, at->q, s->h2);
    arb_one(kernel->mean_dot);
    dp_line_mixture_prepare(kernel, 2, prec);
    weighted g = {s, kernel};
    majorant(M, s);
    dp_line_tangent_majorant(t, kernel, 64);
    arb_poly_mul(M, M, t, 64);
    if (!dp_check_failed(c, dp_line_mixture_integrate(v, kernel, integrand, &g, 1, M, DP_LINE_PETRAS, bits, prec, &e), &e)) {
        char *name = dp_format("%sslope", at->prefix);
        dp_let(c, name, v, "acb_calc_integrate");
        free(name);
        if (dp_let_velocity(c, at, "V", s->other, "smoothed-kl", at->x, DP_ENGINE_AUTO, dp_check_workspace(c)))
            dp_assert_at(c, at, -1, -1, "(58) = (24): the velocity is minus the gradient of the first variation", "@V_0 == -@slope");
    }
    dp_line_mixture_clear(kernel);
    fmpq_clear(one);
    arb_poly_clear(M);
    arb_poly_clear(t);
    arb_clear(v);
}

static void run(dp_check *c)
{
    setting s;
    if (!setting_init(&s, c))
        return;
    int ok = dp_chi_let_quotient(c, s.q, s.p, s.chi);
    dp_line_mixture_prepare(s.p, 1, dp_check_prec(c) + 32);
    dp_line_mixture_prepare(s.q, 1, dp_check_prec(c) + 32);
    if (ok && let_56(c, &s) && let_57(c, &s)) {
        dp_assert(c, "(56): derivative of KL(kappa*(q + delta chi) || kappa*p) at 0", "quotient == outer_z");
        dp_assert(c, "(57): the integrals exchanged", "outer_z == outer_x");
        dp_each_point(c, at_point, &s);
    }
    setting_clear(&s);
}

static const dp_param_spec params[] = {DP_PARAM_AT, DP_PARAM_CHI, {0}};
static const char *const twins[] = {"sign", "constant", "smoothing-forgotten", "swapped", NULL};
DP_CLAIM(first_variation_smoothed_kl) = {
    .id = "first-variation-smoothed-kl",
    .title = "First variation of KL(kappa*q || kappa*p), both orders of integration, and the velocity (24)",
    .equations = "(24), (55), (56), (57), (58)",
    .kind = "EQ",
    .source = "Gretton et al. 2605.05118, (24) and (55)-(58)",
    .method = "A difference quotient with a proved Taylor remainder against (56), integrated by acb_calc_integrate with kappa*chi in closed form, "
              "and against (57), where the inner convolution comes from the engine of the drift and the outer one from a "
              "trapezoidal rule with its strip bound.",
    .params = params, .twins = twins, .run = run};
