/* SPDX-License-Identifier: GPL-3.0-or-later */
/* yaml_set.c: --set KEY=YAML, applied to the tree of a case file. */
#include "problem/yaml.h"

#include <stdlib.h>
#include <string.h>

/* Entry number `name` of a list, list->n (append) included; -1 after reporting. */
static slong list_index(const dp_yaml *list, const char *name, const char *set, const dp_yaml_report *r)
{
    char *end;
    long i = strtol(name, &end, 10);
    if (name[0] >= '0' && name[0] <= '9' && *end == '\0' && i >= 0 && i <= list->n) return i;
    dp_yaml_fail_at(r, set, 0, 0, "expected an entry number from 0 to %ld (%ld adds one), got '%.40s'", (long) list->n, (long) list->n, name);
    return -1;
}

/* Position of `name` in a list or mapping, its size when it is to be added; -1 after reporting. */
static slong locate(const dp_yaml *at, const char *name, const char *set, const dp_yaml_report *r)
{
    if (at->kind == DP_YAML_LIST) return list_index(at, name, set, r);
    if (at->kind == DP_YAML_MAP) {
        slong i = dp_yaml_index(at, name);
        return i < 0 ? at->n : i;
    }
    char *got = dp_yaml_describe(at);
    dp_yaml_fail_at(r, set, 0, 0, "expected a list or mapping above '%.40s', got %s", name, got);
    free(got);
    return -1;
}

/* Puts `value` at position i, which is the size of `at` when the entry is new. */
static void put(dp_yaml *at, slong i, const char *name, dp_yaml *value)
{
    if (i < at->n) {
        dp_yaml_free(at->item[i]);
        at->item[i] = value;
        value->parent = at;
        return;
    }
    dp_yaml *key = NULL;
    if (at->kind == DP_YAML_MAP) {
        key = dp_yaml_new(DP_YAML_TEXT, value->source, 1, 1);
        key->text = dp_strdup(name);
    }
    dp_yaml_append(at, key, value);
}

/* Walks `path` (cut up in place), adding mappings that are missing, and puts the value at its end; the tree owns `value` on success. */
static dp_status put_at_path(dp_yaml *at, char *path, dp_yaml *value, const char *set, const dp_yaml_report *r)
{
    int depth = 0;
    for (char *name = path, *dot;; name = dot + 1) {
        dot = strchr(name, '.');
        if (++depth > 32) return dp_yaml_fail_at(r, set, 0, 0, "expected a KEY of at most 32 parts");
        if (dot != NULL) *dot = '\0';
        if (*name == '\0') return dp_yaml_fail_at(r, set, 0, 0, "expected KEY=YAML with a KEY such as kernel.bandwidth, got an empty key");
        slong i = locate(at, name, set, r);
        if (i < 0) return DP_EINPUT;
        if (dot == NULL) {
            put(at, i, name, value);
            return DP_OK;
        }
        if (i == at->n) put(at, i, name, dp_yaml_new(DP_YAML_MAP, set, 1, 1));
        at = at->item[i];
    }
}

dp_status dp_yaml_set(dp_yaml *root, const char *set, const dp_yaml_report *r)
{
    const char *equals = strchr(set, '=');
    if (equals == NULL || equals == set) return dp_yaml_fail_at(r, set, 0, 0, "expected KEY=YAML, got '%.40s'", set);
    char *path = dp_format("%.*s", (int) (equals - set), set);
    dp_yaml *value = dp_yaml_parse(equals + 1, strlen(equals + 1), set, r);
    dp_status s = value ? put_at_path(root, path, value, set, r) : DP_EINPUT;
    if (s != DP_OK) dp_yaml_free(value);
    free(path);
    return s;
}
