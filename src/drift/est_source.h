/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_source.h: what the estimating engine's files share: kernels and measures in the real type, sources of moments and their nodes. */
#ifndef DP_DRIFT_EST_SOURCE_H
#define DP_DRIFT_EST_SOURCE_H

#include "drift/estimated.h"
#include "drift/est_real.h"

real est_fmpq(const fmpq_t x);
real est_pi(void);
real est_arb(const arb_t x); /* the midpoint */
/* Gauss-Legendre on [-1, 1]. */
enum { EST_GAUSS = 32 };
typedef struct { int n; real y[EST_GAUSS], w[EST_GAUSS]; } est_gauss;
void est_gauss_init(est_gauss *g, int n);
/* Rules of panels that are shorter than they may be, each time twice as short a rule of R_POINTS/8 points fewer. The longest panel of the next level is half as long, so its rule has more points
   wherever this one's errs: levels never agree by being equal. Only below 1/128 of the longest, three widths, both have R_POINTS/4 points: in double 4, which err by
   (4!)^4/(9 (8!)^3) (3/128)^8 = 5e-23 times the integrand's eighth derivative, 3e7 at 9 widths; in quad 8, (8!)^4/(17 (16!)^3) (3/128)^16 = 1e-49 times 1e15. */
enum { EST_RULES = 7 };
void est_rules_init(est_gauss rule[EST_RULES]);
const est_gauss *est_rule(const est_gauss rule[EST_RULES], real length, real longest);

/* Coordinates along each axis; axes beyond dim have the single node 0. apart: equidistant, and nothing is asked for between them. */
typedef struct { int dim; slong n[3]; real *x[3]; int apart; } est_axes;
static inline slong est_lines(const est_axes *a) { return a->n[1] * a->n[2]; }
static inline slong est_size(const est_axes *a) { return a->n[0] * est_lines(a); }
static inline slong est_blocks(const est_axes *a) { return (a->n[0] + DP_LANES - 1) / DP_LANES; }
void est_axes_clear(est_axes *a);

/* Where moments are asked for: a point in every lane (the last of them again and again where there are fewer). */
typedef struct { real x[3][DP_LANES] __attribute__((aligned(64))); } est_at;

/* ---- kernels ---- */

typedef struct { dp_kernel_family family; real weight, h; } est_part;
typedef struct { slong n; est_part *part; int gaussian; } est_kernel; /* gaussian: all parts are */
void est_kernel_init(est_kernel *k, const dp_problem *P);
/* k(r) = exp(-phi) v[0], -k'(r)/r = exp(-phi) v[1], (k'' - k'/r)/r^2 = exp(-phi) v[2], k#(r) = exp(-phi) v[3] (imq: a primitive that is
   negative). Not finite at r = 0 where there is a kink. */
void est_kernel_at(real *phi, real v[4], const est_part *part, real r2);
void est_kernel_lanes(real *phi, real v[4][DP_LANES], const est_part *part, const real *r2); /* at all lanes */
/* Fourier transforms in R^d of k (primitive = 0) or k# at squared frequency w2 (not imq): scale (1 + w2/a2)^-power, or scale exp(-a2 w2) where power is 0;
   twice the power is a whole number. */
typedef struct { real scale, a2; int twice_power; } est_fourier;
est_fourier est_kernel_fourier(const est_part *part, int dim, int primitive);
int est_twice_nu(dp_kernel_family family); /* of laplace and matern: 1, 3, 5 */
real est_kernel_reach(const est_part *part); /* k is below rounding beyond (not imq) */
real est_narrowest(const est_kernel *k);
real est_widest(const est_kernel *k);
/* Weighted combination of a kernel's parts. */
void est_combine(dp_emoments *out, dp_lanes *on, const dp_emoments *part, const est_kernel *k, int dim, int order);

/* ---- measures ---- */

/* A sum of Gaussians: log-coefficients and inverse matrices, closed forms. */
typedef struct { int dim; slong n; real *mean, *inv, *log_c, pull[3]; } est_gsum; /* pull: largest row sum of the inverses */
/* k*mu for a Gaussian part of width h, or the density when h is NULL. */
void est_gsum_init(est_gsum *g, const dp_measure_t mu, const fmpq *h);
void est_gsum_clear(est_gsum *g);
void est_gsum_at(dp_emoments *out, const est_gsum *g, const est_at *at, int order);

/* A density's constants. */
/* unit: 1/integral of a table's values; marginal: of a product. */
typedef struct est_law { const dp_measure_struct *mu; est_gsum g; real centre, scale, dof, constant, lo[3], hi[3], unit; struct est_law *marginal; } est_law;
/* The law along an axis of a product, and its axis 0; any other law itself. */
static inline const est_law *est_along(const est_law *law, int *axis)
{
    if (!law->marginal)
        return law;
    law = law->marginal + *axis, *axis = 0;
    return law;
}
void est_law_init(est_law *law, const dp_measure_struct *mu);
void est_law_clear(est_law *law);
void est_law_log(real *out, const est_law *law, dp_lanes *on, const est_at *at); /* log of the density at all lanes */
dp_status est_law_on_axes(real *out, const est_law *law, const est_axes *nodes, int threads, dp_error *e); /* at all nodes of the axes */
/* Its first two derivatives too: mixture, student, laplace and their products. */
void est_law_score(dp_emoments *out, const est_law *law, const est_at *at);
/* The smallest width along an axis, other coordinates held. */
real est_smallest_width(const est_law *law, int axis);
/* Where nearly all of mu lies along an axis. */
void est_bulk(real *lo, real *hi, const est_law *law, int axis, real growth);

/* ---- sources ---- */

typedef enum { EST_CLOSED, EST_POINTS, EST_TENSOR, EST_LATTICE, EST_PANELS } est_kind;
/* One measure, one level of refinement. */
typedef struct est_source {
    est_kind kind;
    real reach;                   /* TENSOR: nodes where mu has its bulk, grown by this, in d >= 2 steps halved every second level; 0: by level and mesh */
    int exact;                    /* no quadrature took part: the same at every level */
    const est_kernel *k;
    const dp_measure_struct *mu;
    int dim;
    est_law law;                  /* densities */
    est_gsum *closed;             /* CLOSED: one for each part (mixtures), else NULL: a box */
    slong n;                      /* POINTS */
    real *point, *log_w;          /* POINTS: n x dim and n; TENSOR and LATTICE: log_w at the nodes */
    real *slip;                   /* POINTS and LATTICE: relative errors of the weights that another lattice's transforms made, or NULL */
    est_axes nodes;               /* TENSOR, LATTICE */
    real *axis_w[3];              /* TENSOR: quadrature weights along axes, logarithms; LATTICE of a product: masses along axes, likewise */
    const struct est_source *by;  /* TENSOR of very many nodes: log_w is NULL, and made slice by slice from mu/(k*by)^beta */
    double beta;
    est_kernel *own;              /* CLOSED: Gaussians in the place of a kernel with a kink */
    struct est_panels *panels;    /* PANELS */
    const dp_problem *P;          /* PANELS: what the nodes were laid for */
    int level;
    struct est_fft *fft;          /* LATTICE */
    slong first[3], stride[3];    /* LATTICE: where the mesh lies */
    slong thin[3];                /* LATTICE: of the nodes every so many carry weight */
    int tails;                    /* LATTICE: log Z is kept on all of it */
    int tapered;                  /* LATTICE: weights fade to 0 before the ends, further out than kernels reach: the period needs no padding */
    real step[3];                 /* LATTICE */
} est_source;

/* The source for mu against the kernel at this level, of mu/(k*q)^beta when q is given; `out`: where moments will be asked for. */
dp_status est_source_init(est_source *s, const dp_problem *P, const est_kernel *k, const dp_measure_struct *mu, const est_source *q, double beta,
                          const est_axes *out, int level, int threads, dp_error *e);
/* A Gaussian mixture in the plane or in space against kernels with a kink, as a sum over Gaussian kernels of many widths (est_scales.c): whether that serves at these nodes, and the source. */
int est_scales_serve(const est_kernel *k, const dp_measure_struct *mu, const est_axes *out);
dp_status est_scales_init(est_source *s, const dp_problem *P, const est_kernel *k, const dp_measure_struct *mu, const est_axes *out, int level, dp_error *e);
/* mu at nodes, never in closed form: its points, or tensor nodes with the step of this level on its bulk, grown by `reach` (Gaussian kernels). */
dp_status est_source_nodes(est_source *s, const dp_problem *P, const est_kernel *k, const dp_measure_struct *mu, double reach, int level, int threads,
                           dp_error *e);
/* For est_log_ratio_init with kernels that are no Gaussians, in two dimensions or three: equidistant axes around the mesh on which p and q are asked for. */
dp_status est_ratio_axes(est_axes *axes, const dp_problem *P, const est_kernel *k, const est_axes *out, int level, dp_error *e);
/* kappa*log(p_k/q_k) as a source: weights log(ratio + *shift) with the shift that makes it positive. */
dp_status est_log_ratio_init(est_source *s, real *shift, const est_source *p, const est_source *q, const est_axes *out, int level, int threads, dp_error *e);
void est_source_clear(est_source *s);
void est_window(real *lo, real *hi, const est_source *s, const est_axes *out, int axis, real growth);
dp_status est_nodes_init(est_source *s, const est_axes *out, int level, dp_error *e);
/* Whether kernels that reach so far leave gaps between the coordinates along an axis; then the nodes of an equidistant lattice from lo to hi that they reach, with
   the logarithms of their weights: appended to none. Returns how many. */
int est_leaves_gaps(const est_axes *out, int axis, real reach);
slong est_near_nodes(real **y, real **log_w, const est_axes *out, int axis, real lo, real hi, real step, real reach);
/* log_w at the nodes of one slice across the last axis, where s->log_w is NULL. */
dp_status est_slice_weights(real *log_w, const est_source *s, slong slice, dp_error *e);

/* All columns of moments of dimension dim, empty. */
void est_moments_new(dp_emoments *out, dp_lanes *on, int dim, int order);
/* Moments where they are asked for: CLOSED and POINTS. */
void est_pointwise(dp_emoments *out, dp_lanes *on, const est_source *s, const est_at *at, int order);
/* The same for TENSOR too, whose sums are made for each of the first `count` points anew; not for LATTICE. */
dp_status est_moments_at(dp_emoments *out, dp_lanes *on, const est_source *s, const est_at *at, slong count, int order, dp_error *e);
void est_box_at(dp_emoments *out, const est_law *box, const real h, const est_at *at, int order);

/* log Z of a source at every node of the axes b, or at n points; NaN where it is not known. */
dp_status est_log_on_axes(real *log_z, const est_source *s, const est_axes *b, int threads, dp_error *e);
dp_status est_log_at_points(real *log_z, const est_source *s, const real *point, slong n, int threads, dp_error *e);

/* ---- separable sums (est_tensor.c) ---- */

/* Moments of a tensor source on axes: tables for all nodes of all axes but the last, then blocks of DP_LANES nodes of a line. */
typedef struct {
    const est_source *s;
    const est_axes *out;
    int order;
    slong kinds;
    real *table;                 /* [part][second axis' node of the mesh (d = 3)][block][kind][node of the last axis][lane] */
    real *scale, *most, *least;  /* [...][block][node]: logarithms: what the entries are to be multiplied by, largest and least sum of the kind 0 */
    real top;                    /* logarithm of the largest weight */
} est_table;
dp_status est_table_init(est_table *t, const est_source *s, const est_axes *out, int order, int threads, dp_error *e);
void est_table_block(dp_emoments *out, dp_lanes *on, const est_table *t, slong line, slong block);
void est_table_clear(est_table *t);

/* ---- panels on the line, for kernels that are no Gaussians (est_panel.c) ---- */

/* Nodes for the weights s->mu, or for a function that does not decay where s->mu is NULL, such that moments can be asked for at out; `both`: the weights
   have the scales and kinks of p and of q. Then s->log_w; then sums. */
dp_status est_panels_init(est_source *s, const dp_problem *P, const est_axes *out, int both, int level, dp_error *e);
real *est_panels_density(est_source *s, slong n); /* to be filled: log of what is weighed, at the n places */
dp_status est_panels_sum(est_source *s, const est_axes *out, int order, dp_error *e);
void est_panels_block(dp_emoments *out, dp_lanes *on, const est_source *s, slong block);
void est_panels_clear(est_source *s);

/* ---- lattices (est_lattice.c, est_fft.c) ---- */

dp_status est_lattice_init(est_source *s, const dp_problem *P, const est_axes *out, int level, int threads, dp_error *e);
/* Transforms the weights; afterwards blocks can be asked for. u: gradients of Z are wanted, not only D; tails: log Z is wanted on the whole lattice,
   below the transforms' noise too, 2: roughly there. order 0: Z alone; u = 2: gradients and no D. */
dp_status est_lattice_transform(est_source *s, const est_axes *out, int order, int u, int sharp, int tails, int threads, dp_error *e);
void est_lattice_block(dp_emoments *out, dp_lanes *on, const est_source *s, slong line, slong block, int order);
void est_lattice_clear(est_source *s);
/* log Z at a point by interpolation between the lattice's values. */
real est_lattice_log_at(const est_source *s, const real *x);
/* What the transforms' rounding may do to it; and at all nodes of a source that is to be divided by Z, infinite where nothing is known. */
real est_lattice_slip_at(const est_source *s, const real *x);
void est_slips(real *slip, const est_source *at, const est_source *s);
/* The largest share of k*mu on the mesh that errors of weights may make. */
real est_lattice_slipped(const est_source *s);
/* log Z on the lattice where the transforms' noise hides it: plain sums over few nodes. */
dp_status est_fill_tails(est_source *s, real *log_z, real top, int threads, dp_error *e);

#endif
