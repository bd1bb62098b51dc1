/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sort_words.h: whole numbers with the place below them, sorted in two passes; a template: TERM, PLACE (bits of the place) and NAME(x) are set by the includer. */

/* word_i = floor((a_i - low) scale) above the place i: rounding keeps the order, though numbers that differ may get the same. */
CLONES static void NAME(fill)(TERM *restrict word, const double *restrict a, double low, double scale, size_t n)
{
    for (size_t i = 0; i < n; i++) word[i] = (TERM) (int32_t) ((a[i] - low) * scale) << PLACE | (TERM) i;
}

/* How often each digit occurs; 32-bit words are read in pairs. */
static void NAME(tally)(uint32_t *restrict low, uint32_t *restrict high, const TERM *restrict word, size_t n, int bits)
{
    const uint64_t digit = ((uint64_t) 1 << bits) - 1;
    const int pairs = sizeof(TERM) == sizeof(uint32_t);
    size_t i = 0;
    for (uint64_t pair; pairs && i + 2 <= n; i += 2) {
        memcpy(&pair, word + i, sizeof pair);
        low[pair >> PLACE & digit]++, high[pair >> (PLACE + bits) & digit]++;
        low[pair >> (PLACE + 32) % 64 & digit]++, high[pair >> (PLACE + bits + 32) % 64 & digit]++;
    }
    for (; i < n; i++) low[word[i] >> PLACE & digit]++, high[word[i] >> (PLACE + bits) & digit]++;
}

/* Stable: equal words keep the order of their places. */
static void NAME(sort)(TERM *restrict word, TERM *restrict other, uint32_t *restrict low, size_t n, int bits)
{
    const size_t size = (size_t) 1 << bits;
    const TERM digit = (TERM) (size - 1);
    uint32_t *restrict high = low + size;
    memset(low, 0, 2 * size * sizeof *low);
    NAME(tally)(low, high, word, n, bits);
    places(low, size), places(high, size);
    for (size_t i = 0; i < n; i++) other[low[word[i] >> PLACE & digit]++] = word[i];
    for (size_t i = 0; i < n; i++) word[high[other[i] >> (PLACE + bits)]++] = other[i];
}

CLONES static void NAME(fetch)(double *restrict value, uint32_t *restrict index, const TERM *restrict word, const double *restrict a, size_t n)
{
    for (size_t i = 0; i < n; i++) index[i] = (uint32_t) (word[i] & (((TERM) 1 << PLACE) - 1));
    for (size_t i = 0; i < n; i++) value[i] = a[index[i]];
}

/* Numbers in the order of their words. */
static void NAME(run)(double *value, uint32_t *index, const double *a, size_t n, double low, double scale, dp_sorter *o, int bits)
{
    NAME(fill)(o->word, a, low, scale, n);
    NAME(sort)(o->word, o->other, o->count, n, bits);
    NAME(fetch)(value, index, o->word, a, n);
}
