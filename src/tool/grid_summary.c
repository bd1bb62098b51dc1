/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid_summary.c: single values of a field on a mesh, and what a person wants to know of all of them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tool/grid.h"
#include "tool/window.h"

void dp_grid_ball(arb_t out, const dp_grid_values *v, slong i)
{
    if (v->ball) {
        arb_set(out, v->ball + i);
        return;
    }
    if (!isfinite(v->mid[i]) || !isfinite(v->rad[i])) {
        arb_zero_pm_inf(out);
        return;
    }
    arb_set_d(out, v->mid[i]);
    mag_set_d(arb_radref(out), v->rad[i]);
}

slong dp_grid_print_digits(const dp_gridfield *f, const dp_grid_values *v)
{
    return v->ball ? f->digits + 5 : FLINT_MIN(f->digits + 5, 17);
}

int dp_grid_shape(size_t shape[5], const dp_gridfield *f, const dp_grid_values *v)
{
    const int d = f->mesh.dim;
    int n = 0;
    while (n < d) shape[n] = (size_t) f->mesh.n[d - 1 - n], n++;
    if (v && v->quantity == DP_Q_JACOBIAN && d > 1) shape[n++] = (size_t) d;
    if (v && v->components > 1) shape[n++] = v->quantity == DP_Q_JACOBIAN ? (size_t) d : (size_t) v->components;
    return n;
}

/* ---- one node ---- */

/* Largest |midpoint| and largest radius of the components at a node, in doubles. */
static void node_size(double *big, double *rad, const dp_grid_values *v, slong node)
{
    *big = *rad = 0;
    for (slong i = node * v->components; i < (node + 1) * v->components; i++) {
        *big = fmax(*big, fabs(v->mid[i]));
        *rad = fmax(*rad, v->rad[i]);
        if (!isfinite(v->mid[i]) || !isfinite(v->rad[i])) *rad = HUGE_VAL;
    }
}

/* log2 of the least that |value| can be and of the radius, of balls that doubles may not hold. */
static double ball_bits(const dp_grid_values *v, slong node)
{
    double bits;
    mag_t big, rad, t;
    mag_init(big), mag_init(rad), mag_init(t);
    for (slong i = node * v->components; i < (node + 1) * v->components; i++) {
        arb_get_mag_lower(t, v->ball + i);
        mag_max(big, big, t);
        mag_max(rad, rad, arb_radref(v->ball + i));
    }
    bits = mag_is_zero(big) ? -HUGE_VAL : mag_is_zero(rad) ? HUGE_VAL : mag_get_d_log2_approx(big) - mag_get_d_log2_approx(rad);
    mag_clear(big), mag_clear(rad), mag_clear(t);
    return bits;
}

/* Decimal digits at a node: HUGE_VAL for exact values, -HUGE_VAL where all components may be zero. Rounded down by a little, so that
   rounding in this function never shows digits that are not there. */
static double node_digits(const dp_grid_values *v, slong node)
{
    double big, rad, bits;
    if (v->ball) {
        bits = ball_bits(v, node);
    } else {
        node_size(&big, &rad, v, node);
        bits = !(big > rad) ? -HUGE_VAL : rad > 0 ? log2((big - rad) / rad) : HUGE_VAL;
    }
    return isfinite(bits) ? fmax(0, bits * 0.30102999566398120 - 1e-6 * (1 + fabs(bits))) : bits;
}

/* ---- all nodes ---- */

static int compare(const void *a, const void *b)
{
    const double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

/* Euclidean length of the midpoints at a node, without overflow. */
static double length(const dp_grid_values *v, slong node)
{
    double r = 0;
    for (slong i = node * v->components; i < (node + 1) * v->components; i++) r = hypot(r, v->mid[i]);
    return r;
}

static void find_sizes(dp_grid_extent *x, const dp_grid_values *v, slong nodes)
{
    for (slong i = 0; i < nodes; i++) {
        double big, rad;
        const double r = length(v, i);
        node_size(&big, &rad, v, i);
        if (r > x->largest) x->largest = r, x->where = i;
        for (slong k = i * v->components; v->ball && k < (i + 1) * v->components; k++) {
            const double exact = mag_get_d(arb_radref(v->ball + k));
            rad = k == i * v->components ? exact : fmax(rad, exact);
        }
        x->bound = fmax(x->bound, rad);
    }
}

/* Whether all components at a node are below 10^-(4 digits + 60) units, which counts as zero. */
static int vanishes(const dp_grid_values *v, slong node, slong digits, double unit)
{
    double big, rad;
    const double none = -(4 * (double) digits + 60) * 3.3219280948873626 + log2(unit);
    mag_t t;
    int small = 1;
    mag_init(t);
    for (slong i = node * v->components; v->ball && small && i < (node + 1) * v->components; i++) {
        arb_get_mag(t, v->ball + i);
        small = mag_is_zero(t) || mag_get_d_log2_approx(t) < none;
    }
    mag_clear(t);
    node_size(&big, &rad, v, node);
    return v->ball ? small : big + rad < exp2(none);
}

/* Whether a node is short of the digits, against a value of the size `unit`. */
static int falls_short(const dp_grid_values *v, slong node, double share, double unit)
{
    double big, rad;
    node_size(&big, &rad, v, node);
    return !(rad <= share * fmax(big - rad, unit));
}

static void extent_of(dp_grid_extent *x, const dp_grid_answer *g, const dp_grid_values *v)
{
    const slong nodes = dp_mesh_nodes(&g->f->mesh);
    const int crosses = (v->quantity & (DP_Q_CURL | DP_Q_DIVERGENCE | DP_Q_WEDGE | DP_Q_POTENTIAL | DP_Q_GRADIENT_PART | DP_Q_ROTATIONAL_PART)) != 0;
    const double share = pow(10, -(double) g->f->digits), unit = pow(dp_nearest_d(dp_window_length(g->P)), dp_grid_length_power(g->drift, v->quantity));
    double *digits = dp_malloc((size_t) nodes * sizeof *digits);
    slong n = 0;
    *x = (dp_grid_extent){.largest = 0};
    find_sizes(x, v, nodes);
    for (slong i = 0; i < nodes; i++) {
        const double d = vanishes(v, i, g->f->digits, unit) ? -HUGE_VAL : node_digits(v, i);
        if (d > -HUGE_VAL) digits[n++] = d;
        else x->zeros++;
        if (d > -HUGE_VAL && d >= (double) g->f->digits) continue;
        x->missed += !(crosses || d == -HUGE_VAL) || falls_short(v, i, share, unit);
    }
    qsort(digits, (size_t) n, sizeof *digits, compare);
    x->worst = n ? digits[0] : 0;
    x->median = n ? digits[n / 2] : 0;
    free(digits);
}

int dp_grid_length_power(const char *drift, unsigned quantity)
{
    static const char *const per_length[] = {"kl", "smoothed-kl", "mmd", "kale", "chi2"};
    int velocity = 1;
    for (size_t i = 0; i < sizeof per_length / sizeof *per_length; i++)
        if (!strcmp(drift, per_length[i])) velocity = -1;
    switch (quantity) {
    case DP_Q_VELOCITY: case DP_Q_GRADIENT_PART: case DP_Q_ROTATIONAL_PART: return velocity;
    case DP_Q_POTENTIAL: case DP_Q_PRECONDITIONER: return velocity + 1;
    default: return velocity - 1;
    }
}

void dp_grid_measure(dp_grid_answer *g)
{
    for (int i = 0; i < g->f->nvalues; i++) extent_of(g->extent + i, g, g->f->value + i);
}

slong dp_grid_missed(const dp_grid_answer *g)
{
    slong missed = 0;
    for (int i = 0; i < g->f->nvalues; i++)
        if (g->asked & g->f->value[i].quantity) missed = FLINT_MAX(missed, g->extent[i].missed);
    return missed;
}

/* ---- print ---- */

static void print_digits(FILE *out, const char *what, double digits)
{
    if (digits == HUGE_VAL) fprintf(out, "  %s exact", what);
    else fprintf(out, "  %s %.1f", what, floor(digits * 10) / 10);
}

static void print_node(FILE *out, const dp_gridfield *f, slong node)
{
    fmpq *x = _fmpq_vec_init(f->mesh.dim);
    dp_mesh_node(x, &f->mesh, node);
    for (int k = 0; k < f->mesh.dim; k++) fprintf(out, "%s%.6g", k ? ", " : "(", dp_nearest_d(x + k));
    fputc(')', out);
    _fmpq_vec_clear(x, f->mesh.dim);
}

static void print_quantity(FILE *out, const dp_gridfield *f, const dp_grid_values *v, dp_grid_extent x)
{
    const slong nodes = dp_mesh_nodes(&f->mesh);
    fprintf(out, "%-15s largest %.6g", dp_quantity_name(v->quantity), x.largest);
    if (x.largest > 0) fputs(" at ", out), print_node(out, f, x.where);
    fprintf(out, ", largest error %s %.3g\n", v->estimated ? "estimate" : "bound", x.bound);
    if (x.zeros < nodes) {
        fprintf(out, "%15s digits:", "");
        print_digits(out, "worst", x.worst);
        print_digits(out, "median", x.median);
        fputc('\n', out);
    }
    if (x.zeros) fprintf(out, "%15s may be zero at %ld of %ld nodes\n", "", (long) x.zeros, (long) nodes);
    if (x.missed) fprintf(out, "%15s %ld of %ld nodes have fewer than %ld digits\n", "", (long) x.missed, (long) nodes, (long) f->digits);
    if (v->estimated) fprintf(out, "%15s errors are estimated by refinement: they prove nothing\n", "");
}

void dp_grid_summary(FILE *out, const dp_grid_answer *g)
{
    const dp_gridfield *f = g->f;
    fmpq_t end;
    fmpq_init(end);
    fprintf(out, "%s of %s, %ld digits asked, tier %s\nmesh           ", g->drift, g->P->name, (long) f->digits, dp_tier_name(f->tier));
    for (int k = 0; k < f->mesh.dim; k++) fprintf(out, "%s%ld", k ? " x " : " ", (long) f->mesh.n[k]);
    if (f->mesh.dim > 1) fprintf(out, " = %ld", (long) dp_mesh_nodes(&f->mesh));
    fputs(" nodes on", out);
    for (int k = 0; k < f->mesh.dim; k++) {
        fmpq_mul_si(end, f->mesh.step + k, f->mesh.n[k] - 1);
        fmpq_add(end, end, f->mesh.origin + k);
        char *from = dp_fmpq_get_text(f->mesh.origin + k), *to = dp_fmpq_get_text(end);
        fprintf(out, "%s[%s, %s]", k ? " x " : " ", from, to);
        free(from);
        free(to);
    }
    fmpq_clear(end);
    fputc('\n', out);
    for (int i = 0; i < f->nvalues; i++)
        if (g->asked & f->value[i].quantity) print_quantity(out, f, f->value + i, g->extent[i]);
    dp_scalars_print(out, &g->scalars, f->digits);
    if (f->nledger) fputs("relative bounds", out);
    for (size_t i = 0; i < f->nledger; i++) fprintf(out, "%s %s %.2g", i ? "," : "", f->ledger[i].term, f->ledger[i].bound);
    if (f->nledger) fputc('\n', out);
    fprintf(out, "seconds         %.3g\n", f->seconds);
}
