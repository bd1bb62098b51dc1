/* SPDX-License-Identifier: GPL-3.0-or-later */
/* da2-two-mode: DA2 shares the two-mode failure: exponentially small at both modes, and of the wrong sign at the starved one. */
#include "../two-mode.h"

static const tm_row rows[] = {
    {"overcrowded mode: the right sign", "p_V_0 < 0"},
    {"overcrowded mode: above the bound -K epsilon", "p_V_0 > -Kp*eps"},
    {"overcrowded mode: and it is of that order", "p_V_0 < -Kp*eps*(1 - Jp*eps)"},
    {"starved mode: the wrong sign, pushed away from the other mode", "m_V_0 < 0"},
    {"starved mode: above the bound -K epsilon", "m_V_0 > -Km*eps"},
    {"starved mode: and it is of that order", "m_V_0 < -Km*eps*(1 - Jm*eps)"},
    {NULL, NULL}
};

static void run(dp_check *c)
{
    if (!tm_begin(c))
        return;
    dp_def(c, "N", dp_check_twin(c, "sign") ? "-D*(alpha - beta)" : "D*(alpha - beta)");
    dp_def(c, "root", dp_check_twin(c, "separate") ? "beta*b" : "sqrt(beta*b)");
    dp_def(c, "Kp", "N/(root*(a + b))");
    dp_def(c, "Km", dp_check_twin(c, "mode") ? "Kp" : "N/(root*(alpha + beta))");
    dp_def(c, "Jp", "b/(2*beta) + v/2 + (alpha + beta)/(a + b)");
    dp_def(c, "Jm", "b/(2*beta) + v/2 + (a + b)/(alpha + beta)");
    if (tm_velocity(c, "p_", "da2", 1) && tm_velocity(c, "m_", "da2", -1))
        tm_assert_all(c, "", rows);
}

static const char *const twins[] = {"sign", "swapped", "mode", "separate", NULL};

DP_CLAIM(da2_two_mode) = {
    .id = "da2-two-mode",
    .title = "DA2 at two modes: exponentially small at both, and outwards at the starved mode",
    .equations = "(40), (41), (42), (44)",
    .kind = "INEQ",
    .source = "suspected in Gretton et al. 2605.05118, Appendix D; settled here for the population field with m = n",
    .method = "Bounds proved for every epsilon in (0, 1) and every radial kernel from the exact formula; the engines' velocity at both modes "
              "must lie strictly between them.",
    .params = NULL,
    .twins = twins,
    .run = run,
};
