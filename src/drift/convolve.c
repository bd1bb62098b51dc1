/* SPDX-License-Identifier: GPL-3.0-or-later */
/* convolve.c: k*q on the line at complex points where it is no finite Gaussian sum (lemma Q9). */
#include "drift/quad_line.h"

/* sum_j w_j int exp(-|y - u|/h) N(u; m_j, R_j) du. */
static void laplace_mixture(acb_t out, const acb_t y, const dp_measure_t q, const fmpq_t h, slong prec)
{
    acb_t a, sum;
    arb_t w;
    acb_init(a);
    acb_init(sum);
    arb_init(w);
    for (slong j = 0; j < q->n; j++) {
        arb_set_fmpq(w, DP_MEAN(q, j, 0), prec + 30);
        acb_sub_arb(a, y, w, prec + 30);
        dp_laplace_gauss_acb(a, a, DP_COV(q, j, 0, 0), h, prec);
        arb_set_fmpq(w, DP_WEIGHT(q, j), prec);
        acb_mul_arb(a, a, w, prec);
        acb_add(sum, sum, a, prec);
    }
    acb_swap(out, sum);
    acb_clear(a);
    acb_clear(sum);
    arb_clear(w);
}

/* h sqrt(2 pi)/(2 b) int exp(-|t|/b) N(t; y - l, h^2) dt. */
static void gauss_laplace(acb_t out, const acb_t y, const dp_measure_t q, const fmpq_t h, slong prec)
{
    fmpq_t t;
    arb_t f, g;
    fmpq_init(t);
    arb_init(f);
    arb_init(g);
    arb_set_fmpq(f, DP_MEAN(q, 0, 0), prec + 30);
    acb_sub_arb(out, y, f, prec + 30);
    fmpq_mul(t, h, h);
    dp_laplace_gauss_acb(out, out, t, q->scale, prec);
    arb_const_pi(f, prec);
    arb_mul_2exp_si(f, f, 1);
    arb_sqrt(f, f, prec);
    fmpq_div(t, h, q->scale);
    fmpq_div_2exp(t, t, 1);
    arb_set_fmpq(g, t, prec);
    arb_mul(f, f, g, prec);
    acb_mul_arb(out, out, f, prec);
    fmpq_clear(t);
    arb_clear(f);
    arb_clear(g);
}

void dp_convolution_acb(acb_t out, const acb_t y, const dp_measure_t q, dp_kernel_family kernel, const fmpq_t h, int side,
                        dp_student_nodes *nodes, slong prec)
{
    if (q->family == DP_STUDENT && kernel == DP_KERNEL_GAUSSIAN)
        dp_student_gauss_acb(out, y, q, h, nodes, prec);
    else if (q->family == DP_MIXTURE && kernel == DP_KERNEL_LAPLACE)
        laplace_mixture(out, y, q, h, prec);
    else if (q->family == DP_LAPLACE && kernel == DP_KERNEL_GAUSSIAN)
        gauss_laplace(out, y, q, h, prec);
    else if (q->family == DP_LAPLACE) {
        arb_t l;
        arb_init(l);
        arb_set_fmpq(l, DP_MEAN(q, 0, 0), prec + 30);
        acb_sub_arb(out, y, l, prec + 30);
        dp_laplace_laplace_acb(out, out, side, q->scale, h, prec);
        arb_clear(l);
    } else
        acb_indeterminate(out);
}
