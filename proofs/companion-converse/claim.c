/* SPDX-License-Identifier: GPL-3.0-or-later */
/* companion-converse: only Matern kernels have companions with an elliptic identity; other kernels fail it at three distances. */
#include <stdio.h>
#include <string.h>

#include "driftproof.h"

/* Kernel E, companion F = int_r^infinity s E(s) ds and r E'(r), with # for the number of the distance. */
typedef struct { const char *name, *kernel, *companion, *slope; } family;
static const family TABLE[] = {
    {"rational-quadratic", "1/(1 + r_#^2/h^2)^2", "h^2/2/(1 + r_#^2/h^2)", "-4*r_#^2/h^2/(1 + r_#^2/h^2)^3"},
    {"two-laplace", "exp(-r_#/h) + exp(-2*r_#/h)", "h*(r_# + h)*exp(-r_#/h) + h/2*(r_# + h/2)*exp(-2*r_#/h)", "-r_#/h*(exp(-r_#/h) + 2*exp(-2*r_#/h))"},
    {"laplace", "exp(-r_#/h)", "h*(r_# + h)*exp(-r_#/h)", "-r_#/h*exp(-r_#/h)"},
};

static void def(dp_check *c, char what, const char *text, slong i)
{
    char name[3] = {what, (char) ('0' + i), 0}, out[300];
    size_t n = 0;
    for (const char *s = text; *s && n + 1 < sizeof out; s++) out[n++] = (char) (*s == '#' ? '0' + i : *s);
    out[n] = 0;
    dp_def(c, name, out);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *at = dp_check_param(c, "distances"), *word = dp_check_param(c, "kernel");
    const family *f = TABLE;
    if (!at || at->cols != 3 || fmpq_sgn(at->value) <= 0 || fmpq_cmp(at->value, at->value + 1) >= 0 || fmpq_cmp(at->value + 1, at->value + 2) >= 0) {
        dp_give_up(c, DP_EINPUT, "needs distances: three positive numbers, the smallest first");
        return;
    }
    const char *wanted = dp_check_twin(c, "matern") ? "laplace" : word ? word->word : f->name;
    for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++)
        if (!strcmp(TABLE[i].name, wanted)) f = TABLE + i;
    dp_let_q(c, "h", P->bandwidth);
    for (slong i = 0; i < 3; i++) {
        dp_let_q(c, dp_name("r", i, -1), at->value + i);
        def(c, 'E', f->kernel, i), def(c, 'F', f->companion, i), def(c, 'S', f->slope, i);
        def(c, 'X', "F#/E#", i), def(c, 'Y', "S#/E#", i);
    }
    /* where these margins are not reached (far or near distances) nothing is refuted, but the Laplace kernel has the identity, as the statement shows */
    void (*state)(dp_check *, const char *, const char *) = strcmp(f->name, "laplace") ? dp_suffice : dp_assert;
    state(c, "the companion over the kernel takes three values", dp_check_twin(c, "coincide") ? "(X1 - X0)*(X2 - X1) == 0" : "(X1 - X0)*(X2 - X1) != 0");
    state(c, "three points that no line holds", "abs((Y1 - Y0)*(X2 - X1) - (Y2 - Y1)*(X1 - X0)) > abs((X2 - X1)*(X1 - X0))/10^3/h^2");
}

static const dp_param_spec params[] = {
    {"distances", DP_PARAM_VECTOR, NULL, "three distances, the smallest first; required"},
    {"kernel", DP_PARAM_WORD, "rational-quadratic|two-laplace|laplace", "which kernel: (1 + r^2/h^2)^-2, the sum of two Laplace kernels of widths h and h/2, or the Laplace kernel, for which the claim is false; default rational-quadratic"},
    {0}};
static const char *const twins[] = {"matern", "coincide", NULL};
DP_CLAIM(companion_converse) = {
    .id = "companion-converse",
    .title = "Only Matern kernels have a companion with an elliptic identity: rational quadratic kernels and sums of Laplace kernels have none",
    .equations = "(10), (51)",
    .kind = "INEQ",
    .source = "Lee and Chun 2604.24196; Dronmong, drifting-identifiability (companion-elliptic kernels); the proof here is by Bessel's equation",
    .method = "The identity makes two quotients of the kernel, its slope and its companion lie on a line; at three distances they do not. Expressions of exact numbers.",
    .params = params, .twins = twins, .run = run};
