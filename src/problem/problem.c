/* SPDX-License-Identifier: GPL-3.0-or-later */
/* problem.c: a case file, read key by key into a problem. */
#include "problem/reader.h"

#include <stdlib.h>
#include <string.h>

/* The path below the last directory called cases, or else the last component; without .yaml, .yml or .json. */
static char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    for (const char *s = path; (s = strstr(s, "cases/")) != NULL; s += 6)
        if (s == path || s[-1] == '/') name = s + 6;
    while (*name == '/') name++;
    static const char *const suffixes[] = {".yaml", ".yml", ".json"};
    size_t n = strlen(name);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        size_t m = strlen(suffixes[i]);
        if (n > m && strcmp(name + n - m, suffixes[i]) == 0) return dp_format("%.*s", (int) (n - m), name);
    }
    return dp_strdup(name);
}

static dp_status read_dimension(dp_problem *P, const dp_yaml_report *r, const dp_yaml *root)
{
    slong dim;
    const dp_yaml *y = dp_read_need(r, root, "dimension", "1, 2 or 3");
    if (y == NULL || dp_read_integer(&dim, r, y, 1, 3) != DP_OK) return DP_EINPUT;
    P->dim = (int) dim;
    return DP_OK;
}

/* title, digits, suite and regularisation, which may be left out. */
static dp_status read_optional(dp_problem *P, const dp_yaml_report *r, const dp_yaml *root)
{
    dp_status s = DP_OK;
    const dp_yaml *title = dp_yaml_get(root, "title"), *digits = dp_yaml_get(root, "digits"), *suite = dp_yaml_get(root, "suite");
    const dp_yaml *lambda = dp_yaml_get(root, "regularisation");
    if (title != NULL) s = dp_read_text(&P->title, r, title, "a title");
    else P->title = dp_strdup(P->name);
    P->digits = 50;
    if (s == DP_OK && digits != NULL) s = dp_read_integer(&P->digits, r, digits, 1, 1000000);
    if (s == DP_OK && suite != NULL) s = dp_read_word(&P->full, r, suite, "quick|full");
    if (s == DP_OK && lambda != NULL) s = dp_read_positive(P->regularisation, r, lambda);
    return s;
}

/* Everything that the tree says, in the order in which later keys need earlier ones. */
static dp_status read_root(dp_problem *P, const dp_yaml_report *r, dp_yaml *root, const dp_claim_schema *schema, const dp_problem_blocks *blocks)
{
    const int only_trained = dp_yaml_get(root, "train") != NULL && dp_yaml_get(root, "q") == NULL;
    dp_status s = dp_read_keys(r, root, "title|dimension|p|q|kernel|regularisation|digits|suite|claims|train|sweep|run");
    if (s == DP_OK && only_trained && blocks == NULL)
        s = dp_fail(r->e, DP_EUNSUPPORTED, "%s: a case for training: it has a key 'train' and no q; expected driftproof train, or a q", r->path);
    if (s == DP_OK) s = read_optional(P, r, root);
    if (s == DP_OK) s = read_dimension(P, r, root);
    for (int i = 0; i < 2 && s == DP_OK; i++) {
        if (i == 1 && only_trained) {
            dp_measure_set(P->q, P->p);
            break;
        }
        const dp_yaml *y = dp_read_need(r, root, i == 0 ? "p" : "q", "a measure such as {atoms: [{at: 0}]}");
        s = y ? dp_read_measure(i == 0 ? P->p : P->q, P->dim, r, y) : DP_EINPUT;
    }
    if (s == DP_OK) s = dp_read_kernel(P, r, root);
    const dp_yaml *claims = dp_yaml_get(root, "claims");
    if (s == DP_OK && blocks != NULL) return blocks->read(blocks->to, P, r, root);
    return s == DP_OK && claims != NULL ? dp_read_claims(P, r, claims, schema) : s;
}

static dp_problem *new_problem(const char *path)
{
    dp_problem *P = dp_calloc(1, sizeof *P);
    P->path = dp_strdup(path);
    P->name = name_of(path);
    fmpq_init(P->bandwidth), fmpq_init(P->regularisation);
    return P;
}

void dp_problem_free(dp_problem *P)
{
    if (P == NULL) return;
    for (slong i = 0; i < P->nclaims; i++) dp_claim_entry_clear(P->claims + i);
    free(P->claims);
    dp_measure_clear(P->p);
    dp_measure_clear(P->q);
    fmpq_clear(P->bandwidth), fmpq_clear(P->regularisation);
    for (slong i = 0; i < P->nparts; i++) fmpq_clear(&P->parts[i].weight), fmpq_clear(&P->parts[i].bandwidth);
    free(P->parts);
    free(P->path);
    free(P->name);
    free(P->text);
    free(P->title);
    free(P);
}

dp_problem *dp_problem_copy(const dp_problem *P)
{
    dp_problem *copy = new_problem(P->path);
    free(copy->name);
    copy->name = dp_strdup(P->name);
    copy->text = dp_strdup(P->text);
    copy->title = dp_strdup(P->title);
    copy->dim = P->dim;
    dp_measure_set(copy->p, P->p);
    dp_measure_set(copy->q, P->q);
    copy->kernel = P->kernel;
    fmpq_set(copy->bandwidth, P->bandwidth);
    fmpq_set(copy->regularisation, P->regularisation);
    copy->nparts = P->nparts;
    copy->parts = P->nparts ? dp_calloc((size_t) P->nparts, sizeof *copy->parts) : NULL;
    for (slong i = 0; i < P->nparts; i++) {
        copy->parts[i].family = P->parts[i].family;
        fmpq_init(&copy->parts[i].weight), fmpq_init(&copy->parts[i].bandwidth);
        fmpq_set(&copy->parts[i].weight, &P->parts[i].weight), fmpq_set(&copy->parts[i].bandwidth, &P->parts[i].bandwidth);
    }
    copy->digits = P->digits;
    copy->full = P->full;
    return copy;
}

void dp_problem_sha256(char out[65], const dp_problem *P)
{
    const char *p = P->p->digest, *q = P->q->digest;
    char *all = *p || *q ? dp_format("%s\np %s\nq %s\n", P->text, p, q) : dp_strdup(P->text);
    dp_sha256(out, all, strlen(all));
    free(all);
}

dp_status dp_problem_at_points(const dp_problem *P, dp_error *e)
{
    const dp_measure_struct *side[2] = {P->p, P->q};
    for (int i = 0; i < 2; i++)
        if (side[i]->family > DP_LAPLACE)
            return dp_fail(e, DP_EUNSUPPORTED, "%c is a measure of the family %s, which only the grid engine takes: no values at points, and no claims", "pq"[i],
                           dp_measure_family_name(side[i]->family));
    if (P->kernel > DP_KERNEL_LAPLACE)
        return dp_fail(e, DP_EUNSUPPORTED, "the kernel %s is one that only the grid engine takes: no values at points, and no claims", dp_kernel_name(P->kernel));
    return DP_OK;
}

static dp_status parse(dp_problem **out, const char *path, const char *text, size_t n, const char *const *sets, size_t nsets,
                       const dp_claim_schema *schema, const dp_problem_blocks *blocks, dp_error *e)
{
    dp_yaml_report r = {path, e};
    dp_yaml *root = dp_yaml_parse(text, n, NULL, &r);
    if (root == NULL) return e != NULL ? e->status : DP_EINPUT;
    dp_status s = root->kind == DP_YAML_MAP ? DP_OK : dp_read_wrong(&r, root, "a mapping with keys such as dimension, p, q and kernel");
    for (size_t i = 0; i < nsets && s == DP_OK; i++) s = dp_yaml_set(root, sets[i], &r);
    dp_problem *P = new_problem(path);
    if (s == DP_OK) s = read_root(P, &r, root, schema, blocks);
    if (s == DP_OK) {
        P->text = dp_yaml_emit(root);
        *out = P;
    } else {
        dp_problem_free(P);
    }
    dp_yaml_free(root);
    return s;
}

/* Cost: linear in the text, quasi-linear in the digits of each number; a fraction of a millisecond for a usual case. */
dp_status dp_problem_parse(dp_problem **out, const char *path, const char *text, const char *const *sets, size_t nsets,
                           const dp_claim_schema *schema, dp_error *e)
{
    return parse(out, path, text, strlen(text), sets, nsets, schema, NULL, e);
}

dp_status dp_problem_parse_blocks(dp_problem **out, const char *path, const char *text, const char *const *sets, size_t nsets, const dp_problem_blocks *blocks, dp_error *e)
{
    return parse(out, path, text, strlen(text), sets, nsets, NULL, blocks, e);
}

dp_status dp_problem_read(dp_problem **out, const char *path, const char *const *sets, size_t nsets,
                          const dp_claim_schema *schema, dp_error *e)
{
    size_t n;
    dp_error failed;
    char *text = dp_file_read(path, &n, &failed);
    if (text == NULL) return dp_fail(e, failed.status, "%s", failed.text);
    dp_status s = parse(out, path, text, n, sets, nsets, schema, NULL, e);
    free(text);
    return s;
}
