/* SPDX-License-Identifier: GPL-3.0-or-later */
/* yaml.c: the tree, and the messages that say where in it something is wrong. */
#include "problem/yaml.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

dp_yaml *dp_yaml_new(dp_yaml_kind kind, const char *source, int line, int col)
{
    dp_yaml *y = dp_calloc(1, sizeof *y);
    y->kind = kind;
    y->source = source;
    y->line = line;
    y->col = col;
    return y;
}

void dp_yaml_free(dp_yaml *y)
{
    if (y == NULL) return;
    for (slong i = 0; i < y->n; i++) {
        dp_yaml_free(y->item[i]);
        if (y->key != NULL) dp_yaml_free(y->key[i]);
    }
    free(y->item);
    free(y->key);
    free(y->text);
    free(y);
}

void dp_yaml_append(dp_yaml *y, dp_yaml *key, dp_yaml *value)
{
    if (y->n == y->room) {
        y->room = y->room ? 2 * y->room : 4;
        y->item = dp_realloc(y->item, (size_t) y->room * sizeof *y->item);
        if (y->kind == DP_YAML_MAP) y->key = dp_realloc(y->key, (size_t) y->room * sizeof *y->key);
    }
    y->item[y->n] = value;
    value->parent = y;
    if (y->kind == DP_YAML_MAP) {
        y->key[y->n] = key;
        key->parent = y;
    }
    y->n++;
}

slong dp_yaml_index(const dp_yaml *map, const char *key)
{
    for (slong i = 0; map->kind == DP_YAML_MAP && i < map->n; i++)
        if (strcmp(map->key[i]->text, key) == 0) return i;
    return -1;
}

dp_yaml *dp_yaml_get(const dp_yaml *map, const char *key)
{
    slong i = dp_yaml_index(map, key);
    return i < 0 ? NULL : map->item[i];
}

const char *dp_yaml_word(const dp_yaml *map, const char *key)
{
    const dp_yaml *y = dp_yaml_get(map, key);
    return y != NULL && y->kind == DP_YAML_TEXT && (y->quoted || strcmp(y->text, "null") != 0) ? y->text : "";
}

/* A piece of the user's text that is safe in a one-line message: at most `most` bytes of whole characters, controls as '?'. */
static char *snippet(const char *text, size_t most)
{
    size_t n = 0;
    while (text[n] != '\0') {
        int step = dp_utf8_length(text + n);
        if (n + (size_t) (step ? step : 1) > most) break;
        n += (size_t) (step ? step : 1);
    }
    char *s = dp_format("%.*s%s", (int) n, text, text[n] ? "..." : "");
    for (char *c = s; *c != '\0'; c++)
        if ((unsigned char) *c < 0x20 || *c == 0x7F) *c = '?';
    return s;
}

char *dp_yaml_describe(const dp_yaml *y)
{
    if (y->kind == DP_YAML_MAP) return dp_format("a mapping");
    if (y->kind == DP_YAML_LIST) return dp_format("a list of %ld", (long) y->n);
    if (y->text[0] == '\0') return dp_format("nothing");
    char *s = snippet(y->text, 40), *words = dp_format("'%s'", s);
    free(s);
    return words;
}

/* Puts ".name" before *path. */
static void prefix(char **path, const char *name)
{
    char *s = snippet(name, 40), *longer = dp_format("%s%s%s", s, **path ? "." : "", *path);
    free(s);
    free(*path);
    *path = longer;
}

/* The dotted path of a node: of a key, the path that its value has. */
static char *path_of(const dp_yaml *y)
{
    char *path = dp_strdup("");
    for (const dp_yaml *up; (up = y->parent) != NULL; y = up) {
        slong i = 0;
        char number[24];
        while (up->item[i] != y && (up->key == NULL || up->key[i] != y)) i++;
        snprintf(number, sizeof number, "%ld", (long) i);
        prefix(&path, up->key != NULL ? up->key[i]->text : number);
    }
    return path;
}

/* "file:line:col" or "--set KEY=YAML"; of a very long file name the end. */
static char *place(const dp_yaml_report *r, const char *source, int line, int col)
{
    enum { MOST = 256 };
    size_t n = strlen(r->path);
    if (source == NULL) return dp_format("%s%s:%d:%d", n > MOST ? "..." : "", r->path + (n > MOST ? n - MOST : 0), line, col);
    char *s = snippet(source, 120), *words = dp_format("--set %s", s);
    free(s);
    return words;
}

static dp_status report(const dp_yaml_report *r, char *where, const char *path, const char *format, va_list ap)
{
    char message[512];
    vsnprintf(message, sizeof message, format, ap);
    dp_fail(r->e, DP_EINPUT, "%s: %s%s%s", where, path, *path ? ": " : "", message);
    free(where);
    return DP_EINPUT;
}

dp_status dp_yaml_fail_at(const dp_yaml_report *r, const char *source, int line, int col, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    report(r, place(r, source, line, col), "", format, ap);
    va_end(ap);
    return DP_EINPUT;
}

dp_status dp_yaml_fail(const dp_yaml_report *r, const dp_yaml *at, const char *format, ...)
{
    va_list ap;
    char *path = path_of(at);
    va_start(ap, format);
    report(r, place(r, at->source, at->line, at->col), path, format, ap);
    va_end(ap);
    free(path);
    return DP_EINPUT;
}
