/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid_arrays.c: a field on a mesh as named arrays: doubles, pairs of doubles, decimals; into .npy, .npz and .csv files. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tool/grid.h"

/* ---- arrays ---- */

/* Midpoint and radius of the ball in doubles: *low is what the double *mid misses, *rad bounds what mid + low misses. */
static void low_part(double *low, double *rad, double mid, const arb_t ball)
{
    arb_t t;
    mag_t r;
    arf_t d;
    arb_init(t), mag_init(r), arf_init(d);
    arf_set_d(d, mid);
    arb_sub_arf(t, ball, d, 128);
    *low = arf_get_d(arb_midref(t), ARF_RND_NEAR);
    arf_set_d(d, *low);
    arb_sub_arf(t, t, d, 128);
    arb_get_mag(r, t);
    if (mag_cmp_2exp_si(r, -1000) < 0 && !mag_is_zero(r)) mag_set_ui_2exp_si(r, 1, -1000);
    *rad = arb_is_finite(ball) && isfinite(mid) ? mag_get_d(r) : HUGE_VAL;
    arb_clear(t), mag_clear(r), arf_clear(d);
}

static dp_status take_doubles(const dp_grid_answer *g, const dp_grid_values *v, const char *part, const double *data, dp_grid_take *take, void *to, dp_error *e)
{
    dp_grid_array a = {dp_quantity_name(v->quantity), part, {.descr = "<f8", .itemsize = sizeof *data, .data = data}};
    a.array.ndim = dp_grid_shape(a.array.shape, g->f, v);
    return take(to, &a, e);
}

static dp_status take_low(const dp_grid_answer *g, const dp_grid_values *v, dp_grid_take *take, void *to, dp_error *e)
{
    const size_t n = (size_t) (dp_mesh_nodes(&g->f->mesh) * v->components);
    double *low = dp_malloc(n * sizeof *low), *rad = dp_malloc(n * sizeof *rad);
    for (size_t i = 0; i < n; i++) low_part(low + i, rad + i, v->mid[i], v->ball + i);
    dp_status status = take_doubles(g, v, "low", low, take, to, e);
    if (!status) status = take_doubles(g, v, "low_error", rad, take, to, e);
    free(low);
    free(rad);
    return status;
}

/* n strings padded with NUL to the longest. */
static dp_status take_strings(const dp_grid_answer *g, const dp_grid_values *v, const char *part, char **text, size_t n, dp_grid_take *take, void *to, dp_error *e)
{
    size_t width = 1;
    for (size_t i = 0; i < n; i++) width = FLINT_MAX(width, strlen(text[i]));
    char *data = dp_calloc(n, width), *descr = dp_format("|S%zu", width);
    for (size_t i = 0; i < n; i++) memcpy(data + i * width, text[i], strlen(text[i]));
    dp_grid_array a = {dp_quantity_name(v->quantity), part, {.descr = descr, .itemsize = width, .data = data}};
    a.array.ndim = dp_grid_shape(a.array.shape, g->f, v);
    const dp_status status = take(to, &a, e);
    free(data);
    free(descr);
    return status;
}

static dp_status take_decimals(const dp_grid_answer *g, const dp_grid_values *v, dp_grid_take *take, void *to, dp_error *e)
{
    const size_t n = (size_t) (dp_mesh_nodes(&g->f->mesh) * v->components);
    char **mid = dp_malloc(n * sizeof *mid), **rad = dp_malloc(n * sizeof *rad);
    for (size_t i = 0; i < n; i++) dp_arb_decimal(mid + i, rad + i, v->ball + i, dp_grid_print_digits(g->f, v));
    dp_status status = take_strings(g, v, "decimal", mid, n, take, to, e);
    if (!status) status = take_strings(g, v, "decimal_error", rad, n, take, to, e);
    for (size_t i = 0; i < n; i++) free(mid[i]), free(rad[i]);
    free(mid);
    free(rad);
    return status;
}

/* Whether a double, or the bound that goes with it, says little of some number because it is so small. */
static int has_faint(const dp_grid_answer *g, const dp_grid_values *v)
{
    const slong n = dp_mesh_nodes(&g->f->mesh) * v->components;
    for (slong i = 0; i < n; i++)
        if (!arb_contains_zero(v->ball + i) && arf_cmpabs_2exp_si(arb_midref(v->ball + i), -900) < 0) return 1;
    return 0;
}

/* A pair of doubles carries 31 digits; beyond them, and where numbers are below 2^-900, come decimals. */
static dp_status take_quantity(const dp_grid_answer *g, const dp_grid_values *v, dp_grid_take *take, void *to, dp_error *e)
{
    dp_status status = take_doubles(g, v, "", v->mid, take, to, e);
    if (!status) status = take_doubles(g, v, "error", v->rad, take, to, e);
    if (!status && v->ball && g->f->digits > 15) status = take_low(g, v, take, to, e);
    if (!status && v->ball && (g->f->digits > 30 || has_faint(g, v))) status = take_decimals(g, v, take, to, e);
    return status;
}

static dp_status take_axis(const dp_grid_answer *g, int k, dp_grid_take *take, void *to, dp_error *e)
{
    static const char *const names[] = {"x", "y", "z"};
    const dp_mesh_struct *m = &g->f->mesh;
    double *data = dp_mesh_axis_d(m, k);
    const dp_grid_array a = {names[k], "", {.descr = "<f8", .itemsize = sizeof *data, .ndim = 1, .shape = {(size_t) m->n[k]}, .data = data}};
    const dp_status status = take(to, &a, e);
    free(data);
    return status;
}

dp_status dp_grid_arrays(const dp_grid_answer *g, dp_grid_take *take, void *to, dp_error *e)
{
    dp_status status = DP_OK;
    for (int k = 0; k < g->f->mesh.dim && !status; k++) status = take_axis(g, k, take, to, e);
    for (int i = 0; i < g->f->nvalues && !status; i++)
        if (g->asked & g->f->value[i].quantity) status = take_quantity(g, g->f->value + i, take, to, e);
    return status;
}

/* ---- files ---- */

static dp_status into_npz(void *to, const dp_grid_array *a, dp_error *e)
{
    char *name = dp_format("%s%s%s", a->quantity, *a->part ? "_" : "", a->part);
    const dp_status status = dp_npz_add(to, name, &a->array, e);
    free(name);
    return status;
}

static dp_status write_npz(FILE *f, const dp_grid_answer *g, dp_error *e)
{
    dp_npz_writer *z = dp_npz_begin(f);
    dp_status status = dp_grid_arrays(g, into_npz, z, e);
    char *text;
    size_t n;
    dp_npy meta;
    FILE *m = open_memstream(&text, &n);
    dp_grid_meta(m, g);
    fclose(m);
    dp_npy_text(&meta, text);
    if (!status) status = dp_npz_add(z, "meta", &meta, e);
    dp_npy_text_clear(&meta);
    free(text);
    dp_npz_end(z);
    return status;
}

/* One array of the .npy pair: midpoints, or bounds. */
static void write_npy(FILE *f, const dp_grid_answer *g, int bounds)
{
    const dp_grid_values *v = dp_gridfield_find(g->f, g->asked);
    dp_npy a = {.descr = "<f8", .itemsize = sizeof(double), .data = bounds ? v->rad : v->mid};
    a.ndim = dp_grid_shape(a.shape, g->f, v);
    dp_npy_write(f, &a);
}

enum { CSV, NPY, NPY_ERROR, NPZ };

static dp_status write_one(const char *path, const dp_grid_answer *g, int kind, dp_error *e)
{
    dp_output o;
    dp_status status = dp_output_open(&o, path, e);
    if (status) return status;
    if (kind == CSV) dp_grid_csv(o.f, g);
    else if (kind == NPZ) status = write_npz(o.f, g, e);
    else write_npy(o.f, g, kind == NPY_ERROR);
    if (!status) return dp_output_close(&o, e);
    dp_output_discard(&o);
    return status;
}

static int ends(const char *path, const char *suffix)
{
    const size_t n = strlen(path), m = strlen(suffix);
    return n > m && !strcmp(path + n - m, suffix);
}

dp_status dp_grid_write(const char *path, const dp_grid_answer *g, dp_error *e)
{
    if (ends(path, ".csv")) return write_one(path, g, CSV, e);
    if (ends(path, ".npz")) return write_one(path, g, NPZ, e);
    if (ends(path, ".h5")) return dp_grid_hdf5(path, g, e);
    char *beside = dp_format("%.*s_error.npy", (int) strlen(path) - 4, path);
    dp_status status = write_one(path, g, NPY, e);
    if (!status) status = write_one(beside, g, NPY_ERROR, e);
    free(beside);
    return status;
}

void dp_grid_check_output(const char *path)
{
    if (ends(path, ".h5") && !dp_grid_has_hdf5())
        dp_usage_error("-o %s: this build cannot write HDF5: install libhdf5-dev and build again, or write .npz, which holds the same arrays", path);
    if (!ends(path, ".npy") && !ends(path, ".npz") && !ends(path, ".csv") && !ends(path, ".h5"))
        dp_usage_error("-o %s: expected a name that ends with .npz, .npy, .h5 or .csv", path);
}
