/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wasserstein-gradient: the velocity (45), (98) is minus the gradient of half W_2^2 in an atom's place, over its weight: atoms on the line, samples in the plane or in space. */
#include "../sample-drift.h"

enum { MOST = 7 };

/* Half W_2^2 with atom i of q moved by t, as the leaf `name`. */
static void let_energy(dp_check *c, const char *name, const dp_problem *P, slong i, const fmpq_t t)
{
    dp_problem *Q = dp_problem_copy(P);
    dp_scalar_t F;
    dp_error e = {DP_OK, ""};
    dp_scalar_init(F);
    fmpq_add(DP_MEAN(Q->q, i, 0), DP_MEAN(Q->q, i, 0), t);
    if (!dp_check_failed(c, dp_energy_population(F, Q, "w2", dp_check_prec(c), 1, &e), &e)) {
        if (F->estimated)
            dp_give_up(c, DP_EUNSUPPORTED, "half W_2^2 came as an estimate");
        else
            dp_let(c, name, F->value, "coupling");
    }
    dp_scalar_clear(F);
    dp_problem_free(Q);
}

/* A third of the least distance between two atoms of q; 0 when two are at one place. */
static void safe_step(fmpq_t t, const dp_measure_t q)
{
    fmpq_t gap;
    fmpq_init(gap);
    fmpq_one(t);
    for (slong i = 0; i < q->n; i++)
        for (slong j = 0; j < i; j++) {
            fmpq_sub(gap, DP_MEAN(q, i, 0), DP_MEAN(q, j, 0));
            fmpq_abs(gap, gap);
            if (fmpq_cmp(gap, t) < 0)
                fmpq_set(t, gap);
        }
    fmpq_set_si(gap, 1, 3);
    fmpq_mul(t, t, gap);
    fmpq_clear(gap);
}

static void one_atom(dp_check *c, const dp_problem *P, slong i, const fmpq_t t)
{
    const char *names[3] = {"F_plus", "F_minus", "F_here"};
    dp_field_t f;
    dp_error e = {DP_OK, ""};
    arb_t x;
    fmpq_t s;
    dp_field_init(f, 1), arb_init(x), fmpq_init(s);
    for (int k = 0; k < 3; k++) {
        fmpq_mul_si(s, t, k == 0 ? 1 : k == 1 ? -1 : 0);
        let_energy(c, dp_name(names[k], i, -1), P, i, s);
    }
    arb_set_fmpq(x, DP_MEAN(P->q, i, 0), dp_check_prec(c));
    if (!dp_check_failed(c, dp_field_eval(f, P, "wasserstein", x, DP_ENGINE_AUTO, dp_check_prec(c), dp_check_workspace(c), &e), &e)) {
        char *relation = dp_format("(F_plus_%ld - F_minus_%ld)/(2*t) == factor*w_%ld*V_%ld", (long) i, (long) i, (long) i, (long) i);
        char *second = dp_format("(F_plus_%ld + F_minus_%ld - 2*F_here_%ld)/t^2 == w_%ld", (long) i, (long) i, (long) i, (long) i);
        dp_let(c, dp_name("V", i, -1), f->velocity, dp_engine_name(f->engine));
        dp_let_q(c, dp_name("w", i, -1), DP_WEIGHT(P->q, i));
        dp_assert(c, "(98): velocity and the cost of a moved atom", relation);
        dp_assert(c, "the cost is quadratic while the order stays", second);
        free(relation), free(second);
    }
    dp_field_clear(f), arb_clear(x), fmpq_clear(s);
}

static void on_the_line(dp_check *c, const dp_problem *P)
{
    fmpq_t t;
    fmpq_init(t);
    safe_step(t, P->q);
    if (fmpq_is_zero(t))
        dp_give_up(c, DP_EINPUT, "two atoms of q are at one place");
    else {
        dp_let_q(c, "t", t);
        for (slong i = 0; i < P->q->n && !dp_check_stopped(c); i++)
            one_atom(c, P, i, t);
    }
    fmpq_clear(t);
}

/* ---- in the plane and in space: all ways ---- */

/* N copies of the x, of each alike, to N copies of the y, at the costs |x_i - y_j|^2: the way so far, the best one. */
typedef struct { slong n, m, N, way[MOST], best_way[MOST]; fmpq *cost; fmpq_t best; int found; } search;

static void cost_of(fmpq_t out, const search *s, const slong *way)
{
    fmpq_zero(out);
    for (slong r = 0; r < s->N; r++) fmpq_add(out, out, s->cost + r * s->n / s->N * s->m + way[r]);
}

/* Copies r, r + 1, ...; left[j] copies of y_j are free. */
static void try_all(search *s, slong r, slong *left)
{
    fmpq_t sum;
    if (r == s->N) {
        fmpq_init(sum);
        cost_of(sum, s, s->way);
        if (!s->found || fmpq_cmp(sum, s->best) < 0) s->found = 1, fmpq_set(s->best, sum), memcpy(s->best_way, s->way, sizeof s->way);
        fmpq_clear(sum);
    }
    for (slong j = 0; j < s->m && r < s->N; j++)
        if (left[j]) left[j]--, s->way[r] = j, try_all(s, r + 1, left), left[j]++;
}

/* F: half W_2^2 with coordinate k of x_i moved by t, the least over all ways; way: one that attains it, and with `keep` one that is asked whether it still does. 0 where it does not. */
static int least(fmpq_t F, slong *way, int keep, const sm_t *s, slong N, slong i, slong k, const fmpq_t t)
{
    dp_problem *Q = dp_problem_copy(s->P);
    const sm_t moved = {Q, s->n, s->m, s->d};
    search all = {.n = s->n, .m = s->m, .N = N, .cost = _fmpq_vec_init(s->n * s->m)};
    slong left[MOST];
    fmpq_add(DP_MEAN(Q->q, i, k), DP_MEAN(Q->q, i, k), t), fmpq_init(all.best);
    for (slong a = 0; a < s->n * s->m; a++) sm_square(all.cost + a, &moved, a / s->m, 'y', a % s->m);
    for (slong j = 0; j < s->m; j++) left[j] = N / s->m;
    try_all(&all, 0, left);
    cost_of(F, &all, keep ? way : all.best_way);
    const int same = fmpq_equal(F, all.best);
    if (!keep) memcpy(way, all.best_way, sizeof all.best_way);
    fmpz_mul_si(fmpq_denref(F), fmpq_denref(F), 2 * N), fmpq_canonicalise(F);
    _fmpq_vec_clear(all.cost, s->n * s->m), fmpq_clear(all.best), dp_problem_free(Q);
    return same;
}

static void one_coordinate(dp_check *c, const sm_t *s, slong N, slong *way, slong i, slong k, const fmpq_t t)
{
    fmpq_t F, minus;
    fmpq_init(F), fmpq_init(minus);
    fmpq_neg(minus, t);
    int ok = least(F, way, 1, s, N, i, k, t);
    dp_let_q(c, dp_name("F_plus", i, k), F);
    ok = ok && least(F, way, 1, s, N, i, k, minus);
    dp_let_q(c, dp_name("F_minus", i, k), F);
    if (ok) {
        sm_assert(c, s, i, k, "(98): velocity and the cost of a moved point, x_# [$]", "(F_plus_#_$ - F_minus_#_$)/(2*t) == factor*V_#_$/n");
        sm_assert(c, s, i, k, "the cost is quadratic while the plan stays, x_# [$]", "(F_plus_#_$ + F_minus_#_$ - 2*F)/t^2 == 1/n");
    } else
        dp_give_up(c, DP_EINPUT, "x_%ld: another plan is the best when the point moves by 1/4096", (long) i);
    fmpq_clear(F), fmpq_clear(minus);
}

static void in_space(dp_check *c)
{
    sm_t s;
    slong way[MOST];
    fmpq_t t, F;
    arb_t value;
    if (!sm_read(&s, c)) return;
    const slong N = s.n * s.m / (slong) n_gcd((ulong) s.n, (ulong) s.m);
    if (N > MOST) {
        dp_give_up(c, DP_EINPUT, "needs numbers of points with a common multiple up to %d: every way is tried", MOST);
        return;
    }
    fmpq_init(t), fmpq_init(F), arb_init(value);
    least(F, way, 0, &s, N, 0, 0, t);
    dp_let_q(c, "F", F);
    fmpq_set_si(t, 1, 4096), dp_let_q(c, "t", t);
    if (sd_let(c, &s, "V", "wasserstein", &(dp_sample){.single = 0}, NULL, 1) && sd_value(value, c, &s, "w2", 2, dp_check_prec(c))) {
        dp_let(c, "value", value, "samples"), dp_assert(c, "the least cost of all ways is the library's value", "value == F");
        for (slong i = 0; i < s.n; i++)
            for (slong k = 0; k < s.d && !dp_check_stopped(c); k++) one_coordinate(c, &s, N, way, i, k, t);
    }
    fmpq_clear(t), fmpq_clear(F), arb_clear(value);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    fmpq_t factor;
    if (P->q->family != DP_ATOMS || P->p->family != DP_ATOMS) {
        dp_give_up(c, DP_EINPUT, "this check is about atoms");
        return;
    }
    fmpq_init(factor);
    fmpq_set_si(factor, dp_check_twin(c, "sign") ? 1 : dp_check_twin(c, "whole") ? -2 : -1, 1);
    if (dp_check_twin(c, "constant"))
        dp_spoil_for(c, factor);
    dp_let_q(c, "factor", factor);
    if (P->dim == 1) on_the_line(c, P);
    else in_space(c);
    fmpq_clear(factor);
}

static const char *const twins[] = {"sign", "constant", "whole", NULL};
DP_CLAIM(wasserstein_gradient) = {
    .id = "wasserstein-gradient",
    .title = "Half W_2^2 of atoms: velocity against the cost of a moved atom",
    .equations = "(45), (98)",
    .kind = "EQ",
    .source = "Gretton et al. 2605.05118, (45), (98); factor one half derived here",
    .method = "The functional w2, a sum over the pieces of both quantile functions, at three places of an atom against the drift wasserstein; "
              "while the order stays, the cost is a quadratic polynomial, so the symmetric difference is exact. In the plane and in space the cost is the least over all ways to send few points, and the "
              "velocity the drift of samples by the library's own plan.",
    .params = NULL, .twins = twins, .run = run};
