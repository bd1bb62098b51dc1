/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-field.c: what a field says about itself: the Jacobian is the derivative of the velocity, the velocity minus the gradient of the
   potential, eta and S belong to it, curl and divergence to the Jacobian. By differences at 2^-80, so that no formula is used twice. */
#include "laws.h"

enum { PREC = 400, STEP = 80, BITS = 120 };

/* What agreement in BITS bits means: |a - b| < 2^-BITS scale. */
static int close_to(const arb_t a, const arb_t b, const arb_t scale)
{
    arb_t t, u;
    arb_init(t), arb_init(u);
    arb_sub(t, a, b, PREC);
    arb_abs(t, t);
    arb_mul_2exp_si(u, scale, -BITS);
    int ok = arb_lt(t, u);
    arb_clear(t), arb_clear(u);
    return ok;
}

/* out = (after - before)/2^(1-STEP): the derivative up to a relative 2^(-2 STEP) times third derivatives. */
static void slope(arb_t out, const arb_t before, const arb_t after)
{
    arb_sub(out, after, before, PREC);
    arb_mul_2exp_si(out, out, STEP - 1);
}

/* 1 + |V| + |J|, what errors are measured against. */
static void size_of(arb_t out, const dp_field_t f)
{
    arb_t t;
    arb_init(t);
    arb_one(out);
    for (int i = 0; i < f->dim; i++)
        arb_abs(t, f->velocity + i), arb_add(out, out, t, PREC);
    for (int i = 0; i < f->dim * f->dim; i++)
        arb_abs(t, f->jacobian + i), arb_add(out, out, t, PREC);
    arb_clear(t);
}

static dp_status field_at(dp_field_t f, const dp_problem *P, const char *drift, arb_srcptr x, int axis, int side)
{
    arb_ptr y = _arb_vec_init(P->dim);
    arb_t step;
    arb_init(step);
    _arb_vec_set(y, x, P->dim);
    arb_set_si(step, side);
    arb_mul_2exp_si(step, step, -STEP);
    arb_add(y + axis, y + axis, step, 2 * PREC);
    dp_status status = dp_field_eval(f, P, drift, y, DP_ENGINE_AUTO, PREC, NULL, NULL);
    _arb_vec_clear(y, P->dim), arb_clear(step);
    return status;
}

static void along(const dp_problem *P, const char *drift, arb_srcptr x, const dp_field_t f, int axis)
{
    dp_field_t a, b;
    arb_t s, t, size;
    dp_field_init(a, P->dim), dp_field_init(b, P->dim);
    arb_init(s), arb_init(t), arb_init(size);
    size_of(size, f);
    assert_int_equal(field_at(a, P, drift, x, axis, -1), DP_OK);
    assert_int_equal(field_at(b, P, drift, x, axis, 1), DP_OK);
    for (int i = 0; i < P->dim; i++) {
        slope(s, a->velocity + i, b->velocity + i);
        assert_true(close_to(s, f->jacobian + i * P->dim + axis, size));
    }
    if (f->have & DP_HAVE_POTENTIAL) {
        slope(s, a->potential, b->potential);
        arb_neg(s, s);
        assert_true(close_to(s, f->velocity + axis, size));
    }
    if (f->have & DP_HAVE_PRECONDITIONER) {
        slope(s, a->preconditioner->v, b->preconditioner->v);
        assert_true(close_to(s, f->preconditioner->g + axis, size));
        for (int i = 0; i < P->dim; i++) {
            slope(s, a->preconditioner->g + i, b->preconditioner->g + i);
            assert_true(close_to(s, DP_JET_H(f->preconditioner, i, axis), size));
        }
        arb_mul(t, f->preconditioner->v, f->grad_log_ratio + axis, PREC);
        assert_true(close_to(t, f->velocity + axis, size));
    }
    dp_field_clear(a), dp_field_clear(b);
    arb_clear(s), arb_clear(t), arb_clear(size);
}

/* curl and divergence from the Jacobian, written out. */
static void traces(const dp_field_t f)
{
    arb_srcptr J = f->jacobian;
    arb_t t, size;
    arb_init(t), arb_init(size);
    size_of(size, f);
    arb_set(t, J);
    for (int i = 1; i < f->dim; i++)
        arb_add(t, t, J + i * (f->dim + 1), PREC);
    assert_true(close_to(t, f->divergence, size));
    if (f->dim == 2) {
        arb_sub(t, J + 2, J + 1, PREC);             /* d1 V2 - d2 V1, J_ij = d_j V_i */
        assert_true(close_to(t, f->curl, size));
    } else if (f->dim == 3) {
        static const int entry[3][2] = {{7, 5}, {2, 6}, {3, 1}};
        for (int k = 0; k < 3; k++) {
            arb_sub(t, J + entry[k][0], J + entry[k][1], PREC);
            assert_true(close_to(t, f->curl + k, size));
        }
    }
    if (f->have & DP_HAVE_PRECONDITIONER)
        for (int k = 0; k < DP_CURL_DIM(f->dim); k++)
            assert_true(close_to(f->curl + k, f->wedge + k, size));   /* (36) with equality */
    arb_clear(t), arb_clear(size);
}

static int check_field(const dp_problem *P, const char *drift, arb_srcptr x)
{
    dp_field_t f;
    dp_field_init(f, P->dim);
    dp_status status = dp_field_eval(f, P, drift, x, DP_ENGINE_AUTO, PREC, NULL, NULL);
    int there = status == DP_OK && (f->have & DP_HAVE_JACOBIAN);
    assert_true(there || status == DP_EUNSUPPORTED || status == DP_OK);
    for (int axis = 0; there && axis < P->dim; axis++)
        along(P, drift, x, f, axis);
    if (there)
        traces(f);
    dp_field_clear(f);
    return there;
}

static int all_drifts(int dim, dp_measure_family p, dp_measure_family q, slong np, slong nq, const char *h)
{
    dp_problem P;
    arb_ptr x = _arb_vec_init(dim);
    int n = 0;
    law_problem(&P, dim, DP_KERNEL_GAUSSIAN, h);
    law_mixture(P.p, p, dim, np, 2), law_mixture(P.q, q, dim, nq, 2);
    law_point(x, dim, 1);
    int quick = dim == 1 || (np == 1 && nq == 1 && p == DP_MIXTURE && q == DP_MIXTURE);
    for (size_t i = 0; dp_drifts[i] != NULL; i++)
        if (strstr(dp_drifts[i]->name, "wasserstein") == NULL           /* t-transport.c has the transports */
            && (quick || strcmp(dp_drifts[i]->name, "smoothed-kl") != 0)) /* its lattice in the plane has too many nodes at PREC */
            n += check_field(&P, dp_drifts[i]->name, x);
    _arb_vec_clear(x, dim);
    law_problem_clear(&P);
    return n;
}

static void derivatives_on_the_line(void **state)
{
    (void) state;
    assert_int_equal(all_drifts(1, DP_MIXTURE, DP_MIXTURE, 2, 2, "3/2"), 7);      /* all but blob */
    assert_int_equal(all_drifts(1, DP_MIXTURE, DP_MIXTURE, 1, 1, "5/7"), 8);
    assert_int_equal(all_drifts(1, DP_ATOMS, DP_ATOMS, 3, 2, "2"), 7);            /* no scores of atoms */
    assert_int_equal(all_drifts(1, DP_MIXTURE, DP_ATOMS, 2, 3, "4/3"), 6);
}

static void derivatives_in_the_plane(void **state)
{
    (void) state;
    assert_int_equal(all_drifts(2, DP_MIXTURE, DP_MIXTURE, 1, 1, "5/7"), 8);
    assert_int_equal(all_drifts(2, DP_MIXTURE, DP_MIXTURE, 3, 1, "5/7"), 6);
    assert_int_equal(all_drifts(2, DP_ATOMS, DP_ATOMS, 3, 4, "6/5"), 6);
}

static void derivatives_in_space(void **state)
{
    (void) state;
    assert_int_equal(all_drifts(3, DP_MIXTURE, DP_MIXTURE, 1, 1, "5/7"), 8);
    assert_int_equal(all_drifts(3, DP_ATOMS, DP_ATOMS, 3, 3, "6/5"), 6);
}

/* Three atoms of p, out of order, share the quantiles of two of q. */
static void quantile_coupling(void **state)
{
    (void) state;
    static const char *const law[2][3][2] = {{{"1/2", "3"}, {"1/4", "-1"}, {"1/4", "2"}}, {{"2/3", "1"}, {"1/3", "0"}, {NULL, NULL}}};
    static const char *const v[2] = {"-1/4", "7/4"};   /* (-1/4 + 2/12)/(1/3) - 0 and (2/6 + 3/2)/(2/3) - 1 */
    dp_problem P;
    dp_field_t f;
    fmpq_t want;
    arb_t x;
    law_problem(&P, 1, DP_KERNEL_GAUSSIAN, "1");
    for (int m = 0; m < 2; m++) {
        dp_measure_struct *mu = m ? P.q : P.p;
        dp_measure_init(mu, DP_ATOMS, 1, m ? 2 : 3);
        for (slong j = 0; j < mu->n; j++)
            dp_fmpq_set_text(DP_WEIGHT(mu, j), law[m][j][0]), dp_fmpq_set_text(DP_MEAN(mu, j, 0), law[m][j][1]);
    }
    dp_field_init(f, 1), fmpq_init(want), arb_init(x);
    for (int at = 0; at < 2; at++) {
        arb_set_si(x, at);
        assert_int_equal(dp_field_eval(f, &P, "wasserstein", x, DP_ENGINE_AUTO, 64, NULL, NULL), DP_OK);
        dp_fmpq_set_text(want, v[at]);
        assert_true(arb_contains_fmpq(f->velocity, want) && arb_rel_accuracy_bits(f->velocity) >= 60);
    }
    dp_field_clear(f), fmpq_clear(want), arb_clear(x);
    law_problem_clear(&P);
}

static int start(void **state) { (void) state; flint_randinit(rnd); return 0; }
static int stop(void **state) { (void) state; flint_randclear(rnd); flint_cleanup(); return 0; }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derivatives_on_the_line), cmocka_unit_test(derivatives_in_the_plane), cmocka_unit_test(derivatives_in_space),
        cmocka_unit_test(quantile_coupling),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
