/* SPDX-License-Identifier: GPL-3.0-or-later */
/* figures.c: the numbers that figures show, written from the records to figures/ *.dat, and gnuplot, which draws them. */
#include "report/command.h"
#include "report/face.h"
#include "report/number.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const dp_figure dp_figures[] = {
    {"digits", "Certain digits of every claim",
     "Certain digits of every claim over all cases, from the weakest to the strongest piece of evidence. Identities: digits to which the two "
     "sides agree. Inequalities: certain significant digits of the difference of the sides. Exact evidence is left out.", 0},
    {"sizes", "Sizes of the drifts at the overcrowded mode",
     "Two modes at distance D: size of each drift's velocity at +D/2, in bandwidths h, on a logarithmic scale; one mark a case. Displacement units; "
     "smoothed KL and MMD are multiplied by h\xC2\xB2.", 0},
    {"seconds", "Seconds per claim",
     "Time of every claim over all cases: its checks and its sabotaged twins, one thread each.", 1},
    {NULL, NULL, NULL, 0}
};

/* Letters, digits and harmless signs: labels pass through gnuplot and LaTeX as they are. */
static void label(FILE *f, const char *text)
{
    char *word = dp_safe_word(text, ".+() ");
    fputs(word, f);
    free(word);
}

/* ---- data ---- */

/* Two columns for one kind of evidence of a claim: fewest and most certain digits; returns 1 when there was any that is not exact. */
static int digits_columns(FILE *f, const dp_view_claim *c, int identities)
{
    slong low = DP_NUMBER_EXACT, high = -1;
    for (slong i = 0; i < c->nrecords; i++)
        for (slong j = 0; j < c->record[i]->nevidence; j++) {
            const dp_evidence *e = &c->record[i]->evidence[j];
            slong k = dp_view_digits(c->record[i], e);
            if ((e->relation != NULL && strcmp(e->relation, "==") == 0) != identities || k == DP_NUMBER_EXACT || k < 0) continue;
            low = k < low ? k : low;
            high = k > high ? k : high;
        }
    if (high < 0) fputs("\t?\t?", f);
    else fprintf(f, "\t%ld\t%ld", (long) low, (long) high);
    return high >= 0;
}

static slong write_digits(FILE *f, const dp_view *v)
{
    slong n = 0;
    for (slong i = 0; i < v->nclaims; i++) {
        label(f, v->claim[i].id);
        n += digits_columns(f, &v->claim[i], 1);
        n += digits_columns(f, &v->claim[i], 0);
        fputc('\n', f);
    }
    return n;
}

static slong write_seconds(FILE *f, const dp_view *v)
{
    for (slong i = 0; i < v->nclaims; i++) {
        const dp_view_claim *c = &v->claim[i];
        double honest = 0;
        for (slong j = 0; j < c->nrecords; j++) honest += c->record[j]->seconds;
        label(f, c->id);
        fprintf(f, "\t%.6f\t%.6f\n", honest, c->seconds - honest);
    }
    return v->nclaims;
}

/* log10 of |mid| of the record's evidence of that name; 0 (false) when there is none or it is zero. */
static int evidence_log10(double *out, const dp_record *r, const char *name)
{
    for (slong i = 0; i < r->nevidence; i++) {
        dp_number mid;
        if (r->evidence[i].name == NULL || strcmp(r->evidence[i].name, name) != 0) continue;
        dp_number_read(&mid, r->evidence[i].mid);
        *out = dp_number_log10(&mid);
        dp_number_clear(&mid);
        return isfinite(*out);
    }
    return 0;
}

typedef struct { double x, y; } point;

static int by_x(const void *p, const void *q)
{
    double a = ((const point *) p)->x, b = ((const point *) q)->x;
    return (a > b) - (a < b);
}

/* D/h and size/h of one drift in every honest record that says D; evidence `h` missing means 1. */
static slong size_points(point *out, const dp_view *v, const char *name)
{
    slong n = 0;
    for (slong i = 0; i < v->nrecords + v->ntwins; i++) {
        double D, h, size;
        const dp_record *r = v->sorted[i];
        if (dp_is_twin(r) || !evidence_log10(&size, r, name) || !evidence_log10(&D, r, "D")) continue;
        if (!evidence_log10(&h, r, "h")) h = 0;
        out[n++] = (point) {pow(10, D - h), size - h};
    }
    qsort(out, (size_t) n, sizeof *out, by_x);
    return n;
}

/* The distinct evidence names that begin with "size_", in the order of their first appearance. */
static slong size_names(const char **names, slong room, const dp_view *v)
{
    slong n = 0;
    for (slong i = 0; i < v->nrecords + v->ntwins; i++)
        for (slong j = 0; j < v->sorted[i]->nevidence; j++) {
            const char *name = v->sorted[i]->evidence[j].name;
            slong k = 0;
            if (name == NULL || strncmp(name, "size_", 5) != 0) continue;
            while (k < n && strcmp(names[k], name) != 0) k++;
            if (k == n && n < room) names[n++] = name;
        }
    return n;
}

/* One block a drift; returns the number of blocks. */
static slong write_sizes(FILE *f, const dp_view *v)
{
    const char *names[16];
    slong n = size_names(names, 16, v), blocks = 0;
    point *points = dp_calloc((size_t) (v->nrecords + v->ntwins) + 1, sizeof *points);
    for (slong i = 0; i < n; i++) {
        slong m = size_points(points, v, names[i]);
        if (m == 0) continue;
        if (blocks++ > 0) fputs("\n\n", f);
        label(f, names[i] + 5);
        fputs("\tlog10 size\n", f);
        for (slong j = 0; j < m; j++) fprintf(f, "%.9g\t%.9g\n", points[j].x, points[j].y);
    }
    free(points);
    return blocks;
}

/* ---- drawing ---- */

/* Cairo stamps the wall clock into a PDF; a fixed date of the same length takes its place. */
static void fix_date(const char *path)
{
    static const char key[] = "/CreationDate (D:", date[] = "20260101000000";
    size_t n;
    char *text = dp_file_read(path, &n, NULL);
    for (size_t i = 0; text != NULL && i + sizeof key + sizeof date < n; i++)
        if (memcmp(text + i, key, sizeof key - 1) == 0) memcpy(text + i + sizeof key - 1, date, sizeof date - 1);
    if (text != NULL) dp_file_write(path, text, n, NULL);
    free(text);
}

static int draw(dp_face *x, const char *stem, const char *term, slong blocks)
{
    char *setting = dp_format("term='%s'; data='figures/%s.dat'; out='figures/%s.%s'; plots='%s/plots'; blocks=%ld", term, stem, stem, term, x->templates, (long) blocks);
    char *script = dp_format("%s/plots/%s.gp", x->templates, stem), *errors = dp_format("%s/gnuplot.log", x->work);
    const char *const argv[] = {"gnuplot", "-e", setting, script, NULL};
    int status = dp_command(x->dir, argv, NULL, NULL, errors);
    if (status != 0) {
        char *why = dp_file_read(errors, NULL, NULL);
        for (char *c = why; c != NULL && *c != '\0'; c++) *c = *c == '\n' ? ' ' : *c;
        dp_face_note(x, "gnuplot failed on figure %s (%s): %.300s", stem, term, why ? why + strspn(why, " ") : "");
        free(why);
    }
    unlink(errors);
    free(setting);
    free(script);
    free(errors);
    return status == 0;
}

static void unlink_face(const dp_face *x, const char *stem, const char *suffix)
{
    char *path = dp_format("%s/figures/%s.%s", x->dir, stem, suffix);
    unlink(path);
    free(path);
}

/* Old drawings go first: a figure that cannot be drawn now must not be shown from an earlier run. */
static void make_figure(dp_face *x, const char *stem, slong (*write_data)(FILE *, const dp_view *), int can_draw)
{
    static const char *const faces[] = {"svg", "tex", "pdf", "dat"};
    dp_sheet s;
    FILE *f = dp_sheet_open(&s, x);
    if (f == NULL) return;
    for (size_t i = 0; i < sizeof faces / sizeof *faces; i++) unlink_face(x, stem, faces[i]);
    slong n = write_data(f, &x->view);
    char *data = dp_format("figures/%s.dat", stem), *pdf = dp_format("%s/figures/%s.pdf", x->dir, stem);
    dp_sheet_close(&s, data);
    if (n == 0) fprintf(x->log, "figure %s: no record has its numbers\n", stem);
    else if (can_draw && x->status == DP_OK && draw(x, stem, "tex", n)) {
        fix_date(pdf);
        draw(x, stem, "svg", n);
    }
    free(data);
    free(pdf);
}

void dp_face_figures(dp_face *x)
{
    int can_draw = dp_command_exists("gnuplot");
    if (x->status != DP_OK) return;
    if (!can_draw) dp_face_note(x, "no gnuplot: the report has no figures (Debian: gnuplot-nox); their numbers are in figures/*.dat");
    make_figure(x, "digits", write_digits, can_draw);
    make_figure(x, "sizes", write_sizes, can_draw);
    make_figure(x, "seconds", write_seconds, can_draw);
}
