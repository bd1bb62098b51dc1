/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_tensor.c: Gaussian kernels against weights on tensor nodes: separable sums of positive terms, so that tails keep their digits. All axes
   but the last are summed once for the whole mesh (tables); the last one row by row. */
#include <string.h>

#include "base/threads.h"
#include "drift/est_source.h"

/* Which powers of t = y - x a table's entry has along the first two axes. */
static const int power0[6] = {0, 1, 0, 2, 1, 0}, power1[6] = {0, 0, 1, 0, 1, 2};

/* What is below in a slice, relative to its largest weight, is left out, so that no product becomes denormal; sums below LEAST are not delivered. */
#define FAINT 1e-140
#define LEAST 1e-120

/* out[0..order][i] of one node: exp(-t^2/2h^2) t^m. */
static void kernel_at(double out[3], double t, double h)
{
    const double z = t / h, e = exp(-z * z / 2), g = e < FAINT ? 0 : e;
    out[0] = g, out[1] = g * t, out[2] = g * t * t;
}

/* y += a x. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
__attribute__((target_clones("avx512f", "avx2", "default"), optimize("O3")))
#endif
static void axpy(double *restrict y, double a, const double *restrict x, slong n)
{
    for (slong i = 0; i < n; i++)
        y[i] += a * x[i];
}

typedef struct { est_table *t; const double *k0, *k1; slong part; } first_axes;

/* The kernel matrices of an axis: [m][node][out]. */
static double *kernel_matrix(const est_axes *nodes, const est_axes *out, int axis, double h, int order)
{
    const slong n = nodes->n[axis], m = out->n[axis];
    double *k = dp_malloc((size_t) (3 * n * m) * sizeof *k), v[3];
    for (slong b = 0; b < n; b++)
        for (slong i = 0; i < m; i++) {
            kernel_at(v, nodes->x[axis][b] - out->x[axis][i], h);
            for (int p = 0; p <= order; p++)
                k[(p * n + b) * m + i] = v[p];
        }
    return k;
}

/* One node of the last axis: the sums over the others. d = 2: table[kind 0..order][x]; d = 3: table[kind 0..5][y][x]. */
static dp_status slice(void *argument, slong c, int worker, dp_error *e)
{
    const first_axes *f = argument;
    est_table *t = f->t;
    const est_source *s = t->s;
    const int d = s->dim, order = t->order;
    const slong n0 = s->nodes.n[0], n1 = d == 3 ? s->nodes.n[1] : 1, m0 = t->out->n[0], m1 = d == 3 ? t->out->n[1] : 1, size = m0 * m1;
    const double *lw = s->log_w + c * n0 * n1;
    double top = -INFINITY, *to = t->table + (f->part * s->nodes.n[d - 1] + c) * t->kinds * size, *line = dp_malloc((size_t) (3 * m0) * sizeof *line);
    (void) worker, (void) e;
    for (slong i = 0; i < n0 * n1; i++)
        top = fmax(top, lw[i]);
    t->last[c] = top;
    memset(to, 0, (size_t) (t->kinds * size) * sizeof *to);
    for (slong b = 0; b < n1 && top > -INFINITY; b++) {
        memset(line, 0, (size_t) (3 * m0) * sizeof *line);
        for (slong a = 0; a < n0; a++) {
            const double w = exp(lw[b * n0 + a] - top);
            for (int p = 0; p <= order && w > FAINT; p++)
                axpy(line + p * m0, w, f->k0 + (p * n0 + a) * m0, m0);
        }
        for (int kind = 0; kind < t->kinds; kind++) {
            if (d == 2) {
                memcpy(to + kind * m0, line + kind * m0, (size_t) m0 * sizeof *to);
                continue;
            }
            for (slong j = 0; j < m1; j++)
                axpy(to + (kind * m1 + j) * m0, f->k1[(power1[kind] * n1 + b) * m1 + j], line + power0[kind] * m0, m0);
        }
    }
    for (slong i = 0; i < size; i++)
        t->most[f->part * s->nodes.n[d - 1] + c] = fmax(t->most[f->part * s->nodes.n[d - 1] + c], to[i]);
    free(line);
    return DP_OK;
}

dp_status est_table_init(est_table *t, const est_source *s, const est_axes *out, int order, int threads, dp_error *e)
{
    const int d = s->dim;
    const slong last = s->nodes.n[d - 1], size = d == 1 ? 0 : d == 2 ? out->n[0] : out->n[0] * out->n[1];
    *t = (est_table){.s = s, .out = out, .order = order, .kinds = d == 1 ? 0 : d == 2 ? order + 1 : order == 2 ? 6 : order == 1 ? 3 : 1};
    const double need = (double) s->k->n * (double) last * (double) t->kinds * (double) size;
    if (need > 3e8)
        return dp_fail(e, DP_EBUDGET, "the tables of the separable sums would take %.0f MB", need * 8e-6);
    t->table = dp_malloc((size_t) FLINT_MAX(need, 1) * sizeof *t->table);
    t->last = dp_calloc((size_t) last, sizeof *t->last);
    t->most = dp_calloc((size_t) (last * s->k->n), sizeof *t->most);
    t->top = -INFINITY;
    for (slong part = 0; part < s->k->n && d > 1; part++) {
        const double h = s->k->part[part].h;
        first_axes f = {t, kernel_matrix(&s->nodes, out, 0, h, order), d == 3 ? kernel_matrix(&s->nodes, out, 1, h, order) : NULL, part};
        dp_parallel(slice, &f, last, threads, e);
        free((double *) f.k0), free((double *) f.k1);
    }
    for (slong c = 0; c < last; c++)
        t->top = fmax(t->top, d == 1 ? s->log_w[c] : t->last[c]);
    return DP_OK;
}

void est_table_clear(est_table *t)
{
    free(t->table), free(t->last), free(t->most);
    memset(t, 0, sizeof *t);
}

/* ---- rows ---- */

/* Sums of one row: at most 10 arrays of n0 entries, ordered 1; t_0 .. t_{d-1}; t_a t_b for b <= a. */
typedef struct { double *v[10], log_scale; } sums;

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

/* A node of the last axis, and the most it can add to Z anywhere in the row. */
typedef struct { double bound; slong at; } addend;

static int by_bound(const void *a, const void *b)
{
    const double x = ((const addend *) a)->bound, y = ((const addend *) b)->bound;
    return (x < y) - (x > y);
}

static void add_slice(sums *s, const est_table *t, slong part, slong c, slong y, double z, double g)
{
    const int d = t->s->dim;
    const slong m0 = t->out->n[0], plane = d == 3 ? m0 * t->out->n[1] : m0;
    const double w[3] = {g, g * z, g * z * z}, *from = t->table + (part * t->s->nodes.n[d - 1] + c) * t->kinds * plane + y * m0;
    for (int kind = 0; kind < t->kinds; kind++) {
        const int p0 = d == 2 ? kind : power0[kind], p1 = d == 2 ? 0 : power1[kind];
        for (int p = 0; p + p0 + p1 <= t->order; p++)
            axpy(s->v[sum_index(d, p0, p1, p)], w[p], from + kind * plane, m0);
    }
}

static double smallest(const double *v, slong n)
{
    double least = INFINITY;
    for (slong i = 0; i < n; i++)
        least = v[i] < least ? v[i] : least;
    return least;
}

/* Largest addends first, until the rest is below 1e-20 of Z at every node of the row. */
static void sum_row(sums *s, const est_table *t, slong part, slong row)
{
    const int d = t->s->dim;
    const slong m0 = t->out->n[0], last = t->s->nodes.n[d - 1], y = d == 3 ? row % t->out->n[1] : 0;
    const double x = t->out->x[d - 1][d == 3 ? row / t->out->n[1] : row], h = t->s->k->part[part].h, *at = t->s->nodes.x[d - 1];
    addend *a = dp_malloc((size_t) last * sizeof *a);
    s->log_scale = -INFINITY;
    for (slong c = 0; c < last; c++)
        s->log_scale = fmax(s->log_scale, t->last[c] - (at[c] - x) * (at[c] - x) / (2 * h * h));
    for (slong c = 0; c < last; c++)
        a[c] = (addend){exp(t->last[c] - (at[c] - x) * (at[c] - x) / (2 * h * h) - s->log_scale) * t->most[part * last + c], c};
    qsort(a, (size_t) last, sizeof *a, by_bound);
    for (slong i = 0; i < last; i++) {
        const slong c = a[i].at;
        const double z = at[c] - x, l = t->last[c] - z * z / (2 * h * h) - s->log_scale;
        if (i % 16 == 0 && a[i].bound * (double) (last - i) <= 1e-20 * smallest(s->v[0], m0))
            break;
        if (l > -60)
            add_slice(s, t, part, c, y, z, exp(l));
    }
    free(a);
}

/* In dimension 1 each node has a scale of its own. */
static double sum_point(double v[3], const est_table *t, slong part, double x)
{
    const est_source *s = t->s;
    const double h = s->k->part[part].h;
    double top = -INFINITY;
    for (slong c = 0; c < s->nodes.n[0]; c++) {
        const double z = s->nodes.x[0][c] - x;
        top = fmax(top, s->log_w[c] - z * z / (2 * h * h));
    }
    v[0] = v[1] = v[2] = 0;
    for (slong c = 0; c < s->nodes.n[0]; c++) {
        const double z = s->nodes.x[0][c] - x, l = s->log_w[c] - z * z / (2 * h * h) - top;
        if (!(l > -50)) /* 1e-22 of the largest */
            continue;
        const double g = exp(l);
        v[0] += g, v[1] += g * z, v[2] += g * z * z;
    }
    return top;
}

/* Moments from the ten sums. `far`: size of the coordinates, whose rounding moves the kernel. */
static void moments_from(dp_emoments *out, const double v[10], double log_scale, const est_table *t, double h, double far)
{
    const int d = t->s->dim;
    const double Z = v[0], h2 = h * h, log_z = log_scale + log(Z);
    double rel = DP_ULP * (12 + 3 * (fabs(log_z - t->top) + fabs(t->top)) + 8 * far / h);
    if (!(Z > LEAST)) /* the weights near these nodes have left the range of a double */
        rel = INFINITY;
    out->log = (dp_num){log_z, rel};
    out->kappa = (dp_num){h2, 4 * DP_ULP * h2};
    for (int a = 0; a < d; a++) {
        const double m = v[1 + a] / Z;
        out->m[a] = (dp_num){m, rel * (fabs(m) + (t->order > 1 ? sqrt(v[1 + d + a * (a + 1) / 2 + a] / Z) : 2 * h))};
        out->u[a] = (dp_num){m / h2, out->m[a].e / h2};
    }
    for (int i = 0; i < d * d && t->order > 1; i++) {
        const int a = FLINT_MAX(i / d, i % d), b = FLINT_MIN(i / d, i % d);
        const double S = v[1 + d + a * (a + 1) / 2 + b] / Z, one = a == b;
        const double size = (v[1 + d + a * (a + 1) / 2 + a] + v[1 + d + b * (b + 1) / 2 + b]) / Z;
        out->M[i] = (dp_num){S / h2 - one, rel * (size / h2 + one)};
        out->U[i] = (dp_num){out->M[i].v / h2, out->M[i].e / h2};
    }
}

void est_table_row(dp_emoments *out, const est_table *t, slong row)
{
    const int d = t->s->dim;
    const slong m0 = t->out->n[0], parts = t->s->k->n;
    double far = 0, *room = dp_malloc((size_t) (10 * m0) * sizeof *room);
    dp_emoments *part = parts > 1 ? dp_calloc((size_t) (parts * m0), sizeof *part) : out;
    sums s = {.log_scale = 0};
    for (int k = 0; k < d; k++)
        far = fmax(far, fmax(fabs(t->out->x[k][0]), fabs(t->out->x[k][t->out->n[k] - 1])));
    for (slong p = 0; p < parts; p++) {
        memset(room, 0, (size_t) (10 * m0) * sizeof *room);
        for (int j = 0; j < 10; j++)
            s.v[j] = room + j * m0;
        if (d > 1)
            sum_row(&s, t, p, row);
        for (slong i = 0; i < m0; i++) {
            double v[10] = {0};
            for (int j = 0; j < 10 && d > 1; j++)
                v[j] = s.v[j][i];
            if (d == 1)
                s.log_scale = sum_point(v, t, p, t->out->x[0][i]);
            moments_from(parts > 1 ? part + i * parts + p : out + i, v, s.log_scale, t, t->s->k->part[p].h, far);
        }
    }
    for (slong i = 0; i < m0 && parts > 1; i++)
        est_combine(out + i, part + i * parts, t->s->k, d, t->order);
    if (parts > 1)
        free(part);
    free(room);
}
