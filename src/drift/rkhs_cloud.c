/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rkhs_cloud.c: measures as weighted points for kale and chi2, and sums of kernels over them. */
#include <string.h>

#include "drift/rkhs_mesh.h"

static void room_for(rkhs_cloud *c, slong n)
{
    for (int k = 0; k < c->dim; k++)
        c->x[k] = dp_malloc((size_t) n * sizeof(double));
    c->w = dp_malloc((size_t) n * sizeof(double));
}

static void take_points(rkhs_cloud *c, const est_source *s, int reversed)
{
    c->exact = 1, c->n = s->n;
    room_for(c, c->n);
    for (slong i = 0; i < c->n; i++) {
        const slong j = reversed ? c->n - 1 - i : i;
        for (int k = 0; k < c->dim; k++)
            c->x[k][i] = s->point[j * c->dim + k];
        c->w[i] = exp(s->log_w[j]);
    }
}

/* Nodes whose weight is below exp(faint), even when multiplied by exp(lift), are left out. */
static void take_nodes(rkhs_cloud *c, const est_source *s, double faint, double lift)
{
    const slong all = est_size(&s->nodes);
    const double least = fmax(fmax(faint, log(1e-17)) - log((double) all) - lift, -600);
    room_for(c, all);
    for (slong i = 0; i < all; i++) {
        slong rest = i;
        if (!(s->log_w[i] > least))
            continue;
        for (int k = 0; k < c->dim; k++)
            c->x[k][c->n] = s->nodes.x[k][rest % s->nodes.n[k]], rest /= s->nodes.n[k];
        c->w[c->n++] = exp(s->log_w[i]);
    }
}

/* ---- windows ---- */

/* By what the bulk of mu must grow to hold [lo, hi] along an axis. */
static double factor_for(const est_law *law, int axis, double lo, double hi)
{
    double a, b, a2, b2;
    est_bulk(&a, &b, law, axis, 1), est_bulk(&a2, &b2, law, axis, 2);
    if (!(b2 > b) || !(a2 < a)) /* a box does not grow */
        return 1;
    return fmax(1, 1 + fmax((hi - b) / (b2 - b), (a - lo) / (a - a2)));
}

/* How far the window goes, in units of the bulk: a tail of powers needs windows that double from level to level. */
static double reach_of(const rkhs_where *at, const dp_measure_struct *mu, int number)
{
    const double start = dp_measure_has(mu, DP_STUDENT) ? ldexp(1, number) : 0.8 + 0.1 * number, h = est_widest(at->k);
    double reach = start, most = start;
    est_law law, other;
    est_law_init(&law, mu);
    if (at->line && mu->dim == 1)
        reach *= factor_for(&law, 0, at->line[0] - h, at->line[1] + h);
    if (at->cover && at->lift > 0) {
        const double wider = mu->family == DP_MIXTURE ? sqrt(1 + at->lift / 36) : 1 + at->lift / 37;
        int points = dp_measure_is_points(at->cover);
        if (!points)
            est_law_init(&other, at->cover);
        for (int k = 0; k < mu->dim; k++) {
            double lo = INFINITY, hi = -INFINITY;
            const double past = h * (4 + sqrt(2 * log1p(at->lift)));
            if (!points)
                est_bulk(&lo, &hi, &other, k, 1);
            for (slong i = 0; points && i < (at->cover->family == DP_ATOMS ? at->cover->n : at->cover->ndata); i++) {
                const double y = at->cover->family == DP_ATOMS ? fmpq_get_d(DP_MEAN(at->cover, i, k)) : at->cover->data[i * mu->dim + k];
                lo = fmin(lo, y), hi = fmax(hi, y);
            }
            most = fmax(most, start * factor_for(&law, k, lo - past, hi + past));
        }
        if (!points)
            est_law_clear(&other);
        reach = fmax(reach, fmin(most, start * wider));
    }
    est_law_clear(&law);
    return reach;
}

dp_status rkhs_cloud_init(rkhs_cloud *c, const rkhs_where *at, const dp_measure_struct *mu, int number, dp_error *e)
{
    est_source s;
    const int points = dp_measure_is_points(mu), level = mu->dim == 1 ? number - 1 : number - 2;
    *c = (rkhs_cloud){.dim = mu->dim};
    dp_status status = est_source_nodes(&s, at->P, at->k, mu, points ? 1 : reach_of(at, mu, number), level, 1, e);
    if (status == DP_OK && points)
        take_points(c, &s, number & 1);
    else if (status == DP_OK)
        take_nodes(c, &s, at->faint - 2 * number, at->lift);
    est_source_clear(&s);
    return status;
}

void rkhs_cloud_clear(rkhs_cloud *c)
{
    for (int k = 0; k < 3; k++)
        free(c->x[k]);
    free(c->w);
    memset(c, 0, sizeof *c);
}

/* ---- sums ---- */

/* Coordinates of y - x and squared distances of DP_LANES points from the j-th on; the last again where there are fewer. */
static slong lanes_at(double t[3][DP_LANES], double *r2, const rkhs_cloud *c, slong j, const double *x)
{
    for (int i = 0; i < DP_LANES; i++)
        r2[i] = 0;
    for (int a = 0; a < c->dim; a++)
        for (int i = 0; i < DP_LANES; i++) {
            t[a][i] = c->x[a][FLINT_MIN(j + i, c->n - 1)] - x[a];
            r2[i] += t[a][i] * t[a][i];
        }
    return FLINT_MIN(DP_LANES, c->n - j);
}

/* One point of one part: f = weight exp(-phi). */
static void add_point(double *sum, double *size, const double v[3], double f, double phi, const double *t, double r2, double far, int d, int kink)
{
    double first = v[1], second = v[2];
    if (!isfinite(first) || !isfinite(second)) { /* r = 0: B t t' vanishes where A is finite; a kink has neither */
        second = 0;
        kink = kink && !isfinite(first);
        if (!isfinite(first))
            first = 0;
    } else
        kink = 0;
    const double slip = fabs(f) * (10 + 4 * phi + (first > 0 ? 4 * far * first / v[0] * sqrt(r2) : 0));
    sum[0] += f * v[0], size[0] += slip * v[0];
    for (int a = 0; a < d; a++) {
        sum[1 + a] += f * first * t[a];
        size[1 + a] += kink ? INFINITY : slip * first * fabs(t[a]) + fabs(f) * first * far;
        for (int b = 0; b < d; b++) {
            const double cross = second * t[a] * t[b];
            sum[4 + a * d + b] += f * (cross - (a == b ? first : 0));
            size[4 + a * d + b] += kink ? INFINITY : slip * (fabs(cross) + (a == b ? first : 0)) + fabs(f) * second * far * (fabs(t[a]) + fabs(t[b]));
        }
    }
}

/* k's parts times weights at all lanes: g[i] = weight exp(-phi), phi and v as in est_kernel_lanes. */
static void part_lanes(double *g, double *phi, double v[4][DP_LANES], const est_part *part, const double *r2)
{
    est_kernel_lanes(phi, v, part, r2);
    for (int i = 0; i < DP_LANES; i++)
        g[i] = -phi[i];
    est_vexp(g, g);
    for (int i = 0; i < DP_LANES; i++)
        g[i] *= part->weight;
}

typedef struct { double t[3][DP_LANES], r2[DP_LANES], phi[DP_LANES], g[DP_LANES], v[4][DP_LANES]; } lanes __attribute__((aligned(64)));

void rkhs_cloud_row(double *out, const est_kernel *k, const rkhs_cloud *c, const double *x)
{
    lanes L;
    for (slong j = 0; j < c->n; j += DP_LANES) {
        const slong count = lanes_at(L.t, L.r2, c, j, x);
        for (slong part = 0; part < k->n; part++) {
            part_lanes(L.g, L.phi, L.v, k->part + part, L.r2);
            for (int i = 0; i < count; i++)
                out[j + i] = (part ? out[j + i] : 0) + L.g[i] * L.v[0][i];
        }
    }
}

void rkhs_cloud_sum(double *sum, double *size, const est_kernel *k, const rkhs_cloud *c, const double *weight, double w, const double *x)
{
    lanes L;
    double far = 0;
    for (int a = 0; a < c->dim; a++)
        far = fmax(far, fabs(x[a]));
    for (slong j = 0; j < c->n; j += DP_LANES) {
        const slong count = lanes_at(L.t, L.r2, c, j, x);
        for (slong part = 0; part < k->n; part++) {
            part_lanes(L.g, L.phi, L.v, k->part + part, L.r2);
            for (int i = 0; i < count; i++) {
                const double t[3] = {L.t[0][i], L.t[1][i], L.t[2][i]}, v[3] = {L.v[0][i], L.v[1][i], L.v[2][i]};
                add_point(sum, size, v, w * weight[j + i] * L.g[i], L.phi[i], t, L.r2[i], far, c->dim, c->exact);
            }
        }
    }
}
