/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conv_internal.h: what the files of the exact convolution share: the plan, the workspace of one run, and their stages. */
#ifndef DP_GRID_CONV_INTERNAL_H
#define DP_GRID_CONV_INTERNAL_H

#include <fftw3.h>

#include "grid/conv.h"

enum {
    BLOCK = 64,  /* entries of a row that are split or carried together */
    POINTS = 3,  /* of the residue check */
    BINS = 16    /* frequencies multiplied together */
};

/* Loops over short blocks, compiled for several instruction sets; all give the same integers. DP_PLAIN: for none but the least, and with FFTW's
   other plans, without vector instructions, so that a test can compare. */
#if !defined(DP_PLAIN) && defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define DP_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define DP_CLONES
#endif

/* The evaluation points and what depends on them and on the kernel. */
typedef struct {
    mp_ptr digit;            /* w^m, m < x_digits + y_digits - 1 */
    mp_ptr power[POINTS][2]; /* r_a^i along axis a, i < length of the full product */
    mp_ptr kernel[POINTS];   /* (sum over digits k of y_k w^k) r^position, per entry of y */
} dp_residue;

/* A constant that makes digits nonnegative: added before splitting, subtracted after carrying. */
typedef struct { slong width, digits, words; mp_ptr word; } dp_comb;

struct dp_conv_plan {
    slong y_shape[2], x_shape[2], z_shape[2], lo[2]; /* the result is the full product from lo on */
    slong length[2], row, stride;                    /* of the transforms; doubles of a padded row, of a slice */
    slong width, x_digits, y_digits, z_digits;       /* z_digits = x_digits + y_digits - 1 sums */
    slong x_bits, z_bits, y_exp;
    double bound;
    fmpz_t norm;                                     /* sum of |Y| */
    double *kernel;                                  /* transformed slices of y, divided by the transforms' length */
    fftw_plan forward, inverse;
    dp_comb split, carry;
    dp_residue check;
    dp_conv_sabotage hook;
};

/* Where one run works. */
typedef struct {
    double *x, *z;          /* x_digits and z_digits slices, z behind x: digits stand in z, their transforms in x, the products'
                               transforms in z, the sums from x on */
    mp_ptr sums[POINTS];    /* residues of the data, then their sums over rectangles: (rows + 1)(cols + 1) */
} dp_conv_work;

/* ---- width.c: Lemma L1 ---- */
/* The least length >= need among 2^k, 3 2^k, 5 2^k (1 if need is 1), and its levels in Lemma L1. */
slong dp_fft_length(slong need, slong *levels);
/* The digits' width for numbers of x_bits and y_bits bits, n_x and n_y of them; 0 if none passes. */
slong dp_conv_width(slong x_bits, slong y_bits, slong levels, slong n_x, slong n_y);
slong dp_conv_digits(slong bits, slong width);

/* ---- slice.c: digits in, integers out ---- */
/* The constant sum over j < digits of 2^(width j + at), modulo 2^(64 words). */
void dp_comb_init(dp_comb *c, slong width, slong digits, slong at, slong words);
void dp_comb_clear(dp_comb *c);
void dp_split_init(dp_comb *c, slong width, slong digits);
void dp_carry_init(dp_comb *c, slong width, slong slices, slong limbs);
/* Digits of `count` (<= BLOCK) entries at d into out[j stride + i], j < digits; raw[j BLOCK + i] is the digit plus 2^(width-1).
   word: scratch of c->words BLOCK limbs. Requires: c->words > limbs. */
void dp_slice_split(double *out, slong stride, mp_ptr raw, mp_ptr word, const dp_comb *c, mp_srcptr d, slong limbs, slong count);
/* The integers nearest to z[m stride + i], plus 2^51, in raw[m BLOCK + i]. Returns 0 if one is 1/16 or more away or beyond 2^51. */
int dp_slice_round(mp_ptr raw, const double *z, slong stride, slong count, slong slices);
/* d_i = sum over m of (raw[m BLOCK + i] - 2^51) 2^(width m), modulo 2^(64 c->words). word: scratch as above. */
void dp_slice_carry(mp_ptr d, mp_ptr word, const dp_comb *c, mp_srcptr raw, slong count);

/* ---- product.c ---- */
/* z_m = sum over j + k = m of x_j y_k for the frequencies from..to-1 of all slices (interleaved complex numbers). */
void dp_slice_product(double *z, const double *x, slong x_digits, const double *y, slong y_digits, slong stride, slong from, slong to);

/* ---- residue.c: the product at POINTS points modulo 2^61 - 1 ---- */
void dp_residue_init(dp_residue *r, const dp_conv_plan *plan, const dp_fixed_t y);
void dp_residue_clear(dp_residue *r);
/* out[t][i] = (sum over m of (raw[m BLOCK + i] - offset) w^m) r_t^(position of the entry (row, col + i)), for count entries. */
void dp_residue_fold(mp_ptr *out, const dp_residue *r, mp_srcptr raw, slong slices, mp_limb_t offset, slong row, slong col, slong count);
/* Adds the sum of what dp_residue_fold gives to total[t], reduced. */
void dp_residue_sum(mp_ptr total, const dp_residue *r, mp_srcptr raw, slong slices, mp_limb_t offset, slong row, slong col, slong count);
/* sums[t] from entries at (i+1)(cols+1) + j + 1 to sums over rectangles; shape as the data. */
void dp_residue_integrate(mp_ptr sums, const slong shape[2]);
/* What the sum over the result's window of z_i r_t^i must be. */
mp_limb_t dp_residue_expect(const dp_conv_plan *plan, int t, mp_srcptr sums);
mp_limb_t dp_residue_add(mp_limb_t a, mp_limb_t b);

/* ---- conv.c ---- */
void dp_conv_work_init(dp_conv_work *w, const dp_conv_plan *plan);
void dp_conv_work_clear(dp_conv_work *w);
/* z (plan->carry.words limbs an entry, plan->z_shape) = the plan's part of x * y; x has x_limbs limbs an entry. */
dp_status dp_conv_run(mp_ptr z, const dp_conv_plan *plan, dp_conv_work *w, mp_srcptr x, slong x_limbs, int threads, dp_error *e);
/* Digits and residues of columns from..to-1 of one row; d: the row's entries; out: the row in the first slice; residue[t]: the row's first. */
void dp_conv_split(double *out, mp_ptr *residue, const dp_conv_plan *plan, const dp_comb *c, mp_srcptr d, slong limbs, slong row, slong from, slong to);
/* Zeros around an array of this shape in one slice. */
void dp_conv_margins(double *slice, const dp_conv_plan *plan, const slong shape[2]);

/* ---- plan.c ---- */
/* DP_OK if x has `times` times the plan's number of entries and not too many bits. */
dp_status dp_conv_accepts(const dp_conv_plan *plan, const dp_fixed_t x, slong times, dp_error *e);
/* Start and length of the part of the full product along one axis. */
void dp_conv_window(slong *lo, slong *n, slong n_x, slong n_y, dp_conv_part part);

/* ---- fpu.c ---- */
void dp_fft_lock(void); /* FFTW's planner is not safe for threads */
void dp_fft_unlock(void);
double *dp_fft_alloc(size_t count); /* on a cache line; free() it */

#endif
