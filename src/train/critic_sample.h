/* SPDX-License-Identifier: GPL-3.0-or-later */
/* critic_sample.h: the drift fgan on samples: a critic from a file of weights, or trained on the samples by a seed. */
#ifndef DP_TRAIN_CRITIC_SAMPLE_H
#define DP_TRAIN_CRITIC_SAMPLE_H

#include "particle/particle.h"
#include "train/train.h"

/* divergence: dp_divergence; activation: as in a case (silu, relu, tanh, gelu), lambda: of kale. file: a .npz with the weights, or NULL: `depth` hidden layers of `width`
   numbers from `seed`, and `steps` steps of Adam (rate `lr`, 0.9, 0.999) upwards on the dual of these samples. */
typedef struct { int divergence, activation; double lambda; const char *file; slong depth, width, steps, seed; double lr; } dp_critic_options;
/* V = -grad dF/dq at x, dF/dq as in critic.c. In the file, weight k stands as "critic.layer.weight" like those of `train` (parameters.npz), without "critic.", or as a
   sequence "0.weight", "2.weight", ...; shapes (out, in), the last with one output. Notes: dual, a lower bound for the divergence of the samples; steps.
   Error: DP_EINPUT where the file has no such network; DP_EBUDGET where the dual is not finite. Cost: steps + 1 passes over n + m points. */
dp_status dp_critic_sample(dp_drifted *out, const dp_sample *s, const dp_critic_options *o, dp_error *e);

#endif
