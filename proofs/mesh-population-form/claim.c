/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Population form over a mesh: the field on the mesh against (31)-(34) from their own integrals by the second engine. */
#include <math.h>
#include <stdlib.h>
#include "driftproof.h"

/* The integrals of (31)-(34) at one node by the second engine: Z and D of p~ and q~, Z of p and q. */
typedef struct { dp_moments_t m[4]; arb_ptr x; } integrals;

static void integrals_init(integrals *I, int dim)
{
    for (int k = 0; k < 4; k++)
        dp_moments_init(I->m[k], dim);
    I->x = _arb_vec_init(dim);
}

static void integrals_clear(integrals *I, int dim)
{
    for (int k = 0; k < 4; k++)
        dp_moments_clear(I->m[k]);
    _arb_vec_clear(I->x, dim);
}

/* D: the problem of the definition, which a twin may have swapped. */
static int integrate(integrals *I, dp_check *c, const dp_problem *D, const dp_mesh_t mesh, slong node, dp_workspace *w)
{
    slong prec = dp_check_prec(c);
    dp_error e = {DP_OK, ""};
    int ok = 1;
    dp_mesh_point(I->x, mesh, node, prec);
    for (int k = 0; k < 4 && ok; k++) {
        dp_which which = dp_check_twin(c, "unweighted") && k >= DP_OF_PT ? (dp_which) (k - DP_OF_PT) : (dp_which) k;
        ok = !dp_check_failed(c, dp_moments_eval(I->m[k], D, which, I->x, DP_ENGINE_QUADRATURE, prec, w, &e), &e);
    }
    return ok;
}

/* V_i = r_q int A_p y_i p - r_p int A_q x'_i q with A_p, A_q of (31) and r_p, r_q of (32). size: h r_p r_q, that is eta/h. */
static void definition(arb_ptr V, arb_t size, dp_check *c, const integrals *I, int dim)
{
    slong prec = dp_check_prec(c);
    const dp_jet_struct *p = I->m[DP_OF_P]->Z, *q = I->m[DP_OF_Q]->Z, *pt = I->m[DP_OF_PT]->Z, *qt = I->m[DP_OF_QT]->Z;
    arb_t rp, rq, a, b;
    arb_init(rp), arb_init(rq), arb_init(a), arb_init(b);
    arb_rsqrt(a, p->v, prec), arb_mul(rp, pt->v, a, prec);
    arb_rsqrt(b, q->v, prec), arb_mul(rq, qt->v, b, prec);
    for (int i = 0; i < dim; i++) {
        arb_t to_p, to_q;
        arb_init(to_p), arb_init(to_q);
        arb_mul(to_p, I->x + i, pt->v, prec), arb_add(to_p, to_p, I->m[DP_OF_PT]->D + i, prec);
        arb_mul(to_q, I->x + i, qt->v, prec), arb_add(to_q, to_q, I->m[DP_OF_QT]->D + i, prec);
        arb_mul(to_p, to_p, a, prec), arb_mul(to_p, to_p, rq, prec);
        arb_mul(to_q, to_q, b, prec), arb_mul(to_q, to_q, rp, prec);
        if (dp_check_twin(c, "sign"))
            arb_swap(to_p, to_q);
        arb_sub(V + i, to_p, to_q, prec);
        arb_clear(to_p), arb_clear(to_q);
    }
    arb_mul(size, rp, rq, prec);
    arb_set_fmpq(a, dp_check_problem(c)->bandwidth, prec);
    arb_mul(size, size, a, prec);
    arb_clear(rp), arb_clear(rq), arb_clear(a), arb_clear(b);
}

/* All nodes of a mesh of atoms; else `spots` nodes spread by the golden section. */
static slong node_of(slong k, slong count, slong nodes)
{
    return count == nodes ? k : (slong) ((double) nodes * fmod(0.5 + 0.61803398874989485 * (double) k, 1));
}

static slong how_many(const dp_check *c, const dp_problem *P, slong nodes)
{
    const dp_param *spots = dp_check_param(c, "spots");
    slong n = spots ? fmpz_get_si(fmpq_numref(spots->value)) : P->p->family == DP_ATOMS && P->q->family == DP_ATOMS ? nodes : 3;
    return FLINT_MAX(1, FLINT_MIN(n, nodes));
}

static void compare(dp_largest_t l, dp_check *c, const dp_gridfield *f, const dp_problem *D, slong count)
{
    const dp_problem *P = dp_check_problem(c);
    slong prec = dp_check_prec(c), nodes = dp_mesh_nodes(&f->mesh);
    dp_workspace *w = dp_workspace_new();
    integrals I;
    arb_ptr V = _arb_vec_init(P->dim);
    arb_t size;
    arb_init(size);
    integrals_init(&I, P->dim);
    for (slong k = 0; k < count && !dp_check_stopped(c); k++) {
        slong node = node_of(k, count, nodes);
        if (!integrate(&I, c, D, &f->mesh, node, w))
            break;
        definition(V, size, c, &I, P->dim);
        for (int i = 0; i < P->dim; i++) {
            arb_sub(V + i, V + i, dp_mesh_ball(f, DP_Q_VELOCITY, node, i), prec);
            arb_div(V + i, V + i, size, prec);
            dp_largest_see(l, V + i, node, prec);
        }
    }
    integrals_clear(&I, P->dim);
    arb_clear(size);
    _arb_vec_clear(V, P->dim);
    dp_workspace_free(w);
}

static void on_mesh(dp_check *c, const dp_mesh_t mesh)
{
    const dp_problem *P = dp_check_problem(c);
    slong nodes = dp_mesh_nodes(mesh), count = how_many(c, P, nodes);
    dp_problem *D = dp_problem_copy(P);
    dp_gridfield *f = dp_mesh_field(c, P, "sinkhorn-proxy", mesh, DP_Q_VELOCITY);
    dp_largest_t l;
    dp_largest_init(l);
    if (dp_check_twin(c, "constant"))
        dp_spoil_for(c, D->bandwidth);
    if (dp_check_twin(c, "swapped"))
        dp_problem_swap(D);
    if (f)
        compare(l, c, f, D, count);
    if (f && !dp_check_stopped(c)) {
        char *label = dp_format("largest |(34) - V| over %ld of %ld nodes", (long) count, (long) nodes);
        dp_let(c, "residual", l->value, "lattice-and-quadrature");
        dp_assert(c, label, "residual == 0");
        free(label);
    }
    dp_largest_clear(l);
    dp_gridfield_free(f);
    dp_problem_free(D);
}

static void run(dp_check *c)
{
    dp_mesh_t mesh;
    if (dp_check_problem(c)->kernel != DP_KERNEL_GAUSSIAN) {
        dp_give_up(c, DP_EINPUT, "the population form (35) is about the Gaussian kernel");
        return;
    }
    if (!dp_check_mesh(mesh, c))
        return;
    on_mesh(c, mesh);
    dp_mesh_clear(mesh);
}

static const dp_param_spec params[] = {
    DP_PARAM_MESH,
    {"spots", DP_PARAM_INTEGER, NULL, "nodes that the second engine visits; default: all when p and q are atoms, else 3"},
    {0}};
static const char *const twins[] = {"sign", "constant", "swapped", "unweighted", NULL};
DP_CLAIM(mesh_population_form) = {
    .id = "mesh-population-form",
    .title = "Over a mesh: the Sinkhorn proxy field is what its definition by affinities and masses says",
    .equations = "(31), (32), (33), (34), (35)",
    .kind = "EQ",
    .source = "Gretton et al. 2605.05118, Prop. (population form of the Sinkhorn Proxy)",
    .method = "The certified field on the mesh, from lattices shared by all nodes, against (34) put together along (31)-(33) from integrals by the second engine: at "
              "every node when p and q are atoms, else at nodes spread over the mesh.",
    .params = params, .twins = twins, .run = run};
