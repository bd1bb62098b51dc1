/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lock.c: one process at a time in a folder, and what a killed one left half written there. */
#define _XOPEN_SOURCE 700
#include "base/base.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct dp_lock { int fd; char *path; };

/* Whether the name ends as those of dp_file_write and dp_output_open: ".PID-NUMBER.tmp". */
static int is_temporary(const char *name)
{
    const char *s = strstr(name, ".tmp");
    if (!s || s[4] || s == name) return 0;
    size_t digits = 0, more = 0;
    for (; s > name && isdigit((unsigned char) s[-1]); s--) digits++;
    if (!digits || s == name || *--s != '-') return 0;
    for (; s > name && isdigit((unsigned char) s[-1]); s--) more++;
    return more && s > name && s[-1] == '.';
}

static void remove_temporaries(const char *folder)
{
    DIR *d = opendir(folder);
    for (struct dirent *entry; d && (entry = readdir(d));) {
        char *path = is_temporary(entry->d_name) ? dp_format("%s/%s", folder, entry->d_name) : NULL;
        if (path) unlink(path);
        free(path);
    }
    if (d) closedir(d);
}

int dp_lock_file(int fd)
{
    const double patience = 3, start = dp_now();
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    while (fcntl(fd, F_SETLK, &whole)) {
        if (errno != EACCES && errno != EAGAIN && errno != EINTR) return -1;
        if (dp_now() - start > patience) return 1;
        nanosleep(&(struct timespec){0, 20000000}, NULL);
    }
    return 0;
}

static dp_status busy(dp_error *e, const char *folder, int fd)
{
    struct flock f = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    const int known = fcntl(fd, F_GETLK, &f) == 0 && f.l_type != F_UNLCK && f.l_pid > 0;
    char who[40] = "";
    if (known) snprintf(who, sizeof who, " (process %ld)", (long) f.l_pid);
    return dp_fail(e, DP_EINPUT, "%s: another process%s is at work in this folder; expected to wait for it, or another folder", folder, who);
}

/* Whether the name still leads to what is open: who gave the lock back has removed the file. */
static int is_same(int fd, const char *path)
{
    struct stat a, b;
    return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

dp_status dp_lock_folder(dp_lock **out, const char *folder, dp_error *e)
{
    char *path = dp_format("%s/.lock", folder);
    dp_status status = DP_OK;
    int fd = -1, held = 0;
    while (!status && !held) {
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        const int taken = fd < 0 ? -1 : dp_lock_file(fd);
        if (fd < 0) status = dp_fail(e, DP_EIO, "cannot write to '%s': %s", folder, strerror(errno));
        else if (taken < 0) status = dp_fail(e, DP_EIO, "cannot lock '%s': %s", path, strerror(errno));
        else if (taken) status = busy(e, folder, fd);
        else held = is_same(fd, path);
        if (fd >= 0 && !held) close(fd);
    }
    if (held) remove_temporaries(folder);
    if (held) *out = dp_malloc(sizeof **out), **out = (dp_lock){fd, path};
    else free(path);
    return status;
}

void dp_unlock(dp_lock *l)
{
    if (!l) return;
    unlink(l->path);
    close(l->fd);
    free(l->path), free(l);
}
