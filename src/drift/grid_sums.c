/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid_sums.c: node weights of a lattice and the separable passes that turn them into moments at the nodes of a mesh. */
#include <math.h>

#include "ball/lattice.h"
#include "drift/grid_sums.h"
#include "drift/sublattice.h"

int dp_moment_slot(int dim, const int *alpha)
{
    int at[2], n = 0;
    for (int a = 0; a < dim; a++)
        for (int c = 0; c < alpha[a] && n < 2; c++)
            at[n++] = a;
    if (n < 2)
        return n == 0 ? 0 : 1 + at[0];
    return 1 + dim + at[0] * dim - at[0] * (at[0] - 1) / 2 + at[1] - at[0];
}

static void moments_init(dp_grid_moments *m, int dim, int order, slong nodes)
{
    m->dim = dim, m->order = order, m->nodes = nodes;
    m->nslots = order == 1 ? 1 + dim : 1 + dim + dim * (dim + 1) / 2;
    for (int s = 0; s < m->nslots; s++)
        m->slot[s] = _arb_vec_init(nodes);
}

void dp_grid_moments_clear(dp_grid_moments *m)
{
    for (int s = 0; s < m->nslots; s++)
        _arb_vec_clear(m->slot[s], m->nodes);
    m->nslots = 0;
}

void dp_grid_moments_jet(dp_jet_t Z, const dp_grid_moments *m, slong node, const arb_t h2, slong prec)
{
    int d = m->dim;
    arb_set(Z->v, m->slot[0] + node);
    for (int a = 0; a < d; a++) {
        arb_div(Z->g + a, m->slot[1 + a] + node, h2, prec);
        for (int b = 0; b < d; b++) {
            arb_ptr h = DP_JET_H(Z, a, b);
            int alpha[3] = {0, 0, 0};
            alpha[a]++, alpha[b]++;
            if (m->order == 1) {
                arb_indeterminate(h);
                continue;
            }
            arb_div(h, m->slot[dp_moment_slot(d, alpha)] + node, h2, prec);
            if (a == b)
                arb_sub(h, h, Z->v, prec);
            arb_div(h, h, h2, prec);
        }
    }
}

/* ---- kernel arrays of one axis ---- */

/* Entry (i, j) of power a is tap[a][start + i * di + j * dj], the value at (y_j - x_i): one array along a diagonal, or a full matrix. */
typedef struct { slong n, start, di, dj; int order; arb_ptr tap[3]; } axis;

/* tap[a][t] = z^a exp(-z^2/2h^2) for z = step * (first + t dj), ... by exact z. */
static void taps(axis *x, slong at, const fmpq_t z, const arb_t c, slong prec)
{
    arb_t u, t;
    arb_init(u), arb_init(t);
    arb_set_fmpq(u, z, prec + 20);
    arb_mul(t, u, u, prec + 20);
    arb_mul(t, t, c, prec + 20);
    arb_exp(x->tap[0] + at, t, prec);
    for (int a = 1; a <= x->order; a++)
        arb_mul(x->tap[a] + at, x->tap[a - 1] + at, u, prec);
    arb_clear(u), arb_clear(t);
}

static void axis_init(axis *x, const dp_sublattice *s, int k, const dp_mesh_t mesh, const fmpq_t h, int order, slong prec)
{
    slong n = mesh->n[k], m = s->m[k], up = s->up[k], down = s->down[k], diagonal = down * (m - 1) + up * (n - 1) + 1;
    int full = diagonal > n * m;
    fmpq_t unit, z;
    arb_t c;
    fmpq_init(unit), fmpq_init(z), arb_init(c);
    fmpq_mul(z, h, h), fmpq_inv(z, z), fmpq_div_2exp(z, z, 1), fmpq_neg(z, z);
    arb_set_fmpq(c, z, prec + 20);
    fmpq_set_si(unit, 1, (ulong) up), fmpq_mul(unit, unit, mesh->step + k); /* y_j - x_i = unit (down (lo + j) - up i) */
    x->order = order, x->n = full ? n * m : diagonal;
    x->start = full ? 0 : up * (n - 1), x->di = full ? m : -up, x->dj = full ? 1 : down;
    for (int a = 0; a <= order; a++)
        x->tap[a] = _arb_vec_init(x->n);
    slong low = down * s->lo[k] - up * (n - 1);
    for (slong t = 0; t < x->n; t++) {
        fmpq_mul_si(z, unit, full ? down * (s->lo[k] + t % m) - up * (t / m) : low + t);
        taps(x, t, z, c, prec);
    }
    fmpq_clear(unit), fmpq_clear(z), arb_clear(c);
}

static void axis_clear(axis *x)
{
    for (int a = 0; a <= x->order; a++)
        _arb_vec_clear(x->tap[a], x->n);
}

/* ---- passes ---- */

typedef struct {
    dp_grid_moments *out;
    const axis *x;
    const dp_mesh_struct *mesh;
    const dp_sublattice *s;
    slong prec;
} passes;

/* out[o][i][c] = sum_j K_a(i, j) in[o][j][c], c < inner, i < n, j < m. */
static void apply(arb_ptr out, const axis *x, int a, arb_srcptr in, slong outer, slong n, slong m, slong inner, slong prec)
{
    for (slong o = 0; o < outer; o++)
        for (slong i = 0; i < n; i++)
            for (slong c = 0; c < inner; c++)
                arb_dot(out + (o * n + i) * inner + c, NULL, 0, x->tap[a] + x->start + i * x->di, x->dj, in + o * m * inner + c, inner, m, prec);
}

/* Axis k of the array `in`, whose axes before k already run over the mesh; adds what is complete to the slots. */
static void descend(const passes *p, arb_srcptr in, int k, int *alpha, int left)
{
    int d = p->out->dim;
    slong inner = 1, outer = 1, n = p->mesh->n[k], m = p->s->m[k];
    for (int a = 0; a < k; a++)
        inner *= p->mesh->n[a];
    for (int a = k + 1; a < d; a++)
        outer *= p->s->m[a];
    arb_ptr out = _arb_vec_init(inner * n * outer);
    for (alpha[k] = 0; alpha[k] <= left; alpha[k]++) {
        apply(out, p->x + k, alpha[k], in, outer, n, m, inner, p->prec);
        if (k + 1 < d)
            descend(p, out, k + 1, alpha, left - alpha[k]);
        else {
            arb_ptr slot = p->out->slot[dp_moment_slot(d, alpha)];
            _arb_vec_add(slot, slot, out, p->out->nodes, p->prec);
        }
    }
    alpha[k] = 0;
    _arb_vec_clear(out, inner * n * outer);
}

/* ---- weights ---- */

/* rho G^{-1/2} times the cell's volume at the nodes: both sums in the coordinates j of the lattice. */
static arb_ptr weights(const dp_group *g, const dp_mesh_t mesh, slong prec)
{
    int d = g->dim;
    dp_window w = {.dim = d};
    arb_mat_t L, Linv;
    arb_ptr y0 = _arb_vec_init(d);
    arb_t volume;
    dp_gsum_t u;
    arb_mat_init(L, d, d), arb_mat_init(Linv, d, d), arb_init(volume);
    arb_one(volume);
    for (int k = 0; k < d; k++) {
        arb_set_fmpq(arb_mat_entry(L, k, k), mesh->step + k, prec + 40);
        arb_mul_si(arb_mat_entry(L, k, k), arb_mat_entry(L, k, k), g->s.down[k], prec + 40);
        arb_div_si(arb_mat_entry(L, k, k), arb_mat_entry(L, k, k), g->s.up[k], prec + 40);
        arb_inv(arb_mat_entry(Linv, k, k), arb_mat_entry(L, k, k), prec + 40);
        arb_mul(volume, volume, arb_mat_entry(L, k, k), prec);
        arb_set_fmpq(y0 + k, mesh->origin + k, prec + 40);
        w.step[k] = 1, w.lo[k] = g->s.lo[k], w.count[k] = g->s.m[k];
    }
    slong nodes = dp_window_nodes(&w);
    arb_ptr W = _arb_vec_init(nodes), G = _arb_vec_init(nodes);
    dp_gsum_init(u, d, g->n);
    dp_gsum_affine(u, &g->density, y0, L, Linv, prec + 40);
    dp_lattice_values(W, &w, u, prec);
    dp_gsum_clear(u), dp_gsum_init(u, d, g->terms);
    dp_gsum_affine(u, &g->kq, y0, L, Linv, prec + 40);
    dp_lattice_values(G, &w, u, prec);
    for (slong i = 0; i < nodes; i++) {
        arb_rsqrt(G + i, G + i, prec + 10);
        arb_mul(W + i, W + i, G + i, prec + 10);
        arb_mul(W + i, W + i, volume, prec + 10);
    }
    _arb_vec_clear(G, nodes), _arb_vec_clear(y0, d);
    dp_gsum_clear(u), arb_mat_clear(L), arb_mat_clear(Linv), arb_clear(volume);
    return W;
}

/* ---- one group of components ---- */

/* Radii grow by the group's strip and window terms, h^|alpha| times; the ledger takes them relative to the sum. */
static void add_errors(dp_grid_moments *part, dp_gridfield *f, const dp_group *g, const dp_mesh_t mesh)
{
    int d = g->dim;
    fmpq *exact = _fmpq_vec_init(d);
    double x[3], worst[2] = {0, 0};
    mag_t Z, err[2], h, t;
    mag_init(Z), mag_init(err[0]), mag_init(err[1]), mag_init(h), mag_init(t);
    for (slong node = 0; node < part->nodes; node++) {
        dp_mesh_node(exact, mesh, node);
        for (int k = 0; k < d; k++)
            x[k] = fmpq_get_d(exact + k);
        arb_get_mag(Z, part->slot[0] + node);
        dp_group_error(err[0], err[1], g, x);
        for (int i = 0; i < 2; i++) {
            mag_div(t, err[i], Z);
            worst[i] = fmax(worst[i], mag_get_d(t));
        }
        mag_add(t, err[0], err[1]);
        mag_set_d(h, g->h * (1 + 1e-12));
        for (int s = 0; s < part->nslots; s++) {
            if (s == 1 || s == 1 + d)
                mag_mul(t, t, h);
            mag_add(arb_radref(part->slot[s] + node), arb_radref(part->slot[s] + node), t);
        }
    }
    dp_gridfield_note_term(f, "strip", worst[0]);
    dp_gridfield_note_term(f, "window", worst[1]);
    mag_clear(Z), mag_clear(err[0]), mag_clear(err[1]), mag_clear(h), mag_clear(t);
    _fmpq_vec_clear(exact, d);
}

static void group_moments(dp_grid_moments *out, dp_gridfield *f, const dp_group *g, const dp_problem *P, slong prec)
{
    axis x[3];
    int alpha[3] = {0, 0, 0};
    dp_grid_moments part;
    moments_init(&part, out->dim, out->order, out->nodes);
    for (int k = 0; k < g->dim; k++)
        axis_init(x + k, &g->s, k, &f->mesh, P->bandwidth, out->order, prec + 10);
    arb_ptr W = weights(g, &f->mesh, prec);
    const passes p = {&part, x, &f->mesh, &g->s, prec + 10};
    descend(&p, W, 0, alpha, out->order);
    _arb_vec_clear(W, dp_group_nodes(g));
    add_errors(&part, f, g, &f->mesh);
    for (int s = 0; s < out->nslots; s++)
        _arb_vec_add(out->slot[s], out->slot[s], part.slot[s], out->nodes, prec + 10);
    for (int k = 0; k < g->dim; k++)
        axis_clear(x + k);
    dp_grid_moments_clear(&part);
}

static double node_limit(int d)
{
    return d == 1 ? 4e6 : d == 2 ? 4e6 : 8e6;
}

dp_status dp_grid_tilde(dp_grid_moments *out, dp_gridfield *f, const dp_problem *P, const dp_measure_struct *mu, int order, slong prec,
                        int threads, dp_error *e)
{
    (void) threads;
    moments_init(out, P->dim, order, dp_mesh_nodes(&f->mesh));
    dp_group all;
    if (dp_group_plan(&all, P, mu, 0, mu->n, &f->mesh, prec, node_limit(P->dim))) {
        group_moments(out, f, &all, P, prec);
        dp_group_clear(&all);
        return DP_OK;
    }
    for (slong i = 0; i < mu->n; i++) { /* components too different for one lattice */
        dp_group one;
        if (!dp_group_plan(&one, P, mu, i, 1, &f->mesh, prec, node_limit(P->dim))) {
            dp_grid_moments_clear(out);
            return dp_fail(e, DP_EBUDGET, "grid: component %ld needs a lattice of more than %.0f nodes", (long) i + 1, node_limit(P->dim));
        }
        group_moments(out, f, &one, P, prec);
        dp_group_clear(&one);
    }
    return DP_OK;
}
