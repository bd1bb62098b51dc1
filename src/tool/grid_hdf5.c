/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid_hdf5.c: a field on a mesh as an HDF5 file, where this build has the library; made in memory, so that it is written whole or not at all. */
#include "tool/grid.h"

#ifndef DP_HDF5

int dp_grid_has_hdf5(void)
{
    return 0;
}

dp_status dp_grid_hdf5(const char *path, const dp_grid_answer *g, dp_error *e)
{
    (void) g;
    return dp_fail(e, DP_EUNSUPPORTED, "%s: this build cannot write HDF5 (libhdf5-dev)", path);
}

#else

#include <fftw3.h>
#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

#include "report/face.h"

int dp_grid_has_hdf5(void)
{
    return 1;
}

/* ---- attributes ---- */

static int put_text(hid_t at, const char *name, const char *text)
{
    const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, strlen(text) + 1);
    H5Tset_cset(type, H5T_CSET_UTF8);
    const hid_t a = H5Acreate2(at, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    const int ok = a >= 0 && H5Awrite(a, type, text) >= 0;
    if (a >= 0) H5Aclose(a);
    H5Sclose(space);
    H5Tclose(type);
    return ok;
}

static int put_number(hid_t at, const char *name, hid_t type, const void *value)
{
    const hid_t space = H5Screate(H5S_SCALAR), a = H5Acreate2(at, name, type == H5T_NATIVE_DOUBLE ? H5T_IEEE_F64LE : H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    const int ok = a >= 0 && H5Awrite(a, type, value) >= 0;
    if (a >= 0) H5Aclose(a);
    H5Sclose(space);
    return ok;
}

static int put_integer(hid_t at, const char *name, slong value)
{
    const long long v = value;
    return put_number(at, name, H5T_NATIVE_LLONG, &v);
}

/* The head of the JSON document, so that nothing that it says is lost here. */
static int put_meta(hid_t file, const dp_grid_answer *g)
{
    char *text;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    dp_grid_meta(f, g);
    fclose(f);
    const int ok = n < 60000 ? put_text(file, "meta", text) : 1; /* an attribute holds 64 kB */
    free(text);
    return ok;
}

/* The nearest double, with a bound that counts its rounding. */
static int put_scalars(hid_t file, const dp_scalars *s)
{
    int ok = 1;
    for (int i = 0; ok && i < s->n; i++) {
        const dp_one_scalar *v = s->one + i;
        double mid, rad;
        if (v->why[0]) continue;
        char *error = dp_format("%s_error", v->key), *estimated = dp_format("%s_estimated", v->key);
        dp_ball_to_double(&mid, &rad, v->x->value);
        ok = put_number(file, v->key, H5T_NATIVE_DOUBLE, &mid) && put_number(file, error, H5T_NATIVE_DOUBLE, &rad) && put_integer(file, estimated, v->x->estimated);
        free(error);
        free(estimated);
    }
    return ok;
}

static int put_facts(hid_t file, const dp_grid_answer *g)
{
    int ok = put_text(file, "drift", g->drift) && put_text(file, "case", g->P->name) && put_text(file, "tier", dp_tier_name(g->f->tier));
    ok = ok && put_integer(file, "digits", g->f->digits) && put_meta(file, g);
    if (strlen(g->P->text) < 60000) ok = ok && put_text(file, "case_text", g->P->text);
    for (const dp_fact *v = dp_facts_version(); ok && v->name; v++) {
        char *name = dp_format("version_%s", v->name);
        ok = put_text(file, name, v->text);
        free(name);
    }
    return ok && put_scalars(file, &g->scalars) && put_text(file, "version_fftw", fftw_version);
}

/* ---- data sets ---- */

/* Contiguous, without times: equal fields give equal bytes. */
static int put_array(hid_t group, const char *name, const dp_npy *a)
{
    hsize_t shape[DP_NPY_DIMS];
    const int is_text = a->descr[0] == '|';
    for (int i = 0; i < a->ndim; i++) shape[i] = a->shape[i];
    const hid_t type = H5Tcopy(is_text ? H5T_C_S1 : H5T_IEEE_F64LE), space = H5Screate_simple(a->ndim, shape, NULL), plain = H5Pcreate(H5P_DATASET_CREATE);
    if (is_text) H5Tset_size(type, a->itemsize), H5Tset_strpad(type, H5T_STR_NULLPAD);
    H5Pset_obj_track_times(plain, 0);
    const hid_t set = H5Dcreate2(group, name, type, space, H5P_DEFAULT, plain, H5P_DEFAULT);
    const int ok = set >= 0 && H5Dwrite(set, is_text ? type : H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, a->data) >= 0;
    if (set >= 0) H5Dclose(set);
    H5Pclose(plain);
    H5Sclose(space);
    H5Tclose(type);
    return ok;
}

/* A group for each quantity, with what its bounds are worth. */
static hid_t open_group(hid_t file, const dp_grid_answer *g, const char *name)
{
    if (H5Lexists(file, name, H5P_DEFAULT) > 0) return H5Gopen2(file, name, H5P_DEFAULT);
    const hid_t plain = H5Pcreate(H5P_GROUP_CREATE), group = H5Gcreate2(file, name, H5P_DEFAULT, plain, H5P_DEFAULT);
    H5Pclose(plain);
    for (int i = 0; group >= 0 && i < g->f->nvalues; i++) {
        if (strcmp(dp_quantity_name(g->f->value[i].quantity), name)) continue;
        put_number(group, "error_bound", H5T_NATIVE_DOUBLE, &g->extent[i].bound);
        put_integer(group, "estimated", g->f->value[i].estimated);
    }
    return group;
}

typedef struct { hid_t file; const dp_grid_answer *g; } target;

static dp_status into_hdf5(void *to, const dp_grid_array *a, dp_error *e)
{
    const target *t = to;
    int ok;
    if (dp_quantity_find(a->quantity)) {
        const hid_t group = open_group(t->file, t->g, a->quantity);
        ok = group >= 0 && put_array(group, *a->part ? a->part : "mid", &a->array);
        if (group >= 0) H5Gclose(group);
    } else {
        ok = put_array(t->file, a->quantity, &a->array);
    }
    return ok ? DP_OK : dp_fail(e, DP_EMEMORY, "HDF5 could not take the array '%s'", a->quantity);
}

/* The finished file's bytes, by the library's driver that keeps a file in memory. */
static dp_status write_image(const char *path, hid_t file, dp_error *e)
{
    H5Fflush(file, H5F_SCOPE_GLOBAL);
    const ssize_t n = H5Fget_file_image(file, NULL, 0);
    char *bytes = n > 0 ? dp_malloc((size_t) n) : NULL;
    dp_status status = DP_EINTERNAL;
    if (bytes && H5Fget_file_image(file, bytes, (size_t) n) == n) status = dp_file_write(path, bytes, (size_t) n, e);
    else dp_fail(e, status, "%s: HDF5 could not finish the file", path);
    free(bytes);
    return status;
}

dp_status dp_grid_hdf5(const char *path, const dp_grid_answer *g, dp_error *e)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    const hid_t driver = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_core(driver, 1 << 20, 0);
    target t = {H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, driver), g};
    H5Pclose(driver);
    if (t.file < 0) return dp_fail(e, DP_EMEMORY, "%s: HDF5 could not begin the file", path);
    dp_status status = put_facts(t.file, g) ? DP_OK : dp_fail(e, DP_EMEMORY, "%s: HDF5 could not take the attributes", path);
    if (!status) status = dp_grid_arrays(g, into_hdf5, &t, e);
    if (!status) status = write_image(path, t.file, e);
    H5Fclose(t.file);
    return status;
}

#endif
