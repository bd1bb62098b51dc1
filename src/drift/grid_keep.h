/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid_keep.h: finished parts of a long mesh in a file, from which the same question goes on after an interruption. */
#ifndef DP_DRIFT_GRID_KEEP_H
#define DP_DRIFT_GRID_KEEP_H

#include "drift/gridfield.h"

/* Reads what is whole in `path` if it was written for the same `key` (a text that says everything the values depend on); else begins anew. Nothing is written in the first
   `after` seconds, so that short meshes leave no file. NULL when another process has the file or it cannot be opened: then nothing is kept. */
dp_grid_keep *dp_grid_keep_open(const char *path, const char *key, double after);
/* Parts that were in the file, that were taken from it, and that have been written to it. */
slong dp_grid_keep_found(const dp_grid_keep *k);
slong dp_grid_keep_taken(const dp_grid_keep *k);
slong dp_grid_keep_written(const dp_grid_keep *k);
/* Terms of ledgers that were read live until then. done: the file is removed. k may be NULL. */
void dp_grid_keep_close(dp_grid_keep *k, int done);

/* What a part says beside its values: quantities, the largest error terms, bits that sums missed, why something is absent. */
typedef struct {
    unsigned have;
    slong loss[2];
    size_t nterms;
    struct { const char *term; double bound; } term[16];
    char why[200];
} dp_grid_part;

/* Values at nodes first .. first + n - 1 of f, of the step named (the same text: the same numbers), with miss[first..] (NULL: none) and what the part says. `load` returns 0 when there
   is none. Distinct threads may call both. k may be NULL. */
void dp_grid_keep_save(dp_grid_keep *k, const dp_gridfield *f, const char *step, slong first, slong n, const slong *miss, const dp_grid_part *part);
int dp_grid_keep_load(dp_grid_keep *k, dp_gridfield *f, const char *step, slong first, slong n, slong *miss, dp_grid_part *part);

#endif
