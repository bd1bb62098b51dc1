/* SPDX-License-Identifier: GPL-3.0-or-later */
/* field.c: from moments to velocity, Jacobian, curl, divergence, preconditioner and wedge; the loop over precisions. */
#include <math.h>
#include <string.h>

#include "drift/internal.h"

void dp_field_init(dp_field_t f, int dim)
{
    memset(f, 0, sizeof *f);
    f->dim = dim;
    f->velocity = _arb_vec_init(dim);
    f->jacobian = _arb_vec_init((slong) dim * dim);
    f->curl = _arb_vec_init(3), f->wedge = _arb_vec_init(3);
    f->grad_log_ratio = _arb_vec_init(dim);
    arb_init(f->divergence), arb_init(f->potential);
    dp_jet_init(f->preconditioner, dim);
}

void dp_field_clear(dp_field_t f)
{
    _arb_vec_clear(f->velocity, f->dim);
    _arb_vec_clear(f->jacobian, (slong) f->dim * f->dim);
    _arb_vec_clear(f->curl, 3), _arb_vec_clear(f->wedge, 3);
    _arb_vec_clear(f->grad_log_ratio, f->dim);
    arb_clear(f->divergence), arb_clear(f->potential);
    dp_jet_clear(f->preconditioner);
}

void dp_format_why(dp_field_t f, const char *why)
{
    snprintf(f->why, sizeof f->why, "%s", why);
}

void dp_cross(arb_ptr out, arb_srcptr a, arb_srcptr b, int d, slong prec)
{
    for (int i = 0; i < DP_CURL_DIM(d); i++) {
        int j = d == 2 ? 0 : (i + 1) % 3, k = d == 2 ? 1 : (i + 2) % 3;
        arb_mul(out + i, a + j, b + k, prec);
        arb_submul(out + i, a + k, b + j, prec);
    }
}

void dp_field_shift(dp_field_t f, const dp_jet_t c, const dp_moments_t a, const dp_moments_t b, slong prec)
{
    int d = f->dim;
    const dp_moments_struct *side[2] = {a, b};
    arb_ptr m = _arb_vec_init(d), J = _arb_vec_init(d * d);
    arb_t t;
    arb_init(t);
    _arb_vec_zero(f->velocity, d), _arb_vec_zero(f->jacobian, d * d);
    for (int s = 0; s < 2; s++) { /* m = D/Z, dm_i/dx_j = (J_ij - m_i d_j Z)/Z */
        const dp_moments_struct *o = side[s];
        for (int i = 0; i < d; i++) {
            arb_div(m + i, o->D + i, o->Z->v, prec);
            for (int j = 0; j < d; j++) {
                arb_mul(t, m + i, o->Z->g + j, prec);
                arb_sub(t, o->J + i * d + j, t, prec);
                arb_div(J + i * d + j, t, o->Z->v, prec);
            }
        }
        (s ? _arb_vec_sub : _arb_vec_add)(f->velocity, f->velocity, m, d, prec);
        (s ? _arb_vec_sub : _arb_vec_add)(f->jacobian, f->jacobian, J, d * d, prec);
    }
    for (int i = 0; i < d; i++)
        for (int j = 0; j < d; j++) { /* (c m)_i,j = c m_i,j + m_i c_j */
            arb_ptr h = f->jacobian + i * d + j;
            arb_mul(h, h, c->v, prec);
            arb_addmul(h, f->velocity + i, c->g + j, prec);
        }
    _arb_vec_scalar_mul(f->velocity, f->velocity, d, c->v, prec);
    f->have |= DP_HAVE_VELOCITY | DP_HAVE_JACOBIAN;
    f->engine = FLINT_MAX(f->engine, FLINT_MAX(a->used, b->used));
    _arb_vec_clear(m, d), _arb_vec_clear(J, d * d), arb_clear(t);
}

void dp_field_gradient(dp_field_t f, const dp_jet_t U)
{
    _arb_vec_set(f->velocity, U->g, f->dim);
    _arb_vec_set(f->jacobian, U->h, (slong) f->dim * f->dim);
    arb_neg(f->potential, U->v);
    f->have |= DP_HAVE_VELOCITY | DP_HAVE_JACOBIAN | DP_HAVE_POTENTIAL;
}

void dp_field_finish(dp_field_t f, slong prec)
{
    int d = f->dim;
    if (f->have & DP_HAVE_JACOBIAN) {
        arb_zero(f->divergence);
        for (int i = 0; i < d; i++)
            arb_add(f->divergence, f->divergence, f->jacobian + i * d + i, prec);
        for (int i = 0; i < DP_CURL_DIM(d); i++) {
            int j = d == 2 ? 0 : (i + 1) % 3, k = d == 2 ? 1 : (i + 2) % 3;
            arb_sub(f->curl + i, f->jacobian + k * d + j, f->jacobian + j * d + k, prec);
        }
    }
    if (f->have & DP_HAVE_PRECONDITIONER)
        dp_cross(f->wedge, f->preconditioner->g, f->grad_log_ratio, d, prec);
}

const dp_drift *dp_drift_find(const char *name)
{
    for (size_t i = 0; dp_drifts[i]; i++)
        if (strcmp(dp_drifts[i]->name, name) == 0)
            return dp_drifts[i];
    return NULL;
}

dp_status dp_field_eval(dp_field_t out, const dp_problem *P, const char *drift, arb_srcptr x, dp_engine engine, slong prec,
                        dp_workspace *w, dp_error *e)
{
    const dp_drift *D = dp_drift_find(drift);
    if (!D)
        return dp_fail(e, DP_EINPUT, "unknown drift '%s'", drift);
    out->have = 0;
    out->engine = DP_ENGINE_CLOSED;
    out->why[0] = '\0';
    dp_ledger_reset(w);
    dp_status status = D->eval(out, P, x, engine, prec, w, e);
    if (status == DP_OK)
        dp_field_finish(out, prec);
    return status;
}

/* Bits by which the worst entry misses `bits` relative to the largest entry; <= 0 when reached. An entry below 2^-floor_bits
   counts as zero. */
static slong shortfall(arb_srcptr v, slong n, slong bits, slong floor_bits)
{
    mag_t big, rad;
    mag_init(big), mag_init(rad);
    slong worst = -1;
    for (slong i = 0; i < n; i++) {
        mag_t t;
        mag_init(t);
        arb_get_mag(t, v + i);
        mag_max(big, big, t);
        mag_max(rad, rad, arb_radref(v + i));
        mag_clear(t);
    }
    if (mag_is_inf(rad))
        worst = bits;
    else if (!mag_is_zero(rad) && mag_cmp_2exp_si(big, -floor_bits) > 0) {
        mag_div(rad, rad, big);
        slong have = mag_cmp_2exp_si(rad, 0) >= 0 ? 0 : -fmpz_get_si(MAG_EXPREF(rad));
        worst = bits - have;
    }
    mag_clear(big), mag_clear(rad);
    return worst;
}

/* log2 of a length of the problem at x: h or, when larger, |x|. */
static slong scale_bits(const dp_problem *P, arb_srcptr x)
{
    double s = fabs(fmpq_get_d(P->bandwidth));
    for (int i = 0; i < P->dim; i++)
        s = fmax(s, fabs(arf_get_d(arb_midref(x + i), ARF_RND_NEAR)));
    return s > 0 && isfinite(s) ? (slong) ilogb(s) : 0;
}

static slong field_shortfall(const dp_field_t f, slong bits, slong zero, slong scale)
{
    slong d = f->dim, miss = shortfall(f->velocity, d, bits, zero - scale);
    if (f->have & DP_HAVE_JACOBIAN)
        miss = FLINT_MAX(miss, shortfall(f->jacobian, d * d, bits, zero));
    if (f->have & DP_HAVE_PRECONDITIONER) {
        miss = FLINT_MAX(miss, shortfall(f->preconditioner->v, 1, bits, WORD_MAX / 4));
        miss = FLINT_MAX(miss, shortfall(f->wedge, DP_CURL_DIM(d), bits / 2, zero));
    }
    return miss;
}

/* How far, in bits, the second largest term of the Gaussian sum k*mu lies below the largest at x: velocities in the tails are that small. */
static double gap_bits(const dp_measure_struct *mu, const fmpq_t h, arb_srcptr x)
{
    double top = -INFINITY, second = -INFINITY;
    dp_gsum_t g;
    arb_t t;
    if (!dp_is_gaussian_sum(mu) || mu->n < 2)
        return 0;
    arb_init(t);
    dp_smoothed_sum(g, mu, h, 64);
    for (slong j = 0; j < g->n; j++) {
        dp_gsum_log_term(t, g, j, x, 64);
        double v = arf_get_d(arb_midref(t), ARF_RND_NEAR);
        second = fmax(second, fmin(v, top)), top = fmax(top, v);
    }
    dp_gsum_clear(g), arb_clear(t);
    return isfinite(second) ? (top - second) * M_LOG2E : 0;
}

/* Entries below 2^-result are taken for zero: beyond 4 bits + 200, what the gaps of k*p and k*q allow a velocity that is no zero to lose.
   Where p and q are one measure every velocity is zero, and there is nothing to look for beyond the digits asked. */
static slong zero_bits(const dp_problem *P, arb_srcptr x, slong bits)
{
    double gap = 0;
    if (dp_measure_same(P->p, P->q))
        return bits;
    if (P->kernel == DP_KERNEL_GAUSSIAN)
        gap = fmax(gap_bits(P->p, P->bandwidth, x), gap_bits(P->q, P->bandwidth, x));
    return 4 * bits + 200 + (slong) fmin(2 * gap, 20000);
}

static slong bits_of(slong digits)
{
    return (slong) ceil((double) digits * 3.3219280948873626) + 4;
}

slong dp_field_shortfall(const dp_field_t f, const dp_problem *P, arb_srcptr x, slong digits)
{
    slong bits = bits_of(digits), miss = field_shortfall(f, bits, WORD_MAX / 4, 0);
    return miss <= 0 ? miss : field_shortfall(f, bits, zero_bits(P, x, bits), scale_bits(P, x));
}

dp_status dp_field_digits(dp_field_t out, const dp_problem *P, const char *drift, const fmpq *x, slong digits, dp_workspace *w, dp_error *e)
{
    slong bits = bits_of(digits), had = 0, scale, zero, cap;
    int idle = 0;
    arb_ptr y = _arb_vec_init(P->dim);
    dp_status status;
    for (int i = 0; i < P->dim; i++)
        arb_set_fmpq(y + i, x + i, 128);
    scale = scale_bits(P, y), zero = zero_bits(P, y, bits), cap = 8 * bits + 3800 + zero;
    for (slong prec = bits + 40;;) {
        for (int i = 0; i < P->dim; i++)
            arb_set_fmpq(y + i, x + i, prec + 60);
        status = dp_field_eval(out, P, drift, y, DP_ENGINE_AUTO, prec, w, e);
        if (status != DP_OK)
            break;
        slong miss = field_shortfall(out, bits, zero, scale), have = bits - miss;
        if (miss <= 0)
            break;
        idle = have > 0 && have <= had + 2 ? idle + 1 : 0;
        if (prec >= cap || idle == 2) {
            status = dp_fail(e, DP_EBUDGET, "%s: %ld digits not reached at %ld bits of working precision (%ld bits short%s)", drift,
                             (long) digits, (long) prec, (long) miss, idle == 2 ? "; more precision does not help" : "");
            break;
        }
        had = have;
        prec = FLINT_MIN(cap, prec + FLINT_MAX(miss + 30, have > 0 ? prec / 8 : prec / 2)); /* nothing known yet: long steps */
    }
    _arb_vec_clear(y, P->dim);
    return status;
}
