/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gaussian-closed-form: the all-Gaussian closed form of the Sinkhorn proxy (paper, section 3) against numerical integration. */
#include <string.h>
#include "driftproof.h"

static dp_engine asked_engine(const dp_check *c)
{
    const dp_param *e = dp_check_param(c, "engine");
    return e == NULL || strcmp(e->word, "trapezoid") == 0 ? DP_ENGINE_TRAPEZOID
           : strcmp(e->word, "quadrature") == 0 ? DP_ENGINE_QUADRATURE : DP_ENGINE_CLOSED;
}

/* The copy of the case whose closed form is taken: the case itself, or a sabotage of it. */
static dp_problem *formula_problem(dp_check *c)
{
    dp_problem *P = dp_problem_copy(dp_check_problem(c));
    if (dp_check_twin(c, "swapped"))
        dp_problem_swap(P);
    if (dp_check_twin(c, "constant"))
        dp_spoil_for(c, P->bandwidth);
    if (P->dim < 2 || P->p->family != DP_MIXTURE || fmpq_is_zero(DP_COV(P->p, 0, 0, 1)))
        dp_twin_unfit(c, "covariance");
    else if (dp_check_twin(c, "covariance"))
        for (slong a = 1; a < P->dim; a++) {
            fmpq_neg(DP_COV(P->p, 0, 0, a), DP_COV(P->p, 0, 0, a));
            fmpq_neg(DP_COV(P->p, 0, a, 0), DP_COV(P->p, 0, a, 0));
        }
    return P;
}

static void let_q_at(dp_check *c, const dp_point *at, const char *name, slong i, const fmpq_t v)
{
    char *full = dp_format("%s%s", at->prefix, name);
    dp_let_q(c, dp_name(full, i, -1), v);
    free(full);
}

static void let_det(dp_check *c, const char *name, const fmpq_mat_t B)
{
    fmpq_t v;
    fmpq_init(v);
    fmpq_mat_det(v, B);
    dp_let_q(c, name, v);
    fmpq_clear(v);
}

/* Exact leaves at x: barycentres B<which>_i and exponents E<which>, F<which> of k*mu~ and of k*mu. */
static void formula_at(dp_check *c, const dp_point *at, const dp_gaussian_t g, const dp_measure_t mu, const char *which)
{
    fmpq *b = _fmpq_vec_init(at->dim);
    fmpq_mat_t blurred;
    fmpq_t E;
    char name[8];
    fmpq_init(E);
    fmpq_mat_init(blurred, at->dim, at->dim);
    dp_gaussian_at(b, E, g, at->q);
    snprintf(name, sizeof name, "E%s", which);
    let_q_at(c, at, name, -1, E);
    snprintf(name, sizeof name, "B%s", which);
    for (slong i = 0; i < at->dim; i++)
        let_q_at(c, at, name, i, b + i);
    dp_gaussian_blurred(blurred, mu, 0, at->P->bandwidth);
    dp_gaussian_exponent(E, at->q, DP_MEAN(mu, 0, 0), blurred);
    snprintf(name, sizeof name, "F%s", which);
    let_q_at(c, at, name, -1, E);
    fmpq_mat_clear(blurred);
    fmpq_clear(E);
    _fmpq_vec_clear(b, at->dim);
}

typedef struct { dp_problem *P; dp_gaussian_t p, q; } pair;

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    const pair *s = data;
    dp_engine engine = asked_engine(c);
    dp_workspace *w = dp_check_workspace(c);
    formula_at(c, at, s->p, s->P->p, "p");
    formula_at(c, at, s->q, s->P->q, "q");
    if (!dp_let_parts(c, at, "pt", at->P, DP_OF_PT, "ZD", engine, w) || !dp_let_parts(c, at, "qt", at->P, DP_OF_QT, "ZD", engine, w) ||
        !dp_let_velocity(c, at, "V", at->P, "sinkhorn-proxy", at->x, engine, w))
        return;
    dp_def_at(c, at, -1, -1, "@Zpt", "sqrt(sqrt(g)/(detR*detAp))*exp(@Ep)");
    dp_def_at(c, at, -1, -1, "@Zqt", "sqrt(sqrt(g)/(detSigma*detAq))*exp(@Eq)");
    dp_def_at(c, at, -1, -1, "@pq", "h2d*exp(@Fp + @Fq)/sqrt(detRh*detS)");
    dp_assert_at(c, at, -1, -1, "k*p~", "@pt_Z == @Zpt");
    dp_assert_at(c, at, -1, -1, "k*q~", "@qt_Z == @Zqt");
    for (slong i = 0; i < at->dim; i++) {
        dp_assert_at(c, at, i, -1, "barycentre of k p~", "@x_# - b_# + @pt_D_#/@pt_Z == @Bp_#");
        dp_assert_at(c, at, i, -1, "barycentre of k q~", "@x_# - b_# + @qt_D_#/@qt_Z == @Bq_#");
        dp_assert_at(c, at, i, -1, "velocity", "@V_# == @Zpt*@Zqt/sqrt(@pq)*(@Bp_# - @Bq_#)");
    }
}

/* det S/h^(2d) and the determinants that all points share. */
static void let_constants(dp_check *c, const pair *s)
{
    fmpq_mat_t blurred;
    fmpq_t v;
    slong d = s->P->dim;
    fmpq_init(v);
    fmpq_mat_init(blurred, d, d);
    fmpq_mat_det(v, s->p->S);
    let_det(c, "detS", s->p->S);
    for (slong i = 0; i < d; i++) {
        fmpq_div(v, v, s->p->h2);
        dp_let_q(c, dp_name("b", i, -1), s->p->centre + i);
    }
    dp_let_q(c, "g", v);
    fmpq_pow_si(v, s->p->h2, d);
    dp_let_q(c, "h2d", v);
    let_det(c, "detR", s->p->R);
    let_det(c, "detSigma", s->q->R);
    let_det(c, "detAp", s->p->A);
    let_det(c, "detAq", s->q->A);
    dp_gaussian_blurred(blurred, s->P->p, 0, s->P->bandwidth);
    let_det(c, "detRh", blurred);
    fmpq_mat_clear(blurred);
    fmpq_clear(v);
}

static void run(dp_check *c)
{
    pair s;
    fmpq_t share;
    fmpq_init(share);
    fmpq_set_si(share, 1, dp_check_twin(c, "half") ? 1 : 2);
    s.P = formula_problem(c);
    int p = s.P->kernel == DP_KERNEL_GAUSSIAN && dp_gaussian_init(s.p, s.P, s.P->p, share), q = p && dp_gaussian_init(s.q, s.P, s.P->q, share);
    if (q) {
        let_constants(c, &s);
        dp_each_point(c, at_point, &s);
    } else
        dp_give_up(c, DP_EINPUT, "the closed form needs a Gaussian kernel and one Gaussian each for p and q");
    if (q)
        dp_gaussian_clear(s.q);
    if (p)
        dp_gaussian_clear(s.p);
    dp_problem_free(s.P);
    fmpq_clear(share);
}

static const dp_param_spec params[] = {
    DP_PARAM_AT,
    {"engine", DP_PARAM_WORD, "trapezoid|quadrature|closed", "what is compared with the formula; default trapezoid"},
    {0}};
static const char *const twins[] = {"constant", "half", "swapped", "covariance", NULL};
DP_CLAIM(gaussian_closed_form) = {
    .id = "gaussian-closed-form",
    .title = "All-Gaussian closed form of the Sinkhorn proxy, any covariance",
    .equations = "(31), (34), (35)",
    .kind = "EQ",
    .source = "derived here",
    .method = "Everything in the formula but sqrt and exp is exact rational algebra in the claim; the other side integrates numerically, "
              "by the strip-bounded trapezoidal rule or by quadrature, as if the closed form were not known.",
    .params = params, .twins = twins, .run = run};
