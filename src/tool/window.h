/* SPDX-License-Identifier: GPL-3.0-or-later */
/* window.h: the mesh that --grid and --window ask for. */
#ifndef DP_TOOL_WINDOW_H
#define DP_TOOL_WINDOW_H

#include "grid/mesh.h"
#include "problem/problem.h"

/* m from "NXxNY" and "X0:X1,Y0:Y1" (NULL: dp_window_default); whatever is wrong ends the program with status 2. m is initialised here. */
void dp_window_mesh(dp_mesh_t m, const dp_problem *P, const char *grid, const char *window);
/* A length of the kernel: h, of a sum the largest of its parts'. */
const fmpq *dp_window_length(const dp_problem *P);
/* On each axis: all of p and q within three deviations of the law smoothed by the kernel, sqrt(variance + h^2), of every component's
   mean, rounded outward to a tenth of the power of ten below the width. Returns 0 when that does not fit doubles. */
int dp_window_default(fmpq *lo, fmpq *hi, const dp_problem *P);

#endif
