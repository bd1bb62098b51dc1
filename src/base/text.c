/* SPDX-License-Identifier: GPL-3.0-or-later */
/* text.c: characters of UTF-8 text, and how near a mistyped word is to a known one. */
#include "base/base.h"

#include <string.h>

/* RFC 3629: shortest form, no surrogates, at most U+10FFFF. */
int dp_utf8_length(const char *text)
{
    const unsigned char *s = (const unsigned char *) text;
    if (s[0] < 0x80) return 1;
    if (s[0] < 0xC2 || s[0] > 0xF4) return 0;
    int n = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
    for (int i = 1; i < n; i++)
        if ((s[i] & 0xC0) != 0x80) return 0; /* a NUL stops here */
    if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F)) return 0;
    if ((s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F)) return 0;
    return n;
}

enum { LONGEST = 63 };

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* Restricted Damerau-Levenshtein distance: insert, delete, change one letter, swap two neighbours; row by row. */
static size_t distance(const char *a, const char *b)
{
    size_t before[LONGEST + 1] = {0}, last[LONGEST + 1], now[LONGEST + 1], n = strlen(b);
    for (size_t j = 0; j <= n; j++) last[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        now[0] = i;
        for (size_t j = 1; j <= n; j++) {
            now[j] = least(last[j - 1] + (a[i - 1] != b[j - 1]), least(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) now[j] = least(now[j], before[j - 2] + 1);
        }
        memcpy(before, last, (n + 1) * sizeof *last);
        memcpy(last, now, (n + 1) * sizeof *now);
    }
    return last[n];
}

size_t dp_word_distance(const char *typed, const char *known)
{
    size_t n = strlen(typed), m = strlen(known);
    if (n > LONGEST || m > LONGEST) return DP_FAR;
    if (n >= 2 && strncmp(typed, known, n) == 0) return 0;
    size_t d = distance(typed, known);
    return d <= (n + 2) / 3 && d < m ? d : DP_FAR;
}
