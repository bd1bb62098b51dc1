/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run.c: a whole run: steps, records, checkpoints. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "energy/energy.h"
#include "train/store.h"

enum { TIMES = 1024 };

/* time: of the last steps without records. */
typedef struct { const dp_train *t; const dp_train_options *o; dp_trainer *a; dp_train_metrics m; dp_train_store s; dp_train_result *r; double start, time[TIMES]; slong timed; } run;

static int due(slong step, slong every, slong steps) { return step == steps || (every > 0 && step % every == 0); }

static void nothing_yet(dp_train_result *r, const dp_train *t)
{
    *r = (dp_train_result){.steps = t->steps, .evaluated = -1};
    double *all[] = {&r->loss, &r->v_rms, &r->bandwidth, &r->critic, &r->mmd2_u, &r->mmd2_v, &r->floor_mmd2_u, &r->floor_mmd2_v, &r->mmd_bandwidth, &r->w2, &r->floor_w2,
                     &r->sinkhorn, &r->floor_sinkhorn, &r->energy, &r->floor_energy, &r->step_seconds};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) *all[i] = NAN;
}

/* The case's functionals at the batch as it stands. */
static dp_status energies(double *energy, run *u, dp_error *e)
{
    dp_status status = DP_OK;
    for (slong i = 0; i < u->t->nenergies && !status; i++) status = dp_trainer_energy(energy + i, u->a, u->t->energy[i], e);
    return status;
}

static dp_status line(run *u, dp_error *e)
{
    double *energy = dp_calloc((size_t) u->t->nenergies + 1, sizeof *energy);
    dp_status status = u->s.folder && !u->r->diverged ? energies(energy, u, e) : DP_OK;
    for (slong i = 0; u->r->diverged && i < u->t->nenergies; i++) energy[i] = NAN;
    if (!status) status = dp_train_store_line(&u->s, u->r, energy, e);
    free(energy);
    return status;
}

/* Metrics and samples that are due before the step. */
static dp_status look(run *u, dp_error *e)
{
    const slong step = u->a->step;
    const int evaluate = due(step, u->t->evaluate, u->t->steps), samples = due(step, u->t->samples, u->t->steps);
    dp_status status = DP_OK;
    if (evaluate) status = dp_train_measure(u->r, &u->m, u->a, e);
    if (samples && !status) {
        char *name = dp_format("samples-%ld.npy", (long) step);
        if (!evaluate) dp_trainer_generate(u->m.x, u->a, u->m.z, u->m.n);
        status = dp_train_store_points(&u->s, name, u->m.x, u->m.n, u->m.d, e);
        free(name);
    }
    return status;
}

static int diverged(const run *u)
{
    for (size_t i = 0; i < u->a->shape.batch * u->a->shape.dim; i++)
        if (!(fabs(u->a->x[i]) < 1e15)) return 1;
    return 0;
}

/* One iterate: what is due, gradient, line, update. *more: there is a next one. */
static dp_status one(run *u, int *more, dp_error *e)
{
    dp_train_result *r = u->r;
    const slong step = u->a->step, steps = u->t->steps;
    const double before = dp_now();
    r->step = step, r->bandwidth = u->a->field.usual[0] * dp_train_factor(u->t, step);
    dp_status status = look(u, e);
    if (status) return status;
    status = dp_trainer_gradient(&r->loss, &r->v_rms, u->a, e);
    r->diverged = status == DP_EBUDGET && diverged(u); /* the critic's failure alone is an error */
    if (u->a->critic) r->critic = u->a->dual;
    if (r->diverged) r->loss = r->v_rms = r->critic = NAN, status = DP_OK;
    const int recorded = r->diverged || due(step, u->t->history, steps) || r->evaluated == step;
    if (!status && !r->diverged && !u->a->critic && due(step, u->t->trace, steps)) status = dp_train_store_trace(&u->s, u->a, e);
    if (recorded && !status) status = line(u, e);
    *more = !status && step < steps && !r->diverged;
    if (*more) dp_trainer_update(u->a);
    if (!recorded) u->time[u->timed++ % TIMES] = dp_now() - before;
    r->seconds = dp_now() - u->start;
    return status;
}

static dp_status steps(run *u, dp_error *e)
{
    const slong first = u->a->step;
    dp_status status = DP_OK;
    for (int more = 1; more && !status;) {
        const slong step = u->a->step;
        if (step > first && step < u->t->steps && u->t->checkpoint && step % u->t->checkpoint == 0) status = dp_train_store_checkpoint(&u->s, u->a, u->t->keep, e);
        if (!status && u->o->stop && *u->o->stop) {
            status = dp_train_store_checkpoint(&u->s, u->a, 0, e);
            return status ? status : dp_fail(e, DP_EINTERRUPTED, "interrupted at step %ld of %ld; the same command goes on from there", (long) step, (long) u->t->steps);
        }
        if (!status) status = one(u, &more, e);
        if (!status && u->o->progress) u->o->progress(u->o->to, u->r);
    }
    return status;
}

static int ascending(const void *a, const void *b)
{
    const double s = *(const double *) a, t = *(const double *) b;
    return (s > t) - (s < t);
}

static dp_status finish(run *u, dp_error *e)
{
    const slong n = FLINT_MIN(u->timed, (slong) TIMES);
    u->r->finished = !u->r->diverged;
    qsort(u->time, (size_t) n, sizeof *u->time, ascending);
    if (n) u->r->step_seconds = u->time[n / 2];
    dp_status status = dp_train_store_checkpoint(&u->s, u->a, u->t->keep, e);
    return status ? status : dp_train_store_result(&u->s, u->r, e);
}

dp_status dp_train_run(dp_train_result *r, const dp_train *t, const dp_train_options *o, dp_error *e)
{
    run u = {.t = t, .o = o, .r = r, .s = {.folder = o->folder, .t = t}, .start = dp_now()};
    const int threads = FLINT_MAX(1, o->threads);
    nothing_yet(r, t);
    dp_status status = dp_trainer_new(&u.a, t, threads, e);
    if (status) return status;
    status = dp_train_metrics_init(&u.m, r, u.a, threads, e);
    if (!status) status = dp_train_store_open(&u.s, u.a, o->resume, e);
    if (!status) status = dp_train_store_points(&u.s, "data.npy", u.m.y, u.m.n, u.m.d, e);
    if (!status) status = steps(&u, e);
    if (!status) status = finish(&u, e);
    dp_train_store_close(&u.s), dp_train_metrics_clear(&u.m), dp_trainer_free(u.a);
    return status;
}
