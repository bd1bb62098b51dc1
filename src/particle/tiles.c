/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tiles.c: points in tiles of neighbours, and which pairs of tiles may exchange mass under a Gaussian kernel. */
#include "base/clones.h"
#include "particle/sort.h"
#include "particle/tiles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC optimize("O3")

/* ---- order ---- */

typedef struct { const double *a; size_t d, least; double *key, *value; uint32_t *index, *part; dp_sorter sorter; } splitter;

/* The coordinate in which the points part[0], ..., part[n - 1] spread most. */
static size_t longest(const splitter *s, const uint32_t *part, size_t n)
{
    size_t best = 0;
    double most = -1;
    for (size_t k = 0; k < s->d; k++) {
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < n; i++) low = fmin(low, s->a[part[i] * s->d + k]), high = fmax(high, s->a[part[i] * s->d + k]);
        if (high - low > most) most = high - low, best = k;
    }
    return best;
}

/* Halves are whole numbers of `least` points. */
static void split(splitter *s, uint32_t *part, size_t n)
{
    while (n > s->least) {
        const size_t k = longest(s, part, n), half = (n / 2 + s->least - 1) / s->least * s->least;
        for (size_t i = 0; i < n; i++) s->key[i] = s->a[part[i] * s->d + k];
        dp_sort(s->value, s->index, s->key, n, &s->sorter);
        memcpy(s->part, part, sizeof *part * n);
        for (size_t i = 0; i < n; i++) part[i] = s->part[s->index[i]];
        split(s, part, half);
        part += half, n -= half;
    }
}

void dp_tiles_order(uint32_t *order, const double *a, size_t n, size_t d, size_t least)
{
    splitter s = {.a = a, .d = d, .least = least, .key = dp_malloc(sizeof(double) * n), .value = dp_malloc(sizeof(double) * n), .index = dp_malloc(sizeof(uint32_t) * n), .part = dp_malloc(sizeof(uint32_t) * n)};
    dp_sorter_init(&s.sorter, n);
    for (size_t i = 0; i < n; i++) order[i] = (uint32_t) i;
    split(&s, order, n);
    dp_sorter_clear(&s.sorter);
    free(s.key), free(s.value), free(s.index), free(s.part);
}

/* ---- tiles ---- */

void dp_tiles_init(dp_tiles *t, const double *a, size_t n, size_t d, size_t least)
{
    *t = (dp_tiles){.n = n, .d = d, .size = least};
    while (n > t->size * DP_MOST_TILES) t->size *= 2;
    t->count = (n + t->size - 1) / t->size;
    t->centre = dp_calloc(d * t->count, sizeof(double)), t->off = dp_calloc(d * t->size * t->count, sizeof(double));
    for (size_t k = 0; k < d; k++)
        for (size_t c = 0; c < t->count; c++) {
            const size_t first = c * t->size, size = FLINT_MIN(t->size, n - first);
            double low = INFINITY, high = -INFINITY;
            for (size_t i = 0; i < size; i++) low = fmin(low, a[(first + i) * d + k]), high = fmax(high, a[(first + i) * d + k]);
            t->centre[k * t->count + c] = low + (high - low) / 2;
            for (size_t i = 0; i < size; i++) t->off[(k * t->size + i) * t->count + c] = a[(first + i) * d + k] - t->centre[k * t->count + c];
        }
}

void dp_tiles_clear(dp_tiles *t) { free(t->centre), free(t->off); }

void dp_tiles_line(double *line, const dp_tiles *t, const double *potential)
{
    for (size_t i = 0; i < t->size; i++)
        for (size_t c = 0; c < t->count; c++) line[i * t->count + c] = c * t->size + i < t->n ? potential[c * t->size + i] : -INFINITY;
}

CLONES static void add_times(double *restrict t, const double *restrict D, double by, size_t count)
{
    for (size_t b = 0; b < count; b++) t[b] += by * D[b];
}

CLONES static void add_products(double *restrict t, const double *restrict D, const double *restrict off, size_t count)
{
    for (size_t b = 0; b < count; b++) t[b] += D[b] * off[b];
}

CLONES static void keep_larger(double *restrict top, const double *restrict t, size_t count)
{
    for (size_t b = 0; b < count; b++) top[b] = t[b] > top[b] ? t[b] : top[b];
}

size_t dp_tiles_near(uint16_t *near, const dp_tiles *rows, size_t t, const double *f, const dp_tiles *cols, const double *g, double least, double *room)
{
    const size_t count = cols->count, d = rows->d, first = t * rows->size, size = FLINT_MIN(rows->size, rows->n - first);
    double *line = room, *top = room + count, *high = top + count, *D = high + count;
    size_t kept = 0;
    for (size_t b = 0; b < count; b++) top[b] = high[b] = -INFINITY;
    for (size_t k = 0; k < d; k++)
        for (size_t b = 0; b < count; b++) D[k * count + b] = rows->centre[k * rows->count + t] - cols->centre[k * count + b];
    for (size_t i = 0; i < size; i++) {
        for (size_t b = 0; b < count; b++) line[b] = f[first + i];
        for (size_t k = 0; k < d; k++) add_times(line, D + k * count, -rows->off[(k * rows->size + i) * rows->count + t], count);
        keep_larger(top, line, count);
    }
    for (size_t j = 0; j < cols->size; j++) {
        memcpy(line, g + j * count, sizeof(double) * count);
        for (size_t k = 0; k < d; k++) add_products(line, D + k * count, cols->off + (k * cols->size + j) * count, count);
        keep_larger(high, line, count);
    }
    for (size_t k = 0; k < d; k++)
        for (size_t b = 0; b < count; b++) top[b] -= D[k * count + b] * D[k * count + b] / 2;
    for (size_t b = 0; b < count; b++)
        if (top[b] + high[b] > least) near[kept++] = (uint16_t) b;
    return kept;
}
