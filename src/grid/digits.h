/* SPDX-License-Identifier: GPL-3.0-or-later */
/* digits.h: inside of the products of matrices: how digits of integers are kept. */
#ifndef DP_GRID_DIGITS_H
#define DP_GRID_DIGITS_H

#include "grid/conv_internal.h"
#include "grid/matmul.h"

enum {
    DP_TILE = 4,      /* rows that are multiplied together */
    DP_CHUNK = 32,    /* entries of a row that make a block; all its digits' pairs stay in the first cache */
    DP_DIGITS = 256,
    DP_EXPONENT_BITS = 40
};
#define DP_NOTHING (WORD_MIN / 4) /* the exponent of a block of zeros */

/* Rows in tiles, padded with zero rows; entries in blocks ("chunks"), padded with zeros. Digit d of entry k of row i is digit[(i digits + d) length + k]; in block c of tile t it counts
   2^(exp[i] + width (offset[t chunks + c] + d)). used[(t chunks + c) digits + d]: whether it is nonzero anywhere in the block. size (t chunks + c): largest modulus of what is taken of an
   entry, over 2^exp of its row; what is left of an entry of row i is at most 2^exp[i] row_error[i] error[t chunks + c]. */
struct dp_digits_struct {
    slong rows, tiles, K, length, chunks, digits, width;
    slong asked;    /* bits that were asked for; the digits have room for width digits - 1 and one to spare */
    double *digit;  /* NULL where they are packed: */
    float *packed;  /* the same numbers in half the room: digits have 24 bits at most */
    char *used;
    slong *exp, *offset; /* DP_NOTHING: a row of exact zeros, a block of zeros */
    mag_ptr size, error, row_error;
};

/* Entries of a block. */
static inline slong dp_digits_terms(const dp_digits *m, slong chunk)
{
    return FLINT_MIN(DP_CHUNK, m->K - chunk * DP_CHUNK);
}

#endif
