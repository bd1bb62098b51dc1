/* SPDX-License-Identifier: GPL-3.0-or-later */
/* command.c: running another program that a face of the report needs. */
#include "report/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int dp_command_exists(const char *name)
{
    const char *path = getenv("PATH");
    int found = 0;
    for (const char *s = path ? path : "/usr/local/bin:/usr/bin:/bin"; *s != '\0' && !found;) {
        size_t n = strcspn(s, ":");
        char *file = n ? dp_format("%.*s/%s", (int) n, s, name) : dp_format("./%s", name);
        found = access(file, X_OK) == 0;
        free(file);
        s += n + (s[n] == ':');
    }
    return found;
}

/* Makes `file` the descriptor `fd`; only calls that are safe between fork and exec. */
static int redirect(int fd, const char *file, int flags)
{
    int from = open(file ? file : "/dev/null", flags, 0666);
    if (from < 0) return 0;
    int ok = from == fd || dup2(from, fd) == fd;
    if (from != fd) close(from);
    return ok;
}

int dp_command(const char *dir, const char *const *argv, const char *in, const char *out, const char *err)
{
    const int fresh = O_WRONLY | O_CREAT | O_TRUNC;
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) return 126;
    if (child == 0) {
        int ok = chdir(dir) == 0 && redirect(0, in, O_RDONLY) && redirect(1, out, fresh) && redirect(2, err, fresh);
        if (ok) execvp(argv[0], (char *const *) argv);
        _exit(ok ? 127 : 126);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return 126;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* How many dates the file had; -1 where it cannot be read. */
static int fix_dates(const char *file)
{
    static const char key[] = "/CreationDate (D:", date[] = "20260101000000";
    size_t n;
    char *pdf = dp_file_read(file, &n, NULL);
    int found = pdf ? 0 : -1;
    for (size_t i = 0; pdf && i + sizeof key + sizeof date < n; i++)
        if (memcmp(pdf + i, key, sizeof key - 1) == 0) memcpy(pdf + i + sizeof key - 1, date, sizeof date - 1), found++;
    if (found > 0) dp_file_write(file, pdf, n, NULL);
    free(pdf);
    return found;
}

void dp_pdf_without_date(const char *dir, const char *name)
{
    const char *const argv[] = {"qpdf", "--static-id", "--object-streams=disable", "--replace-input", name, NULL};
    char *file = dp_format("%s/%s", dir, name);
    if (fix_dates(file) == 0 && dp_command_exists("qpdf") && dp_command(dir, argv, NULL, NULL, NULL) == 0) fix_dates(file);
    free(file);
}
