/* SPDX-License-Identifier: GPL-3.0-or-later */
/* two-mode-asymptotics: (43) and (44) with a constant, for every epsilon in (0, epsilon0], instead of o(epsilon). */
#include "../two-mode-series.h"

enum { PIECES = 32 };   /* of [0, epsilon0] in the bisected engine */

/* The ball [0, eps0] cut into n pieces: piece number i. */
static void piece(arb_t out, const fmpq_t eps0, slong i, slong n, slong prec)
{
    arb_t end;
    arb_init(end);
    arb_set_fmpq(out, eps0, prec);
    arb_mul_si(end, out, i + 1, prec);
    arb_mul_si(out, out, i, prec);
    arb_div_si(out, out, n, prec);
    arb_div_si(end, end, n, prec);
    arb_union(out, out, end, prec);
    arb_clear(end);
}

/* W(e) = (V(e) - c_1 e)/e^2 for all e in [0, eps0] at once: Lagrange's remainder by a series about that ball. */
static void by_series(arb_t W, tm_drift drift, const tm_t t, const fmpq_t eps0, slong prec)
{
    arb_poly_t V;
    arb_poly_init(V);
    piece(W, eps0, 0, 1, prec);
    tm_series(V, drift, t, W, 3, prec);
    arb_poly_get_coeff_arb(W, V, 2);
    arb_poly_clear(V);
}

/* The same set piece by piece from W = N H/(g0 g (g + g0)), g = sqrt(G(e)), g0 = sqrt(G(0)), H = (G(e) - G(0))/e: nothing cancels. */
static void one_piece(arb_t W, const fmpq_poly_t G, const fmpq_poly_t H, const arb_t N, const arb_t e, slong prec)
{
    arb_t g, g0;
    arb_init(g); arb_init(g0);
    tm_poly_at(g, G, e, prec);
    arb_sqrt(g, g, prec);
    arb_zero(g0);
    tm_poly_at(g0, G, g0, prec);
    arb_sqrt(g0, g0, prec);
    tm_poly_at(W, H, e, prec);
    arb_mul(W, W, N, prec);
    arb_div(W, W, g, prec);
    arb_div(W, W, g0, prec);
    arb_add(g, g, g0, prec);
    arb_div(W, W, g, prec);
    arb_clear(g); arb_clear(g0);
}

static void by_pieces(arb_t W, tm_drift drift, const tm_t t, const fmpq_t eps0, slong prec)
{
    fmpq_poly_t G, H;
    arb_t N, e, part;
    fmpq_poly_init(G); fmpq_poly_init(H); arb_init(N); arb_init(e); arb_init(part);
    tm_radicand(G, drift, t);
    fmpq_poly_shift_right(H, G, 1);
    tm_numerator(N, t, prec);
    for (slong i = 0; i < PIECES; i++) {
        piece(e, eps0, i, PIECES, prec);
        one_piece(part, G, H, N, e, prec);
        if (i == 0)
            arb_set(W, part);
        else
            arb_union(W, W, part, prec);
    }
    fmpq_poly_clear(G); fmpq_poly_clear(H); arb_clear(N); arb_clear(e); arb_clear(part);
}

static const tm_row rows[] = {
    {"@: the coefficient is negative", "c1_@ < 0"},
    {"@: R encloses (V - c1 epsilon)/epsilon^2 on (0, epsilon0], V is above its tangent", "R_@ > 0"},
    {"@: V - c1 epsilon > 0 at the epsilon of this case", "@_V_0 - c1_@*eps > 0"},
    {"@: V - c1 epsilon < c2 epsilon^2 at the epsilon of this case", "@_V_0 - c1_@*eps < c2_@*eps^2"},
    {NULL, NULL}
};

/* Of the weights and epsilon0 of the case: sufficient only. */
static const tm_row small_enough[] = {
    {"@: the constant of O(epsilon^2) is below 1.1 c2", "R_@ < 11/10*c2_@"},
    {"@: so the first term rules up to epsilon0", "11/10*c2_@*eps0 < abs(c1_@)/10"},
    {NULL, NULL}
};

static void one_drift(dp_check *c, tm_drift drift, const tm_t t, const fmpq_t eps0)
{
    arb_t W;
    arb_init(W);
    char *R = dp_format("R_%s", tm_drift_stem[drift]), *prefix = dp_format("%s_", tm_drift_stem[drift]);
    by_series(W, drift, t, eps0, dp_check_prec(c));
    dp_let(c, R, W, "series");
    by_pieces(W, drift, t, eps0, dp_check_prec(c));
    dp_let_second(c, R, W, "bisection");
    char *c1 = dp_format("c1_%s", tm_drift_stem[drift]), *c2 = dp_format("c2_%s", tm_drift_stem[drift]);
    tm_sabotaged(c, c1, tm_c1[drift]);
    dp_def(c, c2, tm_c2[drift]);
    if (tm_velocity(c, prefix, tm_drift_name[drift], 1))
        tm_assert_all(c, tm_drift_stem[drift], rows);
    free(R); free(prefix); free(c1); free(c2);
    arb_clear(W);
}

static void run(dp_check *c)
{
    const dp_param *given = dp_check_param(c, "epsilon0");
    tm_t t;
    fmpq_t eps0;
    tm_init(t); fmpq_init(eps0);
    fmpq_set_si(eps0, 1, dp_check_twin(c, "wide") ? 1 : 65536);
    if (given != NULL && !dp_check_twin(c, "wide"))
        fmpq_set(eps0, given->value);
    if (fmpq_sgn(eps0) <= 0 || fmpz_cmp(fmpq_numref(eps0), fmpq_denref(eps0)) > 0)
        dp_give_up(c, DP_EINPUT, "epsilon0 must lie in (0, 1]");
    else if (tm_read(t, c)) {
        tm_names(c, t);
        dp_let_q(c, "eps0", eps0);
        for (tm_drift d = TM_MEAN_SHIFT; d < TM_DRIFTS && !dp_check_stopped(c); d++)
            one_drift(c, d, t, eps0);
        for (tm_drift d = TM_MEAN_SHIFT; d < TM_DRIFTS && !dp_check_stopped(c); d++)
            for (const tm_row *r = small_enough; r->label != NULL; r++) tm_state(dp_suffice, c, tm_drift_stem[d], r->label, r->relation);
    }
    tm_clear(t); fmpq_clear(eps0);
}

static const dp_param_spec params[] = {
    {"epsilon0", DP_PARAM_RATIONAL, NULL, "right end of the interval of epsilon; default 1/65536"},
    {0}
};
static const char *const twins[] = {"sign", "constant", "swapped", "wide", NULL};

DP_CLAIM(two_mode_asymptotics) = {
    .id = "two-mode-asymptotics",
    .title = "Two modes: (43) and (44) with an explicit constant for every epsilon in (0, epsilon0]",
    .equations = "(42), (43), (44)",
    .kind = "RATE",
    .source = "Gretton et al. 2605.05118, (43) and (44) with o(epsilon); the constant, its sharpness and DA2 are derived here",
    .method = "Series in epsilon about the ball [0, epsilon0], whose second coefficient encloses Lagrange's remainder for all epsilon in it; "
              "second engine: a cover by intervals of an algebraically cancelled form. The engines' velocity at the case's own epsilon must obey the bound.",
    .params = params,
    .twins = twins,
    .run = run,
};
