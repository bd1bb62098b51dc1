/* SPDX-License-Identifier: GPL-3.0-or-later */
/* da2-curl: DA2's population field has a curl in the plane, so it is the gradient of no function. */
#include <string.h>
#include "driftproof.h"

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    const char *sign = data;
    char relation[80];
    dp_problem *P = dp_problem_copy(at->P);
    if (dp_check_twin(c, "equal")) {               /* p := q: zero curl */
        dp_measure_clear(P->p);
        dp_measure_set(P->p, P->q);
    }
    if (dp_let_field(c, at->prefix, P, "da2", at->x, DP_HAVE_JACOBIAN | DP_HAVE_PRECONDITIONER)) {
        snprintf(relation, sizeof relation, "@curl_0 %s 0", sign);
        dp_suffice_at(c, at, -1, -1, "curl of V", relation);
        snprintf(relation, sizeof relation, "@eta_0*@S_1 - @eta_1*@S_0 %s 0", sign);
        dp_suffice_at(c, at, -1, -1, "wedge of the gradients of preconditioner and log-ratio", relation);
    }
    dp_problem_free(P);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *word = dp_check_param(c, "sign");
    int negative = word != NULL && strcmp(word->word, "negative") == 0;
    if (P->dim != 2 || P->kernel != DP_KERNEL_GAUSSIAN)
        dp_give_up(c, DP_EINPUT, "the curl is checked in the plane, with the Gaussian kernel");
    else
        dp_each_point(c, at_point, negative == dp_check_twin(c, "sign") ? ">" : "<");
}

static const dp_param_spec params[] = {
    DP_PARAM_AT,
    {"sign", DP_PARAM_WORD, "positive|negative", "sign of d1 V2 - d2 V1 at the points; default positive"},
    {0}
};
static const char *const twins[] = {"sign", "equal", "roles", NULL};

DP_CLAIM(da2_curl) = {
    .id = "da2-curl",
    .title = "DA2's population field is not the gradient of a function",
    .equations = "(36)",
    .kind = "INEQ",
    .source = "derived here; for the proxy it is Gretton et al. 2605.05118, (36)-(39)",
    .method = "Curl from the Jacobian of the field and, apart from it, the wedge of grad eta and grad S, both enclosures away from zero, by the lattice "
              "rule and by adaptive Gauss-Legendre quadrature (finite sums for atoms).",
    .params = params,
    .twins = twins,
    .run = run,
};
