/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-table.c: tables of numbers from text: comments, lines of names, and what is neither a number nor a name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/table.h"

/* rows 0: an error, which says so. */
typedef struct { const char *text; size_t rows, cols; double last; const char *says; } table_case;

static const table_case cases[] = {
    {"1,2\n3,4\n", 2, 2, 4, NULL},
    {"1,2\n3,4", 2, 2, 4, NULL},
    {"1 ,\t2 \r\n 3,-4e-1\r\n", 2, 2, -0.4, NULL},
    {"\xEF\xBB\xBF" "5\n6\n", 2, 1, 6, NULL},
    {"# a comment, 1\n\n  # another\n1\n2 # of a row\n3#4\n", 3, 1, 3, NULL},
    {"x,y\n1,2\n", 1, 2, 2, NULL},
    {"# first\n\nx # the name\n7\n", 1, 1, 7, NULL},
    {"\"x\",\"y\"\n1,2\n", 1, 2, 2, NULL},
    {"_,e1\n1,2\n", 1, 2, 2, NULL},
    {"\xC3\xA9,b\n1,2\n", 1, 2, 2, NULL},
    {"infinity_norm,nano\n1,2\n", 1, 2, 2, NULL},
    {"x,2nd\n1,2\n", 1, 2, 2, NULL},
    {"x,2\n1,2\n", 0, 0, 0, ":1: field 1"},
    {"x, 2 ,y\n1,2,3\n", 0, 0, 0, ":1: field 1"},
    {"x,y\nx,y\n1,2\n", 0, 0, 0, ":2: field 1"},
    {"1,2\nx,y\n", 0, 0, 0, ":2: field 1"},
    {"nan,1\n2,3\n", 0, 0, 0, ":1: field 1: expected a finite number, found nan"},
    {"nan\n1\n", 0, 0, 0, ":1: field 1: expected a finite number, found nan"},
    {"inf,x\n1,2\n", 0, 0, 0, ":1: field 1: expected a finite number, found an infinite one"},
    {"1,-inf\n", 0, 0, 0, ":1: field 2: expected a finite number, found an infinite one"},
    {"\"1\",2\n3,4\n", 0, 0, 0, ":1: field 1"},
    {"[1,2]\n3,4\n", 0, 0, 0, ":1: field 1"},
    {"\xE2\x88\x92" "1\n2\n", 0, 0, 0, ":1: field 1"},
    {"0x10\n", 0, 0, 0, ":1: field 1"},
    {"1,2\n3\n", 0, 0, 0, ":2: expected 2 numbers as in the lines above, found 1"},
    {"1,2\n\n# c\n3,4,5\n", 0, 0, 0, ":4: expected 2 numbers as in the lines above, found 3"},
    {"1,\n", 0, 0, 0, ":1: field 2"},
    {"1;2\n", 0, 0, 0, ":1: field 1"},
    {"# nothing\nx\n", 0, 0, 0, "empty"},
    {"", 0, 0, 0, "empty"},
};

static char *home; /* a fresh directory */

static int make_home(void **state)
{
    const char *tmp = getenv("TMPDIR");
    (void) state;
    home = dp_format("%s/t-table-XXXXXX", tmp ? tmp : "/tmp");
    return mkdtemp(home) == NULL;
}

static int remove_home(void **state)
{
    (void) state;
    const int status = rmdir(home);
    free(home);
    return status;
}

static dp_status read_back(dp_table *t, const char *text, size_t size, dp_error *e)
{
    char *path = dp_format("%s/t.csv", home);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fwrite(text, 1, size, f) == size && !fclose(f));
    const dp_status status = dp_table_read(t, path, e);
    unlink(path), free(path);
    return status;
}

static void test_text(void **state)
{
    (void) state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const table_case *c = cases + k;
        dp_table t;
        dp_error e = {0};
        const dp_status status = read_back(&t, c->text, strlen(c->text), &e);
        if (!c->rows && (status != DP_EINPUT || !strstr(e.text, c->says))) fail_msg("%zu: status %d, \"%s\" for \"%s\"", k, status, e.text, c->says);
        if (c->rows && (status || t.rows != c->rows || t.cols != c->cols || t.data[t.rows * t.cols - 1] != c->last)) fail_msg("%zu: status %d, %s", k, status, e.text);
        dp_table_clear(&t);
    }
}

/* More rows than there is room for at first; and a NUL among them. */
static void test_many(void **state)
{
    (void) state;
    char text[8000] = "";
    size_t size = 0;
    dp_table t;
    dp_error e = {0};
    for (int i = 0; i < 500; i++) size += (size_t) snprintf(text + size, sizeof text - size, "%d,%d\n", i, -i);
    assert_int_equal(read_back(&t, text, size, &e), DP_OK);
    assert_true(t.rows == 500 && t.cols == 2);
    for (int i = 0; i < 500; i++) assert_true(t.data[2 * i] == i && t.data[2 * i + 1] == -i);
    dp_table_clear(&t);
    text[size / 2] = '\0';
    assert_int_equal(read_back(&t, text, size, &e), DP_EINPUT);
    assert_non_null(strstr(e.text, "NUL"));
    dp_table_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_text), cmocka_unit_test(test_many)};
    return cmocka_run_group_tests(tests, make_home, remove_home);
}
