/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-gemm.c: products of doubles: the library's bits against those of plain C and of chains written out, and activations likewise. */
#define DP_PLAIN
#define dp_f64_multiply plain_product
#include "train/gemm.c"
#undef dp_f64_multiply
#include "gemm.h"
