/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-cover.c: covers decide positivity and name what is left; Gaussian algebra, Student blurs and patterns of claims about points. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "driftproof.h"

/* Where f is smallest on [1, 3]^dim: at the lower corner, or, turned, at the upper one. A half that a cut forgets holds one of them. */
static int turned;

/* f(x) = sum y_i^2 - level, y = x or 4 - x, enclosed plainly over a cell: a dependency that only small cells resolve. */
static int sphere(arb_t u, const dp_tile *cell, void *data)
{
    const int *dim_and_level = data;
    arb_ptr x = _arb_vec_init(dim_and_level[0]);
    dp_tile_balls(x, cell, dim_and_level[0], 1, 64);
    arb_set_si(u, -dim_and_level[1]);
    for (int i = 0; i < dim_and_level[0]; i++) {
        if (turned)
            arb_sub_si(x + i, x + i, 4, 64);
        arb_addmul(u, x + i, x + i, 64);
    }
    _arb_vec_clear(x, dim_and_level[0]);
    return dim_and_level[1] != 99;
}

/* The box [1, 3]^dim. */
static int run_cover(arf_t low, slong *left, slong *done, char *text, int dim, int level, slong budget)
{
    int data[2] = {dim, level};
    fmpq *c = _fmpq_vec_init(dim), *r = _fmpq_vec_init(dim);
    dp_cover_t K;
    for (int i = 0; i < dim; i++)
        fmpq_set_si(c + i, 2, 1), fmpq_one(r + i);
    dp_cover_init(K, dim, c, r);
    arf_set_si(low, 1000);
    int ok = dp_cover_positive(low, K, budget, sphere, data, 64);
    *left = K->tail - K->head, *done = K->done;
    dp_cover_left(text, 200, K);
    dp_cover_clear(K);
    _fmpq_vec_clear(c, dim);
    _fmpq_vec_clear(r, dim);
    return ok;
}

static void cover_decides(void **state)
{
    arf_t low;
    slong left, done;
    char text[200];
    (void) state;
    arf_init(low);
    for (int dim = 1; dim <= 3; dim++)
        for (turned = 0; turned < 2; turned++) {
            assert_true(run_cover(low, &left, &done, text, dim, dim - 1, 3000)); /* minimum 1 at the corner */
            assert_true(left == 0 && text[0] == '\0' && arf_sgn(low) > 0 && arf_cmp_si(low, 1) <= 0);
            assert_false(run_cover(low, &left, &done, text, dim, dim + 1, 300)); /* negative at the corner: never done */
            assert_true(left > 0 && done == 300 && text[0] == '(' && strchr(text, ')') != NULL);
            assert_false(run_cover(low, &left, &done, text, dim, 99, 300));      /* enclose stops */
            assert_true(done == 1);
        }
    turned = 0;
    assert_true(run_cover(low, &left, &done, text, 2, -5, 3000) && done == 1); /* at once: minimum 7, plain bound 3 */
    assert_true(arf_cmp_si(low, 7) <= 0 && arf_cmp_si(low, 2) >= 0);
    arf_clear(low);
}

/* The mean-value form holds the function: f = x^2 on [1, 3], slope 2x over the cell; without the slope's width it would not. */
static void cell_cut_holds(void **state)
{
    arb_t v, c, s, end;
    fmpq centre[1], half[1];
    dp_tile cell = {centre, half};
    (void) state;
    arb_init(v), arb_init(c), arb_init(s), arb_init(end);
    fmpq_init(centre), fmpq_init(half);
    fmpq_set_si(centre, 2, 1), fmpq_one(half);
    arb_indeterminate(v);
    arb_set_si(c, 4);
    dp_tile_balls(s, &cell, 1, 1, 64);
    arb_mul_2exp_si(s, s, 1);
    dp_tile_cut(v, c, s, &cell, 1, 64);
    assert_true(arb_contains_si(v, 1) && arb_contains_si(v, 9) && arb_is_finite(v));
    arb_set_si(end, 100);
    dp_tile_cut(end, c, s, &cell, 1, 64);    /* disjoint from what was known: the new enclosure wins */
    assert_true(arb_contains_si(end, 9));
    arb_zero(v);
    arb_set_si(s, 4);
    dp_tile_cut(v, c, s, &cell, 1, 64);
    assert_true(!arb_contains_si(v, 9));     /* the witness: slope at the centre only */
    fmpq_clear(centre), fmpq_clear(half);
    arb_clear(v), arb_clear(c), arb_clear(s), arb_clear(end);
}

/* ---- Gaussian algebra against the engine ---- */

static dp_problem *parse(const char *text)
{
    dp_problem *P = NULL;
    dp_error e = {DP_OK, ""};
    if (dp_problem_parse(&P, "test", text, NULL, 0, NULL, &e) != DP_OK)
        fail_msg("%s", e.text);
    return P;
}

static void gaussian_matches_engine(void **state)
{
    dp_problem *P = parse("title: t\ndimension: 2\np: {mixture: [{weight: 1, mean: [1/2, -1/3], covariance: [[5/4, 1/3], [1/3, 1/2]]}]}\n"
                          "q: {mixture: [{weight: 1, mean: [0, 1/7], covariance: [[1, -1/5], [-1/5, 2/3]]}]}\n"
                          "kernel: {family: gaussian, bandwidth: 3/4}\n");
    dp_gaussian_t g;
    dp_moments_t m;
    fmpq_t half, E;
    fmpq *x = _fmpq_vec_init(2), *b = _fmpq_vec_init(2);
    arb_ptr y = _arb_vec_init(3);
    (void) state;
    fmpq_init(half), fmpq_init(E);
    fmpq_set_si(half, 1, 2), fmpq_set_si(x, 2, 5), fmpq_set_si(x + 1, -1, 4);
    assert_true(dp_gaussian_init(g, P, P->p, half));
    assert_true(dp_gaussian_is_finite(g));
    dp_gaussian_at(b, E, g, x);
    dp_moments_init(m, 2);
    for (int i = 0; i < 2; i++)
        arb_set_fmpq(y + i, x + i, 200);
    assert_int_equal(dp_moments_eval(m, P, DP_OF_PT, y, DP_ENGINE_QUADRATURE, 64, NULL, NULL), DP_OK);
    for (int i = 0; i < 2; i++) { /* x - b_q + D/Z = barycentre */
        arb_div(y + 2, m->D + i, m->Z->v, 64);
        fmpq_sub(x + i, x + i, g->centre + i), fmpq_sub(b + i, b + i, x + i);
        assert_true(arb_contains_fmpq(y + 2, b + i) && arb_rel_accuracy_bits(y + 2) > 30);
    }
    dp_gaussian_clear(g);
    fmpq_mul_2exp(DP_COV(P->p, 0, 0, 0), DP_COV(P->p, 0, 0, 0), 2); /* now too wide along the first axis */
    assert_true(dp_gaussian_init(g, P, P->p, half));
    assert_false(dp_gaussian_is_finite(g));
    dp_gaussian_clear(g);
    dp_moments_clear(m);
    fmpq_clear(half), fmpq_clear(E);
    _fmpq_vec_clear(x, 2), _fmpq_vec_clear(b, 2), _arb_vec_clear(y, 3);
    dp_problem_free(P);
}

/* The lattice sum agrees with quadrature for Student laws, in the middle and far out, narrow and wide kernels. */
static void student_blur(void **state)
{
    static const char *const widths[] = {"1/20", "1", "6"}, *const places[] = {"0", "7/3", "-40"}, *const dofs[] = {"1", "5/2", "9"};
    (void) state;
    for (int k = 0; k < 9; k++) {
        char text[400];
        arb_t x, v;
        fmpq_t at;
        dp_moments_t m;
        snprintf(text, sizeof text, "title: t\ndimension: 1\np: {atoms: [{weight: 1, at: [0]}]}\nq: {student: {location: 1/3, scale: 2/3, dof: %s}}\n"
                 "kernel: {family: gaussian, bandwidth: %s}\n", dofs[(k + k / 3) % 3], widths[k % 3]);
        dp_problem *P = parse(text);
        arb_init(x), arb_init(v), fmpq_init(at), dp_moments_init(m, 1);
        dp_fmpq_set_text(at, places[k / 3]);
        arb_set_fmpq(x, at, 200);
        assert_int_equal(dp_moments_eval(m, P, DP_OF_Q, x, DP_ENGINE_QUADRATURE, 80, NULL, NULL), DP_OK);
        dp_student_blurred(v, P, x, 128);
        assert_true(arb_overlaps(v, m->Z->v) && arb_rel_accuracy_bits(v) > 40);
        arb_clear(x), arb_clear(v), fmpq_clear(at), dp_moments_clear(m);
        dp_problem_free(P);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cover_decides), cmocka_unit_test(cell_cut_holds), cmocka_unit_test(gaussian_matches_engine),
        cmocka_unit_test(student_blur)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
