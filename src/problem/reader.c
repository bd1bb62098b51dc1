/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reader.c: numbers, words and lists out of the tree of a case file. */
#include "problem/reader.h"

#include <stdlib.h>
#include <string.h>

dp_status dp_read_wrong(const dp_yaml_report *r, const dp_yaml *y, const char *what)
{
    char *got = dp_yaml_describe(y);
    dp_yaml_fail(r, y, "expected %s, got %s", what, got);
    free(got);
    return DP_EINPUT;
}

/* Length of the word that *words begins with; *words moves past it and its '|'. */
static size_t next_word(const char **words)
{
    size_t n = strcspn(*words, "|");
    *words += n + ((*words)[n] == '|');
    return n;
}

int dp_read_find(const char *text, const char *words)
{
    for (int i = 0; *words != '\0'; i++) {
        const char *word = words;
        size_t n = next_word(&words);
        if (strlen(text) == n && memcmp(text, word, n) == 0) return i;
    }
    return -1;
}

char *dp_read_suggest(const char *typed, const char *words)
{
    char *best = NULL;
    size_t least = DP_FAR;
    while (*words != '\0') {
        const char *word = words;
        size_t n = next_word(&words);
        char *known = dp_format("%.*s", (int) n, word);
        size_t d = dp_word_distance(typed, known);
        if (d < least) {
            least = d;
            free(best);
            best = dp_format(" (did you mean '%s'?)", known);
        }
        free(known);
    }
    return best ? best : dp_strdup("");
}

/* "a, b or c" out of "a|b|c": fresh. */
static char *in_words(const char *words)
{
    char *list = dp_strdup("");
    while (*words != '\0') {
        const char *word = words;
        size_t n = next_word(&words);
        const char *sign = *list == '\0' ? "" : *words == '\0' ? " or " : ", ";
        char *longer = dp_format("%s%s%.*s", list, sign, (int) n, word);
        free(list);
        list = longer;
    }
    return list;
}

static dp_status unknown_key(const dp_yaml_report *r, const dp_yaml *key, const char *words)
{
    char *hint = dp_read_suggest(key->text, words), *list = in_words(words);
    if (*hint) dp_yaml_fail(r, key, "unknown key%s", hint);
    else if (*list) dp_yaml_fail(r, key, "unknown key, expected %s", list);
    else dp_yaml_fail(r, key, "unknown key, expected none");
    free(hint);
    free(list);
    return DP_EINPUT;
}

dp_status dp_read_keys(const dp_yaml_report *r, const dp_yaml *y, const char *words)
{
    if (y->kind != DP_YAML_MAP) {
        char *list = in_words(words), *what = dp_format("a mapping with keys such as %s", list);
        dp_read_wrong(r, y, what);
        free(what);
        free(list);
        return DP_EINPUT;
    }
    for (slong i = 0; i < y->n; i++)
        if (dp_read_find(y->key[i]->text, words) < 0) return unknown_key(r, y->key[i], words);
    return DP_OK;
}

dp_status dp_read_list(const dp_yaml_report *r, const dp_yaml *y, const char *of_what)
{
    if (y->kind == DP_YAML_LIST && y->n > 0) return DP_OK;
    return dp_read_wrong(r, y, of_what);
}

const dp_yaml *dp_read_need(const dp_yaml_report *r, const dp_yaml *map, const char *key, const char *what)
{
    const dp_yaml *y = dp_yaml_get(map, key);
    if (y == NULL) dp_yaml_fail(r, map, "missing key '%s', expected %s", key, what);
    return y;
}

dp_status dp_read_text(char **out, const dp_yaml_report *r, const dp_yaml *y, const char *what)
{
    if (y->kind != DP_YAML_TEXT || y->text[0] == '\0') return dp_read_wrong(r, y, what);
    *out = dp_strdup(y->text);
    return DP_OK;
}

dp_status dp_read_word(int *index, const dp_yaml_report *r, const dp_yaml *y, const char *words)
{
    *index = y->kind == DP_YAML_TEXT ? dp_read_find(y->text, words) : -1;
    if (*index >= 0) return DP_OK;
    char *list = in_words(words), *got = dp_yaml_describe(y), *hint = dp_read_suggest(y->text ? y->text : "", words);
    dp_yaml_fail(r, y, "expected %s, got %s%s", list, got, hint);
    free(list);
    free(got);
    free(hint);
    return DP_EINPUT;
}

dp_status dp_read_rational(fmpq_t out, const dp_yaml_report *r, const dp_yaml *y)
{
    if (y->kind == DP_YAML_TEXT && dp_fmpq_set_text(out, y->text)) return DP_OK;
    return dp_read_wrong(r, y, "a number such as 3, -5/4, 0.1 or 1e-3");
}

dp_status dp_read_positive(fmpq_t out, const dp_yaml_report *r, const dp_yaml *y)
{
    dp_status s = dp_read_rational(out, r, y);
    if (s != DP_OK || fmpq_sgn(out) > 0) return s;
    return dp_read_wrong(r, y, "a number greater than 0");
}

dp_status dp_read_integer(slong *out, const dp_yaml_report *r, const dp_yaml *y, slong least, slong most)
{
    fmpq_t q;
    fmpq_init(q);
    int ok = y->kind == DP_YAML_TEXT && dp_fmpq_set_text(q, y->text) && fmpz_is_one(fmpq_denref(q))
          && fmpz_cmp_si(fmpq_numref(q), least) >= 0 && fmpz_cmp_si(fmpq_numref(q), most) <= 0;
    if (ok) *out = fmpz_get_si(fmpq_numref(q));
    fmpq_clear(q);
    if (ok) return DP_OK;
    char *what = dp_format("a whole number from %ld to %ld", (long) least, (long) most);
    dp_read_wrong(r, y, what);
    free(what);
    return DP_EINPUT;
}

dp_status dp_read_vector(fmpq *out, slong n, const dp_yaml_report *r, const dp_yaml *y)
{
    if (n == 1 && y->kind == DP_YAML_TEXT) return dp_read_rational(out, r, y);
    if (y->kind != DP_YAML_LIST || y->n != n) {
        char *what = n == 1 ? dp_format("a number or a list of 1 number") : dp_format("a list of %ld numbers", (long) n);
        dp_read_wrong(r, y, what);
        free(what);
        return DP_EINPUT;
    }
    dp_status s = DP_OK;
    for (slong i = 0; i < n && s == DP_OK; i++) s = dp_read_rational(out + i, r, y->item[i]);
    return s;
}
