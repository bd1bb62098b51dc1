/* SPDX-License-Identifier: GPL-3.0-or-later */
/* step.c: one step of a record: v and the velocity of a variant side by side, and how far rounding alone can move them apart. */
#include "audit/step.h"

#include <math.h>
#include <stdlib.h>

enum { DRAWS = 2, MARGIN = 8 };

dp_batch dp_step_batch(const dp_search *s, size_t t)
{
    const dp_recorded *r = s->r;
    return (dp_batch){.n = r->n, .m = r->m, .l = r->l, .d = r->d, .nh = s->nh, .h = s->h, .x = r->x + t * r->n * r->d, .y = r->y + t * r->m * r->d, .z = r->z ? r->z + t * r->l * r->d : NULL, .xlabel = r->xlabel ? r->xlabel + t * r->n : NULL, .ylabel = r->ylabel ? r->ylabel + t * r->m : NULL,
                      .ndirections = r->ndirections, .direction = r->direction, .lambda = r->declared.regularisation, .threads = 1};
}

static int finite(const double *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(a[i])) return 0;
    return 1;
}

int dp_step_comparable(const dp_recorded *r, size_t t)
{
    const size_t n = r->n * r->d, m = r->m * r->d, l = r->l * r->d;
    const double vv = dp_audit_dot(r->v + t * n, r->v + t * n, n);
    return finite(r->x + t * n, n) && finite(r->y + t * m, m) && (!l || finite(r->z + t * l, l)) && isfinite(vv) && vv > 0;
}

double dp_step_distance(double *s, const double *v, const double *u, size_t n)
{
    const double uu = dp_audit_dot(u, u, n), vv = dp_audit_dot(v, v, n);
    double rest = 0;
    *s = uu > 0 ? dp_audit_dot(u, v, n) / uu : 0;
    for (size_t i = 0; i < n; i++) rest += (v[i] - *s * u[i]) * (v[i] - *s * u[i]);
    return isfinite(uu) ? sqrt(rest / vv) : INFINITY;
}

static double moved(double x, double size, double sign) { return sign < 0.5 ? x - size : x + size; }

/* By how much a coordinate moves: all alike, or (float16 and shorter) by its own share, at least by half of the least number of float16. */
static double share(double x, double unit, double size) { return unit < DP_UNIT_HALF ? size : fmax(unit * fabs(x), 0x1p-25); }

/* Coordinates moved by u max|x| max(1, max|x|/h), which distances formed from a product of matrices lose, and bandwidths by u of themselves. Numbers of float16 were computed with more
   digits and rounded when they were stored. */
static dp_batch perturbed(const dp_batch *b, double unit, ulong draw, double *room)
{
    const size_t nx = b->n * b->d, ny = b->m * b->d, nz = b->l * b->d;
    double *x = room, *y = room + nx, *z = y + ny, *h = z + nz, size = 0, least = INFINITY, sign[2];
    dp_batch p = *b;
    for (size_t i = 0; i < nx; i++) size = fmax(size, fabs(b->x[i]));
    for (size_t i = 0; i < ny; i++) size = fmax(size, fabs(b->y[i]));
    for (size_t i = 0; i < nz; i++) size = fmax(size, fabs(b->z[i]));
    for (size_t k = 0; k < b->nh; k++) least = fmin(least, b->h[k]);
    size *= unit * fmax(1, size / least);
    for (size_t i = 0; i < nx; i++) dp_philox_pair(sign, draw, (slong) i, 0), x[i] = moved(b->x[i], share(b->x[i], unit, size), sign[0]);
    for (size_t i = 0; i < ny; i++) dp_philox_pair(sign, draw, (slong) i, 1), y[i] = moved(b->y[i], share(b->y[i], unit, size), sign[0]);
    for (size_t i = 0; i < nz; i++) dp_philox_pair(sign, draw, (slong) i, 2), z[i] = moved(b->z[i], share(b->z[i], unit, size), sign[0]);
    for (size_t k = 0; k < b->nh; k++) h[k] = b->h[k] * (draw % 2 ? 1 + fmin(unit, DP_UNIT_SINGLE) : 1 - fmin(unit, DP_UNIT_SINGLE));
    p.x = x, p.y = y, p.z = b->z ? z : NULL, p.h = h, p.memo = NULL;
    return p;
}

dp_status dp_step_velocity(double *u, dp_mixed *mixed, const dp_search *s, const dp_variant *a, const dp_batch *b, const double *v, dp_error *e)
{
    return s->changed.kind == DP_MIXED ? dp_variant_mix(u, mixed, a, b, v, e) : dp_variant_eval(u, a, b, e);
}

const double *dp_step_recorded(const dp_search *s, size_t t) { return s->r->v + t * s->r->n * s->r->d; }

double *dp_step_sides(double *lost, const dp_search *s, size_t t, const double *u)
{
    const size_t n = s->r->n * s->r->d;
    double *p = dp_malloc(sizeof(double) * 2 * n);
    *lost = dp_change_compare(p, p + n, &s->changed, dp_step_recorded(s, t), u, t ? dp_step_recorded(s, t - 1) : NULL);
    return p;
}

/* What the rounding of v itself can be, beside what it depends on: relative to v as it was recorded; float16 has no numbers below 2^-24. */
static double own_rounding(const dp_search *s, size_t t, double unit)
{
    const size_t n = s->r->n * s->r->d;
    return unit / (1 - unit) + (unit == DP_UNIT_HALF ? 0x1p-25 * sqrt((double) n / dp_audit_dot(dp_step_recorded(s, t), dp_step_recorded(s, t), n)) : 0);
}

/* Largest relative change of u, as it is compared, under such perturbations, times MARGIN; and that of v when it is rounded once, which is known without a margin. */
double dp_step_limit(const dp_search *s, const dp_variant *a, const dp_batch *b, size_t t, const double *u, double unit, double stored)
{
    const size_t n = b->n * b->d;
    double *room = dp_malloc(sizeof(double) * (2 * n + (b->m + b->l) * b->d + b->nh)), *w = room + n + (b->m + b->l) * b->d + b->nh, worst = 0, lost = 1, *p = dp_step_sides(&lost, s, t, u);
    for (ulong draw = 0; draw < DRAWS; draw++) {
        const dp_batch q = perturbed(b, unit, draw, room);
        double change = 0, unused;
        if (dp_step_velocity(w, NULL, s, a, &q, dp_step_recorded(s, t), NULL)) continue;
        double *o = dp_step_sides(&unused, s, t, w);
        for (size_t i = n; i < 2 * n; i++) change += (o[i] - p[i]) * (o[i] - p[i]);
        worst = fmax(worst, sqrt(change / dp_audit_dot(p + n, p + n, n)));
        free(o);
    }
    free(room), free(p);
    return MARGIN * (worst + own_rounding(s, t, unit) * lost) + (stored > unit ? own_rounding(s, t, stored) * lost : 0);
}

/* A kernel with a kink at 0, the pair of a point with itself kept. A program that forms distances from a product of matrices (torch.cdist beyond 25 points) has the root of a rounding
   error there, sqrt(u) max|x|, in the place of 0: the weight of the pair is off by that over h, and the velocity by that part of what leaving the pair out changes. Times MARGIN. */
double dp_step_product_limit(const dp_variant *a, const dp_batch *b, const double *u, double unit)
{
    dp_variant masked = *a;
    const size_t n = b->n * b->d;
    double size = 0, least = INFINITY, change = 0, *w;
    if (a->mask || (a->family != DP_KERNEL_LAPLACE && a->family != DP_KERNEL_ENERGY) || !b->nh) return 0;
    masked.mask = 1, w = dp_malloc(sizeof(double) * n);
    for (size_t i = 0; i < n; i++) size = fmax(size, fabs(b->x[i]));
    for (size_t k = 0; k < b->nh; k++) least = fmin(least, b->h[k]);
    if (!dp_variant_eval(w, &masked, b, NULL))
        for (size_t i = 0; i < n; i++) change += (w[i] - u[i]) * (w[i] - u[i]);
    free(w);
    return MARGIN * sqrt(unit) * size / least * sqrt(change / dp_audit_dot(u, u, n));
}
