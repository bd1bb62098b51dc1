/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sizes.c: data of the figure that shows how large every drift is at the overcrowded mode of (40)-(41), against the distance. */
#include "report/face.h"
#include "report/number.h"

#include <libfyaml.h>
#include <math.h>
#include <mpfr.h>
#include <stdlib.h>
#include <string.h>

/* ---- two modes as a case's canonical text states them ---- */

/* `family`: what cases on one curve share: dimension, kernel and weights. distance, log_h: D/h and log10 h. */
typedef struct { char *family; double distance, log_h; } modes;

static struct fy_node *below(struct fy_node *n, const char *path) { return fy_node_by_path(n, path, FY_NT, FYNWF_DONT_FOLLOW); }

static int read_rational(fmpq_t out, struct fy_node *n)
{
    const char *text = n != NULL && fy_node_is_scalar(n) ? fy_node_get_scalar0(n) : NULL;
    return text != NULL && dp_fmpq_set_text(out, text);
}

static double as_double(const fmpq_t q)
{
    mpfr_t x;
    mpfr_init2(x, 53);
    fmpq_get_mpfr(x, q, MPFR_RNDN);
    double d = mpfr_get_d(x, MPFR_RNDN);
    mpfr_clear(x);
    return d;
}

/* Distance of the two atoms of a measure along the first axis and, as text, the weight of the left one; 0 for any other measure. */
static int read_pair(fmpq_t distance, char **weight, struct fy_node *measure)
{
    struct fy_node *atoms = measure ? below(measure, "/atoms") : NULL;
    fmpq_t a, w[2];
    if (atoms == NULL || !fy_node_is_sequence(atoms) || fy_node_sequence_item_count(atoms) != 2) return 0;
    fmpq_init(a), fmpq_init(w[0]), fmpq_init(w[1]);
    int ok = read_rational(distance, below(atoms, "/1/at/0")) && read_rational(a, below(atoms, "/0/at/0"))
             && read_rational(w[0], below(atoms, "/0/weight")) && read_rational(w[1], below(atoms, "/1/weight"));
    fmpq_sub(distance, distance, a);
    if (ok) *weight = dp_fmpq_get_text(w[fmpq_sgn(distance) < 0]);
    fmpq_abs(distance, distance);
    fmpq_clear(a), fmpq_clear(w[0]), fmpq_clear(w[1]);
    return ok;
}

static int read_document(modes *m, struct fy_node *root)
{
    char *left_p = NULL, *left_q = NULL;
    fmpq_t D, other, h;
    fmpq_init(D), fmpq_init(other), fmpq_init(h);
    struct fy_node *kernel = below(root, "/kernel/family");
    int ok = read_pair(D, &left_p, below(root, "/p")) && read_pair(other, &left_q, below(root, "/q")) && fmpq_equal(D, other)
             && read_rational(h, below(root, "/kernel/bandwidth")) && fmpq_sgn(h) > 0 && kernel != NULL && fy_node_is_scalar(kernel);
    if (ok) {
        m->family = dp_format("%s %d %s %s", fy_node_get_scalar0(kernel), fy_node_sequence_item_count(below(root, "/p/atoms/0/at")), left_p, left_q);
        m->log_h = log10(as_double(h));
        fmpq_div(D, D, h);
        m->distance = as_double(D);
    }
    free(left_p), free(left_q);
    fmpq_clear(D), fmpq_clear(other), fmpq_clear(h);
    return ok;
}

/* 0, and a NULL family, when the case has not this shape. */
static int read_modes(modes *m, const dp_report *r, const char *case_name)
{
    *m = (modes) {NULL, 0, 0};
    for (slong i = 0; i < r->ncases; i++) {
        if (strcmp(r->cases[i].name, case_name) != 0 || r->cases[i].text == NULL) continue;
        struct fy_parse_cfg cfg = {.flags = FYPCF_QUIET};
        struct fy_document *d = fy_document_build_from_string(&cfg, r->cases[i].text, FY_NT);
        int ok = d != NULL && fy_document_root(d) != NULL && read_document(m, fy_document_root(d));
        fy_document_destroy(d);
        return ok;
    }
    return 0;
}

/* ---- the curves ---- */

typedef struct { const dp_record *record; modes m; } place;

static int by_distance(const void *p, const void *q)
{
    double a = ((const place *) p)->m.distance, b = ((const place *) q)->m.distance;
    return (a > b) - (a < b);
}

static int is_size(const dp_evidence *e) { return e->name != NULL && strncmp(e->name, "size_", 5) == 0; }

static int has_size(const dp_record *r)
{
    slong i = 0;
    while (i < r->nevidence && !is_size(&r->evidence[i])) i++;
    return i < r->nevidence;
}

/* Honest records with sizes on two-mode cases. */
static slong find_places(place *out, const dp_view *v)
{
    slong n = 0;
    for (slong i = 0; i < v->nrecords + v->ntwins; i++) {
        out[n].record = v->sorted[i];
        if (!dp_is_twin(v->sorted[i]) && has_size(v->sorted[i]) && read_modes(&out[n].m, v->report, v->sorted[i]->case_name)) n++;
    }
    return n;
}

/* Only the members of the largest family stay, sorted by distance; returns their number. */
static slong keep_family(place *p, slong n)
{
    slong best = 0, most = 0, kept = 0;
    for (slong i = 0; i < n; i++) {
        slong members = 0;
        for (slong j = 0; j < n; j++) members += strcmp(p[i].m.family, p[j].m.family) == 0;
        if (members > most) most = members, best = i;
    }
    char *family = n > 0 ? dp_strdup(p[best].m.family) : NULL;
    for (slong i = 0; i < n; i++) {
        if (strcmp(p[i].m.family, family) == 0) p[kept++] = p[i];
        else free(p[i].m.family);
    }
    free(family);
    qsort(p, (size_t) kept, sizeof *p, by_distance);
    return kept;
}

static void write_point(FILE *f, const place *p, const char *name)
{
    for (slong i = 0; i < p->record->nevidence; i++) {
        dp_number mid;
        const dp_evidence *e = &p->record->evidence[i];
        if (e->name == NULL || strcmp(e->name, name) != 0) continue;
        if (dp_number_read(&mid, e->mid) && mid.sign != 0) fprintf(f, "%.9g\t%.9g\n", p->m.distance, dp_number_log10(&mid) - p->m.log_h);
        dp_number_clear(&mid);
        return;
    }
}

slong dp_figure_sizes(FILE *f, const dp_view *v)
{
    place *p = dp_calloc((size_t) (v->nrecords + v->ntwins) + 1, sizeof *p);
    slong n = keep_family(p, find_places(p, v)), blocks = 0;
    const dp_record *first = n > 0 ? p[0].record : NULL;
    for (slong i = 0; first != NULL && i < first->nevidence; i++) {
        if (!is_size(&first->evidence[i])) continue;
        if (blocks++ > 0) fputs("\n\n", f);
        dp_figure_label(f, first->evidence[i].name + 5);
        fputs("\tlog10 size\n", f);
        for (slong j = 0; j < n; j++) write_point(f, &p[j], first->evidence[i].name);
    }
    for (slong i = 0; i < n; i++) free(p[i].m.family);
    free(p);
    return n > 1 ? blocks : 0;
}
