/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finite-mass threshold of section 9 for Laplace laws, d = 1: p/sqrt(k*q) is finite iff b_p < 2 b_q, whatever the bandwidth. */
#include <string.h>
#include "../finite-mass-window.h"

static int side_is_finite(const dp_check *c)
{
    const dp_param *side = dp_check_param(c, "side");
    int finite = side == NULL || strcmp(side->word, "finite") == 0;
    return dp_check_twin(c, "side") ? !finite : finite;
}

/* One of the two terms of (k*q)(y): e^(s t/b) erfc((h/b + s t/h)/sqrt 2), t = y - l. */
static void blurred_half(arb_t out, const arb_t t, const arb_t b, const arb_t h, slong sign, slong prec)
{
    arb_t u, v;
    arb_init(u);
    arb_init(v);
    arb_mul_si(u, t, sign, prec);
    arb_div(v, u, h, prec);
    arb_div(out, h, b, prec);
    arb_add(v, v, out, prec);
    arb_sqrt_ui(out, 2, prec);
    arb_div(v, v, out, prec);
    arb_hypgeom_erfc(v, v, prec);
    arb_div(u, u, b, prec);
    arb_exp(u, u, prec);
    arb_mul(out, u, v, prec);
    arb_clear(u);
    arb_clear(v);
}

/* (k*q)(y) = sqrt(pi/2) h/(2b) e^(h^2/(2b^2)) (the two halves). */
static void blurred(arb_t out, const dp_problem *P, const arb_t y, slong prec)
{
    arb_t t, b, h, s;
    arb_init(t);
    arb_init(b);
    arb_init(h);
    arb_init(s);
    arb_set_fmpq(h, P->bandwidth, prec);
    arb_set_fmpq(b, P->q->scale, prec);
    arb_set_fmpq(t, DP_MEAN(P->q, 0, 0), prec);
    arb_sub(t, y, t, prec);
    blurred_half(out, t, b, h, 1, prec);
    blurred_half(s, t, b, h, -1, prec);
    arb_add(out, out, s, prec);
    arb_const_pi(s, prec);
    arb_mul_2exp_si(s, s, -1);
    arb_sqrt(s, s, prec);
    arb_mul(out, out, s, prec);
    arb_div(s, h, b, prec);
    arb_mul(out, out, s, prec);
    arb_mul_2exp_si(out, out, -1);
    arb_sqr(s, s, prec);
    arb_mul_2exp_si(s, s, -1);
    arb_exp(s, s, prec);
    arb_mul(out, out, s, prec);
    arb_clear(t);
    arb_clear(b);
    arb_clear(h);
    arb_clear(s);
}

static int let_blurred(dp_check *c, const dp_point *at)
{
    arb_t v;
    arb_init(v);
    int ok = dp_let_parts(c, at, "q", at->P, DP_OF_Q, "Z", DP_ENGINE_QUADRATURE, NULL);
    if (ok) {
        char *name = dp_format("%sq_Z", at->prefix);
        blurred(v, at->P, at->x, 2 * dp_check_prec(c));
        dp_let_second(c, name, v, "erfc");
        free(name);
    }
    arb_clear(v);
    return ok;
}

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    const fmpq *edge = data;
    if (!let_blurred(c, at))
        return;
    dp_def_at(c, at, -1, -1, "@q", "exp(-abs(@x_0 - l_q)/b_q)/(2*b_q)");
    dp_def_at(c, at, -1, -1, "@p", "exp(-abs(@x_0 - l_p)/b_p)/(2*b_p)");
    dp_assert_at(c, at, -1, -1, "lower bound of k*q", dp_check_twin(c, "exchanged") ? "@q_Z > k_plus*@q" : "@q_Z > k_minus*@q");
    dp_assert_at(c, at, -1, -1, "upper bound of k*q", dp_check_twin(c, "exchanged") ? "@q_Z < k_minus*@q" : "@q_Z < k_plus*@q");
    if (!side_is_finite(c) && fmpq_cmp(at->q, edge) >= 0)
        dp_assert_at(c, at, -1, -1, "density of p~ beyond the edge", "@p/sqrt(@q_Z) > floor");
}

static int by_error_functions(arb_t out, dp_check *c, const arb_t y, slong prec)
{
    blurred(out, dp_check_problem(c), y, prec);
    return 1;
}

/* p/sqrt(q) on one side of l_p and of l_q: e^(-A sp (x - l_p) + B sq (x - l_q)) sqrt(2 b_q)/(2 b_p). */
typedef struct { arb_t A, B, lp, lq, factor; int p_first, sp, sq; } piece;

static void reduced_density(acb_poly_t out, const acb_poly_t x, slong len, void *param, slong prec)
{
    const piece *g = param;
    acb_t shift, slope;
    arb_t t;
    acb_init(shift), acb_init(slope), arb_init(t);
    arb_mul_si(t, g->A, -g->sp, prec);
    arb_mul(acb_realref(shift), t, g->lp, prec);
    arb_addmul_si(t, g->B, g->sq, prec);
    arb_set(acb_realref(slope), t);
    arb_mul_si(t, g->B, g->sq, prec);
    arb_addmul(acb_realref(shift), t, g->lq, prec);
    acb_neg(shift, shift);
    acb_poly_scalar_mul(out, x, slope, prec);
    acb_poly_get_coeff_acb(slope, out, 0);
    acb_add(slope, slope, shift, prec);
    acb_poly_set_coeff_acb(out, 0, slope);
    acb_poly_exp_series(out, out, len, prec);
    acb_zero(shift), arb_set(acb_realref(shift), g->factor);
    acb_poly_scalar_mul(out, out, shift, prec);
    acb_clear(shift), acb_clear(slope), arb_clear(t);
}

/* out = int p/sqrt(q) between at[0] <= at[1] <= at[2] <= at[3], the middle two being l_p and l_q in order, to about 2^-64 of its density. */
static dp_status reduced(arb_t out, piece *g, const fmpq *at, int by_series, slong prec, dp_error *e)
{
    arb_t a, b, v;
    mag_t tol;
    dp_status status = DP_OK;
    arb_init(a), arb_init(b), arb_init(v), mag_init(tol);
    arb_sub(v, g->lp, g->lq, prec), arb_abs(v, v), arb_mul(v, v, g->B, prec), arb_exp(v, v, prec), arb_mul(v, v, g->factor, prec);
    arb_get_mag(tol, v);                    /* above the density everywhere, as A > B */
    mag_mul_2exp_si(tol, tol, -64);
    arb_zero(out);
    for (int i = 0; i < 3 && status == DP_OK; i++) {
        g->sp = i == 2 || (i == 1 && g->p_first) ? 1 : -1;
        g->sq = i == 2 || (i == 1 && !g->p_first) ? 1 : -1;
        arb_set_fmpq(a, at + i, prec), arb_set_fmpq(b, at + i + 1, prec);
        status = by_series ? dp_line_taylor(v, reduced_density, g, 30, a, b, tol, 20000, prec, e)
                           : dp_line_integrate(v, reduced_density, g, 0, a, b, tol, prec, e);
        arb_add(out, out, v, prec);
    }
    arb_clear(a), arb_clear(b), arb_clear(v), mag_clear(tol);
    return status;
}

/* Leaf "reduced" = int p/sqrt(q) from `from` to `to`, 20/(A - B) beyond l_p and l_q, by two rules and without the antiderivative that J comes from. */
static void let_reduced(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    slong prec = dp_check_prec(c) + 32;
    fmpq *at = _fmpq_vec_init(4), *l_p = DP_MEAN(P->p, 0, 0), *l_q = DP_MEAN(P->q, 0, 0);
    fmpq_t A, B;
    piece g;
    arb_t v;
    dp_error e = {DP_OK, ""};
    fmpq_init(A), fmpq_init(B), arb_init(g.A), arb_init(g.B), arb_init(g.lp), arb_init(g.lq), arb_init(g.factor), arb_init(v);
    fmpq_inv(A, P->p->scale), fmpq_inv(B, P->q->scale), fmpq_div_2exp(B, B, 1);
    arb_set_fmpq(g.A, A, prec), arb_set_fmpq(g.B, B, prec), arb_set_fmpq(g.lp, l_p, prec), arb_set_fmpq(g.lq, l_q, prec);
    arb_rsqrt(g.factor, g.B, prec), arb_mul(g.factor, g.factor, g.A, prec), arb_mul_2exp_si(g.factor, g.factor, -1);
    fmpq_sub(A, A, B), fmpq_set_si(B, 20, 1), fmpq_div(A, B, A);
    g.p_first = fmpq_cmp(l_p, l_q) < 0;
    fmpq_set(at + 1, g.p_first ? l_p : l_q), fmpq_set(at + 2, g.p_first ? l_q : l_p);
    fmpq_sub(at, at + 1, A), fmpq_add(at + 3, at + 2, A);
    dp_let_q(c, "from", at), dp_let_q(c, "to", at + 3);
    if (!dp_check_failed(c, reduced(v, &g, at, 0, prec, &e), &e)) {
        dp_let(c, "reduced", v, "petras");
        if (!dp_check_failed(c, reduced(v, &g, at, 1, prec, &e), &e))
            dp_let_second(c, "reduced", v, "taylor");
    }
    fmpq_clear(A), fmpq_clear(B), arb_clear(g.A), arb_clear(g.B), arb_clear(g.lp), arb_clear(g.lq), arb_clear(g.factor), arb_clear(v);
    _fmpq_vec_clear(at, 4);
}

/* Finite side: int p/sqrt(q) in closed form, and the mass is at most that over sqrt(k_minus). */
static void finite_side(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    if (fmpq_cmp(P->p->scale, P->q->scale) < 0 && dp_twin_unfit(c, "factor"))
        return;
    dp_assert(c, "p~ has finite mass", dp_check_twin(c, "factor") ? "b_p < b_q" : "b_p < 2*b_q");
    fmpq_t twice;
    fmpq_init(twice), fmpq_mul_2exp(twice, P->q->scale, 1);
    int finite = fmpq_cmp(P->p->scale, twice) < 0;
    fmpq_clear(twice);
    if (dp_check_twin(c, "factor") || !finite) /* what follows exists on the finite side only; the line above is then refuted */
        return;
    dp_def(c, "A", "1/b_p");
    dp_def(c, "B", "1/(2*b_q)");
    dp_def(c, "d", "abs(l_p - l_q)");
    dp_def(c, "J", "(exp(B*d) + exp(-A*d))/(A - B) + (exp(B*d) - exp(-A*d))/(A + B)");
    dp_def(c, "I", "sqrt(2*b_q)/(2*b_p)*J");
    let_reduced(c);
    dp_def(c, "rest", "sqrt(2*b_q)/(2*b_p*(A - B))*(exp(-A*(to - l_p) + B*(to - l_q)) + exp(-A*(l_p - from) + B*(l_q - from)))");
    dp_assert(c, "I is above its part between from and to", "reduced < I");
    dp_assert(c, "and below it with twice the rest", "I < reduced + 2*rest");
    dp_def(c, "upper", "I/sqrt(k_minus)");
    dp_def(c, "lower", "I/sqrt(k_plus)");
    fm_let_window(c, 12, 8, by_error_functions, "erfc");
    dp_def(c, "scale", "sqrt(2*b_q)/(2*b_p*(A - B)*sqrt(k_minus))");
    dp_def(c, "beyond", "scale*(exp(-A*(hi - l_p) + B*(hi - l_q)) + exp(-A*(l_p - lo) + B*(l_q - lo)))");
    dp_assert(c, "the mass of p~ in the window is below upper", "window < upper");
    dp_assert(c, "with what can lie beyond it, above lower", "window + beyond > lower");
}

/* Infinite side: beyond edge = max(l_p, l_q) the density of p~ exceeds floor. */
static void infinite_side(dp_check *c)
{
    dp_twin_unfit(c, "factor");
    dp_assert(c, "p~ has infinite mass", "b_p >= 2*b_q");
    dp_def(c, "floor", "sqrt(2*b_q)/(2*b_p*sqrt(k_plus))*exp(-(edge - l_p)/b_p + (edge - l_q)/(2*b_q))");
    dp_assert(c, "the floor is positive", "floor > 0");
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    if (P->kernel != DP_KERNEL_GAUSSIAN || P->p->family != DP_LAPLACE || P->q->family != DP_LAPLACE) {
        dp_give_up(c, DP_EINPUT, "expected a Gaussian kernel and Laplace laws for p and q");
        return;
    }
    const fmpq *l_p = DP_MEAN(P->p, 0, 0), *l_q = DP_MEAN(P->q, 0, 0), *edge = fmpq_cmp(l_p, l_q) > 0 ? l_p : l_q;
    dp_let_q(c, "bandwidth", P->bandwidth);
    dp_let_q(c, "b_p", P->p->scale);
    dp_let_q(c, "b_q", P->q->scale);
    dp_let_q(c, "l_p", l_p);
    dp_let_q(c, "l_q", l_q);
    dp_let_q(c, "edge", edge);
    dp_def(c, "k_minus", "sqrt(2*pi)*bandwidth*exp(bandwidth^2/(2*b_q^2))*erfc(bandwidth/(sqrt(2)*b_q))");
    dp_def(c, "k_plus", "sqrt(2*pi)*bandwidth*exp(bandwidth^2/(2*b_q^2))*erfc(-bandwidth/(sqrt(2)*b_q))");
    dp_assert(c, "q~ has finite mass", "b_q < 2*b_q");
    if (side_is_finite(c))
        finite_side(c);
    else
        infinite_side(c);
    dp_each_point(c, at_point, (void *) edge);
}

static const dp_param_spec params[] = {
    DP_PARAM_AT,
    {"side", DP_PARAM_WORD, "finite|infinite", "what the case says about p~; default finite"},
    {0}};
static const char *const twins[] = {"side", "factor", "exchanged", NULL};
DP_CLAIM(finite_mass_laplace) = {
    .id = "finite-mass-laplace",
    .title = "Laplace tails: p/sqrt(k*q) has finite mass iff b_p < 2 b_q, for every bandwidth",
    .equations = "(35)",
    .kind = "INEQ",
    .source = "derived here",
    .method = "Two-sided bounds k_minus q <= k*q <= k_plus q on the whole line, proved in the statement and checked at points by quadrature and "
              "by error functions, reduce the mass to elementary integrals, which two rules confirm; the scales are compared exactly.",
    .params = params, .twins = twins, .run = run};
