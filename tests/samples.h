/* SPDX-License-Identifier: GPL-3.0-or-later */
/* samples.h: made-up records with hostile texts, and a directory to write to, for the tests of the report room. */
#ifndef DP_TESTS_SAMPLES_H
#define DP_TESTS_SAMPLES_H

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "report/record.h"

static const char sample_hostile[] = "ho_st%le/a&b#c$d{e}~^\\<i>\"'`[*]--, caf\xC3\xA9 \xE2\x88\x87 \xE6\xBC\xA2 \x01]]>";

/* Kinds of sample_record: what it is a record of. */
enum { SAMPLE_PROVED, SAMPLE_VERIFIED, SAMPLE_UNDECIDED, SAMPLE_ERROR, SAMPLE_REFUTED, SAMPLE_TWIN_CAUGHT, SAMPLE_TWIN_PASSED, SAMPLE_EMPTY, SAMPLE_KINDS };

static inline void sample_evidence(dp_evidence *e, const char *name, const char *mid, const char *rad, const char *relation, const char *verdict)
{
    *e = (dp_evidence) {dp_strdup(name), dp_format("%s < [x]_1 & %%y", name), dp_strdup(mid), dp_strdup(rad), strcmp(relation, "==") == 0 ? dp_strdup("2.5e-3") : NULL, dp_strdup(relation), dp_strdup(verdict),
                        2, dp_calloc(2, sizeof(char *)), 2, dp_calloc(2, sizeof(dp_ledger_line))};
    e->engines[0] = dp_strdup("closed-form");
    e->engines[1] = dp_strdup("a\\b\n\"c\"");
    e->ledger[0] = (dp_ledger_line) {dp_strdup("strip_width & tail"), dp_strdup("1e-70")};
    e->ledger[1] = (dp_ledger_line) {dp_strdup("unbounded"), dp_strdup("inf")};
}

/* Free with dp_record_free. */
static inline dp_record *sample_record(const char *claim, const char *case_name, int kind)
{
    static const struct { const char *verdict, *expected, *twin, *message; int as_expected; } kinds[SAMPLE_KINDS] = {
        {"proved", "proved", NULL, "", 1}, {"verified", "verified", NULL, "", 1},
        {"undecided", "proved", NULL, "precision cap reached: 0 inside eta_0*S_1 & <more>", 0}, {"error", "proved", NULL, "engines disagree \\ {", 0},
        {"refuted", "refuted", NULL, "c1 == c2: disjoint", 1}, {"refuted", "refuted", "drops_a_factor%", "disjoint", 1},
        {"verified", "refuted", "wrong-sign", "", 0}, {"undecided", "undecided", NULL, "null", 1},
    };
    dp_record *r = dp_calloc(1, sizeof *r);
    r->claim = dp_strdup(claim), r->case_name = dp_strdup(case_name), r->kind = dp_strdup("EQ");
    r->verdict = dp_strdup(kinds[kind].verdict), r->expected = dp_strdup(kinds[kind].expected);
    r->twin = kinds[kind].twin ? dp_strdup(kinds[kind].twin) : NULL;
    r->message = dp_strdup(kinds[kind].message);
    r->as_expected = kinds[kind].as_expected;
    r->digits = 50, r->precision = 256, r->seconds = 0.1 * (kind + 1) / 3;
    r->certificate = kind == SAMPLE_PROVED ? dp_strdup("certificates/a_b.cert") : kind == SAMPLE_VERIFIED ? dp_strdup("") : NULL;
    if (kind == SAMPLE_EMPTY) return r;
    r->nevidence = 4;
    r->evidence = dp_calloc(4, sizeof *r->evidence);
    sample_evidence(&r->evidence[0], "c1 (34)", "-1.23456789012345678901234567890e-400", "3.1e-460", "<0", "proved");
    sample_evidence(&r->evidence[1], "c1 (34)", "1e-60", "2e-57", "==", "verified");
    sample_evidence(&r->evidence[2], sample_hostile, "nan", "inf", "!=0", "undecided");
    sample_evidence(&r->evidence[3], "exact", "0.125", "0", ">0", "proved");
    return r;
}

/* A fresh directory; sample_remove removes it with all in it and frees the name. */
static inline char *sample_directory(void)
{
    const char *tmp = getenv("TMPDIR");
    char *dir = dp_format("%s/t-report.XXXXXX", tmp ? tmp : "/tmp");
    if (mkdtemp(dir) == NULL) abort();
    return dir;
}

static inline void sample_remove_below(const char *dir)
{
    DIR *d = opendir(dir);
    for (struct dirent *entry; d != NULL && (entry = readdir(d)) != NULL;) {
        struct stat s;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        char *path = dp_format("%s/%s", dir, entry->d_name);
        if (lstat(path, &s) == 0 && S_ISDIR(s.st_mode)) sample_remove_below(path);
        else unlink(path);
        free(path);
    }
    if (d != NULL) closedir(d);
    rmdir(dir);
}

static inline void sample_remove(char *dir)
{
    sample_remove_below(dir);
    free(dir);
}

#endif
