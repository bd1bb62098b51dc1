/* SPDX-License-Identifier: GPL-3.0-or-later */
/* completion.c: the tables as completion scripts for bash, zsh and fish. */
#include <string.h>

#include "tool/option.h"

/* "--a --b": all long options of a command. */
static void long_names(FILE *f, const dp_tool_command *c)
{
    const dp_option *tables[] = {c->options, dp_common_options};
    const char *gap = "";
    for (int t = 0; t < 2; t++)
        for (const dp_option *o = tables[t]; o && o->name; o++, gap = " ") fprintf(f, "%s--%s", gap, o->name);
}

static void command_names(FILE *f)
{
    const char *gap = "";
    for (const dp_tool_command *const *c = dp_commands; *c; c++, gap = " ") fprintf(f, "%s%s", gap, (*c)->name);
}

static void bash(FILE *f)
{
    fputs("# bash completion for driftproof\n_driftproof() {\n  local word=${COMP_WORDS[COMP_CWORD]} list=\n  case ${COMP_WORDS[1]} in\n", f);
    for (const dp_tool_command *const *c = dp_commands; *c; c++) {
        fprintf(f, "    %s) list='", (*c)->name);
        long_names(f, *c);
        fputs("' ;;\n", f);
    }
    fputs("  esac\n  if [ \"$COMP_CWORD\" = 1 ]; then\n    list='", f);
    command_names(f);
    fputs("'\n  elif [[ $word != -* ]]; then\n    mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n    return\n  fi\n"
          "  mapfile -t COMPREPLY < <(compgen -W \"$list\" -- \"$word\")\n}\ncomplete -o filenames -F _driftproof driftproof\n", f);
}

/* A description inside single quotes and brackets, as zsh and fish want it. */
static void description(FILE *f, const char *text)
{
    for (; *text; text++)
        if (!strchr("'[]:`$\\\"", *text)) fputc(*text, f);
}

static void zsh(FILE *f)
{
    fputs("#compdef driftproof\n_driftproof() {\n  if (( CURRENT == 2 )); then\n    local -a commands=(\n", f);
    for (const dp_tool_command *const *c = dp_commands; *c; c++) {
        fprintf(f, "      '%s:", (*c)->name);
        description(f, (*c)->summary);
        fputs("'\n", f);
    }
    fputs("    )\n    _describe command commands\n    return\n  fi\n  case $words[2] in\n", f);
    for (const dp_tool_command *const *c = dp_commands; *c; c++) {
        const dp_option *tables[] = {(*c)->options, dp_common_options};
        fprintf(f, "    %s) _arguments", (*c)->name);
        for (int t = 0; t < 2; t++)
            for (const dp_option *o = tables[t]; o && o->name; o++) {
                fprintf(f, " '*--%s[", o->name);
                description(f, o->help);
                fputs(o->argument ? "]:value:_files'" : "]'", f);
            }
        fputs(" '*:file:_files' ;;\n", f);
    }
    fputs("  esac\n}\n_driftproof \"$@\"\n", f);
}

static void fish_option(FILE *f, const char *command, const dp_option *o)
{
    fprintf(f, "complete -c driftproof -n '__fish_seen_subcommand_from %s' -l %s", command, o->name);
    if (o->letter) fprintf(f, " -s %c", o->letter);
    if (o->argument) fputs(" -r", f);
    fputs(" -d '", f);
    description(f, o->help);
    fputs("'\n", f);
}

static void fish(FILE *f)
{
    fputs("# fish completion for driftproof\n", f);
    for (const dp_tool_command *const *c = dp_commands; *c; c++) {
        const dp_option *tables[] = {(*c)->options, dp_common_options};
        fprintf(f, "complete -c driftproof -n __fish_use_subcommand -a %s -d '", (*c)->name);
        description(f, (*c)->summary);
        fputs("'\n", f);
        for (int t = 0; t < 2; t++)
            for (const dp_option *o = tables[t]; o && o->name; o++) fish_option(f, (*c)->name, o);
    }
}

int dp_completion(FILE *f, const char *shell)
{
    static const struct { const char *name; void (*print)(FILE *); } shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (!strcmp(shells[i].name, shell)) return shells[i].print(f), 1;
    return 0;
}
