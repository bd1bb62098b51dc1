/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wasserstein.c: the flow of half W_2^2, (45), (95)-(103): monotone rearrangement of the line by quantiles, and one Gaussian onto another. */
#include "drift/transport.h"
#include "particle/ball.h"
#include "particle/transport.h"

static dp_status unresolved(dp_error *e)
{
    return dp_fail(e, DP_EBUDGET, "wasserstein: the point is not resolved between two positions at this precision");
}

/* ---- q has atoms ---- */

/* Targets of the levels lo .. hi that x holds; lo = hi: x lies between atoms of q. */
static dp_status from_atoms(arb_t T, const dp_problem *P, const dp_law_t p, const fmpq_t lo, const fmpq_t hi, slong prec, dp_error *e)
{
    dp_status status = DP_OK;
    if (P->p->family != DP_ATOMS) {
        dp_law_mean_between(T, p, lo, hi, prec);
        if (!arb_is_finite(T) && fmpq_equal(lo, hi) && (fmpq_is_zero(lo) || fmpq_is_one(lo)))
            return dp_fail(e, DP_EUNSUPPORTED, "wasserstein: all atoms of q lie on one side of the point, and the support of p has no end there: no velocity");
        if (p->family == DP_STUDENT && !arb_gt(p->dof, p->weight) && (fmpq_is_zero(lo) || fmpq_is_one(hi)))
            return dp_fail(e, DP_EUNSUPPORTED, "wasserstein: this part of p has no mean (student with dof <= 1), so the barycentric projection does not exist");
        return DP_OK;
    }
    fmpq *c = _fmpq_vec_init(P->p->n);
    slong *order = dp_order(P->p->mean, P->p->n);
    fmpq_t sum;
    fmpq_init(sum);
    if (!dp_image(c, P->p->weight, P->p->mean, order, P->p->n, lo, hi))
        status = dp_fail(e, DP_EUNSUPPORTED, "wasserstein: between two atoms of q, where the transport jumps: every target between two atoms of p will do");
    for (slong j = 0; j < P->p->n; j++)
        fmpq_addmul(sum, c + j, P->p->mean + j);
    arb_set_fmpq(T, sum, prec);
    fmpq_clear(sum), free(order), _fmpq_vec_clear(c, P->p->n);
    return status;
}

static dp_status atomic(dp_field_t out, const dp_problem *P, arb_srcptr x, const dp_law_t p, slong prec, dp_error *e)
{
    fmpq_t lo, hi;
    fmpq_init(lo), fmpq_init(hi);
    dp_status status = dp_levels(lo, hi, P->q->weight, P->q->mean, P->q->n, x) ? from_atoms(out->velocity, P, p, lo, hi, prec, e) : unresolved(e);
    arb_sub(out->velocity, out->velocity, x, prec);
    out->have = DP_HAVE_VELOCITY;
    if (fmpq_equal(lo, hi)) { /* the target is the same all over the gap */
        arb_set_si(out->jacobian, -1);
        out->have |= DP_HAVE_JACOBIAN;
        dp_format_why(out, "no atom of q is here: the target is the quantile of p at the mass of q to the left");
    } else
        dp_format_why(out, "at an atom of q the velocity is the barycentric projection and has no derivatives");
    fmpq_clear(lo), fmpq_clear(hi);
    return status;
}

/* ---- p has atoms, q a density ---- */

/* Which atom holds the level F_q(x); the hull of two where the ball meets a jump. Potential: x^2/2 - x y_k + sum_{j<k} b_j (y_{j+1} - y_j), b_j the
   quantiles of q at the levels between atoms. */
static void onto_atoms(dp_field_t out, const dp_problem *P, arb_srcptr x, const dp_law_t q, slong prec)
{
    const dp_measure_struct *p = P->p;
    slong *order = dp_order(p->mean, p->n), first = -1, last = -1;
    arb_t level, b, y, next, sum;
    fmpq_t mass;
    arb_init(level), arb_init(b), arb_init(y), arb_init(next), arb_init(sum), fmpq_init(mass);
    for (slong k = 0; k < p->n; k++) {
        int below = 1, above = 1; /* whether x may lie at or below the quantile above atom k, above the one below it: b from the last round */
        if (k > 0)
            above = !arb_lt(x, b);
        fmpq_add(mass, mass, DP_WEIGHT(p, order[k]));
        if (k < p->n - 1) {
            fmpq_t rest;
            fmpq_init(rest);
            fmpq_one(rest), fmpq_sub(rest, rest, mass);
            const int upper = fmpq_cmp(rest, mass) < 0;
            arb_set_fmpq(level, upper ? rest : mass, prec);
            dp_law_quantile(b, q, level, upper, prec);
            fmpq_clear(rest);
            below = !arb_gt(x, b);
        }
        if (above && below) {
            arb_set_fmpq(y, p->mean + order[k], prec);
            if (first < 0)
                first = k, arb_set(out->velocity, y);
            else
                arb_union(out->velocity, out->velocity, y, prec);
            last = k;
        }
        if (first < 0) { /* b lies below x */
            fmpq_t step;
            fmpq_init(step);
            fmpq_sub(step, p->mean + order[k + 1], p->mean + order[k]);
            arb_set_fmpq(next, step, prec);
            arb_addmul(sum, b, next, prec);
            fmpq_clear(step);
        }
    }
    if (first == last) {
        arb_set_si(out->jacobian, -1);
        arb_mul_2exp_si(next, x, -1);
        arb_sub(next, next, out->velocity, prec);
        arb_mul(next, next, x, prec);
        arb_add(out->potential, next, sum, prec);
        out->have = DP_HAVE_VELOCITY | DP_HAVE_JACOBIAN | DP_HAVE_POTENTIAL;
    } else {
        out->have = DP_HAVE_VELOCITY;
        dp_format_why(out, "the transport jumps here, from one atom of p to another: the velocity is the interval between");
    }
    arb_sub(out->velocity, out->velocity, x, prec);
    arb_clear(level), arb_clear(b), arb_clear(y), arb_clear(next), arb_clear(sum), fmpq_clear(mass);
    free(order);
}

/* ---- densities ---- */

/* psi(x) = x^2/2 - int_c^x T: c = 0 where T is affine, else the mean of q. */
static void potential(dp_field_t out, arb_srcptr x, const arb_t T, const arb_t slope, const dp_law_t q, const dp_law_t p, slong prec)
{
    arb_t area, c, t;
    dp_status status = DP_OK;
    arb_init(area), arb_init(c), arb_init(t);
    if (dp_law_affine(q, p)) { /* x T - slope x^2/2 */
        arb_mul(t, slope, x, prec);
        arb_mul_2exp_si(t, t, -1);
        arb_sub(t, T, t, prec);
        arb_mul(area, t, x, prec);
    } else if (q->family == DP_MIXTURE && p->family == DP_MIXTURE) {
        arb_dot(c, NULL, 0, q->weight, 1, (arb_srcptr) acb_realref(q->mean), 2, q->n, prec);
        arb_get_mid_arb(c, c);
        status = dp_transport_integral(area, q, p, c, x, prec, NULL);
    } else
        status = DP_EUNSUPPORTED;
    if (status == DP_OK) {
        arb_sqr(t, x, prec);
        arb_mul_2exp_si(t, t, -1);
        arb_sub(out->potential, t, area, prec);
        out->have |= DP_HAVE_POTENTIAL;
    } else
        dp_format_why(out, status == DP_EUNSUPPORTED ? "the potential, an integral of the transport, is there for Gaussian mixtures and for laws that differ by an affine map"
                                                     : "the integral of the transport was not found");
    arb_clear(area), arb_clear(c), arb_clear(t);
}

static dp_status densities(dp_field_t out, arb_srcptr x, const dp_law_t q, const dp_law_t p, slong prec, const dp_workspace *w, dp_error *e)
{
    arb_t T, slope;
    const int inside = dp_law_affine(q, p) ? 1 : dp_law_inside(q, x, prec);
    if (inside < 0)
        return unresolved(e);
    if (!inside)
        return dp_fail(e, DP_EUNSUPPORTED, "wasserstein: the point lies outside the support of q (uniform), where no mass is moved");
    arb_init(T), arb_init(slope);
    dp_law_transport(T, slope, q, p, x, prec);
    arb_sub(out->velocity, T, x, prec);
    arb_sub_ui(out->jacobian, slope, 1, prec);
    out->have = DP_HAVE_VELOCITY | DP_HAVE_JACOBIAN;
    if (!w || !w->no_potential)
        potential(out, x, T, slope, q, p, prec);
    arb_clear(T), arb_clear(slope);
    return DP_OK;
}

static dp_status line(dp_field_t out, const dp_problem *P, arb_srcptr x, slong prec, const dp_workspace *w, dp_error *e)
{
    dp_law_t q, p;
    dp_status status = DP_OK;
    for (int k = 0; k < 2; k++)
        if (!dp_law_serves(k ? P->q : P->p, 1))
            return dp_fail(e, DP_EUNSUPPORTED, "wasserstein: the distribution function of %c (%s) is no ball: values on meshes in double precision only", "pq"[k],
                           dp_measure_family_name((k ? P->q : P->p)->family));
    dp_law_line(q, P->q, prec), dp_law_line(p, P->p, prec);
    if (P->q->family == DP_ATOMS)
        status = atomic(out, P, x, p, prec, e);
    else if (P->p->family == DP_ATOMS)
        onto_atoms(out, P, x, q, prec);
    else
        status = densities(out, x, q, p, prec, w, e);
    dp_law_clear(q), dp_law_clear(p);
    return status;
}

static dp_status eval(dp_field_t out, const dp_problem *P, arb_srcptr x, dp_engine engine, slong prec, dp_workspace *w, dp_error *e)
{
    (void) engine;
    if (P->dim == 1)
        return line(out, P, x, prec, w, e);
    if (P->p->family != DP_MIXTURE || P->q->family != DP_MIXTURE || P->p->n > 1 || P->q->n > 1)
        return dp_fail(e, DP_EUNSUPPORTED, "wasserstein: in dimension %d one Gaussian against one only; the optimal plan of other measures has no formula (sliced-wasserstein has)",
                       P->dim);
    return dp_gaussian_transport(out, P, x, prec, e);
}

static dp_status mesh(dp_gridfield *f, const dp_problem *P, int threads, dp_error *e)
{
    if (P->dim == 1)
        return dp_transport_mesh(f, P, "wasserstein", dp_law_serves(P->p, 1) && dp_law_serves(P->q, 1), threads, e);
    f->tier = DP_TIER_EXACT;
    return dp_transport_mesh(f, P, "wasserstein", 1, threads, e);
}

const dp_drift dp_drift_wasserstein = {
    .name = "wasserstein", .equations = "(45), (95)-(103)",
    .summary = "barycentric velocity of half W_2^2: quantiles on the line, one Gaussian onto another in any dimension", .eval = eval, .mesh = mesh, .sample = dp_wasserstein_drift, .only_doubles = 1, .sample_ball = dp_ball_wasserstein
};
