/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sinkhorn_sample.c: converged Sinkhorn velocities (27) of samples as enclosures with any negatives, masks and kernels: Newton on the reduced dual, Lemma S1. */
#include "drift/scaling.h"
#include "particle/ball.h"

#include <float.h>
#include <math.h>

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

/* ---- narrow kernels: Lemma J of ball_narrow.c ---- */

int dp_sinkhorn_plain(const dp_sample *s) { return s->iterations < 0 && !s->z && !s->leave_out && s->nparts == 1 && s->part->family == DP_KERNEL_GAUSSIAN && fmpq_is_one(&s->part->weight); }

/* Whether Lemma J may say something of x against x, whose margin is half the least squared distance: cheap, for most kernels are not narrow. */
static int perhaps_narrow(const double *x, size_t n, size_t d, const fmpq_t width)
{
    const double h = fmpq_get_d(width), least = 2 * ((double) n + 1) * log((double) n) + 40;
    int narrow = 1;
    for (size_t i = 0; i < n && narrow; i++)
        for (size_t j = 0; j < i && narrow; j++) {
            double r2 = 0;
            int differ = 0;
            for (size_t k = 0; k < d; k++) {
                const double t = (x[i * d + k] - x[j * d + k]) / h;
                differ = differ || x[i * d + k] != x[j * d + k], r2 += t * t;
            }
            narrow = !differ || r2 / 2 > least; /* NaN: h is below all doubles, no less narrow for that */
            narrow = narrow || isnan(r2);
        }
    return narrow;
}

dp_status dp_sinkhorn_narrow(arb_ptr v, arb_ptr value, const dp_sample *s, slong prec, dp_error *e)
{
    const slong n = (slong) (s->n * s->d);
    dp_sample x = *s, y = *s;
    x.y = s->x, x.m = s->n, y.x = s->y, y.n = s->m;
    if (!dp_sinkhorn_plain(s) || !perhaps_narrow(s->x, s->n, s->d, &s->part->bandwidth)) return dp_fail(e, DP_EUNSUPPORTED, "sinkhorn: not one narrow Gaussian kernel");
    arb_ptr self = _arb_vec_init(n + 2);
    dp_status status = dp_ball_narrow(v, value, s, prec, e);
    if (!status) status = dp_ball_narrow(v ? self : NULL, value ? self + n : NULL, &x, prec, e);
    if (!status && value && !v) status = dp_ball_narrow(NULL, self + n + 1, &y, prec, e);
    if (!status && value) arb_set(value + 1, self + n), arb_set(value + 2, self + n + 1);
    if (!status && v) _arb_vec_sub(v, v, self, n, prec);
    _arb_vec_clear(self, n + 2);
    return status ? DP_EUNSUPPORTED : DP_OK;
}

enum { MOST_PAIRS = 1 << 14, MOST_TERMS = 1 << 18 }; /* in doubles: exact plans of more take longer than sweeps; pairs of all sweeps in balls */

/* Sweeps whose exponents twice the precision of doubles does not hold, such as those of a bandwidth of 1e-300: in balls, where these are few. */
static dp_status swept(dp_drifted *out, const dp_sample *s, dp_error *e)
{
    const slong n = (slong) (s->n * s->d);
    const dp_status status = dp_sinkhorn_drift(out, s, e);
    if (status != DP_EBUDGET || s->iterations < 0 || s->n * FLINT_MAX(s->m, dp_negatives(s)) > MOST_TERMS / ((size_t) s->iterations + 1)) return status;
    arb_ptr v = _arb_vec_init(n);
    const dp_status known = dp_drift_sample_ball(v, "sinkhorn", s, 17, e);
    for (slong i = 0; i < n && !known; i++) out->v[i] = arf_get_d(arb_midref(v + i), ARF_RND_NEAR);
    if (!known) out->nnotes = 0, dp_drifted_note(out, "sweeps", (double) s->iterations), dp_drifted_note(out, "sweeps_self", (double) s->iterations), dp_drifted_note(out, "rounding", DBL_EPSILON);
    _arb_vec_clear(v, n);
    return known;
}

dp_status dp_sinkhorn_in_doubles(dp_drifted *out, const dp_sample *s, dp_error *e)
{
    const slong n = (slong) (s->n * s->d), prec = 128;
    arb_ptr v = _arb_vec_init(n), value = _arb_vec_init(3);
    const int narrow = s->n <= MOST_PAIRS / s->m && !dp_sinkhorn_narrow(v, value, s, prec, NULL) && dp_ball_digits(v, n) >= 17;
    for (slong i = 0; i < n && narrow; i++) out->v[i] = arf_get_d(arb_midref(v + i), ARF_RND_NEAR);
    if (narrow) {
        static const char *const zero[] = {"sweeps", "sweeps_self", "newton", "newton_self", "marginal_error", "marginal_error_self"};
        const double cost = arf_get_d(arb_midref(value), ARF_RND_NEAR);
        for (size_t i = 0; i < sizeof zero / sizeof *zero; i++) dp_drifted_note(out, zero[i], 0);
        dp_drifted_note(out, "primal", cost), dp_drifted_note(out, "dual", cost), dp_drifted_note(out, "gap", mag_get_d(arb_radref(value)) + DBL_EPSILON * fabs(cost));
    }
    _arb_vec_clear(v, n), _arb_vec_clear(value, 3);
    return narrow ? DP_OK : swept(out, s, e);
}

dp_status dp_sinkhorn_sample_ball(arb_ptr out, const dp_sample *s, slong prec, dp_error *e)
{
    if (s->iterations >= 0) return dp_ball_sinkhorn(out, s, prec, e);
    dp_status status = dp_kernel_check(s, DP_FORM_KERNEL, e);
    if (status) return status;
    if (dp_sinkhorn_plain(s)) { /* narrow, or a law of atoms; 64 bits are there beyond the digits asked */
        const slong count = (slong) (s->n * s->d);
        const int narrow = !dp_sinkhorn_narrow(out, NULL, s, prec, NULL) && (double) dp_ball_digits(out, count) * 3.3219281 >= (double) prec - 70;
        return narrow ? DP_OK : dp_fail(e, DP_EUNSUPPORTED, "sinkhorn: as a law of atoms");
    }
    const dp_pairing y = dp_pairing_y(s, NULL, DP_FORM_KERNEL), z = dp_pairing_negatives(s, NULL, DP_FORM_KERNEL);
    const slong n = (slong) (s->n * s->d);
    arb_ptr t = _arb_vec_init(n);
    status = side(out, &y, s, prec, e);
    if (!status) status = side(t, &z, s, prec, e);
    if (!status) _arb_vec_sub(out, out, t, n, prec);
    _arb_vec_clear(t, n);
    if (!status && !_arb_vec_is_finite(out, n))
        return dp_fail(e, DP_EBUDGET, "sinkhorn: no digits at %ld bits: the kernel is too narrow beside the distances for Newton's method, which has to serve with negatives, masks and kernels other than one Gaussian; take a larger bandwidth, or sweeps (--iterations)", prec);
    return status;
}
