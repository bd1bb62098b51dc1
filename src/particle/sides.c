/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sides.c: sums over the rows and the columns of a kernel's matrix with every weight found once: a set against itself, or two sets without moments. */
#include "base/clones.h"
#include "particle/rows.h"
#include "particle/sides.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC optimize("O3")

/* Jobs of TALL rows: memory is O(n + m). */
enum { TALL = DP_FUSED_TALL, LEAST = 2 * TALL };

/* f: as L->fused, but `add` stands in v; row: n x terms, col: terms x m; wave: sums of columns of each job in flight. */
typedef struct { const dp_lanes *L; dp_fused f; int self, moments; size_t terms, base; double *row, *col, *wave, *room; } sides;

/* Rows [first, first + count) of a set against themselves. */
static void own_block(const sides *a, size_t first, size_t count, double *room)
{
    const dp_fused *g = &a->L->fused;
    const size_t size = g->single ? sizeof(float) : sizeof(double), d = g->d;
    dp_fused f = *g;
    double total[TALL], *moment = room + dp_fused_room(g);
    f.n = count, f.columns = count, f.m = (count + 15) / 16 * 16;
    f.a = (char *) g->a + first * d * size, f.bt = (char *) g->bt + first * size, f.add = (char *) g->add + first * size;
    dp_fused_rows(total, a->moments ? moment : NULL, &f, 0, count, room);
    for (size_t i = 0; i < count; i++) {
        a->row[(first + i) * a->terms] += total[i];
        for (size_t k = 0; a->moments && k < d; k++) a->row[(first + i) * a->terms + 1 + k] += moment[i * d + k];
    }
}

static dp_status some_rows(void *argument, slong job, int worker, dp_error *e)
{
    const sides *a = argument;
    const size_t first = (a->base + (size_t) job) * TALL, count = FLINT_MIN((size_t) TALL, a->L->p->n - first), m = a->f.m, from = a->self ? first + TALL : 0;
    double *col = a->wave + (size_t) job * a->terms * m, *room = a->room + (size_t) worker * dp_fused_sides_room(&a->f);
    (void) e;
    dp_fused_sides(a->row + first * a->terms, col, &a->f, first, count, from, a->moments, room);
    if (a->self) own_block(a, first, count, room);
    return DP_OK;
}

static void sides_init(sides *a, const dp_lanes *L, int self)
{
    *a = (sides){.L = L, .f = L->fused, .self = self, .moments = L->shift != NULL};
    a->terms = a->moments ? 1 + a->f.d : 1;
    a->row = dp_calloc(L->p->n * a->terms, sizeof(double)), a->col = dp_calloc(a->f.m * a->terms, sizeof(double));
    a->wave = dp_malloc(sizeof(double) * DP_WAVE * a->f.m * a->terms);
    a->room = dp_malloc(sizeof(double) * dp_fused_sides_room(&a->f) * (size_t) L->threads);
}

static void sides_clear(sides *a) { free(a->row), free(a->col), free(a->wave), free(a->room); }

CLONES static void add(double *restrict to, const double *restrict from, size_t count)
{
    for (size_t j = 0; j < count; j++) to[j] += from[j];
}

dp_status dp_waves(double *total, double *wave, size_t *base, size_t terms, size_t m, size_t step, dp_job run, void *argument, size_t jobs, int threads, dp_error *e)
{
    dp_status status = DP_OK;
    memset(total, 0, sizeof(double) * terms * m);
    for (*base = 0; *base < jobs && !status; *base += DP_WAVE) {
        const size_t count = FLINT_MIN((size_t) DP_WAVE, jobs - *base);
        status = dp_parallel(run, argument, (slong) count, threads, e);
        for (size_t w = 0; w < count; w++)
            for (size_t c = 0, from = FLINT_MIN((*base + w + 1) * step, m); c < terms; c++) add(total + c * m + from, wave + (w * terms + c) * m + from, m - from);
    }
    return status;
}

static void sides_run(sides *a)
{
    dp_error e;
    dp_waves(a->col, a->wave, &a->base, a->terms, a->f.m, a->self ? TALL : 0, some_rows, a, (a->L->p->n + TALL - 1) / TALL, a->L->threads, &e);
}

/* What is added becomes factors 2^add of the weights, unless one were too small: then 0. */
static int factors(dp_fused *f)
{
    const size_t size = f->single ? sizeof(float) : sizeof(double);
    void *flat, *v;
    for (size_t j = 0; j < f->columns; j++)
        if (!((f->single ? ((float *) f->add)[j] : ((double *) f->add)[j]) >= (f->single ? -32 : -256))) return 0;
    dp_lanes_room(&flat, f->m * size), dp_lanes_room(&v, (f->m + DP_FUSED_ROWS) * size);
    for (size_t j = 0; j < f->m + DP_FUSED_ROWS; j++) {
        const int real = j < f->columns;
        if (f->single) ((float *) v)[j] = real ? exp2f(((float *) f->add)[j] + 1) : 0;
        else ((double *) v)[j] = real ? exp2(((double *) f->add)[j] + 1) : 0;
        if (j >= f->m) continue;
        if (f->single) ((float *) flat)[j] = real ? -1 : -INFINITY;
        else ((double *) flat)[j] = real ? -1 : -INFINITY;
    }
    f->add = flat, f->v = v;
    return 1;
}

int dp_sides_self(dp_lanes *L)
{
    const dp_pairing *p = L->p;
    sides a;
    if (!L->fused.add || p->a != p->b || p->n != p->m || p->n < LEAST || p->d > 3) return 0;
    dp_fused f = L->fused;
    if (p->add && !factors(&f)) return 0;
    sides_init(&a, L, 1);
    a.f = f;
    sides_run(&a);
    for (size_t i = 0; i < p->n; i++) {
        double *row = a.row + i * a.terms;
        for (size_t c = 0; c < a.terms; c++) row[c] += (c ? -1 : 1) * a.col[c * f.m + i];
        dp_lanes_finish(L, i, row[0], row + 1, 0);
    }
    sides_clear(&a);
    if (p->add) free(f.add), free(f.v);
    return 1;
}

/* Rows and columns of sums; what is too small to stand without a maximum is done by logarithms. */
static void both(double *col, dp_lanes *L)
{
    sides a;
    dp_pairing turned = dp_pairing_turned(L->p);
    dp_lanes T;
    sides_init(&a, L, 0);
    sides_run(&a);
    for (size_t i = 0; i < L->p->n; i++) dp_lanes_finish(L, i, a.row[i], NULL, 0);
    size_t small = 0;
    for (size_t j = 0; j < L->p->m; j++) {
        const int good = a.col[j] >= dp_fused_least(&L->fused, turned.m);
        col[j] = good ? dp_pkernel_eps(L->p->kernel) * (log(a.col[j]) + L->offset) : NAN;
        small += !good;
    }
    if (small) {
        dp_lanes_init(&T, col, NULL, &turned);
        for (size_t j = 0; j < L->p->m; j++)
            if (isnan(col[j])) dp_lanes_finish(&T, j, 0, NULL, 0);
        dp_lanes_clear(&T);
    }
    sides_clear(&a);
}

dp_status dp_rows_and_columns(double *row, double *col, const dp_pairing *p, dp_error *e)
{
    dp_lanes L;
    const dp_pairing turned = dp_pairing_turned(p);
    dp_lanes_init(&L, row, NULL, p);
    const int once = L.fused.add && p->d <= 3 && !p->skip;
    if (once) both(col, &L);
    dp_lanes_clear(&L);
    if (once) return DP_OK;
    const dp_status status = dp_rows(row, NULL, p, e);
    return status ? status : dp_rows(col, NULL, &turned, e);
}
