/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table.c: tables of finite numbers from .npy and .csv files. */
#include "base/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/npy.h"

void dp_table_clear(dp_table *t)
{
    free(t->data);
    *t = (dp_table){0};
}

/* ---- text ---- */

/* Numbers of one line onto the table (room grows); DP_EINPUT when a field is none. */
static dp_status read_row(dp_table *t, size_t *cols, size_t *room, char *line, const char *path, size_t number, dp_error *e)
{
    *cols = 0;
    for (char *field = line, *end; field != NULL; field = *end == ',' ? end + 1 : NULL) {
        const double v = strtod(field, &end);
        const int some = end > field && !memchr(field, 'x', (size_t) (end - field)) && !memchr(field, 'X', (size_t) (end - field)); /* C reads 0x10 */
        end += strspn(end, " \t\r");
        if (!some || (*end != ',' && *end != '\0')) return dp_fail(e, DP_EINPUT, "%s:%zu: field %zu: expected numbers parted by commas, found '%.40s'", path, number, *cols + 1, field);
        if (!isfinite(v)) return dp_fail(e, DP_EINPUT, "%s:%zu: field %zu: expected a finite number, found %s", path, number, *cols + 1, isnan(v) ? "nan" : "an infinite one");
        const size_t at = t->rows * t->cols + *cols;
        if (at == *room) t->data = dp_realloc(t->data, (*room = 2 * *room + 64) * sizeof *t->data);
        t->data[at] = v, ++*cols;
    }
    return DP_OK;
}

/* A first line of names (comments and empty lines may stand before it): it begins with a letter (of any alphabet) or _, in quotation marks or not, and not with nan or inf as a field of its
   own, nor is any other field a number. Numbers in quotation marks, in brackets or behind another sign are no names: to skip them might drop a point. */
static int names(const char *line)
{
    char *end;
    line += strspn(line, "\"' ");
    strtod(line, &end);
    const int some = end > line;
    end += strspn(end, "\"' \t\r");
    for (const char *field = strchr(line, ','); field; field = strchr(field + 1, ',')) {
        char *after;
        strtod(field + 1, &after);
        if (after > field + 1 && strchr(",", after[strspn(after, " \t\r")])) return 0; /* a comma, or the end */
    }
    const int letter = (*line >= 'A' && *line <= 'Z') || (*line >= 'a' && *line <= 'z') || *line == '_' || ((*line & 0x80) && strncmp(line, "\xE2\x88\x92", 3)); /* that is a minus sign */
    return letter && !(some && (*end == ',' || *end == '\0'));
}

static dp_status read_text(dp_table *t, const char *path, char *text, dp_error *e)
{
    size_t room = 0, line = 0, cols;
    int first = 1;
    if (!strncmp(text, "\xEF\xBB\xBF", 3)) text += 3; /* the byte order mark that some programs write */
    for (char *at = text, *next; at != NULL; at = next) {
        next = strchr(at, '\n');
        if (next != NULL) *next++ = '\0';
        line++;
        at += strspn(at, " \t\r");
        at[strcspn(at, "#")] = '\0';
        if (*at == '\0') continue;
        const int skip = first && names(at);
        first = 0;
        if (skip) continue;
        const dp_status status = read_row(t, &cols, &room, at, path, line, e);
        if (status) return status;
        if (t->rows && cols != t->cols) return dp_fail(e, DP_EINPUT, "%s:%zu: expected %zu numbers as in the lines above, found %zu", path, line, t->cols, cols);
        t->cols = cols, t->rows++;
    }
    return t->rows ? DP_OK : dp_fail(e, DP_EINPUT, "%s: empty: expected lines of numbers", path);
}

static dp_status read_csv(dp_table *t, const char *path, dp_error *e)
{
    size_t n;
    char *text = dp_file_read(path, &n, e);
    if (text == NULL) return e->status;
    const dp_status status = strlen(text) == n ? read_text(t, path, text, e) : dp_fail(e, DP_EINPUT, "%s: expected text, found a NUL character", path);
    free(text);
    return status;
}

/* ---- arrays ---- */

static dp_status read_npy(dp_table *t, const char *path, dp_error *e)
{
    dp_array a;
    dp_status status = dp_npy_read(&a, path, e);
    if (status) return status;
    if (a.ndim < 1 || a.ndim > 2) status = dp_fail(e, DP_EINPUT, "%s: expected an array of shape (n, d), found %d axes", path, a.ndim);
    else if (a.count == 0) status = dp_fail(e, DP_EINPUT, "%s: empty: expected an array of shape (n, d) with n and d at least 1", path);
    else if (a.kind == 'b') status = dp_fail(e, DP_EINPUT, "%s: expected numbers, found booleans", path);
    for (size_t i = 0; !status && i < a.count; i++)
        if (!isfinite(a.data[i]))
            status = dp_fail(e, DP_EINPUT, "%s: row %zu, column %zu (from 0) is %s; expected finite numbers", path, a.ndim == 2 ? i / a.shape[1] : i, a.ndim == 2 ? i % a.shape[1] : 0, isnan(a.data[i]) ? "nan" : "infinite");
    if (!status) *t = (dp_table){a.data, a.shape[0], a.ndim == 2 ? a.shape[1] : 1}, a.data = NULL;
    dp_array_clear(&a);
    return status;
}

dp_status dp_table_read(dp_table *t, const char *path, dp_error *e)
{
    const char *dot = strrchr(path, '.');
    dp_status status;
    *t = (dp_table){0};
    if (dot && !strcmp(dot, ".npy")) status = read_npy(t, path, e);
    else if (dot && !strcmp(dot, ".csv")) status = read_csv(t, path, e);
    else status = dp_fail(e, DP_EINPUT, "%s: expected the name of a .npy or .csv file", path);
    if (status) dp_table_clear(t);
    return status;
}
