/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store.c: the files of a run: each is written whole or not at all, and a key, written last, vouches for the others. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claim/store.h"

static char *path_of(const char *dir, const char *folder, const char *stem, const char *suffix)
{
    return dp_format("%s/%s/%s%s", dir, folder, stem, suffix);
}

dp_status dp_store_record(const char *dir, const char *stem, const dp_record *r, dp_error *e)
{
    char *text = NULL, *path = path_of(dir, "records", stem, ".json");
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    if (!f) exit(3);
    dp_record_write(f, r, 0);
    fputc('\n', f);
    const dp_status status = fclose(f) ? dp_fail(e, DP_EMEMORY, "%s: out of memory", path) : dp_file_write(path, text, n, e);
    free(text);
    free(path);
    return status;
}

dp_status dp_store_text(const char *dir, const char *folder, const char *stem, const char *suffix, const char *text, dp_error *e)
{
    char *path = path_of(dir, folder, stem, suffix);
    const dp_status status = dp_file_write(path, text, strlen(text), e);
    free(path);
    return status;
}

void dp_store_forget(const char *dir, const char *stem)
{
    static const char *const files[][2] = {{"records", ".key"}, {"records", ".json"}, {"certificates", ".cert"}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *path = path_of(dir, files[i][0], stem, files[i][1]);
        unlink(path);
        free(path);
    }
}

int dp_store_finished(const char *dir, const dp_job *job)
{
    char *key = path_of(dir, "records", job->stem, ".key"), *record = path_of(dir, "records", job->stem, ".json");
    char *certificate = path_of(dir, "certificates", job->stem, ".cert"), *text = dp_file_read(key, NULL, NULL);
    const int ok = text && !strncmp(text, job->key, 64) && !access(record, R_OK) && (text[64] != '+' || !access(certificate, R_OK));
    free(text);
    free(certificate);
    free(record);
    free(key);
    return ok;
}

static int ours(const dp_job_list *list, const char *file, const char *suffix)
{
    const size_t n = strlen(file) - strlen(suffix);
    for (slong i = 0; i < list->n; i++)
        if (strlen(list->job[i].stem) == n && !strncmp(list->job[i].stem, file, n)) return 1;
    return 0;
}

static int ends_with(const char *text, const char *suffix)
{
    return strlen(text) > strlen(suffix) && !strcmp(text + strlen(text) - strlen(suffix), suffix);
}

static dp_status sweep(const char *dir, const dp_job_list *list, const char *folder, const char *suffix, dp_error *e)
{
    char *path = dp_format("%s/%s", dir, folder);
    const dp_status status = dp_mkdir(path, e);
    DIR *d = status ? NULL : opendir(path);
    for (struct dirent *entry; d && (entry = readdir(d));)
        if (ends_with(entry->d_name, suffix) && !ours(list, entry->d_name, suffix)) unlinkat(dirfd(d), entry->d_name, 0);
    if (d) closedir(d);
    free(path);
    return status;
}

dp_status dp_store_sweep(const char *dir, const dp_job_list *list, dp_error *e)
{
    static const char *const swept[][2] = {{"records", ".json"}, {"records", ".key"}, {"certificates", ".cert"},
                                           {"records", ".tmp"}, {"certificates", ".tmp"}}; /* half-written by a run that was killed */
    dp_status status = DP_OK;
    for (size_t i = 0; !status && i < sizeof swept / sizeof *swept; i++) status = sweep(dir, list, swept[i][0], swept[i][1], e);
    return status;
}

int dp_store_lock(const char *dir, dp_error *e)
{
    char *path = path_of(dir, "records", "lock", "");
    const int fd = open(path, O_RDWR | O_CREAT, 0666);
    if (fd < 0) dp_fail(e, DP_EIO, "%s: %s", path, strerror(errno));
    const int taken = fd >= 0 && dp_lock_file(fd) > 0;
    if (taken) dp_fail(e, DP_EIO, "%s: another run is at work in this directory", dir);
    if (taken) close(fd);
    free(path);
    return taken ? -1 : fd;
}
