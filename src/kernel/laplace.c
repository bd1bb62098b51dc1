/* SPDX-License-Identifier: GPL-3.0-or-later */
/* laplace.c: half-line integrals of exp(-t/h) against Gaussians and Laplace laws (lemma Q9). */
#include "kernel/kernel.h"
#include <math.h>

void dp_half_lines_init(dp_half_lines_t a)
{
    for (int k = 0; k < 4; k++)
        arb_init(a->A[k / 2][k % 2]);
    arb_init(a->rho);
}

void dp_half_lines_clear(dp_half_lines_t a)
{
    for (int k = 0; k < 4; k++)
        arb_clear(a->A[k / 2][k % 2]);
    arb_clear(a->rho);
}

/* The right half line for N(t; a, s^2), with u = s/h, N0 = N(0; a, s^2):
   z = (u - a/s)/sqrt 2 >= 0: A_m = (s sqrt 2)^m / sqrt pi exp(-a^2/2s^2) E_m(z);
   z < 0: A_0 = exp(u^2/2 - a/h) - exp(-a^2/2s^2) E_0(-z)/sqrt pi, A_1 = (a - s u) A_0 + s^2 N0, sums of positive terms. */
static void right_gauss(arb_t A0, arb_t A1, const arb_t a, const arb_t s, const arb_t h, const arb_t bell, const arb_t N0, slong prec)
{
    arb_t z, t, r;
    arb_init(z);
    arb_init(t);
    arb_init(r);
    arb_sqrt_ui(r, 2, prec);
    arb_div(z, s, h, prec);
    arb_div(t, a, s, prec);
    arb_sub(z, z, t, prec);
    arb_div(z, z, r, prec);
    arb_const_sqrt_pi(t, prec);
    arb_div(t, bell, t, prec); /* exp(-a^2/2s^2)/sqrt pi */
    if (arf_sgn(arb_midref(z)) >= 0) {
        dp_half_gauss(A0, 0, z, prec);
        dp_half_gauss(A1, 1, z, prec);
        arb_mul(A0, A0, t, prec);
        arb_mul(A1, A1, t, prec);
        arb_mul(A1, A1, r, prec);
        arb_mul(A1, A1, s, prec);
    } else {
        arb_neg(z, z);
        dp_half_gauss(z, 0, z, prec);
        arb_mul(z, z, t, prec);
        arb_div(t, s, h, prec); /* u */
        arb_mul(A0, t, t, prec);
        arb_mul_2exp_si(A0, A0, -1);
        arb_div(r, a, h, prec);
        arb_sub(A0, A0, r, prec);
        arb_exp(A0, A0, prec);
        arb_sub(A0, A0, z, prec);
        arb_mul(t, t, s, prec);
        arb_sub(t, a, t, prec);
        arb_mul(A1, t, A0, prec);
        arb_mul(t, s, s, prec);
        arb_addmul(A1, t, N0, prec);
    }
    arb_clear(z);
    arb_clear(t);
    arb_clear(r);
}

/* Bits lost to the exponents, and to A_0 h - A_1 and the like when h is far below s. */
static slong gauss_guard(const arb_t a, const fmpq_t variance, const fmpq_t h)
{
    double s = sqrt(fmpq_get_d(variance)), v = fabs(arf_get_d(arb_midref(a), ARF_RND_NEAR)) / s, u = s / fmpq_get_d(h);
    double bits = 2 * log2(2 + v) + 4 * log2(2 + u);
    return 20 + (slong) fmin(bits, 4000);
}

void dp_half_lines_gauss(dp_half_lines_t out, const arb_t a, const fmpq_t variance, const fmpq_t h, slong prec)
{
    arb_t s, hh, bell, t, minus;
    slong wp = prec + gauss_guard(a, variance, h);
    arb_init(s);
    arb_init(hh);
    arb_init(bell);
    arb_init(t);
    arb_init(minus);
    arb_neg(minus, a);
    arb_set_fmpq(hh, h, wp);
    arb_set_fmpq(s, variance, wp);
    arb_sqrt(s, s, wp);
    arb_div(t, a, s, wp);
    arb_sqr(t, t, wp);
    arb_nonnegative_part(t, t);
    arb_mul_2exp_si(t, t, -1);
    arb_neg(t, t);
    arb_exp(bell, t, wp);
    arb_const_pi(t, wp);
    arb_mul_2exp_si(t, t, 1);
    arb_sqrt(t, t, wp);
    arb_mul(t, t, s, wp);
    arb_div(out->rho, bell, t, wp);
    right_gauss(out->A[1][0], out->A[1][1], a, s, hh, bell, out->rho, wp);
    right_gauss(out->A[0][0], out->A[0][1], minus, s, hh, bell, out->rho, wp);
    arb_clear(s);
    arb_clear(hh);
    arb_clear(bell);
    arb_clear(t);
    arb_clear(minus);
}

/* Both sides for the Laplace law at distance r >= 0, exact r = |a| ball; towards: the side where the centre is.
   kappa = 1/(1/h + 1/b), c = 1/h - 1/b:
   away_0 = exp(-r/b) kappa/2b, away_1 = exp(-r/b) kappa^2/2b,
   towards_0 = (exp(-r/b) g_0 + exp(-r/h) kappa)/2b, towards_1 = (exp(-r/b) g_1 + exp(-r/h)(kappa r + kappa^2))/2b,
   g_m = int_0^r t^m exp(-c t) dt. */
static void growth(arb_t g0, arb_t g1, const arb_t r, const fmpq_t c, slong prec)
{
    arb_t cc, t, e;
    if (fmpq_is_zero(c)) {
        arb_sqr(g1, r, prec);
        arb_mul_2exp_si(g1, g1, -1);
        arb_set(g0, r);
        return;
    }
    arb_init(cc);
    arb_init(t);
    arb_init(e);
    arb_set_fmpq(cc, c, prec);
    arb_mul(t, cc, r, prec);
    arb_neg(e, t);
    arb_expm1(e, e, prec);
    arb_neg(g0, e);
    arb_div(g0, g0, cc, prec); /* (1 - exp(-c r))/c */
    arb_add_ui(e, e, 1, prec);
    arb_mul(g1, e, r, prec); /* g_1 = (g_0 - r exp(-c r))/c */
    arb_sub(g1, g0, g1, prec);
    arb_div(g1, g1, cc, prec);
    arb_clear(cc);
    arb_clear(t);
    arb_clear(e);
}

/* Values at the exact distance r. */
static void laplace_sides(arb_t tow0, arb_t tow1, arb_t away0, arb_t away1, const arb_t r, const fmpq_t b, const fmpq_t h, slong prec)
{
    fmpq_t c, kappa;
    arb_t k, eb, eh, t;
    slong wp = prec + 20;
    fmpq_init(c);
    fmpq_init(kappa);
    arb_init(k);
    arb_init(eb);
    arb_init(eh);
    arb_init(t);
    fmpq_inv(c, h);
    fmpq_inv(kappa, b);
    fmpq_sub(c, c, kappa);
    if (!fmpq_is_zero(c) && arb_is_nonzero(r)) { /* g_1 loses 2 log2(1/(c r)) bits when c r is small */
        double bits = -log2(fabs(fmpq_get_d(c)) * arf_get_d(arb_midref(r), ARF_RND_NEAR));
        wp += (slong) fmax(0, fmin(2 * bits, 4000));
    }
    fmpq_inv(kappa, h);
    fmpq_add(kappa, kappa, kappa);
    fmpq_sub(kappa, kappa, c); /* 2/h - (1/h - 1/b) */
    fmpq_inv(kappa, kappa);
    arb_set_fmpq(k, kappa, wp);
    arb_div_fmpz(eb, r, fmpq_numref(b), wp);
    arb_mul_fmpz(eb, eb, fmpq_denref(b), wp);
    arb_div_fmpz(eh, r, fmpq_numref(h), wp);
    arb_mul_fmpz(eh, eh, fmpq_denref(h), wp);
    arb_neg(eb, eb);
    arb_neg(eh, eh);
    arb_exp(eb, eb, wp);
    arb_exp(eh, eh, wp);
    growth(tow0, tow1, r, c, wp);
    arb_mul(tow0, tow0, eb, wp);
    arb_mul(tow1, tow1, eb, wp);
    arb_mul(eh, eh, k, wp);
    arb_add(tow0, tow0, eh, wp);
    arb_add(t, r, k, wp);
    arb_addmul(tow1, eh, t, wp);
    arb_mul(away0, eb, k, wp);
    arb_mul(away1, away0, k, wp);
    fmpq_add(kappa, b, b);
    arb_set_fmpq(t, kappa, wp);
    arb_div(tow0, tow0, t, wp);
    arb_div(tow1, tow1, t, wp);
    arb_div(away0, away0, t, wp);
    arb_div(away1, away1, t, wp);
    fmpq_clear(c);
    fmpq_clear(kappa);
    arb_clear(k);
    arb_clear(eb);
    arb_clear(eh);
    arb_clear(t);
}

void dp_half_lines_laplace(dp_half_lines_t out, const arb_t a, const fmpq_t b, const fmpq_t h, slong prec)
{
    arb_t r, t[4];
    fmpq_t twice;
    int right = arf_sgn(arb_midref(a)) >= 0;
    arb_init(r);
    fmpq_init(twice);
    for (int k = 0; k < 4; k++)
        arb_init(t[k]);
    arb_abs(r, a);
    laplace_sides(t[0], t[1], t[2], t[3], r, b, h, prec);
    for (int m = 0; m < 2; m++) {
        if (arb_contains_zero(a)) { /* either side may look towards the centre */
            arb_union(out->A[0][m], t[m], t[2 + m], prec);
            arb_set(out->A[1][m], out->A[0][m]);
        } else {
            arb_set_round(out->A[right][m], t[m], prec);
            arb_set_round(out->A[!right][m], t[2 + m], prec);
        }
    }
    fmpq_add(twice, b, b);
    arb_set_fmpq(t[0], b, prec);
    arb_div(r, r, t[0], prec);
    arb_neg(r, r);
    arb_exp(r, r, prec);
    arb_set_fmpq(t[0], twice, prec);
    arb_div(out->rho, r, t[0], prec);
    arb_clear(r);
    fmpq_clear(twice);
    for (int k = 0; k < 4; k++)
        arb_clear(t[k]);
}

/* One side of int exp(-|t|/h) N(t; a, s^2) dt: as right_gauss, m = 0. u = s/h, w = a/s, bell = exp(-w^2/2). */
static void side_acb(acb_t out, const arb_t u, const acb_t w, const acb_t bell, slong prec)
{
    acb_t z, e;
    arb_t r;
    int negative;
    acb_init(z);
    acb_init(e);
    arb_init(r);
    arb_sqrt_ui(r, 2, prec);
    acb_sub_arb(z, w, u, prec);
    acb_neg(z, z);
    acb_div_arb(z, z, r, prec);
    negative = arf_sgn(arb_midref(acb_realref(z))) < 0;
    if (negative)
        acb_neg(z, z);
    dp_half_gauss_acb(z, z, prec);
    acb_mul(z, z, bell, prec);
    arb_const_sqrt_pi(r, prec);
    acb_div_arb(z, z, r, prec);
    if (negative) { /* exp(u^2/2 - u w) - E_0(-z) exp(-w^2/2)/sqrt pi */
        arb_mul_2exp_si(r, u, -1);
        acb_neg(e, w);
        acb_add_arb(e, e, r, prec);
        acb_mul_arb(e, e, u, prec);
        acb_exp(e, e, prec);
        acb_sub(z, e, z, prec);
    }
    acb_swap(out, z);
    acb_clear(z);
    acb_clear(e);
    arb_clear(r);
}

void dp_laplace_gauss_acb(acb_t out, const acb_t a, const fmpq_t variance, const fmpq_t h, slong prec)
{
    arb_t s, u;
    acb_t w, bell, t;
    slong wp = prec + gauss_guard(acb_realref(a), variance, h);
    arb_init(s);
    arb_init(u);
    acb_init(w);
    acb_init(bell);
    acb_init(t);
    arb_set_fmpq(s, variance, wp);
    arb_sqrt(s, s, wp);
    arb_set_fmpq(u, h, wp);
    arb_div(u, s, u, wp);
    acb_div_arb(w, a, s, wp);
    acb_mul(bell, w, w, wp);
    acb_mul_2exp_si(bell, bell, -1);
    acb_neg(bell, bell);
    acb_exp(bell, bell, wp);
    side_acb(t, u, w, bell, wp);
    acb_neg(w, w);
    side_acb(w, u, w, bell, wp);
    acb_add(out, t, w, prec);
    arb_clear(s);
    arb_clear(u);
    acb_clear(w);
    acb_clear(bell);
    acb_clear(t);
}

/* r = side a: h (b exp(-r/b) - h exp(-r/h))/(b^2 - h^2); b = h: (1 + r/h) exp(-r/h)/2. */
void dp_laplace_laplace_acb(acb_t out, const acb_t a, int side, const fmpq_t b, const fmpq_t h, slong prec)
{
    acb_t r, eb, eh;
    fmpq_t t, u;
    arb_t f;
    slong wp = prec + 20;
    acb_init(r);
    acb_init(eb);
    acb_init(eh);
    fmpq_init(t);
    fmpq_init(u);
    arb_init(f);
    if (!fmpq_equal(b, h)) /* the difference loses about 2 log2(b/|b - h|) bits */
        wp += (slong) (2 * fmax(0, -log2(fabs(fmpq_get_d(b) / fmpq_get_d(h) - 1))));
    if (side < 0)
        acb_neg(r, a);
    else
        acb_set(r, a);
    arb_set_fmpq(f, b, wp);
    acb_div_arb(eb, r, f, wp);
    acb_neg(eb, eb);
    acb_exp(eb, eb, wp);
    arb_set_fmpq(f, h, wp);
    acb_div_arb(r, r, f, wp);
    acb_neg(eh, r);
    acb_exp(eh, eh, wp);
    if (fmpq_equal(b, h)) {
        acb_add_ui(r, r, 1, wp);
        acb_mul(eh, eh, r, wp);
        acb_mul_2exp_si(out, eh, -1);
    } else {
        fmpq_mul(t, b, b);
        fmpq_mul(u, h, h);
        fmpq_sub(t, t, u);
        fmpq_div(u, u, t); /* h^2/(b^2 - h^2) */
        arb_set_fmpq(f, u, wp);
        acb_mul_arb(eh, eh, f, wp);
        fmpq_mul(u, b, h);
        fmpq_div(u, u, t);
        arb_set_fmpq(f, u, wp);
        acb_mul_arb(eb, eb, f, wp);
        acb_sub(out, eb, eh, prec);
    }
    acb_clear(r);
    acb_clear(eb);
    acb_clear(eh);
    fmpq_clear(t);
    fmpq_clear(u);
    arb_clear(f);
}
