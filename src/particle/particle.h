/* SPDX-License-Identifier: GPL-3.0-or-later */
/* particle.h: drifts and energies of samples: one sample problem, and the engines that the particle forms of drifts share. */
#ifndef DP_PARTICLE_H
#define DP_PARTICLE_H

#include "problem/problem.h"

/* Options of da2-released: every clip, mask and normalisation of the released code by name. The kernel's bandwidths are the temperatures. */
typedef struct {
    double distance_floor; /* floor under squared distances: 1e-8 */
    double scale_floor;    /* floor under the mean distance, and under the unit of coordinates: 1e-3 */
    double normaliser_floor; /* floor under row sum times column sum of exp(-distance/temperature): 0, none; 1e-12 in the authors' notebook */
    double clip;           /* floor under row softmax times column softmax, before the root: 1e-6 */
    double rms_floor;      /* floor under the mean square of one temperature's drift: 1e-8 */
    double mask;           /* added to the distance of each x to itself, after the division by the mean: 100 */
    int distances;         /* distances are divided by their weighted mean */
    int coordinates;       /* coordinates, and so the drift, are in units of mean distance/sqrt(d) */
    int rms;               /* each temperature's drift is divided by its root mean square over points and coordinates */
    double weight[3];      /* of each x, each further negative, each y: of affinities, and in the mean distance */
} dp_released;
extern const dp_released dp_released_default; /* as released */

/* Samples and how a drift treats them. x: n x d moves, y: m x d attracts, row-major, all finite; every point has weight 1/n or 1/m.
   z: l x d negatives that repel instead of x, NULL: x itself. Numbers of the definition are exact; engines in doubles round them once. */
typedef struct {
    size_t n, m, l, d;
    const double *x, *y, *z;
    slong nparts;                  /* the kernel: a sum of weighted parts */
    const dp_kernel_part *part;
    int leave_out;                 /* the pair of x_i with itself is left out of the negatives (when z is NULL) */
    int paired;                    /* z begins with the n points x, in their order: leave_out is of the pairs of x_i with z_i */
    int drop_sizes;                /* sinkhorn-proxy: without the n, m of (28), as Algorithm 1 does */
    int columns_first;             /* sinkhorn: a sweep begins with the columns, from unit row scaling */
    slong iterations;              /* sinkhorn: sweeps; -1: until `tolerance` */
    double tolerance;              /* sinkhorn: L1 error of the marginals; smoothed-kl: last change, or half-width, over the largest velocity; < 0: 1e-13, or what rounding leaves */
    size_t ndirections;
    const double *direction;       /* sliced-wasserstein: ndirections x d, of any length > 0 */
    const fmpq *lambda;            /* kale, chi2: regularisation > 0 */
    const dp_released *released;   /* NULL: as released */
    int single;                    /* sums over pairs in float32 */
    ulong seed;                    /* smoothed-kl: of random nodes, where a tolerance admits them */
    int threads;
} dp_sample;

/* What a solver says besides the velocity: primal, dual, gap, sweeps, ... */
enum { DP_MOST_NOTES = 12 };
typedef struct {
    double *v;           /* n x d, the caller's */
    double *core, *mass; /* NULL, or of sinkhorn-proxy and da2: n x d, the velocity before the masses multiply it; n x 2, the masses r^p, r^q of (29) */
    int nnotes;
    struct { const char *name; double value; } note[DP_MOST_NOTES];
} dp_drifted;
/* Adds a note; what is beyond DP_MOST_NOTES is dropped. Requires: name outlives out. */
void dp_drifted_note(dp_drifted *out, const char *name, double value);

/* DP_EINPUT when sizes, numbers or options make no problem; names the first coordinate that is not finite. Cost: one pass over the numbers. */
dp_status dp_sample_check(const dp_sample *s, dp_error *e);
/* Of the box around all points. Cost: one pass over the numbers. */
double dp_sample_diagonal(const dp_sample *s);
/* DP_EUNSUPPORTED when squares of differences overflow in doubles (single: floats), or underflow where they count: beside a bandwidth as small, or beside nothing else. Requires: dp_sample_check. */
dp_status dp_sample_range(const dp_sample *s, dp_error *e);
/* Whether sums over pairs may be in floats: the diagonal D of the box around all points is at most 1,024 bandwidths, and bandwidths lie between 1e-10 and 1e15 (without one D does). Coordinates less the
   box's centre then are floats with an error that changes a distance by at most u D, u = 2^-24. */
int dp_sample_fits_single(const dp_sample *s);
/* *out is s; where s->single and floats serve, its points are less the box's centre, found in doubles, which changes no difference, else it is in doubles. free() what is returned. Requires: dp_sample_check. */
double *dp_sample_served(dp_sample *out, const dp_sample *s);

/* ---- kernels in doubles ---- */

/* What is summed: the kernel k, its slope -k'(r)/r = |grad k|/r, or the companion k#(r) = int_r^inf s k(s) ds; or of the energy kernel alone -r, which is
   no weight, but has quotients of sums. */
typedef enum { DP_FORM_KERNEL, DP_FORM_SLOPE, DP_FORM_SHARP, DP_FORM_ENERGY } dp_form;

/* A kernel made ready: log of the form = -cost/eps with eps = h^2 (one Gaussian), h (one kernel with exponential tails) or 1, in units in which
   costs neither over- nor underflow where bandwidths are extreme. exact_h, exact_weight: as long doubles. */
typedef struct { slong nparts; struct { dp_kernel_family family; double log_weight, h, weight; long double exact_h, exact_weight; } part[64]; double h; int power; } dp_pkernel;
/* DP_EUNSUPPORTED when the form is not positive (energy: only the slope, or DP_FORM_ENERGY; imq: no companion). DP_EUNSUPPORTED too for
   bandwidths whose inverse or square overflows, DP_EINPUT without a kernel. Requires: at most 64 parts, bandwidths and weights > 0. Error: widths and weights are rounded to the nearest. */
dp_status dp_pkernel_init(dp_pkernel *k, const dp_sample *s, dp_form form, dp_error *e);
double dp_pkernel_eps(const dp_pkernel *k); /* overflows, or is 0, where h^2 does: then dp_over_eps serves */
double dp_over_eps(const dp_pkernel *k, double cost); /* cost/eps without forming eps */
/* The cost at squared distance r2 >= 0, a length squared or not as eps is; +inf where the form is 0 by convention: the slope at r = 0 (there the gradient is 0, or taken so at a kink;
   dp_rows counts it for one Gaussian, where it makes no difference to sum times shift). Error: 8 u (|cost| + eps (1 + |log h|)). */
double dp_pkernel_cost(const dp_pkernel *k, dp_form form, double r2);
/* log of one part's form, without its weight, but for the part -c/eps of `gaussian` (c = r^2/2) and the Matern kernels (c = rate r) that *far holds. Requires: r2 >= 0, h > 0.
   Error: 8 u (1 + |log h| + the result's and *far's size). */
double dp_kernel_near(double *far, dp_kernel_family family, double h, dp_form form, double r2);
double dp_kernel_rate(dp_kernel_family family); /* 1, sqrt(3), sqrt(5) */

/* ---- sums over pairs ---- */

/* Rows a (n x d) against columns b (m x d); `add`: m costs to be subtracted, NULL: none; skip: j = i is left out. cost, turned: c_ij (n x m) and c_ji (m x n) where they are
   at hand, as dp_pkernel_cost gives them, else NULL (sums of kernels, and others than Gaussian and Laplace, look there). */
typedef struct {
    size_t n, m, d;
    const double *a, *b, *add, *cost, *turned;
    const dp_pkernel *kernel;
    dp_form form;
    int skip, single, threads;
} dp_pairing;

/* |a_i - b_j|^2 by differences, and the cost of that. Requires: i < n, j < m. Error: the square relatively within (d + 2) u, the cost as dp_pkernel_cost's beside it. */
static inline double dp_pairing_square(const dp_pairing *p, size_t i, size_t j)
{
    double r2 = 0;
    for (size_t k = 0; k < p->d; k++) r2 += (p->a[i * p->d + k] - p->b[j * p->d + k]) * (p->a[i * p->d + k] - p->b[j * p->d + k]);
    return r2;
}

static inline double dp_pairing_cost(const dp_pairing *p, size_t i, size_t j)
{
    return p->cost ? p->cost[i * p->m + j] : dp_pkernel_cost(p->kernel, p->form, dp_pairing_square(p, i, j));
}

/* The square of the diagonal of the box around all points, in doubles: relatively within (d + 3) u. Cost: (n + m) d. */
double dp_pairing_diagonal(const dp_pairing *p);

/* sum[i] = eps log sum_j exp((add_j - c_ij)/eps) (-inf: no column left) and shift[i] = sum_j w_ij (b_j - a_i) with weights w_ij that sum to 1
   (0 when no column is left). Either may be NULL. No result depends on the number of threads.
   Requires: add_j finite or -inf; sizes in dp_sample_range. Error: the weight before it is divided by the sum relatively within eta_j = (d + 12) u (2 + (c_ij + |add_j|)/eps), u = 2^-53, or 2^-24 with at most
   1,024 for the last term and what distances move by where floats do not hold the points (dp_sample_fits_single); sum/eps by their mean, shift by at most 2 sum_j w_j/w_l (exp(eta_j + eta_l) - 1) max |b_j - b_l|, l the heaviest, and (m + 8) u max |b_j - a_i| (docs/drift.md, t-reference.c). Cost: n m exponentials, O(m) memory a thread. */
dp_status dp_rows(double *sum, double *shift, const dp_pairing *p, dp_error *e);
/* The rows x against the columns y, or against the negatives (skip where leave_out says so). They point into s and k, which outlive them. */
dp_pairing dp_pairing_y(const dp_sample *s, const dp_pkernel *k, dp_form form);
dp_pairing dp_pairing_negatives(const dp_sample *s, const dp_pkernel *k, dp_form form);
/* Rows and columns exchanged, nothing added. */
dp_pairing dp_pairing_turned(const dp_pairing *p);
size_t dp_negatives(const dp_sample *s); /* how many: l, or n */

/* ---- drifts made of such sums ---- */

/* One Ruiz step (28) on rows x with cross-weighting (29), (30); joint: the row sums run over y and the negatives together (67), as in da2. v: n x d, displacements times masses.
   Requires: dp_sample_check, dp_sample_range. Error: core as the shifts of dp_rows on both sides, a mass relatively by the means of eta over its row and its columns (docs/drift.md, t-reference.c).
   Cost: two of dp_rows a side, O(n + m) memory. Source: Gretton et al. Algorithm 1, Deng et al. Algorithm 2. */
dp_status dp_pseudo_plan(dp_drifted *out, const dp_sample *s, int joint, dp_error *e);
/* (27): plan against y minus plan against the negatives, each by s->iterations sweeps or to s->tolerance; n x d, displacements. Requires: dp_sample_check, dp_sample_range. DP_EBUDGET where the tolerance,
   or any digits of the weights, are out of reach. Notes: sweeps, sweeps_self; of sweeps rounding: a bound on the relative error of a weight; converged marginal_error, marginal_error_self, dual, primal, gap, newton.
   Error: after sweeps (rounding + (n + m) u) times the farthest on either side; converged n times the marginal errors times that, beside rounding of exponents (t-reference-plans.c). Cost: n m exponentials a sweep. */
dp_status dp_sinkhorn_drift(dp_drifted *out, const dp_sample *s, dp_error *e);
/* Deng's released code; here z are negatives beside x. v: n x d, in units of the mean square where rms says so. Notes: mean_distance, coordinate_unit. Doubles only. Requires: dp_sample_check, dp_released_check.
   Error: 32 (d + 12) u (40 + the largest cost of a nearest neighbour/h) of the largest velocity on clouds whose means differ (t-reference-plans.c); unknown where all velocities nearly cancel.
   Cost: for each temperature 3 n (n + l + m) exponentials, O(n + l + m) memory. */
dp_status dp_released_check(const dp_sample *s, dp_error *e); /* kernel laplace, with a bandwidth */
dp_status dp_released_drift(dp_drifted *out, const dp_sample *s, dp_error *e);

#endif
