/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table.h: tables of finite numbers from .npy and .csv files. */
#ifndef DP_BASE_TABLE_H
#define DP_BASE_TABLE_H

#include "base/base.h"

/* rows x cols doubles, row-major. */
typedef struct { double *data; size_t rows, cols; } dp_table;
void dp_table_clear(dp_table *t);
/* By the name's ending. .npy: shape (n, d), or (n) for d = 1, of any number type. .csv: numbers parted by commas, one row a line; blank lines and
   what follows # are comments, and a first line of names is left out. DP_EINPUT names file, line and field of what is wrong: nan and
   infinite numbers, no numbers at all, rows of different lengths. */
dp_status dp_table_read(dp_table *t, const char *path, dp_error *e);

#endif
