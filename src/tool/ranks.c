/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ranks.c: the ranks of a launcher, which share a sweep: through MPI where it is built in, else through files that all of them see. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef DP_MPI
#include <mpi.h>
#endif

#include "tool/ranks.h"

static void nap(void) { nanosleep(&(struct timespec){0, 100000000}, NULL); }

/* ---- who we are ---- */

/* The environment of Open MPI, of MPICH and its relatives, of Slurm's PMIx. */
static void look(dp_ranks *r)
{
    static const char *const names[][2] = {{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"}, {"PMI_RANK", "PMI_SIZE"}, {"PMIX_RANK", "SLURM_STEP_NUM_TASKS"}};
    *r = (dp_ranks){0, 1, 0};
    for (size_t k = 0; k < sizeof names / sizeof *names && r->n == 1; k++) {
        const char *rank = getenv(names[k][0]), *n = getenv(names[k][1]);
        const long i = rank ? strtol(rank, NULL, 10) : -1, ranks = n ? strtol(n, NULL, 10) : 1;
        if (ranks > 1 && i >= 0 && i < ranks) *r = (dp_ranks){(size_t) i, (size_t) ranks, 0};
    }
}

char *dp_ranks_part(const dp_ranks *r, const char *file, size_t rank) { return r->n > 1 ? dp_format("%s.%zu-of-%zu", file, rank, r->n) : dp_strdup(file); }

/* ---- tables ---- */

static void take_number(void *to, const char *const *column) { *(long *) to = column[0] ? strtol(column[0], NULL, 10) : -1; }

/* Runs in the table that are still to be done; -1: no table of this sweep that can be read now. */
static long missing(const char *file, const dp_sweep *s, const char *what)
{
    long n = -1;
    if (access(file, R_OK)) return -1;
    char *query = dp_format("SELECT sum(status IN (%s)) FROM runs WHERE (SELECT sha256 FROM sweep) = '%s'", what, s->sha256);
    dp_sweep_select(take_number, &n, file, query, NULL);
    free(query);
    return n;
}

/* Merges parts, removes them when that went well. */
static dp_status unite(const char *file, char **part, size_t n, dp_sweep_count *count, dp_error *e)
{
    const dp_status status = dp_sweep_merge(file, (const char *const *) part, n, count, e);
    for (size_t k = 0; k < n; k++) {
        if (!status) unlink(part[k]);
        free(part[k]);
    }
    free(part);
    return status;
}

/* The first rank waits for the tables of the others. */
static dp_status gather_files(const dp_ranks *r, const char *file, const dp_sweep *s, dp_sweep_count *count, dp_error *e)
{
    char **part = dp_malloc(sizeof *part * r->n);
    for (size_t k = 0; k < r->n; k++) {
        part[k] = dp_ranks_part(r, file, k);
        while (missing(part[k], s, "'pending'") != 0) nap();
    }
    return unite(file, part, r->n, count, e);
}

/* ---- through MPI ---- */

#ifdef DP_MPI
enum { SIZE, BYTES, DONE };

/* Waits without keeping a core busy. */
static void wait_for(MPI_Request *q)
{
    int there = 0;
    while (MPI_Test(q, &there, MPI_STATUS_IGNORE), !there) nap();
}

static void begin(dp_ranks *r)
{
    int n = 1, rank = 0;
    if (r->n == 1) return;
    MPI_Init(NULL, NULL);
    MPI_Comm_size(MPI_COMM_WORLD, &n), MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (n > 1) *r = (dp_ranks){(size_t) rank, (size_t) n, 1}; /* else another MPI's launcher */
    else MPI_Finalize();
}

static int agree(const dp_ranks *r, int answer)
{
    if (r->mpi) MPI_Bcast(&answer, 1, MPI_INT, 0, MPI_COMM_WORLD);
    return answer;
}

enum { PIECE = 1 << 24 };

static void send_table(const char *text, size_t n)
{
    unsigned long long size = n;
    MPI_Request q;
    MPI_Isend(&size, 1, MPI_UNSIGNED_LONG_LONG, 0, SIZE, MPI_COMM_WORLD, &q), wait_for(&q);
    for (size_t at = 0; at < n; at += PIECE) MPI_Isend(text + at, (int) FLINT_MIN(n - at, (size_t) PIECE), MPI_BYTE, 0, BYTES, MPI_COMM_WORLD, &q), wait_for(&q);
}

/* The table of a rank, beside ours: a file of its name may be the rank's own, on a common file system. */
static dp_status receive_table(const char *path, int rank, dp_error *e)
{
    unsigned long long size = 0;
    MPI_Request q;
    MPI_Irecv(&size, 1, MPI_UNSIGNED_LONG_LONG, rank, SIZE, MPI_COMM_WORLD, &q), wait_for(&q);
    char *text = dp_malloc((size_t) size + 1);
    for (size_t at = 0; at < size; at += PIECE) MPI_Irecv(text + at, (int) FLINT_MIN((size_t) size - at, (size_t) PIECE), MPI_BYTE, rank, BYTES, MPI_COMM_WORLD, &q), wait_for(&q);
    const dp_status status = dp_file_write(path, text, (size_t) size, e);
    free(text);
    return status;
}

static dp_status gather_first(const dp_ranks *r, const char *file, dp_sweep_count *count, dp_error *e)
{
    char **part = dp_malloc(sizeof *part * r->n);
    dp_status status = DP_OK;
    int done = 1;
    part[0] = dp_ranks_part(r, file, 0);
    for (size_t k = 1; k < r->n; k++) {
        char *name = dp_ranks_part(r, file, k);
        part[k] = dp_format("%s.received", name);
        if (!status) status = receive_table(part[k], (int) k, e);
        free(name);
    }
    if (!status) status = dp_sweep_merge(file, (const char *const *) part, r->n, count, e);
    for (size_t k = 0; k < r->n; k++) {
        if (k || !status) unlink(part[k]);
        if (k && !status) MPI_Send(&done, 1, MPI_INT, (int) k, DONE, MPI_COMM_WORLD);
        free(part[k]);
    }
    free(part);
    return status;
}

static dp_status gather_other(const dp_ranks *r, const char *file, dp_error *e)
{
    char *part = dp_ranks_part(r, file, r->rank);
    size_t n;
    int done = 0;
    MPI_Request q;
    char *text = dp_file_read(part, &n, e);
    if (text) {
        send_table(text, n);
        MPI_Irecv(&done, 1, MPI_INT, 0, DONE, MPI_COMM_WORLD, &q), wait_for(&q);
        unlink(part); /* only now it stands in the whole table */
    }
    free(text), free(part);
    return text ? DP_OK : e->status;
}

static dp_status gather_messages(const dp_ranks *r, const char *file, dp_sweep_count *count, dp_error *e) { return r->rank ? gather_other(r, file, e) : gather_first(r, file, count, e); }
static void end(const dp_ranks *r) { if (r->mpi) MPI_Finalize(); }
#else
static void begin(const dp_ranks *r) { (void) r; }
static int agree(const dp_ranks *r, int answer) { return (void) r, answer; }
static dp_status gather_messages(const dp_ranks *r, const char *file, dp_sweep_count *count, dp_error *e) { return (void) r, (void) count, dp_fail(e, DP_EINTERNAL, "%s: no MPI", file); }
static void end(const dp_ranks *r) { (void) r; }
#endif

/* ---- both ---- */

void dp_ranks_begin(dp_ranks *r) { look(r), begin(r); }

int dp_ranks_done(const dp_ranks *r, const char *file, const dp_sweep *s)
{
    return r->n > 1 && agree(r, r->mpi && r->rank ? 0 : missing(file, s, "'pending', 'failed'") == 0);
}

dp_status dp_ranks_gather(const dp_ranks *r, const char *file, const dp_sweep *s, dp_sweep_count *count, dp_error *e)
{
    if (r->n == 1) return DP_OK;
    return r->mpi ? gather_messages(r, file, count, e) : r->rank ? DP_OK : gather_files(r, file, s, count, e);
}

void dp_ranks_end(dp_ranks *r) { end(r); }
