/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flow (18) and the Langevin equation (19) have one Fokker-Planck equation: its right side computed both ways. */
#include "driftproof.h"

/* One Gaussian component: exact precision, balls. */
typedef struct { fmpq_mat_t L; fmpq_t det; arb_ptr s; arb_t N, t; } bump;

static void bump_init(bump *b, int d)
{
    fmpq_mat_init(b->L, d, d);
    fmpq_init(b->det);
    b->s = _arb_vec_init(d);
    arb_init(b->N);
    arb_init(b->t);
}

static void bump_clear(bump *b, int d)
{
    fmpq_mat_clear(b->L);
    fmpq_clear(b->det);
    _arb_vec_clear(b->s, d);
    arb_clear(b->N);
    arb_clear(b->t);
}

/* s = L (m - x) and N = w (2 pi)^{-d/2} det^(1/2) exp(-(m-x)'s/2), L = C^{-1} and det = det L exact */
static void bump_set(bump *b, const dp_measure_t mu, slong j, const fmpq *x, slong prec)
{
    int d = mu->dim;
    fmpq_t e, z, row;
    fmpq_init(e);
    fmpq_init(z);
    fmpq_init(row);
    for (int i = 0; i < d; i++)
        for (int k = 0; k < d; k++)
            fmpq_set(fmpq_mat_entry(b->L, i, k), DP_COV(mu, j, i, k));
    fmpq_mat_inv(b->L, b->L);
    fmpq_mat_det(b->det, b->L);
    for (int i = 0; i < d; i++) {
        fmpq_zero(row);
        for (int k = 0; k < d; k++) {
            fmpq_sub(z, DP_MEAN(mu, j, k), x + k);
            fmpq_addmul(row, fmpq_mat_entry(b->L, i, k), z);
        }
        arb_set_fmpq(b->s + i, row, prec);
        fmpq_sub(z, DP_MEAN(mu, j, i), x + i);
        fmpq_addmul(e, row, z);
    }
    fmpq_div_2exp(e, e, 1);
    fmpq_neg(e, e);
    arb_set_fmpq(b->N, e, prec);
    arb_exp(b->N, b->N, prec);
    arb_set_fmpq(b->t, b->det, prec);
    arb_sqrt(b->t, b->t, prec);
    arb_mul(b->N, b->N, b->t, prec);
    arb_const_pi(b->t, prec);
    arb_mul_2exp_si(b->t, b->t, 1);
    arb_rsqrt(b->t, b->t, prec);
    arb_pow_ui(b->t, b->t, (ulong) d, prec);
    arb_mul(b->N, b->N, b->t, prec);
    arb_set_fmpq(b->t, DP_WEIGHT(mu, j), prec);
    arb_mul(b->N, b->N, b->t, prec);
    fmpq_clear(e);
    fmpq_clear(z);
    fmpq_clear(row);
}

/* value, gradient, Laplacian of the density */
static void density(arb_t value, arb_ptr grad, arb_t lap, const dp_measure_t mu, const fmpq *x, slong prec)
{
    int d = mu->dim;
    bump b;
    bump_init(&b, d);
    for (slong j = 0; j < mu->n; j++) {
        bump_set(&b, mu, j, x, prec);
        arb_add(value, value, b.N, prec);
        arb_zero(b.t);
        for (int i = 0; i < d; i++) {
            arb_addmul(grad + i, b.N, b.s + i, prec);
            arb_addmul(b.t, b.s + i, b.s + i, prec);
            arb_set_fmpq(b.s + i, fmpq_mat_entry(b.L, i, i), prec);
            arb_sub(b.t, b.t, b.s + i, prec);
        }
        arb_addmul(lap, b.N, b.t, prec);
    }
    bump_clear(&b, d);
}

static void let_density(dp_check *c, const dp_point *at, const char *stem, const dp_measure_t mu)
{
    slong prec = dp_check_prec(c);
    arb_ptr g = _arb_vec_init(at->dim);
    arb_t v, lap;
    char *name = dp_format("%s%s", at->prefix, stem), *lap_name = dp_format("%s%s_lap", at->prefix, stem);
    arb_init(v);
    arb_init(lap);
    density(v, g, lap, mu, at->q, prec);
    dp_let(c, name, v, "closed-form");
    dp_let(c, lap_name, lap, "closed-form");
    for (slong i = 0; i < at->dim; i++)
        dp_let(c, dp_name(name, i, -1), g + i, "closed-form");
    _arb_vec_clear(g, at->dim);
    arb_clear(v);
    arb_clear(lap);
    free(name);
    free(lap_name);
}

static int let_drift(dp_check *c, const dp_point *at)
{
    dp_problem *D = dp_problem_copy(at->P);
    dp_field_t f;
    dp_error e = {DP_OK, ""};
    char *V = dp_format("%sV", at->prefix), *div = dp_format("%sdiv", at->prefix);
    dp_field_init(f, at->dim);
    if (dp_check_twin(c, "swapped"))
        dp_problem_swap(D);
    int ok = !dp_check_failed(c, dp_field_eval(f, D, "kl", at->x, DP_ENGINE_AUTO, dp_check_prec(c), NULL, &e), &e);
    for (slong i = 0; ok && i < at->dim; i++)
        dp_let(c, dp_name(V, i, -1), f->velocity + i, "drift-kl");
    if (ok)
        dp_let(c, div, f->divergence, "drift-kl");
    dp_field_clear(f);
    dp_problem_free(D);
    free(V);
    free(div);
    return ok;
}

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    (void) data;
    if (!let_drift(c, at))
        return;
    let_density(c, at, "p", at->P->p);
    let_density(c, at, "q", at->P->q);
    char *transport = dp_sum_text(at->dim, "@q_#*@V_#"), *drift = dp_sum_text(at->dim, "@q_#*@p_#"), *square = dp_sum_text(at->dim, "@p_#^2");
    char *ode = dp_format("-(%s)/@q - @div", transport);
    char *sde = dp_format("-(%s)/(@p*@q) - (@p_lap/@p - (%s)/@p^2) %s diffusion*@q_lap/@q", drift, square, dp_check_twin(c, "sign") ? "-" : "+");
    dp_def_at(c, at, -1, -1, "@ode", ode);
    dp_def_at(c, at, -1, -1, "@sde", sde);
    dp_assert_at(c, at, -1, -1, "rate of change of log q under (18) and under (19)", "@ode == @sde");
    free(transport);
    free(drift);
    free(square);
    free(ode);
    free(sde);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    fmpq_t diffusion;
    if (P->p->family != DP_MIXTURE || P->q->family != DP_MIXTURE) {
        dp_give_up(c, DP_EINPUT, "this check is about Gaussian mixtures");
        return;
    }
    fmpq_init(diffusion);
    fmpq_one(diffusion);
    if (dp_check_twin(c, "constant"))
        dp_spoil_for(c, diffusion);
    if (dp_check_twin(c, "half-noise"))
        fmpq_div_2exp(diffusion, diffusion, 1);
    dp_let_q(c, "diffusion", diffusion);
    dp_each_point(c, at_point, NULL);
    fmpq_clear(diffusion);
}

static const dp_param_spec params[] = {DP_PARAM_AT, {0}};
static const char *const twins[] = {"sign", "constant", "half-noise", "swapped", NULL};
DP_CLAIM(probability_flow) = {
    .id = "probability-flow",
    .title = "The flow (18) and the Langevin equation (19) have the same Fokker-Planck equation",
    .equations = "(7), (18), (19)",
    .kind = "EQ",
    .source = "Gretton et al. 2605.05118, (18)-(19)",
    .method = "Velocity and divergence of the drift kl on one side; densities, gradients and Laplacians of the mixtures from their formulas on the "
              "other. The identity itself is div grad q = Laplacian of q.",
    .params = params, .twins = twins, .run = run};
