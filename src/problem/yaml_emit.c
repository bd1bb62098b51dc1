/* SPDX-License-Identifier: GPL-3.0-or-later */
/* yaml_emit.c: the canonical text of a case: own rules, so that its SHA-256 does not depend on the version of a library. */
#include "problem/yaml.h"

#include <stdlib.h>
#include <string.h>

typedef struct { char *text; size_t n, room; } buffer;

static void put(buffer *b, const char *s, size_t n)
{
    if (b->n + n + 1 > b->room) b->text = dp_realloc(b->text, b->room = 2 * (b->n + n + 1));
    memcpy(b->text + b->n, s, n);
    b->n += n;
    b->text[b->n] = '\0';
}

static void puts_to(buffer *b, const char *s) { put(b, s, strlen(s)); }

/* Letters, digits, and _ . / + - that begin no YAML construct: a word, a number, a name; words may be parted by one blank. */
static int is_plain(const char *s)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    const char *start = s + (*s == '-' || *s == '+' || *s == '.');
    if (*start == '\0' || strchr(letters, *start) == NULL) return 0;
    for (; *s != '\0'; s++)
        if (strchr(letters, *s) == NULL && strchr("./+-", *s) == NULL && !(*s == ' ' && s[1] != '\0' && s[1] != ' ')) return 0;
    return 1;
}

/* One character inside double quotes: what YAML would not keep as it is becomes an escape. */
static void put_quoted(buffer *b, const char *s, int length)
{
    const unsigned char *u = (const unsigned char *) s;
    char escape[12] = "";
    if (*s == '"' || *s == '\\') snprintf(escape, sizeof escape, "\\%c", *s);
    else if (*s == '\n' || *s == '\t') snprintf(escape, sizeof escape, *s == '\n' ? "\\n" : "\\t");
    else if (*u < 0x20 || *u == 0x7F) snprintf(escape, sizeof escape, "\\x%02x", *u);
    else if (*u == 0xC2 && u[1] <= 0xA0) snprintf(escape, sizeof escape, "\\x%02x", u[1]);
    else if (length == 3) {
        unsigned c = (*u & 0xFU) << 12 | (u[1] & 0x3FU) << 6 | (u[2] & 0x3FU);
        if (c == 0x2028 || c == 0x2029 || c == 0xFEFF || c >= 0xFFFE) snprintf(escape, sizeof escape, "\\u%04x", c);
    }
    if (*escape) puts_to(b, escape);
    else put(b, s, (size_t) length);
}

static void put_text(buffer *b, const char *s)
{
    if (is_plain(s)) {
        puts_to(b, s);
        return;
    }
    put(b, "\"", 1);
    for (int length; *s != '\0'; s += length) {
        length = dp_utf8_length(s);
        if (length == 0) length = 1; /* not met: the parser refuses such bytes */
        put_quoted(b, s, length);
    }
    put(b, "\"", 1);
}

static void put_flow(buffer *b, const dp_yaml *y)
{
    if (y->kind == DP_YAML_TEXT) {
        put_text(b, y->text);
        return;
    }
    puts_to(b, y->kind == DP_YAML_LIST ? "[" : "{");
    for (slong i = 0; i < y->n; i++) {
        if (i > 0) puts_to(b, ", ");
        if (y->key != NULL) {
            put_text(b, y->key[i]->text);
            puts_to(b, ": ");
        }
        put_flow(b, y->item[i]);
    }
    puts_to(b, y->kind == DP_YAML_LIST ? "]" : "}");
}

static void indent(buffer *b, int depth)
{
    puts_to(b, "\n");
    for (int i = 0; i < depth; i++) puts_to(b, "  ");
}

/* Mappings and lists of mappings near the root go one entry a line; the rest flows. */
static int is_block(const dp_yaml *y, int depth)
{
    if (depth > 2 || y->n == 0) return 0;
    return y->kind == DP_YAML_MAP ? depth < 2 : y->kind == DP_YAML_LIST && y->item[0]->kind == DP_YAML_MAP;
}

static void put_block(buffer *b, const dp_yaml *y, int depth)
{
    for (slong i = 0; i < y->n; i++) {
        if (depth > 0 || i > 0) indent(b, depth);
        if (y->kind == DP_YAML_LIST) {
            puts_to(b, "- ");
            put_flow(b, y->item[i]);
            continue;
        }
        put_text(b, y->key[i]->text);
        puts_to(b, ":");
        if (is_block(y->item[i], depth + 1)) {
            put_block(b, y->item[i], depth + 1);
        } else {
            puts_to(b, " ");
            put_flow(b, y->item[i]);
        }
    }
}

char *dp_yaml_emit(const dp_yaml *root)
{
    buffer b = {0};
    puts_to(&b, "");
    if (is_block(root, 0)) put_block(&b, root, 0);
    else put_flow(&b, root);
    puts_to(&b, "\n");
    return b.text;
}
