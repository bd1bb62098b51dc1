/* SPDX-License-Identifier: GPL-3.0-or-later */
/* read_claims.c: the `claims` list of a case: which claim, what is expected of it, and the parameters that it defines itself. */
#include "problem/reader.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    const dp_yaml_report *r;
    const dp_claim_schema *schema; /* may be NULL */
    int dim;
} context;

/* ---- parameters ---- */

static dp_status read_list_of_numbers(dp_param *out, const context *c, const dp_yaml *y)
{
    int bare = y->kind == DP_YAML_TEXT;
    dp_status s = bare ? DP_OK : dp_read_list(c->r, y, "a list of numbers");
    if (s != DP_OK) return s;
    out->rows = 1;
    out->cols = bare ? 1 : y->n;
    out->value = _fmpq_vec_init(out->cols);
    return dp_read_vector(out->value, out->cols, c->r, y);
}

/* A list of points; in dimension 1 a point is a number or a list of one, and a single bare number is one point. */
static dp_status read_points(dp_param *out, const context *c, const dp_yaml *y)
{
    int bare = c->dim == 1 && y->kind == DP_YAML_TEXT;
    const char *shape[] = {"a list of points such as [1/2, 3]", "a list of points such as [[1/2, 3]]", "a list of points such as [[1/2, 3, 0]]"};
    dp_status s = bare ? DP_OK : dp_read_list(c->r, y, shape[c->dim - 1]);
    if (s == DP_OK && c->dim > 1 && y->item[0]->kind == DP_YAML_TEXT) s = dp_read_wrong(c->r, y->item[0], shape[c->dim - 1]);
    if (s != DP_OK) return s;
    out->rows = bare ? 1 : y->n;
    out->cols = c->dim;
    out->value = _fmpq_vec_init(out->rows * out->cols);
    if (bare) return dp_read_rational(out->value, c->r, y);
    for (slong i = 0; i < out->rows && s == DP_OK; i++) s = dp_read_vector(out->value + i * out->cols, c->dim, c->r, y->item[i]);
    return s;
}

static dp_status read_number(dp_param *out, const context *c, const dp_yaml *y)
{
    out->rows = out->cols = 1;
    out->value = _fmpq_vec_init(1);
    dp_status s = dp_read_rational(out->value, c->r, y);
    if (s != DP_OK || out->type == DP_PARAM_RATIONAL || fmpz_is_one(fmpq_denref(out->value))) return s;
    return dp_read_wrong(c->r, y, "a whole number");
}

static dp_status read_param_word(dp_param *out, const context *c, const dp_yaml *y, const char *words)
{
    int index;
    dp_status s = words != NULL ? dp_read_word(&index, c->r, y, words) : DP_OK;
    return s == DP_OK ? dp_read_text(&out->word, c->r, y, "a word") : s;
}

static dp_status read_param(dp_param *out, const context *c, const dp_param_spec *spec, const dp_yaml *y)
{
    out->name = dp_strdup(spec->name);
    out->type = spec->type;
    switch (spec->type) {
    case DP_PARAM_VECTOR: return read_list_of_numbers(out, c, y);
    case DP_PARAM_POINTS: return read_points(out, c, y);
    case DP_PARAM_WORD: return read_param_word(out, c, y, spec->words);
    default: return read_number(out, c, y);
    }
}

/* ---- what the claim allows ---- */

/* All known ids as a list of words: fresh. */
static char *known_ids(const dp_claim_schema *schema)
{
    char *words = dp_strdup("");
    const char *id;
    for (size_t i = 0; schema->nth_id != NULL && (id = schema->nth_id(i)) != NULL; i++) {
        char *longer = dp_format("%s%s%s", words, i ? "|" : "", id);
        free(words);
        words = longer;
    }
    return words;
}

/* The claim's parameter table in *specs (never NULL on success: an empty table if it has none). */
static dp_status find_specs(const dp_param_spec **specs, const context *c, const dp_yaml *id)
{
    static const dp_param_spec none[] = {{0}};
    *specs = none;
    if (c->schema == NULL || c->schema->params == NULL) return DP_OK;
    const dp_param_spec *found = c->schema->params(id->text);
    if (found != NULL) *specs = found;
    if (found != NULL) return DP_OK;
    char *words = known_ids(c->schema), *hint = dp_read_suggest(id->text, words);
    dp_status s = DP_OK; /* a known id without a table has no parameters */
    if (dp_read_find(id->text, words) < 0)
        s = dp_yaml_fail(c->r, id, "expected the id of a claim, got '%.60s'%s", id->text, hint);
    free(hint);
    free(words);
    return s;
}

/* The keys of every entry and the names of the table as a list of words: fresh. */
static char *allowed_keys(const dp_param_spec *specs)
{
    char *words = dp_strdup("id|expect|twin");
    for (; specs->name != NULL; specs++) {
        char *longer = dp_format("%s|%s", words, specs->name);
        free(words);
        words = longer;
    }
    return words;
}

static dp_status read_twin(dp_claim_entry *out, const context *c, const dp_yaml *y)
{
    dp_status s = dp_read_text(&out->twin, c->r, y, "the name of a twin");
    if (s != DP_OK || c->schema == NULL || c->schema->has_twin == NULL || c->schema->has_twin(out->id, out->twin)) return s;
    return dp_yaml_fail(c->r, y, "expected a twin of the claim '%.60s', got '%.60s'", out->id, out->twin);
}

/* ---- entries ---- */

static dp_status read_params(dp_claim_entry *out, const context *c, const dp_param_spec *specs, const dp_yaml *y)
{
    dp_status s = DP_OK;
    for (const dp_param_spec *spec = specs; spec->name != NULL && s == DP_OK; spec++) {
        const dp_yaml *value = dp_yaml_get(y, spec->name);
        if (value == NULL) continue;
        out->params = dp_realloc(out->params, (size_t) (out->nparams + 1) * sizeof *out->params);
        memset(out->params + out->nparams, 0, sizeof *out->params);
        s = read_param(out->params + out->nparams++, c, spec, value);
    }
    return s;
}

static dp_status read_entry(dp_claim_entry *out, const context *c, const dp_yaml *y)
{
    static const char verdicts[] = "proved|verified|supported|refuted|undecided";
    int index;
    const dp_param_spec *specs;
    if (y->kind != DP_YAML_MAP) return dp_read_wrong(c->r, y, "a mapping with the keys id and expect");
    const dp_yaml *id = dp_read_need(c->r, y, "id", "the id of a claim");
    if (id == NULL) return DP_EINPUT;
    dp_status s = dp_read_text(&out->id, c->r, id, "the id of a claim");
    if (s == DP_OK) s = find_specs(&specs, c, id);
    if (s != DP_OK) return s;
    char *words = allowed_keys(specs);
    s = dp_read_keys(c->r, y, words);
    free(words);
    const dp_yaml *expect = s == DP_OK ? dp_read_need(c->r, y, "expect", "a verdict such as proved") : NULL;
    if (expect == NULL) return DP_EINPUT;
    s = dp_read_word(&index, c->r, expect, verdicts);
    if (s == DP_OK) out->expect = dp_strdup(expect->text);
    if (s == DP_OK && dp_yaml_get(y, "twin") != NULL) s = read_twin(out, c, dp_yaml_get(y, "twin"));
    out->line = y->source == NULL ? y->line : 0;
    return s == DP_OK ? read_params(out, c, specs, y) : s;
}

/* Requires P->dim. On failure the entries read so far stay in P, to be freed with it. */
dp_status dp_read_claims(dp_problem *P, const dp_yaml_report *r, const dp_yaml *y, const dp_claim_schema *schema)
{
    context c = {r, schema, P->dim};
    if (y->kind != DP_YAML_LIST) return dp_read_wrong(r, y, "a list of claims such as [{id: tweedie, expect: verified}]");
    P->claims = dp_calloc((size_t) y->n, sizeof *P->claims);
    dp_status s = DP_OK;
    for (slong i = 0; i < y->n && s == DP_OK; i++) s = read_entry(P->claims + P->nclaims++, &c, y->item[i]);
    return s;
}

void dp_claim_entry_clear(dp_claim_entry *entry)
{
    for (slong i = 0; i < entry->nparams; i++) {
        dp_param *p = entry->params + i;
        if (p->value != NULL) _fmpq_vec_clear(p->value, p->rows * p->cols);
        free(p->name);
        free(p->word);
    }
    free(entry->params);
    free(entry->id);
    free(entry->expect);
    free(entry->twin);
}

const dp_param *dp_claim_entry_param(const dp_claim_entry *entry, const char *name)
{
    for (slong i = 0; i < entry->nparams; i++)
        if (strcmp(entry->params[i].name, name) == 0) return entry->params + i;
    return NULL;
}
