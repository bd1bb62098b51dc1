/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Sinkhorn proxy has curl: at the points of the case, and with closed forms for two constructed examples. */
#include <string.h>
#include "driftproof.h"

static const char *example(const dp_check *c)
{
    const dp_param *e = dp_check_param(c, "example");
    return e == NULL ? "" : e->word;
}

/* Two Diracs p = delta_(q+a), q in the plane: eta = h^2 exp((a.z - |z|^2)/(2h^2)), z = x - q, and curl = eta (a ^ z)/h^4. */
static void example_a(dp_check *c, const dp_point *at)
{
    dp_def_at(c, at, -1, -1, "@z_0", "@x_0 - q_0");
    dp_def_at(c, at, -1, -1, "@z_1", "@x_1 - q_1");
    dp_assert_at(c, at, -1, -1, "eta of example A", "@eta == h^2*exp((a_0*@z_0 + a_1*@z_1 - @z_0^2 - @z_1^2)/(2*h^2))");
    dp_assert_at(c, at, -1, -1, "curl of example A", "@curl_0 == exp((a_0*@z_0 + a_1*@z_1 - @z_0^2 - @z_1^2)/(2*h^2))*(a_0*@z_1 - a_1*@z_0)/h^2");
}

/* q = N(0, I), p = N(0, diag(4/5, 4/9)), h = 1: the constants of the statement. */
static void example_b(dp_check *c, const dp_point *at)
{
    dp_def_at(c, at, -1, -1, "@etaB", "2*sqrt(3)*sqrt(sqrt(65))/7*exp(-101*@x_0^2/504 - 545*@x_1^2/2184)");
    dp_assert_at(c, at, -1, -1, "eta of example B", "@eta == @etaB");
    dp_assert_at(c, at, -1, -1, "grad S of example B [0]", "@S_0 == -@x_0/14");
    dp_assert_at(c, at, -1, -1, "grad S of example B [1]", "@S_1 == -5*@x_1/21");
    dp_assert_at(c, at, -1, -1, "curl of example B", "@curl_0 == @etaB*1175/19656*@x_0*@x_1");
}

static int same_text(const fmpq_t v, const char *text)
{
    fmpq_t w;
    fmpq_init(w);
    int same = dp_fmpq_set_text(w, text) && fmpq_equal(v, w);
    fmpq_clear(w);
    return same;
}

static int is_example_b(const dp_problem *P)
{
    static const char *const cov_p[4] = {"4/5", "0", "0", "4/9"}, *const cov_q[4] = {"1", "0", "0", "1"};
    int same = P->dim == 2 && P->p->family == DP_MIXTURE && P->q->family == DP_MIXTURE && P->p->n == 1 && P->q->n == 1 && same_text(P->bandwidth, "1");
    for (int a = 0; same && a < 4; a++)
        same = same_text(P->p->cov + a, cov_p[a]) && same_text(P->q->cov + a, cov_q[a]) &&
               fmpq_is_zero(DP_MEAN(P->p, 0, a / 2)) && fmpq_is_zero(DP_MEAN(P->q, 0, a / 2));
    return same;
}

/* Checks that the case is the example that it says it is; for A registers a and q. */
static int fits(dp_check *c, const dp_problem *P)
{
    const char *which = example(c);
    fmpq_t a;
    if (*which != 'A')
        dp_twin_unfit(c, "constant");
    if (*which == '\0')
        return 1;
    if (*which == 'B')
        return is_example_b(P);
    if (P->dim != 2 || P->p->family != DP_ATOMS || P->q->family != DP_ATOMS || P->p->n != 1 || P->q->n != 1)
        return 0;
    fmpq_init(a);
    for (slong i = 0; i < 2; i++) {
        fmpq_sub(a, DP_MEAN(P->p, 0, i), DP_MEAN(P->q, 0, i));
        if (dp_check_twin(c, "constant") && i == 0)
            dp_spoil_for(c, a);
        dp_let_q(c, dp_name("a", i, -1), a);
        dp_let_q(c, dp_name("q", i, -1), DP_MEAN(P->q, 0, i));
    }
    fmpq_clear(a);
    return 1;
}

/* The sabotage says that the curl, or one component of it, is zero. */
static void at_point(dp_check *c, const dp_point *at, void *data)
{
    (void) data;
    if (!dp_let_field(c, at->prefix, at->P, "sinkhorn-proxy", at->x, DP_HAVE_VELOCITY | DP_HAVE_JACOBIAN | DP_HAVE_PRECONDITIONER))
        return;
    if (dp_check_twin(c, "zero")) {
        for (slong k = 0; k < DP_CURL_DIM(at->dim); k++)
            dp_assert_at(c, at, k, -1, "curl", "@curl_# == 0");
        return;
    }
    dp_aim_at(c, at, -1, -1, "curl", at->dim == 2 ? "@curl_0 != 0" : "@curl_0^2 + @curl_1^2 + @curl_2^2 > 0");
    dp_aim_at(c, at, -1, -1, "wedge", at->dim == 2 ? "@eta_0*@S_1 - @eta_1*@S_0 != 0" : "@wedge_0^2 + @wedge_1^2 + @wedge_2^2 > 0");
    if (*example(c) == 'A')
        example_a(c, at);
    if (*example(c) == 'B')
        example_b(c, at);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    if (P->kernel != DP_KERNEL_GAUSSIAN || P->dim < 2)
        dp_give_up(c, DP_EINPUT, "expected the Gaussian kernel in dimension 2 or 3");
    else if (!fits(c, P))
        dp_give_up(c, DP_EINPUT, "parameter example: this case is not example %s", example(c));
    else
        dp_each_point(c, at_point, NULL);
}

static const dp_param_spec params[] = {
    DP_PARAM_AT,
    {"example", DP_PARAM_WORD, "A|B", "also check the closed forms of this example: A two Diracs in the plane, B two Gaussians"},
    {0}};
static const char *const twins[] = {"zero", "constant", "roles", NULL};
DP_CLAIM(curl_nonzero) = {
    .id = "curl-nonzero",
    .title = "The Sinkhorn proxy field has curl, so it is no gradient",
    .equations = "(36), (37), (38), (39)",
    .kind = "INEQ",
    .source = "Gretton et al. 2605.05118, Prop. (non-gradient structure); the examples are constructed here",
    .method = "A ball around the curl, from the Jacobian, and one around the wedge, from eta and S, exclude 0, by two engines. For the examples A and B "
              "both are also compared with closed forms.",
    .params = params, .twins = twins, .run = run};
