/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sublattice.h: quadrature lattices aligned with a mesh, and the bounds that make sums over them certified integrals (lemma L6). */
#ifndef DP_DRIFT_SUBLATTICE_H
#define DP_DRIFT_SUBLATTICE_H

#include "drift/grid_internal.h"

/* Nodes y_k = origin_k + j step_k down_k/up_k, lo_k <= j < lo_k + m_k, beside the mesh nodes origin_k + i step_k; up_k or down_k is 1. */
typedef struct { slong lo[3], m[3], up[3], down[3]; } dp_sublattice;
slong dp_sublattice_nodes(const dp_sublattice *s, int dim);
/* The lattice with steps at most `want` that covers [lo - reach, hi + reach] by one or two steps more on each side; eta: its steps, rounded.
   Returns the number of nodes, which may be too large for indices. */
double dp_sublattice_align(dp_sublattice *s, double *eta, const dp_mesh_t mesh, const double *want, const double *lo, const double *hi, const double *reach);
/* What planning asks of dp_strip_certify on a box of this radius: the finest step with which `most` nodes could do, and how many boxes to try. */
double dp_sublattice_finest(double radius, int dim, double most);
slong dp_sublattice_boxes(int dim);
void dp_mag_exp_d(mag_t out, double log_value); /* an upper bound of e^log_value, of any size */

/* A Gaussian that bounds the integrand k(x - y) rho_i(y) (k*q)(y)^{-1/2} for one component i and one term j of k*q:
   log mass = c + l.x' + x'Qx'/2, x' = x - m_i; marginal of axis k: mean m_k + u_k + (U x')_k, variance v_k; K: diagonal of the
   precision matrix; peak: log of maximum/mass in units of h. */
typedef struct { double m[3], c, l[3], Q[9], u[3], U[9], v[3], K[3], peak, face[3], beside; } dp_majorant; /* face, beside: logarithms of factors of lemma L6 */

#define DP_MAJORANT_SHARE 0.125 /* of a majorant's decay, which pays for polynomial factors beyond the window */

/* Components first .. first + n - 1 of a mixture on one lattice. */
typedef struct {
    int dim;
    slong first, n, terms;                /* terms of k*q */
    double h;
    dp_majorant *of;                      /* n x terms */
    const dp_problem *P;
    const dp_measure_struct *mu;          /* both must outlive the group */
    dp_gsum_struct kq;                    /* k*q, as precise as planning needs it */
    dp_sublattice s;
    dp_strip strip[3];                    /* in units of h */
    double box_lo[3], box_hi[3];          /* where strips are certified, in the units of x: the window must lie inside */
    double core_lo[3], core_hi[3];        /* where majorants' means may lie; dp_group_error knows nothing of others */
    double bits, eta[3];                  /* what the strips are certified for; steps in the units of x */
    double edge[6], side[3], complex_growth; /* faces of the window; factors of the ends; of monomials off the real axis */
} dp_group;

/* Majorants, window, strips and steps on the mesh for an error of about 2^-prec. Returns 0 when no lattice of at most `most` nodes would do. */
int dp_group_plan(dp_group *g, const dp_problem *P, const dp_measure_struct *mu, slong first, slong n, const dp_mesh_t mesh, slong prec, double most);
void dp_group_clear(dp_group *g);
slong dp_group_nodes(const dp_group *g);
/* Logarithms of upper bounds of the strip's and the window's (tails and ends) share of the error at x of the lattice sums of k(z) (z/h)^alpha W(y), z = y - x,
   |alpha| <= 2 (lemma L6). Infinite when a mean lies outside the core that was planned for, which no node of the mesh has. chosen: for each component the majorant
   to be used, as found at a point near x (any serves, the least is the best), or NULL for the least at x, which is then noted. */
void dp_group_error(double *strip, double *window, const dp_group *g, const dp_majorant **chosen, const double *x);
/* Which term's majorant of component i is the least at x, and the log of its mass there; the mean of axis k at x, and a bound of its rounding. */
const dp_majorant *dp_majorant_least(double *log_of, const dp_group *g, slong i, const double *x);
double dp_majorant_mean(double *rounding, const dp_majorant *b, const double *x, int d, int k);

#endif
