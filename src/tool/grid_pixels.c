/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid_pixels.c: from nodes to pixels: the window in doubles, surfaces through nodes, densities, and where arrows stand. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tool/grid_plot.h"

enum { PIXELS = 480, DENSITY = 161 };

dp_frame dp_frame_of(const dp_mesh_t m)
{
    dp_frame w = {.length = 0};
    for (int k = 0; k < 2; k++) {
        w.n[k] = m->n[k];
        w.x0[k] = dp_nearest_d(m->origin + k);
        w.dx[k] = dp_nearest_d(m->step + k);
        w.length = fmax(w.length, w.dx[k] * (double) (w.n[k] - 1));
    }
    return w;
}

void dp_picture_window(dp_picture *p, const dp_frame *w)
{
    static const char *const names[] = {"x0", "x1", "y0", "y1"};
    for (int k = 0; k < 2; k++) {
        dp_picture_number(p, names[2 * k], w->x0[k]);
        dp_picture_number(p, names[2 * k + 1], w->x0[k] + w->dx[k] * (double) (w->n[k] - 1));
    }
}

void dp_frame_strides(slong stride[2], double *cell, const dp_frame *w, int arrows)
{
    *cell = HUGE_VAL;
    for (int k = 0; k < 2; k++) {
        stride[k] = FLINT_MAX(1, (slong) floor(w->length / arrows / w->dx[k] + 0.5));
        *cell = fmin(*cell, w->dx[k] * (double) stride[k]);
    }
    *cell = fmin(*cell, w->length / 14);
}

slong dp_frame_first(slong n, slong stride)
{
    const slong rest = (n - 1) % stride;
    if (stride == 1) return n > 8;
    return rest > 1 ? rest / 2 : (rest + stride) / 2;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

double dp_quantile(const double *v, slong n, double part)
{
    double *sorted = dp_malloc((size_t) n * sizeof *sorted), q = NAN;
    slong count = 0;
    for (slong i = 0; i < n; i++)
        if (isfinite(v[i])) sorted[count++] = v[i];
    qsort(sorted, (size_t) count, sizeof *sorted, compare);
    if (count) q = sorted[(slong) (part * (double) (count - 1))];
    free(sorted);
    return q;
}

/* Catmull-Rom between the values b and c. */
static double cubic(double a, double b, double c, double d, double t)
{
    if (!isfinite(a)) a = b;
    if (!isfinite(d)) d = c;
    return b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}

static slong clamp(slong i, slong n)
{
    return i < 0 ? 0 : i >= n ? n - 1 : i;
}

/* The surface through the nodes at (u, v) in steps from the first node. */
static double between(const double *s, const dp_frame *w, double u, double v)
{
    const slong i = clamp((slong) floor(u), w->n[0] - 1), j = clamp((slong) floor(v), w->n[1] - 1);
    double row[4];
    for (slong b = 0; b < 4; b++) {
        const double *line = s + clamp(j + b - 1, w->n[1]) * w->n[0];
        row[b] = cubic(line[clamp(i - 1, w->n[0])], line[i], line[clamp(i + 1, w->n[0])], line[clamp(i + 2, w->n[0])], u - (double) i);
    }
    return cubic(row[0], row[1], row[2], row[3], v - (double) j);
}

/* Pixels along each axis: as many as nodes, or more when there are few. */
static void pixels(slong n[2], const dp_frame *w)
{
    for (int k = 0; k < 2; k++) {
        const double share = w->dx[k] * (double) (w->n[k] - 1) / w->length;
        n[k] = FLINT_MAX(2, (slong) ceil(PIXELS * share));
        if (w->n[k] > n[k]) n[k] = FLINT_MIN(w->n[k], 2 * PIXELS);
    }
}

/* Singles, row by row, with the geometry that gnuplot needs under the name `name`. */
static void put_matrix(dp_picture *p, const char *name, const float *m, const slong n[2], const dp_frame *w)
{
    static const char axis[] = "xy";
    char *file = dp_format("%s.bin", name);
    FILE *f = dp_picture_file(p, file);
    fwrite(m, sizeof *m, (size_t) (n[0] * n[1]), f);
    fclose(f);
    free(file);
    for (int k = 0; k < 2; k++) {
        fprintf(p->settings, "%s_n%c = %ld\n", name, axis[k], (long) n[k]);
        char *step = dp_format("%s_d%c", name, axis[k]);
        dp_picture_number(p, step, w->dx[k] * (double) (w->n[k] - 1) / (double) (n[k] - 1));
        free(step);
    }
}

void dp_picture_surface(dp_picture *p, const char *name, const double *s, const dp_frame *w, double lo, double hi)
{
    slong n[2];
    pixels(n, w);
    float *m = dp_malloc((size_t) (n[0] * n[1]) * sizeof *m);
    for (slong j = 0; j < n[1]; j++)
        for (slong i = 0; i < n[0]; i++) {
            const double u = (double) (i * (w->n[0] - 1)) / (double) (n[0] - 1), v = (double) (j * (w->n[1] - 1)) / (double) (n[1] - 1);
            const double value = between(s, w, u, v);
            m[j * n[0] + i] = isfinite(value) ? (float) fmin(fmax(value, lo), hi) : NAN;
        }
    put_matrix(p, name, m, n, w);
    free(m);
}

void dp_picture_measure(dp_picture *p, const char *name, const dp_measure_t m, const dp_frame *w)
{
    char *marks = dp_format("%s_marks.dat", name), *has = dp_format("%s_has_marks", name), *levels = dp_format("%s_top", name);
    const slong n[2] = {DENSITY, DENSITY};
    float *d = dp_malloc(DENSITY * DENSITY * sizeof *d), top = 0;
    for (slong j = 0; j < n[1]; j++)
        for (slong i = 0; i < n[0]; i++) {
            const double x[2] = {w->x0[0] + w->dx[0] * (double) (w->n[0] - 1) * (double) i / (DENSITY - 1),
                                 w->x0[1] + w->dx[1] * (double) (w->n[1] - 1) * (double) j / (DENSITY - 1)};
            d[j * DENSITY + i] = (float) dp_picture_density(m, x);
            top = FLINT_MAX(top, d[j * DENSITY + i]);
        }
    FILE *f = dp_picture_file(p, marks);
    dp_picture_number(p, has, dp_picture_marks(f, m, w->length / 150) > 0);
    fclose(f);
    put_matrix(p, name, d, n, w);
    dp_picture_number(p, levels, isfinite(top) ? (double) top : 0);
    free(d);
    free(marks);
    free(has);
    free(levels);
}
