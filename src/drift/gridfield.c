/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gridfield.c: the table of quantities, storage of a field on a mesh, and its evaluation node by node. */
#include <math.h>
#include <string.h>

#include "drift/grid_internal.h"

static const char *const quantity_name[DP_NQUANTITIES] = {"velocity", "jacobian", "curl", "divergence", "potential", "preconditioner", "wedge",
                                                           "gradient-part", "rotational-part"};

static int bit_of(unsigned quantity)
{
    int i = 0;
    while (i < DP_NQUANTITIES - 1 && quantity != 1u << i)
        i++;
    return i;
}

const char *dp_quantity_name(unsigned quantity)
{
    return quantity_name[bit_of(quantity)];
}

unsigned dp_quantity_find(const char *name)
{
    for (int i = 0; i < DP_NQUANTITIES; i++)
        if (strcmp(quantity_name[i], name) == 0)
            return 1u << i;
    return 0;
}

int dp_quantity_components(unsigned quantity, int dim)
{
    switch (quantity) {
    case DP_Q_VELOCITY: return dim;
    case DP_Q_JACOBIAN: return dim * dim;
    case DP_Q_CURL: case DP_Q_WEDGE: return DP_CURL_DIM(dim);
    case DP_Q_GRADIENT_PART: case DP_Q_ROTATIONAL_PART: return dim > 1 ? dim : 0;
    default: return 1;
    }
}

const char *dp_tier_name(dp_tier tier)
{
    static const char *const name[] = {"auto", "double", "quad", "exact"};
    return name[tier];
}

dp_gridfield *dp_gridfield_new(const dp_mesh_t mesh, unsigned quantities, slong digits, dp_tier tier)
{
    dp_gridfield *f = dp_calloc(1, sizeof *f);
    slong nodes = dp_mesh_nodes(mesh);
    dp_mesh_copy(&f->mesh, mesh);
    f->tier = tier, f->digits = digits;
    for (int i = 0; i < DP_NQUANTITIES; i++) {
        int c = dp_quantity_components(1u << i, mesh->dim);
        if (!(quantities & DP_Q_LOCAL & 1u << i) || c == 0)
            continue;
        dp_grid_values *v = f->value + f->nvalues++;
        v->quantity = 1u << i, v->components = c;
        v->mid = dp_calloc((size_t) (nodes * c), sizeof(double));
        v->rad = dp_calloc((size_t) (nodes * c), sizeof(double));
        v->ball = tier == DP_TIER_DOUBLE ? NULL : _arb_vec_init(nodes * c);
    }
    return f;
}

static void values_clear(dp_grid_values *v, slong nodes)
{
    free(v->mid), free(v->rad);
    if (v->ball)
        _arb_vec_clear(v->ball, nodes * v->components);
}

void dp_gridfield_free(dp_gridfield *f)
{
    if (!f)
        return;
    for (int i = 0; i < f->nvalues; i++)
        values_clear(f->value + i, dp_mesh_nodes(&f->mesh));
    dp_mesh_clear(&f->mesh);
    free(f);
}

const dp_grid_values *dp_gridfield_find(const dp_gridfield *f, unsigned quantity)
{
    for (int i = 0; i < f->nvalues; i++)
        if (f->value[i].quantity == quantity)
            return f->value + i;
    return NULL;
}

void dp_gridfield_drop(dp_gridfield *f, unsigned have)
{
    int kept = 0;
    for (int i = 0; i < f->nvalues; i++)
        if (f->value[i].quantity & have)
            f->value[kept++] = f->value[i];
        else
            values_clear(f->value + i, dp_mesh_nodes(&f->mesh));
    f->nvalues = kept;
}

void dp_gridfield_to_double(dp_gridfield *f)
{
    for (int i = 0; i < f->nvalues; i++)
        if (f->value[i].ball) {
            _arb_vec_clear(f->value[i].ball, dp_mesh_nodes(&f->mesh) * f->value[i].components);
            f->value[i].ball = NULL;
        }
    f->tier = DP_TIER_DOUBLE;
}

void dp_gridfield_note_term(dp_gridfield *f, const char *term, double bound)
{
    size_t i = 0;
    while (i < f->nledger && strcmp(f->ledger[i].term, term) != 0)
        i++;
    if (i == sizeof f->ledger / sizeof *f->ledger)
        return;
    if (i == f->nledger) /* new, or from an earlier round */
        f->ledger[f->nledger++].bound = 0;
    f->ledger[i].term = term;
    f->ledger[i].bound = fmax(f->ledger[i].bound, bound);
}

void dp_ball_to_double(double *mid, double *rad, const arb_t v)
{
    arf_t m;
    mag_t r;
    arf_init(m), mag_init(r);
    *mid = arf_get_d(arb_midref(v), ARF_RND_NEAR);
    arf_set_d(m, *mid);
    arf_sub(m, arb_midref(v), m, 64, ARF_RND_UP);
    arf_get_mag(r, m);
    mag_add(r, r, arb_radref(v));
    *rad = arb_is_finite(v) ? mag_get_d(r) : INFINITY; /* mag_get_d is exact or overflows to inf */
    if (mag_cmp_2exp_si(r, -1000) < 0 && !mag_is_zero(r))
        *rad = ldexp(1, -1000);
    arf_clear(m), mag_clear(r);
}

static const arb_struct *quantity_of(const dp_field_t f, unsigned quantity)
{
    switch (quantity) {
    case DP_Q_VELOCITY: return f->velocity;
    case DP_Q_JACOBIAN: return f->jacobian;
    case DP_Q_CURL: return f->curl;
    case DP_Q_DIVERGENCE: return f->divergence;
    case DP_Q_POTENTIAL: return f->potential;
    case DP_Q_PRECONDITIONER: return f->preconditioner->v;
    default: return f->wedge;
    }
}

unsigned dp_field_quantities(const dp_field_t f)
{
    return (f->have & DP_HAVE_VELOCITY ? DP_Q_VELOCITY : 0u) | (f->have & DP_HAVE_JACOBIAN ? DP_Q_JACOBIAN | DP_Q_CURL | DP_Q_DIVERGENCE : 0u)
        | (f->have & DP_HAVE_POTENTIAL ? DP_Q_POTENTIAL : 0u) | (f->have & DP_HAVE_PRECONDITIONER ? DP_Q_PRECONDITIONER | DP_Q_WEDGE : 0u);
}

void dp_gridfield_store(dp_gridfield *f, slong node, const dp_field_t at)
{
    /* whole limbs that hold the digits with 24 bits to spare: more would only take memory */
    slong keep = ((slong) ceil((double) f->digits * 3.3219280948873626) + 28 + FLINT_BITS - 1) / FLINT_BITS * FLINT_BITS;
    for (int i = 0; i < f->nvalues; i++) {
        dp_grid_values *v = f->value + i;
        const arb_struct *from = quantity_of(at, v->quantity);
        for (int c = 0; c < v->components; c++) {
            slong j = node * v->components + c;
            dp_ball_to_double(v->mid + j, v->rad + j, from + c);
            if (v->ball)
                arb_set_round(v->ball + j, from + c, keep);
        }
    }
}
