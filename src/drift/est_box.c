/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_box.c: a uniform law on a box against Gaussian kernels: products of differences of error functions. */
#include <gsl/gsl_sf_erf.h>

#include "drift/est_source.h"

typedef struct { real v, e; } number;

#ifdef DP_EST_QUAD
/* Beyond the range of erfc by its asymptotic series, (2n - 1)!!/(2a^2)^n < 1e-34 from n = 10 on. */
static real log_erfc(real a)
{
    if (a < 90)
        return r_log(r_erfc(a));
    real term = 1, sum = 1;
    for (int n = 1; n < 16; n++)
        term *= -(2 * n - 1) / (2 * a * a), sum += term;
    return -a * a + r_log(sum / (a * r_sqrt(est_pi())));
}
#else
static real log_erfc(real a) { return gsl_sf_log_erfc(a); }
#endif

/* log of erf(b) - erf(a), a < b, with its error; where both lie on one side through erfc, so that tails keep their digits. */
static number log_erf_between(real a, real b)
{
    if (b < 0)
        return log_erf_between(-b, -a);
    if (a <= 0) {
        const real v = r_erf(b) - r_erf(a);
        return (number){r_log(v), 4 * R_ULP / v + 2 * R_ULP * r_fabs(r_log(v))};
    }
    const real la = log_erfc(a), lb = log_erfc(b), gap = -r_expm1(lb - la);
    return (number){la + r_log(gap), R_ULP * (8 + 2 * a * a + r_fabs(la)) + R_ULP * (8 + 2 * r_fabs(lb) + 2 * b * b) * r_exp(lb - la) / gap};
}

/* exp(-t^2/2) over I. */
static number edge(real t, number log_i, real round)
{
    const real v = r_exp(-t * t / 2 - log_i.v), error = log_i.e + R_ULP * (4 + t * t) + round * r_fabs(t);
    return (number){v, v * (r_expm1(error) + 4 * R_ULP)};
}

/* Along one axis: log I, I'/I, I''/I of I(x) = int_lo^hi exp(-(x-y)^2/2h^2) dy. */
static void box_axis(number out[3], real lo, real hi, real h, real x)
{
    const real a = (lo - x) / h, b = (hi - x) / h, round = 4 * R_ULP * (r_fabs(lo) + r_fabs(hi) + r_fabs(x)) / h, half = r_sqrt((real) 0.5);
    number l = log_erf_between(a * half, b * half);
    l.e += round * (r_min(r_fabs(a), r_fabs(b)) + 1);
    l.v += r_log(h) + r_log(est_pi() / 2) / 2;
    const number at_lo = edge(a, l, round), at_hi = edge(b, l, round);
    out[0] = l;
    out[1].v = at_lo.v - at_hi.v, out[1].e = at_lo.e + at_hi.e + R_ULP * r_fabs(out[1].v);
    out[2].v = (at_lo.v * a - at_hi.v * b) / h;
    out[2].e = (at_lo.e * r_fabs(a) + at_hi.e * r_fabs(b) + (at_lo.v + at_hi.v) * round) / h + 4 * R_ULP * (at_lo.v * r_fabs(a) + at_hi.v * r_fabs(b)) / h;
}

/* The product over the axes, divided by the volume. */
void est_box_at(dp_emoments *out, const est_law *box, const real h, const est_at *at, int order)
{
    const int d = box->mu->dim;
    for (int i = 0; i < DP_LANES; i++) {
        number axis[3][3], log_z = {0, 0};
        for (int a = 0; a < d; a++) {
            const real size = r_log(box->hi[a] - box->lo[a]);
            box_axis(axis[a], box->lo[a], box->hi[a], h, at->x[a][i]);
            log_z.v += axis[a][0].v - size;
            log_z.e += axis[a][0].e + 4 * R_ULP * (1 + r_fabs(size) + r_fabs(log_z.v));
            ((real *) out->u[a].v)[i] = axis[a][1].v, ((real *) out->u[a].e)[i] = axis[a][1].e;
        }
        ((real *) out->log.v)[i] = log_z.v, ((real *) out->log.e)[i] = log_z.e;
        for (int k = 0; k < d * d && order > 1; k++) {
            const number *a = axis[k / d], *b = axis[k % d];
            const number U = a == b ? a[2] : (number){a[1].v * b[1].v, r_fabs(a[1].v) * b[1].e + r_fabs(b[1].v) * a[1].e + a[1].e * b[1].e + R_ULP * r_fabs(a[1].v * b[1].v)};
            ((real *) out->U[k].v)[i] = U.v, ((real *) out->U[k].e)[i] = U.e;
        }
    }
}
