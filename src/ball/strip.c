/* SPDX-License-Identifier: GPL-3.0-or-later */
/* strip.c: certified lower bounds of |G(u + it e_k)| by phases relative to a locally dominant term, with bisection, in doubles whose errors are bounded. */
#include "ball/strip.h"

#include <math.h>

#define PREC 64

/* Taylor data of the terms' exponents at the centre of the window: E_l(c0 + w) = e_l - p_l.w - w'A_l w/2 exactly (quadratics),
   as balls and as doubles with their errors. */
typedef struct {
    int dim, axis;
    slong n;
    arb_ptr e, p, A;       /* n, n x dim, n x dim x dim */
    double *de, *dp, *dA, *ee, *ep, *eA; /* midpoints, and how far the true values may be from these doubles */
} expansion;

static void to_doubles(double *v, double *err, arb_srcptr a, slong n)
{
    arf_t d;
    mag_t r;
    arf_init(d), mag_init(r);
    for (slong i = 0; i < n; i++) {
        v[i] = arf_get_d(arb_midref(a + i), ARF_RND_NEAR);
        arf_set_d(d, v[i]);
        arf_sub(d, d, arb_midref(a + i), MAG_BITS, ARF_RND_UP);
        arf_get_mag(r, d);
        mag_add(r, r, arb_radref(a + i));
        err[i] = arb_is_finite(a + i) ? mag_get_d(r) : INFINITY;
    }
    arf_clear(d), mag_clear(r);
}

static void expansion_init(expansion *x, const dp_gsum_t G, const double *centre, int axis)
{
    int d = G->dim;
    slong n = G->n;
    x->dim = d, x->axis = axis, x->n = n;
    x->e = _arb_vec_init(n), x->p = _arb_vec_init(n * d), x->A = _arb_vec_init(n * d * d);
    slong all = n * (1 + d + d * d);
    x->de = dp_malloc(2 * sizeof(double) * (size_t) all);
    x->dp = x->de + n, x->dA = x->dp + n * d, x->ee = x->de + all, x->ep = x->ee + n, x->eA = x->ep + n * d;
    arb_ptr c = _arb_vec_init(d);
    for (int a = 0; a < d; a++)
        arb_set_d(c + a, centre[a]);
    slong top = 0;
    for (slong l = 0; l < n; l++) {
        dp_gsum_log_term(x->e + l, G, l, c, 4 * PREC);
        dp_gsum_pull(x->p + l * d, G, l, c, 4 * PREC);
        if (arf_cmp(arb_midref(x->e + l), arb_midref(x->e + top)) > 0)
            top = l;
    }
    arb_t shift;
    arb_init(shift);
    arb_set(shift, x->e + top);
    _arb_vec_set(x->A, G->A, n * d * d);
    for (slong l = 0; l < n; l++) /* a common factor of G changes no quotient */
        arb_sub(x->e + l, x->e + l, shift, 4 * PREC);
    to_doubles(x->de, x->ee, x->e, n), to_doubles(x->dp, x->ep, x->p, n * d), to_doubles(x->dA, x->eA, x->A, n * d * d);
    arb_clear(shift);
    _arb_vec_clear(c, d);
}

static void expansion_clear(expansion *x)
{
    slong n = x->n;
    int d = x->dim;
    _arb_vec_clear(x->e, n), _arb_vec_clear(x->p, n * d), _arb_vec_clear(x->A, n * d * d);
    free(x->de);
}

static double exponent_d(const expansion *x, slong l, const double *w)
{
    double s = x->de[l];
    for (int a = 0; a < x->dim; a++) {
        double t = x->dp[l * x->dim + a];
        for (int b = 0; b < x->dim; b++)
            t += 0.5 * x->dA[(l * x->dim + a) * x->dim + b] * w[b];
        s -= t * w[a];
    }
    return s;
}

/* -dE_l/dw_k at w; along the strip's axis it is the speed of the phase. */
static double pull_d(const expansion *x, slong l, const double *w, int k)
{
    double t = x->dp[l * x->dim + k];
    for (int b = 0; b < x->dim; b++)
        t += x->dA[(l * x->dim + k) * x->dim + b] * w[b];
    return t;
}

static double phase_d(const expansion *x, slong l, const double *w)
{
    return pull_d(x, l, w, x->axis);
}

/* About the largest value of E_l - E_j within a grid cell of half-widths box->radius/n around w, at most 0: two terms tie on a surface
   that a coarse grid steps over. */
static double near_tie_d(const expansion *x, slong l, slong j, const double *w, const dp_box *box, int n)
{
    double s = exponent_d(x, l, w) - exponent_d(x, j, w);
    for (int b = 0; b < x->dim; b++)
        s += fabs(pull_d(x, l, w, b) - pull_d(x, j, w, b)) * box->radius[b] / n;
    return fmin(s, 0);
}

static slong dominant(const expansion *x, const double *w)
{
    slong top = 0;
    double best = -INFINITY;
    for (slong l = 0; l < x->n; l++) {
        double v = exponent_d(x, l, w);
        if (v > best)
            best = v, top = l;
    }
    return top;
}

/* Growth exponent gamma of the integrand on the strip, exp(gamma t^2/2). */
static double growth_rate(const dp_strip *s, const dp_strip_goal *goal)
{
    return goal->root ? goal->growth - s->amin / 2 : goal->growth;
}

/* Height a with 2 pi a/h - gamma a^2/2 = bits log 2 less what the integrand, polynomial factor and volume included, has fallen at
   distance r from its possible centres: a choice, not a bound. */
static double height(const dp_strip_goal *goal, double gamma, double h, double r)
{
    double fallen = goal->kappa * r * r / 2 - 4 * log1p(r), c = 2 * M_PI / h;
    double want = fmax(goal->bits * M_LN2 - fallen, 3);
    double disc = c * c - 2 * gamma * want;
    return disc > 0 ? 2 * want / (c + sqrt(disc)) : c / gamma;
}

static double quotient_d(const expansion *x, slong top, const double *w, const dp_box *box, int n, double a)
{
    double low = 0, up = 0, f0 = phase_d(x, top, w);
    for (slong l = 0; l < x->n; l++) {
        double r = exp(near_tie_d(x, l, top, w, box, n)), f = fabs(a * (phase_d(x, l, w) - f0));
        low += r * (f < 3.14 ? cos(f) : -1);
        up += r;
    }
    return low / up;
}

/* Distance from the possible centres, |.| <= slack in every coordinate, to the nearest (sign = -1) or farthest (1) point of the box around w. */
static double distance(const dp_strip_goal *goal, int d, const double *w, const double *r, int sign)
{
    double sum = 0;
    for (int b = 0; b < d; b++)
        sum = hypot(sum, fmax(fabs(w[b]) + sign * (r[b] + goal->slack[b]), 0));
    return sum;
}

/* Not rigorous: the largest step h 0.85^i whose heights leave a quotient of at least 1/8 at every point of a coarse grid on the box. */
static double search_step(const expansion *x, const dp_box *box, const dp_strip_goal *goal, double gamma, double h)
{
    int n = x->dim == 1 ? 400 : x->dim == 2 ? 48 : 14, d = x->dim;
    int count[3] = {n, d > 1 ? n : 1, d > 2 ? n : 1};
    const double point[3] = {0, 0, 0};
    for (int i = 0; i < count[0]; i++)
        for (int j = 0; j < count[1]; j++)
            for (int k = 0; k < count[2] && h >= goal->step_min; k++) {
                int at[3] = {i, j, k};
                double w[3];
                for (int b = 0; b < d; b++)
                    w[b] = box->radius[b] * (2.0 * at[b] / (n - 1) - 1);
                double r = distance(goal, d, w, point, -1);
                slong top = dominant(x, w);
                while (h >= goal->step_min && quotient_d(x, top, w, box, n - 1, height(goal, gamma, h, r)) < 0.125)
                    h *= 0.85;
            }
    return h;
}

typedef struct { double w[3], r[3]; } cell;

/* What is known in doubles of E_l - E_j and of the difference of phase slopes over a cell: intervals that hold every value of the balls, rounding paid for. */
typedef struct { double lo, hi, slope, bend, bend_off; } cell_range; /* slope: of the modulus; bend: (A_l - A_j)_kk, and how far it may be off */

enum { ROUND = 47 };       /* sums of a few dozen terms err by less than 2^-47 of the sum of moduli */
#define LIBM 0x1p-40       /* exp and cos are taken to err by less than this, 8,192 units in the last place */

/* d = the difference of entry i of l and of entry j, and what it may be off. */
static double differ(double *off, const double *v, const double *err, slong i, slong j)
{
    *off = err[i] + err[j] + ldexp(fabs(v[i]) + fabs(v[j]), -ROUND);
    return v[i] - v[j];
}

/* Also raises sense[b] by how much halving axis b would narrow the ranges. */
static cell_range range_of(double *sense, const expansion *x, slong l, slong j, const cell *c)
{
    int d = x->dim, k = x->axis;
    double off, mid = differ(&off, x->de, x->ee, l, j), size = fabs(x->de[l]) + fabs(x->de[j]), spread = 0, slope = 0;
    cell_range r = {.bend = 0};
    for (int a = 0; a < d; a++) {
        double goff, g = differ(&goff, x->dp, x->ep, l * d + a, j * d + a), gsize = fabs(x->dp[l * d + a]) + fabs(x->dp[j * d + a]);
        mid -= g * c->w[a], off += goff * fabs(c->w[a]), size += gsize * fabs(c->w[a]);
        for (int b = 0; b < d; b++) {
            slong at = (l * d + a) * d + b, aj = (j * d + a) * d + b;
            double Aoff, A = differ(&Aoff, x->dA, x->eA, at, aj), big = (fabs(x->dA[at]) + fabs(x->dA[aj])) * fabs(c->w[b]);
            g += A * c->w[b], goff += Aoff * fabs(c->w[b]), gsize += big;
            mid -= A * c->w[b] * c->w[a] / 2, off += Aoff * fabs(c->w[b] * c->w[a]) / 2, size += big * fabs(c->w[a]) / 2;
            spread += (fabs(A) + Aoff) * c->r[a] * c->r[b] / 2;
            if (a == k) {
                slope += (fabs(A) + Aoff) * c->r[b];
                sense[b] = fmax(sense[b], c->r[b] * fabs(A));
            }
            if (a == k && b == k)
                r.bend = A, r.bend_off = Aoff;
        }
        goff += ldexp(gsize, -ROUND);
        spread += (fabs(g) + goff) * c->r[a];
        if (a == k)
            slope += fabs(g) + goff;
        sense[a] = fmax(sense[a], 0.3 * c->r[a] * fabs(g));
    }
    off += ldexp(size, -ROUND) + spread * (1 + LIBM);
    r.lo = mid - off, r.hi = mid + off, r.slope = slope * (1 + LIBM);
    return r;
}

/* Adds term l's share to the lower bound of |G(u+it)|/(g_j e^{t^2 A_j/2}) and to the upper bound of G(u)/g_j. */
static void add_term(double *low, double *up, const cell_range *r, double a)
{
    double edge = r->slope * a * (1 + LIBM), C = edge < 3.140625 ? cos(edge) - LIBM : -1; /* the cosine decreases on [0, pi] */
    double bend = a * a / 2 * r->bend, off = a * a / 2 * (r->bend_off + fabs(r->bend) * LIBM); /* the ratio's growth lies between 0 and this */
    double share = C >= 0 ? C * exp(r->lo + fmin(bend - off, 0)) * (1 - LIBM) : C * exp(r->hi + fmax(bend + off, 0)) * (1 + LIBM);
    *low += share - fabs(share) * LIBM;
    *up += exp(r->hi) * (1 + LIBM);
}

/* The cell's certified quotient lower/upper, a lower bound, or less than 0; *split is the axis to bisect when that is too little. */
static double cell_quotient(int *split, const expansion *x, const cell *c, double a)
{
    slong j = dominant(x, c->w);
    double sense[3] = {0, 0, 0}, low = 1, up = 1;
    for (slong l = 0; l < x->n; l++)
        if (l != j) {
            cell_range r = range_of(sense, x, l, j, c);
            add_term(&low, &up, &r, a);
        }
    *split = 0;
    for (int b = 1; b < x->dim; b++)
        if (sense[b] > sense[*split])
            *split = b;
    low -= LIBM; /* the sum's own rounding: add_term pays the shares' part */
    return isfinite(low) && isfinite(up) ? low / up * (1 - LIBM) : -1;
}

#define QUOTIENT_MIN (1.0 / 64)

/* log of the largest (1 + r^2)^2 exp(-kappa r^2/2) for near <= r <= far: at r^2 = 4/kappa - 1 or at the end next to it. */
static double log_bound(double kappa, double near, double far)
{
    double top = sqrt(fmax(4 / kappa - 1, 0)), r = fmin(fmax(top, near), far);
    return 2 * log1p(r * r) - kappa * r * r / 2;
}

/* The cell's share of the error sum (lemma L3'): both horizontal sides at height a, and on each face across the axis the step down
   from a neighbour's height, where the quotient is at least QUOTIENT_MIN. Sums over the other axes' nodes are at most length + 3/4. */
static double cell_share(const expansion *x, const cell *c, const dp_strip_goal *goal, double gamma, double h, double a, double q)
{
    double near = distance(goal, x->dim, c->w, c->r, -1), far = distance(goal, x->dim, c->w, c->r, 1), others = 1, rate = 2 * M_PI / h;
    for (int b = 0; b < x->dim; b++)
        others *= b == x->axis ? 1 : 2 * c->r[b] + 0.75;
    double log_fall = rate * a - gamma * a * a / 2, log_size = log_bound(goal->kappa, near * (1 - 1e-12), far);
    double e = exp(goal->bits * M_LN2 - log_fall + log_size + 1e-12 * (log_fall + goal->kappa * far * far)); /* rounding of large exponents */
    return 1.001 * e / (1 - exp(-rate * a)) * others * (4 * c->r[x->axis] / sqrt(q) + 4 * (rate / gamma) / sqrt(QUOTIENT_MIN));
}

/* Sets *split to the widest axis of a cell over which the integrand would vary too much for one height. */
static int too_wide(int *split, const cell *c, const dp_strip_goal *goal, int d)
{
    double r[3];
    int k = 0;
    for (int b = 0; b < d; b++) {
        k = c->r[b] > c->r[k] ? b : k;
        r[b] = -c->r[b]; /* makes `distance` that of the farthest point from the nearest centre */
    }
    if (!((distance(goal, d, c->w, r, -1) - distance(goal, d, c->w, c->r, -1)) * sqrt(goal->kappa) > 2))
        return 0;
    *split = k;
    return 1;
}

/* Depth first over the box with heights by distance; 1 when every cell passed. */
static int certify(dp_strip *out, const expansion *x, const dp_box *box, const dp_strip_goal *goal, slong budget)
{
    cell stack[256];
    int top = 1;
    double gamma = growth_rate(out, goal);
    out->quotient = 1, out->boxes = 0, out->sum = 0, out->a = 0;
    for (int b = 0; b < x->dim; b++)
        stack[0].w[b] = 0, stack[0].r[b] = box->radius[b];
    while (top > 0) {
        cell c = stack[--top];
        int s;
        double r = distance(goal, x->dim, c.w, c.r, -1);
        double a = height(goal, gamma, out->step, r), q = x->n > 1 ? cell_quotient(&s, x, &c, a) : 1;
        if (++out->boxes > budget)
            return 0;
        if (q >= QUOTIENT_MIN && !too_wide(&s, &c, goal, x->dim)) {
            out->quotient = fmin(out->quotient, q), out->a = fmax(out->a, a);
            out->sum += cell_share(x, &c, goal, gamma, out->step, a, q);
            continue;
        }
        if (top + 2 > 256 || c.r[s] < 1e-4 * box->radius[s])
            return 0;
        c.r[s] /= 2; /* exact */
        double w = c.w[s], slack = c.r[s] * 1e-9; /* the halves overlap a little: rounding of w +- r loses no point */
        cell l = c;
        l.w[s] = w - c.r[s], c.w[s] = w + c.r[s];
        l.r[s] += slack, c.r[s] += slack;
        stack[top++] = l, stack[top++] = c;
    }
    return 1;
}

/* Ten bits of mantissa: node = step x index is exact. */
static double short_step(double h)
{
    int e;
    double m = frexp(h, &e);
    return ldexp(floor(m * 1024), e - 10);
}

static double least_curvature(const dp_gsum_t G, int k)
{
    double amin = INFINITY;
    arf_t edge;
    arf_init(edge);
    for (slong l = 0; l < G->n; l++) {
        arb_get_lbound_arf(edge, DP_GSUM_A(G, l, k, k), PREC);
        amin = fmin(amin, arf_get_d(edge, ARF_RND_FLOOR));
    }
    arf_clear(edge);
    return fmax(amin, 0);
}

int dp_strip_certify(dp_strip *out, const dp_gsum_t G, const dp_box *box, int k, const dp_strip_goal *goal, slong budget)
{
    expansion x;
    expansion_init(&x, G, box->centre, k);
    int ok = 0;
    out->amin = least_curvature(G, k);
    double gamma = growth_rate(out, goal), h = fmin(0.75, 6.2 / sqrt(2 * gamma * goal->bits * M_LN2));
    if (G->n > 1)
        h = search_step(&x, box, goal, gamma, h);
    for (int tries = 0; tries < 12 && h >= goal->step_min && !ok; tries++, h *= 0.85) {
        out->step = short_step(h);
        ok = certify(out, &x, box, goal, budget);
    }
    expansion_clear(&x);
    return ok;
}
