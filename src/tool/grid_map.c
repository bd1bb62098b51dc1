/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid_map.c: `driftproof field --grid --drift A,B,...`: where several drifts point and how large they are, side by side. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "claim/claim.h"
#include "tool/grid_plot.h"
#include "tool/share.h"
#include "tool/window.h"

enum { MOST = 6, DIGITS = 10, ARROWS = 13, LINE_ARROWS = 31, POINTS = 2000 };

/* One drift of the map: its field, and for every node the direction of V and log10 |V| with V as a displacement (fields that are gradients
   of something without unit are multiplied by h^2). */
typedef struct {
    char *name;
    dp_gridfield *f;
    double *size;      /* NAN where |V| is within its bound of 0 */
    double largest, median;
    slong zeros;
} layer;

typedef struct { dp_grid_answer g; int n; layer layer[MOST]; } map;

static void read_drifts(map *m, const char *text)
{
    char *copy = dp_strdup(text), *rest = copy;
    for (char *word; (word = rest); m->n++) {
        rest = strchr(word, ',');
        if (rest) *rest++ = '\0';
        if (m->n == MOST) dp_usage_error("--drift: at most %d drifts in one map", MOST);
        if (!dp_drift_find(word)) dp_usage_error("--drift %s: unknown drift", word);
        m->layer[m->n] = (layer) {.name = dp_strdup(word)};
    }
    free(copy);
}

static void check(const dp_args *a, const map *m)
{
    const char *plot = dp_args_value(a, "plot");
    static const char *const single[] = {"output", "json", "quantity", "energy"};
    for (size_t i = 0; i < sizeof single / sizeof *single; i++)
        if (dp_args_flag(a, single[i])) dp_usage_error("--%s takes one drift; several make a map: a picture (--plot) and a table of sizes", single[i]);
    if (plot) dp_grid_check_plot(plot, m->g.P->dim);
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

static void measure_layer(layer *l, const dp_problem *P)
{
    const dp_grid_values *velocity = dp_gridfield_find(l->f, DP_Q_VELOCITY);
    const slong nodes = dp_mesh_nodes(&l->f->mesh);
    const double unit = dp_grid_length_power(l->name, DP_Q_VELOCITY) == -1 ? 2 * log10(fmpq_get_d(dp_window_length(P))) : 0;
    double v[3], *sorted = dp_malloc((size_t) nodes * sizeof *sorted);
    slong n = 0;
    l->size = dp_malloc((size_t) nodes * sizeof *l->size);
    for (slong i = 0; i < nodes; i++) {
        if (dp_picture_vector(v, l->size + i, velocity, i)) sorted[n++] = l->size[i] += unit;
        else l->size[i] = NAN;
    }
    qsort(sorted, (size_t) n, sizeof *sorted, compare);
    l->zeros = nodes - n, l->largest = n ? sorted[n - 1] : NAN, l->median = n ? sorted[n / 2] : NAN;
    free(sorted);
}

static dp_status evaluate(map *m, const dp_args *a, const dp_mesh_t mesh, dp_error *e)
{
    const slong digits = dp_args_integer(a, "digits", 1, 100000, DIGITS);
    const int threads = (int) dp_args_integer(a, "threads", 1, 4096, dp_cores());
    dp_status status = DP_OK;
    for (int k = 0; k < m->n && !status; k++) {
        layer *l = m->layer + k;
        status = dp_gridfield_eval(&l->f, m->g.P, l->name, mesh, DP_Q_VELOCITY, digits, m->g.tier, threads, e);
        if (!status && !dp_gridfield_find(l->f, DP_Q_VELOCITY)) status = dp_fail(e, DP_EUNSUPPORTED, "%s: no velocity on this mesh: %s", l->name, l->f->note);
        if (!status) measure_layer(l, m->g.P);
    }
    return status;
}

/* ---- the table ---- */

static void put_size(double log10_size)
{
    if (isnan(log10_size)) printf("  %10s", "-");
    else printf("  10^%-7.2f", log10_size);
}

static void table(const map *m, const dp_mesh_t mesh)
{
    printf("%s on %ld nodes; V in units of length (fields per length are multiplied by h^2)\n", m->g.P->name, (long) dp_mesh_nodes(mesh));
    printf("%-20s  %-10s  %-10s  %s\n", "drift", "largest", "median", "nodes where V may be 0");
    for (int k = 0; k < m->n; k++) {
        const layer *l = m->layer + k;
        printf("%-20s", l->name);
        put_size(l->largest), put_size(l->median);
        printf("  %ld%s\n", (long) l->zeros, dp_gridfield_find(l->f, DP_Q_VELOCITY)->estimated ? "   (bounds are estimates)" : "");
    }
}

/* ---- the picture ---- */

/* One range of log10 |V| for all. */
static void range(dp_picture *p, const map *m)
{
    double lo = HUGE_VAL, hi = -HUGE_VAL;
    for (int k = 0; k < m->n; k++) {
        const double low = dp_quantile(m->layer[k].size, dp_mesh_nodes(&m->layer[k].f->mesh), 0.01);
        if (!isnan(low)) lo = fmin(lo, low), hi = fmax(hi, m->layer[k].largest);
    }
    if (!(lo <= hi)) lo = 0, hi = 1;
    const double step = fmax(hi - lo > 4 ? 1 : 0, dp_picture_steps(&lo, &hi, 14));
    dp_picture_number(p, "low", lo);
    dp_picture_number(p, "high", hi);
    dp_picture_number(p, "step", step);
}

static void names(dp_picture *p, const map *m)
{
    dp_picture_number(p, "panels", m->n);
    for (int k = 0; k < m->n; k++) {
        const layer *l = m->layer + k;
        char *key = dp_format("name%d", k + 1), *text = isnan(l->largest) ? dp_format("%s: 0 within bounds", l->name) : dp_format("%s: largest 10^{%.1f}", l->name, l->largest);
        dp_picture_text(p, key, text);
        free(key);
        free(text);
    }
}

static FILE *numbered(dp_picture *p, const char *stem, int k)
{
    char *name = dp_format("%s%d.dat", stem, k + 1);
    FILE *f = dp_picture_file(p, name);
    free(name);
    return f;
}

/* Directions only: all arrows of one length. */
static void plane_arrows(dp_picture *p, const layer *l, int k, const dp_frame *w)
{
    const dp_grid_values *velocity = dp_gridfield_find(l->f, DP_Q_VELOCITY);
    slong stride[2];
    double cell, v[3], r;
    FILE *f = numbered(p, "arrows", k);
    dp_frame_strides(stride, &cell, w, ARROWS);
    for (slong j = dp_frame_first(w->n[1], stride[1]); j < w->n[1] - dp_frame_first(w->n[1], stride[1]); j += stride[1])
        for (slong i = dp_frame_first(w->n[0], stride[0]); i < w->n[0] - dp_frame_first(w->n[0], stride[0]); i += stride[0]) {
            if (!dp_picture_vector(v, &r, velocity, j * w->n[0] + i)) continue;
            const double size = 0.7 * cell, x = w->x0[0] + w->dx[0] * (double) i, y = w->x0[1] + w->dx[1] * (double) j;
            fprintf(f, "%.10g %.10g %.10g %.10g\n", x - size * v[0] / 2, y - size * v[1] / 2, size * v[0], size * v[1]);
        }
    fclose(f);
    dp_picture_number(p, "cell", cell);
}

static void plane(dp_picture *p, const map *m)
{
    const dp_frame w = dp_frame_of(&m->layer[0].f->mesh);
    dp_picture_window(p, &w);
    for (int k = 0; k < m->n; k++) {
        char *name = dp_format("scalar%d", k + 1);
        dp_picture_surface(p, name, m->layer[k].size, &w, -HUGE_VAL, HUGE_VAL);
        plane_arrows(p, m->layer + k, k, &w);
        free(name);
    }
    dp_picture_measure(p, "p", m->g.P->p, &w);
    dp_picture_measure(p, "q", m->g.P->q, &w);
}

/* curves<k>.dat: x, log10 |V| where V > 0, where V < 0. signs<k>.dat: x, row, +-1 for arrows. */
static void line_layer(dp_picture *p, const layer *l, int k, double x0, double dx)
{
    const dp_grid_values *velocity = dp_gridfield_find(l->f, DP_Q_VELOCITY);
    const slong n = l->f->mesh.n[0], stride = (n + POINTS - 1) / POINTS, apart = FLINT_MAX(1, n / LINE_ARROWS);
    double v[3], r;
    FILE *f = numbered(p, "curves", k), *signs = numbered(p, "signs", k);
    for (slong i = 0; i < n; i++) {
        const double x = x0 + dx * (double) i;
        const int sure = dp_picture_vector(v, &r, velocity, i);
        if (i % stride == 0 && !sure) fprintf(f, "%.17g\tNaN\tNaN\n", x);
        else if (i % stride == 0) fprintf(f, v[0] > 0 ? "%.17g\t%.10g\tNaN\n" : "%.17g\tNaN\t%.10g\n", x, l->size[i]);
        if (sure && i % apart == apart / 2) fprintf(signs, "%.17g\t%d\t%.10g\n", x, k + 1, v[0] * dx * (double) apart);
    }
    fclose(f);
    fclose(signs);
}

static void line(dp_picture *p, const map *m)
{
    const dp_mesh_struct *mesh = &m->layer[0].f->mesh;
    const double x0 = dp_nearest_d(mesh->origin), dx = dp_nearest_d(mesh->step), x1 = x0 + dx * (double) (mesh->n[0] - 1);
    dp_picture_number(p, "x0", x0);
    dp_picture_number(p, "x1", x1);
    for (int k = 0; k < m->n; k++) line_layer(p, m->layer + k, k, x0, dx);
    dp_picture_measure_line(p, "p", m->g.P->p, x0, x1);
    dp_picture_measure_line(p, "q", m->g.P->q, x0, x1);
}

static dp_status picture(const char *path, const map *m, dp_error *e)
{
    dp_picture p;
    const dp_status status = dp_picture_open(&p, path, &m->g, e);
    if (status) return status;
    dp_picture_title(&p, "log |V| and direction");
    range(&p, m);
    names(&p, m);
    if (m->g.P->dim == 1) line(&p, m);
    else plane(&p, m);
    return dp_picture_close(&p, path, m->g.P->dim == 1 ? "map-line.gp" : "map-plane.gp");
}

static void clear(map *m)
{
    for (int k = 0; k < m->n; k++) {
        free(m->layer[k].name);
        free(m->layer[k].size);
        dp_gridfield_free(m->layer[k].f);
    }
}

int dp_field_map(const dp_args *a, const char *drifts)
{
    const char *plot = dp_args_value(a, "plot");
    dp_problem *P;
    dp_error e = {0};
    dp_mesh_t mesh;
    map m = {.g = {.drift = drifts, .tier = dp_grid_tier(a)}};
    read_drifts(&m, drifts);
    dp_status status = dp_field_case(&P, a, &e);
    if (status) return dp_say_failure(&e);
    m.g.P = P;
    check(a, &m);
    dp_window_mesh(mesh, P, dp_args_value(a, "grid"), dp_args_value(a, "window"));
    status = evaluate(&m, a, mesh, &e);
    if (!status && plot) status = picture(plot, &m, &e);
    if (!status && !dp_args_flag(a, "quiet")) table(&m, mesh);
    clear(&m);
    dp_mesh_clear(mesh);
    dp_problem_free(P);
    return status ? dp_say_failure(&e) : EXIT_EXPECTED;
}
