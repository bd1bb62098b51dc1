/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_sweep.c: driftproof sweep: a whole grid of training runs into one table. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claim/sweep_claims.h"
#include "tool/grid.h"
#include "tool/option.h"
#include "tool/ranks.h"
#include "tool/share.h"
#include "tool/sweep_plot.h"
#include "tool/sweep_report.h"
#include "train/sweep.h"

/* CASE.yaml -> CASE.sqlite, in the working directory. */
static char *usual_name(const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
    return dp_format("%.*s.sqlite", (int) (dot ? (size_t) (dot - base) : strlen(base)), base);
}

static void share_of(size_t *share, size_t *shares, const char *text)
{
    char *end = NULL;
    *share = 0, *shares = 1;
    if (!text) return;
    const long i = strtol(text, &end, 10), n = end != text && *end == '/' ? strtol(end + 1, &end, 10) : 0;
    if (*end || n < 1 || n > 100000 || i < 0 || i >= n) dp_usage_error("--shard %s: expected i/n, i from 0 to n - 1", text);
    *share = (size_t) i, *shares = (size_t) n;
}

static void put_count(const dp_args *a, const char *file, const dp_sweep_count *c, double seconds)
{
    if (dp_args_flag(a, "json")) {
        fputs("{\"table\": ", stdout), dp_json_string(stdout, file);
        printf(", \"done\": %zu, \"diverged\": %zu, \"failed\": %zu, \"pending\": %zu}\n", c->done, c->diverged, c->failed, c->pending);
    } else if (!dp_args_flag(a, "quiet")) {
        printf("%s: %zu done, %zu diverged, %zu failed, %zu pending", file, c->done, c->diverged, c->failed, c->pending);
        if (seconds > 0) printf(" (%.1f s)", seconds);
        puts("");
    }
}

static void json_plan(const dp_sweep *s, const size_t *cells, size_t n)
{
    double total = 0;
    fputs("{\"runs\": [", stdout);
    for (size_t i = 0; i < n; i++) {
        printf(i ? ",\n {\"run\": %zu, \"key\": " : "\n {\"run\": %zu, \"key\": ", cells[i]), dp_json_string(stdout, s->cell[cells[i]].key);
        fputs(", \"seconds\": ", stdout), dp_json_double(stdout, s->cell[cells[i]].cost), putchar('}');
        total += s->cell[cells[i]].cost;
    }
    fputs("],\n \"seconds\": ", stdout), dp_json_double(stdout, total), puts("}");
}

static void put_plan(const dp_sweep *s, const size_t *cells, size_t n)
{
    double total = 0;
    for (size_t i = 0; i < n; i++) total += s->cell[cells[i]].cost, printf("%zu\t%s\t%.3g\n", cells[i], s->cell[cells[i]].key, s->cell[cells[i]].cost);
    fprintf(stderr, "%zu runs, about %.3g core hours", n, total / 3600);
    for (size_t cores = 2; n == s->n && cores <= 1024; cores = cores == 2 ? 64 : 16 * cores) fprintf(stderr, "; %.3g h on %zu cores", dp_sweep_span(s, cores) / 3600, cores);
    fputs("\n", stderr);
}

/* ---- the command ---- */

static dp_status train(const dp_args *a, const dp_sweep *s, const size_t *cells, size_t n, const char *file, slong jobs, dp_sweep_count *count, dp_error *e)
{
    dp_sweep_store *t;
    const dp_sweep_options o = {.jobs = (int) dp_args_integer(a, "jobs", 1, 256, jobs), .folder = dp_args_value(a, "folders"), .keep = dp_args_value(a, "keep"),
                                .progress = isatty(STDERR_FILENO) && !dp_args_flag(a, "quiet")};
    dp_status status = dp_sweep_store_open(&t, file, s, cells, n, e);
    if (status) return status;
    status = dp_sweep_train(t, s, cells, n, &o, e);
    dp_error mine = {0};
    if (dp_sweep_store_count(count, t, &mine) && !status) status = dp_fail(e, mine.status, "%s", mine.text);
    dp_sweep_store_close(t);
    return status;
}

/* Keeps the cells whose key matches the pattern; NULL: all. */
static size_t only(size_t *cells, size_t n, const dp_sweep *s, const char *glob)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!glob || !fnmatch(glob, s->cell[cells[i]].key, 0)) cells[kept++] = cells[i];
    return kept;
}

static int merge(const dp_args *a)
{
    dp_sweep_count c = {0};
    dp_error e = {0};
    const char *out = dp_args_value(a, "output");
    if (!out) dp_usage_error("sweep: --merge needs -o FILE");
    const dp_status status = dp_sweep_merge(out, a->operand, (size_t) a->count, &c, &e);
    if (!status) put_count(a, out, &c, 0);
    return status ? dp_say_failure(&e) : c.failed ? EXIT_UNEXPECTED : EXIT_EXPECTED;
}

static int print(const dp_args *a)
{
    dp_error e = {0};
    if (a->count != 1) dp_usage_error("sweep: --print: expected one table");
    return dp_sweep_csv(stdout, a->operand[0], dp_args_value(a, "query"), &e) ? dp_say_failure(&e) : EXIT_EXPECTED;
}

/* ---- claims ---- */

static void say_claim(const dp_sweep_claim *c)
{
    const dp_sweep_element *w = dp_sweep_thinnest(c);
    printf("%-10s %s: %s\n", c->verdict, c->name, c->statement);
    if (*c->why) printf("           %s\n", c->why);
    else printf("           %zu inequalities, level %.2g; nearest the line: %s: median %+.3f against %+.3f, %zu seeds, p = %.2g for it, %.2g against it\n", c->n, c->level, w->what, w->effect, w->bound, w->seeds,
                w->p_support, w->p_refute);
}

static void json_claim(const dp_sweep_claim *c)
{
    printf("{\"claim\": \"%s\", \"verdict\": \"%s\", \"statement\": ", c->name, c->verdict), dp_json_string(stdout, c->statement);
    fputs(", \"level\": ", stdout), dp_json_double(stdout, c->level);
    fputs(", \"why\": ", stdout), dp_json_string(stdout, c->why);
    fputs(", \"test\": \"Wilcoxon signed-rank, exact\",\n  \"inequalities\": [", stdout);
    for (size_t i = 0; i < c->n; i++) {
        const dp_sweep_element *w = c->element + i;
        fputs(i ? ",\n   {\"what\": " : "\n   {\"what\": ", stdout), dp_json_string(stdout, w->what);
        fputs(", \"effect\": ", stdout), dp_json_double(stdout, w->effect), fputs(", \"bound\": ", stdout), dp_json_double(stdout, w->bound);
        fputs(", \"p_support\": ", stdout), dp_json_double(stdout, w->p_support), fputs(", \"p_refute\": ", stdout), dp_json_double(stdout, w->p_refute);
        printf(", \"seeds\": %zu}", w->seeds);
    }
    fputs("]}", stdout);
}

static int claims(const dp_args *a)
{
    dp_error e = {0};
    dp_sweep_claim *c = dp_calloc(DP_SWEEP_CLAIMS, sizeof *c);
    if (a->count != 1) dp_usage_error("sweep: --claims: expected one table");
    const dp_status status = dp_sweep_claims(c, a->operand[0], 0.05, &e);
    const int json = dp_args_flag(a, "json");
    if (!status && json) fputs("{\"claims\": [\n ", stdout);
    for (size_t k = 0; !status && k < DP_SWEEP_CLAIMS; k++) {
        if (json) fputs(k ? ",\n " : "", stdout), json_claim(c + k);
        else say_claim(c + k);
    }
    if (!status && json) fputs("]}\n", stdout);
    free(c);
    return status ? dp_say_failure(&e) : EXIT_EXPECTED;
}

/* "h,drift,data" */
static dp_sweep_axes axes_of(const dp_args *a, char **room)
{
    const char *list = dp_args_value(a, "axes"), *metric = dp_args_value(a, "metric");
    *room = dp_strdup(list ? list : "h,drift,data");
    char *x = *room, *curves = strchr(x, ','), *panels = curves ? strchr(curves + 1, ',') : NULL;
    if (!panels || strchr(panels + 1, ',')) dp_usage_error("--axes %s: expected three columns of the table: X,CURVES,PANELS", list);
    *curves++ = '\0', *panels++ = '\0';
    return (dp_sweep_axes){x, curves, panels, metric ? metric : "mmd2_v"};
}

static int draw(const dp_args *a)
{
    dp_error e = {0};
    char *room;
    const char *plot = dp_args_value(a, "plot"), *histograms = dp_args_value(a, "histograms"), *folders = dp_args_value(a, "folders"), *panel = dp_args_value(a, "panel");
    if (a->count != 1) dp_usage_error("sweep: a picture is made of one table");
    if (histograms && (!folders || !panel)) dp_usage_error("sweep: --histograms needs --folders DIR, where the runs were kept, and --panel NAME, such as a data set's");
    if (plot) dp_grid_check_plot(plot, 2);
    if (histograms) dp_grid_check_plot(histograms, 2);
    const dp_sweep_axes axes = axes_of(a, &room);
    dp_status status = plot ? dp_sweep_plot(plot, a->operand[0], &axes, &e) : DP_OK;
    if (!status && histograms) status = dp_sweep_histograms(histograms, a->operand[0], folders, panel, &axes, &e);
    free(room);
    return status ? dp_say_failure(&e) : EXIT_EXPECTED;
}

/* Options that would do nothing. */
static void check_options(const dp_args *a)
{
    static const char *const of[][3] = {{"query", "print", NULL}, {"metric", "plot", NULL}, {"axes", "plot", "histograms"}, {"panel", "histograms", NULL}, {"measure", "plan", "report"}, {"keep", "folders", NULL}};
    for (size_t k = 0; k < sizeof of / sizeof *of; k++)
        if (dp_args_flag(a, of[k][0]) && !dp_args_flag(a, of[k][1]) && !(of[k][2] && dp_args_flag(a, of[k][2])))
            dp_usage_error("sweep: --%s needs --%s%s%s", of[k][0], of[k][1], of[k][2] ? " or --" : "", of[k][2] ? of[k][2] : "");
    if (dp_args_flag(a, "print") && dp_args_flag(a, "json")) dp_usage_error("sweep: --print writes CSV, not JSON");
}

/* A pattern that matches nothing is a mistake; of a share it may match nothing. */
static dp_status check_only(const dp_sweep *s, const char *glob, dp_error *e)
{
    if (!glob) return DP_OK;
    for (size_t i = 0; i < s->n; i++)
        if (!fnmatch(glob, s->cell[i].key, 0)) return DP_OK;
    return dp_fail(e, DP_EINPUT, "--only %s: matches no run; the first is '%s'", glob, s->n ? s->cell[0].key : "");
}

static int run(const dp_args *a)
{
    dp_sweep *s;
    dp_sweep_count count = {0};
    dp_error e = {0};
    dp_ranks r = {0, 1, 0};
    const char **sets;
    size_t share, shares, *cells = NULL, n = 0;
    const double start = dp_now();
    check_options(a);
    if (dp_args_flag(a, "merge")) return merge(a);
    if (dp_args_flag(a, "print")) return print(a);
    if (dp_args_flag(a, "claims")) return claims(a);
    if (dp_args_flag(a, "plot") || dp_args_flag(a, "histograms")) return draw(a);
    if (a->count > 1) dp_usage_error("sweep: expected one case, or --merge");
    share_of(&share, &shares, dp_args_value(a, "shard"));
    const size_t nsets = dp_args_all(&sets, a, "set");
    dp_status status = dp_sweep_read(&s, a->operand[0], sets, nsets, &e);
    free(sets);
    if (status) return dp_say_failure(&e);
    status = check_only(s, dp_args_value(a, "only"), &e);
    if (status) return dp_sweep_free(s), dp_say_failure(&e);
    char *file = dp_args_flag(a, "output") ? dp_strdup(dp_args_value(a, "output")) : usual_name(a->operand[0]);
    if (!dp_args_flag(a, "plan")) dp_ranks_begin(&r);
    if (r.n > 1 && shares > 1) dp_usage_error("sweep: --shard under a launcher of %zu ranks, which share the runs by themselves", r.n);
    n = dp_sweep_share(&cells, s, r.n > 1 ? r.rank : share, r.n > 1 ? r.n : shares);
    n = only(cells, n, s, dp_args_value(a, "only"));
    char *part = dp_ranks_part(&r, file, r.rank);
    if (dp_args_flag(a, "plan") && dp_args_flag(a, "measure")) status = dp_sweep_measure(s, &e);
    if (!status && dp_args_flag(a, "plan")) (dp_args_flag(a, "json") ? json_plan : put_plan)(s, cells, n);
    else if (!status && dp_ranks_done(&r, file, s)) status = r.rank ? DP_OK : train(a, s, cells, 0, file, 1, &count, &e); /* done before: only counted */
    else if (!status) {
        status = train(a, s, cells, n, part, r.n > 1 ? 1 : dp_cores(), &count, &e);
        if (!status) status = dp_ranks_gather(&r, file, s, &count, &e);
    }
    if (!status && !r.rank && dp_args_flag(a, "report")) status = dp_sweep_report(dp_args_value(a, "report"), s, file, dp_args_value(a, "folders"), dp_args_flag(a, "measure"), 1, &e);
    if (!status) dp_ranks_end(&r);
    if (!dp_args_flag(a, "plan") && r.rank == 0 && (!status || count.done + count.pending)) put_count(a, file, &count, dp_now() - start);
    dp_sweep_free(s);
    free(cells), free(file), free(part);
    return status ? dp_say_failure(&e) : count.failed && r.rank == 0 ? EXIT_UNEXPECTED : EXIT_EXPECTED;
}

static const dp_option options[] = {
    {"output", 'o', "FILE", "the table (default: the case's name with .sqlite, in the working directory)"},
    {"jobs", 'j', "N", "so many runs at a time, each a process with one thread (default: as many as cores)"},
    {"shard", 0, "I/N", "train share I of N only (from 0), of about equal cost; every share has a table of its own"},
    {"only", 0, "GLOB", "train only runs whose key matches, such as '* data=moons *'; the others stay as they are"},
    {"merge", 0, NULL, "the operands are tables of shares: put them together in -o FILE"},
    {"print", 0, NULL, "the operand is a table: print its rows as CSV"},
    {"query", 0, "SQL", "with --print: what to print instead, such as 'SELECT drift, avg(mmd2_u) FROM runs GROUP BY drift'"},
    {"claims", 0, NULL, "the operand is a table of figure2.yaml: decide the statements C1 to C6 of the paper by tests on it"},
    {"plot", 0, "FILE", "the operand is a table: draw the metric against X, a curve for each of CURVES, a panel for each of PANELS: median and quartiles (.svg, .png, .pdf)"},
    {"histograms", 0, "FILE", "the operand is a table: histograms of the last samples, CURVES by rows, X by columns, from the folders that were kept"},
    {"axes", 0, "X,CURVES,PANELS", "columns of the table (default: h,drift,data)"},
    {"metric", 0, "NAME", "--plot: the column that is drawn (default: mmd2_v)"},
    {"panel", 0, "NAME", "--histograms: which value of PANELS, such as moons"},
    {"folders", 0, "DIR", "keep the folders of runs, DIR/000007, as driftproof train writes them"},
    {"keep", 0, "GLOB", "only of runs whose key matches, such as '* seed=0'"},
    {"plan", 0, NULL, "print the runs and their estimated seconds (number, key, seconds), train nothing"},
    {"measure", 0, NULL, "with --plan or --report: time short runs of each drift instead of estimating"},
    {"report", 0, "DIR", "at the end put figures, the verdicts of C1 to C6, the settings and the time that the whole of Figure 2 takes into the report in DIR (made where there is none)"},
    {0}};
const dp_tool_command dp_cmd_sweep = {
    "sweep", "CASE | --merge TABLE... | --print TABLE | --claims TABLE | --plot FILE TABLE | --histograms FILE TABLE", "train a whole experiment grid",
    "Reads a case with the blocks train and sweep, trains every combination of the grid and writes one SQLite file: table runs has a row for each run with its key, axes, status (pending, done, diverged, failed) "
    "and metrics, table times the seconds. The process may be killed at any moment: at most the runs in flight are lost, the same command goes on with what is missing, and the final table runs is the one "
    "that an undisturbed sweep writes. Seeds follow from the case of the run alone, so shares, jobs and order change nothing.\n"
    "Exit status 0: all runs are done or diverged; 1: some failed (they are tried again by the same command); 2: wrong case; 3: interrupted.",
    options, 1, -1, 1, run};
