/* SPDX-License-Identifier: GPL-3.0-or-later */
/* field.h: the velocity of samples as a case for training asks for it; private to this room. */
#ifndef DP_TRAIN_FIELD_H
#define DP_TRAIN_FIELD_H

#include "train/train.h"

/* terms: velocities that are summed, each with its kernel parts; usual: their bandwidths at step 0. */
typedef struct { const dp_train *t; slong terms, parts; dp_kernel_part *part; double *usual, *direction, *sum; ulong key; int threads; } dp_train_field;
void dp_train_field_init(dp_train_field *f, const dp_train *t, ulong key, int threads);
void dp_train_field_clear(dp_train_field *f);
/* What bandwidths are multiplied by at a step. */
double dp_train_factor(const dp_train *t, slong step);
/* The sample problem of the first velocity with everything the case asks for; borrows from f. */
dp_sample dp_train_sample(dp_train_field *f, const double *x, size_t n, const double *y, size_t m, slong step);
/* V at x against y. */
dp_status dp_train_velocity(double *v, dp_train_field *f, const double *x, size_t n, const double *y, size_t m, slong step, dp_error *e);
/* A functional of samples with the first of the kernels. */
dp_status dp_train_functional(double *value, dp_train_field *f, const char *energy, const double *x, size_t n, const double *y, size_t m, slong step, dp_error *e);
/* g_k = sum_i (dV_i/dx_k)^T u_i: mean-shift with a Gaussian kernel, mmd with Gaussian kernels. */
dp_status dp_train_pull(double *g, dp_train_field *f, const double *u, const double *x, size_t n, const double *y, size_t m, slong step, dp_error *e);

#endif
