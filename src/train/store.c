/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store.c: the folder of a run: what is written there, and how a run is found again. */
#include "train/store.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/npy.h"
#include "driftproof.h"

static char *within(const dp_train_store *s, const char *name) { return dp_format("%s/%s", s->folder, name); }

static int there(const dp_train_store *s, const char *name)
{
    struct stat st;
    char *path = within(s, name);
    const int found = stat(path, &st) == 0;
    free(path);
    return found;
}

/* ---- run.yaml ---- */

static char *description(const dp_train *t)
{
    const char *p = t->P->p->digest;
    return dp_format("%s%srun:\n  driftproof: \"" DP_VERSION "\"\n%s%s%s", t->P->text, t->P->text[strlen(t->P->text) - 1] == '\n' ? "" : "\n", *p ? "  p_sha256: \"" : "", p, *p ? "\"\n" : "");
}

static dp_status compare(const dp_train_store *s, const char *now, dp_error *e)
{
    size_t n, line = 1;
    char *path = within(s, "run.yaml"), *before = dp_file_read(path, &n, e);
    dp_status status = before ? DP_OK : e->status;
    if (before && strcmp(before, now)) {
        for (size_t i = 0; before[i] && before[i] == now[i]; i++) line += before[i] == '\n';
        status = dp_fail(e, DP_EINPUT, "%s: another run is here (its line %zu differs from this one's); expected another folder", path, line);
    }
    free(before), free(path);
    return status;
}

/* ---- history.csv and timing.csv ---- */

static void put_header(FILE *f, const dp_train *t, int modes)
{
    fputs("step,loss,v_rms,bandwidth,mmd2_u,mmd2_v,w2,sinkhorn,energy_distance", f);
    if (!strcmp(t->drift, "fgan")) fputs(",critic", f);
    for (slong i = 0; i < t->nenergies; i++) fprintf(f, ",energy_%s", t->energy[i]);
    for (int j = 0; j < modes; j++) fprintf(f, ",mode_%d", j + 1);
    fputc('\n', f);
}

/* A heading, or a line of a step after the last one; *last is that step then. */
static int is_line(const char *line, int heading, slong *last)
{
    char *end;
    if (heading) return !strncmp(line, "step,", 5);
    const slong step = strtol(line, &end, 10), before = *last;
    *last = step;
    return *end == ',' && step > before;
}

/* Keeps the heading and the lines of steps before `step`; a last line without its end is dropped. What is no such file is not touched. */
static dp_status cut(const dp_train_store *s, const char *name, slong step, dp_error *e)
{
    size_t n, keep = 0, number = 1;
    slong last = -1;
    char *path = within(s, name), *text = dp_file_read(path, &n, e);
    dp_status status = text ? DP_OK : e->status;
    for (char *line = text, *end; !status && (end = strchr(line, '\n')); line = end + 1, number++) {
        if (!is_line(line, line == text, &last)) status = dp_fail(e, DP_EINPUT, "%s:%zu: no line of this run; expected a heading and steps that increase: move the file away, or take another folder", path, number);
        if (status || last >= step) break;
        keep = (size_t) (end + 1 - text);
    }
    if (!status) status = dp_file_write(path, text, keep, e);
    free(text), free(path);
    return status;
}

static dp_status append(FILE **f, const dp_train_store *s, const char *name, dp_error *e)
{
    char *path = within(s, name);
    *f = fopen(path, "ae");
    const dp_status status = *f && fseek(*f, 0, SEEK_END) == 0 ? DP_OK : dp_fail(e, DP_EIO, "cannot write '%s': %s", path, strerror(errno));
    free(path);
    return status;
}

static dp_status end_line(FILE *f, const dp_train_store *s, dp_error *e)
{
    fputc('\n', f);
    return fflush(f) == 0 && !ferror(f) ? DP_OK : dp_fail(e, DP_EIO, "cannot write to '%s': %s", s->folder, strerror(errno));
}

static void put_number(FILE *f, double v)
{
    fputc(',', f);
    if (!isnan(v)) fprintf(f, "%.17g", v);
}

dp_status dp_train_store_line(dp_train_store *s, const dp_train_result *r, const double *energy, dp_error *e)
{
    const int measured = r->evaluated == r->step;
    const double metric[5] = {r->mmd2_u, r->mmd2_v, r->w2, r->sinkhorn, r->energy};
    FILE *f = s->history;
    if (!s->folder) return DP_OK;
    if (ftell(f) == 0) put_header(f, s->t, r->nmodes);
    if (ftell(s->timing) == 0) fputs("step,seconds\n", s->timing);
    fprintf(f, "%ld", (long) r->step);
    put_number(f, r->loss), put_number(f, r->v_rms), put_number(f, r->bandwidth);
    for (int i = 0; i < 5; i++) put_number(f, measured ? metric[i] : NAN);
    if (!strcmp(s->t->drift, "fgan")) put_number(f, r->critic);
    for (slong i = 0; i < s->t->nenergies; i++) put_number(f, energy[i]);
    for (int j = 0; j < r->nmodes; j++) put_number(f, measured ? r->mode[j] : NAN);
    const dp_status status = end_line(f, s, e);
    fprintf(s->timing, "%ld,%.6f", (long) r->step, dp_now() - s->start);
    return status ? status : end_line(s->timing, s, e);
}

/* ---- opening ---- */

static dp_status begin(const dp_train_store *s, const char *text, dp_error *e)
{
    if (there(s, "history.csv") || there(s, "parameters.npz")) return dp_fail(e, DP_EINPUT, "%s: part of a run is here, without its run.yaml; expected that file, or another folder", s->folder);
    char *path = within(s, "run.yaml");
    const dp_status status = dp_file_write(path, text, strlen(text), e);
    free(path);
    return status;
}

static dp_status again(dp_train_store *s, dp_trainer *a, const char *text, int resume, dp_error *e)
{
    if (!resume) return dp_fail(e, DP_EINPUT, "%s: a run is here already; expected another folder, or to resume it", s->folder);
    dp_status status = compare(s, text, e);
    if (!status && there(s, "parameters.npz")) {
        char *path = within(s, "parameters.npz");
        status = dp_trainer_load(a, path, e);
        if (!status && a->step > s->t->steps) status = dp_fail(e, DP_EINPUT, "%s: step %ld of a run of %ld steps: not a checkpoint of this run", path, (long) a->step, (long) s->t->steps);
        free(path);
    }
    for (int i = 0; i < 2 && !status; i++) {
        const char *name = i ? "timing.csv" : "history.csv";
        if (there(s, name)) status = cut(s, name, a->step, e);
    }
    return status;
}

dp_status dp_train_store_open(dp_train_store *s, dp_trainer *a, int resume, dp_error *e)
{
    if (!s->folder) return DP_OK;
    char *text = description(s->t);
    s->start = dp_now();
    dp_status status = dp_mkdir(s->folder, e);
    if (!status) status = dp_lock_folder(&s->lock, s->folder, e);
    if (!status) status = there(s, "run.yaml") ? again(s, a, text, resume, e) : begin(s, text, e);
    if (!status) status = append(&s->history, s, "history.csv", e);
    if (!status) status = append(&s->timing, s, "timing.csv", e);
    free(text);
    return status;
}

void dp_train_store_close(dp_train_store *s)
{
    if (s->history) fclose(s->history);
    if (s->timing) fclose(s->timing);
    dp_unlock(s->lock);
    s->history = s->timing = NULL, s->lock = NULL;
}

/* ---- arrays ---- */

dp_status dp_train_store_checkpoint(dp_train_store *s, const dp_trainer *a, int keep, dp_error *e)
{
    if (!s->folder) return DP_OK;
    char *path = within(s, "parameters.npz"), *own = dp_format("%s/checkpoint-%ld.npz", s->folder, (long) a->step);
    dp_status status = keep ? dp_trainer_save(a, own, 0, e) : DP_OK;
    if (!status) status = dp_trainer_save(a, path, 0, e);
    free(path), free(own);
    return status;
}

dp_status dp_train_store_points(dp_train_store *s, const char *name, const double *x, size_t n, size_t d, dp_error *e)
{
    dp_output o;
    if (!s->folder) return DP_OK;
    char *path = within(s, name);
    dp_status status = dp_output_open(&o, path, e);
    free(path);
    if (status) return status;
    const dp_npy a = {.descr = "<f8", .itemsize = sizeof *x, .ndim = 2, .shape = {n, d}, .data = x};
    dp_npy_write(o.f, &a);
    return dp_output_close(&o, e);
}

/* ---- result.json ---- */

void dp_train_result_json(FILE *f, const dp_train *t, const dp_train_result *r)
{
    const struct { const char *name; double value; } number[] = {
        {"loss", r->loss}, {"v_rms", r->v_rms}, {"bandwidth", r->bandwidth}, {"critic", r->critic}, {"mmd2_u", r->mmd2_u}, {"mmd2_v", r->mmd2_v}, {"mmd_bandwidth", r->mmd_bandwidth}, {"w2", r->w2},
        {"sinkhorn", r->sinkhorn}, {"energy_distance", r->energy}, {"floor_mmd2_u", r->floor_mmd2_u}, {"floor_mmd2_v", r->floor_mmd2_v}, {"floor_w2", r->floor_w2},
        {"floor_sinkhorn", r->floor_sinkhorn}, {"floor_energy_distance", r->floor_energy}};
    fputs("{\"case\": ", f), dp_json_string(f, t->P->name), fputs(", \"drift\": ", f), dp_json_string(f, t->drift);
    fprintf(f, ", \"seed\": %ld, \"step\": %ld, \"steps\": %ld, \"finished\": %s, \"diverged\": %s, \"evaluated\": %ld", (long) t->seed, (long) r->step, (long) r->steps,
            r->finished ? "true" : "false", r->diverged ? "true" : "false", (long) r->evaluated);
    for (size_t i = 0; i < sizeof number / sizeof *number; i++) {
        fprintf(f, ", \"%s\": ", number[i].name);
        if (isnan(number[i].value)) fputs("null", f);
        else dp_json_double(f, number[i].value);
    }
    for (int side = 0; side < 2; side++) {
        fprintf(f, ", \"%s\": [", side ? "data_modes" : "modes");
        for (int j = 0; j < r->nmodes; j++) fputs(j ? ", " : "", f), dp_json_double(f, side ? r->data_mode[j] : r->mode[j]);
        fputs("]", f);
    }
    fputs("}\n", f);
}

dp_status dp_train_store_result(dp_train_store *s, const dp_train_result *r, dp_error *e)
{
    dp_output o;
    if (!s->folder) return DP_OK;
    char *path = within(s, "result.json");
    const dp_status status = dp_output_open(&o, path, e);
    free(path);
    if (status) return status;
    dp_train_result_json(o.f, s->t, r);
    return dp_output_close(&o, e);
}
