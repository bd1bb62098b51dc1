/* SPDX-License-Identifier: GPL-3.0-or-later */
/* radial.h: what claims about rotationally symmetric problems in any dimension share: certified integrals over distances. */
#ifndef DP_PROOFS_RADIAL_H
#define DP_PROOFS_RADIAL_H

#include "driftproof.h"

/* A function of r without branches; out encloses its values on the ball r, and is not finite where the ball may hold a pole. */
typedef void (*rad_function)(acb_t out, const acb_t r, void *context, slong prec);
typedef struct { rad_function f; void *context; } rad_call;

static inline int rad_eval(acb_ptr out, const acb_t r, void *param, slong order, slong prec)
{
    const rad_call *call = param;
    (void) order; /* no branch cut to refuse; a pole makes out infinite by itself */
    call->f(out, r, call->context, prec);
    return 0;
}

/* int_a^b f dr, both ends exact; 0 when the integral did not come to an end (told to the check). */
static inline int rad_integrate(arb_t out, dp_check *c, rad_function f, void *context, const arb_t a, const arb_t b, slong prec)
{
    acb_t lo, hi, res;
    mag_t tol;
    rad_call call = {f, context};
    acb_calc_integrate_opt_t opts;
    acb_calc_integrate_opt_init(opts);
    opts->eval_limit = 400000;
    acb_init(lo), acb_init(hi), acb_init(res), mag_init(tol);
    acb_set_arb(lo, a), acb_set_arb(hi, b);
    mag_set_ui_2exp_si(tol, 1, -8 * prec); /* accuracy is asked relative */
    const int code = acb_calc_integrate(res, rad_eval, &call, lo, hi, prec, tol, opts, prec + 60);
    acb_get_real(out, res);
    acb_clear(lo), acb_clear(hi), acb_clear(res), mag_clear(tol);
    if (code == ARB_CALC_SUCCESS && arb_is_finite(out)) return 1;
    dp_give_up(c, DP_EBUDGET, "an integral over distances did not come to an end");
    return 0;
}

/* 0F1(; a; -z^2/4), a >= 1: the average of e^(i z u) over a sphere's coordinate u in some (real) dimension, entire in z and at most e^|Im z|, which is the better bound on wide balls. */
static inline void rad_wave(acb_t out, const fmpq_t a, const acb_t z, slong prec)
{
    acb_t t, s;
    mag_t most, size;
    acb_init(t), acb_init(s), mag_init(most), mag_init(size);
    arb_set_fmpq(acb_realref(t), a, prec);
    acb_mul(s, z, z, prec), acb_mul_2exp_si(s, s, -2), acb_neg(s, s);
    acb_hypgeom_0f1(out, t, s, 0, prec);
    arb_get_mag(most, acb_imagref(z)), mag_exp(most, most);
    acb_get_mag(size, out);
    if (!acb_is_finite(out) || mag_cmp(size, most) > 0) {
        acb_zero(out);
        acb_add_error_mag(out, most);
    }
    acb_clear(t), acb_clear(s), mag_clear(most), mag_clear(size);
}

#endif
