/* SPDX-License-Identifier: GPL-3.0-or-later */
/* blur.c: means over a Gaussian of the softmax weights of points, and of the logarithm of their sum, as enclosures: a lattice in the span of the points that count.

   z = x + h u, u ~ N(0, I). Of one side's points let a_0 be the nearest to x, b_j = (a_j - a_0)/h, e_j = (|x - a_j|^2 - |x - a_0|^2)/(2 h^2). The weights of the Gaussians at the
   a_j are w_j = exp(b_j.u - e_j)/T(u), T the sum of these, and E log sum_j exp((|u|^2 - |z - a_j|^2/h^2)/2) = E log T - |x - a_0|^2/(2 h^2).

   Lemma F, points left out. With s = |b_j|: E w_j <= e^(-E_j), E_j = e_j^2/(2 s^2) for e_j <= s^2, else e_j - s^2/2; without those of a set L, places move by at most the sum over L of
   e^(-E_j) max |a_j - a_k|, k kept, and E log T falls by at most that of e^(-E_j)/theta_j, theta_j = min(1, e_j/s^2).
   Proof: w_j <= min(1, e^t), t = s N(0, 1) - e_j the logarithm of the quotient of the two Gaussians; min(1, e^t) <= e^(theta t) of mean e^(theta^2 s^2/2 - theta e_j), theta = theta_j;
   the others' mean place moves by sum w_j (a_j - a'), a' a mean of places kept; log(1 + e^t) <= e^(theta t)/theta, and T >= 1 without the set.
   Lemma G, span. T depends on the part of u in the span of the b_j only, a standard normal vector of its dimension r.
   Lemma H, aliases. The sum over a lattice of steps s_a of phi w_j prod s_a differs from E w_j by at most E w_j A, A = 2 r 3^(r-1) 1.5 max_a e^(t_a^2/2 - 2 pi t_a/s_a)/cos(t_a D_a/2), where D_a is
   the width of the b_j along axis a, t_a D_a < pi and 2 pi t_a/s_a >= 3; and for log T by A with C = log r' + D sqrt r + pi - log cos in the place of 1/cos (r' points, D the largest |b_j|).
   Proof: Poisson's formula; for a dual vector k the contour is moved by t_a along the axis with the largest |k_a|. There |phi| grows by e^(t_a^2/2), the phases of T's terms lie within
   t_a D_a of each other, so |T| >= cos(t_a D_a/2) sum |terms| and |arg T| < pi; 1 <= T <= r' e^(D |u|) on the axis. Of the k with max |k_a| = M there are at most 2 r (2M+1)^(r-1).
   Lemma I, tails. Nodes with |u| > R, R >= 4, add at most e^(-(1 - m) R^2/2) prod (s_a/sqrt(2 pi) + 1/sqrt m), m = (r + 1)/R^2; for log T times log r' + R D. */
#include "particle/blur.h"

#include <math.h>

#include "base/threads.h"
#include "particle/ball.h"

enum { AXES = DP_BLUR_AXES, CHUNKS = 64 };

static const double *point(const dp_blur *s, slong j) { return s->a + s->index[j] * s->d; }

/* a_c - b_c */
static void difference(arb_t out, const double *a, const double *b, slong c)
{
    arb_t t;
    arb_init(t), arb_set_d(out, a[c]), arb_set_d(t, b[c]);
    arb_sub(out, out, t, ARF_PREC_EXACT);
    arb_clear(t);
}

/* t/h^2 */
static void over_square(arb_t t, const fmpq_t h, slong prec)
{
    for (int k = 0; k < 2; k++) arb_div_fmpz(t, t, fmpq_numref(h), prec), arb_mul_fmpz(t, t, fmpq_denref(h), prec);
}

/* ---- Lemma F ---- */

/* e_j and |b_j|^2 of the point j of all. */
static void exponent(arb_t e, arb_t square, const dp_blur *s, slong j, slong nearest)
{
    arb_t t;
    arb_init(t);
    dp_ball_square(e, s->x, s->a + j * s->d, s->d, s->prec + 64), dp_ball_square(t, s->x, s->a + nearest * s->d, s->d, s->prec + 64);
    arb_sub(e, e, t, s->prec + 64), arb_mul_2exp_si(e, e, -1), over_square(e, s->h, s->prec);
    dp_ball_square(square, s->a + j * s->d, s->a + nearest * s->d, s->d, s->prec), over_square(square, s->h, s->prec);
    arb_clear(t);
}

/* e^(-E_j), and over theta_j; infinite unless e_j > 0. */
static void lemma_f(mag_t weight, mag_t logarithm, const arb_t e, const arb_t square)
{
    arb_t E, theta;
    arb_init(E), arb_init(theta);
    arb_div(theta, e, square, 64);
    if (!arb_is_positive(e)) mag_inf(weight), mag_inf(logarithm);
    else {
        if (arb_lt(e, square)) arb_mul(E, e, theta, 64), arb_mul_2exp_si(E, E, -1);
        else arb_one(theta), arb_mul_2exp_si(E, square, -1), arb_sub(E, e, E, 64); /* a lower bound in either case */
        arb_neg(E, E), arb_exp(E, E, 64), arb_get_mag(weight, E);
        arb_div(E, E, theta, 64), arb_get_mag(logarithm, E);
    }
    arb_clear(E), arb_clear(theta);
}

static slong nearest_of(const dp_blur *s)
{
    slong best = 0;
    arb_t least, r;
    arb_init(least), arb_init(r);
    for (slong j = 0; j < s->k; j++) {
        dp_ball_square(r, s->x, s->a + j * s->d, s->d, s->prec + 64);
        if (j == 0 || arf_cmp(arb_midref(r), arb_midref(least)) < 0) best = j, arb_set(least, r);
    }
    arb_clear(least), arb_clear(r);
    return best;
}

/* Points that together add less than 2^-bits of a bandwidth and of the logarithm are left out. */
static void choose(dp_blur *s)
{
    const slong nearest = nearest_of(s);
    arb_t e, square;
    mag_t w, l, far, all, top, limit;
    arb_init(e), arb_init(square), mag_init(w), mag_init(l), mag_init(far), mag_init(all), mag_init(top), mag_init(limit);
    s->index[0] = nearest, s->kept = 1;
    mag_set_ui_2exp_si(limit, 1, -(slong) s->bits - (slong) FLINT_BIT_COUNT((ulong) s->k) - 2);
    for (slong j = 0; j < s->k; j++) {
        if (j == nearest) continue;
        exponent(e, square, s, j, nearest);
        lemma_f(w, l, e, square);
        arb_get_mag(far, square), mag_sqrt(far, far), mag_mul(far, far, w);
        if (mag_cmp(far, limit) < 0 && mag_cmp(l, limit) < 0) mag_add(&s->place, &s->place, far), mag_add(&s->logarithm, &s->logarithm, l), mag_add(all, all, w);
        else {
            s->index[s->kept++] = j, arb_set(s->e + s->kept - 1, e);
            arb_get_mag(far, square), mag_sqrt(far, far), mag_max(top, top, far);
        }
    }
    mag_addmul(&s->place, all, top); /* |a_j - a_k| <= |a_j - a_0| + |a_0 - a_k| */
    arb_clear(e), arb_clear(square), mag_clear(w), mag_clear(l), mag_clear(far), mag_clear(all), mag_clear(top), mag_clear(limit);
}

/* ---- Lemma G ---- */

/* The rank of the differences a_j - a_0, exactly: all of them in a unit in which they are whole. */
static slong exact_rank(const dp_blur *s)
{
    fmpz_mat_t M;
    fmpz_t m, e, least;
    arf_t u, v;
    fmpz_mat_init(M, s->kept - 1, s->d), fmpz_init(m), fmpz_init(e), fmpz_init(least), arf_init(u), arf_init(v);
    for (int pass = 0; pass < 2; pass++)
        for (slong j = 1; j < s->kept; j++)
            for (slong c = 0; c < s->d; c++) {
                arf_set_d(u, point(s, j)[c]), arf_set_d(v, point(s, 0)[c]), arf_sub(u, u, v, ARF_PREC_EXACT, ARF_RND_DOWN);
                if (arf_is_zero(u)) continue;
                arf_get_fmpz_2exp(m, e, u);
                if (!pass && fmpz_cmp(e, least) < 0) fmpz_set(least, e);
                if (pass) fmpz_sub(e, e, least), fmpz_mul_2exp(fmpz_mat_entry(M, j - 1, c), m, fmpz_get_ui(e));
            }
    const slong rank = fmpz_mat_rank(M);
    fmpz_mat_clear(M), fmpz_clear(m), fmpz_clear(e), fmpz_clear(least), arf_clear(u), arf_clear(v);
    return rank;
}

/* out_j = (a_j - a_0).(a_pivot - a_0)/h^2 */
static void gram_column(arb_ptr out, const dp_blur *s, slong pivot)
{
    arb_t x, y;
    arb_init(x), arb_init(y);
    for (slong j = 1; j < s->kept; j++) {
        arb_zero(out + j);
        for (slong c = 0; c < s->d; c++) difference(x, point(s, j), point(s, 0), c), difference(y, point(s, pivot), point(s, 0), c), arb_addmul(out + j, x, y, s->prec);
        over_square(out + j, s->h, s->prec);
    }
    arb_clear(x), arb_clear(y);
}

/* The next coordinate of all b_j by a step of Cholesky's factorisation of their Gram matrix, at the largest of what is left of |b_j|^2; 0 when none is known to be left. */
static int next_axis(dp_blur *s, arb_ptr left, arb_ptr column)
{
    const slong r = s->rank;
    slong pivot = 0;
    for (slong j = 1; j < s->kept; j++)
        if (arf_cmp(arb_midref(left + j), arb_midref(left + pivot)) > 0) pivot = j;
    if (!arb_is_positive(left + pivot)) return 0;
    if (r == AXES) return s->rank++, 0;
    gram_column(column, s, pivot);
    arb_sqrt(column, left + pivot, s->prec);
    for (slong j = 1; j < s->kept; j++) {
        arb_ptr b = s->b + j * AXES;
        for (slong l = 0; l < r; l++) arb_submul(column + j, b + l, s->b + pivot * AXES + l, s->prec);
        arb_div(b + r, column + j, column, s->prec);
        if (j != pivot) arb_submul(left + j, b + r, b + r, s->prec);
    }
    arb_set(s->b + pivot * AXES + r, column), arb_zero(left + pivot);
    return s->rank++, 1;
}

static dp_status axes(dp_blur *s, dp_error *e)
{
    arb_ptr left = _arb_vec_init(s->kept), column = _arb_vec_init(s->kept);
    for (slong j = 1; j < s->kept; j++) dp_ball_square(left + j, point(s, j), point(s, 0), s->d, s->prec), over_square(left + j, s->h, s->prec);
    while (next_axis(s, left, column)) {}
    _arb_vec_clear(left, s->kept), _arb_vec_clear(column, s->kept);
    if (s->rank > AXES) return dp_fail(e, DP_EUNSUPPORTED, "smoothed-kl: points that count together span more than %d dimensions, for which there is no lattice", AXES);
    if (s->rank < FLINT_MIN(s->d, s->kept - 1) && exact_rank(s) != s->rank) return dp_fail(e, DP_EBUDGET, "smoothed-kl: the dimension of the points' span was not found at %ld bits", s->prec);
    return DP_OK;
}

/* ---- the lattice ---- */

/* Steps, heights and reach for errors below 2^-bits, any of which would do; returns the number of terms to be added up. */
static double lattice(dp_blur *s)
{
    const double L = s->bits * M_LN2 + 6, theta = M_PI - 3 / L;
    double nodes = 1;
    s->reach2 = 2 * (L + 8);
    for (slong a = 0; a < s->rank; a++) {
        double low = 0, high = 0;
        for (slong j = 1; j < s->kept; j++) {
            const double c = arf_get_d(arb_midref(s->b + j * AXES + a), ARF_RND_NEAR);
            low = fmin(low, c), high = fmax(high, c);
        }
        int power;
        const double t = s->height[a] = fmin(theta / (high - low), sqrt(2 * L)), f = frexp(2 * M_PI * t / (L + t * t / 2 - log(cos(t * (high - low) / 2))), &power);
        s->step[a] = ldexp(floor(f * 1024), power - 10);
        nodes *= 2 * sqrt(s->reach2) / s->step[a];
        s->most[a] = (slong) fmin(sqrt(s->reach2) / s->step[a], 1e15) + 1;
    }
    return nodes * (s->rank == 3 ? M_PI / 6 : s->rank == 2 ? M_PI / 4 : 1) * (2.0 * (double) s->kept + 8);
}

dp_status dp_blur_plan(double *terms, dp_blur *s, dp_error *e)
{
    const dp_status status = axes(s, e);
    *terms = status || s->rank == 0 ? 0 : lattice(s);
    return status;
}

static void tables(dp_blur *s)
{
    const slong wp = s->prec + 60, k = s->kept;
    arb_t t, u;
    arb_init(t), arb_init(u);
    for (slong a = 0; a < s->rank; a++) {
        const slong N = s->most[a];
        arb_ptr E = s->table[a] = _arb_vec_init((2 * N + 1) * k), phi = s->phi[a] = _arb_vec_init(2 * N + 1);
        for (slong j = 0; j < k; j++) {
            arb_set_d(t, s->step[a]), arb_mul(t, t, s->b + j * AXES + a, wp), arb_neg(u, t);
            arb_exp(t, t, wp), arb_exp(u, u, wp);
            arb_one(E + N * k + j);
            for (slong i = 1; i <= N; i++) arb_mul(E + (N + i) * k + j, E + (N + i - 1) * k + j, t, wp), arb_mul(E + (N - i) * k + j, E + (N - i + 1) * k + j, u, wp);
        }
        for (slong i = -N; i <= N; i++) {
            arb_set_d(t, s->step[a]), arb_mul_si(t, t, i, wp), arb_mul(t, t, t, wp), arb_mul_2exp_si(t, t, -1), arb_neg(t, t);
            arb_exp(phi + N + i, t, wp);
        }
    }
    arb_clear(t), arb_clear(u);
}

/* The nodes of one row of the first axis, (i, at[1], at[2]), added to acc; a light row needs fewer bits. */
static void row(arb_ptr acc, const dp_blur *s, const slong *at, arb_ptr alpha, arb_ptr f)
{
    const slong k = s->kept, M = s->most[0];
    double rest = s->reach2;
    arb_t weight, S;
    for (slong a = 1; a < s->rank; a++) rest -= (double) at[a] * s->step[a] * ((double) at[a] * s->step[a]);
    if (rest < -1e-6) return;
    const slong p = FLINT_MAX(64, s->prec - (slong) ((s->reach2 - rest) / (2 * M_LN2))), N = FLINT_MIN(M, (slong) (sqrt(fmax(rest, 0)) / s->step[0]) + 1), count = 2 * N + 1;
    arb_init(weight), arb_init(S);
    arb_one(weight);
    for (slong j = 0; j < k; j++) arb_neg(alpha + j, s->e + j), arb_exp(alpha + j, alpha + j, p);
    for (slong a = 1; a < s->rank; a++) {
        arb_mul(weight, weight, s->phi[a] + s->most[a] + at[a], p);
        for (slong j = 0; j < k; j++) arb_mul(alpha + j, alpha + j, s->table[a] + (s->most[a] + at[a]) * k + j, p);
    }
    for (slong i = 0; i < count; i++) {
        arb_dot(S, NULL, 0, alpha, 1, s->table[0] + (M - N + i) * k, 1, k, p);
        if (s->want_log) arb_log(f + i, S, p);
        else arb_div(f + i, s->phi[0] + M - N + i, S, p);
    }
    if (s->want_log) arb_dot(S, NULL, 0, f, 1, s->phi[0] + M - N, 1, count, p), arb_addmul(acc + k, S, weight, s->prec);
    for (slong j = 0; j < k && !s->want_log; j++) {
        arb_dot(S, NULL, 0, f, 1, s->table[0] + (M - N) * k + j, k, count, p);
        arb_mul(S, S, alpha + j, p), arb_addmul(acc + j, S, weight, s->prec);
    }
    arb_clear(weight), arb_clear(S);
}

/* Every CHUNKS-th row. */
static dp_status chunk(void *argument, slong job, int worker, dp_error *e)
{
    const dp_blur *s = argument;
    const slong k = s->kept, n1 = s->rank > 1 ? 2 * s->most[1] + 1 : 1, n2 = s->rank > 2 ? 2 * s->most[2] + 1 : 1, room = 2 * s->most[0] + 1;
    arb_ptr alpha = _arb_vec_init(k), f = _arb_vec_init(room);
    (void) worker, (void) e;
    for (slong q = job; q < n1 * n2; q += CHUNKS) {
        const slong at[AXES] = {0, s->rank > 1 ? q % n1 - s->most[1] : 0, s->rank > 2 ? q / n1 - s->most[2] : 0};
        row(s->part + job * (k + 1), s, at, alpha, f);
    }
    _arb_vec_clear(alpha, k), _arb_vec_clear(f, room);
    return DP_OK;
}

/* ---- Lemmas H and I ---- */

/* The largest |b_j|, as a bound. */
static void extent(arb_t D, const dp_blur *s)
{
    arb_t t;
    arb_init(t), arb_zero(D);
    for (slong j = 1; j < s->kept; j++) arb_dot(t, NULL, 0, s->b + j * AXES, 1, s->b + j * AXES, 1, s->rank, 64), arb_max(D, D, t, 64);
    arb_sqrt(D, D, 64);
    arb_clear(t);
}

static void aliases(mag_t out, const dp_blur *s)
{
    const slong r = s->rank;
    arb_t t, u, cosine, low, high, D;
    mag_t m;
    arb_init(t), arb_init(u), arb_init(cosine), arb_init(low), arb_init(high), arb_init(D), mag_init(m);
    mag_zero(out);
    extent(D, s);
    for (slong a = 0; a < r; a++) {
        arb_zero(low), arb_zero(high);
        for (slong j = 1; j < s->kept; j++) arb_min(low, low, s->b + j * AXES + a, 64), arb_max(high, high, s->b + j * AXES + a, 64);
        arb_sub(high, high, low, 64), arb_set_d(t, s->height[a]), arb_mul(high, high, t, 64), arb_const_pi(u, 64);
        const int inside = arb_lt(high, u);
        arb_mul_2exp_si(high, high, -1), arb_cos(cosine, high, 64);
        arb_mul(u, u, t, 64), arb_mul_2exp_si(u, u, 1), arb_set_d(low, s->step[a]), arb_div(u, u, low, 64); /* 2 pi t/s */
        arb_mul(t, t, t, 64), arb_mul_2exp_si(t, t, -1), arb_sub(t, t, u, 64), arb_exp(t, t, 64), arb_sub_si(u, u, 3, 64);
        if (s->want_log) {
            arb_log(cosine, cosine, 64), arb_const_pi(low, 64), arb_sub(cosine, low, cosine, 64);
            arb_sqrt_ui(low, (ulong) r, 64), arb_addmul(cosine, low, D, 64), arb_log_ui(low, (ulong) s->kept, 64), arb_add(cosine, cosine, low, 64), arb_mul(t, t, cosine, 64);
        } else arb_div(t, t, cosine, 64);
        if (inside && arb_is_positive(u)) arb_get_mag(m, t);
        else mag_inf(m);
        mag_max(out, out, m);
    }
    mag_mul_ui(out, out, (ulong) (3 * r * (r == 1 ? 1 : r == 2 ? 3 : 9)));
    arb_clear(t), arb_clear(u), arb_clear(cosine), arb_clear(low), arb_clear(high), arb_clear(D), mag_clear(m);
}

static void tails(mag_t out, const dp_blur *s)
{
    const slong r = s->rank;
    arb_t R2, m, t, u;
    arb_init(R2), arb_init(m), arb_init(t), arb_init(u);
    arb_set_d(R2, s->reach2 * (1 - 1e-9)), arb_set_si(m, r + 1), arb_div(m, m, R2, 64); /* nodes were counted in doubles */
    arb_sub_si(t, m, 1, 64), arb_mul(t, t, R2, 64), arb_mul_2exp_si(t, t, -1), arb_exp(t, t, 64), arb_rsqrt(m, m, 64);
    for (slong a = 0; a < r; a++) arb_set_d(u, s->step[a] * 0.39895), arb_add(u, u, m, 64), arb_mul(t, t, u, 64);
    if (s->want_log) extent(u, s), arb_sqrt(R2, R2, 64), arb_mul(u, u, R2, 64), arb_log_ui(R2, (ulong) s->kept, 64), arb_add(u, u, R2, 64), arb_mul(t, t, u, 64);
    arb_get_mag(out, t);
    arb_clear(R2), arb_clear(m), arb_clear(t), arb_clear(u);
}

dp_status dp_blur_means(arb_ptr out, dp_blur *s, int threads, dp_error *e)
{
    const slong k = s->kept;
    arb_t scale;
    mag_t alias, tail, t;
    if (s->rank == 0) { /* copies of one point */
        for (slong j = 0; j < k; j++) arb_one(out + j), arb_div_si(out + j, out + j, k, s->prec);
        arb_log_ui(out + k, (ulong) k, s->prec);
        return DP_OK;
    }
    arb_init(scale), mag_init(alias), mag_init(tail), mag_init(t);
    tables(s);
    s->part = _arb_vec_init(CHUNKS * (k + 1));
    const dp_status status = dp_parallel(chunk, s, CHUNKS, threads, e);
    _arb_vec_zero(out, k + 1);
    for (slong c = 0; c < CHUNKS; c++) _arb_vec_add(out, out, s->part + c * (k + 1), k + 1, s->prec);
    for (slong a = 0; a < s->rank; a++) {
        arb_const_pi(scale, s->prec), arb_mul_2exp_si(scale, scale, 1), arb_rsqrt(scale, scale, s->prec), _arb_vec_scalar_mul(out, out, k + 1, scale, s->prec);
        arb_set_d(scale, s->step[a]), _arb_vec_scalar_mul(out, out, k + 1, scale, s->prec);
    }
    aliases(alias, s), tails(tail, s);
    for (slong j = 0; j < k && !s->want_log; j++) { /* A <= 1/2: E w_j <= 2 (sum + tail) */
        arb_get_mag(t, out + j), mag_add(t, t, tail), mag_mul_2exp_si(t, t, 1);
        if (mag_cmp_2exp_si(alias, -1) > 0) mag_inf(t);
        mag_mul(t, t, alias), mag_add(t, t, tail), arb_add_error_mag(out + j, t);
    }
    arb_add_error_mag(out + k, alias), arb_add_error_mag(out + k, tail);
    arb_clear(scale), mag_clear(alias), mag_clear(tail), mag_clear(t);
    return status;
}

void dp_blur_init(dp_blur *s, const dp_sample *of, size_t i, int of_y, slong prec, int want_log)
{
    *s = (dp_blur){.x = of->x + i * of->d, .a = of_y ? of->y : of->x, .k = (slong) (of_y ? of->m : of->n), .d = (slong) of->d, .prec = prec, .h = &of->part->bandwidth, .bits = (double) prec - 40, .want_log = want_log};
    s->index = dp_malloc(sizeof *s->index * (size_t) s->k);
    s->e = _arb_vec_init(s->k), s->b = _arb_vec_init(s->k * AXES);
    mag_init(&s->place), mag_init(&s->logarithm);
    choose(s);
}

void dp_blur_clear(dp_blur *s)
{
    for (slong a = 0; a < AXES && s->table[a]; a++) _arb_vec_clear(s->table[a], (2 * s->most[a] + 1) * s->kept), _arb_vec_clear(s->phi[a], 2 * s->most[a] + 1);
    if (s->part) _arb_vec_clear(s->part, CHUNKS * (s->kept + 1));
    _arb_vec_clear(s->e, s->k), _arb_vec_clear(s->b, s->k * AXES);
    free(s->index);
    mag_clear(&s->place), mag_clear(&s->logarithm);
}
