/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mass of p/sqrt(k*q) for Gaussians on the finite side: closed formula against rigorous integration of the density. */
#include <math.h>
#include "driftproof.h"

/* The lattice y = b + L (delta u), u integer with |u_i| <= reach, where L L' = M^{-1}; f = p/sqrt(k*q) at its points from the engines. */
typedef struct {
    const dp_problem *P;
    const dp_gaussian_struct *g;
    arb_mat_t L;
    arb_ptr centre;
    arb_t delta;
    slong reach, prec;
} lattice;

/* Centre b + M^{-1} pull of the Gaussian f and a Cholesky factor of M^{-1}. Returns 0 if the precision does not carry it. */
static int lattice_init(lattice *t, const dp_problem *P, const dp_gaussian_t g, slong prec)
{
    slong d = g->dim;
    fmpq_mat_t Minv;
    arb_mat_t C;
    fmpq_mat_init(Minv, d, d);
    arb_mat_init(C, d, d);
    t->P = P;
    t->g = g;
    t->prec = prec;
    arb_mat_init(t->L, d, d);
    t->centre = _arb_vec_init(d);
    arb_init(t->delta);
    fmpq_mat_inv(Minv, g->M);
    arb_mat_set_fmpq_mat(C, Minv, prec);
    for (slong a = 0; a < d; a++) {
        fmpq_t s;
        fmpq_init(s);
        fmpq_set(s, g->centre + a);
        for (slong b = 0; b < d; b++)
            fmpq_addmul(s, fmpq_mat_entry(Minv, a, b), g->pull + b);
        arb_set_fmpq(t->centre + a, s, prec);
        fmpq_clear(s);
    }
    /* aliasing error e^(-2 pi^2/delta^2) and tail e^(-reach^2 delta^2/2) both below 2^-prec */
    double bits = (double) prec * 0.6931471805599453 + 8, delta = sqrt(2 * 9.8696044010893586 / bits);
    arb_set_d(t->delta, ldexp(floor(ldexp(delta, 10)), -10));
    t->reach = (slong) ceil(sqrt(2 * bits) / delta) + 1;
    int ok = arb_mat_cho(t->L, C, prec);
    arb_mat_clear(C);
    fmpq_mat_clear(Minv);
    return ok;
}

static void lattice_clear(lattice *t)
{
    arb_mat_clear(t->L);
    _arb_vec_clear(t->centre, t->g->dim);
    arb_clear(t->delta);
}

/* log p(y) - log (k*q)(y)/2 from the engines; the sum of exp of it over the whole lattice. */
static dp_status sum_over(arb_t sum, const lattice *t, dp_workspace *w, dp_error *e)
{
    slong d = t->g->dim, side = 2 * t->reach + 1, all = 1;
    arb_ptr y = _arb_vec_init(d), u = _arb_vec_init(d);
    dp_moments_t m;
    dp_jet_t f;
    dp_status status = DP_OK;
    dp_moments_init(m, (int) d);
    dp_jet_init(f, (int) d);
    arb_zero(sum);
    for (slong a = 0; a < d; a++)
        all *= side;
    for (slong k = 0; k < all && status == DP_OK; k++) {
        for (slong a = 0, r = k; a < d; a++, r /= side)
            arb_mul_si(u + a, t->delta, r % side - t->reach, t->prec);
        for (slong a = 0; a < d; a++)
            arb_dot(y + a, t->centre + a, 0, arb_mat_entry(t->L, a, 0), 1, u, 1, d, t->prec);
        status = dp_moments_eval(m, t->P, DP_OF_Q, y, DP_ENGINE_AUTO, t->prec, w, e);
        if (status == DP_OK)
            status = dp_log_density(f, t->P->p, y, t->prec, e);
        arb_exp(f->v, f->v, t->prec);
        arb_rsqrt(m->Z->v, m->Z->v, t->prec);
        arb_addmul(sum, f->v, m->Z->v, t->prec);
    }
    dp_moments_clear(m);
    dp_jet_clear(f);
    _arb_vec_clear(y, d);
    _arb_vec_clear(u, d);
    return status;
}

/* Widens the lattice sum to an enclosure of the integral: (1 + 2 A/(1-A))^d - 1 for aliasing, A = exp(-2 pi^2/delta^2); for the nodes
   left out less than 4 d (1 + 4A)^d B, B = exp(-reach^2 delta^2/2), in units of the integral: see the statement. */
static void widen(arb_t mass, const lattice *t)
{
    slong d = t->g->dim, prec = t->prec + 32;   /* 1 + A has to show A */
    arb_t A, B, r;
    arb_init(A);
    arb_init(B);
    arb_init(r);
    arb_const_pi(A, prec);
    arb_div(A, A, t->delta, prec);
    arb_sqr(A, A, prec);
    arb_mul_si(A, A, -2, prec);
    arb_exp(A, A, prec);
    arb_mul_si(B, t->delta, t->reach, prec);
    arb_sqr(B, B, prec);
    arb_mul_2exp_si(B, B, -1);
    arb_neg(B, B);
    arb_exp(B, B, prec);
    arb_mul_si(r, A, 4, prec);            /* 2A/(1-A) <= 4A once A <= 1/2, and A < 2^-prec here */
    arb_add_si(r, r, 1, prec);
    arb_pow_ui(r, r, (ulong) d, prec);
    arb_mul_si(B, B, 4 * d, prec);
    arb_mul(B, B, r, prec);
    arb_sub_si(r, r, 1, prec);
    arb_add(r, r, B, prec);
    arb_zero(A);                          /* |sum - I| <= r I, so I is in sum/(1 + [-r, r]) */
    arb_add_error(A, r);
    arb_add_si(A, A, 1, t->prec);
    arb_div(mass, mass, A, t->prec);
    arb_clear(A);
    arb_clear(B);
    arb_clear(r);
}

/* The mass by this lattice's step and reach, whatever they are. */
static dp_status lattice_mass(arb_t mass, const lattice *t, dp_workspace *w, dp_error *e)
{
    dp_status status = sum_over(mass, t, w, e);
    for (slong a = 0; a < t->g->dim; a++) {
        arb_mul(mass, mass, arb_mat_entry(t->L, a, a), t->prec);
        arb_mul(mass, mass, t->delta, t->prec);
    }
    widen(mass, t);
    return status;
}

static void let_mass(dp_check *c, const dp_problem *P, const dp_gaussian_t g)
{
    lattice t;
    arb_t mass;
    dp_error e = {DP_OK, ""};
    arb_init(mass);
    if (!lattice_init(&t, P, g, dp_check_prec(c)))
        dp_give_up(c, DP_EBUDGET, "covariance of p~ too close to singular for %ld bits", (long) t.prec);
    else if (!dp_check_failed(c, lattice_mass(mass, &t, dp_check_workspace(c), &e), &e))
        dp_let(c, "mass", mass, "lattice-sum");
    lattice_clear(&t);
    arb_clear(mass);
}

/* Leaves g = det S/h^(2d), detR, detM and the exponent E = (pull'M^{-1}pull - square)/2. */
static void let_formula(dp_check *c, const dp_gaussian_t g)
{
    slong d = g->dim;
    fmpq_mat_t X, b;
    fmpq_t v, u;
    fmpq_mat_init(X, d, 1);
    fmpq_mat_init(b, d, 1);
    fmpq_init(v);
    fmpq_init(u);
    for (slong a = 0; a < d; a++)
        fmpq_set(fmpq_mat_entry(b, a, 0), g->pull + a);
    fmpq_mat_solve(X, g->M, b);
    for (slong a = 0; a < d; a++)
        fmpq_addmul(v, fmpq_mat_entry(X, a, 0), g->pull + a);
    fmpq_sub(v, v, g->square);
    fmpq_div_2exp(v, v, 1);
    if (fmpq_is_zero(v))
        dp_twin_unfit(c, "sign");
    if (dp_check_twin(c, "sign"))
        fmpq_neg(v, v);
    dp_let_q(c, "E", v);
    fmpq_mat_det(v, g->S);
    fmpq_pow_si(u, g->h2, d);
    fmpq_div(v, v, u);
    if (dp_check_twin(c, "constant"))
        dp_spoil_for(c, v);
    dp_let_q(c, "g", v);
    fmpq_mat_det(v, g->R);
    dp_let_q(c, "detR", v);
    fmpq_mat_det(v, g->M);
    dp_let_q(c, "detM", v);
    fmpq_clear(v);
    fmpq_clear(u);
    fmpq_mat_clear(X);
    fmpq_mat_clear(b);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    dp_problem *F = dp_problem_copy(P);
    dp_gaussian_t g, f;
    fmpq_t half;
    fmpq_init(half);
    fmpq_set_si(half, 1, 2);
    if (dp_check_twin(c, "bandwidth"))      /* the formula of another kernel */
        fmpq_mul_2exp(F->bandwidth, F->bandwidth, 1);
    if (P->kernel != DP_KERNEL_GAUSSIAN || !dp_gaussian_init(g, P, P->p, half))
        dp_give_up(c, DP_EINPUT, "expected a Gaussian kernel, one Gaussian for p, and one Gaussian or one atom for q");
    else {
        dp_gaussian_init(f, F, F->p, half);
        if (!dp_gaussian_is_finite(g))
            dp_give_up(c, DP_EINPUT, "p/sqrt(k*q) has infinite mass: there is no value to check");
        else {
            let_formula(c, f);
            let_mass(c, P, g);
            dp_assert(c, "mass of p~", "mass == sqrt(sqrt(g)/(detR*detM))*exp(E)");
        }
        dp_gaussian_clear(f);
        dp_gaussian_clear(g);
    }
    dp_problem_free(F);
    fmpq_clear(half);
}

static const char *const twins[] = {"sign", "constant", "bandwidth", NULL};
DP_CLAIM(finite_mass_formula) = {
    .id = "finite-mass-formula",
    .title = "The mass of p/sqrt(k*q) for two Gaussians, where it is finite",
    .equations = "(35)",
    .kind = "EQ",
    .source = "derived here",
    .method = "The density of p and the engine's k*q are summed over a lattice, with closed bounds for aliasing and for the nodes left out, and "
              "compared with the formula in exact rationals, a root and an exponential.",
    .params = NULL, .twins = twins, .run = run};
