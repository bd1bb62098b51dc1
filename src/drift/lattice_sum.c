/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lattice_sum.c: sums of Gaussian kernels over a lattice of the line at any point, and plans carried to another lattice. */
#include "drift/lattice_plan.h"

/* out = exp(-t^2 step^2/2 epsilon). */
static void bump(arb_t out, const fmpq_t t, const dp_comb_sum *g)
{
    fmpq_t r;
    fmpq_init(r);
    fmpq_mul(r, t, t), fmpq_div(r, r, g->epsilon), fmpq_div_2exp(r, r, 1), fmpq_neg(r, r);
    arb_set_fmpq(out, r, g->prec + 40);
    arb_exp(out, out, g->prec), arb_get_mid_arb(out, out);
    fmpq_clear(r);
}

void dp_comb_sum_init(dp_comb_sum *g, const dp_comb *at, arb_srcptr c, const fmpq_t step, const fmpq_t epsilon, slong prec)
{
    fmpq_t t;
    arb_t k;
    *g = (dp_comb_sum){.n = at->n[0], .middle = at->n[0] / 2, .first = at->first[0], .prec = prec};
    fmpq_init(t), arb_init(k), fmpq_init(g->step), fmpq_init(g->epsilon);
    fmpq_set(g->step, step), fmpq_set(g->epsilon, epsilon);
    for (int i = 0; i < 3; i++)
        g->moment[i] = _arb_vec_init(g->n);
    for (slong j = 0; j < g->n; j++) {
        fmpq_mul_si(t, step, j - g->middle);
        bump(k, t, g);
        arb_mul(g->moment[0] + j, c + j, k, prec);
        for (int i = 1; i < 3; i++)
            arb_mul_si(g->moment[i] + j, g->moment[i - 1] + j, j - g->middle, prec);
        for (int i = 0; i < 3; i++)
            arb_get_mid_arb(g->moment[i] + j, g->moment[i] + j);
    }
    fmpq_clear(t), arb_clear(k);
}

void dp_comb_sum_clear(dp_comb_sum *g)
{
    for (int i = 0; i < 3; i++)
        _arb_vec_clear(g->moment[i], g->n);
    fmpq_clear(g->step), fmpq_clear(g->epsilon);
}

/* power_t = G^(t - middle), G = exp((x - y_middle) step/epsilon); z = x - y_middle. */
static void powers(arb_ptr power, const dp_comb_sum *g, const arb_t z)
{
    arb_t G, t;
    arb_init(G), arb_init(t);
    arb_set_fmpq(t, g->step, g->prec + 40), arb_mul(G, z, t, g->prec + 40);
    arb_set_fmpq(t, g->epsilon, g->prec + 40), arb_div(G, G, t, g->prec + 40);
    arb_mul_si(t, G, -g->middle, g->prec + 40);
    arb_exp(power, t, g->prec), arb_get_mid_arb(power, power);
    arb_exp(G, G, g->prec), arb_get_mid_arb(G, G);
    for (slong j = 1; j < g->n; j++)
        arb_mul(power + j, power + j - 1, G, g->prec), arb_get_mid_arb(power + j, power + j);
    arb_clear(G), arb_clear(t);
}

void dp_comb_sum_at(arb_t Z, arb_t mean, arb_t variance, const dp_comb_sum *g, const arb_t x)
{
    arb_ptr power = _arb_vec_init(g->n), sum = _arb_vec_init(3), z = _arb_vec_init(2), t = z + 1;
    arb_set_fmpq(t, g->step, g->prec + 40), arb_mul_si(z, t, g->first + g->middle, g->prec + 40);
    arb_sub(z, x, z, g->prec + 40);
    powers(power, g, z);
    for (int i = 0; i < (mean ? 3 : 1); i++)
        arb_approx_dot(sum + i, NULL, 0, g->moment[i], 1, power, 1, g->n, g->prec);
    if (mean) {
        arb_div(sum + 1, sum + 1, sum, g->prec), arb_div(sum + 2, sum + 2, sum, g->prec);
        arb_mul(mean, sum + 1, t, g->prec), arb_sub(mean, mean, z, g->prec), arb_get_mid_arb(mean, mean);
        arb_submul(sum + 2, sum + 1, sum + 1, g->prec);
        arb_mul(variance, sum + 2, t, g->prec), arb_mul(variance, variance, t, g->prec), arb_get_mid_arb(variance, variance);
    }
    arb_sqr(z, z, g->prec + 40), arb_mul_2exp_si(z, z, -1), arb_neg(z, z);
    arb_set_fmpq(t, g->epsilon, g->prec + 40), arb_div(z, z, t, g->prec + 40);
    arb_exp(z, z, g->prec), arb_mul(Z, z, sum, g->prec), arb_get_mid_arb(Z, Z);
    _arb_vec_clear(power, g->n), _arb_vec_clear(sum, 3), _arb_vec_clear(z, 2);
}

/* out_j = 1/sum_i K(x_i, y_j) c_i, on the line. */
static void extend_line(arb_ptr out, const dp_comb *to, const fmpq_t step, const dp_lattice_plan *from, arb_srcptr c, slong prec)
{
    dp_comb_sum g;
    fmpq_t y;
    arb_t x;
    fmpq_init(y), arb_init(x);
    dp_comb_sum_init(&g, &from->q, c, from->step, from->epsilon, prec);
    for (slong j = 0; j < to->size; j++) {
        fmpq_mul_si(y, step, to->first[0] + j), arb_set_fmpq(x, y, prec);
        dp_comb_sum_at(out + j, NULL, NULL, &g, x);
    }
    dp_comb_sum_clear(&g), fmpq_clear(y), arb_clear(x);
}

static void extend_plane(arb_ptr out, const dp_comb *to, const fmpq *step, const dp_lattice_plan *from, arb_srcptr c, slong prec)
{
    arb_ptr x[2];
    fmpq_t y;
    fmpq_init(y);
    for (int k = 0; k < 2; k++) {
        x[k] = _arb_vec_init(to->n[k]);
        for (slong i = 0; i < to->n[k]; i++)
            fmpq_mul_si(y, step + k, to->first[k] + i), arb_set_fmpq(x[k] + i, y, prec + 40);
    }
    dp_comb_moments(out, &from->q, c, from->step, from->epsilon, x, to->n, 0, prec, from->threads);
    for (int k = 0; k < 2; k++)
        _arb_vec_clear(x[k], to->n[k]);
    fmpq_clear(y);
}

static void extend(arb_ptr out, const dp_comb *to, const fmpq *step, const dp_lattice_plan *from, arb_srcptr c, slong prec)
{
    if (from->dim == 1)
        extend_line(out, to, step, from, c, prec);
    else
        extend_plane(out, to, step, from, c, prec);
    for (slong j = 0; j < to->size; j++)
        arb_inv(out + j, out + j, prec), arb_get_mid_arb(out + j, out + j);
}

void dp_lattice_plan_recall(dp_lattice_plan *to, const dp_lattice_plan *from)
{
    arb_ptr c = _arb_vec_init(from->q.size);
    for (slong i = 0; i < from->q.size; i++)
        arb_div(c + i, from->q.w + i, from->Z + i, from->prec), arb_get_mid_arb(c + i, c + i);
    extend(to->v, &to->p, to->step, from, c, from->prec);
    for (slong i = 0; i < from->q.size; i++)
        arb_mul(c + i, from->q.w + i, from->w + i, from->prec), arb_get_mid_arb(c + i, c + i);
    extend(to->w, &to->q, to->step, from, c, from->prec);
    _arb_vec_clear(c, from->q.size);
}
