/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sweep_histograms.c: two-dimensional histograms of the samples that runs of a sweep ended with. */
#include <dirent.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/npy.h"
#include "tool/grid_plot.h"
#include "tool/sweep_plot.h"
#include "train/sweep.h"

enum { BINS = 56, MOST_ROWS = 16, MOST_COLUMNS = 24 };

typedef struct { const char *curve[MOST_ROWS], *x[MOST_COLUMNS]; size_t rows, columns; slong run[MOST_ROWS][MOST_COLUMNS]; char diverged[MOST_ROWS][MOST_COLUMNS]; } board;

static size_t place(const char **list, size_t *n, size_t most, const char *word)
{
    size_t i = 0;
    while (i < *n && strcmp(list[i], word)) i++;
    if (i == *n && *n < most) list[(*n)++] = dp_strdup(word);
    return i;
}

/* The first run of each place counts. */
static void take(void *to, const char *const *c)
{
    board *b = to;
    const size_t i = place(b->curve, &b->rows, MOST_ROWS, c[0]), k = place(b->x, &b->columns, MOST_COLUMNS, c[1]);
    if (i == MOST_ROWS || k == MOST_COLUMNS || b->run[i][k]) return;
    b->run[i][k] = strtol(c[2], NULL, 10) + 1, b->diverged[i][k] = !strcmp(c[3], "diverged");
}

/* The last samples-STEP.npy of a folder; an empty array when there is none. */
static void last_samples(dp_array *a, const char *folder)
{
    DIR *d = opendir(folder);
    long step, last = -1;
    for (const struct dirent *f; d && (f = readdir(d));)
        if (sscanf(f->d_name, "samples-%ld.npy", &step) == 1 && step > last) last = step;
    if (d) closedir(d);
    char *path = dp_format("%s/samples-%ld.npy", folder, last);
    if (last < 0 || dp_npy_read(a, path, NULL) || a->ndim != 2 || a->shape[1] != 2) dp_array_clear(a), *a = (dp_array){0};
    free(path);
}

/* A square window around the data, a tenth wider on each side. */
static void window_of(double w[3], const dp_array *y)
{
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    for (size_t i = 0; i < y->count; i++) low[i % 2] = fmin(low[i % 2], y->data[i]), high[i % 2] = fmax(high[i % 2], y->data[i]);
    const double side = 1.2 * fmax(high[0] - low[0], high[1] - low[1]);
    w[0] = (low[0] + high[0] - side) / 2, w[1] = (low[1] + high[1] - side) / 2, w[2] = side;
}

/* Counts over BINS x BINS boxes, as a matrix for gnuplot; points outside the window are not drawn. Returns how many are inside. */
static size_t put_counts(dp_picture *p, const char *name, const dp_array *a, const double w[3])
{
    double count[BINS][BINS] = {{0}};
    size_t inside = 0;
    FILE *f = dp_picture_file(p, name);
    for (size_t i = 0; i < a->count; i += 2) {
        const double u = (a->data[i] - w[0]) / w[2] * BINS, v = (a->data[i + 1] - w[1]) / w[2] * BINS;
        if (u >= 0 && u < BINS && v >= 0 && v < BINS) count[(int) v][(int) u]++, inside++;
    }
    for (int i = 0; i < BINS; i++)
        for (int k = 0; k < BINS; k++) fprintf(f, "%g%s", 2 * count[i][k] / (double) a->count, k + 1 < BINS ? "\t" : "\n");
    fclose(f);
    return inside;
}

static void put_panel(dp_picture *p, const board *b, size_t i, size_t k, const char *folders, double w[3])
{
    char *name = dp_format("cell-%zu-%zu.dat", i + 1, k + 1), *folder = dp_format("%s/%06ld", folders, (long) b->run[i][k] - 1), *data = dp_format("%s/data.npy", folder), *state = dp_format("state_%zu_%zu", i + 1, k + 1);
    dp_array a = {0}, y = {0};
    size_t inside = 0;
    if (b->run[i][k] && !b->diverged[i][k]) last_samples(&a, folder);
    if (a.count && !(w[2] > 0) && !dp_npy_read(&y, data, NULL)) window_of(w, &y), put_counts(p, "data.dat", &y, w);
    if (a.count && w[2] > 0) inside = put_counts(p, name, &a, w);
    char outside[32];
    snprintf(outside, sizeof outside, "%.3g %% outside", a.count ? 100 - 200.0 * (double) inside / (double) a.count : 0);
    dp_picture_text(p, state, !b->run[i][k] ? "none" : b->diverged[i][k] ? "diverged" : !(a.count && w[2] > 0) ? "not kept" : 4 * inside >= a.count ? "" : outside); /* said when it is more than half */
    dp_array_clear(&a), dp_array_clear(&y);
    free(name), free(folder), free(data), free(state);
}

static void put_list(dp_picture *p, const char *name, const char *const *list, size_t n)
{
    char *all = dp_strdup("");
    for (size_t i = 0; i < n; i++) {
        char *more = dp_format("%s%s%s", all, i ? " " : "", list[i]);
        free(all), all = more;
    }
    dp_picture_text(p, name, all);
    free(all);
}

dp_status dp_sweep_histograms(const char *picture, const char *table, const char *folders, const char *panel, const dp_sweep_axes *a, dp_error *e)
{
    board *b = dp_calloc(1, sizeof *b);
    dp_picture p;
    const dp_grid_answer none = {0};
    double w[3] = {0};
    if (strchr(panel, '\'')) return free(b), dp_fail(e, DP_EINPUT, "--panel %s: no such value of %s", panel, a->panels);
    dp_status status = dp_sweep_check_axes(table, a, e);
    char *q = dp_format("SELECT \"%s\", \"%s\", run, status FROM runs WHERE \"%s\" = '%s' AND \"%s\" IS NOT NULL AND \"%s\" IS NOT NULL ORDER BY run", a->curves, a->x, a->panels, panel, a->x, a->curves);
    if (!status) status = dp_sweep_select(take, b, table, q, e);
    if (!status && !b->rows) status = dp_fail(e, DP_EINPUT, "%s: no run with %s = %s", table, a->panels, panel);
    if (!status) status = dp_picture_open(&p, picture, &none, e);
    if (!status) {
        put_list(&p, "rows", b->curve, b->rows), put_list(&p, "columns", b->x, b->columns);
        dp_picture_text(&p, "axis", a->x), dp_picture_text(&p, "head", panel);
        for (size_t i = 0; i < b->rows; i++)
            for (size_t k = 0; k < b->columns; k++) put_panel(&p, b, i, k, folders, w);
        dp_picture_number(&p, "bins", BINS), dp_picture_number(&p, "there", w[2] > 0);
        status = dp_picture_close(&p, picture, "histograms.gp");
    }
    for (size_t i = 0; i < b->rows; i++) free((char *) (uintptr_t) b->curve[i]);
    for (size_t k = 0; k < b->columns; k++) free((char *) (uintptr_t) b->x[k]);
    free(b), free(q);
    return status;
}
