/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Energy dissipation (4)-(6): dF/dt = -int |V|^2 dq, the left side from the energy itself along moved mass. */
#include <string.h>
#include "driftproof.h"

/* ---- KL between mixtures on the line ---- */

typedef struct { dp_line_mixture_t p, q; int swapped; } pair;
typedef struct { dp_line_values p, q; acb_poly_t V, dV; } jets;

/* V = (log p)' - (log q)' and V' from u''/u - (u'/u)^2 */
static void jets_at(jets *j, const pair *g, const acb_poly_t x, slong len, slong prec)
{
    unsigned all = DP_LINE_DENSITY | DP_LINE_LOG | DP_LINE_SCORE | DP_LINE_SECOND;
    acb_poly_t t;
    acb_poly_init(t);
    acb_poly_init(j->V);
    acb_poly_init(j->dV);
    dp_line_values_init(&j->p);
    dp_line_values_init(&j->q);
    dp_line_mixture_eval(&j->p, all, g->p, x, len, prec);
    dp_line_mixture_eval(&j->q, all, g->q, x, len, prec);
    acb_poly_sub_series(j->V, j->p.score, j->q.score, len, prec);
    acb_poly_sub_series(j->dV, j->p.second, j->q.second, len, prec);
    acb_poly_mullow(t, j->p.score, j->p.score, len, prec);
    acb_poly_sub_series(j->dV, j->dV, t, len, prec);
    acb_poly_mullow(t, j->q.score, j->q.score, len, prec);
    acb_poly_add_series(j->dV, j->dV, t, len, prec);
    acb_poly_clear(t);
}

static void jets_clear(jets *j)
{
    acb_poly_clear(j->V);
    acb_poly_clear(j->dV);
    dp_line_values_clear(&j->p);
    dp_line_values_clear(&j->q);
}

/* -q (V' + V (log p)'): d/dt of q (log q - log(1 + tV') - log p(x + tV)); sabotaged: along the velocity of the exchanged pair, -V */
static void rate_integrand(acb_poly_t out, const acb_poly_t x, slong len, void *param, slong prec)
{
    jets j;
    jets_at(&j, param, x, len, prec);
    acb_poly_mullow(out, j.V, j.p.score, len, prec);
    acb_poly_add_series(out, out, j.dV, len, prec);
    acb_poly_mullow(out, out, j.q.density, len, prec);
    if (!((pair *) param)->swapped)
        acb_poly_neg(out, out);
    jets_clear(&j);
}

/* -(log q - log p + 1) (qV)' */
static void continuity_integrand(acb_poly_t out, const acb_poly_t x, slong len, void *param, slong prec)
{
    jets j;
    acb_poly_t t;
    acb_poly_init(t);
    jets_at(&j, param, x, len, prec);
    acb_poly_mullow(out, j.V, j.q.score, len, prec);
    acb_poly_add_series(out, out, j.dV, len, prec);
    acb_poly_mullow(out, out, j.q.density, len, prec);
    acb_poly_sub_series(t, j.p.log, j.q.log, len, prec);
    acb_poly_add_si(t, t, -1, prec);
    acb_poly_mullow(out, out, t, len, prec);
    acb_poly_clear(t);
    jets_clear(&j);
}

/* q V^2 */
static void dissipation_integrand(acb_poly_t out, const acb_poly_t x, slong len, void *param, slong prec)
{
    jets j;
    jets_at(&j, param, x, len, prec);
    acb_poly_mullow(out, j.V, j.V, len, prec);
    acb_poly_mullow(out, out, j.q.density, len, prec);
    jets_clear(&j);
}

/* With s, m the majorants of the two scores' sum and of u''/u: all three integrands are at most density x
   (1 + |log p| + |log q|) (s^2 + m_p + m_q + s_p^2 + s_q^2). */
static void majorant(arb_poly_t M, const pair *g)
{
    const dp_line_mixture_struct *both[2] = {g->p, g->q};
    arb_poly_t s, t, logs;
    arb_poly_init(s);
    arb_poly_init(t);
    arb_poly_init(logs);
    arb_poly_one(logs);
    arb_poly_zero(M);
    for (int i = 0; i < 2; i++) {
        dp_line_log_majorant(t, both[i], 64);
        arb_poly_add(logs, logs, t, 64);
        dp_line_second_majorant(t, both[i], 64);
        arb_poly_add(M, M, t, 64);
        dp_line_score_majorant(t, both[i], 64);
        arb_poly_add(s, s, t, 64);
    }
    arb_poly_mul(s, s, s, 64);          /* dominates V^2, V (log p)', V (log q)', and both squared scores in V' */
    arb_poly_scalar_mul_2exp_si(s, s, 1);
    arb_poly_add(M, M, s, 64);
    arb_poly_mul(M, M, logs, 64);
    arb_poly_clear(s);
    arb_poly_clear(t);
    arb_poly_clear(logs);
}

static void let_integral(dp_check *c, const char *name, pair *g, dp_line_f f, const dp_line_mixture_t against, dp_line_rule rule)
{
    slong bits = rule == DP_LINE_PETRAS ? dp_check_prec(c) : 60, prec = bits + 40;
    arb_poly_t M;
    arb_t v;
    dp_error e = {DP_OK, ""};
    if (dp_check_stopped(c))
        return;
    arb_poly_init(M);
    arb_init(v);
    majorant(M, g);
    if (!dp_check_failed(c, dp_line_mixture_integrate(v, against, f, g, 0, M, rule, bits, prec, &e), &e))
        (rule == DP_LINE_PETRAS ? dp_let : dp_let_second)(c, name, v, dp_line_rule_name[rule]);
    arb_poly_clear(M);
    arb_clear(v);
}

/* The velocity of these integrands is that of the drift kl. */
static void at_point(dp_check *c, const dp_point *at, void *data)
{
    slong prec = dp_check_prec(c);
    jets j;
    acb_poly_t x;
    acb_t z;
    acb_poly_init(x);
    acb_init(z);
    acb_set_arb(z, at->x);
    acb_poly_set_acb(x, z);
    jets_at(&j, data, x, 1, prec);
    acb_poly_get_coeff_acb(z, j.V, 0);
    char *name = dp_format("%sv", at->prefix);
    dp_let(c, name, acb_realref(z), "closed-form");
    if (dp_let_velocity(c, at, "V", at->P, "kl", at->x, DP_ENGINE_AUTO, NULL))
        dp_assert_at(c, at, -1, -1, "velocity of the integrands and of the drift", "@v == @V_0");
    free(name);
    jets_clear(&j);
    acb_poly_clear(x);
    acb_clear(z);
}

static void run_kl(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    pair g;
    fmpq_t zero;
    if (P->dim != 1 || P->p->family != DP_MIXTURE || P->q->family != DP_MIXTURE) {
        dp_give_up(c, DP_EINPUT, "energy kl: Gaussian mixtures on the line are needed");
        return;
    }
    fmpq_init(zero);
    dp_line_mixture_of(g.p, P->p, zero);
    dp_line_mixture_of(g.q, P->q, zero);
    dp_line_mixture_prepare(g.p, 1, dp_check_prec(c) + 40);
    dp_line_mixture_prepare(g.q, 1, dp_check_prec(c) + 40);
    g.swapped = dp_check_twin(c, "swapped");
    let_integral(c, "rate", &g, rate_integrand, g.q, DP_LINE_PETRAS);
    let_integral(c, "continuity", &g, continuity_integrand, g.q, DP_LINE_PETRAS);
    let_integral(c, "dissipation", &g, dissipation_integrand, g.q, DP_LINE_PETRAS);
    let_integral(c, "dissipation", &g, dissipation_integrand, g.q, DP_LINE_TAYLOR);
    dp_each_point(c, at_point, &g);
    dp_line_mixture_clear(g.p);
    dp_line_mixture_clear(g.q);
    fmpq_clear(zero);
}

/* ---- atoms that move with the drift ---- */

/* Leaves w_i and V_i_k, two engines each; V: n x d balls. */
static int let_atoms(dp_check *c, arb_ptr V, const char *drift)
{
    const dp_problem *P = dp_check_problem(c);
    dp_problem *D = dp_problem_copy(P);
    slong n = P->q->n, d = P->dim, prec = dp_check_prec(c);
    arb_ptr x = _arb_vec_init(d);
    dp_error e = {DP_OK, ""};
    int ok = 1;
    if (dp_check_twin(c, "swapped"))
        dp_problem_swap(D);
    for (slong i = 0; i < n && ok; i++) {
        char *prefix = dp_format("x%ld_", (long) i);
        dp_field_t f;
        dp_field_init(f, P->dim);
        for (slong k = 0; k < d; k++)
            arb_set_fmpq(x + k, DP_MEAN(P->q, i, k), prec);
        dp_let_q(c, dp_name("w", i, -1), DP_WEIGHT(P->q, i));
        ok = dp_let_field(c, prefix, D, drift, x, DP_HAVE_VELOCITY) &&
             !dp_check_failed(c, dp_field_eval(f, D, drift, x, DP_ENGINE_AUTO, prec, dp_check_workspace(c), &e), &e);
        _arb_vec_set(V + i * d, f->velocity, d);
        dp_field_clear(f);
        free(prefix);
    }
    char *norm = dp_sum_text(d, "x@_V_#^2"), *text = dp_strdup("0");
    for (slong i = 0; i < n; i++) {
        char *more = dp_format("%s + w_%ld*", text, (long) i), *end = dp_malloc(strlen(more) + 8 * strlen(norm) + 8), *t = stpcpy(end, more);
        for (const char *s = norm; *s != '\0'; s++)
            t += *s == '@' ? sprintf(t, "%ld", (long) i) : sprintf(t, "%c", *s);
        free(text);
        free(more);
        text = end;
    }
    dp_def(c, "dissipation", text);
    free(norm);
    free(text);
    dp_problem_free(D);
    _arb_vec_clear(x, d);
    return ok && !dp_check_stopped(c);
}

static void run_smoothed_kl(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    slong n = P->q->n, bits = dp_check_prec(c), prec = bits + 32;
    arb_ptr V = _arb_vec_init(n);
    arb_t v;
    fmpq_t h2, none;
    dp_line_mixture_t p, q;
    dp_error e = {DP_OK, ""};
    arb_init(v);
    fmpq_init(h2);
    fmpq_init(none);
    if (P->dim != 1 || P->kernel != DP_KERNEL_GAUSSIAN || P->q->family != DP_ATOMS || P->p->family > DP_MIXTURE)
        dp_give_up(c, DP_EINPUT, "energy smoothed-kl: atoms for q, atoms or Gaussians for p on the line, and the Gaussian kernel are needed");
    else if (let_atoms(c, V, "smoothed-kl")) {
        fmpq_mul(h2, P->bandwidth, P->bandwidth);
        dp_line_mixture_of(q, P->q, h2);
        dp_line_mixture_of(p, P->p, h2);
        _arb_vec_set(q->mean_dot, V, n);
        dp_line_mixture_prepare(q, 2, prec);
        dp_line_mixture_prepare(p, 2, prec);
        if (!dp_check_failed(c, dp_line_kl(v, q, p, 1, bits, prec, &e), &e))
            dp_let(c, "rate", v, "acb_calc_integrate");
        dp_line_mixture_clear(p);
        dp_line_mixture_clear(q);
    }
    fmpq_clear(h2);
    fmpq_clear(none);
    arb_clear(v);
    _arb_vec_clear(V, n);
}

static void run_mmd(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    slong n = P->q->n, prec = dp_check_prec(c);
    arb_ptr V = _arb_vec_init(n * P->dim);
    arb_t v;
    fmpq_t one;
    dp_signed_t rho;
    dp_error e = {DP_OK, ""};
    arb_init(v);
    fmpq_init(one);
    fmpq_one(one);
    if (P->kernel != DP_KERNEL_GAUSSIAN || P->q->family != DP_ATOMS || P->p->family > DP_MIXTURE)
        dp_give_up(c, DP_EINPUT, "energy mmd: atoms for q, atoms or Gaussians for p, and the Gaussian kernel are needed");
    else if (let_atoms(c, V, "mmd")) {
        dp_signed_init(rho, P->dim, n + P->p->n);
        dp_signed_put(rho, 0, P->q, one);
        fmpq_neg(one, one);
        dp_signed_put(rho, n, P->p, one);
        _arb_vec_set(rho->dot, V, n * P->dim);
        if (!dp_check_failed(c, dp_mmd2_half(NULL, v, rho, P->kernel, P->bandwidth, prec, &e), &e))
            dp_let(c, "rate", v, "dual-numbers");
        dp_signed_clear(rho);
    }
    fmpq_clear(one);
    arb_clear(v);
    _arb_vec_clear(V, n * P->dim);
}

/* ---- the claim ---- */

static void run(dp_check *c)
{
    const dp_param *energy = dp_check_param(c, "energy");
    const char *word = energy == NULL ? "kl" : energy->word;
    fmpq_t factor;
    fmpq_init(factor);
    fmpq_set_si(factor, dp_check_twin(c, "sign") ? 1 : -1, 1);
    if (dp_check_twin(c, "constant"))
        dp_spoil_for(c, factor);
    dp_let_q(c, "factor", factor);
    fmpq_clear(factor);
    if (strcmp(word, "kl") == 0)
        run_kl(c);
    else if (strcmp(word, "mmd") == 0)
        run_mmd(c);
    else
        run_smoothed_kl(c);
    if (dp_check_stopped(c))
        return;
    dp_assert(c, "(6): the energy's derivative along moved mass", "rate == factor*dissipation");
    if (strcmp(word, "kl") == 0)
        dp_assert(c, "(4): the derivative through the continuity equation", "continuity == factor*dissipation");
    dp_aim(c, "(6): the energy decreases strictly", "dissipation > 0");
}

static const dp_param_spec params[] = {
    DP_PARAM_AT,
    {"energy", DP_PARAM_WORD, "kl|smoothed-kl|mmd", "the functional F; default kl"},
    {0}};
static const char *const twins[] = {"sign", "constant", "swapped", NULL};
DP_CLAIM(energy_dissipation) = {
    .id = "energy-dissipation",
    .title = "Along its own flow an energy decreases at the rate of the mean squared velocity",
    .equations = "(2), (4), (5), (6), (7)",
    .kind = "EQ",
    .source = "Gretton et al. 2605.05118, (4)-(6)",
    .method = "Left: derivative of the energy of X + tV(X) (change of variables, or dual numbers in the positions of atoms), never its first variation. "
              "Right: the mean of |V|^2 with V from the drift or from mixture scores, two engines each.",
    .params = params, .twins = twins, .run = run};
