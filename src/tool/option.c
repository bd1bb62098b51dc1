/* SPDX-License-Identifier: GPL-3.0-or-later */
/* option.c: reads a command line by the tables of options; all mistakes end with exit status 2 and a suggestion. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tool/option.h"

const dp_option dp_common_options[] = {
    {"set", 0, "KEY=YAML", "override a key of every case read, e.g. kernel.bandwidth=1/2 (repeatable)"},
    {"json", 0, NULL, "one JSON document on standard output, nothing else there"},
    {"quiet", 'q', NULL, "no progress and no summary; errors are still said"},
    {"threads", 0, "N", "processes to use at most (default: the cores this process may run on)"},
    {"seed", 0, "N", "seed of random choices; commands without any ignore it"},
    {"help", 'h', NULL, "explain the command"},
    {0}};

void dp_usage_error(const char *format, ...)
{
    va_list rest;
    fputs("driftproof: ", stderr);
    va_start(rest, format);
    vfprintf(stderr, format, rest);
    va_end(rest);
    fputc('\n', stderr);
    exit(EXIT_USAGE);
}

int dp_exit_status(dp_status status)
{
    switch (status) {
    case DP_OK: return EXIT_EXPECTED;
    case DP_EINPUT:
    case DP_EUNSUPPORTED: return EXIT_USAGE;
    case DP_EBUDGET:
    case DP_EINTERNAL: return EXIT_UNEXPECTED;
    default: return EXIT_ENVIRONMENT;
    }
}

int dp_say_failure(const dp_error *e)
{
    fprintf(stderr, "driftproof: %s\n", e->text);
    return dp_exit_status(e->status);
}

const char *dp_tool_suggest(const char *word, const char *const *names)
{
    static char text[128];
    size_t least = DP_FAR;
    text[0] = '\0';
    for (; *names; names++) {
        const size_t d = dp_word_distance(word, *names);
        if (d >= least) continue;
        least = d;
        snprintf(text, sizeof text, " (did you mean '%s'?)", *names);
    }
    return text;
}

/* ---- asking for values ---- */

static const dp_option *in_table(const dp_option *table, const char *name)
{
    for (; table && table->name; table++)
        if (!strcmp(table->name, name)) return table;
    return NULL;
}

static const dp_option *option_find(const dp_tool_command *command, const char *name)
{
    const dp_option *o = in_table(command->options, name);
    return o ? o : in_table(dp_common_options, name);
}

size_t dp_args_all(const char ***out, const dp_args *a, const char *name)
{
    size_t n = 0;
    if (!option_find(a->command, name)) abort();
    *out = dp_calloc((size_t) a->nvalues + 1, sizeof **out);
    for (int i = 0; i < a->nvalues; i++)
        if (!strcmp(a->values[i].name, name)) (*out)[n++] = a->values[i].value;
    return n;
}

const char *dp_args_value(const dp_args *a, const char *name)
{
    const char **all, *last = NULL;
    const size_t n = dp_args_all(&all, a, name);
    if (n) last = all[n - 1];
    free(all);
    return last;
}

int dp_args_flag(const dp_args *a, const char *name)
{
    return dp_args_value(a, name) != NULL;
}

slong dp_args_integer(const dp_args *a, const char *name, slong low, slong high, slong otherwise)
{
    const char *text = dp_args_value(a, name);
    char *end;
    if (!text) return otherwise;
    errno = 0;
    const slong v = strtol(text, &end, 10);
    if (end == text || *end || errno || v < low || v > high)
        dp_usage_error("--%s %s: expected an integer from %ld to %ld", name, text, low, high);
    return v;
}

/* Where `word` stands in "quick|full"; -1: nowhere. */
static int place_of(const char *words, const char *word)
{
    const size_t n = strlen(word);
    for (int k = 0;; k++) {
        const size_t length = strcspn(words, "|");
        if (n && n == length && !strncmp(words, word, n)) return k;
        if (!words[length]) return -1;
        words += length + 1;
    }
}

int dp_args_word(const dp_args *a, const char *name, int otherwise)
{
    const char *value = dp_args_value(a, name);
    return value ? place_of(option_find(a->command, name)->argument, value) : otherwise;
}

/* ---- parsing ---- */

static size_t table_length(const dp_option *table)
{
    size_t n = 0;
    while (table && table[n].name) n++;
    return n;
}

/* The option at position i of the command's table followed by the common one; NULL past the end. */
static const dp_option *option_at(const dp_tool_command *command, size_t i)
{
    const size_t own = table_length(command->options);
    if (i < own) return command->options + i;
    return i < own + table_length(dp_common_options) ? dp_common_options + (i - own) : NULL;
}

static void refuse_unknown(const dp_tool_command *command, const char *given)
{
    char word[64];
    const char *names[64];
    size_t n = 0;
    if (strncmp(given, "--", 2)) dp_usage_error("%s: unknown option '%s'; see driftproof %s --help", command->name, given, command->name);
    snprintf(word, sizeof word, "%.*s", (int) strcspn(given + 2, "="), given + 2);
    for (const dp_option *o; n < 63 && (o = option_at(command, n)); n++) names[n] = o->name;
    names[n] = NULL;
    dp_usage_error("%s: unknown option '--%s'%s; see driftproof %s --help", command->name, word, dp_tool_suggest(word, names), command->name);
}

/* An argument written as "quick|full" lists the only words allowed. */
static void check_word(const dp_option *o, const char *value)
{
    if (!o->argument || !strchr(o->argument, '|') || place_of(o->argument, value) >= 0) return;
    dp_usage_error("--%s %s: expected %s", o->name, value, o->argument);
}

static void keep(dp_args *a, const dp_option *o, const char *value)
{
    check_word(o, value ? value : "");
    a->values = dp_realloc(a->values, ((size_t) a->nvalues + 1) * sizeof *a->values);
    a->values[a->nvalues].name = o->name;
    a->values[a->nvalues++].value = value ? value : "";
}

/* The tables in the form that getopt_long wants: each long option returns 256 + its position. */
static void getopt_tables(struct option *longs, char *shorts, const dp_tool_command *command)
{
    size_t i = 0;
    *shorts++ = ':';
    for (const dp_option *o; (o = option_at(command, i)); i++) {
        longs[i] = (struct option){o->name, o->argument ? required_argument : no_argument, NULL, 256 + (int) i};
        if (o->letter) *shorts++ = o->letter;
        if (o->letter && o->argument) *shorts++ = ':';
    }
    longs[i] = (struct option){0};
    *shorts = '\0';
}

static const dp_option *by_code(const dp_tool_command *command, int code)
{
    const dp_option *o = NULL;
    if (code >= 256) return option_at(command, (size_t) (code - 256));
    for (size_t i = 0; (o = option_at(command, i)) && o->letter != code; i++) {}
    return o;
}

static void parse(dp_args *a, int argc, char **argv)
{
    struct option longs[64];
    char shorts[128];
    int code;
    getopt_tables(longs, shorts, a->command);
    opterr = 0;
    while ((code = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (code == '?' && optopt >= 256) dp_usage_error("%s: '%s': this option takes no argument", a->command->name, argv[optind - 1]);
        if (code == '?') refuse_unknown(a->command, optopt ? (char[]){'-', (char) optopt, 0} : argv[optind - 1]);
        if (code == ':') dp_usage_error("%s: option '%s' needs an argument", a->command->name, argv[optind - 1]);
        keep(a, by_code(a->command, code), optarg);
    }
    a->operand = (const char **) (argv + optind);
    a->count = argc - optind;
}

static void check_operands(const dp_args *a)
{
    const dp_tool_command *c = a->command;
    if (a->count < c->least) dp_usage_error("%s: expected %s; see driftproof %s --help", c->name, c->operands, c->name);
    if (c->most >= 0 && a->count > c->most) dp_usage_error("%s: unexpected '%s'; see driftproof %s --help", c->name, a->operand[c->most], c->name);
    if (!c->reads_cases && dp_args_flag(a, "set")) dp_usage_error("%s: --set has no case to change here", c->name);
    dp_args_integer(a, "threads", 1, 4096, 0);
    dp_args_integer(a, "seed", 0, WORD_MAX, 0);
}

/* The command line as it can be given to a shell again. */
static char *quoted(int argc, char **argv)
{
    char *line = dp_strdup("driftproof");
    for (int i = 0; i < argc; i++) {
        const int plain = argv[i][0] && !argv[i][strspn(argv[i], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%")];
        char *longer = dp_format(plain ? "%s %s" : "%s '%s'", line, argv[i]);
        free(line);
        line = longer;
    }
    return line;
}

int dp_command_run(const dp_tool_command *command, int argc, char **argv)
{
    dp_args a = {.command = command};
    char *line = quoted(argc, argv);
    int status = EXIT_EXPECTED;
    a.line = line;
    parse(&a, argc, argv);
    if (dp_args_flag(&a, "help")) {
        dp_help_command(stdout, command);
    } else {
        check_operands(&a);
        status = command->run(&a);
    }
    if ((fflush(stdout) || ferror(stdout)) && status != EXIT_ENVIRONMENT) {
        fputs("driftproof: cannot write standard output\n", stderr);
        status = EXIT_ENVIRONMENT;
    }
    free(a.values);
    free(line);
    return status;
}
