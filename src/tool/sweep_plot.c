/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sweep_plot.c: a metric of a sweep against one of its axes, median and quartiles over seeds. */
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tool/grid_plot.h"
#include "tool/sweep_plot.h"
#include "train/sweep.h"

enum { MOST_WORDS = 64 };

/* Words in the order in which they come up. */
typedef struct { size_t n; char *word[MOST_WORDS]; } words;

static size_t find(words *w, const char *word)
{
    size_t i = 0;
    while (i < w->n && strcmp(w->word[i], word)) i++;
    if (i == w->n && w->n < MOST_WORDS) w->word[w->n++] = dp_strdup(word);
    return i;
}

static void words_clear(words *w)
{
    for (size_t i = 0; i < w->n; i++) free(w->word[i]);
}

/* One run. */
typedef struct { size_t panel, curve; double x, value, floor; int diverged; } point;
typedef struct { words panels, curves; size_t n, room; point *p; } points;

static double number(const char *text)
{
    fmpq_t q;
    double v = NAN;
    fmpq_init(q);
    if (text && dp_fmpq_set_text(q, text)) v = fmpq_get_d(q);
    else if (text) v = strtod(text, NULL);
    fmpq_clear(q);
    return v;
}

static void take(void *to, const char *const *c)
{
    points *t = to;
    if (t->n == t->room) t->room = 2 * t->room + 64, t->p = dp_realloc(t->p, sizeof(point) * t->room);
    point *p = t->p + t->n;
    *p = (point){find(&t->panels, c[0]), find(&t->curves, c[1]), number(c[2]), number(c[3]), number(c[4]), !strcmp(c[5], "diverged")};
    t->n += p->panel < MOST_WORDS && p->curve < MOST_WORDS && isfinite(p->x);
}

static int by_place(const void *p, const void *q)
{
    const point *a = p, *b = q;
    if (a->panel != b->panel) return a->panel < b->panel ? -1 : 1;
    if (a->curve != b->curve) return a->curve < b->curve ? -1 : 1;
    return a->x < b->x ? -1 : a->x > b->x;
}

static int ascending(const void *p, const void *q)
{
    const double a = *(const double *) p, b = *(const double *) q;
    return a < b ? -1 : a > b;
}

/* Of sorted numbers, linear between them; NaN: there are none. */
static double quantile(const double *v, size_t n, double part) { return n ? gsl_stats_quantile_from_sorted_data(v, 1, n, part) : NAN; }

/* What the axes must hold: positive numbers, as both are logarithmic. */
typedef struct { double first, last, low, high; } range;

static void widen(range *r, double x, double y)
{
    if (x > 0) r->first = fmin(r->first, x), r->last = fmax(r->last, x);
    if (y > 0) r->low = fmin(r->low, y), r->high = fmax(r->high, y);
}

/* Lines "x median lower upper runs diverged" of one panel and curve. */
static void put_curve(FILE *f, range *r, const point *p, size_t n)
{
    double *v = dp_malloc(sizeof(double) * (n + 1));
    for (size_t i = 0, j; i < n; i = j) {
        size_t count = 0, diverged = 0;
        for (j = i; j < n && p[j].x == p[i].x; j++) {
            diverged += p[j].diverged != 0;
            if (!p[j].diverged && isfinite(p[j].value)) v[count++] = p[j].value;
        }
        qsort(v, count, sizeof(double), ascending);
        widen(r, p[i].x, quantile(v, count, 0.5));
        fprintf(f, "%.17g\t%.17g\t%.17g\t%.17g\t%zu\t%zu\n", p[i].x, quantile(v, count, 0.5), quantile(v, count, 0.25), quantile(v, count, 0.75), count, diverged);
    }
    free(v);
}

static double floor_of(const points *t, size_t panel)
{
    double *v = dp_malloc(sizeof(double) * (t->n + 1));
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++)
        if (t->p[i].panel == panel && isfinite(t->p[i].floor)) v[n++] = t->p[i].floor;
    qsort(v, n, sizeof(double), ascending);
    const double median = quantile(v, n, 0.5);
    free(v);
    return median;
}

static void put_words(dp_picture *p, const char *name, const words *w)
{
    char *all = dp_strdup("");
    for (size_t i = 0; i < w->n; i++) {
        char *more = dp_format("%s%s%s", all, i ? " " : "", w->word[i]);
        free(all), all = more;
    }
    dp_picture_text(p, name, all);
    free(all);
}

/* curve-PANEL-CURVE.dat, and one file for each panel with its floor. */
static void put_points(dp_picture *p, points *t)
{
    range r = {INFINITY, 0, INFINITY, 0};
    qsort(t->p, t->n, sizeof(point), by_place);
    for (size_t i = 0; i < t->panels.n; i++) {
        for (size_t k = 0; k < t->curves.n; k++) {
            char *name = dp_format("curve-%zu-%zu.dat", i + 1, k + 1);
            FILE *f = dp_picture_file(p, name);
            size_t from = 0, to;
            while (from < t->n && (t->p[from].panel != i || t->p[from].curve != k)) from++;
            for (to = from; to < t->n && t->p[to].panel == i && t->p[to].curve == k;) to++;
            fputs("NaN\tNaN\tNaN\tNaN\t0\t0\n", f);
            put_curve(f, &r, t->p + from, to - from);
            fclose(f), free(name);
        }
        char *name = dp_format("floor_%zu", i + 1);
        dp_picture_number(p, name, floor_of(t, i)), widen(&r, 0, floor_of(t, i));
        free(name);
    }
    dp_picture_number(p, "first", r.last > 0 ? r.first : 1), dp_picture_number(p, "last", r.last > 0 ? r.last : 1);
    dp_picture_number(p, "low", r.high > 0 ? r.low : 1), dp_picture_number(p, "high", r.high > 0 ? r.high : 1);
}

/* ---- columns ---- */

static void take_name(void *to, const char *const *c) { find(to, c[0]); }

/* All columns of `runs`; every axis and the metric must be among them (SQL would take another name in quotes for a text). */
static dp_status columns(words *w, const char *table, const dp_sweep_axes *a, dp_error *e)
{
    const char *const wanted[] = {a->x, a->curves, a->panels, a->metric};
    dp_status status = dp_sweep_select(take_name, w, table, "SELECT name FROM pragma_table_info('runs')", e);
    for (size_t k = 0; !status && k < 4; k++) {
        size_t i = 0;
        while (i < w->n && strcmp(w->word[i], wanted[k])) i++;
        if (i == w->n) status = dp_fail(e, DP_EINPUT, "%s: no column '%s' (--axes X,CURVES,PANELS and --metric name columns)", table, wanted[k]);
    }
    return status;
}

dp_status dp_sweep_check_axes(const char *table, const dp_sweep_axes *a, dp_error *e)
{
    words w = {0};
    const dp_status status = columns(&w, table, a, e);
    words_clear(&w);
    return status;
}

static char *query(const char *table, const dp_sweep_axes *a, dp_error *e)
{
    words w = {0};
    const dp_status status = columns(&w, table, a, e);
    char *floor = dp_format("floor_%s", a->metric);
    size_t i = 0;
    while (i < w.n && strcmp(w.word[i], floor)) i++;
    char *q = status ? NULL : dp_format("SELECT \"%s\", \"%s\", \"%s\", \"%s\", %s, status FROM runs WHERE \"%s\" IS NOT NULL AND \"%s\" IS NOT NULL AND \"%s\" IS NOT NULL "
                                        "AND status IN ('done', 'diverged') ORDER BY run", a->panels, a->curves, a->x, a->metric, i < w.n ? floor : "NULL", a->panels, a->curves, a->x);
    free(floor);
    words_clear(&w);
    return q;
}

dp_status dp_sweep_plot(const char *picture, const char *table, const dp_sweep_axes *a, dp_error *e)
{
    points t = {.n = 0};
    dp_picture p;
    const dp_grid_answer none = {0};
    char *q = query(table, a, e);
    dp_status status = q ? dp_sweep_select(take, &t, table, q, e) : e->status;
    if (!status && t.n == 0) status = dp_fail(e, DP_EINPUT, "%s: no run that is done has a value on the axis %s", table, a->x);
    if (!status) status = dp_picture_open(&p, picture, &none, e);
    if (!status) {
        put_words(&p, "panels", &t.panels), put_words(&p, "curves", &t.curves);
        dp_picture_text(&p, "metric", a->metric), dp_picture_text(&p, "axis", a->x);
        put_points(&p, &t);
        status = dp_picture_close(&p, picture, "sweep.gp");
    }
    words_clear(&t.panels), words_clear(&t.curves);
    free(t.p), free(q);
    return status;
}
