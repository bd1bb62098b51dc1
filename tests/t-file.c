/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-file.c: files are written whole or not at all, directories with their parents, and every failure says why. */
#define _XOPEN_SOURCE 700
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"

static char *home; /* a fresh directory */

static int make_home(void **state)
{
    const char *tmp = getenv("TMPDIR");
    (void) state;
    home = dp_format("%s/t-file-XXXXXX", tmp ? tmp : "/tmp");
    return mkdtemp(home) == NULL;
}

static int remove_home(void **state)
{
    char *command = dp_format("rm -rf '%s'", home);
    (void) state;
    int status = system(command);
    free(command);
    free(home);
    return status;
}

/* Entries of `home` other than . and .. */
static int entries(void)
{
    int n = -2;
    DIR *d = opendir(home);
    while (readdir(d) != NULL) n++;
    closedir(d);
    return n;
}

static void assert_holds(const char *path, const char *bytes, size_t n)
{
    size_t size = 0;
    char *text = dp_file_read(path, &size, NULL);
    assert_non_null(text);
    assert_int_equal(size, n);
    assert_memory_equal(text, bytes, n);
    assert_int_equal(text[n], 0);
    free(text);
}

static void files_are_replaced_whole(void **state)
{
    (void) state;
    struct stat s;
    char *path = dp_format("%s/a.json", home), *big = dp_calloc(1, 300000);
    FILE *old;
    char kept[8];
    for (size_t i = 0; i < 300000; i++) big[i] = (char) (i * 2654435761u >> 13);
    assert_int_equal(dp_file_write(path, "first", 5, NULL), DP_OK);
    old = fopen(path, "r"); /* a reader that began before */
    for (size_t n = 4094; n < 300000; n = 3 * n + 1) {
        assert_int_equal(dp_file_write(path, big, n, NULL), DP_OK);
        assert_holds(path, big, n);
    }
    assert_int_equal(dp_file_write(path, "", 0, NULL), DP_OK);
    assert_holds(path, "", 0);
    assert_int_equal(fread(kept, 1, 8, old), 5); /* it still sees the first file */
    fclose(old);
    mode_t mask = umask(0);
    umask(mask);
    assert_true(stat(path, &s) == 0 && (s.st_mode & 0777) == (0666 & ~mask));
    assert_int_equal(entries(), 1); /* no temporary file is left */
    unlink(path);
    free(path);
    free(big);
}

static void links_and_devices_are_written_through(void **state)
{
    (void) state;
    struct stat s;
    char *target = dp_format("%s/target", home), *link = dp_format("%s/link", home);
    assert_int_equal(dp_file_write(target, "old", 3, NULL), DP_OK);
    assert_int_equal(symlink("target", link), 0);
    assert_int_equal(dp_file_write(link, "new", 3, NULL), DP_OK);
    assert_holds(target, "new", 3);
    assert_true(lstat(link, &s) == 0 && S_ISLNK(s.st_mode));
    assert_int_equal(dp_file_write("/dev/null", "x", 1, NULL), DP_OK);
    assert_true(stat("/dev/null", &s) == 0 && S_ISCHR(s.st_mode));
    unlink(link);
    unlink(target);
    free(link);
    free(target);
}

static void file_errors_say_what_and_why(void **state)
{
    (void) state;
    dp_error e;
    char *path = dp_format("%s/no/such", home), *expected = dp_format("cannot write '%s': No such file or directory", path);
    assert_int_equal(dp_file_write(path, "x", 1, &e), DP_EINPUT);
    assert_string_equal(e.text, expected);
    assert_null(dp_file_read(path, NULL, &e));
    assert_int_equal(e.status, DP_EINPUT);
    assert_null(dp_file_read(home, NULL, &e));
    assert_non_null(strstr(e.text, "Is a directory"));
    if (access("/dev/full", W_OK) == 0) assert_int_equal(dp_file_write("/dev/full", "x", 1, &e), DP_EIO);
    assert_int_equal(dp_file_write(home, "x", 1, &e), DP_EINPUT);
    assert_int_equal(entries(), 0);
    free(path);
    free(expected);
}

static void directories_are_made_with_their_parents(void **state)
{
    (void) state;
    dp_error e;
    struct stat s;
    char *deep = dp_format("%s/a//b/c/", home), *file = dp_format("%s/a/f", home), *below = dp_format("%s/a/f/g", home);
    assert_int_equal(dp_mkdir(deep, &e), DP_OK);
    assert_int_equal(dp_mkdir(deep, &e), DP_OK);
    assert_true(stat(deep, &s) == 0 && S_ISDIR(s.st_mode));
    assert_int_equal(dp_file_write(file, "", 0, &e), DP_OK);
    assert_int_equal(dp_mkdir(file, &e), DP_EINPUT);
    assert_int_equal(dp_mkdir(below, &e), DP_EINPUT);
    assert_int_equal(dp_mkdir("/", &e), DP_OK);
    free(deep);
    free(file);
    free(below);
}

static void clock_does_not_go_back(void **state)
{
    (void) state;
    double last = dp_now(), first = last;
    for (int i = 0; i < 1000; i++) {
        double now = dp_now();
        assert_true(now >= last);
        last = now;
    }
    assert_true(last > first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(files_are_replaced_whole),
        cmocka_unit_test(links_and_devices_are_written_through),
        cmocka_unit_test(file_errors_say_what_and_why),
        cmocka_unit_test(directories_are_made_with_their_parents),
        cmocka_unit_test(clock_does_not_go_back)};
    return cmocka_run_group_tests(tests, make_home, remove_home);
}
