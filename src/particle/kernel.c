/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernel.c: kernels, their slopes and companions in doubles, as costs: -eps times the logarithm. */
#include "particle/ball.h"

#include <math.h>

double dp_kernel_rate(dp_kernel_family family) { return family == DP_KERNEL_LAPLACE ? 1 : family == DP_KERNEL_MATERN32 ? sqrt(3) : sqrt(5); }

dp_status dp_kernel_check(const dp_sample *s, dp_form form, dp_error *e)
{
    if (s->nparts == 0) return dp_fail(e, DP_EINPUT, "no kernel width given; expected --bandwidth H");
    for (slong i = 0; i < s->nparts; i++) {
        if (s->part[i].family == DP_KERNEL_ENERGY && (form == DP_FORM_KERNEL || form == DP_FORM_SHARP))
            return dp_fail(e, DP_EUNSUPPORTED, "kernel energy: -r is negative, no weight, and not positive definite; of drifts mmd and mean-shift take it, of energies mmd2");
        if (s->part[i].family != DP_KERNEL_ENERGY && form == DP_FORM_ENERGY)
            return dp_fail(e, DP_EUNSUPPORTED, "kernel energy: a sum of -r and positive kernels changes its sign, and what mean-shift divides by vanishes between; mmd takes such sums");
        if (s->part[i].family == DP_KERNEL_IMQ && form == DP_FORM_SHARP)
            return dp_fail(e, DP_EUNSUPPORTED, "kernel imq: the companion int s k(s) ds is infinite; expected gaussian, laplace, matern32 or matern52");
    }
    return DP_OK;
}

dp_form dp_mean_shift_form(const dp_sample *s)
{
    for (slong i = 0; i < s->nparts; i++)
        if (s->part[i].family == DP_KERNEL_ENERGY) return DP_FORM_ENERGY;
    return DP_FORM_KERNEL;
}

dp_status dp_pkernel_init(dp_pkernel *k, const dp_sample *s, dp_form form, dp_error *e)
{
    const dp_status status = dp_kernel_check(s, form, e);
    if (status) return status;
    k->nparts = s->nparts;
    for (slong i = 0; i < s->nparts; i++) {
        const long double exact = s->part[i].family == DP_KERNEL_ENERGY ? 1 : dp_fmpq_get_ld(&s->part[i].bandwidth);
        const double h = (double) exact;
        if (!(h > (s->single ? 1e-37 : 1e-307) && h < (s->single ? 1e17 : 1e150)))
            return dp_fail(e, DP_EUNSUPPORTED, "bandwidth %s%g: its inverse or its square overflows in this arithmetic: choose another unit, or take --precision DIGITS", h < 1e-307 ? "below 1e-307, " : "", h);
        const long double weight = dp_fmpq_get_ld(&s->part[i].weight);
        if (!(weight >= 1e-150L && weight <= 1e150L)) return dp_fail(e, DP_EUNSUPPORTED, "weight %Lg of a kernel: expected 1e-150 to 1e150 in doubles, or take --precision DIGITS", weight);
        k->part[i].family = s->part[i].family, k->part[i].exact_h = exact, k->part[i].h = h;
        k->part[i].exact_weight = weight, k->part[i].weight = (double) k->part[i].exact_weight, k->part[i].log_weight = log(k->part[i].weight);
    }
    const dp_kernel_family family = k->part[0].family;
    k->power = k->nparts > 1 || family == DP_KERNEL_IMQ || family == DP_KERNEL_ENERGY ? 0 : family == DP_KERNEL_GAUSSIAN ? 2 : 1;
    k->h = k->part[0].h;
    return DP_OK;
}

double dp_over_eps(const dp_pkernel *k, double cost) { return k->power == 0 ? cost : k->power == 1 ? cost / k->h : cost / k->h / k->h; }
double dp_pkernel_eps(const dp_pkernel *k) { return k->power == 0 ? 1 : k->power == 1 ? k->h : k->h * k->h; }

static const double HUGE_Z = 1e100; /* from here on the last power of a polynomial is all that doubles see, and its cube need not be one */

/* log of the polynomial that stands before exp(-z), z = a r, in the ladder of Matern kernels. */
static double log_factor(dp_kernel_family family, dp_form form, double z, double a)
{
    const int rung = family == DP_KERNEL_LAPLACE ? 0 : family == DP_KERNEL_MATERN32 ? 1 : 2;
    if (form == DP_FORM_KERNEL) return rung == 0 ? 0 : rung == 1 ? log1p(z) : z > HUGE_Z ? 2 * log(z) - log(3) : log1p(z + z * z / 3);
    if (form == DP_FORM_SLOPE) return 2 * log(a) - (rung == 0 ? log(z) : rung == 1 ? 0 : log(3) - log1p(z));
    if (rung && z > HUGE_Z) return (rung == 1 ? 2 * log(z) : 3 * log(z) - log(3)) - 2 * log(a);
    return (rung == 0 ? log1p(z) : rung == 1 ? log(3 + 3 * z + z * z) : log(5 + 5 * z + 2 * z * z + z * z * z / 3)) - 2 * log(a);
}

double dp_kernel_near(double *far, dp_kernel_family family, double h, dp_form form, double r2)
{
    const double r = sqrt(r2);
    *far = 0;
    switch (family) {
    case DP_KERNEL_GAUSSIAN:
        *far = r2 / 2;
        return form == DP_FORM_KERNEL ? 0 : form == DP_FORM_SLOPE ? -2 * log(h) : 2 * log(h);
    case DP_KERNEL_IMQ:
        return form == DP_FORM_KERNEL ? -log(hypot(1, r / h)) : -3 * log(hypot(1, r / h)) - 2 * log(h);
    case DP_KERNEL_ENERGY:
        return -log(r);
    default:
        *far = dp_kernel_rate(family) * r;
        return log_factor(family, form, dp_kernel_rate(family) * r / h, dp_kernel_rate(family) / h);
    }
}

double dp_pkernel_cost(const dp_pkernel *k, dp_form form, double r2)
{
    double top = -INFINITY, sum = 0, far, log_part[64];
    if (form == DP_FORM_SLOPE && r2 == 0) return INFINITY;
    if (k->power) {
        const double near = k->part[0].log_weight + dp_kernel_near(&far, k->part[0].family, k->h, form, r2);
        return near == 0 ? far : far - dp_pkernel_eps(k) * near;
    }
    for (slong i = 0; i < k->nparts; i++) {
        const double h = k->part[i].h;
        log_part[i] = k->part[i].log_weight + dp_kernel_near(&far, k->part[i].family, h, form, r2);
        log_part[i] -= k->part[i].family == DP_KERNEL_GAUSSIAN ? far / h / h : far / h;
        top = fmax(top, log_part[i]);
    }
    if (top == -INFINITY) return INFINITY;
    for (slong i = 0; i < k->nparts; i++) sum += exp(log_part[i] - top);
    return -top - log(sum);
}
