/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quantity.c: asks the engines for fields and kernel moments at a point and names the answers. */
#include <stdlib.h>
#include <string.h>

#include "tool/option.h"
#include "tool/quantity.h"

enum { VELOCITY, JACOBIAN, CURL, DIVERGENCE, PRECONDITIONER, WEDGE, POTENTIAL, LOG_RATIO_GRADIENT, MOMENTS, QUANTITIES };
static const char *const names[] = {"velocity", "jacobian", "curl", "divergence", "preconditioner", "wedge", "potential",
                                    "log-ratio-gradient", "moments", NULL};
static const struct { const char *name; dp_which which; } convolutions[] = {
    {"kp", DP_OF_P}, {"kq", DP_OF_Q}, {"kpt", DP_OF_PT}, {"kqt", DP_OF_QT}};

static unsigned quantity_bit(const char *word, size_t n)
{
    char copy[64];
    snprintf(copy, sizeof copy, "%.*s", (int) n, word);
    for (int i = 0; names[i]; i++)
        if (!strcmp(names[i], copy)) return 1u << i;
    if (!strcmp(copy, "energy") || !strcmp(copy, "dissipation")) dp_usage_error("--quantity %s: a number of the case, not of a point: ask for it without --at", copy);
    dp_usage_error("--quantity %s: unknown quantity%s; there are velocity, jacobian, curl, divergence, preconditioner, wedge, potential, log-ratio-gradient, moments",
                   copy, dp_tool_suggest(copy, names));
}

dp_quantities dp_quantities_read(const char *text)
{
    dp_quantities set = 0;
    if (!text) return (1u << MOMENTS) - 1;
    for (;; text++) {
        const size_t n = strcspn(text, ",");
        set |= quantity_bit(text, n);
        if (!*(text += n)) return set;
    }
}

void dp_answer_init(dp_answer *a, int dim)
{
    dp_field_init(a->field, dim);
    for (int i = 0; i < 4; i++) dp_moments_init(a->moments[i], dim);
    memset(&a->values, 0, sizeof a->values);
}

void dp_answer_clear(dp_answer *a)
{
    for (int i = 0; i < 4; i++) dp_moments_clear(a->moments[i]);
    dp_field_clear(a->field);
}

/* Several reasons, one after another. */
static void because(char out[400], const char *what, const char *reason)
{
    const size_t n = strlen(out);
    snprintf(out + n, 400 - n, "%s%s%s%s", n ? "; " : "", what, *what ? ": " : "", reason);
}

/* ---- fields ---- */

static void add_field(dp_values *V, const dp_field_t f, dp_quantities asked)
{
    const struct { int bit; unsigned needs; const char *name; int rank; slong n; arb_srcptr v; } all[] = {
        {VELOCITY, DP_HAVE_VELOCITY, "velocity", 1, f->dim, f->velocity},
        {JACOBIAN, DP_HAVE_JACOBIAN, "jacobian", 2, f->dim, f->jacobian},
        {CURL, DP_HAVE_JACOBIAN, "curl", f->dim == 3, 3, f->curl},
        {DIVERGENCE, DP_HAVE_JACOBIAN, "divergence", 0, 1, f->divergence},
        {PRECONDITIONER, DP_HAVE_PRECONDITIONER, "preconditioner", 0, 1, f->preconditioner->v},
        {PRECONDITIONER, DP_HAVE_PRECONDITIONER, "preconditioner_gradient", 1, f->dim, f->preconditioner->g},
        {WEDGE, DP_HAVE_PRECONDITIONER, "wedge", f->dim == 3, 3, f->wedge},
        {POTENTIAL, DP_HAVE_POTENTIAL, "potential", 0, 1, f->potential},
        {LOG_RATIO_GRADIENT, DP_HAVE_PRECONDITIONER, "log_ratio_gradient", 1, f->dim, f->grad_log_ratio}};
    int absent = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const int have = (f->have & all[i].needs) != 0;
        if (!(asked & 1u << all[i].bit)) continue;
        if ((all[i].bit == CURL || all[i].bit == WEDGE) && !DP_CURL_DIM(f->dim)) continue;
        dp_values_add(V, NULL, all[i].name, all[i].rank, all[i].n, have ? all[i].v : NULL);
        absent |= !have;
    }
    if (absent && f->have) because(V->why, "", f->why[0] ? f->why : "this drift does not define it");
}

/* An exact zero has no relative digits: precision stops rising far below the scale of the problem, and that is said. */
static void say_zero(dp_values *V, const char *what, arb_srcptr v, slong n, slong digits)
{
    if (!dp_balls_have_digits(v, n, NULL, digits)) because(V->why, what, "not told from zero far below its scale; the radius bounds it");
}

static dp_status ask_field(dp_answer *a, const dp_question *q, const fmpq *x, dp_error *e)
{
    const dp_status status = dp_field_digits(a->field, q->P, q->drift, x, q->digits, q->w, e);
    if (status && status != DP_EBUDGET) return status;
    if (status) because(a->values.short_of, "", e->text);
    add_field(&a->values, a->field, q->asked);
    const dp_field_struct *f = a->field;
    if (!status && (f->have & DP_HAVE_VELOCITY) && (q->asked & 1u << VELOCITY)) say_zero(&a->values, "velocity", f->velocity, f->dim, q->digits);
    if (!status && (f->have & DP_HAVE_JACOBIAN) && (q->asked & 1u << JACOBIAN)) say_zero(&a->values, "jacobian", f->jacobian, (slong) f->dim * f->dim, q->digits);
    return status;
}

/* ---- kernel moments ---- */

/* The natural sizes of value, gradient and Hessian are Z, Z/h and Z/h^2: an entry that vanishes by symmetry is measured by them. */
static int moments_have_digits(const dp_moments_t m, const dp_problem *P, slong digits)
{
    const slong d = m->dim;
    arb_t scale;
    arb_init(scale);
    int ok = dp_balls_have_digits(m->Z->v, 1, NULL, digits);
    arb_div_fmpz(scale, m->Z->v, fmpq_numref(P->bandwidth), 64);
    arb_mul_fmpz(scale, scale, fmpq_denref(P->bandwidth), 64);
    ok = ok && dp_balls_have_digits(m->Z->g, d, scale, digits);
    arb_div_fmpz(scale, scale, fmpq_numref(P->bandwidth), 64);
    arb_mul_fmpz(scale, scale, fmpq_denref(P->bandwidth), 64);
    ok = ok && dp_balls_have_digits(m->Z->h, d * d, scale, digits);
    arb_clear(scale);
    return ok;
}

/* Working precision doubles from a little over the digits asked, six times at most. */
static dp_status moments_digits(dp_moments_t m, const dp_question *q, dp_which which, const fmpq *x, dp_error *e)
{
    const slong first = q->digits * 10 / 3 + 32;
    dp_status status = DP_EBUDGET;
    arb_ptr at = _arb_vec_init(m->dim);
    for (slong prec = first; status == DP_EBUDGET && prec <= 64 * first; prec *= 2) {
        for (int i = 0; i < m->dim; i++) arb_set_fmpq(at + i, x + i, prec + 64);
        status = dp_moments_eval(m, q->P, which, at, DP_ENGINE_AUTO, prec, q->w, e);
        if (!status && !moments_have_digits(m, q->P, q->digits)) status = dp_fail(e, DP_EBUDGET, "precision ran out at %ld bits", prec);
    }
    _arb_vec_clear(at, m->dim);
    return status;
}

/* One finite array or nothing: a gradient of the Laplace kernel at an atom does not exist. */
static void add_finite(dp_values *V, const char *group, const char *name, int rank, slong n, arb_srcptr v)
{
    int finite = 1;
    for (slong i = 0; i < (rank == 2 ? n * n : rank == 1 ? n : 1); i++) finite = finite && arb_is_finite(v + i);
    dp_values_add(V, group, name, rank, n, finite ? v : NULL);
}

static dp_status ask_moments(dp_answer *a, const dp_question *q, const fmpq *x, dp_error *e)
{
    dp_status worst = DP_OK;
    for (int i = 0; i < 4; i++) {
        const dp_jet_struct *Z = a->moments[i]->Z;
        const dp_status status = moments_digits(a->moments[i], q, convolutions[i].which, x, e);
        if (status && status != DP_EBUDGET && status != DP_EUNSUPPORTED) return status;
        if (status == DP_EBUDGET) worst = status;
        if (status) because(status == DP_EBUDGET ? a->values.short_of : a->values.why, convolutions[i].name, e->text);
        if (status == DP_EUNSUPPORTED) {
            dp_values_add(&a->values, NULL, convolutions[i].name, 0, 1, NULL);
            continue;
        }
        add_finite(&a->values, convolutions[i].name, "value", 0, 1, Z->v);
        add_finite(&a->values, convolutions[i].name, "gradient", 1, Z->dim, Z->g);
        add_finite(&a->values, convolutions[i].name, "hessian", 2, Z->dim, Z->h);
    }
    return worst;
}

dp_status dp_answer_at(dp_answer *a, const dp_question *q, const fmpq *x, dp_error *e)
{
    dp_status field = DP_OK, moments = DP_OK;
    memset(&a->values, 0, sizeof a->values);
    a->values.dim = q->P->dim;
    a->values.x = x;
    if (q->asked & ((1u << MOMENTS) - 1)) field = ask_field(a, q, x, e);
    if (field && field != DP_EBUDGET) return field;
    if (q->asked & 1u << MOMENTS) moments = ask_moments(a, q, x, e);
    return moments ? moments : field;
}
