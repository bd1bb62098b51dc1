/* SPDX-License-Identifier: GPL-3.0-or-later */
/* two-mode-w2: the optimal plan between the two modes and the barycentric velocity of half W_2^2, (45). */
#include "../two-mode.h"

/* Moves what q's mode i still has to p's mode j, as much as both allow. */
static void move(fmpq_t plan, fmpq_t from, fmpq_t to)
{
    fmpq_set(plan, fmpq_cmp(from, to) < 0 ? from : to);
    fmpq_sub(from, from, plan);
    fmpq_sub(to, to, plan);
}

/* The plan pi(x, y), x from q, y from p, from their weights by the rules of Appendix D: mass stays where it can, the rest crosses.
   Leaves pi_mm, pi_pp (stay), pi_pm (from +D/2 to -D/2), pi_mp. */
static void plan_leaves(dp_check *c, const tm_t t)
{
    static const char *const name[4] = {"pi_mm", "pi_pp", "pi_pm", "pi_mp"};
    fmpq_t from[2], to[2], plan;
    for (int i = 0; i < 2; i++) {
        fmpq_init(from[i]); fmpq_init(to[i]);
    }
    fmpq_init(plan);
    fmpq_set(from[0], t->beta);
    fmpq_set(to[0], t->alpha);
    fmpq_set_si(plan, 1, 1);
    fmpq_sub(from[1], plan, t->beta);
    fmpq_sub(to[1], plan, t->alpha);
    for (int k = 0; k < 4; k++) {
        int x = k == 1 || k == 2, y = k == 1 || k == 3;
        move(plan, from[x], to[y]);
        dp_let_q(c, name[k], plan);
    }
    for (int i = 0; i < 2; i++) {
        fmpq_clear(from[i]); fmpq_clear(to[i]);
    }
    fmpq_clear(plan);
}

static const tm_row rows[] = {
    {"(97) row -D/2", "pi_mm + pi_mp == beta"},
    {"(97) row +D/2", "pi_pm + pi_pp == 1 - beta"},
    {"(97) column -D/2", "pi_mm + pi_pm == alpha"},
    {"(97) column +D/2", "pi_mp + pi_pp == 1 - alpha"},
    {"the mass of q at -D/2 stays", "pi_mm == beta"},
    {"the deficit crosses", "pi_pm == alpha - beta"},
    {"the rest stays at +D/2", "pi_pp == 1 - alpha"},
    {"nothing crosses the other way", "pi_mp == 0"},
    {"cost of the plan", "D^2*(pi_pm + pi_mp) == D^2*(alpha - beta)"},
    {"optimal: the potentials have the plan's cost as their value", "phi_m*beta + phi_p*(1 - beta) + psi_m*alpha + psi_p*(1 - alpha) == pi_pm + pi_mp"},
    {"the potentials are below the cost at (-,-)", "phi_m + psi_m <= 0"},
    {"the potentials are below the cost at (+,+)", "phi_p + psi_p <= 0"},
    {"the potentials are below the cost at (+,-)", "phi_p + psi_m <= 1"},
    {"unique: strictly below the cost at (-,+), where no optimal plan has mass", "phi_m + psi_p < 1"},
    {"(98)-(100) fraction moving", "pi_pm/(1 - beta) == (alpha - beta)/(1 - beta)"},
    {"(98)-(100) fraction staying", "pi_pp/(1 - beta) == (1 - alpha)/(1 - beta)"},
    {"(101) expected target minus position", "p_V_0 == (-D/2)*pi_pm/(1 - beta) + (D/2)*pi_pp/(1 - beta) - D/2"},
    {"(45), (102), (103) at +D/2", "p_V_0 == velocity"},
    {"at -D/2 nothing moves", "m_V_0 == 0"},
    {NULL, NULL}
};

static void run(dp_check *c)
{
    tm_t t;
    tm_init(t);
    if (tm_read(t, c)) {
        tm_names(c, t);
        plan_leaves(c, t);
        dp_def(c, "phi_m", "0");                        /* of q, in units of D^2 as all costs here */
        dp_def(c, "phi_p", "1");
        dp_def(c, "psi_m", "0");                        /* of p */
        dp_def(c, "psi_p", "-1");
        tm_sabotaged(c, "velocity", dp_check_twin(c, "whole") ? "-2*D*(alpha - beta)/(1 - beta)" : "-D*(alpha - beta)/(1 - beta)");
        if (tm_velocity(c, "p_", "wasserstein", 1) && tm_velocity(c, "m_", "wasserstein", -1))
            tm_assert_all(c, "", rows);
    }
    tm_clear(t);
}

static const char *const twins[] = {"sign", "constant", "swapped", "whole", NULL};

DP_CLAIM(two_mode_w2) = {
    .id = "two-mode-w2",
    .title = "Two modes: the optimal plan and the barycentric velocity of half W_2^2",
    .equations = "(45), (95), (96), (97), (98), (99), (100), (101), (102), (103)",
    .kind = "EQ",
    .source = "Gretton et al. 2605.05118, (45) and Appendix D",
    .method = "The plan is built from the weights by the stay-then-cross rule and compared entry by entry; the drift wasserstein (monotone "
              "rearrangement of the quantile functions, written elsewhere and without knowledge of two modes) must give (45).",
    .params = NULL,
    .twins = twins,
    .run = run,
};
