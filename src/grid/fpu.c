/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fpu.c: what Lemma L1 needs of the processor's state, and the lock of FFTW's planner. */
#include <fenv.h>
#include <float.h>
#include <pthread.h>
#include <stdlib.h>

#include "grid/conv_internal.h"

static pthread_mutex_t planner = PTHREAD_MUTEX_INITIALIZER;

void dp_fft_lock(void)
{
    pthread_mutex_lock(&planner);
}

void dp_fft_unlock(void)
{
    pthread_mutex_unlock(&planner);
}

double *dp_fft_alloc(size_t count)
{
    const size_t size = (count * sizeof(double) + 63) / 64 * 64;
    double *p = aligned_alloc(64, size);
    if (!p) {
        fprintf(stderr, "driftproof: out of memory (%zu bytes for transforms)\n", size);
        exit(3);
    }
    return p;
}

/* By what it does, not by the bits of a register: works wherever there are doubles. */
dp_status dp_fpu_check(dp_error *e)
{
    volatile double least = DBL_MIN, denormal = 0x1p-1074, one = 1, tiny = 0x1p-54;
    volatile double half = least * 0.5, large = denormal * 0x1p60, up = one + tiny, down = one - tiny * 0.5, wide = one + 0x1p-53;
    if (fegetround() != FE_TONEAREST || up != 1 || down != 1) /* the vector unit may have a mode of its own */
        return dp_fail(e, DP_EINTERNAL, "the rounding mode is not to nearest: exact convolution would not be exact");
    if (!(FLT_EVAL_METHOD == 0 || FLT_EVAL_METHOD == 1 || FLT_EVAL_METHOD == 16) || wide != 1) /* 1, 16: only narrower types are widened */
        return dp_fail(e, DP_EINTERNAL, "doubles are not evaluated as doubles: exact convolution would not be exact");
    if (large == 0)
        return dp_fail(e, DP_EINTERNAL, "denormal numbers are read as zero (DAZ): exact convolution would not be exact");
    if (half == 0)
        return dp_fail(e, DP_EINTERNAL, "denormal results are flushed to zero (FTZ): exact convolution would not be exact");
    return DP_OK;
}
