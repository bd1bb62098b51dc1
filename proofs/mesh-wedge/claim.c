/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The wedge identity over a mesh: at every node the curl of V from its Jacobian is grad eta ^ grad S, and it is not zero somewhere. */
#include <string.h>
#include "driftproof.h"

/* Sum of |J_ij|: the scale of the entries that the curl subtracts. */
static void jacobian_size(arb_t out, const dp_gridfield *f, slong node, slong prec)
{
    int d = f->mesh.dim;
    arb_t t;
    arb_init(t);
    arb_zero(out);
    for (int i = 0; i < d * d; i++) {
        arb_abs(t, dp_mesh_ball(f, DP_Q_JACOBIAN, node, i));
        arb_add(out, out, t, prec);
    }
    arb_clear(t);
}

/* What stands on the right, sabotaged where this run is a twin. */
static void wedge_of(arb_t out, dp_check *c, const dp_gridfield *f, slong node, int k, slong prec)
{
    fmpq_t factor;
    arb_t t;
    fmpq_init(factor), arb_init(t);
    fmpq_set_si(factor, dp_check_twin(c, "sign") ? -1 : 1, 1);
    if (dp_check_twin(c, "constant"))
        dp_spoil_for(c, factor);
    arb_set_fmpq(t, factor, prec);
    arb_mul(out, t, dp_mesh_ball(f, DP_Q_WEDGE, node, k), prec);
    fmpq_clear(factor), arb_clear(t);
}

/* residual: largest |curl - wedge| over |J|; curl: largest |curl| over |J|. */
static void see_all(dp_largest_t residual, dp_largest_t curl, dp_check *c, const dp_gridfield *f)
{
    slong prec = dp_check_prec(c), nodes = dp_mesh_nodes(&f->mesh);
    int m = DP_CURL_DIM(f->mesh.dim);
    arb_t size, v;
    arb_init(size), arb_init(v);
    for (slong j = 0; j < nodes; j++) {
        jacobian_size(size, f, j, prec);
        for (int k = 0; k < m; k++) {
            wedge_of(v, c, f, j, k, prec);
            arb_sub(v, dp_mesh_ball(f, DP_Q_CURL, j, k), v, prec);
            arb_div(v, v, size, prec);
            dp_largest_see(residual, v, j * m + k, prec);
            arb_div(v, dp_mesh_ball(f, DP_Q_CURL, j, k), size, prec);
            dp_largest_see(curl, v, j * m + k, prec);
        }
    }
    arb_clear(size), arb_clear(v);
}

/* The curl where it is largest, once more from (34) by the second engine; the twin one-engine asks that for what it has not. */
static void let_largest(dp_check *c, const dp_problem *P, const dp_gridfield *f, slong where)
{
    int m = DP_CURL_DIM(P->dim), k = (int) (where % m);
    dp_field_t at;
    dp_problem *second = dp_problem_copy(P);
    dp_error e = {DP_OK, ""};
    char label[96];
    arb_ptr x = _arb_vec_init(P->dim);
    dp_field_init(at, P->dim);
    dp_mesh_point(x, &f->mesh, where / m, 128);
    dp_let(c, "curl", dp_mesh_ball(f, DP_Q_CURL, where / m, k), "lattice");
    if (dp_check_twin(c, "one-engine"))
        second->kernel = DP_KERNEL_LAPLACE;
    if (!dp_check_failed(c, dp_field_eval(at, second, "sinkhorn-proxy", x, DP_ENGINE_QUADRATURE, 64, NULL, &e), &e)) {
        dp_let_second(c, "curl", at->curl + k, "quadrature");
        snprintf(label, sizeof label, "the curl is not 0 at node %ld", (long) (where / m));
        dp_aim(c, label, "curl != 0");
    }
    dp_field_clear(at), dp_problem_free(second);
    _arb_vec_clear(x, P->dim);
}

static void on_mesh(dp_check *c, const dp_mesh_t mesh)
{
    const dp_problem *P = dp_check_problem(c);
    dp_gridfield *f = dp_mesh_field(c, P, "sinkhorn-proxy", mesh, DP_Q_JACOBIAN | DP_Q_CURL | DP_Q_WEDGE);
    dp_largest_t residual, curl;
    if (!f)
        return;
    dp_largest_init(residual), dp_largest_init(curl);
    see_all(residual, curl, c, f);
    dp_let(c, "residual", residual->value, "lattice");
    dp_assert(c, "largest |curl V - grad eta ^ grad S| over the mesh", "residual == 0");
    let_largest(c, P, f, curl->where);
    dp_largest_clear(residual), dp_largest_clear(curl);
    dp_gridfield_free(f);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    dp_mesh_t mesh;
    if (P->kernel != DP_KERNEL_GAUSSIAN || P->dim < 2) {
        dp_give_up(c, DP_EINPUT, "the identity is about the Gaussian kernel in dimension 2 or 3 (in dimension 1 it is empty)");
        return;
    }
    if (!dp_check_mesh(mesh, c))
        return;
    on_mesh(c, mesh);
    dp_mesh_clear(mesh);
}

static const dp_param_spec params[] = {DP_PARAM_MESH, {0}};
static const char *const twins[] = {"sign", "constant", "one-engine", NULL};
DP_CLAIM(mesh_wedge) = {
    .id = "mesh-wedge",
    .title = "Over a whole mesh: the curl of the Sinkhorn proxy field is grad eta ^ grad S, and it is not zero",
    .equations = "(35), (36), (77), (78), (79)",
    .kind = "EQ",
    .source = "Gretton et al. 2605.05118, Prop. (non-gradient structure), B.5",
    .method = "Certified Jacobian, curl and wedge on the mesh: the curl is put together from first and second kernel moments, the wedge from values and gradients. "
              "Where the curl is largest it is found again by the second engine.",
    .params = params, .twins = twins, .run = run};
