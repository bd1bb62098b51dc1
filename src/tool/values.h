/* SPDX-License-Identifier: GPL-3.0-or-later */
/* values.h: named arrays of balls at a point, printed as JSON, as a table or as CSV. */
#ifndef DP_TOOL_VALUES_H
#define DP_TOOL_VALUES_H

#include "base/base.h"

/* rank 0: one ball; 1: n of them; 2: n x n. v NULL: the quantity does not exist here. Entries of one group stand together. */
typedef struct { const char *group, *name; int rank; slong n; arb_srcptr v; } dp_value;

typedef struct {
    int dim;
    const fmpq *x;          /* the point */
    slong count;
    dp_value value[32];
    char why[400];          /* why some quantity is absent, or "" */
    char short_of[400];     /* why the digits were not reached, or "" */
} dp_values;

/* Appends; a NULL v says that the quantity does not exist here. */
void dp_values_add(dp_values *V, const char *group, const char *name, int rank, slong n, arb_srcptr v);

void dp_values_json(FILE *f, const dp_values *V, slong digits);
void dp_values_table(FILE *f, const dp_values *V, slong digits);
void dp_values_csv(FILE *f, const dp_values *V, slong digits, int header);

/* Whether every entry is finite and has radius <= 10^-digits times the largest entry or `scale` (may be NULL), whichever is larger. */
int dp_balls_have_digits(arb_srcptr v, slong n, const arb_t scale, slong digits);

#endif
