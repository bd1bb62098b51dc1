/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_mesh.c: what certified fields on large meshes gain from a second thread, and the memory that they take. */
#include "drift/gridfield.h"
#include "tool/bench_apart.h"
#include "tool/bench_drift.h"
#include "tool/bench_train.h"
#include "tool/bench_mesh.h"

/* The proxy's velocity at n x n nodes of [-3, 3]^2; bytes: what the values take (NULL: not asked). */
static dp_status field(double *bytes, const dp_problem *P, slong n, slong digits, dp_tier tier, int threads, dp_error *e)
{
    const slong count[2] = {n, n};
    fmpq *lo = _fmpq_vec_init(2), *hi = _fmpq_vec_init(2);
    dp_mesh_t m;
    dp_gridfield *f = NULL;
    for (int k = 0; k < 2; k++) fmpq_set_si(lo + k, -3, 1), fmpq_set_si(hi + k, 3, 1);
    dp_mesh_init(m, 2, count, lo, hi);
    const dp_status status = dp_gridfield_eval(&f, P, "sinkhorn-proxy", m, DP_Q_VELOCITY, digits, tier, threads, e);
    for (int v = 0; status == DP_OK && bytes && v < f->nvalues; v++) {
        const dp_grid_values *g = f->value + v;
        for (slong i = 0; i < n * n * g->components; i++)
            *bytes += 2 * sizeof(double) + (g->ball ? (double) (sizeof(arb_struct) + (size_t) arb_allocated_bytes(g->ball + i)) : 0);
    }
    dp_gridfield_free(f);
    dp_mesh_clear(m);
    _fmpq_vec_clear(lo, 2), _fmpq_vec_clear(hi, 2);
    return status;
}

typedef struct { const dp_problem *P; slong n, digits; dp_tier tier; } task;

static dp_status one_and_two(double *two, double *one, void *argument, dp_error *e)
{
    const task *t = argument;
    const double start = dp_now();
    dp_status status = field(NULL, t->P, t->n, t->digits, t->tier, 1, e);
    const double middle = dp_now();
    if (!status) status = field(NULL, t->P, t->n, t->digits, t->tier, 2, e);
    *one = middle - start, *two = dp_now() - middle;
    return status;
}

/* One thread and two, in turns. */
static dp_status both(double *over, double *under, const dp_problem *P, slong digits, dp_tier tier, int turns, dp_error *e)
{
    task t = {P, 1024, digits, tier};
    return dp_bench_turns(under, over, turns, one_and_two, &t, e);
}

static dp_status threads(double *over, double *under, const dp_problem *P, dp_error *e) { return both(over, under, P, 30, DP_TIER_EXACT, 1, e); }
static dp_status threads_double(double *over, double *under, const dp_problem *P, dp_error *e) { return both(over, under, P, 12, DP_TIER_DOUBLE, DP_MOST_TURNS, e); }

static dp_status values(double *bytes, void *argument, dp_error *e)
{
    const task *t = argument;
    return field(bytes, t->P, t->n, t->digits, t->tier, 1, e);
}

/* The largest memory, and what the values take. */
static dp_status grown(double *over, double *under, const dp_problem *P, slong n, slong digits, dp_tier tier, dp_error *e)
{
    task t = {P, n, digits, tier};
    const dp_status status = dp_bench_grown(over, under, values, &t, e);
    *under /= 0x1p20;
    return status;
}

static dp_status memory(double *over, double *under, const dp_problem *P, dp_error *e) { return grown(over, under, P, 1024, 30, DP_TIER_EXACT, e); }
static dp_status memory_less(double *over, double *under, const dp_problem *P, dp_error *e) { return grown(over, under, P, 512, 30, DP_TIER_EXACT, e); }
static dp_status memory_double(double *over, double *under, const dp_problem *P, dp_error *e) { return grown(over, under, P, 512, 12, DP_TIER_DOUBLE, e); }

const dp_quotient dp_quotients[] = {
    {"mesh-threads", "sinkhorn-proxy at 1,024 x 1,024 nodes, certified, one thread over two", "s", 1.6, 0, threads},
    {"mesh-double-threads", "the same in double precision, estimated", "s", 1.6, 0, threads_double},
    {"mesh-memory", "the certified one, peak memory of one thread over that of the result", "MiB", 2.5, 1, memory},
    {"mesh-memory-512", "the same at 512 x 512 nodes", "MiB", 2.5, 1, memory_less},
    {"mesh-double-memory", "the same in double precision, estimated", "MiB", 2.5, 1, memory_double},
    {"drift-memory", "mean-shift, single, peak memory with N = M = 65,536 over 16,384 points", "MiB", 6, 1, dp_bench_drift_memory},
    {"drift-memory-most", "the largest of eight drifts, N = M = 16,384, over N M floats", "MiB", 0.1, 1, dp_bench_drift_memory_most},
    {"train-128-torch", "a step of training, width 128, batch 512, single, PyTorch over this", "s", 4, 0, dp_bench_train_128},
    {"train-256-torch", "the same, width 256", "s", 2.5, 0, dp_bench_train_256},
    {"train-256-limit", "the same, its multiply-adds at the processor's rate over this", "s", 0.5, 0, dp_bench_train_limit}};
const int dp_quotients_count = sizeof dp_quotients / sizeof *dp_quotients;
