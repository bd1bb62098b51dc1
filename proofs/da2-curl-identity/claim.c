/* SPDX-License-Identifier: GPL-3.0-or-later */
/* da2-curl-identity: curl V = grad(lambda eta) ^ grad S for DA2, by Jacobian, by wedge and by the product rule on the proxy. */
#include "driftproof.h"

/* Velocity, curl and, for DA2, wedge leaves of one drift by the fast engine: @<stem>_i, @<stem>curl_k, @<stem>wedge_k. */
static int field(dp_check *c, const dp_point *at, const char *stem, const char *drift, dp_workspace *w)
{
    dp_field_t f;
    dp_error e = {DP_OK, ""};
    dp_field_init(f, at->dim);
    dp_status status = dp_field_eval(f, at->P, drift, at->x, DP_ENGINE_AUTO, dp_check_prec(c), w, &e);
    int ok = !dp_check_failed(c, status, &e);
    for (int part = 0; ok && part < 3; part++) {
        static const char *const name[3] = {"", "curl", "wedge"};
        char *base = dp_format("%s%s%s", at->prefix, stem, name[part]);
        arb_srcptr v = part == 0 ? f->velocity : part == 1 ? f->curl : f->wedge;
        for (int i = 0; i < (part == 0 ? at->dim : DP_CURL_DIM(at->dim)); i++)
            dp_let(c, dp_name(base, i, -1), v + i, dp_engine_name(f->engine));
        free(base);
    }
    dp_field_clear(f);
    return ok;
}

static void define(dp_check *c, const dp_point *at)
{
    dp_def_at(c, at, -1, -1, "@lam", "sqrt(@P_Z*@Q_Z)/(@P_Z + @Q_Z)");
    for (int i = 0; i < at->dim; i++) {
        dp_def_at(c, at, i, -1, "@lam_#",
                  dp_check_twin(c, "frozen") ? "0" : "@lam*((@P_Z_#/@P_Z + @Q_Z_#/@Q_Z)/2 - (@P_Z_# + @Q_Z_#)/(@P_Z + @Q_Z))");
    }
}

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    (void) data;
    int d = at->dim;
    int atoms = at->P->p->family == DP_ATOMS && at->P->q->family == DP_ATOMS;
    dp_engine second = atoms || dp_check_digits(c) <= 15 ? DP_ENGINE_QUADRATURE : DP_ENGINE_AUTO;
    if (!field(c, at, "da2", "da2", dp_check_workspace(c)) || !field(c, at, "prox", "sinkhorn-proxy", dp_check_workspace(c))
        || !dp_let_parts(c, at, "P", at->P, DP_OF_P, "ZG", second, NULL)
        || !dp_let_parts(c, at, "Q", at->P, DP_OF_Q, "ZG", second, NULL))
        return;
    define(c, at);
    char factor[48] = "";
    if (dp_check_twin(c, "sign"))
        snprintf(factor, sizeof factor, "-");
    if (dp_check_twin(c, "constant"))                   /* relative 10^-30, or what the digits asked can see */
        snprintf(factor, sizeof factor, "(1 + 1/10^%ld)*", dp_check_digits(c) < 31 ? (long) dp_check_digits(c) - 1 : 30);
    for (int k = 0; k < DP_CURL_DIM(d); k++) {
        char relation[160];
        int i = d == 2 ? 0 : (k + 1) % 3, j = d == 2 ? 1 : (k + 2) % 3;
        snprintf(relation, sizeof relation, "@da2curl_%d == %s@da2wedge_%d", k, factor, k);
        dp_assert_at(c, at, k, -1, "curl is grad(lambda eta) ^ grad S", relation);
        snprintf(relation, sizeof relation, "@da2curl_%d == @lam*@proxcurl_%d + (@lam_#*@prox_$ - @lam_$*@prox_#)", k, k);
        dp_assert_at(c, at, i, j, "curl by the product rule on lambda times the proxy", relation);
    }
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    if (P->dim < 2 || P->kernel != DP_KERNEL_GAUSSIAN)
        dp_give_up(c, DP_EINPUT, "a curl needs dimension 2 or 3, and this one the Gaussian kernel");
    else
        dp_each_point(c, at_point, NULL);
}

static const dp_param_spec params[] = {DP_PARAM_AT, {0}};
static const char *const twins[] = {"sign", "constant", "frozen", NULL};

DP_CLAIM(da2_curl_identity) = {
    .id = "da2-curl-identity",
    .title = "The curl of DA2 is grad(lambda eta) ^ grad S",
    .equations = "(36), (77), (78), (79)",
    .kind = "EQ",
    .source = "derived here",
    .method = "Curl from the Jacobian against the wedge of the two gradients, and against the product rule on the scalar times the proxy with the "
              "scalar's gradient from moments found by the second engine (for mixtures up to 15 digits).",
    .params = params,
    .twins = twins,
    .run = run,
};
