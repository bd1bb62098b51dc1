/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_beside.c: rows of bench that are quotients: beside other programs and methods, beside more threads, beside smaller problems. */
#include "tool/bench_beside.h"

#include <stdlib.h>
#include <string.h>

#include "tool/bench_apart.h"
#include "tool/bench_conv.h"
#include "tool/bench_drift.h"
#include "tool/bench_mesh.h"
#include "tool/share.h"

/* ---- duels: the exact convolution beside others ---- */

/* By its name, or by "conv", which means all. */
int dp_bench_names_duel(const char *name, int i) { return !strcmp(name, dp_duels[i].name) || !strcmp(name, "conv"); }

static int asked_duel(const dp_args *a, int i)
{
    for (int k = 0; k < a->count; k++)
        if (dp_bench_names_duel(a->operand[k], i)) return 1;
    return !a->count;
}

static void print_duel(const char *gap, const dp_duel *d, dp_status status, double ours, double theirs, const dp_error *e)
{
    if (!gap) {
        printf("%-68s ", d->title);
        if (status) printf("%s: %s\n", status == DP_EUNSUPPORTED ? "left out" : "FAILED", e->text);
        else printf("%10.4f s   the other %.4f s: %.2f times as long, bar %g: %s\n", ours, theirs, theirs / ours, d->bar, theirs >= d->bar * ours ? "reached" : "MISSED");
        fflush(stdout);
        return;
    }
    printf("%s\n    {\"name\": \"%s\", \"title\": \"%s\", \"seconds\": ", gap, d->name, d->title);
    if (status) fputs("null, \"why\": ", stdout), dp_json_string(stdout, e->text);
    else {
        dp_json_double(stdout, ours);
        fputs(", \"other_seconds\": ", stdout), dp_json_double(stdout, theirs);
        fputs(", \"ratio\": ", stdout), dp_json_double(stdout, theirs / ours);
        fputs(", \"bar_ratio\": ", stdout), dp_json_double(stdout, d->bar);
    }
    putchar('}');
}

/* Returns 0 if a bar was missed or something failed. */
int dp_bench_run_duels(const dp_args *a, int json, const char *gap, slong runs)
{
    int good = 1;
    for (int i = 0; i < dp_duels_count; i++) {
        double ours = 0, theirs = 0;
        dp_error e = {0};
        if (!asked_duel(a, i)) continue;
        const dp_status status = dp_duel_run(&ours, &theirs, dp_duels + i, runs, &e);
        print_duel(json ? gap : NULL, dp_duels + i, status, ours, theirs, &e);
        gap = ",";
        good &= status == DP_EUNSUPPORTED || (!status && theirs >= dp_duels[i].bar * ours);
    }
    return good;
}

/* ---- quotients: of times or sizes on large meshes, for the case in the plane ---- */

int dp_bench_asked_quotient(const dp_args *a, int i)
{
    for (int k = 0; k < a->count; k++)
        if (!strcmp(a->operand[k], dp_quotients[i].name)) return 1;
    return !a->count;
}

static int print_quotient(const char *gap, const dp_quotient *q, dp_status status, double over, double under, const dp_error *e)
{
    const int remark = !status && *e->text; /* a peer at less than its best */
    const int good = remark || status == DP_EUNSUPPORTED || (!status && (q->at_most ? over <= q->bar * under : over >= q->bar * under));
    if (!gap) {
        printf("%-68s ", q->title);
        if (status) printf("%s: %s\n", status == DP_EUNSUPPORTED ? "left out" : "FAILED", e->text);
        else if (remark) printf("%10.4g %s over %.4g: %.2f, no bar: %s\n", over, q->unit, under, over / under, e->text);
        else printf("%10.4g %s over %.4g: %.2f, bar %g%s: %s\n", over, q->unit, under, over / under, q->bar, q->at_most ? " at most" : "", good ? "reached" : "MISSED");
        fflush(stdout);
        return good;
    }
    printf("%s\n    {\"name\": \"%s\", \"title\": \"%s\", \"ratio\": ", gap, q->name, q->title);
    if (status) fputs("null, \"why\": ", stdout), dp_json_string(stdout, e->text);
    else {
        dp_json_double(stdout, over / under);
        if (remark) fputs(", \"why\": ", stdout), dp_json_string(stdout, e->text);
        else fputs(q->at_most ? ", \"bar_ratio_at_most\": " : ", \"bar_ratio\": ", stdout), dp_json_double(stdout, q->bar);
    }
    putchar('}');
    return good;
}

static dp_status quotient(double *over, double *under, const dp_quotient *q, dp_error *e)
{
    dp_problem *P = NULL;
    dp_status status = dp_problem_parse(&P, "bench", dp_bench_case_2d, NULL, 0, NULL, e);
    if (!status) status = q->once(over, under, P, e);
    if (P) dp_problem_free(P);
    return status;
}

int dp_bench_alone(const char *name, dp_error *e)
{
    double over = 0, under = 0;
    for (int i = 0; i < dp_quotients_count; i++)
        if (!strcmp(name, dp_quotients[i].name)) {
            if (quotient(&over, &under, dp_quotients + i, e)) return 0;
            printf("%.17g %.17g\n", over, under);
            return 1;
        }
    return dp_fail(e, DP_EINPUT, "%s is no quotient", name), 0;
}

/* Memory by this program anew: how an allocator lays out what follows depends on what went before. */
static dp_status asked_anew(double *over, double *under, const dp_quotient *q, dp_error *e)
{
    char name[] = "driftproof", command[] = "bench", option[] = "--alone", *row = dp_format("%s", q->name);
    char *const arguments[] = {name, command, option, row, NULL};
    const dp_status status = dp_bench_anew(over, under, arguments, e);
    free(row);
    return status;
}

int dp_bench_run_quotients(const dp_args *a, int json, const char *gap)
{
    int good = 1;
    for (int i = 0; i < dp_quotients_count; i++) {
        const dp_quotient *q = dp_quotients + i;
        double over = 0, under = 0;
        dp_error e = {0};
        if (!dp_bench_asked_quotient(a, i)) continue;
        const dp_status status = !strcmp(q->unit, "MiB") ? asked_anew(&over, &under, q, &e) : quotient(&over, &under, q, &e);
        good &= print_quotient(json ? gap : NULL, q, status, over, under, &e);
        gap = ",";
    }
    return good;
}

/* ---- races: particle drifts beside the same in other programs ---- */

static int asked_race(const dp_args *a, int i)
{
    for (int k = 0; k < a->count; k++)
        if (!strcmp(a->operand[k], dp_races[i].name)) return !dp_races[i].full || dp_args_flag(a, "full");
    return !a->count && (!dp_races[i].full || dp_args_flag(a, "full"));
}

/* Returns 0 if the bar was missed or something failed. */
static int print_race(const char *gap, const dp_race *r, dp_status status, double ours, double theirs, double share, const dp_error *e)
{
    const int remark = !status && *e->text;
    const int good = remark || status == DP_EUNSUPPORTED || (!status && theirs >= r->bar * ours);
    char *title = dp_race_title(r);
    if (!gap) {
        printf("%-68s ", title);
        if (status) printf("%s: %s\n", status == DP_EUNSUPPORTED ? "left out" : "FAILED", e->text);
        else {
            printf("%10.3g ms   the other %.4g ms: %.3g times as long", 1e3 * ours, 1e3 * theirs, theirs / ours);
            if (r->bar > 0 && !remark) printf(", bar %g: %s", r->bar, good ? "reached" : "MISSED");
            if (share > 0) printf("; %.2f pairs in the time of an exponential", share);
            if (remark) printf("; no bar: %s", e->text);
            putchar('\n');
        }
        fflush(stdout);
    } else {
        printf("%s\n    {\"name\": \"%s\", \"title\": \"%s\", \"seconds\": ", gap, r->name, title);
        if (status) fputs("null, \"why\": ", stdout), dp_json_string(stdout, e->text);
        else {
            dp_json_double(stdout, ours);
            fputs(", \"other_seconds\": ", stdout), dp_json_double(stdout, theirs);
            fputs(", \"ratio\": ", stdout), dp_json_double(stdout, theirs / ours);
            if (r->bar > 0 && !remark) fputs(", \"bar_ratio\": ", stdout), dp_json_double(stdout, r->bar);
            if (remark) fputs(", \"why\": ", stdout), dp_json_string(stdout, e->text);
            if (share > 0) fputs(", \"share_of_exponentials\": ", stdout), dp_json_double(stdout, share);
        }
        putchar('}');
    }
    free(title);
    return good;
}

int dp_bench_run_races(const dp_args *a, int json, const char **gap)
{
    int good = 1;
    for (int i = 0; i < dp_races_count; i++) {
        double ours = 0, theirs = 0, share = 0;
        dp_error e = {0};
        if (!asked_race(a, i)) continue;
        const dp_status status = dp_race_run(&ours, &theirs, &share, dp_races + i, &e);
        good &= print_race(json ? *gap : NULL, dp_races + i, status, ours, theirs, share, &e);
        *gap = ",";
    }
    return good;
}
