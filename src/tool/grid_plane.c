/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid_plane.c: the picture of a field in the plane: filled contours of a scalar, arrows of the velocity, p and q. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tool/grid_plot.h"

enum { PIXELS = 480, ARROWS = 25, DENSITY = 161 };

/* The window in doubles: nodes x0 + i dx, y0 + j dy. */
typedef struct { slong n[2]; double x0[2], dx[2], length; } frame;

static frame frame_of(const dp_mesh_t m)
{
    frame w = {.length = 0};
    for (int k = 0; k < 2; k++) {
        w.n[k] = m->n[k];
        w.x0[k] = dp_grid_coordinate(m->origin + k);
        w.dx[k] = dp_grid_coordinate(m->step + k);
        w.length = fmax(w.length, w.dx[k] * (double) (w.n[k] - 1));
    }
    return w;
}

/* ---- the scalar ---- */

static int compare(const void *a, const void *b)
{
    const double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

/* The share `part` of the finite values lies below the result. */
static double quantile(const double *v, slong n, double part)
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

/* What is shown at every node: the scalar, or log10 |V| where it is certain that V is not zero. */
static double *node_values(const dp_picture *p, const dp_grid_values *velocity, slong nodes)
{
    double *s = dp_malloc((size_t) nodes * sizeof *s), v[3];
    for (slong i = 0; i < nodes; i++) {
        if (p->scalar) s[i] = isfinite(p->scalar->rad[i]) ? p->scalar->mid[i] : NAN;
        else if (!dp_picture_vector(v, s + i, velocity, i)) s[i] = NAN;
    }
    return s;
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
static double between(const double *s, const frame *w, double u, double v)
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
static void pixels(slong n[2], const frame *w)
{
    for (int k = 0; k < 2; k++) {
        const double share = w->dx[k] * (double) (w->n[k] - 1) / w->length;
        n[k] = FLINT_MAX(2, (slong) ceil(PIXELS * share));
        if (w->n[k] > n[k]) n[k] = FLINT_MIN(w->n[k], 2 * PIXELS);
    }
}

/* Singles, row by row, with the geometry that gnuplot needs under the name `name`. */
static void put_matrix(dp_picture *p, const char *name, const float *m, const slong n[2], const frame *w)
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

static void put_scalar(dp_picture *p, const double *s, const frame *w, double lo, double hi)
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
    put_matrix(p, "scalar", m, n, w);
    free(m);
}

static const char *scalar_label(const dp_picture *p, char text[96])
{
    static const char *const words[] = {"velocity", "Jacobian", "curl of V", "divergence of V", "", "preconditioner η", "wedge ∇η∧∇S"};
    int i = 0;
    if (!p->scalar) {
        snprintf(text, 96, "log_{10} |V|,  V in units of %s", dp_picture_unit(p->g->drift, DP_Q_VELOCITY));
        return text;
    }
    while (p->scalar->quantity != 1u << i) i++;
    const char *unit = dp_picture_unit(p->g->drift, p->scalar->quantity);
    snprintf(text, 96, strcmp(unit, "1") ? "%s  [%s]" : "%s", p->scalar->quantity == DP_Q_POTENTIAL ? dp_picture_potential(p->g->drift, 0) : words[i], unit);
    return text;
}

/* Values beyond the bulk are shown by the colours at the ends, and the label says so. */
static void colours(dp_picture *p, double *s, const frame *w)
{
    const slong nodes = w->n[0] * w->n[1];
    const int both = p->scalar && p->scalar->quantity & (DP_Q_CURL | DP_Q_DIVERGENCE | DP_Q_WEDGE);
    double lo = quantile(s, nodes, p->scalar ? 0.002 : 0.01), hi = quantile(s, nodes, p->scalar ? 0.998 : 1);
    char label[96];
    if (!isfinite(lo)) lo = 0, hi = 1;
    if (both) hi = fmax(fabs(lo), fabs(hi)), lo = -hi;
    const double step = dp_picture_steps(&lo, &hi, both ? 16 : 14);
    for (slong i = 0; i < nodes; i++)
        if (!isnan(s[i])) s[i] = fmin(fmax(s[i], lo - step), hi + step);
    dp_picture_number(p, "low", lo);
    dp_picture_number(p, "high", hi);
    dp_picture_number(p, "step", step);
    dp_picture_number(p, "bands", round((hi - lo) / step));
    dp_picture_number(p, "two_sided", both);
    dp_picture_number(p, "sequence", p->scalar ? 1 : 0);
    dp_picture_text(p, "label", scalar_label(p, label));
    put_scalar(p, s, w, lo, hi);
}

/* ---- arrows ---- */

/* Strides that put arrows about as far apart along both axes; *cell is the distance. */
static void strides(slong stride[2], double *cell, const frame *w)
{
    *cell = HUGE_VAL;
    for (int k = 0; k < 2; k++) {
        stride[k] = FLINT_MAX(1, (slong) floor(w->length / ARROWS / w->dx[k] + 0.5));
        *cell = fmin(*cell, w->dx[k] * (double) stride[k]);
    }
    *cell = fmin(*cell, w->length / 14);
}

/* The first node with an arrow: the same margin at both ends, none on the frame itself where nodes are many. */
static slong first(slong n, slong stride)
{
    const slong rest = (n - 1) % stride;
    if (stride == 1) return n > 8;
    return rest > 1 ? rest / 2 : (rest + stride) / 2;
}

/* Shares of the longest arrow, never too short to be seen: the square root of |V| where that tells most arrows apart, else the place of log |V| between the ends. */
typedef struct { int by_log; double low, high; } scale;

static double share(const scale *c, double log10_length)
{
    if (!c->by_log) return 0.2 + 0.8 * pow(10, (log10_length - c->high) / 2);
    return 0.3 + 0.7 * fmax(0, (log10_length - c->low) / fmax(c->high - c->low, 1e-9));
}

static scale scale_of(const dp_grid_values *velocity, const frame *w, const slong stride[2])
{
    double v[3], *all = dp_malloc((size_t) (w->n[0] * w->n[1]) * sizeof *all);
    slong n = 0;
    for (slong j = first(w->n[1], stride[1]); j < w->n[1] - first(w->n[1], stride[1]); j += stride[1])
        for (slong i = first(w->n[0], stride[0]); i < w->n[0] - first(w->n[0], stride[0]); i += stride[0])
            if (dp_picture_vector(v, all + n, velocity, j * w->n[0] + i)) n++;
    scale c = {.low = n ? quantile(all, n, 0.02) : 0, .high = n ? quantile(all, n, 1) : 0};
    c.by_log = n && quantile(all, n, 0.25) < c.high - 2;
    free(all);
    return c;
}

static void arrows(dp_picture *p, const dp_grid_values *velocity, const frame *w)
{
    slong stride[2], absent = 0;
    double cell, v[3], r;
    strides(stride, &cell, w);
    const scale c = scale_of(velocity, w, stride);
    FILE *f = dp_picture_file(p, "arrows.dat");
    for (slong j = first(w->n[1], stride[1]); j < w->n[1] - first(w->n[1], stride[1]); j += stride[1])
        for (slong i = first(w->n[0], stride[0]); i < w->n[0] - first(w->n[0], stride[0]); i += stride[0]) {
            if (!dp_picture_vector(v, &r, velocity, j * w->n[0] + i)) {
                absent++;
                continue;
            }
            const double size = 0.92 * cell * share(&c, r), x = w->x0[0] + w->dx[0] * (double) i, y = w->x0[1] + w->dx[1] * (double) j;
            fprintf(f, "%.10g %.10g %.10g %.10g\n", x - size * v[0] / 2, y - size * v[1] / 2, size * v[0], size * v[1]);
        }
    fclose(f);
    char *note = dp_format("Arrow length grows with %s; longest: |V| = %.3g.%s", c.by_log ? "log |V|" : "√|V|", pow(10, c.high),
                           !absent ? "" : p->scalar ? "  No arrow: |V| within its bound of 0." : "  Grey: |V| within its bound of 0.");
    dp_picture_text(p, "note", note);
    dp_picture_number(p, "cell", cell);
    free(note);
}

/* ---- p and q ---- */

static void measure(dp_picture *p, const char *name, const dp_measure_t m, const frame *w)
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

void dp_picture_plane(dp_picture *p)
{
    const dp_grid_values *velocity = dp_gridfield_find(p->g->f, DP_Q_VELOCITY);
    const frame w = frame_of(&p->g->f->mesh);
    double *s = node_values(p, velocity, w.n[0] * w.n[1]);
    static const char *const names[] = {"x0", "x1", "y0", "y1"};
    for (int k = 0; k < 2; k++) {
        dp_picture_number(p, names[2 * k], w.x0[k]);
        dp_picture_number(p, names[2 * k + 1], w.x0[k] + w.dx[k] * (double) (w.n[k] - 1));
    }
    colours(p, s, &w);
    arrows(p, velocity, &w);
    measure(p, "p", p->g->P->p, &w);
    measure(p, "q", p->g->P->q, &w);
    free(s);
}
