/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-terms-strip.c: witnesses for every factor of the strips' error sum (lemma L3'): each against what it bounds, found by brute force. */
#include <complex.h>
#include "witness.h"
#include "ball/strip.c"

typedef struct { expansion x; cell c; dp_strip_goal goal; double gamma, h, a, q; } setting;

static double between(flint_rand_t state, double lo, double hi)
{
    return lo + (hi - lo) * (double) n_randint(state, 1000001) / 1e6;
}

/* Heights from nearly 0, where 1/(1 - e^(-2 pi a/h)) counts, up to 2 pi/(gamma h); cells whose widths are multiples of 3/4. */
static setting random_setting(flint_rand_t state)
{
    setting s = {.gamma = between(state, 0.5, 1), .h = between(state, 0.1, 0.75), .q = between(state, QUOTIENT_MIN, 1)};
    s.x.dim = 1 + (int) n_randint(state, 3), s.x.axis = (int) n_randint(state, (ulong) s.x.dim);
    s.a = fmin(2 * M_PI / (s.gamma * s.h) * pow(between(state, 0.05, 1), 2), 80 * s.h); /* e^(2 pi a/h) is a double */
    s.goal = (dp_strip_goal) {.bits = (double) n_randint(state, 100), .kappa = between(state, 0.5, 1)};
    for (int b = 0; b < s.x.dim; b++) {
        s.c.r[b] = 0.375 * (double) (1 + n_randint(state, 6)) * (n_randint(state, 2) ? 1 : 20);
        s.c.w[b] = between(state, -8, 8);
        s.goal.slack[b] = n_randint(state, 2) ? between(state, 0, 1) : 0;
    }
    return s;
}

/* The largest (1 + |u - c|^2)^2 e^(-kappa |u - c|^2/2) over points u of the cell and centres c, |c_b| <= slack_b, on a grid with the ends. */
static double largest(const setting *s)
{
    int n = s->x.dim == 1 ? 4000 : s->x.dim == 2 ? 300 : 60, at[3], all = 1;
    double top = 0;
    for (int b = 0; b < s->x.dim; b++)
        all *= n + 1;
    for (int i = 0; i < all; i++) {
        double square = 0;
        for (int b = 0, rest = i; b < s->x.dim; b++, rest /= n + 1) {
            at[b] = rest % (n + 1);
            double lo = fmax(fabs(s->c.w[b]) - s->c.r[b] - s->goal.slack[b], 0), hi = fabs(s->c.w[b]) + s->c.r[b] + s->goal.slack[b];
            double v = lo + (hi - lo) * at[b] / n;
            square += v * v;
        }
        top = fmax(top, (1 + square) * (1 + square) * exp(-s->goal.kappa * square / 2));
    }
    return top;
}

/* The largest |1/(1 - e^(-2 pi i z/h))| on the line Im z = a, the factor that lemma L3's contour carries there. */
static double kernel_at_height(double a, double h)
{
    double top = 0;
    for (int i = 0; i < 64; i++)
        top = fmax(top, 1 / cabs(1 - cexp(-2 * M_PI * I * (h * i / 64 + a * I) / h)));
    return top;
}

/* The most that step x (number of nodes in a closed interval of this width) can be, for steps up to 3/4. */
static double most_nodes(double width)
{
    double top = 0;
    for (int i = 1; i <= 48; i++) {
        double step = 0.75 * i / 48;
        top = fmax(top, step * (floor(width / step + 1e-9) + 1));
    }
    return top;
}

/* Lemma L3' for one cell, written out: two horizontal sides, four joints of at most the greatest height, the other axes' sums. */
static double lemma(const setting *s)
{
    double size = exp(s->gamma * s->a * s->a / 2) * kernel_at_height(s->a, s->h) * largest(s);
    for (int b = 0; b < s->x.dim; b++)
        size *= b == s->x.axis ? 1 : most_nodes(2 * s->c.r[b]);
    return size * (2 * 2 * s->c.r[s->x.axis] / sqrt(s->q) + 4 * (2 * M_PI / (s->gamma * s->h)) / sqrt(QUOTIENT_MIN));
}

/* The share is not below what it bounds, and not above it by more than the grid's coarseness: any factor dropped or doubled shows. */
static void cell_share_is_the_lemma(void **unused)
{
    (void) unused;
    flint_rand_t state;
    flint_randinit(state);
    for (int run = 0; run < 200; run++) {
        setting s = random_setting(state);
        double share = cell_share(&s.x, &s.c, &s.goal, s.gamma, s.h, s.a, s.q) * exp2(-s.goal.bits), least = lemma(&s);
        if (!(share >= least && share <= 1.01 * least))
            fail_msg("run %d: share %g, the lemma's value %g", run, share, least);
    }
    flint_randclear(state);
}

/* f = e^(-gamma z^2/2), whose modulus at u + it is e^(gamma t^2/2) f(u), on lemma L3's contour over two cells that meet at the node 0, with heights `low` and
   `high`: the sides over the first, and the two joints, integrated numerically. */
static void contour(double *sides, double *joints, double gamma, double h, double r, double low, double high)
{
    int n = 2000;
    *sides = *joints = 0;
    for (int i = 0; i < n; i++) {
        double u = -2 * r * (i + 0.5) / n, t = low + (high - low) * (i + 0.5) / n;
        *sides += 2 * (2 * r / n) * exp(gamma * (low * low - u * u) / 2) / cabs(1 - cexp(-2 * M_PI * I * (u + low * I) / h));
        *joints += 2 * ((high - low) / n) * exp(gamma * t * t / 2) / cabs(1 - cexp(2 * M_PI * t / h));
    }
}

/* A narrow cell beside a higher one: the share covers sides and joints, and without the joints' part it would not; a wide one that reaches
   its bound on the sides but for the joints: without the sides' part it would not be covered either. */
static void sides_and_joints_are_needed(void **unused)
{
    (void) unused;
    const expansion x = {.dim = 1, .axis = 0};
    const double gamma = 0.75, h = 0.7, rate = 2 * M_PI / h, high = rate / gamma;
    for (double low = 0.25; low < high / 2; low *= 2) {
        double r = 1e-3, sides, joints;
        cell c = {{-r}, {r}};
        dp_strip_goal goal = {.bits = 0, .kappa = gamma};
        double share = cell_share(&x, &c, &goal, gamma, h, low, 1), both = r + (rate / gamma) / sqrt(QUOTIENT_MIN);
        contour(&sides, &joints, gamma, h, r, low, high);
        assert_true(share > sides + joints);
        assert_true(share * r / both < sides + joints);
        r = 1e5, goal.kappa = 1e-12, c = (cell) {{-r}, {r}}; /* about constant over the cell: the sides dwarf the joints */
        share = cell_share(&x, &c, &goal, gamma, h, low, 1), both = r + (rate / gamma) / sqrt(QUOTIENT_MIN);
        double most = 4 * r * exp(gamma * low * low / 2) * kernel_at_height(low, h) * exp(log_bound(goal.kappa, 0, 2 * r));
        assert_true(share > most && share * (both - r) / both < most);
    }
}

/* The greatest of (1 + r^2)^2 e^(-kappa r^2/2) between two distances, where it rises, falls, and turns. */
static void log_bound_is_the_maximum(void **unused)
{
    (void) unused;
    flint_rand_t state;
    flint_randinit(state);
    for (int run = 0; run < 400; run++) {
        double kappa = between(state, 0.5, 5), near = between(state, 0, 4), far = near + between(state, 0, 4), top = -INFINITY;
        for (int i = 0; i <= 2000; i++) {
            double r = near + (far - near) * i / 2000;
            top = fmax(top, 2 * log(1 + r * r) - kappa * r * r / 2);
        }
        assert_true(log_bound(kappa, near, far) >= top - 1e-12 && log_bound(kappa, near, far) <= top + 1e-5);
    }
    flint_randclear(state);
}

/* The sum over the cells that bisection leaves, found by recursion. */
static double sum_of_shares(const expansion *x, cell c, const dp_strip_goal *goal, double gamma, double h)
{
    int s;
    if (!too_wide(&s, &c, goal, 1))
        return cell_share(x, &c, goal, gamma, h, height(goal, gamma, h, distance(goal, 1, c.w, c.r, -1)), 1);
    cell l = c, u = c;
    l.r[0] = u.r[0] = c.r[0] / 2;
    l.w[0] -= l.r[0], u.w[0] += u.r[0];
    return sum_of_shares(x, l, goal, gamma, h) + sum_of_shares(x, u, goal, gamma, h);
}

/* One bump, whose rule is known to err by 2 sqrt(2 pi/gamma) e^(-2 pi^2/(gamma h^2)) at least: every cell's share is in the certified sum, the sum
   covers that error, and when the step, not the bits, sets the heights, it is above it by less than 2^20. */
static void the_sum_covers_the_error(void **unused)
{
    (void) unused;
    for (int bits = 20; bits <= 140; bits += 20)
        for (int i = 1; i <= 4; i++) {
            double A = 0.25 * i;
            dp_gsum_t G;
            dp_strip out;
            dp_strip_goal goal = {bits, 1 - A / 2, {0, 0, 0}, 1e-3, 1, 1};
            dp_box box = {{0, 0, 0}, {24, 0, 0}};
            const expansion x = {.dim = 1, .axis = 0};
            dp_gsum_init(G, 1, 1), arb_one(G->c), arb_zero(G->m), arb_set_d(G->A, A);
            assert_true(dp_strip_certify(&out, G, &box, 0, &goal, 4000));
            double gamma = 1 - A / 2, again = sum_of_shares(&x, (cell) {{0}, {24}}, &goal, gamma, out.step);
            assert_true(fabs(out.sum / again - 1) < 1e-6);
            double miss = log2(2 * sqrt(2 * M_PI / gamma)) - 2 * M_PI * M_PI / (gamma * out.step * out.step) / M_LN2, bound = log2(out.sum) - bits;
            assert_true(miss < bound);
            assert_true(out.step > 0.74 || bound < miss + 20);
            dp_gsum_clear(G);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cell_share_is_the_lemma), cmocka_unit_test(sides_and_joints_are_needed),
                                       cmocka_unit_test(log_bound_is_the_maximum), cmocka_unit_test(the_sum_covers_the_error)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
