/* SPDX-License-Identifier: GPL-3.0-or-later */
/* metrics.h: how far samples of the network are from the data, on points that no seed of a batch touches; private to this room. */
#ifndef DP_TRAIN_METRICS_H
#define DP_TRAIN_METRICS_H

#include "train/trainer.h"

/* z: noise; x: samples; y, floor: data and further data; n of each. centre: of the modes. */
typedef struct { const dp_train *t; size_t n, d; double *z, *x, *y, *floor, *centre; int threads; } dp_train_metrics;
/* Draws the points and measures the floors and the data's modes into r. */
dp_status dp_train_metrics_init(dp_train_metrics *m, dp_train_result *r, const dp_trainer *a, int threads, dp_error *e);
void dp_train_metrics_clear(dp_train_metrics *m);
/* Generates x and measures. */
dp_status dp_train_measure(dp_train_result *r, dp_train_metrics *m, dp_trainer *a, dp_error *e);
/* MMD^2 of x against y (n x d each) with the kernel exp(-r^2/2h^2): U and V statistic from the same sums. */
dp_status dp_train_mmd2(double *u, double *v, const double *x, const double *y, size_t n, size_t d, double h, int threads, dp_error *e);
/* The median of the distances between the first points, a thousand at most. */
double dp_train_median(const double *y, size_t n, size_t d);

#endif
