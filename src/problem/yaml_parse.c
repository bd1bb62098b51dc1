/* SPDX-License-Identifier: GPL-3.0-or-later */
/* yaml_parse.c: libfyaml's events become a tree; what is not plain data is refused with its position. */
#include <libfyaml.h>

#include "problem/yaml.h"

#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 32, MOST_KEYS = 256 };

typedef struct {
    const dp_yaml_report *r;
    const char *source;
    char *message;      /* libfyaml's first line, or NULL */
    dp_yaml *root, *top; /* top: the list or mapping being filled */
    dp_yaml *key;       /* the key of `top` that waits for its value */
    int depth, documents, line, col;
} parser;

/* The first position that no YAML text may hold: bytes that are no UTF-8, or control characters. libfyaml would end there silently. */
static dp_status check_characters(const char *text, size_t n, const char *source, const dp_yaml_report *r)
{
    int line = 1, col = 1;
    for (size_t i = 0; i < n;) {
        unsigned char c = (unsigned char) text[i];
        int length = dp_utf8_length(text + i);
        if (length == 0) return dp_yaml_fail_at(r, source, line, col, "expected UTF-8 text, got the byte 0x%02x", c);
        int control = (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F
                   || (c == 0xC2 && (unsigned char) text[i + 1] < 0xA0);
        if (control) return dp_yaml_fail_at(r, source, line, col, "expected text, got a control character (byte 0x%02x)", c);
        if (c == '\n') { line++; col = 1; }
        else col++;
        i += (size_t) length;
    }
    return DP_OK;
}

/* Keeps the first message; libfyaml follows it with the source line and a caret. */
static void keep_first(struct fy_diag *diag, void *user, const char *text, size_t n)
{
    parser *p = user;
    (void) diag;
    if (p->message == NULL) p->message = dp_format("%.*s", (int) strcspn(text, "\n") < (int) n ? (int) strcspn(text, "\n") : (int) n, text);
}

/* "<memory-...>:3:1: error: words" -> position and words; words alone stand where the last event stood. */
static dp_status report_syntax(const parser *p)
{
    int line = p->line, col = p->col, used = 0;
    const char *words = p->message ? p->message : "not readable as YAML", *at = strchr(words, '>');
    if (at != NULL && sscanf(at, ">:%d:%d: error: %n", &line, &col, &used) == 2 && used > 0) words = at + used;
    return dp_yaml_fail_at(p->r, p->source, line, col, "%s", words);
}

static dp_status fail_here(const parser *p, const char *words)
{
    return dp_yaml_fail_at(p->r, p->source, p->line, p->col, "%s", words);
}

/* Hangs a finished or just opened node into the tree. */
static dp_status place_node(parser *p, dp_yaml *y)
{
    if (p->top == NULL) {
        p->root = y;
    } else if (p->top->kind == DP_YAML_LIST) {
        dp_yaml_append(p->top, NULL, y);
    } else if (p->key != NULL) {
        dp_yaml_append(p->top, p->key, y);
        p->key = NULL;
    } else if (y->kind != DP_YAML_TEXT) {
        dp_yaml_free(y);
        return fail_here(p, "expected a word as key, got a list or mapping");
    } else if (dp_yaml_index(p->top, y->text) >= 0) {
        dp_yaml *first = p->top->key[dp_yaml_index(p->top, y->text)];
        dp_status s = dp_yaml_fail_at(p->r, p->source, p->line, p->col, "duplicate key '%.40s', first on line %d", y->text, first->line);
        dp_yaml_free(y);
        return s;
    } else if (p->top->n >= MOST_KEYS) {
        dp_yaml_free(y);
        return fail_here(p, "expected at most 256 keys in a mapping, got more");
    } else {
        p->key = y;
    }
    return DP_OK;
}

static dp_status open_node(parser *p, dp_yaml_kind kind)
{
    if (++p->depth > DEEPEST) return fail_here(p, "nested deeper than 32 levels");
    dp_yaml *y = dp_yaml_new(kind, p->source, p->line, p->col);
    dp_status s = place_node(p, y);
    if (s == DP_OK) p->top = y;
    return s;
}

static dp_status close_node(parser *p)
{
    p->depth--;
    p->top = p->top->parent;
    return DP_OK;
}

static dp_status scalar(parser *p, struct fy_token *token)
{
    size_t n = 0;
    const char *text = token ? fy_token_get_text(token, &n) : "";
    if (text == NULL) return fail_here(p, "out of memory");
    if (memchr(text, '\0', n) != NULL) return fail_here(p, "expected text, got a NUL character");
    dp_yaml *y = dp_yaml_new(DP_YAML_TEXT, p->source, p->line, p->col);
    y->text = dp_malloc(n + 1);
    memcpy(y->text, text, n);
    y->text[n] = '\0';
    y->quoted = token != NULL && fy_scalar_token_get_style(token) != FYSS_PLAIN;
    return place_node(p, y);
}

static int is_absent(struct fy_event *event)
{
    size_t n = 0;
    struct fy_token *const token = event->type == FYET_SCALAR ? event->scalar.value : NULL;
    if (token) fy_token_get_text(token, &n);
    return event->type == FYET_SCALAR && n == 0 && (!token || fy_scalar_token_get_style(token) == FYSS_PLAIN);
}

/* Position of an event; an absent value stands where its key does, wherever this release of libfyaml has it. */
static void locate(parser *p, struct fy_event *event)
{
    const struct fy_mark *mark = p->key && is_absent(event) ? NULL : fy_event_start_mark(event);
    if (mark == NULL && p->key == NULL) return;
    p->line = mark ? mark->line + 1 : p->key->line;
    p->col = mark ? mark->column + 1 : p->key->col;
}

static dp_status take(parser *p, struct fy_event *event)
{
    locate(p, event);
    if (fy_event_get_anchor_token(event) != NULL) return fail_here(p, "expected plain data, got an anchor or alias: write the value out");
    if (fy_event_get_tag_token(event) != NULL) return fail_here(p, "expected plain data, got a tag: every key has its own type");
    switch (event->type) {
    case FYET_DOCUMENT_START: return ++p->documents > 1 ? fail_here(p, "expected one document, got a second one") : DP_OK;
    case FYET_MAPPING_START: return open_node(p, DP_YAML_MAP);
    case FYET_SEQUENCE_START: return open_node(p, DP_YAML_LIST);
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END: return close_node(p);
    case FYET_SCALAR: return scalar(p, event->scalar.value);
    case FYET_ALIAS: return fail_here(p, "expected plain data, got an anchor or alias: write the value out");
    default: return DP_OK;
    }
}

static dp_status parse_events(parser *p, struct fy_parser *fyp)
{
    struct fy_event *event;
    dp_status s = DP_OK;
    while (s == DP_OK && (event = fy_parser_parse(fyp)) != NULL) {
        s = take(p, event);
        fy_parser_event_free(fyp, event);
    }
    if (s == DP_OK && (p->message != NULL || fy_parser_get_stream_error(fyp))) s = report_syntax(p);
    if (s == DP_OK && p->root == NULL) s = fail_here(p, "expected a mapping, got an empty document");
    return s;
}

dp_yaml *dp_yaml_parse(const char *text, size_t n, const char *source, const dp_yaml_report *r)
{
    if (check_characters(text, n, source, r) != DP_OK) return NULL;
    parser p = {.r = r, .source = source, .line = 1, .col = 1};
    struct fy_diag_cfg diag_cfg;
    fy_diag_cfg_default(&diag_cfg);
    diag_cfg.fp = NULL;
    diag_cfg.output_fn = keep_first;
    diag_cfg.user = &p;
    diag_cfg.colorize = false;
    struct fy_diag *diag = fy_diag_create(&diag_cfg);
    struct fy_parse_cfg cfg = {.diag = diag};
    struct fy_parser *fyp = diag ? fy_parser_create(&cfg) : NULL;
    dp_status s = DP_EMEMORY;
    if (fyp != NULL && fy_parser_set_string(fyp, text, n) == 0) s = parse_events(&p, fyp);
    else dp_fail(r->e, s, "%s: the YAML parser cannot be started", r->path);
    fy_parser_destroy(fyp);
    fy_diag_destroy(diag);
    free(p.message);
    dp_yaml_free(p.key);
    if (s == DP_OK) return p.root;
    dp_yaml_free(p.root);
    return NULL;
}
