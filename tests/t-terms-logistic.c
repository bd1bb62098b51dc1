/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-terms-logistic.c: witnesses for both error terms of the trapezoidal rule in the claim two-mode-logistic. */
#include "witness.h"
#include "../proofs/two-mode-logistic/claim.c"

typedef struct { double log_u, log_v, delta; } odds_of;

static void integrand_init(integrand *f, odds_of o)
{
    arb_init(f->u), arb_init(f->v), arb_init(f->delta);
    arb_set_d(f->u, o.log_u), arb_exp(f->u, f->u, 128);
    arb_set_d(f->v, o.log_v), arb_exp(f->v, f->v, 128);
    arb_set_d(f->delta, o.delta);
}

/* Moment i by the rule r against the rule that the claim chooses, whose errors are below 2^-80. */
static void witness(odds_of o, rule r, int i, slong slack)
{
    integrand f;
    arb_ptr got = _arb_vec_init(MOMENTS), want = _arb_vec_init(MOMENTS);
    integrand_init(&f, o);
    rule fine = choose(&f, 128);
    integrals(want, &f, &fine, 128);
    integrals(got, &f, &r, 128);
    assert_witness(got + i, want + i, slack);
    _arb_vec_clear(got, MOMENTS), _arb_vec_clear(want, MOMENTS);
    arb_clear(f.u), arb_clear(f.v), arb_clear(f.delta);
}

/* Step 1 on a wide window: only the strip term covers. Without a Gaussian factor and with odds half a unit apart, where the aliased waves of
   the two logistic functions add up, the height is the one that makes e^(-2 pi a)/cos(a/2)^2 least; with the factor it is about 2 pi/delta. */
static void strip_term(void **unused)
{
    (void) unused;
    for (double shift = -1; shift <= 1; shift += 0.5) {
        witness((odds_of) {0.5 + shift, shift, 0}, (rule) {2.826, 1, 60, 250}, 0, 30);
        for (double delta = 3; delta <= 5; delta += 0.5)
            for (int i = 0; i < MOMENTS; i++)
                if (shift == 0)
                    witness((odds_of) {0.25, -0.25, delta}, (rule) {5.5 / delta, 1, 30, 30}, i, 12);
    }
}

/* A fine step on a window that is short on one side: only what is bounded outside covers. */
static void rest_term(void **unused)
{
    (void) unused;
    for (int i = 0; i < MOMENTS; i++)
        for (double delta = 0; delta < 0.015; delta += 0.01) {
            witness((odds_of) {1, -1, delta}, (rule) {3, 6, 60, 16}, i, 3);
            witness((odds_of) {1, -1, delta}, (rule) {3, 6, 5, 250}, i, 3);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(strip_term), cmocka_unit_test(rest_term)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
