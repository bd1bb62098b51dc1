/* SPDX-License-Identifier: GPL-3.0-or-later */
/* streams.h: where noise and data of a run come from; private to this room. */
#ifndef DP_TRAIN_STREAMS_H
#define DP_TRAIN_STREAMS_H

#include "train/train.h"

/* Purposes that a seed's keys are for: a stable format. */
enum { DP_FOR_WEIGHTS = 1, DP_FOR_NOISE, DP_FOR_DATA, DP_FOR_DIRECTIONS, DP_FOR_TEST_NOISE, DP_FOR_TEST_DATA, DP_FOR_TEST_FLOOR, DP_FOR_SCALE, DP_FOR_CRITIC };

/* shift, scale: data are (y - shift)/scale. noise, data: batches from files, `slabs` of them, in turn. m: data of a batch. */
typedef struct { const dp_train *t; dp_draws *draws; double shift[3], scale[3], *noise, *data; slong noise_slabs, data_slabs; size_t m; } dp_train_streams;
dp_status dp_train_streams_init(dp_train_streams *s, const dp_train *t, dp_error *e);
void dp_train_streams_clear(dp_train_streams *s);
ulong dp_train_key(const dp_train *t, unsigned purpose);
/* The batch of a step; n points of another purpose. */
void dp_train_noise(double *z, const dp_train_streams *s, slong step);
void dp_train_data(double *y, const dp_train_streams *s, slong step);
void dp_train_test_noise(double *z, const dp_train_streams *s, size_t n);
void dp_train_test_data(double *y, const dp_train_streams *s, unsigned purpose, size_t n);

#endif
