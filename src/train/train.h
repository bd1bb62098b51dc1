/* SPDX-License-Identifier: GPL-3.0-or-later */
/* train.h: training of one generator: a case's block `train`, the run of it, and single steps for those who look inside.

   For a sweep: dp_train_parse with the text of one case file and one list of --set for each cell; dp_train_run with a folder of its own or none; of dp_train_result
   every field may be relied on (NaN: not measured). A run uses one thread unless told otherwise, and no result depends on how many. Runs of one process may go on in
   several threads at once. docs/training.md has the equations, the keys and the formats. */
#ifndef DP_TRAIN_TRAIN_H
#define DP_TRAIN_TRAIN_H

#include <signal.h>

#include "ball/tape.h"
#include "drift/drift.h"

typedef enum { DP_NETWORK_RESNET, DP_NETWORK_MLP } dp_network;
typedef enum { DP_ACTIVATION_SILU, DP_ACTIVATION_RELU, DP_ACTIVATION_TANH, DP_ACTIVATION_GELU } dp_activation;
typedef enum { DP_METHOD_ADAM, DP_METHOD_ADAMW, DP_METHOD_SGD } dp_method;
typedef enum { DP_DIVERGENCE_KL, DP_DIVERGENCE_JS, DP_DIVERGENCE_CHI2, DP_DIVERGENCE_KALE } dp_divergence;
typedef enum { DP_BATCHES_FRESH, DP_BATCHES_FIXED, DP_BATCHES_FULL } dp_batches;
typedef enum { DP_BANDWIDTH_CONSTANT, DP_BANDWIDTH_LINEAR, DP_BANDWIDTH_COSINE, DP_BANDWIDTH_GEOMETRIC } dp_bandwidth_schedule;

/* A case for training, as read: p, kernel and regularisation stand in P; the rest mirrors the keys of `train` one by one. P->text is the complete case, every default
   written out: reading it gives the same again. Lists: n entries. Words: 0 for the first. */
typedef struct {
    dp_problem *P;
    char *drift;
    slong iterations;                     /* sinkhorn: sweeps, -1: converged */
    double tolerance;                     /* of convergence, 0: what rounding allows */
    int order, scaling, self;             /* rows-first|columns-first, population|algorithm, usual|keep|leave-out */
    slong directions;
    int directions_once;                  /* fresh|once */
    slong nbandwidths;
    fmpq *bandwidth;                      /* V is summed over these instead of the kernel's own */
    int normalise;                        /* none|rms */
    double gamma;
    int differentiate;                    /* stop_gradient: true|false */
    int network, activation, noise_law;   /* noise_law: normal|uniform */
    slong depth, width, noise;
    int divergence;                       /* of fgan: kl|js|chi2|kale, and its critic */
    slong critic_steps, critic_depth, critic_width;
    int critic_activation;
    double critic_lr, critic_beta[2], critic_lambda;
    int method, nesterov;
    double lr, beta[2], eps, weight_decay, momentum, dampening;
    int schedule;
    double schedule_to;
    slong schedule_over;                  /* 0: all steps */
    int loss;                             /* sum|mean over coordinates; over the batch it is a mean */
    slong batch, data_batch;              /* data_batch 0: as many as batch */
    int batches, points, standardise;     /* data: law|points */
    slong steps, seed;
    int precision;                        /* single|double */
    char *parameters, *noise_file, *data_file; /* "" for none */
    slong history, samples, checkpoint, trace; /* every so many steps; 0: at the end only */
    int keep;                             /* all checkpoints, not the last one only */
    slong evaluate, evaluation_n, evaluation_transport;
    double evaluation_sinkhorn;           /* h of the Sinkhorn divergence, 0: not measured */
    slong nenergies;
    char **energy;                        /* functionals of the case's kernel, recorded with the history */
} dp_train;

/* Reads a case file with a block `train`, after --set. DP_EINPUT with file, line, key and what was expected. */
dp_status dp_train_read(dp_train **out, const char *path, const char *const *sets, size_t nsets, dp_error *e);
/* The same from memory; `path` for messages and for files named in the case. */
dp_status dp_train_parse(dp_train **out, const char *path, const char *text, const char *const *sets, size_t nsets, dp_error *e);
void dp_train_free(dp_train *t);

/* ---- a whole run ---- */

enum { DP_TRAIN_MODES = 16 };

/* Where a run stands and what was measured last. loss, v_rms, bandwidth: at the batch of `step`. Metrics: of evaluation_n samples of the network against as many fresh
   draws of p, mmd2 with the Gaussian kernel whose bandwidth is the median distance of the data: U and V statistic, and for scale (floor_*) the same of data against further
   data. w2 is the distance (not squared, not half) on evaluation_transport points; sinkhorn the divergence (59); energy the energy distance (V statistic).
   mode: shares of samples nearest to each component of a mixture (or of eight-gaussians), data_mode: of the data. */
typedef struct {
    slong step, steps;
    int finished, diverged;              /* all steps done; coordinates beyond 1e15 or not finite: the run ends there */
    double loss, v_rms, bandwidth, critic; /* critic: fgan's dual, which estimates the divergence from below */
    slong evaluated;                     /* step of the metrics, -1: none */
    double mmd2_u, mmd2_v, floor_mmd2_u, floor_mmd2_v, mmd_bandwidth, w2, floor_w2, sinkhorn, floor_sinkhorn, energy, floor_energy;
    int nmodes;
    double mode[DP_TRAIN_MODES], data_mode[DP_TRAIN_MODES];
    double seconds, step_seconds;        /* of this call; median time of a step without records */
} dp_train_result;

/* folder: NULL: nothing is written. resume: a folder that holds a run of the same case is continued from its checkpoint (one that is finished gives its result at once); without it such a
   folder is DP_EINPUT. stop: ends the run between two steps, with a checkpoint, DP_EINTERRUPTED. progress: after each step. */
typedef struct {
    const char *folder;
    int resume, threads;
    const volatile sig_atomic_t *stop;
    void (*progress)(void *to, const dp_train_result *now);
    void *to;
} dp_train_options;

/* Trains. DP_OK when all steps are done or the run diverged. Equal cases give equal bytes in every file but timing.csv, whatever the threads, interrupted or not. */
dp_status dp_train_run(dp_train_result *r, const dp_train *t, const dp_train_options *o, dp_error *e);

/* The result as one JSON object, without times (result.json). */
void dp_train_result_json(FILE *f, const dp_train *t, const dp_train_result *r);

/* ---- step by step ---- */

/* Network, optimiser's states and batches of a case, at iterate `step` (0: initial weights). */
typedef struct dp_trainer dp_trainer;
dp_status dp_trainer_new(dp_trainer **out, const dp_train *t, int threads, dp_error *e);
void dp_trainer_free(dp_trainer *a);
/* Weights and states from a checkpoint (parameters.npz). */
dp_status dp_trainer_load(dp_trainer *a, const char *file, dp_error *e);
slong dp_trainer_step(const dp_trainer *a);
/* Number of parameters; names and shapes layer by layer as in parameters.npz, weights (out, in), 0 past the end. */
size_t dp_trainer_size(const dp_trainer *a);
int dp_trainer_layer(char name[64], size_t *in, size_t *out, const dp_trainer *a, int layer);
/* All parameters in that order (weight, then bias of each layer); or first and second states. */
typedef enum { DP_STATE_WEIGHTS, DP_STATE_GRADIENT, DP_STATE_FIRST, DP_STATE_SECOND, DP_STATES } dp_state;
void dp_trainer_get(double *out, const dp_trainer *a, dp_state which);
void dp_trainer_set(dp_trainer *a, dp_state which, const double *in);
/* f(z) for n points of noise (n x noise) into x (n x dim). */
void dp_trainer_generate(double *x, dp_trainer *a, const double *z, size_t n);
/* Gradient over the parameters of sum_i c_i . f(z_i), exact but for rounding. */
void dp_trainer_pull(double *gradient, dp_trainer *a, const double *z, const double *c, size_t n);
/* The network of the weights as they stand, in balls: the parameters become inputs theta, theta + 1, ... of the tape, in the order of dp_trainer_get, f(z_i) the steps
   x[i dim], ...: exact but for rounding at the tape's precision. DP_EUNSUPPORTED: gelu. */
dp_status dp_trainer_tape(slong *theta, slong *x, dp_tape *T, const dp_trainer *a, const double *z, size_t n, dp_error *e);
/* The sample problem that the drift of `step` is (of several bandwidths the first), for dp_drift_sample_ball and dp_energy_sample; borrows from a until the next call. */
void dp_trainer_sample(dp_sample *s, dp_trainer *a, const double *x, size_t n, const double *y, size_t m, slong step);
/* The batch of a step: noise (batch x noise) and data (m x dim); either may be NULL. */
void dp_trainer_batch(double *z, double *y, const dp_trainer *a, slong step);
size_t dp_trainer_data(const dp_trainer *a); /* m */
/* V at x (n x dim) against y (m x dim) with the bandwidth of `step`, summed and normalised as the case says. */
dp_status dp_trainer_velocity(double *v, const dp_trainer *a, const double *x, size_t n, const double *y, size_t m, slong step, dp_error *e);
/* Loss (46) and root mean square of |V| at the batch of the present step; leaves the gradient of the loss in the state DP_STATE_GRADIENT. DP_EBUDGET: the samples have diverged. */
dp_status dp_trainer_gradient(double *loss, double *v_rms, dp_trainer *a, dp_error *e);
/* A functional of samples (energy.h) at the batch as dp_trainer_gradient left it, with the kernel of the present step. */
dp_status dp_trainer_energy(double *value, dp_trainer *a, const char *energy, dp_error *e);
/* One step of the optimiser with the gradient as it stands. */
void dp_trainer_update(dp_trainer *a);

#endif
