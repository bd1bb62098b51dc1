/* SPDX-License-Identifier: GPL-3.0-or-later */
/* man.c: the tables as roff, so that a man page never lags behind --help. */
#include <ctype.h>

#include "driftproof.h"
#include "tool/option.h"

/* Text safe for roff: backslashes and leading dots or quotes escaped, minus signs kept as minus signs. */
static void roff(FILE *f, const char *text)
{
    int start = 1;
    for (; *text; start = *text++ == '\n') {
        if (start && (*text == '.' || *text == '\'')) fputs("\\&", f);
        if (*text == '\\') fputs("\\e", f);
        else if (*text == '-') fputs("\\-", f);
        else fputc(*text, f);
    }
}

static void options(FILE *f, const dp_option *table)
{
    for (const dp_option *o = table; o && o->name; o++) {
        fputs(".TP\n", f);
        if (o->letter) fprintf(f, "\\fB\\-%c\\fR, ", o->letter);
        fputs("\\fB\\-\\-", f);
        roff(f, o->name);
        fputs("\\fR", f);
        if (o->argument) {
            fputs(" \\fI", f);
            roff(f, o->argument);
            fputs("\\fR", f);
        }
        fputc('\n', f);
        roff(f, o->help);
        fputc('\n', f);
    }
}

static void head(FILE *f, const char *name, const char *summary)
{
    fputs(".TH DRIFTPROOF", f);
    for (const char *p = name; *p; p++) fputc(toupper((unsigned char) *p), f);
    fprintf(f, " 1 \"\" \"driftproof %s\" \"User commands\"\n.SH NAME\ndriftproof", DP_VERSION);
    roff(f, name);
    fputs(" \\- ", f);
    roff(f, summary);
    fputs("\n.SH SYNOPSIS\n", f);
}

static void statuses(FILE *f)
{
    static const char *const lines[] = {"0", "all as expected", "1", "some verdict not as expected, or what was asked (digits, a tolerance, a number that doubles hold) not reached", "2", "wrong usage or bad input",
                                        "3", "the environment failed (memory, disk, interrupted): what was finished is kept and a rerun resumes",
                                        "other", "may be added; treat any other status as a failure"};
    fputs(".SH EXIT STATUS\n", f);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i += 2) fprintf(f, ".TP\n%s\n%s\n", lines[i], lines[i + 1]);
}

static void page_command(FILE *f, const dp_tool_command *c)
{
    char *name = dp_format("-%s", c->name);
    head(f, name, c->summary);
    fputs("\\fBdriftproof ", f);
    roff(f, c->name);
    fputs("\\fR [\\fIOPTION\\fR]... ", f);
    roff(f, c->operands);
    fputs("\n.SH DESCRIPTION\n", f);
    roff(f, c->text);
    fputs("\n.SH OPTIONS\n", f);
    options(f, c->options);
    options(f, dp_common_options);
    statuses(f);
    fputs(".SH SEE ALSO\n.BR driftproof (1)\n", f);
    free(name);
}

static void page_all(FILE *f)
{
    head(f, "", "decide claims about drifting generative models with rigorous ball arithmetic");
    fputs("\\fBdriftproof\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR]...\n.SH COMMANDS\n", f);
    for (const dp_tool_command *const *c = dp_commands; *c; c++) {
        fputs(".TP\n\\fB", f);
        roff(f, (*c)->name);
        fputs("\\fR ", f);
        roff(f, (*c)->operands);
        fputc('\n', f);
        roff(f, (*c)->summary);
        fputc('\n', f);
    }
    fputs(".SH OPTIONS OF EVERY COMMAND\n", f);
    options(f, dp_common_options);
    statuses(f);
    fputs(".SH ENVIRONMENT\n.TP\nDRIFTPROOF_SHARE\nthe directory that holds the shipped cases and report templates\n"
          ".TP\nNO_COLOR\nno colours when set and not empty\n", f);
}

void dp_man_command(FILE *f, const dp_tool_command *c)
{
    if (c) page_command(f, c);
    else page_all(f);
}
