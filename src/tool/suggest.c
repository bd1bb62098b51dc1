/* SPDX-License-Identifier: GPL-3.0-or-later */
/* suggest.c: "did you mean": the known word nearest to a mistyped one. */
#include <stdint.h>
#include <string.h>

#include "tool/option.h"

enum { LONGEST = 63 };

static size_t smallest(size_t a, size_t b, size_t c)
{
    return a < b ? (a < c ? a : c) : (b < c ? b : c);
}

/* Levenshtein distance of words of at most LONGEST letters, one row at a time. */
static size_t distance(const char *a, const char *b)
{
    size_t row[LONGEST + 1], n = strlen(b);
    for (size_t j = 0; j <= n; j++) row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            const size_t changed = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = smallest(row[j] + 1, diagonal + 1, changed);
        }
    }
    return row[n];
}

/* A suggestion may differ in a third of the letters; a word that begins with what was typed is always one. */
static size_t cost(const char *word, const char *name)
{
    const size_t n = strlen(word);
    if (n > LONGEST || strlen(name) > LONGEST) return SIZE_MAX;
    if (n >= 2 && !strncmp(word, name, n)) return 0;
    const size_t d = distance(word, name);
    return d <= (n + 2) / 3 ? d : SIZE_MAX;
}

const char *dp_tool_suggest(const char *word, const char *const *names)
{
    static char text[128];
    const char *best = NULL;
    size_t least = SIZE_MAX;
    for (; *names; names++) {
        const size_t c = cost(word, *names);
        if (c < least) least = c, best = *names;
    }
    text[0] = '\0';
    if (best) snprintf(text, sizeof text, " (did you mean '%s'?)", best);
    return text;
}
