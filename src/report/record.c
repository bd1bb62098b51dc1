/* SPDX-License-Identifier: GPL-3.0-or-later */
/* record.c: the result of one claim on one case, written as one JSON object and read back, every text and number as it was. */
#include "report/record.h"

#include <errno.h>
#include <libfyaml.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- writing ---- */

static void key(FILE *f, const char *before, const char *name)
{
    fprintf(f, "%s\"%s\": ", before, name);
}

static void text(FILE *f, const char *before, const char *name, const char *value)
{
    key(f, before, name);
    dp_json_string(f, value);
}

static void write_evidence(FILE *f, const dp_evidence *v)
{
    text(f, "{", "name", v->name);
    text(f, ", ", "statement", v->statement);
    text(f, ", ", "mid", v->mid);
    text(f, ", ", "rad", v->rad);
    if (v->scale != NULL) text(f, ", ", "scale", v->scale);
    text(f, ", ", "relation", v->relation);
    text(f, ", ", "verdict", v->verdict);
    key(f, ", ", "engines");
    fputc('[', f);
    for (slong i = 0; i < v->nengines; i++) {
        if (i > 0) fputs(", ", f);
        dp_json_string(f, v->engines[i]);
    }
    key(f, "], ", "ledger");
    fputc('[', f);
    for (slong i = 0; i < v->nledger; i++) {
        text(f, i > 0 ? ", {" : "{", "term", v->ledger[i].term);
        text(f, ", ", "bound", v->ledger[i].bound);
        fputc('}', f);
    }
    fputs("]}", f);
}

/* Layout: the scalars on three lines, then one line per evidence; `indent` blanks before each line but the first. */
void dp_record_write(FILE *f, const dp_record *r, int indent)
{
    char *line = dp_format(",\n%*s ", indent, "");
    text(f, "{", "claim", r->claim);
    text(f, ", ", "case", r->case_name);
    text(f, ", ", "twin", r->twin);
    text(f, ", ", "kind", r->kind);
    text(f, line, "verdict", r->verdict);
    text(f, ", ", "expected", r->expected);
    fprintf(f, ", \"as_expected\": %s", r->as_expected ? "true" : "false");
    fprintf(f, ", \"digits\": %ld, \"precision\": %ld", (long) r->digits, (long) r->precision);
    key(f, ", ", "seconds");
    dp_json_double(f, r->seconds);
    text(f, line, "message", r->message);
    key(f, line, "evidence");
    fputc('[', f);
    for (slong i = 0; i < r->nevidence; i++) {
        fprintf(f, "%s\n%*s", i > 0 ? "," : "", indent + 2, "");
        write_evidence(f, &r->evidence[i]);
    }
    fputc(']', f);
    text(f, line, "certificate", r->certificate);
    fputc('}', f);
    free(line);
}

/* ---- reading ---- */

/* The first thing that was wrong, for one message; `path` names the file. */
typedef struct { const char *path; dp_error *e; dp_status status; } reader;

static void wrong(reader *in, const char *where, const char *expected)
{
    if (in->status == DP_OK) in->status = dp_fail(in->e, DP_EINPUT, "%s: %s: expected %s", in->path, where, expected);
}

static struct fy_node *lookup(struct fy_node *map, const char *name)
{
    return fy_node_mapping_lookup_by_string(map, name, strlen(name));
}

/* A string, or NULL for null and for a missing key (an error when `required`). A quoted "null" is a string. */
static char *read_text(reader *in, struct fy_node *map, const char *name, int required)
{
    struct fy_node *n = lookup(map, name);
    size_t size = 0;
    const char *s = n != NULL && fy_node_is_scalar(n) ? fy_node_get_scalar(n, &size) : NULL;
    int quoted = s != NULL && fy_node_get_style(n) == FYNS_DOUBLE_QUOTED;
    if (quoted) return dp_format("%.*s", (int) size, s);
    if (required || (n != NULL && !(s != NULL && size == 4 && memcmp(s, "null", 4) == 0))) wrong(in, name, "a string");
    return NULL;
}

/* The bare scalar of a number or a boolean as a C string in `out`; "" when the key is missing. */
static void read_bare(reader *in, struct fy_node *map, const char *name, char out[64])
{
    struct fy_node *n = lookup(map, name);
    size_t size = 0;
    out[0] = '\0';
    if (n == NULL) return;
    const char *s = fy_node_is_scalar(n) ? fy_node_get_scalar(n, &size) : NULL;
    if (s == NULL || size == 0 || size > 63) wrong(in, name, "a number or a truth value");
    else memcpy(out, s, size), out[size] = '\0';
}

static slong read_integer(reader *in, struct fy_node *map, const char *name)
{
    char s[64], *end = s;
    read_bare(in, map, name, s);
    errno = 0;
    long v = strtol(s, &end, 10);
    if (*end != '\0' || errno != 0) wrong(in, name, "an integer");
    return v;
}

/* "inf" and "nan" as strings are read too. strtod is told the point of no locale: the tool never sets LC_NUMERIC. */
static double read_double(reader *in, struct fy_node *map, const char *name)
{
    char s[64], *end = s;
    read_bare(in, map, name, s);
    double v = strtod(s, &end);
    if (*end != '\0') wrong(in, name, "a number");
    return v;
}

static int read_truth(reader *in, struct fy_node *map, const char *name)
{
    char s[64];
    read_bare(in, map, name, s);
    if (strcmp(s, "true") != 0 && strcmp(s, "false") != 0) wrong(in, name, "true or false");
    return strcmp(s, "true") == 0;
}

/* The sequence under `name`, NULL when missing; its length in *n. */
static struct fy_node *read_list(reader *in, struct fy_node *map, const char *name, slong *n)
{
    struct fy_node *list = lookup(map, name);
    *n = 0;
    if (list != NULL && !fy_node_is_sequence(list)) wrong(in, name, "a list");
    else if (list != NULL) *n = fy_node_sequence_item_count(list);
    return list;
}

static void read_evidence(reader *in, struct fy_node *map, dp_evidence *v)
{
    if (!fy_node_is_mapping(map)) {
        wrong(in, "evidence", "a list of objects");
        return;
    }
    v->name = read_text(in, map, "name", 1);
    v->statement = read_text(in, map, "statement", 0);
    v->mid = read_text(in, map, "mid", 0);
    v->rad = read_text(in, map, "rad", 0);
    v->scale = read_text(in, map, "scale", 0);
    v->relation = read_text(in, map, "relation", 0);
    v->verdict = read_text(in, map, "verdict", 0);
    struct fy_node *list = read_list(in, map, "engines", &v->nengines);
    v->engines = dp_calloc((size_t) v->nengines + 1, sizeof *v->engines);
    for (slong i = 0; i < v->nengines; i++) {
        size_t size = 0;
        const char *s = fy_node_get_scalar(fy_node_sequence_get_by_index(list, (int) i), &size);
        if (s == NULL) wrong(in, "engines", "a list of strings");
        v->engines[i] = dp_format("%.*s", (int) size, s ? s : "");
    }
    list = read_list(in, map, "ledger", &v->nledger);
    v->ledger = dp_calloc((size_t) v->nledger + 1, sizeof *v->ledger);
    for (slong i = 0; i < v->nledger; i++) {
        struct fy_node *item = fy_node_sequence_get_by_index(list, (int) i);
        v->ledger[i].term = read_text(in, item, "term", 1);
        v->ledger[i].bound = read_text(in, item, "bound", 1);
    }
}

static void read_record(reader *in, struct fy_node *map, dp_record *r)
{
    r->claim = read_text(in, map, "claim", 1);
    r->case_name = read_text(in, map, "case", 1);
    r->kind = read_text(in, map, "kind", 0);
    r->verdict = read_text(in, map, "verdict", 1);
    r->expected = read_text(in, map, "expected", 0);
    r->twin = read_text(in, map, "twin", 0);
    r->message = read_text(in, map, "message", 0);
    r->certificate = read_text(in, map, "certificate", 0);
    r->as_expected = read_truth(in, map, "as_expected");
    r->digits = read_integer(in, map, "digits");
    r->precision = read_integer(in, map, "precision");
    r->seconds = read_double(in, map, "seconds");
    struct fy_node *list = read_list(in, map, "evidence", &r->nevidence);
    r->evidence = dp_calloc((size_t) r->nevidence + 1, sizeof *r->evidence);
    for (slong i = 0; i < r->nevidence && in->status == DP_OK; i++)
        read_evidence(in, fy_node_sequence_get_by_index(list, (int) i), &r->evidence[i]);
}

static void silent(struct fy_diag *diag, void *user, const char *buf, size_t len)
{
    (void) diag, (void) user, (void) buf, (void) len;
}

/* The parsed JSON text, which must outlive it; NULL when it is not JSON. The parser's own messages are dropped: a record is
   not written by people, and the caller's message names the file. */
static struct fy_document *parse(const char *json, size_t n)
{
    struct fy_diag_cfg quiet;
    fy_diag_cfg_default(&quiet);
    quiet.fp = NULL;
    quiet.output_fn = silent;
    struct fy_diag *diag = fy_diag_create(&quiet);
    struct fy_parse_cfg cfg = {.flags = FYPCF_JSON_FORCE, .diag = diag};
    struct fy_document *d = fy_document_build_from_string(&cfg, json, n);
    fy_diag_destroy(diag);
    return d;
}

dp_status dp_record_read(dp_record **out, const char *path, dp_error *e)
{
    size_t n;
    *out = NULL;
    char *json = dp_file_read(path, &n, e);
    if (json == NULL) return e != NULL ? e->status : DP_EINPUT;
    reader in = {path, e, DP_OK};
    dp_record *r = dp_calloc(1, sizeof *r);
    struct fy_document *d = parse(json, n);
    struct fy_node *root = d ? fy_document_root(d) : NULL;
    if (root == NULL || !fy_node_is_mapping(root)) wrong(&in, "whole file", "one JSON object");
    else read_record(&in, root, r);
    fy_document_destroy(d);
    free(json);
    if (in.status == DP_OK) *out = r;
    else dp_record_free(r);
    return in.status;
}

/* ---- release ---- */

static void free_evidence(dp_evidence *v)
{
    free(v->name), free(v->statement), free(v->mid), free(v->rad), free(v->scale), free(v->relation), free(v->verdict);
    for (slong i = 0; v->engines != NULL && i < v->nengines; i++) free(v->engines[i]);
    for (slong i = 0; v->ledger != NULL && i < v->nledger; i++) free(v->ledger[i].term), free(v->ledger[i].bound);
    free(v->engines), free(v->ledger);
}

void dp_record_free(dp_record *r)
{
    if (r == NULL) return;
    free(r->claim), free(r->case_name), free(r->kind), free(r->verdict), free(r->expected), free(r->twin);
    free(r->message), free(r->certificate);
    for (slong i = 0; r->evidence != NULL && i < r->nevidence; i++) free_evidence(&r->evidence[i]);
    free(r->evidence), free(r);
}
