/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cases.h: case files by name, by directory, or all that are shipped. */
#ifndef DP_TOOL_CASES_H
#define DP_TOOL_CASES_H

#include "problem/problem.h"

typedef struct {
    slong n;
    dp_problem **P;
    char *named;    /* 1: given as a file on the command line; 0: found in a directory */
} dp_case_list;

/* Reads the given files and all *.yaml and *.yml below the given directories in the order of their paths (nothing given: the shipped
   cases), each file once. Every bad case is said on standard error; then the status is that of the last. */
dp_status dp_cases_read(dp_case_list *out, const char *const *operands, slong count, const char *const *sets, size_t nsets, dp_error *e);
void dp_cases_clear(dp_case_list *list);

#endif
