/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reader.h: typed values out of the tree, each with its message when it is not what the key wants; for this room and those that read blocks of their own. */
#ifndef DP_PROBLEM_READER_H
#define DP_PROBLEM_READER_H

#include "problem/problem.h"
#include "problem/yaml.h"

/* A `words` argument is a list of words separated by '|'. */

/* Position of `text` among the words, or -1. */
int dp_read_find(const char *text, const char *words);
/* " (did you mean 'word'?)" or "": fresh. */
char *dp_read_suggest(const char *typed, const char *words);
/* y must be a mapping with none but these keys. */
dp_status dp_read_keys(const dp_yaml_report *r, const dp_yaml *y, const char *words);
dp_status dp_read_list(const dp_yaml_report *r, const dp_yaml *y, const char *of_what);
/* The value of a key that must be there, or NULL after reporting; `what`: "a rational number". */
const dp_yaml *dp_read_need(const dp_yaml_report *r, const dp_yaml *map, const char *key, const char *what);

dp_status dp_read_text(char **out, const dp_yaml_report *r, const dp_yaml *y, const char *what);
/* *index: which of the words. */
dp_status dp_read_word(int *index, const dp_yaml_report *r, const dp_yaml *y, const char *words);
dp_status dp_read_rational(fmpq_t out, const dp_yaml_report *r, const dp_yaml *y);
dp_status dp_read_positive(fmpq_t out, const dp_yaml_report *r, const dp_yaml *y);
/* A whole number in [least, most]; 1e3 and 4/2 are whole numbers. */
dp_status dp_read_integer(slong *out, const dp_yaml_report *r, const dp_yaml *y, slong least, slong most);
/* A list of exactly n rationals; for n = 1 a bare number too. */
dp_status dp_read_vector(fmpq *out, slong n, const dp_yaml_report *r, const dp_yaml *y);

/* "expected WHAT, got Y". */
dp_status dp_read_wrong(const dp_yaml_report *r, const dp_yaml *y, const char *what);

/* What the files of this room read: a measure under `p` or `q` (initialises out on success only), and the claims list. */
dp_status dp_read_measure(dp_measure_t out, int dim, const dp_yaml_report *r, const dp_yaml *y);
dp_status dp_read_claims(dp_problem *P, const dp_yaml_report *r, const dp_yaml *y, const dp_claim_schema *schema);
dp_status dp_read_kernel(dp_problem *P, const dp_yaml_report *r, const dp_yaml *root);
/* The families with data: out is cleared by the caller when this fails. */
dp_status dp_read_uniform(dp_measure_t out, const dp_yaml_report *r, const dp_yaml *y);
dp_status dp_read_dataset(dp_measure_t out, const dp_yaml_report *r, const dp_yaml *y);
dp_status dp_read_samples(dp_measure_t out, const dp_yaml_report *r, const dp_yaml *y);
dp_status dp_read_density(dp_measure_t out, const dp_yaml_report *r, const dp_yaml *y);
void dp_claim_entry_clear(dp_claim_entry *entry);

/* A case with blocks of another room (train, sweep): `read` gets the tree when all else is read and may add to it what P->text is to hold. Where q is left out it is a copy of p. */
typedef struct { dp_status (*read)(void *to, dp_problem *P, const dp_yaml_report *r, dp_yaml *root); void *to; } dp_problem_blocks;
dp_status dp_problem_parse_blocks(dp_problem **out, const char *path, const char *text, const char *const *sets, size_t nsets, const dp_problem_blocks *blocks, dp_error *e);

#endif
