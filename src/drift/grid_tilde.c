/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid_tilde.c: kernel moments of p~ and q~ at the nodes of a mesh: one lattice for each group of components, and the bounds of lemma L6. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "drift/mesh_sums.h"

typedef struct { dp_group g; dp_mesh_sums z; } group_sums;

struct dp_grid_tilde_struct {
    const dp_mesh_struct *mesh;
    slong prec, n;
    int order;
    group_sums *of;
};

/* rho G^{-1/2} times the cell's volume at the nodes. */
typedef struct { const dp_group *g; const dp_mesh_struct *mesh; dp_gsum_t density, kq; arb_t cell; slong prec; } weights_of;

static void weights_init(weights_of *w, const dp_group *g, const dp_mesh_t mesh, slong prec)
{
    w->g = g, w->mesh = mesh, w->prec = prec;
    dp_density_sum(w->density, g->mu, g->first, g->n, prec + DP_SUM_SPARE), dp_smoothed_sum(w->kq, g->P->q, g->P->bandwidth, prec + DP_SUM_SPARE);
    arb_init(w->cell);
    dp_sublattice_cell(w->cell, &g->s, mesh, prec + 10);
}

static void weights_clear(weights_of *w)
{
    dp_gsum_clear(w->density), dp_gsum_clear(w->kq), arb_clear(w->cell);
}

/* By floating-point numbers; 0: they do not serve. */
static int quick_weights(arb_ptr W, const dp_sublattice *s, const weights_of *w, slong n)
{
    dp_reals D, G, R;
    if (!dp_sublattice_reals(&D, w->density, w->mesh, s, w->prec))
        return 0;
    if (!dp_sublattice_reals(&G, w->kq, w->mesh, s, w->prec)) {
        dp_reals_clear(&D);
        return 0;
    }
    dp_reals_init(&R, n, G.limbs);
    dp_reals_rsqrt(&R, &G), dp_reals_mul(&D, &D, &R);
    for (slong i = 0; i < n; i++) {
        dp_reals_get_arb(W + i, &D, i, w->prec + 10);
        arb_mul(W + i, W + i, w->cell, w->prec + 10);
    }
    dp_reals_clear(&D), dp_reals_clear(&G), dp_reals_clear(&R);
    return 1;
}

static dp_status weights(arb_ptr W, const dp_sublattice *s, const void *argument, dp_error *e)
{
    const weights_of *w = argument;
    slong n = dp_sublattice_nodes(s, w->g->dim);
    if (quick_weights(W, s, w, n))
        return DP_OK;
    arb_ptr D = dp_sublattice_values(w->density, w->mesh, s, w->prec), G = dp_sublattice_values(w->kq, w->mesh, s, w->prec);
    (void) e;
    for (slong i = 0; i < n; i++) {
        arb_rsqrt(G + i, G + i, w->prec + 10);
        arb_mul(D + i, D + i, G + i, w->prec + 10);
        arb_mul(W + i, D + i, w->cell, w->prec + 10);
    }
    _arb_vec_clear(D, n), _arb_vec_clear(G, n);
    return DP_OK;
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

/* Sums over the group's lattice with weights and kernel of prec + extra bits: by integers where their one exponent a row costs no more than that,
   else by balls, whose accuracy is relative by itself. */
static dp_status group_sums_init(group_sums *s, const dp_mesh_t mesh, int order, slong bits, int balls, int threads, dp_error *e)
{
    int digits = !balls && dp_sublattice_by_digits(&s->g.s, mesh);
    weights_of w;
    if (!digits && products_per_node(&s->g, mesh) > 4e5)
        return dp_fail(e, DP_EBUDGET, "grid: %.0f products a node", products_per_node(&s->g, mesh));
    weights_init(&w, &s->g, mesh, bits);
    dp_status status = dp_mesh_sums_init(&s->z, &s->g.s, mesh, s->g.P->bandwidth, order, weights, &w, bits, digits, threads, e);
    weights_clear(&w);
    return status;
}

double dp_sublattice_limit(int d)
{
    return d == 1 ? 4e6 : d == 2 ? 4e6 : 8e6;
}

/* Appends the group of components first .. first + n - 1. */
static dp_status append(dp_grid_tilde *t, const dp_problem *P, const dp_measure_struct *mu, slong first, slong n, const dp_effort *how, int threads,
                        dp_error *e)
{
    group_sums *s = t->of + t->n;
    if (!dp_group_plan(&s->g, P, mu, first, n, t->mesh, how->prec, dp_sublattice_limit(P->dim)))
        return dp_fail(e, DP_EBUDGET, "grid: component %ld needs a lattice of more than %.0f nodes", (long) first + 1, dp_sublattice_limit(P->dim));
    dp_status status = group_sums_init(s, t->mesh, t->order, how->prec + how->extra, how->balls, threads, e);
    if (status == DP_OK)
        t->n++;
    else
        dp_group_clear(&s->g);
    return status;
}

dp_status dp_grid_tilde_new(dp_grid_tilde **out, const dp_problem *P, const dp_measure_struct *mu, const dp_mesh_t mesh, int order, const dp_effort *how,
                            int threads, dp_error *e)
{
    dp_grid_tilde *t = dp_calloc(1, sizeof *t);
    t->mesh = mesh, t->order = order, t->prec = how->prec;
    t->of = dp_calloc((size_t) mu->n, sizeof *t->of);
    dp_status status = append(t, P, mu, 0, mu->n, how, threads, e);
    if (status == DP_EBUDGET && mu->n > 1) { /* too different for one lattice: one after another */
        status = DP_OK;
        for (slong i = 0; i < mu->n && status == DP_OK; i++)
            status = append(t, P, mu, i, 1, how, threads, e);
    }
    if (status == DP_OK)
        *out = t;
    else
        dp_grid_tilde_free(t);
    return status;
}

void dp_grid_tilde_free(dp_grid_tilde *t)
{
    if (!t)
        return;
    for (slong i = 0; i < t->n; i++)
        dp_mesh_sums_clear(&t->of[i].z), dp_group_clear(&t->of[i].g);
    free(t->of);
    free(t);
}

/* ---- bands ---- */

/* term becomes at least e^log_bound/Z, Z a sum with its radius. */
static void note_term(double *term, double log_bound, const arb_t Z)
{
    mag_t z, t;
    if (arf_is_zero(arb_midref(Z)) || log_bound * M_LOG2E - (double) ARF_EXP(arb_midref(Z)) + 2 < log2(*term))
        return;
    mag_init(z), mag_init(t);
    arb_get_mag(z, Z);
    dp_mag_exp_d(t, log_bound), mag_div(t, t, z);
    *term = fmax(*term, mag_get_d(t));
    mag_clear(z), mag_clear(t);
}

enum { NEAR = 16 }; /* nodes of a row that use the same majorants */

/* Radii grow by the group's strip and window terms, h^|alpha| times; term: the largest relative to the sums. */
static void add_errors(dp_grid_moments *part, double term[2], const dp_group *g, const dp_mesh_t mesh, slong first)
{
    int d = g->dim;
    double *at[3], x[3], err[2];
    const dp_majorant **chosen = dp_calloc((size_t) g->n, sizeof *chosen);
    mag_t h, t;
    mag_init(h), mag_init(t);
    mag_set_d(h, g->h * (1 + 1e-12));
    for (int k = 0; k < d; k++)
        at[k] = dp_mesh_axis_d(mesh, k);
    for (slong node = 0; node < part->nodes; node++) {
        slong rest = first + node;
        if (rest % mesh->n[0] % NEAR == 0)
            memset(chosen, 0, sizeof *chosen * (size_t) g->n);
        for (int k = 0; k < d; k++)
            x[k] = at[k][rest % mesh->n[k]], rest /= mesh->n[k];
        dp_group_error(err, err + 1, g, chosen, x);
        for (int i = 0; i < 2; i++)
            note_term(term + i, err[i], part->slot[0] + node);
        dp_mag_exp_d(t, fmax(err[0], err[1]) + log1p(exp(-fabs(err[0] - err[1]))) + 1e-9);
        for (int s = 0; s < part->nslots; s++) {
            if (s == 1 || s == 1 + d)
                mag_mul(t, t, h);
            mag_add(arb_radref(part->slot[s] + node), arb_radref(part->slot[s] + node), t);
        }
    }
    mag_clear(h), mag_clear(t), free(chosen);
    for (int k = 0; k < d; k++)
        free(at[k]);
}

/* Bits by which the worst of n positive sums misses prec. */
static slong worst_miss(arb_srcptr v, slong n, slong prec)
{
    slong worst = 0;
    for (slong i = 0; i < n; i++)
        worst = FLINT_MAX(worst, prec - arb_rel_accuracy_bits(v + i));
    return worst;
}

/* Numbers of whole limbs cost no more to compute and to keep. */
static slong whole_limbs(slong prec)
{
    return (prec + FLINT_BITS - 1) / FLINT_BITS * FLINT_BITS;
}

dp_status dp_grid_tilde_band(dp_grid_moments *out, double term[2], slong *miss, const dp_grid_tilde *t, slong first, slong rows, dp_error *e)
{
    dp_status status = DP_OK;
    for (slong i = 0; i < t->n && status == DP_OK; i++) {
        const group_sums *s = t->of + i;
        dp_grid_moments part, *to = i == 0 ? out : &part;
        if (i > 0)
            dp_grid_moments_init(&part, out->dim, out->order, out->nodes);
        status = dp_mesh_sums_band(to, &s->z, first, rows, whole_limbs(t->prec + 6), e);
        if (status == DP_OK) {
            if (s->z.digits)
                *miss = FLINT_MAX(*miss, worst_miss(to->slot[0], to->nodes, t->prec));
            add_errors(to, term, &s->g, t->mesh, first * s->z.rows);
        }
        for (int k = 0; i > 0 && k < out->nslots; k++)
            _arb_vec_add(out->slot[k], out->slot[k], part.slot[k], out->nodes, t->prec + 10);
        if (i > 0)
            dp_grid_moments_clear(&part);
    }
    return status;
}
