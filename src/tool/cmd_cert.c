/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_cert.c: re-checks certificates with directed rounding, without the arithmetic that made them. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "claim/cert.h"
#include "problem/yaml.h"
#include "tool/option.h"

/* GIVEN by its own path; FOUND by listing a directory, where verify named the file after what it certifies; MISSING from one whose
   results.json names it, and `about` is what that says of it. */
typedef enum { GIVEN, FOUND, MISSING } origin;
typedef struct { char *path; origin from; dp_cert_summary about; } item;
typedef struct { slong n; item *item; } paths;

static item *add(paths *list, char *path, origin from)
{
    list->item = dp_realloc(list->item, ((size_t) list->n + 1) * sizeof *list->item);
    item *new = &list->item[list->n++];
    *new = (item) {.path = path, .from = from};
    return new;
}

static int is_certificate(const struct dirent *entry)
{
    const size_t n = strlen(entry->d_name);
    return n > 5 && !strcmp(entry->d_name + n - 5, ".cert");
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void copy(char *to, size_t room, const dp_yaml *record, const char *key)
{
    snprintf(to, room, "%s", dp_yaml_word(record, key));
}

/* Adds the certificate that a record names unless it is in `place`. */
static void add_if_missing(paths *list, const dp_yaml *record, const char *place)
{
    char name[1024];
    struct stat s;
    copy(name, sizeof name, record, "certificate");
    const char *slash = strrchr(name, '/');
    if (!*name) return;
    char *path = dp_format("%s/%s", place, slash ? slash + 1 : name);
    if (stat(path, &s)) {
        dp_cert_summary *about = &add(list, path, MISSING)->about;
        copy(about->claim, sizeof about->claim, record, "claim");
        copy(about->case_name, sizeof about->case_name, record, "case");
        copy(about->twin, sizeof about->twin, record, "twin");
        copy(about->verdict, sizeof about->verdict, record, "verdict");
        snprintf(about->reason, sizeof about->reason, "missing: results.json names it for %.120s on %.200s%s%.100s, %s", about->claim, about->case_name,
                 about->twin[0] ? ", twin " : "", about->twin, about->verdict);
    } else free(path);
}

/* results.json of the run whose certificates are in `place`: beside the folder of that name, or in the same directory. NULL when there is none. */
static char *results_of(const char *place)
{
    char *whole = realpath(place, NULL), *slash = whole ? strrchr(whole, '/') : NULL;
    char *path = dp_format("%s/%sresults.json", place, slash && !strcmp(slash, "/certificates") ? "../" : "");
    struct stat s;
    free(whole);
    if (!stat(path, &s)) return path;
    free(path);
    return NULL;
}

static void add_missing(paths *list, const char *place)
{
    dp_error e;
    size_t n;
    char *path = results_of(place), *text = path ? dp_file_read(path, &n, &e) : NULL;
    if (path && !text) dp_usage_error("%s", e.text);
    if (text) {
        const dp_yaml_report report = {path, &e};
        dp_yaml *y = dp_yaml_parse(text, n, NULL, &report);
        if (!y) dp_usage_error("%s", e.text);
        const dp_yaml *results = y->kind == DP_YAML_MAP ? dp_yaml_get(y, "results") : NULL;
        if (!results || results->kind != DP_YAML_LIST) dp_usage_error("%s: results: expected the list of a results.json", path);
        for (slong i = 0; i < results->n; i++)
            if (results->item[i]->kind == DP_YAML_MAP) add_if_missing(list, results->item[i], place);
        dp_yaml_free(y);
    }
    free(text);
    free(path);
}

/* Adds the certificates in a directory, or in its folder certificates/ when it is the directory of a run, and those that are missing there. */
static void add_directory(paths *list, const char *dir)
{
    struct dirent **entries;
    struct stat s;
    char *folder = dp_format("%s/certificates", dir);
    const char *place = !stat(folder, &s) && S_ISDIR(s.st_mode) ? folder : dir;
    const int n = scandir(place, &entries, is_certificate, by_bytes);
    if (n < 0) dp_usage_error("%s: %s", place, strerror(errno));
    const slong before = list->n;
    for (int i = 0; i < n; i++) {
        add(list, dp_format("%s/%s", place, entries[i]->d_name), FOUND);
        free(entries[i]);
    }
    free(entries);
    add_missing(list, place);
    if (list->n == before) dp_usage_error("%s: no certificate (*.cert) in this directory", place);
    free(folder);
}

static paths collect(const dp_args *a)
{
    paths list = {0};
    for (int i = 0; i < a->count; i++) {
        struct stat s;
        if (stat(a->operand[i], &s)) dp_usage_error("%s: %s; expected a certificate or a directory of them", a->operand[i], strerror(errno));
        if (S_ISDIR(s.st_mode)) add_directory(&list, a->operand[i]);
        else add(&list, dp_strdup(a->operand[i]), GIVEN);
    }
    return list;
}

static const char *word(dp_cert_outcome outcome)
{
    static const char *const words[] = {"accepted", "rejected", "undecided", "unreadable"};
    return words[outcome];
}

/* 1 when the file's name is CLAIM@CASE[@TWIN][#N].cert of its own text, / in CASE written -: an accepted certificate under another's
   name would let a run look complete that is not. */
static int named_after(const char *path, const dp_cert_summary *s)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    char *stem = dp_format("%s@%s%s%s", s->claim, s->case_name, s->twin[0] ? "@" : "", s->twin);
    for (char *p = strchr(stem, '@'); *p; p++)
        if (*p == '/') *p = '-';
    const size_t n = strlen(stem);
    const char *rest = base + n;
    int ok = !strncmp(base, stem, n);
    if (ok && *rest == '#') rest += 1 + strspn(rest + 1, "0123456789");
    ok = ok && !strcmp(rest, ".cert");
    free(stem);
    return ok;
}

static dp_cert_outcome check(item *t)
{
    dp_cert_summary *s = &t->about;
    if (t->from == MISSING) return DP_CERT_UNREADABLE;
    dp_cert_outcome outcome = dp_cert_check_file(t->path, s);
    if (outcome == DP_CERT_ACCEPTED && t->from == FOUND && !named_after(t->path, s)) {
        snprintf(s->reason, sizeof s->reason, "the file is named after another check than %.120s on %.250s", s->claim, s->case_name);
        outcome = DP_CERT_REJECTED;
    }
    return outcome;
}

static void print_json(const char *path, dp_cert_outcome outcome, const dp_cert_summary *s)
{
    const struct { const char *key, *value; } texts[] = {{"file", path}, {"outcome", word(outcome)}, {"claim", s->claim}, {"case", s->case_name},
                                                         {"twin", s->twin}, {"verdict", s->verdict}, {"reason", s->reason}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        printf("%s\"%s\": ", i ? ", " : "{", texts[i].key);
        dp_json_string(stdout, texts[i].value);
    }
    printf(", \"line\": %ld, \"digits\": %ld, \"precision\": %ld, \"leaves\": %ld, \"relations\": %ld}", s->line, s->digits, s->precision, s->leaves, s->relations);
}

static int run(const dp_args *a)
{
    const int json = dp_args_flag(a, "json"), quiet = dp_args_flag(a, "quiet");
    paths list = collect(a);
    slong accepted = 0;
    if (json) fputs("{\"certificates\": [", stdout);
    for (slong i = 0; i < list.n; i++) {
        item *t = &list.item[i];
        const dp_cert_outcome outcome = check(t);
        if (json) fputs(i ? ",\n    " : "\n    ", stdout), print_json(t->path, outcome, &t->about);
        else if (!quiet) dp_cert_say(t->path, outcome, &t->about, stdout);
        else if (outcome) fprintf(stderr, "driftproof: %s: %s\n", t->path, word(outcome));
        accepted += outcome == DP_CERT_ACCEPTED;
        free(t->path);
    }
    if (json) printf("\n], \"accepted\": %ld, \"not_accepted\": %ld}\n", accepted, list.n - accepted);
    else if (!quiet) printf("%ld certificates accepted, %ld not\n", accepted, list.n - accepted);
    free(list.item);
    return accepted == list.n ? EXIT_EXPECTED : EXIT_UNEXPECTED;
}

const dp_tool_command dp_cmd_check_cert = {
    "check-cert", "FILE|DIR...", "re-check certificates with an independent arithmetic",
    "Re-checks each certificate with MPFR's directed rounding and none of the code that wrote it: its digest, its grammar, the overlap of its engines, "
    "every relation and the verdict. A directory stands for its certificates, each of which must be named after its claim, case and twin; where its results.json lies beside them, none that it names may be missing. The exit status is 0 only if all are accepted.",
    NULL, 1, -1, 0, run};
