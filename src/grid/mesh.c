/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mesh.c: uniform meshes in R^d with exact coordinates. */
#include "grid/mesh.h"

void dp_mesh_init(dp_mesh_t m, int dim, const slong *n, const fmpq *lo, const fmpq *hi)
{
    m->dim = dim;
    m->origin = _fmpq_vec_init(dim), m->step = _fmpq_vec_init(dim);
    for (int k = 0; k < dim; k++) {
        m->n[k] = n[k];
        fmpq_set(m->origin + k, lo + k);
        fmpq_sub(m->step + k, hi + k, lo + k);
        fmpz_mul_si(fmpq_denref(m->step + k), fmpq_denref(m->step + k), n[k] - 1);
        fmpq_canonicalise(m->step + k);
    }
}

void dp_mesh_copy(dp_mesh_t out, const dp_mesh_t in)
{
    out->dim = in->dim;
    out->origin = _fmpq_vec_init(in->dim), out->step = _fmpq_vec_init(in->dim);
    for (int k = 0; k < in->dim; k++)
        out->n[k] = in->n[k], fmpq_set(out->origin + k, in->origin + k), fmpq_set(out->step + k, in->step + k);
}

void dp_mesh_clear(dp_mesh_t m)
{
    _fmpq_vec_clear(m->origin, m->dim), _fmpq_vec_clear(m->step, m->dim);
}

slong dp_mesh_nodes(const dp_mesh_t m)
{
    slong nodes = 1;
    for (int k = 0; k < m->dim; k++)
        nodes *= m->n[k];
    return nodes;
}

void dp_mesh_node(fmpq *x, const dp_mesh_t m, slong node)
{
    for (int k = 0; k < m->dim; k++) {
        fmpq_mul_si(x + k, m->step + k, node % m->n[k]);
        fmpq_add(x + k, x + k, m->origin + k);
        node /= m->n[k];
    }
}

double *dp_mesh_axis_d(const dp_mesh_t m, int axis)
{
    double *x = dp_malloc(sizeof *x * (size_t) m->n[axis]);
    fmpq_t t;
    fmpq_init(t);
    for (slong i = 0; i < m->n[axis]; i++) {
        fmpq_mul_si(t, m->step + axis, i);
        fmpq_add(t, t, m->origin + axis);
        x[i] = dp_nearest_d(t);
    }
    fmpq_clear(t);
    return x;
}
