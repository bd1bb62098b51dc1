/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sweep_report.c: gathers what the report shows of a sweep: verdicts, settings that the paper does not give, figures, times. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "claim/sweep_claims.h"
#include "report/command.h"
#include "tool/outcome.h"
#include "tool/share.h"
#include "tool/sweep_plot.h"
#include "tool/sweep_report.h"

/* ---- times ---- */

static const char *label_of(const dp_sweep *s, size_t cell, const char *axis)
{
    for (size_t k = 0; k < s->naxes; k++)
        if (!strcmp(s->axis[k], axis)) return s->cell[cell].label[k] ? s->cell[cell].label[k] : "";
    return "";
}

static int same_kind(const dp_sweep *s, size_t i, size_t j)
{
    return !strcmp(label_of(s, i, "drift"), label_of(s, j, "drift")) && !strcmp(label_of(s, i, "slices"), label_of(s, j, "slices"));
}

/* Processor seconds of the cell's run with two more settings; *steps: those of the case without them. */
static dp_status time_run(double *seconds, slong *steps, const dp_sweep *s, size_t cell, const char *first, const char *second, dp_error *e)
{
    const size_t n = s->cell[cell].nsets;
    const char **set = dp_malloc(sizeof *set * (n + 2));
    dp_train *t = NULL, *whole = NULL;
    dp_train_result r;
    const dp_train_options o = {.threads = 1};
    for (size_t k = 0; k < n; k++) set[k] = s->cell[cell].set[k];
    set[n] = first, set[n + 1] = second;
    dp_status status = dp_train_parse(&whole, s->path, s->text, set, n, e);
    if (!status) status = dp_train_parse(&t, s->path, s->text, set, second ? n + 2 : n + 1, e);
    const clock_t start = clock();
    if (!status) status = dp_train_run(&r, t, &o, e);
    *seconds = (double) (clock() - start) / CLOCKS_PER_SEC;
    if (!status) *steps = whole->steps;
    if (t) dp_train_free(t);
    if (whole) dp_train_free(whole);
    free(set);
    return status;
}

/* Of a whole run: a step from runs of 26 and of 2 that measure little, and what comes once from one of 2 that measures all. */
static dp_status time_cell(double *seconds, const dp_sweep *s, size_t cell, dp_error *e)
{
    static const char few[] = "train.evaluation.n=100";
    double two, many, whole;
    slong steps;
    dp_status status = time_run(&two, &steps, s, cell, "train.steps=2", few, e);
    if (!status) status = time_run(&many, &steps, s, cell, "train.steps=26", few, e);
    if (!status) status = time_run(&whole, &steps, s, cell, "train.steps=2", NULL, e);
    if (!status) *seconds = fmax(0, many - two) / 24 * (double) (steps - 2) + whole;
    return status;
}

dp_status dp_sweep_measure(dp_sweep *s, dp_error *e)
{
    dp_status status = DP_OK;
    for (size_t i = 0; !status && i < s->n; i++) {
        size_t first = 0;
        while (!same_kind(s, first, i)) first++;
        if (first == i) status = time_cell(&s->cell[i].cost, s, i, e);
        else s->cell[i].cost = s->cell[first].cost;
    }
    return status;
}

static dp_status put_times(FILE *f, int measure, dp_error *e)
{
    static const size_t cores[] = {2, 64, 1024};
    dp_sweep *s;
    double total = 0;
    char *path = dp_format("%s/cases/paper/figure2.yaml", dp_share() ? dp_share() : ".");
    dp_status status = dp_sweep_read(&s, path, NULL, 0, e);
    free(path);
    if (status) return status;
    if (measure) status = dp_sweep_measure(s, e);
    for (size_t i = 0; i < s->n; i++) total += s->cell[i].cost / 3600;
    for (size_t k = 0; !status && k < 3; k++) fprintf(f, "time\t%zu\t%.3g\t%.3g\t%s\n", cores[k], dp_sweep_span(s, cores[k]) / 3600, total, measure ? "measured" : "estimated");
    dp_sweep_free(s);
    return status;
}

/* ---- settings ---- */

static void put_setting(FILE *f, const char *name, const char *ours, const char *value) { fprintf(f, "setting\t%s\t%s\t%s\n", name, value, ours); }

/* Different values of an axis over all cells, in the order in which they come up. */
static char *values_of(const dp_sweep *s, const char *axis)
{
    char *all = dp_strdup("");
    for (size_t i = 0; i < s->n; i++) {
        const char *v = label_of(s, i, axis);
        size_t j = 0;
        while (j < i && strcmp(label_of(s, j, axis), v)) j++;
        if (j < i || !*v) continue;
        char *more = dp_format("%s%s%s", all, *all ? ", " : "", v);
        free(all), all = more;
    }
    return all;
}

/* The settings of the drift labels that are called da2...: "da2: laplace, self usual; ...". */
static char *da2_of(const dp_sweep *s)
{
    static const char *const self[] = {"masked", "kept", "left out"};
    char *all = dp_strdup("");
    for (size_t i = 0; i < s->n; i++) {
        const char *v = label_of(s, i, "drift");
        size_t j = 0;
        dp_train *t;
        while (j < i && strcmp(label_of(s, j, "drift"), v)) j++;
        if (j < i || strncmp(v, "da2", 3) || dp_sweep_case(&t, s, i, NULL)) continue;
        char *more = dp_format("%s%s%s: %s kernel, self %s", all, *all ? "; " : "", v, dp_kernel_name(t->P->kernel), self[t->self]);
        dp_train_free(t), free(all), all = more;
    }
    return all;
}

/* One value of the sweep and the same of the shipped experiment. */
static dp_status put_settings(FILE *f, const dp_sweep *s, dp_error *e)
{
    static const char *const network[] = {"residual", "plain"}, *const activation[] = {"SiLU", "ReLU", "tanh", "GELU"}, *const method[] = {"Adam", "AdamW", "SGD"}, *const batches[] = {"fresh", "the first again and again", "all points"};
    dp_sweep *ours;
    dp_train *t[2] = {NULL, NULL};
    char *value[2][9], *path = dp_format("%s/cases/paper/figure2.yaml", dp_share() ? dp_share() : ".");
    static const char *const name[9] = {"data generators, scale", "batch n = m, and which", "dimension of the noise", "network", "optimiser, rate, steps", "gamma, normalisation of V", "bandwidths h", "DA2: distance, mask", "MMD\xC2\xB2: samples, bandwidth"};
    dp_status status = dp_sweep_read(&ours, path, NULL, 0, e);
    free(path);
    if (status) return status;
    for (int k = 0; !status && k < 2; k++) {
        const dp_sweep *w = k ? ours : s;
        status = dp_sweep_case(t + k, w, 0, e);
        if (status) break;
        const dp_train *c = t[k];
        value[k][0] = dp_format("FFJORD's, %s, %s", c->points ? "fixed points" : "draws of the law", c->standardise ? "standardised" : "not standardised");
        value[k][1] = dp_format("%ld, %s", (long) c->batch, batches[c->batches]);
        value[k][2] = dp_format("%ld", (long) c->noise);
        value[k][3] = dp_format("%s, depth %ld, width %ld, %s", network[c->network], (long) c->depth, (long) c->width, activation[c->activation]);
        value[k][4] = dp_format("%s, %g, %ld", method[c->method], c->lr, (long) c->steps);
        value[k][5] = dp_format("%g, %s", c->gamma, c->normalise ? "root mean square 1" : "none");
        value[k][6] = values_of(w, "h");
        value[k][7] = da2_of(w);
        value[k][8] = dp_format("%ld against %ld, median distance of the data, V statistic in figures", (long) c->evaluation_n, (long) c->evaluation_n);
    }
    for (int i = 0; i < 9 && !status; i++) put_setting(f, name[i], value[1][i], value[0][i]);
    for (int k = 0; k < 2; k++) {
        for (int i = 0; t[k] && i < 9; i++) free(value[k][i]);
        if (t[k]) dp_train_free(t[k]);
    }
    dp_sweep_free(ours);
    return status;
}

/* ---- verdicts and states ---- */

static dp_status put_claims(FILE *f, const char *table, dp_error *e)
{
    dp_sweep_claim *c = dp_calloc(DP_SWEEP_CLAIMS, sizeof *c);
    const dp_status status = dp_sweep_claims(c, table, 0.05, e);
    for (size_t k = 0; !status && k < DP_SWEEP_CLAIMS; k++) {
        const dp_sweep_element *w = dp_sweep_thinnest(c + k);
        fprintf(f, "claim\t%s\t%s\t%s\t%zu\t", c[k].name, c[k].verdict, c[k].statement, c[k].n);
        if (*c[k].why || !c[k].n) fprintf(f, "%s\n", c[k].why);
        else fprintf(f, "%s: %+.3f against %+.3f, %zu seeds, p = %.2g for it, %.2g against it\n", w->what, w->effect, w->bound, w->seeds, w->p_support, w->p_refute);
    }
    free(c);
    return status;
}

static void put_state(void *to, const char *const *c) { fprintf(to, "state\t%s\t%s\t%s\t%s\t%s\t%s\n", c[0], c[1], c[2], c[3], c[4], c[5]); }

static void put_loss(void *to, const char *const *c)
{
    fprintf(to, "loss\t%s\t%s\t%s", c[0], c[1], c[2]);
    for (size_t k = 3; k < 8; k++)
        if (c[k]) fprintf(to, "\t%.3g", strtod(c[k], NULL));
        else fputs("\t-", to);
    fputs("\n", to);
}

static void note_slices(void *to, const char *const *c) { *(int *) to |= !strcmp(c[0], "slices"); }

static dp_status put_losses(FILE *f, const char *table, int slices, dp_error *e)
{
    char *q = dp_format("SELECT drift, %s AS place, count(*), avg(loss), avg(mmd2_v), avg(floor_mmd2_v), avg(w2), avg(floor_w2) FROM runs WHERE status = 'done' GROUP BY drift, place ORDER BY min(run)", slices ? "coalesce(h, slices)" : "h");
    const dp_status status = dp_sweep_select(put_loss, f, table, q, e);
    free(q);
    return status;
}

static void put_counts(void *to, const char *const *c)
{
    fprintf(to, "text\t-\tTable %s of the case %s (digest %.16s): %s of %s runs are done or have diverged.%s\n", c[0], c[1], c[2], c[3], c[4],
            strcmp(c[3], c[4]) ? " Verdicts and figures are of these only: what is missing is in no median, and a claim about it has no verdict or is one on the data sets that are there." : "");
}

/* ---- figures ---- */

typedef struct { FILE *f; const char *folder, *table, *folders; dp_sweep_axes axes; dp_status status; dp_error *e; } drawing;

static void draw(drawing *d, const char *stem, const char *panel, const char *caption)
{
    static const char *const suffix[] = {"svg", "pdf"};
    for (size_t k = 0; k < 2 && !d->status; k++) {
        char *path = dp_format("%s/%s.%s", d->folder, stem, suffix[k]);
        d->status = panel ? dp_sweep_histograms(path, d->table, d->folders, panel, &d->axes, d->e) : dp_sweep_plot(path, d->table, &d->axes, d->e);
        free(path);
    }
    if (!d->status) fprintf(d->f, "figure\t%s\t%s\n", stem, caption);
}

static void draw_panel(void *to, const char *const *c)
{
    drawing *d = to;
    char *stem = dp_format("samples-%s", c[0]);
    char *caption = dp_format("Samples at the end of training, %s: drifts by rows, bandwidths h by columns, the data first; the run with the least seed of each. \"diverged\": the samples left every bound; "
                              "\"N %% outside\": so many of the samples lie outside the window of the data; \"not kept\": no samples are stored.", c[0]);
    if (!d->status) draw(d, stem, c[0], caption);
    free(stem), free(caption);
}

/* Figure 1, by the command that everybody would use; nothing where it fails. */
static void draw_figure1(FILE *f, const char *folder)
{
    static const char *const suffix[] = {"svg", "pdf"};
    char *path = dp_format("%s/cases/paper/figure1.yaml", dp_share() ? dp_share() : ".");
    int ok = 1;
    for (size_t k = 0; k < 2 && ok; k++) {
        char *picture = dp_format("%s/figure1.%s", folder, suffix[k]);
        const char *const argv[] = {dp_program(), "field", path, "--drift", "smoothed-kl", "--grid", "160x110", "--window=-3:3,-2:2", "--tier", "double", "--digits", "6", "--plot", picture, "--quiet", NULL};
        ok = dp_command(".", argv, NULL, NULL, NULL) == 0;
        free(picture);
    }
    if (ok) fputs("figure\tfigure1\tFirst variation of the smoothed KL divergence (contours) and the velocity along its negative gradient (arrows); p and q of cases/paper/figure1.yaml, since the paper does not say its own.\n", f);
    free(path);
}

static dp_status put_figures(FILE *f, const char *folder, const char *table, const char *folders, int slices, dp_error *e)
{
    drawing d = {f, folder, table, folders, {"h", "drift", "data", "mmd2_v"}, DP_OK, e};
    if (!dp_command_exists("gnuplot")) return fputs("text\t-\tNo gnuplot: the figures of this chapter are missing.\n", f), DP_OK;
    draw_figure1(f, folder);
    draw(&d, "figure2", NULL, "MMD\xC2\xB2 at the end of training against the bandwidth h (V statistic, Gaussian kernel at the median distance of the data): median and quartiles over the runs that did not diverge; "
         "dashed: data against data; a cross at the bottom: some runs diverged.");
    dp_status status = d.status;
    d.axes.x = "slices";
    if (!status && slices) draw(&d, "slices", NULL, "The same of sliced Wasserstein against the number of slices.");
    d.axes.x = "h";
    if (!status && folders) status = dp_sweep_select(draw_panel, &d, table, "SELECT DISTINCT data FROM runs WHERE status IN ('done', 'diverged') AND data IS NOT NULL ORDER BY run", e);
    return status ? status : d.status;
}

/* ---- the whole ---- */

static dp_status write_tables(const char *folder, const dp_sweep *s, const char *table, const char *folders, int measure, dp_error *e)
{
    dp_output o;
    int slices = 0;
    const char *slash = strrchr(table, '/');
    char *path = dp_format("%s/tables.tsv", folder);
    char *counts = dp_format("SELECT '%s', name, sha256, (SELECT count(*) FROM runs WHERE status IN ('done', 'diverged')), (SELECT %zu) FROM sweep", slash ? slash + 1 : table, s->n);
    dp_status status = dp_output_open(&o, path, e);
    free(path);
    if (!status) {
        status = dp_sweep_select(put_counts, o.f, table, counts, e);
        if (!status) status = put_claims(o.f, table, e);
        if (!status) status = dp_sweep_select(note_slices, &slices, table, "SELECT name FROM pragma_table_info('runs')", e);
        if (!status) status = put_losses(o.f, table, slices, e);
        if (!status) status = put_settings(o.f, s, e);
        if (!status) status = dp_sweep_select(put_state, o.f, table, "SELECT drift, count(*), sum(status = 'done'), sum(status = 'diverged'), sum(status = 'failed'), sum(status = 'pending') FROM runs GROUP BY drift ORDER BY min(run)", e);
        if (!status) status = put_figures(o.f, folder, table, folders, slices, e);
        if (!status) status = put_times(o.f, measure, e);
        if (status) dp_output_discard(&o);
        else status = dp_output_close(&o, e);
    }
    free(counts);
    return status;
}

dp_status dp_sweep_report(const char *dir, const dp_sweep *s, const char *table, const char *folders, int measure, int pdf, dp_error *e)
{
    struct stat st;
    dp_outcome o = {0};
    char *folder = dp_format("%s/sweep", dir), *records = dp_format("%s/records", dir);
    dp_status status = dp_mkdir(folder, e);
    if (!status) status = write_tables(folder, s, table, folders, measure, e);
    if (!status && !stat(records, &st)) status = dp_outcome_load(&o, dir, e);
    if (!status) status = dp_outcome_report(&o, dir, pdf, e);
    dp_outcome_clear(&o);
    free(folder), free(records);
    return status;
}
