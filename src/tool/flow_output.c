/* SPDX-License-Identifier: GPL-3.0-or-later */
/* flow_output.c: an integrated flow as text, table, JSON and arrays. */
#include <math.h>
#include <string.h>

#include "base/npy.h"
#include "tool/flow.h"

/* ---- columns ---- */

const char *dp_flow_moment_name(const dp_flow *f, int i)
{
    static char name[40];
    if (i < f->dim) return snprintf(name, sizeof name, "mean_%d", i + 1), name;
    i -= f->dim;
    for (int row = 0; row < f->dim; row++) {
        if (i <= row) return snprintf(name, sizeof name, "cov_%d_%d", row + 1, i + 1), name;
        i -= row + 1;
    }
    return NULL;
}

double dp_flow_moment(const dp_flow_run *r, const dp_flow_record *at, int i)
{
    double mean[DP_CLOSURE_DIM], cov[DP_CLOSURE_DIM * DP_CLOSURE_DIM];
    const int d = r->f->dim;
    dp_flow_moments(mean, cov, r->f, at->y);
    if (i < d) return mean[i];
    i -= d;
    for (int row = 0;; i -= ++row)
        if (i <= row) return cov[row * d + i];
}

static int own(const dp_flow_run *r)
{
    const int mine = dp_flow_energy_of(r->f->drift);
    for (int k = 0; k < r->nlist; k++)
        if (r->list[k] == mine) return k;
    return -1;
}

int dp_flow_defect(double *defect, double *error, const dp_flow_run *r, const dp_flow_record *at)
{
    const int k = own(r);
    if (k < 0) return 0;
    *defect = fabs(at->energy[k].rate + at->dissipation), *error = at->energy[k].rate_error;
    return 1;
}

/* Column i of a record with its name; 0 past the end. */
static int column(char name[64], double *value, const dp_flow_run *r, const dp_flow_record *at, int i)
{
    static const char *const parts[] = {"", "_error", "_rate", "_rate_error"};
    const int energies = 4 * r->nlist, defects = own(r) >= 0 ? 2 : 0;
    double both[2];
    if (i < 3) {
        strcpy(name, i == 0 ? "t" : i == 1 ? "dissipation" : "dissipated");
        *value = i == 0 ? at->t : i == 1 ? at->dissipation : at->dissipated;
        return 1;
    }
    i -= 3;
    if (i < energies) {
        const dp_flow_energy *g = at->energy + i / 4;
        snprintf(name, 64, "%s%s", dp_flow_energy_names[r->list[i / 4]], parts[i % 4]);
        *value = i % 4 == 0 ? g->value : i % 4 == 1 ? g->value_error : i % 4 == 2 ? g->rate : g->rate_error;
        return 1;
    }
    i -= energies;
    if (i < defects) {
        dp_flow_defect(both, both + 1, r, at);
        strcpy(name, i ? "defect_error" : "defect");
        *value = both[i];
        return 1;
    }
    i -= defects;
    const char *moment = dp_flow_moment_name(r->f, i);
    if (!moment) return 0;
    strcpy(name, moment);
    *value = dp_flow_moment(r, at, i);
    return 1;
}

/* ---- CSV ---- */

static void csv(FILE *f, const dp_flow_run *r)
{
    char name[64];
    double v;
    for (int i = 0; column(name, &v, r, r->record, i); i++) fprintf(f, "%s%s", i ? "," : "", name);
    fputc('\n', f);
    for (slong k = 0; k < r->nrecords; k++) {
        for (int i = 0; column(name, &v, r, r->record + k, i); i++)
            if (isfinite(v)) fprintf(f, "%s%.17g", i ? "," : "", v);
            else fprintf(f, "%s%s", i ? "," : "", isnan(v) ? "nan" : v > 0 ? "inf" : "-inf");
        fputc('\n', f);
    }
}

/* ---- JSON ---- */

static void options(FILE *f, const dp_flow_run *r)
{
    fprintf(f, "\"method\": \"%s\", \"time\": ", dp_flow_method_name[r->o.method]);
    dp_json_double(f, r->o.time);
    fputs(r->o.method <= DP_FLOW_RK4 ? ", \"step\": " : ", \"tolerance\": ", f);
    dp_json_double(f, r->o.method <= DP_FLOW_RK4 ? r->o.step : r->o.tolerance);
    fprintf(f, ", \"steps\": %ld, \"evaluations\": %ld", (long) r->steps, (long) r->evaluations);
}

/* What stands before the columns. */
static void head(FILE *f, const dp_flow_run *r)
{
    fputs("{\"schema\": \"driftproof/flow/1\", \"drift\": ", f);
    dp_json_string(f, r->f->drift);
    fputs(", \"case\": ", f);
    dp_json_string(f, r->f->P->name);
    fprintf(f, ", \"as\": \"%s\", \"particles\": %ld, \"how\": ", r->f->as, (long) r->f->n);
    dp_json_string(f, r->f->how);
    fputs(", ", f);
    options(f, r);
    fprintf(f, ", \"complete\": %s, \"estimates\": {\"state\": ", r->nrecords == r->o.records + 1 ? "true" : "false");
    if (r->state_error < 0) fputs("null}", f);
    else {
        dp_json_double(f, r->state_error);
        fputs(", \"dissipated\": ", f);
        dp_json_double(f, r->dissipated_error);
        for (int k = 0; k < r->nlist; k++) {
            fprintf(f, ", \"%s\": ", dp_flow_energy_names[r->list[k]]);
            dp_json_double(f, r->energy_error[k]);
        }
        fputc('}', f);
    }
}

void dp_flow_json(FILE *f, const dp_flow_run *r)
{
    char name[64];
    double v;
    head(f, r);
    fputs(",\n \"records\": {", f);
    for (int i = 0; column(name, &v, r, r->record, i); i++) {
        fprintf(f, "%s\n  \"%s\": [", i ? "," : "", name);
        for (slong k = 0; k < r->nrecords; k++) {
            column(name, &v, r, r->record + k, i);
            if (k) fputs(", ", f);
            dp_json_double(f, v);
        }
        fputc(']', f);
    }
    fputs("\n }}\n", f);
}

/* ---- arrays ---- */

static dp_status add(dp_npz_writer *z, const char *name, const double *data, int ndim, size_t a, size_t b, size_t c, dp_error *e)
{
    const dp_npy array = {.descr = "<f8", .itemsize = 8, .ndim = ndim, .shape = {a, b, c}, .data = data};
    return dp_npz_add(z, name, &array, e);
}

static dp_status add_columns(dp_npz_writer *z, const dp_flow_run *r, dp_error *e)
{
    const size_t n = (size_t) r->nrecords;
    double *data = dp_malloc(n * sizeof *data), v;
    char name[64];
    dp_status status = DP_OK;
    for (int i = 0; !status && column(name, &v, r, r->record, i); i++) {
        for (size_t k = 0; k < n; k++) column(name, data + k, r, r->record + k, i);
        status = add(z, name, data, 1, n, 0, 0, e);
    }
    free(data);
    return status;
}

/* x (records, particles, dim) with weight, or mean and root of the Gaussian. */
static dp_status add_states(dp_npz_writer *z, const dp_flow_run *r, dp_error *e)
{
    const dp_flow *f = r->f;
    const size_t n = (size_t) r->nrecords, d = (size_t) f->dim, size = f->n ? f->size : d * d;
    double *data = dp_malloc(n * f->size * sizeof *data);
    for (size_t k = 0; k < n; k++) memcpy(data + k * size, r->record[k].y + (f->n ? 0 : d), size * sizeof *data);
    dp_status status = add(z, f->n ? "x" : "root", data, 3, n, f->n ? (size_t) f->n : d, d, e);
    if (!status && f->n) status = add(z, "weight", f->weight, 1, (size_t) f->n, 0, 0, e);
    free(data);
    return status;
}

static dp_status add_meta(dp_npz_writer *z, const dp_flow_run *r, dp_error *e)
{
    char *text = NULL;
    size_t size = 0;
    dp_npy a;
    FILE *f = open_memstream(&text, &size);
    head(f, r);
    fputc('}', f);
    fclose(f);
    dp_npy_text(&a, text);
    const dp_status status = dp_npz_add(z, "meta", &a, e);
    dp_npy_text_clear(&a);
    free(text);
    return status;
}

dp_status dp_flow_write(const char *path, const dp_flow_run *r, dp_error *e)
{
    dp_output o;
    dp_status status = dp_output_open(&o, path, e);
    if (status) return status;
    if (!strcmp(path + strlen(path) - 4, ".csv")) csv(o.f, r);
    else {
        dp_npz_writer *z = dp_npz_begin(o.f);
        status = add_columns(z, r, e);
        if (!status) status = add_states(z, r, e);
        if (!status) status = add_meta(z, r, e);
        dp_npz_end(z);
    }
    if (!status) return dp_output_close(&o, e);
    dp_output_discard(&o);
    return status;
}

/* ---- summary ---- */

static void energies(FILE *out, const dp_flow_run *r)
{
    const dp_flow_record *first = r->record, *last = r->record + r->nrecords - 1;
    const int mine = own(r);
    for (int k = 0; k < r->nlist; k++) {
        double up = -INFINITY, when = 0;
        for (slong i = 0; i < r->nrecords; i++)
            if (r->record[i].energy[k].rate > up) up = r->record[i].energy[k].rate, when = r->record[i].t;
        fprintf(out, "  %-12s %.10g -> %.10g", dp_flow_energy_names[r->list[k]], first->energy[k].value, last->energy[k].value);
        if (r->state_error >= 0) fprintf(out, " (+- %.1g)", r->energy_error[k]);
        if (up > 0 && up > 4 * first->energy[k].rate_error) fprintf(out, ", increases at t = %.4g: dE/dt = %.4g", when, up);
        fputs(k == mine ? "  <- its gradient flow\n" : "\n", out);
    }
}

static void balance(FILE *out, const dp_flow_run *r)
{
    const dp_flow_record *last = r->record + r->nrecords - 1;
    const int k = own(r);
    double worst = 0, error = 0, when = 0;
    fprintf(out, "  E|V|^2       %.6g -> %.6g, integral %.10g\n", r->record->dissipation, last->dissipation, last->dissipated);
    if (k < 0) return;
    for (slong i = 0; i < r->nrecords; i++) {
        double d = 0, e = 0;
        dp_flow_defect(&d, &e, r, r->record + i);
        if (d > worst) worst = d, error = e, when = r->record[i].t;
    }
    fprintf(out, "  largest |dE/dt + E|V|^2| %.2g at t = %.4g (estimated error of dE/dt there %.1g)\n", worst, when, error);
    fprintf(out, "  E(0) - E(T) - integral   %.2g\n", r->record->energy[k].value - last->energy[k].value - last->dissipated);
}

void dp_flow_summary(FILE *out, const dp_flow_run *r)
{
    const dp_flow_record *last = r->record + r->nrecords - 1;
    fprintf(out, "%s of %s as %s", r->f->drift, r->f->P->name, r->f->as);
    if (r->f->n) fprintf(out, " (%ld)", (long) r->f->n);
    fprintf(out, ", t = 0 to %.6g: %s, %ld steps, %ld evaluations, %s\n", last->t, dp_flow_method_name[r->o.method], (long) r->steps, (long) r->evaluations, r->f->how);
    const char *name;
    for (int i = 0; (name = dp_flow_moment_name(r->f, i)); i++)
        fprintf(out, "  %-12s %.10g -> %.10g\n", name, dp_flow_moment(r, r->record, i), dp_flow_moment(r, last, i));
    energies(out, r);
    balance(out, r);
    if (r->state_error >= 0)
        fprintf(out, "  a finer run moves the unknowns by %.1g at most, the integral by %.1g (estimates: they prove nothing)\n", r->state_error, r->dissipated_error);
}
