/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sample-drift.h: the library's drifts of samples at the points of a case, as enclosures: what is written out is compared with what users run. */
#ifndef DP_PROOFS_SAMPLE_DRIFT_H
#define DP_PROOFS_SAMPLE_DRIFT_H

#include "samples.h"

/* The library takes doubles, cases have rationals: all coordinates are multiplied by their common denominator `unit`, h with them, which turns V into unit^power V
   (power 1: a displacement; -1: a gradient of something without a unit; 0: a displacement over a length of the sample). */
typedef struct { double *x, *y, *directions; fmpq_t unit; dp_kernel_part part; dp_sample sample; } sd_t;

/* a: n numbers; their common denominator is multiplied into unit. */
static inline void sd_denominators(fmpq_t unit, const fmpq *a, slong n)
{
    for (slong i = 0; i < n; i++) fmpz_lcm(fmpq_numref(unit), fmpq_numref(unit), fmpq_denref(a + i));
}

/* unit a as doubles, fresh; *ok is cleared where one has more than 53 bits. */
static inline double *sd_whole(const fmpq *a, slong n, const fmpq_t unit, int *ok)
{
    double *out = dp_malloc((size_t) n * sizeof *out);
    fmpq_t t;
    fmpq_init(t);
    for (slong i = 0; i < n; i++) {
        fmpq_mul(t, a + i, unit);
        *ok = *ok && fmpz_bits(fmpq_numref(t)) <= 53;
        out[i] = fmpz_get_d(fmpq_numref(t));
    }
    fmpq_clear(t);
    return out;
}

/* Samples of the case under its kernel; the options of `like` (mask, sweeps, ...) are kept; directions may be NULL. Temperatures in units of the mean distance stay as they are.
   0 after telling the check. */
static inline int sd_init(sd_t *o, dp_check *c, const sm_t *s, const dp_sample *like, const dp_param *directions)
{
    int ok = 1;
    fmpq_init(o->unit), fmpq_init(&o->part.weight), fmpq_init(&o->part.bandwidth);
    fmpq_one(o->unit), fmpq_one(&o->part.weight);
    sd_denominators(o->unit, s->P->q->mean, s->n * s->d), sd_denominators(o->unit, s->P->p->mean, s->m * s->d);
    fmpq_set(&o->part.bandwidth, dp_shown(c, s->P)->bandwidth), o->part.family = s->P->kernel;
    if (!like->released || !like->released->distances) fmpq_mul(&o->part.bandwidth, &o->part.bandwidth, o->unit);
    o->x = sd_whole(s->P->q->mean, s->n * s->d, o->unit, &ok), o->y = sd_whole(s->P->p->mean, s->m * s->d, o->unit, &ok), o->directions = NULL;
    o->sample = *like;
    o->sample.n = (size_t) s->n, o->sample.m = (size_t) s->m, o->sample.d = (size_t) s->d, o->sample.x = o->x, o->sample.y = o->y;
    o->sample.nparts = 1, o->sample.part = &o->part, o->sample.threads = 1;
    if (!fmpq_is_zero(s->P->regularisation)) o->sample.lambda = s->P->regularisation;
    if (directions) {
        fmpq_t unit;
        fmpq_init(unit), fmpq_one(unit);
        sd_denominators(unit, directions->value, directions->rows * s->d);
        o->sample.direction = o->directions = sd_whole(directions->value, directions->rows * s->d, unit, &ok), o->sample.ndirections = (size_t) directions->rows;
        fmpq_clear(unit);
    }
    if (!ok) dp_give_up(c, DP_EINPUT, "the coordinates over their common denominator have more than 53 bits: the drift of samples takes doubles");
    return ok;
}

static inline void sd_clear(sd_t *o)
{
    free(o->x), free(o->y), free(o->directions);
    fmpq_clear(o->unit), fmpq_clear(&o->part.weight), fmpq_clear(&o->part.bandwidth);
}

/* v: n x d, the drift of the samples of the case, in the units of the case, to the digits of `prec` bits. 0 after telling the check. */
static inline int sd_drift(arb_ptr v, dp_check *c, const sm_t *s, const char *drift, const dp_sample *like, const dp_param *directions, int power, slong prec)
{
    sd_t o;
    dp_error e = {DP_OK, ""};
    arb_t unit;
    arb_init(unit);
    int ok = sd_init(&o, c, s, like, directions) && !dp_check_failed(c, dp_drift_sample_ball(v, drift, &o.sample, prec * 3 / 10, &e), &e);
    arb_set_fmpq(unit, o.unit, prec);
    for (slong i = 0; ok && power && i < s->n * s->d; i++)
        (power > 0 ? arb_div : arb_mul)(v + i, v + i, unit, prec);
    arb_clear(unit), sd_clear(&o);
    return ok;
}

/* out: the value of an energy of these samples without options, in units of the case, of which it has `power`. 0 after telling the check. */
static inline int sd_value(arb_t out, dp_check *c, const sm_t *s, const char *energy, int power, slong prec)
{
    sd_t o;
    dp_scalar_t F;
    dp_error e = {DP_OK, ""};
    dp_scalar_init(F);
    int ok = sd_init(&o, c, s, &(dp_sample){.iterations = -1}, NULL) && !dp_check_failed(c, dp_energy_sample_ball(F, &o.sample, energy, prec * 3 / 10, &e), &e);
    if (ok && F->estimated) dp_give_up(c, DP_EUNSUPPORTED, "%s came as an estimate", energy), ok = 0;
    arb_set(out, F->value);
    for (; power > 0; power--) arb_div_fmpz(out, out, fmpq_numref(o.unit), prec);
    dp_scalar_clear(F), sd_clear(&o);
    return ok;
}

/* The same as leaves <stem>_i_k. */
static inline int sd_let(dp_check *c, const sm_t *s, const char *stem, const char *drift, const dp_sample *like, const dp_param *directions, int power)
{
    arb_ptr v = _arb_vec_init(s->n * s->d);
    const int ok = sd_drift(v, c, s, drift, like, directions, power, dp_check_prec(c));
    for (slong i = 0; ok && i < s->n * s->d; i++)
        dp_let(c, dp_name(stem, i / s->d, i % s->d), v + i, "samples");
    _arb_vec_clear(v, s->n * s->d);
    return ok;
}

#endif
