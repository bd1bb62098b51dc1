/* SPDX-License-Identifier: GPL-3.0-or-later */
/* two-mode-coefficients: the first two coefficients in epsilon of the velocity at +D/2, against closed forms. */
#include "../two-mode-series.h"

/* c_1 = -N/sqrt(G(0)) and c_2 = N G'(0)/(2 G(0)^(3/2)) by binomial expansion of -N eps/sqrt(G(eps)). */
static void binomial(arb_t c1, arb_t c2, tm_drift drift, const tm_t t, slong prec)
{
    fmpq_poly_t G;
    fmpq_t g;
    arb_t slope;
    fmpq_poly_init(G); fmpq_init(g); arb_init(slope);
    tm_radicand(G, drift, t);
    fmpq_poly_get_coeff_fmpq(g, G, 0);
    tm_numerator(c2, t, prec);
    arb_set_fmpq(c1, g, prec);
    arb_rsqrt(c1, c1, prec);
    arb_mul(c1, c1, c2, prec);
    arb_neg(c1, c1);
    fmpq_poly_get_coeff_fmpq(g, G, 1);
    arb_set_fmpq(slope, g, prec);
    fmpq_poly_get_coeff_fmpq(g, G, 0);
    arb_div_fmpz(slope, slope, fmpq_numref(g), prec);
    arb_mul_fmpz(slope, slope, fmpq_denref(g), prec);
    arb_mul(c2, c1, slope, prec);
    arb_mul_2exp_si(c2, c2, -1);
    arb_neg(c2, c2);
    fmpq_poly_clear(G); fmpq_clear(g); arb_clear(slope);
}

static void leaves(dp_check *c, tm_drift drift, const tm_t t)
{
    arb_poly_t V;
    arb_t zero, other[2];
    slong prec = dp_check_prec(c);
    arb_poly_init(V); arb_init(zero); arb_init(other[0]); arb_init(other[1]);
    tm_series(V, drift, t, zero, 3, prec);
    binomial(other[0], other[1], drift, t, prec);
    for (int m = 1; m <= 2; m++) {
        char *name = dp_format("s%d_%s", m, tm_drift_stem[drift]);
        arb_poly_get_coeff_arb(zero, V, m);
        dp_let(c, name, zero, "series");
        dp_let_second(c, name, other[m - 1], "binomial");
        free(name);
    }
    arb_poly_clear(V); arb_clear(zero); arb_clear(other[0]); arb_clear(other[1]);
}

static void compare(dp_check *c, tm_drift drift)
{
    const char *closed[2] = {tm_c1[drift], tm_c2[drift]};
    for (int m = 1; m <= 2; m++) {
        char *name = dp_format("c%d_%s", m, tm_drift_stem[drift]);
        char *label = dp_format("%s: coefficient of epsilon^%d", tm_drift_name[drift], m);
        char *relation = dp_format("s%d_%s == %s", m, tm_drift_stem[drift], name);
        tm_sabotaged(c, name, closed[dp_check_twin(c, "order") ? 2 - m : m - 1]);
        dp_assert(c, label, relation);
        free(name); free(label); free(relation);
    }
}

static void run(dp_check *c)
{
    tm_t t;
    tm_init(t);
    if (tm_read(t, c)) {
        tm_names(c, t);
        for (tm_drift d = TM_MEAN_SHIFT; d < TM_DRIFTS; d++) {
            leaves(c, d, t);
            compare(c, d);
        }
    }
    tm_clear(t);
}

static const char *const twins[] = {"sign", "constant", "swapped", "order", NULL};

DP_CLAIM(two_mode_coefficients) = {
    .id = "two-mode-coefficients",
    .title = "Two modes: the coefficients of epsilon and epsilon^2 in the velocity at +D/2",
    .equations = "(43), (44)",
    .kind = "EQ",
    .source = "Gretton et al. 2605.05118, (43) and (44), for the first; the second and DA2 derived here",
    .method = "Power series in epsilon of the fields written from their definitions (not from a closed form), compared with closed "
              "expressions in alpha, beta and D. Second engine: binomial expansion of the exact formula of two-mode-exact.",
    .params = NULL,
    .twins = twins,
    .run = run,
};
