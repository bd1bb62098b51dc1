/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_ratio.c: the logarithm of (k*p)/(k*q) as weights that the kernel is convolved with again: what the drift smoothed-kl needs on meshes. */
#include <string.h>

#include "drift/est_source.h"

/* ---- Gaussian kernels: equidistant nodes ---- */

enum { MOST_NODES = 20000000 };

/* Nodes 9 widths of the widest kernel around the mesh, step half a width of the narrowest, at level 0; of a mesh so wide that kernels leave gaps only what they reach to exp(-28) or less. */
static dp_status tensor_nodes(est_source *s, const est_axes *out, int level, dp_error *e)
{
    const real h = est_widest(s->k), reach = 9 * R_REACH * h * pow(1.5, level), near = R_REACH * (real) (7.5 + level) * h, step = R_STEP * est_narrowest(s->k) * ldexp(1, -level);
    double total = 1;
    s->nodes.dim = s->dim;
    for (int k = 0; k < s->dim; k++) {
        const real width = out->x[k][out->n[k] - 1] - out->x[k][0];
        total *= (double) (est_leaves_gaps(out, k, near) ? (real) out->n[k] * (2 * near / step + 1) : (width + 2 * reach) / step + 1);
    }
    if (total > MOST_NODES)
        return dp_fail(e, DP_EBUDGET, "the mesh needs more than %g quadrature nodes at this bandwidth", (double) MOST_NODES);
    for (int k = 0; k < 3; k++) {
        const int used = k < s->dim;
        if (used && est_leaves_gaps(out, k, near)) {
            s->nodes.n[k] = est_near_nodes(s->nodes.x + k, s->axis_w + k, out, k, out->x[k][0] - near, out->x[k][out->n[k] - 1] + near, step, near);
            continue;
        }
        const real lo = used ? out->x[k][0] - reach : 0, hi = used ? out->x[k][out->n[k] - 1] + reach : 0;
        const slong n = used ? (slong) r_ceil((hi - lo) / step) + 1 : 1;
        s->nodes.n[k] = n;
        s->nodes.x[k] = dp_calloc((size_t) n, sizeof(real));
        s->axis_w[k] = dp_calloc((size_t) n, sizeof(real));
        for (slong i = 0; used && i < n; i++)
            s->nodes.x[k][i] = lo + (hi - lo) * (real) i / (real) (n - 1), s->axis_w[k][i] = r_log((hi - lo) / (real) (n - 1));
    }
    return DP_OK;
}

/* ---- other kernels in the plane and in space: a lattice that contains the mesh ---- */

enum { FADE = 3, FADE_REACH = 6 }; /* weights fade as erfc does, over 2 * 3 * 6 steps: that is smooth to 2e-10 of them at this step, where the kernel is faint */

/* Along an axis of the mesh: of a lattice with `stride` nodes for each of its own, every thin-th carries a weight; so many nodes lie before the mesh's first. */
typedef struct { slong stride, thin, margin; real step; } lattice_axis;

static lattice_axis axis_of(const dp_problem *P, const est_kernel *k, const est_axes *out, int axis, int level)
{
    real wanted = est_narrowest(k) / 3, reach = 0;
    for (int i = 0; i < 2; i++) {
        est_law law;
        est_law_init(&law, i ? P->q : P->p);
        if (!dp_measure_is_points(law.mu))
            wanted = r_min(wanted, est_smallest_width(&law, axis) / 2);
        est_law_clear(&law);
    }
    wanted *= ldexp(1, -level);
    for (slong p = 0; p < k->n; p++) /* exp(-20), at the third level exp(-34): no further than transforms tell k*p from their noise, where the weights fade */
        reach = r_max(reach, est_kernel_reach(k->part + p) * 0.42 * pow(1.2, level));
    const real mesh = (out->x[axis][out->n[axis] - 1] - out->x[axis][0]) / (real) (out->n[axis] - 1);
    lattice_axis a = {(slong) r_min(r_max(r_ceil(mesh / wanted), 1), 1e6), (slong) r_min(r_max(wanted / mesh, 1), 1e6), 0, 0};
    a.step = mesh / (real) a.stride;
    a.margin = a.thin * ((slong) r_min(r_ceil(reach / (a.step * (real) a.thin)), 1e8) + 2 * FADE * FADE_REACH);
    return a;
}

/* The axes' lattices; refused where they have too many nodes together. */
static dp_status lattice_axes(lattice_axis a[3], slong inside[3], const dp_problem *P, const est_kernel *k, const est_axes *out, int level, dp_error *e)
{
    double total = 1;
    for (int i = 0; i < 3; i++) {
        a[i] = i < P->dim ? axis_of(P, k, out, i, level) : (lattice_axis) {1, 1, 0, 1};
        inside[i] = i < P->dim ? ((out->n[i] - 1) * a[i].stride + a[i].thin - 1) / a[i].thin * a[i].thin : 0;
        total *= (double) (inside[i] + 2 * a[i].margin + 1);
    }
    if (total > (P->dim == 3 ? 1e7 : 6.4e7) / R_REACH)
        return dp_fail(e, DP_EBUDGET, "a lattice with the mesh's nodes that reaches as far as the kernel needs %.3g nodes", total);
    return DP_OK;
}

dp_status est_ratio_axes(est_axes *axes, const dp_problem *P, const est_kernel *k, const est_axes *out, int level, dp_error *e)
{
    lattice_axis a[3];
    slong inside[3];
    const dp_status status = lattice_axes(a, inside, P, k, out, level, e);
    axes->dim = P->dim;
    for (int i = 0; i < 3 && status == DP_OK; i++) {
        axes->n[i] = (inside[i] + 2 * a[i].margin) / a[i].thin + 1;
        axes->x[i] = dp_calloc((size_t) axes->n[i], sizeof(real));
        for (slong j = 0; i < P->dim && j < axes->n[i]; j++)
            axes->x[i][j] = out->x[i][0] + (real) (j * a[i].thin - a[i].margin) * a[i].step;
    }
    return status;
}

/* The lattice, and the fading of each node's weight. */
static dp_status lattice_nodes(est_source *s, const dp_problem *P, const est_axes *out, int level, dp_error *e)
{
    lattice_axis a[3];
    slong inside[3];
    const dp_status status = lattice_axes(a, inside, P, s->k, out, level, e);
    if (status != DP_OK)
        return status;
    s->nodes.dim = s->dim, s->tapered = 1;
    for (int k = 0; k < 3; k++) {
        s->stride[k] = a[k].stride, s->thin[k] = a[k].thin, s->first[k] = a[k].margin, s->step[k] = a[k].step;
        s->nodes.n[k] = inside[k] + 2 * a[k].margin + 1;
    }
    for (int k = 0; k < 3; k++) {
        const slong n = s->nodes.n[k];
        const real cell = s->step[k] * (real) s->thin[k], fade = FADE * cell;
        s->nodes.x[k] = dp_calloc((size_t) n, sizeof(real)), s->axis_w[k] = dp_calloc((size_t) n, sizeof(real));
        for (slong i = 0; k < s->dim && i < n; i++) {
            const real past = s->step[k] * (real) FLINT_MIN(i, n - 1 - i);
            s->nodes.x[k][i] = out->x[k][0] + (real) (i - s->first[k]) * s->step[k];
            s->axis_w[k][i] = i % s->thin[k] ? -(real) INFINITY : r_log(cell * r_erfc((FADE_REACH * fade - past) / fade) / 2);
        }
    }
    return DP_OK;
}

/* ---- all kernels ---- */

static real mass_of(const est_kernel *k, int dim)
{
    real mass = 0;
    for (slong p = 0; p < k->n; p++)
        mass += k->part[p].weight * est_kernel_fourier(k->part + p, dim, 0).scale;
    return mass;
}

/* log(k*p) - log(k*q) on axes, and the least of it. */
static dp_status ratio_on(real *out, real *least, const est_source *p, const est_source *q, const est_axes *axes, int threads, dp_error *e)
{
    const slong n = est_size(axes);
    real *log_q = dp_malloc((size_t) n * sizeof *log_q);
    dp_status status = est_log_on_axes(out, p, axes, threads, e);
    if (status == DP_OK)
        status = est_log_on_axes(log_q, q, axes, threads, e);
    for (slong i = 0; i < n && status == DP_OK; i++) {
        out[i] -= log_q[i], *least = r_min(*least, out[i]);
        if (!(r_fabs(out[i]) < INFINITY))
            status = dp_fail(e, DP_EUNSUPPORTED, "k*p or k*q leaves what doubles can tell from 0 within the kernel's reach: a wider kernel or a smaller window");
    }
    free(log_q);
    return status;
}

/* What rounding may do to log(k*p) - log(k*q) at the nodes that carry weights. */
static void slips(est_source *s, const est_source *p, const est_source *q)
{
    const est_source *of[2] = {p, q};
    real *one = dp_malloc((size_t) est_size(&s->nodes) * sizeof *one);
    s->slip = dp_calloc((size_t) est_size(&s->nodes), sizeof *s->slip);
    for (int i = 0; i < 2; i++)
        if (of[i]->kind == EST_LATTICE) {
            est_slips(one, s, of[i]);
            for (slong j = 0; j < est_size(&s->nodes); j++)
                s->slip[j] += one[j];
        }
    free(one);
}

/* The nodes of a lattice that carry weights. */
static dp_status weigh_lattice(est_source *s, real *shift, const est_source *p, const est_source *q, const est_axes *out, int level, real constant, int threads, dp_error *e)
{
    est_axes axes;
    real least = INFINITY;
    dp_status status = est_ratio_axes(&axes, s->P, s->k, out, level, e);
    if (status != DP_OK)
        return status;
    real *ratio = dp_malloc((size_t) est_size(&axes) * sizeof *ratio);
    status = ratio_on(ratio, &least, p, q, &axes, threads, e);
    *shift = 1 - least;
    for (slong i = 0; i < est_size(&s->nodes) && status == DP_OK; i++) {
        const slong j = i / s->nodes.n[0], at[3] = {i % s->nodes.n[0], j % s->nodes.n[1], j / s->nodes.n[1]};
        const real w = s->axis_w[0][at[0]] + s->axis_w[1][at[1]] + s->axis_w[2][at[2]];
        s->log_w[i] = w > -INFINITY ? w + constant + r_log(ratio[at[0] / s->thin[0] + axes.n[0] * (at[1] / s->thin[1] + axes.n[1] * (at[2] / s->thin[2]))] + *shift) : w;
    }
    if (status == DP_OK)
        slips(s, p, q);
    for (slong i = 0; i < est_size(&s->nodes) && status == DP_OK; i++) { /* as shares of the weights, whose logarithm may be that of any number from 1 up */
        const slong j = i / s->nodes.n[0];
        const real w = s->axis_w[0][i % s->nodes.n[0]] + s->axis_w[1][j % s->nodes.n[1]] + s->axis_w[2][j / s->nodes.n[1]];
        s->slip[i] = w > -INFINITY ? s->slip[i] * r_exp(w + constant - s->log_w[i]) : 0;
    }
    free(ratio);
    est_axes_clear(&axes);
    return status;
}

static dp_status weigh_nodes(est_source *s, real *shift, const est_source *p, const est_source *q, const est_axes *out, real constant, int threads, dp_error *e)
{
    real least = INFINITY;
    dp_status status = ratio_on(s->log_w, &least, p, q, &s->nodes, threads, e);
    if (status == DP_OK && s->kind == EST_PANELS) {
        real *at = est_panels_density(s, out->n[0]);
        status = ratio_on(at, &least, p, q, out, threads, e);
        for (slong i = 0; i < out->n[0] && status == DP_OK; i++)
            at[i] = r_log(at[i] + 1 - least) + constant;
    }
    *shift = 1 - least;
    for (slong i = 0; i < est_size(&s->nodes) && status == DP_OK; i++) {
        const slong j = i / s->nodes.n[0];
        s->log_w[i] = r_log(s->log_w[i] + *shift) + constant + s->axis_w[0][i % s->nodes.n[0]] + s->axis_w[1][j % s->nodes.n[1]] + s->axis_w[2][j / s->nodes.n[1]];
    }
    return status;
}

dp_status est_log_ratio_init(est_source *s, real *shift, const est_source *p, const est_source *q, const est_axes *out, int level, int threads, dp_error *e)
{
    const est_kernel *k = p->k;
    const real constant = -r_log(mass_of(k, p->dim));
    dp_status status = DP_OK;
    *s = (est_source){.k = k, .dim = p->dim, .kind = k->gaussian ? EST_TENSOR : p->dim == 1 ? EST_PANELS : EST_LATTICE, .P = p->P, .level = level};
    if (s->kind == EST_TENSOR)
        status = tensor_nodes(s, out, level, e);
    else
        status = s->kind == EST_PANELS ? est_panels_init(s, p->P, out, 1, level, e) : lattice_nodes(s, p->P, out, level, e);
    if (status != DP_OK)
        return status;
    s->log_w = dp_malloc((size_t) est_size(&s->nodes) * sizeof *s->log_w);
    return s->kind == EST_LATTICE ? weigh_lattice(s, shift, p, q, out, level, constant, threads, e) : weigh_nodes(s, shift, p, q, out, constant, threads, e);
}
