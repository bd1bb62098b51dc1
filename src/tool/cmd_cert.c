/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_cert.c: re-checks certificates with directed rounding, without the arithmetic that made them. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "claim/cert.h"
#include "tool/option.h"

typedef struct { slong n; char **path; } paths;

static void add(paths *list, char *path)
{
    list->path = dp_realloc(list->path, ((size_t) list->n + 1) * sizeof *list->path);
    list->path[list->n++] = path;
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

/* Adds the certificates in a directory, or in its folder certificates/ when it is the directory of a run. */
static void add_directory(paths *list, const char *dir)
{
    struct dirent **entries;
    struct stat s;
    char *folder = dp_format("%s/certificates", dir);
    const char *place = !stat(folder, &s) && S_ISDIR(s.st_mode) ? folder : dir;
    const int n = scandir(place, &entries, is_certificate, by_bytes);
    if (n < 0) dp_usage_error("%s: %s", place, strerror(errno));
    if (!n) dp_usage_error("%s: no certificate (*.cert) in this directory", place);
    for (int i = 0; i < n; i++) {
        add(list, dp_format("%s/%s", place, entries[i]->d_name));
        free(entries[i]);
    }
    free(entries);
    free(folder);
}

static paths collect(const dp_args *a)
{
    paths list = {0};
    for (int i = 0; i < a->count; i++) {
        struct stat s;
        if (stat(a->operand[i], &s)) dp_usage_error("%s: %s; expected a certificate or a directory of them", a->operand[i], strerror(errno));
        if (S_ISDIR(s.st_mode)) add_directory(&list, a->operand[i]);
        else add(&list, dp_strdup(a->operand[i]));
    }
    return list;
}

static const char *word(dp_cert_outcome outcome)
{
    static const char *const words[] = {"accepted", "rejected", "undecided", "unreadable"};
    return words[outcome];
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
        dp_cert_summary s = {0};
        const dp_cert_outcome outcome = json ? dp_cert_check_file(list.path[i], &s) : dp_cert_check(list.path[i], quiet ? NULL : stdout);
        if (json) fputs(i ? ",\n    " : "\n    ", stdout), print_json(list.path[i], outcome, &s);
        else if (quiet && outcome) fprintf(stderr, "driftproof: %s: %s\n", list.path[i], word(outcome));
        accepted += outcome == DP_CERT_ACCEPTED;
        free(list.path[i]);
    }
    if (json) printf("\n], \"accepted\": %ld, \"not_accepted\": %ld}\n", accepted, list.n - accepted);
    else if (!quiet) printf("%ld certificates accepted, %ld not\n", accepted, list.n - accepted);
    free(list.path);
    return accepted == list.n ? EXIT_EXPECTED : EXIT_UNEXPECTED;
}

const dp_tool_command dp_cmd_check_cert = {
    "check-cert", "FILE|DIR...", "re-check certificates with an independent arithmetic",
    "Re-checks each certificate with MPFR's directed rounding and none of the code that wrote it: its digest, its grammar, the overlap of its engines, "
    "every relation and the verdict. A directory stands for its certificates. The exit status is 0 only if all are accepted.",
    NULL, 1, -1, 0, run};
