/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sinkhorn_sample.c: converged Sinkhorn velocities (27) of samples as enclosures with any negatives, masks and kernels: Newton on the reduced dual, Lemma S1. */
#include "drift/scaling.h"
#include "particle/ball.h"

/* Log kernel and kernel of the pairs; a pair that is left out has weight 0 exactly, as if it were infinitely far. */
static dp_status pairs_init(dp_pairs *s, const dp_pairing *p, const dp_sample *of, slong prec, dp_error *e)
{
    dp_status status = DP_OK;
    arb_t r2;
    *s = (dp_pairs){.n = (slong) p->n, .m = (slong) p->m, .prec = prec};
    s->b = _arb_vec_init(s->n), s->a = _arb_vec_init(s->m), s->minus_log = _arb_vec_init(s->n * s->m), s->K = _arb_vec_init(s->n * s->m);
    arb_init(r2);
    for (slong i = 0; i < s->n; i++) arb_set_si(s->b + i, 1), arb_div_si(s->b + i, s->b + i, s->n, prec);
    for (slong j = 0; j < s->m; j++) arb_set_si(s->a + j, 1), arb_div_si(s->a + j, s->a + j, s->m, prec);
    for (slong i = 0; i < s->n; i++)
        for (slong j = 0; j < s->m && !status; j++) {
            arb_ptr K = s->K + i * s->m + j, E = s->minus_log + i * s->m + j;
            dp_ball_square(r2, p->a + i * (slong) p->d, p->b + j * (slong) p->d, (slong) p->d, prec + 64);
            if (p->skip && i == j) arb_pos_inf(E);
            else status = dp_ball_kernel(K, of, DP_FORM_KERNEL, r2, prec + 64, e), arb_log(E, K, prec), arb_neg(E, E);
        }
    arb_clear(r2);
    return status;
}

/* sum_j pi_ij (b_j - a_i), the rows of pi normalised. */
static void barycentres(arb_ptr out, const dp_pairing *p, const dp_pairs *s, arb_srcptr v)
{
    const slong d = (slong) p->d;
    arb_ptr pi = _arb_vec_init(s->n * s->m);
    arb_t x, y;
    arb_init(x), arb_init(y);
    dp_scaling_rows(pi, s, s->K, v);
    _arb_vec_zero(out, s->n * d);
    for (slong i = 0; i < s->n * d; i++)
        for (slong j = 0; j < s->m; j++) {
            arb_set_d(x, p->a[i]), arb_set_d(y, p->b[j * d + i % d]), arb_sub(y, y, x, ARF_PREC_EXACT);
            arb_addmul(out + i, y, pi + i / d * s->m + j, s->prec);
        }
    _arb_vec_clear(pi, s->n * s->m), arb_clear(x), arb_clear(y);
}

/* The columns' factors; nothing where one plan only has these marginals: two points, each left out for itself. */
static void factors(arb_ptr v, const dp_pairs *s, const dp_pairing *p)
{
    mag_t r;
    mag_init(r);
    for (slong j = 0; j < s->m; j++) arb_one(v + j);
    if (p->a == p->b && !p->skip) dp_scaling_guess_self(v, s), dp_scaling_bound_self(r, s, v);
    else if (!p->skip || s->m > 2) dp_scaling_guess(v, s), dp_scaling_bound(r, s, v);
    dp_scaling_widen(v, s->m, r);
    mag_clear(r);
}

/* The only point, left out, has no pairs: it moves by nothing. */
static dp_status side(arb_ptr out, const dp_pairing *p, const dp_sample *of, slong prec, dp_error *e)
{
    dp_pairs s;
    _arb_vec_zero(out, (slong) (p->n * p->d));
    if (p->skip && p->m == 1) return DP_OK;
    if (p->skip && p->n == 1) return dp_fail(e, DP_EINPUT, "sinkhorn: one point, left out for the first negative, cannot fill that: no plan has these marginals");
    const dp_status status = pairs_init(&s, p, of, prec, e);
    arb_ptr v = _arb_vec_init(s.m);
    if (!status) factors(v, &s, p), barycentres(out, p, &s, v);
    _arb_vec_clear(v, s.m), dp_pairs_clear(&s);
    return status;
}

dp_status dp_sinkhorn_sample_ball(arb_ptr out, const dp_sample *s, slong prec, dp_error *e)
{
    if (s->iterations >= 0) return dp_ball_sinkhorn(out, s, prec, e);
    if (!s->z && !s->leave_out && s->nparts == 1 && s->part->family == DP_KERNEL_GAUSSIAN && fmpq_is_one(&s->part->weight)) return dp_fail(e, DP_EUNSUPPORTED, "sinkhorn: as a law of atoms");
    const dp_pairing y = dp_pairing_y(s, NULL, DP_FORM_KERNEL), z = dp_pairing_negatives(s, NULL, DP_FORM_KERNEL);
    const slong n = (slong) (s->n * s->d);
    arb_ptr t = _arb_vec_init(n);
    dp_status status = dp_kernel_check(s, DP_FORM_KERNEL, e);
    if (!status) status = side(out, &y, s, prec, e);
    if (!status) status = side(t, &z, s, prec, e);
    if (!status) _arb_vec_sub(out, out, t, n, prec);
    _arb_vec_clear(t, n);
    return status;
}
