/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid_plane.c: the picture of a field in the plane: filled contours of a scalar, arrows of the velocity, p and q. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tool/grid_plot.h"

enum { ARROWS = 25 };

/* ---- the scalar ---- */

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
static void colours(dp_picture *p, double *s, const dp_frame *w)
{
    const slong nodes = w->n[0] * w->n[1];
    const int both = p->scalar && p->scalar->quantity & (DP_Q_CURL | DP_Q_DIVERGENCE | DP_Q_WEDGE);
    double lo = dp_quantile(s, nodes, p->scalar ? 0.002 : 0.01), hi = dp_quantile(s, nodes, p->scalar ? 0.998 : 1);
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
    dp_picture_surface(p, "scalar", s, w, lo, hi);
}

/* ---- arrows ---- */

/* Shares of the longest arrow, never too short to be seen: the square root of |V| where that tells most arrows apart, else the place of log |V| between the ends. */
typedef struct { int by_log; double low, high; } scale;

static double share(const scale *c, double log10_length)
{
    if (!c->by_log) return 0.2 + 0.8 * pow(10, (log10_length - c->high) / 2);
    return 0.3 + 0.7 * fmax(0, (log10_length - c->low) / fmax(c->high - c->low, 1e-9));
}

static scale scale_of(const dp_grid_values *velocity, const dp_frame *w, const slong stride[2])
{
    double v[3], *all = dp_malloc((size_t) (w->n[0] * w->n[1]) * sizeof *all);
    slong n = 0;
    for (slong j = dp_frame_first(w->n[1], stride[1]); j < w->n[1] - dp_frame_first(w->n[1], stride[1]); j += stride[1])
        for (slong i = dp_frame_first(w->n[0], stride[0]); i < w->n[0] - dp_frame_first(w->n[0], stride[0]); i += stride[0])
            if (dp_picture_vector(v, all + n, velocity, j * w->n[0] + i)) n++;
    scale c = {.low = n ? dp_quantile(all, n, 0.02) : 0, .high = n ? dp_quantile(all, n, 1) : 0};
    c.by_log = n && dp_quantile(all, n, 0.25) < c.high - 2;
    free(all);
    return c;
}

static void arrows(dp_picture *p, const dp_grid_values *velocity, const dp_frame *w)
{
    slong stride[2], absent = 0;
    double cell, v[3], r;
    dp_frame_strides(stride, &cell, w, ARROWS);
    const scale c = scale_of(velocity, w, stride);
    FILE *f = dp_picture_file(p, "arrows.dat");
    for (slong j = dp_frame_first(w->n[1], stride[1]); j < w->n[1] - dp_frame_first(w->n[1], stride[1]); j += stride[1])
        for (slong i = dp_frame_first(w->n[0], stride[0]); i < w->n[0] - dp_frame_first(w->n[0], stride[0]); i += stride[0]) {
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

void dp_picture_plane(dp_picture *p)
{
    const dp_grid_values *velocity = dp_gridfield_find(p->g->f, DP_Q_VELOCITY);
    const dp_frame w = dp_frame_of(&p->g->f->mesh);
    double *s = node_values(p, velocity, w.n[0] * w.n[1]);
    dp_picture_window(p, &w);
    colours(p, s, &w);
    arrows(p, velocity, &w);
    dp_picture_measure(p, "p", p->g->P->p, &w);
    dp_picture_measure(p, "q", p->g->P->q, &w);
    free(s);
}
