/* SPDX-License-Identifier: GPL-3.0-or-later */
/* figures.c: the numbers that figures show, written from the records to figures/ *.dat, and gnuplot, which draws them. */
#include "report/command.h"
#include "report/face.h"
#include "report/number.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const dp_figure dp_figures[] = {
    {"digits", "Certain digits of every claim",
     "Certain digits of every claim over all cases, from the weakest to the strongest piece of evidence. Identities: digits to which the two "
     "sides agree. Inequalities: certain significant digits of the difference of the sides. Exact evidence is left out.", 0},
    {"sizes", "Sizes of the drifts at the overcrowded mode",
     "Two modes at distance D: size of each drift's velocity at +D/2, in bandwidths h, on a logarithmic scale; one mark a case, of the cases that "
     "share their weights. Displacement units; "
     "smoothed KL and MMD are multiplied by h\xC2\xB2.", 0},
    {"seconds", "Seconds per claim",
     "Time of every claim over all cases: its checks and its sabotaged twins, one thread each.", 1},
    {NULL, NULL, NULL, 0}
};

void dp_figure_label(FILE *f, const char *text)
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
        dp_figure_label(f, v->claim[i].id);
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
        dp_figure_label(f, c->id);
        fprintf(f, "\t%.6f\t%.6f\n", honest, c->seconds - honest);
    }
    return v->nclaims;
}

/* ---- drawing ---- */

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
    char *data = dp_format("figures/%s.dat", stem), *pdf = dp_format("figures/%s.pdf", stem);
    dp_sheet_close(&s, data);
    if (n == 0) fprintf(x->log, "figure %s: no record has its numbers\n", stem);
    else if (can_draw && x->status == DP_OK && draw(x, stem, "tex", n)) {
        dp_pdf_without_date(x->dir, pdf);
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
    make_figure(x, "sizes", dp_figure_sizes, can_draw);
    make_figure(x, "seconds", write_seconds, can_draw);
}
