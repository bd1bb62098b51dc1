/* SPDX-License-Identifier: GPL-3.0-or-later */
/* drift_input.h: the sample problem that a command line describes. */
#ifndef DP_TOOL_DRIFT_INPUT_H
#define DP_TOOL_DRIFT_INPUT_H

#include "base/table.h"
#include "drift/drift.h"
#include "tool/option.h"

typedef struct {
    dp_sample s; /* points into what follows */
    dp_table x, y, z, directions;
    size_t nparts;
    dp_kernel_part part[64];
    fmpq_t lambda;
    dp_released released;
} dp_drift_input;

/* Wrong options end the program; files that cannot be read or do not fit together are DP_EINPUT. Clear it in any case. */
dp_status dp_drift_input_read(dp_drift_input *in, const dp_args *a, const char *drift, dp_error *e);
void dp_drift_input_clear(dp_drift_input *in);
/* --directions: FILE (rows, or columns where only these have d numbers), random:K or quasi:K, vectors of R^d; when nothing is said 100 at random by --seed, on the line the one there is. Clear it in any case. */
dp_status dp_read_directions(dp_table *out, const dp_args *a, size_t d, dp_error *e);
/* Ends the program where an option was given that has no part in the drift, or in the energy asked for. */
void dp_drift_options_check(const dp_args *a, const char *drift);
/* The drift fgan: its critic by --critic, --divergence, --activation. */
dp_status dp_drift_critic(dp_drifted *out, const dp_args *a, const dp_sample *s, dp_error *e);
/* da2 and sinkhorn-proxy with --normalisation, --weighting or --mask after: whether that was asked, whether it makes sense (or the program ends), the velocities. */
int dp_drift_affinity_asked(const dp_args *a);
void dp_drift_affinity_check(const dp_args *a, const char *drift);
dp_status dp_drift_affinity(dp_drifted *out, const dp_args *a, const char *drift, const dp_sample *s, dp_error *e);
dp_status dp_drift_affinity_ball(arb_ptr out, const dp_args *a, const char *drift, const dp_sample *s, slong digits, dp_error *e);
/* Whether `drift` has a form in float32, and floats serve these points. */
int dp_drift_fits_single(const char *drift, const dp_sample *s);
double dp_read_double(const char *option, const char *text, double least);

#endif
