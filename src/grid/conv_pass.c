/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conv_pass.c: one 1-D kernel along all rows or columns of a matrix, with one rounding. */
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "grid/conv_internal.h"

enum { COLUMNS = 8 /* gathered together: a cache line and more of every row */ };

/* What one thread works with; made when the thread first needs it. */
typedef struct { int made; dp_conv_work w; mp_ptr in, out; } place;

typedef struct {
    const dp_conv_plan *plan;
    const dp_fixed_struct *x;
    dp_fixed_struct *z;
    slong cols, shift;
    place *places;
} pass;

static place *take_place(const pass *p, int worker, slong lines)
{
    place *a = p->places + worker;
    if (!a->made) {
        dp_conv_work_init(&a->w, p->plan);
        a->in = dp_malloc((size_t) (lines * p->plan->x_shape[1] * p->x->limbs) * sizeof *a->in);
        a->out = dp_malloc((size_t) (p->plan->z_shape[1] * p->plan->carry.words) * sizeof *a->out);
        a->made = 1;
    }
    return a;
}

static void clear_places(place *places, int count)
{
    for (int i = 0; i < count; i++)
        if (places[i].made) {
            dp_conv_work_clear(&places[i].w);
            free(places[i].in);
            free(places[i].out);
        }
    free(places);
}

/* Convolves one line of data and writes it, rounded, `step` entries apart. */
static dp_status line(const pass *p, place *a, mp_srcptr x, mp_ptr z, slong step, dp_error *e)
{
    const slong words = p->plan->carry.words, limbs = p->z->limbs;
    dp_status status = dp_conv_run(a->out, p->plan, &a->w, x, p->x->limbs, 1, e);
    for (slong i = 0; i < p->plan->z_shape[1] && !status; i++)
        dp_limbs_round(z + i * step * limbs, limbs, a->out + i * words, words, p->shift);
    return status;
}

static dp_status row_job(void *argument, slong row, int worker, dp_error *e)
{
    const pass *p = argument;
    return line(p, take_place(p, worker, 1), p->x->d + row * p->plan->x_shape[1] * p->x->limbs, p->z->d + row * p->plan->z_shape[1] * p->z->limbs, 1, e);
}

static dp_status columns_job(void *argument, slong job, int worker, dp_error *e)
{
    const pass *p = argument;
    const slong first = job * COLUMNS, count = FLINT_MIN(COLUMNS, p->cols - first), n = p->plan->x_shape[1], limbs = p->x->limbs;
    place *a = take_place(p, worker, COLUMNS);
    dp_status status = DP_OK;
    for (slong i = 0; i < n; i++)
        for (slong c = 0; c < count; c++)
            memcpy(a->in + (c * n + i) * limbs, p->x->d + (i * p->cols + first + c) * limbs, (size_t) limbs * sizeof(mp_limb_t));
    for (slong c = 0; c < count && !status; c++)
        status = line(p, a, a->in + c * n * limbs, p->z->d + (first + c) * p->z->limbs, p->cols, e);
    return status;
}

/* The least shift after which every |z| <= (2^x_bits - 1) norm, rounded, is below 2^bits; *kept: bits of the result. */
static slong choose_shift(slong *kept, const dp_conv_plan *plan, slong x_bits, slong bits)
{
    fmpz_t most, t;
    fmpz_init(most);
    fmpz_init(t);
    fmpz_mul_2exp(most, plan->norm, (ulong) x_bits);
    fmpz_sub(most, most, plan->norm);
    slong shift = bits ? FLINT_MAX((slong) fmpz_bits(most) - bits, 0) : 0;
    if (shift) {
        fmpz_one_2exp(t, (ulong) shift - 1);
        fmpz_add(t, t, most);
        fmpz_fdiv_q_2exp(t, t, (ulong) shift);
        shift += (slong) fmpz_bits(t) > bits;
    }
    *kept = shift ? bits : FLINT_MAX((slong) fmpz_bits(most), 1);
    fmpz_clear(most);
    fmpz_clear(t);
    return shift;
}

static dp_status run_pass(dp_fixed_t z, mag_t error, const dp_conv_plan *plan, const dp_fixed_t x, slong lines, dp_job job, slong jobs, slong bits,
                          int threads, dp_error *e)
{
    pass p = {.plan = plan, .x = x, .cols = lines};
    slong kept;
    dp_fixed_t out;
    dp_status status = dp_conv_accepts(plan, x, lines, e);
    if (!status && plan->x_shape[0] * plan->y_shape[0] != 1)
        status = dp_fail(e, DP_EINPUT, "exact convolution: rows and columns want a plan for one line");
    if (status)
        return status;
    p.shift = choose_shift(&kept, plan, x->bits, bits);
    dp_fixed_init(out, lines * plan->z_shape[1], kept);
    p.z = out;
    p.places = dp_calloc(DP_THREADS, sizeof *p.places);
    status = dp_parallel(job, &p, jobs, threads, e);
    clear_places(p.places, DP_THREADS);
    out->exp = x->exp + plan->y_exp + p.shift;
    mag_zero(error);
    if (p.shift)
        mag_set_ui_2exp_si(error, 1, out->exp - 1);
    if (status)
        dp_fixed_reset(out, 0, kept);
    dp_fixed_swap(z, out);
    dp_fixed_clear(out);
    return status;
}

dp_status dp_conv_rows(dp_fixed_t z, mag_t error, const dp_conv_plan *plan, const dp_fixed_t x, slong rows, slong bits, int threads, dp_error *e)
{
    return run_pass(z, error, plan, x, rows, row_job, rows, bits, threads, e);
}

dp_status dp_conv_columns(dp_fixed_t z, mag_t error, const dp_conv_plan *plan, const dp_fixed_t x, slong cols, slong bits, int threads, dp_error *e)
{
    return run_pass(z, error, plan, x, cols, columns_job, (cols + COLUMNS - 1) / COLUMNS, bits, threads, e);
}

dp_status dp_conv_separable(dp_fixed_t z, mag_t error, const dp_conv_plan *rows, const dp_conv_plan *columns, const dp_fixed_t x, slong bits,
                            int threads, dp_error *e)
{
    dp_fixed_t between;
    mag_t first, norm;
    dp_fixed_init(between, 0, 1);
    mag_init(first);
    mag_init(norm);
    dp_status status = dp_conv_rows(between, first, rows, x, columns->x_shape[1], bits, threads, e);
    if (!status) status = dp_conv_columns(z, error, columns, between, rows->z_shape[1], bits, threads, e);
    mag_set_fmpz(norm, columns->norm);
    mag_mul_2exp_si(norm, norm, columns->y_exp);
    mag_addmul(error, first, norm);
    mag_clear(first);
    mag_clear(norm);
    dp_fixed_clear(between);
    return status;
}
