/* SPDX-License-Identifier: GPL-3.0-or-later */
/* problem.h: a case file as data: p, q, kernel, digits and the claims to check on it. */
#ifndef DP_PROBLEM_H
#define DP_PROBLEM_H

#include "measure/measure.h"

/* The families from DP_KERNEL_MATERN32 on are for meshes and samples only. DP_KERNEL_SUM: the parts of the problem say which. DP_KERNEL_ENERGY:
   -r, for samples only. */
typedef enum {
    DP_KERNEL_GAUSSIAN, DP_KERNEL_LAPLACE, DP_KERNEL_MATERN32, DP_KERNEL_MATERN52, DP_KERNEL_IMQ, DP_KERNEL_SUM, DP_KERNEL_ENERGY
} dp_kernel_family;
const char *dp_kernel_name(dp_kernel_family family);

/* One term of a kernel: weight times the family's kernel of width bandwidth. */
typedef struct { dp_kernel_family family; fmpq weight, bandwidth; } dp_kernel_part;

/* Types of a claim's own parameters. A "points" value is a list of points of R^dim; "vector" a list of rationals. */
typedef enum { DP_PARAM_RATIONAL, DP_PARAM_INTEGER, DP_PARAM_VECTOR, DP_PARAM_POINTS, DP_PARAM_WORD } dp_param_type;

/* One parameter that a claim understands; a table of them ends with name == NULL. */
typedef struct {
    const char *name;
    dp_param_type type;
    const char *words;  /* DP_PARAM_WORD: the allowed words, separated by '|'; NULL: any */
    const char *help;   /* one line, with units */
} dp_param_spec;

typedef struct {
    char *name;
    dp_param_type type;
    slong rows, cols;   /* rational, integer: 1 x 1; vector: 1 x cols; points: rows x dim */
    fmpq *value;        /* rows * cols, row-major */
    char *word;
} dp_param;

/* One entry of the case's `claims:` list. */
typedef struct {
    char *id, *expect, *twin;  /* twin: NULL, or the name of the sabotage to apply */
    slong nparams;
    dp_param *params;
    int line;                  /* where the entry stands in the case file */
} dp_claim_entry;

typedef struct {
    char *path;    /* as given */
    char *name;    /* path below cases/ without suffix, e.g. "two-mode/default"; used in records and certificates */
    char *text;    /* the file's text after --set: canonical YAML of the resolved document; identifies the case (SHA-256) */
    char *title;
    int dim;
    dp_measure_t p, q;
    dp_kernel_family kernel;
    fmpq_t bandwidth;  /* h > 0, exact; of a sum: 0 */
    fmpq_t regularisation; /* lambda > 0 of the drifts kale and chi2; 0: the case has none */
    slong nparts;      /* of a sum: its terms; else 0 */
    dp_kernel_part *parts;
    slong digits;      /* asked decimal digits, default 50 */
    int full;          /* key `suite: quick|full`: 1 when the case belongs to the full suite only; default quick */
    slong nclaims;
    dp_claim_entry *claims;
} dp_problem;

/* What a claim may take as parameters and twins: returns NULL for an unknown claim id. Lets the reader check the
   `claims:` list without knowing the claims; pass a NULL function to accept any id (parameters are then errors).
   `index` = 0, 1, ... enumerates all known ids in *id for "did you mean" (NULL at the end) when `want` is NULL. */
typedef struct {
    const dp_param_spec *(*params)(const char *id);
    int (*has_twin)(const char *id, const char *twin);
    const char *(*nth_id)(size_t index);
} dp_claim_schema;

/* Reads and checks a case file. `sets`: nsets strings KEY=YAML (KEY a dotted path such as kernel.bandwidth or p.mixture.0.weight).
   On failure returns DP_EINPUT with "file:line:col: key: what was expected, what was found" and *out untouched. */
dp_status dp_problem_read(dp_problem **out, const char *path, const char *const *sets, size_t nsets,
                          const dp_claim_schema *schema, dp_error *e);
/* The same from memory; `path` is only for messages. */
dp_status dp_problem_parse(dp_problem **out, const char *path, const char *text, const char *const *sets, size_t nsets,
                           const dp_claim_schema *schema, dp_error *e);
void dp_problem_free(dp_problem *P);
/* DP_OK when the engines at points know the measures and the kernel, else DP_EUNSUPPORTED naming what only the grid engine takes. */
dp_status dp_problem_at_points(const dp_problem *P, dp_error *e);
/* A deep copy without the claims list: what a claim changes (a moved mean, a swapped pair, another bandwidth) it changes there. */
dp_problem *dp_problem_copy(const dp_problem *P);
/* SHA-256 of the case: of its text, and of the digests of the files that p and q were read from, where there are such. */
void dp_problem_sha256(char out[65], const dp_problem *P);
const dp_param *dp_claim_entry_param(const dp_claim_entry *entry, const char *name); /* NULL if absent */

#endif
