/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sample-sliced-gradient: sliced transport of samples: the velocity is minus n times the gradient of half the mean squared distance of sorted projections. */
#include "../sample-drift.h"

enum { MOST = 64 };

/* <theta_l, point j of mu>, exactly, point `moved` with coordinate k larger by delta (moved < 0: none). */
static void project(fmpq_t out, const dp_measure_t mu, slong j, const fmpq *theta, slong moved, slong k, const fmpq_t delta)
{
    fmpq_zero(out);
    for (int a = 0; a < mu->dim; a++)
        fmpq_addmul(out, DP_MEAN(mu, j, a), theta + a);
    if (j == moved)
        fmpq_addmul(out, delta, theta + k);
}

/* order[r]: which point has rank r along theta; 0 when two projections are equal. */
static int sorted(slong *order, const dp_measure_t mu, const fmpq *theta, slong moved, slong k, const fmpq_t delta)
{
    fmpq_t s, t;
    int ok = 1;
    fmpq_init(s), fmpq_init(t);
    for (slong j = 0; j < mu->n; j++) {
        slong r = j;
        project(s, mu, j, theta, moved, k, delta);
        for (; r > 0; r--) {
            project(t, mu, order[r - 1], theta, moved, k, delta);
            ok = ok && !fmpq_equal(s, t);
            if (fmpq_cmp(t, s) <= 0)
                break;
            order[r] = order[r - 1];
        }
        order[r] = j;
    }
    fmpq_clear(s), fmpq_clear(t);
    return ok;
}

/* share[(l * n + i) * m + j]: how much of x_i's m units goes to y_j along direction l, each of which takes n units; from ranks. */
static int match(slong *share, const sm_t *s, const dp_param *directions, slong moved, slong k, const fmpq_t delta)
{
    slong x[MOST], y[MOST];
    for (slong l = 0; l < directions->rows; l++) {
        if (!sorted(x, s->P->q, directions->value + l * s->d, moved, k, delta) || !sorted(y, s->P->p, directions->value + l * s->d, -1, 0, delta))
            return 0;
        for (slong a = 0; a < s->n; a++)
            for (slong b = 0; b < s->m; b++) {
                const slong from = FLINT_MAX(a * s->m, b * s->n), to = FLINT_MIN((a + 1) * s->m, (b + 1) * s->n);
                share[(l * s->n + x[a]) * s->m + y[b]] = FLINT_MAX(to - from, 0);
            }
    }
    return 1;
}

/* Text of <x_i + shift - y_j, theta_l>; shift only for the moved point. */
static char *gap(const sm_t *s, slong i, slong j, slong l, slong moved, slong k, int sign)
{
    char *text = dp_strdup("0"), *more;
    for (int a = 0; a < s->d; a++)
        more = dp_format("%s + (x_%ld_%d%s - y_%ld_%d)*t_%ld_%d", text, (long) i, a, i == moved && a == k ? sign > 0 ? " + delta" : " - delta" : "", (long) j, a, (long) l, a), free(text), text = more;
    return text;
}

/* E: half the mean over directions, points and their shares of squared gaps. */
static void energy(dp_check *c, const char *name, const sm_t *s, const slong *share, slong L, slong moved, slong k, int sign)
{
    char *text = dp_strdup("0"), *more;
    for (slong a = 0; a < L * s->n * s->m; a++) {
        const slong l = a / s->m / s->n;
        if (!share[a]) continue;
        char *g = gap(s, a / s->m % s->n, a % s->m, l, moved, k, sign);
        more = dp_format("%s + %ld*(%s)^2/norm_%ld", text, (long) share[a], g, (long) l);
        free(text), free(g), text = more;
    }
    more = dp_format("(%s)/(2*n*m*%ld)", text, (long) L);
    dp_def(c, name, more);
    free(text), free(more);
}

static void velocity(dp_check *c, const sm_t *s, const slong *share, slong L, slong i, slong k)
{
    char *text = dp_strdup("0"), *more;
    for (slong a = 0; a < L * s->m; a++) {
        const slong l = a / s->m, j = a % s->m, units = share[(l * s->n + i) * s->m + j];
        if (!units) continue;
        char *g = gap(s, i, j, l, -1, 0, 1);
        more = dp_format("%s - %ld*(%s)*t_%ld_%ld/norm_%ld", text, (long) units, g, (long) l, (long) k, (long) l);
        free(text), free(g), text = more;
    }
    more = dp_format("(%s)/(m*%ld)", text, (long) L);
    dp_def(c, dp_name("V", i, k), more);
    free(text), free(more);
}

static void each_coordinate(dp_check *c, const sm_t *s, const dp_param *directions, const fmpq_t delta)
{
    const slong L = directions->rows, size = L * s->n * s->m;
    slong *at = dp_malloc((size_t) (3 * size) * sizeof *at), *up = at + size, *down = up + size;
    fmpq_t minus, none;
    fmpq_init(minus), fmpq_init(none);
    fmpq_neg(minus, delta);
    int ok = match(at, s, directions, -1, 0, none);
    for (slong i = 0; i < s->n && ok; i++)
        for (slong k = 0; k < s->d && ok; k++) {
            ok = match(up, s, directions, i, k, delta) && match(down, s, directions, i, k, minus) && !memcmp(at, up, (size_t) size * sizeof *at)
                 && !memcmp(at, down, (size_t) size * sizeof *at);
            velocity(c, s, at, L, i, k);
            char plus[64], less[64];
            snprintf(plus, sizeof plus, "up_%ld_%ld", (long) i, (long) k), snprintf(less, sizeof less, "down_%ld_%ld", (long) i, (long) k);
            energy(c, plus, s, at, L, i, k, 1), energy(c, less, s, at, L, i, k, -1);
            sm_assert(c, s, i, k, "velocity is -n times the gradient, x_# [$]", dp_check_twin(c, "sign") ? "V_#_$ == n*(up_#_$ - down_#_$)/(2*delta)"
                      : dp_check_twin(c, "whole") ? "V_#_$ == -2*n*(up_#_$ - down_#_$)/(2*delta)" : "V_#_$ == -n*(up_#_$ - down_#_$)/(2*delta)");
            sm_assert(c, s, i, k, "the drift of samples, x_# [$]", "drift_#_$ == V_#_$");
        }
    if (!ok)
        dp_give_up(c, DP_EINPUT, "two projections are equal, or a smaller delta is needed: ranks change when a point moves by it");
    free(at), fmpq_clear(minus), fmpq_clear(none);
}

static void run(dp_check *c)
{
    const dp_param *directions = dp_check_param(c, "directions");
    sm_t s;
    fmpq_t delta;
    if (!sm_read(&s, c))
        return;
    if (s.n > MOST || s.m > MOST || !directions) {
        dp_give_up(c, DP_EINPUT, "needs at most %d points each of p and q, and directions", MOST);
        return;
    }
    fmpq_init(delta);
    fmpq_set_si(delta, 1, 4096);
    dp_let_q(c, "delta", delta);
    for (slong l = 0; l < directions->rows; l++) {
        char *norm = dp_strdup("0"), *more;
        for (int k = 0; k < s.d; k++) {
            dp_let_q(c, dp_name("t", l, k), directions->value + l * s.d + k);
            more = dp_format("%s + t_%ld_%d^2", norm, (long) l, k), free(norm), norm = more;
        }
        dp_def(c, dp_name("norm", l, -1), norm);
        free(norm);
    }
    if (sd_let(c, &s, "drift", "sliced-wasserstein", &(dp_sample){.single = 0}, directions, 1))
        each_coordinate(c, &s, directions, delta);
    fmpq_clear(delta);
}

static const dp_param_spec params[] = {{"directions", DP_PARAM_POINTS, NULL, "directions of any length > 0; required"}, {0}};
static const char *const twins[] = {"sign", "whole", NULL};
DP_CLAIM(sample_sliced_gradient) = {
    .id = "sample-sliced-gradient",
    .title = "Sliced transport of samples: the velocity is minus n times the gradient of half the sliced squared distance",
    .equations = "(53)",
    .kind = "EQ",
    .source = "Gretton et al. 2605.05118, (53), for given directions",
    .method = "Ranks of projections are found exactly; with ranks fixed the energy is quadratic, so its symmetric difference is its derivative; the drift of samples in balls beside it.",
    .params = params, .twins = twins, .run = run};
