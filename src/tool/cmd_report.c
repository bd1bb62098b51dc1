/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_report.c: makes the report again from the records of a run. */
#include <stdlib.h>
#include <string.h>

#include "tool/option.h"
#include "tool/outcome.h"

static int print_results(const char *dir)
{
    dp_error e;
    size_t n;
    char *path = dp_format("%s/results.json", dir), *text = dp_file_read(path, &n, &e);
    if (text) fwrite(text, 1, n, stdout);
    free(path);
    free(text);
    return text ? EXIT_EXPECTED : dp_say_failure(&e);
}

static void say_where(FILE *f, const char *dir)
{
    char *pdf = dp_format("%s/report.pdf", dir);
    FILE *there = fopen(pdf, "r");
    fprintf(f, "Report: %s/index.html%s%s\n", dir, there ? " and " : "", there ? pdf : "");
    fprintf(f, "Data: %s/results.json, certificates in %s/certificates, log in %s/log.txt\n", dir, dir, dir);
    if (there) fclose(there);
    free(pdf);
}

int dp_show_outcome(const dp_args *a, const dp_outcome *o, const char *dir)
{
    int status = dp_outcome_unexpected(o) ? EXIT_UNEXPECTED : EXIT_EXPECTED;
    if (dp_args_flag(a, "json")) {
        if (print_results(dir)) status = EXIT_ENVIRONMENT;
    } else if (!dp_args_flag(a, "quiet")) {
        dp_outcome_table(stdout, o);
        say_where(stdout, dir);
    }
    return status;
}

static int run(const dp_args *a)
{
    dp_error e = {0};
    dp_outcome o;
    const char *dir = a->operand[0];
    dp_status status = dp_outcome_load(&o, dir, &e);
    if (!status) status = dp_outcome_report(&o, dir, !dp_args_flag(a, "no-pdf"), &e);
    const int result = status ? dp_say_failure(&e) : dp_show_outcome(a, &o, dir);
    dp_outcome_clear(&o);
    return result;
}

static const dp_option options[] = {{"no-pdf", 0, NULL, "leave out report.pdf even where a TeX is installed"}, {0}};
const dp_tool_command dp_cmd_report = {
    "report", "DIR", "rebuild reports from records",
    "Makes every file of the report in DIR again from DIR/records; nothing is computed. The exit status says whether all verdicts are as expected.",
    options, 1, 1, 0, run};
