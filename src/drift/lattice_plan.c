/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lattice_plan.c: the duals of (59) on a lattice: residuals at any precision, steps by eliminations in long doubles. */
#include "drift/lattice_plan.h"

#define AT(M, i, j, m) ((M)[(size_t) (i) * (size_t) (m) + (size_t) (j)])

/* K at differences t: k[t + reach] with -log K = t^2 c. */
typedef struct { slong reach; arb_ptr k; long double c; } table;

/* The problem while it is solved: narrow is the kernel; d, r, sum: room for n or m numbers. */
typedef struct { dp_lattice_plan *s; table K; arb_ptr product, back, r, d; } work;

void dp_lattice_plan_init(dp_lattice_plan *s, const fmpq_t step, const fmpq_t epsilon, const dp_comb *p, const dp_comb *q, slong prec)
{
    *s = (dp_lattice_plan){.p = *p, .q = *q, .prec = prec, .v = _arb_vec_init(p->n), .w = _arb_vec_init(q->n), .Z = _arb_vec_init(q->n)};
    fmpq_init(s->step), fmpq_init(s->epsilon), fmpq_set(s->step, step), fmpq_set(s->epsilon, epsilon);
    for (slong j = 0; j < p->n; j++)
        arb_one(s->v + j);
    for (slong i = 0; i < q->n; i++)
        arb_one(s->w + i);
}

void dp_lattice_plan_clear(dp_lattice_plan *s)
{
    _arb_vec_clear(s->p.w, s->p.n), _arb_vec_clear(s->q.w, s->q.n);
    _arb_vec_clear(s->v, s->p.n), _arb_vec_clear(s->w, s->q.n), _arb_vec_clear(s->Z, s->q.n);
    fmpq_clear(s->step), fmpq_clear(s->epsilon);
}

/* ---- the kernel ---- */

static void table_init(table *K, const dp_lattice_plan *s)
{
    const slong lo = FLINT_MIN(s->p.first, s->q.first), hi = FLINT_MAX(s->p.first + s->p.n, s->q.first + s->q.n);
    K->reach = hi - lo, K->k = _arb_vec_init(2 * K->reach + 1), K->c = 0;
}

/* exp(-t^2 step^2/(2 epsilon 4^stage)) */
static void table_set(table *K, const dp_lattice_plan *s, int stage)
{
    fmpq_t c, r;
    fmpq_init(c), fmpq_init(r);
    fmpq_mul(c, s->step, s->step), fmpq_div(c, c, s->epsilon), fmpq_div_2exp(c, c, (flint_bitcnt_t) (1 + 2 * stage));
    K->c = fmpq_get_d(c);
    for (slong t = 0; t <= K->reach; t++) {
        arb_ptr k = K->k + K->reach + t;
        fmpq_mul_si(r, c, -t * t);
        arb_set_fmpq(k, r, s->prec + 40);
        arb_exp(k, k, s->prec), arb_get_mid_arb(k, k);
        arb_set(K->k + K->reach - t, k);
    }
    fmpq_clear(c), fmpq_clear(r);
}

/* out = K c from one comb to another: positive terms. */
static void sums(arb_ptr out, const work *w, const dp_comb *to, const dp_comb *from, arb_srcptr c)
{
    for (slong i = 0; i < to->n; i++)
        arb_approx_dot(out + i, NULL, 0, w->K.k + w->K.reach + to->first + i - from->first, -1, c, 1, from->n, w->s->prec);
}

static void product(arb_ptr out, arb_srcptr a, arb_srcptr b, slong n, slong prec)
{
    for (slong j = 0; j < n; j++)
        arb_mul(out + j, a + j, b + j, prec), arb_get_mid_arb(out + j, out + j);
}

static long double log_of(const arb_t x)
{
    arf_t m;
    fmpz_t e;
    arf_init(m), fmpz_init(e);
    arf_frexp(m, e, arb_midref(x));
    const long double out = logl((long double) arf_get_d(m, ARF_RND_NEAR)) + (long double) fmpz_get_d(e) * 0.693147180559945309417232121458176568L;
    arf_clear(m), fmpz_clear(e);
    return out;
}

static long double *logs(arb_srcptr a, arb_srcptr b, slong n)
{
    long double *out = dp_malloc((size_t) n * sizeof *out);
    for (slong i = 0; i < n; i++)
        out[i] = (b ? log_of(b + i) : 0) + log_of(a + i);
    return out;
}

static void set_ld(arb_t out, long double x)
{
    int e;
    const long double m = frexpl(x, &e);
    arf_set_si_2exp_si(arb_midref(out), (slong) ldexpl(m, 62), e - 62);
    mag_zero(arb_radref(out));
}

/* log2 of max |x|. */
static double size_of(arb_srcptr x, slong n)
{
    mag_t most, t;
    mag_init(most), mag_init(t);
    for (slong i = 0; i < n; i++)
        arb_get_mag(t, x + i), mag_max(most, most, t);
    const double out = mag_is_inf(most) ? INFINITY : mag_is_zero(most) ? -INFINITY : mag_get_d_log2_approx(most);
    mag_clear(most), mag_clear(t);
    return out;
}

/* x_i *= exp(damp d_i) */
static void move(arb_ptr x, arb_ptr d, slong n, double damp, slong prec)
{
    arb_t t;
    arb_init(t);
    for (slong i = 0; i < n; i++) {
        arb_set_d(t, damp), arb_mul(t, t, d + i, prec), arb_exp(t, t, prec);
        arb_mul(x + i, x + i, t, prec), arb_get_mid_arb(x + i, x + i);
    }
    arb_clear(t);
}

/* ---- q to p ---- */

/* Z, back = 1/v after a sweep, r_j = v_j back_j - 1. */
static void cross_residual(work *w)
{
    dp_lattice_plan *s = w->s;
    product(w->product, s->p.w, s->v, s->p.n, s->prec);
    sums(s->Z, w, &s->q, &s->p, w->product);
    for (slong i = 0; i < s->q.n; i++)
        arb_div(w->product + i, s->q.w + i, s->Z + i, s->prec), arb_get_mid_arb(w->product + i, w->product + i);
    sums(w->back, w, &s->p, &s->q, w->product);
    product(w->r, s->v, w->back, s->p.n, s->prec);
    for (slong j = 0; j < s->p.n; j++)
        arb_sub_si(w->r + j, w->r + j, 1, s->prec), arb_get_mid_arb(w->r + j, w->r + j);
}

/* A sweep: v = 1/back. */
static void smooth(work *w)
{
    cross_residual(w);
    for (slong j = 0; j < w->s->p.n; j++)
        arb_inv(w->s->v + j, w->back + j, w->s->prec), arb_get_mid_arb(w->s->v + j, w->s->v + j);
}

/* Columns in the order of elimination (light ones first; the heaviest keeps its potential), T_ik = W_ik/total_i for k > i. */
typedef struct { slong m; slong *order; arb_ptr T, total; } network;

static void network_clear(network *N)
{
    if (N->order)
        _arb_vec_clear(N->T, N->m * N->m), _arb_vec_clear(N->total, N->m);
    free(N->order);
    *N = (network){0};
}

static slong *by_weight(arb_srcptr a, slong m)
{
    slong *order = dp_malloc((size_t) m * sizeof *order), lo = 0, hi = m - 1, at = 0;
    /* insertion: weights of a few bumps are nearly sorted from both ends */
    for (; lo <= hi; at++)
        order[at] = arf_cmp(arb_midref(a + lo), arb_midref(a + hi)) < 0 ? lo++ : hi--;
    for (slong i = 1; i < m; i++) {
        const slong x = order[i];
        slong k = i;
        for (; k > 0 && arf_cmp(arb_midref(a + order[k - 1]), arb_midref(a + x)) > 0; k--)
            order[k] = order[k - 1];
        order[k] = x;
    }
    return order;
}

/* Conductances W_jk = sum_i b_i pi_ij pi_ik, j < k in the order. */
static long double *conductances(const work *w, const slong *order)
{
    const dp_lattice_plan *s = w->s;
    const slong n = s->q.n, m = s->p.n;
    long double *W = dp_calloc((size_t) (m * m), sizeof *W), *pi = dp_malloc((size_t) m * sizeof *pi);
    long double *la = logs(s->p.w, s->v, m), *lZ = logs(s->Z, NULL, n), *lb = logs(s->q.w, NULL, n);
    for (slong i = 0; i < n; i++) {
        for (slong j = 0; j < m; j++) {
            const long double t = (long double) (s->q.first + i - s->p.first - order[j]);
            pi[j] = expl(la[order[j]] - lZ[i] - t * t * w->K.c);
        }
        const long double b = expl(lb[i]);
        for (slong j = 0; j < m; j++) {
            const long double t = b * pi[j];
            long double *row = &AT(W, j, 0, m);
            for (slong k = j + 1; k < m; k++)
                row[k] += t * pi[k];
        }
    }
    free(pi), free(la), free(lZ), free(lb);
    return W;
}

/* Eliminates one column after the other: conductances only grow, so that each keeps its digits. 0: a sum left the range. */
static int eliminate(network *N, const work *w)
{
    const slong m = w->s->p.n;
    network_clear(N);
    *N = (network){.m = m, .order = by_weight(w->s->p.w, m), .T = _arb_vec_init(m * m), .total = _arb_vec_init(m)};
    long double *W = conductances(w, N->order);
    int ok = 1;
    for (slong i = 0; i < m - 1 && ok; i++) {
        long double total = 0, *from = &AT(W, i, 0, m);
        for (slong k = i + 1; k < m; k++)
            total += from[k];
        ok = total > 0 && isfinite(total);
        for (slong j = i + 1; j < m && ok; j++) {
            const long double t = from[j] / total;
            long double *row = &AT(W, j, 0, m);
            for (slong k = j + 1; k < m; k++)
                row[k] += t * from[k];
            set_ld(&AT(N->T, i, j, m), t);
        }
        set_ld(N->total + i, total);
    }
    free(W);
    return ok;
}

/* d: the step for log v that the network gives for the residual. Sums at full precision: the currents of a mode cancel. */
static void cross_step(work *w, const network *N)
{
    const slong m = N->m, prec = w->s->prec;
    arb_ptr x = _arb_vec_init(m);
    arb_t t;
    arb_init(t);
    for (slong i = 0; i < m - 1; i++) {
        arb_mul(t, w->s->p.w + N->order[i], w->r + N->order[i], prec), arb_neg(t, t), arb_get_mid_arb(t, t);
        arb_approx_dot(x + i, t, 0, N->T + i, m, x, 1, i, prec);
    }
    for (slong i = m - 2; i >= 0; i--) {
        arb_div(t, x + i, N->total + i, prec), arb_get_mid_arb(t, t);
        arb_approx_dot(x + i, t, 0, &AT(N->T, i, i + 1, m), 1, x + i + 1, 1, m - 1 - i, prec);
    }
    for (slong i = 0; i < m; i++)
        arb_set(w->d + N->order[i], x + i);
    _arb_vec_clear(x, m), arb_clear(t);
}

/* ---- the same step for large lattices: conjugate gradients in doubles ---- */

/* Conditional laws of the plan: row[i] of y given x_i, column[j] of x given y_j; mass_j of the column. */
typedef struct { double *row, *column, *mass; } averages;

static void averages_clear(averages *A)
{
    free(A->row), free(A->column), free(A->mass);
    *A = (averages){0};
}

static void averages_set(averages *A, const work *w)
{
    const dp_lattice_plan *s = w->s;
    const slong n = s->q.n, m = s->p.n;
    long double *la = logs(s->p.w, s->v, m), *lZ = logs(s->Z, NULL, n), *lb = logs(s->q.w, NULL, n), *back = logs(w->back, NULL, m);
    averages_clear(A);
    *A = (averages){dp_malloc((size_t) (n * m) * sizeof(double)), dp_malloc((size_t) (n * m) * sizeof(double)), dp_malloc((size_t) m * sizeof(double))};
    for (slong j = 0; j < m; j++)
        A->mass[j] = (double) expl(la[j] + back[j]);
    for (slong i = 0; i < n; i++)
        for (slong j = 0; j < m; j++) {
            const long double t = (long double) (s->q.first + i - s->p.first - j), k = -t * t * w->K.c - lZ[i];
            AT(A->row, i, j, m) = (double) expl(la[j] + k), AT(A->column, j, i, n) = (double) expl(lb[i] - back[j] + k);
        }
    free(la), free(lZ), free(lb), free(back);
}

static double dot(const double *a, const double *b, slong n)
{
    double part[8] = {0}, sum = 0;
    slong i = 0;
    for (; i + 8 <= n; i += 8)
        for (int l = 0; l < 8; l++)
            part[l] += a[i + l] * b[i + l];
    for (; i < n; i++)
        sum += a[i] * b[i];
    for (int l = 0; l < 8; l++)
        sum += part[l];
    return sum;
}

static void average(double *out, const double *laws, const double *x, slong to, slong from)
{
    for (slong i = 0; i < to; i++)
        out[i] = dot(laws + (size_t) i * (size_t) from, x, from);
}

static double weighted(const averages *A, const double *a, const double *b, slong m)
{
    double sum = 0;
    for (slong j = 0; j < m; j++)
        sum += A->mass[j] * a[j] * b[j];
    return sum;
}

/* d - (average of average of d) = rhs, up to a constant: symmetric for the masses, spectrum in [0, 1]. room: 3 m + n. rhs is kept. */
static void gradients(double *d, const double *rhs, const averages *A, slong n, slong m, double *room)
{
    enum { MOST = 200 };
    double *r = room, *z = room + m, *Az = room + 2 * m, *t = room + 3 * m, mean = 0, total = 0;
    for (slong j = 0; j < m; j++)
        mean += A->mass[j] * rhs[j], total += A->mass[j];
    for (slong j = 0; j < m; j++)
        z[j] = r[j] = rhs[j] - mean / total, d[j] = 0;
    double rr = weighted(A, r, r, m);
    const double goal = rr * 1e-30;
    for (int k = 0; k < MOST && rr > goal; k++) {
        average(t, A->row, z, n, m), average(Az, A->column, t, m, n);
        for (slong j = 0; j < m; j++)
            Az[j] = z[j] - Az[j];
        const double curvature = weighted(A, z, Az, m), alpha = rr / curvature;
        if (!(curvature > 0))
            break;
        for (slong j = 0; j < m; j++)
            d[j] += alpha * z[j], r[j] -= alpha * Az[j];
        const double next = weighted(A, r, r, m), beta = next / rr;
        for (slong j = 0; j < m; j++)
            z[j] = r[j] + beta * z[j];
        rr = next;
    }
    /* d = rhs + averages, where the masses are too small to be seen */
    average(t, A->row, d, n, m), average(Az, A->column, t, m, n);
    for (slong j = 0; j < m; j++)
        d[j] = rhs[j] + Az[j];
}

/* out = x 2^-scale in doubles of size 1. */
static slong to_doubles(double *out, arb_ptr x, slong n)
{
    const double bits = size_of(x, n);
    const slong scale = isfinite(bits) ? (slong) bits : 0;
    for (slong i = 0; i < n; i++) {
        arb_mul_2exp_si(x + i, x + i, -scale);
        out[i] = arf_get_d(arb_midref(x + i), ARF_RND_NEAR);
    }
    return scale;
}

static void from_doubles(arb_ptr out, const double *x, slong n, slong scale)
{
    for (slong i = 0; i < n; i++)
        arb_set_d(out + i, x[i]), arb_mul_2exp_si(out + i, out + i, scale);
}

static void minus_log1p(arb_ptr out, arb_srcptr r, slong n, slong prec)
{
    for (slong i = 0; i < n; i++)
        arb_log1p(out + i, r + i, prec), arb_neg(out + i, out + i), arb_get_mid_arb(out + i, out + i);
}

static void gradient_step(work *w, const averages *A)
{
    const slong n = w->s->q.n, m = w->s->p.n;
    double *rhs = dp_calloc((size_t) (5 * m + n), sizeof *rhs), *d = rhs + m;
    minus_log1p(w->d, w->r, m, w->s->prec);
    const slong scale = to_doubles(rhs, w->d, m);
    gradients(d, rhs, A, n, m, rhs + 2 * m);
    from_doubles(w->d, d, m, scale);
    free(rhs);
}

/* ---- steps ---- */

enum { SMALL = 120 }; /* columns that are eliminated from the start; more only where gradients fail */

/* Steps until one is below 2^-goal or they no longer shrink; *reached = log2 of the last. 0: out of range. */
static int newton(work *w, double goal, int most, int direct, double *reached)
{
    network N = {0};
    averages A = {0};
    double before = INFINITY, now = INFINITY;
    int ok = 1, stale = 1;
    for (int k = 0; k < most && ok && now > -goal; k++) {
        cross_residual(w);
        if (stale && !direct)
            averages_set(&A, w);
        if (stale && direct)
            ok = eliminate(&N, w);
        if (!ok)
            break;
        if (direct)
            cross_step(w, &N);
        else
            gradient_step(w, &A);
        before = now, now = size_of(w->d, w->s->p.n);
        if ((!stale && now > before - 1) || (!direct && k > 2 && now > before - 1)) /* stands still: rounding, or gradients fail */
            break;
        stale = now > -30 || now > before - 20;
        const double r = exp2(now);
        ok = isfinite(r);
        if (ok)
            move(w->s->v, w->d, w->s->p.n, r > 1. / 256 ? log1p(2 * r) / (2 * r) : 1, w->s->prec);
        if (ok && now > -8) /* far off: a sweep brings the tails along, which would damp the next step for nothing */
            smooth(w);
    }
    network_clear(&N), averages_clear(&A);
    *reached = now;
    return ok;
}

static int cross(work *w, double goal, int most, double *reached)
{
    if (w->s->p.n > SMALL && newton(w, goal, most, 0, reached) && *reached <= -goal)
        return 1;
    return newton(w, goal, most, 1, reached);
}

/* ---- q to itself ---- */

/* r = w K b w - 1 */
static void self_residual(work *w)
{
    dp_lattice_plan *s = w->s;
    product(w->product, s->q.w, s->w, s->q.n, s->prec);
    sums(w->back, w, &s->q, &s->q, w->product);
    product(w->r, s->w, w->back, s->q.n, s->prec);
    for (slong i = 0; i < s->q.n; i++)
        arb_sub_si(w->r + i, w->r + i, 1, s->prec), arb_get_mid_arb(w->r + i, w->r + i);
}

static double *conditional(const work *w)
{
    const slong n = w->s->q.n;
    double *pi = dp_malloc((size_t) (n * n) * sizeof *pi);
    long double *l = logs(w->s->q.w, w->s->w, n), *ls = logs(w->back, NULL, n);
    for (slong i = 0; i < n; i++)
        for (slong k = 0; k < n; k++)
            AT(pi, i, k, n) = (double) expl(l[k] - ls[i] - (long double) ((i - k) * (i - k)) * w->K.c);
    free(l), free(ls);
    return pi;
}

/* d + pi d = -log(1 + r): the plan's spectrum is in [0, 1] (the kernel is positive definite), so d <- d - 2/3 (d + pi d + log) gains a factor 3. */
static void self_step(work *w, const double *pi)
{
    enum { ROUNDS = 36 };
    const slong n = w->s->q.n;
    double *rhs = dp_calloc((size_t) (3 * n), sizeof *rhs), *d = rhs + n, *next = rhs + 2 * n;
    minus_log1p(w->d, w->r, n, w->s->prec);
    const slong scale = to_doubles(rhs, w->d, n);
    for (int k = 0; k < ROUNDS; k++) {
        average(next, pi, d, n, n);
        for (slong i = 0; i < n; i++)
            d[i] -= 2 * (d[i] + next[i] - rhs[i]) / 3;
    }
    from_doubles(w->d, d, n, scale);
    free(rhs);
}

/* w <- sqrt(w/(K b w)), whose error halves, until it is near; then the steps. */
static int self(work *w, double goal, int most, double *reached)
{
    dp_lattice_plan *s = w->s;
    double *pi = NULL, before = INFINITY, now = INFINITY;
    for (int k = 0; k < 60; k++) {
        self_residual(w);
        if (size_of(w->r, s->q.n) < -10)
            break;
        for (slong i = 0; i < s->q.n; i++)
            arb_div(s->w + i, s->w + i, w->back + i, s->prec), arb_sqrt(s->w + i, s->w + i, s->prec), arb_get_mid_arb(s->w + i, s->w + i);
    }
    for (int k = 0; k < most && now > -goal; k++) {
        self_residual(w);
        if (!pi || now > before - 20) {
            free(pi);
            pi = conditional(w);
        }
        self_step(w, pi);
        before = now, now = size_of(w->d, s->q.n);
        if (!isfinite(now) || (now > before - 1 && before < -30))
            break;
        move(s->w, w->d, s->q.n, 1, s->prec);
    }
    free(pi);
    *reached = now;
    return !(now > 0);
}

/* ---- both ---- */

/* Wide kernels to narrow ones. */
static int widen(work *w, double *reached)
{
    const double far = (double) w->K.reach;
    int stages = 0, ok = 1;
    table_set(&w->K, w->s, 0);
    for (double t = far * far * (double) w->K.c; t > 1; t /= 4)
        stages++;
    for (int stage = stages; stage > 0 && ok; stage--) {
        table_set(&w->K, w->s, stage);
        ok = cross(w, 2, 12, reached);
        for (slong j = 0; j < w->s->p.n; j++)
            arb_pow_ui(w->s->v + j, w->s->v + j, 4, w->s->prec), arb_get_mid_arb(w->s->v + j, w->s->v + j);
    }
    return ok;
}

/* half sum |error of the marginal| (range of the potential + range of the cost over epsilon) bounds the dual gap over epsilon. */
static double gap(const work *w, const dp_comb *at, arb_srcptr factor)
{
    arb_t sum, t;
    double low = INFINITY, high = -INFINITY;
    arb_init(sum), arb_init(t);
    for (slong j = 0; j < at->n; j++) {
        const double psi = (double) log_of(factor + j);
        low = fmin(low, psi), high = fmax(high, psi);
        arb_abs(t, w->r + j), arb_addmul(sum, t, at->w + j, 64);
    }
    arb_set_d(t, (high - low + (double) w->K.c * (double) w->K.reach * (double) w->K.reach) / 2);
    arb_mul(sum, sum, t, 64);
    const double out = arf_get_d(arb_midref(sum), ARF_RND_UP);
    arb_clear(sum), arb_clear(t);
    return out;
}

/* One sweep more: it smooths what the elimination left, and leaves Z and residuals. */
static void finish(work *w)
{
    dp_lattice_plan *s = w->s;
    smooth(w);
    cross_residual(w);
    s->gap = gap(w, &s->p, s->v);
    self_residual(w);
    s->gap = fmax(s->gap, gap(w, &s->q, s->w));
}

int dp_lattice_plan_solve(dp_lattice_plan *s, double goal, int begin, double *missing)
{
    const slong most = FLINT_MAX(s->p.n, s->q.n);
    const int steps = 60 + (int) (goal / 20);
    double a = INFINITY, b = INFINITY;
    work w = {.s = s, .product = _arb_vec_init(most), .back = _arb_vec_init(most), .r = _arb_vec_init(most), .d = _arb_vec_init(most)};
    table_init(&w.K, s);
    int ok = begin || widen(&w, &a);
    table_set(&w.K, s, 0);
    ok = ok && cross(&w, goal, steps, &a) && self(&w, goal, steps, &b);
    if (ok)
        finish(&w);
    s->size = exp2(fmax(a, b));
    *missing = ok && fmax(a, b) < -20 ? fmax(a, b) + goal : -1;
    _arb_vec_clear(w.product, most), _arb_vec_clear(w.back, most), _arb_vec_clear(w.r, most), _arb_vec_clear(w.d, most);
    _arb_vec_clear(w.K.k, 2 * w.K.reach + 1);
    return ok && fmax(a, b) <= -goal;
}
