/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_mesh.h: what certified fields on large meshes gain from a second thread, and the memory that they take. */
#ifndef DP_TOOL_BENCH_MESH_H
#define DP_TOOL_BENCH_MESH_H

#include "problem/problem.h"

/* A quotient and its bar: at least `bar` where that is good (speed), at most where it is not (memory). */
typedef struct { const char *name, *title, *unit; double bar; int at_most; dp_status (*once)(double *over, double *under, const dp_problem *P, dp_error *e); } dp_quotient;
extern const dp_quotient dp_quotients[];
extern const int dp_quotients_count;

#endif
