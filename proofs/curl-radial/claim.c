/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Concentric radial pairs: the Sinkhorn proxy has no curl. */
#include "driftproof.h"

/* 1 when mu is an atom at `centre` or a mixture of isotropic Gaussians, all with this mean. */
static int is_radial(const dp_measure_t mu, const fmpq *centre)
{
    int d = mu->dim, same = mu->family == DP_ATOMS || mu->family == DP_MIXTURE;
    for (slong j = 0; same && j < mu->n; j++)
        for (int a = 0; a < d; a++) {
            same = same && fmpq_equal(DP_MEAN(mu, j, a), centre + a);
            for (int b = 0; mu->family == DP_MIXTURE && b < d; b++)
                same = same && (a == b ? fmpq_equal(DP_COV(mu, j, a, b), DP_COV(mu, j, 0, 0)) : fmpq_is_zero(DP_COV(mu, j, a, b)));
        }
    return same;
}

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    const dp_problem *P = data;
    dp_field_t f;
    dp_error e = {DP_OK, ""};
    char name[64];
    dp_field_init(f, at->dim);
    if (!dp_check_failed(c, dp_field_eval(f, P, "sinkhorn-proxy", at->x, DP_ENGINE_AUTO, dp_check_prec(c), dp_check_workspace(c), &e), &e)) {
        const char *engine = dp_engine_name(f->engine);
        snprintf(name, sizeof name, "%seta", at->prefix);
        dp_let(c, name, f->preconditioner->v, engine);
        for (slong k = 0; k < DP_CURL_DIM(at->dim); k++) {
            snprintf(name, sizeof name, "%scurl", at->prefix);
            dp_let(c, dp_name(name, k, -1), f->curl + k, engine);
            snprintf(name, sizeof name, "%swedge", at->prefix);
            dp_let(c, dp_name(name, k, -1), f->wedge + k, engine);
            dp_assert_at(c, at, k, -1, "curl", dp_check_twin(c, "constant") ? "@curl_#*h^2/@eta == tiny" : "@curl_#*h^2/@eta == 0");
            dp_assert_at(c, at, k, -1, "wedge", "@wedge_#*h^2/@eta == 0");
        }
    }
    dp_field_clear(f);
}

static void run(dp_check *c)
{
    dp_problem *P = dp_problem_copy(dp_check_problem(c));
    if (P->dim < 2 || P->kernel != DP_KERNEL_GAUSSIAN || !is_radial(P->p, DP_MEAN(P->q, 0, 0)) || !is_radial(P->q, DP_MEAN(P->q, 0, 0)))
        dp_give_up(c, DP_EINPUT, "expected a Gaussian kernel, dimension 2 or 3, and p, q radial about one common centre");
    else {
        if (dp_check_twin(c, "eccentric"))
            dp_nudge_for(c, DP_MEAN(P->p, 0, 0), P->bandwidth);
        if (P->p->family == DP_ATOMS)
            dp_twin_unfit(c, "elliptic");
        else if (dp_check_twin(c, "elliptic"))
            dp_spoil_for(c, DP_COV(P->p, 0, 0, 0));
        dp_let_tiny(c, "tiny");
        dp_each_point(c, at_point, P);
    }
    dp_problem_free(P);
}

static const dp_param_spec params[] = {DP_PARAM_AT, {0}};
static const char *const twins[] = {"constant", "eccentric", "elliptic", NULL};
DP_CLAIM(curl_radial) = {
    .id = "curl-radial",
    .title = "For measures radial about one centre the Sinkhorn proxy has no curl",
    .equations = "(36)",
    .kind = "EQ",
    .source = "derived here",
    .method = "Algebra: eta and S depend on |x - c| only, so their gradients are parallel. The enclosures of curl and wedge, in units of eta/h^2, "
              "contain 0 with width below the asked digits; a shift or a tiny stretch is refuted.",
    .params = params, .twins = twins, .run = run};
