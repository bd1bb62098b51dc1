/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_tensor.c: Gaussian kernels against weights on tensor nodes: separable sums of positive terms, so that tails keep their digits. All axes
   but the last are summed once for the whole mesh (tables, each block of lanes of a slice with a scale of its own); the last one line by line. */
#include <string.h>

#include "base/threads.h"
#include "drift/est_source.h"

#define EACH for (int i = 0; i < DP_LANES; i++)
#define LANES_OF(name) real name[DP_LANES] __attribute__((aligned(64)))

/* Which powers of t = y - x a table's entry has along the first two axes. */
static const int power0[6] = {0, 1, 0, 2, 1, 0}, power1[6] = {0, 0, 1, 0, 1, 2};

/* acc += sum over k < n of w[k] times row at[k] of a table of DP_LANES columns. */
#ifdef DP_EST_QUAD
static void multiply(real *restrict acc, const real *restrict w, const slong *restrict at, slong n, const real *restrict table)
{
    for (slong k = 0; k < n; k++)
        EACH acc[i] += w[k] * table[at[k] * DP_LANES + i];
}
#else
typedef double eight __attribute__((vector_size(64)));
EST_SIMD static void multiply(real *restrict acc, const real *restrict w, const slong *restrict at, slong n, const real *restrict table)
{
    eight *a = (eight *) acc, a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3], a4 = a[4], a5 = a[5], a6 = a[6], a7 = a[7];
    for (slong k = 0; k < n; k++) {
        const eight *t = (const eight *) table + at[k] * (DP_LANES / 8);
        const double g = w[k];
        a0 += g * t[0], a1 += g * t[1], a2 += g * t[2], a3 += g * t[3], a4 += g * t[4], a5 += g * t[5], a6 += g * t[6], a7 += g * t[7];
    }
    a[0] = a0, a[1] = a1, a[2] = a2, a[3] = a3, a[4] = a4, a[5] = a5, a[6] = a6, a[7] = a7;
}
#endif

/* Addends are left out that are all together below rounding of the sum at every lane: the largest of the n logarithms high[], less than the
   largest of low[] by that much. */
static slong select_addends(slong *at, const real *high, const real *low, slong n)
{
    real floor = -INFINITY;
    slong kept = 0;
    for (slong k = 0; k < n; k++)
        floor = r_max(floor, low[k]);
    floor -= R_NEGLIGIBLE + r_log((real) n);
    for (slong k = 0; k < n; k++)
        if (high[k] > -INFINITY && high[k] >= floor)
            at[kept++] = k;
    return kept;
}

static real *lanes_alloc(slong rows) { return (real *) dp_fft_alloc((size_t) FLINT_MAX(rows, 1) * DP_LANES * sizeof(real) / sizeof(double)); }

/* ---- tables ---- */

/* The kernel along the first axis, relative to its largest value in a block: [block][power][node][lane]; logarithms of largest and least value: [block][node]. */
typedef struct { est_table *t; slong part; real *k, *high, *low, *top; } first_axis; /* top: of each slice, logarithm of the largest weight */

static void lane_coordinates(real *x, const est_axes *a, slong block)
{
    EACH x[i] = a->x[0][FLINT_MIN(block * DP_LANES + i, a->n[0] - 1)];
}

static void first_axis_init(first_axis *f, est_table *t, slong part)
{
    const est_axes *nodes = &t->s->nodes, *out = t->out;
    const slong n = nodes->n[0], blocks = est_blocks(out);
    const real h = t->s->k->part[part].h;
    *f = (first_axis){t, part, lanes_alloc(blocks * 3 * n), dp_malloc((size_t) (blocks * n) * sizeof(real)), dp_malloc((size_t) (blocks * n) * sizeof(real)),
                      dp_malloc((size_t) nodes->n[t->s->dim - 1] * sizeof(real))};
    LANES_OF(x);
    LANES_OF(l);
    for (slong b = 0; b < blocks; b++) {
        lane_coordinates(x, out, b);
        for (slong a = 0; a < n; a++) {
            real high = -INFINITY, low = INFINITY, *k = f->k + (b * 3 * n + a) * DP_LANES;
            EACH {
                const real z = (nodes->x[0][a] - x[i]) / h;
                l[i] = -z * z / 2, high = r_max(high, l[i]), low = r_min(low, l[i]);
            }
            EACH l[i] -= high;
            est_vexp(l, l);
            EACH {
                const real z = nodes->x[0][a] - x[i], g = l[i] < R_FAINT ? 0 : l[i];
                k[i] = g, k[n * DP_LANES + i] = g * z, k[2 * n * DP_LANES + i] = g * z * z;
            }
            f->high[b * n + a] = high, f->low[b * n + a] = low;
        }
    }
}

static void first_axis_clear(first_axis *f) { free(f->k), free(f->high), free(f->low), free(f->top); }

static slong entry(const est_table *t, slong part, slong y, slong block)
{
    return (part * (t->s->dim == 3 ? t->out->n[1] : 1) + y) * est_blocks(t->out) + block;
}

static real *table_at(const est_table *t, slong where, slong kind) { return t->table + (where * t->kinds + kind) * t->s->nodes.n[t->s->dim - 1] * DP_LANES; }

/* Where a slice's sums go: its scale, and the logarithms of its largest and least sum. */
static void note_slice(est_table *t, slong where, slong c, real scale, const real *z)
{
    const slong at = where * t->s->nodes.n[t->s->dim - 1] + c;
    real most = 0, least = INFINITY;
    EACH most = r_max(most, z[i]), least = r_min(least, z[i]);
    t->scale[at] = scale;
    t->most[at] = most > 0 ? scale + r_log(most) : -INFINITY;
    t->least[at] = least > 0 ? scale + r_log(least) : -INFINITY;
}

/* Room for the sums over one line of nodes. */
typedef struct { slong *at; real *high, *low, *w; } scratch;

static scratch scratch_new(slong n)
{
    return (scratch){dp_malloc((size_t) n * sizeof(slong)), dp_malloc((size_t) n * sizeof(real)), dp_malloc((size_t) n * sizeof(real)), dp_malloc((size_t) n * sizeof(real))};
}

static void scratch_free(scratch *s) { free(s->at), free(s->high), free(s->low), free(s->w); }

/* Sums over the first axis of the weights lw in one block, powers 0 .. order: sums[power][lane] times exp of what is returned. */
static real line_sums(real *sums, const first_axis *f, const real *lw, slong block, scratch *r)
{
    const slong n = f->t->s->nodes.n[0];
    const real *high = f->high + block * n, *low = f->low + block * n;
    real scale = -INFINITY;
    memset(sums, 0, (size_t) (f->t->order + 1) * DP_LANES * sizeof *sums);
    for (slong a = 0; a < n; a++)
        r->high[a] = lw[a] + high[a], r->low[a] = lw[a] + low[a], scale = r_max(scale, r->high[a]);
    if (!(scale > -INFINITY))
        return -INFINITY;
    slong kept = select_addends(r->at, r->high, r->low, n), used = 0;
    for (slong k = 0; k < kept; k++) {
        const real w = r_exp(r->high[r->at[k]] - scale);
        if (w > R_FAINT)
            r->w[used] = w, r->at[used++] = r->at[k];
    }
    for (int p = 0; p <= f->t->order; p++)
        multiply(sums + p * DP_LANES, r->w, r->at, used, f->k + (block * 3 + p) * n * DP_LANES);
    return scale;
}

/* In space: the lines' sums against the kernel along the second axis. */
static void plane_sums(const first_axis *f, const real *line, const real *line_scale, slong block, slong c, scratch *r)
{
    est_table *t = f->t;
    const est_source *s = t->s;
    const slong n1 = s->nodes.n[1], last = s->nodes.n[2];
    const real h = s->k->part[f->part].h;
    for (slong y = 0; y < t->out->n[1]; y++) {
        const slong where = entry(t, f->part, y, block);
        real scale = -INFINITY, low[6 * DP_LANES] __attribute__((aligned(64)));
        for (slong b = 0; b < n1; b++) {
            const real z = (s->nodes.x[1][b] - t->out->x[1][y]) / h;
            r->high[b] = line_scale[b] - z * z / 2, scale = r_max(scale, r->high[b]);
        }
        memset(low, 0, sizeof low);
        for (slong b = 0; b < n1 && scale > -INFINITY; b++) {
            const real w = r_exp(r->high[b] - scale), z = s->nodes.x[1][b] - t->out->x[1][y], power[3] = {w, w * z, w * z * z};
            const slong one = 0;
            for (slong kind = 0; kind < t->kinds && w > R_FAINT; kind++)
                multiply(low + kind * DP_LANES, power + power1[kind], &one, 1, line + (b * 3 + power0[kind]) * DP_LANES);
        }
        for (slong kind = 0; kind < t->kinds; kind++)
            memcpy(table_at(t, where, kind) + c * DP_LANES, low + kind * DP_LANES, DP_LANES * sizeof(real));
        note_slice(t, where, c, scale, low);
    }
    (void) last;
}

/* One node of the last axis: the sums over the others. */
static dp_status slice(void *argument, slong c, int worker, dp_error *e)
{
    const first_axis *f = argument;
    est_table *t = f->t;
    const est_source *s = t->s;
    const int d = s->dim;
    const slong n0 = s->nodes.n[0], n1 = d == 3 ? s->nodes.n[1] : 1;
    real *own = s->log_w ? NULL : dp_malloc((size_t) (n0 * n1) * sizeof *own);
    const real *lw = own ? own : s->log_w + c * n0 * n1;
    const dp_status status = own ? est_slice_weights(own, s, c, e) : DP_OK;
    scratch r = scratch_new(FLINT_MAX(n0, n1));
    real *line = lanes_alloc(3 * n1), *scale = dp_malloc((size_t) n1 * sizeof *scale);
    (void) worker;
    f->top[c] = -INFINITY;
    for (slong i = 0; i < n0 * n1; i++)
        f->top[c] = r_max(f->top[c], lw[i]);
    for (slong block = 0; block < est_blocks(t->out) && status == DP_OK; block++) {
        for (slong b = 0; b < n1; b++)
            scale[b] = line_sums(line + 3 * b * DP_LANES, f, lw + b * n0, block, &r);
        if (d == 3) {
            plane_sums(f, line, scale, block, c, &r);
            continue;
        }
        const slong where = entry(t, f->part, 0, block);
        for (slong kind = 0; kind < t->kinds; kind++)
            memcpy(table_at(t, where, kind) + c * DP_LANES, line + kind * DP_LANES, DP_LANES * sizeof(real));
        note_slice(t, where, c, scale[0], line);
    }
    scratch_free(&r);
    free(line), free(scale), free(own);
    return status;
}

dp_status est_table_init(est_table *t, const est_source *s, const est_axes *out, int order, int threads, dp_error *e)
{
    const int d = s->dim;
    const slong last = s->nodes.n[d - 1], places = d == 1 ? 0 : s->k->n * est_blocks(out) * (d == 3 ? out->n[1] : 1);
    *t = (est_table){.s = s, .out = out, .order = order, .kinds = d == 1 ? 0 : d == 2 ? order + 1 : order == 2 ? 6 : order == 1 ? 3 : 1};
    const double need = (double) places * (double) last * (double) t->kinds * DP_LANES * sizeof(real);
    if (need > 2.4e9)
        return dp_fail(e, DP_EBUDGET, "the tables of the separable sums would take %.0f MB", need * 1e-6);
    t->table = lanes_alloc(places * last * t->kinds);
    t->scale = dp_malloc((size_t) (places * last) * sizeof(real));
    t->most = dp_malloc((size_t) (places * last) * sizeof(real)), t->least = dp_malloc((size_t) (places * last) * sizeof(real));
    t->top = -INFINITY;
    dp_status status = DP_OK;
    for (slong part = 0; part < s->k->n && d > 1 && status == DP_OK; part++) {
        first_axis f;
        first_axis_init(&f, t, part);
        status = dp_parallel(slice, &f, last, threads, e);
        for (slong c = 0; c < last && status == DP_OK; c++)
            t->top = r_max(t->top, f.top[c]);
        first_axis_clear(&f);
    }
    for (slong i = 0; d == 1 && i < last; i++)
        t->top = r_max(t->top, s->log_w[i]);
    return status;
}

void est_table_clear(est_table *t)
{
    free(t->table), free(t->scale), free(t->most), free(t->least);
    memset(t, 0, sizeof *t);
}

/* ---- lines ---- */

/* Sums of a block: 1; t_0 .. t_{d-1}; t_a t_b for b <= a; all times exp(scale). */
typedef struct { LANES_OF(scale); real v[10][DP_LANES] __attribute__((aligned(64))); } sums;

/* t^(p0, p1) of the table times t_last^p: which of the ten sums. */
static int sum_index(int d, int p0, int p1, int p)
{
    const int q[3] = {p0, d == 2 ? p : p1, p};
    int at[2], n = 0;
    for (int a = 0; a < d; a++)
        for (int i = 0; i < q[a]; i++)
            at[n++] = a;
    return n == 0 ? 0 : n == 1 ? 1 + at[0] : 1 + d + at[1] * (at[1] + 1) / 2 + at[0];
}

static void sum_block(sums *s, const est_table *t, slong part, slong line, slong block)
{
    const int d = t->s->dim;
    const slong last = t->s->nodes.n[d - 1], where = entry(t, part, d == 3 ? line % t->out->n[1] : 0, block);
    const real x = t->out->x[d - 1][d == 3 ? line / t->out->n[1] : line], h = t->s->k->part[part].h, *at = t->s->nodes.x[d - 1];
    scratch r = scratch_new(last);
    real *w = dp_malloc((size_t) (2 * last) * sizeof *w), *powers[3] = {r.w, w, w + last}, top = -INFINITY;
    for (slong c = 0; c < last; c++) {
        const real z = (at[c] - x) / h, l = -z * z / 2;
        r.high[c] = t->most[where * last + c] + l, r.low[c] = t->least[where * last + c] + l;
        top = r_max(top, t->scale[where * last + c] + l);
    }
    slong kept = select_addends(r.at, r.high, r.low, last), used = 0;
    for (slong k = 0; k < kept; k++) {
        const slong c = r.at[k];
        const real z = at[c] - x, g = r_exp(t->scale[where * last + c] - z / h * (z / h) / 2 - top);
        if (g > R_FAINT)
            powers[0][used] = g, powers[1][used] = g * z, powers[2][used] = g * z * z, r.at[used++] = c;
    }
    EACH s->scale[i] = top;
    for (int kind = 0; kind < t->kinds; kind++) {
        const int p0 = d == 2 ? kind : power0[kind], p1 = d == 2 ? 0 : power1[kind];
        for (int p = 0; p + p0 + p1 <= t->order; p++)
            multiply(s->v[sum_index(d, p0, p1, p)], powers[p], r.at, used, table_at(t, where, kind));
    }
    scratch_free(&r);
    free(w);
}

EST_SIMD static void line_exponents(real *restrict l, const real *restrict x, real y, real log_w, real h)
{
    EACH {
        const real z = (y - x[i]) / h;
        l[i] = log_w - z * z / 2;
    }
}

EST_SIMD static void lift(real *restrict top, const real *restrict l)
{
    EACH top[i] = l[i] > top[i] ? l[i] : top[i];
}

EST_SIMD static real nearest(const real *restrict l, const real *restrict top)
{
    real most = -INFINITY;
    EACH most = l[i] - top[i] > most ? l[i] - top[i] : most;
    return most;
}

EST_SIMD static void add_node(sums *restrict s, real *restrict l, const real *restrict x, real y)
{
    EACH l[i] -= s->scale[i];
    est_vexp(l, l);
    EACH {
        const real z = y - x[i];
        s->v[0][i] += l[i], s->v[1][i] += l[i] * z, s->v[2][i] += l[i] * z * z;
    }
}

/* On the line every lane has a scale of its own. */
static void sum_line(sums *s, const est_table *t, slong part, const real *x)
{
    const est_source *from = t->s;
    const real h = from->k->part[part].h;
    LANES_OF(l);
    EACH s->scale[i] = -INFINITY;
    for (int pass = 0; pass < 2; pass++)
        for (slong c = 0; c < from->nodes.n[0]; c++) {
            if (!(from->log_w[c] > -INFINITY))
                continue;
            line_exponents(l, x, from->nodes.x[0][c], from->log_w[c], h);
            if (pass == 0)
                lift(s->scale, l);
            else if (nearest(l, s->scale) > -R_NEGLIGIBLE - 6)
                add_node(s, l, x, from->nodes.x[0][c]);
        }
}

/* Moments from the ten sums. `far`: size of the coordinates, whose rounding moves the kernel. */
EST_SIMD static void moments_from(dp_emoments *out, const sums *s, int d, int order, real t_top, real h, real far)
{
    LANES_OF(rel);
    real *restrict v = out->log.v, *restrict e = out->log.e;
    const real h2 = h * h, fixed = 12 + 3 * r_fabs(t_top) + 8 * far / h;
    const real *Z = s->v[0];
    est_vlog(v, Z);
    EACH {
        v[i] += s->scale[i];
        rel[i] = R_ULP * (fixed + 3 * r_fabs(v[i] - t_top));
        rel[i] = Z[i] > R_UNSAFE ? rel[i] : (real) INFINITY; /* the weights near these nodes have left the type's range */
        e[i] = rel[i];
    }
    v = out->kappa.v, e = out->kappa.e;
    EACH v[i] = h2, e[i] = 4 * R_ULP * h2;
    for (int a = 0; a < d; a++) {
        const real *first = s->v[1 + a], *second = s->v[1 + d + a * (a + 1) / 2 + a];
        real *restrict uv = out->u[a].v, *restrict ue = out->u[a].e;
        v = out->m[a].v, e = out->m[a].e;
        EACH {
            const real spread = order > 1 ? r_sqrt(second[i] / Z[i]) : 2 * h;
            v[i] = first[i] / Z[i], e[i] = rel[i] * (r_fabs(v[i]) + spread);
            uv[i] = v[i] / h2, ue[i] = e[i] / h2;
        }
    }
    for (int k = 0; k < d * d && order > 1; k++) {
        const int a = k / d > k % d ? k / d : k % d, b = k / d + k % d - a;
        const real one = a == b, *ab = s->v[1 + d + a * (a + 1) / 2 + b], *aa = s->v[1 + d + a * (a + 1) / 2 + a], *bb = s->v[1 + d + b * (b + 1) / 2 + b];
        real *restrict uv = out->U[k].v, *restrict ue = out->U[k].e;
        v = out->M[k].v, e = out->M[k].e;
        EACH {
            const real size = (aa[i] + bb[i]) / Z[i];
            v[i] = ab[i] / Z[i] / h2 - one, e[i] = rel[i] * (size / h2 + one);
            uv[i] = v[i] / h2, ue[i] = e[i] / h2;
        }
    }
}

void est_table_block(dp_emoments *out, dp_lanes *on, const est_table *t, slong line, slong block)
{
    const int d = t->s->dim;
    const slong parts = t->s->k->n;
    const size_t mark = dp_lanes_mark(on);
    dp_emoments *part = parts > 1 ? dp_calloc((size_t) parts, sizeof *part) : out;
    real far = 0;
    LANES_OF(x);
    lane_coordinates(x, t->out, block);
    for (int k = 0; k < d; k++)
        far = r_max(far, r_max(r_fabs(t->out->x[k][0]), r_fabs(t->out->x[k][t->out->n[k] - 1])));
    for (slong p = 0; p < parts; p++) {
        sums s;
        memset(&s, 0, sizeof s);
        if (parts > 1)
            est_moments_new(part + p, on, d, t->order);
        if (d > 1)
            sum_block(&s, t, p, line, block);
        else
            sum_line(&s, t, p, x);
        moments_from(part + p, &s, d, t->order, t->top, t->s->k->part[p].h, far);
    }
    if (parts > 1) {
        est_combine(out, on, part, t->s->k, d, t->order);
        free(part);
    }
    dp_lanes_release(on, mark);
}
