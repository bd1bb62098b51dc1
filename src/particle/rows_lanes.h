/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rows_lanes.h: one row of the sums over pairs in vectors of 64 bytes; a template: REAL, LANES, INTEGER, NAME(x) and the constants of exp are set by the includer.
   Products and sums are never contracted, so lanes of any width give the same bits. */

typedef REAL NAME(vec) __attribute__((vector_size(64), aligned(64), may_alias));
typedef INTEGER NAME(mask) __attribute__((vector_size(64), aligned(64)));

/* *at becomes exp(*at), *at <= 0; 0 below EXP_LEAST: there a weight is less than the smallest normal number times the largest weight, far below rounding.
   Error: 2 ulp: reduction by multiples of log 2 in two parts, Taylor polynomial on |f| <= (log 2)/2. */
static inline __attribute__((always_inline)) void NAME(exp)(NAME(vec) *at)
{
    static const REAL inverse[] = EXP_INVERSE_FACTORIALS;
    const NAME(mask) live = *at > EXP_LEAST;
    const NAME(vec) x = (NAME(vec)) ((NAME(mask)) *at & live);
    const NAME(vec) t = x * EXP_LOG2E + EXP_MAGIC, k = t - EXP_MAGIC, f = (x - k * EXP_LN2_HIGH) - k * EXP_LN2_LOW;
    NAME(vec) p = f * 0 + inverse[0];
#pragma GCC unroll 16
    for (size_t i = 1; i < sizeof inverse / sizeof *inverse; i++) p = p * f + inverse[i];
    const NAME(mask) power = ((NAME(mask)) t + EXP_BIAS) << EXP_SHIFT;
    *at = (NAME(vec)) ((NAME(mask)) (p * (NAME(vec)) power) & live);
}

static inline __attribute__((always_inline)) double NAME(total)(const NAME(vec) *v)
{
    double sum = 0;
    for (int l = 0; l < LANES; l++) sum += (double) (*v)[l];
    return sum;
}

/* score_j = add_j - |a - b_j|^2/2 (or - |a - b_j|); m a multiple of LANES; bt: d x m. */
CLONES static void NAME(scores)(REAL *restrict score, const REAL *restrict bt, const REAL *restrict a, const REAL *restrict add, size_t m, size_t d, int root)
{
    for (size_t j = 0; j < m; j += LANES) {
        NAME(vec) r2 = {0};
        for (size_t k = 0; k < d; k++) {
            const NAME(vec) t = *(const NAME(vec) *) (bt + k * m + j) - a[k];
            r2 += t * t;
        }
        if (root)
            for (int l = 0; l < LANES; l++) r2[l] = SQRT(r2[l]);
        else
            r2 *= (REAL) 0.5;
        *(NAME(vec) *) (score + j) = *(const NAME(vec) *) (add + j) - r2;
    }
}

CLONES static REAL NAME(largest)(const REAL *restrict score, size_t m)
{
    NAME(vec) top = *(const NAME(vec) *) score;
    for (size_t j = LANES; j < m; j += LANES) {
        const NAME(vec) s = *(const NAME(vec) *) (score + j);
        const NAME(mask) more = s > top;
        top = (NAME(vec)) (((NAME(mask)) s & more) | ((NAME(mask)) top & ~more));
    }
    REAL best = top[0];
    for (int l = 1; l < LANES; l++) best = top[l] > best ? top[l] : best;
    return best;
}

/* Weights exp((score - top) c c') in place of scores, and their sum; blocks are added up in double. */
CLONES static double NAME(weights)(REAL *restrict score, REAL top, REAL c, REAL c2, size_t m)
{
    double sum = 0;
    for (size_t from = 0; from < m; from += BLOCK) {
        NAME(vec) part = {0};
        for (size_t j = from; j < m && j < from + BLOCK; j += LANES) {
            NAME(vec) w = (*(const NAME(vec) *) (score + j) - top) * c * c2;
            NAME(exp)(&w);
            *(NAME(vec) *) (score + j) = w, part += w;
        }
        sum += NAME(total)(&part);
    }
    return sum;
}

/* sum_j w_j (b_jk - a_k). */
CLONES static double NAME(moment)(const REAL *restrict w, const REAL *restrict b, REAL a, size_t m)
{
    double sum = 0;
    for (size_t from = 0; from < m; from += BLOCK) {
        NAME(vec) part = {0};
        for (size_t j = from; j < m && j < from + BLOCK; j += LANES) part += *(const NAME(vec) *) (w + j) * (*(const NAME(vec) *) (b + j) - a);
        sum += NAME(total)(&part);
    }
    return sum;
}

/* Scores of a row from costs that are at hand, without column `skip`; the largest is returned. */
CLONES static double NAME(scores_stored)(double *restrict score, const double *restrict cost, const double *restrict add, size_t m, size_t skip)
{
    double top = -INFINITY;
    for (size_t j = 0; j < m; j++) score[j] = (add ? add[j] : 0) - cost[j];
    if (skip < m) score[skip] = -INFINITY;
    for (size_t j = 0; j < m; j++) top = score[j] > top ? score[j] : top;
    return top;
}

/* Scores of row i less the largest, which is returned: found in double and rounded once they are differences. */
static double NAME(scores_apart)(REAL *line, const dp_lanes *L, size_t i)
{
    const dp_pairing *p = L->p;
    double top = -INFINITY, *score = dp_malloc(sizeof(double) * p->m);
    const int stored = L->scored && p->cost;
    for (size_t j = 0; !stored && j < p->m; j++) {
        const double cost = L->scored ? dp_pairing_cost(p, i, j) : p->kernel->power == 1 ? sqrt(dp_pairing_square(p, i, j)) : dp_pairing_square(p, i, j) / 2;
        score[j] = p->skip && i == j ? -INFINITY : (p->add ? p->add[j] : 0) - cost;
        top = fmax(top, score[j]);
    }
    if (stored) top = NAME(scores_stored)(score, p->cost + i * p->m, p->add, p->m, p->skip ? i : p->m);
    for (size_t j = 0; j < L->m; j++) line[j] = j < p->m && top > -INFINITY ? (REAL) (score[j] - top) : -(REAL) INFINITY;
    free(score);
    return top;
}

/* Row i: sum and shift of dp_rows. line: m scores. Where exponents, or what is added to them, are beyond DP_REACH, their differences are formed in double. */
static void NAME(row)(double *sum, double *shift, const dp_lanes *L, REAL *line, size_t i)
{
    const dp_pairing *p = L->p;
    const REAL *bt = L->bt, *a = (const REAL *) L->a + i * p->d, *add = L->add, c = p->kernel->power ? (REAL) (1 / p->kernel->h) : 1, c2 = p->kernel->power == 2 ? c : 1;
    double whole = 0; /* what has been taken from the scores */
    int apart = L->scored;
    if (!apart) {
        NAME(scores)(line, bt, a, add, L->m, p->d, p->kernel->power == 1);
        if (p->skip) line[i] = -(REAL) INFINITY;
        apart = sizeof(REAL) == sizeof(float) && !(fmax(fabs((double) NAME(largest)(line, L->m)), p->add ? L->most : 0) * (double) c * (double) c2 < DP_REACH);
    }
    if (apart) whole = NAME(scores_apart)(line, L, i);
    const REAL top = NAME(largest)(line, L->m);
    if (sum) *sum = -INFINITY;
    for (size_t k = 0; shift && k < p->d; k++) shift[k] = 0;
    if (!(top > -(REAL) INFINITY)) return;
    const double weight = NAME(weights)(line, top, c, c2, L->m);
    for (size_t k = 0; shift && k < p->d; k++) shift[k] = NAME(moment)(line, bt + k * L->m, a[k], L->m) / weight;
    if (sum) *sum = whole + (double) top + dp_pkernel_eps(p->kernel) * (log(weight) + L->offset);
}

/* to_kj = from_jk for `count` points j and coordinates k < d. */
static void NAME(turn)(REAL *restrict to, size_t stride, const double *restrict from, size_t d, size_t count)
{
    for (size_t k = 0; k < d; k++)
        for (size_t j = 0; j < count; j++) to[k * stride + j] = (REAL) from[j * d + k];
}

/* Coordinates turned round and padded, what is added to costs, scores of one row for each worker. */
static void NAME(prepare)(dp_lanes *L, const dp_pairing *p, int workers)
{
    REAL *bt = dp_lanes_room(&L->bt, sizeof(REAL) * p->d * L->m), *add = dp_lanes_room(&L->add, sizeof(REAL) * L->m), *a = dp_lanes_room(&L->a, sizeof(REAL) * (p->n + DP_FUSED_ROWS) * p->d);
    dp_lanes_room(&L->line, sizeof(REAL) * L->m * (size_t) workers);
    for (size_t j = 0; j < p->m; j += TURN) NAME(turn)(bt + j, L->m, p->b + j * p->d, p->d, FLINT_MIN((size_t) TURN, p->m - j));
    for (size_t k = 0; k < p->d; k++)
        for (size_t j = p->m; j < L->m; j++) bt[k * L->m + j] = 0;
    for (size_t j = 0; j < L->m; j++) add[j] = j < p->m ? (REAL) (p->add ? p->add[j] : 0) : -(REAL) INFINITY;
    for (size_t i = 0; i < p->n * p->d; i++) a[i] = (REAL) p->a[i];
    for (size_t i = p->n * p->d; i < (p->n + DP_FUSED_ROWS) * p->d; i++) a[i] = (REAL) INFINITY;
}

/* The columns in panels, and about their centre row by row. */
static void NAME(deepen)(dp_lanes *L, const dp_pairing *p, size_t whole)
{
    dp_fused *f = &L->fused;
    const size_t d = p->d, P = DP_FUSED_PANEL;
    f->wide = (d + 15) / 16 * 16;
    REAL *panel = memset(dp_lanes_room(&f->panel, whole * d * sizeof(REAL)), 0, whole * d * sizeof(REAL));
    REAL *side = memset(dp_lanes_room(&f->side, whole * f->wide * sizeof(REAL)), 0, whole * f->wide * sizeof(REAL));
    for (size_t j = 0; j < p->m; j += TURN) NAME(turn)(panel + j / P * P * d + j % P, P, p->b + j * d, d, FLINT_MIN((size_t) TURN, p->m - j));
    for (size_t j = 0; j < p->m; j++)
        for (size_t k = 0; k < d; k++) side[j * f->wide + k] = (REAL) (p->b[j * d + k] - L->centre[k]);
}
