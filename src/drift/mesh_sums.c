/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mesh_sums.c: the separable passes that turn lattice weights into moments at the nodes of a mesh, by digits or by balls, the last axis band by band. */
#include "base/memory.h"
#include "base/threads.h"
#include "drift/mesh_sums.h"

enum { LAYER_NODES = 4096 }; /* lattice nodes that a job takes, about */

/* The first passes: kernel rows of every axis but the last, as digits, and where results go. */
typedef struct {
    dp_mesh_sums *z;
    dp_digits *kernel[2][3];
    arb_ptr sums[6];           /* of each part: R x m */
    dp_layer_weights weights;
    const void *argument;
    slong width;               /* layers of a job */
} passes;

int dp_sublattice_by_digits(const dp_sublattice *s, const dp_mesh_t mesh)
{
    double shifts = (double) mesh->n[0] * (double) s->up[0] + (double) s->m[0] * (double) s->down[0];
    return mesh->dim > 1 || shifts <= 4e6; /* on the line when the lattice shifts that a convolution must give are not too many */
}

/* out[i][r] = sum_j K_a(first + i, j) in[r][j]: what was the fastest axis of `in` becomes the slowest. */
static dp_status pass(arb_ptr out, const dp_mesh_sums *z, int k, int a, slong first, slong rows, dp_digits *kernel, dp_digits *in, arb_srcptr balls,
                      slong n, slong prec, dp_error *e)
{
    if (kernel)
        return dp_digits_mul(out, kernel, in, prec, 1, e);
    const dp_axis *x = z->x + k;
    for (slong i = 0; i < rows; i++)
        for (slong r = 0; r < n; r++)
            arb_dot(out + i * n + r, NULL, 0, x->tap[a] + x->start + (first + i) * x->di, x->dj, balls + r * z->s.m[k], 1, z->s.m[k], prec);
    return DP_OK;
}

/* ---- the first axes, some layers of the last axis at a time ---- */

typedef struct { passes *p; slong first, layers; int part; } layers_of;

/* Sums of `in`, n rows along axis k; when only the last axis is left, its layers are put where they belong. */
static dp_status descend(layers_of *l, arb_ptr in, slong n, int k, int left, dp_error *e)
{
    dp_mesh_sums *z = l->p->z;
    dp_status status = DP_OK;
    if (k == z->dim - 1) { /* in: R x layers, layers fastest */
        slong m = z->s.m[k];
        for (slong r = 0; r < z->rows; r++)
            for (slong j = 0; j < l->layers; j++)
                arb_swap(l->p->sums[l->part] + r * m + l->first + j, in + r * l->layers + j);
        l->part++;
        return DP_OK;
    }
    slong nodes = z->mesh->n[k];
    dp_digits *split = NULL;
    arb_ptr out = _arb_vec_init(nodes * n);
    if (z->digits)
        status = dp_digits_new(&split, in, n, z->s.m[k], z->bits, 1, e);
    for (int a = 0; a <= left && status == DP_OK; a++) {
        status = pass(out, z, k, a, 0, nodes, l->p->kernel[k][a], split, in, n, z->bits, e);
        if (status == DP_OK) /* the next axis is the fastest of those that are left */
            status = descend(l, out, nodes * n / (k + 1 < z->dim - 1 ? z->s.m[k + 1] : l->layers), k + 1, left - a, e);
    }
    dp_digits_free(split);
    _arb_vec_clear(out, nodes * n);
    return status;
}

static dp_status layers(void *argument, slong job, int worker, dp_error *e)
{
    (void) worker;
    passes *p = argument;
    dp_mesh_sums *z = p->z;
    int last = z->dim - 1;
    layers_of l = {p, job * p->width, FLINT_MIN(p->width, z->s.m[last] - job * p->width), 0};
    dp_sublattice s = z->s;
    s.lo[last] += l.first, s.m[last] = l.layers;
    slong nodes = dp_sublattice_nodes(&s, z->dim);
    arb_ptr W = _arb_vec_init(nodes);
    dp_status status = p->weights(W, &s, p->argument, e);
    if (status == DP_OK)
        status = descend(&l, W, nodes / s.m[0], 0, z->order, e);
    _arb_vec_clear(W, nodes);
    return status;
}

/* Digits of the kernel's rows on all axes but the last. */
static dp_status kernels(passes *p, int threads, dp_error *e)
{
    const dp_mesh_sums *z = p->z;
    dp_status status = DP_OK;
    for (int k = 0; k < z->dim - 1 && z->digits; k++)
        for (int a = 0; a <= z->order && status == DP_OK; a++) {
            arb_ptr K = dp_axis_rows(z->x + k, a, 0, z->mesh->n[k], z->s.m[k]);
            status = dp_digits_new(p->kernel[k] + a, K, z->mesh->n[k], z->s.m[k], z->bits, threads, e);
            free(K);
        }
    return status;
}

/* The powers of all axes but the last, in the order in which `descend` meets them. */
static int parts(dp_partial *part, int d, int order)
{
    int n = 0;
    for (int a = 0; a <= (d > 1 ? order : 0); a++)
        for (int b = 0; b <= (d > 2 ? order - a : 0); b++)
            part[n].alpha[0] = a, part[n++].alpha[1] = b;
    return n;
}

static dp_status first_axes(dp_mesh_sums *z, dp_layer_weights weights, const void *argument, int threads, dp_error *e)
{
    slong m = z->s.m[z->dim - 1], inner = dp_sublattice_nodes(&z->s, z->dim) / m;
    passes p = {.z = z, .weights = weights, .argument = argument, .width = FLINT_MAX(1, LAYER_NODES / inner)};
    int n = z->nparts = parts(z->part, z->dim, z->order);
    for (int c = 0; c < n; c++)
        p.sums[c] = _arb_vec_init(z->rows * m);
    dp_status status = kernels(&p, threads, e);
    if (status == DP_OK)
        status = dp_parallel(layers, &p, (m + p.width - 1) / p.width, threads, e);
    if (z->dim == 1 && z->digits && status == DP_OK)
        status = dp_mesh_line_init(z, p.sums[0], threads, e);
    for (int c = 0; c < n; c++) {
        if (z->dim > 1 && z->digits && status == DP_OK)
            status = dp_digits_new(&z->part[c].digit, p.sums[c], z->rows, m, z->bits, threads, e);
        if (z->digits)
            _arb_vec_clear(p.sums[c], z->rows * m);
        else
            z->part[c].ball = p.sums[c];
        if (z->part[c].digit && status == DP_OK)
            status = dp_digits_pack(z->part[c].digit, e);
    }
    if (z->digits)
        dp_memory_return();
    for (int k = 0; k < 2; k++)
        for (int a = 0; a < 3; a++)
            dp_digits_free(p.kernel[k][a]);
    return status;
}

dp_status dp_mesh_sums_init(dp_mesh_sums *z, const dp_sublattice *s, const dp_mesh_t mesh, const fmpq_t h, int order, dp_layer_weights weights,
                            const void *argument, slong bits, int digits, int threads, dp_error *e)
{
    *z = (dp_mesh_sums) {.mesh = mesh, .s = *s, .dim = mesh->dim, .order = order, .digits = digits, .bits = bits};
    z->rows = dp_mesh_nodes(mesh) / mesh->n[z->dim - 1];
    for (int a = 0; a < 3; a++)
        dp_fixed_init(z->line[a], 0, 1), mag_init(z->line_error + a);
    for (int k = 0; k < z->dim; k++)
        dp_axis_init(z->x + k, s, k, mesh, h, order, digits && z->dim == 1, bits);
    dp_status status = first_axes(z, weights, argument, threads, e);
    if (status != DP_OK)
        dp_mesh_sums_clear(z);
    return status;
}

void dp_mesh_sums_clear(dp_mesh_sums *z)
{
    for (int k = 0; k < z->dim; k++)
        dp_axis_clear(z->x + k);
    for (int c = 0; c < z->nparts; c++) {
        dp_digits_free(z->part[c].digit);
        if (z->part[c].ball)
            _arb_vec_clear(z->part[c].ball, z->rows * z->s.m[z->dim - 1]);
    }
    for (int a = 0; a < 3; a++)
        dp_fixed_clear(z->line[a]), mag_clear(z->line_error + a);
}

/* ---- the last axis ---- */

dp_status dp_mesh_sums_band(dp_grid_moments *out, const dp_mesh_sums *z, slong first, slong rows, slong prec, dp_error *e)
{
    int last = z->dim - 1;
    slong m = z->s.m[last];
    dp_status status = DP_OK;
    if (z->dim == 1 && z->digits) {
        dp_mesh_line_band(out, z, first, rows);
        return DP_OK;
    }
    for (int a = 0; a <= z->order && status == DP_OK; a++) {
        dp_digits *kernel = NULL;
        if (z->digits) {
            arb_ptr K = dp_axis_rows(z->x + last, a, first, rows, m);
            status = dp_digits_new(&kernel, K, rows, m, z->bits, 1, e);
            free(K);
        }
        for (int c = 0; c < z->nparts && status == DP_OK; c++) {
            int alpha[3] = {z->part[c].alpha[0], z->part[c].alpha[1], z->part[c].alpha[2]};
            alpha[last] = a;
            if (alpha[0] + alpha[1] + alpha[2] <= z->order)
                status = pass(out->slot[dp_moment_slot(z->dim, alpha)], z, last, a, first, rows, kernel, z->part[c].digit, z->part[c].ball, z->rows, prec, e);
        }
        dp_digits_free(kernel);
    }
    return status;
}
