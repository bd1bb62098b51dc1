/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sample_ball.c: the drift of samples as enclosures, to the digits asked: by its definition, or by the population engine with atoms at the samples. */
#include "drift/drift.h"
#include "particle/ball.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void atoms(dp_measure_t mu, const double *a, size_t n, size_t d)
{
    dp_measure_init(mu, DP_ATOMS, (int) d, (slong) n);
    for (size_t i = 0; i < n; i++) {
        fmpq_set_si(DP_WEIGHT(mu, (slong) i), 1, n);
        for (size_t k = 0; k < d; k++) {
            arf_t x;
            arf_init(x), arf_set_d(x, a[i * d + k]);
            arf_get_fmpq(DP_MEAN(mu, (slong) i, (slong) k), x);
            arf_clear(x);
        }
    }
}

/* A sum, or one kernel times a weight. */
static void sum_of_parts(dp_problem *P, const dp_sample *s)
{
    P->kernel = DP_KERNEL_SUM, P->nparts = s->nparts, P->parts = dp_calloc((size_t) s->nparts, sizeof *P->parts);
    fmpq_zero(P->bandwidth);
    for (slong i = 0; i < s->nparts; i++) {
        P->parts[i].family = s->part[i].family;
        fmpq_init(&P->parts[i].weight), fmpq_init(&P->parts[i].bandwidth);
        fmpq_set(&P->parts[i].weight, &s->part[i].weight), fmpq_set(&P->parts[i].bandwidth, &s->part[i].bandwidth);
    }
}

dp_problem *dp_sample_case(const dp_sample *s, const char *what, dp_error *e)
{
    const int sum = s->nparts > 1 || (s->nparts && !fmpq_is_one(&s->part->weight)), sums = !strcmp(what, "kale") || !strcmp(what, "chi2");
    if (s->ndirections || s->z || s->leave_out || (sum && !sums) || s->iterations >= 0)
        return dp_fail(e, DP_EUNSUPPORTED, "%s: enclosed for x and y%s only: no negatives, masks, directions or sweeps", what, sums ? "" : " and one kernel"), NULL;
    if (sums && dp_kernel_check(s, DP_FORM_KERNEL, e)) return NULL;
    dp_problem *P = dp_calloc(1, sizeof *P);
    P->path = dp_strdup("samples"), P->name = dp_strdup("samples"), P->text = dp_strdup(""), P->title = dp_strdup("samples");
    P->dim = (int) s->d, P->digits = 50, P->kernel = DP_KERNEL_GAUSSIAN;
    atoms(P->p, s->y, s->m, s->d), atoms(P->q, s->x, s->n, s->d);
    fmpq_init(P->bandwidth), fmpq_init(P->regularisation);
    if (s->lambda) fmpq_set(P->regularisation, s->lambda);
    fmpq_one(P->bandwidth);
    if (s->nparts) P->kernel = s->part->family, fmpq_set(P->bandwidth, &s->part->bandwidth);
    if (sum) sum_of_parts(P, s);
    return P;
}

/* V at the atoms of q, one after another. It is a difference of one expression in p and q, and vanishes where p = q, which no enclosure would ever say. */
static dp_status by_population(arb_ptr out, const dp_drift *D, const dp_sample *s, slong prec, dp_error *e)
{
    dp_problem *P = dp_sample_case(s, D->name, e);
    if (!P) return e->status;
    if (s->nparts && dp_sample_same_law(s)) {
        _arb_vec_zero(out, (slong) (s->n * s->d));
        dp_problem_free(P);
        return DP_OK;
    }
    dp_workspace *w = dp_workspace_new();
    arb_ptr x = _arb_vec_init((slong) s->d);
    dp_field_t f;
    dp_status status = DP_OK;
    dp_field_init(f, P->dim);
    for (size_t i = 0; i < s->n && !status; i++) {
        for (size_t k = 0; k < s->d; k++) arb_set_d(x + k, s->x[i * s->d + k]);
        status = D->eval(f, P, x, DP_ENGINE_AUTO, prec, w, e);
        if (!status) _arb_vec_set(out + i * s->d, f->velocity, (slong) s->d);
    }
    dp_field_clear(f);
    _arb_vec_clear(x, (slong) s->d);
    dp_workspace_free(w);
    dp_problem_free(P);
    return status;
}

/* Converged Sinkhorn of one Gaussian kernel, and smoothed-kl on the line where a lattice would be too fine, are the population engine's. */
static int for_population(const dp_drift *D, const dp_sample *s, dp_status status)
{
    return (status == DP_EUNSUPPORTED && !dp_kernel_check(s, DP_FORM_KERNEL, NULL) && s->iterations < 0 && !strcmp(D->name, "sinkhorn")) || (status == DP_EBUDGET && s->d == 1 && !strcmp(D->name, "smoothed-kl"));
}

/* Bits up to which digits are looked for. Converged plans of points between which little passes need as many as exponents have: few points get them, some 20 s of work at most. */
static slong most_bits(const dp_drift *D, const dp_sample *s, slong target)
{
    const double n = (double) s->n, m = (double) s->m, affordable = sqrt(1e12 / (n * m * (n + m)));
    return FLINT_MAX(64 * target, !strcmp(D->name, "sinkhorn") && s->iterations < 0 ? (slong) fmin(affordable, 20000) : 0);
}

dp_status dp_drift_sample_ball(arb_ptr out, const char *drift, const dp_sample *s, slong digits, dp_error *e)
{
    const dp_drift *D = dp_drift_find(drift);
    const slong n = (slong) (s->n * s->d), target = (slong) ((double) digits * 3.3219281) + 32;
    dp_status status = dp_sample_check(s, e);
    if (status) return status;
    if (!D || !D->sample) return dp_fail(e, DP_EUNSUPPORTED, "%s: not defined on samples, or not there yet", drift);
    const slong most = most_bits(D, s, target);
    for (slong prec = target + 32; prec <= most; prec *= 2) {
        status = D->sample_ball ? D->sample_ball(out, s, prec, e) : by_population(out, D, s, prec, e);
        if (for_population(D, s, status)) status = by_population(out, D, s, prec, e);
        if (status && status != DP_EBUDGET) return status;
        if (!status && (dp_ball_digits(out, n) >= digits || (prec > 8 * target && dp_ball_vanishes(out, n)))) return DP_OK;
    }
    if (!status && dp_ball_digits(out, n) < 0) return dp_fail(e, DP_EBUDGET, "%s: %ld digits not reached: nothing is known of the velocities at this precision", drift, digits);
    return status ? status : dp_fail(e, DP_EBUDGET, "%s: %ld digits not reached: %ld are there", drift, digits, dp_ball_digits(out, n));
}
