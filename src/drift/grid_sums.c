/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid_sums.c: node weights of a lattice and the separable passes that turn them into moments at the nodes of a mesh. */
#include <math.h>

#include "ball/lattice.h"
#include "drift/grid_sums.h"
#include "drift/sublattice.h"
#include "grid/conv.h"
#include "grid/matmul.h"

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

void dp_grid_moments_init(dp_grid_moments *m, int dim, int order, slong nodes)
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

/* tap[a][at] = z^a exp(c z^2), c = -1/2h^2, from the exact z. */
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

static void axis_init(axis *x, const dp_sublattice *s, int k, const dp_mesh_t mesh, const fmpq_t h, int order, int diagonals, slong prec)
{
    slong n = mesh->n[k], m = s->m[k], up = s->up[k], down = s->down[k], diagonal = down * (m - 1) + up * (n - 1) + 1;
    int full = diagonal > n * m && !diagonals;
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

/* ---- on the line by exact convolution ---- */

/* Taps of power a by phases: node i = D c + phi of the mesh has row phi, and entry u - c + cols of a row meets lattice node u, so that the part of
   the product with the reversed weights that no end cuts holds node D c + phi at cols - 1 - c. What no node asks for is zero. */
static dp_status phases(dp_fixed_t out, mag_t error, const axis *x, int a, slong D, slong cols, slong m, slong bits, dp_error *e)
{
    slong length = cols + m - 1;
    arb_t zero;
    arb_init(zero);
    arb_ptr rows = dp_malloc(sizeof *rows * (size_t) (D * length));
    for (slong phi = 0; phi < D; phi++)
        for (slong c = 0; c < length; c++) {
            slong t = x->start + phi * x->di + (c - (cols - 1)) * x->dj;
            rows[phi * length + c] = t >= 0 && t < x->n ? x->tap[a][t] : *zero;
        }
    dp_fixed_init(out, D * length, bits);
    dp_status status = dp_fixed_set_arb(out, error, rows, D * length, e);
    free(rows);
    return status;
}

/* n (max|T| eW + max|W| eT + eT eW): what the rounding of taps and weights to integers costs a sum of n products. */
static void rounding(mag_t out, const dp_fixed_t T, const mag_t eT, const dp_fixed_t W, const mag_t eW, slong n)
{
    mag_t t;
    mag_init(t);
    mag_set_ui_2exp_si(out, 1, dp_fixed_max_bits(T) + T->exp), mag_add(out, out, eT), mag_mul(out, out, eW);
    mag_set_ui_2exp_si(t, 1, dp_fixed_max_bits(W) + W->exp), mag_mul(t, t, eT);
    mag_add(out, out, t), mag_mul_ui(out, out, (ulong) n);
    mag_clear(t);
}

/* The sums with integers of `bits` bits. A lattice finer than the mesh (up > 1) gives more sums than the mesh asks for, a coarser one (down > 1)
   is used `down` times, once for each phase. Error: lemma L1 (exact) and the rounding of taps and weights. */
static dp_status line_at(dp_grid_moments *out, const passes *p, arb_srcptr W, slong bits, int threads, dp_error *e)
{
    slong n = p->mesh->n[0], m = p->s->m[0], D = p->s->down[0], up = p->s->up[0], cols = up > 1 ? up * (n - 1) + 1 : (n + D - 1) / D;
    arb_ptr reversed = dp_malloc(sizeof *reversed * (size_t) m);
    dp_fixed_t y, z;
    dp_conv_plan *plan = NULL;
    mag_t eW, eT, error;
    mag_init(eW), mag_init(eT), mag_init(error);
    for (slong j = 0; j < m; j++)
        reversed[j] = W[m - 1 - j];
    dp_fixed_init(y, m, bits), dp_fixed_init(z, 0, 1);
    dp_status status = dp_fixed_set_arb(y, eW, reversed, m, e);
    if (status == DP_OK)
        status = dp_conv_init(&plan, y, cols + m - 1, bits, DP_CONV_VALID, 0, e);
    for (int a = 0; a <= out->order && status == DP_OK; a++) {
        dp_fixed_t T;
        axis x = *p->x;
        if (up > 1)
            x.di = 0, x.dj = 1, x.start = up * (n - 1); /* every lattice shift is a column */
        status = phases(T, eT, &x, a, D, cols, m, bits, e);
        if (status == DP_OK)
            status = dp_conv_rows(z, error, plan, T, D, 0, threads, e);
        rounding(error, T, eT, y, eW, m);
        for (slong i = 0; i < n && status == DP_OK; i++)
            dp_fixed_get_arb(out->slot[a] + i, z, up > 1 ? cols - 1 - up * i : i % D * cols + cols - 1 - i / D, error);
        dp_fixed_clear(T);
    }
    dp_conv_free(plan), dp_fixed_clear(y), dp_fixed_clear(z), free(reversed);
    mag_clear(eW), mag_clear(eT), mag_clear(error);
    return status;
}

/* ---- passes in the plane as products of matrices ---- */

/* Kernel entries of power a as n x m rows; the entries belong to the axis. */
static arb_ptr rows_of(const axis *x, int a, slong n, slong m)
{
    arb_ptr rows = dp_malloc(sizeof *rows * (size_t) (n * m));
    for (slong i = 0; i < n; i++)
        for (slong j = 0; j < m; j++)
            rows[i * m + j] = x->tap[a][x->start + i * x->di + j * x->dj];
    return rows;
}

/* Bits by which the worst of n positive sums misses prec. */
static slong worst_miss(arb_srcptr v, slong n, slong prec)
{
    slong worst = 0;
    for (slong i = 0; i < n; i++)
        worst = FLINT_MAX(worst, prec - arb_rel_accuracy_bits(v + i));
    return worst;
}

/* Both passes with integers of `bits` bits: Z1 = K_1 W' (n_1 x m_2), slot = K_2 Z1' (n_2 x n_1). */
static dp_status plane_at(dp_grid_moments *out, const passes *p, arb_srcptr W, slong bits, int threads, dp_error *e)
{
    slong n1 = p->mesh->n[0], n2 = p->mesh->n[1], m1 = p->s->m[0], m2 = p->s->m[1];
    arb_ptr Z1 = _arb_vec_init(n1 * m2);
    dp_status status = DP_OK;
    for (int a = 0; a <= out->order && status == DP_OK; a++) {
        arb_ptr K1 = rows_of(p->x, a, n1, m1);
        status = dp_matmul(Z1, K1, W, n1, m2, m1, bits, threads, e);
        free(K1);
        for (int b = 0; a + b <= out->order && status == DP_OK; b++) {
            const int alpha[3] = {a, b, 0};
            arb_ptr K2 = rows_of(p->x + 1, b, n2, m2);
            status = dp_matmul(out->slot[dp_moment_slot(2, alpha)], K2, Z1, n2, n1, m2, bits, threads, e);
            free(K2);
        }
    }
    _arb_vec_clear(Z1, n1 * m2);
    return status;
}

/* ---- weights ---- */

arb_ptr dp_sublattice_values(const dp_gsum_t g, const dp_mesh_t mesh, const dp_sublattice *s, slong prec)
{
    int d = g->dim;
    dp_window w = {.dim = d};
    arb_mat_t L, Linv;
    arb_ptr y0 = _arb_vec_init(d);
    dp_gsum_t u;
    arb_mat_init(L, d, d), arb_mat_init(Linv, d, d), dp_gsum_init(u, d, g->n);
    for (int k = 0; k < d; k++) {
        arb_ptr unit = arb_mat_entry(L, k, k);
        arb_set_fmpq(unit, mesh->step + k, prec + 40);
        arb_mul_si(unit, unit, s->down[k], prec + 40), arb_div_si(unit, unit, s->up[k], prec + 40);
        arb_inv(arb_mat_entry(Linv, k, k), unit, prec + 40);
        arb_set_fmpq(y0 + k, mesh->origin + k, prec + 40);
        w.step[k] = 1, w.lo[k] = s->lo[k], w.count[k] = s->m[k];
    }
    arb_ptr v = _arb_vec_init(dp_window_nodes(&w));
    dp_gsum_affine(u, g, y0, L, Linv, prec + 40);
    dp_lattice_values(v, &w, u, prec);
    dp_gsum_clear(u), arb_mat_clear(L), arb_mat_clear(Linv);
    _arb_vec_clear(y0, d);
    return v;
}

arb_ptr dp_mesh_values(const dp_gsum_t g, const dp_mesh_t mesh, slong prec)
{
    dp_sublattice s;
    for (int k = 0; k < g->dim; k++)
        s.lo[k] = 0, s.m[k] = mesh->n[k], s.up[k] = s.down[k] = 1;
    return dp_sublattice_values(g, mesh, &s, prec);
}

void dp_sublattice_cell(arb_t out, const dp_sublattice *s, const dp_mesh_t mesh, slong prec)
{
    fmpq_t volume;
    fmpq_init(volume), fmpq_one(volume);
    for (int k = 0; k < mesh->dim; k++) {
        fmpq_mul(volume, volume, mesh->step + k);
        fmpq_mul_si(volume, volume, s->down[k]);
        fmpz_mul_si(fmpq_denref(volume), fmpq_denref(volume), s->up[k]), fmpq_canonicalise(volume);
    }
    arb_set_fmpq(out, volume, prec);
    fmpq_clear(volume);
}

/* rho G^{-1/2} times the cell's volume at the nodes. */
static arb_ptr weights(const dp_group *g, const dp_mesh_t mesh, slong prec)
{
    slong nodes = dp_group_nodes(g);
    dp_gsum_t density, kq;
    dp_density_sum(density, g->mu, g->first, g->n, prec + 40), dp_smoothed_sum(kq, g->P->q, g->P->bandwidth, prec + 40);
    arb_ptr W = dp_sublattice_values(density, mesh, &g->s, prec), G = dp_sublattice_values(kq, mesh, &g->s, prec);
    arb_t v;
    arb_init(v);
    dp_sublattice_cell(v, &g->s, mesh, prec + 10);
    for (slong i = 0; i < nodes; i++) {
        arb_rsqrt(G + i, G + i, prec + 10);
        arb_mul(W + i, W + i, G + i, prec + 10);
        arb_mul(W + i, W + i, v, prec + 10);
    }
    _arb_vec_clear(G, nodes), arb_clear(v);
    dp_gsum_clear(density), dp_gsum_clear(kq);
    return W;
}

/* ---- one group of components ---- */

/* Radii grow by the group's strip and window terms, h^|alpha| times; the ledger takes them relative to the sum. */
static void add_errors(dp_grid_moments *part, dp_gridfield *f, const dp_group *g, const dp_mesh_t mesh)
{
    int d = g->dim;
    double *at[3], x[3], worst[2] = {0, 0};
    mag_t Z, err[2], h, t;
    mag_init(Z), mag_init(err[0]), mag_init(err[1]), mag_init(h), mag_init(t);
    for (int k = 0; k < d; k++)
        at[k] = dp_mesh_axis_d(mesh, k);
    for (slong node = 0; node < part->nodes; node++) {
        slong rest = node;
        for (int k = 0; k < d; k++)
            x[k] = at[k][rest % mesh->n[k]], rest /= mesh->n[k];
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
    for (int k = 0; k < d; k++)
        free(at[k]);
}

dp_status dp_sublattice_sums(dp_grid_moments *out, const dp_sublattice *s, const dp_mesh_t mesh, const fmpq_t h, arb_srcptr W, slong wp, int digits,
                             int threads, dp_error *e)
{
    axis x[3];
    int alpha[3] = {0, 0, 0};
    dp_status status = DP_OK;
    for (int k = 0; k < mesh->dim; k++)
        axis_init(x + k, s, k, mesh, h, out->order, digits && mesh->dim == 1, wp);
    const passes p = {out, x, mesh, s, wp};
    if (digits)
        status = (mesh->dim == 1 ? line_at : plane_at)(out, &p, W, wp + 10, threads, e);
    else
        descend(&p, W, 0, alpha, out->order);
    for (int k = 0; k < mesh->dim; k++)
        axis_clear(x + k);
    return status;
}

/* Sums over the group's lattice with weights and kernel of `wp` bits. */
static dp_status lattice_sums(dp_grid_moments *part, const dp_group *g, const dp_mesh_t mesh, slong wp, int digits, int threads, dp_error *e)
{
    arb_ptr W = weights(g, mesh, wp);
    dp_status status = dp_sublattice_sums(part, &g->s, mesh, g->P->bandwidth, W, wp, digits, threads, e);
    _arb_vec_clear(W, dp_group_nodes(g));
    return status;
}

/* Products that the passes by balls take at every node of the mesh. */
static double products_per_node(const dp_group *g, const dp_mesh_t mesh)
{
    double sum = 0, size = 1;
    for (int k = 0; k < g->dim; k++)
        size *= (double) g->s.m[k];
    for (int k = 0; k < g->dim; k++)
        size *= (double) mesh->n[k], sum += size, size /= (double) g->s.m[k]; /* pass k: n_k m_k of these */
    return sum / (double) dp_mesh_nodes(mesh);
}

/* On the line when the lattice shifts that a convolution must give are not too many. */
int dp_sublattice_by_digits(const dp_sublattice *s, const dp_mesh_t mesh)
{
    double shifts = (double) mesh->n[0] * (double) s->up[0] + (double) s->m[0] * (double) s->down[0];
    return mesh->dim == 2 || (mesh->dim == 1 && shifts <= 4e6);
}

/* On the line and in the plane by integers: one exponent for many entries costs the sums in the tails some bits, for which a second round pays; where they are too many,
   and in other dimensions, by balls, whose accuracy is relative by itself. */
static dp_status group_moments(dp_grid_moments *out, dp_gridfield *f, const dp_group *g, slong prec, int threads, dp_error *e)
{
    dp_grid_moments part;
    dp_status status = DP_OK;
    slong extra = 40, miss = dp_sublattice_by_digits(&g->s, &f->mesh) ? 0 : WORD_MAX / 2;
    dp_grid_moments_init(&part, out->dim, out->order, out->nodes);
    for (int round = 0; status == DP_OK && round < 3 && extra + miss < 3 * prec + 200; round++) {
        status = lattice_sums(&part, g, &f->mesh, prec + extra, 1, threads, e);
        miss = status == DP_OK ? worst_miss(part.slot[0], part.nodes, prec) : 0;
        if (miss <= 0)
            break;
        extra += miss + 5;
    }
    if (status == DP_OK && miss > 0 && products_per_node(g, &f->mesh) > 4e5)
        status = dp_fail(e, DP_EBUDGET, "grid: %.0f products a node", products_per_node(g, &f->mesh));
    if (status == DP_OK && miss > 0) {
        for (int s = 0; s < part.nslots; s++)
            _arb_vec_zero(part.slot[s], part.nodes);
        status = lattice_sums(&part, g, &f->mesh, prec + 10, 0, threads, e);
    }
    if (status == DP_OK) {
        add_errors(&part, f, g, &f->mesh);
        for (int s = 0; s < out->nslots; s++)
            _arb_vec_add(out->slot[s], out->slot[s], part.slot[s], out->nodes, prec + 10);
    }
    dp_grid_moments_clear(&part);
    return status;
}

double dp_sublattice_limit(int d)
{
    return d == 1 ? 4e6 : d == 2 ? 4e6 : 8e6;
}

dp_status dp_grid_tilde(dp_grid_moments *out, dp_gridfield *f, const dp_problem *P, const dp_measure_struct *mu, int order, slong prec,
                        int threads, dp_error *e)
{
    double most = dp_sublattice_limit(P->dim);
    slong step = mu->n; /* all components on one lattice, or, where they are too different, one after another */
    dp_status status = DP_OK;
    dp_grid_moments_init(out, P->dim, order, dp_mesh_nodes(&f->mesh));
    for (slong i = 0; i < mu->n && status == DP_OK; i += step) {
        dp_group g;
        int planned = dp_group_plan(&g, P, mu, i, step, &f->mesh, prec, most);
        if (!planned && step > 1) {
            step = 1;
            planned = dp_group_plan(&g, P, mu, i, step, &f->mesh, prec, most);
        }
        if (!planned) {
            status = dp_fail(e, DP_EBUDGET, "grid: component %ld needs a lattice of more than %.0f nodes", (long) i + 1, most);
            break;
        }
        status = group_moments(out, f, &g, prec, threads, e);
        dp_group_clear(&g);
    }
    if (status != DP_OK)
        dp_grid_moments_clear(out);
    return status;
}
