/* SPDX-License-Identifier: GPL-3.0-or-later */
/* converge.c: potentials of the entropic problem: from wider kernels, by accelerated sweeps, and between few points where these get nowhere by Newton's method. */
#include "particle/anderson.h"
#include "particle/converge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void dp_potentials_init(dp_potentials *a, dp_pairing p)
{
    *a = (dp_potentials){.p = p, .single = p.single};
    a->f = dp_calloc(p.n, sizeof(double)), a->g = dp_calloc(p.m, sizeof(double)), a->old = dp_malloc(sizeof(double) * p.m);
    a->p.add = a->g;
}

void dp_potentials_clear(dp_potentials *a) { free(a->f), free(a->g), free(a->old), dp_reduced_clear(&a->reduced); }

dp_status dp_potentials_rows(double *shift, dp_potentials *a, dp_error *e)
{
    const double log_m = dp_pkernel_eps(a->p.kernel) * log((double) a->p.m);
    if (a->reduced.cost) { /* rows have their sums */
        if (shift) dp_reduced_rows(shift, &a->reduced, &a->p);
        return DP_OK;
    }
    const dp_status status = dp_rows(a->f, shift, &a->p, e);
    for (size_t i = 0; i < a->p.n; i++) a->f[i] = log_m - a->f[i];
    return status;
}

/* L1 distance of the column sums from 1/m when the rows are normalised: mass at column j is exp((old_j - g_j)/eps)/m. */
static double marginal_error(const dp_potentials *a)
{
    double sum = 0;
    for (size_t j = 0; j < a->p.m; j++) sum += fabs(expm1(dp_over_eps(a->p.kernel, a->old[j] - a->g[j])));
    return sum / (double) a->p.m;
}

/* The largest modulus in units of eps. */
static double top_of(const dp_potentials *a, const double *f, size_t n)
{
    double top = 0;
    for (size_t i = 0; i < n; i++) top = fmax(top, fabs(dp_over_eps(a->p.kernel, f[i])));
    return top;
}

/* What rounding leaves: 8 u times the largest exponent; in doubles that stand in for floats as if no exponent were large. */
static double floor_of(const dp_potentials *a)
{
    const double top = fmax(1, fmax(top_of(a, a->f, a->p.n), top_of(a, a->old, a->p.m)));
    return 8 * (a->p.single ? 0x1p-24 * fmin(top, DP_REACH) : a->single ? 0x1p-24 : 0x1p-53 * top);
}

/* What it may leave: the bound of fused.h on the error of a weight that counts, where f + g = c but for a few eps. */
static double bound_of(const dp_potentials *a)
{
    return 4 * (a->p.single ? 0x1p-24 : 0x1p-53) * (1 + 2 / log(2) * (top_of(a, a->f, a->p.n) + top_of(a, a->g, a->p.m)));
}

/* ---- on one kernel ---- */

/* What the acceleration keeps: the least error so far, what a sweep made of its point, the largest centred potential that a sweep made, sweeps since the least, since it fell by a tenth, since it was `mark`, and
   since it was a tenth of what it was then, and sweeps still to be made without acceleration. */
typedef struct { dp_anderson A; double least, most, mark, tenth, *best; slong idle, since, stale, slow, plain, more; } chase;

enum { MOST_SWEEPS = 100000, QUICK = 1000, MOST_LEVELS = 40, LEAST_TILED = 1 << 17, FAR = 64, SLIGHT = 26, PATIENCE = 24, STALE = 4000 };
static const double NEAR = 1e-8, SENSE = 1.0 / 128; /* accepted where nothing gets nearer and no tolerance was asked; the largest error of weights that says something */
enum { LEAP = 10, IDLE = 4 * DP_ANDERSON, MOST_PLAIN = 4096, FEW = 1 << 22 };
static const double CLOSE = 1e-2, FINE = 1e-10; /* an error from which Newton's method goes on at once; of weights that are fine */

/* Whether Newton's method may serve. */
static int few(const dp_pairing *p) { return p->n <= FEW / p->m; }

/* A step of Newton's method costs about so many sweeps: while each of so many divides the error by ten these are as good. */
static slong price(const dp_pairing *p) { return 16 + (slong) FLINT_MIN(p->n, p->m) / 4; }

static void chase_init(chase *c, size_t m)
{
    *c = (chase){.least = INFINITY, .mark = INFINITY, .tenth = INFINITY, .best = dp_malloc(sizeof(double) * m), .more = 1};
    dp_anderson_init(&c->A, m);
}

static void chase_clear(chase *c) { dp_anderson_clear(&c->A), free(c->best); }

/* A constant is free: without this it may grow until rounding hides the rest. Returns the largest modulus that is left. */
static double centre(double *g, size_t m)
{
    double mean = 0, most = 0;
    for (size_t j = 0; j < m; j++) mean += g[j];
    mean /= (double) m;
    for (size_t j = 0; j < m; j++) g[j] -= mean, most = fabs(g[j]) > most ? fabs(g[j]) : most;
    return most;
}

/* From the best point by sweeps alone, under which the error never grows, each time twice as many. */
static void begin_anew(dp_potentials *a, chase *c)
{
    memcpy(a->g, c->best, sizeof(double) * a->p.m);
    c->A.steps = 0, c->idle = 0, c->plain = c->more, c->more = FLINT_MIN(2 * c->more, (slong) MOST_PLAIN);
}

/* A set against itself; with pairs left out it is any two sets. */
static int is_self(const dp_pairing *p) { return p->a == p->b && !p->skip; }

/* The next g. For a set against itself the two potentials are averaged, which keeps them equal and converges fast. Otherwise Anderson's; anew from the best point where the error has
   grown tenfold, or was not the least for long. */
static void next(dp_potentials *a, chase *c, int self)
{
    c->stale = a->error < 0.9 * c->least ? 0 : c->stale + 1;
    c->slow = a->error < c->tenth ? 0 : c->slow + 1;
    if (!c->slow) c->tenth = a->error / 10;
    c->idle++;
    if (a->error < c->least) c->least = a->error, c->idle = 0, memcpy(c->best, a->g, sizeof(double) * a->p.m);
    if (self) {
        for (size_t j = 0; j < a->p.m; j++) a->g[j] = (a->f[j] + a->g[j]) / 2;
        return;
    }
    c->most = fmax(c->most, centre(a->g, a->p.m));
    if (!c->plain && (a->error > LEAP * c->least || c->idle > IDLE)) begin_anew(a, c);
    if (c->plain) c->plain--;
    else {
        dp_anderson_step(a->old, &c->A, a->g); /* from the point to try next, in old */
        if (centre(a->old, a->p.m) <= 2 * c->most) memcpy(a->g, a->old, sizeof(double) * a->p.m);
        else c->A.steps = 0; /* differences of potentials are no larger than differences of costs: out there rounding alone says that the marginals are met */
    }
}

/* Whether the least error has not fallen by a third in PATIENCE sweeps: where blocks are left out that may be for good, as parts of the plan that exchange little mass exchange none there. */
static int idled(chase *c)
{
    if (++c->since < PATIENCE) return 0;
    const int idle = !(c->least < c->mark * 2 / 3);
    c->since = 0, c->mark = c->least;
    return idle;
}

/* How long, how close, what the potentials begin with (dp_sweep_init), whether points are in order, so that blocks may be left out; slow: end after so many sweeps that do not divide the error by ten, 0: do not. */
typedef struct { slong most, slow; double tolerance, above; int tiled; } leg;

/* The best point again, with its error. */
static dp_status back_to(const double *best, dp_potentials *a, dp_sweep *w, dp_error *e)
{
    if (w->tiled) dp_sweep_leave_out(w, -1);
    memcpy(a->g, best, sizeof(double) * a->p.m), memcpy(a->old, best, sizeof(double) * a->p.m);
    const dp_status status = dp_sweep_run(w, 1, e);
    a->error = marginal_error(a), a->sweeps++;
    memcpy(a->g, a->old, sizeof(double) * a->p.m);
    return status;
}

/* At most so many sweeps, or until the error is at most *goal: that of the tolerance. */
static dp_status chased(double *goal, dp_potentials *a, const leg *l, dp_error *e)
{
    const int self = is_self(&a->p);
    const slong last = a->sweeps + l->most;
    dp_status status = DP_OK;
    chase c;
    dp_sweep w;
    chase_init(&c, a->p.m);
    dp_sweep_init(&w, &a->p, a->f, a->g, l->above);
    if (l->tiled) dp_sweep_leave_out(&w, SLIGHT - log2(fmax(l->tolerance < 0 && a->single ? 0x1p-21 : l->tolerance, 1e-13)));
    for (*goal = 0; a->sweeps < last && !status; a->sweeps++) {
        memcpy(a->old, a->g, sizeof(double) * a->p.m);
        status = dp_sweep_run(&w, 1, e);
        if (status) break;
        a->p.single = w.p.single, a->error = marginal_error(a), *goal = l->tolerance >= 0 ? l->tolerance : fmax(1e-13, floor_of(a));
        if (a->error > *goal) {
            if (w.tiled && idled(&c)) dp_sweep_leave_out(&w, -1);
            next(a, &c, self);
            if ((l->tolerance < 0 && c.stale > STALE && c.least <= NEAR) || (l->slow && c.slow > l->slow)) break;
        } else {
            memcpy(a->g, a->old, sizeof(double) * a->p.m);
            if (!w.thin) break;
            dp_sweep_leave_out(&w, -1);
        }
    }
    if (!status && l->most > 1 && a->error > *goal) status = back_to(c.best, a, &w, e); /* after one sweep the point is the best */
    chase_clear(&c);
    dp_sweep_clear(&w);
    return status;
}

/* ---- from wider kernels ---- */

/* The largest exponent c/eps that the diagonal of the box around all points would have, about. */
static double widest(const dp_pairing *p)
{
    const double r2 = dp_pairing_diagonal(p);
    return p->kernel->power == 2 ? r2 / p->kernel->h / p->kernel->h / 2 : sqrt(r2) / p->kernel->h;
}

/* eps falls by this much from kernel to kernel; from where exponents are this large. */
static const double SHRINK = 0.35, START = 8;

static int levels(const dp_pairing *p)
{
    int level = 0;
    for (double times = p->kernel->power ? widest(p) / START : 0; times > 1 && level < MOST_LEVELS; times *= SHRINK) level++;
    return level;
}

/* On each of a row of wider kernels, the last of eps/SHRINK, `most` sweeps or until the error is 1e-6. */
static dp_status widened(dp_potentials *a, double *above, slong most, dp_error *e)
{
    const dp_pkernel *k = a->p.kernel;
    dp_status status = DP_OK;
    *above = 0;
    for (int level = levels(&a->p); level > 0 && !status; level--) {
        const double wider = pow(SHRINK, -level);
        double goal;
        dp_pkernel wide = *k;
        wide.h = wide.part[0].h = k->h * (k->power == 2 ? sqrt(wider) : wider), a->p.kernel = &wide;
        status = chased(&goal, a, &(leg){.most = most, .tolerance = 1e-6, .above = *above}, e);
        *above = (1 / SHRINK - 1) * log((double) FLINT_MAX(a->p.n, a->p.m));
    }
    a->p.kernel = k;
    return status;
}

/* Whether the marginals are met, or as well as rounding may allow when no tolerance was asked, or, in the end, as is near enough to say so. */
static int met(const dp_potentials *a, double tolerance, double goal, int end) { return a->error <= goal || (tolerance < 0 && a->error <= fmax(bound_of(a), end ? NEAR : 0)); }

static int single_point(const dp_pairing *p) { return p->n == 1 || p->m == 1; } /* takes all, whatever exponents say */

/* Exponents beyond what is resolved leave the plan to rounding, whatever marginals it seems to have. */
static dp_status sensible(const dp_potentials *a, double bound, dp_error *e)
{
    if (bound <= SENSE || single_point(&a->p)) return DP_OK;
    return dp_fail(e, DP_EBUDGET, "sinkhorn: exponents of %.2g leave the weights no digits (errors up to %.2g), and the plan is not known to be the optimal one: --precision DIGITS, or a wider kernel",
                   top_of(a, a->f, a->p.n) + top_of(a, a->g, a->p.m), bound);
}

static dp_status too_far(const dp_potentials *a, double goal, dp_error *e)
{
    return dp_fail(e, DP_EBUDGET, "sinkhorn: marginal error %.3g after %ld sweeps; %.3g was asked, and rounding may leave %.3g", a->error, a->sweeps, goal, bound_of(a));
}

/* Newton's method, from potentials that may be near. */
static dp_status reduced(dp_potentials *a, double tolerance, dp_error *e)
{
    const double goal = tolerance >= 0 ? tolerance : 1e-13;
    dp_reduced r;
    const int near = a->error <= CLOSE && !dp_potentials_rows(NULL, a, e);
    dp_reduced_solve(&r, &a->p, near ? a->f : NULL, near ? a->g : NULL, goal);
    a->reduced = r;
    if (r.bound > SENSE) return sensible(a, r.bound, e);
    a->error = r.error, a->p.single = 0;
    if (!(r.error <= (tolerance >= 0 ? goal : NEAR))) return too_far(a, goal, e);
    for (size_t i = 0; i < r.n; i++) a->f[i] = r.F[i].high + (r.F[i].low + r.f[i]);
    for (size_t j = 0; j < r.m; j++) a->g[j] = r.G[j].high + (r.G[j].low + r.g[j]);
    return DP_OK;
}

/* First in haste, one sweep on each kernel; where that does not get there with each of the kernels solved, which takes potentials along that tiny masses decide, but between few points: these are *slow. */
static dp_status start_and_chase(int *slow, dp_potentials *a, double tolerance, int tiled, dp_error *e)
{
    const int self = is_self(&a->p), newton = few(&a->p) && !single_point(&a->p);
    double goal = 0;
    dp_status status = DP_OK;
    for (int careful = 0; careful < 2 - self && !status; careful++) {
        leg last = {.most = self || careful ? MOST_SWEEPS : QUICK, .slow = newton ? price(&a->p) : 0, .tolerance = tolerance, .tiled = tiled};
        memset(a->f, 0, sizeof(double) * a->p.n), memset(a->g, 0, sizeof(double) * a->p.m);
        if (!self) status = widened(a, &last.above, careful ? QUICK : 1, e);
        if (!status) status = chased(&goal, a, &last, e);
        *slow = newton && (a->error > goal || (a->p.kernel->power == 2 && !a->single && bound_of(a) > FINE));
        if (status || *slow) return status;
        if (met(a, tolerance, goal, self || careful)) return sensible(a, bound_of(a), e);
    }
    return status ? status : too_far(a, goal, e);
}

/* ---- points in order ---- */

/* The points of a side in an order in which neighbours are together. */
static double *ordered(uint32_t *order, const double *a, size_t n, size_t d)
{
    double *to = dp_malloc(sizeof(double) * n * d);
    dp_tiles_order(order, a, n, d, DP_TILE);
    for (size_t i = 0; i < n; i++) memcpy(to + i * d, a + order[i] * d, sizeof(double) * d);
    return to;
}

/* Back to the places they came from; old: room. */
static void put_back(double *f, double *old, const uint32_t *order, size_t n)
{
    memcpy(old, f, sizeof(double) * n);
    for (size_t i = 0; i < n; i++) f[order[i]] = old[i];
}

/* With the points in order, where blocks of the plan may be left out. */
static dp_status swept(int *slow, dp_potentials *a, double tolerance, dp_error *e)
{
    const dp_pairing p = a->p;
    if (p.a == p.b || p.kernel->power != 2 || p.skip || p.n * p.m < LEAST_TILED || widest(&p) < FAR) return start_and_chase(slow, a, tolerance, 0, e);
    uint32_t *rows = dp_malloc(sizeof(uint32_t) * p.n), *cols = dp_malloc(sizeof(uint32_t) * p.m);
    double *x = ordered(rows, p.a, p.n, p.d), *y = ordered(cols, p.b, p.m, p.d), *old = dp_malloc(sizeof(double) * FLINT_MAX(p.n, p.m));
    a->p.a = x, a->p.b = y;
    const dp_status status = start_and_chase(slow, a, tolerance, 1, e);
    a->p.a = p.a, a->p.b = p.b;
    put_back(a->f, old, rows, p.n), put_back(a->g, old, cols, p.m);
    free(x), free(y), free(old), free(rows), free(cols);
    return status;
}

dp_status dp_potentials_converge(dp_potentials *a, double tolerance, dp_error *e)
{
    int slow = 0;
    const dp_status status = swept(&slow, a, tolerance, e);
    return status || !slow ? status : reduced(a, tolerance, e);
}
