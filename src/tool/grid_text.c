/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid_text.c: a field on a mesh as JSON and as CSV, streamed, so that nothing but the field stands in memory. */
#include <fftw3.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/face.h"
#include "tool/grid.h"

/* ---- JSON ---- */

static void json_fmpq(FILE *out, const fmpq_t x)
{
    char *text = dp_fmpq_get_text(x);
    fprintf(out, "\"%s\"", text);
    free(text);
}

static void json_mesh(FILE *out, const dp_mesh_t m)
{
    fmpq_t end;
    fmpq_init(end);
    fputs("\"mesh\": {\"nodes\": [", out);
    for (int k = 0; k < m->dim; k++) fprintf(out, "%s%ld", k ? ", " : "", (long) m->n[k]);
    fputs("], \"origin\": [", out);
    for (int k = 0; k < m->dim; k++) fputs(k ? ", " : "", out), json_fmpq(out, m->origin + k);
    fputs("], \"step\": [", out);
    for (int k = 0; k < m->dim; k++) fputs(k ? ", " : "", out), json_fmpq(out, m->step + k);
    fputs("], \"end\": [", out);
    for (int k = 0; k < m->dim; k++) {
        fmpq_mul_si(end, m->step + k, m->n[k] - 1);
        fmpq_add(end, end, m->origin + k);
        fputs(k ? ", " : "", out), json_fmpq(out, end);
    }
    fputs("]}", out);
    fmpq_clear(end);
}

static void json_shape(FILE *out, const dp_gridfield *f, const dp_grid_values *v)
{
    size_t shape[5];
    const int n = dp_grid_shape(shape, f, v);
    fputs("\"shape\": [", out);
    for (int i = 0; i < n; i++) fprintf(out, i ? ", %zu" : "%zu", shape[i]);
    fputc(']', out);
}

static void json_quantity(FILE *out, const dp_gridfield *f, const dp_grid_values *v, dp_grid_extent x)
{
    fprintf(out, "\"%s\": {", dp_quantity_name(v->quantity));
    json_shape(out, f, v);
    fprintf(out, ", \"estimated\": %s, \"largest\": ", v->estimated ? "true" : "false");
    dp_json_double(out, x.largest);
    fputs(", \"largest_error\": ", out);
    dp_json_double(out, x.bound);
    fputs(", \"worst_digits\": ", out);
    dp_json_double(out, floor(x.worst * 10) / 10);
    fputs(", \"median_digits\": ", out);
    dp_json_double(out, floor(x.median * 10) / 10);
    fprintf(out, ", \"nodes_short\": %ld, \"nodes_maybe_zero\": %ld}", (long) x.missed, (long) x.zeros);
}

static void json_head(FILE *out, const dp_grid_answer *g)
{
    const dp_gridfield *f = g->f;
    fputs("{\"drift\": ", out);
    dp_json_string(out, g->drift);
    fputs(", \"case\": ", out);
    dp_json_string(out, g->P->name);
    fprintf(out, ", \"digits\": %ld, \"tier\": \"%s\",\n ", (long) f->digits, dp_tier_name(f->tier));
    json_mesh(out, &f->mesh);
    fputs(",\n \"quantities\": {", out);
    for (int i = 0, some = 0; i < f->nvalues; i++) {
        if (!(g->asked & f->value[i].quantity)) continue;
        fputs(some++ ? ",\n    " : "\n    ", out);
        json_quantity(out, f, f->value + i, g->extent[i]);
    }
    fputs("},\n ", out);
    if (g->scalars.n) dp_scalars_json(out, &g->scalars, f->digits), fputs(",\n ", out);
    fputs("\"ledger\": [", out);
    for (size_t i = 0; i < f->nledger; i++) {
        fprintf(out, "%s{\"term\": ", i ? ", " : "");
        dp_json_string(out, f->ledger[i].term);
        fputs(", \"bound\": ", out);
        dp_json_double(out, f->ledger[i].bound);
        fputc('}', out);
    }
    fputc(']', out);
    if (f->note[0]) fputs(",\n \"note\": ", out), dp_json_string(out, f->note);
}

static const char *gap(slong i)
{
    return i == 0 ? "" : i % 8 ? "," : ",\n    ";
}

/* All midpoints, then all radii, which wait in memory meanwhile: a dozen bytes each. */
static void json_values(FILE *out, const dp_gridfield *f, const dp_grid_values *v)
{
    const slong n = dp_mesh_nodes(&f->mesh) * v->components, digits = dp_grid_print_digits(f, v);
    char *mid, *rad, *radii;
    size_t size;
    FILE *later = open_memstream(&radii, &size);
    arb_t x;
    arb_init(x);
    fprintf(out, "\n  \"%s\": {", dp_quantity_name(v->quantity));
    json_shape(out, f, v);
    fputs(",\n   \"mid\": [", out);
    for (slong i = 0; i < n; i++) {
        dp_grid_ball(x, v, i);
        dp_arb_decimal(&mid, &rad, x, digits);
        fprintf(out, "%s\"%s\"", gap(i), mid);
        fprintf(later, "%s\"%s\"", gap(i), rad);
        free(mid);
        free(rad);
    }
    fclose(later);
    fputs("],\n   \"rad\": [", out);
    fwrite(radii, 1, size, out);
    fputs("]}", out);
    free(radii);
    arb_clear(x);
}

void dp_grid_json(FILE *out, const dp_grid_answer *g)
{
    json_head(out, g);
    fputs(",\n \"seconds\": ", out);
    dp_json_double(out, g->f->seconds);
    fputs(",\n \"values\": {", out);
    for (int i = 0, some = 0; i < g->f->nvalues; i++) {
        if (!(g->asked & g->f->value[i].quantity)) continue;
        if (some++) fputc(',', out);
        json_values(out, g->f, g->f->value + i);
    }
    fputs("}}\n", out);
}

void dp_grid_meta(FILE *out, const dp_grid_answer *g)
{
    char digest[65];
    json_head(out, g);
    dp_problem_sha256(digest, g->P);
    fprintf(out, ",\n \"case_sha256\": \"%s\", \"case_text\": ", digest);
    dp_json_string(out, g->P->text);
    if (*g->P->p->digest || *g->P->q->digest)
        fprintf(out, ",\n \"files_sha256\": {\"p\": \"%s\", \"q\": \"%s\"}", g->P->p->digest, g->P->q->digest);
    fputs(",\n \"versions\": {", out);
    for (const dp_fact *v = dp_facts_version(); v->name; v++) {
        dp_json_string(out, v->name);
        fputs(": ", out);
        dp_json_string(out, v->text);
        fputs(", ", out);
    }
    fputs("\"fftw\": ", out);
    dp_json_string(out, fftw_version);
    fputs("}}\n", out);
}

/* ---- CSV ---- */

static void csv_names(FILE *out, const dp_gridfield *f, const dp_grid_values *v)
{
    const int d = f->mesh.dim;
    for (int c = 0; c < v->components; c++) {
        char index[32] = "";
        if (v->quantity == DP_Q_JACOBIAN) snprintf(index, sizeof index, "_%d_%d", c / d + 1, c % d + 1);
        else if (v->quantity == DP_Q_VELOCITY || v->components > 1) snprintf(index, sizeof index, "_%d", c + 1);
        fprintf(out, ",%s%s_mid,%s%s_rad", dp_quantity_name(v->quantity), index, dp_quantity_name(v->quantity), index);
    }
}

static void csv_node(FILE *out, const dp_gridfield *f, const dp_grid_values *v, slong node, arb_t x)
{
    for (slong i = node * v->components; i < (node + 1) * v->components; i++) {
        char *mid, *rad;
        dp_grid_ball(x, v, i);
        dp_arb_decimal(&mid, &rad, x, dp_grid_print_digits(f, v));
        fprintf(out, ",%s,%s", mid, rad);
        free(mid);
        free(rad);
    }
}

void dp_grid_csv(FILE *out, const dp_grid_answer *g)
{
    const dp_gridfield *f = g->f;
    const int d = f->mesh.dim;
    const slong nodes = dp_mesh_nodes(&f->mesh);
    fmpq *at = _fmpq_vec_init(d);
    arb_t x;
    arb_init(x);
    for (int k = 0; k < d; k++) fprintf(out, "%sx_%d", k ? "," : "", k + 1);
    for (int i = 0; i < f->nvalues; i++)
        if (g->asked & f->value[i].quantity) csv_names(out, f, f->value + i);
    fputc('\n', out);
    for (slong node = 0; node < nodes; node++) {
        dp_mesh_node(at, &f->mesh, node);
        for (int k = 0; k < d; k++) {
            if (k) fputc(',', out);
            dp_json_double(out, dp_nearest_d(at + k));
        }
        for (int i = 0; i < f->nvalues; i++)
            if (g->asked & f->value[i].quantity) csv_node(out, f, f->value + i, node, x);
        fputc('\n', out);
    }
    arb_clear(x);
    _fmpq_vec_clear(at, d);
}
