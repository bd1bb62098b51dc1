/* SPDX-License-Identifier: GPL-3.0-or-later */
/* training.h: training runs inside claims: a run from the block `train` of the case, trained to a checkpoint, its samples, and numbers of its doubles. */
#ifndef DP_PROOFS_TRAINING_H
#define DP_PROOFS_TRAINING_H

#include <gsl/gsl_cdf.h>

#include "draws.h"

/* One run: n samples x of k noise z, m data y, d coordinates, P parameters. */
typedef struct { dp_check *c; dp_train *t; dp_trainer *a; size_t n, m, d, k, P; double *z, *x, *y, *v; } tr_t;

/* The run of the case with some keys set otherwise ("train.seed=3"), at its initial weights. 0 after telling the check. */
static inline int tr_open(tr_t *r, dp_check *c, const char *const *sets, size_t nsets)
{
    const dp_problem *P = dp_check_problem(c);
    const char *all[24] = {"claims=[]"};
    dp_error e = {DP_OK, ""};
    *r = (tr_t) {.c = c};
    for (size_t i = 0; i < nsets; i++) all[i + 1] = sets[i];
    if (!strstr(P->text, "\ntrain:")) {
        dp_give_up(c, DP_EINPUT, "needs a case with a block 'train'");
        return 0;
    }
    if (dp_check_failed(c, dp_train_parse(&r->t, P->path, P->text, all, nsets + 1, &e), &e) || dp_check_failed(c, dp_trainer_new(&r->a, r->t, 1, &e), &e)) return 0;
    r->n = (size_t) r->t->batch, r->m = dp_trainer_data(r->a), r->d = (size_t) P->dim, r->k = (size_t) r->t->noise, r->P = dp_trainer_size(r->a);
    r->z = dp_malloc(r->n * r->k * sizeof *r->z), r->x = dp_malloc(r->n * r->d * sizeof *r->x), r->v = dp_malloc(r->n * r->d * sizeof *r->v), r->y = dp_malloc(r->m * r->d * sizeof *r->y);
    return 1;
}

static inline void tr_close(tr_t *r)
{
    free(r->z), free(r->x), free(r->y), free(r->v);
    dp_trainer_free(r->a), dp_train_free(r->t);
}

/* Trains up to iterate `step` and no further; then z, y are the batch of `step`, x its samples. 0 after telling the check. */
static inline int tr_train(tr_t *r, slong step)
{
    dp_error e = {DP_OK, ""};
    double loss, rms;
    while (dp_trainer_step(r->a) < step) {
        if (dp_check_failed(r->c, dp_trainer_gradient(&loss, &rms, r->a, &e), &e)) return 0;
        dp_trainer_update(r->a);
    }
    dp_trainer_batch(r->z, r->y, r->a, step);
    dp_trainer_generate(r->x, r->a, r->z, r->n);
    return 1;
}

/* count fresh samples and data of set number `set`, from batches that no step of training has used. Requires data_batch = batch, batches: fresh. */
static inline void tr_fresh(double *x, double *y, tr_t *r, size_t count, slong set)
{
    const slong batches = (slong) ((count + r->n - 1) / r->n);
    double *z = dp_malloc((size_t) batches * r->n * r->k * sizeof *z), *data = dp_malloc((size_t) batches * r->m * r->d * sizeof *data);
    for (slong b = 0; b < batches; b++)
        dp_trainer_batch(z + (size_t) b * r->n * r->k, data + (size_t) b * r->m * r->d, r->a, 1000000000 + set * batches + b);
    dp_trainer_generate(x, r->a, z, count);
    memcpy(y, data, count * r->d * sizeof *y);
    free(z), free(data);
}

/* 0, told, where fresh sets cannot be had as above. */
static inline int tr_fresh_fits(const tr_t *r)
{
    if (r->n == r->m && r->t->batches == DP_BATCHES_FRESH && !*r->t->noise_file && !*r->t->data_file) return 1;
    dp_give_up(r->c, DP_EINPUT, "needs fresh batches, as many data as samples, and no files of batches");
    return 0;
}

/* "train.KEY=VALUE" of a word parameter, fresh; the default stands where the check has none. */
static inline char *tr_set(const dp_check *c, const char *key, const char *param, const char *otherwise)
{
    const dp_param *p = dp_check_param(c, param);
    return dp_format("%s=%s", key, p ? p->word : otherwise);
}

static inline double tr_real(const dp_check *c, const char *name, double otherwise)
{
    const dp_param *p = dp_check_param(c, name);
    arb_t b;
    arb_init(b);
    if (p) arb_set_fmpq(b, p->value, 64);
    const double v = p ? arf_get_d(arb_midref(b), ARF_RND_NEAR) : otherwise;
    arb_clear(b);
    return v;
}

/* A double as the fraction that it is. */
static inline void tr_exact(fmpq_t out, double v)
{
    arf_t a;
    arf_init(a);
    arf_set_d(a, v), arf_get_fmpq(out, a);
    arf_clear(a);
}

/* A double as the exact leaf that it is. */
static inline void tr_let_double(dp_check *c, const char *name, double v)
{
    fmpq_t q;
    fmpq_init(q);
    tr_exact(q, v);
    dp_let_q(c, name, q);
    fmpq_clear(q);
}

/* A relation whose label says the check's drift and a measured number with its half-width at the level 0.1 %. */
static inline void tr_state(void (*how)(dp_check *, const char *, const char *), dp_check *c, const char *label, double value, double error, const char *relation)
{
    const dp_param *drift = dp_check_param(c, "drift");
    const char *of = drift ? drift->word : "", *dash = drift ? ", " : "";
    char *text = error > 0 ? dp_format("%s%s%s: %.2g +- %.1g", of, dash, label, value, 3.29 * error) : dp_format("%s%s%s: %.3g", of, dash, label, value);
    how(c, text, relation);
    free(text);
}

static inline void tr_assert(dp_check *c, const char *label, double value, double error, const char *relation)
{
    tr_state(dp_assert, c, label, value, error, relation);
}

/* Mean and standard error of count numbers. */
static inline void tr_mean(double *mean, double *error, const double *v, slong count)
{
    double s = 0, q = 0;
    for (slong i = 0; i < count; i++) s += v[i];
    s /= (double) count;
    for (slong i = 0; i < count; i++) q += (v[i] - s) * (v[i] - s);
    *mean = s, *error = sqrt(q / (double) (count - 1) / (double) count);
}

/* P(at least k of n) under a fair coin. */
static inline double tr_tail(slong k, slong n)
{
    return k <= 0 ? 1 : k > n ? 0 : gsl_cdf_binomial_Q((unsigned) (k - 1), 0.5, (unsigned) n);
}

/* "Most runs ...": how many of them it holds for, and of how many it is not known. */
typedef struct { const char *label, *p; slong count, unknown; } tr_part;

/* Each part by the exact sign test. Where no part is rejected, by the same test the other way, and one is not accepted, the runs are too few to tell. Beside a part that is rejected one
   that is neither stays undecided. */
static inline void tr_decide(dp_check *c, const tr_part *parts, int count, slong runs)
{
    const tr_part *open = NULL;
    int rejected = 0;
    for (const tr_part *a = parts; a < parts + count; a++) {
        if (tr_tail(runs - a->count - a->unknown, runs) < 0.001) rejected = 1;
        else if (tr_tail(a->count, runs) >= 0.001) open = a;
    }
    if (open && !rejected) {
        dp_give_up(c, DP_EUNSUPPORTED, "%s: %ld of %ld, neither most nor few at the level of 0.1 %%; more runs needed", open->label, (long) open->count, (long) runs);
        return;
    }
    for (const tr_part *a = parts; a < parts + count; a++) {
        char *text = dp_format("%s < 1/1000", a->p);
        dr_let(c, a->p, tr_tail(a->count, runs));
        const int known = tr_tail(a->count, runs) < 0.001 || tr_tail(runs - a->count - a->unknown, runs) < 0.001;
        tr_state(known ? dp_assert : dp_open, c, a->label, (double) a->count / (double) runs, 0, text);
        free(text);
    }
}

#endif
