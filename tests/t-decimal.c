/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-decimal.c: the decimals that the project prints enclose the balls they stand for, and are hardly wider. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/base.h"

static flint_rand_t rnd;

/* A ball with exponents from tiny to wild, exact ones, and wide ones. */
static void random_ball(arb_t v)
{
    arb_randtest(v, rnd, 1 + (slong) n_randint(rnd, 300), 1 + (slong) n_randint(rnd, n_randint(rnd, 2) ? 12 : 90));
    if (n_randint(rnd, 6) == 0) mag_zero(arb_radref(v));
    if (n_randint(rnd, 20) == 0) arb_set_si(v, (slong) n_randint(rnd, 2000) - 1000);
    if (n_randint(rnd, 20) == 0) arf_zero(arb_midref(v));
    if (n_randint(rnd, 20) == 0) mag_set_ui_2exp_si(arb_radref(v), 1 + n_randint(rnd, 1000), (slong) n_randint(rnd, 60) - 30);
}

/* The largest distance of a point of v from the decimal `mid`, as a ball. */
static void farthest(arb_t out, const arb_t v, const char *mid, slong prec)
{
    arb_t m;
    arb_init(m);
    assert_int_equal(arb_set_str(m, mid, prec), 0);
    arb_set_arf(out, arb_midref(v));
    arb_sub(out, out, m, prec);
    arb_abs(out, out);
    arb_set_interval_mag(m, arb_radref(v), arb_radref(v), prec);
    arb_add(out, out, m, prec);
    arb_clear(m);
}

/* 1.02 radius(v) + 10^(1 - digits) |midpoint(v)|: v's radius hardly rounded, and one unit of the last of `digits` digits. */
static void widest(arb_t out, const arb_t v, slong digits, slong prec)
{
    arb_t t;
    fmpz_t e;
    arb_init(t);
    fmpz_init_set_si(e, digits - 1);
    arb_set_si(t, 10);
    arb_pow_fmpz(t, t, e, prec);
    arb_set_arf(out, arb_midref(v));
    arb_abs(out, out);
    arb_div(out, out, t, prec);
    arb_set_interval_mag(t, arb_radref(v), arb_radref(v), prec);
    arb_add(out, out, t, prec);
    arb_div_ui(t, t, 50, prec);
    arb_add(out, out, t, prec);
    arb_clear(t);
    fmpz_clear(e);
}

/* |x - mid| <= rad <= widest for all x of v, by FLINT's own reader at a precision where its rounding is out of the way. */
static void check_decimal(const arb_t v, slong digits)
{
    const slong prec = 700;
    char *mid, *rad;
    arb_t d, r;
    arb_init(d);
    arb_init(r);
    dp_arb_decimal(&mid, &rad, v, digits);
    assert_int_equal(arb_set_str(r, rad, prec), 0);
    farthest(d, v, mid, prec);
    int inside = strcmp(rad, "0") == 0 ? arb_is_exact(v) && arb_contains_zero(d) : !arb_gt(d, r); /* equal at a tie */
    widest(d, v, digits, prec);
    if (!inside || !(arb_le(r, d) || arb_is_zero(r))) {
        arb_printd(v, 30);
        fail_msg(" is %s [%s +/- %s] (%ld digits)", inside ? "narrower than" : "outside", mid, rad, (long) digits);
    }
    free(mid);
    free(rad);
    arb_clear(d);
    arb_clear(r);
}

static void decimals_enclose(void **state)
{
    (void) state;
    arb_t v;
    arb_init(v);
    for (int i = 0; i < 40000; i++) {
        random_ball(v);
        if (arb_is_finite(v)) check_decimal(v, 1 + (slong) n_randint(rnd, 60));
    }
    arb_clear(v);
}

static void decimals_of_known_balls(void **state)
{
    static const char *const table[][3] = {{"0", "0", "0"}, {"[2 +/- 3]", "2.0000", "3.01"}, {"[0 +/- 5]", "0", "5.01"}, {"1.5", "1.5000000000", "0"},
        {"nan", "nan", "inf"}, {"[0 +/- inf]", "nan", "inf"}, {"[-1e-7 +/- 1e-9]", "-1.0000000e-7", "1.01e-9"}};
    (void) state;
    arb_t v;
    arb_init(v);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char *mid, *rad;
        arb_set_str(v, table[i][0], 100);
        dp_arb_decimal(&mid, &rad, v, 11);
        assert_string_equal(mid, table[i][1]);
        assert_string_equal(rad, table[i][2]);
        free(mid);
        free(rad);
    }
    arb_clear(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(decimals_enclose), cmocka_unit_test(decimals_of_known_balls)};
    flint_randinit(rnd);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_randclear(rnd);
    flint_cleanup();
    return failed;
}
