/* SPDX-License-Identifier: GPL-3.0-or-later */
/* read_data.c: measures that are boxes, generated point sets, files of points and tables of values. */
#include "base/npy.h"
#include "base/table.h"
#include "problem/reader.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_POINTS = 10 * 1000 * 1000 };

/* lower, upper: exact corners with lower < upper along every axis. */
static dp_status read_box(dp_measure_t m, const dp_yaml_report *r, const dp_yaml *y)
{
    const dp_yaml *lower = dp_read_need(r, y, "lower", "the lower corner of the box");
    const dp_yaml *upper = lower ? dp_read_need(r, y, "upper", "the upper corner of the box") : NULL;
    if (upper == NULL) return DP_EINPUT;
    dp_status s = dp_read_vector(DP_LOWER(m, 0), m->dim, r, lower);
    if (s == DP_OK) s = dp_read_vector(DP_UPPER(m, 0), m->dim, r, upper);
    for (int k = 0; k < m->dim && s == DP_OK; k++)
        if (fmpq_cmp(DP_LOWER(m, k), DP_UPPER(m, k)) >= 0)
            s = dp_yaml_fail(r, upper, "expected a corner above the lower one along every axis, got none along axis %d", k + 1);
    return s;
}

dp_status dp_read_uniform(dp_measure_t out, const dp_yaml_report *r, const dp_yaml *y)
{
    dp_status s = dp_read_keys(r, y, "lower|upper");
    return s == DP_OK ? read_box(out, r, y) : s;
}

dp_status dp_read_dataset(dp_measure_t out, const dp_yaml_report *r, const dp_yaml *y)
{
    int which = 0;
    slong n, seed = 0;
    dp_status s = dp_read_keys(r, y, "name|n|seed|noise");
    const dp_yaml *name = s == DP_OK ? dp_read_need(r, y, "name", "a data set such as moons") : NULL;
    const dp_yaml *count = name ? dp_read_need(r, y, "n", "how many points") : NULL;
    if (count == NULL) return DP_EINPUT;
    if (out->dim != 2) return dp_yaml_fail(r, y, "expected dimension 2 for a data set, got dimension %d", out->dim);
    s = dp_read_word(&which, r, name, dp_dataset_names);
    if (s == DP_OK) s = dp_read_integer(&n, r, count, 1, MOST_POINTS);
    const dp_yaml *seeds = dp_yaml_get(y, "seed"), *noises = dp_yaml_get(y, "noise");
    if (s == DP_OK && seeds != NULL) s = dp_read_integer(&seed, r, seeds, 0, WORD_MAX);
    fmpq_t q;
    fmpq_init(q);
    if (s == DP_OK && noises != NULL) s = dp_read_rational(q, r, noises);
    if (s == DP_OK && fmpq_sgn(q) < 0) s = dp_read_wrong(r, noises, "a number of at least 0");
    double noise = fmpq_get_d(q);
    if (s == DP_OK) {
        dp_measure_take_data(out, dp_dataset_points(which, n, (ulong) seed, noises != NULL ? &noise : NULL), n);
        out->dataset = 1 + which, out->noise = noises != NULL ? noise : dp_dataset_noise[which];
    }
    fmpq_clear(q);
    return s;
}

/* ---- files ---- */

/* The file's path: relative to the directory of the case. Fresh. */
static char *beside(const dp_yaml_report *r, const char *file)
{
    const char *slash = strrchr(r->path, '/');
    return *file == '/' || slash == NULL ? dp_strdup(file) : dp_format("%.*s/%s", (int) (slash - r->path), r->path, file);
}

static int ends_with(const char *text, const char *suffix)
{
    size_t n = strlen(text), m = strlen(suffix);
    return n > m && strcmp(text + n - m, suffix) == 0;
}

/* Comma-separated numbers, `cols` a line. */
static dp_status read_text_table(double **data, slong *rows, slong cols, const char *path, const dp_yaml_report *r, const dp_yaml *y)
{
    dp_error e;
    dp_table t;
    if (dp_table_read(&t, path, &e)) return dp_yaml_fail(r, y, "%s", e.text);
    *data = t.data, *rows = (slong) t.rows;
    if (t.cols == (size_t) cols && t.rows <= MOST_POINTS) return DP_OK;
    const size_t found = t.cols;
    dp_table_clear(&t);
    return *rows > MOST_POINTS ? dp_yaml_fail(r, y, "%s: expected at most ten million lines", path) : dp_yaml_fail(r, y, "%s: expected %ld numbers a line, found %zu", path, (long) cols, found);
}

/* The array's own shape says how many rows: (rows, cols), or any shape when one column is wanted and shape (rows) in dimension 1. */
static dp_status read_array(double **data, slong *rows, slong cols, slong shape[3], const char *path, const dp_yaml_report *r, const dp_yaml *y)
{
    dp_array a;
    dp_error e;
    if (dp_npy_read(&a, path, &e) != DP_OK) return dp_yaml_fail(r, y, "%s", e.text);
    int flat = shape != NULL || (cols == 1 && a.ndim == 1), finite = 1;
    if (!(flat || (a.ndim == 2 && a.shape[1] == (size_t) cols)) || a.count == 0 || a.count / (size_t) cols > MOST_POINTS) {
        dp_array_clear(&a);
        return dp_yaml_fail(r, y, "%s: expected an array of shape (n, %ld), n from 1 to ten million", path, (long) cols);
    }
    for (size_t i = 0; i < a.count; i++) finite &= isfinite(a.data[i]) != 0;
    for (int k = 0; shape != NULL && k < 3; k++) shape[k] = k < a.ndim ? (slong) a.shape[a.ndim - 1 - k] : 0;
    if (shape != NULL && a.ndim > 3) shape[0] = 0;
    *rows = (slong) a.count / cols, *data = a.data, a.data = NULL;
    dp_array_clear(&a);
    if (finite) return DP_OK;
    free(*data);
    return dp_yaml_fail(r, y, "%s: expected finite numbers", path);
}

/* The digest of the file's bytes. */
static dp_status digest_file(char digest[65], const char *path, const dp_yaml_report *r, const dp_yaml *y)
{
    dp_error e;
    size_t n;
    char *bytes = dp_file_read(path, &n, &e);
    if (bytes == NULL) return dp_yaml_fail(r, y, "%s", e.text);
    dp_sha256(digest, bytes, n);
    free(bytes);
    return DP_OK;
}

/* A matrix from a .npy or .csv file: rows x cols doubles, and the file's digest. shape, unless NULL: the axes of the array, last first, which a .csv file leaves alone. */
static dp_status read_table(double **data, slong *rows, char digest[65], slong cols, slong shape[3], const dp_yaml_report *r, const dp_yaml *y)
{
    char *name, *path;
    dp_status s = dp_read_text(&name, r, y, "the name of a .npy or .csv file, from the directory of the case");
    if (s != DP_OK) return s;
    path = beside(r, name);
    if (ends_with(name, ".csv")) s = read_text_table(data, rows, cols, path, r, y);
    else if (ends_with(name, ".npy")) s = read_array(data, rows, cols, shape, path, r, y);
    else s = dp_read_wrong(r, y, "the name of a .npy or .csv file");
    if (s == DP_OK && (s = digest_file(digest, path, r, y)) != DP_OK) free(*data);
    free(path), free(name);
    return s;
}

dp_status dp_read_samples(dp_measure_t out, const dp_yaml_report *r, const dp_yaml *y)
{
    double *data;
    slong rows;
    dp_status s = y->kind == DP_YAML_MAP ? dp_read_keys(r, y, "file") : DP_OK;
    const dp_yaml *file = s != DP_OK ? NULL : y->kind == DP_YAML_MAP ? dp_read_need(r, y, "file", "the name of a .npy or .csv file") : y;
    if (file == NULL) return DP_EINPUT;
    s = read_table(&data, &rows, out->digest, out->dim, NULL, r, file);
    if (s == DP_OK) dp_measure_take_data(out, data, rows);
    return s;
}

/* shape: [n1, n2]: for .csv files, whose values stand in one column, first axis fastest; an array has its own. */
static dp_status read_shape(dp_measure_t m, const dp_yaml_report *r, const dp_yaml *y)
{
    const dp_yaml *shape = dp_yaml_get(y, "shape");
    if (shape == NULL) return DP_OK;
    int bare = m->dim == 1 && shape->kind == DP_YAML_TEXT;
    if (!bare && (shape->kind != DP_YAML_LIST || shape->n != m->dim)) return dp_read_wrong(r, shape, "one whole number for each axis");
    dp_status s = DP_OK;
    for (int k = 0; k < m->dim && s == DP_OK; k++) s = dp_read_integer(m->shape + k, r, bare ? shape : shape->item[k], 2, MOST_POINTS);
    return s;
}

/* As many values as nodes, at least two along each axis, none below 0. */
static dp_status check_density(dp_measure_t m, const slong found[3], const dp_yaml_report *r, const dp_yaml *y, const dp_yaml *file)
{
    double nodes = 1;
    for (int k = 0; k < 3; k++) {
        if (found[0] != 0 && m->shape[k] == 0) m->shape[k] = found[k];
        if (k >= m->dim ? m->shape[k] > 1 : m->shape[k] < 2)
            return dp_yaml_fail(r, dp_yaml_get(y, "shape") ? dp_yaml_get(y, "shape") : file, "expected values at two nodes or more along each of %d axes", m->dim);
        if (found[0] != 0 && k < m->dim && m->shape[k] != found[k])
            return dp_yaml_fail(r, dp_yaml_get(y, "shape"), "expected the shape of the array, got %ld for %ld along axis %d", (long) m->shape[k], (long) found[k], k + 1);
        nodes *= k < m->dim ? (double) m->shape[k] : 1;
    }
    if (nodes != (double) m->ndata) return dp_yaml_fail(r, file, "expected %.0f values, one for each node, got %ld", nodes, (long) m->ndata);
    for (slong i = 0; i < m->ndata; i++)
        if (!(m->data[i] >= 0)) return dp_yaml_fail(r, file, "expected values of at least 0, got %g as value %ld", m->data[i], (long) (i + 1));
    const double integral = dp_measure_integral(m);
    return integral > 0 && isfinite(integral) ? DP_OK : dp_yaml_fail(r, file, "expected a density with a positive integral");
}

dp_status dp_read_density(dp_measure_t out, const dp_yaml_report *r, const dp_yaml *y)
{
    double *data;
    slong rows, found[3] = {0};
    dp_status s = dp_read_keys(r, y, "file|lower|upper|shape");
    const dp_yaml *file = s == DP_OK ? dp_read_need(r, y, "file", "the name of a .npy or .csv file") : NULL;
    if (file == NULL) return DP_EINPUT;
    s = read_box(out, r, y);
    if (s == DP_OK) s = read_shape(out, r, y);
    if (s == DP_OK) s = read_table(&data, &rows, out->digest, 1, found, r, file);
    if (s != DP_OK) return s;
    dp_measure_take_data(out, data, rows);
    return check_density(out, found, r, y, file);
}
