/* SPDX-License-Identifier: GPL-3.0-or-later */
/* window.c: reads --grid and --window, and finds a window that shows a case when none is given. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tool/option.h"
#include "tool/window.h"

enum { MOST_NODES = 1 << 28 };
static const char *const grid_form[] = {"", "N", "NXxNY", "NXxNYxNZ"};
static const char *const window_form[] = {"", "X0:X1", "X0:X1,Y0:Y1", "X0:X1,Y0:Y1,Z0:Z1"};

/* Cuts `text` in place at every `mark`; returns the number of pieces, of which at most 4 are kept. */
static int cut(char *piece[4], char *text, int mark)
{
    int n = 0;
    for (char *next; text; text = next) {
        next = strchr(text, mark);
        if (next) *next++ = '\0';
        if (n < 4) piece[n] = text;
        n++;
    }
    return n;
}

static void read_grid(slong n[3], int dim, const char *text)
{
    char *copy = dp_strdup(text), *piece[4], *end;
    double nodes = 1;
    const int count = cut(piece, copy, 'x');
    if (count != dim) dp_usage_error("--grid %s: the case has dimension %d, expected %s, such as %s", text, dim, grid_form[dim],
                                     dim == 1 ? "401" : dim == 2 ? "101x101" : "41x41x41");
    for (int k = 0; k < dim; k++) {
        n[k] = strtol(piece[k], &end, 10);
        if (piece[k][0] < '0' || piece[k][0] > '9' || *end || n[k] < 2)
            dp_usage_error("--grid %s: expected %s with whole numbers of nodes, 2 or more on each axis, found '%s'", text, grid_form[dim], piece[k]);
        nodes *= (double) n[k];
    }
    if (nodes > MOST_NODES) dp_usage_error("--grid %s: %.0f nodes; the most are %d", text, nodes, (int) MOST_NODES);
    free(copy);
}

static void read_window(fmpq *lo, fmpq *hi, int dim, const char *text)
{
    char *copy = dp_strdup(text), *piece[4], *ends[4];
    const int count = cut(piece, copy, ',');
    if (count != dim) dp_usage_error("--window %s: the case has dimension %d, expected %s", text, dim, window_form[dim]);
    for (int k = 0; k < dim; k++) {
        char *interval = dp_strdup(piece[k]);
        if (cut(ends, piece[k], ':') != 2) dp_usage_error("--window %s: expected %s, found '%s'", text, window_form[dim], interval);
        for (int i = 0; i < 2; i++)
            if (!dp_fmpq_set_text(i ? hi + k : lo + k, ends[i]))
                dp_usage_error("--window %s: expected an exact number such as 1/3, -5/4 or 0.1, found '%s'", text, ends[i]);
        for (int i = 0; i < 2; i++)
            if (!isfinite(fmpq_get_d(i ? hi + k : lo + k))) dp_usage_error("--window %s: expected numbers that a double can hold, found '%s'", text, ends[i]);
        if (fmpq_cmp(lo + k, hi + k) >= 0) dp_usage_error("--window %s: expected an interval from left to right, found '%s'", text, interval);
        free(interval);
    }
    free(copy);
}

void dp_window_mesh(dp_mesh_t m, const dp_problem *P, const char *grid, const char *window)
{
    fmpq *lo = _fmpq_vec_init(P->dim), *hi = _fmpq_vec_init(P->dim);
    slong n[3] = {1, 1, 1};
    read_grid(n, P->dim, grid);
    if (window) read_window(lo, hi, P->dim, window);
    else if (!dp_window_default(lo, hi, P)) dp_usage_error("%s: no window can be guessed for this case; expected --window %s", P->path, window_form[P->dim]);
    dp_mesh_init(m, P->dim, n, lo, hi);
    _fmpq_vec_clear(lo, P->dim);
    _fmpq_vec_clear(hi, P->dim);
}

/* ---- a window when none is given ---- */

/* Variance along axis k of component j; for laws without variance, the square of the scale. */
static double variance(const dp_measure_t m, slong j, int k)
{
    const double s = m->family == DP_STUDENT || m->family == DP_LAPLACE ? fmpq_get_d(m->scale) : 0;
    return m->family == DP_MIXTURE ? fmpq_get_d(DP_COV(m, j, k, k)) : m->family == DP_LAPLACE ? 2 * s * s : s * s;
}

static void stretch(double *lo, double *hi, const dp_measure_t m, int k, double h)
{
    if (m->marginal) {
        stretch(lo, hi, m->marginal + k, 0, h);
        return;
    }
    if (m->box || m->data) { /* no further out than where the mass ends */
        for (slong i = 0; i < (m->box ? 1 : m->ndata); i++) {
            *lo = fmin(*lo, (m->box ? fmpq_get_d(DP_LOWER(m, k)) : m->data[i * m->dim + k]) - 3 * h);
            *hi = fmax(*hi, (m->box ? fmpq_get_d(DP_UPPER(m, k)) : m->data[i * m->dim + k]) + 3 * h);
        }
        return;
    }
    for (slong j = 0; j < m->n; j++) {
        const double mean = fmpq_get_d(DP_MEAN(m, j, k)), reach = 3 * sqrt(variance(m, j, k) + h * h);
        *lo = fmin(*lo, mean - reach);
        *hi = fmax(*hi, mean + reach);
    }
}

/* count * 10^power */
static void set_decimal(fmpq_t x, double count, int power)
{
    char *text = dp_format("%.0fe%d", count, power);
    dp_fmpq_set_text(x, text);
    free(text);
}

const fmpq *dp_window_length(const dp_problem *P)
{
    const fmpq *most = P->bandwidth;
    for (slong i = 0; i < P->nparts; i++)
        if (fmpq_cmp(&P->parts[i].bandwidth, most) > 0) most = &P->parts[i].bandwidth;
    return most;
}

int dp_window_default(fmpq *lo, fmpq *hi, const dp_problem *P)
{
    for (int k = 0; k < P->dim; k++) {
        double a = HUGE_VAL, b = -HUGE_VAL;
        stretch(&a, &b, P->p, k, fmpq_get_d(dp_window_length(P)));
        stretch(&a, &b, P->q, k, fmpq_get_d(dp_window_length(P)));
        if (!isfinite(a) || !isfinite(b) || !(b - a > 1e-14 * fmax(fabs(a), fabs(b))) || b - a < 1e-290 || b - a > 1e290) return 0;
        const int power = (int) floor(log10(b - a)) - 1;
        set_decimal(lo + k, floor(a / pow(10, power)), power);
        set_decimal(hi + k, ceil(b / pow(10, power)), power);
    }
    return 1;
}
