/* SPDX-License-Identifier: GPL-3.0-or-later */
/* main.c: finds the command that was named and runs it. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "driftproof.h"
#include "tool/option.h"

extern const dp_tool_command dp_cmd_verify, dp_cmd_claims, dp_cmd_field, dp_cmd_drift, dp_cmd_flow, dp_cmd_train, dp_cmd_sweep, dp_cmd_audit, dp_cmd_report, dp_cmd_check_cert, dp_cmd_bench, dp_cmd_doctor, dp_cmd_help, dp_cmd_completion;

const dp_tool_command *const dp_commands[] = {&dp_cmd_verify, &dp_cmd_claims, &dp_cmd_field, &dp_cmd_drift, &dp_cmd_flow, &dp_cmd_train, &dp_cmd_sweep, &dp_cmd_audit, &dp_cmd_report, &dp_cmd_check_cert,
                                         &dp_cmd_bench, &dp_cmd_doctor, &dp_cmd_help, &dp_cmd_completion, NULL};

const dp_tool_command *dp_command_find(const char *name)
{
    const char *names[sizeof dp_commands / sizeof *dp_commands] = {NULL};
    for (size_t i = 0; dp_commands[i]; i++) {
        if (!strcmp(dp_commands[i]->name, name)) return dp_commands[i];
        names[i] = dp_commands[i]->name;
    }
    dp_usage_error("unknown command '%s'%s; 'driftproof help' lists them", name, dp_tool_suggest(name, names));
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        dp_help_all(stderr);
        return EXIT_USAGE;
    }
    if (!strcmp(argv[1], "--version")) return printf("driftproof %s\n", DP_VERSION) < 0 ? EXIT_ENVIRONMENT : EXIT_EXPECTED;
    const char *name = !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ? "help" : argv[1];
    dp_memory_keep();
    return dp_command_run(dp_command_find(name), argc - 1, argv + 1);
}
