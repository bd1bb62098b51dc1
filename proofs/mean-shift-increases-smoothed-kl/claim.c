/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Along the score-difference field (14) the smoothed KL can increase: a certified positive derivative. */
#include "driftproof.h"

/* Atoms of q that move with velocities U: n kernels, p_k and q_k. */
typedef struct { slong n; dp_line_mixture_struct *kernel; dp_line_mixture_t p, q; arb_ptr U; fmpq_t h2; slong prec; } flow;

static void flow_init(flow *g, const dp_problem *P, slong prec)
{
    fmpq_t one;
    fmpq_init(one);
    fmpq_one(one);
    fmpq_init(g->h2);
    fmpq_mul(g->h2, P->bandwidth, P->bandwidth);
    g->n = P->q->n;
    g->prec = prec;
    g->kernel = dp_malloc((size_t) g->n * sizeof *g->kernel);
    g->U = _arb_vec_init(g->n);
    dp_line_mixture_of(g->p, P->p, g->h2);
    dp_line_mixture_of(g->q, P->q, g->h2);
    for (slong i = 0; i < g->n; i++) {
        dp_line_mixture_init(g->kernel + i, 1);
        dp_line_mixture_take(g->kernel + i, 0, P->q, i, one, g->h2);
        dp_line_mixture_prepare(g->kernel + i, 1, prec);
    }
    fmpq_clear(one);
}

static void flow_clear(flow *g)
{
    for (slong i = 0; i < g->n; i++)
        dp_line_mixture_clear(g->kernel + i);
    free(g->kernel);
    _arb_vec_clear(g->U, g->n);
    dp_line_mixture_clear(g->p);
    dp_line_mixture_clear(g->q);
    fmpq_clear(g->h2);
}

/* sum_i U_i (z - x_i)/h^2 w_i kappa(z - x_i) (log q_k - log p_k + 1) */
static void integrand(acb_poly_t out, const acb_poly_t z, slong len, void *param, slong prec)
{
    const flow *g = param;
    dp_line_values p, q;
    acb_poly_t sum, t;
    acb_t u, h2;
    dp_line_values_init(&p);
    dp_line_values_init(&q);
    acb_poly_init(sum);
    acb_poly_init(t);
    acb_init(u);
    acb_init(h2);
    acb_set_fmpq(h2, g->h2, prec);
    for (slong i = 0; i < g->n; i++) {
        dp_line_mixture_eval(&p, DP_LINE_DENSITY, g->kernel + i, z, len, prec);
        acb_poly_sub_series(t, z, g->kernel[i].centre, len, prec);
        acb_poly_mullow(t, t, p.density, len, prec);
        acb_set_arb(u, g->U + i);
        acb_div(u, u, h2, prec);
        acb_poly_scalar_mul(t, t, u, prec);
        acb_poly_add_series(sum, sum, t, len, prec);
    }
    dp_line_mixture_eval(&p, DP_LINE_LOG, g->p, z, len, prec);
    dp_line_mixture_eval(&q, DP_LINE_LOG, g->q, z, len, prec);
    acb_poly_sub_series(t, q.log, p.log, len, prec);
    acb_poly_add_si(t, t, 1, prec);
    acb_poly_mullow(out, t, sum, len, prec);
    dp_line_values_clear(&p);
    dp_line_values_clear(&q);
    acb_poly_clear(sum);
    acb_poly_clear(t);
    acb_clear(u);
    acb_clear(h2);
}

static void let_rate(dp_check *c, flow *g)
{
    slong bits = dp_check_prec(c);
    arb_poly_t M, t;
    arb_t v;
    dp_error e = {DP_OK, ""};
    arb_poly_init(M);
    arb_poly_init(t);
    arb_init(v);
    _arb_vec_set(g->q->mean_dot, g->U, g->n);
    dp_line_mixture_prepare(g->q, 2, g->prec);
    dp_line_mixture_prepare(g->p, 2, g->prec);
    if (!dp_check_failed(c, dp_line_kl(v, g->q, g->p, 1, bits, g->prec, &e), &e))
        dp_let(c, "rate", v, dp_line_rule_name[DP_LINE_PETRAS]);
    dp_line_log_majorant(M, g->p, 64);
    dp_line_log_majorant(t, g->q, 64);
    arb_poly_add(M, M, t, 64);
    arb_poly_one(t);
    arb_poly_add(M, M, t, 64);
    dp_line_tangent_majorant(t, g->q, 64);
    arb_poly_mul(M, M, t, 64);
    _arb_vec_zero(g->q->mean_dot, g->n);
    dp_line_mixture_prepare(g->q, 1, g->prec);
    dp_line_mixture_prepare(g->p, 1, g->prec);
    if (!dp_check_failed(c, dp_line_mixture_integrate(v, g->q, integrand, g, 0, M, DP_LINE_TAYLOR, 80, g->prec, &e), &e))
        dp_let_second(c, "rate", v, dp_line_rule_name[DP_LINE_TAYLOR]);
    arb_poly_clear(M);
    arb_poly_clear(t);
    arb_clear(v);
}

/* Leaves w_i, a<i>_V_0 (14), b<i>_V_0 (24); U_i as ball and as definition. */
static int let_velocities(dp_check *c, flow *g)
{
    const dp_problem *P = dp_check_problem(c);
    const char *mover = dp_check_twin(c, "true-flow") ? "smoothed-kl" : "mean-shift";
    arb_t x;
    int ok = 1;
    arb_init(x);
    for (slong i = 0; i < g->n && ok; i++) {
        char *a = dp_format("a%ld_", (long) i), *b = dp_format("b%ld_", (long) i);
        const char *sign = dp_check_twin(c, "sign") ? "-" : "", *unit = dp_check_twin(c, "true-flow") ? "1" : "h2";
        char *text = dp_format("%s%sV_0/%s", sign, a, unit);
        dp_field_t f;
        dp_error e = {DP_OK, ""};
        dp_field_init(f, 1);
        arb_set_fmpq(x, DP_MEAN(P->q, i, 0), g->prec);
        dp_let_q(c, dp_name("w", i, -1), DP_WEIGHT(P->q, i));
        ok = dp_let_field(c, a, P, mover, x, DP_HAVE_VELOCITY) && dp_let_field(c, b, P, "smoothed-kl", x, DP_HAVE_VELOCITY) &&
             !dp_check_failed(c, dp_field_eval(f, P, mover, x, DP_ENGINE_AUTO, g->prec, dp_check_workspace(c), &e), &e);
        dp_def(c, dp_name("U", i, -1), text);
        arb_set_fmpq(x, g->h2, g->prec);
        arb_div(g->U + i, f->velocity, x, g->prec);
        if (dp_check_twin(c, "true-flow"))
            arb_set(g->U + i, f->velocity);
        if (dp_check_twin(c, "sign"))
            arb_neg(g->U + i, g->U + i);
        dp_field_clear(f);
        free(a);
        free(b);
        free(text);
    }
    arb_clear(x);
    return ok;
}

static void let_bounds(dp_check *c)
{
    const dp_param *least = dp_check_param(c, "at_least"), *most = dp_check_param(c, "at_most");
    fmpq_t zero;
    fmpq_init(zero);
    dp_let_q(c, "at_least", least == NULL ? zero : least->value);
    dp_aim(c, "the smoothed KL increases along (14)", "rate > at_least");
    if (most != NULL) {
        dp_let_q(c, "at_most", most->value);
        dp_aim(c, "its rate from above", "rate < at_most");
    }
    fmpq_clear(zero);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    flow g;
    if (P->dim != 1 || P->kernel != DP_KERNEL_GAUSSIAN || P->q->family != DP_ATOMS || P->p->family > DP_MIXTURE) {
        dp_give_up(c, DP_EINPUT, "atoms for q, atoms or Gaussians for p on the line, and the Gaussian kernel are needed");
        return;
    }
    flow_init(&g, P, dp_check_prec(c) + 32);
    dp_let_q(c, "h2", g.h2);
    if (let_velocities(c, &g)) {
        char *product = dp_sum_text(g.n, "w_#*b#_V_0*U_#"), *square = dp_sum_text(g.n, "w_#*b#_V_0^2"), *descent = dp_format("-%s", square);
        dp_def(c, "product", product);
        dp_def(c, "descent", descent);
        let_rate(c, &g);
        let_bounds(c);
        dp_agree(c, "the rate is minus the mean product of (24) and (14)", "rate == -product");
        dp_aim(c, "along (24) it decreases", "descent < 0");
        free(product);
        free(square);
        free(descent);
    }
    flow_clear(&g);
}

static const dp_param_spec params[] = {
    {"at_least", DP_PARAM_RATIONAL, NULL, "a lower bound of the rate to prove; default 0", },
    {"at_most", DP_PARAM_RATIONAL, NULL, "an upper bound of the rate to prove; default none", },
    {0}};
static const char *const twins[] = {"true-flow", "sign", "kernel", NULL};
DP_CLAIM(mean_shift_increases_smoothed_kl) = {
    .id = "mean-shift-increases-smoothed-kl",
    .title = "The smoothed KL can increase along the score-difference field (14)",
    .equations = "(14), (24)",
    .kind = "INEQ",
    .source = "derived here; against reading (14) as the gradient flow of the KL between smoothed densities",
    .method = "Derivative of the smoothed KL along moving atoms by dual numbers under acb_calc_integrate and by real Taylor cells; its sign is certain "
              "when both enclosures exclude 0.",
    .params = params, .twins = twins, .run = run};
