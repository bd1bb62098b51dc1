/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_panel.c: kernels that are no Gaussians against densities on the line: Gauss-Legendre panels that end at every place asked for and at every kink, and sums
   of exponentials carried from one place to the next. All terms are positive, so tails keep their digits. */
#include <stdlib.h>
#include <string.h>

#include "drift/est_source.h"

#define EACH for (int i = 0; i < DP_LANES; i++)

enum { MOST_NODES = 1000000, MOMENTS = 4 };
#define MOST_PAIRS 4e9 /* of nodes and places, for parts without an exponential */

/* ---- where panels end ---- */

typedef struct { real *x; slong n, room; } list;

static void put(list *a, real x)
{
    if (a->n == a->room) {
        a->room = 2 * a->room + 256;
        a->x = dp_realloc(a->x, (size_t) a->room * sizeof(real));
    }
    a->x[a->n++] = x;
}

static int by_size(const void *a, const void *b)
{
    const real x = *(const real *) a, y = *(const real *) b;
    return (x > y) - (x < y);
}

/* Places where a measure, or k*mu for a kernel with a kink, is not smooth. */
static void put_kinks(list *a, const dp_measure_struct *mu)
{
    if (mu->family == DP_ATOMS || mu->family == DP_LAPLACE)
        for (slong i = 0; i < mu->n; i++)
            put(a, est_fmpq(DP_MEAN(mu, i, 0)));
    else if (mu->family == DP_DATASET || mu->family == DP_SAMPLES)
        for (slong i = 0; i < mu->ndata; i++)
            put(a, mu->data[i]);
    else if (mu->box) {
        const real lo = est_fmpq(DP_LOWER(mu, 0)), hi = est_fmpq(DP_UPPER(mu, 0));
        const slong cells = mu->family == DP_UNIFORM ? 1 : mu->shape[0] - 1;
        for (slong i = 0; i <= cells; i++)
            put(a, lo + (hi - lo) * (real) i / (real) cells);
    }
}

/* ---- nodes ---- */

typedef struct {
    list node, log_w;
    est_gauss rule[EST_RULES];
    const est_law *law[2]; /* whose scales the weights have; NULL: none */
    real h, least, finer;  /* the narrowest kernel; a scale of the weights everywhere; 2^-level */
} layout;

/* How long a panel around y may be for a law: three widths of a Gaussian; so that the poles of Student's law stay outside. */
static real law_scale(const est_law *law, real lo, real hi)
{
    if (dp_measure_is_points(law->mu))
        return INFINITY;
    if (law->mu->family != DP_STUDENT)
        return 3 * est_smallest_width(law, 0);
    const real c = law->centre, away = c < lo ? lo - c : c > hi ? c - hi : 0;
    return 1.8 * r_sqrt(away * away + law->scale * law->scale * law->dof);
}

static real longest(const layout *l, real lo, real hi, real a, real b)
{
    real most = r_min(1.5 * l->h + r_min(lo - a, b - hi) / 2, l->least);
    for (int i = 0; i < 2; i++)
        if (l->law[i])
            most = r_min(most, law_scale(l->law[i], lo, hi));
    return most * l->finer;
}

/* [lo, hi], a part of what lies between the ends a and b. */
static void split(layout *l, real lo, real hi, real a, real b)
{
    const real most = longest(l, lo, hi, a, b), middle = (lo + hi) / 2;
    if (l->node.n > MOST_NODES || !(lo < middle && middle < hi))
        return;
    if (hi - lo > most) {
        split(l, lo, middle, a, b), split(l, middle, hi, a, b);
        return;
    }
    const est_gauss *g = est_rule(l->rule, hi - lo, most);
    for (int i = g->n - 1; i >= 0; i--) /* ascending: the rule's are not */
        put(&l->node, middle + (hi - lo) / 2 * g->y[i]), put(&l->log_w, r_log(g->w[i] * (hi - lo) / 2));
}

static void between(layout *l, list *ends, real lo, real hi)
{
    real from = lo;
    est_rules_init(l->rule);
    put(ends, hi);
    qsort(ends->x, (size_t) ends->n, sizeof(real), by_size);
    for (slong i = 0; i < ends->n; i++)
        if (ends->x[i] > from && ends->x[i] <= hi) {
            split(l, from, ends->x[i], from, ends->x[i]);
            from = ends->x[i];
        }
}

/* Where what is weighed lies. `own`: the weights are mu's density, else a function that does not decay. */
static void window(real *lo, real *hi, const est_source *s, const est_axes *out, int own, real reach, real growth)
{
    const real first = out->x[0][0], last = out->x[0][out->n[0] - 1];
    *lo = first - reach, *hi = last + reach;
    if (!own)
        return;
    if (s->mu->family == DP_STUDENT) { /* 1e-18 of the mass lie further out; none of it is seen where every kernel decays */
        const real far = s->law.scale * r_exp(r_min(growth * 41 * R_REACH * R_REACH / s->law.dof, 130)), c = s->law.centre;
        int heavy = 0;
        for (slong p = 0; p < s->k->n; p++)
            heavy |= s->k->part[p].family == DP_KERNEL_IMQ;
        *lo = heavy ? r_min(*lo, c - far) : r_min(*lo, r_max(c - far, c - 40 * s->law.scale)), *hi = heavy ? r_max(*hi, c + far) : r_max(*hi, r_min(c + far, c + 40 * s->law.scale));
        return;
    }
    real a, b;
    est_bulk(&a, &b, &s->law, 0, growth);
    *lo = s->mu->box ? a : r_min(*lo, a), *hi = s->mu->box ? b : r_max(*hi, b);
}

dp_status est_panels_init(est_source *s, const dp_problem *P, const est_axes *out, int both, int level, dp_error *e)
{
    const real growth = pow(1.5, level), h = est_narrowest(s->k);
    const int own = s->mu != NULL;
    real reach = 0, lo, hi;
    list ends = {0};
    est_law law[2];
    layout l = {.h = h, .least = both ? 1.5 * h : (real) INFINITY, .finer = ldexp(1, -level)};
    for (slong p = 0; p < s->k->n; p++)
        if (s->k->part[p].family != DP_KERNEL_IMQ)
            reach = r_max(reach, (both && own ? 2 : 1) * growth * est_kernel_reach(s->k->part + p));
    est_law_init(law, P->p), est_law_init(law + 1, P->q);
    for (int i = 0; i < 2; i++)
        if (both || (i ? P->q : P->p) == s->mu)
            l.law[i] = law + i, put_kinks(&ends, i ? P->q : P->p);
    for (slong i = 0; i < out->n[0]; i++)
        put(&ends, out->x[0][i]);
    window(&lo, &hi, s, out, own, reach, growth);
    between(&l, &ends, lo, hi);
    est_law_clear(law), est_law_clear(law + 1);
    free(ends.x);
    s->nodes.dim = 1, s->nodes.n[0] = l.node.n, s->nodes.n[1] = s->nodes.n[2] = 1;
    s->nodes.x[0] = l.node.x, s->axis_w[0] = l.log_w.x;
    for (int k = 1; k < 3; k++)
        s->nodes.x[k] = dp_calloc(1, sizeof(real)), s->axis_w[k] = dp_calloc(1, sizeof(real));
    if (l.node.n > MOST_NODES)
        return dp_fail(e, DP_EBUDGET, "more than %d quadrature nodes on the line: the kernel is too narrow for this window", (int) MOST_NODES);
    return DP_OK;
}

/* ---- sums of exponentials ---- */

/* By place: logarithm of a scale; sums over the nodes on the left and on the right of weight exp(-a r) r^m, over exp(scale). */
typedef struct { real top, side[2][MOMENTS]; } carried;
struct est_panels { slong n; const real *x; carried **part; real *log_f, slope, top; int order; }; /* slope: largest of the law's logarithm's, roughly */

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

dp_status est_panels_sum(est_source *s, const est_axes *out, int order, dp_error *e)
{
    struct est_panels *f = s->panels;
    f->n = out->n[0], f->x = out->x[0], f->order = order, f->top = -INFINITY, f->slope = s->mu ? 1 / est_smallest_width(&s->law, 0) : 0;
    f->part = dp_calloc((size_t) s->k->n, sizeof *f->part);
    for (slong i = 0; i < s->nodes.n[0]; i++)
        f->top = r_max(f->top, s->log_w[i]);
    for (slong p = 0; p < s->k->n; p++)
        if (est_twice_nu(s->k->part[p].family))
            f->part[p] = sums_of(s, f, s->k->part + p);
        else if ((double) f->n * (double) s->nodes.n[0] > MOST_PAIRS)
            return dp_fail(e, DP_EBUDGET, "sums over %.3g pairs of nodes on the line", (double) f->n * (double) s->nodes.n[0]);
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
        free(s->panels->part), free(s->panels->log_f);
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
            const est_source sum = {.kind = EST_POINTS, .k = &one, .mu = s->mu, .dim = 1, .n = s->nodes.n[0], .point = s->nodes.x[0], .log_w = s->log_w};
            est_pointwise(part + p, on, &sum, &at, f->order);
        }
    }
    if (s->k->n > 1)
        est_combine(out, on, part, s->k, 1, f->order);
    dp_lanes_release(on, mark);
}
