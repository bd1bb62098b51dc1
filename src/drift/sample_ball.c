/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sample_ball.c: the drift of samples as enclosures, to the digits asked: by its definition, or by the population engine with atoms at the samples. */
#include "drift/drift.h"
#include "particle/affinity.h"
#include "particle/ball.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void atoms(dp_measure_t mu, const double *a, size_t n, size_t d)
{
    dp_measure_init(mu, DP_ATOMS, (int) d, (slong) n);
    for (size_t i = 0; i < n; i++) {
        fmpq_set_si(DP_WEIGHT(mu, (slong) i), 1, n);
        for (size_t k = 0; k < d; k++) dp_fmpq_set_d(DP_MEAN(mu, (slong) i, (slong) k), a[i * d + k]);
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

/* One kind of enclosure of a sample's numbers. */
typedef dp_status (*form)(arb_ptr out, const void *what, const dp_sample *s, slong prec, dp_error *e);

static slong bits_of(slong digits) { return (slong) ((double) digits * 3.3219281) + 32; }

/* Enclosures about 0. */
static void centre(arb_ptr v, slong n)
{
    mag_t most;
    mag_init(most);
    for (slong i = 0; i < n; i++) arb_get_mag(most, v + i), arf_zero(arb_midref(v + i)), mag_set(arb_radref(v + i), most);
    mag_clear(most);
}

/* n numbers with so many digits relative to the largest, or all about 0, as far as is known. */
static dp_status to_digits(arb_ptr out, slong n, const char *name, form eval, const void *what, const dp_sample *s, slong digits, slong most, dp_error *e)
{
    const slong target = bits_of(digits);
    dp_status status = DP_OK;
    int enough = 0;
    mag_t radius;
    mag_init(radius), mag_inf(radius);
    for (slong prec = target + 32; prec <= most && !enough && (!status || status == DP_EBUDGET); prec *= 2) {
        status = eval(out, what, s, prec, e);
        enough = !status && dp_ball_digits(out, n) >= digits;
        if (!status && dp_ball_vanishes(radius, out, n, dp_sample_diagonal(s), target) && prec > 8 * target && !enough) enough = 1, centre(out, n);
    }
    mag_clear(radius);
    if (enough || (status && status != DP_EBUDGET)) return status;
    if (!status && dp_ball_digits(out, n) < 0) return dp_fail(e, DP_EBUDGET, "%s: %ld digits not reached: nothing is known of the velocities at this precision", name, digits);
    return status ? status : dp_fail(e, DP_EBUDGET, "%s: %ld digits not reached: %ld are there", name, digits, dp_ball_digits(out, n));
}

static dp_status of_drift(arb_ptr out, const void *what, const dp_sample *s, slong prec, dp_error *e)
{
    const dp_drift *D = what;
    const dp_status status = D->sample_ball ? D->sample_ball(out, s, prec, e) : by_population(out, D, s, prec, e);
    return for_population(D, s, status) ? by_population(out, D, s, prec, e) : status;
}

static dp_status of_affinity(arb_ptr out, const void *what, const dp_sample *s, slong prec, dp_error *e) { return dp_ball_affinity(out, what, s, prec, e); }
static dp_status of_core(arb_ptr out, const void *joint, const dp_sample *s, slong prec, dp_error *e) { return dp_ball_core(out, s, joint != NULL, prec, e); }
static dp_status of_masses(arb_ptr out, const void *joint, const dp_sample *s, slong prec, dp_error *e) { return dp_ball_masses(out, s, joint != NULL, prec, e); }

dp_status dp_drift_sample_ball(arb_ptr out, const char *drift, const dp_sample *s, slong digits, dp_error *e)
{
    const dp_drift *D = dp_drift_find(drift);
    const dp_status status = dp_sample_check(s, e);
    if (status) return status;
    if (!D || !D->sample) return dp_fail(e, DP_EUNSUPPORTED, "%s: not defined on samples, or not there yet", drift);
    return to_digits(out, (slong) (s->n * s->d), drift, of_drift, D, s, digits, most_bits(D, s, bits_of(digits)), e);
}

dp_status dp_affinity_sample_ball(arb_ptr out, const dp_affinity *a, const dp_sample *s, slong digits, dp_error *e)
{
    const dp_status status = dp_sample_check(s, e);
    return status ? status : to_digits(out, (slong) (s->n * s->d), "affinities", of_affinity, a, s, digits, 64 * bits_of(digits), e);
}

dp_status dp_masses_sample_ball(arb_ptr core, arb_ptr mass, int joint, const dp_sample *s, slong digits, dp_error *e)
{
    const void *what = joint ? &joint : NULL;
    const slong most = 64 * bits_of(digits);
    dp_status status = dp_sample_check(s, e);
    if (!status && core) status = to_digits(core, (slong) (s->n * s->d), "core", of_core, what, s, digits, most, e);
    if (!status && mass) status = to_digits(mass, (slong) (2 * s->n), "masses", of_masses, what, s, digits, most, e);
    return status;
}
