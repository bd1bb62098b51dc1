/* SPDX-License-Identifier: GPL-3.0-or-later */
/* network.c: one entropic problem with a table of costs: sweeps, and Newton's method on the network that the plan makes of its columns. */
#pragma GCC optimize("O3", "no-math-errno", "no-trapping-math")
#include "base/clones.h"
#include "particle/powers.h"
#include "particle/network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PANEL = 4 };
enum { LONGEST = 12, MOST_CUTS = 12, PATIENCE = 8 }; /* bits of a step; cuts of a step; steps that may bring nothing */
static const double FAINT = 0x1p-46, SLIGHT = 0x1p-60; /* rounding: parts that exchange less mass leave the matrix singular; entries that do not count there */
static const double log2e = 0x1.71547652b82fep0;

static double *numbers(size_t n) { return dp_calloc(n, sizeof(double)); }

void dp_network_init(dp_network *w, size_t n, size_t m)
{
    const size_t s = dp_padded(m);
    *w = (dp_network){.n = n, .m = m, .stride = s, .E = numbers(n * s), .plan = numbers((n + PANEL) * s), .H = numbers((s + PANEL) * s), .f = numbers(n), .g = numbers(s)};
    w->col = numbers(s), w->step = numbers(s), w->next = numbers(s), w->best = numbers(s), w->end = dp_malloc(sizeof(size_t) * s);
}

void dp_network_clear(dp_network *w)
{
    free(w->E), free(w->plan), free(w->H), free(w->f), free(w->g), free(w->col), free(w->step), free(w->next), free(w->best), free(w->end);
}

/* ---- sweeps ---- */

CLONES static void scores(double *restrict at, const double *restrict g, const double *restrict E, size_t n)
{
    for (size_t j = 0; j < n; j++) at[j] = g[j] - E[j];
}

CLONES static void share(double *restrict row, double *restrict col, double part, double weight, size_t n)
{
    for (size_t j = 0; j < n; j++) row[j] *= part, col[j] += weight * row[j];
}

/* f such that rows have their sums for these g, the plan and its columns; the L1 error of these. */
static double rows(dp_network *w, const double *g)
{
    double error = 0;
    memset(w->col, 0, sizeof(double) * w->stride);
    for (size_t i = 0; i < w->n; i++) {
        double *row = w->plan + i * w->stride;
        scores(row, g, w->E + i * w->stride, w->stride);
        const double top = dp_largest(row, w->stride);
        if (top == -INFINITY) { /* no pair is left in this row */
            memset(row, 0, sizeof(double) * w->stride);
            continue;
        }
        const double sum = dp_powers(row, top, 1, w->stride);
        w->f[i] = log2((double) w->m) - top - 1 - log2(sum);
        share(row, w->col, 1 / sum, (double) w->m / (double) w->n, w->stride);
    }
    for (size_t j = 0; j < w->m; j++) error += fabs(1 - w->col[j]) / (double) w->m;
    return error;
}

/* log2 sum_i 2^(f_i - E_ij) */
static double column(const dp_network *w, size_t j)
{
    double top = -INFINITY, sum = 0;
    for (size_t i = 0; i < w->n; i++) top = fmax(top, w->f[i] - w->E[i * w->stride + j]);
    for (size_t i = 0; i < w->n && top > -INFINITY; i++) sum += exp2(w->f[i] - w->E[i * w->stride + j] - top);
    return top + log2(sum);
}

/* g such that columns have theirs; with mean 0. */
static void columns(dp_network *w)
{
    double mean = 0;
    for (size_t j = 0; j < w->m; j++) {
        if (w->col[j] > 0x1p-900) w->g[j] -= log2(w->col[j]);
        else w->g[j] = log2((double) w->n) - column(w, j);
        if (!isfinite(w->g[j])) w->g[j] = 0; /* no pair is left in this column */
        mean += w->g[j] / (double) w->m;
    }
    for (size_t j = 0; j < w->m; j++) w->g[j] -= mean;
}

/* ---- Newton's step ---- */

/* to += a x + b y + c z + d w */
CLONES static void add_four(double *restrict to, const double *restrict x, const double *restrict y, const double *restrict z, const double *restrict w, double a, double b, double c, double d, size_t n)
{
    for (size_t j = 0; j < n; j++) to[j] += a * x[j] + b * y[j] + (c * z[j] + d * w[j]);
}

/* Whether four rows have nothing that counts in this column. */
static int idle_in(const double *P, size_t stride) { return P[0] < SLIGHT && P[stride] < SLIGHT && P[2 * stride] < SLIGHT && P[3 * stride] < SLIGHT; }

/* The Laplacian of the network of columns, conductances (m/n) sum_i P_ij P_ik, above the diagonal; FAINT on the diagonal changes the point that is tried next, not what it converges to.
   end[j]: where row j ends. */
static void laplacian(dp_network *w)
{
    const size_t s = w->stride;
    const double part = -(double) w->m / (double) w->n;
    memset(w->H, 0, sizeof(double) * s * s);
    for (size_t j = 0; j < w->m; j++) w->end[j] = j + 1;
    for (size_t i = 0; i < w->n; i += PANEL) {
        const double *P = w->plan + i * s; /* rows beyond the last are zeros */
        size_t from = 0, to = w->m;
        while (from < to && idle_in(P + from, s)) from++;
        while (from < to && idle_in(P + to - 1, s)) to--;
        for (size_t j = from; j < to; j++) {
            const double *Q = P + j;
            if (idle_in(Q, s)) continue;
            add_four(w->H + j * s + j, Q, Q + s, Q + 2 * s, Q + 3 * s, part * Q[0], part * Q[s], part * Q[2 * s], part * Q[3 * s], to - j);
            w->end[j] = FLINT_MAX(w->end[j], to);
        }
    }
    for (size_t j = 0; j < w->m; j++) w->H[j * s + j] = FAINT;
    for (size_t j = 0; j < w->m; j++)
        for (size_t k = j + 1; k < w->end[j]; k++) w->H[j * s + j] -= w->H[j * s + k], w->H[k * s + k] -= w->H[j * s + k];
}

/* PANEL rows of U, from row k on, whose updates by rows before them are done; where they end. */
static size_t panel(dp_network *w, size_t k, size_t count)
{
    const size_t s = w->stride;
    double *U = w->H + k * s;
    size_t to = 0;
    for (size_t q = 0; q < count; q++) {
        to = FLINT_MAX(to, w->end[k + q]);
        if (!(U[q * s + k + q] > 0)) U[q * s + k + q] = FAINT; /* rounding */
        for (size_t r = q + 1; r < count; r++) {
            const double l = U[q * s + k + r] / U[q * s + k + q];
            for (size_t j = k + r; j < to; j++) U[r * s + j] -= l * U[q * s + j];
        }
    }
    for (size_t q = 0; q < count; q++) w->end[k + q] = to;
    return to;
}

/* U in place of H = U^T D^-1 U, D the diagonal of U. */
static void factor(dp_network *w)
{
    const size_t s = w->stride;
    for (size_t k = 0; k < w->m; k += PANEL) {
        const double *U = w->H + k * s;
        const size_t count = FLINT_MIN((size_t) PANEL, w->m - k), to = panel(w, k, count);
        for (size_t j = k + PANEL; j < to; j++) {
            double l[PANEL];
            for (size_t q = 0; q < PANEL; q++) l[q] = -U[q * s + j] / U[q * s + k + q];
            if (l[0] == 0 && l[1] == 0 && l[2] == 0 && l[3] == 0) continue;
            add_four(w->H + j * s + j, U + j, U + s + j, U + 2 * s + j, U + 3 * s + j, l[0], l[1], l[2], l[3], to - j);
            w->end[j] = FLINT_MAX(w->end[j], to);
        }
    }
}

/* step: of Newton's method, in bits; returns its length. */
static double newton(dp_network *w)
{
    const size_t s = w->stride;
    double mean = 0, least = INFINITY, most = -INFINITY, *x = w->step;
    laplacian(w), factor(w);
    for (size_t j = 0; j < w->m; j++) x[j] = 1 - w->col[j], mean += x[j] / (double) w->m;
    for (size_t j = 0; j < w->m; j++) x[j] -= mean;
    for (size_t k = 0; k < w->m; k++) {
        const double l = x[k] / w->H[k * s + k];
        for (size_t j = k + 1; j < w->end[k]; j++) x[j] -= l * w->H[k * s + j];
    }
    for (size_t k = w->m; k-- > 0;) {
        double sum = x[k];
        for (size_t j = k + 1; j < w->end[k]; j++) sum -= w->H[k * s + j] * x[j];
        x[k] = sum / w->H[k * s + k];
    }
    for (size_t j = 0; j < w->m; j++) x[j] *= log2e, least = fmin(least, x[j]), most = fmax(most, x[j]);
    return most - least;
}

/* sum_j (1 - col_j) step_j: how steeply the dual rises along the step. */
static double rise(const dp_network *w)
{
    double sum = 0;
    for (size_t j = 0; j < w->m; j++) sum += (1 - w->col[j]) * w->step[j];
    return sum;
}

/* From g with its rows and their error; that at the next g. */
static double advance(dp_network *w, double error)
{
    const double length = newton(w), before = fabs(rise(w));
    double part = length > LONGEST ? LONGEST / length : 1, next = error;
    for (int cut = 0; cut < MOST_CUTS; cut++, part /= 3) {
        for (size_t j = 0; j < w->m; j++) w->next[j] = w->g[j] + part * w->step[j];
        next = rows(w, w->next);
        if (next <= 0.9 * error || rise(w) >= -0.3 * before) break;
    }
    memcpy(w->g, w->next, sizeof(double) * w->m);
    return next;
}

double dp_network_solve(dp_network *w, double tolerance, slong most, slong *steps)
{
    double least = INFINITY, mark = INFINITY, error;
    int idle = 0;
    for (int k = 0; k < 2; k++) rows(w, w->g), columns(w);
    error = rows(w, w->g);
    for (slong k = 0;; k++) {
        if (error < least) least = error, memcpy(w->best, w->g, sizeof(double) * w->m);
        idle = least < 0.9 * mark ? 0 : idle + 1, mark = fmin(mark, least);
        if (least <= tolerance || k == most || idle > PATIENCE) break;
        error = advance(w, error), ++*steps;
    }
    memcpy(w->g, w->best, sizeof(double) * w->m);
    return rows(w, w->g);
}
