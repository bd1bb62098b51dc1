/* SPDX-License-Identifier: GPL-3.0-or-later */
/* share.c: finds the shipped files and says who is running, from what the system tells about this process. */
#ifdef __linux__
#define _GNU_SOURCE
#include <sched.h>
#endif
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driftproof.h"
#include "tool/share.h"

#ifndef DP_DATADIR
#define DP_DATADIR "/usr/local/share/driftproof"
#endif

const char *dp_program(void)
{
    static char path[4096];
    if (!path[0]) {
        const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
        path[n > 0 ? n : 0] = '\0';
    }
    return path;
}

static int is_share(const char *path)
{
    struct stat cases, reports;
    char *a = dp_format("%s/cases", path), *b = dp_format("%s/reports", path);
    const int ok = !stat(a, &cases) && S_ISDIR(cases.st_mode) && !stat(b, &reports) && S_ISDIR(reports.st_mode);
    free(a);
    free(b);
    return ok;
}

static const char *find(void)
{
    const char *given = getenv("DRIFTPROOF_SHARE"), *slash = strrchr(dp_program(), '/');
    const int n = slash ? (int) (slash - dp_program()) : 0;
    if (given && *given) return given;
    char *places[] = {dp_format("%.*s/../share/driftproof", n, dp_program()), dp_format("%.*s/..", n, dp_program()), dp_strdup(DP_DATADIR), dp_strdup(".")};
    const char *found = NULL;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (!found && is_share(places[i])) found = places[i];
        else free(places[i]);
    return found;
}

const char *dp_share(void)
{
    static const char *share;
    if (!share) share = find();
    return share;
}

const char *dp_build_id(void)
{
    static char id[128];
    if (!id[0]) {
        char digest[65] = "unknown";
        size_t n;
        char *bytes = dp_file_read(dp_program(), &n, NULL);
        if (bytes) dp_sha256(digest, bytes, n);
        free(bytes);
        snprintf(id, sizeof id, "%s %s", DP_VERSION, digest);
    }
    return id;
}

slong dp_cores(void)
{
#ifdef __linux__
    cpu_set_t set;
    if (!sched_getaffinity(0, sizeof set, &set)) return CPU_COUNT(&set);
#endif
    const long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? n : 1;
}

int dp_colours(FILE *stream)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(fileno(stream)) && !(no && *no) && term && strcmp(term, "dumb");
}
