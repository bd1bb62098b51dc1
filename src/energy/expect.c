/* SPDX-License-Identifier: GPL-3.0-or-later */
/* expect.c: averages of what drifts give: finite sums of balls at atoms, sums at samples, rounds of refinement for densities. */
#include <string.h>

#include "base/threads.h"
#include "energy/expect_internal.h"

int dp_scalar_has(const dp_scalar_t x, slong digits)
{
    mag_t size;
    mag_init(size);
    arb_get_mag_lower(size, x->value);
    const double big = mag_is_zero(size) ? -INFINITY : mag_get_d_log2_approx(size);
    const int exact = mag_is_zero(arb_radref(x->value)) && arb_is_finite(x->value);
    const double rad = exact ? -INFINITY : mag_get_d_log2_approx(arb_radref(x->value));
    mag_clear(size);
    return exact || (arb_is_finite(x->value) && rad <= big - (double) digits * 3.3219280948873626);
}

/* ---- atoms, by balls ---- */

typedef struct { const dp_problem *P; const dp_measure_struct *mu; const dp_integrand *g; slong prec; arb_ptr at; dp_workspace **w; } summing;

static const arb_struct *ball_of(const dp_field_t f, unsigned quantity)
{
    return quantity == DP_Q_POTENTIAL ? f->potential : f->velocity;
}

/* The integrand at atom i, as a ball. */
static dp_status at_atom(void *argument, slong i, int worker, dp_error *e)
{
    const summing *s = argument;
    const int d = s->P->dim, c = dp_quantity_components(s->g->quantity, d);
    const unsigned need = s->g->quantity == DP_Q_POTENTIAL ? DP_HAVE_POTENTIAL : DP_HAVE_VELOCITY;
    const int two = s->g->drift[1] != NULL;
    arb_ptr x = _arb_vec_init(d);
    dp_field_t f[2];
    dp_status status = DP_OK;
    for (int k = 0; k < d; k++)
        arb_set_fmpq(x + k, DP_MEAN(s->mu, i, k), s->prec + 60);
    for (int k = 0; k < 2; k++)
        dp_field_init(f[k], d);
    for (int k = 0; k < 1 + two && status == DP_OK; k++) {
        status = dp_field_eval(f[k], s->P, s->g->drift[k], x, DP_ENGINE_AUTO, s->prec, s->w[worker], e);
        if (status == DP_OK && !(f[k]->have & need))
            status = dp_fail(e, DP_EUNSUPPORTED, "%s has no %s: %s", s->g->drift[k], dp_quantity_name(s->g->quantity), f[k]->why);
    }
    if (status == DP_OK && two)
        arb_dot(s->at + i, NULL, 0, ball_of(f[0], s->g->quantity), 1, ball_of(f[1], s->g->quantity), 1, c, s->prec);
    else if (status == DP_OK)
        arb_set(s->at + i, ball_of(f[0], s->g->quantity));
    for (int k = 0; k < 2; k++)
        dp_field_clear(f[k]);
    _arb_vec_clear(x, d);
    return status;
}

static dp_status sum_atoms(dp_scalar_t out, summing *s, int threads, dp_error *e)
{
    arb_t w;
    dp_status status = dp_parallel(at_atom, s, s->mu->n, threads, e);
    arb_init(w);
    arb_zero(out->value);
    for (slong i = 0; i < s->mu->n && status == DP_OK; i++) {
        arb_set_fmpq(w, DP_WEIGHT(s->mu, i), s->prec);
        arb_addmul(out->value, w, s->at + i, s->prec);
    }
    arb_clear(w);
    return status;
}

/* Up to four times the bits that the digits have, so that a zero is left as a small ball. */
static dp_status by_balls(dp_scalar_t out, const dp_problem *P, const dp_measure_t mu, const dp_integrand *g, slong digits, int threads, dp_error *e)
{
    const slong bits = (slong) ceil((double) digits * 3.3219280948873626) + 8;
    const int n = FLINT_MAX(1, FLINT_MIN(threads, DP_THREADS));
    summing s = {P, mu, g, bits + 40, _arb_vec_init(mu->n), dp_calloc((size_t) n, sizeof(dp_workspace *))};
    dp_status status;
    for (int i = 0; i < n; i++)
        s.w[i] = dp_workspace_new();
    out->estimated = 0, out->how = "sum over atoms";
    while ((status = sum_atoms(out, &s, n, e)) == DP_OK && !dp_scalar_has(out, digits) && s.prec < 4 * bits + 200)
        s.prec += s.prec / 2 + 40;
    for (int i = 0; i < n; i++)
        dp_workspace_free(s.w[i]);
    free(s.w);
    _arb_vec_clear(s.at, mu->n);
    if (status == DP_OK && !arb_is_finite(out->value))
        return dp_fail(e, DP_EUNSUPPORTED, "%s is not finite, or not defined, at an atom", g->drift[0]);
    return status;
}

/* ---- points, in doubles ---- */

/* The point's coordinate as it is: exact for atoms, the double for samples. */
static void coordinate(fmpq_t x, const dp_measure_t mu, slong i, int k)
{
    if (mu->family == DP_ATOMS)
        fmpq_set(x, DP_MEAN(mu, i, k));
    else
        dp_fmpq_set_d(x, mu->data[i * mu->dim + k]);
}

typedef struct { const dp_problem *P; const dp_measure_struct *mu; const dp_integrand *g; slong digits; dp_num *at; } sampling;

/* The point is the first node of a mesh of two nodes an axis. */
static dp_status at_point(void *argument, slong i, int worker, dp_error *e)
{
    const sampling *s = argument;
    const int d = s->P->dim;
    const slong n[3] = {2, 2, 2};
    fmpq *lo = _fmpq_vec_init(d), *hi = _fmpq_vec_init(d);
    dp_expect_pair v;
    dp_mesh_t mesh;
    (void) worker;
    for (int k = 0; k < d; k++) {
        coordinate(lo + k, s->mu, i, k);
        fmpq_div_2exp(hi + k, fmpq_is_zero(s->P->bandwidth) ? &s->P->parts[0].bandwidth : s->P->bandwidth, 2);
        fmpq_add(hi + k, hi + k, lo + k);
    }
    dp_mesh_init(mesh, d, n, lo, hi);
    dp_status status = dp_expect_pair_init(&v, s->P, s->g, mesh, s->digits, 1, e);
    if (status == DP_OK) {
        s->at[i] = dp_expect_pair_at(&v, 0);
        dp_expect_pair_clear(&v);
    }
    dp_mesh_clear(mesh);
    _fmpq_vec_clear(lo, d), _fmpq_vec_clear(hi, d);
    return status;
}

static double points_of(const dp_measure_t mu)
{
    return !dp_measure_is_points(mu) ? 1000 : mu->family == DP_ATOMS ? (double) mu->n : (double) mu->ndata;
}

/* Kernel evaluations for one field at all points: each field sums over p and q, and reweighted measures over pairs. */
static double work(const dp_problem *P, const dp_measure_t mu, const dp_integrand *g)
{
    const dp_drift *D = dp_drift_find(g->drift[0]);
    const unsigned pairs = DP_NEED_PT | DP_NEED_QT | DP_NEED_QHAT;
    const double p = points_of(P->p), q = points_of(P->q), tilde = D && D->needs & pairs && dp_measure_is_points(P->q) ? q * (p + q) : 0;
    return points_of(mu) * (4 * (p + q) + tilde);
}

static dp_status by_points(dp_num *out, const dp_problem *P, const dp_measure_t mu, const dp_integrand *g, slong digits, int threads, dp_error *e)
{
    const slong n = mu->family == DP_ATOMS ? mu->n : mu->ndata;
    if (work(P, mu, g) > 2e10)
        return dp_fail(e, DP_EUNSUPPORTED, "%s at %ld points one by one takes too long; `driftproof drift` is made for samples", g->drift[0], (long) n);
    sampling s = {P, mu, g, digits, dp_calloc((size_t) n, sizeof *s.at)};
    dp_status status = dp_parallel(at_point, &s, n, threads, e);
    *out = (dp_num){0, 0};
    for (slong i = 0; i < n && status == DP_OK; i++) {
        const double w = mu->family == DP_ATOMS ? fmpq_get_d(DP_WEIGHT(mu, i)) : 1 / (double) n;
        *out = dp_num_add(*out, dp_num_mul((dp_num){w, DP_ULP * w}, s.at[i]));
    }
    free(s.at);
    return status;
}

/* ---- densities ---- */

enum { LEVELS = 8 };

static int takes(const dp_integrand *g, const char *drift) { return !strcmp(g->drift[0], drift) || (g->drift[1] && !strcmp(g->drift[1], drift)); }

/* The least share of a round's move that the next round is taken to have. Transport onto a measure with kinks has kinks between the nodes, as has log p of a Laplace law: sums over meshes then err by the squared
   step times a factor that is different at every round, and 0 by chance. At a quarter each round for two rounds, a sixteenth; for jumps (onto points; the score of a Laplace law) at a half, a quarter. */
static double least_move(const dp_problem *P, const dp_measure_struct *mu, const dp_integrand *g)
{
    const dp_measure_struct *other = mu == P->q ? P->p : P->q;
    if (takes(g, "wasserstein") || takes(g, "sliced-wasserstein"))
        return dp_measure_is_points(other) ? 1.0 / 4 : other->family == DP_LAPLACE || other->family == DP_DENSITY ? 1.0 / 16 : 0;
    return takes(g, "kl") && dp_measure_has(other, DP_LAPLACE) ? g->quantity == DP_Q_POTENTIAL ? 1.0 / 16 : 1.0 / 4 : 0;
}

/* Rounds of refinement; what two rounds in a row do not improve twofold is left. Where a small move may be chance the first one, which has none before it, ends nothing. */
static dp_status by_meshes(dp_num *out, const dp_problem *P, const dp_measure_t mu, const dp_integrand *g, slong digits, int threads, dp_error *e)
{
    const double goal = pow(10, -(double) FLINT_MIN(digits, 13)), share = least_move(P, mu, g);
    dp_num now, last = {0, 0};
    double moved = INFINITY;
    int idle = 0;
    dp_status status = DP_OK;
    for (int level = 0; level < LEVELS && idle < 2; level++) {
        status = dp_expect_on_mesh(&now, P, mu, g, digits, level, threads, e);
        if (status != DP_OK)
            break;
        const double change = fabs(now.v - last.v), least = level > 1 ? share * moved : 0, step = level == 0 ? INFINITY : change < least ? least : change; /* NaN stays */
        idle = level > 1 && step > moved / 2 ? idle + 1 : 0;
        *out = (dp_num){now.v, now.e + 4 * step};
        last = now, moved = step;
        if ((level > 1 || share == 0) && (out->e <= goal * fabs(out->v) || 4 * step <= now.e))
            break;
    }
    return status == DP_EBUDGET && isfinite(moved) ? DP_OK : status;
}

dp_status dp_expect_estimate(dp_scalar_t out, const dp_problem *P, const dp_measure_t mu, const dp_integrand *g, slong digits, int threads, dp_error *e)
{
    dp_num sum = {0, 0};
    const int points = dp_measure_is_points(mu);
    dp_status status = points ? by_points(&sum, P, mu, g, digits, threads, e) : by_meshes(&sum, P, mu, g, digits, threads, e);
    if (status != DP_OK)
        return status;
    if (!isfinite(sum.v) || !isfinite(sum.e))
        return dp_fail(e, DP_EUNSUPPORTED, "%s: the average has no finite estimate", g->drift[0]);
    arb_set_d(out->value, sum.v);
    mag_set_d(arb_radref(out->value), sum.e);
    out->estimated = 1;
    out->how = points ? "sum over points" : "sums over meshes";
    return DP_OK;
}

dp_status dp_expect(dp_scalar_t out, const dp_problem *P, const dp_measure_t mu, const dp_integrand *g, slong digits, int threads, dp_error *e)
{
    if (mu->family == DP_ATOMS && (g->quantity == DP_Q_VELOCITY || g->quantity == DP_Q_POTENTIAL) && dp_problem_at_points(P, NULL) == DP_OK) {
        const dp_status status = by_balls(out, P, mu, g, digits, threads, e);
        if (status != DP_EUNSUPPORTED)
            return status;
    }
    return dp_expect_estimate(out, P, mu, g, digits, threads, e);
}
