/* SPDX-License-Identifier: GPL-3.0-or-later */
/* two-mode-smoothed-kl: the true flow (24) of the KL between KDEs moves the modes at order epsilon^(1/4), with constants. */
#include "../two-mode.h"

/* @ is p (mode +D/2) or m (mode -D/2); weight roots r1 > r2: sqrt(u), sqrt(v) at +D/2 and 1/sqrt(v), 1/sqrt(u) at -D/2. */
static const tm_row names[] = {
    {"lead_@", "-sqrt(pi/2)*h*quarter*(r1_@ - r2_@)"},
    {"L2_@", "(r1_@*(l1_@^2 + pi^2) - r2_@*(l2_@^2 + pi^2))/(r1_@ - r2_@)"},
    {"L4_@", "(r1_@*(l1_@^4 + 6*pi^2*l1_@^2 + 5*pi^4) - r2_@*(l2_@^4 + 6*pi^2*l2_@^2 + 5*pi^4))/(r1_@ - r2_@)"},
    {NULL, NULL}
};
static const tm_row rows[] = {
    {"(24) at @ is negative", "h^2*skl_@_V_0 < 0"},
    {"ratio to the leading term at @: positive", "h^2*skl_@_V_0/lead_@ > 0"},
    {"ratio to the leading term at @: below 1", "h^2*skl_@_V_0/lead_@ < 1"},
    {"ratio at @: at least 1 - (tau/D)^2 L2/2", "h^2*skl_@_V_0/lead_@ > 1 - rate*delta*L2_@"},
    {"ratio at @: at most 1 - (tau/D)^2 L2/2 + (tau/D)^4 L4/8",
     "h^2*skl_@_V_0/lead_@ < 1 - rate*delta*L2_@ + delta^2*L4_@/8"},
    {NULL, NULL}
};

static void assert_row(dp_check *c, const char *mode, const char *place, const tm_row *row)
{
    char *label = tm_fill(row->label, place), *relation = tm_fill(row->relation, mode);
    dp_assert(c, label, relation);
    free(label); free(relation);
}

static void one_mode(dp_check *c, const char *mode)
{
    int plus = *mode == 'p';
    char *prefix = dp_format("skl_%s_", mode);
    dp_def(c, plus ? "r1_p" : "r1_m", plus ? "sqrt(u)" : "1/sqrt(v)");
    dp_def(c, plus ? "r2_p" : "r2_m", plus ? "sqrt(v)" : "1/sqrt(u)");
    dp_def(c, plus ? "l1_p" : "l1_m", plus ? "log(u)" : "log(v)");
    dp_def(c, plus ? "l2_p" : "l2_m", plus ? "log(v)" : "log(u)");
    for (const tm_row *r = names; r->label != NULL; r++) {
        char *name = tm_fill(r->label, mode), *text = tm_fill(r->relation, mode);
        if (r == names)
            tm_sabotaged(c, name, text);
        else
            dp_def(c, name, text);
        free(name); free(text);
    }
    if (tm_velocity(c, prefix, "smoothed-kl", plus ? 1 : -1))
        for (const tm_row *r = rows; r->label != NULL; r++)
            assert_row(c, mode, plus ? "+D/2" : "-D/2", r);
    free(prefix);
}

static void run(dp_check *c)
{
    if (dp_check_problem(c)->kernel != DP_KERNEL_GAUSSIAN) {
        dp_give_up(c, DP_EINPUT, "(24) is claimed for the Gaussian kernel only");
        return;
    }
    if (!tm_begin(c))
        return;
    dp_def(c, "quarter", dp_check_twin(c, "exponent") ? "eps" : "exp(-D^2/(8*h^2))");
    dp_def(c, "delta", "h^2/D^2");
    dp_def(c, "rate", dp_check_twin(c, "rate") ? "1/4" : "1/2");
    one_mode(c, "p");
    one_mode(c, "m");
    if (!dp_check_stopped(c) && tm_velocity(c, "ms_", "mean-shift", 1))
        dp_assert(c, "(43) is not the velocity of this flow: it is smaller by order epsilon^(3/4) tau^-1 D",
                  "h^2*skl_p_V_0 < ms_V_0*(1 - delta*L2_p/2)*sqrt(pi/2)*h/(D*(sqrt(u) + sqrt(v)))*exp(3*D^2/(8*h^2))");
}

static const char *const twins[] = {"sign", "swapped", "exponent", "rate", NULL};

DP_CLAIM(two_mode_smoothed_kl) = {
    .id = "two-mode-smoothed-kl",
    .title = "Two modes: the flow of the KL between KDEs moves at order epsilon^(1/4), not epsilon",
    .equations = "(24), (25), (43)",
    .kind = "RATE",
    .source = "derived here; contradicts reading (43) of Gretton et al. 2605.05118 as a statement about the flow (24)",
    .method = "Velocity (24) by strip-bounded trapezoid and by validated integration, between two bounds that are proved for all bandwidths "
              "from the moments of a logistic density (the identities behind them are checked in two-mode-logistic).",
    .params = NULL,
    .twins = twins,
    .run = run,
};
