/* SPDX-License-Identifier: GPL-3.0-or-later */
/* measure.h: probability measures: exact rational data (atoms, Gaussian mixtures, Student, Laplace and uniform laws), point sets and tables of values. */
#ifndef DP_MEASURE_H
#define DP_MEASURE_H

#include "base/base.h"

/* The families from DP_UNIFORM on are for meshes only: no engine at points takes them (dp_problem_at_points). */
typedef enum { DP_ATOMS, DP_MIXTURE, DP_STUDENT, DP_LAPLACE, DP_UNIFORM, DP_DATASET, DP_SAMPLES, DP_DENSITY, DP_PRODUCT } dp_measure_family;

/* n components in R^dim with positive weights that sum to exactly 1.
   mean: n x dim, row-major (atoms: the positions; student, laplace: the location, n = 1, dim = 1).
   cov:  n x dim x dim, row-major, symmetric positive definite (mixture); NULL for the other families.
   scale, dof: student (density ~ (1 + ((x-loc)/scale)^2/dof)^(-(dof+1)/2)) and laplace (density exp(-|x-loc|/scale)/(2 scale)).
   box:  lower corner, then upper corner, 2 x dim (uniform, density); NULL for the other families. n = 1.
   data: dataset, samples: ndata points of equal weight, ndata x dim, row-major, n = 1. density: values >= 0 at ndata = shape[0] ... shape[dim-1]
         equidistant nodes of the box, first axis fastest, multilinear between them, 0 outside; to be divided by their integral.
   marginal: product: the laws of the coordinates, which are independent: dim measures on the line, none of them points; NULL for the other families. n = 1. */
typedef struct dp_measure_struct {
    dp_measure_family family;
    int dim;
    slong n;
    fmpq *weight, *mean, *cov;
    fmpq_t scale, dof;
    fmpq *box;
    slong ndata, shape[3];
    double *data;
    int dataset;      /* dataset: 1 + which one of dp_dataset_names, with its noise; else 0 */
    double noise;
    struct dp_measure_struct *marginal;
    char digest[65];  /* samples, density: SHA-256 of the file, or ""; product: of the digests of its laws */
} dp_measure_struct, dp_measure_t[1];

/* All weights, means, covariances start at zero; cov is allocated for mixtures only. */
void dp_measure_init(dp_measure_t m, dp_measure_family family, int dim, slong n);
void dp_measure_clear(dp_measure_t m);
void dp_measure_set(dp_measure_t out, const dp_measure_t in); /* out is initialised by this call */
/* The same measure in other words: of atoms and mixtures the first component is cut into 1/3 and 2/3 of its weight, the larger part moved to the
   end; others are copied. `out` is initialised by this call. */
void dp_measure_retell(dp_measure_t out, const dp_measure_t in);
int dp_measure_equal(const dp_measure_t a, const dp_measure_t b); /* same family and same data, component by component */
/* Whether two sets of atoms, or two mixtures, are one measure, however it is cut into components; of other families whether they are equal. Exact. */
int dp_measure_same(const dp_measure_t a, const dp_measure_t b);
#define DP_WEIGHT(m, j) ((m)->weight + (j))
#define DP_MEAN(m, j, k) ((m)->mean + (j) * (m)->dim + (k))
#define DP_COV(m, j, k, l) ((m)->cov + ((j) * (m)->dim + (k)) * (m)->dim + (l))
#define DP_LOWER(m, k) ((m)->box + (k))
#define DP_UPPER(m, k) ((m)->box + (m)->dim + (k))
const char *dp_measure_family_name(dp_measure_family family);
/* A product whose marginals are read: on the line it becomes its only law, one of mixtures a mixture (where that has at most 4,096 components), one of uniform laws a box. */
void dp_measure_multiply(dp_measure_t m);
/* Whether the measure is a finite set of points: atoms, dataset, samples. */
int dp_measure_is_points(const dp_measure_t m);
/* Whether it is of that family, or a product with a marginal that is. */
int dp_measure_has(const dp_measure_t m, dp_measure_family family);
/* Doubles per entry of `data`: dim for point sets, 1 for tables. */
slong dp_measure_width(const dp_measure_t m);
/* Takes ndata entries, a fresh array that the measure then owns. */
void dp_measure_take_data(dp_measure_t m, double *data, slong ndata);
/* The integral of a table of values >= 0, shape set: the density is a value divided by it. Values stay what they were read as: quotients would be rounded to doubles. */
double dp_measure_integral(const dp_measure_t m);

/* Synthetic data in the plane, point i of seed s the same for every n (dataset.c has the formulas). noise: NULL for the set's own.
   Error: those of the C library's sine, cosine, exponential and logarithm. */
int dp_dataset_find(const char *name); /* -1: unknown */
/* Two numbers of ]0, 1[: block (i, block) of the generator with key `seed`. */
void dp_philox_pair(double u[2], ulong seed, slong i, unsigned block);
extern const char dp_dataset_names[];  /* parted by '|' */
double *dp_dataset_points(int which, slong n, ulong seed, const double *noise);
/* Points first .. first + n - 1 of that sequence. */
void dp_dataset_draw(double *x, int which, slong first, slong n, ulong seed, const double *noise);
extern const double dp_dataset_noise[];

/* ---- random streams: any draw at any time; draw.c says how numbers are made ---- */

/* A key for one purpose of those who share a seed. */
ulong dp_stream_key(ulong seed, unsigned purpose);
/* Numbers first .. first + n - 1 of a stream: uniform on ]0, 1[, or standard normal. */
void dp_stream_uniform(double *out, size_t n, ulong key, ulong first);
void dp_stream_normal(double *out, size_t n, ulong key, ulong first);

/* Independent draws from a measure. */
typedef struct dp_draws dp_draws;
/* law: of a data set the law behind it; else its points, each as likely as another. DP_EUNSUPPORTED: a density table. */
dp_status dp_draws_new(dp_draws **out, const dp_measure_t mu, int law, dp_error *e);
void dp_draws_free(dp_draws *d);
/* x (n x dim): draws first .. first + n - 1 of the stream `key`. */
void dp_draws_points(double *x, const dp_draws *d, ulong key, slong first, slong n);

#endif
