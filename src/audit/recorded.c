/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recorded.c: reads a recorded run: arrays of a .npz and the JSON text that says what drift they are of. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/audit.h"
#include "base/npy.h"
#include "problem/reader.h"

/* ---- meta ---- */

static dp_status number(double *out, const dp_yaml_report *r, const dp_yaml *y, double least)
{
    char *end = NULL;
    if (y->kind != DP_YAML_TEXT) return dp_read_wrong(r, y, "a number");
    *out = strtod(y->text, &end);
    if (end == y->text || *end || !isfinite(*out)) return dp_read_wrong(r, y, "a finite number");
    return *out > least ? DP_OK : dp_yaml_fail(r, y, "expected a number above %g, got %s", least, y->text);
}

static dp_status bandwidths(dp_declared *a, const dp_yaml_report *r, const dp_yaml *y)
{
    if (a->nbandwidths) return dp_yaml_fail(r, y, "expected one of bandwidth and tau, got both");
    if (y->kind != DP_YAML_LIST) return a->nbandwidths = 1, number(a->bandwidth, r, y, 0);
    if (y->n < 1 || y->n > DP_MOST_BANDWIDTHS) return dp_yaml_fail(r, y, "expected from 1 to %d bandwidths, got %ld", DP_MOST_BANDWIDTHS, y->n);
    for (slong i = 0; i < y->n; i++) {
        const dp_status status = number(a->bandwidth + i, r, y->item[i], 0);
        if (status) return status;
    }
    a->nbandwidths = (size_t) y->n;
    return DP_OK;
}

static void remember(dp_declared *a, const char *key)
{
    char *old = a->unknown;
    a->unknown = old ? dp_format("%s, %s", old, key) : dp_strdup(key);
    free(old);
}

static dp_status mask(dp_declared *a, const dp_yaml_report *r, const dp_yaml *y)
{
    static const char words[] = "self|none|true|false|True|False|leave-out|keep";
    int i;
    const dp_status status = dp_read_word(&i, r, y, words);
    if (!status) a->mask = dp_strdup(i % 2 ? "none" : "self");
    return status;
}

static dp_status item(dp_declared *a, const dp_yaml_report *r, const char *key, const dp_yaml *y)
{
    const struct { const char *key; char **to; const char *words; } word[] = {
        {"kernel", &a->kernel, "gaussian|laplace|matern32|matern52|imq|energy"}, {"scaling", &a->scaling, "population|algorithm"},
        {"order", &a->order, "rows-first|columns-first"}, {"normalisation", &a->normalisation, "root|product|row|column|none|clamp"},
        {"weights", &a->weights, "cross|own|plain|mean"}, {"drift", &a->drift, NULL}};
    dp_status status;
    int i;
    if (y->kind == DP_YAML_TEXT && (!strcmp(y->text, "null") || !*y->text)) return DP_OK;
    for (size_t k = 0; k < sizeof word / sizeof *word; k++) {
        if (strcmp(key, word[k].key)) continue;
        status = word[k].words ? dp_read_word(&i, r, y, word[k].words) : DP_OK;
        return status ? status : dp_read_text(word[k].to, r, y, "a name");
    }
    if (!strcmp(key, "bandwidth") || !strcmp(key, "tau")) return status = bandwidths(a, r, y), a->tau |= *key == 't', status;
    if (!strcmp(key, "mask") || !strcmp(key, "self")) return mask(a, r, y);
    if (!strcmp(key, "iterations")) return dp_read_integer(&a->iterations, r, y, 0, 1000000);
    if (!strcmp(key, "regularisation")) return number(&a->regularisation, r, y, 0);
    if (!strcmp(key, "factor") || !strcmp(key, "gamma")) return number(&a->factor, r, y, -INFINITY);
    return remember(a, key), DP_OK;
}

dp_status dp_declared_parse(dp_declared *a, const char *text, const char *path, dp_error *e)
{
    char *where = dp_format("%s: meta", path);
    const dp_yaml_report r = {where, e};
    memset(a, 0, sizeof *a);
    a->iterations = -1;
    dp_yaml *y = dp_yaml_parse(text, strlen(text), NULL, &r);
    dp_status status = !y ? DP_EINPUT : y->kind != DP_YAML_MAP ? dp_read_wrong(&r, y, "an object such as {\"drift\": \"da2\"}") : DP_OK;
    for (slong i = 0; y && !status && i < y->n; i++) status = item(a, &r, y->key[i]->text, y->item[i]);
    dp_yaml_free(y);
    free(where);
    return status;
}

void dp_declared_clear(dp_declared *a)
{
    free(a->drift), free(a->kernel), free(a->mask), free(a->scaling), free(a->order), free(a->normalisation), free(a->weights), free(a->unknown);
}

/* ---- arrays ---- */

static dp_status shape(const dp_array *a, const char *path, const char *name, const char *wanted, dp_error *e)
{
    char text[256] = "";
    for (int i = 0; i < a->ndim && strlen(text) < 200; i++) snprintf(text + strlen(text), 24, "%s%zu", i ? ", " : "", a->shape[i]);
    return dp_fail(e, DP_EINPUT, "%s: %s: expected shape %s, got (%s)", path, name, wanted, text);
}

/* Axes of an array of points: steps and classes 0: no such axis; n: points of all classes. */
typedef struct { size_t steps, classes, n, d; } extent;

/* (points, d), (steps, points, d) or (steps, classes, points, d). */
static dp_status points(double **out, extent *s, const dp_npz *z, const char *path, const char *name, int *single, dp_error *e)
{
    dp_array a = {0};
    const dp_status status = dp_npz_array(&a, z, name, e);
    if (status) return status;
    const int axes = a.ndim;
    if (axes < 2 || axes > 4 || a.count == 0) {
        const dp_status wrong = shape(&a, path, name, "(steps, points, d), (points, d) or (steps, classes, points, d), none of them 0", e);
        return dp_array_clear(&a), wrong;
    }
    *s = (extent){axes > 2 ? a.shape[0] : 0, axes == 4 ? a.shape[1] : 0, a.shape[axes - 2], a.shape[axes - 1]};
    if (s->classes) s->n *= s->classes;
    *single |= a.kind == 'f' && a.size <= 4 ? a.size : 0; /* 2 and 4 are bits */
    *out = a.data;
    return DP_OK;
}

/* Points beside x: `count` of them at every step; without an axis of steps they are repeated. */
static dp_status beside(double **out, size_t *count, dp_recorded *r, size_t classes, const dp_npz *z, const char *path, const char *name, dp_error *e)
{
    extent s;
    const dp_status status = points(out, &s, z, path, name, &r->single, e);
    if (status) return status;
    const size_t each = s.n * s.d;
    if (s.d != r->d) return dp_fail(e, DP_EINPUT, "%s: %s: points of dimension %zu, but those of x have dimension %zu", path, name, s.d, r->d);
    if (s.steps && s.steps != r->steps) return dp_fail(e, DP_EINPUT, "%s: %s: %zu steps, but x has %zu", path, name, s.steps, r->steps);
    if (s.classes != classes) return dp_fail(e, DP_EINPUT, "%s: %s: %zu classes on an axis of their own, expected %zu", path, name, s.classes, classes);
    if (!s.steps) *out = dp_realloc(*out, sizeof(double) * each * r->steps);
    for (size_t t = 1; t < r->steps && !s.steps; t++) memcpy(*out + t * each, *out, sizeof(double) * each);
    *count = s.n;
    return DP_OK;
}

static dp_status read_steps(dp_recorded *r, const dp_npz *z, const char *path, dp_error *e)
{
    dp_array a = {0};
    r->step = dp_malloc(sizeof(double) * r->steps);
    for (size_t t = 0; t < r->steps; t++) r->step[t] = (double) t;
    if (!dp_npz_has(z, "step")) return DP_OK;
    dp_status status = dp_npz_array(&a, z, "step", e);
    if (!status && (a.ndim > 1 || a.count != r->steps)) status = shape(&a, path, "step", "(steps) as x has", e);
    if (!status) memcpy(r->step, a.data, sizeof(double) * r->steps);
    dp_array_clear(&a);
    return status;
}

/* Labels of points, (steps, count) or (count); into fresh memory for all steps. */
static dp_status read_labels(double **out, size_t count, const dp_recorded *r, const dp_npz *z, const char *path, const char *name, dp_error *e)
{
    dp_array a = {0};
    dp_status status = dp_npz_array(&a, z, name, e);
    if (status) return status;
    const int each = a.ndim == 2 && a.shape[0] == r->steps && a.shape[1] == count, once = a.ndim == 1 && a.shape[0] == count;
    if (!each && !once) status = shape(&a, path, name, "(steps, points) or (points) of the points' array", e);
    for (size_t i = 0; !status && i < a.count; i++)
        if (!isfinite(a.data[i])) status = dp_fail(e, DP_EINPUT, "%s: %s: entry %zu is not finite", path, name, i);
    if (!status) *out = dp_malloc(sizeof(double) * count * r->steps);
    for (size_t t = 0; !status && t < r->steps; t++) memcpy(*out + t * count, a.data + (each ? t * count : 0), sizeof(double) * count);
    dp_array_clear(&a);
    return status;
}

/* The number of the class, for points that stand class by class; fresh. */
static double *class_labels(size_t steps, size_t classes, size_t n)
{
    double *out = dp_malloc(sizeof(double) * steps * n);
    for (size_t i = 0; i < steps * n; i++) out[i] = (double) (i % n / (n / classes));
    return out;
}

static dp_status read_all_labels(dp_recorded *r, size_t classes, const dp_npz *z, const char *path, dp_error *e)
{
    const int x = dp_npz_has(z, "x_label"), y = dp_npz_has(z, "y_label");
    if (classes && (x || y)) return dp_fail(e, DP_EINPUT, "%s: x has an axis of classes: expected neither x_label nor y_label", path);
    if (classes) r->xlabel = class_labels(r->steps, classes, r->n), r->ylabel = class_labels(r->steps, classes, r->m);
    if (x != y) return dp_fail(e, DP_EINPUT, "%s: expected both x_label and y_label, got %s", path, x ? "x_label" : "y_label");
    const dp_status status = x ? read_labels(&r->xlabel, r->n, r, z, path, "x_label", e) : DP_OK;
    return status || !y ? status : read_labels(&r->ylabel, r->m, r, z, path, "y_label", e);
}

static dp_status read_directions(dp_recorded *r, const dp_npz *z, const char *path, dp_error *e)
{
    extent s;
    int single = 0;
    if (!dp_npz_has(z, "directions")) return DP_OK;
    dp_status status = points(&r->direction, &s, z, path, "directions", &single, e);
    if (!status && (s.steps || s.d != r->d)) status = dp_fail(e, DP_EINPUT, "%s: directions: expected shape (k, %zu), the same directions at every step", path, r->d);
    for (size_t k = 0; !status && k < (r->ndirections = s.n); k++) {
        double length = 0;
        for (size_t i = 0; i < s.d; i++) length = fmax(length, fabs(r->direction[k * s.d + i]));
        if (!(length > 0 && isfinite(length))) status = dp_fail(e, DP_EINPUT, "%s: directions: row %zu: expected a finite vector of length above 0", path, k);
    }
    return status;
}

/* Whether there are eight numbers at least, and none has more bits. */
static int short_numbers(const double *v, size_t n, int bits)
{
    size_t count = 0;
    int k, all = 1;
    for (size_t i = 0; i < n && all; i++) {
        const double a = isfinite(v[i]) ? ldexp(frexp(v[i], &k), bits) : 0;
        count += a != 0, all = a == rint(a);
    }
    return all && count >= 8;
}

/* Whether all are multiples of one number, none larger than 2^bits times that: such numbers are short without having been rounded. */
static int on_grid(const double *v, size_t n, int bits)
{
    double most = 0;
    int k, all = 1;
    for (size_t i = 0; i < n; i++) most = isfinite(v[i]) ? fmax(most, fabs(v[i])) : most;
    frexp(most, &k);
    for (size_t i = 0; i < n && all; i++) {
        const double a = isfinite(v[i]) ? ldexp(v[i], bits - k) : 0;
        all = a == rint(a);
    }
    return all;
}

/* Whether v was rounded to so many bits: it has no more, and not because it is made of x and y on a short grid (pixels). */
static int rounded(const dp_recorded *r, int bits)
{
    const size_t n = r->steps * r->n * r->d;
    return short_numbers(r->v, n, bits) && !(on_grid(r->v, n, bits) && on_grid(r->x, n, 11) && on_grid(r->y, r->steps * r->m * r->d, 11));
}

/* The type by what was said of x and y (`of_points`) and of v; wider velocities that have no more bits were converted (NumPy has no bfloat16). */
static void read_precision(dp_recorded *r, int of_points, int of_v)
{
    r->coarse = (of_points & 2) != 0, r->half = (of_v & 2) != 0;
    if (r->v && rounded(r, 8)) r->half = 2;
    else if (r->v && rounded(r, 11)) r->half = 1;
    r->single = !r->half && !r->coarse && (of_points | of_v);
}

static dp_status read_arrays(dp_recorded *r, const dp_npz *z, const char *path, dp_error *e)
{
    extent x = {0}, v = {0};
    int of_v = 0;
    dp_status status = points(&r->x, &x, z, path, "x", &r->single, e);
    r->steps = FLINT_MAX(x.steps, 1), r->n = x.n, r->d = x.d;
    if (!status) status = beside(&r->y, &r->m, r, x.classes, z, path, "y", e);
    if (!status && dp_npz_has(z, "negatives")) status = beside(&r->z, &r->l, r, 0, z, path, "negatives", e);
    if (!status && dp_npz_has(z, "v")) {
        status = points(&r->v, &v, z, path, "v", &of_v, e);
        if (!status && (v.n != x.n || v.d != x.d || v.steps != x.steps || v.classes != x.classes)) status = dp_fail(e, DP_EINPUT, "%s: v: its shape is not that of x", path);
    }
    if (!status) status = read_steps(r, z, path, e);
    if (!status) status = read_directions(r, z, path, e);
    if (!status) status = read_all_labels(r, x.classes, z, path, e);
    if (!status) read_precision(r, r->single, of_v);
    return status;
}

dp_status dp_recorded_read(dp_recorded *r, const char *path, dp_error *e)
{
    dp_npz *z = NULL;
    char *meta = NULL;
    struct stat info;
    memset(r, 0, sizeof *r);
    r->declared.iterations = -1;
    if (!stat(path, &info) && S_ISDIR(info.st_mode)) return dp_recorded_folder(r, path, e);
    dp_status status = dp_npz_read(&z, path, e);
    if (status) return status;
    status = read_arrays(r, z, path, e);
    if (!status && dp_npz_has(z, "meta")) status = dp_npz_text(&meta, z, "meta", e);
    if (!status && meta) status = dp_declared_parse(&r->declared, meta, path, e);
    free(meta);
    dp_npz_free(z);
    return status;
}

void dp_recorded_clear(dp_recorded *r)
{
    free(r->x), free(r->y), free(r->z), free(r->v), free(r->step), free(r->direction), free(r->xlabel), free(r->ylabel);
    dp_declared_clear(&r->declared);
}
