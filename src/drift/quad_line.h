/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quad_line.h: inside of the second engine on the line: one component k(x, y) rho(y) (k*q)(y)^{-1/2} of any family and kernel. */
#ifndef DP_DRIFT_QUAD_LINE_H
#define DP_DRIFT_QUAD_LINE_H

#include "drift/quadrature.h"

enum { DP_LINE_PLAIN, DP_LINE_GAUSS, DP_LINE_ATOMS, DP_LINE_OTHER }; /* how k*q is known: not at all; bumps; kinked bumps; acb function */

/* Values of a Student density over its top at lo step, ..., (lo + n - 1) step; all zero before first use.
   omit: for witness tests. */
typedef struct { slong lo, n, prec; double step; arb_ptr rho; arb_t top; unsigned omit; } dp_student_nodes;

/* Component i of mu at the point x. Window coordinates: y = c + 2^scale v. */
typedef struct {
    dp_kernel_family kernel;
    const fmpq *h;
    const dp_measure_struct *mu, *q; /* q NULL: no reweighting */
    slong i, prec;
    int weight;                      /* DP_LINE_... */
    arb_t x, c, hh, loc, width;      /* width: b or s of a Laplace or Student rho */
    arb_t nu, constant;              /* Student: dof; log of rho's constant (weight included), for Laplace and Student */
    arb_t peak;                      /* log of the integrand at c, exact: integrals are in units of exp(peak) 2^scale */
    arb_t base, shift, unshift;      /* exact: exp(base) is split off rho k, exp(shift) off k*q; unshift = exp(-shift) */
    slong scale;
    int side;                        /* of the present piece relative to the centre of a Laplace q */
    dp_bumps_t density, smoothed;
    dp_student_nodes nodes;
    dp_power_t f;                    /* exp(quadric) and bumps of k*q on the present piece */
} dp_line;

void dp_line_init(dp_line *l, dp_kernel_family kernel, const fmpq *h, const dp_measure_struct *mu, slong i, const dp_measure_struct *q,
                  const arb_t x, slong prec);
void dp_line_clear(dp_line *l);

/* log of the integrand at a real ball y, |.| in place of pieces: `concave` is the part that lemma Q6 or Q7 knows to be concave,
   `rest` what remains (Student's factor; for the Laplace kernel also -log(k*q)/2, Lipschitz with constant 1/(2h)). */
void dp_line_log(arb_t concave, arb_t rest, dp_line *l, const arb_t y);
/* log of Student's factor, -(nu+1)/2 log(1 + z^2/nu) <= 0; log (k*q)(y); at real balls. */
void dp_line_student_log(arb_t out, const dp_line *l, const arb_t y);
void dp_line_weight_log(arb_t out, dp_line *l, const arb_t y);
/* Places c and the unit near the peak: hill climbing on midpoints, nothing rigorous. */
void dp_line_settle(dp_line *l);
/* out[m] >= int |v|^m f over the ray from the point v1 outwards (away from 0), m = 0, 1, 2; +inf if unknown (lemma Q7). */
void dp_line_tail(mag_ptr out, dp_line *l, double v1);
/* y = c + 2^scale v. */
void dp_line_place(arb_t y, const dp_line *l, double v);
/* Makes l->f the integrand of the piece that holds the exact point y, relative to exp(l->peak). */
void dp_line_piece(dp_line *l, const arb_t y);
void dp_line_eval(acb_t out, const acb_t v, int analytic, void *context, slong prec); /* for dp_quad1 */
/* Kinks of the integrand, sorted by their lower ends; at most l->q->n + 3. Returns how many. */
slong dp_line_kinks(arb_ptr out, const dp_line *l);

/* Moments in v on the two sides of x (Gaussian kernel: everything on side 1), and the error terms inside them. */
typedef struct { arb_ptr M[2]; mag_t tail, gap; } dp_line_sides;

void dp_line_sides_init(dp_line_sides *s);
void dp_line_sides_clear(dp_line_sides *s);
/* Fills s for one component, in units of exp(l->peak) 2^l->scale; tol in the same units. */
dp_status dp_line_integrate_pieces(dp_line_sides *s, dp_line *l, const mag_t tol, const dp_quadrature_setup *setup, dp_error *e);

/* (k*q)(y) for complex y where it is no Gaussian sum: Laplace kernel against a mixture or Laplace law, Gaussian kernel against a
   Laplace or Student law. side: of y's piece relative to the centre of a Laplace law (Laplace kernel). */
void dp_convolution_acb(acb_t out, const acb_t y, const dp_measure_t q, dp_kernel_family kernel, const fmpq_t h, int side,
                        dp_student_nodes *nodes, slong prec);
/* Gaussian kernel, Student law: the trapezoidal rule on nodes shared by all y (lemma Q10); nodes may be NULL. Not finite where
   |Im y| > h or when the law's poles are nearer to the axis than h/160. */
void dp_student_gauss_acb(acb_t out, const acb_t y, const dp_measure_t q, const fmpq_t h, dp_student_nodes *nodes, slong prec);
/* The density at u without its constant: (1 + z^2/nu)^{-(nu+1)/2}, z = (u - loc)/s, in (0, 1]. */
void dp_student_shape(arb_t out, const dp_measure_t q, const arb_t u, slong prec);
void dp_student_nodes_clear(dp_student_nodes *nodes);

#endif
