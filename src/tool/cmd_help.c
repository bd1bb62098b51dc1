/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_help.c: help, man pages and shell completions: the tables, printed. */
#include <stdlib.h>
#include <string.h>

#include "tool/option.h"

static void json_options(const dp_option *table, const char **gap)
{
    for (const dp_option *o = table; o && o->name; o++, *gap = ",") {
        printf("%s\n        {\"name\": ", *gap);
        dp_json_string(stdout, o->name);
        fputs(", \"argument\": ", stdout);
        if (o->argument) dp_json_string(stdout, o->argument);
        else fputs("null", stdout);
        fputs(", \"help\": ", stdout);
        dp_json_string(stdout, o->help);
        putchar('}');
    }
}

static void json_command(const dp_tool_command *c)
{
    const char *gap = "";
    fputs("{\"name\": ", stdout);
    dp_json_string(stdout, c->name);
    fputs(", \"operands\": ", stdout);
    dp_json_string(stdout, c->operands);
    fputs(", \"summary\": ", stdout);
    dp_json_string(stdout, c->summary);
    fputs(", \"options\": [", stdout);
    json_options(c->options, &gap);
    json_options(dp_common_options, &gap);
    fputs("]}", stdout);
}

static void json(const dp_tool_command *one)
{
    const char *gap = "";
    fputs("{\"commands\": [", stdout);
    for (const dp_tool_command *const *c = dp_commands; *c; c++) {
        if (one && *c != one) continue;
        printf("%s\n    ", gap);
        json_command(*c);
        gap = ",";
    }
    fputs("]}\n", stdout);
}

static int run(const dp_args *a)
{
    const dp_tool_command *one = a->count ? dp_command_find(a->operand[0]) : NULL;
    if (dp_args_flag(a, "man")) dp_man_command(stdout, one);
    else if (dp_args_flag(a, "json")) json(one);
    else if (dp_args_flag(a, "commands"))
        for (const dp_tool_command *const *c = dp_commands; *c; c++) puts((*c)->name);
    else if (one) dp_help_command(stdout, one);
    else dp_help_all(stdout);
    return EXIT_EXPECTED;
}

static const dp_option options[] = {
    {"man", 0, NULL, "print the man page instead (roff: pipe it into man -l -)"},
    {"commands", 0, NULL, "print only the names of the commands"},
    {0}};
const dp_tool_command dp_cmd_help = {
    "help", "[COMMAND]", "explain driftproof or one command",
    "Prints the help of driftproof or of one of its commands, or their man pages.", options, 0, 1, 0, run};

static int run_completion(const dp_args *a)
{
    char *text;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    if (!dp_completion(f, a->operand[0])) dp_usage_error("completion: no completion for '%s'; there is bash, zsh and fish", a->operand[0]);
    fclose(f);
    if (dp_args_flag(a, "json")) {
        fputs("{\"completion\": ", stdout);
        dp_json_string(stdout, text);
        fputs("}\n", stdout);
    } else {
        fputs(text, stdout);
    }
    free(text);
    return EXIT_EXPECTED;
}

const dp_tool_command dp_cmd_completion = {
    "completion", "SHELL", "print a completion script for bash, zsh or fish",
    "Prints a completion script, e.g. for bash: eval \"$(driftproof completion bash)\". 'make install' puts all three in place.",
    NULL, 1, 1, 0, run_completion};
