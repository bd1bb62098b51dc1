/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sweep.h: a grid of training runs: the cells of a case's block `sweep`, their table in one SQLite file, the processes that train them. */
#ifndef DP_TRAIN_SWEEP_H
#define DP_TRAIN_SWEEP_H

#include "train/train.h"

/* ---- the plan ---- */

/* One run. key: "drift=mmd data=moons h=1/10 seed=3", the labels of its axes in the order of the file. label: one for each axis of the sweep, NULL where its grid
   lacks that axis. set: the settings KEY=YAML that make its case. sha256: of the case. cost: estimated seconds, for shares and for the time left. */
typedef struct { char *key, **label, **set; size_t nsets; char sha256[65]; double cost; } dp_sweep_cell;

/* text: the case without the block `sweep`, after --set; sha256: of text and all keys. axis: the names of all grids, each once. */
typedef struct { char *path, *text; size_t naxes; char **axis; size_t n; dp_sweep_cell *cell; char sha256[65]; } dp_sweep;

/* The block is a grid or a list of grids. A grid maps names of axes to {key: K, values: [V, ...]}, {key: K, from: A, to: B} (whole numbers) or {LABEL: {KEY: VALUE, ...}, ...};
   its runs are all combinations. Every cell is read as a case: DP_EINPUT names the place in the file, or the cell. Cost: n cases read. */
dp_status dp_sweep_read(dp_sweep **out, const char *path, const char *const *sets, size_t nsets, dp_error *e);
void dp_sweep_free(dp_sweep *s);
/* The case of a cell. */
dp_status dp_sweep_case(dp_train **out, const dp_sweep *s, size_t i, dp_error *e);
/* Cells of share number `share` (from 0) of `shares`, dearest first, each to the share that has the least: into fresh memory. */
size_t dp_sweep_share(size_t **out, const dp_sweep *s, size_t share, size_t shares);

/* Estimated seconds until the last of so many shares is through. Cost: n shares. */
double dp_sweep_span(const dp_sweep *s, size_t shares);

/* ---- the table ---- */

/* Table `runs`, one row a run: number, key, one column for each axis, sha256 of the case, status (pending, done, diverged, failed), message, metrics (NULL: not measured);
   `times`: run, seconds; `sweep`: the case, its digest, the version. Whatever happens to the process, a row that was put stays, and rows say nothing of time, machine or order. */
typedef struct dp_sweep_store dp_sweep_store;
typedef struct { size_t pending, done, diverged, failed; } dp_sweep_count;
/* Makes the file, or opens the one that belongs to this sweep: DP_EINPUT when it is of another one or another process is at it, DP_EIO when it cannot be used.
   cells: those that get a row, n of them. */
dp_status dp_sweep_store_open(dp_sweep_store **out, const char *file, const dp_sweep *s, const size_t *cells, size_t n, dp_error *e);
int dp_sweep_store_has(const dp_sweep_store *t, size_t cell); /* whether the run is done or diverged */
/* failed: the message; then the result is not looked at. */
dp_status dp_sweep_store_put(dp_sweep_store *t, size_t cell, const dp_train_result *r, const char *failed, double seconds, dp_error *e);
dp_status dp_sweep_store_count(dp_sweep_count *out, const dp_sweep_store *t, dp_error *e);
void dp_sweep_store_close(dp_sweep_store *t);
/* What a query of the table in `file` gives, as CSV with a line of names; NULL: all rows of `runs`. Nothing is written to the file. */
dp_status dp_sweep_csv(FILE *f, const char *file, const char *query, dp_error *e);
/* The same row by row: texts of the columns, NULL where there is nothing. */
typedef void dp_sweep_row(void *to, const char *const *column);
dp_status dp_sweep_select(dp_sweep_row *row, void *to, const char *file, const char *query, dp_error *e);
/* The rows of several files of one sweep in one: DP_EINPUT when they are of different sweeps or say different things of one run. Written through a temporary name. */
dp_status dp_sweep_merge(const char *out, const char *const *files, size_t n, dp_sweep_count *count, dp_error *e);

/* ---- the runs ---- */

/* folder: NULL, or where runs whose key matches the pattern `keep` leave their folders (folder/0007). */
typedef struct { int jobs, progress; const char *folder, *keep; } dp_sweep_options;
/* Trains what is not in the table yet, each run in a process of its own; the table is written by this process only. A run that fails is put down as failed. SIGINT, SIGTERM: DP_EINTERRUPTED,
   runs in flight are dropped; those with a folder leave a checkpoint and go on from it the next time. */
dp_status dp_sweep_train(dp_sweep_store *t, const dp_sweep *s, const size_t *cells, size_t n, const dp_sweep_options *o, dp_error *e);

#endif
