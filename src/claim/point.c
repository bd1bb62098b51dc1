/* SPDX-License-Identifier: GPL-3.0-or-later */
/* point.c: points of a case and the leaves and relations that belong to them. */
#include <string.h>
#include "claim/point.h"
#include "claim/check_internal.h"

/* Between the first components of p and q, pushed off every symmetry of the pair by multiples of h. */
static void default_point(fmpq *x, const dp_problem *P)
{
    static const slong push[3][2] = {{3, 8}, {-1, 4}, {1, 5}};
    fmpq_t s;
    fmpq_init(s);
    for (int i = 0; i < P->dim; i++) {
        fmpq_add(x + i, DP_MEAN(P->p, 0, i), DP_MEAN(P->q, 0, i));
        fmpq_div_2exp(x + i, x + i, 1);
        fmpq_set_si(s, push[i % 3][0], (ulong) push[i % 3][1]);
        fmpq_addmul(x + i, s, P->bandwidth);
    }
    fmpq_clear(s);
}

void dp_point_init(dp_point *at, const dp_problem *P)
{
    at->P = P;
    at->dim = P->dim;
    at->q = _fmpq_vec_init(P->dim);
    at->x = _arb_vec_init(P->dim);
}

void dp_point_clear(dp_point *at)
{
    _fmpq_vec_clear(at->q, at->dim);
    _arb_vec_clear(at->x, at->dim);
}

void dp_point_set(dp_point *at, dp_check *c, slong k, const fmpq *x)
{
    at->index = k;
    snprintf(at->prefix, sizeof at->prefix, "x%ld_", (long) k);
    for (int i = 0; i < at->dim; i++) {
        char name[64];
        fmpq_set(at->q + i, x + i);
        arb_set_fmpq(at->x + i, at->q + i, dp_check_prec(c));
        snprintf(name, sizeof name, "%sx_%d", at->prefix, i);
        dp_let_q(c, name, at->q + i);
    }
}

void dp_each_point(dp_check *c, void (*body)(dp_check *c, const dp_point *at, void *data), void *data)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *list = dp_check_param(c, "at");
    dp_point at;
    fmpq *x = _fmpq_vec_init(P->dim);
    default_point(x, P);
    dp_point_init(&at, P);
    dp_let_q(c, "h", P->bandwidth);
    for (slong k = 0; k < (list == NULL ? 1 : list->rows) && !dp_check_stopped(c); k++) {
        dp_point_set(&at, c, k, list == NULL ? x : list->value + k * list->cols);
        body(c, &at, data);
    }
    dp_point_clear(&at);
    _fmpq_vec_clear(x, P->dim);
}

void dp_each_gaussian_point(dp_check *c, const char *about, void (*body)(dp_check *c, const dp_point *at, void *data), void *data)
{
    const dp_problem *P = dp_check_problem(c);
    fmpq_t h2;
    if (P->kernel != DP_KERNEL_GAUSSIAN) {
        dp_give_up(c, DP_EINPUT, "%s is about the Gaussian kernel", about);
        return;
    }
    fmpq_init(h2);
    fmpq_mul(h2, P->bandwidth, P->bandwidth);
    if (dp_check_twin(c, "constant")) dp_spoil_for(c, h2);
    dp_let_q(c, "h2", h2);
    dp_each_point(c, body, data);
    fmpq_clear(h2);
}

/* Fresh text of `pattern` with its three placeholders filled in. */
static char *expand(const char *pattern, const dp_point *at, slong i, slong j)
{
    char part[32], *out = dp_malloc(strlen(pattern) * sizeof part + 1), *end = out;
    for (const char *s = pattern; *s != '\0'; s++) {
        if (*s == '@')
            snprintf(part, sizeof part, "%s", at->prefix);
        else if (*s == '#' || *s == '$')
            snprintf(part, sizeof part, "%ld", (long) (*s == '#' ? i : j));
        else
            snprintf(part, sizeof part, "%c", *s);
        end = stpcpy(end, part);
    }
    *end = '\0';
    return out;
}

static void state_at(void (*state)(dp_check *, const char *, const char *), dp_check *c, const dp_point *at, slong i, slong j, const char *label, const char *pattern)
{
    char *relation = expand(pattern, at, i, j);
    char *index = i < 0 ? dp_strdup("") : j < 0 ? dp_format(" [%ld]", (long) i) : dp_format(" [%ld,%ld]", (long) i, (long) j);
    char *name = dp_format("%s at x%ld%s", label, (long) at->index, index);
    state(c, name, relation);
    free(name);
    free(index);
    free(relation);
}

void dp_assert_at(dp_check *c, const dp_point *at, slong i, slong j, const char *label, const char *pattern)
{
    state_at(dp_assert, c, at, i, j, label, pattern);
}

void dp_suffice_at(dp_check *c, const dp_point *at, slong i, slong j, const char *label, const char *pattern)
{
    state_at(dp_suffice, c, at, i, j, label, pattern);
}

void dp_aim_at(dp_check *c, const dp_point *at, slong i, slong j, const char *label, const char *pattern)
{
    state_at(dp_aim, c, at, i, j, label, pattern);
}

void dp_agree_at(dp_check *c, const dp_point *at, slong i, slong j, const char *label, const char *pattern)
{
    state_at(dp_agree, c, at, i, j, label, pattern);
}

void dp_def_at(dp_check *c, const dp_point *at, slong i, slong j, const char *name, const char *pattern)
{
    char *n = expand(name, at, i, j), *text = expand(pattern, at, i, j);
    dp_def(c, n, text);
    free(n);
    free(text);
}

static void let_part(dp_check *c, const dp_point *at, const char *stem, const char *part, slong i, slong j, const arb_t v,
                     const char *engine)
{
    char *base = dp_format("%s%s_%s", at->prefix, stem, part);
    dp_let(c, dp_name(base, i, j), v, engine);
    free(base);
}

static void let_moments(dp_check *c, const dp_point *at, const char *stem, const dp_moments_t m, const char *parts)
{
    const char *engine = dp_engine_name(m->used);
    int d = at->dim;
    if (strchr(parts, 'Z'))
        let_part(c, at, stem, "Z", -1, -1, m->Z->v, engine);
    for (slong i = 0; i < d; i++) {
        if (strchr(parts, 'G'))
            let_part(c, at, stem, "Z", i, -1, m->Z->g + i, engine);
        if (strchr(parts, 'D'))
            let_part(c, at, stem, "D", i, -1, m->D + i, engine);
        for (slong j = 0; j < d; j++) {
            if (strchr(parts, 'H') && i <= j)
                let_part(c, at, stem, "Z", i, j, DP_JET_H(m->Z, i, j), engine);
            if (strchr(parts, 'J'))
                let_part(c, at, stem, "J", i, j, m->J + i * d + j, engine);
        }
    }
}

int dp_let_parts(dp_check *c, const dp_point *at, const char *stem, const dp_problem *P, dp_which which, const char *parts,
                 dp_engine engine, dp_workspace *w)
{
    return dp_let_parts_at(c, at, stem, P, which, parts, engine, w, dp_check_prec(c));
}

int dp_let_parts_at(dp_check *c, const dp_point *at, const char *stem, const dp_problem *P, dp_which which, const char *parts,
                    dp_engine engine, dp_workspace *w, slong prec)
{
    dp_moments_t m;
    dp_error e = {DP_OK, ""};
    dp_moments_init(m, at->dim);
    int ok = !dp_check_failed(c, dp_moments_eval(m, dp_shown(c, P), which, at->x, engine, prec, w, &e), &e);
    if (ok)
        let_moments(c, at, stem, m, parts);
    dp_moments_clear(m);
    return ok;
}

int dp_let_velocity(dp_check *c, const dp_point *at, const char *stem, const dp_problem *P, const char *drift, arb_srcptr x,
                    dp_engine engine, dp_workspace *w)
{
    dp_field_t f;
    dp_error e = {DP_OK, ""};
    char *base = dp_format("%s%s", at->prefix, stem);
    dp_field_init(f, at->dim);
    int ok = !dp_check_failed(c, dp_field_eval(f, dp_shown(c, P), drift, x, engine, dp_check_prec(c), w, &e), &e);
    if (ok && !(f->have & DP_HAVE_VELOCITY)) {
        dp_give_up(c, DP_EUNSUPPORTED, "%s: no velocity: %s", drift, f->why);
        ok = 0;
    }
    for (slong i = 0; ok && i < at->dim; i++)
        dp_let(c, dp_name(base, i, -1), f->velocity + i, dp_engine_name(f->engine));
    dp_field_clear(f);
    free(base);
    return ok;
}

void dp_let_power(dp_check *c, const char *name, const fmpq_t a, const fmpq_t b, slong n)
{
    fmpq_t v;
    fmpq_init(v);
    fmpq_pow_si(v, b, n);
    fmpq_mul(v, v, a);
    dp_let_q(c, name, v);
    fmpq_clear(v);
}

/* q += 10^-n unit */
static void add_tiny(fmpq_t q, const fmpq_t unit, slong n)
{
    fmpq_t t;
    fmpq_init(t);
    fmpq_set_si(t, 10, 1);
    fmpq_pow_si(t, t, -n);
    fmpq_addmul(q, t, unit);
    fmpq_clear(t);
}

static slong tiny_for(const dp_check *c)
{
    return FLINT_MAX(1, FLINT_MIN(30, dp_check_digits(c) - 6));
}

void dp_nudge_for(const dp_check *c, fmpq_t q, const fmpq_t h)
{
    add_tiny(q, h, tiny_for(c));
}

static void spoil(fmpq_t q, slong n)
{
    fmpq_t unit;
    fmpq_init(unit);
    fmpq_set(unit, q);
    add_tiny(q, unit, n);
    fmpq_clear(unit);
}

void dp_spoil(fmpq_t q)
{
    spoil(q, 30);
}

void dp_spoil_for(const dp_check *c, fmpq_t q)
{
    spoil(q, tiny_for(c));
}

void dp_problem_swap(dp_problem *P)
{
    dp_measure_struct t = P->p[0];
    P->p[0] = P->q[0];
    P->q[0] = t;
}

const dp_problem *dp_shown(dp_check *c, const dp_problem *P)
{
    const int kernel = dp_check_twin(c, "kernel"), roles = dp_check_twin(c, "roles");
    if (!kernel && !roles) return P;
    dp_problem *D = dp_problem_copy(P);
    if (kernel) dp_spoil_for(c, D->bandwidth);
    else dp_problem_swap(D);
    c->shown = dp_check_grow(c->shown, c->nshown, &c->shown_room, sizeof *c->shown);
    c->shown[c->nshown++] = D;
    return D;
}

int dp_twin_unfit(dp_check *c, const char *name)
{
    if (!dp_check_twin(c, name))
        return 0;
    dp_give_up(c, DP_EINPUT, "the sabotage \"%s\" changes nothing in this case", name);
    return 1;
}

int dp_drift_asked(const dp_check *c, const char *drift)
{
    const dp_param *which = dp_check_param(c, "drift");
    if (which == NULL || strcmp(which->word, "all") == 0)
        return 1;
    return strcmp(which->word, "fast") == 0 ? strcmp(drift, "smoothed-kl") != 0 : strcmp(which->word, drift) == 0;
}

void dp_let_tiny(dp_check *c, const char *name)
{
    fmpq_t t, one;
    fmpq_init(t);
    fmpq_init(one);
    fmpq_one(one);
    dp_nudge_for(c, t, one);
    dp_let_q(c, name, t);
    fmpq_clear(t);
    fmpq_clear(one);
}
