/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jet.c: arithmetic of second-order jets; every operation is the exact chain or product rule evaluated in balls. */
#include "ball/jet.h"

void dp_jet_init(dp_jet_t f, int dim)
{
    f->dim = dim;
    arb_init(f->v);
    f->g = _arb_vec_init(dim);
    f->h = _arb_vec_init((slong) dim * dim);
}

void dp_jet_clear(dp_jet_t f)
{
    arb_clear(f->v);
    _arb_vec_clear(f->g, f->dim);
    _arb_vec_clear(f->h, (slong) f->dim * f->dim);
}

void dp_jet_set(dp_jet_t out, const dp_jet_t f)
{
    arb_set(out->v, f->v);
    _arb_vec_set(out->g, f->g, f->dim);
    _arb_vec_set(out->h, f->h, (slong) f->dim * f->dim);
}

void dp_jet_zero(dp_jet_t f)
{
    arb_zero(f->v);
    _arb_vec_zero(f->g, f->dim);
    _arb_vec_zero(f->h, (slong) f->dim * f->dim);
}

void dp_jet_indeterminate(dp_jet_t f)
{
    arb_indeterminate(f->v);
    _arb_vec_indeterminate(f->g, f->dim);
    _arb_vec_indeterminate(f->h, (slong) f->dim * f->dim);
}

void dp_jet_add(dp_jet_t out, const dp_jet_t a, const dp_jet_t b, slong prec)
{
    arb_add(out->v, a->v, b->v, prec);
    _arb_vec_add(out->g, a->g, b->g, a->dim, prec);
    _arb_vec_add(out->h, a->h, b->h, (slong) a->dim * a->dim, prec);
}

void dp_jet_sub(dp_jet_t out, const dp_jet_t a, const dp_jet_t b, slong prec)
{
    arb_sub(out->v, a->v, b->v, prec);
    _arb_vec_sub(out->g, a->g, b->g, a->dim, prec);
    _arb_vec_sub(out->h, a->h, b->h, (slong) a->dim * a->dim, prec);
}

void dp_jet_mul_arb(dp_jet_t out, const dp_jet_t a, const arb_t c, slong prec)
{
    arb_t t;
    arb_init(t);
    arb_set(t, c); /* c may be an entry of out */
    arb_mul(out->v, a->v, t, prec);
    _arb_vec_scalar_mul(out->g, a->g, a->dim, t, prec);
    _arb_vec_scalar_mul(out->h, a->h, (slong) a->dim * a->dim, t, prec);
    arb_clear(t);
}

void dp_jet_mul(dp_jet_t out, const dp_jet_t a, const dp_jet_t b, slong prec)
{
    int d = a->dim;
    dp_jet_t t;
    dp_jet_init(t, d);
    arb_mul(t->v, a->v, b->v, prec);
    for (int i = 0; i < d; i++) {
        arb_mul(t->g + i, a->g + i, b->v, prec);
        arb_addmul(t->g + i, a->v, b->g + i, prec);
        for (int j = 0; j < d; j++) {
            arb_ptr h = DP_JET_H(t, i, j);
            arb_mul(h, DP_JET_H(a, i, j), b->v, prec);
            arb_addmul(h, a->v, DP_JET_H(b, i, j), prec);
            arb_addmul(h, a->g + i, b->g + j, prec);
            arb_addmul(h, a->g + j, b->g + i, prec);
        }
    }
    dp_jet_set(out, t);
    dp_jet_clear(t);
}

/* out = phi(a) from phi, phi', phi'' at a->v. */
static void compose(dp_jet_t out, const dp_jet_t a, const arb_t f0, const arb_t f1, const arb_t f2, slong prec)
{
    int d = a->dim;
    dp_jet_t t;
    dp_jet_init(t, d);
    arb_set(t->v, f0);
    for (int i = 0; i < d; i++) {
        arb_mul(t->g + i, f1, a->g + i, prec);
        for (int j = 0; j < d; j++) {
            arb_ptr h = DP_JET_H(t, i, j);
            arb_mul(h, a->g + i, a->g + j, prec);
            arb_mul(h, h, f2, prec);
            arb_addmul(h, f1, DP_JET_H(a, i, j), prec);
        }
    }
    dp_jet_set(out, t);
    dp_jet_clear(t);
}

void dp_jet_log(dp_jet_t out, const dp_jet_t a, slong prec)
{
    arb_t f0, f1, f2;
    arb_init(f0), arb_init(f1), arb_init(f2);
    arb_log(f0, a->v, prec);
    arb_inv(f1, a->v, prec);
    arb_mul(f2, f1, f1, prec);
    arb_neg(f2, f2);
    compose(out, a, f0, f1, f2, prec);
    arb_clear(f0), arb_clear(f1), arb_clear(f2);
}

void dp_jet_pow(dp_jet_t out, const dp_jet_t a, const fmpq_t s, slong prec)
{
    arb_t f0, f1, f2;
    fmpq_t s1;
    arb_init(f0), arb_init(f1), arb_init(f2), fmpq_init(s1);
    arb_pow_fmpq(f0, a->v, s, prec);
    arb_div(f1, f0, a->v, prec);
    arb_div(f2, f1, a->v, prec);
    arb_mul_fmpz(f1, f1, fmpq_numref(s), prec);
    arb_div_fmpz(f1, f1, fmpq_denref(s), prec);
    fmpq_sub_si(s1, s, 1);
    fmpq_mul(s1, s1, s);
    arb_mul_fmpz(f2, f2, fmpq_numref(s1), prec);
    arb_div_fmpz(f2, f2, fmpq_denref(s1), prec);
    compose(out, a, f0, f1, f2, prec);
    arb_clear(f0), arb_clear(f1), arb_clear(f2), fmpq_clear(s1);
}
