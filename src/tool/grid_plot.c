/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid_plot.c: pictures of fields: sets the stage for gnuplot, runs it, and puts the picture where it belongs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <unistd.h>

#include "report/command.h"
#include "base/signals.h"
#include "tool/grid_plot.h"
#include "tool/share.h"

static const char *const kinds[] = {"png", "svg", "pdf"};

static const char *kind_of(const char *path)
{
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(dot + 1, kinds[i])) return kinds[i];
    return NULL;
}

void dp_grid_check_plot(const char *path, int dim)
{
    if (!kind_of(path)) dp_usage_error("--plot %s: expected a name that ends with .png, .svg or .pdf", path);
    if (dim > 2) dp_usage_error("--plot: a field in dimension %d has no picture; write .npz or .h5 and draw a section of it", dim);
    if (!dp_command_exists("gnuplot")) dp_usage_error("--plot needs gnuplot, which is not installed (Debian: apt-get install gnuplot-nox)");
    if (!dp_share()) dp_usage_error("--plot: the scripts of the pictures were not found; set DRIFTPROOF_SHARE to the directory with cases/ and reports/");
}

static const unsigned scalars[] = {DP_Q_CURL, DP_Q_DIVERGENCE, DP_Q_POTENTIAL, DP_Q_PRECONDITIONER, DP_Q_WEDGE};

/* What is shown beside the velocity: the first scalar that was named; when no quantity was named, the potential if there is one. */
static unsigned scalar_of(const dp_grid_answer *g, unsigned have)
{
    for (int i = 0; i < g->nlisted; i++)
        for (size_t k = 0; k < sizeof scalars / sizeof *scalars; k++)
            if (g->listed[i] == scalars[k]) return scalars[k];
    return g->nlisted ? 0 : have & DP_Q_POTENTIAL;
}

unsigned dp_grid_plot_needs(const dp_grid_answer *g, unsigned have)
{
    return DP_Q_VELOCITY | scalar_of(g, have);
}

/* ---- settings and files ---- */

/* Inside single quotes gnuplot reads nothing but '' specially; control characters and quotes that shells know are replaced all the same. */
void dp_picture_text(dp_picture *p, const char *name, const char *text)
{
    fprintf(p->settings, "%s = '", name);
    for (const char *s = text; *s; s++) {
        if ((unsigned char) *s < 0x20 || *s == 0x7F) fputc(' ', p->settings);
        else if (*s == '\'' || *s == '`') fputs("\xE2\x80\x99", p->settings);
        else if (*s == '"') fputs("\xE2\x80\x9D", p->settings);
        else if (*s == '\\') fputs("\xE2\x88\x96", p->settings);
        else fputc(*s, p->settings);
    }
    fputs("'\n", p->settings);
}

void dp_picture_number(dp_picture *p, const char *name, double value)
{
    char text[40];
    snprintf(text, sizeof text, "%.15g", value);
    fprintf(p->settings, "%s = %s%s\n", name, isfinite(value) ? text : "NaN", isfinite(value) && !strpbrk(text, ".e") ? ".0" : ""); /* no division of integers */
}

FILE *dp_picture_file(dp_picture *p, const char *name)
{
    char *path = dp_format("%s/%s", p->dir, name);
    FILE *f = fopen(path, "wb");
    if (!f) {
        fprintf(stderr, "driftproof: cannot write '%s'\n", path);
        exit(EXIT_ENVIRONMENT);
    }
    free(path);
    return f;
}

const char *dp_picture_unit(const char *drift, unsigned quantity)
{
    static const char *const units[] = {"1/length²", "1/length", "1", "length", "length²"};
    return units[dp_grid_length_power(drift, quantity) + 2];
}

const char *dp_picture_potential(const char *drift, int brief)
{
    static const char *const flows[] = {"kl", "smoothed-kl", "mmd", "wasserstein", "sliced-wasserstein", "sinkhorn", "kale", "chi2"};
    for (size_t i = 0; i < sizeof flows / sizeof *flows; i++)
        if (!strcmp(drift, flows[i])) return brief ? "δF/δq" : "first variation δF/δq";
    return brief ? "Φ, V = −∇Φ" : "potential Φ, V = −∇Φ";
}

/* ---- numbers that pictures share ---- */

int dp_picture_vector(double v[3], double *log10_length, const dp_grid_values *velocity, slong node)
{
    const int d = velocity->components;
    double r = 0, rad = 0, shift = 0;
    if (velocity->ball) {
        arb_srcptr b = velocity->ball + node * d;
        arf_t t;
        slong top = -ARF_PREC_EXACT;
        arf_init(t);
        for (int k = 0; k < d; k++)
            if (!arf_is_special(arb_midref(b + k))) top = FLINT_MAX(top, arf_abs_bound_lt_2exp_si(arb_midref(b + k)));
        for (int k = 0; k < d; k++) {
            arf_mul_2exp_si(t, arb_midref(b + k), -top);
            v[k] = arf_get_d(t, ARF_RND_NEAR);
            arf_set_mag(t, arb_radref(b + k));
            arf_mul_2exp_si(t, t, -top);
            rad = fmax(rad, arf_get_d(t, ARF_RND_UP));
        }
        shift = (double) top * 0.30102999566398120;
        arf_clear(t);
    } else {
        for (int k = 0; k < d; k++) v[k] = velocity->mid[node * d + k], rad = fmax(rad, velocity->rad[node * d + k]);
    }
    for (int k = 0; k < d; k++) r = hypot(r, v[k]);
    *log10_length = r > 0 ? log10(r) + shift : -HUGE_VAL;
    for (int k = 0; k < d && r > 0; k++) v[k] /= r;
    return isfinite(r) && r > sqrt(d) * rad;
}

static double gauss(const dp_measure_t m, slong j, const double *x)
{
    const double a = fmpq_get_d(DP_COV(m, j, 0, 0)), u = x[0] - fmpq_get_d(DP_MEAN(m, j, 0));
    if (m->dim == 1) return exp(-u * u / (2 * a)) / sqrt(a);
    const double b = fmpq_get_d(DP_COV(m, j, 0, 1)), c = fmpq_get_d(DP_COV(m, j, 1, 1)), w = x[1] - fmpq_get_d(DP_MEAN(m, j, 1)), det = a * c - b * b;
    return exp(-(c * u * u - 2 * b * u * w + a * w * w) / (2 * det)) / sqrt(det);
}

double dp_picture_density(const dp_measure_t m, const double *x)
{
    double sum = 0;
    if (m->family == DP_MIXTURE) {
        for (slong j = 0; j < m->n; j++) sum += fmpq_get_d(DP_WEIGHT(m, j)) * gauss(m, j, x);
        return sum;
    }
    if (m->marginal) {
        sum = 1;
        for (int k = 0; k < m->dim; k++) sum *= dp_picture_density(m->marginal + k, x + k);
        return sum;
    }
    if (m->family == DP_UNIFORM) {
        int in = 1;
        for (int k = 0; k < m->dim; k++) in &= x[k] >= fmpq_get_d(DP_LOWER(m, k)) && x[k] <= fmpq_get_d(DP_UPPER(m, k));
        return in;
    }
    if (m->family != DP_STUDENT && m->family != DP_LAPLACE) return 0;
    const double u = (x[0] - fmpq_get_d(DP_MEAN(m, 0, 0))) / fmpq_get_d(m->scale), nu = m->family == DP_STUDENT ? fmpq_get_d(m->dof) : 0;
    return m->family == DP_LAPLACE ? exp(-fabs(u)) : pow(1 + u * u / nu, -(nu + 1) / 2);
}

static int is_mark(const dp_measure_t m, slong j, double width)
{
    if (m->family == DP_ATOMS) return 1;
    if (m->family != DP_MIXTURE) return 0;
    for (int k = 0; k < m->dim; k++)
        if (sqrt(fmpq_get_d(DP_COV(m, j, k, k))) > width) return 0;
    return 1;
}

slong dp_picture_marks(FILE *f, const dp_measure_t m, double width)
{
    double most = 0;
    slong n = 0;
    for (slong j = 0; j < m->n; j++) most = fmax(most, fmpq_get_d(DP_WEIGHT(m, j)));
    for (slong j = 0; j < m->n; j++) {
        if (!is_mark(m, j, width)) continue;
        const double weight = fmpq_get_d(DP_WEIGHT(m, j)) / most, size = (m->n > 40 ? 0.5 : 1) * fmax(0.35, sqrt(weight));
        fprintf(f, "%.17g\t%.17g\t%.4f\t%.6g\n", fmpq_get_d(DP_MEAN(m, j, 0)), m->dim > 1 ? fmpq_get_d(DP_MEAN(m, j, 1)) : 0, size, weight);
        n++;
    }
    return n;
}

double dp_picture_steps(double *lo, double *hi, int most)
{
    static const double factor[] = {1, 2, 5, 10};
    if (!(*hi > *lo)) *lo -= 0.5 * fmax(1e-6, fabs(*lo) * 1e-6), *hi += 0.5 * fmax(1e-6, fabs(*hi) * 1e-6);
    const double power = pow(10, floor(log10((*hi - *lo) / most)));
    double step = power;
    for (int i = 0; i < 4; i++) {
        step = factor[i] * power;
        if (ceil(*hi / step) - floor(*lo / step) <= most) break;
    }
    *lo = floor(*lo / step) * step;
    *hi = ceil(*hi / step) * step;
    return step;
}

/* ---- the run ---- */

void dp_picture_title(dp_picture *p, const char *head)
{
    char *line = dp_format("%s: %s", head, p->g->P->name), *title = dp_strdup(p->g->P->title ? p->g->P->title : "");
    for (char *s = title, *room = title + 72; *s; s += dp_utf8_length(s) ? dp_utf8_length(s) : 1)
        if (s >= room && *s == ' ') strcpy(s, "\xE2\x80\xA6");
    dp_picture_text(p, "head", line);
    dp_picture_text(p, "title", strcmp(title, p->g->P->name) ? title : "");
    free(line);
    free(title);
}

static void clear_directory(const char *dir)
{
    DIR *d = opendir(dir);
    for (struct dirent *entry; d && (entry = readdir(d));) {
        char *path = dp_format("%s/%s", dir, entry->d_name);
        if (entry->d_name[0] != '.') unlink(path);
        free(path);
    }
    if (d) closedir(d);
    rmdir(dir);
}

/* gnuplot's complaint in one line. */
static dp_status complain(const dp_picture *p, int status)
{
    char *path = dp_format("%s/errors", p->dir), *why = dp_file_read(path, NULL, NULL);
    for (char *c = why; c && *c; c++) *c = *c == '\n' ? ' ' : *c;
    const dp_status failed = dp_fail(p->e, DP_EIO, "--plot: gnuplot failed (exit status %d): %s", status, why ? why + FLINT_MAX(400, strlen(why)) - 400 : "");
    free(why);
    free(path);
    return failed;
}

static dp_status draw(dp_picture *p, const char *path, const char *script)
{
    char *file = dp_format("%s/reports/plots/%s", dp_share(), script), *share = realpath(file, NULL), *made = dp_format("%s/picture", p->dir);
    const char *const argv[] = {"gnuplot", "settings.gp", share ? share : file, NULL};
    const int code = dp_command(p->dir, argv, NULL, NULL, "errors");
    dp_status status = code ? complain(p, code) : DP_OK;
    size_t n;
    if (!status && !strcmp(kind_of(path), "pdf")) dp_pdf_without_date(p->dir, "picture");
    char *bytes = status ? NULL : dp_file_read(made, &n, p->e);
    if (!status && !bytes) status = complain(p, code);
    if (bytes) status = dp_file_write(path, bytes, n, p->e);
    free(bytes);
    free(made);
    free(share);
    free(file);
    return status;
}

dp_status dp_picture_open(dp_picture *p, const char *path, const dp_grid_answer *g, dp_error *e)
{
    const char *tmp = getenv("TMPDIR");
    *p = (dp_picture) {.g = g, .e = e, .dir = dp_format("%s/driftproof-XXXXXX", tmp && *tmp ? tmp : "/tmp")};
    dp_hold_signals(); /* the directory must not stay */
    if (!mkdtemp(p->dir)) {
        dp_release_signals();
        free(p->dir);
        return dp_fail(e, DP_EIO, "--plot: cannot make a directory in %s", tmp && *tmp ? tmp : "/tmp");
    }
    p->settings = dp_picture_file(p, "settings.gp");
    dp_picture_text(p, "kind", kind_of(path));
    return DP_OK;
}

dp_status dp_picture_close(dp_picture *p, const char *path, const char *script)
{
    fclose(p->settings);
    const dp_status status = draw(p, path, script);
    clear_directory(p->dir);
    dp_release_signals();
    free(p->dir);
    return status;
}

dp_status dp_grid_plot(const char *path, const dp_grid_answer *g, dp_error *e)
{
    dp_picture p;
    unsigned have = 0;
    const dp_status status = dp_picture_open(&p, path, g, e);
    if (status) return status;
    for (int i = 0; i < g->f->nvalues; i++) have |= g->f->value[i].quantity;
    p.scalar = dp_gridfield_find(g->f, scalar_of(g, have));
    dp_picture_title(&p, g->drift);
    if (g->f->mesh.dim == 1) dp_picture_line(&p);
    else dp_picture_plane(&p);
    return dp_picture_close(&p, path, g->f->mesh.dim == 1 ? "field-line.gp" : "field-plane.gp");
}
