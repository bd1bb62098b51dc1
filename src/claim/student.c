/* SPDX-License-Identifier: GPL-3.0-or-later */
/* student.c: second engines for Student laws: MPFR's Gamma function, and a lattice sum with a strip bound for the blurred density. */
#include <math.h>
#include <mpfr.h>
#include "claim/student.h"
#include "drift/quad_line.h"

/* Gamma(r), r > 0, by MPFR: Gamma increases on [2, oo), and Gamma(r) = Gamma(r+2)/(r (r+1)). */
static void gamma_mpfr(arb_t out, const fmpq_t r, slong prec)
{
    mpfr_t x, y;
    mpq_t q;
    arb_t t;
    mpfr_init2(x, (mpfr_prec_t) prec);
    mpfr_init2(y, (mpfr_prec_t) prec);
    mpq_init(q);
    arb_init(t);
    fmpq_get_mpq(q, r);
    mpfr_set_q(x, q, MPFR_RNDD);
    mpfr_add_ui(x, x, 2, MPFR_RNDD);
    mpfr_gamma(x, x, MPFR_RNDD);
    mpfr_set_q(y, q, MPFR_RNDU);
    mpfr_add_ui(y, y, 2, MPFR_RNDU);
    mpfr_gamma(y, y, MPFR_RNDU);
    arb_set_interval_mpfr(out, x, y, prec);
    arb_set_fmpq(t, r, prec);
    arb_div(out, out, t, prec);
    arb_add_si(t, t, 1, prec);
    arb_div(out, out, t, prec);
    mpfr_clear(x);
    mpfr_clear(y);
    mpq_clear(q);
    arb_clear(t);
}

static void gamma_arb(arb_t out, const fmpq_t r, slong prec)
{
    arb_gamma_fmpq(out, r, prec);
}

static void normaliser(arb_t out, const dp_measure_t m, void (*gamma)(arb_t, const fmpq_t, slong), slong prec)
{
    fmpq_t r, one;
    arb_t t;
    fmpq_init(r);
    fmpq_init(one);
    fmpq_one(one);
    arb_init(t);
    fmpq_div_2exp(r, m->dof, 1);
    gamma(t, r, prec);
    fmpq_add(r, m->dof, one);
    fmpq_div_2exp(r, r, 1);
    gamma(out, r, prec);
    arb_div(out, out, t, prec);
    arb_const_pi(t, prec);
    arb_mul_fmpz(t, t, fmpq_numref(m->dof), prec);
    arb_div_fmpz(t, t, fmpq_denref(m->dof), prec);
    arb_sqrt(t, t, prec);
    arb_div(out, out, t, prec);
    arb_set_fmpq(t, m->scale, prec);
    arb_div(out, out, t, prec);
    fmpq_clear(r);
    fmpq_clear(one);
    arb_clear(t);
}

void dp_let_student_constant(dp_check *c, const char *name, const dp_measure_t m)
{
    arb_t v;
    arb_init(v);
    normaliser(v, m, gamma_arb, dp_check_prec(c));
    dp_let(c, name, v, "arb-gamma");
    normaliser(v, m, gamma_mpfr, dp_check_prec(c));
    dp_let_second(c, name, v, "mpfr-gamma");
    arb_clear(v);
}

/* ---- the lattice sum; its strip bound is proved in proofs/finite-mass-student ---- */

typedef struct { double step, reach, strip; } lattice;

/* About 64 bits: step and reach are only choices; what they cost in accuracy is bounded in lattice_error. */
static lattice choose(const dp_problem *P, const arb_t y)
{
    double h = fmpq_get_d(P->bandwidth), nu = fmpq_get_d(P->q->dof), s = fmpq_get_d(P->q->scale) * sqrt(nu);
    double t = (arf_get_d(arb_midref(y), ARF_RND_NEAR) - fmpq_get_d(DP_MEAN(P->q, 0, 0))) / s, bits = 64 * 0.693147180559945;
    lattice r;
    r.strip = fmin(0.49 * s, 4 * h);
    r.step = 2 * 3.14159265358979 * r.strip / (bits + r.strip * r.strip / (2 * h * h) + (nu + 2));
    r.reach = h * sqrt(2 * (bits + (nu + 1) * log1p(t * t)));
    return r;
}

static void kernel_at(arb_t out, const arb_t u, const arb_t h, slong prec)
{
    arb_div(out, u, h, prec);
    arb_sqr(out, out, prec);
    arb_mul_2exp_si(out, out, -1);
    arb_neg(out, out);
    arb_exp(out, out, prec);
}

/* Aliasing, relative: r = 2^(nu+2) e^(a^2/(2h^2)) / (e^(2 pi a/step) - 1), a the half-width of the strip. */
static void aliasing(arb_t r, const dp_problem *P, const arb_t h, const lattice *o, slong prec)
{
    arb_t a, t;
    fmpq_t n;
    arb_init(a);
    arb_init(t);
    fmpq_init(n);
    arb_set_d(a, o->strip);
    arb_div(r, a, h, prec);
    arb_sqr(r, r, prec);
    arb_mul_2exp_si(r, r, -1);
    fmpq_add_si(n, P->q->dof, 2);
    arb_set_fmpq(t, n, prec);
    arb_const_log2(a, prec);
    arb_addmul(r, t, a, prec);
    arb_exp(r, r, prec);
    arb_set_d(a, o->strip);
    arb_set_d(t, o->step);
    arb_div(a, a, t, prec);
    arb_const_pi(t, prec);
    arb_mul_2exp_si(t, t, 1);
    arb_mul(a, a, t, prec);
    arb_expm1(a, a, prec);
    arb_div(r, r, a, prec);
    arb_clear(a);
    arb_clear(t);
    fmpq_clear(n);
}

/* Nodes left out, absolute: at most sqrt(2 pi) h e^(-reach^2/(2h^2)), as the shape of q is at most 1. */
static void left_out(arb_t r, const arb_t h, const lattice *o, slong prec)
{
    arb_t t;
    arb_init(t);
    arb_set_d(t, o->reach);
    kernel_at(r, t, h, prec);
    arb_const_pi(t, prec);
    arb_mul_2exp_si(t, t, 1);
    arb_sqrt(t, t, prec);
    arb_mul(r, r, t, prec);
    arb_mul(r, r, h, prec);
    arb_clear(t);
}

static void lattice_error(arb_t sum, const dp_problem *P, const arb_t h, const lattice *o, slong prec)
{
    arb_t t, r;
    arb_init(t);
    arb_init(r);
    left_out(r, h, o, prec);
    arb_mul_2exp_si(r, r, -1);
    arb_add(sum, sum, r, prec);
    arb_add_error(sum, r);
    aliasing(r, P, h, o, prec);
    arb_zero(t);
    arb_add_error(t, r);
    arb_add_si(t, t, 1, prec);
    arb_div(sum, sum, t, prec);
    arb_clear(t);
    arb_clear(r);
}

/* By the lattice with this step and reach, whatever they are. */
static void blurred(arb_t out, const dp_problem *P, const arb_t y, const lattice *o, slong prec)
{
    slong points = (slong) ceil(o->reach / o->step) + 1;
    arb_t h, u, z, f;
    arb_init(h);
    arb_init(u);
    arb_init(z);
    arb_init(f);
    arb_set_fmpq(h, P->bandwidth, prec);
    arb_zero(out);
    for (slong j = -points; j <= points; j++) {
        arb_set_d(u, o->step);
        arb_mul_si(u, u, j, prec);
        arb_add(z, y, u, prec);
        dp_student_shape(f, P->q, z, prec);
        kernel_at(z, u, h, prec);
        arb_addmul(out, f, z, prec);
    }
    arb_set_d(u, o->step);
    arb_mul(out, out, u, prec);
    lattice_error(out, P, h, o, prec);
    normaliser(f, P->q, gamma_arb, prec);
    arb_mul(out, out, f, prec);
    arb_clear(h);
    arb_clear(u);
    arb_clear(z);
    arb_clear(f);
}

/* Encloses (k*q)(y); indeterminate when the lattice would be longer than 200,000 points. */
void dp_student_blurred(arb_t out, const dp_problem *P, const arb_t y, slong prec)
{
    lattice o = choose(P, y);
    if (ceil(o.reach / o.step) + 1 < 100000)
        blurred(out, P, y, &o, prec);
    else
        arb_indeterminate(out);
}
