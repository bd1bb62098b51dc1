/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dispute.c: reads the file of disputes: texts, and names of claims that must exist. */
#include "problem/dispute.h"
#include "problem/reader.h"

#include <stdlib.h>
#include <string.h>

typedef struct { const dp_yaml_report *r; const dp_claim_schema *schema; } context;

/* The text at a key, which must be there unless `optional`. */
static dp_status read_line(char **out, const context *c, const dp_yaml *map, const char *key, int optional)
{
    const dp_yaml *y = optional ? dp_yaml_get(map, key) : dp_read_need(c->r, map, key, "a text");
    if (y == NULL) return optional ? DP_OK : DP_EINPUT;
    return dp_read_text(out, c->r, y, "a text");
}

/* "claim" or "claim@case". */
static dp_status read_decider(dp_decider *out, const context *c, const dp_yaml *y)
{
    dp_status s = dp_read_text(&out->claim, c->r, y, "the id of a claim, or claim@case");
    char *at = s == DP_OK ? strchr(out->claim, '@') : NULL;
    if (at != NULL) *at = '\0', out->case_name = dp_strdup(at + 1);
    const char *id = NULL;
    size_t i = 0;
    if (s != DP_OK || c->schema == NULL) return s;
    while ((id = c->schema->nth_id(i)) != NULL && strcmp(id, out->claim) != 0) i++;
    return id != NULL ? DP_OK : dp_yaml_fail(c->r, y, "no claim is called '%s'", out->claim);
}

static dp_status read_position(dp_position *out, const context *c, const dp_yaml *y)
{
    dp_status s = dp_read_keys(c->r, y, "who|says|reading|confirmed-by|contradicted-by");
    if (s == DP_OK) s = read_line(&out->who, c, y, "who", 0);
    if (s == DP_OK) s = read_line(&out->says, c, y, "says", 0);
    if (s == DP_OK) s = read_line(&out->reading, c, y, "reading", 0);
    if (s != DP_OK) return s;
    const dp_yaml *yes = dp_yaml_get(y, "confirmed-by"), *no = dp_yaml_get(y, "contradicted-by"), *by = yes ? yes : no;
    if (yes && no) return dp_yaml_fail(c->r, y, "a position is confirmed or contradicted, not both: write two positions with their readings");
    if (by == NULL) return DP_OK;
    s = dp_read_list(c->r, by, "a list of claims");
    if (s != DP_OK) return s;
    out->against = no != NULL;
    out->by = dp_calloc((size_t) by->n, sizeof *out->by);
    for (; out->n < by->n && s == DP_OK; out->n++) s = read_decider(out->by + out->n, c, by->item[out->n]);
    return s;
}

static dp_status check(const context *c, const dp_dispute *d, const dp_yaml *y, const dp_disputes *before)
{
    slong named = 0, idle = 0;
    for (slong i = 0; i < d->n; i++) named += d->position[i].n, idle += d->position[i].n == 0;
    for (slong i = 0; i < before->n; i++)
        if (before->dispute + i != d && strcmp(before->dispute[i].id, d->id) == 0) return dp_yaml_fail(c->r, y, "the id '%s' comes twice", d->id);
    if (named == 0 && d->open == NULL) return dp_yaml_fail(c->r, y, "'%s' names no claim and does not say under 'open' why it is undecided", d->id);
    if (idle > 0 && d->open == NULL) return dp_yaml_fail(c->r, y, "'%s' has a position that no claim decides and does not say under 'open' why", d->id);
    return DP_OK;
}

static dp_status read_dispute(dp_dispute *out, const context *c, const dp_yaml *y)
{
    dp_status s = dp_read_keys(c->r, y, "id|question|verdict|open|positions");
    if (s == DP_OK) s = read_line(&out->id, c, y, "id", 0);
    if (s == DP_OK) s = read_line(&out->question, c, y, "question", 0);
    if (s == DP_OK) s = read_line(&out->verdict, c, y, "verdict", 0);
    if (s == DP_OK) s = read_line(&out->open, c, y, "open", 1);
    const dp_yaml *all = s == DP_OK ? dp_read_need(c->r, y, "positions", "a list") : NULL;
    if (s == DP_OK) s = all ? dp_read_list(c->r, all, "a list of positions") : DP_EINPUT;
    if (s != DP_OK) return s;
    out->position = dp_calloc((size_t) all->n, sizeof *out->position);
    for (; out->n < all->n && s == DP_OK; out->n++) s = read_position(out->position + out->n, c, all->item[out->n]);
    return s;
}

dp_status dp_disputes_read(dp_disputes *out, const char *path, const dp_claim_schema *schema, dp_error *e)
{
    const dp_yaml_report r = {path, e};
    const context c = {&r, schema};
    size_t n;
    char *text = dp_file_read(path, &n, e);
    *out = (dp_disputes) {0};
    if (text == NULL) return e ? e->status : DP_EIO;
    dp_yaml *root = dp_yaml_parse(text, n, NULL, &r);
    free(text);
    if (root == NULL) return e ? e->status : DP_EINPUT;
    dp_status s = dp_read_keys(&r, root, "disputes");
    const dp_yaml *all = s == DP_OK ? dp_read_need(&r, root, "disputes", "a list") : NULL;
    if (s == DP_OK) s = all ? dp_read_list(&r, all, "a list of disputes") : DP_EINPUT;
    if (s == DP_OK) out->dispute = dp_calloc((size_t) all->n, sizeof *out->dispute);
    while (s == DP_OK && out->n < all->n) {
        dp_dispute *d = out->dispute + out->n++;
        s = read_dispute(d, &c, all->item[out->n - 1]);
        if (s == DP_OK) s = check(&c, d, all->item[out->n - 1], out);
    }
    dp_yaml_free(root);
    if (s != DP_OK) dp_disputes_clear(out);
    return s;
}

static void clear_position(dp_position *p)
{
    for (slong i = 0; i < p->n; i++) free(p->by[i].claim), free(p->by[i].case_name);
    free(p->by), free(p->who), free(p->says), free(p->reading);
}

void dp_disputes_clear(dp_disputes *d)
{
    for (slong i = 0; i < d->n; i++) {
        dp_dispute *one = d->dispute + i;
        for (slong k = 0; k < one->n; k++) clear_position(one->position + k);
        free(one->position), free(one->id), free(one->question), free(one->verdict), free(one->open);
    }
    free(d->dispute);
    *d = (dp_disputes) {0};
}
