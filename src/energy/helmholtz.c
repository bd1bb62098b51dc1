/* SPDX-License-Identifier: GPL-3.0-or-later */
/* helmholtz.c: gradient and rotational part of a drift on a mesh: weights, levels of refinement, extrapolation. */
#include <string.h>

#include "drift/est_source.h"
#include "energy/helmholtz.h"
#include "grid/hodge.h"

enum { MOST_NODES = 1 << 18, LEVELS = 7 };

const char *dp_split_name(dp_split s, const dp_problem *P)
{
    return s == DP_SPLIT_FLAT ? "flat" : dp_measure_is_points(P->q) ? "k*q" : "q";
}

/* ---- one level ---- */

/* Both parts at the nodes of the mesh asked for (node-major), V's errors there, and the fraction. */
typedef struct { double *gradient, *rest, *error, fraction; } split_level;

static void level_clear(split_level *l)
{
    free(l->gradient), free(l->rest), free(l->error);
    memset(l, 0, sizeof *l);
}

/* The mesh with every step halved `level` times. */
static void finer_mesh(dp_mesh_t out, const dp_mesh_t mesh, int level)
{
    dp_mesh_copy(out, mesh);
    for (int k = 0; k < mesh->dim; k++) {
        out->n[k] = ((mesh->n[k] - 1) << level) + 1;
        fmpq_div_2exp(out->step + k, out->step + k, (mp_bitcnt_t) level);
    }
}

static double nodes_of(const dp_mesh_t mesh, int level)
{
    double n = 1;
    for (int k = 0; k < mesh->dim; k++)
        n *= ldexp((double) (mesh->n[k] - 1), level) + 1;
    return n;
}

static void axes_init(est_axes *a, const dp_mesh_t mesh)
{
    static const double zero = 0;
    a->dim = mesh->dim;
    for (int k = 0; k < 3; k++) {
        a->n[k] = k < mesh->dim ? mesh->n[k] : 1;
        a->x[k] = k < mesh->dim ? dp_mesh_axis_d(mesh, k) : memcpy(dp_malloc(sizeof zero), &zero, sizeof zero);
    }
}

/* log q at the nodes, or of k*q where q consists of points; scales do not matter. */
static dp_status log_weights(double *log_w, const dp_problem *P, const dp_mesh_t mesh, int threads, dp_error *e)
{
    est_axes axes;
    dp_status status = DP_OK;
    axes_init(&axes, mesh);
    if (dp_measure_is_points(P->q)) {
        est_kernel k;
        est_source s;
        est_kernel_init(&k, P);
        status = est_source_init(&s, P, &k, P->q, NULL, 0, &axes, 0, threads, e);
        if (status == DP_OK)
            status = est_log_on_axes(log_w, &s, &axes, threads, e);
        est_source_clear(&s), free(k.part);
    } else {
        est_law law;
        est_law_init(&law, P->q);
        status = est_law_on_axes(log_w, &law, &axes, threads, e);
        est_law_clear(&law);
    }
    est_axes_clear(&axes);
    return status;
}

/* The drift's velocities: doubles where they are there, else midpoints of balls. */
static dp_status velocities(dp_gridfield **v, const dp_problem *P, const char *drift, const dp_mesh_t mesh, int threads, dp_error *e)
{
    dp_status status = dp_gridfield_eval(v, P, drift, mesh, DP_Q_VELOCITY, 13, DP_TIER_DOUBLE, threads, e);
    if (status == DP_EUNSUPPORTED)
        status = dp_gridfield_eval(v, P, drift, mesh, DP_Q_VELOCITY, 13, DP_TIER_AUTO, threads, e);
    if (status != DP_OK)
        return status;
    const dp_grid_values *V = dp_gridfield_find(*v, DP_Q_VELOCITY);
    slong unknown = 0;
    for (slong i = 0; V && i < dp_mesh_nodes(mesh) * V->components; i++)
        unknown += !isfinite(V->mid[i]) || !isfinite(V->rad[i]);
    if (V && !unknown)
        return DP_OK;
    dp_gridfield_free(*v);
    *v = NULL;
    return dp_fail(e, DP_EUNSUPPORTED, "the split needs the velocity all over the window: %s does not have it, or leaves it unknown, at %ld components", drift, (long) unknown);
}

/* What stands at the nodes of the coarse mesh, of which every 2^level-th node of the fine one is one. */
static void take_nodes(split_level *out, const double *part, const dp_grid_values *V, const dp_mesh_t coarse, const dp_mesh_t fine, int level)
{
    const int d = coarse->dim;
    const slong nodes = dp_mesh_nodes(coarse);
    out->gradient = dp_malloc((size_t) (nodes * d) * sizeof(double)), out->rest = dp_malloc((size_t) (nodes * d) * sizeof(double));
    out->error = dp_malloc((size_t) (nodes * d) * sizeof(double));
    for (slong i = 0; i < nodes; i++) {
        slong rest = i, from = 0, stride = 1;
        for (int k = 0; k < d; stride *= fine->n[k], rest /= coarse->n[k], k++)
            from += stride * ((rest % coarse->n[k]) << level);
        for (int c = 0; c < d; c++) {
            const double v = V->mid[from * d + c];
            out->gradient[i * d + c] = part[from * d + c], out->rest[i * d + c] = v - part[from * d + c], out->error[i * d + c] = V->rad[from * d + c];
        }
    }
}

static dp_status make_level(split_level *out, const dp_problem *P, const char *drift, const dp_mesh_t mesh, dp_split split, int level, int threads, dp_error *e)
{
    dp_mesh_t fine;
    dp_gridfield *v = NULL;
    double *log_w = NULL, *part = NULL, share[2] = {0, 0};
    dp_hodge_mesh m = {.dim = mesh->dim, .n = {1, 1, 1}};
    finer_mesh(fine, mesh, level);
    const size_t nodes = (size_t) dp_mesh_nodes(fine);
    for (int k = 0; k < mesh->dim; k++)
        m.n[k] = fine->n[k], m.step[k] = fmpq_get_d(fine->step + k);
    dp_status status = velocities(&v, P, drift, fine, threads, e);
    if (status == DP_OK && split == DP_SPLIT_Q) {
        log_w = dp_malloc(nodes * sizeof *log_w);
        status = log_weights(log_w, P, fine, threads, e);
    }
    if (status == DP_OK) {
        part = dp_malloc(nodes * (size_t) mesh->dim * sizeof *part);
        status = dp_hodge_project(part, share, dp_gridfield_find(v, DP_Q_VELOCITY)->mid, log_w, &m, e);
    }
    if (status == DP_OK) {
        take_nodes(out, part, dp_gridfield_find(v, DP_Q_VELOCITY), mesh, fine, level);
        out->fraction = share[0] > 0 ? share[1] / share[0] : 0;
    }
    dp_gridfield_free(v);
    free(log_w), free(part);
    dp_mesh_clear(fine);
    return status;
}

/* ---- all levels ---- */

/* What is left of the error after two halvings that moved a value by `before` and by `last`, when a third of `last` is added as if the order were two. The next ones are taken to move by the same share
   of the one before, no less than the quarter of second order (less is chance, or an order that may not last) and no more than 9/10: together share/(1 - share) of the last. NaN: one halving only. */
static double left_over(double before, double last)
{
    if (isnan(before))
        return 4 * last;
    const double step = fmax(last, before / 4), share = fmin(step / before, 0.9);
    return step * fmax(1, 1.0 / 3 + share / (1 - share));
}

/* Largest change between levels relative to the largest component. */
static double change(const split_level *a, const split_level *b, slong n)
{
    double moved = 0, size = 0;
    for (slong i = 0; i < n; i++) {
        if (isnan(a->rest[i]) || isnan(b->rest[i]))
            continue;
        moved = fmax(moved, fabs(a->rest[i] - b->rest[i])), size = fmax(size, fabs(b->rest[i]) + fabs(b->gradient[i]));
    }
    return size > 0 ? moved / size : 0;
}

/* The largest change of any component at a node and its neighbours between levels: a change passes through zero where the error need not. */
static double moved_about(const dp_mesh_t mesh, const double *coarse, const double *fine, slong node)
{
    const int d = mesh->dim;
    double most = 0;
    for (int corner = 0; corner < (d == 3 ? 27 : 9); corner++) {
        slong rest = node, at = 0, stride = 1, power = 1;
        for (int k = 0; k < d; rest /= mesh->n[k], stride *= mesh->n[k], power *= 3, k++)
            at += stride * FLINT_MAX(0, FLINT_MIN(mesh->n[k] - 1, rest % mesh->n[k] + corner / power % 3 - 1));
        for (int c = 0; c < d; c++)
            most = fmax(most, fabs(fine[at * d + c] - coarse[at * d + c]));
    }
    return most;
}

/* Second order: what the last halving moved is three times what is left, to leading order. before: the level before coarse, or NULL. */
static void extrapolate(dp_grid_values *to, const dp_mesh_t mesh, const double *before, const double *coarse, const double *fine, const double *error)
{
    const int d = mesh->dim;
    for (slong node = 0; node < dp_mesh_nodes(mesh); node++) {
        const double left = left_over(before ? moved_about(mesh, before, coarse, node) : NAN, moved_about(mesh, coarse, fine, node));
        for (slong i = node * d; i < (node + 1) * d; i++) {
            const double v = fine[i] + (fine[i] - coarse[i]) / 3, r = left + 2 * error[i] + 4 * DP_ULP * fabs(v);
            to->mid[i] = isfinite(v) && isfinite(r) ? v : 0, to->rad[i] = isfinite(v) && isfinite(r) ? r : INFINITY;
        }
    }
    to->estimated = 1;
}

static dp_grid_values *append(dp_gridfield *f, unsigned quantity, slong n)
{
    dp_grid_values *v = f->value + f->nvalues++;
    *v = (dp_grid_values){.quantity = quantity, .components = f->mesh.dim};
    v->mid = dp_calloc((size_t) n, sizeof(double)), v->rad = dp_calloc((size_t) n, sizeof(double));
    return v;
}

/* before: that of the level before coarse, or NaN. */
static void set_fraction(dp_scalar_t out, double before, double coarse, double fine, const char *weight)
{
    const double moved = fine - coarse;
    arb_set_d(out->value, fmax(0, fine + moved / 3));
    mag_set_d(arb_radref(out->value), left_over(fabs(coarse - before), fabs(moved)) + 1e-15);
    out->estimated = 1;
    out->how = weight[0] == 'f' ? "projection on gradients, flat" : weight[0] == 'k' ? "projection on gradients in L2(k*q)" : "projection on gradients in L2(q)";
}

/* Levels until what is left of any component is a quarter of what the digits ask for of the largest, three at least where MOST_NODES allows; the last ones, coarsest first. Returns how many: 2 or 3; status: of the first two. */
static int make_levels(split_level l[3], dp_status *status, const dp_gridfield *f, const dp_problem *P, const char *drift, dp_split split, int threads, dp_error *e)
{
    const slong n = dp_mesh_nodes(&f->mesh) * f->mesh.dim;
    int count = 0;
    for (int level = 0; level < LEVELS && (level < 2 || nodes_of(&f->mesh, level) <= MOST_NODES); level++) {
        split_level next = {NULL, NULL, NULL, 0};
        if (count == 3 && left_over(change(l, l + 1, n), change(l + 1, l + 2, n)) <= pow(10, -(double) f->digits) / 4)
            break;
        *status = make_level(&next, P, drift, &f->mesh, split, level, threads, e);
        if (*status != DP_OK)
            break;
        if (count == 3)
            level_clear(l), l[0] = l[1], l[1] = l[2], count = 2;
        l[count++] = next;
    }
    if (count >= 2 && (*status == DP_EBUDGET || *status == DP_EUNSUPPORTED)) /* too fine a mesh for the drift */
        *status = DP_OK;
    return count;
}

dp_status dp_helmholtz(dp_gridfield *f, dp_scalar_t fraction, const dp_problem *P, const char *drift, dp_split split, unsigned quantities, int threads, dp_error *e)
{
    const slong n = dp_mesh_nodes(&f->mesh) * f->mesh.dim;
    split_level l[3] = {{NULL, NULL, NULL, 0}, {NULL, NULL, NULL, 0}, {NULL, NULL, NULL, 0}};
    dp_status status = DP_OK;
    if (f->mesh.dim < 2)
        return dp_fail(e, DP_EUNSUPPORTED, "on a line every field is a gradient: the split exists in dimension 2 and 3");
    if (nodes_of(&f->mesh, 1) > 1 << 24)
        return dp_fail(e, DP_EUNSUPPORTED, "the split on this mesh would need one of %.3g nodes", nodes_of(&f->mesh, 1));
    const int count = make_levels(l, &status, f, P, drift, split, threads, e);
    if (status == DP_OK) {
        const split_level *fine = l + count - 1, *coarse = fine - 1, *before = count == 3 ? l : NULL;
        if (quantities & DP_Q_GRADIENT_PART)
            extrapolate(append(f, DP_Q_GRADIENT_PART, n), &f->mesh, before ? before->gradient : NULL, coarse->gradient, fine->gradient, fine->error);
        if (quantities & DP_Q_ROTATIONAL_PART)
            extrapolate(append(f, DP_Q_ROTATIONAL_PART, n), &f->mesh, before ? before->rest : NULL, coarse->rest, fine->rest, fine->error);
        set_fraction(fraction, before ? before->fraction : NAN, coarse->fraction, fine->fraction, dp_split_name(split, P));
    }
    for (int i = 0; i < 3; i++)
        level_clear(l + i);
    return status;
}
