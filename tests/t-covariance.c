/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-covariance.c: a covariance is accepted exactly when Sylvester's criterion says positive definite, however near to singular. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "claims_stub.h"

static flint_rand_t rnd;

/* All leading minors are positive, by FLINT's determinants. */
static int is_definite(const fmpq_mat_t a)
{
    int definite = 1;
    fmpq_t det;
    fmpq_init(det);
    for (slong n = 1; n <= fmpq_mat_nrows(a); n++) {
        fmpq_mat_t m;
        fmpq_mat_init(m, n, n);
        for (slong i = 0; i < n * n; i++) fmpq_set(fmpq_mat_entry(m, i / n, i % n), fmpq_mat_entry(a, i / n, i % n));
        fmpq_mat_det(det, m);
        definite = definite && fmpq_sgn(det) > 0;
        fmpq_mat_clear(m);
    }
    fmpq_clear(det);
    return definite;
}

/* a = B B^T with small entries, then one diagonal entry moved by c: singular ones and hairline cases come up often. */
static void random_symmetric(fmpq_mat_t a, const fmpq_t c)
{
    slong dim = fmpq_mat_nrows(a), k = (slong) n_randint(rnd, (ulong) dim);
    fmpq_mat_t b, t;
    fmpq_mat_init(b, dim, dim);
    fmpq_mat_init(t, dim, dim);
    for (slong i = 0; i < dim * dim; i++)
        fmpq_set_si(fmpq_mat_entry(b, i / dim, i % dim), (slong) n_randint(rnd, 5) - 2, 1 + n_randint(rnd, 3));
    fmpq_mat_transpose(t, b);
    fmpq_mat_mul(a, b, t);
    fmpq_add(fmpq_mat_entry(a, k, k), fmpq_mat_entry(a, k, k), c);
    fmpq_mat_clear(b);
    fmpq_mat_clear(t);
}

/* A case whose p has this covariance: fresh. */
static char *case_with(const fmpq_mat_t a)
{
    static const char *const zero[] = {"[0]", "[0, 0]", "[0, 0, 0]"};
    slong dim = fmpq_mat_nrows(a);
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    fprintf(f, "dimension: %ld\nkernel: {bandwidth: 1}\nq: {atoms: [{at: %s}]}\np: {mixture: [{mean: %s, covariance: [", (long) dim, zero[dim - 1], zero[dim - 1]);
    for (slong i = 0; i < dim * dim; i++) {
        char *entry = dp_fmpq_get_text(fmpq_mat_entry(a, i / dim, i % dim));
        fprintf(f, "%s%s%s", i % dim ? ", " : i ? "], [" : "[", entry, i == dim * dim - 1 ? "]]}]}\n" : "");
        free(entry);
    }
    fclose(f);
    return text;
}

static void assert_entries(const dp_problem *P, const fmpq_mat_t a)
{
    for (int i = 0; i < P->dim; i++)
        for (int j = 0; j < P->dim; j++) assert_true(fmpq_equal(DP_COV(P->p, 0, i, j), fmpq_mat_entry(a, i, j)));
}

static void covariances_are_judged_exactly(void **state)
{
    (void) state;
    int seen[2] = {0, 0};
    fmpq_t c;
    fmpq_init(c);
    for (int i = 0; i < 6000; i++) {
        slong dim = 1 + (slong) n_randint(rnd, 3);
        fmpq_mat_t a;
        fmpq_mat_init(a, dim, dim);
        fmpq_set_si(c, (slong) n_randint(rnd, 3) - 1, 1);
        fmpq_div_2exp(c, c, n_randint(rnd, 200));
        random_symmetric(a, c);
        char *text = case_with(a);
        dp_problem *P = untouched;
        dp_error e = {DP_OK, ""};
        int accepted = dp_problem_parse(&P, "f", text, NULL, 0, &schema, &e) == DP_OK;
        assert_int_equal(accepted, is_definite(a));
        if (accepted) assert_entries(P, a);
        else assert_non_null(strstr(e.text, "p.mixture.0.covariance: expected a positive definite matrix, got pivot "));
        if (accepted) dp_problem_free(P);
        seen[accepted]++;
        free(text);
        fmpq_mat_clear(a);
    }
    assert_true(seen[0] > 500 && seen[1] > 500);
    fmpq_clear(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(covariances_are_judged_exactly)};
    flint_randinit(rnd);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_randclear(rnd);
    flint_cleanup();
    return failed;
}
