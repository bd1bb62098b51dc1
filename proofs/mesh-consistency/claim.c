/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Consistency over a mesh: at every node V = 0 where p = q, and some node where V is not 0 when p and q differ. */
#include <string.h>
#include "driftproof.h"

static const char *const drifts[] = {"mean-shift", "sinkhorn-proxy", "da2", "mmd", "smoothed-kl", NULL};

static int asked(const dp_check *c, const char *drift)
{
    const dp_param *which = dp_check_param(c, "drift");
    return !which || strcmp(which->word, "all") == 0 || strcmp(which->word, drift) == 0;
}

static int has_eta(const char *drift) { return strcmp(drift, "sinkhorn-proxy") == 0 || strcmp(drift, "da2") == 0; }

/* The size of the two terms that cancel at a node: eta/h for V = eta grad S, h for the mean shift, (k*p)/h for mmd, 1/h for smoothed-kl. */
static int natural_size(arb_t out, dp_check *c, const dp_problem *P, const char *drift, const dp_gridfield *f, slong node)
{
    slong prec = dp_check_prec(c);
    dp_error e = {DP_OK, ""};
    int ok = 1;
    arb_set_fmpq(out, P->bandwidth, prec);
    if (strcmp(drift, "mean-shift") == 0)
        return 1;
    arb_inv(out, out, prec);
    if (has_eta(drift))
        arb_mul(out, out, dp_mesh_ball(f, DP_Q_PRECONDITIONER, node, 0), prec);
    else if (strcmp(drift, "mmd") == 0) {
        dp_moments_t m;
        arb_ptr x = _arb_vec_init(P->dim);
        dp_moments_init(m, P->dim);
        dp_mesh_point(x, &f->mesh, node, prec);
        ok = !dp_check_failed(c, dp_moments_eval(m, P, DP_OF_P, x, DP_ENGINE_AUTO, prec, NULL, &e), &e);
        arb_mul(out, out, m->Z->v, prec);
        dp_moments_clear(m);
        _arb_vec_clear(x, P->dim);
    }
    return ok;
}

/* The largest |V_i| over its natural size, over all nodes and components; entry = node * dim + i. Returns 0 after telling the check. */
static int largest(dp_largest_t out, dp_check *c, const dp_problem *P, const char *drift, const dp_mesh_t mesh)
{
    slong prec = dp_check_prec(c), nodes = dp_mesh_nodes(mesh);
    dp_gridfield *f = dp_mesh_field(c, P, drift, mesh, DP_Q_VELOCITY | (has_eta(drift) ? DP_Q_PRECONDITIONER : 0u));
    arb_t size, v;
    int ok = f != NULL;
    arb_init(size), arb_init(v);
    for (slong j = 0; j < nodes && ok; j++) {
        ok = natural_size(size, c, P, drift, f, j);
        for (int i = 0; i < P->dim && ok; i++) {
            arb_div(v, dp_mesh_ball(f, DP_Q_VELOCITY, j, i), size, prec);
            dp_largest_see(out, v, j * P->dim + i, prec);
        }
    }
    arb_clear(size), arb_clear(v);
    dp_gridfield_free(f);
    return ok;
}

/* p or q against itself in other words. */
static void at_equality(dp_check *c, const dp_mesh_t mesh, int k, char pair)
{
    const dp_problem *given = dp_check_problem(c);
    dp_problem *P = dp_problem_copy(given);
    const dp_measure_struct *mu = pair == 'p' ? given->p : given->q;
    dp_largest_t l;
    char name[48], relation[96], label[160];
    dp_measure_clear(P->p), dp_measure_set(P->p, mu);
    dp_measure_clear(P->q), dp_measure_retell(P->q, mu);
    if (dp_check_twin(c, "moved"))
        dp_nudge_for(c, DP_MEAN(P->q, 0, 0), P->bandwidth);
    dp_largest_init(l);
    if (largest(l, c, P, drifts[k], mesh)) {
        snprintf(name, sizeof name, "residual_%c%d", pair, k);
        snprintf(relation, sizeof relation, "%s == %s", name, dp_check_twin(c, "constant") ? "tiny" : "0");
        snprintf(label, sizeof label, "%s: largest |V_i| over the mesh where p = q, both = %c", drifts[k], pair);
        dp_let(c, name, l->value, "lattice");
        dp_assert(c, label, relation);
    }
    dp_largest_clear(l);
    dp_problem_free(P);
}

/* The node and component where V is largest, once from the mesh and once by the second engine at that point. */
static void off_equality(dp_check *c, const dp_mesh_t mesh, int k)
{
    const dp_problem *P = dp_check_problem(c);
    dp_largest_t l;
    dp_field_t at;
    dp_error e = {DP_OK, ""};
    char name[48], relation[96], label[160];
    arb_ptr x = _arb_vec_init(P->dim);
    dp_field_init(at, P->dim);
    dp_largest_init(l);
    if (largest(l, c, P, drifts[k], mesh)) {
        slong node = l->where / P->dim;
        int i = (int) (l->where % P->dim);
        dp_gridfield *f = dp_mesh_field(c, P, drifts[k], mesh, DP_Q_VELOCITY);
        dp_mesh_point(x, mesh, node, 128);
        snprintf(name, sizeof name, "V%d", k);
        snprintf(relation, sizeof relation, "%s != 0", name);
        snprintf(label, sizeof label, "%s: V_%d is not 0 at node %ld", drifts[k], i + 1, (long) node);
        if (f && dp_field_eval(at, P, drifts[k], x, DP_ENGINE_QUADRATURE, 64, NULL, &e) == DP_OK) {
            dp_let(c, name, dp_mesh_ball(f, DP_Q_VELOCITY, node, i), "lattice");
            dp_let_second(c, name, at->velocity + i, "quadrature");
            dp_assert(c, label, relation);
        } else if (f)
            dp_check_failed(c, e.status, &e);
        dp_gridfield_free(f);
    }
    dp_largest_clear(l);
    dp_field_clear(at);
    _arb_vec_clear(x, P->dim);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    dp_mesh_t mesh;
    if (P->kernel != DP_KERNEL_GAUSSIAN) {
        dp_give_up(c, DP_EINPUT, "meshes have enclosures for the Gaussian kernel");
        return;
    }
    if (!dp_check_mesh(mesh, c))
        return;
    dp_let_tiny(c, "tiny");
    for (int k = 0; drifts[k] && !dp_check_stopped(c); k++) {
        if (!asked(c, drifts[k]))
            continue;
        at_equality(c, mesh, k, 'p');
        if (!dp_check_stopped(c))
            at_equality(c, mesh, k, 'q');
        if (!dp_check_stopped(c) && !dp_measure_equal(P->p, P->q))
            off_equality(c, mesh, k);
    }
    dp_mesh_clear(mesh);
}

static const dp_param_spec params[] = {
    DP_PARAM_MESH,
    {"drift", DP_PARAM_WORD, "all|mean-shift|sinkhorn-proxy|da2|mmd|smoothed-kl", "which fields; default all"},
    {0}};
static const char *const twins[] = {"constant", "moved", NULL};
DP_CLAIM(mesh_consistency) = {
    .id = "mesh-consistency",
    .title = "Over a whole mesh: the fields vanish where p = q, and not where p and q differ",
    .equations = "(14), (24), (34), (51)",
    .kind = "EQ",
    .source = "Gretton et al. 2605.05118, Thm (consistency); Deng et al. 2602.04770",
    .method = "Certified fields on the mesh. At p = q (the second copy written in other words) the largest residual over all nodes, in units of the terms that cancel; "
              "at the p and q of the case the node where the field is largest, confirmed by the second engine there.",
    .params = params, .twins = twins, .run = run};
