/* SPDX-License-Identifier: GPL-3.0-or-later */
/* half_gauss.c: E_m(z) = int_0^inf s^m exp(-s^2 - 2 z s) ds on real and complex balls (lemma Q9). */
#include "kernel/kernel.h"

/* max(0, log2 |z|), rounded up. */
static slong size_bits(const arf_t z)
{
    if (arf_is_special(z) || arf_cmpabs_2exp_si(z, 0) <= 0)
        return 0;
    return arf_abs_bound_lt_2exp_si(z);
}

/* E_0 = sqrt(pi)/2 exp(z^2) erfc(z), E_1 = 1/2 - z E_0, E_{m+1} = (m E_{m-1})/2 - z E_m at an exact z. Each step loses up to
   2 log2 z bits, exp(z^2) and erfc another 2 log2 z. */
static void half_gauss_exact(arb_t out, int m, const arf_t z, slong prec)
{
    arb_t w, e, t;
    slong wp = prec + (2 * m + 4) * size_bits(z) + 20;
    arb_init(w);
    arb_init(e);
    arb_init(t);
    arb_set_arf(w, z);
    arb_hypgeom_erfc(e, w, wp);
    arb_mul(t, w, w, 2 * wp);
    arb_exp(t, t, wp);
    arb_mul(e, e, t, wp);
    arb_const_sqrt_pi(t, wp);
    arb_mul(e, e, t, wp);
    arb_mul_2exp_si(e, e, -1);
    arb_zero(t); /* E_{-1} term: m E_{m-1} = 1 for the step from 0 to 1 */
    for (int k = 0; k < m; k++) {
        if (k == 0)
            arb_one(t);
        else
            arb_mul_ui(t, t, (ulong) k, wp);
        arb_mul_2exp_si(t, t, -1);
        arb_submul(t, w, e, wp);
        arb_swap(t, e); /* e = E_{k+1}, t = E_k */
    }
    arb_set_round(out, e, prec);
    arb_clear(w);
    arb_clear(e);
    arb_clear(t);
}

void dp_half_gauss(arb_t out, int m, const arb_t z, slong prec)
{
    arf_t lo, hi;
    arb_t other;
    if (!arb_is_finite(z)) {
        arb_indeterminate(out);
        return;
    }
    if (arb_is_exact(z)) {
        half_gauss_exact(out, m, arb_midref(z), prec);
        return;
    }
    arf_init(lo);
    arf_init(hi);
    arb_init(other);
    arb_get_interval_arf(lo, hi, z, prec + 30);
    half_gauss_exact(other, m, lo, prec);
    half_gauss_exact(out, m, hi, prec);
    arb_union(out, out, other, prec);
    arf_clear(lo);
    arf_clear(hi);
    arb_clear(other);
}

void dp_half_gauss_acb(acb_t out, const acb_t z, slong prec)
{
    acb_t mid, t;
    arb_t low;
    mag_t r;
    slong wp;
    acb_init(mid);
    acb_init(t);
    arb_init(low);
    mag_init(r);
    arb_get_mid_arb(acb_realref(mid), acb_realref(z));
    arb_get_mid_arb(acb_imagref(mid), acb_imagref(z));
    wp = prec + 20 + 4 * FLINT_MAX(size_bits(arb_midref(acb_realref(mid))), size_bits(arb_midref(acb_imagref(mid))));
    mag_hypot(r, arb_radref(acb_realref(z)), arb_radref(acb_imagref(z)));
    acb_mul(t, mid, mid, 2 * wp);
    acb_exp(t, t, wp);
    acb_hypgeom_erfc(mid, mid, wp);
    acb_mul(t, t, mid, wp);
    arb_const_sqrt_pi(low, wp);
    acb_mul_arb(t, t, low, prec);
    acb_mul_2exp_si(t, t, -1);
    if (!mag_is_zero(r)) { /* |E_0(z) - E_0(mid)| <= r sup 2 |E_1| <= 2 r E_1(least real part) */
        arb_get_lbound_arf(arb_midref(low), acb_realref(z), 64);
        mag_zero(arb_radref(low));
        dp_half_gauss(low, 1, low, 64);
        arb_get_mag(arb_radref(acb_realref(mid)), low);
        mag_mul(r, r, arb_radref(acb_realref(mid)));
        mag_mul_2exp_si(r, r, 1);
        acb_add_error_mag(t, r);
    }
    acb_swap(out, t);
    acb_clear(mid);
    acb_clear(t);
    arb_clear(low);
    mag_clear(r);
}
