/* SPDX-License-Identifier: GPL-3.0-or-later */
/* help.c: the tables as text for people: --help of each command and of the whole. */
#include <string.h>

#include "tool/option.h"

enum { WIDTH = 100, COLUMN = 26 };

/* Prints `text` filled to WIDTH, starting at column `at`, later lines indented by `indent`. */
static void fill(FILE *f, const char *text, int at, int indent)
{
    while (*text) {
        const size_t n = strcspn(text, " \n");
        if (at > indent && at + 1 + (int) n > WIDTH) at = fprintf(f, "\n%*s", indent, "") - 1;
        else if (at > indent) at += fprintf(f, " ");
        fwrite(text, 1, n, f);
        at += (int) n;
        text += n;
        if (*text == '\n') at = fprintf(f, "\n%*s", indent, "") - 1;
        text += *text != '\0';
    }
    fputc('\n', f);
}

static void print_options(FILE *f, const dp_option *table)
{
    for (const dp_option *o = table; o && o->name; o++) {
        int at = o->letter ? fprintf(f, "  -%c, --%s", o->letter, o->name) : fprintf(f, "      --%s", o->name);
        if (o->argument) at += fprintf(f, " %s", o->argument);
        fprintf(f, "%*s", at < COLUMN ? COLUMN - at : 1, "");
        fill(f, o->help, at < COLUMN ? COLUMN : at + 1, at < COLUMN ? COLUMN : at + 1);
    }
}

void dp_help_command(FILE *f, const dp_tool_command *c)
{
    fprintf(f, "Usage: driftproof %s [OPTION]... %s\n\n", c->name, c->operands);
    fill(f, c->text, 0, 0);
    fputc('\n', f);
    print_options(f, c->options);
    fputs("\nOf every command:\n", f);
    print_options(f, dp_common_options);
    fputs("\nExit status: 0 all as expected; 1 some verdict not as expected, or what was asked not reached; 2 wrong usage or input;\n3 the environment failed.\n", f);
}

void dp_help_all(FILE *f)
{
    fputs("Usage: driftproof COMMAND [OPTION]...\n\nDecides claims about drifting generative models with rigorous ball arithmetic.\n\n", f);
    for (const dp_tool_command *const *c = dp_commands; *c; c++) fprintf(f, "  %-12s %-20s %s\n", (*c)->name, (*c)->operands, (*c)->summary);
    fputs("\nOf every command:\n", f);
    print_options(f, dp_common_options);
    fputs("\n'driftproof COMMAND --help' explains a command. Exit status: 0 all as expected; 1 some verdict not as expected,\n"
          "or what was asked (digits, a tolerance, a number that doubles hold) not reached; 2 wrong usage or bad input; 3 the environment failed (a rerun resumes).\n", f);
}
