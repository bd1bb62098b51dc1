/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_cert.c: re-checks certificates with directed rounding, without the arithmetic that made them. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "claim/cert.h"
#include "tool/option.h"

/* found: by listing a directory, where verify named the file after what it certifies. */
typedef struct { slong n; char **path; int *found; } paths;

static void add(paths *list, char *path, int found)
{
    list->path = dp_realloc(list->path, ((size_t) list->n + 1) * sizeof *list->path);
    list->found = dp_realloc(list->found, ((size_t) list->n + 1) * sizeof *list->found);
    list->found[list->n] = found;
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
        add(list, dp_format("%s/%s", place, entries[i]->d_name), 1);
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
        else add(&list, dp_strdup(a->operand[i]), 0);
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

static dp_cert_outcome check(const char *path, int found, dp_cert_summary *s)
{
    dp_cert_outcome outcome = dp_cert_check_file(path, s);
    if (outcome == DP_CERT_ACCEPTED && found && !named_after(path, s)) {
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
        dp_cert_summary s = {0};
        const dp_cert_outcome outcome = check(list.path[i], list.found[i], &s);
        if (json) fputs(i ? ",\n    " : "\n    ", stdout), print_json(list.path[i], outcome, &s);
        else if (!quiet) dp_cert_say(list.path[i], outcome, &s, stdout);
        else if (outcome) fprintf(stderr, "driftproof: %s: %s\n", list.path[i], word(outcome));
        accepted += outcome == DP_CERT_ACCEPTED;
        free(list.path[i]);
    }
    if (json) printf("\n], \"accepted\": %ld, \"not_accepted\": %ld}\n", accepted, list.n - accepted);
    else if (!quiet) printf("%ld certificates accepted, %ld not\n", accepted, list.n - accepted);
    free(list.path);
    free(list.found);
    return accepted == list.n ? EXIT_EXPECTED : EXIT_UNEXPECTED;
}

const dp_tool_command dp_cmd_check_cert = {
    "check-cert", "FILE|DIR...", "re-check certificates with an independent arithmetic",
    "Re-checks each certificate with MPFR's directed rounding and none of the code that wrote it: its digest, its grammar, the overlap of its engines, "
    "every relation and the verdict. A directory stands for its certificates, each of which must be named after its claim, case and twin. The exit status is 0 only if all are accepted.",
    NULL, 1, -1, 0, run};
