/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mesh-two-modes: the two-mode failure as a map: around the overcrowded mode every drift but transport points away and is minute. */
#include "../two-mode.h"

static const struct { const char *drift, *stem; } table[] = {{"mean-shift", "ms"}, {"sinkhorn-proxy", "prox"}, {"da2", "da2"}};

/* The box |x - D/2 e_1| <= D/8 on every axis. */
static void around_mode(dp_mesh_t mesh, const dp_problem *P, const tm_t t, slong each)
{
    slong n[3] = {each, each, each};
    fmpq *lo = _fmpq_vec_init(P->dim), *hi = _fmpq_vec_init(P->dim);
    for (int k = 0; k < P->dim; k++) {
        fmpq_div_2exp(hi + k, t->D, 3);
        fmpq_neg(lo + k, hi + k);
    }
    fmpq_set_si(lo, 3, 8), fmpq_mul(lo, lo, t->D);
    fmpq_set_si(hi, 5, 8), fmpq_mul(hi, hi, t->D);
    dp_mesh_init(mesh, P->dim, n, lo, hi);
    _fmpq_vec_clear(lo, P->dim), _fmpq_vec_clear(hi, P->dim);
}

/* The largest V_1 (with its sign) and the largest |V_i| over the nodes. */
typedef struct { arb_t right; dp_largest_t size; int any; } seen;

static void seen_init(seen *s)
{
    arb_init(s->right), dp_largest_init(s->size);
    s->any = 0;
}

static void seen_clear(seen *s)
{
    arb_clear(s->right), dp_largest_clear(s->size);
}

static void see(seen *s, const arb_struct *V, int dim, slong node, slong prec)
{
    if (s->any++)
        arb_max(s->right, s->right, V, prec);
    else
        arb_set(s->right, V);
    for (int i = 0; i < dim; i++)
        dp_largest_see(s->size, V + i, node, prec);
}

/* The same numbers by the second engine, node by node. */
static int by_points(seen *s, dp_check *c, const char *drift, const dp_mesh_t mesh)
{
    const dp_problem *P = dp_check_problem(c);
    dp_field_t at;
    dp_error e = {DP_OK, ""};
    dp_workspace *w = dp_workspace_new();
    arb_ptr x = _arb_vec_init(P->dim);
    slong nodes = dp_mesh_nodes(mesh), prec = dp_check_prec(c);
    int ok = 1;
    dp_field_init(at, P->dim);
    for (slong j = 0; j < nodes && ok; j++) {
        dp_mesh_point(x, mesh, j, prec);
        ok = !dp_check_failed(c, dp_field_eval(at, P, drift, x, DP_ENGINE_QUADRATURE, prec, w, &e), &e);
        if (ok)
            see(s, at->velocity, P->dim, j, prec);
    }
    dp_field_clear(at);
    _arb_vec_clear(x, P->dim);
    dp_workspace_free(w);
    return ok;
}

static void let_both(dp_check *c, const char *stem, const char *part, const arb_t first, const arb_t second)
{
    char *name = dp_format("%s_%s", stem, part);
    dp_let(c, name, first, "mesh");
    dp_let_second(c, name, second, "quadrature");
    free(name);
}

static void one_drift(dp_check *c, int k, const dp_mesh_t mesh)
{
    const dp_problem *P = dp_check_problem(c);
    dp_gridfield *f = dp_mesh_field(c, P, table[k].drift, mesh, DP_Q_VELOCITY);
    seen first, second;
    seen_init(&first), seen_init(&second);
    if (f && by_points(&second, c, table[k].drift, mesh)) {
        for (slong j = 0; j < dp_mesh_nodes(mesh); j++)
            see(&first, dp_mesh_ball(f, DP_Q_VELOCITY, j, 0), P->dim, j, dp_check_prec(c));
        let_both(c, table[k].stem, "right", first.right, second.right);
        let_both(c, table[k].stem, "size", first.size->value, second.size->value);
        char *away = dp_format("%s_right %s 0", table[k].stem, dp_check_twin(c, "sign") ? ">" : "<");
        char *minute = dp_format("%s_size*%s < w2", table[k].stem, dp_check_twin(c, "fast") ? "ratio*10^40*exp(D^2/h^2)" : "ratio");
        char *label = dp_format("%s points away at every node", table[k].drift);
        dp_assert(c, label, away);
        free(label);
        label = dp_format("%s is minute at every node", table[k].drift);
        dp_assert(c, label, minute);
        free(label), free(away), free(minute);
    }
    seen_clear(&first), seen_clear(&second);
    dp_gridfield_free(f);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *nodes = dp_check_param(c, "nodes"), *ratio = dp_check_param(c, "ratio");
    slong each = nodes ? fmpz_get_si(fmpq_numref(nodes->value)) : 9;
    fmpq_t thousand;
    tm_t t;
    dp_mesh_t mesh;
    tm_init(t), fmpq_init(thousand);
    fmpq_set_si(thousand, 1000, 1);
    if (P->kernel != DP_KERNEL_GAUSSIAN || each < 2 || each > 100)
        dp_give_up(c, DP_EINPUT, "needs the Gaussian kernel and 2 to 100 nodes on each axis");
    else if (tm_read(t, c)) {
        tm_names(c, t);
        dp_let_q(c, "ratio", ratio ? ratio->value : thousand);
        dp_def(c, "w2", "D*(alpha - beta)/b");
        around_mode(mesh, P, t, each);
        for (int k = 0; k < 3 && !dp_check_stopped(c); k++)
            one_drift(c, k, mesh);
        dp_mesh_clear(mesh);
    }
    tm_clear(t), fmpq_clear(thousand);
}

static const dp_param_spec params[] = {
    {"nodes", DP_PARAM_INTEGER, NULL, "nodes on each axis, 2 to 100; default 9"},
    {"ratio", DP_PARAM_RATIONAL, NULL, "how many times smaller than the transport velocity the drifts must be; default 1000"},
    {0}};
static const char *const twins[] = {"sign", "fast", NULL};

DP_CLAIM(mesh_two_modes) = {
    .id = "mesh-two-modes",
    .title = "Two modes as a map: around the overcrowded mode mean-shift, proxy and DA2 point away and are minute beside transport",
    .equations = "(40), (41), (43), (44), (45)",
    .kind = "INEQ",
    .source = "derived here; setting of Gretton et al. 2605.05118, Section 3.3 and Appendix D",
    .method = "Certified fields on a mesh over the box of half-width D/8 around +D/2, and once more node by node by the second engine; the largest V_1 and the largest "
              "component against 0 and against the transport velocity (45).",
    .params = params, .twins = twins, .run = run};
