/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid_line.c: the picture of a field on a line: the measures, the velocity with a zero line, its size on a logarithmic scale. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tool/grid_plot.h"

enum { POINTS = 4000, DENSITY = 801 };

/* Columns: x, V, V - bound, V + bound, log10 |V| where V > 0, where V < 0, the scalar. */
static void curves(dp_picture *p, double x0, double dx, slong n)
{
    const dp_grid_values *velocity = dp_gridfield_find(p->g->f, DP_Q_VELOCITY);
    const slong stride = (n + POINTS - 1) / POINTS;
    double v[3], r, low = HUGE_VAL, high = -HUGE_VAL;
    int signs[2] = {0, 0};
    FILE *f = dp_picture_file(p, "curves.dat");
    for (slong i = 0; i < n; i += stride) {
        const int sure = dp_picture_vector(v, &r, velocity, i);
        const double y = velocity->mid[i], e = velocity->rad[i];
        if (sure) low = fmin(low, r), high = fmax(high, r), signs[v[0] > 0] = 1;
        fprintf(f, "%.17g\t%.17g\t%.17g\t%.17g\t", x0 + dx * (double) i, y, y - e, y + e);
        if (sure) fprintf(f, v[0] > 0 ? "%.10g\tNaN\t" : "NaN\t%.10g\t", r);
        else fputs("NaN\tNaN\t", f);
        if (p->scalar && isfinite(p->scalar->rad[i])) fprintf(f, "%.17g\n", p->scalar->mid[i]);
        else fputs("NaN\n", f);
    }
    fclose(f);
    dp_picture_number(p, "leftward", signs[0]);
    dp_picture_number(p, "rightward", signs[1]);
    if (!(low < high)) low = high = isfinite(low) ? low : 0;
    dp_picture_number(p, "low", low < high ? low : low - 1);
    dp_picture_number(p, "high", low < high ? high : high + 1);
    const int decades = high - low >= 2;
    const double step = dp_picture_steps(&low, &high, 7);
    dp_picture_number(p, "step", decades ? fmax(1, step) : step);
}

/* Densities over their largest value, so that p and q can be told apart at a glance whatever their widths. */
void dp_picture_measure_line(dp_picture *p, const char *name, const dp_measure_t m, double x0, double x1)
{
    char *file = dp_format("%s.dat", name), *marks = dp_format("%s_marks.dat", name), *has = dp_format("%s_has_marks", name), *density = dp_format("%s_top", name);
    double d[DENSITY], top = 0;
    FILE *f = dp_picture_file(p, file);
    for (int i = 0; i < DENSITY; i++) {
        const double x = x0 + (x1 - x0) * i / (DENSITY - 1);
        d[i] = dp_picture_density(m, &x);
        if (isfinite(d[i])) top = fmax(top, d[i]);
    }
    for (int i = 0; i < DENSITY; i++) fprintf(f, "%.17g\t%.8g\n", x0 + (x1 - x0) * i / (DENSITY - 1), top > 0 ? d[i] / top : 0);
    fclose(f);
    f = dp_picture_file(p, marks);
    dp_picture_number(p, has, dp_picture_marks(f, m, (x1 - x0) / 400) > 0);
    fclose(f);
    dp_picture_number(p, density, top);
    free(file);
    free(marks);
    free(has);
    free(density);
}

void dp_picture_line(dp_picture *p)
{
    static const char *const words[] = {"", "", "", "V'", "", "η", ""};
    const dp_mesh_struct *m = &p->g->f->mesh;
    const double x0 = dp_nearest_d(m->origin), dx = dp_nearest_d(m->step), x1 = x0 + dx * (double) (m->n[0] - 1);
    int i = 0;
    dp_picture_number(p, "x0", x0);
    dp_picture_number(p, "x1", x1);
    dp_picture_text(p, "unit", dp_picture_unit(p->g->drift, DP_Q_VELOCITY));
    while (p->scalar && p->scalar->quantity != 1u << i) i++;
    const char *word = p->scalar && p->scalar->quantity == DP_Q_POTENTIAL ? dp_picture_potential(p->g->drift, 1) : words[i];
    char *label = p->scalar ? dp_format("%s  [%s]", word, dp_picture_unit(p->g->drift, p->scalar->quantity)) : dp_strdup("");
    dp_picture_text(p, "label", label);
    free(label);
    curves(p, x0, dx, m->n[0]);
    dp_picture_measure_line(p, "p", p->g->P->p, x0, x1);
    dp_picture_measure_line(p, "q", p->g->P->q, x0, x1);
}
