/* SPDX-License-Identifier: GPL-3.0-or-later */
/* basis-rank: how many of the functions U_ij of a basis of point masses are independent: never all under the Laplace kernel on a line. */
#include "../samples.h"

/* Atoms of p as z_i, pairs a < b of them, and the probes: exact points. */
typedef struct { const dp_problem *P; slong m, pairs, probes; int d, gaussian; slong *a, *b; fmpq *x; } basis;

static void basis_init(basis *s, const dp_problem *P, slong room)
{
    *s = (basis) {P, P->p->n, 0, 0, P->dim, P->kernel == DP_KERNEL_GAUSSIAN, NULL, NULL, _fmpq_vec_init(room * P->dim)};
    s->a = dp_calloc((size_t) (s->m * s->m), sizeof *s->a), s->b = dp_calloc((size_t) (s->m * s->m), sizeof *s->b);
    for (slong i = 0; i < s->m; i++)
        for (slong j = i + 1; j < s->m; j++)
            s->a[s->pairs] = i, s->b[s->pairs++] = j;
}

static void basis_clear(basis *s, slong room)
{
    _fmpq_vec_clear(s->x, room * s->d);
    free(s->a), free(s->b);
}

/* A probe at s z_i + (1 - s) z_j. */
static void probe(basis *s, dp_check *c, slong i, slong j, const fmpq_t share)
{
    fmpq_t rest;
    fmpq_init(rest);
    fmpq_sub_si(rest, share, 1), fmpq_neg(rest, rest);
    for (int k = 0; k < s->d; k++) {
        fmpq *x = s->x + s->probes * s->d + k;
        fmpq_mul(x, DP_MEAN(s->P->p, i, k), share);
        fmpq_addmul(x, DP_MEAN(s->P->p, j, k), rest);
        dp_let_q(c, dp_name("x", s->probes, k), x);
    }
    s->probes++;
    fmpq_clear(rest);
}

/* K_t_i = k(x_t, z_i), and their weighted sum against the engines' k*p. */
static void values(dp_check *c, const basis *s)
{
    dp_moments_t mo;
    dp_error e = {DP_OK, ""};
    arb_ptr x = _arb_vec_init(s->d);
    dp_moments_init(mo, s->d);
    for (slong t = 0; t < s->probes; t++) {
        char *sum = dp_strdup("0"), *square, *more;
        for (slong i = 0; i < s->m; i++) {
            square = dp_strdup("0");
            for (int k = 0; k < s->d; k++)
                more = dp_format("%s + (x_%ld_%d - z_%ld_%d)^2", square, (long) t, k, (long) i, k), free(square), square = more;
            more = s->gaussian ? dp_format("exp(-(%s)/(2*h^2))", square) : s->d == 1 ? dp_format("exp(-abs(x_%ld_0 - z_%ld_0)/h)", (long) t, (long) i) : dp_format("exp(-sqrt(%s)/h)", square);
            dp_def(c, dp_name("K", t, i), more);
            free(square), free(more);
            more = dp_format("%s + w_%ld*K_%ld_%ld", sum, (long) i, (long) t, (long) i), free(sum), sum = more;
        }
        for (int k = 0; k < s->d; k++)
            arb_set_fmpq(x + k, s->x + t * s->d + k, dp_check_prec(c));
        for (int second = 0; second < 2 && !dp_check_stopped(c); second++)
            if (!dp_check_failed(c, dp_moments_eval(mo, dp_shown(c, s->P), DP_OF_P, x, second ? DP_ENGINE_QUADRATURE : DP_ENGINE_AUTO, dp_check_prec(c), NULL, &e), &e))
                (second ? dp_let_second : dp_let)(c, dp_name("Z", t, -1), mo->Z->v, second ? "second" : "moments");
        more = dp_format("%s == Z_%ld", sum, (long) t);
        dp_agree(c, "the kernel values are the engines'", more);
        free(more), free(sum);
    }
    dp_moments_clear(mo);
    _arb_vec_clear(x, s->d);
}

static void entry(arb_t out, const basis *s, slong t, slong u, slong prec)
{
    arb_t r, v;
    fmpq_t f, g;
    arb_init(r), arb_init(v), fmpq_init(f), fmpq_init(g);
    arb_zero(out);
    for (int end = 0; end < 2; end++) {
        fmpq_zero(g);
        for (int k = 0; k < s->d; k++)
            fmpq_sub(f, s->x + t * s->d + k, DP_MEAN(s->P->p, end ? s->b[u] : s->a[u], k)), fmpq_addmul(g, f, f);
        arb_set_fmpq(r, g, prec), arb_set_fmpq(v, s->P->bandwidth, prec);
        if (!s->gaussian)
            arb_sqrt(r, r, prec), arb_div(r, r, v, prec);
        else
            arb_mul(v, v, v, prec), arb_mul_2exp_si(v, v, 1), arb_div(r, r, v, prec);
        arb_sub(out, out, r, prec);
    }
    arb_exp(out, out, prec);
    arb_clear(r), arb_clear(v), fmpq_clear(f), fmpq_clear(g);
}

/* An order of rows and columns in which elimination meets no small pivot: only a choice, nothing rests on it. */
static void choose(slong *row, slong *column, const basis *s, slong rank, slong prec)
{
    arb_mat_t A;
    arb_mat_init(A, s->probes, s->pairs);
    for (slong t = 0; t < s->probes; t++)
        for (slong u = 0; u < s->pairs; u++)
            entry(arb_mat_entry(A, t, u), s, t, u, prec);
    for (slong t = 0; t < s->probes; t++) row[t] = t;
    for (slong u = 0; u < s->pairs; u++) column[u] = u;
    for (slong k = 0; k < rank; k++) {
        slong bt = k, bu = k, keep;
        for (slong t = k; t < s->probes; t++)
            for (slong u = k; u < s->pairs; u++)
                if (arf_cmpabs(arb_midref(arb_mat_entry(A, row[t], column[u])), arb_midref(arb_mat_entry(A, row[bt], column[bu]))) > 0) bt = t, bu = u;
        keep = row[k], row[k] = row[bt], row[bt] = keep;
        keep = column[k], column[k] = column[bu], column[bu] = keep;
        arb_t f;
        arb_init(f);
        for (slong t = k + 1; t < s->probes; t++) {
            arb_div(f, arb_mat_entry(A, row[t], column[k]), arb_mat_entry(A, row[k], column[k]), prec);
            for (slong u = k; u < s->pairs; u++)
                arb_submul(arb_mat_entry(A, row[t], column[u]), f, arb_mat_entry(A, row[k], column[u]), prec);
        }
        arb_clear(f);
    }
    arb_mat_clear(A);
}

/* Elimination of the chosen minor as definitions g<k>_i_j; det is the product of the pivots. */
static void minor(dp_check *c, const basis *s, const slong *row, const slong *column, slong rank)
{
    char stem[32], text[300];
    char *det = dp_strdup("1"), *more;
    for (slong i = 0; i < rank; i++)
        for (slong j = 0; j < rank; j++) {
            snprintf(text, sizeof text, "K_%ld_%ld*K_%ld_%ld", (long) row[i], (long) s->a[column[j]], (long) row[i], (long) s->b[column[j]]);
            dp_def(c, dp_name("g0", i, j), text);
        }
    for (slong k = 0; k < rank; k++) {
        more = dp_format("%s*g%ld_%ld_%ld", det, (long) k, (long) k, (long) k), free(det), det = more;
        snprintf(stem, sizeof stem, "g%ld", (long) k + 1);
        for (slong i = k + 1; i < rank; i++)
            for (slong j = k + 1; j < rank; j++) {
                snprintf(text, sizeof text, "g%ld_%ld_%ld - g%ld_%ld_%ld*g%ld_%ld_%ld/g%ld_%ld_%ld", (long) k, (long) i, (long) j, (long) k, (long) i, (long) k, (long) k, (long) k, (long) j,
                         (long) k, (long) k, (long) k);
                dp_def(c, dp_name(stem, i, j), text);
            }
    }
    dp_def(c, "det", det);
    free(det);
}

/* Pair u' < u with the same sum of atoms as u, or -1. */
static slong same_sum(const basis *s, slong u)
{
    fmpq_t f, g;
    slong found = -1;
    fmpq_init(f), fmpq_init(g);
    fmpq_add(f, DP_MEAN(s->P->p, s->a[u], 0), DP_MEAN(s->P->p, s->b[u], 0));
    for (slong v = 0; v < u && found < 0; v++) {
        fmpq_add(g, DP_MEAN(s->P->p, s->a[v], 0), DP_MEAN(s->P->p, s->b[v], 0));
        if (fmpq_equal(f, g)) found = v;
    }
    fmpq_clear(f), fmpq_clear(g);
    return found;
}

static slong span(const basis *s)
{
    slong rank = 0;
    if (s->d > 1) return s->pairs;
    if (!s->gaussian) return s->m == 2 ? 1 : 2 * s->m - 3;
    for (slong u = 0; u < s->pairs; u++) rank += same_sum(s, u) < 0;
    return rank;
}

static void lower(dp_check *c, basis *s)
{
    fmpq_t half;
    slong rank = span(s), *row = dp_calloc((size_t) (s->m * s->m), sizeof *row), *column = dp_calloc((size_t) (s->m * s->m), sizeof *column);
    fmpq_init(half);
    fmpq_set_si(half, 1, 2);
    for (slong i = 0; i < s->m; i++)
        for (slong j = s->d == 1 ? i : i + 1; j < s->m; j++) probe(s, c, i, j, half);
    values(c, s);
    choose(row, column, s, rank, dp_check_prec(c) + 200);
    minor(c, s, row, column, rank);
    sm_count(c, "rank", rank);
    dp_assert(c, "so many of the functions are independent", dp_check_twin(c, "dependent") ? "det == 0" : "det != 0");
    fmpq_clear(half);
    free(row), free(column);
}

/* W over the pair (i, j), at probe t. */
static char *scaled(const basis *s, slong t, slong i, slong j)
{
    return s->gaussian ? dp_format("exp((z_%ld_0 - z_%ld_0)^2/(4*h^2))*K_%ld_%ld*K_%ld_%ld", (long) j, (long) i, (long) t, (long) i, (long) t, (long) j)
                       : dp_format("exp((z_%ld_0 - z_%ld_0)/h)*K_%ld_%ld*K_%ld_%ld", (long) j, (long) i, (long) t, (long) i, (long) t, (long) j);
}

/* The dependence of pair u on earlier ones or on those with the first and the last point; 1 when there is one. */
static int depends(dp_check *c, const basis *s, slong u)
{
    slong i = s->a[u], j = s->b[u], last = s->m - 1, v = s->gaussian ? same_sum(s, u) : -1;
    if (s->gaussian ? v < 0 : i == 0 || j == last) return 0;
    for (slong t = 0; t < s->probes; t++) {
        char *w = scaled(s, t, i, j), *first = s->gaussian ? scaled(s, t, s->a[v], s->b[v]) : scaled(s, t, i, last), *second = scaled(s, t, 0, j), *both = scaled(s, t, 0, last), *label, *relation;
        if (s->gaussian) relation = dp_format(dp_check_twin(c, "sign") ? "%s == -%s" : "%s == %s", w, first);
        else relation = dp_format(dp_check_twin(c, "sign") ? "%s == %s + %s + %s" : "%s == %s + %s - %s", w, first, second, both);
        label = dp_format("U_%ld_%ld depends on others, at probe %ld", (long) i + 1, (long) j + 1, (long) t);
        dp_assert(c, label, relation);
        free(w), free(first), free(second), free(both), free(label), free(relation);
    }
    return 1;
}

static void upper(dp_check *c, basis *s)
{
    fmpq_t share;
    slong found = 0;
    fmpq_init(share);
    for (slong i = 0; i + 1 < s->m; i++)
        for (ulong k = 1; k < 3; k++) fmpq_set_si(share, 1, k), probe(s, c, i, i + 1, share);
    for (slong k = 0; k < 3; k++) fmpq_set_si(share, k - 1, 1), probe(s, c, k < 2 ? s->m - 2 : 0, k < 2 ? s->m - 1 : 1, share); /* beyond the last, the last, beyond the first */
    fmpq_clear(share);
    values(c, s);
    for (slong u = 0; u < s->pairs; u++) found += depends(c, s, u);
    if (found != s->pairs - span(s)) dp_give_up(c, DP_EINTERNAL, "%ld dependences for a span of %ld", (long) found, (long) span(s));
    else if (found == 0) dp_give_up(c, DP_EINPUT, "bound upper: all functions are independent here, there is nothing to show");
}

static int ordered(const dp_problem *P)
{
    if (P->p->family != DP_ATOMS || P->p->n < 2 || P->p->n > 12) return 0;
    for (slong i = 1; i < P->p->n && P->dim == 1; i++)
        if (fmpq_cmp(DP_MEAN(P->p, i - 1, 0), DP_MEAN(P->p, i, 0)) >= 0) return 0;
    return 1;
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *bound = dp_check_param(c, "bound");
    int above = bound && strcmp(bound->word, "upper") == 0;
    if (!ordered(P) || (P->kernel != DP_KERNEL_GAUSSIAN && P->kernel != DP_KERNEL_LAPLACE) || (above && P->dim > 1)) {
        dp_give_up(c, DP_EINPUT, "needs 2 to 12 atoms of p, on a line in increasing order, the Gaussian or the Laplace kernel; an upper bound needs a line");
        return;
    }
    if (dp_twin_unfit(c, above ? "dependent" : "sign")) return;
    basis s;
    slong room = (P->p->n + 2) * (P->p->n + 2);
    basis_init(&s, P, room);
    sm_points(c, "z", P->p);
    for (slong i = 0; i < s.m; i++) dp_let_q(c, dp_name("w", i, -1), DP_WEIGHT(P->p, i));
    dp_let_q(c, "h", P->bandwidth);
    (above ? upper : lower)(c, &s);
    basis_clear(&s, room);
}

static const dp_param_spec params[] = {{"bound", DP_PARAM_WORD, "lower|upper", "which side of the rank is certified; default lower"}, {0}};
static const char *const twins[] = {"dependent", "sign", "kernel", "roles", NULL};
DP_CLAIM(basis_rank) = {
    .id = "basis-rank",
    .title = "A basis of m point masses under the Laplace kernel on a line spans 2m - 3 functions U_ij, not m(m-1)/2",
    .equations = "(10), (11)",
    .kind = "RANK",
    .source = "Deng et al. 2602.04770, App. C.1, under the reading that its basis may be point masses; derived here",
    .method = "Lower bound: a minor of exact kernel values, eliminated as expressions, that is not zero. Upper bound: linear dependences, which hold everywhere by the proof, at exact points.",
    .params = params, .twins = twins, .run = run};
