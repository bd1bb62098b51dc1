/* SPDX-License-Identifier: GPL-3.0-or-later */
/* span.h: in doubles, softmax weights of the points that count about z = x + h u, u standard normal, by exponents that are linear in u, in the span of these points. */
#ifndef DP_PARTICLE_SPAN_H
#define DP_PARTICLE_SPAN_H

#include "particle/particle.h"

enum { DP_SPAN_LANES = 16, DP_SPAN_Y = 1, DP_SPAN_X = 2 };

/* Of one side, a_0 its point nearest to x: rows [from, from + kept) of b and e; index: which points, a_0 first; left, left_log: Lemma F of blur.c, what the others may move the place by, in bandwidths,
   and add to the logarithm; nearest: |x - a_0|^2/(2 h^2); wide: all |b_j| are so small that the logarithm is found without its linear part. */
typedef struct { const double *a; size_t from, kept, count, *index; double left, left_log, nearest; int wide; } dp_span_side;

/* w_j = exp(b_j.u - e_j)/(their sum over a side), b_j = (a_j - a_0)/h turned into its first `rank` coordinates, e_j = (|x - a_j|^2 - |x - a_0|^2)/(2 h^2). t: room; w: sums of weights, a lane each; far: |b_j|. */
typedef struct { const dp_sample *s; const double *x; size_t rank, kept; dp_span_side side[2]; double h, *b, *e, *t, *w, *far, log[2][DP_SPAN_LANES]; int sides, want_log; } dp_span;

/* About x_i, of the sides y, x or both. Points are left out while these add less than `limit`, and the logarithm's with want_log. rank: the dimension of the span where that is at most `most`, else s->d.
   Requires: one Gaussian kernel of bandwidth h, dp_sample_range. Error: rounding of exponents, (d + 12) u |x - a_0| |a_j - a_0|/h^2; directions within 2^-48 of the longest a_j - a_0 count as none. Cost: (n + m) d, and
   4 kept d products for each of at most `most` directions. */
void dp_span_init(dp_span *p, const dp_sample *s, size_t i, double h, int sides, size_t most, double limit, int want_log);
void dp_span_clear(dp_span *p);

/* Adds the weights at DP_SPAN_LANES nodes, u[c DP_SPAN_LANES + lane], each times its own `weight`. Cost: kept (rank + 20) vector instructions for 8 nodes. */
void dp_span_add(dp_span *p, const double *u, const double *weight);
/* The same, of one side, for DP_SPAN_LANES lines of nodes along the first coordinate: u holds the others, E_ij (count x kept) is exp(b_j.node) and phi_i the share of the weight at the line's node i. room: (count + kept) DP_SPAN_LANES.
   Requires: dp_span_lines_serve for nodes up to `reach`: powers stay doubles, and no logarithm is wide. Cost: 2 products a point and node. */
int dp_span_lines_serve(const dp_span *p, double reach);
void dp_span_lines(dp_span *p, const double *u, const double *weight, const double *E, const double *phi, size_t count, double *room);
/* out[d + 1] += the sum over nodes of sum_j w_j (a_j - a_0), of y less of x, and of log mean exp(b_j.u - e_j) of x less of y; what was added up is forgotten. The same bits on any processor. */
void dp_span_take(double *out, dp_span *p);
/* out[d + 1]: a_0 - x of y less that of x, and -|x - a_0|^2/(2 h^2) of x less that of y: what is to be added to the means of the above for h^2 V and the log-ratio. */
void dp_span_constant(double *out, const dp_span *p);

/* hits[kept] += the sums of weights so far, before they are taken. */
void dp_span_met(double *hits, const dp_span *p);
/* What points with few hits may do: to places, in bandwidths, and to the logarithm. Which these are is said by the hits `chosen` of half of the nodes, how far they may go by those of the others, `nodes` in number, so that the
   choice takes no risk: for the sum of weights S of one of them, or of all, E W N < S + L + sqrt(L (L + 2 S)) but for a risk e^-L, L = log_risk (Chernoff's bound, nodes taken as independent), and what they move places by is off by Bernstein's; beside any other point k E w_j is below
   E min(1, e^(t_j - t_k)). Cost: few kept products of rank. */
void dp_span_unmet(double far[2], const dp_span *p, const double *chosen, const double *hits, double nodes, double log_risk);

/* exp(t) - 1 - t for |t| <= 1. Error: 4 u of itself. */
double dp_beyond(double t);

/* (24) for n x d velocities v, and *value where it is not NULL: the trapezoidal rule about each x_i and of each side on a lattice Z^r and the same moved by half a step in every coordinate, in the span of the points that count.
   Their mean is the result; *estimate is the largest change from the first to the mean, of velocities relative to the largest of them, of the value to itself. Steps shrink by the root of two until it is at most `goal`,
   or as small as rounding lets it. DP_EBUDGET where that takes more than `most` nodes times points. Requires: as dp_span_init. Results are independent of threads. */
dp_status dp_span_lattices(double *value, double *v, double *estimate, const dp_sample *s, double h, double goal, double most, dp_error *e);
/* The same at random nodes, in any dimension: about each x_i 32 independently scrambled sets of 2^k Sobol' points (scrambled.h) from s->seed, doubled until *estimate is at most `goal`: the largest half-width of intervals that
   hold all numbers at once with a confidence of DP_SPAN_CONFIDENCE, by Student's t between sets, Bonferroni's bound over numbers and doublings, Lemma F for what is left out, dp_span_unmet for points that hardly a node has met; of velocities (both != 0) relative to the largest, of
   the value to itself. *nodes: the most about one x. DP_EBUDGET, and *estimate what was reached, where that takes more than `most` products and exponentials. Results are independent of threads and processor. Cost: a node (rank + 16) kept + 64 rank of these. */
static const double DP_SPAN_CONFIDENCE = 0.99;
dp_status dp_span_draws(double *value, double *v, double *estimate, size_t *nodes, const dp_sample *s, double h, double goal, int both, double most, dp_error *e);

#endif
