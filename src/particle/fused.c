/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fused.c: sums over pairs in one pass, by the best of three instruction sets, which give the same bits. */
#include "particle/fused_kernels.h"

size_t dp_fused_room(const dp_fused *f) { return DP_FUSED_ROWS * (1 + f->d) * WIDTH; }
size_t dp_fused_deep_room(const dp_fused *f) { return DP_FUSED_DEEP * (WIDTH + 2 * f->wide) + 8; }
size_t dp_fused_sides_room(const dp_fused *f) { return (DP_FUSED_TALL + DP_FUSED_ROWS) * (1 + f->d) * WIDTH; }
size_t dp_fused_sweep_room(const dp_fused *f) { return (DP_FUSED_ROWS + 1) * f->m + DP_FUSED_GROUP * WIDTH; }
double dp_fused_least(const dp_fused *f, size_t m) { return (double) m * (f->single ? 0x1p-93 : 0x1p-941); }

static const dp_fused_kernels *chosen(void)
{
#ifdef DP_FUSED_X86
#ifndef DP_NO_AVX512
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")) return &dp_fused_v4;
#endif
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &dp_fused_v3;
#endif
    return &dp_fused_plain;
}

void dp_fused_rows(double *sum, double *moment, const dp_fused *f, size_t first, size_t count, double *room)
{
    chosen()->rows[f->single ? 1 : 0](sum, moment, f, first, count, room);
}

void dp_fused_deep(double *sum, double *moment, const dp_fused *f, size_t first, size_t count, double *room)
{
    chosen()->deep[f->single ? 1 : 0](sum, moment, f, first, count, room);
}

void dp_fused_sides(double *row, double *col, const dp_fused *f, size_t first, size_t count, size_t from, int moments, double *room)
{
    chosen()->sides[f->single ? 1 : 0](row, col, f, first, count, from, moments, room);
}

void dp_fused_sweep(double *row, double *col, const dp_fused *f, size_t first, size_t count, double goal, double *room)
{
    chosen()->sweep[f->single ? 1 : 0](row, col, f, first, count, goal, room);
}

void dp_fused_exp2(void *to, const void *at, size_t count, int single) { chosen()->exp2[single ? 1 : 0](to, at, count); }
