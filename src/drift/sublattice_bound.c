/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sublattice_bound.c: what the sums over the lattice of a group of components miss at a place. */
#include <math.h>

#include "drift/sublattice.h"

static const double delta = DP_MAJORANT_SHARE;

/* log of the majorant's mass at x, with the rounding of x, m and the coefficients paid for. */
static double log_mass(const dp_majorant *b, const double *x, int d)
{
    double z[3], far[3], L = b->c, size = fabs(b->c) + 1;
    for (int k = 0; k < d; k++)
        z[k] = x[k] - b->m[k], far[k] = fabs(x[k]) + fabs(b->m[k]);
    for (int k = 0; k < d; k++) {
        L += b->l[k] * z[k], size += fabs(b->l[k]) * far[k];
        for (int c = 0; c < d; c++)
            L += z[k] * b->Q[k * d + c] * z[c] / 2, size += fabs(z[k] * b->Q[k * d + c]) * far[c];
    }
    return L + 0x1p-44 * size;
}

/* Which term's majorant is the least at x, and log of its mass. */
const dp_majorant *dp_majorant_least(double *log_of, const dp_group *g, slong i, const double *x)
{
    const dp_majorant *best = NULL;
    for (slong j = 0; j < g->terms; j++) {
        const dp_majorant *b = g->of + i * g->terms + j;
        const double L = log_mass(b, x, g->dim);
        if (!best || L < *log_of)
            best = b, *log_of = L;
    }
    return best;
}

/* Mean of axis k of the majorant at x, and a bound of its rounding. */
double dp_majorant_mean(double *rounding, const dp_majorant *b, const double *x, int d, int k)
{
    double m = b->m[k] + b->u[k], about = fabs(b->m[k]) + fabs(b->u[k]);
    for (int c = 0; c < d; c++)
        m += b->U[k * d + c] * (x[c] - b->m[c]), about += fabs(b->U[k * d + c]) * (fabs(x[c]) + fabs(b->m[c]));
    *rounding = 0x1p-44 * about;
    return m;
}

void dp_mag_exp_d(mag_t out, double log_value)
{
    const double bits = log_value * M_LOG2E + 1e-15 * fabs(log_value), whole = floor(bits);
    mag_inf(out);
    if (whole < -1e15)
        mag_set_ui_2exp_si(out, 1, -1000000000000000);
    else if (whole < 1e15)
        mag_set_d(out, ceil(exp2(bits - whole) * 8 * (1 + 1e-9)) / 8), mag_mul_2exp_si(out, out, (slong) whole); /* the same bits whatever the C library's last place */
}

/* log(e^a + e^b), rounded up. */
static double log_add(double a, double b)
{
    const double large = fmax(a, b), small = fmin(a, b);
    return small < large - 40 ? large + 1e-9 : large < INFINITY ? large + log1p(exp(small - large)) + 1e-9 : large;
}

/* log of the sum over the faces of (tail + end) in units of the mass: the largest face's logarithm is kept, so that nothing underflows. m, r: mean and
   its rounding. */
static double log_faces(const dp_group *g, const dp_majorant *b, const double *m, const double *r)
{
    double worst = -INFINITY;
    for (int k = 0; k < g->dim; k++)
        for (int upper = 0; upper < 2; upper++) {
            double Y = g->edge[2 * k + upper], t = fmax((upper ? Y - m[k] : m[k] - Y) - r[k] - 0x1p-44 * fabs(Y), 0);
            worst = fmax(worst, b->face[k] - t * t / b->v[k] * ((1 - delta) / 2 * (1 - 1e-11)));
        }
    return worst + b->beside;
}

/* Means of a majorant at x, their roundings, and the log of 1 + 2 |x - mean|^2/h^2; with the factor 1 + 2 |y - mean|^2/h^2 that is at least max(1, |x - y|^2/h^2). Returns 0 when
   a mean lies outside the core. */
static int means(double *m, double *r, double *log_offset, const dp_group *g, const dp_majorant *b, const double *x)
{
    double offset = 0;
    int inside_core = 1;
    for (int k = 0; k < g->dim; k++) {
        m[k] = dp_majorant_mean(r + k, b, x, g->dim, k);
        const double far = fabs(x[k] - m[k]) + 2 * r[k];
        offset += far * far;
        inside_core &= m[k] - r[k] >= g->core_lo[k] && m[k] + r[k] <= g->core_hi[k];
    }
    *log_offset = log1p(2 * offset / (g->h * g->h)) + 1e-9;
    return inside_core;
}

void dp_group_error(double *strip, double *window, const dp_group *g, const dp_majorant **chosen, const double *x)
{
    double sum = 0;
    for (int k = 0; k < g->dim; k++)
        sum += g->strip[k].sum;
    /* the strips pay for (1 + |u - c|^2)^2, half of which is more than needed */
    const double strips = log(2 * sum * (1 + 1e-9)) - g->bits * M_LN2 * (1 - 1e-15) + 1e-9, growth = log(g->complex_growth) + 1e-12;
    *strip = *window = -INFINITY;
    for (slong i = 0; i < g->n; i++) {
        double L = 0, m[3], r[3], offset;
        int known = chosen[i] != NULL;
        if (known)
            L = log_mass(chosen[i], x, g->dim), known = means(m, r, &offset, g, chosen[i], x);
        if (!known) {
            chosen[i] = dp_majorant_least(&L, g, i, x);
            if (!means(m, r, &offset, g, chosen[i], x))
                L = INFINITY;
        }
        L += offset + growth;
        *window = log_add(*window, L + log_faces(g, chosen[i], m, r));
        *strip = log_add(*strip, L + chosen[i]->peak + strips);
    }
}
