/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scaling-iterations: the simultaneous geometric-mean scaling and Sinkhorn's alternate one: limits for any n and m, and their rates. */
#include "../samples.h"

enum { MOST = 400 };

/* A_t = diag(u_t) K diag(v_t): u <- u/sqrt(rows), v <- v/sqrt(columns), both from the same A. */
static void simultaneous(dp_check *c, const sm_t *s, slong count)
{
    char name[64], text[160];
    sm_each(c, s, 'x', "u_0_#", "1"), sm_each(c, s, 'y', "v_0_#", "1");
    for (slong t = 0; t < count; t++) {
        snprintf(name, sizeof name, "r_%ld_#", (long) t), snprintf(text, sizeof text, "u_%ld_#*+y{Kxy_#_%%*v_%ld_%%}", (long) t, (long) t);
        sm_each(c, s, 'x', name, text);
        snprintf(name, sizeof name, "s_%ld_#", (long) t), snprintf(text, sizeof text, "v_%ld_#*+x{Kxy_%%_#*u_%ld_%%}", (long) t, (long) t);
        sm_each(c, s, 'y', name, text);
        snprintf(name, sizeof name, "u_%ld_#", (long) t + 1), snprintf(text, sizeof text, "u_%ld_#/sqrt(r_%ld_#)", (long) t, (long) t);
        sm_each(c, s, 'x', name, text);
        snprintf(name, sizeof name, "v_%ld_#", (long) t + 1), snprintf(text, sizeof text, "v_%ld_#/sqrt(s_%ld_#)", (long) t, (long) t);
        sm_each(c, s, 'y', name, text);
    }
}

/* Sinkhorn-Knopp for the same limit: rows to sqrt(m/n), columns to sqrt(n/m). */
static void alternate(dp_check *c, const sm_t *s, slong count)
{
    char name[64], text[160];
    sm_each(c, s, 'y', "w_0_#", "1");
    for (slong t = 0; t < count; t++) {
        snprintf(name, sizeof name, "z_%ld_#", (long) t), snprintf(text, sizeof text, "sqrt(m/n)/+y{Kxy_#_%%*w_%ld_%%}", (long) t);
        sm_each(c, s, 'x', name, text);
        snprintf(name, sizeof name, "w_%ld_#", (long) t + 1), snprintf(text, sizeof text, "sqrt(n/m)/+x{Kxy_%%_#*z_%ld_%%}", (long) t);
        sm_each(c, s, 'y', name, text);
    }
}

/* e_t: log of the row scaling of row 1 against row 0, free of the constant that u and v may exchange; its steps shrink at the rate. */
static void steps(dp_check *c, const sm_t *s, const char *stem, const char *letter, slong t)
{
    char name[64], text[200];
    for (slong k = t - 2; k <= t; k++) {
        snprintf(name, sizeof name, "%s_%ld", stem, (long) k);
        snprintf(text, sizeof text, "log(%s_%ld_1/%s_%ld_0)", letter, (long) k, letter, (long) k);
        sm_def(c, s, -1, -1, name, text);
    }
    snprintf(name, sizeof name, "%s_ratio", stem);
    snprintf(text, sizeof text, "(%s_%ld - %s_%ld)/(%s_%ld - %s_%ld)", stem, (long) t, stem, (long) (t - 1), stem, (long) (t - 1), stem, (long) (t - 2));
    sm_def(c, s, -1, -1, name, text);
}

/* The square of the second singular value of the scaled matrix of two or three rows, whose first is 1: AA' has trace 1 + sigma^2 + sigma_3^2 and determinant sigma^2 sigma_3^2. */
static void sigma(dp_check *c, const sm_t *s, slong last)
{
    char text[96];
    snprintf(text, sizeof text, "u_%ld_#*Kxy_#_$*v_%ld_$", (long) last, (long) last);
    sm_pairs(c, s, 'x', 'y', "A_#_$", text);
    sm_pairs(c, s, 'x', 'x', "G_#_$", "+y{A_#_%*A_$_%}");
    sm_def(c, s, -1, -1, "rest", "+x{G_%_%} - 1");
    if (s->n == 2) {
        sm_def(c, s, -1, -1, "sigma2", "rest");
        return;
    }
    sm_def(c, s, -1, -1, "det", "G_0_0*(G_1_1*G_2_2 - G_1_2^2) - G_0_1*(G_0_1*G_2_2 - G_1_2*G_0_2) + G_0_2*(G_0_1*G_1_2 - G_1_1*G_0_2)");
    sm_def(c, s, -1, -1, "sigma2", "(rest + sqrt(rest^2 - 4*det))/2");
}

static void run(dp_check *c)
{
    const dp_param *count = dp_check_param(c, "steps"), *sweeps = dp_check_param(c, "sweeps");
    slong T = count ? fmpz_get_si(fmpq_numref(count->value)) : 120, L = sweeps ? fmpz_get_si(fmpq_numref(sweeps->value)) : 30;
    sm_t s;
    if (!sm_read(&s, c))
        return;
    if (s.n < 2 || s.n > 3 || s.m < 2 || T < 4 || T > MOST || L < 4 || L > MOST) {
        dp_give_up(c, DP_EINPUT, "needs two or three points of q, two or more of p, and 4 to %d steps and sweeps", MOST);
        return;
    }
    if (s.n == s.m && dp_twin_unfit(c, "uniform"))
        return;
    sm_kernel(c, &s, 'x', 'y');
    simultaneous(c, &s, T), alternate(c, &s, L);
    char rows[96], columns[96];
    snprintf(rows, sizeof rows, "abs(r_%ld_#/%s - 1) < tolerance", (long) (T - 1), dp_check_twin(c, "uniform") ? "1" : "sqrt(m/n)");
    snprintf(columns, sizeof columns, "abs(s_%ld_#/sqrt(n/m) - 1) < tolerance", (long) (T - 1));
    const dp_param *tolerance = dp_check_param(c, "tolerance");
    fmpq_t small;
    fmpq_init(small);
    fmpq_set_si(small, 1, 1000000);
    dp_let_q(c, "tolerance", tolerance ? tolerance->value : small);
    fmpq_clear(small);
    for (slong i = 0; i < s.n; i++)
        sm_state(dp_aim, c, &s, i, -1, "row sums of the limit are sqrt(m/n), row #", rows);
    for (slong j = 0; j < s.m; j++)
        sm_state(dp_aim, c, &s, j, -1, "column sums of the limit are sqrt(n/m), column #", columns);
    sigma(c, &s, T);
    steps(c, &s, "both", "u", T - 1), steps(c, &s, "turns", "z", L - 1);
    sm_def(c, &s, -1, -1, "rate", dp_check_twin(c, "rate") ? "sigma2" : "(1 + sqrt(sigma2))/2");
    dp_aim(c, "the simultaneous scaling closes in at the rate (1 + sigma)/2", "abs(both_ratio/rate - 1) < tolerance");
    dp_aim(c, "Sinkhorn's scaling closes in at the rate sigma^2", "abs(turns_ratio/sigma2 - 1) < tolerance");
    dp_assert(c, "the simultaneous one is the slower", "rate > sigma2");
}

static const dp_param_spec params[] = {
    {"steps", DP_PARAM_INTEGER, NULL, "simultaneous steps that are followed, 4 to 400; default 120"},
    {"sweeps", DP_PARAM_INTEGER, NULL, "sweeps of the alternate scaling, 4 to 400; default 30"},
    {"tolerance", DP_PARAM_RATIONAL, NULL, "how close limits and rates must be; default 10^-6"},
    {0}};
static const char *const twins[] = {"uniform", "rate", NULL};
DP_CLAIM(scaling_iterations) = {
    .id = "scaling-iterations",
    .title = "Simultaneous scaling converges for any n and m, to row sums sqrt(m/n), at the rate (1 + sigma)/2; Sinkhorn's at sigma^2",
    .equations = "(81), (85), (86)",
    .kind = "RATE",
    .source = "Knight, Ruiz, Ucar; Gretton et al. 2605.05118, App. C (which takes n = m); the rates are derived here",
    .method = "Both iterations are written out as expressions of the exact coordinates for samples with two or three points of q, where the second singular value is explicit.",
    .params = params, .twins = twins, .run = run};
