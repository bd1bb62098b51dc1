/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-terms-rkhs.c: witnesses of lemma R1: starts that are a little off, so that the radius by strong concavity, and the gap in the value, are what keeps the truth inside. */
#include "witness.h"

#include "drift/rkhs.c"
#include "drift/rkhs_kale.c"

/* Radius and gap are needed at every lambda: dropped, or a few hundred times too small, the truth would lie outside. */
static void off_by(const char *lambda, const char *distance, slong slack)
{
    dp_problem *P = case_of("dimension: 2\np: {atoms: [{weight: 1/2, at: [0, 0]}, {weight: 1/3, at: [1, 1/2]}, {weight: 1/6, at: [-1, 1]}]}\n"
                            "q: {atoms: [{weight: 3/5, at: [1/2, 0]}, {weight: 2/5, at: [0, 0]}]}\nkernel: {bandwidth: 1}\nregularisation: 1\n");
    rkhs_system S;
    iterate t;
    arb_t truth, rest, off;
    dp_error e = {0};
    dp_fmpq_set_text(P->regularisation, lambda);
    assert_int_equal(system_init(&S, P, 0, 300, NULL, &e), DP_OK);
    iterate_init(&t, S.n, S.prec);
    arb_ptr v = _arb_vec_init(S.n), start = _arb_vec_init(S.n);
    arb_init(truth), arb_init(rest), arb_init(off);
    assert_true(iterate_solve(&t, &S));
    enclose(v, truth, t.v, &S, NULL);
    arb_set_str(off, distance, 300), middle(off);
    for (slong j = 0; j < S.n; j++)
        (j % 2 ? arb_sub : arb_add)(start + j, t.v + j, off, 300), middle(start + j);
    enclose(v, rest, start, &S, NULL);
    int witnesses = 0;
    for (slong j = 0; j < S.n; j++) {
        assert_true(arb_overlaps(v + j, t.v + j));
        arb_sub(off, v + j, t.v + j, 300), arb_get_mid_arb(off, off), arb_abs(off, off), arb_mul_si(off, off, slack, 300);
        arf_t r;
        arf_init(r), arf_set_mag(r, arb_radref(v + j));
        witnesses += arf_cmp(arb_midref(off), r) > 0;
        arf_clear(r);
    }
    assert_true(witnesses > 0);
    assert_witness(rest, truth, slack);
    iterate_clear(&t), system_clear(&S), _arb_vec_clear(v, 3), _arb_vec_clear(start, 3);
    arb_clear(truth), arb_clear(rest), arb_clear(off), dp_problem_free(P);
}

static void starts_off(void **state)
{
    (void) state;
    off_by("10", "1e-6", 400), off_by("1", "1e-9", 400), off_by("1/10", "1e-3", 400), off_by("1/1000", "1e-12", 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(starts_off)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
