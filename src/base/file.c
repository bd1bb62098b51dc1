/* SPDX-License-Identifier: GPL-3.0-or-later */
/* file.c: whole files in and out, directories, and the clock. */
#define _XOPEN_SOURCE 700
#include "base/base.h"
#include "base/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A path that leads nowhere, or that may not be read, is the user's mistake; anything else, a place that may not be written to included, is the environment's. */
static dp_status blame(int err, int reading)
{
    switch (err) {
    case EACCES: return reading ? DP_EINPUT : DP_EIO;
    case ENOENT: case ENOTDIR: case EISDIR: case ELOOP: case ENAMETOOLONG: return DP_EINPUT;
    default: return DP_EIO;
    }
}

static dp_status fail_errno(dp_error *e, const char *doing, const char *path, int err)
{
    return dp_fail(e, blame(err, strcmp(doing, "read") == 0), "cannot %s '%s': %s", doing, path, strerror(err));
}

/* Everything up to the end of the stream, NUL-terminated; NULL with errno set. */
static char *read_all(FILE *f, size_t *n)
{
    size_t size = 0, room = 8192;
    char *text = dp_malloc(room);
    errno = 0;
    for (size_t got; (got = fread(text + size, 1, room - size - 1, f)) > 0;) {
        size += got;
        if (room - size < 4096) text = dp_realloc(text, room *= 2);
    }
    if (ferror(f)) {
        free(text);
        return NULL;
    }
    text[size] = '\0';
    *n = size;
    return text;
}

char *dp_file_read(const char *path, size_t *n, dp_error *e)
{
    size_t size = 0;
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        fail_errno(e, "read", path, errno);
        return NULL;
    }
    char *text = read_all(f, &size);
    if (text == NULL) fail_errno(e, "read", path, errno ? errno : EIO);
    fclose(f);
    if (text != NULL && n != NULL) *n = size;
    return text;
}

/* All n bytes to the descriptor, then closes it; 0 or an errno. */
static int put_all(int fd, const char *text, size_t n)
{
    int err = 0;
    while (n > 0 && err == 0) {
        ssize_t put = write(fd, text, n);
        if (put >= 0) {
            text += put;
            n -= (size_t) put;
        } else if (errno != EINTR) {
            err = errno;
        }
    }
    if (close(fd) != 0 && err == 0) err = errno;
    return err;
}

/* ---- interruption ---- */

/* The unfinished file of each thread that writes one; a signal takes them away. */
enum { UNFINISHED = 16 };
static _Atomic(char *) unfinished[UNFINISHED];

static void begin(char *temporary)
{
    for (int i = 0; temporary && i < UNFINISHED; i++) {
        char *none = NULL;
        if (atomic_compare_exchange_strong(unfinished + i, &none, temporary)) return;
    }
}

/* To be called before the name is freed. */
static void finish(char *temporary)
{
    for (int i = 0; temporary && i < UNFINISHED; i++) {
        char *mine = temporary;
        if (atomic_compare_exchange_strong(unfinished + i, &mine, NULL)) return;
    }
}

static void end_now(int signal_number)
{
    static const char text[] = "\ndriftproof: interrupted; nothing is left half-written\n";
    (void) signal_number;
    for (int i = 0; i < UNFINISHED; i++) {
        char *name = atomic_load(unfinished + i);
        if (name) unlink(name);
    }
    if (write(2, text, sizeof text - 1) < 0) _exit(3);
    _exit(3);
}

void dp_end_on_signals(void) { dp_signals_catch(end_now, 0); }

/* ---- writing ---- */

/* A name beside `path` that no other process or thread uses. */
static char *temporary_name(const char *path)
{
    static atomic_ulong counter;
    return dp_format("%s.%ld-%lu.tmp", path, (long) getpid(), atomic_fetch_add(&counter, 1));
}

/* Beside `path`, then renamed over it; 0 or an errno. */
static int replace(const char *path, const char *text, size_t n)
{
    char *temporary = temporary_name(path);
    begin(temporary);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    int err = fd < 0 ? errno : put_all(fd, text, n);
    if (err == 0 && rename(temporary, path) != 0) err = errno;
    if (fd >= 0 && err != 0) unlink(temporary);
    finish(temporary);
    free(temporary);
    return err;
}

/* Whether what stands at `path` is written to instead of replaced. */
static int is_device(const char *path)
{
    struct stat s;
    return strncmp(path, "/dev/", 5) == 0 || (stat(path, &s) == 0 && !S_ISREG(s.st_mode));
}

/* A link is followed (its target is replaced); a device or pipe such as /dev/stdout is written to, not replaced. */
dp_status dp_file_write(const char *path, const char *text, size_t n, dp_error *e)
{
    int err;
    if (is_device(path)) {
        int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
        err = fd < 0 ? errno : put_all(fd, text, n);
    } else {
        char *target = realpath(path, NULL);
        err = replace(target ? target : path, text, n);
        free(target);
    }
    return err == 0 ? DP_OK : fail_errno(e, "write", path, err);
}

dp_status dp_output_open(dp_output *o, const char *path, dp_error *e)
{
    const int device = is_device(path);
    o->path = dp_strdup(path);
    o->target = device ? NULL : realpath(path, NULL);
    if (!device && o->target == NULL) o->target = dp_strdup(path);
    o->temporary = device ? NULL : temporary_name(o->target);
    begin(o->temporary);
    const int fd = open(device ? path : o->temporary, device ? O_WRONLY | O_APPEND | O_CLOEXEC : O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    const int err = errno;
    o->f = fd < 0 ? NULL : fdopen(fd, "wb");
    if (o->f != NULL) return DP_OK;
    dp_output_discard(o);
    return fail_errno(e, "write", path, err);
}

static void output_clear(dp_output *o)
{
    finish(o->temporary);
    free(o->path);
    free(o->target);
    free(o->temporary);
    memset(o, 0, sizeof *o);
}

dp_status dp_output_close(dp_output *o, dp_error *e)
{
    int err = 0;
    errno = 0;
    if (fflush(o->f) != 0 || ferror(o->f)) err = errno ? errno : EIO;
    if (err == EIO && o->temporary && write(fileno(o->f), "", 1) < 0) err = errno; /* the reason was lost with an earlier write: full disk, say */
    if (fclose(o->f) != 0 && err == 0) err = errno;
    o->f = NULL;
    if (err == 0 && o->temporary && rename(o->temporary, o->target) != 0) err = errno;
    if (err == 0) {
        output_clear(o);
        return DP_OK;
    }
    fail_errno(e, "write", o->path, err);
    dp_output_discard(o);
    return blame(err, 0);
}

void dp_output_discard(dp_output *o)
{
    if (o->f != NULL) fclose(o->f);
    if (o->temporary) unlink(o->temporary);
    output_clear(o);
}

/* mkdir of one directory that may exist already; 0 or an errno. */
static int make_one(const char *path)
{
    struct stat s;
    if (mkdir(path, 0777) == 0) return 0;
    int err = errno;
    if (stat(path, &s) != 0) return err;
    return S_ISDIR(s.st_mode) ? 0 : ENOTDIR;
}

dp_status dp_mkdir(const char *path, dp_error *e)
{
    char *part = dp_strdup(path);
    int err = 0;
    for (char *s = part; *s != '\0' && err == 0; s++) {
        if (*s != '/' || s == part) continue;
        *s = '\0';
        err = make_one(part);
        *s = '/';
    }
    if (err == 0) err = make_one(part);
    free(part);
    return err == 0 ? DP_OK : fail_errno(e, "make the directory", path, err);
}

double dp_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}
