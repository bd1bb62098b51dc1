/* SPDX-License-Identifier: GPL-3.0-or-later */
/* span.c: the points that count about one x, in the coordinates of their span, and their weights at nodes. */
#pragma GCC optimize("O3", "no-math-errno", "no-trapping-math")
#include "base/clones.h"
#include "particle/fused.h"
#include "particle/span.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = DP_SPAN_LANES, WIDE = 32, FEW = 16 }; /* sums of weights over half of the replicates from which on differences between these say what they may be off by */

double dp_beyond(double t)
{
    static const double inverse[] = {1 / 6402373705728000.0, 1 / 355687428096000.0, 1 / 20922789888000.0, 1 / 1307674368000.0, 1 / 87178291200.0, 1 / 6227020800.0, 1 / 479001600.0, 1 / 39916800.0, 1 / 3628800.0,
                                     1 / 362880.0, 1 / 40320.0, 1 / 5040.0, 1 / 720.0, 1 / 120.0, 1 / 24.0, 1 / 6.0, 0.5}; /* Horner's rule for the series, whose next term is below 2^-56 of it */
    double p = 0;
    for (size_t k = 0; k < sizeof inverse / sizeof *inverse; k++) p = p * t + inverse[k];
    return p * t * t;
}

/* ---- which points count ---- */

static size_t nearest_of(const double *a, size_t count, const double *x, size_t d)
{
    size_t best = 0;
    double least = INFINITY;
    for (size_t j = 0; j < count; j++) {
        double r2 = 0;
        for (size_t c = 0; c < d; c++) r2 += (x[c] - a[j * d + c]) * (x[c] - a[j * d + c]);
        if (r2 < least) least = r2, best = j;
    }
    return best;
}

/* e_j and |b_j|^2. */
static void exponent(long double *e, long double *square, const dp_span *p, const double *a, const double *a0)
{
    const double *x = p->x;
    double dot = 0, s = 0;
    for (size_t c = 0; c < p->s->d; c++) dot += (a0[c] - a[c]) * ((x[c] - a[c]) + (x[c] - a0[c])), s += (a[c] - a0[c]) * (a[c] - a0[c]);
    *e = dot / (long double) p->h / p->h / 2, *square = s / (long double) p->h / p->h;
}

/* Lemma F of blur.c: the return value e^-E; *theta. */
static double bound_of(double *theta, long double e, long double square)
{
    *theta = e < square ? (double) (e / square) : 1;
    return !(e > 0) ? 1 : (double) expl(e < square ? -e * e / square / 2 : square / 2 - e);
}

/* E min(1, e^t) >= E w_j, t = s N(0, 1) - e: Phi(-e/s) + e^(s^2/2 - e) Phi(e/s - s), the last by Mills' ratio. Never above w, Lemma F's. */
static double tight(double w, double e, double s)
{
    const double a = s - e / s;
    return e > 0 && a > 0 ? fmin(w, erfc(e / s * M_SQRT1_2) / 2 + w * fmin(0.5, 0.39895 / a)) : w;
}

/* Of one side, all the points that count; their exponents. */
static void choose(dp_span *p, dp_span_side *q, int of_y, double limit)
{
    const size_t d = p->s->d;
    double all = 0, top = 0;
    const double least = limit / (double) (of_y ? p->s->m : p->s->n);
    q->a = of_y ? p->s->y : p->s->x, q->count = of_y ? p->s->m : p->s->n, q->from = p->kept;
    q->index = dp_malloc(sizeof *q->index * q->count);
    const size_t first = nearest_of(q->a, q->count, p->x, d);
    const double *a0 = q->a + first * d;
    long double near = 0;
    for (size_t c = 0; c < d; c++) near += (long double) (p->x[c] - a0[c]) * (p->x[c] - a0[c]);
    q->nearest = (double) (near / p->h / p->h / 2), q->wide = 1;
    q->index[q->kept++] = first, p->far[p->kept] = 0, p->e[p->kept++] = 0;
    for (size_t j = 0; j < q->count; j++) {
        long double e, square;
        if (j == first) continue;
        exponent(&e, &square, p, q->a + j * d, a0);
        q->wide = q->wide && square < 1.0L / (WIDE * WIDE) && fabsl(e) < 0.5L;
        double theta;
        const double w = bound_of(&theta, e, square), far = (double) sqrtl(square);
        if (w < 1 && w * far < least && (w / theta < least || !p->want_log)) {
            all += w, q->left += w * far, q->left_log += w / theta;
            continue;
        }
        top = fmax(top, far);
        q->index[q->kept++] = j, p->far[p->kept] = far, p->e[p->kept++] = (double) e;
    }
    q->left += all * top, q->wide = q->wide && q->kept == q->count;
}

/* ---- the span ---- */

/* Row `row` of p->b, of `d` numbers, from the c-th on. */
static double length2(const double *b, size_t c, size_t d)
{
    double sum = 0;
    for (; c < d; c++) sum += b[c] * b[c];
    return sum;
}

/* The reflection that maps v (from c on, d numbers, its square known) to a multiple of the c-th unit vector. */
CLONES static void reflect(double *restrict b, size_t rows, size_t d, size_t c, double *restrict v, double square)
{
    const double norm = sqrt(square);
    v[c] += v[c] < 0 ? -norm : norm;
    const double scale = 1 / (norm * fabs(v[c])); /* 2/|v|^2 */
    for (size_t j = 0; j < rows; j++) {
        double *row = b + j * d, part[LANES] = {0};
        size_t k = c;
        for (; k + LANES <= d; k += LANES)
            for (size_t l = 0; l < LANES; l++) part[l] += v[k + l] * row[k + l];
        for (; k < d; k++) part[0] += v[k] * row[k];
        for (size_t l = 1; l < LANES; l++) part[0] += part[l];
        for (k = c; k < d; k++) row[k] -= scale * part[0] * v[k];
    }
}

/* Turns the coordinates so that the first `rank` hold all; the longest rests first. */
static void turn(dp_span *p, size_t most)
{
    const size_t d = p->s->d;
    double *v = dp_malloc(sizeof(double) * d), least = 0;
    for (p->rank = 0; p->rank < d; p->rank++) {
        double top = 0;
        size_t pivot = 0;
        for (size_t j = 0; j < p->kept; j++) {
            const double square = length2(p->b + j * d, p->rank, d);
            if (square > top) top = square, pivot = j;
        }
        if (p->rank == 0) least = top * 0x1p-96;
        if (top <= least) break;
        if (p->rank == most) {
            p->rank = d;
            break;
        }
        memcpy(v, p->b + pivot * d, sizeof(double) * d);
        reflect(p->b, p->kept, d, p->rank, v, top);
    }
    free(v);
}

/* Differences in units of the largest one, turned, then in bandwidths and without the coordinates that none has. */
static void coordinates(dp_span *p, size_t most)
{
    const size_t d = p->s->d;
    double top = 0;
    p->b = dp_malloc(sizeof(double) * p->kept * d);
    for (int k = 0; k < 2; k++)
        for (size_t j = 0; j < p->side[k].kept; j++)
            for (size_t c = 0; c < d; c++) {
                const dp_span_side *q = p->side + k;
                const double b = q->a[q->index[j] * d + c] - q->a[q->index[0] * d + c];
                p->b[(q->from + j) * d + c] = b, top = fmax(top, fabs(b));
            }
    for (size_t i = 0; i < p->kept * d && top > 0; i++) p->b[i] /= top;
    turn(p, most);
    for (size_t j = 0; j < p->kept; j++)
        for (size_t c = 0; c < p->rank; c++) p->b[j * p->rank + c] = p->b[j * d + c] * top / p->h;
}

void dp_span_init(dp_span *p, const dp_sample *s, size_t i, double h, int sides, size_t most, double limit, int want_log)
{
    *p = (dp_span){.s = s, .x = s->x + i * s->d, .h = h, .sides = sides, .want_log = want_log};
    p->e = dp_malloc(sizeof(double) * (s->n + s->m)), p->far = dp_malloc(sizeof(double) * (s->n + s->m));
    for (int k = 0; k < 2; k++)
        if (sides & 1 << k) choose(p, p->side + k, k == 0, limit);
    coordinates(p, most);
    p->t = dp_malloc(sizeof(double) * LANES * p->kept), p->w = dp_calloc(LANES * p->kept, sizeof(double));
}

void dp_span_clear(dp_span *p)
{
    free(p->side[0].index), free(p->side[1].index), free(p->b), free(p->e), free(p->far), free(p->t), free(p->w);
}

/* ---- weights ---- */

/* t_j = b_j.u - e_j by the coordinates from `first` on; the largest. */
CLONES static void exponents(double *restrict t, double *restrict top, const double *restrict b, const double *restrict e, const double *restrict u, size_t kept, size_t first, size_t rank)
{
    for (size_t l = 0; l < LANES; l++) top[l] = -INFINITY;
    for (size_t j = 0; j < kept; j++) {
        double sum[LANES];
        for (size_t l = 0; l < LANES; l++) sum[l] = -e[j];
        for (size_t c = first; c < rank; c++)
            for (size_t l = 0; l < LANES; l++) sum[l] += b[j * rank + c] * u[c * LANES + l];
        for (size_t l = 0; l < LANES; l++) t[j * LANES + l] = sum[l], top[l] = sum[l] > top[l] ? sum[l] : top[l];
    }
}

CLONES static void lower(double *restrict t, const double *restrict top, size_t kept)
{
    for (size_t j = 0; j < kept; j++)
        for (size_t l = 0; l < LANES; l++) t[j * LANES + l] = 0x1.71547652b82fep0 * (t[j * LANES + l] - top[l]) - 1;
}

/* w_j += factor t_j, factor making their sum the node's weight; total: that sum. */
CLONES static void gain(double *restrict w, double *restrict total, const double *restrict t, const double *restrict weight, size_t kept)
{
    double factor[LANES];
    for (size_t l = 0; l < LANES; l++) total[l] = 0;
    for (size_t j = 0; j < kept; j++)
        for (size_t l = 0; l < LANES; l++) total[l] += t[j * LANES + l];
    for (size_t l = 0; l < LANES; l++) factor[l] = weight[l] / total[l];
    for (size_t j = 0; j < kept; j++)
        for (size_t l = 0; l < LANES; l++) w[j * LANES + l] += factor[l] * t[j * LANES + l];
}

/* log mean exp(t_j) less the part that is linear in u, t_j + e_j, whose mean over u is 0; all digits where all t_j are small. */
static double wide_log(const double *t, const double *e, size_t kept)
{
    double rest = 0, sum = 0;
    for (size_t j = 0; j < kept; j++) {
        const double more = dp_beyond(t[j * LANES]);
        rest += more - e[j], sum += more + t[j * LANES];
    }
    return rest / (double) kept - dp_beyond(log1p(sum / (double) kept));
}

void dp_span_add(dp_span *p, const double *u, const double *weight)
{
    double top[LANES], total[LANES];
    for (int k = 0; k < 2; k++) {
        const dp_span_side *q = p->side + k;
        double *t = p->t + q->from * LANES;
        if (!(p->sides & 1 << k)) continue;
        exponents(t, top, p->b + q->from * p->rank, p->e + q->from, u, q->kept, 0, p->rank);
        for (size_t l = 0; l < LANES && p->want_log && q->wide; l++) p->log[k][l] += weight[l] * wide_log(t + l, p->e + q->from, q->kept);
        lower(t, top, q->kept);
        dp_fused_exp2(t, t, q->kept * LANES, 0);
        gain(p->w + q->from * LANES, total, t, weight, q->kept);
        for (size_t l = 0; l < LANES && p->want_log && !q->wide; l++) p->log[k][l] += weight[l] * (top[l] + log(2 * total[l] / (double) q->count));
    }
}

/* ---- lines of nodes ---- */

/* a_j: weights at the middle of LANES lines; at the node i of a line they are a_j E_ij, whose sum goes to total, and a_j times the sum over i of E_ij phi_i weight/total to w_j. */
CLONES static void along(double *restrict w, double *restrict total, double *restrict acc, const double *restrict a, const double *restrict E, const double *restrict phi, const double *restrict weight, size_t count, size_t kept)
{
    for (size_t j = 0; j < kept * LANES; j++) acc[j] = 0;
    for (size_t i = 0; i < count; i++) {
        double sum[LANES], factor[LANES];
        for (size_t l = 0; l < LANES; l++) sum[l] = 0;
        for (size_t j = 0; j < kept; j++)
            for (size_t l = 0; l < LANES; l++) sum[l] += E[i * kept + j] * a[j * LANES + l];
        for (size_t l = 0; l < LANES; l++) factor[l] = phi[i] * weight[l] / sum[l], total[i * LANES + l] = sum[l];
        for (size_t j = 0; j < kept; j++)
            for (size_t l = 0; l < LANES; l++) acc[j * LANES + l] += E[i * kept + j] * factor[l];
    }
    for (size_t j = 0; j < kept * LANES; j++) w[j] += a[j] * acc[j];
}

int dp_span_lines_serve(const dp_span *p, double reach)
{
    double most = 0;
    for (size_t j = 0; j < p->kept; j++) most = fmax(most, fabs(p->b[j * p->rank]));
    return most * reach < 300 && !(p->want_log && p->side[p->sides - 1].wide);
}

void dp_span_lines(dp_span *p, const double *u, const double *weight, const double *E, const double *phi, size_t count, double *room)
{
    const int k = p->sides - 1;
    double top[LANES], *total = room, *acc = room + count * LANES;
    exponents(p->t, top, p->b, p->e, u, p->kept, 1, p->rank);
    lower(p->t, top, p->kept);
    dp_fused_exp2(p->t, p->t, p->kept * LANES, 0);
    along(p->w, total, acc, p->t, E, phi, weight, count, p->kept);
    for (size_t i = 0; i < count && p->want_log; i++)
        for (size_t l = 0; l < LANES; l++) p->log[k][l] += phi[i] * weight[l] * (top[l] + log(2 * total[i * LANES + l] / (double) p->side[k].count));
}

void dp_span_take(double *out, dp_span *p)
{
    const size_t d = p->s->d;
    for (int k = 0; k < 2; k++) {
        const dp_span_side *q = p->side + k;
        const double sign = k == 0 ? 1 : -1;
        for (size_t j = 1; j < q->kept; j++) {
            double w = 0;
            for (size_t l = 0; l < LANES; l++) w += p->w[(q->from + j) * LANES + l];
            for (size_t c = 0; c < d; c++) out[c] += sign * w * (q->a[q->index[j] * d + c] - q->a[q->index[0] * d + c]);
        }
        for (size_t l = 0; l < LANES; l++) out[d] -= sign * p->log[k][l], p->log[k][l] = 0;
    }
    memset(p->w, 0, sizeof(double) * LANES * p->kept);
}

void dp_span_met(double *hits, const dp_span *p)
{
    for (size_t j = 0; j < p->kept; j++)
        for (size_t l = 0; l < LANES; l++) hits[j] += p->w[j * LANES + l];
}

/* Bounds on E w_j, and on what point j adds to the logarithm, beside any one of the others: the least. */
static void shielded(double *weight, double *more, const dp_span *p, const dp_span_side *q, size_t j)
{
    for (size_t k = q->from; k < q->from + q->kept; k++) {
        const double e = p->e[j] - p->e[k];
        double square = 0, theta;
        if (!(e > 0)) continue;
        for (size_t c = 0; c < p->rank; c++) square += (p->b[j * p->rank + c] - p->b[k * p->rank + c]) * (p->b[j * p->rank + c] - p->b[k * p->rank + c]);
        const double w = bound_of(&theta, e, square);
        *weight = fmin(*weight, tight(w, e, sqrt(square))), *more = fmin(*more, w / theta);
    }
}

/* A mean of numbers in [0, 1] whose sum is S at `nodes` independent nodes is below but for a risk e^-L (Chernoff). */
static double upper(double S, double nodes, double L) { return fmin(1, (S + L + sqrt(L * (L + 2 * S))) / nodes); }

/* How far such a mean is from S/nodes, or, in units of c, one of numbers in [-c, c] whose magnitudes have that sum: Bernstein's bound with c^2 times the mean as the variance. */
static double off(double S, double nodes, double L)
{
    const double most = upper(S, nodes, L);
    return fmin(most + S / nodes, sqrt(2 * L * most / nodes) + 3 * L / nodes);
}

/* Of -log(1 - W), W the weight of `count` points at distances `far` at most, E W <= u: 3 E W where W <= 1/2; elsewhere, on a set of measure 2 u at most, W/(1 - W) is below the largest of as many powers e^(far Z). */
static double in_logarithm(double u, double far, double count)
{
    const double p = fmin(1, 2 * u);
    return 3 * u + p * (log(count) + far * (sqrt(2 * log(count / p)) + 1));
}

void dp_span_unmet(double far[2], const dp_span *p, const double *chosen, const double *hits, double nodes, double log_risk)
{
    double most = 0, met = 0, weighted = 0, count = 0, each[2] = {0};
    far[0] = far[1] = 0;
    for (int side = 0; side < 2; side++)
        for (size_t j = p->side[side].from + 1; j < p->side[side].from + p->side[side].kept; j++) {
            double weight = 1, more = INFINITY;
            if (chosen[j] >= FEW) continue;
            shielded(&weight, &more, p, p->side + side, j);
            if (weight * nodes < 1) {
                far[0] += weight * p->far[j], far[1] += more;
                continue;
            }
            const double u = upper(hits[j], nodes, log_risk);
            each[0] += fmin(fmax(weight, hits[j] / nodes), off(hits[j], nodes, log_risk)) * p->far[j], each[1] += fmin(more, in_logarithm(u, p->far[j], 1));
            most = fmax(most, p->far[j]), met += hits[j], weighted += hits[j] * p->far[j], count++;
        }
    if (count == 0) return;
    far[0] += fmin(each[0], most > 0 ? most * off(weighted / most, nodes, log_risk) : 0);
    far[1] += fmin(each[1], in_logarithm(upper(met, nodes, log_risk), most, count));
}

void dp_span_constant(double *out, const dp_span *p)
{
    const size_t d = p->s->d;
    for (size_t c = 0; c <= d; c++) out[c] = 0;
    for (int k = 0; k < 2; k++) {
        const dp_span_side *q = p->side + k;
        if (!(p->sides & 1 << k)) continue;
        for (size_t c = 0; c < d; c++) out[c] += (k == 0 ? 1 : -1) * (q->a[q->index[0] * d + c] - p->x[c]);
        out[d] += (k == 0 ? 1 : -1) * q->nearest;
    }
}
