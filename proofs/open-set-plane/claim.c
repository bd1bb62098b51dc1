/* SPDX-License-Identifier: GPL-3.0-or-later */
/* open-set-plane: in the plane the Laplace drift of two different laws on blurred circles is zero on a disc, or everywhere but on a disc. */
#include <stdio.h>
#include <stdlib.h>
#include "../radial.h"

enum { CIRCLES = 4, MOST_NODES = 1 << 18 };

/* A Bessel function's integral: exp(-z cosh t) cosh(n t) for K_n, exp(z cos t) cos(n t) for I_n. */
typedef struct { arb_srcptr z; int n, first; } bessel;

static void bessel_under(acb_t out, const acb_t t, void *context, slong prec)
{
    const bessel *B = context;
    acb_t f;
    acb_init(f);
    if (B->first) acb_cos(f, t, prec);
    else acb_cosh(f, t, prec), acb_neg(f, f);
    acb_mul_arb(f, f, B->z, prec), acb_exp(f, f, prec);
    acb_mul_si(out, t, B->n, prec);
    if (B->first) acb_cos(out, out, prec);
    else acb_cosh(out, out, prec);
    acb_mul(out, out, f, prec), acb_clear(f);
}

/* I_n(z) or K_n(z), n = 0 or 1, as `name`: FLINT's function, and the integral over [0, pi], or over [0, T] and what is beyond: at most e^(-z cosh T)/(z tanh T). */
static void let_bessel(dp_check *c, const char *name, int first, int n, const fmpq_t at, const fmpq_t h)
{
    const slong prec = dp_check_prec(c), low = FLINT_MIN(prec, 128);
    bessel B = {NULL, n, first};
    arb_t z, v, a, b;
    arb_init(z), arb_init(v), arb_init(a), arb_init(b);
    arb_set_fmpq(z, at, prec), arb_div_fmpz(z, z, fmpq_numref(h), prec), arb_mul_fmpz(z, z, fmpq_denref(h), prec);
    arb_set_si(a, n);
    if (first) arb_hypgeom_bessel_i(v, a, z, prec);
    else arb_hypgeom_bessel_k(v, a, z, prec);
    dp_let(c, name, v, "hypergeometric");
    B.z = z, arb_zero(a);
    if (first) arb_const_pi(b, low);
    else arb_ui_div(b, (ulong) low, z, low), arb_add_ui(b, b, 2, low), arb_acosh(b, b, low), mag_zero(arb_radref(b));
    if (rad_integrate(v, c, bessel_under, &B, a, b, low)) {
        if (first) arb_const_pi(a, low), arb_div(v, v, a, low);
        else {
            arb_cosh(a, b, low), arb_mul(a, a, z, low), arb_neg(a, a), arb_exp(a, a, low);
            arb_tanh(b, b, low), arb_mul(b, b, z, low), arb_div(a, a, b, low), arb_add_error(v, a);
        }
        dp_let_second(c, name, v, "acb_calc_integrate");
    }
    arb_clear(z), arb_clear(v), arb_clear(a), arb_clear(b);
}

/* A circle of radius R seen from the distance s: the kernel at the angle t, times 1 or (R cos t - s)/h. */
typedef struct { const fmpq *R, *s, *h; int moment, plain; } circle;

/* f at the angle 2 pi j/N. */
static void at_angle(arb_t out, const circle *C, slong j, slong N, slong prec)
{
    arb_t r, R, s, x;
    fmpq_t t;
    arb_init(r), arb_init(R), arb_init(s), arb_init(x), fmpq_init(t);
    arb_set_fmpq(x, C->h, prec), arb_set_fmpq(R, C->R, prec), arb_set_fmpq(s, C->s, prec), arb_div(R, R, x, prec), arb_div(s, s, x, prec);
    fmpq_set_si(t, 2*j, (ulong) N), arb_cos_pi_fmpq(out, t, prec), arb_mul(out, out, R, prec); /* R cos t */
    arb_mul(r, out, s, prec), arb_mul_2exp_si(r, r, 1), arb_submul(r, R, R, prec), arb_submul(r, s, s, prec), arb_neg(r, r), arb_sqrt(r, r, prec);
    if (C->moment) arb_sub(out, out, s, prec);
    else arb_one(out);
    if (C->plain) arb_neg(r, r), arb_exp(r, r, prec);
    else arb_one(x), arb_hypgeom_bessel_k(x, x, r, prec), arb_mul(r, r, x, prec);
    arb_mul(out, out, r, prec);
    arb_clear(r), arb_clear(R), arb_clear(s), arb_clear(x), fmpq_clear(t);
}

/* The mean over the circle as the leaf `name`, by the trapezoidal rule with N nodes. For |Im t| <= w < |log(R/s)| the real part of r^2 is above 0, where |r K_1(r)| and |e^-r| are at most sqrt 2 and
   |R cos t| at most R cosh w: the error is at most 2 sqrt 2 (1 or R cosh w + s)/(e^(N w) - 1). Gives up near a circle, where N is beyond MOST_NODES. */
static void let_mean(dp_check *c, const char *name, circle *C, int moment)
{
    const slong prec = dp_check_prec(c);
    arb_t w, v, f, s;
    mag_t bound;
    arb_init(w), arb_init(v), arb_init(f), arb_init(s), mag_init(bound);
    C->moment = moment;
    arb_set_fmpq(w, C->R, prec), arb_set_fmpq(f, C->s, prec), arb_div(w, w, f, prec), arb_log(w, w, prec), arb_abs(w, w);
    arb_mul_ui(w, w, 7, prec), arb_mul_2exp_si(w, w, -3); /* seven eighths of the way */
    const double half = ((double) prec * 0.7 + 8) / 2 / arf_get_d(arb_midref(w), ARF_RND_DOWN) + 1;
    const slong N = half <= MOST_NODES / 2 ? 2 * (slong) half : 0;
    if (N == 0) dp_give_up(c, DP_EUNSUPPORTED, "%s: this distance is too near a circle for the trapezoidal rule: %.3g nodes at %ld bits, at most %d", name, 2 * half, (long) prec, MOST_NODES);
    for (slong j = 0; j <= N/2 && !dp_check_stopped(c); j++) at_angle(f, C, j, N, prec), arb_mul_2exp_si(f, f, j && j < N/2), arb_add(v, v, f, prec);
    if (!dp_check_stopped(c)) {
        arb_div_si(v, v, N, prec);
        arb_cosh(f, w, prec), arb_set_fmpq(s, C->R, prec), arb_mul(f, f, s, prec), arb_set_fmpq(s, C->s, prec), arb_add(f, f, s, prec), arb_set_fmpq(s, C->h, prec), arb_div(f, f, s, prec);
        if (!moment) arb_one(f);
        arb_mul_si(w, w, N, prec), arb_expm1(w, w, prec), arb_mul_ui(f, f, 3, prec), arb_div(f, f, w, prec); /* 3 > 2 sqrt 2 */
        arb_get_mag(bound, f), arb_add_error_mag(v, bound), dp_ledger(c, "strip", bound);
        dp_let(c, name, v, "trapezoid");
    }
    arb_clear(w), arb_clear(v), arb_clear(f), arb_clear(s), mag_clear(bound);
}

/* The point at distance s, number k: means over the circles by integrals (IZ, ID) and by the addition theorem (Z, D), then those of both laws. */
static void at_distance(dp_check *c, circle *C, const fmpq *radii, slong k, const fmpq *s, int outside, int plain)
{
    const char in = outside ? 'I' : 'K', *const sign = outside ? "-" : "";
    char name[16], *sum[2][4];
    dp_let_q(c, dp_name("s", k, -1), s);
    for (int n = 0; n < 2; n++) snprintf(name, sizeof name, "P%d_%ld", n, (long) k), let_bessel(c, name, !outside, n, s, C->h);
    C->s = s, C->plain = plain;
    for (int b = 0; b < 8; b++) sum[b / 4][b % 4] = dp_strdup("0");
    for (slong l = 0; l < CIRCLES && !dp_check_stopped(c); l++) {
        const long i = (long) l, j = (long) k;
        char *Z = dp_format("%s(B%c_%ld*P0_%ld - s_%ld/h*P1_%ld*%c0_%ld)", sign, in, i, j, j, j, in, i);
        char *D = dp_format("%s(((s_%ld/h)^2*%c0_%ld + E%c_%ld)*P1_%ld - 2*s_%ld/h*P0_%ld*B%c_%ld)", sign, j, in, i, in, i, j, j, j, in, i);
        dp_def(c, dp_name("Z", l, k), Z), dp_def(c, dp_name("D", l, k), D);
        C->R = radii + l;
        static const char *const stem[] = {"Z", "D", "IZ", "ID"};
        for (int m = 0; m < 2; m++) {
            char *relation = dp_format("I%s == %s", dp_name(stem[m], l, k), dp_name(stem[m], l, k));
            let_mean(c, dp_name(stem[2 + m], l, k), C, m);
            dp_assert(c, m ? "first moment of the kernel over the circle" : "mean of the kernel over the circle", relation), free(relation);
        }
        for (int b = 0; b < 8; b++) {
            char *more = dp_format("%s + %c_%ld*%s_%ld_%ld", sum[b / 4][b % 4], b / 4 ? 'q' : 'p', i, stem[b % 4], i, j);
            free(sum[b / 4][b % 4]), sum[b / 4][b % 4] = more;
        }
        free(Z), free(D);
    }
    for (int b = 0; b < 4; b++) {
        char *shift = dp_format("(%s)/(%s)", sum[b / 2][2 * (b % 2) + 1], sum[b / 2][2 * (b % 2)]);
        snprintf(name, sizeof name, "%s%c_%ld", b % 2 ? "IM" : "M", b / 2 ? 'q' : 'p', (long) k), dp_def(c, name, shift), free(shift);
    }
    for (int b = 0; b < 8; b++) free(sum[b / 4][b % 4]);
}

/* The minor of the rows `row` that leaves the circle l out, with its sign. */
static char *minor(const char *const row[3], long l)
{
    long at[3];
    for (long i = 0, n = 0; i < CIRCLES; i++)
        if (i != l) at[n++] = i;
    char *out = dp_strdup("0");
    for (int a = 0; a < 3; a++) {
        const long i = at[a], j = at[(a + 1) % 3], k = at[(a + 2) % 3];
        char *more = dp_format("%s + %s_%ld*(%s_%ld*%s_%ld - %s_%ld*%s_%ld)", out, row[0], i, row[1], j, row[2], k, row[1], k, row[2], j);
        free(out), out = more;
    }
    char *all = dp_format("%s(%s)", l % 2 ? "-" : "", out);
    free(out);
    return all;
}

static int fits(dp_check *c, const dp_problem *P, const dp_param *R, const dp_param *p, const dp_param *t, const dp_param *zero, const dp_param *other, int *outside)
{
    int ok = P->dim == 2 && P->kernel == DP_KERNEL_LAPLACE && R && p && t && zero && other && R->cols == CIRCLES && p->cols == CIRCLES && !fmpq_is_zero(t->value);
    for (slong l = 0; ok && l < CIRCLES; l++) ok = fmpq_sgn(R->value + l) > 0 && fmpq_sgn(p->value + l) >= 0 && (l == 0 || fmpq_cmp(R->value + l - 1, R->value + l) < 0);
    if (ok) *outside = fmpq_cmp(zero->value, R->value) > 0;
    const fmpq *first = ok ? R->value : NULL, *last = ok ? R->value + CIRCLES - 1 : NULL;
    for (slong k = 0; ok && k < zero->cols; k++) ok = *outside ? fmpq_cmp(zero->value + k, last) > 0 : fmpq_sgn(zero->value + k) > 0 && fmpq_cmp(zero->value + k, first) < 0;
    ok = ok && (*outside ? fmpq_sgn(other->value) > 0 && fmpq_cmp(other->value, first) < 0 : fmpq_cmp(other->value, last) > 0);
    if (!ok) dp_give_up(c, DP_EINPUT, "needs the plane, the Laplace kernel, four increasing radii and masses >= 0, a share not 0, distances `zero` all inside or all outside the circles, `other` on the other side");
    return ok;
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *R = dp_check_param(c, "radii"), *p = dp_check_param(c, "masses"), *t = dp_check_param(c, "share"), *zero = dp_check_param(c, "zero"), *other = dp_check_param(c, "other");
    int outside = 0;
    if (!fits(c, P, R, p, t, zero, other, &outside)) return;
    const char *const rows[2][3] = {{"K0", "BK", "EK"}, {"I0", "BI", "EI"}}, *row[3];
    for (int m = 0; m < 3; m++) row[m] = m == 2 && dp_check_twin(c, "moment") ? "p" : rows[outside][m];
    dp_let_q(c, "h", P->bandwidth), dp_let_q(c, "t", t->value);
    if (dp_check_twin(c, "constant")) dp_let_tiny(c, "tiny");
    for (slong l = 0; l < CIRCLES && !dp_check_stopped(c); l++) {
        dp_let_q(c, dp_name("R", l, -1), R->value + l), dp_let_q(c, dp_name("p", l, -1), p->value + l);
        for (int b = 0; b < 4; b++) let_bessel(c, dp_name(b / 2 ? b % 2 ? "I1" : "I0" : b % 2 ? "K1" : "K0", l, -1), b / 2, b % 2, R->value + l, P->bandwidth);
        for (int b = 0; b < 2; b++) {
            char *B = dp_format("R_%ld/h*%c1_%ld", (long) l, b ? 'I' : 'K', (long) l), *E = dp_format("(R_%ld/h)^2*%c0_%ld %c 2*B%c_%ld", (long) l, b ? 'I' : 'K', (long) l, b ? '-' : '+', b ? 'I' : 'K', (long) l);
            dp_def(c, dp_name(b ? "BI" : "BK", l, -1), B), dp_def(c, dp_name(b ? "EI" : "EK", l, -1), E), free(B), free(E);
        }
    }
    for (long l = 0; l < CIRCLES && !dp_check_stopped(c); l++) {
        char *n = minor(row, l), *q = dp_format("p_%ld + t*n_%ld/n_0%s", l, l, l == 1 && dp_check_twin(c, "constant") ? " + t*tiny" : ""), *positive = dp_format("q_%ld > 0", l);
        dp_def(c, dp_name("n", l, -1), n), dp_def(c, dp_name("q", l, -1), q);
        dp_suffice(c, "a mass of q", positive);
        free(n), free(q), free(positive);
    }
    circle C = {NULL, NULL, P->bandwidth, 0, 0};
    for (slong k = 0; k < zero->cols && !dp_check_stopped(c); k++) {
        at_distance(c, &C, R->value, k, zero->value + k, outside, dp_check_twin(c, "unblurred"));
        char *same = dp_format("IMp_%ld == IMq_%ld", (long) k, (long) k);
        dp_assert(c, "the two mean shifts are the same", same), free(same);
    }
    if (!dp_check_stopped(c)) {
        at_distance(c, &C, R->value, zero->cols, other->value, !outside, 0);
        char *apart = dp_format("Mp_%ld != Mq_%ld", (long) zero->cols, (long) zero->cols);
        dp_assert(c, "on the other side they are not", apart), free(apart);
    }
}

static const dp_param_spec params[] = {
    {"radii", DP_PARAM_VECTOR, NULL, "radii of the four circles; required"},
    {"masses", DP_PARAM_VECTOR, NULL, "masses of p on them, up to a common factor; required"},
    {"share", DP_PARAM_RATIONAL, NULL, "t: the masses of q are those of p and t times the solution of the three equations that is 1 on the first circle; required"},
    {"zero", DP_PARAM_VECTOR, NULL, "distances from the middle, inside all circles or outside all, where the drift is zero; required"},
    {"other", DP_PARAM_RATIONAL, NULL, "one on the other side, where it is not; required"},
    {0}};
static const char *const twins[] = {"constant", "moment", "unblurred", NULL};
DP_CLAIM(open_set_plane) = {
    .id = "open-set-plane",
    .title = "Laplace kernel in the plane: the drift can be zero on a disc, or everywhere but on a disc, although p and q differ",
    .equations = "(10), (11)",
    .kind = "EQ",
    .source = "DMF 2604.18194 (zero on an open set identifies, for the Gaussian kernel; the Laplace kernel is named open); counterexample derived here",
    .method = "Laws on circles, blurred so that the kernel becomes r K_1(r/h): the drift depends on three moments, which four circles leave free. Means over circles by the trapezoidal rule with a certified strip against the addition theorem; Bessel functions by FLINT and by integrals.",
    .params = params, .twins = twins, .run = run};
