/* SPDX-License-Identifier: GPL-3.0-or-later */
/* option.h: one table per command, from which come parsing, --help, the man page and the completions of three shells. */
#ifndef DP_TOOL_OPTION_H
#define DP_TOOL_OPTION_H

#include "base/base.h"

/* Exit statuses, a contract. */
enum { EXIT_EXPECTED = 0, EXIT_UNEXPECTED = 1, EXIT_USAGE = 2, EXIT_ENVIRONMENT = 3 };

typedef struct {
    const char *name;     /* long name; NULL ends a table */
    char letter;          /* short form, or 0 */
    const char *argument; /* what the argument is called; NULL: a switch. "quick|full" means these words and no others */
    const char *help;
} dp_option;

typedef struct dp_args_struct dp_args;

typedef struct {
    const char *name;     /* "check-cert" */
    const char *operands; /* "[CASE|DIR]..." */
    const char *summary;  /* one line */
    const char *text;     /* paragraphs for --help and the man page */
    const dp_option *options;
    int least, most;      /* operands allowed; most < 0: any number */
    int reads_cases;      /* whether --set means anything */
    int (*run)(const dp_args *a);
} dp_tool_command;

extern const dp_tool_command *const dp_commands[];     /* in the order of the help, NULL at the end */
extern const dp_option dp_common_options[];
const dp_tool_command *dp_command_find(const char *name);

/* What stood on the command line. Options are asked for by long name; asking for one that the command lacks aborts. */
struct dp_args_struct {
    const dp_tool_command *command;
    int count, nvalues;
    const char **operand;                         /* count of them */
    struct { const char *name, *value; } *values; /* in the order given */
    const char *line;                             /* the whole command line, quoted for a shell */
};
int dp_args_flag(const dp_args *a, const char *name);
const char *dp_args_value(const dp_args *a, const char *name);  /* the last one given, or NULL */
size_t dp_args_all(const char ***out, const dp_args *a, const char *name); /* all of them; free(*out) */
/* The place of the word given in the option's own list "quick|full", or `otherwise` when none was given. */
int dp_args_word(const dp_args *a, const char *name, int otherwise);
/* An integer option within [low, high], or `otherwise` when it was not given; exits with status 2 on anything else. */
slong dp_args_integer(const dp_args *a, const char *name, slong low, slong high, slong otherwise);

/* Parses argv (argv[0] is the command's name) and runs the command; returns the exit status. */
int dp_command_run(const dp_tool_command *command, int argc, char **argv);

void dp_help_command(FILE *f, const dp_tool_command *command);
void dp_help_all(FILE *f);
void dp_man_command(FILE *f, const dp_tool_command *command);         /* roff; NULL: the page of driftproof itself */
int dp_completion(FILE *f, const char *shell);                   /* bash, zsh or fish; 0 for any other name */

/* "driftproof: message", then exit status 2: for wrong usage. */
void dp_usage_error(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
/* The exit status that a failed call asks for; with its message on standard error. */
int dp_exit_status(dp_status status);
int dp_say_failure(const dp_error *e);
/* " (did you mean 'x'?)" with the nearest of `names` (NULL at the end) if it is near enough, else "". Valid until the next call. */
const char *dp_tool_suggest(const char *word, const char *const *names);

#endif
