/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jsonlint.c: a strict reader of JSON (RFC 8259) for the command-line tests: jsonlint [PATH] < FILE; PATH like values.0.velocity.0.mid. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *text;
static const char *p;   /* where we read */
static const char *path; /* what of the path is still to be found here; NULL: nothing below this place is wanted */
static int found;

static void bad(const char *why)
{
    fprintf(stderr, "jsonlint: byte %ld: %s\n", (long) (p - text), why);
    exit(1);
}

static void blank(void)
{
    p += strspn(p, " \t\r\n");
}

static void expect(char c)
{
    if (*p != c) bad("unexpected character");
    p++;
}

static void string(void)
{
    for (expect('"'); *p != '"'; p++) {
        if ((unsigned char) *p < 0x20) bad("control character in a string");
        if (*p != '\\') continue;
        p++;
        if (*p == 'u')
            for (int i = 0; i < 4; i++) {
                if (!isxdigit((unsigned char) *++p)) bad("bad \\u escape");
            }
        else if (!*p || !strchr("\"\\/bfnrt", *p)) bad("bad escape");
    }
    p++;
}

static void digits(void)
{
    if (!isdigit((unsigned char) *p)) bad("expected a digit");
    while (isdigit((unsigned char) *p)) p++;
}

static void number(void)
{
    if (*p == '-') p++;
    if (*p == '0') p++;
    else digits();
    if (*p == '.') p++, digits();
    if (*p == 'e' || *p == 'E') {
        p++;
        if (*p == '+' || *p == '-') p++;
        digits();
    }
}

static void word(const char *w)
{
    if (strncmp(p, w, strlen(w))) bad("expected a value");
    p += strlen(w);
}

static void value(void);

/* Whether the first component of the path is this name; then the rest of the path holds below. */
static const char *below(const char *name, size_t n)
{
    if (!path || strlen(path) < n || strncmp(path, name, n)) return NULL;
    return path[n] == '.' ? path + n + 1 : path[n] ? NULL : path + n;
}

static void member(const char *name, size_t n)
{
    const char *here = path;
    path = below(name, n);
    value();
    path = here;
}

static void object(void)
{
    expect('{');
    blank();
    for (int more = *p != '}'; more;) {
        blank();
        const char *name = p + 1;
        string();
        const size_t n = (size_t) (p - name) - 1;
        blank();
        expect(':');
        member(name, n);
        more = *p == ',';
        if (more) p++;
    }
    expect('}');
}

static void array(void)
{
    char index[24];
    expect('[');
    blank();
    long i = 0;
    for (int more = *p != ']'; more; i++) {
        snprintf(index, sizeof index, "%ld", i);
        member(index, strlen(index));
        more = *p == ',';
        if (more) p++;
    }
    expect(']');
    if (path && !strcmp(path, "length")) found = printf("%ld\n", i);
}

static void value(void)
{
    blank();
    const char *start = p;
    if (*p == '{') object();
    else if (*p == '[') array();
    else if (*p == '"') string();
    else if (*p == 't') word("true");
    else if (*p == 'f') word("false");
    else if (*p == 'n') word("null");
    else number();
    if (path && !*path) found = printf("%.*s\n", (int) (p - start), start);
    blank();
}

int main(int argc, char **argv)
{
    size_t room = 1 << 24, n;
    text = calloc(1, room + 1);
    if (!text) return 2;
    n = fread(text, 1, room, stdin);
    p = text;
    path = argc > 1 ? argv[1] : NULL;
    value();
    if (p != text + n) bad("something follows the document");
    if (path && !found) fprintf(stderr, "jsonlint: nothing at %s\n", path);
    const int ok = !path || found;
    free(text);
    return !ok;
}
