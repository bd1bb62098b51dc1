/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-terms-mass.c: witnesses for both error terms of the lattice sum in the claim finite-mass-formula. */
#include "witness.h"
#include "../proofs/finite-mass-formula/claim.c"

static const char *const cases[3] = {
    "dimension: 1\np: {mixture: [{weight: 1, mean: [1/2], covariance: 3/2}]}\n"
    "q: {mixture: [{weight: 1, mean: [0], covariance: 1/2}]}\nkernel: {family: gaussian, bandwidth: 1}\nclaims: []\n",
    "dimension: 2\np: {mixture: [{weight: 1, mean: [1/2, 1/2], covariance: 3/2}]}\n"
    "q: {mixture: [{weight: 1, mean: [0, 0], covariance: 1/2}]}\nkernel: {family: gaussian, bandwidth: 1}\nclaims: []\n",
    "dimension: 3\np: {mixture: [{weight: 1, mean: [1/2, 1/2, 1/2], covariance: 3/2}]}\n"
    "q: {mixture: [{weight: 1, mean: [0, 0, 0], covariance: 1/2}]}\nkernel: {family: gaussian, bandwidth: 1}\nclaims: []\n"};

/* These cases: (S/h^2)^(1/4) (1 - r^2/(2 S))^(-1/2) exp(m^2/(4 S - 2 r^2)) an axis, with S = r^2 = 3/2, h = 1, m = 1/2. */
static void truth(arb_t out, int d)
{
    arb_t t;
    arb_init(t);
    arb_set_d(out, 1.5), arb_root_ui(out, out, 4, 128);
    arb_set_ui(t, 2), arb_sqrt(t, t, 128), arb_mul(out, out, t, 128);
    arb_one(t), arb_div_ui(t, t, 12, 128), arb_exp(t, t, 128);
    arb_mul(out, out, t, 128);
    arb_pow_ui(out, out, (ulong) d, 128);
    arb_clear(t);
}

static void witness(int d, double delta, slong reach, slong slack)
{
    dp_problem *P = case_of(cases[d - 1]);
    dp_gaussian_t g;
    lattice t;
    arb_t got, want;
    fmpq_t half;
    dp_workspace *w = dp_workspace_new();
    dp_error e = {DP_OK, ""};
    fmpq_init(half), fmpq_set_si(half, 1, 2), arb_init(got), arb_init(want);
    assert_true(dp_gaussian_init(g, P, P->p, half) && lattice_init(&t, P, g, 96));
    arb_set_d(t.delta, delta), t.reach = reach;
    assert_int_equal(lattice_mass(got, &t, w, &e), DP_OK);
    truth(want, d);
    assert_witness(got, want, slack);
    lattice_clear(&t);
    dp_gaussian_clear(g);
    fmpq_clear(half), arb_clear(got), arb_clear(want);
    dp_workspace_free(w);
    dp_problem_free(P);
}

/* Nodes far apart on a wide window. The bound is twice the truth an axis, so that an axis that is forgotten is seen too. */
static void aliasing_term(void **unused)
{
    (void) unused;
    for (int d = 1; d <= 3; d++)
        for (double delta = 2; delta <= 2.5; delta += 0.25)
            witness(d, delta, 5, 3);
}

/* Nodes close together on a short window. */
static void left_out_term(void **unused)
{
    (void) unused;
    for (int d = 1; d <= 3; d++)
        witness(d, 0.75, 4, 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(aliasing_term), cmocka_unit_test(left_out_term)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
