/* SPDX-License-Identifier: GPL-3.0-or-later */
/* smoothed.c: the flow (24) of the KL between smoothed samples: expectations over x_i + h z by the trapezoidal rule, on one lattice for points that are near each other. */
#include "base/threads.h"
#include "particle/ball.h"
#include "particle/functional.h"
#include "particle/span.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NODES = 4000000, REACH = 9 };

/* Nodes (origin + index h step) in a box around points of x. Coordinates are relative to `centre`, one of these points: differences of near points are
   exact, and nodes have all digits. u: score difference times h^2; log_ratio: log(q_k/p_k), of a wide kernel without its part <slope, node/h>, whose mean is known. */
typedef struct { dp_sample s; dp_pkernel k; double h, step, centre[3], origin[3], slope[3]; size_t size[3], count; double *x, *y, *node, *u, *log_ratio; } lattice;

static double *moved(const double *a, size_t n, size_t d, const double *centre)
{
    double *b = dp_malloc(sizeof(double) * n * d);
    for (size_t i = 0; i < n * d; i++) b[i] = a[i] - centre[i % d];
    return b;
}

/* Nodes of a box around the points x_i with group[i] = id; sizes may be NULL. Infinity when a double cannot count them. */
static double box(size_t *size, double *origin, const double *x, const size_t *group, size_t id, const dp_sample *s, double h, double step)
{
    double count = 1;
    for (size_t c = 0; c < s->d; c++) {
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < s->n; i++)
            if (group[i] == id) low = fmin(low, x[i * s->d + c]), high = fmax(high, x[i * s->d + c]);
        const double n = ceil((high - low) / h / step) + 2 * ceil(REACH / step) + 1;
        if (origin) origin[c] = low - h * step * ceil(REACH / step);
        if (size) size[c] = n <= MOST_NODES ? (size_t) n : 0;
        count *= n;
    }
    return count;
}

static dp_status lattice_init(lattice *g, const dp_sample *s, const size_t *group, size_t id, double step, dp_error *e)
{
    const size_t d = s->d;
    *g = (lattice){.s = *s, .step = step};
    g->s.single = 0; /* differences of float32 sums would hide when the rule has converged */
    dp_status status = dp_pkernel_init(&g->k, s, DP_FORM_KERNEL, e);
    if (status) return status;
    g->h = g->k.h;
    size_t first = 0;
    while (group[first] != id) first++;
    memcpy(g->centre, s->x + first * d, sizeof(double) * d);
    g->s.x = g->x = moved(s->x, s->n, d, g->centre), g->s.y = g->y = moved(s->y, s->m, d, g->centre);
    const double count = box(g->size, g->origin, g->x, group, id, s, g->h, step);
    if (!(count <= MOST_NODES)) return dp_fail(e, DP_EBUDGET, "smoothed-kl: a lattice of step %g h would have more than %d nodes: the scores vary too much within a bandwidth (--tolerance asks for less)", step, MOST_NODES);
    g->count = (size_t) count;
    g->node = dp_malloc(sizeof(double) * g->count * d), g->u = dp_malloc(sizeof(double) * g->count * d), g->log_ratio = dp_malloc(sizeof(double) * g->count);
    for (size_t i = 0; i < g->count; i++)
        for (size_t c = 0, rest = i; c < d; c++, rest /= g->size[c - 1]) g->node[i * d + c] = g->origin[c] + g->h * step * (double) (rest % g->size[c]);
    return DP_OK;
}

static void lattice_clear(lattice *g) { free(g->x), free(g->y), free(g->node), free(g->u), free(g->log_ratio); }

/* ---- kernels wide beside the clouds ---- */

enum { WIDE = 32, NODES = 64 }; /* of a bandwidth, in which all points are: t below is less than 1 at nodes; nodes of one job */

static int is_wide(const lattice *g)
{
    const dp_sample *s = &g->s;
    for (size_t i = 0; i < s->n * s->d; i++)
        if (!(fabs(g->x[i]) <= g->h / WIDE)) return 0;
    for (size_t i = 0; i < s->m * s->d; i++)
        if (!(fabs(g->y[i]) <= g->h / WIDE)) return 0;
    return 1;
}

/* At z, |z - a_j|^2 without |z|^2, which all share, is -2 h^2 t_j with t_j = <z, b_j>/h - |b_j|^2/2, b_j = a_j/h, |t_j| < 1: log mean exp(t_j) less its linear part <z, mean b>/h, of the order of |b|^2 with all digits,
   and the place in units of h. */
static double side(double *place, const double *a, size_t n, const lattice *g, const double *z)
{
    const size_t d = g->s.d;
    double rest = 0, sum = 0, total = 0;
    for (size_t c = 0; c < d; c++) place[c] = 0;
    for (size_t j = 0; j < n; j++, a += d) {
        double linear = 0, square = 0;
        for (size_t c = 0; c < d; c++) linear += z[c] / g->h * (a[c] / g->h), square += a[c] / g->h * (a[c] / g->h) / 2;
        const double t = linear - square, more = dp_beyond(t), w = 1 + (t + more);
        rest += more - square, sum += more + t, total += w;
        for (size_t c = 0; c < d; c++) place[c] += w * (a[c] / g->h);
    }
    for (size_t c = 0; c < d; c++) place[c] /= total;
    return rest / (double) n - dp_beyond(log1p(sum / (double) n));
}

static dp_status some_nodes(void *argument, slong job, int worker, dp_error *e)
{
    lattice *g = argument;
    const size_t d = g->s.d;
    double x[3], y[3];
    (void) worker, (void) e;
    for (size_t i = (size_t) job * NODES; i < FLINT_MIN(g->count, ((size_t) job + 1) * NODES); i++) {
        g->log_ratio[i] = side(x, g->x, g->s.n, g, g->node + i * d) - side(y, g->y, g->s.m, g, g->node + i * d);
        for (size_t c = 0; c < d; c++) g->u[i * d + c] = (y[c] - x[c]) * g->h;
    }
    return DP_OK;
}

static dp_status fill_wide(lattice *g, dp_error *e)
{
    const size_t n = g->s.n, m = g->s.m, d = g->s.d;
    for (size_t c = 0; c < d; c++) {
        long double sum = 0;
        for (size_t i = 0; i < n; i++) sum += g->x[i * d + c] / (long double) n;
        for (size_t j = 0; j < m; j++) sum -= g->y[j * d + c] / (long double) m;
        g->slope[c] = (double) (sum / g->h);
    }
    return dp_parallel(some_nodes, g, (slong) ((g->count + NODES - 1) / NODES), FLINT_MAX(1, g->s.threads), e);
}

/* ---- all kernels ---- */

/* Barycentre differences and log-ratios at the nodes. */
static dp_status lattice_fill(lattice *g, dp_error *e)
{
    const dp_sample *s = &g->s;
    if (is_wide(g)) return fill_wide(g, e);
    dp_pairing y = dp_pairing_y(s, &g->k, DP_FORM_KERNEL), x = dp_pairing_negatives(s, &g->k, DP_FORM_KERNEL);
    double *sum = dp_malloc(sizeof(double) * g->count), *shift = dp_malloc(sizeof(double) * g->count * s->d);
    y.a = x.a = g->node, y.n = x.n = g->count;
    dp_status status = dp_rows(g->log_ratio, g->u, &y, e);
    if (!status) status = dp_rows(sum, shift, &x, e);
    for (size_t i = 0; i < g->count * s->d; i++) g->u[i] -= shift[i];
    for (size_t i = 0; i < g->count; i++) g->log_ratio[i] = dp_over_eps(&g->k, sum[i] - g->log_ratio[i]) + log((double) s->m / (double) s->n);
    free(sum), free(shift);
    return status;
}

/* Sums of weights exp(-t^2/2) over the nodes within REACH of x, normalised by themselves. */
static double smooth(double *v, const lattice *g, const double *x)
{
    const size_t d = g->s.d;
    double total = 0, ratio = 0;
    size_t low[3] = {0}, high[3] = {0, 0, 0}, at[3];
    for (size_t c = 0; c < d; c++) {
        const double t = (x[c] - g->origin[c]) / g->h / g->step, r = ceil(REACH / g->step);
        low[c] = (size_t) fmax(0, floor(t - r)), high[c] = FLINT_MIN(g->size[c] - 1, (size_t) ceil(t + r));
        v[c] = 0;
    }
    for (at[2] = low[2]; at[2] <= high[2]; at[2]++)
        for (at[1] = low[1]; at[1] <= high[1]; at[1]++)
            for (at[0] = low[0]; at[0] <= high[0]; at[0]++) {
                const size_t node = at[0] + (d > 1 ? g->size[0] * (at[1] + (d > 2 ? g->size[1] * at[2] : 0)) : 0);
                double r2 = 0;
                for (size_t c = 0; c < d; c++) r2 += (x[c] - g->node[node * d + c]) / g->h * ((x[c] - g->node[node * d + c]) / g->h);
                const double w = exp(-r2 / 2);
                total += w, ratio += w * g->log_ratio[node];
                for (size_t c = 0; c < d; c++) v[c] += w * g->u[node * d + c];
            }
    for (size_t c = 0; c < d; c++) v[c] = v[c] / total / g->h / g->h;
    return ratio / total;
}

/* The points of one group; adds their share of the energy. */
static dp_status one_group(double *value, double *v, const dp_sample *s, const size_t *group, size_t id, double step, dp_error *e)
{
    lattice g;
    dp_status status = lattice_init(&g, s, group, id, step, e);
    if (!status) status = lattice_fill(&g, e);
    for (size_t i = 0; i < s->n && !status; i++)
        if (group[i] == id) {
            double linear = 0;
            for (size_t c = 0; c < s->d; c++) linear += g.slope[c] * (g.x[i * s->d + c] / g.h);
            *value += (smooth(v + i * s->d, &g, g.x + i * s->d) + linear) / (double) s->n;
        }
    lattice_clear(&g);
    return status;
}

/* Whether the lattices of two points overlap. */
static int near(const double *a, const double *b, size_t d, double h)
{
    for (size_t c = 0; c < d; c++)
        if (!(fabs(a[c] - b[c]) <= 2 * REACH * h)) return 0;
    return 1;
}

/* Splits x into groups, named by their first points: connected by overlaps, and such a group again into single points where these need fewer nodes. */
static void split(size_t *group, const dp_sample *s, double h)
{
    size_t *stack = dp_malloc(sizeof *stack * s->n), *single = dp_malloc(sizeof *single * s->n);
    for (size_t i = 0; i < s->n; i++) group[i] = s->n, single[i] = i;
    for (size_t first = 0; first < s->n; first++) {
        size_t depth = 0, members = 0;
        if (group[first] < s->n) continue;
        group[first] = first, stack[depth++] = first;
        while (depth > 0) {
            const double *a = s->x + stack[--depth] * s->d;
            members++;
            for (size_t j = first + 1; j < s->n; j++)
                if (group[j] == s->n && near(a, s->x + j * s->d, s->d, h)) group[j] = first, stack[depth++] = j;
        }
        if (box(NULL, NULL, s->x, group, first, s, h, 0.25) <= (double) members * box(NULL, NULL, s->x, single, first, s, h, 0.25)) continue;
        for (size_t j = first; j < s->n; j++)
            if (group[j] == first) group[j] = j;
    }
    free(stack), free(single);
}

static dp_status one_level(double *value, double *v, const dp_sample *s, const size_t *group, double step, dp_error *e)
{
    dp_status status = DP_OK;
    *value = 0;
    for (size_t i = 0; i < s->n && !status; i++)
        if (group[i] == i) status = one_group(value, v, s, group, i, step, e);
    return status;
}

/* The step is halved until velocities agree to the tolerance (1e-13) times the largest, or to rounding: the rule converges faster than any power, so the
   last change is an estimate of the error before it. */
static dp_status refine(double *value, double *now, double *change, const dp_sample *s, const size_t *group, dp_error *e)
{
    const size_t n = s->n * s->d;
    const double goal = s->tolerance < 0 ? 1e-13 : s->tolerance;
    double *before = dp_malloc(sizeof(double) * n);
    dp_status status = one_level(value, before, s, group, 0.5, e);
    *change = INFINITY;
    for (double step = 0.25, last = INFINITY; !status && *change > goal && !(*change < 1e-9 && *change > last / 4); step /= 2) {
        double top = 0;
        last = *change;
        status = one_level(value, now, s, group, step, e);
        *change = 0;
        for (size_t i = 0; i < n; i++) top = fmax(top, fabs(now[i])), *change = fmax(*change, fabs(now[i] - before[i]));
        *change = top > 0 ? *change / top : 0;
        memcpy(before, now, sizeof(double) * n);
    }
    free(before);
    return status;
}

static dp_status finite(const double *v, size_t n, dp_error *e)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(v[i])) return dp_fail(e, DP_EBUDGET, "smoothed-kl: a number beyond what doubles hold: choose another unit, or take --precision DIGITS");
    return DP_OK;
}

static dp_status by_lattices(double *value, dp_drifted *out, const dp_sample *s, dp_error *e)
{
    dp_pkernel k;
    dp_status status = dp_pkernel_init(&k, s, DP_FORM_KERNEL, e);
    if (status) return status;
    size_t *group = dp_malloc(sizeof *group * s->n);
    double *now = dp_malloc(sizeof(double) * s->n * s->d), change, energy = 0;
    split(group, s, k.h);
    status = refine(&energy, now, &change, s, group, e);
    if (!status) status = finite(now, s->n * s->d, e);
    if (value) *value = energy;
    if (out && out->v && !status) memcpy(out->v, now, sizeof(double) * s->n * s->d);
    if (out && !status) dp_drifted_note(out, "estimate", change);
    free(group), free(now);
    return status;
}

/* ---- enclosures ---- */

/* Terms of enclosures that take about as long as lattices in doubles; 0 where counting them would take longer. */
static double cheap(const dp_sample *s) { return s->n * (s->n + s->m) > 400 ? 0 : s->d < 3 ? 5e5 : 1e8; }

/* Whether doubles hold none but 0. */
static int nothing(arb_srcptr v)
{
    mag_t most;
    mag_init(most), arb_get_mag(most, v);
    const int none = mag_cmp_2exp_si(most, -1080) < 0;
    mag_clear(most);
    return none;
}

/* Enclosures rounded: 17 digits relative to the largest number, or all known to vanish: so velocities do by symmetry, a value of two laws never. */
static dp_status rounded(double *out, size_t n, const dp_sample *s, dp_status (*enclose)(arb_ptr, const dp_sample *, slong, dp_error *), dp_error *e)
{
    arb_ptr v = _arb_vec_init((slong) n);
    dp_status status = DP_OK;
    mag_t radius;
    mag_init(radius), mag_inf(radius);
    for (slong prec = 112, done = 0; !done && !status; prec *= 2) {
        status = prec > 8000 ? dp_fail(e, DP_EBUDGET, "smoothed-kl: 17 digits not reached") : enclose(v, s, prec, e);
        done = dp_ball_digits(v, (slong) n) >= 17 || (enclose == dp_ball_smoothed_value ? nothing(v) : dp_ball_vanishes(radius, v, (slong) n, INFINITY, 88) && prec > 800);
    }
    mag_clear(radius);
    for (size_t i = 0; i < n; i++) out[i] = arf_get_d(arb_midref(v + i), ARF_RND_NEAR);
    if (!status) status = finite(out, n, e);
    _arb_vec_clear(v, (slong) n);
    return status;
}

static dp_status by_balls(double *value, dp_drifted *out, const dp_sample *s, dp_error *e)
{
    dp_status status = DP_OK;
    if (out && out->v) status = rounded(out->v, s->n * s->d, s, dp_ball_smoothed, e);
    if (value && !status) status = rounded(value, 1, s, dp_ball_smoothed_value, e);
    if (out && !status) dp_drifted_note(out, "estimate", 0);
    return status;
}

/* ---- the span of the points that count ---- */

static const double LOOSE = 1e-8, MOST_TERMS = 4e10, MOST_PRODUCTS = 1e12, TERMS = 2e5, /* minutes on two cores; over the tolerance: a moment at 1e-3, where random nodes cost little, too */
                    FEW_TERMS = 1e9, NARROW = 128; /* a second; bandwidths in the diagonal of all points, from which on near points of x share few nodes */

/* Lattices, of few nodes alone if `few`, else with a tolerance that admits it random nodes where these would be too large. Requires: *value and v, n x d, of the caller; value may be NULL. */
static dp_status in_span(double *value, double *v, double *estimate, size_t *nodes, const dp_sample *s, int both, int few, dp_error *e)
{
    const int loose = s->tolerance >= LOOSE;
    const double goal = s->tolerance < 0 ? 1e-13 : fmax(s->tolerance, 0x1p-52); /* 0 asks for what rounding leaves */
    dp_pkernel k;
    dp_status status = dp_pkernel_init(&k, s, DP_FORM_KERNEL, e);
    if (!status) status = dp_span_lattices(value, v, estimate, s, k.h, goal, few ? FEW_TERMS : loose ? fmin(TERMS / goal, MOST_TERMS) : MOST_TERMS, e);
    if (few) return status ? status : finite(v, s->n * s->d, e);
    if (status == DP_EBUDGET && !loose) return dp_fail(e, status, "%s; --tolerance 1e-3 admits random nodes, which serve any dimension", e->text);
    if (status == DP_EBUDGET) status = dp_span_draws(value, v, estimate, nodes, s, k.h, goal, both, MOST_PRODUCTS, e);
    return status ? status : finite(v, s->n * s->d, e);
}

static dp_status by_span(double *value, dp_drifted *out, const dp_sample *s, int few, dp_error *e)
{
    const int both = out && out->v, same = dp_sample_same_law(s);
    double *v = dp_calloc(s->n * s->d, sizeof(double)), F = 0, estimate = 0;
    size_t nodes = 0;
    const dp_status status = same ? DP_OK : in_span(value ? &F : NULL, v, &estimate, &nodes, s, both, few, e);
    if (!status && value) *value = F;
    if (!status && both) memcpy(out->v, v, sizeof(double) * s->n * s->d);
    if (!status && out) dp_drifted_note(out, "estimate", estimate);
    if (!status && out && nodes) dp_drifted_note(out, "confidence", DP_SPAN_CONFIDENCE), dp_drifted_note(out, "nodes", (double) nodes);
    free(v);
    return status;
}

static int is_narrow(const dp_sample *s)
{
    const dp_pairing p = {.n = s->n, .m = s->m, .d = s->d, .a = s->x, .b = s->y};
    return sqrt(dp_pairing_diagonal(&p)) > NARROW * dp_nearest_d(&s->part->bandwidth);
}

dp_status dp_smoothed_kl_sample(double *value, dp_drifted *out, const dp_sample *s, dp_error *e)
{
    double terms;
    dp_error span = {0};
    dp_status status = dp_smoothed_check(s, e);
    if (status) return status;
    if (cheap(s) > 0 && !dp_ball_smoothed_cost(&terms, s, 112, cheap(s), NULL)) return by_balls(value, out, s, e);
    if (s->d <= 3 && is_narrow(s) && !by_span(value, out, s, 1, NULL)) return DP_OK;
    if (s->d <= 3 && (status = by_lattices(value, out, s, e)) != DP_EBUDGET) return status;
    status = by_span(value, out, s, 0, &span);
    if (status == DP_EBUDGET && !by_balls(value, out, s, e)) return DP_OK;
    return status ? dp_fail(e, status, "%s", span.text) : DP_OK;
}
