/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trainer.h: what a trainer holds; private to this room. */
#ifndef DP_TRAIN_TRAINER_H
#define DP_TRAIN_TRAINER_H

#include "train/critic.h"
#include "train/field.h"
#include "train/net.h"
#include "train/streams.h"

/* updates: steps that the optimiser has done, those before a file of parameters included. z, x, v, c: the batch's noise, samples, velocities, slopes; y: its data. */
struct dp_trainer {
    const dp_train *t;
    dp_net_shape shape;
    const dp_net_kind *kind;
    dp_net *net;
    dp_train_streams streams;
    dp_train_field field;
    dp_critic *critic; /* of fgan, or NULL */
    slong step, updates;
    double *z, *y, *x, *v, *c, dual;
};

/* parameters.npz: weights, states and step of a trainer. gradient: with the gradient as it stands. */
dp_status dp_trainer_save(const dp_trainer *a, const char *file, int gradient, dp_error *e);

#endif
