/* SPDX-License-Identifier: GPL-3.0-or-later */
/* facts.c: versions and machine, as they go into results.json and the log. */
#define _XOPEN_SOURCE 700
#include "driftproof.h"
#include "report/face.h"

#include <gmp.h>
#include <libfyaml.h>
#include <mpfr.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static void set(dp_fact *fact, const char *name, const char *text)
{
    fact->name = name;
    snprintf(fact->text, sizeof fact->text, "%s", text);
}

const dp_fact *dp_facts_version(void)
{
    static dp_fact facts[9];
    dp_fact *f = facts;
    set(f++, "driftproof", DP_VERSION);
    set(f++, "flint", FLINT_VERSION);
    set(f++, "arb", DP_ARB_VERSION);
    set(f++, "mpfr", mpfr_get_version());
    set(f++, "gmp", gmp_version);
    set(f++, "libfyaml", fy_library_version());
#ifdef __VERSION__
    set(f++, "compiler", __VERSION__);
#endif
    f->name = NULL;
    return facts;
}

/* The processor's name as Linux tells it; "" elsewhere. */
static void processor(char *out, size_t size)
{
    char line[256];
    FILE *f = fopen("/proc/cpuinfo", "r");
    out[0] = '\0';
    while (f != NULL && out[0] == '\0' && fgets(line, sizeof line, f) != NULL) {
        char *colon = strchr(line, ':');
        if (colon == NULL || strncmp(line, "model name", 10) != 0) continue;
        colon[1 + strcspn(colon + 1, "\n")] = '\0';
        snprintf(out, size, "%s", colon + 1 + strspn(colon + 1, " "));
    }
    if (f != NULL) fclose(f);
}

const dp_fact *dp_facts_machine(void)
{
    static dp_fact facts[5];
    struct utsname u;
    char text[96];
    dp_fact *f = facts;
    int known = uname(&u) >= 0;
    set(f++, "system", known ? u.sysname : "unknown");
    set(f++, "architecture", known ? u.machine : "unknown");
    processor(text, sizeof text);
    set(f++, "processor", text);
    snprintf(text, sizeof text, "%ld", sysconf(_SC_NPROCESSORS_ONLN));
    set(f++, "cores", text);
    f->name = NULL;
    return facts;
}
