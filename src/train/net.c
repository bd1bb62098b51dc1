/* SPDX-License-Identifier: GPL-3.0-or-later */
/* net.c: residual and plain perceptrons, forwards and backwards, in one number type. All memory is taken at once; no step takes more. */
#include "base/memory.h"
#include "train/net.h"

#include <stdlib.h>
#include <string.h>
#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

/* Denormal numbers count as 0 while a network works, which spares their cost; the caller's state comes back. Elsewhere they stay. */
#if defined(__SSE2__)
static unsigned flush(void)
{
    const unsigned before = _mm_getcsr();
    _mm_setcsr(before | 0x8040);
    return before;
}
static void restore(unsigned before) { _mm_setcsr(before); }
#else
static unsigned flush(void) { return 0; }
static void restore(unsigned before) { (void) before; }
#endif

/* Weights stand in panels of DP_PANEL outputs: (i, o) at panel(o) + i DP_PANEL + o%DP_PANEL, the bias behind them. Points are rows with a stride that is no power of two. */
typedef struct { size_t in, out, weight, bias, from; } layer; /* places in the net's vectors; `from`: in the vector of parameters */
struct dp_net {
    dp_net_shape s;
    int layers;
    layer *l;
    size_t size, stride, rows;
    real *state[DP_STATES], *turned, *packed, *noise, *out, *slope, *rise;
    real **hidden, **inner, **bend; /* inputs of blocks; activations; their derivatives */
    void *arena;
};

enum { LINE = 64 / sizeof(real) };

static size_t row(size_t n) { return DP_PANELS(n) * DP_PANEL + LINE; }

/* ---- memory ---- */

static real *take(real **at, size_t count)
{
    real *p = *at;
    *at += (count + LINE - 1) / LINE * LINE;
    return p;
}

static size_t widest(const dp_net *a) { return FLINT_MAX(FLINT_MAX(a->s.width, a->s.dim), a->s.noise); }

/* From DP_TILE_ROWS columns of a block to the next when they are packed, and all of them. */
static size_t pack_step(size_t n) { return DP_TILE_ROWS * n + LINE; }
static size_t pack_room(size_t columns) { return (columns + DP_TILE_ROWS - 1) / DP_TILE_ROWS * pack_step(DP_BLOCK); }

static void place(dp_net *a, real *at)
{
    const size_t points = a->rows * a->stride;
    const int blocks = (int) a->s.depth;
    for (int k = 0; k < DP_STATES; k++) a->state[k] = take(&at, a->size);
    a->turned = take(&at, row(widest(a)) * row(widest(a)));
    a->packed = take(&at, pack_room(widest(a)));
    a->noise = take(&at, a->rows * row(a->s.noise)), a->out = take(&at, a->rows * row(a->s.dim)), a->rise = take(&at, a->rows * row(a->s.dim));
    a->slope = take(&at, points);
    for (int b = 0; b <= blocks; b++) a->hidden[b] = take(&at, points), a->inner[b] = take(&at, points), a->bend[b] = take(&at, points);
}

static size_t need(const dp_net *a)
{
    const size_t width = row(widest(a));
    return DP_STATES * (a->size + LINE) + width * width + pack_room(widest(a)) + a->rows * (row(a->s.noise) + 2 * row(a->s.dim)) + (3 * (a->s.depth + 1) + 1) * a->rows * a->stride + 256 * LINE + 3 * a->s.depth * LINE;
}

static dp_net *make(const dp_net_shape *s)
{
    dp_net *a = dp_calloc(1, sizeof *a);
    size_t from = 0;
    *a = (dp_net){.s = *s, .layers = dp_net_layers(s), .stride = row(s->width), .rows = s->batch + DP_TILE_ROWS};
    a->l = dp_calloc((size_t) a->layers, sizeof *a->l);
    for (int k = 0; k < a->layers; k++) {
        layer *l = a->l + k;
        dp_net_layer(&l->in, &l->out, s, k);
        l->from = from, from += l->in * l->out + l->out;
        l->weight = a->size, l->bias = a->size + DP_PANELS(l->out) * DP_PANEL * l->in, a->size = l->bias + DP_PANELS(l->out) * DP_PANEL;
    }
    a->hidden = dp_calloc(3 * (s->depth + 1), sizeof *a->hidden), a->inner = a->hidden + s->depth + 1, a->bend = a->inner + s->depth + 1;
    const size_t size = need(a) * sizeof(real);
    a->arena = dp_memory_wide(size);
    place(a, a->arena);
    return a;
}

static void drop(dp_net *a)
{
    if (!a) return;
    free(a->arena), free(a->hidden), free(a->l), free(a);
}

/* ---- parameters ---- */

static size_t at_weight(const layer *l, size_t i, size_t o) { return l->weight + o / DP_PANEL * DP_PANEL * l->in + i * DP_PANEL + o % DP_PANEL; }

static void get(double *out, const dp_net *a, int state)
{
    const real *from = a->state[state];
    for (int k = 0; k < a->layers; k++) {
        const layer *l = a->l + k;
        double *to = out + l->from;
        for (size_t o = 0; o < l->out; o++)
            for (size_t i = 0; i < l->in; i++) *to++ = (double) from[at_weight(l, i, o)];
        for (size_t o = 0; o < l->out; o++) *to++ = (double) from[l->bias + o];
    }
}

static void set(dp_net *a, int state, const double *in)
{
    real *to = a->state[state];
    for (int k = 0; k < a->layers; k++) {
        const layer *l = a->l + k;
        const double *from = in + l->from;
        for (size_t o = 0; o < l->out; o++)
            for (size_t i = 0; i < l->in; i++) to[at_weight(l, i, o)] = (real) *from++;
        for (size_t o = 0; o < l->out; o++) to[l->bias + o] = (real) *from++;
    }
}

/* ---- one layer ---- */

/* y = [plus +] W x + b for n points; plus: as y, or NULL. */
static void apply(const dp_net *a, int k, real *y, size_t ys, const real *x, size_t xs, size_t n, const real *plus)
{
    const layer *l = a->l + k;
    const real *w = a->state[DP_STATE_WEIGHTS];
    const R(product) g = {.c = y, .a = x, .b = w + l->weight, .bias = w + l->bias, .m = n, .n = l->out, .k = l->in, .crs = ys, .cps = DP_PANEL, .ars = xs, .acs = 1,
                          .bks = DP_PANEL, .bps = DP_PANEL * l->in, .plus = plus};
    R(multiply)(&g);
}

/* DP_TILE_ROWS columns of n rows after as many of them stand together: so x comes once, row by row, and not in slices for each panel of slopes. */
static void pack(real *to, const real *x, size_t xs, size_t n, size_t columns)
{
    for (size_t r = 0; r < n; r++)
        for (size_t i = 0; i < columns; i += DP_TILE_ROWS) memcpy(to + i / DP_TILE_ROWS * pack_step(n) + r * DP_TILE_ROWS, x + r * xs + i, DP_TILE_ROWS * sizeof(real));
}

/* Gradients of weights and bias from the slopes dy at the layer's outputs and its inputs x. */
static void gradient(dp_net *a, int k, const real *dy, size_t ys, const real *x, size_t xs, size_t n)
{
    const layer *l = a->l + k;
    real *g = a->state[DP_STATE_GRADIENT];
    for (size_t from = 0; from < n; from += DP_BLOCK) {
        const size_t count = FLINT_MIN(n - from, (size_t) DP_BLOCK);
        const R(product) p = {.c = g + l->weight, .a = a->packed, .b = dy + from * ys, .m = l->in, .n = l->out, .k = count, .crs = DP_PANEL, .cps = DP_PANEL * l->in,
                              .ars = 1, .acs = DP_TILE_ROWS, .aps = pack_step(count), .bks = ys, .bps = DP_PANEL, .plus = from ? g + l->weight : NULL};
        pack(a->packed, x + from * xs, xs, count, l->in);
        R(multiply)(&p);
    }
    R(column_sums)(g + l->bias, dy, ys, n, DP_PANELS(l->out) * DP_PANEL);
}

/* The layer's weights with inputs and outputs exchanged. */
static void turn(dp_net *a, const layer *l)
{
    const real *w = a->state[DP_STATE_WEIGHTS];
    for (size_t i = 0; i < DP_PANELS(l->in) * DP_PANEL; i += LINE)
        for (size_t o = 0; o < l->out; o += LINE) {
            const size_t wide = FLINT_MIN(l->out - o, (size_t) LINE), deep = i < l->in ? FLINT_MIN(l->in - i, (size_t) LINE) : 0;
            R(transpose)(a->turned + i / DP_PANEL * DP_PANEL * l->out + o * DP_PANEL + i % DP_PANEL, w + at_weight(l, i, o), deep, wide);
        }
}

/* dx = ([plus +] W^T dy) [times]; plus, times: as dx, or NULL. */
static void back(dp_net *a, int k, real *dx, size_t xs, const real *dy, size_t ys, size_t n, const real *plus, const real *times)
{
    const layer *l = a->l + k;
    turn(a, l);
    const R(product) g = {.c = dx, .a = dy, .b = a->turned, .m = n, .n = l->in, .k = l->out, .crs = xs, .cps = DP_PANEL, .ars = ys, .acs = 1, .bks = DP_PANEL, .bps = DP_PANEL * l->out,
                          .plus = plus, .times = times};
    R(multiply)(&g);
}

/* ---- the network ---- */

static void put(real *to, size_t stride, const double *from, size_t n, size_t d)
{
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < d; c++) to[i * stride + c] = (real) from[i * d + c];
}

/* Rows of a chunk: what they need of one block after another stays in the cache. */
enum { CHUNK = 16 * DP_TILE_ROWS };

/* Rows from .. from + n - 1 through all layers. */
static void forward_rows(dp_net *a, size_t from, size_t n)
{
    const size_t s = a->stride, zs = row(a->s.noise), xs = row(a->s.dim), at = from * s;
    const int plain = a->s.network == DP_NETWORK_MLP;
    const real *noise = a->noise + from * zs, *last = noise;
    if (!plain) apply(a, 0, a->hidden[0] + at, s, noise, zs, n, NULL), last = a->hidden[0] + at;
    for (size_t b = 0; b < a->s.depth; b++) {
        const int k = plain ? (int) b : 1 + 2 * (int) b;
        real *inner = a->inner[b] + at, *bend = a->bend[b] + at;
        apply(a, k, bend, s, last, last == noise ? zs : s, n, NULL);
        R(activate)(inner, bend, bend, n * s, a->s.activation); /* derivatives take the place of sums */
        last = inner;
        if (plain) continue;
        apply(a, k + 1, a->hidden[b + 1] + at, s, inner, s, n, a->hidden[b] + at);
        last = a->hidden[b + 1] + at;
    }
    apply(a, a->layers - 1, a->out + from * xs, xs, last, last == noise ? zs : s, n, NULL);
}

static void forward(double *x, dp_net *a, const double *z, size_t n)
{
    const unsigned state = flush();
    const size_t xs = row(a->s.dim), d = a->s.dim;
    put(a->noise, row(a->s.noise), z, n, a->s.noise);
    for (size_t from = 0; from < n; from += CHUNK) forward_rows(a, from, FLINT_MIN(n - from, (size_t) CHUNK));
    for (size_t i = 0; i < n * d; i++) x[i] = (double) a->out[i / d * xs + i % d];
    restore(state);
}

/* slope: what stands at the end of a block; it becomes what stands at its beginning. */
static void block_backward(dp_net *a, size_t b, size_t n)
{
    const size_t s = a->stride;
    const int k = 1 + 2 * (int) b;
    real *within = a->hidden[b + 1]; /* its values are not needed any more */
    gradient(a, k + 1, a->slope, s, a->inner[b], s, n);
    back(a, k + 1, within, s, a->slope, s, n, NULL, a->bend[b]);
    gradient(a, k, within, s, a->hidden[b], s, n);
    back(a, k, a->slope, s, within, s, n, a->slope, NULL);
}

static void plain_backward(dp_net *a, size_t n)
{
    const size_t s = a->stride, zs = row(a->s.noise);
    real *other = a->hidden[0];
    for (size_t b = a->s.depth; b-- > 0;) {
        gradient(a, (int) b, a->slope, s, b ? a->inner[b - 1] : a->noise, b ? s : zs, n);
        if (b == 0) return;
        back(a, (int) b, other, s, a->slope, s, n, NULL, a->bend[b - 1]);
        real *swap = a->slope;
        a->slope = other, other = swap;
        a->hidden[0] = other;
    }
}

static void backward(dp_net *a, const double *c, size_t n)
{
    const unsigned state = flush();
    const size_t s = a->stride, xs = row(a->s.dim), zs = row(a->s.noise);
    const int plain = a->s.network == DP_NETWORK_MLP;
    const real *last = plain ? a->s.depth ? a->inner[a->s.depth - 1] : a->noise : a->hidden[a->s.depth];
    put(a->rise, xs, c, n, a->s.dim);
    gradient(a, a->layers - 1, a->rise, xs, last, last == a->noise ? zs : s, n);
    if (last != a->noise) back(a, a->layers - 1, a->slope, s, a->rise, xs, n, NULL, plain ? a->bend[a->s.depth - 1] : NULL);
    if (plain) plain_backward(a, n);
    for (size_t b = plain ? 0 : a->s.depth; b-- > 0;) block_backward(a, b, n);
    if (!plain) gradient(a, 0, a->slope, s, a->noise, zs, n);
    restore(state);
}

/* From where backward stopped: the slopes at the first layer's outputs. */
static void slope(double *dz, dp_net *a, size_t n)
{
    const unsigned state = flush();
    const size_t s = a->stride, zs = row(a->s.noise), k = a->s.noise;
    const int only = a->layers == 1;
    back(a, 0, a->noise, zs, only ? a->rise : a->slope, only ? row(a->s.dim) : s, n, NULL, NULL);
    for (size_t i = 0; i < n * k; i++) dz[i] = (double) a->noise[i / k * zs + i % k];
    restore(state);
}

static void update(dp_net *a, const dp_step *o)
{
    const unsigned state = flush();
    R(optimise)(a->state[DP_STATE_WEIGHTS], a->state[DP_STATE_GRADIENT], a->state[DP_STATE_FIRST], a->state[DP_STATE_SECOND], a->size, o);
    restore(state);
}

const dp_net_kind R(net) = {make, drop, get, set, forward, backward, slope, update};
