/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ranks.h: a sweep under a launcher such as mpirun: who this process is, and how the tables of all ranks become one. */
#ifndef DP_TOOL_RANKS_H
#define DP_TOOL_RANKS_H

#include "train/sweep.h"

/* n = 1: no launcher, or one process. mpi: the ranks talk through MPI (a build with MPI=1 under its own launcher); else through a file system that all of them see. */
typedef struct { size_t rank, n; int mpi; } dp_ranks;

/* By the environment of Open MPI, MPICH and relatives, or PMIx; begins MPI where it was built in. */
void dp_ranks_begin(dp_ranks *r);
/* What this rank's table is called: `file` itself, or FILE.RANK-of-N. Fresh. */
char *dp_ranks_part(const dp_ranks *r, const char *file, size_t rank);
/* Whether the first rank sees the whole table with nothing left to do; all ranks ask together and get one answer. */
int dp_ranks_done(const dp_ranks *r, const char *file, const dp_sweep *s);
/* All ranks, each when its share is trained: the first one puts the tables together in `file` and counts, all remove theirs. A rank that fails must end the program with a status other
   than 0, upon which the launcher ends the others. */
dp_status dp_ranks_gather(const dp_ranks *r, const char *file, const dp_sweep *s, dp_sweep_count *count, dp_error *e);
void dp_ranks_end(dp_ranks *r);

#endif
