/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trace.c: one step's samples, data and velocities as driftproof audit reads them. */
#include <stdlib.h>
#include <string.h>

#include "base/npy.h"
#include "train/store.h"

static void put_text(FILE *f, const char *key, const char *value) { fprintf(f, ", \"%s\": \"%s\"", key, value); }

/* {"drift": ..., "kernel": ..., "bandwidth": h or a list, ...}. */
static char *meta(const dp_trainer *a)
{
    char *text;
    size_t size;
    const dp_train *t = a->t;
    const dp_train_field *f = &a->field;
    const slong count = f->terms * f->parts;
    const int left_out = t->self == 0 ? !strncmp(t->drift, "da2", 3) : t->self == 2;
    FILE *out = open_memstream(&text, &size);
    fprintf(out, "{\"drift\": \"%s\"", t->drift);
    put_text(out, "kernel", dp_kernel_name(f->part[0].family));
    fputs(", \"bandwidth\": ", out);
    for (slong k = 0; k < count; k++) fprintf(out, "%s%.17g", k ? ", " : count > 1 ? "[" : "", f->usual[k] * dp_train_factor(t, a->step));
    if (count > 1) fputs("]", out);
    put_text(out, "mask", left_out ? "self" : "none");
    if (!strcmp(t->drift, "sinkhorn-proxy")) put_text(out, "scaling", t->scaling ? "algorithm" : "population");
    if (!strcmp(t->drift, "sinkhorn") && t->iterations >= 0) fprintf(out, ", \"iterations\": %ld", (long) t->iterations), put_text(out, "order", t->order ? "columns-first" : "rows-first");
    if (!fmpq_is_zero(t->P->regularisation)) fprintf(out, ", \"regularisation\": %.17g", fmpq_get_d(t->P->regularisation));
    fputs("}", out);
    fclose(out);
    return text;
}

static dp_status add(dp_npz_writer *z, const char *name, const double *data, size_t n, size_t d, dp_error *e)
{
    const dp_npy a = {.descr = "<f8", .itemsize = sizeof *data, .ndim = 2, .shape = {n, d}, .data = data};
    return dp_npz_add(z, name, &a, e);
}

dp_status dp_train_store_trace(dp_train_store *s, const dp_trainer *a, dp_error *e)
{
    dp_output o;
    const size_t n = a->shape.batch, d = a->shape.dim;
    if (!s->folder) return DP_OK;
    char *path = dp_format("%s/trace-%ld.npz", s->folder, (long) a->step), *text = meta(a);
    dp_status status = dp_output_open(&o, path, e);
    free(path);
    if (!status) {
        dp_npy words;
        dp_npz_writer *z = dp_npz_begin(o.f);
        dp_npy_text(&words, text);
        const double step = (double) a->step;
        const dp_npy number = {.descr = "<f8", .itemsize = sizeof step, .ndim = 1, .shape = {1}, .data = &step};
        status = add(z, "x", a->x, n, d, e);
        if (!status) status = add(z, "y", a->y, a->streams.m, d, e);
        if (!status) status = add(z, "v", a->v, n, d, e);
        if (!status && a->field.direction) status = add(z, "directions", a->field.direction, (size_t) a->t->directions, d, e);
        if (!status) status = dp_npz_add(z, "step", &number, e);
        if (!status) status = dp_npz_add(z, "meta", &words, e);
        dp_npz_end(z), dp_npy_text_clear(&words);
        if (!status) status = dp_output_close(&o, e);
        else dp_output_discard(&o);
    }
    free(text);
    return status;
}
