/* SPDX-License-Identifier: GPL-3.0-or-later */
/* flow_plot.c: pictures of flows: trajectories, and energies against time. */
#include <math.h>
#include <string.h>

#include "tool/flow.h"
#include "tool/grid_plot.h"

enum { MOST_LINES = 60, TURN = 48 };

void dp_flow_check_plot(const char *path, int dim)
{
    dp_grid_check_plot(path, dim);
}

/* Where line number k of a flow is at a record: a particle, or the mean of a Gaussian. */
static void place(double x[2], const dp_flow_run *r, slong record, slong k)
{
    const dp_flow *f = r->f;
    const double *y = r->record[record].y;
    const int d = f->dim;
    for (int i = 0; i < d; i++) x[i] = f->n ? y[k * d + i] : y[i];
}

/* Trajectories: on a line (t, x), in the plane (x, y); some of the particles when there are many. */
static void lines(dp_picture *p, const dp_flow_run *r)
{
    const dp_flow *f = r->f;
    const slong n = f->n ? f->n : f->dim > 1, stride = (n + MOST_LINES - 1) / MOST_LINES;
    FILE *out = dp_picture_file(p, "lines.dat"), *ends = dp_picture_file(p, "ends.dat");
    double x[2] = {0}, y[2] = {0};
    fputs("NaN\tNaN\n", out);
    for (slong k = 0; k < n; k += FLINT_MAX(stride, 1)) {
        for (slong i = 0; i < r->nrecords; i++) {
            place(x, r, i, k);
            if (f->dim == 1) fprintf(out, "%.17g\t%.17g\n", r->record[i].t, x[0]);
            else fprintf(out, "%.17g\t%.17g\n", x[0], x[1]);
        }
        fputs("\n\n", out);
    }
    fputs("NaN\tNaN\tNaN\tNaN\n", ends);
    for (slong k = 0; k < n; k++) {
        place(x, r, 0, k), place(y, r, r->nrecords - 1, k);
        fprintf(ends, "%.17g\t%.17g\t%.17g\t%.17g\n", x[0], x[1], y[0], y[1]);
    }
    for (slong i = 0; !f->n && f->dim > 1 && i < r->nrecords; i += FLINT_MAX(1, (r->nrecords - 1) / 5)) { /* circles of one deviation */
        const double *s = r->record[i].y;
        for (int k = 0; k <= TURN; k++) {
            const double c = cos(2 * M_PI * k / TURN), z = sin(2 * M_PI * k / TURN);
            fprintf(out, "%.17g\t%.17g\n", s[0] + s[2] * c + s[3] * z, s[1] + s[4] * c + s[5] * z);
        }
        fputs("\n\n", out);
    }
    fclose(out), fclose(ends);
}

static void band(dp_picture *p, const dp_flow_run *r)
{
    FILE *out = dp_picture_file(p, "band.dat");
    double mean[DP_CLOSURE_DIM], cov[DP_CLOSURE_DIM * DP_CLOSURE_DIM];
    for (slong i = 0; i < r->nrecords; i++) {
        dp_flow_moments(mean, cov, r->f, r->record[i].y);
        fprintf(out, "%.17g\t%.17g\t%.17g\n", r->record[i].t, mean[0], sqrt(cov[0]));
    }
    fclose(out);
}

static void energies(dp_picture *p, const dp_flow_run *r)
{
    FILE *out = dp_picture_file(p, "energies.dat");
    char *names = dp_strdup("");
    for (int k = 0; k < r->nlist; k++) {
        char *more = dp_format("%s%s%s", names, k ? " " : "", dp_flow_energy_names[r->list[k]]);
        free(names);
        names = more;
    }
    dp_picture_text(p, "names", names);
    free(names);
    for (slong i = 0; i < r->nrecords; i++) {
        fprintf(out, "%.17g\t%.17g", r->record[i].t, r->record[i].dissipation);
        for (int k = 0; k < r->nlist; k++) fprintf(out, "\t%.17g", r->record[i].energy[k].value);
        fputc('\n', out);
    }
    fclose(out);
}

/* Means and atoms of p; points of a data set, some of them. */
static void marks(dp_picture *p, const dp_measure_t m)
{
    FILE *out = dp_picture_file(p, "p_marks.dat");
    const int data = m->family == DP_SAMPLES || m->family == DP_DATASET;
    const slong n = data ? m->ndata : m->family >= DP_UNIFORM ? 0 : m->n, stride = n / 500 + 1;
    fputs("NaN\tNaN\n", out);
    for (slong j = 0; j < n; j += stride)
        for (int k = 0; k < m->dim; k++)
            fprintf(out, "%.17g%s", data ? m->data[j * m->dim + k] : fmpq_get_d(m->mean + j * m->dim + k), k + 1 < m->dim ? "\t" : "\n");
    fclose(out);
}

dp_status dp_flow_plot(const char *path, const dp_flow_run *r, dp_error *e)
{
    dp_picture p;
    if (r->nrecords < 2) return dp_fail(e, DP_EIO, "--plot: nothing to draw, as no time has passed");
    const dp_grid_answer g = {.P = r->f->P, .drift = r->f->drift};
    dp_status status = dp_picture_open(&p, path, &g, e);
    if (status) return status;
    char *head = dp_format("flow of %s as %s", r->f->drift, r->f->as);
    dp_picture_title(&p, head);
    free(head);
    dp_picture_number(&p, "plane", r->f->dim > 1);
    dp_picture_number(&p, "last", r->record[r->nrecords - 1].t);
    lines(&p, r), band(&p, r), energies(&p, r), marks(&p, r->f->P->p);
    return dp_picture_close(&p, path, "flow.gp");
}
