/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conv.c: one exact convolution: split, transform, multiply, transform back, round, check, carry. */
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "grid/conv_internal.h"

#define SUM_OFFSET (UWORD(1) << 51)

enum { SPAN = 32 * BLOCK /* entries or frequencies of one job */ };

void dp_conv_work_init(dp_conv_work *w, const dp_conv_plan *plan)
{
    const size_t stride = (size_t) plan->stride;
    w->x = dp_fft_alloc(stride * (size_t) (plan->x_digits + plan->z_digits));
    w->z = w->x + plan->x_digits * plan->stride;
    for (int t = 0; t < POINTS; t++)
        w->sums[t] = dp_malloc((size_t) ((plan->x_shape[0] + 1) * (plan->x_shape[1] + 1)) * sizeof *w->sums[t]);
}

void dp_conv_work_clear(dp_conv_work *w)
{
    free(w->x);
    for (int t = 0; t < POINTS; t++)
        free(w->sums[t]);
}

/* ---- one run ---- */

typedef struct {
    const dp_conv_plan *plan;
    dp_conv_work *w;
    mp_srcptr x;
    mp_ptr z, spans;    /* spans: POINTS sums of every span of the result */
    slong x_limbs, z_limbs, done; /* done: sums transformed back */
} run;

static slong spans(slong cols)
{
    return (cols + SPAN - 1) / SPAN;
}

/* Transforms in place leave other things there. */
void dp_conv_margins(double *slice, const dp_conv_plan *plan, const slong shape[2])
{
    for (slong i = 0; i < shape[0]; i++)
        memset(slice + i * plan->row + shape[1], 0, (size_t) (plan->row - shape[1]) * sizeof *slice);
    memset(slice + shape[0] * plan->row, 0, (size_t) ((plan->length[0] - shape[0]) * plan->row) * sizeof *slice);
}

void dp_conv_split(double *out, mp_ptr *residue, const dp_conv_plan *plan, const dp_comb *c, mp_srcptr d, slong limbs, slong row, slong from, slong to)
{
    mp_ptr raw = dp_malloc((size_t) ((c->digits + c->words) * BLOCK) * sizeof *raw), word = raw + c->digits * BLOCK;
    memset(word, 0, (size_t) (c->words * BLOCK) * sizeof *word);
    for (slong col = from; col < to; col += BLOCK) {
        const slong count = FLINT_MIN(BLOCK, to - col);
        mp_ptr at[POINTS];
        for (int t = 0; t < POINTS; t++)
            at[t] = residue[t] + col;
        dp_slice_split(out + col, plan->stride, raw, word, c, d + col * limbs, limbs, count);
        dp_residue_fold(at, &plan->check, raw, c->digits, UWORD(1) << (c->width - 1), row, col, count);
    }
    free(raw);
}

static dp_status split_job(void *argument, slong job, int worker, dp_error *e)
{
    const run *r = argument;
    const dp_conv_plan *plan = r->plan;
    const slong cols = plan->x_shape[1], row = job / spans(cols), from = job % spans(cols) * SPAN;
    mp_ptr residue[POINTS];
    (void) worker;
    for (int t = 0; t < POINTS; t++)
        residue[t] = r->w->sums[t] + (row + 1) * (cols + 1) + 1;
    dp_conv_split(r->w->z + row * plan->row, residue, plan, &plan->split, r->x + row * cols * r->x_limbs, r->x_limbs, row, from, FLINT_MIN(from + SPAN, cols));
    (void) e;
    return DP_OK;
}

static dp_status forward_job(void *argument, slong job, int worker, dp_error *e)
{
    const run *r = argument;
    const slong at = job * r->plan->stride;
    (void) worker, (void) e;
    dp_conv_margins(r->w->z + at, r->plan, r->plan->x_shape);
    fftw_execute_dft_r2c(r->plan->forward, r->w->z + at, (fftw_complex *) (r->w->x + at));
    return DP_OK;
}

static dp_status product_job(void *argument, slong job, int worker, dp_error *e)
{
    const run *r = argument;
    const dp_conv_plan *plan = r->plan;
    const slong bins = plan->length[0] * plan->row / 2, from = job * SPAN;
    (void) worker, (void) e;
    dp_slice_product(r->w->z, r->w->x, plan->x_digits, plan->kernel, plan->y_digits, plan->stride, from, FLINT_MIN(from + SPAN, bins));
    return DP_OK;
}

static void corrupt(const run *r, slong slice)
{
    const dp_conv_plan *plan = r->plan;
    const slong row = plan->lo[0] + plan->hook.entry / plan->z_shape[1], col = plan->lo[1] + plan->hook.entry % plan->z_shape[1];
    if (plan->hook.add != 0 && slice == plan->hook.slice)
        r->w->x[slice * plan->stride + row * plan->row + col] += plan->hook.add;
}

/* Sum m is read x_digits slices above the place where it is left, so that x_digits of them can be made at a time. */
static dp_status inverse_job(void *argument, slong job, int worker, dp_error *e)
{
    const run *r = argument;
    const slong m = r->done + job, at = m * r->plan->stride;
    (void) worker, (void) e;
    fftw_execute_dft_c2r(r->plan->inverse, (fftw_complex *) (r->w->z + at), r->w->x + at);
    corrupt(r, m);
    return DP_OK;
}

static dp_status inverse(run *r, int threads, dp_error *e)
{
    dp_status status = DP_OK;
    const slong step = r->plan->x_digits, all = r->plan->z_digits;
    for (r->done = 0; r->done < all && !status; r->done += step)
        status = dp_parallel(inverse_job, r, FLINT_MIN(step, all - r->done), threads, e);
    return status;
}

/* Rounds, folds and carries columns from..to-1 of one row of the result; 0 if the guard found a fraction. */
static int carry_span(const run *r, mp_ptr total, slong row, slong from, slong to)
{
    const dp_conv_plan *plan = r->plan;
    mp_ptr raw = dp_calloc((size_t) ((plan->z_digits + r->z_limbs) * BLOCK), sizeof *raw);
    mp_ptr word = raw + plan->z_digits * BLOCK;
    const double *z = r->w->x + (plan->lo[0] + row) * plan->row + plan->lo[1];
    int good = 1;
    memset(total, 0, POINTS * sizeof *total);
    for (slong col = from; col < to && good; col += BLOCK) {
        const slong count = FLINT_MIN(BLOCK, to - col);
        good = dp_slice_round(raw, z + col, plan->stride, count, plan->z_digits);
        dp_residue_sum(total, &plan->check, raw, plan->z_digits, SUM_OFFSET, plan->lo[0] + row, plan->lo[1] + col, count);
        dp_slice_carry(r->z + (row * plan->z_shape[1] + col) * r->z_limbs, word, &plan->carry, raw, count);
    }
    free(raw);
    return good;
}

static dp_status carry_job(void *argument, slong job, int worker, dp_error *e)
{
    const run *r = argument;
    const slong cols = r->plan->z_shape[1], row = job / spans(cols), from = job % spans(cols) * SPAN;
    (void) worker;
    if (!carry_span(r, r->spans + job * POINTS, row, from, FLINT_MIN(from + SPAN, cols)))
        return dp_fail(e, DP_EINTERNAL, "exact convolution: a sum of digit products lies 1/16 or more from an integer; the result is withheld");
    return DP_OK;
}

/* The residues of the sums against those of the factors. */
static dp_status compare(const run *r, slong jobs, dp_error *e)
{
    for (int t = 0; t < POINTS; t++) {
        mp_limb_t found = 0;
        for (slong j = 0; j < jobs; j++)
            found = dp_residue_add(found, r->spans[j * POINTS + t]);
        dp_residue_integrate(r->w->sums[t], r->plan->x_shape);
        if (found != dp_residue_expect(r->plan, t, r->w->sums[t]))
            return dp_fail(e, DP_EINTERNAL, "exact convolution: the sums of digit products are wrong modulo 2^61 - 1; the result is withheld");
    }
    return DP_OK;
}

dp_status dp_conv_run(mp_ptr z, const dp_conv_plan *plan, dp_conv_work *w, mp_srcptr x, slong x_limbs, int threads, dp_error *e)
{
    const slong x_jobs = plan->x_shape[0] * spans(plan->x_shape[1]), z_jobs = plan->z_shape[0] * spans(plan->z_shape[1]);
    const slong bins = plan->length[0] * plan->row / 2;
    run r = {.plan = plan, .w = w, .x = x, .x_limbs = x_limbs, .z = z, .z_limbs = plan->carry.words};
    r.spans = dp_malloc((size_t) (z_jobs * POINTS) * sizeof *r.spans);
    dp_status status = dp_fpu_check(e);
    if (!status) status = dp_parallel(split_job, &r, x_jobs, threads, e);
    if (!status) status = dp_parallel(forward_job, &r, plan->x_digits, threads, e);
    if (!status) status = dp_parallel(product_job, &r, spans(bins), threads, e);
    if (!status) status = inverse(&r, threads, e);
    if (!status) status = dp_parallel(carry_job, &r, z_jobs, threads, e);
    if (!status) status = compare(&r, z_jobs, e);
    free(r.spans);
    return status;
}

/* ---- whole vectors ---- */

dp_status dp_conv_apply(dp_fixed_t z, const dp_conv_plan *plan, const dp_fixed_t x, int threads, dp_error *e)
{
    dp_conv_work w;
    dp_status status = dp_conv_accepts(plan, x, 1, e);
    if (status)
        return status;
    dp_conv_work_init(&w, plan);
    dp_fixed_reset(z, plan->z_shape[0] * plan->z_shape[1], plan->z_bits);
    z->exp = x->exp + plan->y_exp;
    status = dp_conv_run(z->d, plan, &w, x->d, x->limbs, threads, e);
    if (status)
        dp_fixed_reset(z, 0, plan->z_bits); /* nothing wrong can be read */
    dp_conv_work_clear(&w);
    return status;
}

dp_status dp_conv(dp_fixed_t z, const dp_fixed_t x, const dp_fixed_t y, dp_conv_part part, dp_error *e)
{
    dp_conv_plan *plan;
    dp_status status = dp_conv_init(&plan, y, x->n, x->bits, part, 0, e);
    if (status)
        return status;
    status = dp_conv_apply(z, plan, x, 1, e);
    dp_conv_free(plan);
    return status;
}
