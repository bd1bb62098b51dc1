/* SPDX-License-Identifier: GPL-3.0-or-later */
/* leaf.c: fields and kernel moments at a point as leaves, each by the fast engine and by quadrature. */
#include "claim/check_internal.h"

#include <stdlib.h>

/* Where leaves of one evaluation go. */
typedef struct {
    dp_check *c;
    const char *prefix, *engine;
    int second;        /* 1: dp_let_second */
    int finite_only;   /* 1: entries that are not finite are left out */
} sink;

static void put(const sink *s, const char *stem, slong i, slong j, const arb_t v)
{
    if (s->finite_only && !arb_is_finite(v)) return;
    char *name = dp_format("%s%s", s->prefix, dp_name(stem, i, j));
    (s->second ? dp_let_second : dp_let)(s->c, name, v, s->engine);
    free(name);
}

static void put_vector(const sink *s, const char *stem, arb_srcptr v, int n)
{
    for (int i = 0; i < n; i++) put(s, stem, i, -1, v + i);
}

static void put_matrix(const sink *s, const char *stem, arb_srcptr v, int n)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) put(s, stem, i, j, v + i * n + j);
}

/* The second engine is there to confirm, and dear: as documented in claim.h. */
static slong second_precision(const dp_check *c, int dim)
{
    slong limit = dim == 1 ? 100 : 64, prec = dp_check_prec(c);
    return prec < limit ? prec : limit;
}

/* No second engine: harmless when it could not (the leaves then have one, and why is noted), else the end of the check. */
static void no_second(dp_check *c, const char *prefix, dp_status status, const dp_error *e)
{
    if (status == DP_OK) dp_check_no_second(c, prefix, "no independent evaluation exists for it");
    else if (status == DP_EUNSUPPORTED || status == DP_EBUDGET) dp_check_no_second(c, prefix, e->text);
    else dp_check_failed(c, status, e);
}

static void put_field(const sink *s, const dp_field_t f, unsigned have)
{
    int d = f->dim;
    if (have & DP_HAVE_VELOCITY) put_vector(s, "V", f->velocity, d);
    if (have & DP_HAVE_JACOBIAN) {
        put_matrix(s, "J", f->jacobian, d);
        put(s, "div", -1, -1, f->divergence);
        put_vector(s, "curl", f->curl, DP_CURL_DIM(d));
    }
    if (have & DP_HAVE_PRECONDITIONER) {
        put(s, "eta", -1, -1, f->preconditioner->v);
        put_vector(s, "eta", f->preconditioner->g, d);
        put_vector(s, "S", f->grad_log_ratio, d);
        put_vector(s, "wedge", f->wedge, DP_CURL_DIM(d));
    }
    if (have & DP_HAVE_POTENTIAL) put(s, "potential", -1, -1, f->potential);
}

static void confirm_field(dp_check *c, const char *prefix, const dp_problem *P, const char *drift, arb_srcptr x, unsigned have,
                          dp_engine first)
{
    dp_field_t f;
    dp_error e;
    dp_field_init(f, P->dim);
    dp_status status = dp_field_eval(f, P, drift, x, DP_ENGINE_QUADRATURE, second_precision(c, P->dim), NULL, &e);
    if (status == DP_OK && f->engine != first)
        put_field(&(sink) {c, prefix, dp_engine_name(f->engine), 1, 1}, f, have & f->have);
    else no_second(c, prefix, status, &e);
    dp_field_clear(f);
}

int dp_let_field(dp_check *c, const char *prefix, const dp_problem *P, const char *drift, arb_srcptr x, unsigned have)
{
    dp_field_t f;
    dp_error e;
    if (dp_check_stopped(c)) return 0;
    P = dp_shown(c, P);
    dp_field_init(f, P->dim);
    dp_status status = dp_field_eval(f, P, drift, x, DP_ENGINE_AUTO, dp_check_prec(c), dp_check_workspace(c), &e);
    if (status == DP_OK && (have & ~f->have) != 0)
        status = dp_fail(&e, DP_EUNSUPPORTED, "drift %s does not have what the claim asks of it here: %s", drift, f->why);
    if (!dp_check_failed(c, status, &e)) {
        put_field(&(sink) {c, prefix, dp_engine_name(f->engine), 0, 0}, f, have);
        dp_ledger_workspace(c);
        if (f->engine != DP_ENGINE_QUADRATURE) confirm_field(c, prefix, P, drift, x, have, f->engine);
        else no_second(c, prefix, DP_OK, NULL);
    }
    dp_field_clear(f);
    return !dp_check_stopped(c);
}

static void put_moments(const sink *s, const dp_moments_t m)
{
    put(s, "Z", -1, -1, m->Z->v);
    put_vector(s, "Z", m->Z->g, m->dim);
    put_matrix(s, "Z", m->Z->h, m->dim);
    put_vector(s, "D", m->D, m->dim);
}

/* Entries that the first engine found infinite have no leaf to confirm. */
static void confirm_moments(dp_check *c, const char *prefix, const dp_problem *P, dp_which which, arb_srcptr x, const dp_moments_t first)
{
    dp_moments_t m;
    dp_error e;
    dp_moments_init(m, P->dim);
    dp_status status = dp_moments_eval(m, P, which, x, DP_ENGINE_QUADRATURE, second_precision(c, P->dim), NULL, &e);
    for (int i = 0; i < P->dim; i++) {
        if (!arb_is_finite(first->Z->g + i)) arb_indeterminate(m->Z->g + i);
        if (!arb_is_finite(first->D + i)) arb_indeterminate(m->D + i);
    }
    for (int i = 0; i < P->dim * P->dim; i++)
        if (!arb_is_finite(first->Z->h + i)) arb_indeterminate(m->Z->h + i);
    if (status == DP_OK && m->used != first->used && arb_is_finite(first->Z->v))
        put_moments(&(sink) {c, prefix, dp_engine_name(m->used), 1, 1}, m);
    else no_second(c, prefix, status, &e);
    dp_moments_clear(m);
}

int dp_let_moments(dp_check *c, const char *prefix, const dp_problem *P, dp_which which, arb_srcptr x)
{
    dp_moments_t m;
    dp_error e;
    if (dp_check_stopped(c)) return 0;
    P = dp_shown(c, P);
    dp_moments_init(m, P->dim);
    dp_status status = dp_moments_eval(m, P, which, x, DP_ENGINE_AUTO, dp_check_prec(c), dp_check_workspace(c), &e);
    if (!dp_check_failed(c, status, &e)) {
        put_moments(&(sink) {c, prefix, dp_engine_name(m->used), 0, 1}, m);
        dp_ledger_workspace(c);
        if (m->used != DP_ENGINE_QUADRATURE) confirm_moments(c, prefix, P, which, x, m);
        else no_second(c, prefix, DP_OK, NULL);
    }
    dp_moments_clear(m);
    return !dp_check_stopped(c);
}
