/* SPDX-License-Identifier: GPL-3.0-or-later */
/* critic.h: the drift fgan: a network g of its own that is trained along to be the best function of a dual; private to this room. */
#ifndef DP_TRAIN_CRITIC_H
#define DP_TRAIN_CRITIC_H

#include "train/net.h"

/* updates: steps of its Adam, `before` of them with another run; c, z: slopes and points of a batch, x and y together. */
typedef struct { const dp_train *t; dp_net_shape shape; const dp_net_kind *kind; dp_net *net; size_t n, m; slong updates, before; double *z, *g, *c, *slope; } dp_critic;
dp_critic *dp_critic_new(const dp_train *t, const dp_net_kind *kind, size_t m);
void dp_critic_free(dp_critic *a);
/* The steps that belong to the batch of `step` (none where they are done already), then V = -grad dF/dq at x; *value: the dual at the end of them. DP_EBUDGET: e^g overflows. */
dp_status dp_critic_velocity(double *v, double *value, dp_critic *a, const double *x, const double *y, slong step, dp_error *e);

#endif
