/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid.h: what `driftproof field --grid` makes of a field on a mesh: summary, JSON, arrays, pictures. */
#ifndef DP_TOOL_GRID_H
#define DP_TOOL_GRID_H

#include "base/npy.h"
#include "drift/gridfield.h"
#include "energy/helmholtz.h"
#include "tool/option.h"
#include "tool/scalars.h"

/* The power of a length in which a quantity is measured: velocities are displacements (1), but those of kl, smoothed-kl and mmd are
   gradients of something without unit (-1). */
int dp_grid_length_power(const char *drift, unsigned quantity);

/* Of one quantity. A node's digits are those of its largest component; nodes whose enclosure contains zero everywhere, or nothing beyond
   h^k 10^-(4 digits + 60), have none and are counted apart. `missed`: nodes whose bound exceeds 10^-digits times the largest component there. Where all may be zero, and for curl,
   divergence, wedge, potential and the parts of a split everywhere, which cross zero, the component counts as at least h^k, k the power of length. */
typedef struct { double worst, median, largest, bound; slong where, zeros, missed; } dp_grid_extent;

/* A question and its answer. f may hold more quantities than were asked for: those the picture needs. */
typedef struct {
    const dp_problem *P;
    const char *drift;
    unsigned asked;          /* quantities as bits, in the order of the list below */
    unsigned listed[DP_NQUANTITIES];
    int nlisted;             /* 0: none was named */
    dp_tier tier;            /* asked */
    dp_split split;          /* of gradient-part and rotational-part */
    dp_scalars_asked numbers;
    dp_scalars scalars;      /* what was found of them */
    dp_gridfield *f;
    dp_grid_extent extent[DP_NQUANTITIES]; /* of f->value[i] */
} dp_grid_answer;

/* The case of field's operand with --set and --regularisation applied. */
dp_status dp_field_case(dp_problem **out, const dp_args *a, dp_error *e);
/* field CASE --grid: everything from the command line to the exit status. */
int dp_field_grid(const dp_args *a, const char *drift);
/* The arithmetic that --tier names. */
dp_tier dp_grid_tier(const dp_args *a);
/* field CASE --grid --drift A,B,...: several drifts side by side, as a picture and a table. */
int dp_field_map(const dp_args *a, const char *drifts);

/* ---- single values ---- */

/* The ball of entry i. */
void dp_grid_ball(arb_t out, const dp_grid_values *v, slong i);
/* Digits that are worth printing of v: a few more than asked, 17 when it is a double. */
slong dp_grid_print_digits(const dp_gridfield *f, const dp_grid_values *v);
/* Shape of an array over the mesh: (nz, ny, nx), then the components: none, d, or d x d for the Jacobian. Returns the number of axes. */
int dp_grid_shape(size_t shape[5], const dp_gridfield *f, const dp_grid_values *v);

/* ---- summary ---- */

/* Fills g->extent. */
void dp_grid_measure(dp_grid_answer *g);
void dp_grid_summary(FILE *out, const dp_grid_answer *g);
/* Nodes short of the digits, over all quantities asked for. */
slong dp_grid_missed(const dp_grid_answer *g);

/* ---- texts ---- */

void dp_grid_json(FILE *out, const dp_grid_answer *g);
/* The same document without values and seconds: equal questions give equal bytes. `text`: with the case's text, program and libraries. */
void dp_grid_meta(FILE *out, const dp_grid_answer *g);
void dp_grid_csv(FILE *out, const dp_grid_answer *g);

/* ---- arrays ---- */

/* An array with its name: quantity (or "x", "y", "z") and part ("", "error", "low", "low_error", "decimal", "decimal_error"). */
typedef struct { const char *quantity, *part; dp_npy array; } dp_grid_array;
/* Calls `take` with every array in turn and frees it; stops at the first failure. */
typedef dp_status dp_grid_take(void *to, const dp_grid_array *a, dp_error *e);
dp_status dp_grid_arrays(const dp_grid_answer *g, dp_grid_take *take, void *to, dp_error *e);
/* By the ending of `path`: .npy, .npz, .h5 or .csv. */
dp_status dp_grid_write(const char *path, const dp_grid_answer *g, dp_error *e);
dp_status dp_grid_hdf5(const char *path, const dp_grid_answer *g, dp_error *e);
/* Whether `path` ends as one of these, and whether this build writes it; else the program ends with status 2. */
void dp_grid_check_output(const char *path);
int dp_grid_has_hdf5(void);

/* ---- pictures ---- */

void dp_grid_check_plot(const char *path, int dim);
/* The quantities that a picture needs beyond those asked for, of those that the drift has. */
unsigned dp_grid_plot_needs(const dp_grid_answer *g, unsigned have);
dp_status dp_grid_plot(const char *path, const dp_grid_answer *g, dp_error *e);

#endif
