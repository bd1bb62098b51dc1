/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lattice_work.h: what the files that solve plans on a lattice share. */
#ifndef DP_DRIFT_LATTICE_WORK_H
#define DP_DRIFT_LATTICE_WORK_H

#include "drift/lattice_plan.h"

/* Along an axis: K at differences t is k[t + reach], -log K = t^2 c. */
typedef struct { slong reach; arb_ptr k; long double c; } lattice_table;

/* A problem while it is solved; product, back, r, d: room for as many numbers as p or q has nodes, half for what lies between two axes;
   prec: of sums and products at present. */
typedef struct { dp_lattice_plan *s; lattice_table K[2]; arb_ptr product, back, r, d, half; slong prec; } lattice_work;

/* out = K c from one comb to another, axis by axis: positive terms. */
void lattice_sums(arb_ptr out, const lattice_work *w, const dp_comb *to, const dp_comb *from, arb_srcptr c);
/* Sets the precision for residuals when the last step was 2^now: in the plane no more than what 50 bits of the next step take, which are all that a step in doubles can use. */
void lattice_precision(lattice_work *w, double now);
void lattice_product(arb_ptr out, arb_srcptr a, arb_srcptr b, slong n, slong prec);
/* log a + log b, b may be NULL; free() it. */
long double *lattice_logs(arb_srcptr a, arb_srcptr b, slong n);
double lattice_size(arb_srcptr x, slong n);                                    /* log2 of max |x| */
void lattice_move(arb_ptr x, arb_ptr d, slong n, double damp, slong prec);     /* x_i *= exp(damp d_i) */

/* ---- lattice_network.c, on the line ---- */

/* Columns in the order of elimination (light ones first; the heaviest keeps its potential), T_ik = W_ik/total_i for k > i. */
typedef struct { slong m; slong *order; arb_ptr T, total; } lattice_network;
void lattice_network_clear(lattice_network *N);
/* Eliminates one column after the other: conductances only grow, so that each keeps its digits. 0: a sum left the range. */
int lattice_network_set(lattice_network *N, const lattice_work *w);
/* d: the step for log v that the network gives for the residual. Sums at full precision: the currents of a mode cancel. */
void lattice_network_step(lattice_work *w, const lattice_network *N);

/* ---- lattice_laws.c ---- */

/* Conditional laws in doubles, axis by axis: what is below e^-44 of a row's largest is left out. */
typedef struct { slong rows; slong *first; size_t *start; double *law; } lattice_band;
typedef struct { slong to[2], from[2]; lattice_band band[2]; double *half; } lattice_laws;
/* Laws proportional to exp(log c_j) K(x_i, y_j) over the nodes y of `from`, at every x of `to`. */
void lattice_laws_init(lattice_laws *L, const lattice_work *w, const dp_comb *to, const dp_comb *from, const long double *log_c);
void lattice_laws_clear(lattice_laws *L);
void lattice_average(double *out, const lattice_laws *L, const double *x);     /* means of x under them */

/* ---- lattice_gradients.c ---- */

/* The plan's laws of y given x_i and of x given y_j, and the masses of the columns j. */
typedef struct { lattice_laws row, column; double *mass; } lattice_averages;
void lattice_averages_clear(lattice_averages *A);
void lattice_averages_set(lattice_averages *A, const lattice_work *w); /* an old one is replaced */
void lattice_gradient_step(lattice_work *w, const lattice_averages *A);
/* q to itself: solves for w->s->w; *reached = log2 of the last step. */
int lattice_self(lattice_work *w, double goal, int most, double *reached);
void lattice_self_residual(lattice_work *w); /* r = w K b w - 1 */

#endif
