/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ball_smoothed.c: smoothed-kl of samples as enclosures, velocities (24) and values (55)-(57), by means over Gaussians (blur.h). */
#include "particle/ball.h"
#include "particle/blur.h"
#include "particle/functional.h"

#include <math.h>

/* out += sign E sum_j w_j (a_j - x), or sign (E log T - |x - a_0|^2/(2 h^2)); sign: 1 for y, -1 for x, and the other way round for logarithms. */
static dp_status side(arb_ptr out, const dp_sample *of, size_t i, int of_y, slong prec, int want_log, dp_error *e)
{
    dp_blur s;
    double terms;
    dp_blur_init(&s, of, i, of_y, prec, want_log);
    arb_ptr w = _arb_vec_init(s.kept + 1);
    arb_t t, u;
    mag_t m;
    arb_init(t), arb_init(u), mag_init(m);
    dp_status status = dp_blur_plan(&terms, &s, e);
    if (!status) status = dp_blur_means(w, &s, of->threads, e);
    arb_set_fmpq(u, s.h, prec);
    if (want_log) {
        dp_ball_square(t, s.x, s.a + s.index[0] * s.d, s.d, prec), arb_div(t, t, u, prec), arb_div(t, t, u, prec), arb_mul_2exp_si(t, t, -1);
        arb_sub(t, w + s.kept, t, prec), arb_add_error_mag(t, &s.logarithm);
        of_y ? arb_sub(out, out, t, prec) : arb_add(out, out, t, prec);
    }
    arb_get_mag(m, u), mag_mul(m, m, &s.place);
    for (slong c = 0; c < s.d && !want_log; c++) {
        for (slong j = 0; j < s.kept; j++) {
            arb_set_d(t, s.a[s.index[j] * s.d + c]), arb_set_d(u, s.x[c]), arb_sub(t, t, u, ARF_PREC_EXACT);
            of_y ? arb_addmul(out + c, t, w + j, prec) : arb_submul(out + c, t, w + j, prec);
        }
        arb_add_error_mag(out + c, m);
    }
    _arb_vec_clear(w, s.kept + 1), dp_blur_clear(&s), arb_clear(t), arb_clear(u), mag_clear(m);
    return status;
}

dp_status dp_smoothed_check(const dp_sample *s, dp_error *e)
{
    if (s->nparts != 1 || s->part->family != DP_KERNEL_GAUSSIAN) return dp_fail(e, s->nparts ? DP_EUNSUPPORTED : DP_EINPUT, "smoothed-kl: expected one Gaussian kernel and its --bandwidth");
    if (s->z || s->leave_out) return dp_fail(e, DP_EUNSUPPORTED, "smoothed-kl: a functional of x and y; negatives and masks have no part in it");
    return DP_OK;
}

dp_status dp_ball_smoothed_cost(double *terms, const dp_sample *s, slong prec, double most, dp_error *e)
{
    dp_status status = dp_smoothed_check(s, e);
    *terms = 0;
    for (size_t i = 0; i < s->n && !status && *terms <= most; i++)
        for (int of_y = 0; of_y < 2 && !status; of_y++) {
            dp_blur b;
            double here;
            dp_blur_init(&b, s, i, of_y, prec, 0);
            status = dp_blur_plan(&here, &b, e);
            *terms += here + (double) b.k;
            dp_blur_clear(&b);
        }
    if (!status && *terms > most)
        return dp_fail(e, DP_EBUDGET, "smoothed-kl: lattices would have more than %.0e terms: points that count about one x, in a span of two or three dimensions, are too many bandwidths apart for so many digits", most);
    return status;
}

/* Of all lattices together: minutes. On the line the population engine takes over much earlier. */
static double most_terms(const dp_sample *s) { return s->d == 1 ? 1e8 : 4e9; }

dp_status dp_ball_smoothed(arb_ptr out, const dp_sample *s, slong prec, dp_error *e)
{
    double terms;
    arb_t h;
    dp_status status = dp_ball_smoothed_cost(&terms, s, prec, most_terms(s), e);
    arb_init(h), arb_set_fmpq(h, &s->part->bandwidth, prec);
    _arb_vec_zero(out, (slong) (s->n * s->d));
    const int same = !status && dp_sample_same_law(s);
    for (size_t i = 0; i < s->n && !status && !same; i++) {
        arb_ptr v = out + i * s->d;
        for (int of_y = 0; of_y < 2 && !status; of_y++) status = side(v, s, i, of_y, prec, 0, e);
        _arb_vec_scalar_div(v, v, (slong) s->d, h, prec), _arb_vec_scalar_div(v, v, (slong) s->d, h, prec);
    }
    arb_clear(h);
    return status;
}

dp_status dp_ball_smoothed_value(arb_t out, const dp_sample *s, slong prec, dp_error *e)
{
    double terms;
    arb_t t;
    dp_status status = dp_ball_smoothed_cost(&terms, s, prec, most_terms(s), e);
    arb_zero(out);
    if (status || dp_sample_same_law(s)) return status;
    for (size_t i = 0; i < s->n && !status; i++)
        for (int of_y = 0; of_y < 2 && !status; of_y++) status = side(out, s, i, of_y, prec, 1, e);
    arb_init(t);
    arb_div_ui(out, out, s->n, prec);
    arb_log_ui(t, s->m, prec), arb_add(out, out, t, prec), arb_log_ui(t, s->n, prec), arb_sub(out, out, t, prec);
    arb_clear(t);
    return status;
}
