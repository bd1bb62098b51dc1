/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_panel_sum.c: kernels that are no Gaussians on the line: sums of exponentials carried from one place to the next, and plain sums over near nodes. All terms are positive, so tails
   keep their digits. */
#include <string.h>

#include "drift/est_source.h"

#define EACH for (int i = 0; i < DP_LANES; i++)

enum { MOMENTS = 4 };
#define MOST_PAIRS 4e9 /* of nodes and places, for parts without an exponential */

/* ---- sums of exponentials ---- */

/* By place: logarithm of a scale; sums over the nodes on the left and on the right of weight exp(-a r) r^m, over exp(scale). */
typedef struct { real top, side[2][MOMENTS]; } carried;
enum { GROUP = 64 };
struct est_panels { slong n; const real *x; carried **part; real *log_f, *peak, slope, top; int order; }; /* peak: largest logarithm of a weight in each group of nodes; slope: largest of the law's logarithm's, roughly */

/* The sums at another place, further on by t. */
static void carry(real *top, real *S, real t, real a)
{
    *top -= a * t;
    S[3] += t * (3 * S[2] + t * (3 * S[1] + t * S[0]));
    S[2] += t * (2 * S[1] + t * S[0]);
    S[1] += t * S[0];
}

static void add(real *top, real *S, real l, real r)
{
    if (l > *top) {
        const real shrink = r_exp(*top - l);
        for (int m = 0; m < MOMENTS; m++)
            S[m] *= shrink;
        *top = l;
    }
    real w = r_exp(l - *top);
    for (int m = 0; m < MOMENTS; m++, w *= r)
        S[m] += w;
}

/* From one end to the other: side 0 from the left, 1 from the right. */
static void scan(carried *out, real *tops, const est_source *s, const struct est_panels *f, real a, int side)
{
    const slong n = s->nodes.n[0], step = side ? -1 : 1;
    const real *y = s->nodes.x[0];
    real top = -DBL_MAX, S[MOMENTS] = {0}, at = f->x[side ? f->n - 1 : 0];
    slong j = side ? n - 1 : 0;
    for (slong i = side ? f->n - 1 : 0; i >= 0 && i < f->n; i += step) {
        const real x = f->x[i];
        carry(&top, S, r_fabs(x - at), a);
        for (at = x; j >= 0 && j < n && (side ? y[j] > x : y[j] < x); j += step)
            if (s->log_w[j] > -INFINITY)
                add(&top, S, s->log_w[j] - a * r_fabs(x - y[j]), r_fabs(x - y[j]));
        memcpy(out[i].side[side], S, sizeof S);
        tops[i] = top;
    }
}

static carried *sums_of(const est_source *s, const struct est_panels *f, const est_part *part)
{
    const real a = r_sqrt((real) est_twice_nu(part->family)) / part->h;
    carried *out = dp_calloc((size_t) f->n, sizeof *out);
    real *tops[2] = {dp_malloc((size_t) f->n * sizeof(real)), dp_malloc((size_t) f->n * sizeof(real))};
    scan(out, tops[0], s, f, a, 0), scan(out, tops[1], s, f, a, 1);
    for (slong i = 0; i < f->n; i++) {
        out[i].top = r_max(tops[0][i], tops[1][i]);
        for (int side = 0; side < 2; side++)
            for (int m = 0; m < MOMENTS; m++)
                out[i].side[side][m] *= r_exp(tops[side][i] - out[i].top);
    }
    free(tops[0]), free(tops[1]);
    return out;
}

/* Nodes that a Gaussian part sees from anywhere in [lo, hi]: all others together are below exp(-R_NEGLIGIBLE) of the largest term at every place there. */
static void near_nodes(slong *from, slong *to, const est_source *s, real h, real lo, real hi)
{
    const slong n = s->nodes.n[0], groups = (n + GROUP - 1) / GROUP;
    const real *y = s->nodes.x[0], *peak = s->panels->peak, c = 1 / (2 * h * h);
    real top = -INFINITY;
    *from = n, *to = 0;
    for (slong g = 0; g < groups; g++) { /* of a group's largest weight, wherever in it that lies */
        const real far = r_max(y[FLINT_MIN((g + 1) * GROUP, n) - 1] - lo, hi - y[g * GROUP]);
        top = r_max(top, peak[g] - c * far * far);
    }
    top -= R_NEGLIGIBLE + r_log((real) n);
    for (slong g = 0; g < groups; g++) {
        const slong end = FLINT_MIN((g + 1) * GROUP, n);
        const real away = r_max(0, r_max(y[g * GROUP] - hi, lo - y[end - 1]));
        if (peak[g] - c * away * away >= top)
            *from = FLINT_MIN(*from, g * GROUP), *to = end;
    }
}

static void find_peaks(const est_source *s)
{
    const slong n = s->nodes.n[0];
    s->panels->peak = dp_malloc((size_t) (n / GROUP + 1) * sizeof(real));
    for (slong i = 0; i < n; i++) {
        real *peak = s->panels->peak + i / GROUP;
        *peak = i % GROUP ? r_max(*peak, s->log_w[i]) : s->log_w[i];
    }
}

/* Pairs of nodes and places that a part without an exponential takes; no more than all. */
static double pairs(const est_source *s, const est_part *part)
{
    const struct est_panels *f = s->panels;
    const double all = (double) f->n * (double) s->nodes.n[0];
    double sum = 0;
    if (part->family != DP_KERNEL_GAUSSIAN || all <= MOST_PAIRS)
        return all;
    for (slong i = 0; i < f->n; i += DP_LANES) {
        slong from, to;
        near_nodes(&from, &to, s, part->h, f->x[i], f->x[FLINT_MIN(i + DP_LANES, f->n) - 1]);
        sum += (double) (DP_LANES * (to - from));
    }
    return sum;
}

dp_status est_panels_sum(est_source *s, const est_axes *out, int order, dp_error *e)
{
    struct est_panels *f = s->panels;
    f->n = out->n[0], f->x = out->x[0], f->order = order, f->top = -INFINITY, f->slope = s->mu ? 1 / est_smallest_width(&s->law, 0) : 0;
    f->part = dp_calloc((size_t) s->k->n, sizeof *f->part);
    for (slong i = 0; i < s->nodes.n[0]; i++)
        f->top = r_max(f->top, s->log_w[i]);
    find_peaks(s);
    for (slong p = 0; p < s->k->n; p++)
        if (est_twice_nu(s->k->part[p].family))
            f->part[p] = sums_of(s, f, s->k->part + p);
        else if (pairs(s, s->k->part + p) > MOST_PAIRS)
            return dp_fail(e, DP_EBUDGET, "sums over %.3g pairs of nodes on the line", pairs(s, s->k->part + p));
    return DP_OK;
}

/* log of the density that is weighed at the places themselves, which the kink of the kernel laplace sees. */
real *est_panels_density(est_source *s, slong n)
{
    if (!s->panels)
        s->panels = dp_calloc(1, sizeof *s->panels);
    if (!s->panels->log_f)
        s->panels->log_f = dp_calloc((size_t) n, sizeof(real));
    return s->panels->log_f;
}

void est_panels_clear(est_source *s)
{
    for (slong p = 0; s->panels && s->panels->part && p < s->k->n; p++)
        free(s->panels->part[p]);
    if (s->panels)
        free(s->panels->part), free(s->panels->log_f), free(s->panels->peak);
    free(s->panels);
    s->panels = NULL;
}

/* ---- moments ---- */

/* Coefficients of r^j exp(-a r) in k, -k', k'' (r > 0), k'' r^2 and so on: of k t's derivative without -k, and of k#. */
enum { OF_K, OF_SLOPE, OF_CURVE, OF_SHIFT, OF_SHARP, FORMS };

static void forms(real c[FORMS][MOMENTS], int nu2, real a)
{
    const real a2 = a * a;
    memset(c, 0, FORMS * sizeof *c);
    c[OF_K][0] = 1;
    if (nu2 == 1) {
        c[OF_SLOPE][0] = a, c[OF_CURVE][0] = a2, c[OF_SHIFT][1] = a;
        c[OF_SHARP][0] = 1 / a2, c[OF_SHARP][1] = 1 / a;
    } else if (nu2 == 3) {
        c[OF_K][1] = a, c[OF_SLOPE][1] = a2, c[OF_CURVE][0] = -a2, c[OF_CURVE][1] = a2 * a, c[OF_SHIFT][2] = a2;
        c[OF_SHARP][0] = 3 / a2, c[OF_SHARP][1] = 3 / a, c[OF_SHARP][2] = 1;
    } else {
        c[OF_K][1] = a, c[OF_K][2] = a2 / 3, c[OF_SLOPE][1] = a2 / 3, c[OF_SLOPE][2] = a2 * a / 3;
        c[OF_CURVE][0] = -a2 / 3, c[OF_CURVE][1] = -a2 * a / 3, c[OF_CURVE][2] = a2 * a2 / 3, c[OF_SHIFT][2] = a2 / 3, c[OF_SHIFT][3] = a2 * a / 3;
        c[OF_SHARP][0] = 5 / a2, c[OF_SHARP][1] = 5 / a, c[OF_SHARP][2] = 2, c[OF_SHARP][3] = a / 3;
    }
}

/* A form against sums of the two sides (odd: right less left), r^j times r^shift; its error is `size` times a relative one. */
static real apply(real *size, const real *c, const carried *s, int odd, int shift)
{
    real sum = 0;
    *size = 0;
    for (int j = 0; j + shift < MOMENTS; j++) {
        const real left = s->side[0][j + shift], right = s->side[1][j + shift];
        sum += c[j] * (odd ? right - left : right + left), *size += r_fabs(c[j]) * (right + left);
    }
    return sum;
}

static void store(dp_col to, int lane, real v, real e)
{
    ((real *) to.v)[lane] = v, ((real *) to.e)[lane] = e;
}

/* Whether mu jumps at x. */
static int jumps(const est_source *s, real x) { return s->mu && s->mu->box && (x == s->law.lo[0] || x == s->law.hi[0]); }

static void exponential_lane(dp_emoments *out, const est_source *s, const est_part *part, const carried *at, slong place, int lane)
{
    const struct est_panels *f = s->panels;
    const int nu2 = est_twice_nu(part->family);
    const real a = r_sqrt((real) nu2) / part->h;
    real c[FORMS][MOMENTS], size;
    forms(c, nu2, a);
    const real Z = apply(&size, c[OF_K], at, 0, 0), log_z = r_log(Z) + at->top;
    const real rel = R_ULP * (20 + 3 * r_fabs(f->top) + 3 * r_fabs(log_z - f->top) + 8 * r_fabs(f->x[place]) * (a + f->slope) + r_sqrt((real) s->nodes.n[0]));
    store(out->log, lane, log_z, rel + R_ULP * r_fabs(log_z));
    real v = apply(&size, c[OF_SHARP], at, 0, 0);
    store(out->kappa, lane, v / Z, 2 * rel * v / Z);
    v = apply(&size, c[OF_SLOPE], at, 1, 0);
    store(out->u[0], lane, v / Z, rel * (r_fabs(v) + size) / Z);
    v = apply(&size, c[OF_K], at, 1, 1);
    store(out->m[0], lane, v / Z, rel * (r_fabs(v) + size) / Z);
    if (f->order < 2)
        return;
    v = apply(&size, c[OF_CURVE], at, 0, 0);
    if (nu2 == 1) {
        const real spike = 2 * a * r_exp(f->log_f[place] - at->top);
        v -= spike, size += jumps(s, f->x[place]) ? (real) INFINITY : spike;
    }
    store(out->U[0], lane, v / Z, rel * (r_fabs(v) + size) / Z);
    v = apply(&size, c[OF_SHIFT], at, 0, 0);
    store(out->M[0], lane, v / Z - 1, rel * (2 * size / Z + 1));
}

void est_panels_block(dp_emoments *out, dp_lanes *on, const est_source *s, slong block)
{
    const struct est_panels *f = s->panels;
    const size_t mark = dp_lanes_mark(on);
    dp_emoments part[64];
    est_at at;
    memset(&at, 0, sizeof at);
    EACH at.x[0][i] = f->x[FLINT_MIN(block * DP_LANES + i, f->n - 1)];
    for (slong p = 0; p < s->k->n; p++) {
        part[p] = *out;
        if (s->k->n > 1)
            est_moments_new(part + p, on, 1, f->order);
        if (f->part[p]) {
            for (int i = 0; i < DP_LANES; i++) {
                const slong place = FLINT_MIN(block * DP_LANES + i, f->n - 1);
                exponential_lane(part + p, s, s->k->part + p, f->part[p] + place, place, i);
            }
        } else {
            est_part plain = {s->k->part[p].family, 1, s->k->part[p].h};
            const est_kernel one = {1, &plain, 0};
            slong from = 0, to = s->nodes.n[0];
            if (plain.family == DP_KERNEL_GAUSSIAN)
                near_nodes(&from, &to, s, plain.h, at.x[0][0], at.x[0][DP_LANES - 1]);
            const est_source sum = {.kind = EST_POINTS, .k = &one, .mu = s->mu, .dim = 1, .n = to - from, .point = s->nodes.x[0] + from, .log_w = s->log_w + from};
            est_pointwise(part + p, on, &sum, &at, f->order);
        }
    }
    if (s->k->n > 1)
        est_combine(out, on, part, s->k, 1, f->order);
    dp_lanes_release(on, mark);
}
