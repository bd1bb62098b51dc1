/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lattice_moments.c: moments of Gaussian kernels over a lattice of the plane at the nodes of a mesh, axis by axis. */
#include "base/threads.h"
#include "drift/lattice_plan.h"

enum { POWERS = 3, KINDS = 6 };
static const int power_of[KINDS][2] = {{0, 0}, {1, 0}, {0, 1}, {2, 0}, {1, 1}, {0, 2}};

/* Along an axis: E[(i n + j) powers + a] = exp(-(x_i - y_j)^2/2 epsilon) (y_j - x_i)^a at E[(a m + i) n + j]; half: sums along the first axis, at [(a m_0 + i) n_1 + j]. */
typedef struct { arb_ptr out, half, E[2]; arb_srcptr c; const dp_comb *at; const fmpq *step; const fmpq *epsilon; const arb_ptr *x; const slong *m; slong prec; int order, axis; } sums;

static dp_status table_row(void *argument, slong i, int worker, dp_error *e)
{
    const sums *s = argument;
    const int k = s->axis;
    const slong n = s->at->n[k], prec = s->prec + 40;
    arb_t y, t, eps;
    fmpq_t r;
    (void) worker, (void) e;
    arb_init(y), arb_init(t), arb_init(eps), fmpq_init(r);
    arb_set_fmpq(eps, s->epsilon, prec);
    for (slong j = 0; j < n; j++) {
        fmpq_mul_si(r, s->step + k, s->at->first[k] + j);
        arb_set_fmpq(y, r, prec), arb_sub(y, y, s->x[k] + i, prec);
        arb_sqr(t, y, prec), arb_mul_2exp_si(t, t, -1), arb_div(t, t, eps, prec), arb_neg(t, t);
        arb_exp(t, t, s->prec);
        for (int a = 0; a <= s->order; a++, arb_mul(t, t, y, s->prec))
            arb_get_mid_arb(s->E[k] + (a * s->m[k] + i) * n + j, t);
    }
    arb_clear(y), arb_clear(t), arb_clear(eps), fmpq_clear(r);
    return DP_OK;
}

static dp_status first_axis(void *argument, slong i, int worker, dp_error *e)
{
    const sums *s = argument;
    const slong n0 = s->at->n[0], n1 = s->at->n[1];
    (void) worker, (void) e;
    for (int a = 0; a <= s->order; a++)
        for (slong j = 0; j < n1; j++)
            arb_approx_dot(s->half + (a * s->m[0] + i) * n1 + j, NULL, 0, s->E[0] + (a * s->m[0] + i) * n0, 1, s->c + j * n0, 1, n0, s->prec);
    return DP_OK;
}

static dp_status second_axis(void *argument, slong i, int worker, dp_error *e)
{
    const sums *s = argument;
    const slong n1 = s->at->n[1];
    const int kinds = s->order ? KINDS : 1;
    (void) worker, (void) e;
    for (slong l = 0; l < s->m[0]; l++)
        for (int c = 0; c < kinds; c++) {
            arb_srcptr along = s->half + (power_of[c][0] * s->m[0] + l) * n1, with = s->E[1] + (power_of[c][1] * s->m[1] + i) * n1;
            arb_approx_dot(s->out + (i * s->m[0] + l) * kinds + c, NULL, 0, along, 1, with, 1, n1, s->prec);
        }
    return DP_OK;
}

void dp_comb_moments(arb_ptr out, const dp_comb *at, arb_srcptr c, const fmpq *step, const fmpq_t epsilon, const arb_ptr x[2], const slong m[2], int order, slong prec, int threads)
{
    const slong powers = order ? POWERS : 1, size[3] = {powers * m[0] * at->n[0], powers * m[1] * at->n[1], powers * m[0] * at->n[1]};
    dp_error e;
    sums s = {.out = out, .c = c, .at = at, .step = step, .epsilon = epsilon, .x = x, .m = m, .prec = prec, .order = (int) powers - 1};
    s.E[0] = _arb_vec_init(size[0]), s.E[1] = _arb_vec_init(size[1]), s.half = _arb_vec_init(size[2]);
    for (s.axis = 0; s.axis < 2; s.axis++)
        dp_parallel(table_row, &s, m[s.axis], threads, &e);
    dp_parallel(first_axis, &s, m[0], threads, &e);
    dp_parallel(second_axis, &s, m[1], threads, &e);
    _arb_vec_clear(s.E[0], size[0]), _arb_vec_clear(s.E[1], size[1]), _arb_vec_clear(s.half, size[2]);
}
