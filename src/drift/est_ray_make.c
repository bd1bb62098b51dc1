/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_ray_make.c: measures along a direction as laws on the line, in doubles. */
#include "drift/est_ray.h"

#include <stdlib.h>
#include <string.h>

void est_ray_clear(est_ray *L)
{
    free(L->w), free(L->y), free(L->s), free(L->total), free(L->moment);
}

typedef struct { double y, w; } atom;

static int by_place(const void *a, const void *b)
{
    const double u = ((const atom *) a)->y, v = ((const atom *) b)->y;
    return u < v ? -1 : u > v;
}

static void steps(est_ray *L, const dp_measure_t mu, const double *theta)
{
    const int listed = mu->family == DP_ATOMS, d = mu->dim;
    L->kind = EST_STEPS, L->n = listed ? mu->n : mu->ndata;
    atom *a = dp_calloc((size_t) L->n, sizeof *a);
    for (slong i = 0; i < L->n; i++) {
        a[i].w = listed ? fmpq_get_d(DP_WEIGHT(mu, i)) : 1 / (double) L->n;
        for (int k = 0; k < d; k++)
            a[i].y += theta[k] * (listed ? fmpq_get_d(DP_MEAN(mu, i, k)) : mu->data[i * d + k]);
    }
    qsort(a, (size_t) L->n, sizeof *a, by_place);
    L->y = dp_calloc((size_t) L->n, sizeof(double));
    L->total = dp_calloc((size_t) L->n + 1, sizeof(double)), L->moment = dp_calloc((size_t) L->n + 1, sizeof(double));
    for (slong i = 0; i < L->n; i++) {
        L->y[i] = a[i].y, L->size = fmax(L->size, fabs(a[i].y));
        L->total[i + 1] = listed ? L->total[i] + a[i].w : (double) (i + 1) / (double) L->n;
        L->moment[i + 1] = L->moment[i] + a[i].w * a[i].y;
    }
    free(a);
}

static void mixture(est_ray *L, const dp_measure_t mu, const double *theta)
{
    const int d = mu->dim;
    L->kind = EST_MIXTURE, L->n = mu->n;
    L->w = dp_calloc((size_t) L->n, sizeof(double)), L->y = dp_calloc((size_t) L->n, sizeof(double)), L->s = dp_calloc((size_t) L->n, sizeof(double));
    for (slong j = 0; j < L->n; j++) {
        double v = 0;
        for (int k = 0; k < d; k++) {
            L->y[j] += theta[k] * fmpq_get_d(DP_MEAN(mu, j, k));
            for (int l = 0; l < d; l++)
                v += theta[k] * theta[l] * fmpq_get_d(DP_COV(mu, j, k, l));
        }
        L->w[j] = fmpq_get_d(DP_WEIGHT(mu, j)), L->s[j] = sqrt(v), L->size = fmax(L->size, fabs(L->y[j]) + L->s[j]);
    }
}

/* Values f at n breakpoints y: mass and moment up to each. */
static void table_sums(est_ray *L)
{
    L->total = dp_calloc((size_t) L->n, sizeof(double)), L->moment = dp_calloc((size_t) L->n, sizeof(double));
    for (slong i = 1; i < L->n; i++) {
        const double h = L->y[i] - L->y[i - 1], a = L->w[i - 1], b = L->w[i], m = h * (a + b) / 2;
        L->total[i] = L->total[i - 1] + m;
        L->moment[i] = L->moment[i - 1] + m * L->y[i - 1] + h * h * (a / 6 + b / 3);
    }
    L->size = fmax(fabs(L->y[0]), fabs(L->y[L->n - 1]));
}

/* A box along theta in the plane: a trapezium; on the line constant. A table on the line. */
static void table(est_ray *L, const dp_measure_t mu, const double *theta)
{
    double c = 0, half[2] = {0, 0};
    L->kind = EST_TABLE;
    if (mu->family == DP_DENSITY) {
        L->n = mu->ndata;
        L->y = dp_calloc((size_t) L->n, sizeof(double)), L->w = dp_calloc((size_t) L->n, sizeof(double));
        const double lo = fmpq_get_d(DP_LOWER(mu, 0)), hi = fmpq_get_d(DP_UPPER(mu, 0)), integral = dp_measure_integral(mu);
        for (slong i = 0; i < L->n; i++) {
            const slong j = theta[0] > 0 ? i : L->n - 1 - i;
            L->y[i] = theta[0] * (lo + (hi - lo) * (double) j / (double) (L->n - 1)), L->w[i] = mu->data[j] / integral;
        }
        table_sums(L);
        return;
    }
    for (int k = 0; k < mu->dim; k++) {
        const double lo = fmpq_get_d(DP_LOWER(mu, k)), hi = fmpq_get_d(DP_UPPER(mu, k));
        c += theta[k] * (lo + hi) / 2, half[k] = fabs(theta[k]) * (hi - lo) / 2;
    }
    const double outer = half[0] + half[1], inner = fabs(half[0] - half[1]), top = 1 / (outer + inner);
    const int flat = outer - inner < 1e-14 * outer;
    L->n = flat ? 2 : 4;
    L->y = dp_calloc(4, sizeof(double)), L->w = dp_calloc(4, sizeof(double));
    if (flat)
        L->y[0] = c - outer, L->y[1] = c + outer, L->w[0] = L->w[1] = top;
    else
        L->y[0] = c - outer, L->y[1] = c - inner, L->y[2] = c + inner, L->y[3] = c + outer, L->w[1] = L->w[2] = top;
    table_sums(L);
}

const char *est_ray_init(est_ray *L, const dp_measure_t mu, const double *theta)
{
    memset(L, 0, sizeof *L);
    if (dp_measure_is_points(mu))
        steps(L, mu, theta);
    else if (mu->family == DP_MIXTURE)
        mixture(L, mu, theta);
    else if (mu->dim == 1 && (mu->family == DP_STUDENT || mu->family == DP_LAPLACE)) {
        L->kind = mu->family == DP_STUDENT ? EST_STUDENT : EST_LAPLACE, L->n = 1;
        L->y = dp_calloc(1, sizeof(double)), L->s = dp_calloc(1, sizeof(double));
        L->y[0] = theta[0] * fmpq_get_d(mu->mean), L->s[0] = fmpq_get_d(mu->scale), L->dof = fmpq_get_d(mu->dof);
        L->size = fabs(L->y[0]) + L->s[0];
    } else if (mu->dim == 1 || (mu->dim == 2 && mu->family == DP_UNIFORM))
        table(L, mu, theta);
    else
        return mu->family == DP_PRODUCT ? "a product of laws has no projections here" : mu->family == DP_DENSITY ? "a table of values (density) in the plane or in space has no projections here" : "a box (uniform) in space has no projections here";
    return NULL;
}
