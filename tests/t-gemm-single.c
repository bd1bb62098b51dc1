/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-gemm-single.c: products of floats: the library's bits against those of AVX2, where there is one, and of chains written out. */
#define DP_TRAIN_SINGLE
#define DP_NO_AVX512
#define dp_f32_multiply plain_product
#include "train/gemm.c"
#undef dp_f32_multiply
#include "gemm.h"
