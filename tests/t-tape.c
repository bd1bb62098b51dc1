/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-tape.c: derivatives on a tape: forward against reverse, against known answers and against differences; the network on a tape against the trainer. */
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "driftproof.h"

/* Each operation at a point where all are smooth, against its derivative written out. */
static void operations(void **unused)
{
    (void) unused;
    static const struct { dp_tape_op op; double a, b, da, db; } known[] = {
        {DP_TAPE_ADD, 2, 3, 1, 1}, {DP_TAPE_SUB, 2, 3, 1, -1}, {DP_TAPE_MUL, 2, 3, 3, 2}, {DP_TAPE_DIV, 2, 4, 0.25, -0.125}, {DP_TAPE_EXP, 0, 7, 1, 0}, {DP_TAPE_LOG, 4, 7, 0.25, 0},
        {DP_TAPE_SQRT, 4, 7, 0.25, 0}, {DP_TAPE_TANH, 0, 7, 1, 0}, {DP_TAPE_RAMP, 2, 7, 1, 0}, {DP_TAPE_RAMP, -2, 7, 0, 0}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        dp_tape *t = dp_tape_new(100);
        const slong a = dp_tape_double(t, known[i].a), b = dp_tape_double(t, known[i].b), c = dp_tape_put(t, known[i].op, a, b);
        dp_tape_reverse(t, c);
        assert_true(arb_contains_si(t->adjoint + c, 1));
        assert_true(fabs(arf_get_d(arb_midref(t->adjoint + a), ARF_RND_NEAR) - known[i].da) < 1e-15);
        assert_true(fabs(arf_get_d(arb_midref(t->adjoint + b), ARF_RND_NEAR) - known[i].db) < 1e-15);
        dp_tape_free(t);
    }
    dp_tape *t = dp_tape_new(100);
    const slong zero = dp_tape_whole(t, 0);
    arb_t wide;
    arb_init(wide);
    mag_set_d(arb_radref(wide), 1);
    assert_false(arb_is_finite(t->value + dp_tape_put(t, DP_TAPE_RAMP, dp_tape_arb(t, wide), zero)));
    arb_clear(wide);
    const slong kink = dp_tape_put(t, DP_TAPE_RAMP, zero, zero); /* max(0, 0) is 0, and has no derivative there */
    assert_true(arb_is_zero(t->value + kink));
    dp_tape_reverse(t, kink);
    assert_false(arb_is_finite(t->adjoint + zero));
    arb_one(t->tangent + zero);
    dp_tape_forward(t, 0);
    assert_false(arb_is_finite(t->tangent + kink));
    dp_tape_free(t);
}

/* A random program with every argument used again and again. */
static slong program(dp_tape *t, slong inputs, flint_rand_t state)
{
    for (int k = 0; k < 60; k++) {
        const slong a = (slong) n_randint(state, (ulong) t->n), b = (slong) n_randint(state, (ulong) t->n);
        const int op = 1 + (int) n_randint(state, 8);
        arb_srcptr x = t->value + a, y = t->value + b;
        if ((op == DP_TAPE_LOG || op == DP_TAPE_SQRT) && !arb_is_positive(x)) continue;
        if (op == DP_TAPE_DIV && (arb_contains_zero(y) || arf_cmpabs_2exp_si(arb_midref(y), -6) < 0)) continue;
        if (arf_cmpabs_2exp_si(arb_midref(x), 5) > 0 || arf_cmpabs_2exp_si(arb_midref(y), 5) > 0) continue;
        dp_tape_put(t, (dp_tape_op) op, a, b);
    }
    slong *last = malloc(8 * sizeof *last);
    for (slong k = 0; k < 8; k++) last[k] = t->n - 1 - k;
    const slong s = dp_tape_add(t, dp_tape_sum(t, last, 8), dp_tape_dot(t, last, 1, last + 7, -1, 8));
    free(last);
    (void) inputs;
    return s;
}

static void forward_is_reverse(void **unused)
{
    (void) unused;
    flint_rand_t state;
    flint_randinit(state);
    for (int round = 0; round < 50; round++) {
        dp_tape *t = dp_tape_new(128);
        arb_t sum;
        arb_init(sum);
        for (int i = 0; i < 4; i++) dp_tape_double(t, 0.25 + (double) n_randint(state, 1000) / 700);
        const slong f = program(t, 4, state);
        dp_tape_reverse(t, f);
        for (int i = 0; i < 4; i++) {
            arb_set_si(t->tangent + i, i - 7);
            arb_addmul_si(sum, t->adjoint + i, i - 7, 128);
        }
        dp_tape_forward(t, 0);
        assert_true(arb_overlaps(sum, t->tangent + f));
        assert_true(arb_rel_accuracy_bits(sum) > 40 || arb_contains_zero(sum));
        const double direct = arf_get_d(arb_midref(sum), ARF_RND_NEAR);
        const slong twice[2] = {f, f}; /* a step that is pulled on twice is pulled on by the sum */
        arb_ptr c = _arb_vec_init(2);
        arb_set_si(c, 1), arb_set_si(c + 1, 2);
        dp_tape_pull(t, twice, c, 2);
        arb_zero(sum);
        for (int i = 0; i < 4; i++) arb_addmul_si(sum, t->adjoint + i, i - 7, 128);
        assert_true(fabs(arf_get_d(arb_midref(sum), ARF_RND_NEAR) - 3 * direct) <= 1e-12 * fabs(direct));
        _arb_vec_clear(c, 2), arb_clear(sum);
        dp_tape_free(t);
    }
    flint_randclear(state);
}

static const char text[] = "dimension: 2\np: {mixture: [{weight: 1, mean: [0, 1], covariance: 1}]}\nkernel: {bandwidth: 1}\n"
                           "train: {drift: {name: mmd}, batch: 5, steps: 3, precision: double, generator: {width: 7, noise: 3}}\n";

/* Samples and pulled gradients of a trainer in double, against the tape; every network and activation. */
static void network(const char *set1, const char *set2, const char *set3)
{
    const char *sets[] = {set1, set2, set3};
    dp_train *t;
    dp_trainer *a;
    dp_error e;
    double z[15], x[10], c[10], *g;
    slong theta, id[10];
    assert_int_equal(dp_train_parse(&t, "case", text, sets, 3, &e), DP_OK);
    assert_int_equal(dp_trainer_new(&a, t, 1, &e), DP_OK);
    const slong size = (slong) dp_trainer_size(a);
    dp_trainer_batch(z, NULL, a, 0);
    dp_trainer_generate(x, a, z, 5);
    for (int i = 0; i < 10; i++) c[i] = sin(i + 1);
    g = malloc((size_t) size * sizeof *g);
    dp_trainer_pull(g, a, z, c, 5);
    dp_tape *T = dp_tape_new(120);
    arb_ptr b = _arb_vec_init(10);
    assert_int_equal(dp_trainer_tape(&theta, id, T, a, z, 5, &e), DP_OK);
    for (int i = 0; i < 10; i++) arb_set_d(b + i, c[i]);
    dp_tape_pull(T, id, b, 10);
    for (int i = 0; i < 10; i++) assert_true(fabs(arf_get_d(arb_midref(T->value + id[i]), ARF_RND_NEAR) - x[i]) < 1e-14);
    for (slong k = 0; k < size; k++) assert_true(fabs(arf_get_d(arb_midref(T->adjoint + theta + k), ARF_RND_NEAR) - g[k]) < 1e-13);
    _arb_vec_clear(b, 10), free(g), dp_tape_free(T);
    dp_trainer_free(a), dp_train_free(t);
}

static void networks(void **unused)
{
    (void) unused;
    static const char *const kinds[] = {"resnet", "mlp"}, *const activations[] = {"silu", "relu", "tanh"}, *const depths[] = {"0", "1", "3"};
    for (int k = 0; k < 18; k++) {
        char *a = dp_format("train.generator.network=%s", kinds[k % 2]), *b = dp_format("train.generator.activation=%s", activations[k / 2 % 3]), *d = dp_format("train.generator.depth=%s", depths[k / 6]);
        network(a, b, d);
        free(a), free(b), free(d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(operations), cmocka_unit_test(forward_is_reverse), cmocka_unit_test(networks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
