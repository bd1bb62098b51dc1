/* SPDX-License-Identifier: GPL-3.0-or-later */
/* zero-temperature-plan: where converged Sinkhorn sends each point as h goes to 0: along the optimal assignment, at a rate that the cheapest cycle sets. */
#include "../samples.h"

enum { MOST = 6 };

/* cost: n x n squared distances. best: the cheapest assignment, of cost `low`; then `gap`: the least over other assignments of what they cost more for each point that
   they move. */
typedef struct { slong n, best[MOST], now[MOST], skip[MOST]; int any, used; fmpq *cost; fmpq_t low, gap; } assignment;

static void take(assignment *a, const fmpq_t sum)
{
    fmpq_t more;
    slong moved = 0;
    for (slong i = 0; i < a->n; i++) moved += a->now[i] != a->skip[i];
    if (!moved) return;
    fmpq_init(more);
    fmpq_sub(more, sum, a->low);
    fmpz_mul_si(fmpq_denref(more), fmpq_denref(more), moved), fmpq_canonicalise(more);
    if (!a->any++ || fmpq_cmp(more, a->gap) < 0) {
        fmpq_set(a->gap, more);
        for (slong i = 0; i < a->n; i++) a->best[i] = a->now[i];
    }
    fmpq_clear(more);
}

/* All assignments of the points from `i` on. */
static void each(assignment *a, slong i, const fmpq_t sum)
{
    fmpq_t t;
    if (i == a->n) {
        take(a, sum);
        return;
    }
    fmpq_init(t);
    for (slong j = 0; j < a->n; j++) {
        if (a->used & 1 << j) continue;
        fmpq_add(t, sum, a->cost + i * a->n + j);
        a->now[i] = j, a->used |= 1 << j;
        each(a, i + 1, t);
        a->used &= ~(1 << j);
    }
    fmpq_clear(t);
}

static void search(assignment *a)
{
    fmpq_t zero;
    fmpq_init(zero);
    a->any = a->used = 0;
    each(a, 0, zero);
    fmpq_clear(zero);
}

/* x against family b: target[i] of the cheapest assignment (twin `second`: the next one), and the gap. */
static void solve(slong target[MOST], fmpq_t gap, const sm_t *s, char b, int second)
{
    assignment a = {.n = s->n, .cost = _fmpq_vec_init(s->n * s->n)};
    fmpq_init(a.low), fmpq_init(a.gap);
    for (slong q = 0; q < s->n * s->n; q++) sm_square(a.cost + q, s, q / s->n, b, q % s->n);
    for (slong i = 0; i < a.n; i++) a.skip[i] = -1; /* every point counts as moved: the least cost over n */
    search(&a);
    fmpz_mul_si(fmpq_numref(a.gap), fmpq_numref(a.gap), a.n), fmpq_canonicalise(a.gap);
    fmpq_set(a.low, a.gap);
    for (slong i = 0; i < a.n; i++) a.skip[i] = target[i] = a.best[i];
    search(&a);
    fmpq_set(gap, a.gap);
    for (slong i = 0; second && i < a.n; i++) target[i] = a.best[i];
    fmpq_clear(a.low), fmpq_clear(a.gap), _fmpq_vec_clear(a.cost, s->n * s->n);
}

/* Potentials of the targets: means over sources s of the shortest ways from s to k, where a step i -> k costs d(x_i, target of k)^2 - d(x_i, target of i)^2. */
static void potentials(fmpq *g, const sm_t *s, const slong target[MOST])
{
    const slong n = s->n;
    fmpq *way = _fmpq_vec_init(n * n);
    fmpq_t t;
    fmpq_init(t);
    for (slong i = 0; i < n; i++)
        for (slong k = 0; k < n; k++) sm_square(way + i * n + k, s, i, 'y', target[k]), sm_square(t, s, i, 'y', target[i]), fmpq_sub(way + i * n + k, way + i * n + k, t);
    for (slong l = 0; l < n; l++)
        for (slong i = 0; i < n; i++)
            for (slong k = 0; k < n; k++) {
                fmpq_add(t, way + i * n + l, way + l * n + k);
                if (fmpq_cmp(t, way + i * n + k) < 0) fmpq_set(way + i * n + k, t);
            }
    for (slong k = 0; k < n; k++) {
        for (slong i = 0; i < n; i++) fmpq_add(g + target[k], g + target[k], way + i * n + k);
        fmpz_mul_si(fmpq_denref(g + target[k]), fmpq_denref(g + target[k]), n), fmpq_canonicalise(g + target[k]);
    }
    fmpq_clear(t), _fmpq_vec_clear(way, n * n);
}

/* The nearest y of each x, whoever else goes there; whether these are the targets. */
static int nearest(slong out[MOST], const sm_t *s, const slong target[MOST])
{
    int same = 1;
    fmpq_t t, low;
    fmpq_init(t), fmpq_init(low);
    for (slong i = 0; i < s->n; i++) {
        for (slong j = 0; j < s->n; j++) {
            sm_square(t, s, i, 'y', j);
            if (j == 0 || fmpq_cmp(t, low) < 0) fmpq_set(low, t), out[i] = j;
        }
        same = same && out[i] == target[i];
    }
    fmpq_clear(t), fmpq_clear(low);
    return same;
}

/* Velocity of x_i: to its target but for what the rest of both plans can do. */
static int velocity(dp_check *c, const sm_t *s, slong i, slong target)
{
    arb_ptr x = _arb_vec_init(s->d);
    char *prefix = dp_format("x%ld_", (long) i);
    for (slong k = 0; k < s->d; k++) arb_set_fmpq(x + k, DP_MEAN(s->P->q, i, k), dp_check_prec(c));
    const int ok = dp_let_field(c, prefix, s->P, "sinkhorn", x, DP_HAVE_VELOCITY);
    for (slong k = 0; k < s->d && ok; k++) {
        char *relation = dp_format("abs(x#_V_$ - (y_%ld_$ - x_#_$)) <= rest_y*+y{abs(y_%%_$ - y_%ld_$)} + rest_x*+x{abs(x_%%_$ - x_#_$)}", (long) target, (long) target);
        char *label = dp_format("at this h x_# moves to y_%ld, coordinate $", (long) target);
        sm_assert(c, s, i, k, label, relation);
        free(relation), free(label);
    }
    free(prefix), _arb_vec_clear(x, s->d);
    return ok;
}

static void relations(dp_check *c, const sm_t *s, const slong target[MOST])
{
    fmpq *g = _fmpq_vec_init(s->n);
    potentials(g, s, target);
    for (slong j = 0; j < s->n; j++) dp_let_q(c, dp_name("g", j, -1), g + j);
    _fmpq_vec_clear(g, s->n);
    sm_squares(c, s, 'x', 'y');
    sm_def(c, s, -1, -1, "rest_y", "n*(n - 1)^2*exp(-gap_y/(2*h^2))"), sm_def(c, s, -1, -1, "rest_x", "n*(n - 1)^2*exp(-gap_x/(2*h^2))");
    for (slong i = 0; i < s->n; i++)
        for (slong j = 0; j < s->n; j++) {
            char *relation = dp_format("Dxy_#_$ - g_$ > Dxy_#_%ld - g_%ld", (long) target[i], (long) target[i]);
            if (j != target[i]) sm_assert(c, s, i, j, "the target of x_# has the least discounted cost, less than y_$", relation);
            free(relation);
        }
    dp_assert(c, "at this and every smaller h each point keeps all but delta of its weight at its target", "rest_y < delta");
    dp_assert(c, "and of the plan with itself at itself", "rest_x < delta");
    for (slong i = 0; i < s->n && velocity(c, s, i, target[i]); i++) continue;
}

/* Whether n(n-1)^2 exp(-gap/(2 h^2)) is certainly delta or more: then the bound shows nothing, which refutes nothing. */
static int too_wide(const sm_t *s, const fmpq_t gap, const fmpq_t delta)
{
    fmpq_t t;
    arb_t rest, most;
    fmpq_init(t), arb_init(rest), arb_init(most);
    fmpq_mul(t, s->P->bandwidth, s->P->bandwidth), fmpq_mul_2exp(t, t, 1), fmpq_div(t, gap, t), fmpq_neg(t, t);
    arb_set_fmpq(rest, t, 128), arb_exp(rest, rest, 128), arb_mul_si(rest, rest, s->n * (s->n - 1) * (s->n - 1), 128), arb_set_fmpq(most, delta, 128);
    const int wide = arb_ge(rest, most);
    fmpq_clear(t), arb_clear(rest), arb_clear(most);
    return wide;
}

static void run(dp_check *c)
{
    const dp_param *param = dp_check_param(c, "delta");
    slong target[MOST], own[MOST], near[MOST];
    fmpq_t gap, delta;
    sm_t s;
    if (!sm_read(&s, c)) return;
    if (s.P->kernel != DP_KERNEL_GAUSSIAN || s.m != s.n || s.n < 2 || s.n > MOST) {
        dp_give_up(c, DP_EINPUT, "needs the Gaussian kernel and as many points of p as of q, 2 to %d", MOST);
        return;
    }
    fmpq_init(gap), fmpq_init(delta);
    fmpq_set_si(delta, 1, 100);
    if (param) fmpq_set(delta, param->value);
    dp_let_q(c, "delta", delta);
    solve(target, gap, &s, 'y', dp_check_twin(c, "second")), dp_let_q(c, "gap_y", gap);
    int unfit = fmpq_is_zero(gap), wide = too_wide(&s, gap, delta);
    solve(own, gap, &s, 'x', 0), dp_let_q(c, "gap_x", gap);
    unfit = unfit || fmpq_is_zero(gap);
    if (unfit) dp_give_up(c, DP_EINPUT, "needs one best assignment and distinct points of q");
    wide = wide || too_wide(&s, gap, delta);
    if (wide) dp_give_up(c, DP_EUNSUPPORTED, "the bandwidth is too large for this delta: the bound on what misses the targets does not reach it");
    unfit = unfit || wide;
    unfit = unfit || (nearest(near, &s, target) && dp_twin_unfit(c, "nearest"));
    if (!unfit) relations(c, &s, dp_check_twin(c, "nearest") ? near : target);
    fmpq_clear(gap), fmpq_clear(delta);
}

static const dp_param_spec params[] = {{"delta", DP_PARAM_RATIONAL, NULL, "how much of the weight may miss the target; default 1/100"}, {0}};
static const char *const twins[] = {"nearest", "second", "roles", NULL};
DP_CLAIM(zero_temperature_plan) = {
    .id = "zero-temperature-plan",
    .title = "Small bandwidths: converged Sinkhorn sends each point along the optimal assignment, exponentially closely",
    .equations = "(27), (66)",
    .kind = "INEQ",
    .source = "derived here, beside the mechanism that Gretton et al. 2605.05118, Section 4.3, suggest",
    .method = "The assignment, its exact dual and the cheapest cycle per step are found from the rational coordinates by trying all assignments; the velocity at the bandwidth of the case comes from the "
              "drift's engines, and lies within a bound that only falls with the bandwidth.",
    .params = params, .twins = twins, .run = run};
