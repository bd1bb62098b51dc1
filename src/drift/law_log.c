/* SPDX-License-Identifier: GPL-3.0-or-later */
/* law_log.c: logarithms of the tails of Gaussian mixtures on boxes: hazards and shares of components, which stay of size one where tails are nothing. */
#include "drift/law.h"

/* R(x) = Phi_c(x)/phi(x) at real x; relative accuracy everywhere. */
static void mills(arb_t R, const arb_t x, slong prec)
{
    arb_t t;
    arb_init(t);
    arb_sqrt_ui(t, 2, prec), arb_div(R, x, t, prec), arb_hypgeom_erfc(R, R, prec);
    arb_sqr(t, x, prec), arb_mul_2exp_si(t, t, -1), arb_exp(t, t, prec), arb_mul(R, R, t, prec);
    arb_const_pi(t, prec), arb_mul_2exp_si(t, t, -1), arb_sqrt(t, t, prec), arb_mul(R, R, t, prec);
    arb_clear(t);
}

/* H = phi/Phi_c on a ball Z. R(z) = int_0^inf exp(-z s - s^2/2) ds, so |R'(z)| <= -R'(Re z) = 1 - x R(x), which falls in x; where components lie far on the other side
   phi and Phi_c themselves. */
static void hazard(acb_t H, const acb_t Z, slong prec)
{
    acb_t d, f;
    arb_t m, x, R;
    mag_t r, steepest;
    acb_init(d), acb_init(f), arb_init(m), arb_init(x), arb_init(R), mag_init(r), mag_init(steepest);
    arb_get_mid_arb(m, acb_realref(Z));
    acb_sub_arb(d, Z, m, prec);
    arb_get_lbound_arf(arb_midref(x), acb_realref(Z), prec);
    if (arf_cmp_si(arb_midref(x), -1) >= 0) {
        acb_get_mag(r, d);
        mills(R, m, prec), acb_set_arb(H, R);
        mills(R, x, prec), arb_mul(R, R, x, prec), arb_sub_ui(R, R, 1, prec);
        arb_get_mag(steepest, R), mag_mul(r, r, steepest);
        arb_add_error_mag(acb_realref(H), r), arb_add_error_mag(acb_imagref(H), r);
        acb_inv(H, H, prec);
    } else { /* phi(Z)/(Phi_c(m) - phi(Z) (Z - m)) */
        acb_sqr(f, Z, prec), acb_mul_2exp_si(f, f, -1), acb_neg(f, f), acb_exp(f, f, prec);
        arb_const_pi(x, prec), arb_mul_2exp_si(x, x, 1), arb_rsqrt(x, x, prec), acb_mul_arb(f, f, x, prec);
        arb_sqrt_ui(x, 2, prec), arb_div(x, m, x, prec), arb_hypgeom_erfc(x, x, prec), arb_mul_2exp_si(x, x, -1);
        acb_mul(d, d, f, prec), acb_neg(d, d), acb_add_arb(d, d, x, prec);
        acb_div(H, f, d, prec);
    }
    acb_clear(d), acb_clear(f), arb_clear(m), arb_clear(x), arb_clear(R), mag_clear(r), mag_clear(steepest);
}

/* log(w_j times its tail) at real y, of a law at a real parameter. */
static void log_part(arb_t out, const dp_law_t L, slong j, const arb_t y, int upper, slong prec)
{
    arb_t t;
    arb_init(t);
    arb_sub(out, y, acb_realref(L->mean + j), prec), arb_div(out, out, acb_realref(L->scale + j), prec);
    if (!upper)
        arb_neg(out, out);
    arb_sqrt_ui(t, 2, prec), arb_div(out, out, t, prec), arb_hypgeom_erfc(out, out, prec), arb_mul_2exp_si(out, out, -1);
    arb_mul(out, out, L->weight + j, prec), arb_log(out, out, prec);
    arb_clear(t);
}

void dp_law_log_tail(arb_t out, const dp_law_t L, const arb_t y, int upper, slong prec)
{
    arb_t top, t, sum;
    arb_init(top), arb_init(t), arb_init(sum);
    for (slong j = 0; j < L->n; j++) {
        log_part(t, L, j, y, upper, prec);
        if (j == 0 || arf_cmp(arb_midref(t), arb_midref(top)) > 0)
            arb_get_mid_arb(top, t);
    }
    for (slong j = 0; j < L->n; j++)
        log_part(t, L, j, y, upper, prec), arb_sub(t, t, top, prec), arb_exp(t, t, prec), arb_add(sum, sum, t, prec);
    arb_log(out, sum, prec), arb_add(out, out, top, prec);
    arb_clear(top), arb_clear(t), arb_clear(sum);
}

/* Derivatives of log(w_j tail_j) on (box, Y): in y, a = -+H/s; in the parameter, b = -a (m' + z s'). */
static void part_slopes(acb_t a, acb_t b, const dp_law_t box, slong j, const acb_t Y, int upper, slong prec)
{
    acb_t z, t;
    acb_init(z), acb_init(t);
    acb_sub(z, Y, box->mean + j, prec), acb_div(z, z, box->scale + j, prec);
    acb_mul(t, z, box->dscale + j, prec), acb_add(t, t, box->dmean + j, prec);
    if (!upper)
        acb_neg(z, z);
    hazard(a, z, prec);
    acb_div(a, a, box->scale + j, prec);
    acb_mul(b, a, t, prec);
    (upper ? acb_neg : acb_set)(a, a);
    if (!upper)
        acb_neg(b, b);
    acb_clear(z), acb_clear(t);
}

/* exp(e_k - e_j), e_k = log part k at the middle + b_k step + a_k (Y - c). */
static void odds(acb_t out, slong k, slong j, arb_srcptr part, acb_srcptr a, acb_srcptr b, const acb_t step, const acb_t off, slong prec)
{
    acb_t t;
    acb_init(t);
    acb_sub(t, b + k, b + j, prec), acb_mul(out, t, step, prec);
    acb_sub(t, a + k, a + j, prec), acb_addmul(out, t, off, prec);
    acb_add_arb(out, out, part + k, prec), acb_sub_arb(out, out, part + j, prec);
    acb_exp(out, out, prec);
    acb_clear(t);
}

void dp_law_log_slopes(acb_t dy, acb_t dl, const dp_law_t mid, const dp_law_t box, const arb_t c, const acb_t Y, const acb_t step, int upper, slong prec)
{
    const slong n = mid->n;
    arb_ptr part = _arb_vec_init(n);
    acb_ptr a = _acb_vec_init(2 * n), b = a + n;
    acb_t off, w, t, part_share;
    slong top = 0;
    acb_init(off), acb_init(w), acb_init(t), acb_init(part_share);
    acb_sub_arb(off, Y, c, prec);
    for (slong j = 0; j < n; j++) {
        log_part(part + j, mid, j, c, upper, prec);
        part_slopes(a + j, b + j, box, j, Y, upper, prec);
        if (arf_cmp(arb_midref(part + j), arb_midref(part + top)) > 0)
            top = j;
    }
    acb_one(w); /* the share of part `top` is 1 over the sum of the odds, that of another its odds times this; shares have sum 1 */
    for (slong j = 0; j < n; j++)
        if (j != top)
            odds(t, j, top, part, a, b, step, off, prec), acb_add(w, w, t, prec);
    acb_inv(w, w, prec);
    acb_set(dy, a + top), acb_set(dl, b + top);
    for (slong j = 0; j < n; j++) {
        if (j == top)
            continue;
        odds(part_share, j, top, part, a, b, step, off, prec), acb_mul(part_share, part_share, w, prec);
        acb_sub(t, a + j, a + top, prec), acb_addmul(dy, part_share, t, prec);
        acb_sub(t, b + j, b + top, prec), acb_addmul(dl, part_share, t, prec);
    }
    if (!acb_is_finite(w)) /* the tail may vanish on the box: no logarithm */
        acb_indeterminate(dy), acb_indeterminate(dl);
    acb_clear(off), acb_clear(w), acb_clear(t), acb_clear(part_share), _arb_vec_clear(part, n), _acb_vec_clear(a, 2 * n);
}
