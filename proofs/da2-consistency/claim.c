/* SPDX-License-Identifier: GPL-3.0-or-later */
/* da2-consistency: DA2's population field vanishes everywhere if and only if p = q (Gaussian kernel). */
#include <string.h>
#include "driftproof.h"

/* p := q, with its first component moved by 10^-30 h when `shift` (more when few digits are asked): the sabotages of p != q and of p = q. */
static void collapse(dp_problem *P, int shift, slong digits)
{
    char text[32];
    fmpq_t tiny;
    fmpq_init(tiny);
    dp_measure_clear(P->p);
    dp_measure_set(P->p, P->q);
    snprintf(text, sizeof text, "1e-%ld", digits < 35 ? (long) (digits > 6 ? digits - 5 : 1) : 30);
    dp_fmpq_set_text(tiny, text);
    if (shift)
        fmpq_addmul(DP_MEAN(P->p, 0, 0), tiny, P->bandwidth);
    fmpq_clear(tiny);
}

static void zero_at(dp_check *c, const dp_point *at, const dp_problem *P)
{
    if (dp_let_velocity(c, at, "V", P, "da2", at->x, DP_ENGINE_AUTO, dp_check_workspace(c)))
        for (int i = 0; i < at->dim; i++)
            dp_assert_at(c, at, i, -1, "V = 0 where p = q", "@V_#/h == 0");
}

static void nonzero_at(dp_check *c, const dp_point *at, const dp_problem *P)
{
    static const char *const square[] = {"@V_0^2", "@V_0^2 + @V_1^2", "@V_0^2 + @V_1^2 + @V_2^2"};
    char relation[64];
    if (dp_let_field(c, at->prefix, P, "da2", at->x, DP_HAVE_VELOCITY)) {
        snprintf(relation, sizeof relation, "%s > floor^2", square[at->dim - 1]);
        dp_suffice_at(c, at, -1, -1, "|V| above the floor where p != q", relation);
    }
}

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    dp_problem *P = dp_problem_copy(at->P);
    int equal = dp_measure_equal(P->p, P->q);
    (void) data;
    if (dp_check_twin(c, "equal") || dp_check_twin(c, "shift"))
        collapse(P, dp_check_twin(c, "shift"), dp_check_digits(c));
    if (equal)
        zero_at(c, at, P);
    else
        nonzero_at(c, at, P);
    dp_problem_free(P);
}

static void run(dp_check *c)
{
    const dp_param *given = dp_check_param(c, "floor");
    fmpq_t floor;
    fmpq_init(floor);
    if (given != NULL)
        fmpq_set(floor, given->value);
    dp_let_q(c, "floor", floor);
    if (dp_check_problem(c)->kernel != DP_KERNEL_GAUSSIAN)
        dp_give_up(c, DP_EINPUT, "claimed for the Gaussian kernel only");
    else if (fmpq_sgn(floor) < 0)
        dp_give_up(c, DP_EINPUT, "floor must not be negative");
    else
        dp_each_point(c, at_point, NULL);
    fmpq_clear(floor);
}

static const dp_param_spec params[] = {
    DP_PARAM_AT,
    {"floor", DP_PARAM_RATIONAL, NULL, "what |V| must exceed at every point, in the units of the case; default 0"},
    {0}
};
static const char *const twins[] = {"equal", "shift", NULL};

DP_CLAIM(da2_consistency) = {
    .id = "da2-consistency",
    .title = "DA2's population field is zero everywhere if and only if p = q",
    .equations = "(34), (35)",
    .kind = "INEQ",
    .source = "derived here from da2-scalar-proxy and the theorem on the proxy without finite mass",
    .method = "The theorem is proved in the statement. A case with p = q checks V = 0 at its points to the digits asked; a case with p != q checks "
              "a certified lower bound on |V| at its points by two engines.",
    .params = params,
    .twins = twins,
    .run = run,
};
