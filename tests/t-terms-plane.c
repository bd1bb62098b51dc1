/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-terms-plane.c: witnesses for the strip term, axis by axis, and the window term of the score difference averaged in the plane. */
#include <string.h>
#include "witness.h"
#include "energy/plane.c"

/* Two atoms of p apart along the first or the second axis, q at the origin: the score bends along that axis only. */
static const char *const apart[2] = {
    "dimension: 2\np: {atoms: [{weight: 1/2, at: [-1, 0]}, {weight: 1/2, at: [1, 0]}]}\nq: {atoms: [{weight: 1, at: [0, 0]}]}\n"
    "kernel: {family: gaussian, bandwidth: 1}\nclaims: []\n",
    "dimension: 2\np: {atoms: [{weight: 1/2, at: [0, -1]}, {weight: 1/2, at: [0, 1]}]}\nq: {atoms: [{weight: 1, at: [0, 0]}]}\n"
    "kernel: {family: gaussian, bandwidth: 1}\nclaims: []\n"};

static void setting(cloud *p, cloud *q, arb_t h, dp_problem **P, const char *text, const char *at)
{
    fmpq *x = _fmpq_vec_init(2);
    *P = case_of(text);
    fmpq_set_str(x, at, 10), fmpq_set_str(x + 1, at, 10);
    arb_init(h), arb_set_fmpq(h, (*P)->bandwidth, 128);
    cloud_init(p, (*P)->p, x, (*P)->bandwidth, 128);
    cloud_init(q, (*P)->q, x, (*P)->bandwidth, 128);
    _fmpq_vec_clear(x, 2);
}

/* Component i by the plan g against a plan for 50 bits. */
static void witness(const char *text, const char *at, plan g, int i, slong slack)
{
    dp_problem *P;
    cloud p, q;
    arb_t h;
    mag_t strip, window;
    arb_ptr got = _arb_vec_init(2), want = _arb_vec_init(2);
    mag_init(strip), mag_init(window);
    setting(&p, &q, h, &P, text, at);
    plan fine = choose(&p, &q, 1, 50);
    by_plan(want, strip, window, &fine, &p, &q, h, 96);
    by_plan(got, strip, window, &g, &p, &q, h, 96);
    assert_witness(got + i, want + i, slack);
    cloud_clear(&p), cloud_clear(&q);
    arb_clear(h), mag_clear(strip), mag_clear(window);
    _arb_vec_clear(got, 2), _arb_vec_clear(want, 2);
    dp_problem_free(P);
}

/* Coarse nodes on a wide window. The strip of the axis along which nothing bends is taken so high that its own share is far below the error. */
static void strip_term(void **unused)
{
    (void) unused;
    for (int k = 0; k < 2; k++) {
        plan g = {.step = 1, .last = 12};
        g.strip[k] = 1.4, g.strip[1 - k] = 6;
        witness(apart[k], "1/3", g, k, 4000);
    }
}

/* Fine nodes on a short window, and far from both measures, which differ in covariance: the scores' difference is large and about constant.
   What grows with |u| in the bound covers a part of the difference that is odd in u for a common covariance, and cancels. */
static void window_term(void **unused)
{
    (void) unused;
    static const char far[] = "dimension: 2\np: {mixture: [{weight: 1, mean: [0, 0], covariance: 8}]}\nq: {atoms: [{weight: 1, at: [0, 0]}]}\n"
                              "kernel: {family: gaussian, bandwidth: 1}\nclaims: []\n";
    for (slong last = 6; last <= 12; last += 2)
        for (int k = 0; k < 2; k++) {
            witness(far, "30", (plan) {.step = 0.25, .strip = {8, 8}, .last = last}, k, 20);
            witness(apart[k], "3", (plan) {.step = 0.25, .strip = {1.4, 1.4}, .last = last}, k, 200);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(strip_term), cmocka_unit_test(window_term)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
