/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rkhs.h: what the claims about kale and the de-regularised MMD share: moved measures, values by two solvers, sums over atoms. */
#ifndef DP_PROOFS_RKHS_H
#define DP_PROOFS_RKHS_H

#include <string.h>
#include "driftproof.h"

/* Values are subtracted: twice the working precision and some. */
static inline slong rkhs_prec(const dp_check *c) { return 2 * dp_check_prec(c) + 100; }

static inline int rkhs_fits(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    if (P->p->family == DP_ATOMS && P->q->family == DP_ATOMS && !fmpq_is_zero(P->regularisation)) return 1;
    dp_give_up(c, DP_EINPUT, "this check is about atoms p and q; the case needs the key regularisation");
    return 0;
}

/* q := q + s times L signed atoms. */
static inline dp_problem *rkhs_moved(const dp_problem *P, const fmpq *weight, const fmpq *place, slong L, const fmpq_t s)
{
    const slong n = P->q->n, d = P->dim;
    dp_problem *D = dp_problem_copy(P);
    dp_measure_clear(D->q);
    dp_measure_init(D->q, DP_ATOMS, (int) d, n + L);
    for (slong i = 0; i < n + L; i++) {
        if (i < n) fmpq_set(DP_WEIGHT(D->q, i), DP_WEIGHT(P->q, i));
        else fmpq_mul(DP_WEIGHT(D->q, i), s, weight + i - n);
        for (slong k = 0; k < d; k++) fmpq_set(DP_MEAN(D->q, i, k), i < n ? DP_MEAN(P->q, i, k) : place + (i - n) * d + k);
    }
    return D;
}

static inline int rkhs_value(arb_t out, dp_check *c, const dp_problem *P, dp_rkhs_kind kind, int second, slong prec)
{
    dp_error e = {DP_OK, ""};
    return !dp_check_failed(c, dp_rkhs_value(out, P, kind, second, prec, second ? NULL : dp_check_workspace(c), &e), &e);
}

/* The functional's value as a leaf with two engines. */
static inline void rkhs_let_value(dp_check *c, const char *name, const dp_problem *P, dp_rkhs_kind kind)
{
    arb_t v;
    arb_init(v);
    if (rkhs_value(v, c, P, kind, 0, rkhs_prec(c))) {
        dp_let(c, name, v, kind == DP_RKHS_KALE ? "duality-gap" : "symmetric-system");
        if (kind == DP_RKHS_KALE) dp_ledger_workspace(c);
    }
    if (!dp_check_stopped(c) && rkhs_value(v, c, P, kind, 1, rkhs_prec(c))) dp_let_second(c, name, v, kind == DP_RKHS_KALE ? "krawczyk" : "all-atoms");
    arb_clear(v);
}

/* The value at q + s chi as a leaf. */
static inline void rkhs_let_moved(dp_check *c, const char *name, const dp_problem *P, dp_rkhs_kind kind, const fmpq *weight, const fmpq *place, slong L, const fmpq_t s)
{
    dp_problem *D = rkhs_moved(P, weight, place, L, s);
    rkhs_let_value(c, name, D, kind);
    dp_problem_free(D);
}

/* The first variation at exact places as leaves "phi_0", ... with weights "c_0", ..., and their sum as "variation". */
static inline void rkhs_let_variation(dp_check *c, const dp_problem *D, const char *drift, const dp_param *weights, const dp_param *places)
{
    dp_field_t f;
    dp_field_init(f, D->dim);
    arb_ptr x = _arb_vec_init(D->dim);
    for (slong l = 0; l < weights->cols && !dp_check_stopped(c); l++) {
        dp_error e = {DP_OK, ""};
        for (int k = 0; k < D->dim; k++) arb_set_fmpq(x + k, places->value + l * D->dim + k, rkhs_prec(c) + 60);
        dp_let_q(c, dp_name("c", l, -1), weights->value + l);
        for (int second = 0; second < 2; second++) {
            dp_status status = dp_field_eval(f, D, drift, x, second ? DP_ENGINE_QUADRATURE : DP_ENGINE_CLOSED, rkhs_prec(c), NULL, &e);
            if (dp_check_failed(c, status, &e)) break;
            (second ? dp_let_second : dp_let)(c, dp_name("phi", l, -1), f->potential, second ? "second-solver" : "first-solver");
        }
    }
    char *sum = dp_sum_text(weights->cols, "c_#*phi_#");
    dp_def(c, "variation", sum);
    free(sum);
    dp_field_clear(f);
    _arb_vec_clear(x, D->dim);
}

/* weights and places of a direction; 0 after telling the check. */
static inline int rkhs_read_chi(dp_check *c, const dp_param **weights, const dp_param **places)
{
    *weights = dp_check_param(c, "weights");
    *places = dp_check_param(c, "places");
    if (*weights && *places && (*weights)->cols == (*places)->rows) return 1;
    dp_give_up(c, DP_EINPUT, "parameters weights and places are needed: as many weights as places");
    return 0;
}

#define RKHS_PARAM_CHI \
    {"weights", DP_PARAM_VECTOR, NULL, "weights of the direction chi; required"}, \
    {"places", DP_PARAM_POINTS, NULL, "where the atoms of chi are, one for each weight; required"}

/* 10^-n */
static inline void rkhs_power(fmpq_t out, slong n)
{
    fmpq_set_si(out, 10, 1);
    fmpq_pow_si(out, out, -n);
}

/* Two places x + t e_i, x - t e_i with weights 1, -1: the direction in which mass moves along axis i. */
static inline void rkhs_dipole(fmpq *weight, fmpq *place, const dp_point *at, int axis, const fmpq_t t)
{
    fmpq_set_si(weight, 1, 1), fmpq_set_si(weight + 1, -1, 1);
    for (int k = 0; k < 2 * at->dim; k++) fmpq_set(place + k, at->q + k % at->dim);
    fmpq_add(place + axis, place + axis, t);
    fmpq_sub(place + at->dim + axis, place + at->dim + axis, t);
}

/* Minus the potential's slope between the two places is the velocity somewhere between them: the velocity over the segment, as a leaf. */
static inline int rkhs_let_segment(dp_check *c, const dp_point *at, const dp_problem *D, const char *drift, int axis, const fmpq_t t)
{
    dp_field_t f;
    dp_error e = {DP_OK, ""};
    mag_t r;
    arb_t b;
    arb_ptr x = _arb_vec_init(at->dim);
    dp_field_init(f, at->dim);
    mag_init(r), arb_init(b);
    for (int k = 0; k < at->dim; k++) arb_set_fmpq(x + k, at->q + k, dp_check_prec(c) + 60);
    arb_set_fmpq(b, t, 60);
    arb_get_mag(r, b), arb_add_error_mag(x + axis, r);
    int ok = !dp_check_failed(c, dp_field_eval(f, D, drift, x, DP_ENGINE_CLOSED, dp_check_prec(c) + 60, NULL, &e), &e);
    char *name = dp_format("%sV", at->prefix);
    if (ok) dp_let(c, dp_name(name, axis, -1), f->velocity + axis, "closed-form");
    free(name);
    dp_field_clear(f), mag_clear(r), arb_clear(b), _arb_vec_clear(x, at->dim);
    return ok;
}

/* "factor": what relations are multiplied by, 1 unless sabotaged: sign -1, half 1/2, constant 1 + tiny. */
static inline void rkhs_let_factor(dp_check *c)
{
    fmpq_t factor;
    fmpq_init(factor);
    fmpq_set_si(factor, dp_check_twin(c, "sign") ? -1 : 1, dp_check_twin(c, "half") ? 2 : 1);
    if (dp_check_twin(c, "constant")) dp_spoil_for(c, factor);
    dp_let_q(c, "factor", factor);
    fmpq_clear(factor);
}

/* A claim about a first variation: along the direction chi of the case, then at its points; the data of `at_point` is the problem, p and q exchanged in the sabotage "swapped". */
static inline void rkhs_first_variation(dp_check *c, void (*along_chi)(dp_check *, const dp_problem *, const dp_param *, const dp_param *), void (*at_point)(dp_check *, const dp_point *, void *))
{
    const dp_param *weights, *places;
    if (!rkhs_fits(c) || !rkhs_read_chi(c, &weights, &places)) return;
    dp_problem *D = dp_problem_copy(dp_check_problem(c));
    if (dp_check_twin(c, "swapped")) dp_problem_swap(D);
    rkhs_let_factor(c);
    along_chi(c, D, weights, places);
    dp_each_point(c, at_point, D);
    dp_problem_free(D);
}

static const dp_param_spec rkhs_params[] __attribute__((unused)) = {DP_PARAM_AT, RKHS_PARAM_CHI, {0}};
static const char *const rkhs_twins[] __attribute__((unused)) = {"sign", "half", "constant", "swapped", NULL};

#endif
