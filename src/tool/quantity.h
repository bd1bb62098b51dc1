/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quantity.h: what `driftproof field` can be asked for at a point. */
#ifndef DP_TOOL_QUANTITY_H
#define DP_TOOL_QUANTITY_H

#include "drift/drift.h"
#include "tool/values.h"

/* A set of quantities, as bits. */
typedef unsigned dp_quantities;

/* Reads "velocity,curl"; NULL: everything that the drift gives. Wrong words end the program with status 2. */
dp_quantities dp_quantities_read(const char *text);

typedef struct {
    const dp_problem *P;
    const char *drift;
    slong digits;
    dp_quantities asked;
    dp_workspace *w;
} dp_question;

/* Owns the balls that a dp_values refers to. */
typedef struct { dp_field_t field; dp_moments_t moments[4]; dp_values values; } dp_answer;

void dp_answer_init(dp_answer *a, int dim);
void dp_answer_clear(dp_answer *a);
/* Evaluates at the exact point x. DP_EBUDGET: values holds what was reached and why not more. Other failures: values is empty. */
dp_status dp_answer_at(dp_answer *a, const dp_question *question, const fmpq *x, dp_error *e);

#endif
