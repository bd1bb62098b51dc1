/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ball_affinity.c: drifts of affinities as enclosures: affinity.h written out with one matrix. */
#include "particle/affinity.h"
#include "particle/ball.h"

/* a: n x t, columns [y, negatives], the first m those of y; row: row sums, n for y and n for the negatives, which joint rows share; col: t column sums. */
typedef struct { const dp_sample *s; const dp_affinity *o; slong n, m, t, d, prec; int skip; arb_ptr a, row, col; } matrix;

static const double *target(const matrix *A, slong j)
{
    const dp_sample *s = A->s;
    return j < A->m ? s->y + j * A->d : (s->z ? s->z : s->x) + (j - A->m) * A->d;
}

static arb_ptr row_of(const matrix *A, slong i, slong j) { return A->row + (A->o->joint || j < A->m ? i : A->n + i); }

static dp_status matrix_init(matrix *A, const dp_affinity *o, const dp_sample *s, slong prec, dp_error *e)
{
    dp_status status = DP_OK;
    arb_t r2, guidance;
    *A = (matrix){.s = s, .o = o, .n = (slong) s->n, .m = (slong) s->m, .t = (slong) (s->m + dp_negatives(s)), .d = (slong) s->d, .prec = prec, .skip = s->leave_out && (!s->z || s->paired)};
    A->a = _arb_vec_init(A->n * A->t), A->row = _arb_vec_init(2 * A->n), A->col = _arb_vec_init(A->t);
    arb_init(r2), arb_init(guidance);
    if (o->guidance) arb_set_fmpq(guidance, o->guidance, prec);
    for (slong i = 0; i < A->n; i++)
        for (slong j = 0; j < A->t && !status; j++) {
            arb_ptr a = A->a + i * A->t + j;
            if (A->skip && !o->late && j == A->m + i) continue;
            dp_ball_square(r2, s->x + i * A->d, target(A, j), A->d, prec);
            status = dp_ball_kernel(a, s, DP_FORM_KERNEL, r2, prec, e);
            if (o->guidance && j >= A->m + A->n) arb_mul(a, a, guidance, prec);
        }
    arb_clear(r2), arb_clear(guidance);
    return status;
}

static void matrix_clear(matrix *A) { _arb_vec_clear(A->a, A->n * A->t), _arb_vec_clear(A->row, 2 * A->n), _arb_vec_clear(A->col, A->t); }

static void sums(matrix *A)
{
    _arb_vec_zero(A->row, 2 * A->n), _arb_vec_zero(A->col, A->t);
    for (slong i = 0; i < A->n; i++)
        for (slong j = 0; j < A->t; j++) {
            arb_srcptr a = A->a + i * A->t + j;
            arb_add(row_of(A, i, j), row_of(A, i, j), a, A->prec), arb_add(A->col + j, A->col + j, a, A->prec);
        }
}

/* One normalisation by the sums as they are; a pair that was left out stays 0. clamp: of the root. */
static void normalise(matrix *A, dp_norm norm, double clamp)
{
    arb_t x, floor;
    arb_init(x), arb_init(floor);
    arb_set_d(floor, clamp);
    sums(A);
    for (slong i = 0; i < A->n; i++)
        for (slong j = 0; j < A->t; j++) {
            arb_ptr a = A->a + i * A->t + j;
            if (arb_is_zero(a)) continue;
            if (norm == DP_NORM_PRODUCT) arb_mul(a, a, a, A->prec);
            if (norm == DP_NORM_ROOT || norm == DP_NORM_PRODUCT) arb_mul(x, row_of(A, i, j), A->col + j, A->prec);
            else arb_set(x, norm == DP_NORM_ROW ? row_of(A, i, j) : A->col + j);
            if (norm == DP_NORM_ROOT) arb_max(x, x, floor, A->prec), arb_sqrt(x, x, A->prec);
            arb_div(a, a, x, A->prec);
        }
    arb_clear(x), arb_clear(floor);
}

static void balance(matrix *A)
{
    const dp_norm norm = A->o->norm;
    const slong rounds = norm == DP_NORM_ROOT || norm == DP_NORM_SINKHORN ? A->o->rounds : 1;
    for (slong k = 0; k < rounds && norm != DP_NORM_NONE; k++) {
        if (norm == DP_NORM_SINKHORN) normalise(A, DP_NORM_ROW, 0), normalise(A, DP_NORM_COLUMN, 0);
        else normalise(A, norm, k == rounds - 1 ? A->o->clamp : 0);
    }
    for (slong i = 0; A->skip && i < A->n; i++) arb_zero(A->a + i * A->t + A->m + i); /* late */
}

/* sum_j A_ij and sum_j A_ij (b_j - x_i) over columns from .. to - 1. */
static void gather(arb_t sum, arb_ptr shift, const matrix *A, slong i, slong from, slong to)
{
    arb_t x, y;
    arb_init(x), arb_init(y);
    arb_zero(sum), _arb_vec_zero(shift, A->d);
    for (slong j = from; j < to; j++) {
        arb_add(sum, sum, A->a + i * A->t + j, A->prec);
        for (slong k = 0; k < A->d; k++) {
            arb_set_d(x, A->s->x[i * A->d + k]), arb_set_d(y, target(A, j)[k]);
            arb_sub(y, y, x, ARF_PREC_EXACT), arb_addmul(shift + k, y, A->a + i * A->t + j, A->prec);
        }
    }
    arb_clear(x), arb_clear(y);
}

/* Points that the mean of the negatives divides by. */
static void others(arb_t out, const matrix *A)
{
    const slong l = A->t - A->m, first = FLINT_MIN(l, A->n);
    arb_set_si(out, l - first);
    if (A->o->guidance) arb_mul_fmpz(out, out, fmpq_numref(A->o->guidance), A->prec), arb_div_fmpz(out, out, fmpq_denref(A->o->guidance), A->prec);
    arb_add_si(out, out, first - (A->skip ? 1 : 0), A->prec);
}

/* v /= x, where there is something to divide. */
static void divide(arb_ptr v, slong d, const arb_t x, slong prec)
{
    if (!arb_is_zero(x)) _arb_vec_scalar_div(v, v, d, x, prec);
}

dp_status dp_ball_affinity(arb_ptr out, const dp_affinity *o, const dp_sample *s, slong prec, dp_error *e)
{
    matrix A;
    dp_status status = matrix_init(&A, o, s, prec, e);
    const slong d = A.d;
    arb_ptr to = _arb_vec_init(d), from = _arb_vec_init(d);
    arb_t sy, sz, count;
    arb_init(sy), arb_init(sz), arb_init(count);
    others(count, &A);
    if (!status) balance(&A);
    for (slong i = 0; i < A.n && !status; i++) {
        gather(sy, to, &A, i, 0, A.m), gather(sz, from, &A, i, A.m, A.t);
        if (o->weights == DP_WEIGHTS_CROSS) _arb_vec_scalar_mul(to, to, d, sz, prec), _arb_vec_scalar_mul(from, from, d, sy, prec);
        if (o->weights == DP_WEIGHTS_OWN) divide(to, d, sy, prec), divide(from, d, sz, prec);
        if (o->weights == DP_WEIGHTS_MEAN) arb_set_si(sy, A.m), divide(to, d, sy, prec), divide(from, d, count, prec);
        _arb_vec_sub(out + i * d, to, from, d, prec);
    }
    arb_clear(sy), arb_clear(sz), arb_clear(count);
    _arb_vec_clear(to, d), _arb_vec_clear(from, d);
    matrix_clear(&A);
    return status;
}
