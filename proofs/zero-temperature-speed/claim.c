/* SPDX-License-Identifier: GPL-3.0-or-later */
/* zero-temperature-speed: how fast points move as h goes to 0: the proxy stops all but mutual nearest neighbours, DA2 with its mask nearly all. */
#include "../samples.h"

/* Least squares, exactly: a_i = min_j |x_i - y_j|^2, b_i = min over other x, c_j = min_i |x_i - y_j|^2. */
typedef struct { const sm_t *s; fmpq *a, *b, *c; } least;

static void lower(fmpq_t out, const fmpq_t v, int *any)
{
    if (!(*any)++ || fmpq_cmp(v, out) < 0) fmpq_set(out, v);
}

static void least_init(least *l, const sm_t *s)
{
    fmpq_t t;
    fmpq_init(t);
    *l = (least) {s, _fmpq_vec_init(s->n), _fmpq_vec_init(s->n), _fmpq_vec_init(s->m)};
    for (slong i = 0; i < s->n; i++) {
        int toy = 0, tox = 0;
        for (slong j = 0; j < s->m; j++) sm_square(t, s, i, 'y', j), lower(l->a + i, t, &toy);
        for (slong j = 0; j < s->n; j++)
            if (j != i) sm_square(t, s, i, 'x', j), lower(l->b + i, t, &tox);
    }
    for (slong j = 0; j < s->m; j++)
        for (slong i = 0, any = 0; i < s->n; i++, any = 1) {
            int set = (int) any;
            sm_square(t, s, i, 'y', j), lower(l->c + j, t, &set);
        }
    fmpq_clear(t);
}

static void least_clear(least *l) { _fmpq_vec_clear(l->a, l->s->n), _fmpq_vec_clear(l->b, l->s->n), _fmpq_vec_clear(l->c, l->s->m); }

/* min_j |x_i - y_j|^2 - c_j/2, or over the other x with b in the place of c. */
static void discounted(fmpq_t out, const least *l, slong i, char family)
{
    fmpq_t t, half;
    int any = 0;
    fmpq_init(t), fmpq_init(half);
    for (slong j = 0; j < sm_range(l->s, family); j++) {
        if (family == 'x' && i == j) continue;
        sm_square(t, l->s, i, family, j);
        fmpq_div_2exp(half, (family == 'x' ? l->b : l->c) + j, 1);
        fmpq_sub(t, t, half), lower(out, t, &any);
    }
    fmpq_clear(t), fmpq_clear(half);
}

/* 1 when some y_j is the nearest of x_i and x_i the nearest of y_j. */
static int mutual(const least *l, slong i)
{
    fmpq_t t;
    int found = 0;
    fmpq_init(t);
    for (slong j = 0; j < l->s->m && !found; j++) {
        sm_square(t, l->s, i, 'y', j);
        found = fmpq_equal(t, l->a + i) && fmpq_equal(t, l->c + j);
    }
    fmpq_clear(t);
    return found;
}

/* E_i - a_i/2, and E_i + min over other x of (|x_i - x_j|^2 - b_j/2) - min(a_i, b_i). */
static void let_limits(dp_check *c, const least *l, slong i)
{
    fmpq_t E, t;
    fmpq_init(E), fmpq_init(t);
    discounted(E, l, i, 'y');
    if (dp_check_twin(c, "undiscounted")) fmpq_set(E, l->a + i);
    fmpq_div_2exp(t, l->a + i, 1), fmpq_sub(t, E, t);
    dp_let_q(c, dp_name("proxy_limit", i, -1), t);
    discounted(t, l, i, 'x');
    fmpq_add(t, t, E), fmpq_sub(t, t, fmpq_cmp(l->a + i, l->b + i) < 0 ? l->a + i : l->b + i);
    dp_let_q(c, dp_name("da2_limit", i, -1), t);
    fmpq_clear(E), fmpq_clear(t);
}

/* The factors by which the algorithms multiply a difference of barycentres: r^p r^q of (29), and the product of both row sums of Algorithm 2 with the mask. */
static void speeds(dp_check *c, const sm_t *s)
{
    sm_kernel(c, s, 'x', 'y'), sm_kernel(c, s, 'x', 'x'), sm_sums(c, s);
    sm_pairs(c, s, 'x', 'y', "A_#_$", "Kxy_#_$/sqrt(rowxy_#*colxy_$)"), sm_pairs(c, s, 'x', 'x', "B_#_$", "Kxx_#_$/sqrt(rowxx_#*colxx_$)");
    sm_each(c, s, 'x', "proxy_#", "sqrt(n*m)/m*+y{A_#_%}*+x{B_#_%}");
    for (slong i = 0; i < s->n; i++)
        for (slong j = 0; j < s->n; j++) sm_def(c, s, i, j, "N_#_$", i == j ? "0" : "Kxx_#_$");
    sm_each(c, s, 'x', "joint_#", "rowxy_# + +x{N_#_%}"), sm_each(c, s, 'x', "others_#", "+x{N_%_#}");
    sm_pairs(c, s, 'x', 'y', "P_#_$", "Kxy_#_$/sqrt(joint_#*colxy_$)");
    sm_pairs(c, s, 'x', 'x', "Q_#_$", "N_#_$/sqrt(joint_#*others_$)");
    sm_each(c, s, 'x', "da2_#", "+y{P_#_%}*+x{Q_#_%}");
}

static void run(dp_check *c)
{
    sm_t s;
    least l;
    if (!sm_read(&s, c))
        return;
    if (s.P->kernel != DP_KERNEL_GAUSSIAN || s.n < 2) {
        dp_give_up(c, DP_EINPUT, "needs the Gaussian kernel and two points of q or more");
        return;
    }
    least_init(&l, &s);
    speeds(c, &s);
    for (slong i = 0; i < s.n; i++) {
        let_limits(c, &l, i);
        sm_assert(c, &s, i, -1, "proxy: -2 h^2 log of the factor of x_# is its limit but for 2 h^2 log(n^2 m)", "abs(-2*h^2*log(proxy_#) - proxy_limit_#) <= 2*h^2*log(n^2*m)");
        sm_assert(c, &s, i, -1, "DA2 with the mask: but for 2 h^2 log((n + m) n m), x_#", "abs(-2*h^2*log(da2_#) - da2_limit_#) <= 2*h^2*log((n + m)*n*m)");
        const int moves = mutual(&l, i) != dp_check_twin(c, "frozen");
        sm_assert(c, &s, i, -1, moves ? "x_# and a data point are mutual nearest neighbours: the proxy keeps its speed" : "x_# has no mutual nearest neighbour: the proxy stops it",
                  moves ? "proxy_limit_# <= 0" : "proxy_limit_# > 0");
    }
    least_clear(&l);
}

static const char *const twins[] = {"undiscounted", "frozen", NULL};
DP_CLAIM(zero_temperature_speed) = {
    .id = "zero-temperature-speed",
    .title = "Small bandwidths: the proxy stops every point but mutual nearest neighbours of the data, DA2 with its mask nearly every point; mean shift stops none",
    .equations = "(29), (30), (67)",
    .kind = "INEQ",
    .source = "derived here; a mechanism for the stalls at small temperatures in Gretton et al. 2605.05118, Section 4.3",
    .method = "Limits of logarithms are found exactly from the rational coordinates; the factors at the bandwidth of the case are written out, and lie within a bound that holds at every bandwidth "
              "and goes to 0 with it.",
    .params = NULL, .twins = twins, .run = run};
