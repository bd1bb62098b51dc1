/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plan.c: what an exact convolution decides once: lengths, digits, FFTW's plans, the kernel's transforms and residues. */
#include <stdlib.h>
#include <string.h>

#include "grid/conv_internal.h"

enum { SLICES_MOST = 1 << 14, LINE = 8 /* doubles of a cache line */ };

static dp_conv_sabotage sabotage;

void dp_conv_sabotage_next(const dp_conv_sabotage *hook)
{
    sabotage = hook ? *hook : (dp_conv_sabotage) {0};
}

void dp_conv_window(slong *lo, slong *n, slong n_x, slong n_y, dp_conv_part part)
{
    const slong least = FLINT_MIN(n_x, n_y);
    *lo = part == DP_CONV_FULL ? 0 : least - 1;
    *n = part == DP_CONV_FULL ? n_x + n_y - 1 : FLINT_MAX(n_x, n_y) - least + 1;
}

/* Lengths so that what wraps around misses the window; the sum of their levels. */
static slong lay_out(dp_conv_plan *p, dp_conv_part part)
{
    slong levels = 0;
    for (int a = 0; a < 2; a++) {
        slong l;
        dp_conv_window(p->lo + a, p->z_shape + a, p->x_shape[a], p->y_shape[a], part);
        p->length[a] = dp_fft_length(p->lo[a] + p->z_shape[a], &l); /* what lies behind wraps to before lo, for either part */
        levels += l;
    }
    p->row = 2 * (p->length[1] / 2 + 1);
    p->stride = (p->length[0] * p->row + LINE - 1) / LINE * LINE + LINE; /* slices should not share cache sets */
    return levels;
}

static dp_status choose_width(dp_conv_plan *p, slong y_bits, slong levels, dp_error *e)
{
    const slong n_x = p->x_shape[0] * p->x_shape[1], n_y = p->y_shape[0] * p->y_shape[1];
    p->hook = sabotage;
    p->width = p->hook.width ? p->hook.width : dp_conv_width(p->x_bits, y_bits, levels, n_x, n_y);
    if (!p->width)
        return dp_fail(e, DP_EUNSUPPORTED, "exact convolution of %ld and %ld entries: no digits are narrow enough for double transforms", (long) n_x, (long) n_y);
    p->x_digits = dp_conv_digits(p->x_bits, p->width);
    p->y_digits = dp_conv_digits(y_bits, p->width);
    p->z_digits = p->x_digits + p->y_digits - 1;
    if (p->z_digits >= SLICES_MOST)
        return dp_fail(e, DP_EUNSUPPORTED, "exact convolution of numbers of %ld and %ld bits: too many digits", (long) p->x_bits, (long) y_bits);
    mag_t bound;
    mag_init(bound);
    dp_conv_bound(bound, p->width, FLINT_MIN(p->x_digits, p->y_digits), levels, n_x, n_y);
    p->bound = mag_get_d(bound);
    mag_clear(bound);
    return DP_OK;
}

static void make_transforms(dp_conv_plan *p, unsigned flags)
{
#ifdef DP_PLAIN
    const unsigned rigor = FFTW_MEASURE | FFTW_UNALIGNED; /* other plans, and none with vector instructions */
    (void) flags;
#else
    const unsigned rigor = flags & DP_CONV_MEASURE ? FFTW_MEASURE : FFTW_ESTIMATE;
#endif
    const int n[2] = {(int) p->length[0], (int) p->length[1]}, reals[2] = {n[0], (int) p->row}, bins[2] = {n[0], (int) p->row / 2};
    const int rank = p->length[0] == 1 ? 1 : 2, skip = 2 - rank;
    double *slice = dp_fft_alloc((size_t) (2 * p->stride)), *other = slice + p->stride;
    dp_fft_lock();
    p->forward = fftw_plan_many_dft_r2c(rank, n + skip, 1, slice, reals + skip, 1, 0, (fftw_complex *) other, bins + skip, 1, 0, rigor);
    p->inverse = fftw_plan_many_dft_c2r(rank, n + skip, 1, (fftw_complex *) slice, bins + skip, 1, 0, other, reals + skip, 1, 0, rigor);
    dp_fft_unlock();
    free(slice);
}

/* The transforms of y's digits over the length, and the residues of y. */
static void transform_kernel(dp_conv_plan *p, const dp_fixed_t y)
{
    const double scale = 1.0 / (double) (p->length[0] * p->length[1]);
    double *digits = dp_fft_alloc((size_t) (p->stride * p->y_digits));
    mp_ptr residue[POINTS];
    dp_comb c;
    dp_split_init(&c, p->width, p->y_digits);
    p->kernel = dp_fft_alloc((size_t) (p->stride * p->y_digits));
    for (slong i = 0; i < p->y_shape[0]; i++) {
        for (int t = 0; t < POINTS; t++)
            residue[t] = p->check.kernel[t] + i * p->y_shape[1];
        dp_conv_split(digits + i * p->row, residue, p, &c, y->d + i * p->y_shape[1] * y->limbs, y->limbs, i, 0, p->y_shape[1]);
    }
    for (slong j = 0; j < p->y_digits; j++) {
        double *slice = digits + j * p->stride, *out = p->kernel + j * p->stride;
        dp_conv_margins(slice, p, p->y_shape);
        fftw_execute_dft_r2c(p->forward, slice, (fftw_complex *) out);
        for (slong f = 0; f < p->length[0] * p->row; f++)
            out[f] *= scale;
    }
    dp_comb_clear(&c);
    free(digits);
}

static dp_status check_shapes(const dp_fixed_t y, const slong y_shape[2], const slong x_shape[2], slong bits, dp_error *e)
{
    const slong most = WORD(1) << 29;
    for (int a = 0; a < 2; a++)
        if (y_shape[a] < 1 || x_shape[a] < 1 || y_shape[a] > most || x_shape[a] > most)
            return dp_fail(e, DP_EINPUT, "exact convolution of %ld x %ld and %ld x %ld entries: sizes are 1 .. 2^29", (long) x_shape[0], (long) x_shape[1],
                           (long) y_shape[0], (long) y_shape[1]);
    if (y->n != y_shape[0] * y_shape[1] || bits < 1)
        return dp_fail(e, DP_EINPUT, "exact convolution: a kernel of %ld entries is not %ld x %ld, or data of %ld bits", (long) y->n, (long) y_shape[0],
                       (long) y_shape[1], (long) bits);
    return DP_OK;
}

dp_status dp_conv_init2(dp_conv_plan **plan, const dp_fixed_t y, const slong y_shape[2], const slong x_shape[2], slong bits, dp_conv_part part,
                        unsigned flags, dp_error *e)
{
    dp_status status = check_shapes(y, y_shape, x_shape, bits, e);
    *plan = NULL;
    if (!status) status = dp_fpu_check(e);
    if (status) return status;
    dp_conv_plan *p = dp_calloc(1, sizeof *p);
    fmpz_init(p->norm);
    for (int a = 0; a < 2; a++)
        p->y_shape[a] = y_shape[a], p->x_shape[a] = x_shape[a];
    p->x_bits = bits, p->y_exp = y->exp;
    status = choose_width(p, y->bits, lay_out(p, part), e);
    if (status) {
        dp_conv_free(p);
        return status;
    }
    dp_fixed_norm1(p->norm, y);
    p->z_bits = bits + (slong) fmpz_bits(p->norm);
    dp_split_init(&p->split, p->width, p->x_digits);
    dp_carry_init(&p->carry, p->width, p->z_digits, dp_fixed_limbs(p->z_bits));
    make_transforms(p, flags);
    dp_residue_init(&p->check, p, y);
    transform_kernel(p, y);
    *plan = p;
    return DP_OK;
}

dp_status dp_conv_init(dp_conv_plan **plan, const dp_fixed_t y, slong n_x, slong bits, dp_conv_part part, unsigned flags, dp_error *e)
{
    const slong y_shape[2] = {1, y->n}, x_shape[2] = {1, n_x};
    return dp_conv_init2(plan, y, y_shape, x_shape, bits, part, flags, e);
}

void dp_conv_free(dp_conv_plan *p)
{
    if (!p) return;
    dp_fft_lock();
    if (p->forward) fftw_destroy_plan(p->forward);
    if (p->inverse) fftw_destroy_plan(p->inverse);
    dp_fft_unlock();
    dp_residue_clear(&p->check);
    dp_comb_clear(&p->split);
    dp_comb_clear(&p->carry);
    fmpz_clear(p->norm);
    free(p->kernel);
    free(p);
}

dp_status dp_conv_accepts(const dp_conv_plan *plan, const dp_fixed_t x, slong times, dp_error *e)
{
    const slong n = plan->x_shape[0] * plan->x_shape[1] * times;
    if (x->n != n)
        return dp_fail(e, DP_EINPUT, "exact convolution: %ld entries where the plan wants %ld", (long) x->n, (long) n);
    if (x->bits > plan->x_bits)
        return dp_fail(e, DP_EINPUT, "exact convolution: data of %ld bits, and the plan is for %ld", (long) x->bits, (long) plan->x_bits);
    return DP_OK;
}

void dp_conv_get_facts(dp_conv_facts *f, const dp_conv_plan *p)
{
    *f = (dp_conv_facts) {.width = p->width, .x_digits = p->x_digits, .y_digits = p->y_digits, .bits = p->z_bits, .bound = p->bound};
    for (int a = 0; a < 2; a++)
        f->length[a] = p->length[a], f->shape[a] = p->z_shape[a];
}
