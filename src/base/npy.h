/* SPDX-License-Identifier: GPL-3.0-or-later */
/* npy.h: numeric arrays in the files of NumPy: .npy and .npz, written and read. */
#ifndef DP_NPY_H
#define DP_NPY_H

#include "base/base.h"

#define DP_NPY_DIMS 32

/* ---- reading ---- */

/* An array as read: doubles in C order. kind 'f', 'i', 'u', 'b' and size in bytes say what the file held. */
typedef struct { int ndim; size_t shape[DP_NPY_DIMS], count; char kind; int size; double *data; } dp_array;
void dp_array_clear(dp_array *a);
/* Versions 1 to 3, C and Fortran order, either byte order; float16, float32, float64, integers and booleans (dp_table_read refuses those). DP_EINPUT with
   `name` for anything else: truncated or longer than its shape says, other types, integers beyond 2^53. `out` is filled on success only. */
dp_status dp_npy_parse(dp_array *out, const void *bytes, size_t n, const char *name, dp_error *e);
dp_status dp_npy_read(dp_array *out, const char *path, dp_error *e);
/* A single string (type S or U) as UTF-8; free() it. */
dp_status dp_npy_parse_text(char **out, const void *bytes, size_t n, const char *name, dp_error *e);

/* A .npz in memory: members stored or deflated. */
typedef struct dp_npz dp_npz;
dp_status dp_npz_read(dp_npz **out, const char *path, dp_error *e);
void dp_npz_free(dp_npz *z);
int dp_npz_has(const dp_npz *z, const char *name);
dp_status dp_npz_array(dp_array *out, const dp_npz *z, const char *name, dp_error *e);
dp_status dp_npz_text(char **out, const dp_npz *z, const char *name, dp_error *e);

/* ---- writing ---- */

/* An array to write, in C order. descr is NumPy's: "<f8" (from doubles of this machine), "|S12" (12 bytes an entry, padded with NUL),
   "<U12" (built by dp_npy_text), or a list of fields "[('x', '<f8'), ('y', '<f8', (3,))]" whose numbers are all doubles. */
typedef struct { const char *descr; size_t itemsize; int ndim; size_t shape[DP_NPY_DIMS]; const void *data; } dp_npy;
/* Bytes of header and data, or 0 when they do not fit a size_t. */
size_t dp_npy_size(const dp_npy *a);
/* The bytes of the file, piece by piece. */
typedef void dp_npy_sink(void *to, const void *bytes, size_t n);
void dp_npy_emit(dp_npy_sink *sink, void *to, const dp_npy *a);
/* Errors stay with the stream. */
void dp_npy_write(FILE *f, const dp_npy *a);
/* A string as an array without axes: a->data and a->descr are fresh, free them with dp_npy_text_clear. */
void dp_npy_text(dp_npy *a, const char *utf8);
void dp_npy_text_clear(dp_npy *a);

/* A .npz written member by member, stored, without times: equal arrays give equal bytes. Sizes beyond 4 GiB - 1 are DP_EINPUT. */
typedef struct dp_npz_writer dp_npz_writer;
dp_npz_writer *dp_npz_begin(FILE *f);
dp_status dp_npz_add(dp_npz_writer *z, const char *name, const dp_npy *a, dp_error *e);
/* Writes the directory and frees the writer; call it after a failure too. Errors of the stream stay with the stream. */
void dp_npz_end(dp_npz_writer *z);

#endif
