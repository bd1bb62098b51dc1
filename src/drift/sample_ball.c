/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sample_ball.c: the drift of samples as enclosures, to the digits asked: by its definition, or by the population engine with atoms at the samples. */
#include "drift/drift.h"
#include "particle/ball.h"

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

dp_problem *dp_sample_case(const dp_sample *s, const char *what, dp_error *e)
{
    if (s->ndirections || s->z || s->leave_out || s->nparts > 1 || (s->nparts && !fmpq_is_one(&s->part->weight)) || s->iterations >= 0)
        return dp_fail(e, DP_EUNSUPPORTED, "%s: enclosed for x and y and one kernel only: no negatives, masks, directions or sweeps", what), NULL;
    dp_problem *P = dp_calloc(1, sizeof *P);
    P->path = dp_strdup("samples"), P->name = dp_strdup("samples"), P->text = dp_strdup(""), P->title = dp_strdup("samples");
    P->dim = (int) s->d, P->digits = 50, P->kernel = DP_KERNEL_GAUSSIAN;
    atoms(P->p, s->y, s->m, s->d), atoms(P->q, s->x, s->n, s->d);
    fmpq_init(P->bandwidth), fmpq_init(P->regularisation);
    if (s->lambda) fmpq_set(P->regularisation, s->lambda);
    fmpq_one(P->bandwidth);
    if (s->nparts) P->kernel = s->part->family, fmpq_set(P->bandwidth, &s->part->bandwidth);
    return P;
}

/* ---- x and y as laws ---- */

typedef struct { const double *at; size_t d; } point;

static int order(const void *pa, const void *pb)
{
    const point *a = pa, *b = pb;
    for (size_t k = 0; k < a->d; k++)
        if (a->at[k] != b->at[k]) return a->at[k] < b->at[k] ? -1 : 1;
    return 0;
}

static point *sorted(const double *a, size_t n, size_t d)
{
    point *p = dp_malloc(sizeof *p * n);
    for (size_t i = 0; i < n; i++) p[i] = (point){a + i * d, d};
    qsort(p, n, sizeof *p, order);
    return p;
}

/* How many from `i` on are equal. */
static size_t run(const point *p, size_t n, size_t i)
{
    size_t k = 1;
    while (i + k < n && !order(p + i, p + i + k)) k++;
    return k;
}

/* The same points with the same shares. */
static int same_law(const dp_sample *s)
{
    point *x = sorted(s->x, s->n, s->d), *y = sorted(s->y, s->m, s->d);
    size_t i = 0, j = 0;
    int same = 1;
    while (same && i < s->n && j < s->m) {
        const size_t a = run(x, s->n, i), b = run(y, s->m, j);
        same = !order(x + i, y + j) && a * s->m == b * s->n;
        i += a, j += b;
    }
    same = same && i == s->n && j == s->m;
    free(x), free(y);
    return same;
}

/* V at the atoms of q, one after another; where one point of each side is all that counts, without the engine. Those of sinkhorn and smoothed-kl, differences of one expression in p and q, vanish where p = q, which no enclosure would ever say. */
static dp_status by_population(arb_ptr out, const dp_drift *D, const dp_sample *s, slong prec, dp_error *e)
{
    const int smoothed = !strcmp(D->name, "smoothed-kl") && s->nparts == 1 && s->part->family == DP_KERNEL_GAUSSIAN, known = !strcmp(D->name, "sinkhorn") || !strcmp(D->name, "smoothed-kl");
    dp_problem *P = dp_sample_case(s, D->name, e);
    if (!P) return e->status;
    if (known && s->nparts && same_law(s)) {
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
        if (smoothed && dp_smoothed_far(out + i * s->d, s, i, prec)) continue;
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

/* Digits that all components have, relative to the largest. */
static slong digits_of(arb_srcptr v, slong n)
{
    mag_t top, rad;
    mag_init(top), mag_init(rad);
    for (slong i = 0; i < n; i++) {
        arb_get_mag(rad, v + i), mag_max(top, top, rad);
    }
    mag_zero(rad);
    for (slong i = 0; i < n; i++) mag_max(rad, rad, arb_radref(v + i));
    slong digits = WORD_MAX;
    if (mag_is_inf(rad) || (mag_is_zero(top) && !mag_is_zero(rad))) digits = -1;
    else if (!mag_is_zero(rad)) mag_div(rad, rad, top), digits = (slong) (-mag_get_d_log2_approx(rad) * 0.30102999566398);
    mag_clear(top), mag_clear(rad);
    return digits;
}

/* Nothing is known to differ from zero by more than twice the widest radius: after eight times the digits it counts as zero, to the radii that are reported. */
static int vanishes(arb_srcptr v, slong n)
{
    int none = 1;
    mag_t top, rad;
    mag_init(top), mag_init(rad);
    for (slong i = 0; i < n; i++) mag_max(rad, rad, arb_radref(v + i));
    mag_mul_2exp_si(rad, rad, 1);
    for (slong i = 0; i < n && none; i++) {
        arb_get_mag(top, v + i);
        none = mag_cmp(top, rad) <= 0 && mag_is_finite(rad);
    }
    mag_clear(top), mag_clear(rad);
    return none;
}

dp_status dp_drift_sample_ball(arb_ptr out, const char *drift, const dp_sample *s, slong digits, dp_error *e)
{
    const dp_drift *D = dp_drift_find(drift);
    const slong n = (slong) (s->n * s->d), target = (slong) ((double) digits * 3.3219281) + 32;
    dp_status status = dp_sample_check(s, e);
    if (status) return status;
    if (!D || !D->sample) return dp_fail(e, DP_EUNSUPPORTED, "%s: not defined on samples, or not there yet", drift);
    for (slong prec = target + 32; prec <= 64 * target; prec *= 2) {
        status = D->sample_ball ? D->sample_ball(out, s, prec, e) : by_population(out, D, s, prec, e);
        if (status == DP_EUNSUPPORTED && D->sample_ball && D->eval && s->iterations < 0) status = by_population(out, D, s, prec, e);
        if (status && status != DP_EBUDGET) return status;
        if (!status && (digits_of(out, n) >= digits || (prec > 8 * target && vanishes(out, n)))) return DP_OK;
    }
    return status ? status : dp_fail(e, DP_EBUDGET, "%s: %ld digits not reached: %ld are there", drift, digits, digits_of(out, n));
}
