/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit.h: recorded training runs against the theory: which drift a recorded velocity is, and what the samples say of the run. */
#ifndef DP_AUDIT_AUDIT_H
#define DP_AUDIT_AUDIT_H

#include "energy/energy.h"
#include "particle/affinity.h"

/* ---- what was recorded ---- */

enum { DP_MOST_BANDWIDTHS = 16 };

/* What the run says of its drift; an absent text is NULL. */
typedef struct {
    char *drift, *kernel, *mask, *scaling, *order, *normalisation, *weights;
    size_t nbandwidths;
    double bandwidth[DP_MOST_BANDWIDTHS];
    int tau;                         /* the numbers are temperatures: logits -r^2/tau, or -r/tau */
    slong iterations;                /* -1: not said */
    double regularisation, factor;   /* 0: not said */
    char *unknown;                   /* keys that the audit does not know, with commas, or NULL */
} dp_declared;

/* Arrays of a run, in doubles: x (steps, n, d), y (steps, m, d), v like x or NULL, direction (k, d) or NULL, step numbers.
   single: x, y or v was float32; half: v was float16, or has no more than its eleven bits, rounded; 2: no more than the eight of bfloat16; coarse: x or y was float16. xlabel (steps, n) and ylabel (steps, m): classes within which the drift acts, or NULL.
   z (steps, l, d): negatives beside x, the same for all labels, or NULL. */
typedef struct {
    size_t steps, n, m, l, d, ndirections;
    double *x, *y, *z, *v, *step, *direction, *xlabel, *ylabel;
    int single, half, coarse;
    dp_declared declared;
} dp_recorded;

/* A .npz with arrays x, y, optional v, step, directions, x_label and y_label, and a JSON text meta. x and v may lack the axis of steps; y may too, and is then
   the same at every step. DP_EINPUT names array or key. Clear it in any case. */
dp_status dp_recorded_read(dp_recorded *r, const char *path, dp_error *e);
void dp_recorded_clear(dp_recorded *r);
/* x: samples-STEP.npy, y: data.npy at every step, no v; declared: by run.yaml, unless its bandwidth changes. r as dp_recorded_read leaves it at its start. */
dp_status dp_recorded_folder(dp_recorded *r, const char *path, dp_error *e);
/* The batches of such a folder, trace-STEP.npz; no steps where there are none or `path` is no folder. Clear it in any case. */
dp_status dp_recorded_traces(dp_recorded *r, const char *path, dp_error *e);
/* The meta text alone. */
dp_status dp_declared_parse(dp_declared *a, const char *text, const char *path, dp_error *e);
void dp_declared_clear(dp_declared *a);

/* ---- what a drift can be ---- */

/* What a recorded bandwidth b means: h = b; logits -r^2/b (h^2 = b/2); h^2 = b; h = b sqrt(d); h = b times the mean distance of x to x and y; logits -r^2/b^2; h = b d. */
typedef enum { DP_BANDWIDTH_H, DP_BANDWIDTH_TAU, DP_BANDWIDTH_SQUARE, DP_BANDWIDTH_ROOT_D, DP_BANDWIDTH_MEAN, DP_BANDWIDTH_FULL, DP_BANDWIDTH_D, DP_BANDWIDTHS } dp_convention;

/* One way to compute a velocity. drift: a name of the registry, or NULL: an affinity that the registry lacks. */
typedef struct {
    const char *drift;
    dp_kernel_family family;
    int mask, joint;                 /* mask: the pair of a point with itself is left out; joint: row sums over y and x together */
    dp_norm norm;
    dp_weights weights;
    double clamp;                    /* floor under R C, 0: none */
    slong iterations;                /* sinkhorn: sweeps, -1: until convergence */
    int columns_first, drop_sizes;
    int plain_kernel_sum;            /* several bandwidths: one drift of the summed kernel, instead of the sum of the drifts */
    dp_released released;
    dp_convention convention;
} dp_variant;

/* What was computed of one variant at the step with these x (NULL: nothing yet): velocities of each of nh bandwidths, n d numbers each, and which are there. */
typedef struct { const double *x; double *u; size_t nh; int have[DP_MOST_BANDWIDTHS]; } dp_memo;

/* One step: x: n x d, y: m x d; xlabel, ylabel: the drift of the points of each label by themselves (0 where a label has no data), or NULL. z: l further negatives, or NULL.
   memo: of the variant that is evaluated, or NULL; the batch's bandwidths are those from number `at` on. */
typedef struct { size_t n, m, l, d, nh, ndirections; const double *x, *y, *z, *h, *direction, *xlabel, *ylabel; double lambda; int threads; dp_memo *memo; size_t at; } dp_batch;

/* The velocity of one step. DP_EUNSUPPORTED where the variant does not apply to such a batch (its kernel, its size).
   Error: as the engines of particle/; affinities in logarithms, a weight within about 8 u |logit|. Cost: n (n + m) exponentials or so. */
dp_status dp_variant_eval(double *v, const dp_variant *a, const dp_batch *b, dp_error *e);
/* The name in words, fresh: "da2, laplace, self mask". */
char *dp_variant_name(const dp_variant *a);
/* What was declared, every choice that was not said as `driftproof drift` makes it. DP_EINPUT for an unknown word. */
dp_status dp_variant_declared(dp_variant *out, const dp_declared *a, dp_error *e);
/* All variants for one reading of the bandwidth, into fresh memory; `a` says what else is recorded. smoothed-kl (a lattice for every batch) and converged
   plans are not among them: they are tried when they are declared. */
size_t dp_variant_list(dp_variant **out, const dp_declared *a, dp_convention convention);
/* h that a recorded bandwidth stands for; NaN: it depends on the batch. */
double dp_variant_bandwidth(const dp_variant *a, double bandwidth, size_t d);
/* Whether they are the same formula with the same h. */
int dp_variant_equal(const dp_variant *a, const dp_variant *b, const dp_declared *given, size_t d);

/* ---- which one it is ---- */

/* What was done to the drift u before it was recorded as v. UNIT: each point's divided by its length; SHORTENED: lengths cut off; CLAMPED: entries cut off; STANDARDISED: each coordinate less its mean over the
   points, divided by its standard deviation; MIXED: the bandwidths' (and labels') velocities with weights of their own; AVERAGED: v_t = a v_(t-1) + s u_t; COORDINATES, LENGTHS: each coordinate, each point's times
   a number of its own. */
typedef enum { DP_AS_IS, DP_UNIT, DP_SHORTENED, DP_CLAMPED, DP_STANDARDISED, DP_MIXED, DP_AVERAGED, DP_COORDINATES, DP_LENGTHS, DP_CHANGES } dp_change;

/* EXCLUDED: at some step the recorded velocity is no multiple of the variant, beyond what rounding explains. UNTRIED: does not apply, or rounding or
   chance alone would explain a match: nothing is said of it. */
typedef enum { DP_MATCHES, DP_EXCLUDED, DP_UNTRIED } dp_fate;
typedef struct {
    dp_variant variant;
    dp_fate fate;
    int declared, single, coarse, product, near; /* only in float32 arithmetic; only in arithmetic with the few bits of v; only with the distance of a point to itself as a product of matrices gives it; within a digit of the nearest that matches */
    double distance, limit;          /* |v - s u|/|v|, s fitted at each step, worst over the steps seen, or at the one that excludes it; and what rounding can make of it, 0: not asked */
    double low, high;                /* the fitted factors s lie between */
    double memory_low, memory_high;  /* AVERAGED: so do the a of v_t = a v_(t-1) + s u_t */
    double exact;                    /* worst |v - c u|/|v| with the named factor c */
    const char *factor;              /* "1", "m/n", ..., or NULL: no known constant */
    double value;                    /* c, or the mean factor */
    int by_rms;                      /* each step is divided by its root mean square */
    size_t steps, at;                /* steps seen; the step of the worst distance */
    double *each;                    /* distances at the compared steps, with the named factor where there is one; NaN: not looked at */
    char why[120];                   /* UNTRIED */
    char note[160];                  /* of a change: its numbers */
} dp_finding;

typedef struct {
    size_t n, compared;              /* findings; steps with a velocity that can be compared */
    dp_finding *f;                   /* matching ones first, the declared one before others; then by distance */
    size_t *step;                    /* the compared steps, the first and the last first */
    int has_declared, target;        /* target: nothing matches v, and these findings are of v - x */
    dp_change change;                /* nothing matches v as it is, and these findings are of drifts changed so */
    int mixed_labels;                /* labels were recorded, nothing matches within them, and these findings are without them */
    int unused_negatives;            /* negatives were recorded, nothing matches with them, and these findings are without them */
    double refit, refit_distance;    /* nothing matches: the declared drift with its bandwidths times `refit` does, at that distance at one step; 0: it does not either */
    int refitted;                    /* and so at every step: that is what it is */
} dp_identity;

/* Compares the recorded v with every variant. all: every reading of the bandwidth even when the first one matches.
   Error: a limit is an estimate: 8 times the change under perturbations of the size of rounding of coordinates and bandwidth. */
dp_status dp_identify(dp_identity *out, const dp_recorded *r, int all, int threads, dp_error *e);
void dp_identity_clear(dp_identity *a);
/* How many match; they stand first. */
size_t dp_identity_matches(const dp_identity *a);
/* Whether the declared variant matches with the declared factor (1 unless said); any: with any constant factor > 0. */
int dp_identity_as_declared(const dp_identity *a, const dp_declared *d, int any);

/* ---- what the samples say ---- */

enum { DP_MOST_ENERGIES = 8 };

/* A statistical statement about the run. p: of the test; power: against x moved by DP_AUDIT_SHIFT standard deviations, NaN: not known. */
#define DP_AUDIT_SHIFT 0.5
typedef struct { const char *name, *statement, *verdict; double value, floor, p, level, power; size_t n, m, draws; char message[240]; } dp_audit_check;

/* One functional along the run. tau: Kendall's, of values against time; p two-sided (Mann and Kendall); trend: "down", "up", "none", or "unknown" (too few steps). */
typedef struct { const char *name, *trend; double h, first, last, tau, p; size_t steps; int own; } dp_audit_trend;

typedef struct {
    size_t bad;                      /* the first step with a number that is not finite, or beyond 1e150; SIZE_MAX: none */
    size_t last;                     /* the step that is tested: the last one that is finite */
    double spread;                   /* root mean square distance of x from its mean over that of y, there */
    double rms, self;                /* root mean square of V(x; y) and of V(x; x) there, NaN: no formula */
    int promised;                    /* V(x; x) = 0 is an identity of this formula */
    int nchecks, ntrends;
    dp_audit_check check[4];
    dp_audit_trend trend[DP_MOST_ENERGIES];
} dp_audit_theory;

/* variant: the formula to hold against the samples, NULL: none. Tests are permutation tests at level `level` by the stream `seed`, of at most 400 (drift)
   and 500 (MMD) points a side. No result depends on threads. */
dp_status dp_audit_theory_run(dp_audit_theory *out, const dp_recorded *r, const dp_variant *variant, double level, ulong seed, int threads, dp_error *e);

#endif
