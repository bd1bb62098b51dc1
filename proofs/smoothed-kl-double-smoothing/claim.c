/* SPDX-License-Identifier: GPL-3.0-or-later */
/* (24) = (25): the velocity of the smoothed KL is the score difference smoothed once more, in one and two dimensions. */
#include "driftproof.h"

/* ---- one dimension ---- */

typedef struct { dp_line_mixture_t p, q, kernel; } line;

static void line_integrand(acb_poly_t out, const acb_poly_t z, slong len, void *param, slong prec)
{
    const line *g = param;
    dp_line_values p, q, k;
    dp_line_values_init(&p);
    dp_line_values_init(&q);
    dp_line_values_init(&k);
    dp_line_mixture_eval(&p, DP_LINE_SCORE, g->p, z, len, prec);
    dp_line_mixture_eval(&q, DP_LINE_SCORE, g->q, z, len, prec);
    dp_line_mixture_eval(&k, DP_LINE_DENSITY, g->kernel, z, len, prec);
    acb_poly_sub_series(out, p.score, q.score, len, prec);
    acb_poly_mullow(out, out, k.density, len, prec);
    dp_line_values_clear(&p);
    dp_line_values_clear(&q);
    dp_line_values_clear(&k);
}

static dp_status on_line(arb_ptr out, const dp_problem *P, const dp_point *at, const fmpq_t h2, slong bits, dp_error *e)
{
    line g;
    slong prec = bits + 32;
    fmpq_t one;
    arb_poly_t M, t;
    fmpq_init(one);
    fmpq_one(one);
    arb_poly_init(M);
    arb_poly_init(t);
    dp_line_mixture_of(g.p, P->p, h2);
    dp_line_mixture_of(g.q, P->q, h2);
    dp_line_mixture_init(g.kernel, 1);
    dp_line_mixture_set(g.kernel, 0, one, at->q, h2);
    dp_line_mixture_prepare(g.p, 1, prec);
    dp_line_mixture_prepare(g.q, 1, prec);
    dp_line_mixture_prepare(g.kernel, 1, prec);
    dp_line_score_majorant(M, g.p, 64);
    dp_line_score_majorant(t, g.q, 64);
    arb_poly_add(M, M, t, 64);
    dp_status status = dp_line_mixture_integrate(out, g.kernel, line_integrand, &g, 0, M, DP_LINE_PETRAS, bits, prec, e);
    dp_line_mixture_clear(g.p);
    dp_line_mixture_clear(g.q);
    dp_line_mixture_clear(g.kernel);
    fmpq_clear(one);
    arb_poly_clear(M);
    arb_poly_clear(t);
    return status;
}

/* ---- two dimensions ---- */

static dp_status on_plane(arb_ptr out, dp_check *c, const dp_problem *P, const dp_point *at, slong bits, dp_error *e)
{
    mag_t strip, window;
    mag_init(strip);
    mag_init(window);
    dp_status status = dp_plane_smoothed_scores(out, strip, window, P, at->q, bits, e);
    if (status == DP_OK) {
        dp_ledger(c, "strip (tensor rule)", strip);
        dp_ledger(c, "window (tensor rule)", window);
    }
    mag_clear(strip);
    mag_clear(window);
    return status;
}

/* ---- the claim ---- */

/* int kappa(x - z) (grad log p_k - grad log q_k)(z) dz; the sabotage leaves the integral out. */
static int let_25(dp_check *c, const dp_point *at)
{
    const dp_problem *P = dp_check_problem(c);
    slong bits = dp_check_prec(c);
    dp_problem *D = dp_problem_copy(P);
    arb_ptr W = _arb_vec_init(2);
    dp_error e = {DP_OK, ""};
    fmpq_t h2;
    dp_status status;
    fmpq_init(h2);
    fmpq_mul(h2, P->bandwidth, P->bandwidth);
    if (dp_check_twin(c, "swapped"))
        dp_problem_swap(D);
    status = P->dim == 1 ? on_line(W, D, at, h2, bits, &e) : on_plane(W, c, D, at, bits, &e);
    int ok = !dp_check_failed(c, status, &e);
    char *stem = dp_format("%sW", at->prefix);
    for (slong i = 0; ok && i < at->dim; i++)
        dp_let(c, dp_name(stem, i, -1), W + i, P->dim == 1 ? "acb_calc_integrate" : "tensor-trapezoid");
    free(stem);
    dp_problem_free(D);
    _arb_vec_clear(W, 2);
    fmpq_clear(h2);
    return ok;
}

/* The sabotage "unsmoothed": (14)/h^2 at the point itself. */
static int let_unsmoothed(dp_check *c, const dp_point *at)
{
    if (!dp_let_velocity(c, at, "bare", at->P, "mean-shift", at->x, DP_ENGINE_AUTO, dp_check_workspace(c)))
        return 0;
    for (slong i = 0; i < at->dim; i++)
        dp_def_at(c, at, i, -1, "@W_#", "@bare_#/h^2");
    return 1;
}

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    (void) data;
    int ok = dp_check_twin(c, "unsmoothed") ? let_unsmoothed(c, at) : let_25(c, at);
    if (!ok || !dp_let_velocity(c, at, "V", at->P, "smoothed-kl", at->x, DP_ENGINE_AUTO, dp_check_workspace(c)))
        return;
    for (slong i = 0; i < at->dim; i++)
        dp_assert_at(c, at, i, -1, "(24) = (25)", dp_check_twin(c, "sign") ? "@V_# == -@W_#" : "@V_# == factor*@W_#");
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    fmpq_t factor;
    if (P->dim > 2 || P->kernel != DP_KERNEL_GAUSSIAN || P->p->family > DP_MIXTURE || P->q->family > DP_MIXTURE) {
        dp_give_up(c, DP_EINPUT, "this check is about atoms or Gaussian mixtures in dimension 1 or 2 and the Gaussian kernel");
        return;
    }
    if (dp_check_twin(c, "unsmoothed") && P->p->n == 1 && P->q->n == 1) {
        dp_give_up(c, DP_EINPUT, "the twin unsmoothed fits no pair of one component each: its score difference is affine, and smoothing keeps it");
        return;
    }
    fmpq_init(factor);
    fmpq_one(factor);
    if (dp_check_twin(c, "constant"))
        dp_spoil_for(c, factor);
    dp_let_q(c, "factor", factor);
    dp_each_point(c, at_point, NULL);
    fmpq_clear(factor);
}

static const dp_param_spec params[] = {DP_PARAM_AT, {0}};
static const char *const twins[] = {"sign", "constant", "unsmoothed", "swapped", NULL};
DP_CLAIM(smoothed_kl_double_smoothing) = {
    .id = "smoothed-kl-double-smoothing",
    .title = "The velocity (24) of the smoothed KL is the score difference smoothed once more",
    .equations = "(24), (25)",
    .kind = "EQ",
    .source = "Gretton et al. 2605.05118, (24)-(25)",
    .method = "The drift's engine integrates derivatives of the kernel against log(p_k/q_k); here the kernel is integrated against the two scores, by "
              "acb_calc_integrate on the line and by a tensor trapezoidal rule with its own strip bound in the plane.",
    .params = params, .twins = twins, .run = run};
