/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sweep.c: scaling sweeps: w_ij = exp((f0_i + g0_j - c_ij)/eps)/2^bits, u_i = m/2^bits/sum_j w_ij v_j, v_j = n/2^bits/sum_i w_ij u_i; u and v go into f0 and g0 when they
   grow; where sums could underflow a sweep is done by logarithms (rows.c). */
#include "base/clones.h"
#include "base/threads.h"
#include "particle/sides.h"
#include "particle/sweep.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC optimize("O3")

/* Bytes of weights that are kept, and that stay in the cache of one core: beyond, an exponential takes as long as reading one, and both go on at once; most turns that pay. */
enum { STORED = 1 << 23, WITHIN = 3 << 19, NARROW = 6, MOST_TURNS = 16 };
static const double log2e = 0x1.71547652b82fep0;

/* Scale factors that still leave room: above them potentials are absorbed, above their square a sweep is void. */
static double widest_growth(const dp_sweep *w) { return w->p.single ? 16 : 128; }
static double growth(const dp_sweep *w) { return w->thin ? NARROW : widest_growth(w); }
static double log2_over(const dp_sweep *w, double cost) { return dp_over_eps(w->p.kernel, cost) * log2e; }
static double cost_of(const dp_sweep *w, double bits) { return bits / log2e * dp_pkernel_eps(w->p.kernel); }
static double get(const dp_sweep *w, const void *a, size_t i) { return w->p.single ? (double) ((const float *) a)[i] : ((const double *) a)[i]; }

static void set(const dp_sweep *w, void *a, size_t i, double value)
{
    if (w->p.single) ((float *) a)[i] = (float) value;
    else ((double *) a)[i] = value;
}

/* Row i of the costs, and column i of them turned. */
static dp_status some_costs(void *argument, slong i, int worker, dp_error *e)
{
    const dp_sweep *w = argument;
    const dp_pairing *p = &w->p;
    double *cost = w->cost + (size_t) i * p->m, *turned = w->cost + p->n * p->m + (size_t) i;
    (void) worker, (void) e;
    for (size_t j = 0; j < p->m; j++) cost[j] = turned[j * p->n] = dp_pairing_cost(p, (size_t) i, j);
    return DP_OK;
}

/* Sums of kernels take exponentials and logarithms for each cost: once for all sweeps. */
static void store_costs(dp_sweep *w)
{
    dp_error e;
    if (!w->L.scored || w->p.n * sizeof(double) > STORED / w->p.m) return;
    w->cost = dp_malloc(2 * sizeof(double) * w->p.n * w->p.m);
    if (dp_parallel(some_costs, w, (slong) w->p.n, w->L.threads, &e)) return;
    w->p.cost = w->cost, w->p.turned = w->cost + w->p.n * w->p.m;
}

/* Of one worker, a multiple of 64 bytes: with tiles for a panel of columns as well. */
static size_t room_of(const dp_sweep *w)
{
    dp_fused f = w->L.fused;
    if (!w->tiled) return dp_fused_sweep_room(&f);
    f.m = w->cols.count * w->cols.size;
    return dp_fused_sweep_room(&f) + f.m * (f.d + 3);
}

void dp_sweep_init(dp_sweep *w, const dp_pairing *p, double *f, double *g, double above)
{
    *w = (dp_sweep){.p = *p, .f = f, .g = g};
    w->p.add = NULL;
    dp_lanes_init(&w->L, NULL, NULL, &w->p);
    store_costs(w);
    dp_fused *F = &w->L.fused;
    if (!F->add || (p->skip && p->n > p->m)) return;
    const size_t size = p->single ? sizeof(float) : sizeof(double);
    w->possible = 1, w->bits = ceil(log2((double) FLINT_MAX(p->n, p->m))) + 2;
    w->f0 = dp_calloc(p->n, sizeof(double)), w->g0 = dp_calloc(p->m, sizeof(double)), w->settled = dp_calloc(p->m, sizeof(double));
    w->v = dp_malloc(sizeof(double) * p->m);
    w->row = dp_malloc(sizeof(double) * p->n), w->col = dp_malloc(sizeof(double) * F->m), w->wave = dp_malloc(sizeof(double) * DP_WAVE * F->m);
    dp_lanes_room(&w->room, sizeof(double) * room_of(w) * (size_t) w->L.threads);
    w->drop = INFINITY;
    memset(dp_lanes_room(&F->left, size * (p->n + DP_FUSED_ROWS)), 0, size * (p->n + DP_FUSED_ROWS));
    memset(dp_lanes_room(&F->v, size * F->m), 0, size * F->m);
    for (size_t j = 0; j < p->m; j++) w->settled[j] = g[j] - above * dp_pkernel_eps(p->kernel);
    dp_lanes_room(&w->stored, FLINT_MIN((size_t) STORED, size * p->n * F->m));
}

void dp_sweep_clear(dp_sweep *w)
{
    free(w->f0), free(w->g0), free(w->settled), free(w->v), free(w->row), free(w->col), free(w->wave), free(w->room), free(w->cost), free(w->stored);
    free(w->L.fused.left), free(w->L.fused.v);
    if (w->tiled) dp_tiles_clear(&w->rows), dp_tiles_clear(&w->cols);
    free(w->line), free(w->start), free(w->near);
    dp_lanes_clear(&w->L);
}

/* ---- by logarithms ---- */

/* f_i = -eps log((1/m) sum_j exp((g_j - c_ij)/eps)). */
static dp_status update(double *f, dp_pairing p, const double *g, dp_error *e)
{
    const double log_m = dp_pkernel_eps(p.kernel) * log((double) p.m);
    p.add = g;
    const dp_status status = dp_rows(f, NULL, &p, e);
    for (size_t i = 0; i < p.n; i++) f[i] = log_m - f[i];
    return status;
}

static dp_status by_logarithms(dp_sweep *w, dp_error *e)
{
    const dp_status status = update(w->f, w->p, w->g, e);
    return status ? status : update(w->g, dp_pairing_turned(&w->p), w->f, e);
}

/* ---- tiles ---- */

enum { TALL_TILE = 16 };

/* All weights, or those of the rows that are stored in turns. */
static void keep_some(size_t *weights, dp_fused *f, size_t most, size_t within)
{
    const size_t groups = (f->n + DP_FUSED_GROUP - 1) / DP_FUSED_GROUP;
    *weights = f->n * f->m;
    if (*weights > within)
        do f->turns++, *weights = FLINT_MIN(f->n, (groups + f->turns - 1) / f->turns * DP_FUSED_GROUP) * f->m;
        while (*weights > most && f->turns < MOST_TURNS);
}

/* Tiles of f0 and g0, whose plan, rows once normalised, has entries of at most 2^spread times what they say; a factor within 2^growth moves that by as much twice. */
static void thin_out(dp_sweep *w, double spread)
{
    dp_fused *F = &w->L.fused;
    const size_t size = w->p.single ? sizeof(float) : sizeof(double);
    size_t weights = 0, count = 0;
    w->thin = w->tiled && w->slight >= 0;
    if (w->thin) {
        const double least = cost_of(w, -w->slight - spread - 2 * growth(w));
        double *room = w->line + w->cols.size * w->cols.count;
        dp_tiles_line(w->line, &w->cols, w->g0);
        for (size_t t = 0; t < w->rows.count; t++) {
            w->start[t] = count;
            const size_t near = dp_tiles_near(w->near + count, &w->rows, t, w->f0, &w->cols, w->line, least, room);
            count += near, weights += near * w->cols.size * w->rows.size;
        }
        w->start[w->rows.count] = count;
        w->thin = 4 * count < 3 * w->rows.count * w->cols.count;
    }
    F->turns = 1;
    if (!w->thin) keep_some(&weights, F, STORED / size, WITHIN / size);
    w->stale = w->tiled && w->slight >= 0 && !w->thin && spread > 2 * TALL_TILE;
    F->stored = weights <= STORED / size && weights <= w->p.n * F->m ? w->stored : NULL;
}

/* The exponents stand as they are: rounded anew they would be others. */
static void leave_nothing_out(dp_sweep *w)
{
    w->slight = -1;
    if (w->ready) thin_out(w, 0), w->L.fused.full = 0;
}

void dp_sweep_leave_out(dp_sweep *w, double slight)
{
    const dp_fused *F = &w->L.fused;
    if (slight < 0) {
        leave_nothing_out(w);
        return;
    }
    w->ready = 0, w->slight = slight;
    if (w->tiled || !w->possible || F->root || F->skip || w->p.n < TALL_TILE || w->p.n > DP_FUSED_TALL * DP_MOST_TILES) return;
    w->tiled = 1;
    dp_tiles_init(&w->rows, w->p.a, w->p.n, w->p.d, TALL_TILE), dp_tiles_init(&w->cols, w->p.b, w->p.m, w->p.d, DP_TILE);
    free(w->room), dp_lanes_room(&w->room, sizeof(double) * room_of(w) * (size_t) w->L.threads);
    w->line = dp_malloc(sizeof(double) * (w->cols.size + 3 + w->p.d) * w->cols.count);
    w->start = dp_malloc(sizeof(size_t) * (w->rows.count + 1)), w->near = dp_malloc(sizeof(uint16_t) * w->rows.count * w->cols.count);
}

/* The columns of row tile t side by side, for dp_fused_sweep: f->bt, f->add and f->v in room, in this order. */
static void gather(dp_fused *f, const dp_sweep *w, size_t t, void *room)
{
    const dp_fused *F = &w->L.fused;
    const size_t size = w->p.single ? sizeof(float) : sizeof(double), part = w->cols.size * size, count = w->start[t + 1] - w->start[t], first = t * w->rows.size;
    *f = *F;
    f->m = f->stride = f->columns = count * w->cols.size;
    f->bt = room, f->add = (char *) room + F->d * f->m * size, f->v = (char *) f->add + f->m * size;
    f->a = (char *) F->a + first * F->d * size, f->left = (char *) F->left + first * size;
    if (F->stored) f->stored = (char *) F->stored + w->start[t] * w->cols.size * w->rows.size * size;
    const int kept = F->stored && F->full && (t + 1 < w->rows.count || w->p.n % DP_FUSED_ROWS == 0); /* weights of the last rows, fewer than DP_FUSED_ROWS, never are */
    for (size_t b = 0; b < count; b++) {
        const size_t from = w->near[w->start[t] + b] * part, whole = FLINT_MIN(part, F->m * size - from);
        for (size_t k = 0; k < F->d && !kept; k++) memcpy((char *) f->bt + k * f->m * size + b * part, (char *) F->bt + k * F->stride * size + from, whole);
        memcpy((char *) f->add + b * part, (char *) F->add + from, whole), memcpy((char *) f->v + b * part, (char *) F->v + from, whole);
        for (size_t j = whole / size; j < w->cols.size; j++) set(w, f->add, b * w->cols.size + j, -INFINITY), set(w, f->v, b * w->cols.size + j, 0);
    }
}

static void thin_rows(const dp_sweep *w, size_t first, size_t count, double *col, double *room)
{
    const dp_fused *F = &w->L.fused;
    const size_t most = w->cols.count * w->cols.size;
    double *part = room + room_of(w) - most * (F->d + 3), *panel = part + most;
    for (size_t i = 0; i < count; i += w->rows.size) {
        const size_t t = (first + i) / w->rows.size;
        dp_fused f;
        gather(&f, w, t, panel);
        memset(part, 0, sizeof(double) * f.m);
        if (!f.m) memset(w->row + first + i, 0, sizeof(double) * FLINT_MIN(w->rows.size, count - i));
        else dp_fused_sweep(w->row + first + i, part, &f, 0, FLINT_MIN(w->rows.size, count - i), (double) w->p.m * exp2(-w->bits), room);
        for (size_t b = 0; b < w->start[t + 1] - w->start[t]; b++) {
            const size_t to = w->near[w->start[t] + b] * w->cols.size;
            for (size_t j = 0; j < w->cols.size && to + j < F->m; j++) col[to + j] += part[b * w->cols.size + j];
        }
    }
}

/* ---- by factors ---- */

/* f and `settled` make columns of sum n: the exponents of f0 = f - the largest growth of g since then, g0 = g, are at most -2 (but for rounding). What the exponents hold is what
   rounding made of it. 0: they are so large that a rounding error could lift them above -1, or that floats lose what distinguishes weights. */
static int absorb(dp_sweep *w)
{
    dp_fused *F = &w->L.fused;
    const double most = w->p.single ? DP_REACH * log2e : 0x1p48;
    double lift = 0, fall = 0;
    for (size_t j = 0; j < w->p.m; j++) {
        const double t = log2_over(w, w->g[j] - w->settled[j]);
        lift = fmax(lift, t), fall = fmax(fall, -t);
    }
    for (size_t j = 0; j < F->m; j++) {
        const double t = j < w->p.m ? log2_over(w, w->g[j]) : 0;
        if (!(fabs(t) < most)) return 0;
        set(w, F->add, j, j < w->p.m ? t : -INFINITY);
        if (j < w->p.m) w->g0[j] = cost_of(w, get(w, F->add, j));
    }
    for (size_t i = 0; i < w->p.n; i++) {
        const double t = log2_over(w, w->f[i]) - lift - w->bits;
        if (!(fabs(t) < most)) return 0;
        set(w, F->left, i, t);
        w->f0[i] = cost_of(w, get(w, F->left, i) + w->bits);
    }
    F->full = 0;
    thin_out(w, lift + fall + w->drop);
    return w->ready = 1;
}

/* v from g; whether all factors are moderate. */
static int factors(dp_sweep *w)
{
    int good = 1;
    for (size_t j = 0; j < w->p.m; j++) {
        const double t = log2_over(w, w->g[j] - w->g0[j]);
        good &= fabs(t) <= growth(w);
        w->v[j] = exp2(t);
    }
    return good;
}

static dp_status some_rows(void *argument, slong job, int worker, dp_error *e)
{
    const dp_sweep *w = argument;
    const dp_fused *F = &w->L.fused;
    const size_t first = (w->L.base + (size_t) job) * DP_FUSED_TALL, count = FLINT_MIN((size_t) DP_FUSED_TALL, w->p.n - first);
    double *col = w->wave + (size_t) job * F->m;
    (void) e;
    memset(col, 0, sizeof(double) * F->m);
    double *room = (double *) w->room + (size_t) worker * room_of(w);
    if (w->thin) thin_rows(w, first, count, col, room);
    else dp_fused_sweep(w->row + first, col, F, first, count, (double) w->p.m * exp2(-w->bits), room);
    return DP_OK;
}

/* Whether sums that should be `goal` are within a factor 2^room of it. */
CLONES static int within(const double *sum, size_t n, double goal, double room)
{
    const double low = goal * exp2(-room), high = goal * exp2(room);
    int64_t bad = 0;
    for (size_t i = 0; i < n; i++) bad |= !((sum[i] >= low) & (sum[i] <= high));
    return !bad;
}

enum { LANES = 8 };
typedef double lanes __attribute__((vector_size(8 * LANES), aligned(8), may_alias));
typedef int64_t places __attribute__((vector_size(8 * LANES)));

/* v_i = goal/from_i; the largest quotient of an old one and a new one. */
CLONES static double quotients(double *v, double goal, const double *from, size_t n)
{
    double most = 0;
    lanes top = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        const lanes under = *(const lanes *) (from + i), fall = *(lanes *) (v + i) * under;
        const places more = fall > top;
        top = (lanes) (((places) fall & more) | ((places) top & ~more)), *(lanes *) (v + i) = goal / under;
    }
    for (; i < n; i++) most = fmax(most, v[i] * from[i]), v[i] = goal / from[i];
    for (int l = 0; l < LANES; l++) most = fmax(most, top[l]);
    return most / goal;
}

CLONES static void rounded(float *to, const double *from, size_t n)
{
    for (size_t i = 0; i < n; i++) to[i] = (float) from[i];
}

/* Row and column sums of one sweep from v, and the next v; 0, and v as it was, when a sum is so small that weights counted as 0 could matter, or a factor too large. */
static int by_factors(dp_sweep *w)
{
    const double shrunk = exp2(-w->bits), goal[2] = {(double) w->p.m * shrunk, (double) w->p.n * shrunk}, room = 2 * widest_growth(w);
    dp_error e;
    if (w->p.single) rounded(w->L.fused.v, w->v, w->p.m);
    else memcpy(w->L.fused.v, w->v, sizeof(double) * w->p.m);
    dp_waves(w->col, w->wave, &w->L.base, 1, w->L.fused.m, 0, some_rows, w, (w->p.n + DP_FUSED_TALL - 1) / DP_FUSED_TALL, w->L.threads, &e);
    w->L.fused.full = w->L.fused.stored != NULL;
    if (!within(w->row, w->p.n, goal[0], room) || !within(w->col, w->p.m, goal[1], room)) return 0;
    w->drop = fmax(0, log2(quotients(w->v, goal[1], w->col, w->p.m)));
    return 1;
}

/* f and g from the sums of the last sweep; `settled` is g. */
static void settle(dp_sweep *w)
{
    const double goal = (double) w->p.m * exp2(-w->bits);
    for (size_t i = 0; i < w->p.n; i++) w->f[i] = w->f0[i] + cost_of(w, log2(goal / w->row[i]));
    for (size_t j = 0; j < w->p.m; j++) w->settled[j] = w->g[j] = w->g0[j] + cost_of(w, log2(w->v[j]));
}

/* One sweep by logarithms from g, which stands as it was before a vain one. */
static dp_status fall_back(dp_sweep *w, dp_error *e)
{
    if (w->wait) w->wait--;
    else w->wait = FLINT_MIN(w->failures++, 8); /* vain sweeps less often where they are frequent */
    w->ready = 0;
    if (w->possible) memcpy(w->settled, w->g, sizeof(double) * w->p.m);
    const dp_status status = by_logarithms(w, e);
    w->drop = 0;
    for (size_t j = 0; w->possible && j < w->p.m; j++) w->drop = fmax(w->drop, log2_over(w, w->settled[j] - w->g[j])), w->settled[j] = w->g[j];
    return status;
}

/* From floats, which do not hold the exponents, to doubles. */
static void in_doubles(dp_sweep *w)
{
    dp_pairing p = w->p;
    dp_sweep d;
    p.single = 0;
    dp_sweep_init(&d, &p, w->f, w->g, 0);
    if (w->tiled) dp_sweep_leave_out(&d, w->slight);
    if (d.possible) memcpy(d.settled, w->settled, sizeof(double) * p.m);
    d.drop = w->drop;
    dp_sweep_clear(w);
    *w = d, w->L.p = &w->p;
}

dp_status dp_sweep_run(dp_sweep *w, slong count, dp_error *e)
{
    dp_status status = DP_OK;
    int moved = 0; /* f and g are behind v */
    for (; count > 0 && !status; count--) {
        int good = w->possible && !w->wait;
        if (good && !moved && !(w->ready && factors(w))) {
            good = absorb(w);
            if (!good && w->p.single) in_doubles(w), good = absorb(w);
            good = good && factors(w);
        }
        if (good && by_factors(w)) {
            moved = within(w->v, w->p.m, 1, growth(w)) && !w->stale;
            if (!moved) settle(w), w->ready = 0;
            continue;
        }
        for (size_t j = 0; good && j < w->p.m; j++) w->g[j] = w->g0[j] + cost_of(w, log2(w->v[j]));
        moved = 0, status = fall_back(w, e);
    }
    if (moved) settle(w);
    return status;
}
