/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finite-mass threshold of section 9 for Student laws, d = 1: p/sqrt(k*q) is finite iff nu_p > (nu_q + 1)/2, whatever the bandwidth. */
#include <string.h>
#include "../finite-mass-window.h"

static int says_finite(const dp_check *c, const char *param)
{
    const dp_param *side = dp_check_param(c, param);
    return side == NULL || strcmp(side->word, "finite") == 0;
}

static int side_is_finite(const dp_check *c)
{
    return dp_check_twin(c, "side") ? !says_finite(c, "side") : says_finite(c, "side");
}

static int let_blurred(dp_check *c, const dp_point *at)
{
    arb_t v;
    arb_init(v);
    int ok = dp_let_parts(c, at, "q", at->P, DP_OF_Q, "Z", DP_ENGINE_QUADRATURE, NULL);
    if (ok) {
        char *name = dp_format("%sq_Z", at->prefix);
        dp_student_blurred(v, at->P, at->x, 128);
        dp_let_second(c, name, v, "lattice-sum");
        free(name);
    }
    arb_clear(v);
    return ok;
}

/* A power a^b of expressions; the language has integer powers only. */
#define POW(a, b) "exp((" b ")*log(" a "))"
#define SHAPE_Q(s) POW("1 + (" s ")^2/(s_q^2*nu_q)", "-(nu_q + 1)/2")

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    const fmpq *T2 = data;
    fmpq_t t2;
    if (!let_blurred(c, at))
        return;
    fmpq_init(t2);
    fmpq_sub(t2, at->q, DP_MEAN(at->P->q, 0, 0));
    fmpq_mul(t2, t2, t2);
    dp_def_at(c, at, -1, -1, "@t", "abs(@x_0 - l_q)");
    dp_def_at(c, at, -1, -1, "@lower", "2*width*exp(-1/2)*c_q*" SHAPE_Q("@t + width"));
    dp_def_at(c, at, -1, -1, "@upper", "sqrt(2*pi)*width*(1 + C)*c_q*" SHAPE_Q("@t/2"));
    dp_assert_at(c, at, -1, -1, "lower bound of k*q", dp_check_twin(c, "exchanged") ? "@q_Z > @upper" : "@q_Z > @lower");
    dp_assert_at(c, at, -1, -1, "upper bound of k*q", dp_check_twin(c, "exchanged") ? "@q_Z < @lower" : "@q_Z < @upper");
    dp_def_at(c, at, -1, -1, "@p", "c_p*" POW("1 + (@x_0 - l_p)^2/(s_p^2*nu_p)", "-(nu_p + 1)/2"));
    if (fmpq_cmp(t2, T2) >= 0)
        dp_assert_at(c, at, -1, -1, "tail of p~", side_is_finite(c) ? "@p/sqrt(@q_Z) < K*" POW("@t", "-e") : "@p/sqrt(@q_Z) > K*" POW("@t", "-e"));
    fmpq_clear(t2);
}

/* T2 = max over the list. */
static void raise_to(fmpq_t T2, const fmpq_t v)
{
    if (fmpq_cmp(v, T2) > 0)
        fmpq_set(T2, v);
}

/* The squared distance from l_q beyond which the tail bounds hold: finite max(4 d^2, h^2, s_q^2 nu_q/4), infinite max(d^2, s_p^2 nu_p/4). */
static void tail_start(fmpq_t T2, const dp_problem *P, int finite)
{
    fmpq_t v;
    fmpq_init(v);
    fmpq_sub(v, DP_MEAN(P->p, 0, 0), DP_MEAN(P->q, 0, 0));
    fmpq_mul(v, v, v);
    if (finite)
        fmpq_mul_2exp(v, v, 2);
    fmpq_set(T2, v);
    if (finite) {
        fmpq_mul(v, P->bandwidth, P->bandwidth);
        raise_to(T2, v);
    }
    const dp_measure_struct *m = finite ? P->q : P->p;
    fmpq_mul(v, m->scale, m->scale);
    fmpq_mul(v, v, m->dof);
    fmpq_div_2exp(v, v, 2);
    raise_to(T2, v);
    fmpq_clear(v);
}

/* Leaf tt = max(0, 4 h^2 (nu_q + 1) - 4 nu_q s_q^2), where e^(-t^2/(8h^2))/q(l + t/2) is largest. */
static void let_maximum(dp_check *c, const dp_problem *P)
{
    fmpq_t u, v;
    fmpq_init(u);
    fmpq_init(v);
    fmpq_add_si(u, P->q->dof, 1);
    fmpq_mul(u, u, P->bandwidth);
    fmpq_mul(u, u, P->bandwidth);
    fmpq_mul(v, P->q->scale, P->q->scale);
    fmpq_mul(v, v, P->q->dof);
    fmpq_sub(u, u, v);
    fmpq_mul_2exp(u, u, 2);
    if (fmpq_sgn(u) < 0)
        fmpq_zero(u);
    dp_let_q(c, "tt", u);
    dp_def(c, "C", "exp(-tt/(8*width^2) + (nu_q + 1)/2*log(1 + tt/(4*nu_q*s_q^2)))");
    fmpq_clear(u);
    fmpq_clear(v);
}

static void let_data(dp_check *c, const dp_problem *P)
{
    dp_let_q(c, "width", P->bandwidth);
    dp_let_q(c, "nu_p", P->p->dof);
    dp_let_q(c, "nu_q", P->q->dof);
    dp_let_q(c, "s_p", P->p->scale);
    dp_let_q(c, "s_q", P->q->scale);
    dp_let_q(c, "l_p", DP_MEAN(P->p, 0, 0));
    dp_let_q(c, "l_q", DP_MEAN(P->q, 0, 0));
    dp_let_student_constant(c, "c_p", P->p);
    dp_let_student_constant(c, "c_q", P->q);
    let_maximum(c, P);
    dp_def(c, "e", "nu_p + 1 - (nu_q + 1)/2");
}

static int by_lattice(arb_t out, dp_check *c, const arb_t y, slong prec)
{
    dp_student_blurred(out, dp_check_problem(c), y, prec + 64);
    return 1;
}

static void finite_side(dp_check *c, const fmpq_t T2)
{
    fmpq_t limit;
    fmpq_init(limit);
    fmpq_add_si(limit, dp_check_problem(c)->q->dof, 1);
    if (fmpq_cmp(dp_check_problem(c)->p->dof, limit) > 0)
        dp_twin_unfit(c, "factor");
    fmpq_clear(limit);
    dp_assert(c, "p~ has finite mass", dp_check_twin(c, "factor") ? "nu_p > nu_q + 1" : "nu_p > (nu_q + 1)/2");
    dp_def(c, "K", "c_p*" POW("2*s_p*sqrt(nu_p)", "nu_p + 1") "/sqrt(2*width*exp(-1/2)*c_q)*" POW("8/(s_q^2*nu_q)", "(nu_q + 1)/4"));
    dp_let_q(c, "T2", T2);
    dp_def(c, "T", "sqrt(T2)");
    dp_def(c, "mass_bound", "1/sqrt(2*width*exp(-1/2)*c_q*" SHAPE_Q("T + width") ") + 2*K*" POW("T", "1 - e") "/(e - 1)");
    fm_let_window(c, 4, 8, by_lattice, "lattice-sum");
    dp_assert(c, "the mass of p~ in the window is below mass_bound", "window < mass_bound");
}

static void infinite_side(dp_check *c)
{
    dp_twin_unfit(c, "factor");
    dp_assert(c, "p~ has infinite mass", "nu_p <= (nu_q + 1)/2");
    dp_def(c, "K", "c_p*" POW("8/(s_p^2*nu_p)", "-(nu_p + 1)/2") "/sqrt(sqrt(2*pi)*width*(1 + C)*c_q)*" POW("2*s_q*sqrt(nu_q)", "-(nu_q + 1)/2"));
    dp_assert(c, "the constant of the tail is positive", "K > 0");
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    fmpq_t T2;
    if (P->kernel != DP_KERNEL_GAUSSIAN || P->p->family != DP_STUDENT || P->q->family != DP_STUDENT) {
        dp_give_up(c, DP_EINPUT, "expected a Gaussian kernel and Student laws for p and q");
        return;
    }
    fmpq_init(T2);
    let_data(c, P);
    tail_start(T2, P, side_is_finite(c));
    dp_assert(c, says_finite(c, "model") ? "q~ has finite mass" : "q~ has infinite mass", says_finite(c, "model") ? "nu_q > 1" : "nu_q <= 1");
    if (side_is_finite(c))
        finite_side(c, T2);
    else
        infinite_side(c);
    dp_each_point(c, at_point, T2);
    fmpq_clear(T2);
}

static const dp_param_spec params[] = {
    DP_PARAM_AT,
    {"side", DP_PARAM_WORD, "finite|infinite", "what the case says about p/sqrt(k*q); default finite"},
    {"model", DP_PARAM_WORD, "finite|infinite", "what the case says about q/sqrt(k*q); default finite"},
    {0}};
static const char *const twins[] = {"side", "factor", "exchanged", NULL};
DP_CLAIM(finite_mass_student) = {
    .id = "finite-mass-student",
    .title = "Student tails: p/sqrt(k*q) has finite mass iff nu_p > (nu_q + 1)/2, for every bandwidth",
    .equations = "(35)",
    .kind = "INEQ",
    .source = "derived here",
    .method = "Two-sided bounds of k*q with explicit constants, proved in the statement, reduce the mass to a power of t at infinity; degrees of "
              "freedom are compared exactly, and the bounds are checked at points by quadrature and by a lattice sum.",
    .params = params, .twins = twins, .run = run};
