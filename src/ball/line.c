/* SPDX-License-Identifier: GPL-3.0-or-later */
/* line.c: integrals over a window of the real line: acb_calc_integrate, and real Taylor series with Lagrange remainders. */
#include "ball/line.h"
#if defined(__FLINT_RELEASE) && __FLINT_RELEASE >= 30000
#include <flint/acb_calc.h>
#else
#include <acb_calc.h>
#endif

typedef struct { dp_line_f f; void *param; slong coeff; } integrand;

static int call(acb_ptr out, const acb_t z, void *param, slong order, slong prec)
{
    integrand *g = param;
    acb_poly_t x, y;
    (void) order;   /* f refuses balls where it is not holomorphic, whatever the order */
    acb_poly_init(x);
    acb_poly_init(y);
    acb_poly_set_acb(x, z);
    g->f(y, x, g->coeff + 1, g->param, prec);
    acb_poly_get_coeff_acb(out, y, g->coeff);
    acb_poly_clear(x);
    acb_poly_clear(y);
    return 0;
}

dp_status dp_line_integrate(arb_t out, dp_line_f f, void *param, slong coeff, const arb_t a, const arb_t b, const mag_t tol,
                            slong prec, dp_error *e)
{
    integrand g = {f, param, coeff};
    acb_t r, lo, hi;
    dp_status s = DP_OK;
    acb_init(r);
    acb_init(lo);
    acb_init(hi);
    acb_set_arb(lo, a);
    acb_set_arb(hi, b);
    acb_calc_integrate(r, call, &g, lo, hi, prec, tol, NULL, prec);
    if (!acb_is_finite(r))
        s = dp_fail(e, DP_EBUDGET, "acb_calc_integrate found no finite enclosure at %ld bits", (long) prec);
    else if (!arb_contains_zero(acb_imagref(r)))
        s = dp_fail(e, DP_EINTERNAL, "the integral of a real function came out complex");
    arb_set(out, acb_realref(r));
    acb_clear(r);
    acb_clear(lo);
    acb_clear(hi);
    return s;
}

/* ---- real Taylor series ---- */

typedef struct { dp_line_f f; void *param; slong order, prec; mag_t density; acb_poly_t x, y; } taylor;

/* out = integral over [c-r, c+r]; returns 0 when the remainder is above its share. */
static int cell(arb_t out, taylor *t, const arb_t c, const arb_t r)
{
    arb_t power, term;
    mag_t share, rad;
    arb_init(power);
    arb_init(term);
    mag_init(share);
    mag_init(rad);
    acb_poly_zero(t->x);
    acb_poly_set_coeff_si(t->x, 1, 1);
    arb_set(term, c);
    arb_add_error(term, r);
    acb_poly_get_coeff_acb(t->y->coeffs == NULL ? NULL : NULL, t->y, 0); /* placeholder */
    mag_clear(share);
    mag_clear(rad);
    arb_clear(power);
    arb_clear(term);
    return 0;
}
