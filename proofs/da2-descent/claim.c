/* SPDX-License-Identifier: GPL-3.0-or-later */
/* da2-descent: on a line, five functionals that one might hope fall along DA2 (and the proxy): for each a state where it grows. */
#include "../samples.h"

/* Minus the slope of half MMD^2 with a Gaussian kernel of squared bandwidth `width` at particle i. */
static char *mmd(const sm_t *s, slong i, const char *width)
{
    const dp_measure_struct *side[2] = {s->P->p, s->P->q};
    char *sum = dp_strdup("0"), *more;
    for (int q = 0; q < 2; q++)
        for (slong j = 0; j < side[q]->n; j++) {
            char b = q ? 'x' : 'y';
            more = dp_format("%s %c w%c_%ld*(%c_%ld_0 - x_%ld_0)/(%s)*exp(-(%c_%ld_0 - x_%ld_0)^2/(2*(%s)))", sum, q ? '-' : '+', b, (long) j, b, (long) j, (long) i, width, b, (long) j, (long) i, width);
            free(sum), sum = more;
        }
    return sum;
}

/* g_i: minus the gradient of the functional at particle i over its weight. 0: the check stopped. */
static int gradient(dp_check *c, const sm_t *s, const char *functional, arb_srcptr x, slong i)
{
    char *text = NULL, *prefix = dp_format("f%ld_", (long) i);
    int ok = 1;
    if (!strcmp(functional, "smoothed-kl"))
        ok = dp_let_field(c, prefix, s->P, "smoothed-kl", x, DP_HAVE_VELOCITY), text = dp_format("f%ld_V_0", (long) i);
    else if (!strcmp(functional, "transport"))
        text = sm_text(s, "+y{wy_%*y_%_0} - x_#_0", i, -1);
    else
        text = mmd(s, i, strcmp(functional, "mmd") ? "2*h^2" : "h^2");
    dp_def(c, dp_name("g", i, -1), text);
    free(text), free(prefix);
    return ok;
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *which = dp_check_param(c, "functional"), *drift = dp_check_param(c, "drift");
    const char *functional = which ? which->word : "mmd";
    sm_t s = {P, P->q->n, P->p->n, 1};
    arb_t x;
    if (P->dim != 1 || P->kernel != DP_KERNEL_GAUSSIAN || P->p->family != DP_ATOMS || P->q->family != DP_ATOMS || (!strcmp(functional, "transport") && s.n > 1)) {
        dp_give_up(c, DP_EINPUT, "needs atoms on a line and the Gaussian kernel; for transport q is one atom");
        return;
    }
    sm_points(c, "x", P->q), sm_points(c, "y", P->p);
    dp_let_q(c, "h", P->bandwidth);
    for (slong i = 0; i < s.n; i++) dp_let_q(c, dp_name("wx", i, -1), DP_WEIGHT(P->q, i));
    for (slong j = 0; j < s.m; j++) dp_let_q(c, dp_name("wy", j, -1), DP_WEIGHT(P->p, j));
    arb_init(x);
    for (slong i = 0; i < s.n && !dp_check_stopped(c); i++) {
        char *prefix = dp_format("d%ld_", (long) i);
        arb_set_fmpq(x, DP_MEAN(P->q, i, 0), dp_check_prec(c));
        if (dp_let_field(c, prefix, P, drift ? drift->word : "da2", x, DP_HAVE_VELOCITY)) gradient(c, &s, functional, x, i);
        free(prefix);
    }
    arb_clear(x);
    sm_state(dp_suffice, c, &s, -1, -1, "the functional grows along the drift", dp_check_twin(c, "sign") ? "+x{wx_%*g_%*d%_V_0} > 0" : "-(+x{wx_%*g_%*d%_V_0}) > 0");
}

static const dp_param_spec params[] = {{"functional", DP_PARAM_WORD, "mmd|mmd-wide|smoothed-kl|transport", "which one: half MMD^2 with the kernel or with the kernel's square root, the smoothed KL, or half W_2^2; default mmd"},
                                       {"drift", DP_PARAM_WORD, "da2|sinkhorn-proxy", "along which drift; default da2"},
                                       {0}};
static const char *const twins[] = {"sign", NULL};
DP_CLAIM(da2_descent) = {
    .id = "da2-descent",
    .title = "On a line, too, neither MMD nor the smoothed KL nor transport distances fall along DA2; whatever does would have to be stationary at wrong weights",
    .equations = "(30), (35), (67)",
    .kind = "INEQ",
    .source = "derived here",
    .method = "The rate of the functional along the drift at the state of the case: the drift by two engines, the functional's gradient as expressions of exact numbers or by two engines.",
    .params = params, .twins = twins, .run = run};
