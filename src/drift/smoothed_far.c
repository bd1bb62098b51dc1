/* SPDX-License-Identifier: GPL-3.0-or-later */
/* smoothed_far.c: the velocity (24) of samples where one point of each side is all that counts within reach of the smoothing: in closed form with a bound on what the others add.

   Lemma F. z ~ N(x, h^2 I), w_j(z) the weights of Gaussians at a_1, ..., a_k, b one of these places. Then
   |E sum_j w_j a_j - b| <= sum over the others of |a_j - b| e^(-E_j), E_j = g^2/(2 s^2) for g <= s^2, else g - s^2/2, with g = (|x - a_j|^2 - |x - b|^2)/(2 h^2), s = |a_j - b|/h.
   Proof: w_j(z) <= min(1, e^t) with t = s N(0, 1) - g the logarithm of the quotient of the two Gaussians; min(1, e^t) <= e^(theta t) for 0 <= theta <= 1, of mean
   e^(theta^2 s^2/2 - theta g); theta = min(1, g/s^2). */
#include "particle/ball.h"

/* t/h^2 */
static void over_square(arb_t t, const fmpq_t h, slong prec)
{
    for (int k = 0; k < 2; k++) arb_div_fmpz(t, t, fmpq_numref(h), prec), arb_mul_fmpz(t, t, fmpq_denref(h), prec);
}

/* |a - b| e^(-E) from r = |a - b|^2 and g h^2; infinite unless g > 0. */
static void addition(mag_t out, arb_t r, arb_t g, const fmpq_t h, slong prec)
{
    mag_t t;
    mag_init(t);
    arb_get_mag(out, r), mag_sqrt(out, out);
    over_square(r, h, prec), over_square(g, h, prec);
    const int sure = arb_is_positive(g);
    if (arb_lt(g, r)) arb_mul(g, g, g, prec), arb_div(g, g, r, prec), arb_mul_2exp_si(g, g, -1);
    else arb_mul_2exp_si(r, r, -1), arb_sub(g, g, r, prec);
    arb_neg(g, g), arb_exp(g, g, prec), arb_get_mag(t, g), mag_mul(out, out, t);
    if (!sure) mag_inf(out);
    mag_clear(t);
}

/* out: the nearest place b; error: the lemma's bound, infinite when another place may be as near. */
static void settled(arb_ptr out, mag_t error, const double *x, const double *a, size_t k, size_t d, const fmpq_t h, slong prec)
{
    size_t best = 0;
    arb_t least, r, g;
    mag_t t;
    arb_init(least), arb_init(r), arb_init(g), mag_init(t);
    for (size_t j = 0; j < k; j++) {
        dp_ball_square(r, x, a + j * d, (slong) d, prec);
        if (j == 0 || arb_lt(r, least)) best = j, arb_set(least, r);
    }
    mag_zero(error);
    for (size_t j = 0; j < k; j++) {
        dp_ball_square(r, a + best * d, a + j * d, (slong) d, prec);
        if (arb_is_zero(r)) continue;
        dp_ball_square(g, x, a + j * d, (slong) d, prec);
        arb_sub(g, g, least, prec), arb_mul_2exp_si(g, g, -1);
        addition(t, r, g, h, prec), mag_add(error, error, t);
    }
    for (size_t c = 0; c < d; c++) arb_set_d(out + c, a[best * d + c]);
    arb_clear(least), arb_clear(r), arb_clear(g), mag_clear(t);
}

int dp_smoothed_far(arb_ptr v, const dp_sample *s, size_t i, slong prec)
{
    const slong d = (slong) s->d;
    const double *x = s->x + i * s->d;
    arb_ptr p = _arb_vec_init(d), q = _arb_vec_init(d);
    arb_t h2;
    mag_t one, two, top;
    arb_init(h2), mag_init(one), mag_init(two), mag_init(top);
    settled(p, one, x, s->y, s->m, s->d, &s->part->bandwidth, prec), settled(q, two, x, s->x, s->n, s->d, &s->part->bandwidth, prec);
    mag_add(one, one, two);
    arb_set_fmpq(h2, &s->part->bandwidth, prec), arb_mul(h2, h2, h2, prec);
    for (slong c = 0; c < d; c++) {
        arb_sub(v + c, p + c, q + c, ARF_PREC_EXACT), arb_get_mag(two, v + c), mag_max(top, top, two);
        arb_add_error_mag(v + c, one), arb_div(v + c, v + c, h2, prec);
    }
    mag_mul_2exp_si(top, top, -prec);
    const int good = mag_cmp(one, top) <= 0;
    _arb_vec_clear(p, d), _arb_vec_clear(q, d), arb_clear(h2), mag_clear(one), mag_clear(two), mag_clear(top);
    return good;
}
