/* SPDX-License-Identifier: GPL-3.0-or-later */
/* estimated.h: fields on meshes in double precision for any measure and kernel of a case, with errors found by refinement: the moments at
   a node that the drifts' formulas take, and what the engine's files share. */
#ifndef DP_DRIFT_ESTIMATED_H
#define DP_DRIFT_ESTIMATED_H

#include "drift/est_num.h"
#include "drift/grid_internal.h"

/* ---- what a drift's formula sees ---- */

/* Moments of a positive measure mu at a node, relative to Z = (k*mu)(x), so that nothing over- or underflows:
   log = log Z, u = grad Z/Z, U = Hess Z/Z, m = D/Z, M_ij = (d D_i/d x_j)/Z, D = int k(x,y) (y - x) mu(dy), and kappa = (k#*mu)/Z with the kernel
   k#(r) = int_r^inf s k(s) ds, whose gradient is k(x,y) (y - x): D = grad k#*mu. For densities (the drift kl) Z is the density itself, m and M are not set. */
typedef struct dp_emoments_struct { dp_num log, kappa, u[3], U[9], m[3], M[9]; } dp_emoments;

/* Which moments a formula needs, and where it finds them. */
enum { DP_SLOT_P, DP_SLOT_Q, DP_SLOT_PT, DP_SLOT_QT, DP_SLOT_QHAT, DP_SLOTS }; /* p, q, p/sqrt(k*q), q/sqrt(k*q), q/(k*q) */
enum {
    DP_NEED_P = 1, DP_NEED_Q = 2, DP_NEED_PT = 4, DP_NEED_QT = 8, DP_NEED_QHAT = 16,
    DP_NEED_SCORES = 32, /* slots p and q hold the densities themselves */
    DP_NEED_SMOOTH = 64, /* slot p: log, u, U are value, gradient and Hessian of kappa*log((k*p)/(k*q)) itself */
    DP_NEED_SHARP = 128, /* kappa is used: k# must be finite */
    DP_NEED_PLAN = 256   /* slots p and q carry the factors of entropic plans (est_plan.h) */
};

/* What a formula fills in: it sets `have` (DP_HAVE_ bits) and for these the numbers; Jacobian and the gradients of eta only when order = 2. */
typedef struct dp_efield_struct {
    int dim, order, gaussian; /* set beforehand; gaussian: the kernel is one Gaussian; then h2 is its squared width */
    double h2;
    unsigned have;
    dp_num velocity[3], jacobian[9], potential, preconditioner, grad_eta[3], grad_ratio[3];
    const char *why;
} dp_efield;

/* V = grad of L_a - L_b with potential -(L_a - L_b), times `scale`: L = log Z (sharp = 0) or log(k#*mu) (sharp = 1). */
void dp_efield_log_ratio(dp_efield *f, const dp_emoments *a, const dp_emoments *b, int sharp, double scale);
/* V = c (m_a - m_b) with c = exp(log_c) and grad c = c grad_log_c: the mean shifts' difference times a scalar. */
void dp_efield_shift(dp_efield *f, dp_num log_c, const dp_num *grad_log_c, const dp_emoments *a, const dp_emoments *b);
/* The common formula of the proxy and DA2 (pseudo_plan.c). */
void dp_efield_pseudo_plan(dp_efield *f, const dp_emoments *m, int joint);

/* ---- the engine ---- */

/* The field of a drift that has a grid formula; every value `estimated`. DP_EUNSUPPORTED with the reason where measure, kernel and drift do not
   go together or the mesh would need more memory than the engine allows itself. f is made with DP_TIER_DOUBLE. */
dp_status dp_gridfield_estimated(dp_gridfield *f, const dp_problem *P, const char *drift, int threads, dp_error *e);

/* Coordinates along each axis; axes beyond dim have the single node 0. */
typedef struct { int dim; slong n[3]; double *x[3]; } est_axes;
static inline slong est_rows(const est_axes *a) { return a->n[1] * a->n[2]; }
static inline slong est_size(const est_axes *a) { return a->n[0] * est_rows(a); }
void est_axes_clear(est_axes *a);

/* A kernel's part in doubles; family as in the problem. */
typedef struct { dp_kernel_family family; double weight, h; } est_part;
typedef struct { slong n; est_part *part; int gaussian; } est_kernel; /* gaussian: all parts are */
void est_kernel_init(est_kernel *k, const dp_problem *P);
/* k(r) = exp(-phi) v[0], -k'(r)/r = exp(-phi) v[1], (k'' - k'/r)/r^2 = exp(-phi) v[2], k#(r) = exp(-phi) v[3] (imq: a primitive that is
   negative). Not finite at r = 0 where there is a kink. */
void est_kernel_at(double *phi, double v[4], const est_part *part, double r2);
/* Fourier transforms in R^d of k and k# at squared frequency w2 (not imq). */
void est_kernel_fourier(double out[2], const est_part *part, int dim, double w2);
double est_kernel_reach(const est_part *part); /* k < 1e-17 beyond (not imq) */

/* A sum of Gaussians: log-coefficients and inverse matrices, closed forms. */
typedef struct { int dim; slong n; double *mean, *inv, *log_c; } est_gsum;
/* k*mu for a Gaussian part of width h, or the density when h is NULL. */
void est_gsum_init(est_gsum *g, const dp_measure_t mu, const fmpq *h);
void est_gsum_clear(est_gsum *g);
void est_gsum_at(dp_emoments *out, const est_gsum *g, const double *x, int order);

/* log of a density. */
double est_log_density(const dp_measure_t mu, const est_gsum *g, const double *y);
/* Its first two derivatives too: mixture, student, laplace. */
void est_score_at(dp_emoments *out, const dp_measure_t mu, const est_gsum *g, const double *x);

typedef enum { EST_CLOSED, EST_POINTS, EST_TENSOR, EST_LATTICE } est_kind;
/* One measure, one level of refinement. */
typedef struct est_source {
    est_kind kind;
    int exact;                    /* no quadrature took part: the same at every level */
    const est_kernel *k;
    const dp_measure_struct *mu;
    int dim;
    est_gsum *closed;             /* CLOSED: one for each part (mixtures), else NULL: a box */
    slong n;                      /* POINTS */
    double *point, *log_w;        /* POINTS: n x dim and n; TENSOR and LATTICE: log_w at the nodes */
    est_axes nodes;               /* TENSOR, LATTICE */
    double reach;                 /* TENSOR: nodes where mu has its bulk, grown by this, in d >= 2 steps halved every second level; 0: by level and mesh */
    double *axis_w[3];            /* TENSOR: quadrature weights along axes, logarithms */
    struct est_fft *fft;          /* LATTICE */
    slong first[3], stride[3];    /* LATTICE: where the mesh lies */
    double step[3];               /* LATTICE */
} est_source;
void est_source_clear(est_source *s);

/* Moments at one point: CLOSED and POINTS. */
void est_pointwise(dp_emoments *out, const est_source *s, const double *x, int order);
/* Weighted combination of a kernel's parts. */
void est_combine(dp_emoments *out, const dp_emoments *part, const est_kernel *k, int dim, int order);

/* A tensor source's moments on axes: tables, then rows (all nodes of the first axis). */
typedef struct { const est_source *s; const est_axes *out; int order; double *table, *last, *most; slong kinds; double top; } est_table;
dp_status est_table_init(est_table *t, const est_source *s, const est_axes *out, int order, int threads, dp_error *e);
void est_table_row(dp_emoments *out, const est_table *t, slong row);
void est_table_clear(est_table *t);

#endif
