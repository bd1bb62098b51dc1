/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quadrature.c: the second engine's front door: which family goes to which integrator, and how accurate it aims. */
#include "drift/quadrature.h"
#include <math.h>

/* The tensor rule's cost grows like a power of the goal: it is a check, so it stops at 18 digits in the plane and 9 in space. */
void dp_quadrature_setup_init(dp_quadrature_setup *s, int dim, slong prec)
{
    slong cap = dim == 1 ? prec : dim == 2 ? 60 : 32;
    s->goal = FLINT_MAX(8, FLINT_MIN(prec, cap));
    s->window = s->skip = s->goal;
    s->max_boxes = dim == 1 ? 20000 : 60000;
    s->max_evals = dim == 1 ? 2000 * (64 + s->goal) : dim == 2 ? 2000000 : 4000000;
    s->omit = 0;
    s->tensor = 0;
}

slong dp_quadrature_goal(slong goal, double spread)
{
    if (!(spread > 0))
        return goal;
    return FLINT_MAX(8, FLINT_MIN(goal, 12 - (slong) fmin(1e6, floor(log2(spread)))));
}

dp_status dp_moments_quadrature(dp_moments_t out, const dp_problem *P, dp_which which, arb_srcptr x, slong prec, dp_workspace *w, dp_error *e)
{
    const dp_measure_struct *mu = dp_base_measure(P, which), *q = dp_is_reweighted(which) ? P->q : NULL;
    dp_quadrature_setup s;
    dp_quadrature_setup_init(&s, P->dim, prec);
    if (mu->family == DP_ATOMS)
        return dp_quadrature_atoms(out, P, which, NULL, x, prec, e);
    if (P->kernel == DP_KERNEL_GAUSSIAN && mu->family == DP_MIXTURE && (q == NULL || dp_is_gaussian_sum(q)))
        return dp_quadrature_mixture(out, mu, q, P->bandwidth, x, &s, w, e);
    if (P->dim == 1)
        return dp_quadrature_line(out, P->kernel, P->bandwidth, mu, q, x, &s, w, e);
    return dp_fail(e, DP_EUNSUPPORTED, "quadrature in dimension %d: Gaussian kernel with atoms or mixtures only", P->dim);
}

dp_status dp_smoothed_log_ratio_quadrature(dp_jet_t out, const dp_problem *P, arb_srcptr x, slong prec, dp_workspace *w, dp_error *e)
{
    dp_quadrature_setup s;
    dp_quadrature_setup_init(&s, P->dim, prec);
    if (P->kernel != DP_KERNEL_GAUSSIAN || !dp_is_gaussian_sum(P->p) || !dp_is_gaussian_sum(P->q))
        return dp_fail(e, DP_EUNSUPPORTED, "smoothed log ratio: Gaussian kernel with atoms or mixtures only");
    return dp_quadrature_log_ratio(out, P->p, P->q, P->bandwidth, x, &s, w, e);
}
