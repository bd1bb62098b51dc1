/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store.h: the folder of a run; private to this room. */
#ifndef DP_TRAIN_STORE_H
#define DP_TRAIN_STORE_H

#include "train/metrics.h"

/* folder NULL: nothing is written. */
typedef struct { const char *folder; const dp_train *t; FILE *history, *timing; dp_lock *lock; double start; } dp_train_store;
/* Makes the folder, or opens that of the same case again: then the trainer is where the last checkpoint was, and later lines are dropped. The folder is locked until it is closed. */
dp_status dp_train_store_open(dp_train_store *s, dp_trainer *a, int resume, dp_error *e);
void dp_train_store_close(dp_train_store *s);
dp_status dp_train_store_checkpoint(dp_train_store *s, const dp_trainer *a, int keep, dp_error *e);
/* The batch as dp_trainer_gradient left it: trace-STEP.npz. */
dp_status dp_train_store_trace(dp_train_store *s, const dp_trainer *a, dp_error *e);
dp_status dp_train_store_points(dp_train_store *s, const char *name, const double *x, size_t n, size_t d, dp_error *e);
/* One line of history.csv; energies: those of the case. */
dp_status dp_train_store_line(dp_train_store *s, const dp_train_result *r, const double *energy, dp_error *e);
dp_status dp_train_store_result(dp_train_store *s, const dp_train_result *r, dp_error *e);

#endif
