/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sort.c: numbers in ascending order: two passes over the digits of their whole part on a scale that suits them, then what is left by insertion. */
#include "base/clones.h"
#include "particle/sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC optimize("O3")

enum { MOST_BITS = 11, LEAST_BITS = 6, DIGITS = 6, SIZE = 1 << MOST_BITS, SIDE = 32, STEP = 32, PATIENCE = 8, SHORT = 1 << 12 };

void dp_sorter_init(dp_sorter *o, size_t most)
{
    *o = (dp_sorter){.word = dp_malloc(sizeof(uint64_t) * most), .other = dp_malloc(sizeof(uint64_t) * most), .count = dp_malloc(sizeof(uint32_t) * DIGITS * SIZE)};
}

void dp_sorter_clear(dp_sorter *o) { free(o->word), free(o->other), free(o->count); }

/* ---- whole numbers in the order of the numbers ---- */

CLONES static void range(double *least, double *largest, const double *a, size_t n)
{
    double low[SIDE], high[SIDE];
    for (int l = 0; l < SIDE; l++) low[l] = high[l] = a[0];
    for (; n >= SIDE; a += SIDE, n -= SIDE)
        for (int l = 0; l < SIDE; l++) low[l] = a[l] < low[l] ? a[l] : low[l], high[l] = a[l] > high[l] ? a[l] : high[l];
    for (size_t i = 0; i < n; i++) low[i] = a[i] < low[i] ? a[i] : low[i], high[i] = a[i] > high[i] ? a[i] : high[i];
    for (int l = 1; l < SIDE; l++) low[0] = low[l] < low[0] ? low[l] : low[0], high[0] = high[l] > high[0] ? high[l] : high[0];
    *least = low[0], *largest = high[0];
}

/* Counts become places. */
static void places(uint32_t *count, size_t size)
{
    uint32_t at = 0;
    for (size_t v = 0; v < size; v++) {
        const uint32_t here = count[v];
        count[v] = at, at += here;
    }
}

#define TERM uint32_t
#define PLACE 12
#define NAME(x) short_##x
#include "particle/sort_words.h"
#undef TERM
#undef PLACE
#undef NAME
#define TERM uint64_t
#define PLACE 32
#define NAME(x) long_##x
#include "particle/sort_words.h"

/* From place `from` on, whole steps in which no number is below the one before it are passed over. */
CLONES static size_t sorted_until(const double *value, size_t from, size_t n)
{
    for (; from + STEP <= n; from += STEP) {
        int64_t below = 0;
        for (size_t l = from; l < from + STEP; l++) below |= value[l] < value[l - 1];
        if (below) break;
    }
    return from;
}

/* What words do not tell apart is set right; 0 when that would take long. */
static int insert(double *restrict value, uint32_t *restrict index, size_t n)
{
    size_t moves = 0;
    for (size_t i = sorted_until(value, 1, n), end; i < n; i = sorted_until(value, end, n))
        for (end = FLINT_MIN(i + STEP, n); i < end; i++) {
            if (!(value[i] < value[i - 1])) continue;
            const double v = value[i];
            const uint32_t place = index[i];
            size_t j = i;
            for (; j && value[j - 1] > v; j--) value[j] = value[j - 1], index[j] = index[j - 1];
            value[j] = v, index[j] = place;
            moves += i - j;
            if (moves > PATIENCE * n) return 0;
        }
    return 1;
}

/* ---- any numbers: all digits of their bits ---- */

/* The bits of a number, so changed that they are in its order as whole numbers; -0 is 0. */
static uint64_t ordered(double at)
{
    uint64_t bits;
    at += 0.0;
    memcpy(&bits, &at, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t) 1 << 63;
}

/* Places only are moved; digits that are the same everywhere are left out. */
static void by_digits(double *value, uint32_t *index, const double *a, size_t n, dp_sorter *o)
{
    uint32_t *from = o->word, *to = o->other;
    memset(o->count, 0, sizeof(uint32_t) * DIGITS * SIZE);
    for (size_t i = 0; i < n; i++) {
        const uint64_t bits = ordered(a[i]);
        for (int k = 0; k < DIGITS; k++) o->count[k * SIZE + (int) (bits >> k * MOST_BITS & (SIZE - 1))]++;
        from[i] = (uint32_t) i;
    }
    for (int k = 0; k < DIGITS; k++) {
        uint32_t *count = o->count + k * SIZE;
        if (count[ordered(a[0]) >> k * MOST_BITS & (SIZE - 1)] == n) continue;
        places(count, SIZE);
        for (size_t i = 0; i < n; i++) to[count[ordered(a[from[i]]) >> k * MOST_BITS & (SIZE - 1)]++] = from[i];
        uint32_t *swap = from;
        from = to, to = swap;
    }
    for (size_t i = 0; i < n; i++) value[i] = a[from[i]], index[i] = from[i];
}

/* Digits of so many bits that about one number in a hundred is left for insertion, and counting takes no longer than moving. */
void dp_sort(double *value, uint32_t *index, const double *a, size_t n, dp_sorter *o)
{
    double low, high;
    int bits = LEAST_BITS;
    if (!n) return;
    while (bits < MOST_BITS && n >> (2 * bits - 5)) bits++;
    range(&low, &high, a, n);
    const double scale = (double) ((1 << 2 * bits) - 1) / (high - low);
    if (scale > 0 && scale < 0x1p1000 && high - low > 0x1p-900) {
        (n <= SHORT ? short_run : long_run)(value, index, a, n, low, scale, o, bits);
        if (insert(value, index, n)) return;
    }
    by_digits(value, index, a, n, o);
}
