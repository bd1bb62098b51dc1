/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-terms-student.c: witnesses for both error terms of the lattice sum for Student laws (proof in finite-mass-student). */
#include "witness.h"
#include "claim/student.c"

/* A kernel that is narrow beside the law: the law is about constant and the bounds are nearly met. */
static const char text[] = "dimension: 1\np: {student: {dof: 3, location: 0, scale: 1}}\nq: {student: {dof: 1, location: 0, scale: 1}}\n"
                           "kernel: {family: gaussian, bandwidth: 1/100}\nclaims: []\n";

static void witness(lattice o, double at, slong slack)
{
    dp_problem *P = case_of(text);
    arb_t got, want, y;
    arb_init(got), arb_init(want), arb_init(y);
    arb_set_d(y, at);
    dp_student_blurred(want, P, y, 128);
    blurred(got, P, y, &o, 128);
    assert_witness(got, want, slack);
    arb_clear(got), arb_clear(want), arb_clear(y);
    dp_problem_free(P);
}

/* Steps of 2 h and more on a wide window, the height where e^(a^2/(2 h^2) - 2 pi a/step) is least: without the factor 2^(nu+2) = 8, or with
   one of 2, the truth would be missed. */
static void aliasing_term(void **unused)
{
    (void) unused;
    for (double step = 0.016; step < 0.021; step += 0.001)
        witness((lattice) {step, 0.2, 2 * 3.14159265358979 * 1e-4 / step}, 0, 6);
}

static void left_out_term(void **unused)
{
    (void) unused;
    for (double reach = 0.02; reach < 0.045; reach += 0.005)
        witness((lattice) {0.002, reach, 0.3}, 0, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(aliasing_term), cmocka_unit_test(left_out_term)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
