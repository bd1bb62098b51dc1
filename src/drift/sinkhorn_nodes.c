/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sinkhorn_nodes.c: lattices for the plans between mixtures on the line and in the plane: steps, windows, weights. */
#include <math.h>

#include "drift/sinkhorn_lattice.h"

enum { MOST_LINE = 2400, MOST_PLANE = 420 }; /* nodes along an axis */

/* ---- widths ---- */

static double deviation(const dp_measure_struct *mu, slong j, int axis) { return sqrt(fmpq_get_d(DP_COV(mu, j, axis, axis))); }

/* Along an axis, the other coordinate held. */
static double slice(const dp_measure_struct *mu, slong j, int axis)
{
    const double s = deviation(mu, j, axis);
    if (mu->dim == 1)
        return s;
    const double c = fmpq_get_d(DP_COV(mu, j, 0, 1)), t = deviation(mu, j, 1 - axis);
    return s * sqrt(fmax(0, 1 - c / (s * t) * (c / (s * t))));
}

static double extreme(const dp_measure_struct *mu, int axis, int largest)
{
    double out = slice(mu, 0, axis);
    for (slong j = 1; j < mu->n; j++)
        out = largest ? fmax(out, deviation(mu, j, axis)) : fmin(out, slice(mu, j, axis));
    return largest ? fmax(out, deviation(mu, 0, axis)) : out;
}

/* Deviation of y given x for N(., B^2) onto N(., A^2): the root of B^2 M^2 + h^2 M = A^2 times h^2. */
static double conditional(double A, double B, double h)
{
    return h * A * sqrt(2 / (h * h + sqrt(h * h * h * h + 4 * A * A * B * B)));
}

/* The least deviation of what is integrated along an axis, as far as one bump tells. */
static double narrowest(const dp_problem *P, int axis)
{
    const double h = fmpq_get_d(P->bandwidth), p = extreme(P->p, axis, 0), q = extreme(P->q, axis, 0), P1 = extreme(P->p, axis, 1), Q1 = extreme(P->q, axis, 1);
    return fmin(fmin(conditional(p, Q1, h), conditional(q, P1, h)), conditional(q, Q1, h));
}

/* How many deviations the ends of the mesh lie from q along an axis. */
static double overhang(const dp_problem *P, const dp_mesh_t mesh, int axis)
{
    double most = 0;
    for (int end = 0; end < 2; end++) {
        const double x = fmpq_get_d(mesh->origin + axis) + (end ? (double) (mesh->n[axis] - 1) * fmpq_get_d(mesh->step + axis) : 0);
        double least = INFINITY;
        for (slong j = 0; j < P->q->n; j++)
            least = fmin(least, fabs(x - fmpq_get_d(DP_MEAN(P->q, j, axis))) / deviation(P->q, j, axis));
        most = fmax(most, least);
    }
    return most;
}

void dp_lattice_shape_of(dp_lattice_shape *s, const dp_problem *P, const dp_mesh_t mesh)
{
    *s = (dp_lattice_shape){.narrowest = INFINITY};
    for (int k = 0; k < P->dim; k++) {
        s->unit[k] = narrowest(P, k), s->beyond[k] = overhang(P, mesh, k);
        s->narrowest = fmin(s->narrowest, s->unit[k]);
    }
    for (int k = 0; k < P->dim; k++)
        s->unit[k] /= s->narrowest;
}

/* ---- nodes ---- */

/* The dyadic number of 40 bits next to x. */
static void set_step(fmpq_t out, double x)
{
    const int e = 40 - ilogb(x);
    fmpq_set_si(out, (slong) ldexp(x, e), 1);
    if (e > 0)
        fmpq_div_2exp(out, out, (flint_bitcnt_t) e);
    else
        fmpq_mul_2exp(out, out, (flint_bitcnt_t) -e);
}

/* Where the nodes of a window around every component lie. Returns the most that there are along an axis. */
static double window(dp_comb *out, const dp_measure_struct *mu, const dp_lattice_shape *shape, const dp_lattice_ask *a)
{
    double most = 0;
    *out = (dp_comb){.n = {1, 1}, .size = 1};
    for (int k = 0; k < mu->dim; k++) {
        const double step = a->step * shape->unit[k];
        double lo = INFINITY, hi = -INFINITY;
        for (slong j = 0; j < mu->n; j++) {
            const double m = fmpq_get_d(DP_MEAN(mu, j, k)), s = deviation(mu, j, k) * (a->reach + shape->beyond[k]);
            lo = fmin(lo, m - s), hi = fmax(hi, m + s);
        }
        lo = floor(lo / step), hi = ceil(hi / step);
        most = fmax(most, hi - lo + 1);
        if (most < 1e6)
            out->first[k] = (slong) lo, out->n[k] = (slong) (hi - lo) + 1, out->size *= out->n[k];
    }
    return most;
}

/* Densities scaled to sum 1. */
static void weigh(dp_comb *c, const dp_measure_struct *mu, const fmpq *step, slong prec)
{
    dp_gsum_t g;
    fmpq_t y;
    arb_ptr x = _arb_vec_init(2);
    arb_t sum;
    c->w = _arb_vec_init(c->size);
    fmpq_init(y), arb_init(sum);
    dp_density_sum(g, mu, 0, mu->n, prec + 20);
    for (slong i = 0; i < c->size; i++) {
        for (int k = 0; k < mu->dim; k++) {
            fmpq_mul_si(y, step + k, c->first[k] + (k ? i / c->n[0] : i % c->n[0]));
            arb_set_fmpq(x + k, y, prec + 20);
        }
        dp_gsum_value(c->w + i, g, x, prec + 20);
        arb_add(sum, sum, c->w + i, prec + 20);
    }
    for (slong i = 0; i < c->size; i++)
        arb_div(c->w + i, c->w + i, sum, prec), arb_get_mid_arb(c->w + i, c->w + i);
    dp_gsum_clear(g), fmpq_clear(y), _arb_vec_clear(x, 2), arb_clear(sum);
}

dp_status dp_lattice_nodes(dp_lattice_plan *out, const dp_problem *P, const dp_lattice_shape *shape, const dp_lattice_ask *a, slong prec, int threads, dp_error *e)
{
    dp_comb p, q;
    const int limit = P->dim == 1 ? MOST_LINE : MOST_PLANE;
    const double most = fmax(window(&p, P->p, shape, a), window(&q, P->q, shape, a));
    if (!(most <= limit))
        return dp_fail(e, DP_EUNSUPPORTED, "sinkhorn: a lattice of %.3g nodes%s would be needed for a density, the most are %d: fewer digits, a smaller window, or --tier double", most,
                       P->dim == 1 ? "" : " along an axis", limit);
    fmpq *step = _fmpq_vec_init(2);
    fmpq_t eps;
    fmpq_init(eps);
    for (int k = 0; k < P->dim; k++)
        set_step(step + k, a->step * shape->unit[k]);
    fmpq_mul(eps, P->bandwidth, P->bandwidth);
    weigh(&p, P->p, step, prec + 64), weigh(&q, P->q, step, prec + 64);
    dp_lattice_plan_init(out, P->dim, step, eps, &p, &q, prec);
    out->threads = P->dim == 1 ? 1 : threads;
    _fmpq_vec_clear(step, 2), fmpq_clear(eps);
    return DP_OK;
}
