/* SPDX-License-Identifier: GPL-3.0-or-later */
/* yaml.h: a case file as a tree of texts, lists and mappings that know where they stand; private to this room. */
#ifndef DP_PROBLEM_YAML_H
#define DP_PROBLEM_YAML_H

#include "base/base.h"

typedef enum { DP_YAML_TEXT, DP_YAML_LIST, DP_YAML_MAP } dp_yaml_kind;

/* Every scalar is its text: no value is converted before the key that wants it is known. */
typedef struct dp_yaml_struct dp_yaml;
struct dp_yaml_struct {
    dp_yaml_kind kind;
    int line, col;       /* from 1 */
    const char *source;  /* NULL: the case file; else the --set that made it, as given */
    dp_yaml *parent;     /* NULL for the root */
    char *text;          /* TEXT */
    int quoted;          /* TEXT: it stood in quotes or in a block: "null" is a word, null is nothing */
    slong n, room;       /* LIST, MAP: number of entries */
    dp_yaml **item;      /* LIST, MAP: the values */
    dp_yaml **key;       /* MAP: the keys, all TEXT */
};

/* Where messages go: the file as the user named it. */
typedef struct { const char *path; dp_error *e; } dp_yaml_report;

/* Parses one document; `source` as in the nodes. NULL after reporting a syntax error, an empty document, a duplicate key, or
   anything outside the plain subset (anchors, aliases, tags, several documents, keys that are no text, depth over 32). */
dp_yaml *dp_yaml_parse(const char *text, size_t n, const char *source, const dp_yaml_report *r);
void dp_yaml_free(dp_yaml *y);

dp_yaml *dp_yaml_new(dp_yaml_kind kind, const char *source, int line, int col);
/* Appends to a list (key NULL) or mapping; the tree then owns both. */
void dp_yaml_append(dp_yaml *y, dp_yaml *key, dp_yaml *value);
/* Position of a key in a mapping, or -1. */
slong dp_yaml_index(const dp_yaml *map, const char *key);
dp_yaml *dp_yaml_get(const dp_yaml *map, const char *key);
/* The text at a key; "" for null, for a missing key and for what is no text. */
const char *dp_yaml_word(const dp_yaml *map, const char *key);

/* Applies KEY=YAML to the tree: replaces what stands at the dotted path, or adds it. `set` must outlive the tree. */
dp_status dp_yaml_set(dp_yaml *root, const char *set, const dp_yaml_report *r);

/* Canonical text: depends on the data and the order of keys only, not on style or comments of the source, and parses to
   the same tree. free() it. */
char *dp_yaml_emit(const dp_yaml *root);

/* "file:line:col: key.path: message" or "--set KEY=YAML: key.path: message"; always returns DP_EINPUT. */
dp_status dp_yaml_fail(const dp_yaml_report *r, const dp_yaml *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with another status, for a place that is no node (key path empty). */
dp_status dp_yaml_fail_at(const dp_yaml_report *r, const char *source, int line, int col, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* "got 'text'" in words: a fresh short string for messages: 'text', nothing, a list of 3, a mapping. */
char *dp_yaml_describe(const dp_yaml *y);

#endif
